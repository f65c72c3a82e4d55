//! How a meeting comes again (RFC 5545 §3.3.10, the part of it that people use).

use jiff::Span;
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

/// How a meeting comes again. It always has an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recurrence {
    /// By what.
    pub frequency: Frequency,
    /// Each so-manieth of them.
    pub every: u32,
    /// Until when.
    pub end: End,
}

/// By what a meeting comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Frequency {
    /// Days.
    Daily,
    /// Weeks.
    Weekly,
    /// Months, on the same day; months without that day are passed over.
    Monthly,
}

/// When it does not come again any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// After so many times.
    Count(u32),
    /// After this day.
    Until(Date),
}

impl Recurrence {
    /// All beginnings from the first one on.
    #[must_use]
    pub fn from(&self, first: DateTime) -> Vec<DateTime> {
        let mut all = Vec::new();
        let most = match self.end {
            End::Count(count) => usize::try_from(count).unwrap_or(MOST).min(MOST),
            End::Until(_) => MOST,
        };
        // Months without the day are passed over, seven of twelve at most.
        for step in 0..i64::from(u32::try_from(MOST).unwrap_or(u32::MAX)) * 12 {
            if all.len() >= most {
                break;
            }
            let steps = step * i64::from(self.every.max(1));
            let span = match self.frequency {
                Frequency::Daily => Span::new().try_days(steps),
                Frequency::Weekly => Span::new().try_weeks(steps),
                Frequency::Monthly => Span::new().try_months(steps),
            };
            let Ok(next) = span.and_then(|span| first.checked_add(span)) else { break };
            if matches!(self.end, End::Until(last) if next.date() > last) {
                break;
            }
            // The 31st becomes the 30th where there is none.
            if self.frequency != Frequency::Monthly || next.day() == first.day() {
                all.push(next);
            }
        }
        all
    }
}

impl Frequency {
    /// As it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
        }
    }

    /// Reads what is stored.
    #[must_use]
    pub fn from_stored(text: &str) -> Self {
        match text {
            "daily" => Self::Daily,
            "monthly" => Self::Monthly,
            _ => Self::Weekly,
        }
    }
}

/// As many as a series may have: a weekly meeting of four years.
pub(super) const MOST: usize = 200;

#[cfg(test)]
mod tests {
    use jiff::civil::{date, datetime};

    use super::*;

    fn days(recurrence: Recurrence, first: DateTime) -> Vec<String> {
        recurrence.from(first).iter().map(|at| at.date().to_string()).collect()
    }

    #[test]
    fn months_without_the_day_are_passed_over() {
        let monthly = Recurrence { frequency: Frequency::Monthly, every: 1, end: End::Count(4) };

        let on = days(monthly, datetime(2026, 12, 31, 10, 0, 0, 0));

        assert_eq!(on, ["2026-12-31", "2027-01-31", "2027-03-31", "2027-05-31"]);
    }

    #[test]
    fn the_last_day_is_part_of_it() {
        let every_other_day =
            Recurrence { frequency: Frequency::Daily, every: 2, end: End::Until(date(2026, 12, 5)) };

        let on = days(every_other_day, datetime(2026, 12, 1, 23, 30, 0, 0));

        assert_eq!(on, ["2026-12-01", "2026-12-03", "2026-12-05"]);
    }

    #[test]
    fn no_series_is_without_end() {
        for end in [End::Count(u32::MAX), End::Until(Date::MAX)] {
            for frequency in [Frequency::Daily, Frequency::Weekly, Frequency::Monthly] {
                let all = Recurrence { frequency, every: 1, end }.from(datetime(2026, 12, 31, 0, 0, 0, 0));
                assert_eq!(all.len(), MOST);
            }
        }
        let far = Recurrence { frequency: Frequency::Monthly, every: u32::MAX, end: End::Count(9) };
        assert_eq!(far.from(datetime(2026, 12, 31, 0, 0, 0, 0)).len(), 1);
    }
}

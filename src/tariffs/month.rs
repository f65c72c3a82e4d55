//! A month of the house: it begins and ends at midnight of headquarters, whatever the sun does elsewhere.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

/// A month of a year, kept as 202611.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(i32);

impl Month {
    /// The month in which a moment lies.
    #[must_use]
    pub fn of(at: Timestamp, zone: &TimeZone) -> Self {
        Self::of_date(zone.to_datetime(at).date())
    }

    fn of_date(date: Date) -> Self {
        Self(i32::from(date.year()) * 100 + i32::from(date.month()))
    }

    /// Reads `2026-11`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.trim().split_once('-')?;
        if year.len() != 4 || month.len() != 2 {
            return None;
        }
        Self::from_number(year.parse::<i32>().ok()? * 100 + month.parse::<i32>().ok()?)
    }

    /// From 202611.
    #[must_use]
    pub fn from_number(number: i32) -> Option<Self> {
        ((1..=12).contains(&(number % 100)) && (1970..=9998).contains(&(number / 100)))
            .then_some(Self(number))
    }

    /// As 202611.
    #[must_use]
    pub fn number(self) -> i32 {
        self.0
    }

    fn first_day(self) -> Date {
        let (year, month) = (self.0 / 100, self.0 % 100);
        let (year, month) = (i16::try_from(year).unwrap_or(1970), i8::try_from(month).unwrap_or(1));
        Date::new(year, month, 1).unwrap_or(Date::constant(1970, 1, 1))
    }

    /// So many months earlier.
    #[must_use]
    pub fn earlier(self, months: i32) -> Self {
        let count = (self.0 / 100) * 12 + self.0 % 100 - 1 - months;
        Self(count.div_euclid(12) * 100 + count.rem_euclid(12) + 1)
    }

    /// When it begins, and when the next one does.
    #[must_use]
    pub fn bounds(self, zone: &TimeZone) -> (Timestamp, Timestamp) {
        let begin = |date: Date| {
            date.to_zoned(zone.clone()).map_or(Timestamp::UNIX_EPOCH, |midnight| midnight.timestamp())
        };
        let first = self.first_day();
        (begin(first), begin(first.saturating_add(1.month())))
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", self.0 / 100, self.0 % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_at_midnight_of_the_house() {
        let cotonou = TimeZone::get("Africa/Porto-Novo").unwrap();
        let december: Timestamp = "2026-11-30T23:00:00Z".parse().unwrap();

        assert_eq!(Month::of(december, &cotonou).to_string(), "2026-12");
        assert_eq!(Month::of(december - 1.millisecond(), &cotonou).to_string(), "2026-11");
        assert_eq!(Month::parse("2026-12").unwrap().bounds(&cotonou).0, december);
    }

    #[test]
    fn a_month_in_which_clocks_change_is_an_hour_longer_or_shorter() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        let hours = |month: &str| {
            let (begin, end) = Month::parse(month).unwrap().bounds(&paris);
            (end.as_second() - begin.as_second()) / 3600
        };

        assert_eq!(
            (hours("2026-03"), hours("2026-10"), hours("2026-05")),
            (31 * 24 - 1, 31 * 24 + 1, 31 * 24)
        );
    }

    #[test]
    fn months_are_counted_over_the_end_of_the_year() {
        let january = Month::parse("2026-01").unwrap();

        assert_eq!(january.earlier(1).to_string(), "2025-12");
        assert_eq!(january.earlier(13).to_string(), "2024-12");
        assert_eq!(january.earlier(-12).to_string(), "2027-01");
        for bad in ["2026", "2026-13", "2026-00", "26-01", "2026-1", "x-01"] {
            assert_eq!(Month::parse(bad), None, "{bad}");
        }
    }
}

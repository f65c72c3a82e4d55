//! The Date field, always in GMT (RFC 3261 §20.17).

use std::fmt;

use super::error::SyntaxError;
use super::scan::number;

/// A moment to the second, as seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SipDate {
    /// Seconds since the first of January 1970, GMT.
    pub unix_seconds: i64,
}

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl SipDate {
    /// Reads `Sat, 13 Nov 2010 23:29:00 GMT`.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let wrong = SyntaxError::new("Date", "not a date in GMT");
        let read = || {
            let mut words = text.split_ascii_whitespace();
            let day_name = words.next()?.strip_suffix(',')?;
            DAYS.iter().position(|day| day.eq_ignore_ascii_case(day_name))?;
            let day = number::<i64>(words.next()?).filter(|day| (1..=31).contains(day))?;
            let month_name = words.next()?;
            let month = MONTHS.iter().position(|month| month.eq_ignore_ascii_case(month_name))?;
            let year = number::<i64>(words.next()?).filter(|year| (1900..=9999).contains(year))?;
            let mut clock = words.next()?.split(':');
            let mut below = |limit: i64| clock.next().and_then(number::<i64>).filter(|part| *part < limit);
            // A leap second is a second.
            let (hours, minutes, seconds) = (below(24)?, below(60)?, below(61)?);
            if clock.next().is_some() || words.next() != Some("GMT") || words.next().is_some() {
                return None;
            }
            let days = days_from_civil(year, i64::try_from(month).ok()? + 1, day);
            Some(days * 86_400 + hours * 3600 + minutes * 60 + seconds)
        };
        Ok(Self { unix_seconds: read().ok_or(wrong)? })
    }
}

impl fmt::Display for SipDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.unix_seconds.div_euclid(86_400);
        let seconds = self.unix_seconds.rem_euclid(86_400);
        let (year, month, day) = civil_from_days(days);
        // The first of January 1970 was a Thursday.
        let day_name = DAYS[usize::try_from((days + 3).rem_euclid(7)).expect("a remainder by seven")];
        let month_name = MONTHS[usize::try_from(month - 1).expect("a month")];
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{day_name}, {day:02} {month_name} {year:04} {hours:02}:{minutes:02}:{seconds:02} GMT")
    }
}

/// Days since 1970 of a date in the Gregorian calendar; years are counted from March, so that the leap day is last.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_read_back() {
        for text in [
            "Sat, 13 Nov 2010 23:29:00 GMT",
            "Thu, 01 Jan 1970 00:00:00 GMT",
            "Tue, 29 Feb 2000 23:59:59 GMT",
            "Tue, 24 Nov 2026 12:00:01 GMT",
        ] {
            assert_eq!(SipDate::parse(text).map(|date| date.to_string()).as_deref(), Ok(text));
        }
        assert_eq!(
            SipDate::parse("Sat, 13 Nov 2010 23:29:00 GMT").map(|date| date.unix_seconds),
            Ok(1_289_690_940)
        );
    }

    #[test]
    fn other_zones_and_nonsense_are_refused() {
        for text in [
            "Fri, 01 Jan 2010 16:00:00 EST",
            "",
            "Sat, 32 Nov 2010 23:29:00 GMT",
            "Sat, 13 Nov 2010 24:29:00 GMT",
            "now",
        ] {
            assert!(SipDate::parse(text).is_err(), "{text}");
        }
    }
}

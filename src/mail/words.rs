//! Dates and times in the words of letters.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;

use crate::store::Tongue;

/// The rules of a zone; UTC for what is none.
#[must_use]
pub fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// The city in a zone's name: `Africa/Porto-Novo` is the time of Porto-Novo.
#[must_use]
pub fn city(zone: &str) -> String {
    zone.rsplit('/').next().unwrap_or(zone).replace('_', " ")
}

/// `jeudi 3 décembre 2026`, `Thursday 3 December 2026`.
#[must_use]
pub fn long_date(date: Date, tongue: Tongue) -> String {
    let day = match (date.weekday(), tongue) {
        (Weekday::Monday, Tongue::Fr) => "lundi",
        (Weekday::Tuesday, Tongue::Fr) => "mardi",
        (Weekday::Wednesday, Tongue::Fr) => "mercredi",
        (Weekday::Thursday, Tongue::Fr) => "jeudi",
        (Weekday::Friday, Tongue::Fr) => "vendredi",
        (Weekday::Saturday, Tongue::Fr) => "samedi",
        (Weekday::Sunday, Tongue::Fr) => "dimanche",
        (Weekday::Monday, Tongue::En) => "Monday",
        (Weekday::Tuesday, Tongue::En) => "Tuesday",
        (Weekday::Wednesday, Tongue::En) => "Wednesday",
        (Weekday::Thursday, Tongue::En) => "Thursday",
        (Weekday::Friday, Tongue::En) => "Friday",
        (Weekday::Saturday, Tongue::En) => "Saturday",
        (Weekday::Sunday, Tongue::En) => "Sunday",
    };
    let months = match tongue {
        Tongue::Fr => [
            "janvier",
            "février",
            "mars",
            "avril",
            "mai",
            "juin",
            "juillet",
            "août",
            "septembre",
            "octobre",
            "novembre",
            "décembre",
        ],
        Tongue::En => [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
    };
    let month = months[usize::from(date.month().unsigned_abs()).saturating_sub(1)];
    let first = if date.day() == 1 && tongue == Tongue::Fr { "er" } else { "" };
    format!("{day} {}{first} {month} {}", date.day(), date.year())
}

/// `14:30`.
#[must_use]
pub fn clock(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// A moment where somebody is: `jeudi 3 décembre 2026 à 14:30 (heure de Porto-Novo)`.
#[must_use]
pub fn moment(at: Timestamp, zone_name: &str, tongue: Tongue) -> String {
    let there = at.to_zoned(zone(zone_name));
    let (date, time, city) = (long_date(there.date(), tongue), clock(there.time()), city(zone_name));
    match tongue {
        Tongue::Fr => format!("{date} à {time} (heure de {city})"),
        Tongue::En => format!("{date} at {time} ({city} time)"),
    }
}

/// `1 min 15 s`, the same in both languages.
#[must_use]
pub fn length(length: Duration) -> String {
    let (minutes, seconds) = (length.as_secs() / 60, length.as_secs() % 60);
    match (minutes, seconds) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, 0) => format!("{minutes} min"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_first_of_a_month_is_the_first_in_french() {
        assert_eq!(long_date(date(2027, 8, 1), Tongue::Fr), "dimanche 1er août 2027");
        assert_eq!(long_date(date(2027, 8, 1), Tongue::En), "Sunday 1 August 2027");
    }

    #[test]
    fn a_moment_is_told_in_the_time_of_its_place_on_both_sides_of_a_change() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();

        let winter = moment(at("2027-03-27T12:00:00Z"), "Europe/Paris", Tongue::Fr);
        assert_eq!(winter, "samedi 27 mars 2027 à 13:00 (heure de Paris)");
        let summer = moment(at("2027-03-28T12:00:00Z"), "America/New_York", Tongue::En);
        assert_eq!(summer, "Sunday 28 March 2027 at 08:00 (New York time)");
    }
}

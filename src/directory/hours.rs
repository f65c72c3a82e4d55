//! Where somebody is, as far as the time there goes.

use serde::Serialize;

use crate::mail::words::city;

/// A place whose clock is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hours {
    /// What people call it.
    pub place: String,
    /// The IANA name of its time.
    pub time_zone: String,
}

impl Hours {
    /// The time of a zone, called by the city in its name or by a better known one.
    #[must_use]
    pub fn of(time_zone: &str, known_as: &str) -> Self {
        let place = if known_as.is_empty() { city(time_zone) } else { known_as.to_owned() };
        Self { place, time_zone: time_zone.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_city_that_somebody_wrote_goes_before_that_of_the_zone() {
        assert_eq!(Hours::of("Asia/Kolkata", "New Delhi").place, "New Delhi");
        assert_eq!(Hours::of("Africa/Porto-Novo", "").place, "Porto-Novo");
    }
}

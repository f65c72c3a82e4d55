//! The time zones of the world's countries, by their IANA names.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The time of a country's capital; UTC for what is no country.
#[must_use]
pub fn zone_of_country(country: &str) -> &'static str {
    ZONES.get(country).and_then(|zones| zones.first()).copied().unwrap_or(NO_COUNTRY)
}

/// Whether there is a time zone of that name.
#[must_use]
pub fn is_zone(name: &str) -> bool {
    name == NO_COUNTRY || ZONES.values().any(|zones| zones.contains(&name))
}

const NO_COUNTRY: &str = "UTC";

static ZONES: LazyLock<HashMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let lines = include_str!("zones.txt").lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let (country, zones) = line.split_once(' ')?;
            Some((country, zones.split(' ').collect()))
        })
        .collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_has_the_time_of_its_capital() {
        assert_eq!(zone_of_country("BJ"), "Africa/Porto-Novo");
        assert_eq!(zone_of_country("RU"), "Europe/Moscow");
        assert_eq!(zone_of_country("AU"), "Australia/Sydney");
        assert_eq!(zone_of_country("XX"), "UTC");
        assert!(ZONES.len() > 240, "{}", ZONES.len());
    }

    #[test]
    fn only_names_of_zones_are_zones() {
        assert!(is_zone("America/Sao_Paulo") && is_zone("UTC"));
        for bad in ["", "Cotonou", "africa/porto-novo", "GMT+1", "Africa/Porto-Novo "] {
            assert!(!is_zone(bad), "{bad}");
        }
    }
}

//! Public numbers in E.164, from whatever people dial (ITU-T E.164, E.123; RFC 3966).
//!
//! What numbers look like is told by the metadata in the crate `phonenumber`. Its parser is not used: it takes zeros off
//! foreign numbers that belong to them, as all of Benin's do. Where the metadata do not know a number that could be one,
//! the number is taken all the same: numbering plans change faster than programs.

use super::countries::{Country, Tariff};

/// A number of the public network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicNumber {
    /// With its plus.
    pub e164: String,
    /// The ISO 3166 code of its country, if it is certain.
    pub region: Option<String>,
    /// Whether it costs more than its country says.
    pub premium: bool,
    /// The number as it was before its country's numbering plan changed, if it was written so.
    pub formerly: Option<String>,
}

impl PublicNumber {
    /// Whether the metadata know such a number.
    pub(super) fn is_certain(&self) -> bool {
        self.region.is_some()
    }
}

/// Reads a number as it is dialled in a country: with a plus, with the country's international prefix, or nationally.
/// Separators for the eye are passed over.
#[must_use]
pub fn public_number(dialled: &str, country: &str) -> Option<PublicNumber> {
    let dialled = without_separators(dialled)?;
    match international_part(&dialled, country) {
        Some(digits) => international(digits),
        None => national(&dialled, country),
    }
}

/// The calling code of a country.
#[must_use]
pub fn calling_code(country: &str) -> Option<u16> {
    Country::of(country).map(|country| country.code)
}

/// What people dial, without what is only for the eye; `None` if there is something in it that nobody can dial.
pub(super) fn without_separators(dialled: &str) -> Option<String> {
    let mut plain = String::with_capacity(dialled.len().min(MAX_DIALLED));
    for char in dialled.chars() {
        match char {
            ' ' | '-' | '.' | '(' | ')' | '/' | '\u{a0}' | '\u{202f}' => {}
            '0'..='9' | '*' | '#' => plain.push(char),
            // Also behind an outside prefix, which some phones put in front of whatever is dialled.
            '+' if !plain.contains('+') => plain.push(char),
            _ => return None,
        }
        if plain.len() > MAX_DIALLED {
            return None;
        }
    }
    (!plain.is_empty()).then_some(plain)
}

/// What follows the plus or the country's international prefix. `00` is understood everywhere: no national number
/// begins so.
pub(super) fn international_part<'a>(dialled: &'a str, country: &str) -> Option<&'a str> {
    if let Some(digits) = dialled.strip_prefix('+') {
        return Some(digits);
    }
    let behind = Country::of(country).and_then(|country| country.behind_international_prefix(dialled));
    behind.or_else(|| dialled.strip_prefix("00"))
}

/// Whether there is such a country.
pub(super) fn is_country(country: &str) -> bool {
    Country::of(country).is_some()
}

/// Reads the digits that follow a plus.
pub(super) fn international(digits: &str) -> Option<PublicNumber> {
    if !(SHORTEST..=LONGEST).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (code, countries) = (1..=3).find_map(|len| {
        let code = digits[..len].parse().ok()?;
        Some((&digits[..len], Country::sharing(code)?))
    })?;
    let national = &digits[code.len()..];
    let known = |national: &str| countries.iter().find_map(|country| known(country, national));
    if let Some(number) = known(national) {
        return Some(number);
    }
    // `+33 (0)1 …`: people write the zero that is dialled inside the country only.
    let main = countries.first()?;
    if let Some(number) = main.behind_national_prefix(national).and_then(known) {
        return Some(number);
    }
    if let Some(number) = completed(main, national) {
        return Some(number);
    }
    Some(PublicNumber { e164: format!("+{digits}"), region: None, premium: false, formerly: None })
}

/// Reads a number as it is dialled inside a country.
fn national(dialled: &str, country: &str) -> Option<PublicNumber> {
    if !dialled.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let country = Country::of(country)?;
    let without_prefix = country.without_national_prefix(dialled);
    // A country may share its code, and the number be a neighbour's: Canada's, dialled in New York.
    let known_anywhere = |national: &str| {
        known(country, national).or_else(|| {
            Country::sharing(country.code)?.iter().find_map(|neighbour| known(neighbour, national))
        })
    };
    if let Some(number) = known_anywhere(&without_prefix).or_else(|| known_anywhere(dialled)) {
        return Some(number);
    }
    if let Some(number) = completed(country, &without_prefix) {
        return Some(number);
    }
    let e164 = format!("+{}{without_prefix}", country.code);
    let fits = country.has_length(without_prefix.len());
    fits.then_some(PublicNumber { e164, region: None, premium: false, formerly: None })
}

/// The number, if it is one of that country.
fn known(country: &Country, national: &str) -> Option<PublicNumber> {
    let tariff = country.tariff(national)?;
    Some(PublicNumber {
        e164: format!("+{}{national}", country.code),
        region: Some(country.id.to_owned()),
        premium: tariff == Tariff::Premium,
        formerly: None,
    })
}

/// A number from before its country put digits in front of all of them. People's address books are full of these.
fn completed(country: &Country, national: &str) -> Option<PublicNumber> {
    let change = CHANGES.iter().find(|change| change.country == country.id)?;
    if national.len() != change.length || !national.starts_with(change.began_with) {
        return None;
    }
    let mut number = known(country, &format!("{}{national}", change.now_before))?;
    number.formerly = Some(format!("+{}{national}", country.code));
    Some(number)
}

/// How a country changed its numbers; only where no old number can be mistaken for a new one.
struct NumberingChange {
    country: &'static str,
    /// How long numbers were, and with what they began.
    length: usize,
    began_with: &'static [char],
    /// What stands in front of them now.
    now_before: &'static str,
}

const CHANGES: &[NumberingChange] = &[
    // 30 November 2024: 01 before the eight digits of fixed and mobile lines. Numbers in 8 kept their eight digits.
    NumberingChange { country: "BJ", length: 8, began_with: &['2', '4', '5', '6', '9'], now_before: "01" },
];

/// How much anybody may dial, codes and all.
pub(super) const MAX_DIALLED: usize = 64;
/// How few digits a number has with its country's code, and how many (E.164 §6).
const SHORTEST: usize = 7;
const LONGEST: usize = 15;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(dialled: &str, country: &str) -> Option<(String, Option<String>)> {
        public_number(dialled, country).map(|number| (number.e164, number.region))
    }

    fn known_as(e164: &str, region: &str) -> Option<(String, Option<String>)> {
        Some((e164.to_owned(), Some(region.to_owned())))
    }

    #[test]
    fn benin_has_ten_digits_that_begin_with_01() {
        for dialled in ["01 95 12 34 56", "+229 01 95 12 34 56", "00229-0195123456"] {
            assert_eq!(read(dialled, "BJ"), known_as("+2290195123456", "BJ"), "{dialled}");
        }
        assert_eq!(read("+229 01 95 12 34 56", "FR"), known_as("+2290195123456", "BJ"));
        assert_eq!(read("011 229 01 95 12 34 56", "US"), known_as("+2290195123456", "BJ"));
        assert_eq!(read("01 20 21 12 34", "BJ"), known_as("+2290120211234", "BJ"));
    }

    #[test]
    fn numbers_from_before_the_change_are_completed_and_say_so() {
        for (dialled, country) in
            [("95 12 34 56", "BJ"), ("+229 95123456", "FR"), ("00229 95 12 34 56", "CH")]
        {
            let number = public_number(dialled, country).expect("a number");
            assert_eq!(number.e164, "+2290195123456", "{dialled}");
            assert_eq!(number.formerly.as_deref(), Some("+22995123456"));
        }
        // Those in 8 have not changed.
        let freephone = public_number("81 12 34 56", "BJ").expect("a number");
        assert_eq!((freephone.e164.as_str(), freephone.formerly), ("+22981123456", None));
    }

    #[test]
    fn national_numbers_are_read_by_the_country_where_they_are_dialled() {
        for (dialled, country, e164) in [
            ("01 42 68 53 00", "FR", "+33142685300"),
            ("06 12 34 56 78", "FR", "+33612345678"),
            ("02/501.02.11", "BE", "+3225010211"),
            ("0470 12 34 56", "BE", "+32470123456"),
            ("022 906 11 11", "CH", "+41229061111"),
            ("(212) 355-2000", "US", "+12123552000"),
            ("1 212 355 2000", "US", "+12123552000"),
            ("06 6982", "IT", "+39066982"),
        ] {
            let number = public_number(dialled, country).unwrap_or_else(|| panic!("{dialled} in {country}"));
            assert_eq!(number.e164, e164, "{dialled} in {country}");
        }
    }

    #[test]
    fn the_zero_that_people_write_into_international_numbers_is_left_out() {
        assert_eq!(read("+33 (0)1 42 68 53 00", "BJ"), known_as("+33142685300", "FR"));
        assert_eq!(read("+41 (0)22 906 11 11", "BJ"), known_as("+41229061111", "CH"));
        // But not where it belongs to the number.
        assert_eq!(read("+39 06 6982 1234", "BJ").map(|read| read.0).as_deref(), Some("+390669821234"));
    }

    #[test]
    fn countries_that_share_a_code_are_told_apart() {
        assert_eq!(read("514 343 6111", "US"), known_as("+15143436111", "CA"));
        assert_eq!(read("+1 212 355 2000", "FR"), known_as("+12123552000", "US"));
        assert_eq!(read("+1 876 927 1234", "US").and_then(|read| read.1).as_deref(), Some("JM"));
        assert_eq!(read("+590 590 20 11 22", "FR").and_then(|read| read.1).as_deref(), Some("GP"));
    }

    #[test]
    fn numbers_that_cost_more_say_so() {
        assert!(public_number("0899 70 12 34", "FR").expect("a number").premium);
        assert!(public_number("1 900 555 1234", "US").is_none_or(|number| number.premium));
        assert!(!public_number("0800 12 34 56", "FR").expect("a number").premium);
    }

    #[test]
    fn what_the_metadata_do_not_know_is_taken_if_it_could_be_a_number() {
        let unknown = public_number("+229 02 95 12 34 56", "FR").expect("could be one");
        assert_eq!((unknown.e164.as_str(), unknown.is_certain()), ("+2290295123456", false));
    }

    #[test]
    fn what_cannot_be_a_number_is_none() {
        for (dialled, country) in [
            ("", "FR"),
            ("+", "FR"),
            ("201", "FR"),
            ("2345", "BJ"),
            ("+999 12345678", "FR"),
            ("+0033142685300", "FR"),
            ("+331426853001234567", "FR"),
            ("0142685300", "XX"),
            ("*21#", "FR"),
            ("alice", "FR"),
            ("01+42", "FR"),
            ("é", "FR"),
            ("+٣٣", "FR"),
        ] {
            assert_eq!(read(dialled, country), None, "{dialled} in {country}");
        }
        assert_eq!(without_separators(&"1".repeat(MAX_DIALLED + 1)), None);
    }
}

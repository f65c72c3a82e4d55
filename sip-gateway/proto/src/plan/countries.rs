//! What numbers look like in each country, by Google's metadata in the crate `phonenumber`.
//!
//! The patterns are compiled here, when they are first needed, and kept: the crate keeps a hundred of them, and compiles
//! for milliseconds when a ministry calls more countries than that in turn.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use phonenumber::Metadata;
use phonenumber::metadata::{DATABASE, Descriptor};
use regex_lite::{Regex, RegexBuilder};

/// The numbers of a country, or of a code that belongs to none.
pub(super) struct Country {
    /// Its ISO 3166 code; `001` for no country.
    pub(super) id: &'static str,
    /// Its calling code.
    pub(super) code: u16,
    /// What is dialled before numbers inside the country.
    national_prefix: Option<&'static str>,
    /// The same where it takes a pattern, and what then takes its place.
    national_pattern: Option<Pattern>,
    transform: Option<&'static str>,
    /// What is dialled before numbers of other countries.
    international: Option<Pattern>,
    /// With what its own numbers begin, where the code is shared.
    leading: Option<Pattern>,
    general: Kind,
    premium: Option<Kind>,
    ordinary: Vec<Kind>,
    /// How long fixed and mobile numbers are.
    lengths: Vec<u16>,
}

/// What a number inside a country is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tariff {
    Ordinary,
    Premium,
}

/// One kind of numbers: how long they may be, and how they are made up.
struct Kind {
    lengths: &'static [u16],
    pattern: Pattern,
}

impl Country {
    /// The country of that ISO code.
    pub(super) fn of(id: &str) -> Option<&'static Self> {
        let upper;
        let id = match id.bytes().all(|byte| byte.is_ascii_uppercase()) {
            true => id,
            false => {
                upper = id.to_ascii_uppercase();
                &upper
            }
        };
        let (code, at) = COUNTRIES.by_id.get(id)?;
        COUNTRIES.by_code.get(code)?.get(*at)
    }

    /// The countries that share a calling code, the main one first; `None` if it is no code.
    pub(super) fn sharing(code: u16) -> Option<&'static [Self]> {
        COUNTRIES.by_code.get(&code).map(Vec::as_slice)
    }

    /// What a number without any prefix is, if it is one of this country.
    pub(super) fn tariff(&self, national: &str) -> Option<Tariff> {
        let elsewhere = self.leading.as_ref().is_some_and(|own| own.beginning(national).is_none());
        if elsewhere || !self.is_number(national) {
            return None;
        }
        if self.premium.as_ref().is_some_and(|kind| kind.is_match(national)) {
            return Some(Tariff::Premium);
        }
        self.ordinary.iter().any(|kind| kind.is_match(national)).then_some(Tariff::Ordinary)
    }

    /// Whether a fixed or mobile number may be so long.
    pub(super) fn has_length(&self, length: usize) -> bool {
        self.lengths.iter().any(|known| usize::from(*known) == length)
    }

    /// What follows the international prefix.
    pub(super) fn behind_international_prefix<'a>(&self, dialled: &'a str) -> Option<&'a str> {
        let end = self.international.as_ref()?.beginning(dialled)?;
        Some(&dialled[end..])
    }

    /// What follows the plain national prefix.
    pub(super) fn behind_national_prefix<'a>(&self, dialled: &'a str) -> Option<&'a str> {
        dialled.strip_prefix(self.national_prefix?)
    }

    /// Takes off what is dialled before numbers inside the country, unless the number is one only with it.
    pub(super) fn without_national_prefix(&self, dialled: &str) -> String {
        let rest = match &self.national_pattern {
            None => self.behind_national_prefix(dialled).unwrap_or(dialled).to_owned(),
            Some(pattern) => match (pattern.beginning(dialled), self.transform) {
                (None, _) => dialled.to_owned(),
                (Some(_), Some(rule)) => pattern.regex().replace(dialled, rule).into_owned(),
                (Some(end), None) => dialled[end..].to_owned(),
            },
        };
        match self.is_number(dialled) && !self.is_number(&rest) {
            true => dialled.to_owned(),
            false => rest,
        }
    }

    fn is_number(&self, national: &str) -> bool {
        self.general.is_match(national)
    }

    fn read(meta: &'static Metadata) -> Self {
        let types = meta.descriptors();
        let (fixed, mobile) = (types.fixed_line(), types.mobile());
        let others = [
            types.toll_free(),
            types.shared_cost(),
            types.voip(),
            types.personal_number(),
            types.uan(),
            types.pager(),
            types.voicemail(),
        ];
        let beginning = |pattern: &'static str| Pattern::new(pattern, "");
        Self {
            id: meta.id(),
            code: meta.country_code(),
            national_prefix: meta.national_prefix(),
            national_pattern: meta.national_prefix_for_parsing().map(|pattern| beginning(pattern.as_str())),
            transform: meta.national_prefix_transform_rule(),
            international: meta.international_prefix().map(|pattern| beginning(pattern.as_str())),
            leading: meta.leading_digits().map(|pattern| beginning(pattern.as_str())),
            general: Kind::read(types.general()),
            premium: types.premium_rate().map(Kind::read),
            ordinary: [fixed, mobile].into_iter().chain(others).flatten().map(Kind::read).collect(),
            lengths: [fixed, mobile]
                .into_iter()
                .flatten()
                .flat_map(Descriptor::possible_length)
                .copied()
                .collect(),
        }
    }
}

impl Kind {
    fn read(descriptor: &'static Descriptor) -> Self {
        let pattern = Pattern::new(descriptor.national_number().as_str(), "$");
        Self { lengths: descriptor.possible_length(), pattern }
    }

    fn is_match(&self, national: &str) -> bool {
        let length = |known: &u16| usize::from(*known) == national.len();
        (self.lengths.is_empty() || self.lengths.iter().any(length))
            && self.pattern.beginning(national).is_some()
    }
}

/// A pattern that begins where the text does.
struct Pattern {
    source: &'static str,
    end: &'static str,
    compiled: OnceLock<Regex>,
}

impl Pattern {
    fn new(source: &'static str, end: &'static str) -> Self {
        Self { source, end, compiled: OnceLock::new() }
    }

    /// Where what it matches ends.
    fn beginning(&self, text: &str) -> Option<usize> {
        self.regex().find(text).map(|found| found.end())
    }

    fn regex(&self) -> &Regex {
        self.compiled.get_or_init(|| {
            let anchored = format!("^(?:{}){}", self.source, self.end);
            let built = RegexBuilder::new(&anchored).ignore_whitespace(true).build();
            built.expect("the patterns of the metadata are regular expressions; a test compiles all of them")
        })
    }
}

struct Countries {
    by_code: HashMap<u16, Vec<Country>>,
    by_id: HashMap<&'static str, (u16, usize)>,
}

static COUNTRIES: LazyLock<Countries> = LazyLock::new(|| {
    let mut countries = Countries { by_code: HashMap::new(), by_id: HashMap::new() };
    for code in 1..1000 {
        let Some(mut sharing) = DATABASE.by_code(&code) else { continue };
        sharing.sort_by_key(|meta| !meta.is_main_country_for_code());
        let sharing: Vec<Country> = sharing.into_iter().map(Country::read).collect();
        for (at, country) in sharing.iter().enumerate() {
            if country.id != NO_COUNTRY {
                countries.by_id.insert(country.id, (code, at));
            }
        }
        countries.by_code.insert(code, sharing);
    }
    countries
});

/// What the metadata call codes that belong to no country.
const NO_COUNTRY: &str = "001";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_patterns_are_regular_expressions_and_fit_their_own_examples() {
        let mut examples = 0;
        for meta in DATABASE.iter() {
            let country = Country::read(meta);
            let patterns = [&country.national_pattern, &country.international, &country.leading];
            for pattern in patterns.into_iter().flatten() {
                pattern.regex();
            }
            if let Some(example) = meta.descriptors().fixed_line().and_then(Descriptor::example) {
                assert_eq!(country.tariff(example), Some(Tariff::Ordinary), "{example} in {}", country.id);
                examples += 1;
            }
            // Countries that share a code share its premium numbers, so these say nothing of the country.
            if let Some(example) = meta.descriptors().premium_rate().and_then(Descriptor::example) {
                let premium = country.premium.as_ref().expect("it was read");
                assert!(premium.is_match(example), "{example} in {}", country.id);
            }
        }
        assert!(examples > 200, "{examples} countries have an example");
        assert!(COUNTRIES.by_id.len() > 200);
    }

    #[test]
    fn the_main_country_of_a_shared_code_comes_first() {
        for (code, id) in [(1, "US"), (7, "RU"), (33, "FR"), (39, "IT"), (44, "GB"), (229, "BJ"), (590, "GP")]
        {
            assert_eq!(
                Country::sharing(code).and_then(<[Country]>::first).map(|country| country.id),
                Some(id)
            );
            assert_eq!(Country::of(&id.to_ascii_lowercase()).map(|country| country.code), Some(code));
        }
        assert!(
            Country::sharing(999).is_none()
                && Country::of("XX").is_none()
                && Country::of(NO_COUNTRY).is_none()
        );
    }
}

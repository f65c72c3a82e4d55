//! All tariffs and rates together: the one function that says what a call cost and what it would have cost.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Currency, Decimal, Month, Tariff};

/// Which tariffs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// What a post paid before.
    Old,
    /// What the provider behind a trunk takes.
    Trunk,
}

impl Kind {
    /// As it is stored, and written in tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Old => "old",
            Self::Trunk => "trunk",
        }
    }

    /// Reads it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Old, Self::Trunk].into_iter().find(|one| one.as_str() == text.trim())
    }
}

/// Something that is rated: a call, or two posts in a meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Talk {
    /// Between whom.
    pub way: Way,
    /// When it was answered.
    pub answered: Timestamp,
    /// How long they talked.
    pub millis: i64,
}

/// Between whom somebody talked. Posts and trunks by their row, numbers in digits without the plus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// From one post to another, or within one, on our own network.
    Inside {
        /// Who would have paid.
        from: i64,
        /// Who was called.
        to: i64,
    },
    /// From a post over a trunk.
    Trunk {
        /// Whose call it was.
        from: i64,
        /// Which trunk.
        trunk: i64,
        /// The number called.
        number: String,
    },
    /// From outside into a post: whoever called paid.
    FromOutside {
        /// Where it rang.
        to: i64,
    },
}

/// What something cost, in the house's smallest coins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// How much; nothing when no tariff or no rate is known.
    pub amount: Option<i64>,
    /// How that comes about, to be followed by hand; empty for what costs nothing.
    pub because: String,
}

/// What a talk cost and would have cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rating {
    /// The month to which it belongs.
    pub month: Month,
    /// What it did cost.
    pub actual: Cost,
    /// What it would have cost by the old tariff.
    pub old: Cost,
}

/// Tariffs, rates, and where posts are reached.
#[derive(Debug, Clone)]
pub struct Book {
    zone: TimeZone,
    currency: Currency,
    /// By kind, owner (0 for everybody) and prefix.
    tariffs: HashMap<(Kind, i64), HashMap<String, Vec<Tariff>>>,
    rates: HashMap<Currency, BTreeMap<Month, Decimal>>,
    /// The numbers of posts, at least their country's calling code.
    numbers: HashMap<i64, String>,
}

impl Book {
    /// An empty one, of a house with this time and currency.
    #[must_use]
    pub fn new(zone: TimeZone, currency: Currency) -> Self {
        let (tariffs, rates, numbers) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { zone, currency, tariffs, rates, numbers }
    }

    /// The currency of the house.
    #[must_use]
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The time of the house.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Adds a tariff of a post or trunk; 0 is everybody's.
    pub fn add_tariff(&mut self, kind: Kind, owner: i64, tariff: Tariff) {
        let of = self.tariffs.entry((kind, owner)).or_default();
        of.entry(tariff.prefix.clone()).or_default().push(tariff);
    }

    /// So much of the house's currency is one of another, in a month.
    pub fn add_rate(&mut self, currency: Currency, month: Month, rate: Decimal) {
        self.rates.entry(currency).or_default().insert(month, rate);
    }

    /// Where a post is reached, in digits.
    pub fn set_number(&mut self, post: i64, number: String) {
        self.numbers.insert(post, number);
    }

    /// What a talk cost and would have cost.
    #[must_use]
    pub fn rate(&self, talk: &Talk) -> Rating {
        let month = Month::of(talk.answered, &self.zone);
        let day = self.zone.to_datetime(talk.answered).date();
        let price = |kind, owner, number: &str| self.price(kind, owner, number, day, month, talk.millis);
        let (actual, old) = match &talk.way {
            Way::FromOutside { .. } => (Cost::free(), Cost::free()),
            Way::Inside { from, to } if from == to => (Cost::free(), Cost::free()),
            Way::Inside { from, to } => {
                let number = self.numbers.get(to).map(String::as_str).unwrap_or_default();
                (Cost::free(), price(Kind::Old, *from, number))
            }
            Way::Trunk { from, trunk, number } => {
                (price(Kind::Trunk, *trunk, number), price(Kind::Old, *from, number))
            }
        };
        Rating { month, actual, old }
    }

    fn price(&self, kind: Kind, owner: i64, number: &str, day: Date, month: Month, millis: i64) -> Cost {
        let Some(tariff) = self.find(kind, owner, number, day) else {
            return Cost { amount: None, because: format!("no {} tariff for {number:?}", kind.as_str()) };
        };
        let charge = tariff.charge(millis);
        let local = tariff.currency;
        let reckoned = format!(
            "{}: {} s, {} {local}",
            tariff.prefix,
            tariff.billed_seconds(millis),
            local.written(charge)
        );
        if local == self.currency {
            return Cost { amount: Some(charge), because: reckoned };
        }
        match self.rate_of(local, month) {
            Some(rate) => Cost {
                amount: Some(local.convert(charge, rate, self.currency)),
                because: format!("{reckoned} × {rate}"),
            },
            None => Cost { amount: None, because: format!("{reckoned}, no rate of {local} for {month}") },
        }
    }

    /// The owner's tariff with the longest prefix; only where there is none, everybody's. Of several that hold, the one
    /// that began last.
    fn find(&self, kind: Kind, owner: i64, number: &str, day: Date) -> Option<&Tariff> {
        [owner, EVERYBODY].into_iter().filter_map(|owner| self.tariffs.get(&(kind, owner))).find_map(|of| {
            (1..=number.len()).rev().filter_map(|len| of.get(number.get(..len)?)).find_map(|tariffs| {
                tariffs.iter().filter(|tariff| tariff.holds_on(day)).max_by_key(|tariff| tariff.from)
            })
        })
    }

    /// The rate of a month, or the newest before it.
    fn rate_of(&self, currency: Currency, month: Month) -> Option<Decimal> {
        self.rates.get(&currency)?.range(..=month).next_back().map(|(_, rate)| *rate)
    }
}

impl Cost {
    fn free() -> Self {
        Self { amount: Some(0), because: String::new() }
    }
}

/// Whose tariffs hold where an owner has none.
const EVERYBODY: i64 = 0;

#[cfg(test)]
mod tests {
    use super::super::Rounding;
    use super::*;

    const PARIS: i64 = 1;
    const COTONOU: i64 = 2;
    const ORANGE: i64 = 7;

    #[test]
    fn between_extensions_it_costs_nothing_and_would_have_cost_the_old_tariff() {
        let rated = book().rate(&talk(Way::Inside { from: PARIS, to: COTONOU }, 61_000));

        assert_eq!(rated.actual.amount, Some(0));
        assert_eq!(rated.old.amount, Some(1168)); // two minutes at 0.89 EUR, 655.957 each: 1,167.60
        assert_eq!(rated.old.because, "229: 120 s, 1.78 EUR × 655.957");
        assert_eq!(rated.month.to_string(), "2026-11");
    }

    #[test]
    fn over_a_trunk_both_tariffs_count() {
        let way = Way::Trunk { from: PARIS, trunk: ORANGE, number: "22997000000".to_owned() };
        let rated = book().rate(&talk(way, 61_000));

        assert_eq!(rated.old.because, "22997: 120 s, 2.00 EUR × 655.957", "the longest beginning");
        assert_eq!(rated.actual.because, "229: 61 s, 0.11 EUR × 655.957");
        assert_eq!((rated.actual.amount, rated.old.amount), (Some(72), Some(1312)));
    }

    #[test]
    fn within_a_post_and_from_outside_nothing_was_ever_paid() {
        for way in [Way::Inside { from: PARIS, to: PARIS }, Way::FromOutside { to: PARIS }] {
            let rated = book().rate(&talk(way, 61_000));
            assert_eq!((rated.actual.amount, rated.old.amount), (Some(0), Some(0)));
        }
    }

    #[test]
    fn what_has_no_tariff_or_no_rate_is_not_guessed() {
        let unknown = book().rate(&talk(Way::Inside { from: COTONOU, to: 99 }, 1_000));
        assert_eq!((unknown.old.amount, unknown.old.because.as_str()), (None, "no old tariff for \"\""));

        let mut without = book();
        without.rates.clear();
        let rated = without.rate(&talk(Way::Inside { from: PARIS, to: COTONOU }, 1_000));
        assert_eq!(rated.old.amount, None);
        assert!(rated.old.because.ends_with("no rate of EUR for 2026-11"), "{}", rated.old.because);
    }

    #[test]
    fn everybody_s_tariff_holds_where_the_post_has_none() {
        let mut book = book();
        book.add_tariff(Kind::Old, EVERYBODY, tariff("33", "XOF", "100"));

        let rated = book.rate(&talk(Way::Inside { from: COTONOU, to: PARIS }, 60_000));

        assert_eq!(rated.old.amount, Some(100));
        assert_eq!(rated.old.because, "33: 60 s, 100 XOF");
    }

    #[test]
    fn a_tariff_ends_at_midnight_of_the_house() {
        let mut book = book();
        let day = Date::constant(2026, 12, 1);
        book.add_tariff(Kind::Old, PARIS, Tariff { from: day, ..tariff("229", "EUR", "0.50") });
        let at = |text: &str| {
            let way = Way::Inside { from: PARIS, to: COTONOU };
            book.rate(&Talk { way, answered: text.parse().unwrap(), millis: 60_000 }).old.amount
        };

        assert_eq!(at("2026-11-30T22:59:59Z"), Some(584));
        assert_eq!(at("2026-11-30T23:00:00Z"), Some(328));
    }

    #[test]
    fn a_month_without_a_rate_takes_the_newest_before_it() {
        let mut book = book();
        let rate = |text: &str| Decimal::parse(text).unwrap();
        book.add_rate(Currency::parse("EUR").unwrap(), Month::parse("2026-10").unwrap(), rate("600"));
        book.add_rate(Currency::parse("EUR").unwrap(), Month::parse("2026-12").unwrap(), rate("700"));

        let rated = book.rate(&talk(Way::Inside { from: PARIS, to: COTONOU }, 60_000));

        assert!(rated.old.because.ends_with("× 600"), "{}", rated.old.because);
    }

    fn book() -> Book {
        let mut book =
            Book::new(TimeZone::get("Africa/Porto-Novo").unwrap(), Currency::parse("XOF").unwrap());
        book.add_tariff(Kind::Old, PARIS, tariff("229", "EUR", "0.89"));
        book.add_tariff(Kind::Old, PARIS, tariff("22997", "EUR", "1"));
        let trunk = Tariff { first: 1, next: 1, ..tariff("229", "EUR", "0.1") };
        book.add_tariff(Kind::Trunk, ORANGE, trunk);
        let peg = Decimal::parse("655.957").unwrap();
        book.add_rate(Currency::parse("EUR").unwrap(), Month::parse("2017-01").unwrap(), peg);
        book.set_number(PARIS, "33".to_owned());
        book.set_number(COTONOU, "229".to_owned());
        book
    }

    fn tariff(prefix: &str, currency: &str, per_minute: &str) -> Tariff {
        Tariff {
            prefix: prefix.to_owned(),
            currency: Currency::parse(currency).unwrap(),
            per_minute: Decimal::parse(per_minute).unwrap(),
            connection: Decimal::default(),
            minimum: Decimal::default(),
            first: 60,
            next: 60,
            rounding: Rounding::Up,
            from: Date::constant(2017, 1, 1),
            until: None,
        }
    }

    fn talk(way: Way, millis: i64) -> Talk {
        Talk { way, answered: "2026-11-24T10:00:00Z".parse().unwrap(), millis }
    }
}

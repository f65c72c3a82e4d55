//! Tariffs and rates from a table: every line that is wrong is told, and then none is taken.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;

use super::{Currency, Decimal, Kind, Month, Rounding, Tariff};
use crate::csv;

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Fault {
    /// Which, counted from 1.
    pub line: usize,
    /// A fragment of a sentence.
    pub reason: String,
}

/// A tariff as a table says it, with its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Whose.
    pub kind: Kind,
    /// The post's or trunk's row; 0 for everybody.
    pub owner: i64,
    /// What it costs.
    pub tariff: Tariff,
}

/// A rate as a table says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLine {
    /// Of which currency.
    pub currency: Currency,
    /// In which month.
    pub month: Month,
    /// So much of the house's currency is one of it.
    pub rate: Decimal,
}

/// Whom tables may name: names in small letters, and their rows.
#[derive(Debug, Clone, Default)]
pub struct Owners {
    /// Posts.
    pub posts: HashMap<String, i64>,
    /// Trunks.
    pub trunks: HashMap<String, i64>,
}

/// Reads a table of tariffs.
///
/// # Errors
/// What is wrong, line by line; at most a hundred.
pub fn tariffs(text: &str, owners: &Owners) -> Result<Vec<Line>, Vec<Fault>> {
    let mut seen = HashSet::new();
    table(text, &TARIFF_COLUMNS, 5, |fields| {
        let field = |name| fields.named(name);
        let kind = Kind::parse(field("kind")).ok_or("kind is not old or trunk")?;
        let name = field("owner").to_lowercase();
        let (known, what) = match kind {
            Kind::Old => (&owners.posts, "post"),
            Kind::Trunk => (&owners.trunks, "trunk"),
        };
        let owner = match name.as_str() {
            "" | "*" => 0,
            name => *known.get(name).ok_or_else(|| format!("there is no {what} {:?}", field("owner")))?,
        };
        let prefix = field("prefix").trim_start_matches('+').replace(' ', "");
        if !(1..=15).contains(&prefix.len()) || !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(format!("prefix {:?} is not 1 to 15 digits", field("prefix")));
        }
        let decimal = |name: &'static str| match field(name) {
            "" => Ok(Decimal::default()),
            text => Decimal::parse(text)
                .ok_or_else(|| format!("{name} {text:?} is not a number like 0.89, below a million")),
        };
        let step = |name: &'static str| match field(name) {
            "" => Ok(60),
            text => text
                .parse()
                .ok()
                .filter(|step| (1..=3600).contains(step))
                .ok_or_else(|| format!("{name} {text:?} is not 1 to 3600 seconds")),
        };
        if field("per_minute").is_empty() {
            return Err("per_minute is missing".to_owned());
        }
        let rounding = match field("rounding") {
            "" => Rounding::Up,
            word => Rounding::parse(word).ok_or("rounding is not up, nearest or down")?,
        };
        let from = day(field("from"))?.ok_or("from is missing")?;
        let until = day(field("until"))?;
        if until.is_some_and(|until| until < from) {
            return Err("until is before from".to_owned());
        }
        if !seen.insert((kind, owner, prefix.clone(), from)) {
            return Err("an earlier line is about the same prefix and day".to_owned());
        }
        let tariff = Tariff {
            prefix,
            currency: currency(field("currency"))?,
            per_minute: decimal("per_minute")?,
            connection: decimal("connection")?,
            minimum: decimal("minimum")?,
            first: step("first")?,
            next: step("next")?,
            rounding,
            from,
            until,
        };
        Ok(Line { kind, owner, tariff })
    })
}

/// Reads a table of rates.
///
/// # Errors
/// What is wrong, line by line; at most a hundred.
pub fn rates(text: &str, house: Currency) -> Result<Vec<RateLine>, Vec<Fault>> {
    let mut seen = HashSet::new();
    table(text, &RATE_COLUMNS, 3, |fields| {
        let field = |name| fields.named(name);
        let currency = currency(field("currency"))?;
        if currency == house {
            return Err(format!("{house} is the currency of the house"));
        }
        let month = field("month");
        let month = Month::parse(month).ok_or_else(|| format!("month {month:?} is not one like 2026-11"))?;
        let rate = field("rate");
        let rate = Decimal::parse(rate)
            .filter(|rate| *rate > Decimal::default())
            .ok_or_else(|| format!("rate {rate:?} is not a number like 655.957, above zero"))?;
        if !seen.insert((currency, month)) {
            return Err("an earlier line is about the same currency and month".to_owned());
        }
        Ok(RateLine { currency, month, rate })
    })
}

fn currency(text: &str) -> Result<Currency, String> {
    Currency::parse(text).ok_or_else(|| format!("currency {text:?} is not a code like EUR"))
}

fn day(text: &str) -> Result<Option<Date>, String> {
    match text {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| format!("{text:?} is not a day like 2026-11-24")),
    }
}

/// The fields of a line by the names of their columns.
struct Fields<'a> {
    places: &'a HashMap<&'static str, usize>,
    record: &'a [String],
}

impl Fields<'_> {
    fn named(&self, name: &'static str) -> &str {
        let place = self.places.get(name).and_then(|place| self.record.get(*place));
        place.map(|field| field.trim()).unwrap_or_default()
    }
}

/// Reads a table by the names of its columns, of which the first `needed` must be there.
fn table<T>(
    text: &str,
    columns: &[&'static str],
    needed: usize,
    mut read: impl FnMut(&Fields<'_>) -> Result<T, String>,
) -> Result<Vec<T>, Vec<Fault>> {
    let fault = |line, reason: String| vec![Fault { line, reason }];
    let records = csv::read(text).map_err(|line| fault(line, "a quotation mark is not closed".to_owned()))?;
    let Some(((first, heads), lines)) = records.split_first() else {
        return Err(fault(1, "the table is empty".to_owned()));
    };
    let mut places = HashMap::new();
    for (place, head) in heads.iter().enumerate() {
        let head = head.trim().to_lowercase();
        let Some(known) = columns.iter().find(|known| **known == head) else {
            let reason = format!("there is no column {head:?}; the columns are {}", columns.join(", "));
            return Err(fault(*first, reason));
        };
        places.insert(*known, place);
    }
    if let Some(missing) = columns.iter().take(needed).find(|column| !places.contains_key(*column)) {
        return Err(fault(*first, format!("the column {missing:?} is missing")));
    }
    if lines.len() > MOST_LINES {
        return Err(fault(*first, format!("there are more than {MOST_LINES} lines: import them in parts")));
    }

    let (mut taken, mut faults) = (Vec::with_capacity(lines.len()), Vec::new());
    for (line, record) in lines {
        match read(&Fields { places: &places, record }) {
            Ok(one) => taken.push(one),
            Err(reason) if faults.len() < MOST_FAULTS => faults.push(Fault { line: *line, reason }),
            Err(_) => break,
        }
    }
    if faults.is_empty() { Ok(taken) } else { Err(faults) }
}

const TARIFF_COLUMNS: [&str; 12] = [
    "kind",
    "prefix",
    "currency",
    "per_minute",
    "from",
    "owner",
    "connection",
    "minimum",
    "first",
    "next",
    "rounding",
    "until",
];
const RATE_COLUMNS: [&str; 3] = ["currency", "month", "rate"];
/// Lines that are told to be wrong at once.
const MOST_FAULTS: usize = 100;
const MOST_LINES: usize = 100_000;
/// Bytes of a table.
pub const LARGEST_IMPORT: usize = 8 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_a_french_spreadsheet_is_read() {
        let text = "kind;owner;prefix;currency;per_minute;first;next;rounding;from;until\n\
                    old;Ambassade à Paris;+229;EUR;0,89;60;1;up;2017-01-01;2026-12-31\n\
                    trunk;orange;33;eur;0,012;1;1;nearest;2024-01-01;\n\
                    old;*;1;USD;1,5;;;;2017-01-01;\n";

        let lines = tariffs(text, &owners()).unwrap();

        let seen: Vec<_> =
            lines.iter().map(|line| (line.kind, line.owner, line.tariff.prefix.as_str())).collect();
        assert_eq!(seen, [(Kind::Old, 3, "229"), (Kind::Trunk, 7, "33"), (Kind::Old, 0, "1")]);
        assert_eq!(lines[0].tariff.per_minute.to_string(), "0.89");
        assert_eq!((lines[0].tariff.next, lines[2].tariff.first), (1, 60));
        assert_eq!(lines[0].tariff.until, Some(Date::constant(2026, 12, 31)));
    }

    #[test]
    fn every_line_that_is_wrong_says_why() {
        let why = |line: &str| {
            let text = format!("kind,owner,prefix,currency,per_minute,first,rounding,from,until\n{line}\n");
            tariffs(&text, &owners()).unwrap_err()[0].reason.clone()
        };

        assert_eq!(why("new,,229,EUR,1,,,2017-01-01,"), "kind is not old or trunk");
        assert_eq!(why("old,Rome,229,EUR,1,,,2017-01-01,"), "there is no post \"Rome\"");
        assert_eq!(why("trunk,Rome,229,EUR,1,,,2017-01-01,"), "there is no trunk \"Rome\"");
        assert_eq!(why("old,,2x9,EUR,1,,,2017-01-01,"), "prefix \"2x9\" is not 1 to 15 digits");
        assert_eq!(why("old,,229,EURO,1,,,2017-01-01,"), "currency \"EURO\" is not a code like EUR");
        assert_eq!(
            why("old,,229,EUR,-1,,,2017-01-01,"),
            "per_minute \"-1\" is not a number like 0.89, below a million"
        );
        assert_eq!(why("old,,229,EUR,1,0,,2017-01-01,"), "first \"0\" is not 1 to 3600 seconds");
        assert_eq!(why("old,,229,EUR,1,,half,2017-01-01,"), "rounding is not up, nearest or down");
        assert_eq!(why("old,,229,EUR,1,,,1.1.2017,"), "\"1.1.2017\" is not a day like 2026-11-24");
        assert_eq!(why("old,,229,EUR,1,,,2017-01-02,2017-01-01"), "until is before from");
        let twice = "old,,229,EUR,1,,,2017-01-01,\nold,,+229,EUR,2,,,2017-01-01,";
        assert_eq!(why(twice), "an earlier line is about the same prefix and day");
    }

    #[test]
    fn all_faults_are_told_with_their_lines() {
        let faults =
            rates("currency,month,rate\nEUR,2026-11,0\nUSD,2026-13,600\nGBP,2026-11,\"750\"\n", house());

        let lines: Vec<usize> = faults.unwrap_err().iter().map(|fault| fault.line).collect();
        assert_eq!(lines, [2, 3]);
        assert!(rates("currency,month\n", house()).unwrap_err()[0].reason.contains("\"rate\" is missing"));
        assert!(rates("currency,month,rate\nXOF,2026-11,1\n", house()).is_err());
    }

    fn owners() -> Owners {
        Owners {
            posts: [("ambassade à paris".to_owned(), 3)].into(),
            trunks: [("orange".to_owned(), 7)].into(),
        }
    }

    fn house() -> Currency {
        Currency::parse("XOF").unwrap()
    }
}

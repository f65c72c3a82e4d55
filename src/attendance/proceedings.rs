//! What was under discussion in a sitting, and who spoke how long, as its host reads it. Pure.

use jiff::Timestamp;
use serde::Serialize;

use crate::store::{PointRow, SpeechRow};

/// A point of the agenda, once that it was under discussion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct PointTime {
    /// From 1.
    pub number: u32,
    pub title: String,
    /// How long it was to take.
    pub planned_minutes: u32,
    pub began: Timestamp,
    /// `null` while it is under discussion.
    pub ended: Option<Timestamp>,
    pub seconds: i64,
}

/// How long a party has spoken, or somebody who sits for none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct SpokenTime {
    pub party: Option<String>,
    /// Of whom sits for none.
    pub name: Option<String>,
    pub seconds: i64,
    /// How often.
    pub times: u32,
}

/// Points as they are told. Whatever has no end ends with its sitting.
pub(super) fn points<'a>(
    rows: impl Iterator<Item = &'a PointRow>,
    over: Option<Timestamp>,
    now: Timestamp,
) -> Vec<PointTime> {
    rows.map(|row| PointTime {
        number: row.point,
        title: row.title.clone(),
        planned_minutes: row.planned,
        began: row.began,
        ended: row.ended.or(over),
        seconds: seconds(row.began, row.ended.or(over).unwrap_or(now)),
    })
    .collect()
}

/// Speeches added up.
pub(super) fn spoken<'a>(
    rows: impl Iterator<Item = &'a SpeechRow>,
    over: Option<Timestamp>,
    now: Timestamp,
) -> Vec<SpokenTime> {
    let mut all: Vec<SpokenTime> = Vec::new();
    for row in rows {
        let name = row.party.is_none().then(|| row.name.clone());
        let lasted = seconds(row.began, row.ended.or(over).unwrap_or(now));
        match all.iter_mut().find(|known| known.party == row.party && known.name == name) {
            Some(known) => {
                known.seconds += lasted;
                known.times += 1;
            }
            None => all.push(SpokenTime { party: row.party.clone(), name, seconds: lasted, times: 1 }),
        }
    }
    all.sort_by_key(|one| std::cmp::Reverse(one.seconds));
    all
}

fn seconds(began: Timestamp, ended: Timestamp) -> i64 {
    (ended.as_second() - began.as_second()).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_has_spoken_as_long_as_all_its_delegates() {
        let speech = |party: Option<&str>, name: &str, from: i64, to: Option<i64>| SpeechRow {
            party: party.map(str::to_owned),
            name: name.to_owned(),
            began: at(from),
            ended: to.map(at),
        };
        let rows = [
            speech(Some("Inde"), "Ravi", 0, Some(10)),
            speech(None, "Coumba", 10, Some(15)),
            speech(Some("Inde"), "Priya", 20, Some(50)),
            speech(Some("Bénin"), "Awa", 60, None),
        ];

        let told: Vec<_> = spoken(rows.iter(), None, at(120))
            .into_iter()
            .map(|one| (one.party.or(one.name).unwrap(), one.seconds, one.times))
            .collect();

        let expected = [("Bénin", 60, 1), ("Inde", 40, 2), ("Coumba", 5, 1)];
        assert_eq!(told, expected.map(|(who, seconds, times)| (who.to_owned(), seconds, times)));
    }

    #[test]
    fn what_nobody_saw_end_ended_with_its_sitting() {
        let row = PointRow { point: 2, title: "Visas".to_owned(), planned: 30, began: at(0), ended: None };

        assert_eq!(points([&row].into_iter(), None, at(9))[0].ended, None);
        let over = &points([&row].into_iter(), Some(at(7)), at(9))[0];
        assert_eq!((over.ended, over.seconds), (Some(at(7)), 7));
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }
}

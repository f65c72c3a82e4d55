//! The list of who was there, as the host of a meeting reads it: a line for each person, however often the line broke.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::Kind;
use crate::csv as table;
use crate::store::{AttendanceRow, SittingRow};

/// One time that a meeting was open, and who was there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Sitting {
    pub title: String,
    pub began: Timestamp,
    /// `null` while it lasts.
    pub ended: Option<Timestamp>,
    pub people: Vec<Attendee>,
}

/// Somebody who was there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Attendee {
    pub name: String,
    pub kind: Kind,
    pub post: Option<String>,
    pub extension: Option<String>,
    /// From where a telephone called that is none of the house.
    pub number: Option<String>,
    pub party: Option<String>,
    /// The first time.
    pub joined: Timestamp,
    /// The last time; `null` while inside.
    pub left: Option<Timestamp>,
    /// In all, in seconds.
    pub seconds: i64,
    /// How often.
    pub times: u32,
    /// Whether the server ended meanwhile, so that the end is not known to the second.
    pub interrupted: bool,
}

/// Puts stays together, by sitting and person. Both come as the store gives them: the newest sitting first, whoever came
/// first before others.
#[must_use]
pub fn sittings(rows: &[SittingRow], stays: &[AttendanceRow], now: Timestamp) -> Vec<Sitting> {
    let people = |sitting: i64| {
        let mut people: Vec<(&str, Attendee)> = Vec::new();
        for stay in stays.iter().filter(|stay| stay.sitting == sitting) {
            let who = who(stay);
            match people.iter_mut().find(|(known, _)| *known == who) {
                Some((_, attendee)) => attendee.comes_again(stay, now),
                None => people.push((who, Attendee::of(stay, now))),
            }
        }
        people.into_iter().map(|(_, attendee)| attendee).collect()
    };
    rows.iter()
        .map(|row| Sitting {
            title: row.title.clone(),
            began: row.began,
            ended: row.ended,
            people: people(row.id),
        })
        .collect()
}

/// By what somebody is known again: telephones have another identity each time.
fn who(stay: &AttendanceRow) -> &str {
    let known = if stay.by_phone { stay.extension.as_deref().or(stay.number.as_deref()) } else { None };
    known.unwrap_or(&stay.identity)
}

impl Attendee {
    fn of(stay: &AttendanceRow, now: Timestamp) -> Self {
        Self {
            name: stay.name.clone(),
            kind: if stay.by_phone { Kind::Phone } else { Kind::Browser },
            post: stay.post.clone(),
            extension: stay.extension.clone(),
            number: stay.number.clone().filter(|_| stay.extension.is_none()),
            party: stay.party.clone(),
            joined: stay.joined,
            left: stay.left,
            seconds: seconds(stay, now),
            times: 1,
            interrupted: stay.interrupted,
        }
    }

    fn comes_again(&mut self, stay: &AttendanceRow, now: Timestamp) {
        self.seconds += seconds(stay, now);
        self.times += 1;
        self.interrupted |= stay.interrupted;
        self.left = self.left.and_then(|before| stay.left.map(|left| left.max(before)));
    }
}

fn seconds(stay: &AttendanceRow, now: Timestamp) -> i64 {
    (stay.left.unwrap_or(now).as_second() - stay.joined.as_second()).max(0)
}

/// The same as a table for spreadsheets, with times as they were at the host's.
#[must_use]
pub fn csv(sittings: &[Sitting], zone: &TimeZone) -> String {
    let time = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S%:z").to_string();
    let mut text = table::line(&HEADS);
    for sitting in sittings {
        for one in &sitting.people {
            text += &table::line(&[
                sitting.title.clone(),
                time(sitting.began),
                one.name.clone(),
                one.party.clone().unwrap_or_default(),
                one.post.clone().unwrap_or_default(),
                one.kind.as_str().to_owned(),
                one.extension.clone().or_else(|| one.number.clone()).unwrap_or_default(),
                time(one.joined),
                one.left.map(time).unwrap_or_default(),
                one.seconds.to_string(),
                one.times.to_string(),
            ]);
        }
    }
    text
}

const HEADS: [&str; 11] =
    ["meeting", "began", "name", "party", "post", "by", "number", "came", "left", "seconds", "times"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_s_line_broke_is_one_person_and_the_gap_does_not_count() {
        let stays = [stay("user-a", 0, Some(60)), stay("user-b", 5, None), stay("user-a", 90, Some(100))];

        let listed = &sittings(&[sitting()], &stays, at(105))[0];

        let seen: Vec<_> = listed.people.iter().map(|one| (one.left, one.seconds, one.times)).collect();
        assert_eq!(seen, [(Some(at(100)), 70, 2), (None, 100, 1)]);
    }

    #[test]
    fn a_telephone_is_known_by_its_number_and_somebody_still_inside_has_not_left() {
        let phone = |identity: &str, from, to| AttendanceRow {
            by_phone: true,
            number: Some("+33123456789".to_owned()),
            ..stay(identity, from, to)
        };
        let stays = [phone("phone-1", 0, Some(10)), phone("phone-2", 20, None)];

        let people = &sittings(&[sitting()], &stays, at(30))[0].people;

        assert_eq!(people.len(), 1);
        assert_eq!((people[0].left, people[0].seconds, people[0].kind), (None, 20, Kind::Phone));
        assert_eq!(people[0].number.as_deref(), Some("+33123456789"));
    }

    #[test]
    fn the_table_tells_the_time_at_the_host_s() {
        let listed = sittings(&[sitting()], &[stay("user-a", 0, Some(60))], at(60));
        let zone = TimeZone::get("Africa/Porto-Novo").unwrap();

        let text = csv(&listed, &zone);

        assert!(text.starts_with("meeting,began,name,"), "{text}");
        assert!(text.contains(",1970-01-01 01:00:00+01:00,1970-01-01 01:01:00+01:00,60,1\r\n"), "{text}");
    }

    fn sitting() -> SittingRow {
        SittingRow { id: 1, began: at(0), ended: None, title: "Point".to_owned() }
    }

    fn stay(identity: &str, from: i64, to: Option<i64>) -> AttendanceRow {
        AttendanceRow {
            sitting: 1,
            by_phone: false,
            identity: identity.to_owned(),
            user: None,
            name: "Awa".to_owned(),
            extension: None,
            number: None,
            post: None,
            party: None,
            joined: at(from),
            left: to.map(at),
            interrupted: false,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }
}

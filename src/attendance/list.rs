//! The list of who was there, as the host of a meeting reads it: a line for each person, however often the line broke.

use jiff::Timestamp;
use serde::Serialize;

use super::Kind;
use super::proceedings::{PointTime, SpokenTime, points, spoken};
use crate::store::{AttendanceRow, PointRow, SittingRow, SpeechRow};

/// One time that a meeting was open, and who was there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Sitting {
    pub title: String,
    pub began: Timestamp,
    /// `null` while it lasts.
    pub ended: Option<Timestamp>,
    /// The parties in the order of precedence, the head of each first; those without a party after them.
    pub people: Vec<Attendee>,
    /// What was under discussion, one after another.
    pub agenda: Vec<PointTime>,
    /// Who spoke how long while there was a floor, the longest first.
    pub spoken: Vec<SpokenTime>,
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
    pub title: Option<String>,
    /// What the seat did, as `SeatRole` says it.
    pub role: Option<String>,
    pub is_head: bool,
    /// By what the list is in order.
    #[serde(skip)]
    place: Option<(u32, u32)>,
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

/// What was said in a meeting: rows as the store gives them, the first before others.
#[derive(Debug, Clone, Copy, Default)]
pub struct Said<'a> {
    /// Points of the agenda.
    pub points: &'a [PointRow],
    /// Speeches.
    pub speeches: &'a [SpeechRow],
}

/// Puts stays together, by sitting and person. They come as the store gives them: the newest sitting first, whoever came
/// first before others.
#[must_use]
pub fn sittings(
    rows: &[SittingRow],
    stays: &[AttendanceRow],
    said: Said<'_>,
    now: Timestamp,
) -> Vec<Sitting> {
    let people = |sitting: i64| {
        let mut people: Vec<(&str, Attendee)> = Vec::new();
        for stay in stays.iter().filter(|stay| stay.sitting == sitting) {
            let who = who(stay);
            match people.iter_mut().find(|(known, _)| *known == who) {
                Some((_, attendee)) => attendee.comes_again(stay, now),
                None => people.push((who, Attendee::of(stay, now))),
            }
        }
        let mut people: Vec<Attendee> = people.into_iter().map(|(_, attendee)| attendee).collect();
        people.sort_by_key(|one| {
            one.place.map_or((true, 0, true, 0), |(party, seat)| (false, party, !one.is_head, seat))
        });
        people
    };
    let of = |row: &SittingRow, at: Timestamp| sitting_at(rows, at) == Some(row.id);
    rows.iter()
        .map(|row| Sitting {
            title: row.title.clone(),
            began: row.began,
            ended: row.ended,
            people: people(row.id),
            agenda: points(said.points.iter().filter(|point| of(row, point.began)), row.ended, now),
            spoken: spoken(said.speeches.iter().filter(|speech| of(row, speech.began)), row.ended, now),
        })
        .collect()
}

/// In which sitting something began: whoever is first may open a point before anybody is seen to be there.
fn sitting_at(rows: &[SittingRow], at: Timestamp) -> Option<i64> {
    let begun = rows.iter().find(|row| row.began <= at);
    begun.or(rows.last()).map(|row| row.id)
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
            title: stay.title.clone().filter(|title| !title.is_empty()),
            role: stay.role.clone(),
            is_head: stay.is_head,
            place: stay.place,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_s_line_broke_is_one_person_and_the_gap_does_not_count() {
        let stays = [stay("user-a", 0, Some(60)), stay("user-b", 5, None), stay("user-a", 90, Some(100))];

        let listed = &sittings(&[sitting()], &stays, Said::default(), at(105))[0];

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

        let people = &sittings(&[sitting()], &stays, Said::default(), at(30))[0].people;

        assert_eq!(people.len(), 1);
        assert_eq!((people[0].left, people[0].seconds, people[0].kind), (None, 20, Kind::Phone));
        assert_eq!(people[0].number.as_deref(), Some("+33123456789"));
    }

    #[test]
    fn parties_stand_in_their_order_with_the_head_first_and_guests_after_them() {
        let seated = |name: &str, place, is_head| AttendanceRow {
            name: name.to_owned(),
            party: Some("x".to_owned()),
            place: Some(place),
            is_head,
            ..stay(name, 0, None)
        };
        let stays = [
            AttendanceRow { name: "guest".to_owned(), ..stay("guest", 0, None) },
            seated("second of the second", (2, 2), false),
            seated("first of the first", (1, 1), false),
            seated("head of the first", (1, 3), true),
            seated("first of the second", (2, 1), false),
        ];

        let people = &sittings(&[sitting()], &stays, Said::default(), at(1))[0].people;

        let names: Vec<_> = people.iter().map(|one| one.name.as_str()).collect();
        let expected = [
            "head of the first",
            "first of the first",
            "first of the second",
            "second of the second",
            "guest",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn what_was_said_belongs_to_the_sitting_in_which_it_began() {
        let rows = [
            SittingRow { id: 2, began: at(100), ended: None, title: "Point".to_owned() },
            SittingRow { id: 1, began: at(10), ended: Some(at(50)), title: "Point".to_owned() },
        ];
        let point = |began: i64, ended| PointRow {
            point: 1,
            title: "Visas".to_owned(),
            planned: 5,
            began: at(began),
            ended,
        };
        let points = [point(9, Some(at(20))), point(20, Some(at(40))), point(120, None)];

        let listed = sittings(&rows, &[], Said { points: &points, speeches: &[] }, at(150));

        let seconds: Vec<Vec<_>> =
            listed.iter().map(|one| one.agenda.iter().map(|point| point.seconds).collect()).collect();
        assert_eq!(seconds, [vec![30], vec![11, 20]]);
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
            place: None,
            title: None,
            role: None,
            is_head: false,
            joined: at(from),
            left: to.map(at),
            interrupted: false,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }
}

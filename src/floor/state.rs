//! Whose turn it is. Pure: time comes in.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The floor of a meeting that is chaired. It is written down as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Floor {
    /// By identity: they are heard whoever has the floor.
    standing: Heard,
    limit: Option<SignedDuration>,
    speech: Option<Speech>,
    #[serde(with = "pairs")]
    spoken: BTreeMap<Seat, SignedDuration>,
}

/// For whom speaking time is counted: a party, or somebody who sits for none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Seat {
    /// The party's name.
    Party(String),
    /// A name.
    Person(String),
}

/// Who speaks, and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Speech {
    identity: String,
    seat: Seat,
    since: Timestamp,
    /// From when on no time is counted: the program ended in the middle of it, and the speaker is not back yet.
    away: Option<Timestamp>,
}

/// Who alone may be heard, by identity.
pub type Heard = BTreeSet<String>;

/// The floor as everybody in the room sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FloorView {
    /// The identity of who has it.
    holder: Option<String>,
    /// Since when.
    since: Option<Timestamp>,
    /// How long one speech should be; nobody is cut off.
    limit_seconds: Option<i64>,
    /// Who is heard whoever has it, by identity.
    standing: Heard,
    /// How long was spoken, without the speech under way; the longest first.
    spoken: Vec<SpokenView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct SpokenView {
    #[serde(skip_serializing_if = "Option::is_none")]
    party: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    seconds: i64,
}

impl Floor {
    /// Nobody speaks but those who are always heard.
    #[must_use]
    pub fn new(standing: Heard, limit: Option<SignedDuration>) -> Self {
        Self { standing, limit, speech: None, spoken: BTreeMap::new() }
    }

    /// Says whether somebody is heard whoever has the floor; whether that is new.
    pub fn set_standing(&mut self, identity: &str, heard: bool) -> bool {
        match heard {
            true if self.standing.len() < MOST_STANDING => self.standing.insert(identity.to_owned()),
            true => false,
            false => self.standing.remove(identity),
        }
    }

    /// How long one speech should be from now on.
    pub fn set_limit(&mut self, limit: Option<SignedDuration>) {
        self.limit = limit;
    }

    /// Gives the floor to somebody, and takes it from who had it. Who has it already keeps it, and speaks on.
    pub fn give(&mut self, now: Timestamp, identity: &str, seat: Seat) {
        if self.holder() == Some(identity) {
            return;
        }
        self.close(now);
        self.speech = Some(Speech { identity: identity.to_owned(), seat, since: now, away: None });
    }

    /// The program has ended in the middle of it. Whoever spoke is awaited.
    pub fn pause(&mut self, at: Timestamp) {
        if let Some(speech) = &mut self.speech {
            speech.away.get_or_insert(at.max(speech.since));
        }
    }

    /// It goes on, and whoever spoke is not back yet: what was spoken before counts, and nothing else.
    pub fn resume(&mut self, now: Timestamp) {
        if let Some(Speech { since, away: Some(away), .. }) = &mut self.speech {
            *since = shifted(*since, *away, now);
            *away = now;
        }
    }

    /// Somebody is back; whether it is whose speech goes on now.
    pub fn come_back(&mut self, now: Timestamp, identity: &str) -> bool {
        if !self.awaits(identity) {
            return false;
        }
        self.resume(now);
        if let Some(speech) = &mut self.speech {
            speech.away = None;
        }
        true
    }

    /// Whether somebody has the floor who is not back yet.
    #[must_use]
    pub fn awaits(&self, identity: &str) -> bool {
        self.speech.as_ref().is_some_and(|speech| speech.away.is_some() && speech.identity == identity)
    }

    /// Ends a speech; whether there was one.
    pub fn close(&mut self, now: Timestamp) -> bool {
        let Some(Speech { seat, since, away, .. }) = self.speech.take() else { return false };
        // A clock that was set back has nobody speak less than nothing.
        let spoken = away.unwrap_or(now).duration_since(since).max(SignedDuration::ZERO);
        if self.spoken.len() < MOST_SEATS || self.spoken.contains_key(&seat) {
            *self.spoken.entry(seat).or_default() += spoken;
        }
        true
    }

    /// Who has the floor, by identity.
    #[must_use]
    pub fn holder(&self) -> Option<&str> {
        self.speech.as_ref().map(|speech| speech.identity.as_str())
    }

    /// Who may be heard.
    #[must_use]
    pub fn heard(&self) -> Heard {
        self.standing.iter().cloned().chain(self.holder().map(str::to_owned)).collect()
    }

    /// As everybody sees it.
    #[must_use]
    pub fn view(&self) -> FloorView {
        let mut spoken: Vec<_> = self.spoken.iter().collect();
        spoken.sort_by(|a, b| b.1.cmp(a.1));
        FloorView {
            holder: self.holder().map(str::to_owned),
            since: self.speech.as_ref().map(|speech| speech.since),
            limit_seconds: self.limit.map(|limit| limit.as_secs()),
            standing: self.standing.clone(),
            spoken: spoken.into_iter().map(|(seat, time)| SpokenView::new(seat, *time)).collect(),
        }
    }
}

/// The beginning of something that stood still for a while, as if it had begun later.
pub(super) fn shifted(since: Timestamp, from: Timestamp, until: Timestamp) -> Timestamp {
    let still = until.duration_since(from).max(SignedDuration::ZERO);
    since.checked_add(still).unwrap_or(until)
}

/// A map whose keys are no text.
mod pairs {
    use std::collections::BTreeMap;

    use jiff::SignedDuration;
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Seat;

    pub(super) fn serialize<S: Serializer>(
        map: &BTreeMap<Seat, SignedDuration>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(map)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<BTreeMap<Seat, SignedDuration>, D::Error> {
        Vec::<(Seat, SignedDuration)>::deserialize(from).map(|pairs| pairs.into_iter().collect())
    }
}

impl SpokenView {
    fn new(seat: &Seat, time: SignedDuration) -> Self {
        let (party, name) = match seat.clone() {
            Seat::Party(party) => (Some(party), None),
            Seat::Person(name) => (None, Some(name)),
        };
        Self { party, name, seconds: time.as_secs() }
    }
}

/// Parties and single people whose time is counted. Everybody at the table has to learn of them all.
const MOST_SEATS: usize = 64;
/// Chairs and interpreters, of whom everybody has to learn as well.
const MOST_STANDING: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_chair_and_who_has_the_floor_are_heard() {
        let mut floor = chaired();
        assert_eq!(floor.heard(), heard(["chair"]));

        floor.give(at(0), "ada", party("Inde"));
        assert_eq!(floor.heard(), heard(["chair", "ada"]));
        floor.give(at(5), "bob", party("Bénin"));
        assert_eq!(floor.heard(), heard(["chair", "bob"]));

        assert!(floor.close(at(6)));
        assert_eq!(floor.heard(), heard(["chair"]));
        assert!(!floor.close(at(7)), "nobody spoke");
    }

    #[test]
    fn a_party_has_spoken_as_long_as_all_its_delegates() {
        let mut floor = chaired();
        floor.give(at(0), "ada", party("Inde"));
        floor.give(at(60), "bob", party("Bénin"));
        floor.give(at(70), "eve", party("Inde"));
        floor.close(at(75));

        let view = serde_json::to_value(floor.view()).unwrap();
        assert_eq!(
            view["spoken"],
            serde_json::json!([{"party": "Inde", "seconds": 65}, {"party": "Bénin", "seconds": 10}])
        );
    }

    #[test]
    fn who_is_given_the_floor_twice_speaks_on() {
        let mut floor = chaired();
        floor.give(at(0), "ada", party("Inde"));
        let view = floor.view();

        floor.give(at(30), "ada", party("Inde"));

        assert_eq!(floor.view(), view);
    }

    #[test]
    fn whoever_speaks_while_the_program_ends_speaks_on_when_back() {
        let mut floor = chaired();
        floor.give(at(0), "ada", party("Inde"));
        floor.pause(at(60));
        floor.pause(at(70));

        floor.resume(at(100));
        assert_eq!(floor.heard(), heard(["chair", "ada"]), "nobody else is heard meanwhile");
        assert!(!floor.come_back(at(104), "bob") && floor.awaits("ada"));
        assert!(floor.come_back(at(105), "ada"));
        assert!(!floor.come_back(at(106), "ada"), "once");
        assert_eq!(floor.view().since, Some(at(45)), "sixty seconds of it are over");

        floor.close(at(115));
        assert_eq!(floor.view().spoken[0].seconds, 70);
    }

    #[test]
    fn whoever_does_not_come_back_has_spoken_until_the_program_ended() {
        let mut floor = chaired();
        floor.give(at(0), "ada", party("Inde"));
        floor.pause(at(60));
        floor.resume(at(100));

        floor.give(at(160), "bob", party("Bénin"));

        assert_eq!((floor.view().spoken[0].seconds, floor.holder()), (60, Some("bob")));
        assert!(!floor.awaits("ada") && !floor.awaits("bob"));
    }

    #[test]
    fn a_floor_is_read_as_it_was_written() {
        let mut floor = chaired();
        floor.set_limit(Some(SignedDuration::from_mins(3)));
        floor.give(at(0), "ada", party("Inde"));
        floor.give(at(60), "bob", Seat::Person("Bob".to_owned()));

        let written = serde_json::to_string(&floor).unwrap();

        assert_eq!(serde_json::from_str::<Floor>(&written).unwrap(), floor);
    }

    #[test]
    fn a_clock_that_is_set_back_takes_no_time_from_anybody() {
        let mut floor = chaired();
        floor.give(at(100), "ada", Seat::Person("Ada".to_owned()));
        floor.close(at(40));

        let view = serde_json::to_value(floor.view()).unwrap();
        assert_eq!(view["spoken"], serde_json::json!([{"name": "Ada", "seconds": 0}]));
    }

    #[test]
    fn what_everybody_has_to_learn_has_a_bound() {
        let mut floor = chaired();
        for guest in 0..1_000 {
            floor.give(at(guest), "guest", Seat::Person(format!("{guest}")));
            floor.close(at(guest + 1));
        }

        assert_eq!(floor.spoken.len(), MOST_SEATS);
    }

    #[test]
    fn who_is_always_heard_is_so_whoever_has_the_floor() {
        let mut floor = chaired();
        assert!(floor.set_standing("interpreter", true));
        assert!(!floor.set_standing("interpreter", true), "it is so already");
        floor.give(at(0), "ada", party("Inde"));
        assert_eq!(floor.heard(), heard(["chair", "interpreter", "ada"]));
        assert!(floor.set_standing("interpreter", false));
        assert_eq!(floor.heard(), heard(["chair", "ada"]));

        for guest in 0..1_000 {
            floor.set_standing(&format!("guest-{guest}"), true);
        }
        assert_eq!(floor.standing.len(), MOST_STANDING);
    }

    fn chaired() -> Floor {
        Floor::new(heard(["chair"]), None)
    }

    fn party(name: &str) -> Seat {
        Seat::Party(name.to_owned())
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn heard<const N: usize>(identities: [&str; N]) -> Heard {
        identities.into_iter().map(str::to_owned).collect()
    }
}

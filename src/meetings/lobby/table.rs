//! Who is expected at a meeting and who of them is there: what those who wait see of one another.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use super::super::schedule::Schedule;
use super::super::{Admission, MarkingRules};
use crate::mail::words::city;

/// Who is expected, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Beginning and end of the session.
    span: Option<(Timestamp, Timestamp)>,
    /// A place and the IANA name of its time, one for each time zone.
    clocks: Vec<Place>,
    parties: Vec<Delegation>,
    /// Whether those of one party are told the names of another.
    is_open: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Place {
    place: String,
    time_zone: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Delegation {
    id: i64,
    name: String,
    country: Option<String>,
    seats: Vec<Chair>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Chair {
    id: i64,
    name: String,
    title: String,
    is_head: bool,
}

/// Who is expected and who is there, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    expected: Expected,
    /// By seat: as whom its holder waits.
    waiting: BTreeMap<i64, String>,
    inside: BTreeSet<i64>,
    in_session: bool,
}

/// Where somebody is who has a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Whereabouts {
    /// Not here yet.
    Expected,
    /// At the door.
    Waiting,
    /// In the meeting.
    Inside,
}

/// A table as one party sees it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct TableView<'a> {
    begins: Option<Timestamp>,
    ends: Option<Timestamp>,
    /// The own party's place first.
    clocks: Vec<&'a Place>,
    /// Whether anybody is in the meeting.
    in_session: bool,
    /// In the order of precedence.
    parties: Vec<PartyView<'a>>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct PartyView<'a> {
    name: &'a str,
    country: Option<&'a str>,
    /// Whether it is the one that looks.
    own: bool,
    /// How many are expected, those who are there included.
    expected: usize,
    /// How many are there, waiting or in the meeting.
    there: usize,
    /// By name; `None` where only their number is told.
    people: Option<Vec<PersonView<'a>>>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct PersonView<'a> {
    /// By which those of the own party are known where they gather.
    identity: Option<String>,
    name: &'a str,
    title: &'a str,
    is_head: bool,
    state: Whereabouts,
}

impl Expected {
    /// Those whom a schedule names, at its next session. Where the marking keeps the meeting's title out of mails, one
    /// party is told of another only how many there are.
    #[must_use]
    pub fn of(schedule: &Schedule, rules: &MarkingRules, now: Timestamp) -> Self {
        let mut clocks: Vec<Place> = Vec::new();
        let home = &schedule.timing.time_zone;
        let zones = schedule.parties.iter().filter_map(|party| Some((party.name.clone(), party.zone()?)));
        for (place, zone) in zones.chain([(city(home), home.as_str())]).take(MOST_CLOCKS) {
            if !clocks.iter().any(|known| known.time_zone == zone) {
                clocks.push(Place { place, time_zone: zone.to_owned() });
            }
        }
        let parties = schedule.parties.iter().map(|party| Delegation {
            id: party.id,
            name: party.name.clone(),
            country: party.country.clone(),
            seats: party
                .seats
                .iter()
                .map(|seat| Chair {
                    id: seat.id,
                    name: seat.name.clone(),
                    title: seat.title.clone(),
                    is_head: seat.is_head,
                })
                .collect(),
        });
        Self {
            span: schedule.next(now).map(|next| schedule.span(&next)),
            clocks,
            parties: parties.collect(),
            is_open: rules.title,
        }
    }

    /// The number of the party to which a seat belongs.
    #[must_use]
    pub fn party_of(&self, seat: i64) -> Option<i64> {
        let party = self.parties.iter().find(|party| party.seats.iter().any(|chair| chair.id == seat));
        party.map(|party| party.id)
    }
}

impl Table {
    pub(super) fn new(
        expected: Expected,
        waiting: BTreeMap<i64, String>,
        inside: BTreeSet<i64>,
        in_session: bool,
    ) -> Self {
        Self { expected, waiting, inside, in_session }
    }

    /// The number of the party to which a seat belongs.
    #[must_use]
    pub fn party_of(&self, seat: i64) -> Option<i64> {
        self.expected.party_of(seat)
    }

    /// What those of a party may see.
    #[must_use]
    pub fn seen_by(&self, party: i64) -> TableView<'_> {
        let Expected { span, clocks, parties, is_open } = &self.expected;
        let own = parties.iter().find(|one| one.id == party).map(|one| one.name.as_str());
        let mut clocks: Vec<&Place> = clocks.iter().collect();
        clocks.sort_by_key(|clock| Some(clock.place.as_str()) != own);
        TableView {
            begins: span.map(|(begins, _)| begins),
            ends: span.map(|(_, ends)| ends),
            clocks,
            in_session: self.in_session,
            parties: parties.iter().map(|one| self.party(one, one.id == party, *is_open)).collect(),
        }
    }

    fn party<'a>(&self, party: &'a Delegation, own: bool, is_open: bool) -> PartyView<'a> {
        let people: Vec<PersonView<'_>> = party.seats.iter().map(|chair| self.person(chair, own)).collect();
        PartyView {
            name: &party.name,
            country: party.country.as_deref(),
            own,
            expected: people.len(),
            there: people.iter().filter(|one| one.state != Whereabouts::Expected).count(),
            people: (own || is_open).then_some(people),
        }
    }

    fn person<'a>(&self, chair: &'a Chair, own: bool) -> PersonView<'a> {
        let state = if self.inside.contains(&chair.id) {
            Whereabouts::Inside
        } else if self.waiting.contains_key(&chair.id) {
            Whereabouts::Waiting
        } else {
            Whereabouts::Expected
        };
        let identity = || match self.waiting.get(&chair.id) {
            Some(identity) => identity.clone(),
            None => Admission::seat_identity(chair.id),
        };
        PersonView {
            identity: own.then(identity),
            name: &chair.name,
            title: &chair.title,
            is_head: chair.is_head,
            state,
        }
    }
}

/// As many as a letter shows.
const MOST_CLOCKS: usize = 6;

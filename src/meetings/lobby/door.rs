//! The door of one meeting.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::{broadcast, watch};

use super::gathering::Gathering;
use super::guest::{Guest, Knock, Waiting};
use super::table::{Expected, Table};

/// Who stands at it, and what those are told who watch.
#[derive(Debug)]
pub(super) struct Door {
    /// In the order of knocking.
    pub(super) guests: Vec<Guest>,
    /// What its hosts see.
    pub(super) waiting: watch::Sender<Vec<Waiting>>,
    /// Who inside wants to speak to its hosts, by telephone.
    pub(super) asking: broadcast::Sender<String>,
    /// What those who wait on a seat see.
    pub(super) table: watch::Sender<Option<Arc<Table>>>,
    /// Of a planned meeting, once somebody waits who has a seat there.
    expected: Option<Expected>,
    /// Seats that are taken inside.
    inside: BTreeSet<i64>,
    in_session: bool,
    /// By party: the room in which it gathers. A party of which nobody waits has none.
    gatherings: BTreeMap<i64, String>,
}

impl Door {
    pub(super) fn guest(&mut self, ticket: &str) -> Option<&mut Guest> {
        self.guests.iter_mut().find(|guest| guest.ticket == ticket)
    }

    /// Decides about those who still wait and are meant; says how many.
    pub(super) fn decide(&mut self, decision: Knock, meant: impl Fn(&Guest) -> bool) -> usize {
        let mut decided = 0;
        for guest in self.guests.iter().filter(|guest| guest.waits() && meant(guest)) {
            guest.knock.send_replace(decision);
            decided += 1;
        }
        self.tell();
        decided
    }

    pub(super) fn waiting_guests(&self) -> impl Iterator<Item = (&Guest, Waiting)> {
        self.guests.iter().filter(|guest| guest.waits()).map(|guest| {
            let badge = guest.badge.as_ref();
            let waiting = Waiting {
                ticket: guest.ticket.clone(),
                name: guest.name.clone(),
                phone: guest.phone.clone(),
                party: badge.map(|badge| badge.party.clone()),
                party_id: self.party_of(guest),
                country: badge.and_then(|badge| badge.country.clone()),
                title: badge.map(|badge| badge.title.clone()),
                since: guest.since,
            };
            (guest, waiting)
        })
    }

    pub(super) fn expect(&mut self, expected: Expected) {
        self.expected = Some(expected);
        self.tell();
    }

    pub(super) fn is_expecting(&self) -> bool {
        self.expected.is_some()
    }

    pub(super) fn set_inside(&mut self, seats: BTreeSet<i64>, in_session: bool) {
        (self.inside, self.in_session) = (seats, in_session);
        self.tell();
    }

    /// The number of the party for which a guest has come.
    pub(super) fn party_of(&self, guest: &Guest) -> Option<i64> {
        self.expected.as_ref()?.party_of(guest.seat()?)
    }

    /// The room in which the party of a guest gathers, who must be waiting.
    pub(super) fn gathering_of(&mut self, ticket: &str) -> Option<(String, &Guest)> {
        let guest = self.guests.iter().find(|guest| guest.ticket == ticket && guest.waits())?;
        let party = self.party_of(guest)?;
        let room = self.gatherings.entry(party).or_insert_with(Gathering::fresh_room).clone();
        Some((room, guest))
    }

    /// Whether somebody may be in a room: a guest of the party that gathers there, who is still waiting.
    pub(super) fn gathers(&self, room: &str, identity: &str) -> bool {
        let Some((party, _)) = self.gatherings.iter().find(|(_, name)| *name == room) else { return false };
        self.guests
            .iter()
            .any(|guest| guest.identity == identity && guest.waits() && self.party_of(guest) == Some(*party))
    }

    /// The rooms of parties that gather at the moment.
    pub(super) fn gatherings(&self) -> impl Iterator<Item = &String> {
        self.gatherings.values()
    }

    /// Tells hosts and those who wait what they do not know yet.
    pub(super) fn tell(&mut self) {
        let waiting: Vec<Waiting> = self.waiting_guests().map(|(_, waiting)| waiting).collect();
        let parties: BTreeSet<i64> = waiting.iter().filter_map(|one| one.party_id).collect();
        self.gatherings.retain(|party, _| parties.contains(party));
        if let Some(expected) = &self.expected {
            let waiting = self.guests.iter().filter(|guest| guest.waits());
            let seats = waiting.filter_map(|guest| Some((guest.seat()?, guest.identity.clone())));
            let table = Table::new(expected.clone(), seats.collect(), self.inside.clone(), self.in_session);
            self.table.send_if_modified(|shown| {
                let changed = shown.as_deref() != Some(&table);
                *shown = Some(Arc::new(table));
                changed
            });
        }
        self.waiting.send_if_modified(|shown| {
            let changed = *shown != waiting;
            *shown = waiting;
            changed
        });
    }
}

impl Default for Door {
    fn default() -> Self {
        Self {
            guests: Vec::new(),
            waiting: watch::Sender::new(Vec::new()),
            asking: broadcast::Sender::new(MOST_ASKING),
            table: watch::Sender::new(None),
            expected: None,
            inside: BTreeSet::new(),
            in_session: false,
            gatherings: BTreeMap::new(),
        }
    }
}

/// Whoever asks more often than a host can read has been read.
const MOST_ASKING: usize = 16;

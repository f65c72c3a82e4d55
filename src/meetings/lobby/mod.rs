//! The waiting rooms: guests and delegates knock, hosts see who waits and decide, and whoever goes away leaves the list.
//! Those of one party who wait gather meanwhile in a room of their own (`gathering.rs`).

mod attendance;
mod door;
mod gathering;
mod guest;
mod table;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use jiff::Timestamp;
use tokio::sync::{Notify, broadcast, watch};

use door::Door;
use guest::Guest;

pub use attendance::{Attendance, News};
pub use gathering::{Gathering, keep_gatherings};
pub(crate) use gathering::{expected, knock};
pub use guest::{Caller, Knock, KnockError, Ticket, Waiting};
pub use table::{Expected, Table, TableView};

use super::{Admission, MeetingCode};
use crate::accounts::Secret;

/// All waiting rooms. They live in memory only: after a restart, guests knock again by themselves.
#[derive(Debug, Clone)]
pub struct Lobby {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    limits: LobbyLimits,
    doors: Mutex<HashMap<MeetingCode, Door>>,
    deadlines_changed: Notify,
    /// Somebody may be in a gathering who does not belong there any more.
    gatherings_changed: Notify,
}

/// How many may wait.
#[derive(Debug, Clone, Copy)]
pub struct LobbyLimits {
    /// At one meeting.
    pub per_meeting: usize,
    /// At all meetings together.
    pub total: usize,
}

impl Lobby {
    /// Empty waiting rooms.
    #[must_use]
    pub fn new(limits: LobbyLimits) -> Self {
        Self {
            shared: Arc::new(Shared {
                limits,
                doors: Mutex::new(HashMap::new()),
                deadlines_changed: Notify::new(),
                gatherings_changed: Notify::new(),
            }),
        }
    }

    /// A guest knocks. It must attend within 20 seconds.
    ///
    /// # Errors
    /// When too many wait already.
    pub fn knock(
        &self,
        now: Instant,
        at: Timestamp,
        code: &MeetingCode,
        caller: Caller,
    ) -> Result<Ticket, KnockError> {
        let LobbyLimits { per_meeting, total } = self.shared.limits;
        let mut doors = self.doors();
        if doors.values().map(|door| door.guests.len()).sum::<usize>() >= total {
            return Err(KnockError { limit: total });
        }
        let door = doors.entry(code.clone()).or_default();
        if door.guests.len() >= per_meeting {
            return Err(KnockError { limit: per_meeting });
        }

        let identity = caller.identity();
        let Caller { name, phone, badge, .. } = caller;
        let ticket = Secret::random().expose().to_owned();
        door.guests.push(Guest {
            ticket: ticket.clone(),
            identity,
            name,
            phone,
            badge,
            since: at,
            knock: watch::Sender::new(Knock::Waiting),
            absent_since: Some(now),
            attending: 0,
        });
        door.tell();
        drop(doors);
        self.shared.deadlines_changed.notify_one();
        Ok(Ticket { ticket })
    }

    /// The guest of a ticket comes to the door and listens.
    #[must_use]
    pub fn attend(&self, code: &MeetingCode, ticket: &str) -> Option<Attendance> {
        let mut doors = self.doors();
        let door = doors.get_mut(code)?;
        let mut table = door.table.subscribe();
        table.mark_changed();
        let guest = door.guest(ticket)?;
        if guest.attending >= MOST_ATTENDING {
            return None;
        }
        guest.attending += 1;
        guest.absent_since = None;
        Some(Attendance {
            lobby: self.clone(),
            code: code.clone(),
            ticket: guest.ticket.clone(),
            knock: guest.knock.subscribe(),
            table,
            identity: guest.identity.clone(),
            name: guest.name.clone(),
            badge: guest.badge.clone(),
        })
    }

    /// Who waits at a meeting, now and whenever it changes.
    #[must_use]
    pub fn watch(&self, code: &MeetingCode) -> watch::Receiver<Vec<Waiting>> {
        let mut doors = self.doors();
        doors.entry(code.clone()).or_default().waiting.subscribe()
    }

    /// Somebody inside wants to speak to the hosts; nobody hears it when none is there.
    pub fn ask_host(&self, code: &MeetingCode, name: &str) {
        if let Some(door) = self.doors().get(code) {
            let _ = door.asking.send(name.to_owned());
        }
    }

    /// Who inside a meeting wants to speak to its hosts from now on.
    #[must_use]
    pub fn asking(&self, code: &MeetingCode) -> broadcast::Receiver<String> {
        self.doors().entry(code.clone()).or_default().asking.subscribe()
    }

    /// A host decides about guests, all at once; says how many of them were still waiting.
    #[must_use]
    pub fn decide(&self, code: &MeetingCode, tickets: &[String], decision: Knock) -> usize {
        let mut doors = self.doors();
        let Some(door) = doors.get_mut(code) else { return 0 };
        let decided = door.decide(decision, |guest| tickets.contains(&guest.ticket));
        drop(doors);
        self.shared.gatherings_changed.notify_one();
        decided
    }

    /// Who waits at a meeting at the moment, with the identity that each will have inside.
    #[must_use]
    pub fn waiting_guests(&self, code: &MeetingCode) -> Vec<(String, Waiting)> {
        let doors = self.doors();
        let Some(door) = doors.get(code) else { return Vec::new() };
        door.waiting_guests().map(|(guest, waiting)| (guest.identity.clone(), waiting)).collect()
    }

    /// Whoever came by the link of a seat waits no longer: it was taken back. An account is as good as before.
    pub fn refuse_seat(&self, code: &MeetingCode, seat: i64) {
        if let Some(door) = self.doors().get_mut(code) {
            let _ = door.decide(Knock::Refused, |guest| Admission::seat_of(&guest.identity) == Some(seat));
        }
        self.shared.gatherings_changed.notify_one();
    }

    /// The meeting is over for all who wait.
    pub fn end(&self, code: &MeetingCode) {
        if let Some(door) = self.doors().get_mut(code) {
            let _ = door.decide(Knock::Ended, |_| true);
        }
        self.shared.gatherings_changed.notify_one();
    }

    /// Who is expected at a meeting, if somebody waits there; those who wait are told.
    pub fn expect(&self, code: &MeetingCode, expected: Expected) {
        if let Some(door) = self.doors().get_mut(code) {
            door.expect(expected);
        }
        self.shared.gatherings_changed.notify_one();
    }

    /// Which seats of a meeting are taken inside, and whether anybody is there at all.
    pub fn inside(&self, code: &MeetingCode, seats: BTreeSet<i64>, in_session: bool) {
        if let Some(door) = self.doors().get_mut(code) {
            door.set_inside(seats, in_session);
        }
    }

    /// Whether those who wait at a meeting are told who is inside.
    #[must_use]
    pub fn is_expecting(&self, code: &MeetingCode) -> bool {
        self.doors().get(code).is_some_and(Door::is_expecting)
    }

    /// The meetings of which those who wait are told who is inside.
    #[must_use]
    pub fn expecting(&self) -> Vec<MeetingCode> {
        let doors = self.doors();
        doors.iter().filter(|(_, door)| door.is_expecting()).map(|(code, _)| code.clone()).collect()
    }

    /// How many tickets there are.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.doors().values().map(|door| door.guests.len()).sum()
    }

    /// Forgets guests who have been away for too long, and doors at which nobody stands.
    pub fn handle_timeout(&self, now: Instant) {
        self.doors().retain(|_, door| {
            let before = door.guests.len();
            door.guests.retain(|guest| guest.deadline().is_none_or(|deadline| now < deadline));
            if door.guests.len() != before {
                door.tell();
            }
            !door.guests.is_empty() || door.waiting.receiver_count() > 0 || door.asking.receiver_count() > 0
        });
        self.shared.gatherings_changed.notify_one();
    }

    /// When [`Lobby::handle_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.doors().values().flat_map(|door| door.guests.iter().filter_map(Guest::deadline)).min()
    }

    /// Waits until [`Lobby::poll_timeout`] may have another answer.
    pub async fn deadlines_changed(&self) {
        self.shared.deadlines_changed.notified().await;
    }

    fn leave(&self, now: Instant, code: &MeetingCode, ticket: &str) {
        let mut doors = self.doors();
        if let Some(guest) = doors.get_mut(code).and_then(|door| door.guest(ticket)) {
            guest.attending -= 1;
            if guest.attending == 0 {
                guest.absent_since = Some(now);
            }
        }
        drop(doors);
        self.shared.deadlines_changed.notify_one();
    }

    fn doors(&self) -> MutexGuard<'_, HashMap<MeetingCode, Door>> {
        // A panic elsewhere leaves the map whole: every change to it is a single step.
        self.shared.doors.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// A page that reconnects may overlap with itself.
const MOST_ATTENDING: usize = 3;

#[cfg(test)]
mod tests;

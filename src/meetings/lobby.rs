//! The waiting rooms: guests knock, hosts see who waits and decide, and whoever goes away leaves the list.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{Notify, broadcast, watch};

use super::schedule::Badge;
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
}

/// How many may wait.
#[derive(Debug, Clone, Copy)]
pub struct LobbyLimits {
    /// At one meeting.
    pub per_meeting: usize,
    /// At all meetings together.
    pub total: usize,
}

/// The door of one meeting.
#[derive(Debug)]
struct Door {
    /// In the order of knocking.
    guests: Vec<Guest>,
    /// What its hosts see.
    waiting: watch::Sender<Vec<Waiting>>,
    /// Who inside wants to speak to its hosts, by telephone.
    asking: broadcast::Sender<String>,
}

#[derive(Debug)]
struct Guest {
    ticket: String,
    identity: String,
    name: String,
    phone: Option<String>,
    badge: Option<Badge>,
    since: Timestamp,
    knock: watch::Sender<Knock>,
    /// When to forget it, unless somebody attends.
    absent_since: Option<Instant>,
    attending: usize,
}

/// A guest who waits, as a host sees it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Waiting {
    /// By which it is admitted or refused.
    pub ticket: String,
    /// As the guest wrote it.
    pub name: String,
    /// From which number, if it is a telephone.
    pub phone: Option<String>,
    /// For which party, if the guest came by a link of their own.
    pub party: Option<String>,
    /// As what.
    pub title: Option<String>,
    /// Since when.
    pub since: Timestamp,
}

/// What has become of a knock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knock {
    /// Nobody has decided.
    Waiting,
    /// A host lets the guest in.
    Admitted,
    /// A host does not.
    Refused,
    /// The meeting has ended.
    Ended,
}

/// What a guest who knocked holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Names the knock; only its guest and the hosts know it.
    pub ticket: String,
}

/// Who knocks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Caller {
    /// By what name.
    pub name: String,
    /// From which number, if by telephone.
    pub phone: Option<String>,
    /// The seat, if the guest came by a link of their own.
    pub badge: Option<Badge>,
}

/// Why somebody cannot wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{limit} guests are waiting already")]
pub struct KnockError {
    /// How many may.
    pub limit: usize,
}

/// A guest's presence at the door; dropping it is going away.
#[derive(Debug)]
pub struct Attendance {
    lobby: Lobby,
    code: MeetingCode,
    ticket: String,
    knock: watch::Receiver<Knock>,
    /// The identity the guest will have inside.
    pub identity: String,
    /// The name the guest gave.
    pub name: String,
    /// The seat, if the guest came by a link of their own.
    pub badge: Option<Badge>,
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

        let Caller { name, phone, badge } = caller;
        let ticket = Secret::random().expose().to_owned();
        door.guests.push(Guest {
            ticket: ticket.clone(),
            identity: Admission::guest_identity(badge.as_ref()),
            name,
            phone,
            badge,
            since: at,
            knock: watch::Sender::new(Knock::Waiting),
            absent_since: Some(now),
            attending: 0,
        });
        door.tell_hosts();
        drop(doors);
        self.shared.deadlines_changed.notify_one();
        Ok(Ticket { ticket })
    }

    /// The guest of a ticket comes to the door and listens.
    #[must_use]
    pub fn attend(&self, code: &MeetingCode, ticket: &str) -> Option<Attendance> {
        let mut doors = self.doors();
        let guest = doors.get_mut(code)?.guest(ticket)?;
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

    /// A host decides about one guest; says whether the guest was still waiting.
    #[must_use]
    pub fn decide(&self, code: &MeetingCode, ticket: &str, decision: Knock) -> bool {
        let mut doors = self.doors();
        let Some(door) = doors.get_mut(code) else {
            return false;
        };
        let Some(guest) = door.guest(ticket) else {
            return false;
        };
        if *guest.knock.borrow() != Knock::Waiting {
            return false;
        }
        guest.knock.send_replace(decision);
        door.tell_hosts();
        true
    }

    /// Who waits with a ticket: the identity inside, and the name.
    #[must_use]
    pub fn waiting_guest(&self, code: &MeetingCode, ticket: &str) -> Option<(String, String)> {
        let mut doors = self.doors();
        let guest = doors.get_mut(code)?.guest(ticket)?;
        let waits = *guest.knock.borrow() == Knock::Waiting;
        waits.then(|| (guest.identity.clone(), guest.name.clone()))
    }

    /// The meeting is over for all who wait.
    pub fn end(&self, code: &MeetingCode) {
        let mut doors = self.doors();
        let Some(door) = doors.get_mut(code) else {
            return;
        };
        for guest in &door.guests {
            if *guest.knock.borrow() == Knock::Waiting {
                guest.knock.send_replace(Knock::Ended);
            }
        }
        door.tell_hosts();
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
                door.tell_hosts();
            }
            !door.guests.is_empty() || door.waiting.receiver_count() > 0 || door.asking.receiver_count() > 0
        });
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

impl Door {
    fn guest(&mut self, ticket: &str) -> Option<&mut Guest> {
        self.guests.iter_mut().find(|guest| guest.ticket == ticket)
    }

    fn tell_hosts(&self) {
        let waiting: Vec<Waiting> = self
            .guests
            .iter()
            .filter(|guest| *guest.knock.borrow() == Knock::Waiting)
            .map(|guest| Waiting {
                ticket: guest.ticket.clone(),
                name: guest.name.clone(),
                phone: guest.phone.clone(),
                party: guest.badge.as_ref().map(|badge| badge.party.clone()),
                title: guest.badge.as_ref().map(|badge| badge.title.clone()),
                since: guest.since,
            })
            .collect();
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
        }
    }
}

impl Guest {
    fn deadline(&self) -> Option<Instant> {
        self.absent_since.map(|since| since + ABSENCE)
    }
}

impl Attendance {
    /// What has become of the knock.
    #[must_use]
    pub fn knock(&self) -> Knock {
        *self.knock.borrow()
    }

    /// Waits until the knock is decided.
    pub async fn decided(&mut self) -> Knock {
        let decided = self.knock.wait_for(|knock| *knock != Knock::Waiting).await;
        decided.map_or(Knock::Ended, |knock| *knock)
    }
}

impl Drop for Attendance {
    fn drop(&mut self) {
        self.lobby.leave(Instant::now(), &self.code, &self.ticket);
    }
}

/// How long a ticket outlives its holder's presence.
const ABSENCE: Duration = Duration::from_secs(20);
/// Whoever asks more often than a host can read has been read.
const MOST_ASKING: usize = 16;
/// A page that reconnects may overlap with itself.
const MOST_ATTENDING: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_host_sees_who_knocks_and_the_guest_hears_the_decision() {
        let (lobby, code) = (lobby(), MeetingCode::random());
        let mut hosts = lobby.watch(&code);
        let ticket = knock(&lobby, &code, "Awa");
        let mut guest = lobby.attend(&code, &ticket).unwrap();

        hosts.changed().await.unwrap();
        assert_eq!(names(&hosts.borrow_and_update()), ["Awa"]);
        assert_eq!(guest.knock(), Knock::Waiting);

        assert!(lobby.decide(&code, &ticket, Knock::Admitted));

        assert_eq!(guest.decided().await, Knock::Admitted);
        hosts.changed().await.unwrap();
        assert!(hosts.borrow_and_update().is_empty());
        assert!(!lobby.decide(&code, &ticket, Knock::Refused), "decided once");
    }

    #[test]
    fn whoever_goes_away_leaves_the_list_after_twenty_seconds() {
        let (lobby, code) = (lobby(), MeetingCode::random());
        let ticket = knock(&lobby, &code, "Awa");
        let guest = lobby.attend(&code, &ticket).unwrap();
        assert_eq!(lobby.poll_timeout(), None, "whoever is there may wait for ever");

        drop(guest);
        let deadline = lobby.poll_timeout().unwrap();
        lobby.handle_timeout(deadline - Duration::from_millis(1));
        assert_eq!(lobby.waiting(), 1);
        lobby.handle_timeout(deadline);

        assert_eq!(lobby.waiting(), 0);
        assert!(lobby.attend(&code, &ticket).is_none());
    }

    #[test]
    fn whoever_comes_back_in_time_keeps_the_place() {
        let (lobby, code) = (lobby(), MeetingCode::random());
        let ticket = knock(&lobby, &code, "Awa");
        let first = lobby.attend(&code, &ticket).unwrap();
        let identity = first.identity.clone();
        drop(first);

        let second = lobby.attend(&code, &ticket).unwrap();
        lobby.handle_timeout(Instant::now() + ABSENCE * 2);

        assert_eq!((lobby.waiting(), &second.identity), (1, &identity));
    }

    #[test]
    fn a_ticket_that_nobody_attends_is_forgotten() {
        let (lobby, code) = (lobby(), MeetingCode::random());
        knock(&lobby, &code, "Awa");

        lobby.handle_timeout(Instant::now() + ABSENCE);

        assert_eq!(lobby.waiting(), 0);
        assert!(lobby.doors().is_empty());
    }

    #[test]
    fn only_so_many_may_wait() {
        let (lobby, code) = (lobby(), MeetingCode::random());
        for _ in 0..3 {
            knock(&lobby, &code, "Awa");
        }

        let (now, at) = (Instant::now(), Timestamp::UNIX_EPOCH);
        let at_same = lobby.knock(now, at, &code, caller("Ben"));
        assert_eq!(at_same, Err(KnockError { limit: 3 }));
        let elsewhere = MeetingCode::random();
        knock(&lobby, &elsewhere, "Ben");
        let beyond_total = lobby.knock(now, at, &elsewhere, caller("Coumba"));
        assert_eq!(beyond_total, Err(KnockError { limit: 4 }));
    }

    #[tokio::test]
    async fn when_the_meeting_ends_nobody_waits_in_vain() {
        let (lobby, code) = (lobby(), MeetingCode::random());
        let ticket = knock(&lobby, &code, "Awa");
        let mut guest = lobby.attend(&code, &ticket).unwrap();

        lobby.end(&code);

        assert_eq!(guest.decided().await, Knock::Ended);
    }

    #[test]
    fn a_ticket_is_good_at_its_own_meeting_only() {
        let (lobby, code) = (lobby(), MeetingCode::random());
        let ticket = knock(&lobby, &code, "Awa");

        let other = MeetingCode::random();
        assert!(lobby.attend(&other, &ticket).is_none());
        assert!(!lobby.decide(&other, &ticket, Knock::Admitted));
    }

    fn lobby() -> Lobby {
        Lobby::new(LobbyLimits { per_meeting: 3, total: 4 })
    }

    fn knock(lobby: &Lobby, code: &MeetingCode, name: &str) -> String {
        lobby.knock(Instant::now(), Timestamp::UNIX_EPOCH, code, caller(name)).unwrap().ticket
    }

    fn caller(name: &str) -> Caller {
        Caller { name: name.to_owned(), ..Caller::default() }
    }

    fn names(waiting: &[Waiting]) -> Vec<&str> {
        waiting.iter().map(|guest| guest.name.as_str()).collect()
    }
}

//! What a meeting is at, its floor and its agenda, and whose turn it is to change that.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

use super::{Agenda, Floor};
use crate::meetings::MeetingCode;

/// What a meeting is at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Proceedings {
    /// Nothing where everybody may speak.
    pub(super) floor: Option<Floor>,
    /// Nothing where none is planned.
    pub(super) agenda: Option<Agenda>,
}

impl Proceedings {
    /// What the room shows everybody.
    pub(super) fn metadata(&self) -> String {
        let (floor, agenda) = (self.floor.as_ref().map(Floor::view), self.agenda.as_ref().map(Agenda::view));
        serde_json::json!({ "floor": floor, "agenda": agenda }).to_string()
    }

    fn is_nothing(&self) -> bool {
        self.floor.is_none() && self.agenda.is_none()
    }
}

/// The proceedings of all meetings that are at something, or were a moment ago. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct AllProceedings {
    by_room: Arc<Mutex<HashMap<String, Entry>>>,
}

/// Behind a lock of its own, that is held until the room has done what was decided.
#[derive(Debug, Default)]
struct Entry {
    turn: Arc<Turn<Proceedings>>,
    /// Since when nobody is there.
    left: Option<Timestamp>,
}

/// The proceedings of a meeting, in the hands of one at a time. Where there is nothing left, they are forgotten with it.
pub(super) struct Held {
    all: AllProceedings,
    room: String,
    turn: Arc<Turn<Proceedings>>,
    now: OwnedMutexGuard<Proceedings>,
}

impl AllProceedings {
    /// Those of a meeting, when it is one's turn.
    pub(super) async fn turn(&self, code: &MeetingCode) -> Held {
        loop {
            let turn = Arc::clone(&self.entries().entry(code.to_string()).or_default().turn);
            let now = Arc::clone(&turn).lock_owned().await;
            // Whoever had it before may have been the last, and have forgotten it.
            if self.entries().get(code.as_str()).is_some_and(|known| Arc::ptr_eq(&known.turn, &turn)) {
                return Held { all: self.clone(), room: code.to_string(), turn, now };
            }
        }
    }

    /// Whether a meeting is at something.
    pub(super) fn has(&self, room: &str) -> bool {
        self.entries().contains_key(room)
    }

    /// The rooms of all of them.
    pub(super) fn rooms(&self) -> Vec<String> {
        self.entries().keys().cloned().collect()
    }

    /// Everybody has left a room: what it is at stays for a while. What others are at is forgotten after it.
    pub(super) fn leave(&self, room: &str, now: Timestamp) {
        let mut entries = self.entries();
        entries.retain(|_, entry| !is_over(entry.left, now));
        if let Some(entry) = entries.get_mut(room) {
            entry.left = Some(now);
        }
    }

    /// Somebody is in a room again; whether too late for it to go on where it was.
    pub(super) fn come_back(&self, room: &str, now: Timestamp) -> bool {
        let left = self.entries().get_mut(room).and_then(|entry| entry.left.take());
        is_over(left, now)
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.by_room.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_over(left: Option<Timestamp>, now: Timestamp) -> bool {
    left.is_some_and(|left| now.duration_since(left) > BREAK)
}

impl Deref for Held {
    type Target = Proceedings;

    fn deref(&self) -> &Proceedings {
        &self.now
    }
}

impl DerefMut for Held {
    fn deref_mut(&mut self) -> &mut Proceedings {
        &mut self.now
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.now.is_nothing() {
            let mut entries = self.all.entries();
            if entries.get(&self.room).is_some_and(|known| Arc::ptr_eq(&known.turn, &self.turn)) {
                entries.remove(&self.room);
            }
        }
    }
}

/// How long nobody may be there until a meeting begins anew: a line that broke for everybody, or a break for coffee.
const BREAK: SignedDuration = SignedDuration::from_mins(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_a_meeting_is_at_outlives_a_break_and_no_more() {
        let (all, code) = (AllProceedings::default(), MeetingCode::random());
        all.turn(&code).await.agenda = Some(Agenda::new(Vec::new()));

        all.leave(code.as_str(), at(0));
        assert!(!all.come_back(code.as_str(), at(1_800)), "it goes on");
        all.leave(code.as_str(), at(2_000));
        assert!(all.come_back(code.as_str(), at(3_801)), "it begins anew");

        all.leave(code.as_str(), at(4_000));
        all.leave("another", at(6_000));
        assert!(!all.has(code.as_str()), "nothing is kept for ever");
    }

    #[tokio::test]
    async fn nothing_is_kept_of_a_meeting_that_is_at_nothing() {
        let (all, code) = (AllProceedings::default(), MeetingCode::random());
        let mut held = all.turn(&code).await;
        held.agenda = Some(Agenda::new(Vec::new()));
        drop(held);
        assert_eq!(all.rooms(), [code.to_string()]);

        all.turn(&code).await.agenda = None;
        assert!(all.rooms().is_empty());
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }
}

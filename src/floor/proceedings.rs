//! What a meeting is at, its floor, the requests for it and its agenda, and whose turn it is to change that.

use std::collections::{BTreeMap, HashMap};
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use livekit_protocol as proto;
use serde::{Deserialize, Serialize};
use signaling::Beginning;
use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

use super::{Agenda, Floor, GESTURE, HAND};
use crate::meetings::{Admission, MeetingCode};
use crate::store::{Store, StoreError};

/// What a meeting is at. It is written down as it stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Proceedings {
    /// Nothing where everybody may speak.
    pub(super) floor: Option<Floor>,
    /// Nothing where none is planned.
    pub(super) agenda: Option<Agenda>,
    /// Raised hands, by identity.
    hands: BTreeMap<String, Hand>,
}

/// A raised hand, as the participant's attributes say it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Hand {
    since: String,
    gesture: String,
}

impl Proceedings {
    /// What the room shows everybody.
    pub(super) fn metadata(&self) -> String {
        let (floor, agenda) = (self.floor.as_ref().map(Floor::view), self.agenda.as_ref().map(Agenda::view));
        serde_json::json!({ "floor": floor, "agenda": agenda }).to_string()
    }

    /// Takes in whether somebody's hand is raised; whether that is new.
    pub(super) fn see_hand(&mut self, participant: &proto::ParticipantInfo) -> bool {
        let word = |name: &str| participant.attributes.get(name).cloned().unwrap_or_default();
        let hand = Hand { since: word(HAND), gesture: word(GESTURE) };
        let identity = &participant.identity;
        let is_fit = (1..=LONGEST_WORD).contains(&hand.since.len()) && hand.gesture.len() <= LONGEST_WORD;
        if !is_fit {
            return self.forget_hand(identity);
        }
        if self.hands.len() >= MOST_HANDS && !self.hands.contains_key(identity) {
            return false;
        }
        self.hands.insert(identity.clone(), hand.clone()) != Some(hand)
    }

    /// Somebody's hand is not raised any more; whether it was.
    pub(super) fn forget_hand(&mut self, identity: &str) -> bool {
        self.hands.remove(identity).is_some()
    }

    /// Nobody is there any more: nobody speaks, about nothing, and nobody asks to.
    pub(super) fn adjourn(&mut self, now: Timestamp) {
        if let Some(floor) = &mut self.floor {
            floor.close(now);
        }
        if let Some(agenda) = &mut self.agenda {
            agenda.pause(now);
        }
        self.hands.clear();
        if self.floor.is_none() && self.agenda.as_ref().is_none_or(|one| one.under_discussion().is_none()) {
            self.agenda = None;
        }
    }

    /// The program has ended in the middle of it. Whoever takes part under an identity of ours may come back.
    fn interrupt(&mut self, at: Timestamp) {
        if let Some(floor) = &mut self.floor {
            if floor.holder().is_some_and(Admission::is_ours) {
                floor.pause(at);
            } else {
                floor.close(at);
            }
        }
        if let Some(agenda) = &mut self.agenda {
            agenda.pause(at);
        }
        self.hands.retain(|identity, _| Admission::is_ours(identity));
    }

    /// Somebody is there.
    pub(super) fn resume(&mut self, now: Timestamp) {
        if let Some(floor) = &mut self.floor {
            floor.resume(now);
        }
        if let Some(agenda) = &mut self.agenda {
            agenda.resume(now);
        }
    }

    /// How the room begins in which it goes on.
    fn beginning(&self) -> Beginning {
        let raised = |hand: &Hand| {
            HashMap::from([(HAND.to_owned(), hand.since.clone()), (GESTURE.to_owned(), hand.gesture.clone())])
        };
        Beginning {
            metadata: self.metadata(),
            floor: self.floor.as_ref().map(Floor::heard),
            attributes: self.hands.iter().map(|(identity, hand)| (identity.clone(), raised(hand))).collect(),
        }
    }

    pub(super) fn is_nothing(&self) -> bool {
        self.floor.is_none() && self.agenda.is_none() && self.hands.is_empty()
    }
}

/// The proceedings of all meetings that are at something, or were a moment ago. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct AllProceedings {
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
    /// Those that an earlier run of the program was in the middle of, as after a break that began when it ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recalled(store: &Store, now: Timestamp, run: u64) -> Result<Self, StoreError> {
        let all = Self::default();
        for order in store.interrupted_running_orders(run).await? {
            if is_over(Some(order.left), now) {
                store.delete_running_order(&order.code).await?;
                continue;
            }
            match serde_json::from_str::<Proceedings>(&order.state) {
                Ok(mut proceedings) => {
                    proceedings.interrupt(order.left);
                    let (turn, left) = (Arc::new(Turn::new(proceedings)), Some(order.left));
                    all.entries().insert(order.code.to_string(), Entry { turn, left });
                }
                Err(error) => {
                    tracing::warn!(%error, "what a meeting was at cannot be read, and it begins anew");
                    store.delete_running_order(&order.code).await?;
                }
            }
        }
        Ok(all)
    }

    /// Where a room goes on that is about to be opened.
    pub(crate) async fn beginning(&self, room: &str, now: Timestamp) -> Beginning {
        let known = self.entries().get(room).map(|entry| (Arc::clone(&entry.turn), entry.left));
        let Some((turn, _)) = known.filter(|(_, left)| !is_over(*left, now)) else {
            return Beginning::default();
        };
        let mut proceedings = turn.lock().await.clone();
        proceedings.resume(now);
        if proceedings.is_nothing() { Beginning::default() } else { proceedings.beginning() }
    }

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

    /// Since when nobody is in a room.
    pub(super) fn left(&self, room: &str) -> Option<Timestamp> {
        self.entries().get(room).and_then(|entry| entry.left)
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

/// How long nobody may be there until a meeting begins anew: a line that broke for everybody, a break for coffee, a stop of
/// the program.
pub const BREAK: SignedDuration = SignedDuration::from_mins(30);
/// More than ask for the floor at any table.
const MOST_HANDS: usize = 256;
/// A moment in RFC 3339, or the name of a gesture; what is longer is none of ours.
const LONGEST_WORD: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::{Email, Role, User};
    use crate::meetings::Meeting;

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

    #[tokio::test]
    async fn a_room_begins_where_the_last_one_was_until_the_break_is_over() {
        let (all, code) = (AllProceedings::default(), MeetingCode::random());
        let mut held = all.turn(&code).await;
        held.floor = Some(Floor::new(["chair".to_owned()].into(), None));
        assert!(held.see_hand(&asking("ada", "2026-11-29T12:00:00Z")));
        assert!(!held.see_hand(&asking("ada", "2026-11-29T12:00:00Z")), "that is known");
        drop(held);
        all.leave(code.as_str(), at(0));

        let beginning = all.beginning(code.as_str(), at(1_800)).await;
        assert_eq!(beginning.floor, Some(["chair".to_owned()].into()));
        assert_eq!(beginning.attributes["ada"][HAND], "2026-11-29T12:00:00Z");
        assert!(beginning.metadata.contains("standing"), "{}", beginning.metadata);
        assert_eq!(all.beginning(code.as_str(), at(1_801)).await, Beginning::default());
        assert_eq!(all.beginning("another", at(0)).await, Beginning::default());
    }

    #[tokio::test]
    async fn what_was_written_down_is_recalled_for_as_long_as_a_break() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        let email = Email::new("awa@example.org").unwrap();
        let user = User::new("Awa".to_owned(), email, Role::User, at(0));
        store.insert_user(&user, "", 1).await.unwrap();
        let meeting = Meeting::new(&user, "Bilateral".to_owned(), true, at(0));
        let code = store.insert_meeting(meeting, 1).await.unwrap().code;
        let mut floor = Floor::new(Default::default(), None);
        floor.give(at(0), "user-1", super::super::Seat::Party("Inde".to_owned()));
        let proceedings = Proceedings { floor: Some(floor), ..Proceedings::default() };
        let state = serde_json::to_string(&proceedings).unwrap();
        store.begin_run(1, at(0)).await.unwrap();
        store.write_running_order(&code, &state, None, at(10), 1).await.unwrap();
        store.heartbeat(1, at(20)).await.unwrap();

        let recalled = AllProceedings::recalled(&store, at(1_820), 2).await.unwrap();
        let held = recalled.turn(&code).await;
        assert_eq!(held.floor.as_ref().unwrap().holder(), Some("user-1"));
        assert_eq!(recalled.left(code.as_str()), Some(at(20)), "somebody was there at the last heartbeat");
        assert_eq!(recalled.beginning("another", at(1_820)).await, Beginning::default());

        let too_late = AllProceedings::recalled(&store, at(1_821), 3).await.unwrap();
        assert!(!too_late.has(code.as_str()));
        assert!(store.interrupted_running_orders(3).await.unwrap().is_empty(), "it is forgotten for good");

        store.write_running_order(&code, "{", None, at(1_821), 3).await.unwrap();
        let unreadable = AllProceedings::recalled(&store, at(1_822), 4).await.unwrap();
        assert!(!unreadable.has(code.as_str()), "and in the way of nothing");
    }

    #[test]
    fn whoever_cannot_come_back_is_not_awaited() {
        let mut proceedings =
            Proceedings { floor: Some(Floor::new(Default::default(), None)), ..Proceedings::default() };
        proceedings.see_hand(&asking("user-1", "2026-11-29T12:00:00Z"));
        proceedings.see_hand(&asking("phone-1", "2026-11-29T12:00:00Z"));
        let floor = proceedings.floor.as_mut().unwrap();
        floor.give(at(0), "phone-1", super::super::Seat::Person("Phone".to_owned()));

        proceedings.interrupt(at(10));

        assert_eq!(proceedings.hands.keys().collect::<Vec<_>>(), ["user-1"]);
        assert_eq!(proceedings.floor.unwrap().holder(), None);
    }

    #[test]
    fn what_is_written_down_has_a_bound() {
        let mut proceedings = Proceedings::default();
        for guest in 0..1_000 {
            proceedings.see_hand(&asking(&format!("guest-{guest}"), "2026-11-29T12:00:00Z"));
        }
        assert_eq!(proceedings.hands.len(), MOST_HANDS);
        assert!(
            proceedings.see_hand(&asking("guest-1", &"9".repeat(1_000))),
            "that is no time: it is lowered"
        );
        assert_eq!(proceedings.hands.len(), MOST_HANDS - 1);
    }

    fn asking(identity: &str, since: &str) -> proto::ParticipantInfo {
        proto::ParticipantInfo {
            identity: identity.to_owned(),
            attributes: [(HAND.to_owned(), since.to_owned())].into(),
            ..Default::default()
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }
}

//! The way up to the door: a room for each visitor who chooses devices or types a name, in which their transports are
//! built meanwhile. Whoever is let in is brought into the meeting from there and need not build them after the click.
//!
//! ```text
//! begin ──▶ the visitor connects ──▶ take, once: brought into the meeting
//!   │ 1 min          │ 15 min
//!   └────────────────┴──▶ overdue: ended
//! ```
//!
//! Nobody else is ever there, nobody is told of it, and nothing of it is recorded.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use signaling_proto::room::RoomEvent;
use tokio::sync::broadcast::error::RecvError;

use super::MeetingCode;
use crate::accounts::random_letters;
use crate::app::App;

/// One visitor's place in a room of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approach {
    /// The room.
    pub room: String,
    /// The identity that the visitor will have in the meeting too: clients that move keep theirs.
    pub identity: String,
}

/// As many visitors as may be are on their way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("as many as may be are on their way to meetings")]
pub struct TooManyApproaches;

/// Who is on the way to which meeting. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Approaches {
    most: usize,
    by_room: Arc<Mutex<BTreeMap<String, Standing>>>,
}

#[derive(Debug)]
struct Standing {
    meeting: MeetingCode,
    identity: String,
    until: Instant,
}

impl Standing {
    fn is(&self, meeting: &MeetingCode, identity: &str) -> bool {
        self.meeting == *meeting && self.identity == identity
    }
}

impl Approach {
    /// Whether a room is one in which a visitor prepares, by its name: rooms of SDKs have others.
    #[must_use]
    pub fn is_one(room: &str) -> bool {
        room.strip_prefix(APPROACH).is_some_and(|letters| {
            letters.len() == LETTERS && letters.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
    }
}

impl Approaches {
    /// Nobody yet; of all rooms there may be, they take no more than a quarter.
    #[must_use]
    pub fn new(rooms: usize) -> Self {
        Self { most: MOST.min(rooms / 4), by_room: Arc::default() }
    }

    /// A place for a visitor of a meeting.
    ///
    /// # Errors
    /// When there are as many as may be.
    pub fn begin(
        &self,
        now: Instant,
        meeting: &MeetingCode,
        identity: String,
    ) -> Result<Approach, TooManyApproaches> {
        let mut by_room = self.lock();
        if by_room.len() >= self.most {
            return Err(TooManyApproaches);
        }
        let room = format!("{APPROACH}{}", random_letters(LETTERS));
        let standing = Standing { meeting: meeting.clone(), identity: identity.clone(), until: now + COMING };
        by_room.insert(room.clone(), standing);
        Ok(Approach { room, identity })
    }

    /// Whether somebody may be in such a room.
    #[must_use]
    pub fn admits(&self, room: &str, identity: &str) -> bool {
        self.lock().get(room).is_some_and(|standing| standing.identity == identity)
    }

    /// Whether a place is there still, and for that meeting.
    #[must_use]
    pub fn stands(&self, meeting: &MeetingCode, approach: &Approach) -> bool {
        self.lock().get(&approach.room).is_some_and(|standing| standing.is(meeting, &approach.identity))
    }

    /// Uses a place up: whether it was still there, and for that meeting.
    #[must_use]
    pub fn take(&self, meeting: &MeetingCode, approach: &Approach) -> bool {
        let mut by_room = self.lock();
        let good =
            by_room.get(&approach.room).is_some_and(|standing| standing.is(meeting, &approach.identity));
        good && by_room.remove(&approach.room).is_some()
    }

    /// The visitor has come, and may stay for a while.
    fn started(&self, now: Instant, room: &str) {
        if let Some(standing) = self.lock().get_mut(room) {
            standing.until = now + STAYING;
        }
    }

    /// The room has ended.
    fn forget(&self, room: &str) {
        self.lock().remove(room);
    }

    /// Forgets the rooms whose time has passed.
    fn overdue(&self, now: Instant) -> Vec<String> {
        let overdue = |_: &String, standing: &mut Standing| standing.until <= now;
        self.lock().extract_if(.., overdue).map(|(room, _)| room).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Standing>> {
        // Nothing under this lock can leave the map half changed.
        self.by_room.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the rooms of visitors who have been on their way for too long, until the program stops.
pub async fn keep_approaches(app: App) {
    let mut events = app.rooms.subscribe();
    let mut sweep = tokio::time::interval(SWEEP);
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Ok(RoomEvent::RoomStarted { room }) => app.approaches.started(Instant::now(), &room.name),
                Ok(RoomEvent::RoomFinished { room }) => app.approaches.forget(&room.name),
                // A room whose beginning or end was missed is overdue by and by.
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
            _ = sweep.tick() => for room in app.approaches.overdue(Instant::now()) {
                if let Err(error) = app.rooms.end_call(&room).await {
                    // It is ending by itself.
                    tracing::debug!(%error, "an approach did not answer");
                }
            },
        }
    }
}

const APPROACH: &str = "approach-";
const LETTERS: usize = 26;
/// As many as there are at a time, of all meetings.
const MOST: usize = 256;
/// How long a visitor has to connect.
const COMING: Duration = Duration::from_secs(60);
/// How long one may look into the camera.
const STAYING: Duration = Duration::from_secs(15 * 60);
const SWEEP: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_used_once_and_for_its_meeting() {
        let (approaches, meeting) = (Approaches::new(1_000), MeetingCode::random());
        let approach = approaches.begin(Instant::now(), &meeting, "guest-1".to_owned()).unwrap();
        assert!(Approach::is_one(&approach.room) && MeetingCode::parse(&approach.room).is_none());
        assert!(approaches.admits(&approach.room, &approach.identity));
        assert!(!approaches.admits(&approach.room, "guest-2"));

        assert!(!approaches.take(&MeetingCode::random(), &approach));
        let other = Approach { identity: "guest-2".to_owned(), ..approach.clone() };
        assert!(!approaches.take(&meeting, &other));
        assert!(approaches.stands(&meeting, &approach) && approaches.take(&meeting, &approach));

        assert!(
            !approaches.take(&meeting, &approach) && !approaches.stands(&meeting, &approach),
            "not twice"
        );
        assert!(!approaches.admits(&approach.room, &approach.identity), "nor is there a way back");
    }

    #[test]
    fn who_does_not_come_or_stays_too_long_is_overdue() {
        let (approaches, meeting, now) = (Approaches::new(1_000), MeetingCode::random(), Instant::now());
        let came = approaches.begin(now, &meeting, "guest-1".to_owned()).unwrap();
        let away = approaches.begin(now, &meeting, "guest-1".to_owned()).unwrap();
        approaches.started(now, &came.room);

        assert_eq!(approaches.overdue(now), Vec::<String>::new());
        assert_eq!(approaches.overdue(now + COMING), [away.room]);
        assert!(approaches.admits(&came.room, &came.identity));
        assert_eq!(approaches.overdue(now + STAYING), [came.room]);
    }

    #[test]
    fn there_are_so_many_and_no_more() {
        let (meeting, now) = (MeetingCode::random(), Instant::now());
        for (rooms, most) in [(1_000_000, MOST), (8, 2), (1, 0)] {
            let approaches = Approaches::new(rooms);
            let begun: Vec<_> =
                (0..most).map(|_| approaches.begin(now, &meeting, "guest-1".to_owned()).unwrap()).collect();
            assert_eq!(approaches.begin(now, &meeting, "guest-1".to_owned()), Err(TooManyApproaches));
            if let Some(first) = begun.first() {
                approaches.forget(&first.room);
                assert!(approaches.begin(now, &meeting, "guest-1".to_owned()).is_ok());
            }
        }
    }
}

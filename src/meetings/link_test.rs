//! The rooms in which a browser tries its link: no meetings, alone with itself, and for a few minutes only.
//!
//! Anybody may ask for one, so that nobody may keep one: the doorkeeper asks here whether it is still open, whatever a
//! token says, and there are only so many at a time.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::accounts::random_letters;

/// The tests that run now. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct LinkTests {
    rooms: Arc<Mutex<BTreeSet<String>>>,
}

impl LinkTests {
    /// Whether a room is one in which a link is tried, by its name: rooms of SDKs have others.
    #[must_use]
    pub fn is_one(room: &str) -> bool {
        room.strip_prefix(LINK_TEST).is_some_and(|letters| {
            letters.len() == LETTERS && letters.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
    }

    /// Opens a room of a name that nobody guesses; none when too many are open already.
    #[must_use]
    pub fn open(&self) -> Option<String> {
        let mut rooms = self.rooms();
        if rooms.len() >= MOST {
            return None;
        }
        let room = format!("{LINK_TEST}{}", random_letters(LETTERS));
        rooms.insert(room.clone());
        Some(room)
    }

    /// Whether a room is still one to be in.
    #[must_use]
    pub fn is_open(&self, room: &str) -> bool {
        self.rooms().contains(room)
    }

    /// From now on nobody comes in any more.
    pub fn close(&self, room: &str) {
        self.rooms().remove(room);
    }

    fn rooms(&self) -> MutexGuard<'_, BTreeSet<String>> {
        // A set of names has no half-way.
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long a test may take.
pub const LONGEST_TEST: Duration = Duration::from_secs(3 * 60);
/// A test sends one picture to itself: many at once would be a load.
const MOST: usize = 64;
const LINK_TEST: &str = "link-test-";
const LETTERS: usize = 26;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_open_until_it_is_closed() {
        let tests = LinkTests::default();
        let (one, other) = (tests.open().unwrap(), tests.open().unwrap());
        assert!(LinkTests::is_one(&one) && one != other);
        assert!(tests.is_open(&one));

        tests.close(&one);

        assert!(!tests.is_open(&one) && tests.is_open(&other));
        assert!(!tests.is_open("link-test-aaaaaaaaaaaaaaaaaaaaaaaaaa"), "nobody opened it");
    }

    #[test]
    fn there_are_only_so_many() {
        let tests = LinkTests::default();
        let rooms: Vec<String> = std::iter::from_fn(|| tests.open()).collect();
        assert_eq!(rooms.len(), MOST);

        tests.close(&rooms[0]);
        assert!(tests.open().is_some());
    }

    #[test]
    fn no_other_room_looks_like_one() {
        for name in ["link-test-", "link-test-abc", "abc-defg-hij", "link-test-AAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            assert!(!LinkTests::is_one(name), "{name}");
        }
    }
}

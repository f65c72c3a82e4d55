//! Who should be in the room of a call and is not: a browser that was closed has hung up, a page that loads again has not.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// By room and extension, until when its browser may come. It holds no clock.
#[derive(Debug, Default)]
pub(super) struct Absence {
    until: HashMap<(String, String), Instant>,
}

impl Absence {
    /// A browser was given the way into a room, and has a while to find it.
    pub(super) fn expect(&mut self, now: Instant, room: &str, extension: &str) {
        self.until.insert((room.to_owned(), extension.to_owned()), now + FIRST_ENTRY);
    }

    /// A browser has left a room, and may come back.
    pub(super) fn left(&mut self, now: Instant, room: &str, extension: &str) {
        self.until.insert((room.to_owned(), extension.to_owned()), now + RETURN);
    }

    /// A browser has left a room, and its room has waited for it already.
    pub(super) fn lost(&mut self, now: Instant, room: &str, extension: &str) {
        self.until.insert((room.to_owned(), extension.to_owned()), now);
    }

    /// A browser is in a room.
    pub(super) fn came(&mut self, room: &str, extension: &str) {
        self.until.remove(&(room.to_owned(), extension.to_owned()));
    }

    /// A room is no more.
    pub(super) fn closed(&mut self, room: &str) {
        self.until.retain(|(of, _), _| of != room);
    }

    /// Those who have been away for too long, by room and extension.
    pub(super) fn handle_timeout(&mut self, now: Instant) -> Vec<(String, String)> {
        let late = self.until.iter().filter(|(_, until)| **until <= now);
        let late: Vec<(String, String)> = late.map(|(who, _)| who.clone()).collect();
        for who in &late {
            self.until.remove(who);
        }
        late
    }

    /// When [`Absence::handle_timeout`] is due.
    #[must_use]
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.until.values().min().copied()
    }
}

/// Over a satellite, the first way into a room takes some seconds.
const FIRST_ENTRY: Duration = Duration::from_secs(30);
const RETURN: Duration = Duration::from_secs(15);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_not_come_back_in_time_has_hung_up() {
        let (now, mut absence) = (Instant::now(), Absence::default());
        absence.expect(now, "call-a", "201");
        absence.came("call-a", "201");
        assert_eq!(absence.poll_timeout(), None);

        absence.left(now, "call-a", "201");
        absence.expect(now, "call-a", "202");
        assert_eq!(absence.poll_timeout(), Some(now + RETURN));
        assert_eq!(absence.handle_timeout(now + RETURN), [("call-a".to_owned(), "201".to_owned())]);

        absence.lost(now, "call-a", "203");
        assert_eq!(absence.handle_timeout(now), [("call-a".to_owned(), "203".to_owned())]);

        absence.closed("call-a");
        assert!(absence.handle_timeout(now + FIRST_ENTRY).is_empty());
    }
}

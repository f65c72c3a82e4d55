//! Which packets of a stream are missing, and when to ask for them again (RFC 4585 §6.2.1).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The missing packets of one stream, oldest first.
#[derive(Debug, Default)]
pub struct NackList {
    missing: VecDeque<Missing>,
}

#[derive(Debug, Clone, Copy)]
struct Missing {
    sequence: u64,
    tries: u8,
    next: Instant,
}

impl NackList {
    /// Notes that the packets of a range have not come although a later one has. If they are too many to be repaired,
    /// forgets everything and returns `false`: only a keyframe helps.
    pub fn note_gap(&mut self, now: Instant, gap: std::ops::Range<u64>) -> bool {
        let len = gap.end.saturating_sub(gap.start) as usize;
        if self.missing.len() + len > MAX_MISSING {
            self.missing.clear();
            return false;
        }
        self.missing.extend(gap.map(|sequence| Missing {
            sequence,
            tries: 0,
            // Packets that only overtook each other come within moments.
            next: now + REORDER_GRACE,
        }));
        true
    }

    /// Notes that a packet has come after all, and tells whether it had been asked for.
    pub fn note_arrival(&mut self, sequence: u64) -> bool {
        let place = self.missing.binary_search_by_key(&sequence, |missing| missing.sequence);
        place.ok().and_then(|index| self.missing.remove(index)).is_some_and(|missing| missing.tries > 0)
    }

    /// Forgets what came before a point from which the stream can be decoded.
    pub fn forget_before(&mut self, sequence: u64) {
        while self.missing.front().is_some_and(|missing| missing.sequence < sequence) {
            self.missing.pop_front();
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.missing.clear();
    }

    /// Whether nothing is missing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty()
    }

    /// When to ask next.
    #[must_use]
    pub fn next_due(&self) -> Option<Instant> {
        self.missing.iter().map(|missing| missing.next).min()
    }

    /// Adds the sequence numbers to ask for now; those asked for often enough are given up.
    pub fn take_due(&mut self, now: Instant, rtt: Duration, due: &mut Vec<u16>) {
        let interval = rtt.mul_f32(1.5).clamp(MIN_INTERVAL, MAX_INTERVAL);
        for missing in self.missing.iter_mut().filter(|missing| missing.next <= now) {
            missing.tries += 1;
            missing.next = now + interval;
            due.push(missing.sequence as u16);
        }
        self.missing.retain(|missing| missing.tries < MAX_TRIES);
    }
}

const REORDER_GRACE: Duration = Duration::from_millis(5);
const MIN_INTERVAL: Duration = Duration::from_millis(25);
const MAX_INTERVAL: Duration = Duration::from_millis(800);
const MAX_TRIES: u8 = 8;
const MAX_MISSING: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_asked_for_after_a_moment_of_grace() {
        let start = Instant::now();
        let mut list = NackList::default();

        assert!(list.note_gap(start, 7..9));

        assert_eq!(due(&mut list, start), []);
        assert_eq!(due(&mut list, start + REORDER_GRACE), [7, 8]);
        assert_eq!(due(&mut list, start + REORDER_GRACE), []);
    }

    #[test]
    fn what_has_come_is_not_asked_for() {
        let start = Instant::now();
        let mut list = NackList::default();
        list.note_gap(start, 7..10);

        list.note_arrival(8);
        list.forget_before(8);

        assert_eq!(due(&mut list, start + REORDER_GRACE), [9]);
    }

    #[test]
    fn asking_ends_after_some_tries() {
        let mut now = Instant::now();
        let mut list = NackList::default();
        list.note_gap(now, 7..8);

        let mut asked = 0;
        for _ in 0..100 {
            now += MAX_INTERVAL;
            asked += due(&mut list, now).len();
        }

        assert_eq!(asked, usize::from(MAX_TRIES));
        assert_eq!(list.next_due(), None);
    }

    #[test]
    fn a_gap_beyond_repair_is_told() {
        let start = Instant::now();
        let mut list = NackList::default();
        list.note_gap(start, 0..200);

        assert!(!list.note_gap(start, 300..400));

        assert_eq!(list.next_due(), None);
    }

    fn due(list: &mut NackList, now: Instant) -> Vec<u16> {
        let mut due = Vec::new();
        list.take_due(now, Duration::from_millis(50), &mut due);
        due
    }
}

//! Who wants to be called when. Each thing has at most one deadline that counts.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

/// Deadlines of things named by `K`.
///
/// Deadlines mostly move later, with every packet. So a thing remembers when it is next called ([`Armed`]) and enters
/// the heap again only when that has to be earlier; when it is called too early, it enters again with its true
/// deadline. The heap thus holds a few entries per thing, and nothing is done per packet.
#[derive(Debug)]
pub(crate) struct Timers<K> {
    heap: BinaryHeap<Reverse<(Instant, K)>>,
}

/// When a thing will be called at the latest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Armed(Option<Instant>);

impl<K: Copy + Ord> Timers<K> {
    pub(crate) fn new() -> Self {
        Self { heap: BinaryHeap::new() }
    }

    /// Makes sure that `key` is called at `deadline` at the latest.
    pub(crate) fn arm(&mut self, key: K, armed: &mut Armed, deadline: Option<Instant>) {
        let Some(deadline) = deadline else { return };
        if armed.0.is_none_or(|at| deadline < at) {
            armed.0 = Some(deadline);
            self.heap.push(Reverse((deadline, key)));
        }
    }

    /// The same after a call: the next one is at least a millisecond away, whatever the deadline says, so that no
    /// thing that never has enough can stop the others.
    pub(crate) fn rearm(&mut self, now: Instant, key: K, armed: &mut Armed, deadline: Option<Instant>) {
        let deadline = deadline.map(|at| at.max(now + Duration::from_millis(1)));
        self.arm(key, armed, deadline);
    }

    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    /// A thing whose time has come, and the time for which it was armed.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<(Instant, K)> {
        self.next().filter(|at| *at <= now)?;
        self.heap.pop().map(|Reverse(entry)| entry)
    }
}

impl Armed {
    /// Whether an entry popped from the heap is the one that counts; if so it is used up.
    pub(crate) fn take(&mut self, at: Instant) -> bool {
        self.0.take_if(|armed| *armed == at).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_that_moves_later_costs_no_entry() {
        let start = Instant::now();
        let mut timers = Timers::new();
        let mut armed = Armed::default();
        for step in 1..1000 {
            timers.arm('a', &mut armed, Some(start + Duration::from_millis(step)));
        }
        assert_eq!(timers.heap.len(), 1);
        assert_eq!(timers.next(), Some(start + Duration::from_millis(1)));
    }

    #[test]
    fn only_the_entry_that_counts_is_taken() {
        let start = Instant::now();
        let (early, late) = (start + Duration::from_secs(1), start + Duration::from_secs(2));
        let mut timers = Timers::new();
        let mut armed = Armed::default();
        timers.arm('a', &mut armed, Some(late));
        timers.arm('a', &mut armed, Some(early));

        assert_eq!(timers.pop_due(start), None);
        assert_eq!(timers.pop_due(late), Some((early, 'a')));
        assert!(armed.take(early));
        assert_eq!(timers.pop_due(late), Some((late, 'a')));
        assert!(!armed.take(late));
    }

    #[test]
    fn a_thing_that_never_has_enough_waits_for_its_turn() {
        let now = Instant::now();
        let mut timers = Timers::new();
        let mut armed = Armed::default();
        timers.rearm(now, 'a', &mut armed, Some(now));
        assert_eq!(timers.pop_due(now), None);
    }
}

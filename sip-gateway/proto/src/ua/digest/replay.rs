//! Which counts of which nonces were used, so that no answer is taken twice (RFC 7616 §3.4.5, §5.5).

use std::collections::BTreeMap;
use std::time::Duration;

use super::nonce::NonceId;

/// The used counts of the newest nonces that were answered rightly. Strangers leave no trace here.
#[derive(Debug)]
pub(super) struct Replays {
    used: BTreeMap<NonceId, Window>,
    limit: usize,
    /// What was used of nonces up to this one is forgotten, so none of them is taken unless it is still in the table.
    forgotten: Option<NonceId>,
}

/// The highest count used, and in the bits which of the 64 up to it were.
#[derive(Debug, Clone, Copy)]
struct Window {
    highest: u32,
    bits: u64,
}

impl Replays {
    pub(super) fn new(limit: usize) -> Self {
        Self { used: BTreeMap::new(), limit: limit.max(1), forgotten: None }
    }

    /// Marks a count as used; `false` if it was used before, or may have been.
    pub(super) fn take(&mut self, id: NonceId, count: u32) -> bool {
        if let Some(window) = self.used.get_mut(&id) {
            return window.take(count);
        }
        if self.forgotten.is_some_and(|forgotten| id <= forgotten) {
            return false;
        }
        self.used.insert(id, Window { highest: count, bits: 1 });
        if self.used.len() > self.limit {
            self.forgotten = self.used.pop_first().map(|(oldest, _)| oldest);
        }
        // With the table full of newer ones it may have been itself that was forgotten; this once it is taken.
        true
    }

    /// Forgets nonces that are refused for their age anyway.
    pub(super) fn expire(&mut self, now: Duration, lifetime: Duration) {
        while let Some(oldest) = self.used.first_entry() {
            if !oldest.key().is_expired(now, lifetime) {
                return;
            }
            // Their age alone does not refuse them for good: the clock may be set back.
            self.forgotten = Some(oldest.remove_entry().0);
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.used.len()
    }
}

impl Window {
    /// Requests overtake each other on their way, so counts come a little out of order.
    fn take(&mut self, count: u32) -> bool {
        if count > self.highest {
            self.bits = self.bits.checked_shl(count - self.highest).unwrap_or(0) | 1;
            self.highest = count;
            return true;
        }
        let behind = self.highest - count;
        let Some(bit) = 1u64.checked_shl(behind) else { return false };
        let fresh = self.bits & bit == 0;
        self.bits |= bit;
        fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(made: u64) -> NonceId {
        NonceId { made, serial: 1 }
    }

    #[test]
    fn each_count_is_taken_once_also_out_of_order() {
        let mut replays = Replays::new(8);
        let order = [1, 3, 2, 70, 68, 7, 71];
        assert!(order.iter().all(|count| replays.take(id(1), *count)));

        assert!(order.iter().all(|count| !replays.take(id(1), *count)));
        assert!(!replays.take(id(1), 6), "too far behind to be remembered");
        assert!(replays.take(id(1), u32::MAX));
        assert!(!replays.take(id(1), u32::MAX));
    }

    #[test]
    fn what_is_forgotten_is_never_taken_again() {
        let mut replays = Replays::new(2);
        for made in 1..=3 {
            assert!(replays.take(id(made), 1));
        }

        assert_eq!(replays.len(), 2);
        assert!(!replays.take(id(1), 1), "replayed after it was pushed out");
        assert!(!replays.take(id(1), 2));
        assert!(replays.take(id(2), 2));
        assert!(replays.take(id(3), 2));
    }

    #[test]
    fn an_old_nonce_used_first_when_the_table_is_full_is_taken_once() {
        let mut replays = Replays::new(2);
        assert!(replays.take(id(5), 1) && replays.take(id(6), 1));

        assert!(replays.take(id(4), 1));
        assert!(!replays.take(id(4), 1));
    }

    #[test]
    fn expired_nonces_leave_and_do_not_come_back_with_the_clock() {
        let mut replays = Replays::new(8);
        replays.take(id(0), 1);
        replays.take(id(60_000), 1);

        replays.expire(Duration::from_secs(61), Duration::from_secs(30));

        assert_eq!(replays.len(), 1);
        assert!(!replays.take(id(0), 1));
    }
}

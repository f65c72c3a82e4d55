//! The 48-bit packet index and the memory of those already seen (RFC 3711 §3.3.1, §3.3.2, appendix A).

/// How many bits of the past a window remembers.
const BITS: u64 = 1024;
const WORDS: usize = (BITS / 64) as usize;

/// How far behind the newest index another may be. One word less than is kept, because words are cleared whole
/// as the window moves on (RFC 6479). Late retransmissions over a satellite fit in.
pub(super) const WINDOW: u64 = BITS - 64;

/// The largest index of an RTP packet: 32 bits of rollover counter, 16 bits of sequence number.
const MAX_INDEX: u64 = (1 << 48) - 1;

/// The indices of one source that have been used.
#[derive(Debug)]
pub(super) struct ReplayWindow {
    newest: u64,
    seen: [u64; WORDS],
}

impl ReplayWindow {
    /// Begins with the first index.
    pub(super) fn starting_at(index: u64) -> Self {
        let mut window = Self { newest: index, seen: [0; WORDS] };
        window.set(index);
        window
    }

    /// The index that a packet with this sequence number most likely has: the one nearest to the newest.
    /// `None` if that would lie before the first or after the last index there can be.
    pub(super) fn estimate(&self, seq: u16) -> Option<u64> {
        let ahead = seq.wrapping_sub(self.newest as u16) as i16;
        let index = self.newest.checked_add_signed(i64::from(ahead))?;
        (index <= MAX_INDEX).then_some(index)
    }

    /// Whether the index has not been used, as far as we remember; what we have forgotten counts as used.
    pub(super) fn is_fresh(&self, index: u64) -> bool {
        index > self.newest || (self.newest - index < WINDOW && !self.is_set(index))
    }

    /// Remembers a fresh index.
    pub(super) fn insert(&mut self, index: u64) {
        if index > self.newest {
            let words = (index / 64 - self.newest / 64).min(WORDS as u64);
            for word in 0..words {
                self.seen[((index / 64 - word) as usize) % WORDS] = 0;
            }
            self.newest = index;
        }
        self.set(index);
    }

    fn set(&mut self, index: u64) {
        self.seen[(index / 64) as usize % WORDS] |= 1 << (index % 64);
    }

    fn is_set(&self, index: u64) -> bool {
        self.seen[(index / 64) as usize % WORDS] & (1 << (index % 64)) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_follows_the_sequence_number_over_the_rollover_and_back() {
        let mut window = ReplayWindow::starting_at(65_534);

        assert_eq!(window.estimate(0), Some(65_536));
        window.insert(65_536);
        assert_eq!(window.estimate(65_535), Some(65_535));
        assert_eq!(window.estimate(1), Some(65_537));
        assert_eq!(window.estimate(0x7FFF), Some(0x1_7FFF));
    }

    #[test]
    fn there_is_no_index_before_the_first_nor_after_the_last() {
        assert_eq!(ReplayWindow::starting_at(3).estimate(65_535), None);
        assert_eq!(ReplayWindow::starting_at(MAX_INDEX).estimate(0), None);
    }

    #[test]
    fn every_index_is_fresh_once_whatever_the_order() {
        let mut window = ReplayWindow::starting_at(5_000);
        for index in [5_003, 5_001, 5_960, 5_002, 5_064, 5_063, 6_900, 6_899] {
            assert!(window.is_fresh(index), "{index} is new");
            window.insert(index);
            assert!(!window.is_fresh(index), "{index} is known");
        }
    }

    #[test]
    fn indices_older_than_the_window_are_not_fresh() {
        let mut window = ReplayWindow::starting_at(0);
        window.insert(10_000);

        assert!(window.is_fresh(10_000 - WINDOW + 1));
        assert!(!window.is_fresh(10_000 - WINDOW));
        assert!(!window.is_fresh(0));
    }

    #[test]
    fn a_window_agrees_with_a_plain_set() {
        let mut window = ReplayWindow::starting_at(0);
        let mut set = std::collections::HashSet::from([0]);
        let (mut newest, mut state) = (0, 1_u64);
        for _ in 0..50_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let index = (newest + (state >> 33) % 60).saturating_sub((state >> 45) % 1_100);
            let fresh = index > newest || (newest - index < WINDOW && !set.contains(&index));

            assert_eq!(window.is_fresh(index), fresh, "{index} with newest {newest}");
            if fresh {
                window.insert(index);
                set.insert(index);
                newest = newest.max(index);
            }
        }
    }
}

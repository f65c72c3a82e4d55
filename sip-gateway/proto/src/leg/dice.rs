//! Numbers that two colliding sides choose differently.

use std::time::Duration;

/// Steele, Lea and Flood's SplitMix64: nothing secret comes out of it.
#[derive(Clone)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// One of the durations from the first to the last, in steps of 10 ms as RFC 3261 §14.1 has them.
    pub(super) fn between(&mut self, first: Duration, last: Duration) -> Duration {
        let steps = (last - first).as_millis() as u64 / 10 + 1;
        first + Duration::from_millis(self.next() % steps * 10)
    }

    /// A number to begin with, far from the end of its range.
    pub(super) fn beginning(&mut self) -> u32 {
        self.below(1 << 20) + 1
    }

    /// One of that many numbers from zero on.
    pub(super) fn below(&mut self, count: u32) -> u32 {
        (self.next() % u64::from(count)) as u32
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

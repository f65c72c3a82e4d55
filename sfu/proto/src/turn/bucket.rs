//! A bucket of tokens that fills with time: how much, and how much of it at once.

use std::time::{Duration, Instant};

/// What flows into a bucket in a second, and how much it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Tokens a second.
    pub per_second: u64,
    /// Tokens at most.
    pub burst: u64,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Bucket {
    level: u64,
    filled_at: Instant,
}

impl Bucket {
    pub(super) fn full(now: Instant, rate: Rate) -> Self {
        Self { level: rate.burst, filled_at: now }
    }

    /// Takes so many tokens, if there are as many.
    pub(super) fn take(&mut self, now: Instant, rate: Rate, tokens: u64) -> bool {
        self.fill(now, rate);
        match self.level.checked_sub(tokens) {
            Some(left) => {
                self.level = left;
                true
            }
            None => false,
        }
    }

    pub(super) fn is_full(&mut self, now: Instant, rate: Rate) -> bool {
        self.fill(now, rate);
        self.level == rate.burst
    }

    fn fill(&mut self, now: Instant, rate: Rate) {
        let elapsed = now.saturating_duration_since(self.filled_at);
        let tokens = elapsed.as_nanos() * u128::from(rate.per_second) / NANOS;
        if tokens == 0 {
            return;
        }
        let level = u128::from(self.level) + tokens;
        self.level = level.min(u128::from(rate.burst)) as u64;
        // What was not worth a whole token goes on counting.
        let used = tokens * NANOS / u128::from(rate.per_second);
        self.filled_at += Duration::from_nanos(u64::try_from(used).unwrap_or(u64::MAX));
    }
}

const NANOS: u128 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_only_what_flows_in() {
        let rate = Rate { per_second: 1000, burst: 500 };
        let start = Instant::now();
        let mut bucket = Bucket::full(start, rate);

        assert!(bucket.take(start, rate, 500));
        assert!(!bucket.take(start, rate, 1));
        assert!(bucket.take(start + Duration::from_millis(100), rate, 100));
        assert!(!bucket.take(start + Duration::from_millis(100), rate, 1));
        assert!(bucket.is_full(start + Duration::from_secs(3600), rate));
    }

    #[test]
    fn asking_often_neither_gains_nor_loses_tokens() {
        let rate = Rate { per_second: 3, burst: 10 };
        let start = Instant::now();
        let mut bucket = Bucket::full(start, rate);
        assert!(bucket.take(start, rate, 10));
        let granted =
            (1..=10_000).filter(|ms| bucket.take(start + Duration::from_millis(*ms), rate, 1)).count();
        assert_eq!(granted, 30);
    }
}

//! How unevenly packets come: a fading histogram of their delays against the fastest of the last seconds.

use std::time::{Duration, Instant};

/// Estimates the delay that catches nearly all packets.
#[derive(Debug, Clone)]
pub(super) struct DelayEstimator {
    min: Duration,
    max: Duration,
    /// Where both clocks are zero.
    origin: Option<Instant>,
    /// The fastest transit of this window and of the one before, in microseconds; two clocks drift apart.
    fastest: [i64; 2],
    window_ends: Option<Instant>,
    /// Shares of packets by delay.
    shares: [f32; BINS],
    observed: u32,
    target: Duration,
}

impl DelayEstimator {
    pub(super) fn new(min: Duration, max: Duration) -> Self {
        Self {
            min,
            max: max.max(min),
            origin: None,
            fastest: [i64::MAX; 2],
            window_ends: None,
            shares: [0.0; BINS],
            observed: 0,
            target: min,
        }
    }

    /// Another time line begins; the path and its unevenness are the same.
    pub(super) fn restart(&mut self) {
        (self.origin, self.fastest, self.window_ends) = (None, [i64::MAX; 2], None);
    }

    /// Learns from a packet with a media time in microseconds.
    pub(super) fn observe(&mut self, now: Instant, media_time: i64) {
        let origin = *self.origin.get_or_insert(now);
        let transit = now.saturating_duration_since(origin).as_micros() as i64 - media_time;
        let window_ends = *self.window_ends.get_or_insert(now + WINDOW);
        if now >= window_ends {
            self.fastest = [i64::MAX, self.fastest[0]];
            self.window_ends = Some(now + WINDOW);
        }
        self.fastest[0] = self.fastest[0].min(transit);

        let delay = self.relative(now, media_time);
        let bin = (delay.as_millis() / BIN_MILLIS) as usize;
        self.observed = self.observed.saturating_add(1);
        // Learn quickly in the beginning.
        let weight = (1.0 / self.observed as f32).max(1.0 - MEMORY);
        for share in &mut self.shares {
            *share *= 1.0 - weight;
        }
        self.shares[bin.min(BINS - 1)] += weight;
        self.target = self.quantile().clamp(self.min, self.max);
    }

    /// How late a media time is now, against the fastest packets.
    pub(super) fn relative(&self, now: Instant, media_time: i64) -> Duration {
        let Some(origin) = self.origin else { return Duration::ZERO };
        let transit = now.saturating_duration_since(origin).as_micros() as i64 - media_time;
        let fastest = self.fastest[0].min(self.fastest[1]);
        Duration::from_micros(transit.saturating_sub(fastest).max(0) as u64)
    }

    pub(super) fn target(&self) -> Duration {
        self.target
    }

    fn quantile(&self) -> Duration {
        let mut beyond = 0.0;
        let above = self.shares.iter().rposition(|share| {
            beyond += share;
            beyond > 1.0 - CAUGHT
        });
        Duration::from_millis((above.unwrap_or(0) as u64 + 1) * BIN_MILLIS as u64)
    }
}

const BIN_MILLIS: u128 = 10;
/// Up to 1.2 s.
const BINS: usize = 120;
/// What of the past remains after each packet: some six seconds.
const MEMORY: f32 = 0.9967;
/// The share of packets that should come in time.
const CAUGHT: f32 = 0.985;
const WINDOW: Duration = Duration::from_secs(10);

//! One reading of the clock, in the units of the packet path.

use std::time::{Duration, Instant};

/// Now, read once for a packet and all its copies.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The reading itself.
    pub now: Instant,
    /// Microseconds since the conference began.
    pub micros: u64,
}

impl Moment {
    /// Now, in a conference that began at `epoch`.
    #[must_use]
    pub fn new(now: Instant, epoch: Instant) -> Self {
        let micros = now.saturating_duration_since(epoch).as_micros() as u64;
        Self { now, micros }
    }

    /// The same as the `abs-send-time` extension wants it: seconds in 6.18 fixed point.
    #[must_use]
    pub fn abs_send_time(self) -> u32 {
        ((u128::from(self.micros) << 18) / 1_000_000) as u32 & 0x00ff_ffff
    }

    /// Milliseconds since the conference began; wraps after 49 days.
    #[must_use]
    pub fn millis(self) -> u32 {
        (self.micros / 1_000) as u32
    }
}

/// How far a media clock moves in a time; wraps as RTP timestamps do.
#[must_use]
pub fn media_ticks(elapsed: Duration, clock_rate: u32) -> u32 {
    (elapsed.as_micros() * u128::from(clock_rate) / 1_000_000) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_send_time_counts_seconds_in_its_upper_six_bits() {
        let start = Instant::now();
        let at = |seconds| Moment::new(start + Duration::from_millis(seconds), start).abs_send_time();

        assert_eq!(at(1_500), 1 << 18 | 1 << 17);
        assert_eq!(at(64_000), 0);
    }

    #[test]
    fn media_clocks_tick_at_their_rate() {
        assert_eq!(media_ticks(Duration::from_millis(20), 48_000), 960);
        assert_eq!(media_ticks(Duration::from_millis(100), 90_000), 9_000);
    }
}

//! Measures a bitrate over some seconds, so that a keyframe does not look like a change of mind.

use std::time::{Duration, Instant};

use crate::bandwidth::Bitrate;

/// A bitrate, smoothed over windows of a second.
#[derive(Debug, Clone, Copy, Default)]
pub struct RateMeter {
    window: Option<Instant>,
    bytes: u64,
    rate: Option<Bitrate>,
}

impl RateMeter {
    /// Counts bytes that passed.
    pub fn count(&mut self, now: Instant, bytes: usize) {
        let window = *self.window.get_or_insert(now);
        let elapsed = now.saturating_duration_since(window);
        if elapsed >= WINDOW {
            let fresh = Bitrate::of(self.bytes, elapsed);
            // A pause makes the past meaningless.
            let past = self.rate.filter(|_| elapsed < 4 * WINDOW);
            self.rate = Some(past.map_or(fresh, |past| Bitrate((3 * past.0 + fresh.0) / 4)));
            self.window = Some(now);
            self.bytes = 0;
        }
        self.bytes += bytes as u64;
    }

    /// The rate, once a window is full.
    #[must_use]
    pub fn rate(&self) -> Option<Bitrate> {
        self.rate
    }
}

const WINDOW: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_flow_measures_as_it_is() {
        let start = Instant::now();
        let mut meter = RateMeter::default();
        assert_eq!(meter.rate(), None);

        for packet in 0..400 {
            meter.count(start + Duration::from_millis(10 * packet), 1_250);
        }

        assert_eq!(meter.rate(), Some(Bitrate::kbps(1_000)));
    }

    #[test]
    fn a_pause_does_not_weigh_in_what_was_before() {
        let start = Instant::now();
        let mut meter = RateMeter::default();
        for packet in 0..400 {
            meter.count(start + Duration::from_millis(10 * packet), 1_250);
        }

        meter.count(start + Duration::from_secs(60), 100);

        assert!(meter.rate().expect("measured") < Bitrate::kbps(20));
    }
}

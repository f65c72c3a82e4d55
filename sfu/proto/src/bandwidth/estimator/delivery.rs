//! How fast packets are delivered, and how many are not.

use std::time::{Duration, Instant};

use super::Fate;
use crate::bandwidth::Bitrate;

/// Delivery over windows of half a second.
#[derive(Debug, Default)]
pub(super) struct Delivery {
    window: Option<Instant>,
    bytes: u64,
    delivered: u32,
    lost: u32,
    last: Option<Window>,
}

/// What a full window tells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Window {
    /// The rate at which packets arrived.
    pub(super) rate: Bitrate,
    /// The fraction lost.
    pub(super) loss: f32,
}

impl Delivery {
    /// Counts packets and returns a window that has become full.
    pub(super) fn update(&mut self, now: Instant, fates: &[Fate]) -> Option<Window> {
        let window = *self.window.get_or_insert(now);
        for fate in fates {
            if fate.arrival.is_some() {
                self.delivered += 1;
                self.bytes += u64::from(fate.size);
            } else {
                self.lost += 1;
            }
        }

        let elapsed = now.saturating_duration_since(window);
        let packets = self.delivered + self.lost;
        if elapsed < WINDOW || packets < MIN_PACKETS {
            return None;
        }
        self.last =
            Some(Window { rate: Bitrate::of(self.bytes, elapsed), loss: self.lost as f32 / packets as f32 });
        (self.window, self.bytes, self.delivered, self.lost) = (Some(now), 0, 0, 0);
        self.last
    }

    /// The rate of the last full window.
    pub(super) fn rate(&self) -> Option<Bitrate> {
        self.last.map(|window| window.rate)
    }
}

const WINDOW: Duration = Duration::from_millis(500);
/// Fewer say nothing about a fraction.
const MIN_PACKETS: u32 = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_tells_rate_and_loss() {
        let start = Instant::now();
        let mut delivery = Delivery::default();
        let arrived = Fate { departure: 0, arrival: Some(0), size: 1_250 };
        let lost = Fate { arrival: None, ..arrived };

        assert_eq!(delivery.update(start, &[lost; 5]), None);
        assert_eq!(delivery.update(start + WINDOW / 2, &[arrived; 45]), None);
        let window = delivery.update(start + WINDOW, &[arrived; 50]).expect("full");

        assert_eq!(window.rate, Bitrate::kbps(1_900));
        assert_eq!(window.loss, 0.05);
    }
}

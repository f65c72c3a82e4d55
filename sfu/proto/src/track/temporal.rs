//! Temporal layers: how many frames a second each gives, and dropping the higher ones for viewers who want fewer.

use std::time::{Duration, Instant};

/// Frames per second of each temporal layer of a stream.
#[derive(Debug, Clone, Copy, Default)]
pub struct LayerRates {
    window: Option<Instant>,
    frame: Option<u32>,
    frames: [u16; LAYERS],
    rates: Option<[f32; LAYERS]>,
}

impl LayerRates {
    /// Counts a packet of a frame.
    pub fn count(&mut self, now: Instant, timestamp: u32, layer: u8) {
        if self.frame == Some(timestamp) {
            return;
        }
        self.frame = Some(timestamp);

        let window = *self.window.get_or_insert(now);
        let elapsed = now.saturating_duration_since(window);
        if elapsed >= WINDOW {
            let seconds = elapsed.as_secs_f32();
            self.rates = Some(self.frames.map(|frames| f32::from(frames) / seconds));
            self.frames = [0; LAYERS];
            self.window = Some(now);
        }
        self.frames[usize::from(layer) % LAYERS] += 1;
    }

    /// The highest layer whose frames, with all below it, stay within a rate; all if there is no limit or no
    /// measurement. A fifth more is forgiven, since cameras are inexact.
    #[must_use]
    pub fn highest_within(&self, fps: u8) -> u8 {
        let (Some(rates), 1..) = (self.rates, fps) else {
            return u8::MAX;
        };
        let limit = f32::from(fps) * 1.2;
        let mut sum = rates[0];
        let above = (1..LAYERS).take_while(|&layer| {
            sum += rates[layer];
            sum <= limit
        });
        above.last().unwrap_or(0) as u8
    }
}

/// Decides frame by frame which temporal layers pass.
#[derive(Debug, Clone, Copy)]
pub struct TemporalFilter {
    wanted: u8,
    limit: u8,
    frame: Option<u32>,
}

impl Default for TemporalFilter {
    fn default() -> Self {
        Self { wanted: u8::MAX, limit: u8::MAX, frame: None }
    }
}

impl TemporalFilter {
    /// Changes the highest wanted layer. It takes effect where a decoder can follow.
    pub fn want(&mut self, layer: u8) {
        self.wanted = layer;
    }

    /// Begins with a keyframe, at which everything can change.
    pub fn restart(&mut self, timestamp: u32) {
        self.limit = self.wanted;
        self.frame = Some(timestamp);
    }

    /// Whether a packet passes.
    pub fn passes(&mut self, timestamp: u32, layer: u8, sync: bool) -> bool {
        let later = self.frame.is_none_or(|frame| (timestamp.wrapping_sub(frame) as i32) > 0);
        if later {
            self.frame = Some(timestamp);
            if self.wanted < self.limit {
                self.limit = self.wanted;
            } else if layer > self.limit && layer <= self.wanted && sync {
                self.limit = layer;
            }
        }
        layer <= self.limit
    }
}

const LAYERS: usize = 4;
const WINDOW: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_chosen_by_their_measured_frame_rates() {
        let start = Instant::now();
        let mut rates = LayerRates::default();
        assert_eq!(rates.highest_within(8), u8::MAX, "not measured yet");

        for frame in 0..70_u32 {
            let layer = [0, 2, 1, 2][frame as usize % 4];
            rates.count(start + Duration::from_millis(33) * frame, frame, layer);
        }

        assert_eq!(rates.highest_within(30), 3);
        assert_eq!(rates.highest_within(15), 1);
        assert_eq!(rates.highest_within(8), 0);
        assert_eq!(rates.highest_within(1), 0);
        assert_eq!(rates.highest_within(0), u8::MAX);
    }

    #[test]
    fn a_lower_limit_takes_effect_at_the_next_frame() {
        let mut filter = TemporalFilter::default();
        assert!(filter.passes(1, 2, false));

        filter.want(0);

        assert!(filter.passes(1, 2, false), "the frame goes on");
        assert!(!filter.passes(2, 1, false));
        assert!(filter.passes(3, 0, false));
    }

    #[test]
    fn climbing_waits_for_a_frame_that_depends_on_the_lowest_layer_only() {
        let mut filter = TemporalFilter::default();
        filter.want(0);
        filter.passes(1, 0, false);
        filter.want(u8::MAX);

        assert!(!filter.passes(2, 1, false));
        assert!(filter.passes(3, 1, true));
        assert!(!filter.passes(4, 2, false));
        assert!(filter.passes(5, 2, true));
    }
}

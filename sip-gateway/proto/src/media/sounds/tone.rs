//! Tones of the telephone network (ITU-T E.180), those of France.

use std::f64::consts::TAU;

/// A tone and the rhythm it has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tone {
    /// What is heard, one after the other.
    pub steps: &'static [Step],
    /// Whether it begins again at its end, or is silent from there on.
    pub repeats: bool,
}

/// One frequency, or a pause.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// In hertz; 0 is a pause.
    pub frequency: u32,
    /// How long it lasts.
    pub millis: u32,
}

/// What a caller hears while the other side rings.
pub const RINGBACK: Tone = Tone { steps: &[on(440, 1_500), pause(3_500)], repeats: true };

/// The other side is busy.
pub const BUSY: Tone = Tone { steps: &[on(440, 500), pause(500)], repeats: true };

/// The three rising notes before an announcement, which say that the number leads nowhere (E.180 §6.7).
pub const UNOBTAINABLE: Tone =
    Tone { steps: &[on(950, 330), on(1_400, 330), on(1_800, 330), pause(1_000)], repeats: true };

/// Three short notes: it was done.
pub const CONFIRMATION: Tone =
    Tone { steps: &[on(440, 100), pause(100), on(440, 100), pause(100), on(440, 100)], repeats: false };

const fn on(frequency: u32, millis: u32) -> Step {
    Step { frequency, millis }
}

const fn pause(millis: u32) -> Step {
    Step { frequency: 0, millis }
}

/// Plays a tone at one sampling rate.
#[derive(Debug, Clone)]
pub struct TonePlayer {
    tone: Tone,
    rate: u32,
    step: usize,
    /// Samples of this step that were played.
    played: u32,
    /// A point that turns on the unit circle, and by how much it turns with each sample.
    point: (f64, f64),
    turn: (f64, f64),
}

impl TonePlayer {
    /// A tone from its beginning.
    #[must_use]
    pub fn new(tone: Tone, rate: u32) -> Self {
        let mut player = Self { tone, rate, step: 0, played: 0, point: (1.0, 0.0), turn: (1.0, 0.0) };
        player.begin_step();
        player
    }

    /// Fills a frame.
    pub fn fill(&mut self, samples: &mut [i16]) {
        for sample in samples {
            *sample = self.next_sample();
        }
    }

    /// Whether nothing but silence follows.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.step >= self.tone.steps.len()
    }

    fn next_sample(&mut self) -> i16 {
        let Some(step) = self.tone.steps.get(self.step) else { return 0 };
        let len = step.millis * (self.rate / 1_000);
        let sample = if step.frequency == 0 {
            0.0
        } else {
            // A tone that is switched on clicks.
            let edge = (self.rate / 1_000 * FADE_MILLIS).max(1);
            let fade = f64::from(self.played.min(len - self.played).min(edge)) / f64::from(edge);
            self.point.1 * AMPLITUDE * fade
        };
        let ((x, y), (cos, sin)) = (self.point, self.turn);
        self.point = (x * cos - y * sin, x * sin + y * cos);

        self.played += 1;
        if self.played >= len {
            self.step += 1;
            if self.is_over() && self.tone.repeats {
                self.step = 0;
            }
            self.begin_step();
        }
        sample as i16
    }

    fn begin_step(&mut self) {
        self.played = 0;
        let frequency = self.tone.steps.get(self.step).map_or(0, |step| step.frequency);
        let (sin, cos) = (TAU * f64::from(frequency) / f64::from(self.rate)).sin_cos();
        (self.point, self.turn) = ((1.0, 0.0), (cos, sin));
    }
}

/// 16 dB below the loudest sine: -13 dBm0, as switchboards play it.
const AMPLITUDE: f64 = 32_767.0 * 0.158;
const FADE_MILLIS: u32 = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::testing::{amplitude, largest_step, rms};

    #[test]
    fn ringback_is_one_second_and_a_half_of_440_hertz_every_five() {
        for rate in [8_000, 16_000, 48_000] {
            let sound = played(RINGBACK, rate, 10_000);
            let second = rate as usize;

            for start in [0, 5 * second] {
                let heard = &sound[start + second / 100..start + second * 149 / 100];
                let level = 20.0 * amplitude(heard, rate, 440.0).log10();
                assert!((level + 16.0).abs() < 0.5, "{level} dB at {rate}");
            }
            assert!(sound[second * 3 / 2..5 * second].iter().all(|&sample| sample == 0));
        }
    }

    #[test]
    fn the_unobtainable_tone_rises() {
        let sound = played(UNOBTAINABLE, 8_000, 990);
        for (at, frequency) in [950.0, 1_400.0, 1_800.0].into_iter().enumerate() {
            let part = &sound[at * 2_640 + 320..(at + 1) * 2_640 - 320];
            assert!(amplitude(part, 8_000, frequency) > 0.15, "{frequency}");
        }
    }

    #[test]
    fn a_confirmation_ends() {
        let mut player = TonePlayer::new(CONFIRMATION, 16_000);
        let mut frame = [0; 320];
        let mut frames = 0;
        while !player.is_over() {
            player.fill(&mut frame);
            frames += 1;
        }
        assert_eq!(frames, 25);
        player.fill(&mut frame);
        assert_eq!(rms(&frame), 0.0);
    }

    #[test]
    fn nothing_clicks() {
        let sound = played(BUSY, 8_000, 3_000);
        // The steepest that a sine of this level can be.
        assert!(f64::from(largest_step(&sound)) < AMPLITUDE * TAU * 440.0 / 8_000.0 + 2.0);
    }

    fn played(tone: Tone, rate: u32, millis: usize) -> Vec<i16> {
        let mut sound = vec![0; rate as usize / 1_000 * millis];
        let mut player = TonePlayer::new(tone, rate);
        for frame in sound.chunks_mut(rate as usize / 50) {
            player.fill(frame);
        }
        sound
    }
}

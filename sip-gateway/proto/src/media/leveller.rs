//! Brings voices to one loudness: a slow hand at the fader, which leaves noise where it is.

/// The fader of one voice.
#[derive(Debug, Clone)]
pub struct Leveller {
    /// Mean square of its speech, slowly following.
    speech: f32,
    /// Mean square of what is there when nobody speaks.
    floor: f32,
    gain: f32,
}

impl Leveller {
    /// A fader that leaves the voice as it is until it has heard some of it.
    #[must_use]
    pub fn new() -> Self {
        Self { speech: 0.0, floor: QUIET, gain: 1.0 }
    }

    /// Evens a frame of 10 to 60 ms.
    pub fn even(&mut self, frame: &mut [i16]) {
        let Some(len) = std::num::NonZero::new(frame.len()) else { return };
        let sum: f32 = frame.iter().map(|&sample| f32::from(sample) * f32::from(sample)).sum();
        let power = sum / len.get() as f32;
        let wanted = self.listen(power);

        let step = (wanted - self.gain) / len.get() as f32;
        if step == 0.0 && self.gain == 1.0 {
            return;
        }
        for sample in frame {
            self.gain += step;
            *sample = (f32::from(*sample) * self.gain) as i16; // saturates
        }
        self.gain = wanted;
    }

    /// Learns from a frame's power, and says what its gain is to be at its end.
    fn listen(&mut self, power: f32) -> f32 {
        // The floor falls at once and rises slowly: pauses show it.
        self.floor = power.max(QUIET).min(self.floor * FLOOR_RISE);
        if power < QUIET || power < self.floor * ABOVE_FLOOR {
            return self.gain;
        }
        let share = if self.speech == 0.0 { 1.0 } else { FOLLOW };
        self.speech += (power - self.speech) * share;

        let wanted = (TARGET / self.speech.sqrt()).clamp(LEAST, MOST);
        // Within a few dB all is well, and a voice keeps its own dynamics.
        if (1.0 / NEAR..NEAR).contains(&(wanted / self.gain)) {
            return self.gain;
        }
        let gain = wanted.clamp(self.gain / STEP, self.gain * STEP);
        // Never so much that the peaks are cut: speech has some 12 dB of them.
        gain.min(PEAK / power.sqrt()).max(LEAST)
    }
}

impl Default for Leveller {
    fn default() -> Self {
        Self::new()
    }
}

/// The effective value voices are brought to: 24 dB below overload.
const TARGET: f32 = 2_067.0;
const PEAK: f32 = 8_231.0;
/// -55 dB: no speech.
const QUIET: f32 = 58.0 * 58.0;
/// Speech is 9 dB above the noise.
const ABOVE_FLOOR: f32 = 8.0;
/// 1 dB a second, at 50 frames.
const FLOOR_RISE: f32 = 1.0046;
/// A memory of two seconds of speech.
const FOLLOW: f32 = 0.01;
/// ±12 dB.
const LEAST: f32 = 0.25;
const MOST: f32 = 4.0;
/// 2 dB.
const NEAR: f32 = 1.26;
/// 3 dB a second.
const STEP: f32 = 1.0069;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::testing::{Random, largest_step, rms, tone};

    #[test]
    fn a_quiet_and_a_loud_voice_come_to_the_same_level() {
        for level in [-33.0, -27.0, -21.0, -14.0, -9.0] {
            let heard = evened(level, 15);
            let last = &heard[heard.len() - 48_000..];
            // A quarter of it is pauses.
            let decibels = 20.0 * (rms(last) / (2_067.0 * 0.75f64.sqrt())).log10();
            assert!(decibels.abs() < 2.6, "{level} dB became {decibels:+.1} dB from the target");
        }
    }

    #[test]
    fn a_voice_that_is_too_quiet_to_be_one_is_not_raised() {
        let heard = evened(-60.0, 10);
        assert_eq!(heard[240_000..], speech(-60.0, 10)[240_000..]);
    }

    #[test]
    fn the_fader_moves_without_a_click() {
        let heard = evened(-33.0, 10);
        assert!(largest_step(&heard) <= 4 * largest_step(&speech(-33.0, 1)) + 1);
    }

    #[test]
    fn any_sound_is_taken() {
        let mut random = Random(3);
        let mut leveller = Leveller::new();
        for _ in 0..2_000 {
            let mut frame: Vec<i16> = (0..random.next() % 960).map(|_| random.next() as i16).collect();
            leveller.even(&mut frame);
            assert!(leveller.gain.is_finite());
        }
    }

    /// Syllables: a tone that comes and goes.
    fn speech(level: f64, seconds: usize) -> Vec<i16> {
        let mut sound = tone(48_000, 300.0, level, seconds * 48_000);
        for (at, sample) in sound.iter_mut().enumerate() {
            if at / 9_600 % 4 == 3 {
                *sample /= 256;
            }
        }
        sound
    }

    fn evened(level: f64, seconds: usize) -> Vec<i16> {
        let mut leveller = Leveller::new();
        let mut sound = speech(level, seconds);
        for frame in sound.chunks_mut(960) {
            leveller.even(frame);
        }
        sound
    }
}

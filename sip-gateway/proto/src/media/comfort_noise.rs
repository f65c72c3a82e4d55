//! Comfort noise (RFC 3389): what is heard while the other side sends nothing.
//!
//! The payload is one octet of level, then reflection coefficients of an all-pole filter that colours white noise.

use super::level::AudioLevel;

/// Makes noise as the last description of it says.
#[derive(Debug, Clone)]
pub struct ComfortNoise {
    random: u32,
    /// The gain now, and where it is going: a jump would be heard.
    gain: f32,
    target: f32,
    order: usize,
    reflection: [f32; MAX_ORDER],
    state: [f32; MAX_ORDER],
}

impl ComfortNoise {
    /// Silence, until a description comes. Two sources need different seeds.
    #[must_use]
    pub fn new(seed: u32) -> Self {
        let random = seed | 1;
        Self {
            random,
            gain: 0.0,
            target: 0.0,
            order: 0,
            reflection: [0.0; MAX_ORDER],
            state: [0.0; MAX_ORDER],
        }
    }

    /// Takes a description; an empty one is none.
    pub fn handle_payload(&mut self, payload: &[u8]) {
        let Some((&level, coefficients)) = payload.split_first() else { return };
        // A higher order than ours is cut: the filter stays stable, its colour becomes coarser.
        self.order = coefficients.len().min(MAX_ORDER);
        for (k, &octet) in self.reflection.iter_mut().zip(coefficients) {
            // RFC 3389 §3.2; full reflection would ring for ever.
            *k = ((f32::from(octet) - 127.0) / 128.0).clamp(-MAX_REFLECTION, MAX_REFLECTION);
        }
        // Louder than speech it comforts nobody.
        let rms = AudioLevel::new((level & 0x7F).max(LOUDEST)).rms();
        let power_of_filter: f32 = self.reflection[..self.order].iter().map(|k| 1.0 - k * k).product();
        self.target = rms * power_of_filter.max(0.0).sqrt();
    }

    /// Falls silent: speech is back.
    pub fn reset(&mut self) {
        (self.gain, self.target, self.state) = (0.0, 0.0, [0.0; MAX_ORDER]);
    }

    /// Fills a frame.
    pub fn fill(&mut self, samples: &mut [i16]) {
        let step = (self.target - self.gain) / samples.len().max(1) as f32;
        for sample in samples {
            self.gain += step;
            let white = self.white() * self.gain;
            *sample = self.colour(white).clamp(-32_768.0, 32_767.0) as i16;
        }
        self.gain = self.target;
    }

    /// Even noise of unit power.
    fn white(&mut self) -> f32 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 17;
        self.random ^= self.random << 5;
        (self.random as i32 as f32) * (3f32.sqrt() / 2_147_483_648.0)
    }

    /// The lattice form of the filter: stable for every coefficient below one.
    fn colour(&mut self, white: f32) -> f32 {
        let mut forward = white;
        for at in (0..self.order).rev() {
            let k = self.reflection[at];
            forward -= k * self.state[at];
            if at + 1 < self.order {
                self.state[at + 1] = self.state[at] + k * forward;
            }
        }
        if self.order > 0 {
            self.state[0] = forward;
        }
        forward
    }
}

/// Describes a noise of our side: its level only, which every receiver understands.
#[must_use]
pub fn describe(level: AudioLevel) -> [u8; 1] {
    [level.below_overload()]
}

const MAX_ORDER: usize = 12;
const MAX_REFLECTION: f32 = 0.98;
/// Below overload, in dB.
const LOUDEST: u8 = 30;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::testing::{Random, largest_step};

    #[test]
    fn noise_has_the_level_that_was_asked_for_coloured_or_not() {
        for payload in [&[50][..], &[50, 127, 127], &[50, 30, 180, 110]] {
            let mut noise = ComfortNoise::new(1);
            noise.handle_payload(payload);
            let mut samples = [0; 16_000];
            noise.fill(&mut [0; 160]);
            noise.fill(&mut samples);

            let level = AudioLevel::of(&samples).below_overload();
            assert!(level.abs_diff(50) <= 1, "{payload:?} gives {level}");
        }
    }

    #[test]
    fn coefficients_colour_the_noise() {
        let smooth = {
            let mut noise = ComfortNoise::new(1);
            noise.handle_payload(&[40, 10]);
            let mut samples = [0; 8_000];
            noise.fill(&mut samples);
            largest_step(&samples)
        };
        let white = {
            let mut noise = ComfortNoise::new(1);
            noise.handle_payload(&[40]);
            let mut samples = [0; 8_000];
            noise.fill(&mut samples);
            largest_step(&samples)
        };

        assert!(2 * smooth < white, "{smooth} against {white}");
    }

    #[test]
    fn it_begins_without_a_click_and_ends_in_silence() {
        let mut noise = ComfortNoise::new(9);
        let mut samples = [0; 160];
        noise.fill(&mut samples);
        assert_eq!(samples, [0; 160]);

        noise.handle_payload(&describe(AudioLevel::new(45)));
        noise.fill(&mut samples);
        assert!(samples[0].abs() < 10);
        noise.reset();
        noise.fill(&mut samples);
        assert_eq!(samples, [0; 160]);
    }

    #[test]
    fn any_description_gives_a_bounded_noise() {
        let mut random = Random(5);
        let mut noise = ComfortNoise::new(3);
        for _ in 0..2_000 {
            let payload: Vec<u8> = (0..random.next() % 40).map(|_| random.next() as u8).collect();
            noise.handle_payload(&payload);
            noise.fill(&mut [0; 160]);
            assert!(noise.state.iter().all(|state| state.is_finite()));
        }
    }
}

//! Known tones in Opus, and how strongly they sound in what somebody hears.

/// A tone that goes on without end, in frames of 20 ms.
pub struct Tone {
    encoder: opus::Encoder,
    hertz: f32,
    at: usize,
}

impl Tone {
    /// A tone of this many hertz, half as loud as can be.
    #[must_use]
    pub fn new(hertz: f32) -> Self {
        let encoder = opus::Encoder::new(RATE as u32, opus::Channels::Mono, opus::Application::Voip);
        Self { encoder: encoder.expect("libopus has an encoder for this rate"), hertz, at: 0 }
    }

    /// Its next frame.
    pub fn frame(&mut self) -> Vec<u8> {
        let samples: Vec<f32> = (self.at..self.at + FRAME)
            .map(|at| 0.5 * (std::f32::consts::TAU * self.hertz * at as f32 / RATE as f32).sin())
            .collect();
        self.at += FRAME;
        self.encoder.encode_vec_float(&samples, 1_275).expect("20 ms are a frame")
    }
}

/// Listens to frames of Opus.
pub struct Ear {
    decoder: opus::Decoder,
    samples: Vec<f32>,
}

impl Default for Ear {
    fn default() -> Self {
        let decoder = opus::Decoder::new(RATE as u32, opus::Channels::Mono);
        Self { decoder: decoder.expect("libopus has a decoder for this rate"), samples: Vec::new() }
    }
}

impl Ear {
    /// Hears one frame.
    ///
    /// # Panics
    /// When it is no Opus.
    pub fn hear(&mut self, frame: &[u8]) {
        let mut samples = [0.0; RATE * 120 / 1_000];
        let count = self.decoder.decode_float(frame, &mut samples, false).expect("a frame of Opus");
        self.samples.extend(&samples[..count]);
    }

    /// The amplitude at which a tone sounds in the last fifth of a second, 1 the loudest; 0 before there is that much.
    #[must_use]
    pub fn strength(&self, hertz: f32) -> f32 {
        let Some(begin) = self.samples.len().checked_sub(RATE / 5) else { return 0.0 };
        strength(&self.samples[begin..], hertz)
    }
}

/// The amplitude at which a tone sounds in samples at 48 kHz.
#[must_use]
pub fn strength(samples: &[f32], hertz: f32) -> f32 {
    strength_at(samples, hertz, RATE)
}

/// The same in samples at another rate (Goertzel).
#[must_use]
pub fn strength_at(samples: &[f32], hertz: f32, rate: usize) -> f32 {
    let turn = std::f32::consts::TAU * hertz / rate as f32;
    let (re, im) = samples.iter().enumerate().fold((0.0_f32, 0.0_f32), |(re, im), (at, sample)| {
        let (sin, cos) = (turn * at as f32).sin_cos();
        (re + sample * cos, im + sample * sin)
    });
    2.0 * re.hypot(im) / samples.len().max(1) as f32
}

/// Samples a second.
pub const RATE: usize = 48_000;
/// Samples of a frame of 20 ms.
pub const FRAME: usize = RATE / 50;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_heard_and_another_is_not() {
        let (mut tone, mut ear) = (Tone::new(440.0), Ear::default());
        (0..30).for_each(|_| ear.hear(&tone.frame()));

        assert!(ear.strength(440.0) > 0.3, "{}", ear.strength(440.0));
        assert!(ear.strength(700.0) < 0.05, "{}", ear.strength(700.0));
    }
}

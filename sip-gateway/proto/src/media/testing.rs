//! Sounds and measures for the tests of this directory.

use std::f64::consts::TAU;

/// A sine wave at a level relative to the loudest possible sine (0 dB).
pub(crate) fn tone(rate: u32, frequency: f64, level: f64, len: usize) -> Vec<i16> {
    let amplitude = 32_767.0 * 10f64.powf(level / 20.0);
    let sample = |at: usize| amplitude * (TAU * frequency * at as f64 / f64::from(rate)).sin();
    (0..len).map(|at| sample(at).round() as i16).collect()
}

/// White noise in ±`amplitude`.
pub(crate) fn noise(seed: u64, amplitude: i32, len: usize) -> Vec<i16> {
    let mut random = Random(seed);
    (0..len).map(|_| ((random.next() % (2 * amplitude as u64 + 1)) as i32 - amplitude) as i16).collect()
}

/// Numbers without a pattern, the same for the same seed.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB) >> 16
    }
}

/// Signal to noise of a copy that has no delay, in dB.
pub(crate) fn signal_to_noise(original: &[i16], copy: &[i16]) -> f64 {
    let power = |of: &mut dyn Iterator<Item = f64>| of.map(|sample| sample * sample).sum::<f64>();
    let signal = power(&mut original.iter().map(|&sample| f64::from(sample)));
    let error = original.iter().zip(copy).map(|(&one, &other)| f64::from(one) - f64::from(other));
    10.0 * (signal / power(&mut error.into_iter()).max(1e-9)).log10()
}

/// The amplitude of one frequency in a sound, relative to full scale (1.0).
pub(crate) fn amplitude(samples: &[i16], rate: u32, frequency: f64) -> f64 {
    let (sine, cosine) = components(samples, rate, frequency);
    sine.hypot(cosine) / 32_767.0
}

/// The power of a tone over the power of everything else in a sound, in dB. The window must hold whole periods.
pub(crate) fn tone_to_rest(samples: &[i16], rate: u32, frequency: f64) -> f64 {
    let (sine, cosine) = components(samples, rate, frequency);
    let step = TAU * frequency / f64::from(rate);
    let (mut tone, mut rest) = (0.0, 0.0);
    for (at, &sample) in samples.iter().enumerate() {
        let (s, c) = (step * at as f64).sin_cos();
        let fitted = sine * s + cosine * c;
        tone += fitted * fitted;
        rest += (f64::from(sample) - fitted).powi(2);
    }
    10.0 * (tone / rest.max(1e-9)).log10()
}

fn components(samples: &[i16], rate: u32, frequency: f64) -> (f64, f64) {
    let step = TAU * frequency / f64::from(rate);
    let (mut sine, mut cosine) = (0.0, 0.0);
    for (at, &sample) in samples.iter().enumerate() {
        let (s, c) = (step * at as f64).sin_cos();
        sine += f64::from(sample) * s;
        cosine += f64::from(sample) * c;
    }
    let scale = 2.0 / samples.len() as f64;
    (sine * scale, cosine * scale)
}

/// The largest step between neighbouring samples.
pub(crate) fn largest_step(samples: &[i16]) -> i32 {
    let steps = samples.windows(2).map(|pair| (i32::from(pair[0]) - i32::from(pair[1])).abs());
    steps.max().unwrap_or(0)
}

/// The root of the mean square.
pub(crate) fn rms(samples: &[i16]) -> f64 {
    let sum: f64 = samples.iter().map(|&sample| f64::from(sample).powi(2)).sum();
    (sum / samples.len().max(1) as f64).sqrt()
}

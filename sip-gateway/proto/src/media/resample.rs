//! Changes between the sampling rates of telephony, 8, 16 and 48 kHz, by polyphase FIR filters of linear phase.
//!
//! One prototype low-pass per factor runs at the higher rate. Upwards, each of its phases makes one of the new samples;
//! downwards, only every so-manieth sample is computed.

use std::sync::LazyLock;

/// Changes one stream's rate; carries its past from frame to frame.
#[derive(Debug, Clone)]
pub struct Resampler {
    up: bool,
    factor: usize,
    taps: &'static [f32],
    /// The past, then the present chunk, as samples of the rate that comes in.
    line: [f32; PAST + CHUNK],
}

impl Resampler {
    /// A resampler at rest; `None` for rates we have no filter for. Equal rates need none either.
    #[must_use]
    pub fn new(from: u32, to: u32) -> Option<Self> {
        let (up, high, low) = if to > from { (true, to, from) } else { (false, from, to) };
        let (factor, taps) = match (low, high) {
            (8_000, 16_000) => (2, if up { &TWO.up } else { &TWO.down }),
            (16_000, 48_000) => (3, if up { &THREE.up } else { &THREE.down }),
            (8_000, 48_000) => (6, if up { &SIX.up } else { &SIX.down }),
            _ => return None,
        };
        Some(Self { up, factor, taps, line: [0.0; PAST + CHUNK] })
    }

    /// How many samples come out of so many. Downwards the input must be a multiple of the factor.
    #[must_use]
    pub fn output_len(&self, input: usize) -> usize {
        if self.up { input * self.factor } else { input / self.factor }
    }

    /// Samples of the higher rate by which the sound is late.
    #[must_use]
    pub fn delay(&self) -> usize {
        PHASE_TAPS * self.factor / 2
    }

    /// Resamples a frame and tells how many samples that made; what does not fit the output is left out.
    pub fn process(&mut self, input: &[i16], output: &mut [i16]) -> usize {
        let mut written = 0;
        for chunk in input.chunks(CHUNK) {
            let room = &mut output[written..];
            let present = &mut self.line[PAST..PAST + chunk.len()];
            for (place, &sample) in present.iter_mut().zip(chunk) {
                *place = f32::from(sample);
            }
            written += if self.up { self.raise(chunk.len(), room) } else { self.lower(chunk.len(), room) };
            self.line.copy_within(chunk.len()..chunk.len() + PAST, 0);
        }
        written
    }

    fn raise(&self, len: usize, output: &mut [i16]) -> usize {
        let mut outputs = output.chunks_exact_mut(self.factor);
        let mut written = 0;
        for (at, places) in (1..=len).zip(&mut outputs) {
            let window = &self.line[PAST + at - PHASE_TAPS..PAST + at];
            for (place, phase) in places.iter_mut().zip(self.taps.chunks_exact(PHASE_TAPS)) {
                *place = dot(window, phase);
            }
            written += self.factor;
        }
        written
    }

    fn lower(&self, len: usize, output: &mut [i16]) -> usize {
        let span = self.taps.len();
        let positions = (1..=len / self.factor).map(|at| PAST + at * self.factor);
        let mut written = 0;
        for (place, end) in output.iter_mut().zip(positions) {
            *place = dot(&self.line[end - span..end], self.taps);
            written += 1;
        }
        written
    }
}

/// Eight sums that do not wait for each other, so that the compiler can use wide registers.
#[inline]
fn dot(samples: &[f32], taps: &[f32]) -> i16 {
    let mut sums = [0f32; LANES];
    for (samples, taps) in samples.chunks_exact(LANES).zip(taps.chunks_exact(LANES)) {
        for lane in 0..LANES {
            sums[lane] += samples[lane] * taps[lane];
        }
    }
    let [a, b, c, d, e, f, g, h] = sums;
    let sum = ((a + e) + (c + g)) + ((b + f) + (d + h));
    // To the nearest; the conversion saturates.
    (sum + 0.5f32.copysign(sum)) as i16
}

/// The filter of one factor in the two orders that it is used in.
struct Filter {
    up: Vec<f32>,
    down: Vec<f32>,
}

impl Filter {
    fn new(factor: usize) -> Self {
        let len = PHASE_TAPS * factor;
        let prototype: Vec<f64> = (0..len).map(|at| tap(at, len, factor)).collect();
        let sum: f64 = prototype.iter().sum();
        let unit = |tap: f64| tap / sum;

        // A phase sees its window oldest first, and the prototype newest first.
        let phase = |phase: usize| (0..PHASE_TAPS).rev().map(move |at| at * factor + phase);
        let up = (0..factor).flat_map(phase).map(|at| (unit(prototype[at]) * factor as f64) as f32).collect();
        let down = prototype.iter().rev().map(|&tap| unit(tap) as f32).collect();
        Self { up, down }
    }
}

/// One tap of a sinc under a Kaiser window.
fn tap(at: usize, len: usize, factor: usize) -> f64 {
    let middle = (len - 1) as f64 / 2.0;
    let offset = at as f64 - middle;
    let cutoff = CUTOFF / factor as f64;
    let angle = std::f64::consts::PI * cutoff * offset;
    let sinc = if angle == 0.0 { 1.0 } else { angle.sin() / angle };
    let place = offset / middle;
    sinc * bessel(KAISER_BETA * (1.0 - place * place).max(0.0).sqrt())
}

/// The modified Bessel function of order zero, by its series.
fn bessel(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut sum, mut term) = (1.0, 1.0);
    for k in 1..40 {
        term *= quarter / f64::from(k * k);
        sum += term;
    }
    sum
}

static TWO: LazyLock<Filter> = LazyLock::new(|| Filter::new(2));
static THREE: LazyLock<Filter> = LazyLock::new(|| Filter::new(3));
static SIX: LazyLock<Filter> = LazyLock::new(|| Filter::new(6));

/// Taps per sample of the lower rate.
const PHASE_TAPS: usize = 48;
/// The past that the longest filter looks at.
const PAST: usize = PHASE_TAPS * 6;
/// Samples handled at once: 10 ms at 48 kHz, and a multiple of every factor.
const CHUNK: usize = 480;
const LANES: usize = 8;
/// The middle of the slope, relative to half of the lower rate; its foot stands there where folding begins.
const CUTOFF: f64 = 0.908;
/// Some 70 dB.
const KAISER_BETA: f64 = 6.8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::testing::{amplitude, largest_step, noise, rms, tone, tone_to_rest};

    const PAIRS: [(u32, u32); 3] = [(8_000, 16_000), (16_000, 48_000), (8_000, 48_000)];

    #[test]
    fn the_passband_is_flat() {
        for (low, high) in PAIRS {
            for (from, to) in [(low, high), (high, low)] {
                for part in [0.05, 0.2, 0.5, 0.7, 0.82] {
                    let frequency = (f64::from(low) / 2.0 * part / 10.0).round() * 10.0;
                    let gain = through(from, to, frequency).1;
                    assert!(gain.abs() < 0.1, "{from} to {to}: {frequency} Hz has {gain:.3} dB");
                }
            }
        }
    }

    #[test]
    fn what_would_fold_down_is_suppressed() {
        for (low, high) in PAIRS {
            for part in [1.0, 1.05, 1.3, 1.7, 1.95] {
                let frequency = (f64::from(low) / 2.0 * part / 10.0).round() * 10.0 + 3.0;
                let sound = tone(high, frequency, -3.0, high as usize);
                let folded = resample(high, low, &sound);
                let suppression = 20.0 * (rms(&sound) / rms(&folded[low as usize / 2..]).max(1e-3)).log10();
                assert!(suppression > 60.0, "{high} to {low}: {frequency} Hz by {suppression:.1} dB only");
            }
        }
    }

    #[test]
    fn upwards_no_mirror_images_appear() {
        for (low, high) in PAIRS {
            let frequency = f64::from(low) * 0.4;
            let (sound, _) = through(low, high, frequency);
            let image = amplitude(&sound, high, f64::from(low) - frequency);
            assert!(image < 0.001, "{low} to {high}: {image}");
            assert!(tone_to_rest(&sound, high, frequency) > 60.0);
        }
    }

    #[test]
    fn frames_join_without_a_trace() {
        let sound = noise(7, 10_000, 9_600);
        for (low, high) in PAIRS {
            for (from, to) in [(low, high), (high, low)] {
                let whole = resample(from, to, &sound);
                let mut resampler = Resampler::new(from, to).unwrap();
                let mut pieces = Vec::new();
                for frame in sound.chunks(120) {
                    let mut out = vec![0; resampler.output_len(frame.len())];
                    let len = resampler.process(frame, &mut out);
                    assert_eq!(len, out.len());
                    pieces.extend(out);
                }
                assert_eq!(pieces, whole, "{from} to {to}");
            }
        }
    }

    #[test]
    fn a_slow_wave_makes_no_steps() {
        // It begins at its steepest, which rings; the steepest place later on is the bound.
        let sound = &resample(8_000, 48_000, &tone(8_000, 100.0, -6.0, 8_000))[4_800..];
        assert!(largest_step(sound) <= (16_500.0 * std::f64::consts::TAU * 100.0 / 48_000.0) as i32 + 2);
    }

    #[test]
    fn the_phase_is_linear_an_impulse_comes_out_symmetric() {
        let mut impulse = [0i16; 480];
        impulse[0] = 20_000;
        let sound = resample(8_000, 48_000, &impulse);
        let len = PHASE_TAPS * 6;
        for at in 0..len {
            let (left, right) = (i32::from(sound[at]), i32::from(sound[len - 1 - at]));
            assert!((left - right).abs() <= 1);
        }
    }

    #[test]
    fn the_loudest_sound_saturates_instead_of_folding_and_other_rates_are_refused() {
        let square: Vec<i16> =
            (0..800).map(|at| if at / 20 % 2 == 0 { i16::MAX } else { i16::MIN }).collect();
        let loud = resample(8_000, 48_000, &square);
        assert!(loud.contains(&i16::MAX) && loud.contains(&i16::MIN));
        assert!(loud.windows(2).all(|pair| pair[0].abs_diff(pair[1]) < 32_000));

        assert!(Resampler::new(8_000, 44_100).is_none() && Resampler::new(8_000, 8_000).is_none());
    }

    fn resample(from: u32, to: u32, sound: &[i16]) -> Vec<i16> {
        let mut resampler = Resampler::new(from, to).unwrap();
        let mut out = vec![0; resampler.output_len(sound.len())];
        resampler.process(sound, &mut out);
        out
    }

    /// The steady part of a tone, one half of a second, and its gain in dB.
    fn through(from: u32, to: u32, frequency: f64) -> (Vec<i16>, f64) {
        let sound = resample(from, to, &tone(from, frequency, -6.0, from as usize));
        let steady = sound[to as usize / 2..].to_vec();
        let gain = 20.0 * (amplitude(&steady, to, frequency) / 10f64.powf(-0.3)).log10();
        (steady, gain)
    }
}

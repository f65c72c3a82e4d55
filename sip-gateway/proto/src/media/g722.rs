//! G.722 at 64 kbit/s (ITU-T G.722): 16 kHz sound in two bands, each coded by adaptive differences.
//!
//! ```text
//! 16 kHz → QMF ─┬─ low band, 8 kHz  → 6 bits ─┐
//!               └─ high band, 8 kHz → 2 bits ─┴→ one octet per two samples: H H L L L L L L
//! ```
//!
//! Names of steps (QUANTL, LOGSCL, UPPOL1…) are those of the recommendation, clause 6.2.

/// Encodes 16 kHz sound.
#[derive(Debug, Clone)]
pub struct Encoder {
    low: Band,
    high: Band,
    /// The last 24 samples, first and second of each pair apart so that each filter half reads neighbours.
    lines: [[i16; TAPS / 2]; 2],
}

impl Encoder {
    /// A coder at rest.
    #[must_use]
    pub fn new() -> Self {
        Self { low: Band::low(), high: Band::high(), lines: [[0; TAPS / 2]; 2] }
    }

    /// Encodes pairs of samples, as many as both slices hold, and tells how many octets that made.
    pub fn encode(&mut self, samples: &[i16], octets: &mut [u8]) -> usize {
        let pairs = samples.chunks_exact(2).zip(octets.iter_mut());
        let len = pairs.len();
        for (pair, octet) in pairs {
            let (low, high) = self.split(pair[0], pair[1]);
            *octet = self.high.encode_high(high) << 6 | self.low.encode_low(low);
        }
        len
    }

    /// The transmit QMF: two samples become one in each band.
    fn split(&mut self, first: i16, second: i16) -> (i32, i32) {
        let even = filter(&mut self.lines[0], first, &QMF);
        let odd = filter(&mut self.lines[1], second, &QMF_REVERSED);
        ((even + odd) >> 14, (odd - even) >> 14)
    }
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new()
    }
}

/// Decodes to 16 kHz sound.
#[derive(Debug, Clone)]
pub struct Decoder {
    low: Band,
    high: Band,
    /// The last 12 sums and differences of the bands.
    lines: [[i16; TAPS / 2]; 2],
}

impl Decoder {
    /// A decoder at rest.
    #[must_use]
    pub fn new() -> Self {
        Self { low: Band::low(), high: Band::high(), lines: [[0; TAPS / 2]; 2] }
    }

    /// Decodes octets to two samples each, as many as both slices hold, and tells how many samples that made.
    pub fn decode(&mut self, octets: &[u8], samples: &mut [i16]) -> usize {
        let pairs = samples.chunks_exact_mut(2).zip(octets);
        let len = 2 * pairs.len();
        for (pair, octet) in pairs {
            let low = self.low.decode_low(octet & 0x3F);
            let high = self.high.decode_high(octet >> 6);
            (pair[0], pair[1]) = self.join(low, high);
        }
        len
    }

    /// The receive QMF.
    fn join(&mut self, low: i32, high: i32) -> (i16, i16) {
        let second = filter(&mut self.lines[0], (low + high) as i16, &QMF);
        let first = filter(&mut self.lines[1], (low - high) as i16, &QMF_REVERSED);
        (saturate(first >> 11) as i16, saturate(second >> 11) as i16)
    }
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

/// The state of one band: a quantiser whose step adapts, and a predictor with two poles and six zeros.
#[derive(Debug, Clone)]
struct Band {
    /// Logarithm of the step.
    nb: i32,
    /// The step.
    det: i32,
    /// The prediction, and its part from the zeros.
    s: i32,
    sz: i32,
    /// Pole coefficients, and the signals they work on: reconstructions and partial reconstructions.
    a: [i32; 2],
    r: [i32; 2],
    p: [i32; 2],
    /// Zero coefficients and the differences they work on: six, filled up to a vector with differences of zero.
    b: [i16; 8],
    d: [i16; 8],
}

impl Band {
    fn low() -> Self {
        Self { nb: 0, det: 32, s: 0, sz: 0, a: [0; 2], r: [0; 2], p: [0; 2], b: [0; 8], d: [0; 8] }
    }

    fn high() -> Self {
        Self { det: 8, ..Self::low() }
    }

    fn encode_low(&mut self, sample: i32) -> u8 {
        let error = saturate(sample - self.s);
        // QUANTL. Negative numbers are mirrored by one's complement.
        let magnitude = if error >= 0 { error } else { !error };
        let step = interval(magnitude, self.det);
        let code = if error < 0 { ILN[step] } else { ILP[step] };

        self.adapt_low(code >> 2);
        code
    }

    fn decode_low(&mut self, code: u8) -> i32 {
        let full = (self.det * QM6[usize::from(code)]) >> 15;
        let sample = (self.s + full).clamp(-16_384, 16_383);

        self.adapt_low(code >> 2);
        sample
    }

    /// INVQAL, LOGSCL, SCALEL: both sides adapt by the upper four bits only.
    fn adapt_low(&mut self, code: u8) {
        let code = usize::from(code);
        let difference = (self.det * QM4[code]) >> 15;
        self.nb = (((self.nb * 127) >> 7) + WL[RL42[code]]).clamp(0, 18_432);
        self.det = scale(self.nb, 8);
        self.predict(difference);
    }

    fn encode_high(&mut self, sample: i32) -> u8 {
        let error = saturate(sample - self.s);
        // QUANTH.
        let magnitude = if error >= 0 { error } else { !error };
        let outer = magnitude >= (564 * self.det) >> 12;
        let code = match (error < 0, outer) {
            (true, false) => 1,
            (true, true) => 0,
            (false, false) => 3,
            (false, true) => 2,
        };

        self.adapt_high(code);
        code
    }

    fn decode_high(&mut self, code: u8) -> i32 {
        let prediction = self.s;
        let difference = self.adapt_high(code);
        (prediction + difference).clamp(-16_384, 16_383)
    }

    /// INVQAH, LOGSCH, SCALEH.
    fn adapt_high(&mut self, code: u8) -> i32 {
        let code = usize::from(code);
        let difference = (self.det * QM2[code]) >> 15;
        self.nb = (((self.nb * 127) >> 7) + WH[RH2[code]]).clamp(0, 22_528);
        self.det = scale(self.nb, 10);
        self.predict(difference);
        difference
    }

    /// Block 4: reconstructs the signal, adapts the predictor by signs, and predicts the next sample.
    fn predict(&mut self, difference: i32) {
        // RECONS, PARREC.
        let reconstructed = saturate(self.s + difference);
        let partial = saturate(self.sz + difference);
        let same = |one: i32, other: i32| (one ^ other) >= 0;

        // UPPOL2.
        let fourfold = saturate(self.a[0] << 2);
        let pull = if same(partial, self.p[0]) { -fourfold } else { fourfold }.min(32_767);
        let push = if same(partial, self.p[1]) { 128 } else { -128 };
        let a2 = ((pull >> 7) + push + ((self.a[1] * 32_512) >> 15)).clamp(-12_288, 12_288);
        // UPPOL1.
        let push = if same(partial, self.p[0]) { 192 } else { -192 };
        let limit = 15_360 - a2;
        let a1 = (push + ((self.a[0] * 32_640) >> 15)).clamp(-limit, limit);
        self.a = [a1, a2];
        self.p = [partial, self.p[0]];
        self.r = [reconstructed, self.r[0]];

        // UPZERO. Everything here fits 16 bits: a coefficient leaks by 1/256, so pushes of 128 never take it further.
        let push: i16 = if difference == 0 { 0 } else { 128 };
        let newest = difference as i16;
        for (b, &d) in self.b.iter_mut().zip(&self.d) {
            let push = if (d ^ newest) < 0 { -push } else { push };
            *b = push + ((i32::from(*b) * 32_640) >> 15) as i16;
        }
        self.d.copy_within(..5, 1);
        self.d[0] = newest;

        // FILTEP, FILTEZ, PREDIC.
        let product = |coefficient: i32, signal: i32| (coefficient * saturate(2 * signal)) >> 15;
        let poles = saturate(product(a1, self.r[0]) + product(a2, self.r[1]));
        let mut zeros = 0;
        for (&b, &d) in self.b.iter().zip(&self.d) {
            zeros += (i32::from(b) * i32::from(d.saturating_add(d))) >> 15;
        }
        self.sz = saturate(zeros);
        self.s = saturate(poles + self.sz);
    }
}

/// How many decision levels a magnitude reaches. Comparing with all of them at once beats searching.
#[inline]
fn interval(magnitude: i32, det: i32) -> usize {
    let (magnitude, det) = (magnitude as i16, det as u32);
    let mut reached = 0i16;
    for &level in &Q6_SCALED {
        let level = ((u32::from(level) * det) >> 16) as i16;
        reached += i16::from(magnitude >= level);
    }
    // What fills up the vector lies above all levels.
    usize::from(reached as u16).min(Q6.len())
}

/// Shifts a sample into a delay line and weighs the line.
#[inline]
fn filter(line: &mut [i16; TAPS / 2], sample: i16, taps: &[i16; TAPS / 2]) -> i32 {
    line.copy_within(1.., 0);
    line[TAPS / 2 - 1] = sample;
    line.iter().zip(taps).map(|(&sample, &tap)| i32::from(sample) * i32::from(tap)).sum()
}

/// The step that a logarithm stands for.
fn scale(nb: i32, bias: i32) -> i32 {
    let mantissa = ILB[(nb >> 6) as usize & 31];
    let shift = bias - (nb >> 11);
    let step = if shift < 0 { mantissa << -shift } else { mantissa >> shift };
    step << 2
}

fn saturate(value: i32) -> i32 {
    value.clamp(-32_768, 32_767)
}

const TAPS: usize = 24;
/// Half of the filter; the other half mirrors it.
const QMF: [i16; TAPS / 2] = [3, -11, 12, 32, -210, 951, 3_876, -805, 362, -156, 53, -11];
const QMF_REVERSED: [i16; TAPS / 2] = {
    let mut reversed = QMF;
    let mut at = 0;
    while at < TAPS / 2 {
        reversed[at] = QMF[TAPS / 2 - 1 - at];
        at += 1;
    }
    reversed
};

/// Decision levels of the low band, from the second on.
const Q6: [i32; 29] = [
    35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1_023, 1_121,
    1_219, 1_339, 1_458, 1_612, 1_765, 1_980, 2_195, 2_557, 2_919,
];
/// The same times sixteen, so that the product's upper half is the level; filled up to a whole number of vectors.
const Q6_SCALED: [u16; 32] = {
    let mut scaled = [u16::MAX; 32];
    let mut at = 0;
    while at < Q6.len() {
        scaled[at] = (Q6[at] as u16) << 4;
        at += 1;
    }
    scaled
};
/// Codes of negative and positive differences by interval.
const ILN: [u8; 30] = [
    63, 62, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7,
    6, 5, 4,
];
const ILP: [u8; 30] = [
    61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36,
    35, 34, 33, 32,
];
const QM4: [i32; 16] = [
    0, -20_456, -12_896, -8_968, -6_288, -4_240, -2_584, -1_200, 20_456, 12_896, 8_968, 6_288, 4_240, 2_584,
    1_200, 0,
];
const QM6: [i32; 64] = [
    -136, -136, -136, -136, -24_808, -21_904, -19_008, -16_704, -14_984, -13_512, -12_280, -11_192, -10_232,
    -9_360, -8_576, -7_856, -7_192, -6_576, -6_000, -5_456, -4_944, -4_464, -4_008, -3_576, -3_168, -2_776,
    -2_400, -2_032, -1_688, -1_360, -1_040, -728, 24_808, 21_904, 19_008, 16_704, 14_984, 13_512, 12_280,
    11_192, 10_232, 9_360, 8_576, 7_856, 7_192, 6_576, 6_000, 5_456, 4_944, 4_464, 4_008, 3_576, 3_168,
    2_776, 2_400, 2_032, 1_688, 1_360, 1_040, 728, 432, 136, -432, -136,
];
const QM2: [i32; 4] = [-7_408, -1_616, 7_408, 1_616];
const WL: [i32; 8] = [-60, -30, 58, 172, 334, 538, 1_198, 3_042];
const RL42: [usize; 16] = [0, 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1, 0];
const WH: [i32; 3] = [0, -214, 798];
const RH2: [usize; 4] = [2, 1, 2, 1];
const ILB: [i32; 32] = [
    2_048, 2_093, 2_139, 2_186, 2_233, 2_282, 2_332, 2_383, 2_435, 2_489, 2_543, 2_599, 2_656, 2_714, 2_774,
    2_834, 2_896, 2_960, 3_025, 3_091, 3_158, 3_228, 3_298, 3_371, 3_444, 3_520, 3_597, 3_676, 3_756, 3_838,
    3_922, 4_008,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::testing::{Random, amplitude, noise, rms, tone, tone_to_rest};

    #[test]
    fn a_tone_keeps_its_frequency_its_level_and_its_distance_to_noise() {
        // Low band, its upper end, and high band, which has two bits only.
        for (frequency, least) in [(300.0, 35.0), (1_000.0, 35.0), (3_000.0, 30.0), (6_000.0, 15.0)] {
            let sound = tone(16_000, frequency, -10.0, 16_000);
            let decoded = through(&sound);
            let steady = &decoded[8_000..];

            let level = 20.0 * (amplitude(steady, 16_000, frequency) / 10f64.powf(-0.5)).log10();
            assert!(level.abs() < 0.5, "{frequency} Hz came out {level:.2} dB louder");
            let ratio = tone_to_rest(steady, 16_000, frequency);
            assert!(ratio > least, "{frequency} Hz has {ratio:.1} dB to its noise");
        }
    }

    #[test]
    fn silence_stays_silent() {
        assert!(through(&[0; 1_600]).iter().all(|sample| sample.abs() <= 4));
    }

    #[test]
    fn after_noise_silence_returns() {
        let mut sound = noise(1, 20_000, 16_000);
        sound.extend([0; 16_000]);

        assert!(rms(&through(&sound)[24_000..]) < 4.0);
    }

    #[test]
    fn frames_and_one_long_piece_give_the_same() {
        let sound = noise(2, 12_000, 6_400);
        let whole = through(&sound);
        let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new());
        let mut pieces = Vec::new();
        for frame in sound.chunks(320) {
            let (mut octets, mut samples) = ([0; 160], [0; 320]);
            assert_eq!(encoder.encode(frame, &mut octets), 160);
            assert_eq!(decoder.decode(&octets, &mut samples), 320);
            pieces.extend(samples);
        }

        assert_eq!(pieces, whole);
    }

    #[test]
    fn the_loudest_sound_does_not_fold_over() {
        let sound = tone(16_000, 500.0, 0.0, 16_000);
        let decoded = through(&sound);

        assert!(tone_to_rest(&decoded[8_000..], 16_000, 500.0) > 30.0);
    }

    #[test]
    fn any_octets_decode_and_speech_recovers_after_them() {
        let mut random = Random(4);
        let mut decoder = Decoder::new();
        let garbage: Vec<u8> = (0..50_000).map(|_| random.next() as u8).collect();
        let mut samples = vec![0; 100_000];
        decoder.decode(&garbage, &mut samples);
        for octet in 0..=255 {
            decoder.decode(&[octet; 4_000], &mut samples);
        }

        let sound = tone(16_000, 1_000.0, -10.0, 32_000);
        let mut octets = vec![0; 16_000];
        Encoder::new().encode(&sound, &mut octets);
        let mut decoded = vec![0; 32_000];
        decoder.decode(&octets, &mut decoded);
        assert!(tone_to_rest(&decoded[24_000..], 16_000, 1_000.0) > 30.0);
    }

    fn through(sound: &[i16]) -> Vec<i16> {
        let mut octets = vec![0; sound.len() / 2];
        let mut decoded = vec![0; sound.len()];
        Encoder::new().encode(sound, &mut octets);
        Decoder::new().decode(&octets, &mut decoded);
        decoded
    }
}

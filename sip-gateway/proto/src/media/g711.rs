//! A-law and µ-law (ITU-T G.711): a sample is sign, exponent and mantissa in eight bits.
//!
//! Samples are 16 bits wide; A-law uses the upper 13 of them, µ-law the upper 14.

/// The two laws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Law {
    /// A-law, of Europe and most of the world.
    A,
    /// µ-law, of North America and Japan.
    Mu,
}

impl Law {
    /// The code of silence.
    #[must_use]
    pub fn silence(self) -> u8 {
        match self {
            Self::A => 0xD5,
            Self::Mu => 0xFF,
        }
    }

    /// One sample as a code.
    #[must_use]
    pub fn encode_sample(self, sample: i16) -> u8 {
        match self {
            Self::A => alaw_code(sample),
            Self::Mu => ulaw_code(sample),
        }
    }

    /// The sample that a code stands for.
    #[must_use]
    pub fn decode_sample(self, code: u8) -> i16 {
        self.table()[usize::from(code)]
    }

    /// Encodes as many samples as both slices hold.
    pub fn encode(self, samples: &[i16], codes: &mut [u8]) {
        let pairs = codes.iter_mut().zip(samples);
        match self {
            Self::A => pairs.for_each(|(code, &sample)| *code = alaw_code(sample)),
            Self::Mu => pairs.for_each(|(code, &sample)| *code = ulaw_code(sample)),
        }
    }

    /// Decodes as many codes as both slices hold.
    pub fn decode(self, codes: &[u8], samples: &mut [i16]) {
        let table = self.table();
        for (sample, &code) in samples.iter_mut().zip(codes) {
            *sample = table[usize::from(code)];
        }
    }

    /// Turns codes of this law into codes of the other where they stand (G.711 §3.4, by way of the uniform value).
    pub fn convert(self, codes: &mut [u8]) {
        let table = match self {
            Self::A => &A_TO_MU,
            Self::Mu => &MU_TO_A,
        };
        for code in codes {
            *code = table[usize::from(*code)];
        }
    }

    fn table(self) -> &'static [i16; 256] {
        match self {
            Self::A => &ALAW,
            Self::Mu => &ULAW,
        }
    }
}

/// `S EEE MMMM` with every second bit inverted; the sign bit is 1 for positive values.
const fn alaw_code(sample: i16) -> u8 {
    // One's complement keeps the two halves alike.
    let (sign, magnitude) = if sample >= 0 { (0x80, sample) } else { (0x00, !sample) };
    let magnitude = (magnitude >> 4) as u16; // 11 bits
    let segment = (16 - (magnitude >> 4).leading_zeros()) as u16;
    let mantissa = if segment > 1 { magnitude >> (segment - 1) } else { magnitude };
    (sign | (segment << 4) as u8 | (mantissa & 0x0F) as u8) ^ 0x55
}

const fn alaw_value(code: u8) -> i16 {
    let code = code ^ 0x55;
    let (segment, mantissa) = ((code >> 4) & 7, (code & 0x0F) as i16);
    // Eight is half a step: the middle of the interval.
    let magnitude = match segment {
        0 => (mantissa << 4) + 8,
        _ => ((mantissa << 4) + 0x108) << (segment - 1),
    };
    if code & 0x80 != 0 { magnitude } else { -magnitude }
}

/// `S EEE MMMM`, all inverted; the magnitude is biased so that segments begin at powers of two.
const fn ulaw_code(sample: i16) -> u8 {
    let (sign, magnitude) = if sample >= 0 { (0x80, sample as i32) } else { (0x00, -(sample as i32)) };
    let magnitude = if magnitude > ULAW_CLIP { ULAW_CLIP } else { magnitude } + ULAW_BIAS;
    let segment = (magnitude >> 7).ilog2();
    let mantissa = (magnitude >> (segment + 3)) & 0x0F;
    sign | !((segment << 4) as u8 | mantissa as u8) & 0x7F
}

const fn ulaw_value(code: u8) -> i16 {
    let inverted = !code;
    let (segment, mantissa) = ((inverted >> 4) & 7, (inverted & 0x0F) as i32);
    let magnitude = (((mantissa << 3) + ULAW_BIAS) << segment) - ULAW_BIAS;
    if code & 0x80 != 0 { magnitude as i16 } else { -magnitude as i16 }
}

const ULAW_BIAS: i32 = 0x84;
const ULAW_CLIP: i32 = 32_635;

const ALAW: [i16; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = alaw_value(code as u8);
        code += 1;
    }
    table
};

const ULAW: [i16; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = ulaw_value(code as u8);
        code += 1;
    }
    table
};

const A_TO_MU: [u8; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = ulaw_code(ALAW[code]);
        code += 1;
    }
    table
};

const MU_TO_A: [u8; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = alaw_code(ULAW[code]);
        code += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::testing::{signal_to_noise, tone};

    #[test]
    fn every_code_survives_the_way_to_a_sample_and_back() {
        for code in 0..=255 {
            assert_eq!(Law::A.encode_sample(Law::A.decode_sample(code)), code, "A-law {code:#04x}");
            let mu = Law::Mu.encode_sample(Law::Mu.decode_sample(code));
            // µ-law has two zeros; the negative one is not used.
            assert_eq!(mu, if code == 0x7F { 0xFF } else { code }, "µ-law {code:#04x}");
        }
    }

    #[test]
    fn known_codes_have_the_values_of_the_recommendation() {
        let alaw =
            [(0xD5, 8), (0x55, -8), (0xC5, 264), (0xF5, 528), (0x80, 5_504), (0xAA, 32_256), (0x2A, -32_256)];
        for (code, value) in alaw {
            assert_eq!(Law::A.decode_sample(code), value, "A-law {code:#04x}");
        }
        let ulaw =
            [(0xFF, 0), (0x7F, 0), (0xFE, 8), (0xEF, 132), (0x8F, 16_764), (0x80, 32_124), (0x00, -32_124)];
        for (code, value) in ulaw {
            assert_eq!(Law::Mu.decode_sample(code), value, "µ-law {code:#04x}");
        }
    }

    #[test]
    fn silence_is_the_idle_code() {
        for law in [Law::A, Law::Mu] {
            assert_eq!(law.encode_sample(0), law.silence());
            assert!(law.decode_sample(law.silence()).abs() <= 8);
        }
    }

    #[test]
    fn louder_samples_never_get_quieter_codes_and_extremes_clip() {
        for law in [Law::A, Law::Mu] {
            let values: Vec<i16> =
                (i16::MIN..=i16::MAX).map(|sample| law.decode_sample(law.encode_sample(sample))).collect();
            assert!(values.is_sorted());
            assert!(values[0] < -32_000 && values[65_535] > 32_000);
        }
    }

    #[test]
    fn a_tone_keeps_the_distance_to_its_noise_that_telephony_asks_for() {
        // G.712 figure 4: better than 33 dB from 0 to -30 dBm0.
        for law in [Law::A, Law::Mu] {
            for level in [-3.0, -10.0, -20.0, -30.0] {
                let samples = tone(8_000, 1_004.0, level, 8_000);
                let mut codes = vec![0; samples.len()];
                let mut decoded = vec![0; samples.len()];
                law.encode(&samples, &mut codes);
                law.decode(&codes, &mut decoded);

                let ratio = signal_to_noise(&samples, &decoded);
                assert!(ratio > 33.0, "{law:?} at {level} dBov: {ratio:.1} dB");
            }
        }
    }

    #[test]
    fn conversion_between_the_laws_costs_at_most_one_step() {
        for code in 0..=255 {
            let mut converted = [code];
            Law::A.convert(&mut converted);
            Law::Mu.convert(&mut converted);
            let (before, after) =
                (i32::from(Law::A.decode_sample(code)), i32::from(Law::A.decode_sample(converted[0])));
            let step = (before.abs() / 16).max(16);
            assert!((before - after).abs() <= step, "{code:#04x}: {before} became {after}");
        }
    }
}

//! How loud a frame is, in the form that RTP carries it (RFC 6464).

use super::g711::Law;

/// A level below overload: 0 is the loudest, 127 silence, in dB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AudioLevel(u8);

impl AudioLevel {
    /// Silence.
    pub const SILENCE: Self = Self(127);

    /// From the number in a packet.
    #[must_use]
    pub fn new(below_overload: u8) -> Self {
        Self(below_overload.min(127))
    }

    /// The level of samples. Overload is a square wave of full scale, so the loudest sine has 3.
    #[must_use]
    pub fn of(samples: &[i16]) -> Self {
        Self::of_mean_square(mean_square(samples.iter().copied()))
    }

    /// The level of G.711 codes.
    #[must_use]
    pub fn of_codes(law: Law, codes: &[u8]) -> Self {
        Self::of_mean_square(mean_square(codes.iter().map(|&code| law.decode_sample(code))))
    }

    /// The number for a packet.
    #[must_use]
    pub fn below_overload(self) -> u8 {
        self.0
    }

    /// The root of the mean square that has this level.
    #[must_use]
    pub fn rms(self) -> f32 {
        if self == Self::SILENCE { 0.0 } else { 32_767.0 * 10f32.powf(-f32::from(self.0) / 20.0) }
    }

    /// The octet of the header extension: whether it is voice, then the level.
    #[must_use]
    pub fn to_extension(self, voice: bool) -> u8 {
        u8::from(voice) << 7 | self.0
    }

    fn of_mean_square(mean_square: f32) -> Self {
        if mean_square <= 0.0 {
            return Self::SILENCE;
        }
        let below = -10.0 * (mean_square / (32_767.0 * 32_767.0)).log10();
        Self(below.round().clamp(0.0, 127.0) as u8)
    }
}

/// The mean of the squares.
fn mean_square(samples: impl ExactSizeIterator<Item = i16>) -> f32 {
    let len = samples.len();
    let sum: u64 = samples.map(|sample| u64::from(sample.unsigned_abs()).pow(2)).sum();
    sum as f32 / len.max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::testing::tone;

    #[test]
    fn levels_are_those_of_the_rfc() {
        assert_eq!(AudioLevel::of(&[32_767, -32_767, 32_767, -32_767]).below_overload(), 0);
        assert_eq!(AudioLevel::of(&[i16::MIN; 4]).below_overload(), 0);
        assert_eq!(AudioLevel::of(&tone(8_000, 1_000.0, 0.0, 8_000)).below_overload(), 3);
        assert_eq!(AudioLevel::of(&tone(8_000, 1_000.0, -30.0, 8_000)).below_overload(), 33);
        assert_eq!(AudioLevel::of(&[0; 160]), AudioLevel::SILENCE);
        assert_eq!(AudioLevel::of(&[]), AudioLevel::SILENCE);
    }

    #[test]
    fn codes_have_the_level_of_their_samples() {
        let sound = tone(8_000, 400.0, -20.0, 1_600);
        let mut codes = [0; 1_600];
        for law in [Law::A, Law::Mu] {
            law.encode(&sound, &mut codes);
            assert_eq!(AudioLevel::of_codes(law, &codes), AudioLevel::of(&sound));
        }
        assert!(AudioLevel::of_codes(Law::A, &[0xD5; 160]).below_overload() > 70);
    }

    #[test]
    fn a_level_and_its_effective_value_agree() {
        for below in 0..90 {
            let level = AudioLevel::new(below);
            let square = (level.rms().round() as i16).max(1);
            let again = AudioLevel::of(&[square, -square]).below_overload();
            assert!(again.abs_diff(below) <= 3, "{below} became {again}");
        }
        assert_eq!(AudioLevel::new(40).to_extension(true), 0xA8);
    }
}

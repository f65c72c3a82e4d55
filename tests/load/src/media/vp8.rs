//! Writes pictures of VP8 (RFC 6386) that any decoder decodes: a grey one, and others that repeat it.
//!
//! There is no encoder here, so nothing is seen in them. What a server looks at is real: frame tag, start code, size, the
//! whole header, the modes of every macroblock. All macroblocks say that they have no coefficients, so that no decoder
//! reads the partition in which these would lie; it is filled up until the picture is as large as one of a camera.

/// A picture, and where the bytes begin that nobody reads.
#[derive(Debug, Clone)]
pub struct Picture {
    /// The whole frame.
    pub bytes: Vec<u8>,
    /// From here on it is filling.
    pub free_from: usize,
}

/// A key frame, filled up to `len` bytes if it is smaller.
#[must_use]
pub fn key_frame(width: u16, height: u16, len: usize) -> Picture {
    let mut coder = Coder::default();
    coder.flag(false); // colour space
    coder.flag(false); // clamping
    common_header(&mut coder);
    coder.flag(true); // keep the probabilities
    no_new_coefficient_probabilities(&mut coder);
    skipping(&mut coder);
    for _ in 0..macroblocks(width) * macroblocks(height) {
        coder.put(SKIP_FALSE, true);
        // DC prediction, of luma and of chroma (§11.2).
        coder.put(145, true);
        coder.put(156, false);
        coder.put(163, false);
        coder.put(142, false);
    }

    let [w0, w1] = width.to_le_bytes();
    let [h0, h1] = height.to_le_bytes();
    picture(&[0x9d, 0x01, 0x2a, w0, w1, h0, h1], true, &coder.finish(), len)
}

/// A frame that repeats the one before, filled up to `len` bytes if it is smaller.
#[must_use]
pub fn delta_frame(width: u16, height: u16, len: usize) -> Picture {
    let mut coder = Coder::default();
    common_header(&mut coder);
    coder.flag(false); // the golden frame stays
    coder.flag(false); // the alternate one too
    coder.bits(0, 2); // and nothing is copied to either
    coder.bits(0, 2);
    coder.flag(false); // motion against them is not inverted
    coder.flag(false);
    coder.flag(true); // keep the probabilities
    coder.flag(true); // the last frame becomes this one
    no_new_coefficient_probabilities(&mut coder);
    skipping(&mut coder);
    coder.bits(INTRA.into(), 8);
    coder.bits(LAST.into(), 8);
    coder.bits(128, 8); // golden rather than alternate
    coder.flag(false); // no new probabilities of intra modes
    coder.flag(false);
    for probability in MOTION_UPDATE {
        coder.put(probability, false);
    }
    for row in 0..macroblocks(height) {
        for column in 0..macroblocks(width) {
            coder.put(SKIP_FALSE, true);
            coder.put(INTRA, true);
            coder.put(LAST, false);
            coder.put(unmoved(row > 0, column > 0), false);
        }
    }
    picture(&[], false, &coder.finish(), len)
}

/// Frame tag (§9.1), what only key frames have, the first partition, filling.
fn picture(key_header: &[u8], key: bool, partition: &[u8], len: usize) -> Picture {
    let shown = 1 << 4;
    let tag = u32::from(!key) | shown | (partition.len() as u32) << 5;
    let mut bytes = tag.to_le_bytes()[..3].to_vec();
    bytes.extend(key_header);
    bytes.extend(partition);
    let free_from = bytes.len();
    bytes.resize(len.max(free_from), FILLING);
    Picture { bytes, free_from }
}

/// From segmentation to quantisation (§9.3 to §9.6): none of what can be switched on.
fn common_header(coder: &mut Coder) {
    coder.flag(false); // segments
    coder.flag(false); // the normal loop filter
    coder.bits(0, 6); // which does nothing
    coder.bits(0, 3);
    coder.flag(false); // nor differs by macroblock
    coder.bits(0, 2); // one partition of coefficients
    coder.bits(40, 7); // quantiser
    coder.bits(0, 5); // the same for all planes
}

/// One flag for each probability (§13.4), each coded with a probability of its own.
fn no_new_coefficient_probabilities(coder: &mut Coder) {
    let mut special = COEFFICIENT_UPDATE.iter().peekable();
    for row in 0..COEFFICIENT_ROWS {
        let known = special.next_if(|(at, _)| *at == row).map_or(&[][..], |(_, known)| known);
        for column in 0..COEFFICIENTS {
            coder.put(known.get(column).copied().unwrap_or(255), false);
        }
    }
}

/// Macroblocks may say that they have no coefficients, and nearly all do (§9.11).
fn skipping(coder: &mut Coder) {
    coder.flag(true);
    coder.bits(SKIP_FALSE.into(), 8);
}

/// The probability that a macroblock does not move, by how many of those above, left and above left do not (§18.3):
/// none moves, but those outside the picture do not count.
fn unmoved(above: bool, left: bool) -> u8 {
    match (above, left) {
        (false, false) => 7,
        (true, true) => 234,
        _ => 135,
    }
}

fn macroblocks(length: u16) -> u16 {
    length.div_ceil(16)
}

/// The boolean entropy encoder (§7).
struct Coder {
    out: Vec<u8>,
    /// The lower end of the interval, with the bits that are not yet out.
    low: u32,
    range: u32,
    /// How many bits of `low` are above its window of eight.
    shifted: u8,
}

impl Default for Coder {
    fn default() -> Self {
        Self { out: Vec::new(), low: 0, range: 255, shifted: 0 }
    }
}

impl Coder {
    /// Codes a bit that is 0 with a probability of so many 256ths.
    fn put(&mut self, probability: u8, bit: bool) {
        let split = 1 + (((self.range - 1) * u32::from(probability)) >> 8);
        if bit {
            self.low += split;
            self.range -= split;
        } else {
            self.range = split;
        }
        while self.range < 128 {
            self.range <<= 1;
            self.shift();
        }
    }

    fn flag(&mut self, bit: bool) {
        self.put(128, bit);
    }

    /// An unsigned number, its highest bit first.
    fn bits(&mut self, value: u32, count: u32) {
        for place in (0..count).rev() {
            self.flag(value >> place & 1 != 0);
        }
    }

    fn shift(&mut self) {
        self.low <<= 1;
        self.shifted += 1;
        if self.shifted < 8 {
            return;
        }
        self.shifted = 0;
        let byte = self.low >> 8;
        self.low &= 0xff;
        if byte > 0xff {
            self.carry();
        }
        self.out.push(byte as u8);
    }

    fn carry(&mut self) {
        for byte in self.out.iter_mut().rev() {
            let (sum, over) = byte.overflowing_add(1);
            *byte = sum;
            if !over {
                return;
            }
        }
    }

    fn finish(mut self) -> Vec<u8> {
        for _ in 0..32 {
            self.shift();
        }
        self.out
    }
}

/// The probability that a macroblock has coefficients.
const SKIP_FALSE: u8 = 1;
/// The probability that a macroblock is predicted from its own frame.
const INTRA: u8 = 1;
/// The probability that it is predicted from the last one.
const LAST: u8 = 254;
const FILLING: u8 = 0x5a;

const COEFFICIENTS: usize = 11;
const COEFFICIENT_ROWS: u8 = 4 * 8 * 3;

/// The probabilities that a probability does not change (§13.4), by row of block type, band and context; 255 where
/// nothing is written.
#[rustfmt::skip]
const COEFFICIENT_UPDATE: &[(u8, &[u8])] = &[
    (3, &[176, 246]), (4, &[223, 241, 252]), (5, &[249, 253, 253]), (6, &[255, 244, 252]),
    (7, &[234, 254, 254]), (8, &[253]), (9, &[255, 246, 254]), (10, &[239, 253, 254]),
    (11, &[254, 255, 254]), (12, &[255, 248, 254]), (13, &[251, 255, 254]), (15, &[255, 253, 254]),
    (16, &[251, 254, 254]), (17, &[254, 255, 254]), (18, &[255, 254, 253, 255, 254]),
    (19, &[250, 255, 254, 255, 254]), (20, &[254]), (24, &[217]),
    (25, &[225, 252, 241, 253, 255, 255, 254]), (26, &[234, 250, 241, 250, 253, 255, 253, 254]),
    (27, &[255, 254]), (28, &[223, 254, 254]), (29, &[238, 253, 254, 254]), (30, &[255, 248, 254]),
    (31, &[249, 254]), (33, &[255, 253]), (34, &[247, 254]), (36, &[255, 253, 254]), (37, &[252]),
    (39, &[255, 254, 254]), (40, &[253]), (42, &[255, 254, 253]), (43, &[250]), (44, &[254]),
    (48, &[186, 251, 250]), (49, &[234, 251, 244, 254]), (50, &[251, 251, 243, 253, 254, 255, 254]),
    (51, &[255, 253, 254]), (52, &[236, 253, 254]), (53, &[251, 253, 253, 254, 254]),
    (54, &[255, 254, 254]), (55, &[254, 254, 254]), (57, &[255, 254]), (58, &[254, 254]), (59, &[254]),
    (61, &[254]), (72, &[248]), (73, &[250, 254, 252, 254]), (74, &[248, 254, 249, 253]),
    (75, &[255, 253, 253]), (76, &[246, 253, 253]), (77, &[252, 254, 251, 254, 254]),
    (78, &[255, 254, 252]), (79, &[248, 254, 253]), (80, &[253, 255, 254, 254]), (81, &[255, 251, 254]),
    (82, &[245, 251, 254]), (83, &[253, 253, 254]), (84, &[255, 251, 253]), (85, &[252, 253, 254]),
    (86, &[255, 254]), (87, &[255, 252]), (88, &[249, 255, 254]), (89, &[255, 255, 254]),
    (90, &[255, 255, 253]), (91, &[250]), (94, &[254]),
];

/// The same for the probabilities of motion vectors (§17.2): of the vertical part, then of the horizontal one.
const MOTION_UPDATE: [u8; 38] = [
    237, 246, 253, 253, 254, 254, 254, 254, 254, 254, 254, 254, 254, 254, 250, 250, 252, 254, 254, //
    231, 243, 245, 253, 254, 254, 254, 254, 254, 254, 254, 254, 254, 254, 251, 251, 254, 254, 254,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_frame_says_that_it_is_one_and_how_large() {
        let picture = key_frame(1280, 720, 30_000);

        assert_eq!(picture.bytes.len(), 30_000);
        assert_eq!(picture.bytes[0] & 1, 0);
        assert_eq!(picture.bytes[3..10], [0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x02]);
        assert_eq!(first_partition(&picture.bytes) + 10, picture.free_from);
    }

    #[test]
    fn a_delta_frame_says_that_it_is_none() {
        let picture = delta_frame(1280, 720, 8_000);

        assert_eq!(picture.bytes[0] & 1, 1);
        assert_eq!(first_partition(&picture.bytes) + 3, picture.free_from);
    }

    #[test]
    fn the_probabilities_are_those_of_the_standard() {
        let rows: u32 = COEFFICIENT_UPDATE
            .iter()
            .map(|(row, known)| {
                known.iter().map(|&one| (u32::from(*row) + 1) * (255 - u32::from(one))).sum::<u32>()
            })
            .sum();

        // One that is wrong makes another picture of all that follows.
        assert_eq!(rows, 28_979);
    }

    #[test]
    fn a_picture_that_is_larger_than_wanted_is_left_whole() {
        let picture = key_frame(1280, 720, 10);

        assert_eq!(picture.bytes.len(), picture.free_from);
    }

    #[test]
    fn what_is_coded_is_decoded_again() {
        let mut coder = Coder::default();
        let mut state = 7_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        let bits: Vec<(u8, bool)> = (0..20_000)
            .map(|_| {
                let probability = next().max(1);
                (probability, next() >= probability)
            })
            .collect();
        for &(probability, bit) in &bits {
            coder.put(probability, bit);
        }

        let mut decoder = Decoder::new(coder.finish());

        for (at, (probability, bit)) in bits.into_iter().enumerate() {
            assert_eq!(decoder.take(probability), bit, "bit {at}");
        }
    }

    fn first_partition(frame: &[u8]) -> usize {
        (u32::from_le_bytes([frame[0], frame[1], frame[2], 0]) >> 5) as usize
    }

    /// The other half (§7.3), as simple as can be.
    struct Decoder {
        bytes: std::vec::IntoIter<u8>,
        value: u32,
        range: u32,
        shifted: u8,
    }

    impl Decoder {
        fn new(bytes: Vec<u8>) -> Self {
            let mut bytes = bytes.into_iter();
            let value = [bytes.next(), bytes.next()].map(|byte| u32::from(byte.expect("two bytes")));
            Self { bytes, value: value[0] << 8 | value[1], range: 255, shifted: 0 }
        }

        fn take(&mut self, probability: u8) -> bool {
            let split = 1 + (((self.range - 1) * u32::from(probability)) >> 8);
            let bit = self.value >= split << 8;
            if bit {
                self.value -= split << 8;
                self.range -= split;
            } else {
                self.range = split;
            }
            while self.range < 128 {
                self.range <<= 1;
                self.value <<= 1;
                self.shifted += 1;
                if self.shifted == 8 {
                    self.shifted = 0;
                    self.value |= u32::from(self.bytes.next().unwrap_or(0));
                }
            }
            bit
        }
    }
}

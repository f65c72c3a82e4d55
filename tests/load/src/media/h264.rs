//! Writes pictures of H.264 (constrained baseline) that any decoder decodes: a grey one, and others that repeat it.
//!
//! As with [`super::vp8`], nothing is seen in them, and what a server looks at is real. They are as large as those of a
//! camera by a message that decoders step over (SEI, user data) before each slice.

/// The units of a picture that is predicted from nothing: parameter sets, filling, slice.
#[must_use]
pub fn key_units(width: u16, height: u16, len: usize) -> Vec<Vec<u8>> {
    let sets = [sequence_parameters(width, height), picture_parameters()];
    let slice = intra_slice(width, height);
    let rest = sets.iter().chain([&slice]).map(Vec::len).sum::<usize>();
    let [sequence, picture] = sets;
    vec![sequence, picture, filling(len.saturating_sub(rest)), slice]
}

/// The units of a picture that repeats the one before: filling and a slice. `frame` counts since the last key frame.
#[must_use]
pub fn delta_units(width: u16, height: u16, frame: u32, len: usize) -> Vec<Vec<u8>> {
    let slice = repeating_slice(width, height, frame);
    vec![filling(len.saturating_sub(slice.len())), slice]
}

/// Whether a unit's end may be written over.
#[must_use]
pub fn is_filling(unit: &[u8]) -> bool {
    unit.first().is_some_and(|header| header & 0x1f == SEI)
}

/// Sequence parameter set (§7.3.2.1.1).
fn sequence_parameters(width: u16, height: u16) -> Vec<u8> {
    let mut bits = Bits::unit(0x60 | 7);
    bits.put(66, 8); // baseline
    bits.put(0xe0, 8); // constrained
    bits.put(31, 8); // level 3.1
    bits.exp(0);
    bits.exp(FRAME_NUMBER_BITS - 4);
    bits.exp(2); // pictures are shown in the order in which they come
    bits.exp(1); // one reference
    bits.put(0, 1);
    bits.exp(u32::from(width.div_ceil(16)) - 1);
    bits.exp(u32::from(height.div_ceil(16)) - 1);
    bits.put(1, 1); // whole frames
    bits.put(1, 1);
    let (right, bottom) = (crop(width), crop(height));
    bits.put(u32::from(right + bottom > 0), 1);
    if right + bottom > 0 {
        for edge in [0, right, 0, bottom] {
            bits.exp(edge);
        }
    }
    bits.put(0, 1); // nothing about display
    bits.finish()
}

/// Picture parameter set (§7.3.2.2).
fn picture_parameters() -> Vec<u8> {
    let mut bits = Bits::unit(0x60 | 8);
    bits.exp(0);
    bits.exp(0);
    bits.put(0, 2); // CAVLC, no fields
    bits.exp(0); // one slice group
    bits.exp(0); // one reference in either list
    bits.exp(0);
    bits.put(0, 3); // no weights
    bits.exp(0); // quantisers
    bits.exp(0);
    bits.exp(0);
    bits.put(0b100, 3); // slices say how they are filtered
    bits.finish()
}

/// A slice in which each macroblock has the mean of its neighbours (§7.3.3, §7.3.5).
fn intra_slice(width: u16, height: u16) -> Vec<u8> {
    let mut bits = Bits::unit(0x60 | 5);
    bits.exp(0);
    bits.exp(7); // intra only
    bits.exp(0);
    bits.put(0, FRAME_NUMBER_BITS);
    bits.exp(0);
    bits.put(0, 2); // not a long-term reference
    bits.exp(0); // the picture's quantiser
    bits.exp(1); // no filter
    for _ in 0..macroblocks(width, height) {
        bits.exp(3); // 16 by 16, DC prediction, no coefficients
        bits.exp(0); // DC prediction of chroma
        bits.exp(0); // the same quantiser
        bits.put(1, 1); // and no DC coefficients either
    }
    bits.finish()
}

/// A slice of nothing but skipped macroblocks.
fn repeating_slice(width: u16, height: u16, frame: u32) -> Vec<u8> {
    let mut bits = Bits::unit(0x60 | 1);
    bits.exp(0);
    bits.exp(5); // predicted
    bits.exp(0);
    bits.put(frame % (1 << FRAME_NUMBER_BITS), FRAME_NUMBER_BITS);
    bits.put(0, 1); // as many references as the picture has
    bits.put(0, 1); // in their order
    bits.put(0, 1); // kept in the usual way
    bits.exp(0);
    bits.exp(1);
    bits.exp(macroblocks(width, height));
    bits.finish()
}

/// A message of so many bytes in all, without start codes in it (Annex D.1.7).
fn filling(len: usize) -> Vec<u8> {
    let payload = len.saturating_sub(2 + len / 255 + 1).max(UUID.len() + super::stamp::Stamp::LEN);
    let mut unit = vec![SEI, USER_DATA];
    unit.extend(vec![0xff; payload / 255]);
    unit.push((payload % 255) as u8);
    unit.extend(UUID);
    unit.resize(unit.len() + payload - UUID.len(), 0xda);
    unit.push(0x80);
    unit
}

/// Pairs of lines or columns of the last macroblock that are not shown.
fn crop(length: u16) -> u32 {
    u32::from(length.next_multiple_of(16) - length) / 2
}

fn macroblocks(width: u16, height: u16) -> u32 {
    u32::from(width.div_ceil(16)) * u32::from(height.div_ceil(16))
}

/// A unit being written bit by bit.
struct Bits {
    bytes: Vec<u8>,
    pending: u8,
    count: u8,
}

impl Bits {
    fn unit(header: u8) -> Self {
        Self { bytes: vec![header], pending: 0, count: 0 }
    }

    fn put(&mut self, value: u32, count: u32) {
        for place in (0..count).rev() {
            self.pending = self.pending << 1 | (value >> place & 1) as u8;
            self.count += 1;
            if self.count == 8 {
                self.push(self.pending);
                (self.pending, self.count) = (0, 0);
            }
        }
    }

    /// An unsigned Exp-Golomb code (§9.1). A signed zero has the same.
    fn exp(&mut self, value: u32) {
        let len = (value + 1).ilog2();
        self.put(0, len);
        self.put(value + 1, len + 1);
    }

    /// Two zeros are followed by nothing below four (§7.4.1.1).
    fn push(&mut self, byte: u8) {
        if byte <= 3 && self.bytes.ends_with(&[0, 0]) {
            self.bytes.push(3);
        }
        self.bytes.push(byte);
    }

    fn finish(mut self) -> Vec<u8> {
        self.put(1, 1);
        while self.count > 0 {
            self.put(0, 1);
        }
        self.bytes
    }
}

const SEI: u8 = 6;
const USER_DATA: u8 = 5;
/// By which nobody knows it.
const UUID: [u8; 16] = *b"\xb4\x1aPalabre\xb4\x1afillg";
const FRAME_NUMBER_BITS: u32 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_picture_begins_with_its_parameters_and_is_as_large_as_wanted() {
        let units = key_units(1280, 720, 30_000);

        let kinds: Vec<u8> = units.iter().map(|unit| unit[0] & 0x1f).collect();
        assert_eq!(kinds, [7, 8, SEI, 5]);
        let len = units.iter().map(Vec::len).sum::<usize>();
        assert!(len.abs_diff(30_000) < 4, "{len}");
    }

    #[test]
    fn no_unit_contains_a_start_code() {
        let mut units = key_units(320, 180, 3_000);
        (0..300).for_each(|frame| units.extend(delta_units(320, 180, frame, 700)));

        for unit in units {
            assert!(!unit.windows(3).any(|run| run[..2] == [0, 0] && run[2] < 3), "{unit:x?}");
        }
    }

    #[test]
    fn a_message_is_as_long_as_it_says() {
        for len in [0, 100, 300, 8_333] {
            let unit = filling(len);
            let sizes: Vec<u8> = unit[2..].iter().copied().take_while(|&byte| byte == 255).collect();
            let payload = 255 * sizes.len() + usize::from(unit[2 + sizes.len()]);

            assert_eq!(unit.len(), 2 + sizes.len() + 1 + payload + 1);
        }
    }
}

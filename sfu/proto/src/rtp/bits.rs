//! Reads numbers of any width, highest bit first.

/// The bits of some bytes that have not been read yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    read: usize,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, read: 0 }
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        let byte = *self.bytes.get(self.read / 8)?;
        let flag = byte >> (7 - self.read % 8) & 1 == 1;
        self.read += 1;
        Some(flag)
    }

    /// A number of up to 32 bits.
    pub(super) fn take(&mut self, width: u32) -> Option<u32> {
        let mut number = 0;
        for _ in 0..width {
            number = number << 1 | u32::from(self.flag()?);
        }
        Some(number)
    }

    /// One of `count` values, of which the lowest may take a bit less than the others (AV1 §4.10.7).
    pub(super) fn non_symmetric(&mut self, count: u32) -> Option<u32> {
        let width = u32::BITS - count.leading_zeros();
        let short = (1_u32 << width) - count;
        let value = self.take(width.checked_sub(1)?)?;
        if value < short {
            return Some(value);
        }
        Some((value << 1) - short + u32::from(self.flag()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_cross_bytes() {
        let mut bits = Bits::new(&[0b1010_0111, 0b1100_0001]);

        assert_eq!((bits.take(3), bits.take(8), bits.flag()), (Some(5), Some(0b0011_1110), Some(false)));
        assert_eq!((bits.take(4), bits.flag(), bits.take(0)), (Some(1), None, Some(0)));
    }

    #[test]
    fn one_of_five_values_takes_two_bits_or_three() {
        let all = [(0b0000_0000, 0), (0b0100_0000, 1), (0b1000_0000, 2), (0b1100_0000, 3), (0b1110_0000, 4)];

        for (byte, value) in all {
            assert_eq!(Bits::new(&[byte]).non_symmetric(5), Some(value));
        }
        assert_eq!(Bits::new(&[]).non_symmetric(1), Some(0));
    }
}

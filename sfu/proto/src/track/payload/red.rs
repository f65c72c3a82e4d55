//! Redundant audio (RFC 2198): older blocks first, the present one last.

use crate::id::PayloadType;

/// The present block of a redundant payload.
///
/// ```text
/// |1|  block PT   |     timestamp offset      |  block length     |   as often as there are older blocks
/// |0|  block PT   |                                                 then the blocks in the same order
/// ```
#[must_use]
pub fn primary(payload: &[u8]) -> Option<&[u8]> {
    let mut older = 0;
    let mut rest = payload;
    while let [head, tail @ ..] = rest {
        if head & MORE == 0 {
            return tail.get(older..).filter(|block| !block.is_empty());
        }
        let [_, high, low, tail @ ..] = tail else {
            return None;
        };
        older += usize::from(u16::from_be_bytes([high & 3, *low]));
        rest = tail;
    }
    None
}

/// Writes the block headers with another payload type and returns their length, or `None` if they are cut or too many.
pub fn relabel(payload: &[u8], block: PayloadType, out: &mut [u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let head = *payload.get(at)?;
        *out.get_mut(at)? = head & MORE | block.0 & 0x7f;
        if head & MORE == 0 {
            return Some(at + 1);
        }
        out.get_mut(at + 1..at + 4)?.copy_from_slice(payload.get(at + 1..at + 4)?);
        at += 4;
    }
}

const MORE: u8 = 0x80;

#[cfg(test)]
mod tests {
    use super::*;

    /// One older block of two bytes, then the present one.
    const REDUNDANT: [u8; 9] = [0x80 | 111, 0x0f, 0x00, 2, 111, 0xaa, 0xbb, 0xcc, 0xdd];

    #[test]
    fn the_present_block_is_the_last() {
        assert_eq!(primary(&REDUNDANT), Some(&[0xcc, 0xdd][..]));
        assert_eq!(primary(&[111, 0xee]), Some(&[0xee][..]));
    }

    #[test]
    fn cut_payloads_have_no_present_block() {
        for len in 0..8 {
            assert_eq!(primary(&REDUNDANT[..len]), None);
        }
    }

    #[test]
    fn blocks_get_the_receivers_payload_type() {
        let mut out = [0; 8];

        assert_eq!(relabel(&REDUNDANT, PayloadType(96), &mut out), Some(5));

        assert_eq!(out[..5], [0x80 | 96, 0x0f, 0x00, 2, 96]);
        assert_eq!(relabel(&REDUNDANT[..3], PayloadType(96), &mut out), None);
        assert_eq!(relabel(&REDUNDANT, PayloadType(96), &mut [0; 3]), None);
    }
}

//! Opus with redundancy (RFC 2198), as browsers send it: each packet carries the frames before it once more.
//!
//! ```text
//! |1|  type (7) | timestamp offset (14) | length (10) | … |0|  type (7) | block … | newest block |
//! ```

use std::ops::Range;

/// One frame of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Its payload type.
    pub payload_type: u8,
    /// By how much its time is before that of the packet.
    pub earlier: u32,
    /// How many packets before this one it was the newest of.
    pub packets_before: u16,
    /// Where it is in the payload.
    pub place: Range<usize>,
}

/// The frames of a payload, the newest last; nothing if the payload contradicts its own lengths.
pub fn blocks(payload: &[u8]) -> impl Iterator<Item = Block> {
    let mut found: [Option<Block>; MAX_BLOCKS] = [const { None }; MAX_BLOCKS];
    let whole = read(payload, &mut found).is_some();
    found.into_iter().flatten().filter(move |block| whole && !block.place.is_empty())
}

fn read(payload: &[u8], found: &mut [Option<Block>; MAX_BLOCKS]) -> Option<()> {
    let mut at = 0;
    let mut count = 0;
    // The headers first: they tell where the blocks are.
    let mut sizes = [0; MAX_BLOCKS];
    loop {
        let place = found.get_mut(count)?;
        let first = *payload.get(at)?;
        let payload_type = first & 0x7F;
        let block = |earlier| Block { payload_type, earlier, packets_before: 0, place: 0..0 };
        if first & 0x80 == 0 {
            *place = Some(block(0));
            at += 1;
            count += 1;
            break;
        }
        let rest = payload.get(at + 1..at + 4)?;
        let bits = u32::from_be_bytes([0, rest[0], rest[1], rest[2]]);
        *place = Some(block(bits >> 10));
        sizes[count] = (bits & 0x3FF) as usize;
        at += 4;
        count += 1;
    }
    let last = count - 1;
    for (index, block) in found.iter_mut().flatten().enumerate() {
        let end = if index == last { payload.len() } else { at + sizes[index] };
        if end > payload.len() {
            return None;
        }
        block.place = at..end;
        block.packets_before = (last - index) as u16;
        at = end;
    }
    Some(())
}

/// Browsers send one or two besides the newest.
const MAX_BLOCKS: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frames_before_come_first_and_the_newest_last() {
        let mut payload = vec![0x80 | 111];
        payload.extend(&(1_920u32 << 10 | 3).to_be_bytes()[1..]);
        payload.push(0x80 | 111);
        payload.extend(&(960u32 << 10 | 2).to_be_bytes()[1..]);
        payload.push(111);
        payload.extend(b"oneTWnewest");

        let read: Vec<(u32, u16, &[u8])> = blocks(&payload)
            .map(|block| (block.earlier, block.packets_before, &payload[block.place]))
            .collect();

        assert_eq!(read, [(1_920, 2, &b"one"[..]), (960, 1, b"TW"), (0, 0, b"newest")]);
    }

    #[test]
    fn a_payload_that_contradicts_itself_has_no_frames() {
        for payload in [&[][..], &[0x80 | 111], &[0xEF, 0, 0, 200, 111, 1, 2], &[0xEF; 200]] {
            assert_eq!(blocks(payload).count(), 0, "{payload:?}");
        }
        assert_eq!(blocks(&[111, 1, 2]).count(), 1);
    }
}

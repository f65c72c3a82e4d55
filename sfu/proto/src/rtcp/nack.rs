//! Generic negative acknowledgement (RFC 4585 §6.2.1): names the packets that are missing.

use super::{TRANSPORT_FEEDBACK, append, ssrc_at};
use crate::id::Ssrc;

/// The missing packets of one stream, still as bytes.
#[derive(Debug, Clone, Copy)]
pub struct Nack<'a> {
    /// The stream.
    pub media: Ssrc,
    entries: &'a [u8],
}

impl<'a> Nack<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        Some(Self { media: ssrc_at(body, 4)?, entries: &body[8..] })
    }

    /// Their sequence numbers. Each entry names one, and sixteen more by a bit mask of those that follow.
    pub fn sequences(self) -> impl Iterator<Item = u16> + 'a {
        self.entries.chunks_exact(4).flat_map(|entry| {
            let first = u16::from_be_bytes([entry[0], entry[1]]);
            let mask = u32::from(u16::from_be_bytes([entry[2], entry[3]])) << 1 | 1;
            (0..17)
                .filter(move |offset| mask >> offset & 1 != 0)
                .map(move |offset| first.wrapping_add(offset))
        })
    }
}

/// Appends a request for packets, given by rising sequence numbers.
pub fn write(out: &mut Vec<u8>, sender: Ssrc, media: Ssrc, sequences: &[u16]) {
    append(out, TRANSPORT_FEEDBACK, FORMAT, |out| {
        out.extend(sender.0.to_be_bytes());
        out.extend(media.0.to_be_bytes());

        let mut rest = sequences;
        while let [first, tail @ ..] = rest {
            let near = tail.iter().take_while(|seq| (1..=16).contains(&seq.wrapping_sub(*first))).count();
            let bit = |seq: &u16| 1_u16 << (seq.wrapping_sub(*first) - 1);
            let mask = tail[..near].iter().fold(0, |mask, seq| mask | bit(seq));

            out.extend(first.to_be_bytes());
            out.extend(mask.to_be_bytes());
            rest = &tail[near..];
        }
    });
}

pub(super) const FORMAT: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtcp::{Packet, parse};

    #[test]
    fn sequence_numbers_read_back_across_the_wrap() {
        let missing = [65_530, 65_531, 9, 10, 11, 500];
        let mut out = Vec::new();

        write(&mut out, Ssrc(1), Ssrc(2), &missing);

        let Some(Packet::Nack(nack)) = parse(&out).next() else {
            panic!("a request");
        };
        assert_eq!(nack.media, Ssrc(2));
        assert_eq!(nack.sequences().collect::<Vec<_>>(), missing);
        assert_eq!(out.len(), 12 + 3 * 4, "neighbours share an entry");
    }
}

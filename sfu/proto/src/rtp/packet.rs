//! Reads an RTP packet in place (RFC 3550 §5.1).

use crate::id::{PayloadType, Ssrc};
use crate::rtp::Extensions;

/// An RTP packet as it lies in its datagram.
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// |V=2|P|X|  CC   |M|     PT      |       sequence number         |
/// |                           timestamp                           |
/// |                             SSRC                              |
/// |               CC times CSRC, header extension if X            |
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Packet<'a> {
    /// The marker bit: last packet of a picture, first of a talk spurt.
    pub marker: bool,
    /// What the payload is.
    pub payload_type: PayloadType,
    /// Counts packets, modulo 65,536.
    pub sequence: u16,
    /// The sampling instant in units of the payload's clock.
    pub timestamp: u32,
    /// Who sent it.
    pub ssrc: Ssrc,
    /// The header extension.
    pub extensions: Extensions<'a>,
    /// The payload without its padding; empty if the packet is nothing but padding.
    pub payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Reads a packet, or nothing if it is truncated, of another version or padded beyond its own size.
    #[must_use]
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (fixed, rest) = bytes.split_first_chunk::<12>()?;
        if fixed[0] >> 6 != 2 {
            return None;
        }

        let csrcs = 4 * usize::from(fixed[0] & 0x0f);
        let mut rest = rest.get(csrcs..)?;
        let mut extensions = Extensions::default();
        if fixed[0] & 0x10 != 0 {
            let (head, tail) = rest.split_first_chunk::<4>()?;
            let len = 4 * usize::from(u16::from_be_bytes([head[2], head[3]]));
            extensions = Extensions::new(u16::from_be_bytes([head[0], head[1]]), tail.get(..len)?);
            rest = &tail[len..];
        }
        let padded = fixed[0] & 0x20 != 0;

        Some(Self {
            marker: fixed[1] & 0x80 != 0,
            payload_type: PayloadType(fixed[1] & 0x7f),
            sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
            timestamp: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
            ssrc: Ssrc(u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]])),
            extensions,
            payload: if padded { unpad(rest)? } else { rest },
        })
    }
}

/// The last octet of padding says how many there are, itself included.
fn unpad(payload: &[u8]) -> Option<&[u8]> {
    let padding = usize::from(*payload.last()?);
    if padding == 0 {
        return None;
    }
    payload.get(..payload.len().checked_sub(padding)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: [u8; 14] = [0x80, 0xef, 1, 2, 0, 0, 0, 9, 0, 0, 0, 7, 0xaa, 0xbb];

    #[test]
    fn a_plain_packet_is_read_field_by_field() {
        let packet = Packet::parse(&PLAIN).expect("well-formed");

        assert!(packet.marker);
        assert_eq!(packet.payload_type, PayloadType(111));
        assert_eq!((packet.sequence, packet.timestamp), (0x0102, 9));
        assert_eq!(packet.ssrc, Ssrc(7));
        assert_eq!(packet.payload, [0xaa, 0xbb]);
    }

    #[test]
    fn contributing_sources_are_stepped_over() {
        let mut bytes = vec![0x82];
        bytes.extend(&PLAIN[1..12]);
        bytes.extend([1; 8]);
        bytes.push(0x42);

        assert_eq!(Packet::parse(&bytes).expect("well-formed").payload, [0x42]);
    }

    #[test]
    fn a_packet_of_padding_alone_has_an_empty_payload() {
        let mut bytes = PLAIN;
        bytes[0] = 0xa0;
        bytes[13] = 2;

        assert_eq!(Packet::parse(&bytes).expect("well-formed").payload, []);
    }

    #[test]
    fn padding_longer_than_the_packet_is_refused() {
        let mut bytes = PLAIN;
        bytes[0] = 0xa0;

        for padding in [0, 3, 255] {
            bytes[13] = padding;
            assert!(Packet::parse(&bytes).is_none(), "padding {padding}");
        }
        assert!(Packet::parse(&bytes[..12]).is_none());
    }

    #[test]
    fn no_truncation_of_a_packet_panics() {
        let mut bytes = vec![0xbf, 0x60, 0, 1];
        bytes.extend([0; 68]);
        bytes.extend([0xbe, 0xde, 0, 1, 0x10, 5, 0, 0, 1, 2, 3, 1]);

        for len in 0..bytes.len() {
            if let Some(packet) = Packet::parse(&bytes[..len]) {
                packet.extensions.iter().for_each(drop);
            }
        }
        assert!(Packet::parse(&bytes).is_some());
    }

    #[test]
    fn another_version_is_refused() {
        let mut bytes = PLAIN;
        bytes[0] = 0x40;

        assert!(Packet::parse(&bytes).is_none());
    }
}

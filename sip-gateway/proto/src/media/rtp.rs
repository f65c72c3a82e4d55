//! RTP headers (RFC 3550 §5.1), as far as a phone's packets need it.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! |V=2|P|X|  CC   |M|     PT      |       sequence number         |
//! |                           timestamp                           |
//! |                             SSRC                              |
//! ```

use std::ops::Range;

/// The fixed fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Header {
    /// First packet of a talk spurt, or of a key.
    pub marker: bool,
    /// What the payload is.
    pub payload_type: u8,
    /// Counts packets.
    pub sequence: u16,
    /// The sampling instant.
    pub timestamp: u32,
    /// The stream.
    pub ssrc: u32,
}

impl Header {
    /// Reads the header of a packet and finds its payload, without padding; `None` if it is no RTP packet.
    #[must_use]
    pub fn parse(packet: &[u8]) -> Option<(Self, Range<usize>)> {
        let (fixed, _) = packet.split_first_chunk::<HEADER_LEN>()?;
        if fixed[0] >> 6 != 2 || is_rtcp(packet) {
            return None;
        }
        let mut start = HEADER_LEN + 4 * usize::from(fixed[0] & 0x0F);
        if fixed[0] & 0x10 != 0 {
            let words = packet.get(start + 2..start + 4)?;
            start += 4 + 4 * usize::from(u16::from_be_bytes([words[0], words[1]]));
        }
        let mut end = packet.len();
        if fixed[0] & 0x20 != 0 {
            let padding = usize::from(*packet.last()?);
            end = end.checked_sub(padding).filter(|_| padding != 0)?;
        }
        if start > end {
            return None;
        }

        let header = Self {
            marker: fixed[1] & 0x80 != 0,
            payload_type: fixed[1] & 0x7F,
            sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
            timestamp: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
            ssrc: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
        };
        Some((header, start..end))
    }

    /// Its bytes, of a packet without extension, sources or padding.
    #[must_use]
    pub fn to_bytes(self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        bytes[0] = 0x80;
        bytes[1] = u8::from(self.marker) << 7 | self.payload_type & 0x7F;
        bytes[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        bytes[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        bytes[8..].copy_from_slice(&self.ssrc.to_be_bytes());
        bytes
    }
}

/// The value of a one-byte header extension (RFC 8285 §4.2); `None` if the packet does not carry it.
#[must_use]
pub fn extension(packet: &[u8], id: u8) -> Option<&[u8]> {
    let first = *packet.first()?;
    let start = HEADER_LEN + 4 * usize::from(first & 0x0F);
    let (profile, block) = packet.get(start..)?.split_first_chunk::<4>()?;
    if first & 0x10 == 0 || profile[..2] != ONE_BYTE {
        return None;
    }
    let mut rest = block.get(..4 * usize::from(u16::from_be_bytes([profile[2], profile[3]])))?;
    while let Some((&head, values)) = rest.split_first() {
        if head == 0 {
            rest = values;
            continue;
        }
        let (value, next) = values.split_at_checked(usize::from(head & 0x0F) + 1)?;
        if head >> 4 == id {
            return Some(value);
        }
        rest = next;
    }
    None
}

/// A header with one extension of one octet.
#[must_use]
pub fn header_with_extension(header: Header, id: u8, value: u8) -> [u8; EXTENDED_HEADER_LEN] {
    let mut bytes = [0; EXTENDED_HEADER_LEN];
    bytes[..HEADER_LEN].copy_from_slice(&header.to_bytes());
    bytes[0] |= 0x10;
    bytes[HEADER_LEN..HEADER_LEN + 2].copy_from_slice(&ONE_BYTE);
    bytes[HEADER_LEN + 3] = 1;
    bytes[HEADER_LEN + 4] = id << 4;
    bytes[HEADER_LEN + 5] = value;
    bytes
}

/// Whether a packet on a shared port is RTCP (RFC 5761 §4).
#[must_use]
pub fn is_rtcp(packet: &[u8]) -> bool {
    packet.get(1).is_some_and(|byte| (192..=223).contains(byte))
}

/// Bytes of a header without extras.
pub const HEADER_LEN: usize = 12;

/// Bytes of a header with an extension of one octet.
pub const EXTENDED_HEADER_LEN: usize = HEADER_LEN + 8;

/// "One byte", as the profile of an extension block says it.
const ONE_BYTE: [u8; 2] = [0xBE, 0xDE];

/// Extends sequence numbers so that they do not wrap (RFC 3550 appendix A.1).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Unwrapper {
    newest: Option<u64>,
}

impl Unwrapper {
    /// The extended number nearest to the newest; stragglers from before the first stay positive.
    pub(crate) fn extend(&mut self, sequence: u16) -> u64 {
        let extended = match self.newest {
            None => 0x1_0000 + u64::from(sequence),
            Some(newest) => {
                newest.saturating_add_signed(i64::from(sequence.wrapping_sub(newest as u16) as i16))
            }
        };
        self.newest = Some(self.newest.map_or(extended, |newest| newest.max(extended)));
        extended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_behind_sources_extension_and_padding() {
        let header = Header { marker: true, payload_type: 101, sequence: 7, timestamp: 8, ssrc: 9 };
        let mut packet = header.to_bytes().to_vec();
        packet[0] |= 0x31; // padding, extension, one source
        packet.extend([0; 4]);
        packet.extend([0xBE, 0xDE, 0, 1, 1, 2, 3, 4]);
        packet.extend(b"sound");
        packet.extend([0, 0, 3]);

        let (read, payload) = Header::parse(&packet).expect("a packet");
        assert_eq!((read, &packet[payload]), (header, b"sound".as_slice()));
    }

    #[test]
    fn what_contradicts_its_own_length_is_no_packet() {
        let plain = Header::default().to_bytes();
        assert!(Header::parse(&plain).is_some_and(|(_, payload)| payload.is_empty()));
        for (first, len) in [(0x80, 11), (0x00, 12), (0x8F, 12), (0x90, 12), (0xA0, 12)] {
            let mut packet = plain;
            packet[0] = first;
            assert_eq!(Header::parse(&packet[..len]), None, "{first:#04x}");
        }
    }

    #[test]
    fn an_extension_is_found_among_others_and_nothing_is_read_beyond_the_block() {
        let packet = header_with_extension(Header::default(), 3, 0xA5);
        assert_eq!(extension(&packet, 3), Some(&[0xA5][..]));
        assert_eq!(extension(&packet, 4), None);
        assert!(Header::parse(&packet).is_some_and(|(_, payload)| payload.is_empty()));

        let mut packet = Header::default().to_bytes().to_vec();
        assert_eq!(extension(&packet, 3), None);
        packet[0] |= 0x10;
        packet.extend([0xBE, 0xDE, 0, 2, 0x11, 1, 2, 0, 0x32, 7, 8, 9]);
        assert_eq!(extension(&packet, 3), Some(&[7, 8, 9][..]));
        for len in 0..packet.len() {
            assert_eq!(extension(&packet[..len], 3), None);
        }
        packet[16] = 0x1F;
        assert_eq!(extension(&packet, 3), None);
    }

    #[test]
    fn reports_on_a_shared_port_are_told_apart() {
        assert!(is_rtcp(&[0x80, 200]));
        assert!(!is_rtcp(&[0x80, 101 | 0x80]));
        assert!(!is_rtcp(&[0x80]));
    }

    #[test]
    fn numbers_rise_across_the_wrap_and_stragglers_stay_behind() {
        let mut unwrapper = Unwrapper::default();
        let before = unwrapper.extend(65_535);

        assert_eq!(unwrapper.extend(1), before + 2);
        assert_eq!(unwrapper.extend(0), before + 1);
        assert_eq!(unwrapper.extend(2), before + 3);
    }
}

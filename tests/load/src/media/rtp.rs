//! RTP headers as clients write them, and as they stand in the clear in front of what is encrypted (RFC 3550 §5.1).

use sfu_proto::id::{PayloadType, Ssrc};
use sfu_proto::rtp::Extensions;

/// What is readable of a packet without its key.
#[derive(Debug, Clone, Copy)]
pub struct Header<'a> {
    /// What the payload is.
    pub payload_type: PayloadType,
    /// Counts packets, modulo 65,536.
    pub sequence: u16,
    /// The sampling instant.
    pub timestamp: u32,
    /// Who sent it.
    pub ssrc: Ssrc,
    /// The header extension.
    pub extensions: Extensions<'a>,
    /// How long the header is.
    pub len: usize,
}

impl<'a> Header<'a> {
    /// Reads it. Padding is not looked at: its length is encrypted.
    #[must_use]
    pub fn read(packet: &'a [u8]) -> Option<Self> {
        let (fixed, rest) = packet.split_first_chunk::<12>()?;
        if fixed[0] >> 6 != 2 {
            return None;
        }
        let sources = 4 * usize::from(fixed[0] & 0x0f);
        let rest = rest.get(sources..)?;
        let mut header_len = fixed.len() + sources;
        let mut extensions = Extensions::default();
        if fixed[0] & 0x10 != 0 {
            let (head, tail) = rest.split_first_chunk::<4>()?;
            let len = 4 * usize::from(u16::from_be_bytes([head[2], head[3]]));
            extensions = Extensions::new(u16::from_be_bytes([head[0], head[1]]), tail.get(..len)?);
            header_len += head.len() + len;
        }
        Some(Self {
            payload_type: PayloadType(fixed[1] & 0x7f),
            sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
            timestamp: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
            ssrc: Ssrc(u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]])),
            extensions,
            len: header_len,
        })
    }

    /// The value of an extension.
    #[must_use]
    pub fn extension(&self, id: u8) -> Option<&'a [u8]> {
        self.extensions.iter().find(|(found, _)| *found == id).map(|(_, value)| value)
    }
}

/// A header being written.
#[derive(Debug)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// Begins with the fixed part and an empty extension (RFC 8285 §4.2).
    #[must_use]
    pub fn new(payload_type: u8, marker: bool, sequence: u16, timestamp: u32, ssrc: u32) -> Self {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend([0x90, payload_type & 0x7f | u8::from(marker) << 7]);
        bytes.extend(sequence.to_be_bytes());
        bytes.extend(timestamp.to_be_bytes());
        bytes.extend(ssrc.to_be_bytes());
        bytes.extend([0xbe, 0xde, 0, 0]);
        Self { bytes }
    }

    /// Adds an element of 1 to 16 bytes, if it was negotiated.
    pub fn element(&mut self, id: Option<u8>, value: &[u8]) {
        let Some(id) = id else { return };
        self.bytes.push(id << 4 | (value.len() - 1) as u8);
        self.bytes.extend(value);
    }

    /// The whole header.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        let len = self.bytes.len().next_multiple_of(4);
        self.bytes.resize(len, 0);
        let words = (len - EXTENSION_AT) / 4;
        self.bytes[EXTENSION_AT - 1] = words as u8;
        self.bytes
    }
}

/// Where the elements begin.
const EXTENSION_AT: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let mut writer = Writer::new(96, true, 65_535, 90_000, 0xfeed);
        writer.element(Some(4), b"1");
        writer.element(None, b"never");
        writer.element(Some(3), &7_u16.to_be_bytes());
        let mut packet = writer.finish();
        packet.extend([0xff; 20]);

        let header = Header::read(&packet).expect("a header");

        assert_eq!((header.payload_type.0, header.sequence, header.timestamp), (96, 65_535, 90_000));
        assert_eq!(header.ssrc, Ssrc(0xfeed));
        assert_eq!(packet.len() - header.len, 20);
        assert_eq!(header.extension(4), Some(&b"1"[..]));
        assert_eq!(header.extension(3), Some(&[0, 7][..]));
        assert_eq!(header.extension(5), None);
    }

    #[test]
    fn no_truncation_of_a_packet_panics() {
        let mut writer = Writer::new(96, true, 1, 2, 3);
        writer.element(Some(4), b"12");
        let packet = writer.finish();

        for len in 0..packet.len() {
            assert!(Header::read(&packet[..len]).is_none(), "{len}");
        }
    }
}

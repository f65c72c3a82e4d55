//! Writes RTP headers whose extension block keeps one length per stream, so that packets of a burst can be sent in one
//! segmented datagram.

use super::extension::{ExtensionValues, ONE_BYTE, TWO_BYTE};
use crate::id::{Mid, PayloadType, Ssrc};
use crate::io::{Extension, ExtensionMap};

/// The fixed fields of an outgoing header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Last packet of a picture, first of a talk spurt.
    pub marker: bool,
    /// What the payload is, in the receiver's numbering.
    pub payload_type: PayloadType,
    /// Counts packets of this stream.
    pub sequence: u16,
    /// The sampling instant on this stream's time line.
    pub timestamp: u32,
    /// The stream.
    pub ssrc: Ssrc,
}

/// What is only known at the moment of sending.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stamp {
    /// Sequence number across all streams of the transport.
    pub transport_cc: Option<u16>,
    /// Seconds in 6.18 fixed point.
    pub abs_send_time: u32,
}

/// The header extension of one outgoing stream: a template with places to fill per packet.
#[derive(Debug, Clone)]
pub struct ExtensionBlock {
    /// The block in its one-byte form, with its four bytes of profile and length.
    template: [u8; TEMPLATE_LEN],
    len: u8,
    transport_cc: Option<Place>,
    abs_send_time: Option<Place>,
    audio_level: Option<Place>,
    orientation: Option<Place>,
    playout_delay: Option<Place>,
    dependency_descriptor: Option<u8>,
}

/// Where an element starts in the template, and its first byte there.
#[derive(Debug, Clone, Copy)]
struct Place {
    at: u8,
    head: u8,
}

impl ExtensionBlock {
    /// Lays out what was negotiated for a media section.
    #[must_use]
    pub fn new(mid: Mid, ids: &ExtensionMap) -> Self {
        let mut block = Self {
            template: [0; TEMPLATE_LEN],
            len: 4,
            transport_cc: None,
            abs_send_time: None,
            audio_level: None,
            orientation: None,
            playout_delay: None,
            dependency_descriptor: ids.id(Extension::DependencyDescriptor),
        };

        block.template[..2].copy_from_slice(&ONE_BYTE.to_be_bytes());
        let mid = mid.as_str().as_bytes();
        if let Some(place) = block.reserve(ids.id(Extension::Mid), mid.len()) {
            let at = usize::from(place.at);
            block.template[at] = place.head;
            block.template[at + 1..][..mid.len()].copy_from_slice(mid);
        }
        block.transport_cc = block.reserve(ids.id(Extension::TransportCc), 2);
        block.abs_send_time = block.reserve(ids.id(Extension::AbsSendTime), 3);
        block.audio_level = block.reserve(ids.id(Extension::AudioLevel), 1);
        block.orientation = block.reserve(ids.id(Extension::VideoOrientation), 1);
        block.playout_delay = block.reserve(ids.id(Extension::PlayoutDelay), 3);

        block.len = block.len.next_multiple_of(4);
        block.template[3] = block.len / 4 - 1;
        block
    }

    /// Whether packets carry a sequence number of the whole transport.
    #[must_use]
    pub fn has_transport_cc(&self) -> bool {
        self.transport_cc.is_some()
    }

    /// Writes a whole header and returns its length. Places without a value stay padding; the transport's sequence
    /// number is that of the stamp.
    pub fn write(
        &self,
        header: Header,
        values: &ExtensionValues<'_>,
        stamp: Stamp,
        out: &mut [u8; MAX_HEADER_LEN],
    ) -> usize {
        out[0] = 0x80;
        out[1] = header.payload_type.0 & 0x7f | u8::from(header.marker) << 7;
        out[2..4].copy_from_slice(&header.sequence.to_be_bytes());
        out[4..8].copy_from_slice(&header.timestamp.to_be_bytes());
        out[8..12].copy_from_slice(&header.ssrc.0.to_be_bytes());

        let descriptor = self.dependency_descriptor.zip(values.dependency_descriptor);
        if self.len == 4 && descriptor.is_none() {
            return FIXED_LEN;
        }
        out[0] |= 0x10;
        out[FIXED_LEN..][..TEMPLATE_LEN].copy_from_slice(&self.template);
        let block = &mut out[FIXED_LEN..];
        fill(block, self.transport_cc, stamp.transport_cc.map(u16::to_be_bytes));
        let [_, abs @ ..] = stamp.abs_send_time.to_be_bytes();
        fill(block, self.abs_send_time, Some(abs));
        fill(block, self.audio_level, values.audio_level.map(|level| [level]));
        fill(block, self.orientation, values.orientation.map(|bits| [bits]));
        fill(block, self.playout_delay, values.playout_delay);

        let len = usize::from(self.len);
        FIXED_LEN + descriptor.map_or(len, |(id, value)| append(block, len, id, value))
    }

    fn reserve(&mut self, id: Option<u8>, len: usize) -> Option<Place> {
        let place = Place { at: self.len, head: id? << 4 | (len as u8 - 1) };
        self.len += 1 + len as u8;
        Some(place)
    }
}

fn fill<const N: usize>(block: &mut [u8], place: Option<Place>, value: Option<[u8; N]>) {
    if let (Some(place), Some(value)) = (place, value) {
        let at = usize::from(place.at);
        block[at] = place.head;
        block[at + 1..][..N].copy_from_slice(&value);
    }
}

/// Adds an element of any length behind the others and returns the block's new length. One that does not fit the
/// one-byte form turns the whole block into the two-byte form.
fn append(block: &mut [u8], len: usize, id: u8, value: &[u8]) -> usize {
    let Ok(value_len) = u8::try_from(value.len()) else {
        return len;
    };

    let mut end = len;
    if (1..=16).contains(&value_len) {
        block[end] = id << 4 | (value_len - 1);
        end += 1;
    } else {
        end = widen(block, len);
        block[end..][..2].copy_from_slice(&[id, value_len]);
        end += 2;
    }
    block[end..][..value.len()].copy_from_slice(value);
    end += value.len();

    let padded = end.next_multiple_of(4);
    block[end..padded].fill(0);
    block[2..4].copy_from_slice(&(padded as u16 / 4 - 1).to_be_bytes());
    padded
}

/// Turns the elements of a block into their two-byte form and returns where they end.
fn widen(block: &mut [u8], len: usize) -> usize {
    let mut narrow = [0; TEMPLATE_LEN];
    narrow[..len].copy_from_slice(&block[..len]);

    block[..2].copy_from_slice(&TWO_BYTE.to_be_bytes());
    let mut end = 4;
    for (id, value) in super::Extensions::new(ONE_BYTE, &narrow[4..len]).iter() {
        block[end..][..2].copy_from_slice(&[id, value.len() as u8]);
        block[end + 2..][..value.len()].copy_from_slice(value);
        end += 2 + value.len();
    }
    end
}

const FIXED_LEN: usize = 12;

/// Profile and length, a mid of 16 bytes, transport-cc, abs-send-time, level, orientation, playout delay: 36 bytes.
const TEMPLATE_LEN: usize = 36;

/// Room for the longest header: all places, in two-byte form, and a dependency descriptor of 255 bytes.
pub const MAX_HEADER_LEN: usize = FIXED_LEN + TEMPLATE_LEN + 6 + 2 + 255 + 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtp::Packet;

    #[test]
    fn a_header_reads_back_as_it_was_written() {
        let mut out = [0; MAX_HEADER_LEN];
        let values = ExtensionValues {
            audio_level: Some(0x9e),
            transport_cc: Some(4_660),
            ..ExtensionValues::default()
        };

        let len = block().write(header(), &values, stamp(&values), &mut out);

        let packet = Packet::parse(&out[..len]).expect("well-formed");
        let read = ExtensionValues::read(packet.extensions, &ids());
        assert_eq!((packet.sequence, packet.timestamp), (77, 90_000));
        assert!(packet.marker && packet.payload.is_empty());
        assert_eq!(read, ExtensionValues { mid: Some(b"video0"), ..values });
    }

    #[test]
    fn the_length_does_not_depend_on_which_values_are_there() {
        let mut out = [0; MAX_HEADER_LEN];
        let full = ExtensionValues {
            audio_level: Some(1),
            transport_cc: Some(2),
            orientation: Some(3),
            playout_delay: Some([4; 3]),
            ..ExtensionValues::default()
        };

        let len = block().write(header(), &full, stamp(&full), &mut out);

        assert_eq!(block().write(header(), &ExtensionValues::default(), Stamp::default(), &mut out), len);
    }

    #[test]
    fn a_dependency_descriptor_of_any_length_passes() {
        for descriptor_len in [1, 16, 17, 255] {
            let descriptor = vec![0x5a; descriptor_len];
            let mut out = [0xff; MAX_HEADER_LEN];
            let values = ExtensionValues {
                transport_cc: Some(9),
                orientation: Some(1),
                playout_delay: Some([1, 2, 3]),
                audio_level: Some(5),
                dependency_descriptor: Some(&descriptor),
                ..ExtensionValues::default()
            };
            let block = ExtensionBlock::new(Mid::new("sixteen-bytes-id").expect("valid"), &ids());

            let len = block.write(header(), &values, stamp(&values), &mut out);

            let packet = Packet::parse(&out[..len]).expect("well-formed");
            let read = ExtensionValues::read(packet.extensions, &ids());
            assert_eq!(read, ExtensionValues { mid: Some(b"sixteen-bytes-id"), ..values });
        }
    }

    #[test]
    fn a_stream_without_extensions_has_a_bare_header() {
        let block = ExtensionBlock::new(Mid::new("0").expect("valid"), &ExtensionMap::default());
        let mut out = [0; MAX_HEADER_LEN];

        assert_eq!(block.write(header(), &ExtensionValues::default(), Stamp::default(), &mut out), 12);
        assert_eq!(out[0], 0x80);
    }

    fn stamp(values: &ExtensionValues<'_>) -> Stamp {
        Stamp { transport_cc: values.transport_cc, abs_send_time: 0x00ab_cdef }
    }

    fn header() -> Header {
        Header { marker: true, payload_type: PayloadType(96), sequence: 77, timestamp: 90_000, ssrc: Ssrc(5) }
    }

    fn block() -> ExtensionBlock {
        ExtensionBlock::new(Mid::new("video0").expect("valid"), &ids())
    }

    fn ids() -> ExtensionMap {
        let mut ids = ExtensionMap::default();
        for (index, extension) in Extension::ALL.into_iter().enumerate() {
            ids.insert(extension, index as u8 + 1);
        }
        ids
    }
}

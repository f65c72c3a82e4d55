//! Reads RTP header extensions in their one-byte and two-byte forms (RFC 8285).

use crate::io::{Extension, ExtensionMap};

/// The elements of a header extension. A malformed one ends early rather than failing the packet.
#[derive(Debug, Clone, Copy, Default)]
pub struct Extensions<'a> {
    two_byte: bool,
    data: &'a [u8],
}

impl<'a> Extensions<'a> {
    /// Takes the extension's profile and data; an unknown profile counts as empty.
    #[must_use]
    pub fn new(profile: u16, data: &'a [u8]) -> Self {
        let two_byte = profile & TWO_BYTE_MASK == TWO_BYTE;
        let known = two_byte || profile == ONE_BYTE;
        Self { two_byte, data: if known { data } else { &[] } }
    }

    /// Its elements, as id and value.
    pub fn iter(self) -> impl Iterator<Item = (u8, &'a [u8])> {
        let mut rest = self.data;
        std::iter::from_fn(move || {
            while let [0, tail @ ..] = rest {
                rest = tail;
            }
            let (id, len, tail) = if self.two_byte {
                let [id, len, tail @ ..] = rest else {
                    return None;
                };
                (*id, usize::from(*len), tail)
            } else {
                let [head, tail @ ..] = rest else { return None };
                // Id 15 is reserved to end the extension (RFC 8285 §4.2).
                (Some(head >> 4).filter(|&id| id != 15)?, usize::from(head & 15) + 1, tail)
            };

            let value = tail.get(..len)?;
            rest = &tail[len..];
            Some((id, value))
        })
    }
}

/// The extensions of one packet that the engine understands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExtensionValues<'a> {
    /// Identification of the media section.
    pub mid: Option<&'a [u8]>,
    /// Name of the simulcast encoding.
    pub rid: Option<&'a [u8]>,
    /// Name of the simulcast encoding that this packet repairs.
    pub repaired_rid: Option<&'a [u8]>,
    /// Voice activity bit and loudness in −dBov (RFC 6464).
    pub audio_level: Option<u8>,
    /// Sequence number across all streams of the transport.
    pub transport_cc: Option<u16>,
    /// Camera, flip and rotation bits (3GPP TS 26.114 §7.4.5).
    pub orientation: Option<u8>,
    /// Wanted least and most playout delay, 12 bits each.
    pub playout_delay: Option<[u8; 3]>,
    /// Dependency descriptor; see [`super::dependency`].
    pub dependency_descriptor: Option<&'a [u8]>,
}

impl<'a> ExtensionValues<'a> {
    /// Picks what is understood under the given ids; values of a wrong size are ignored.
    #[must_use]
    pub fn read(extensions: Extensions<'a>, ids: &ExtensionMap) -> Self {
        let mut values = Self::default();
        for (id, value) in extensions.iter() {
            let Some(extension) = ids.extension(id) else {
                continue;
            };
            match extension {
                Extension::Mid => values.mid = Some(value),
                Extension::Rid => values.rid = Some(value),
                Extension::RepairedRid => values.repaired_rid = Some(value),
                Extension::AudioLevel => values.audio_level = value.first().copied(),
                Extension::TransportCc => {
                    values.transport_cc = value.first_chunk().map(|&seq| u16::from_be_bytes(seq));
                }
                Extension::VideoOrientation => values.orientation = value.first().copied(),
                Extension::PlayoutDelay => values.playout_delay = value.first_chunk().copied(),
                Extension::DependencyDescriptor => values.dependency_descriptor = Some(value),
                // It tells when the previous hop sent; our own says when we do.
                Extension::AbsSendTime => {}
            }
        }
        values
    }
}

pub(super) const ONE_BYTE: u16 = 0xbede;
pub(super) const TWO_BYTE: u16 = 0x1000;
/// The low four bits of the two-byte profile are the application's.
const TWO_BYTE_MASK: u16 = 0xfff0;

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(profile: u16, data: &[u8]) -> Vec<(u8, &[u8])> {
        Extensions::new(profile, data).iter().collect()
    }

    #[test]
    fn one_byte_elements_are_read_across_padding() {
        let data = [0x10, 0xaa, 0, 0, 0x21, 0xbb, 0xcc, 0];

        assert_eq!(elements(ONE_BYTE, &data), [(1, &[0xaa][..]), (2, &[0xbb, 0xcc])]);
    }

    #[test]
    fn two_byte_elements_may_be_empty() {
        let data = [1, 0, 0, 2, 3, 7, 8, 9];

        assert_eq!(elements(0x1003, &data), [(1, &[][..]), (2, &[7, 8, 9])]);
    }

    #[test]
    fn a_truncated_element_ends_the_list() {
        assert_eq!(elements(ONE_BYTE, &[0x10, 1, 0x23, 1, 2]), [(1, &[1][..])]);
        assert_eq!(elements(TWO_BYTE, &[5]), []);
        assert_eq!(elements(TWO_BYTE, &[5, 1]), []);
    }

    #[test]
    fn id_fifteen_ends_the_one_byte_form() {
        assert_eq!(elements(ONE_BYTE, &[0xf0, 1, 0x10, 2]), []);
    }

    #[test]
    fn an_unknown_profile_is_empty() {
        assert_eq!(elements(0x1234, &[0x10, 1]), []);
    }

    #[test]
    fn values_come_out_by_the_negotiated_ids() {
        let mut ids = ExtensionMap::default();
        ids.insert(Extension::TransportCc, 3);
        ids.insert(Extension::AudioLevel, 1);
        let extensions = Extensions::new(ONE_BYTE, &[0x10, 0x85, 0x31, 1, 2, 0x40, 9]);

        let values = ExtensionValues::read(extensions, &ids);

        assert_eq!(values.audio_level, Some(0x85));
        assert_eq!(values.transport_cc, Some(0x0102));
        assert_eq!(values.mid, None);
    }
}

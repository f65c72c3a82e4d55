//! How packets of a source's codecs are sent to a peer that numbers codecs otherwise, or knows others.

use super::MediaPacket;
use super::payload::{red, vp8};
use crate::id::PayloadType;
use crate::io::{Codec, Mime};

/// How packets of one codec are sent to one peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// Under which payload type.
    pub payload_type: PayloadType,
    /// Under which payload type they are sent again; `None` for the same.
    pub rtx: Option<PayloadType>,
    /// Whether the peer asks for what it misses.
    pub nack: bool,
    /// What becomes of the payload.
    pub change: Change,
}

/// What becomes of a payload on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    None,
    /// The VP8 descriptor gets other numbers.
    RenumberVp8,
    /// Only the present block of redundant audio is sent.
    UnwrapRed,
    /// The blocks of redundant audio get the peer's payload type.
    RelabelRed(PayloadType),
}

/// The form for each codec of a source towards a peer that accepts others; `None` where it cannot be sent.
#[must_use]
pub fn forms(source: &[Codec], accepted: &[Codec]) -> Vec<Option<Form>> {
    // Inside redundant audio is Opus, always.
    let inner = (payload_type(source, Mime::Opus), payload_type(accepted, Mime::Opus));
    source.iter().map(|codec| form(codec.mime, accepted, inner)).collect()
}

fn form(mime: Mime, accepted: &[Codec], inner: (Option<PayloadType>, Option<PayloadType>)) -> Option<Form> {
    let same = accepted.iter().find(|codec| codec.mime == mime);
    let (codec, change) = match (mime, same) {
        (Mime::Vp8, Some(codec)) => (codec, Change::RenumberVp8),
        (Mime::Red, Some(codec)) => match inner {
            (Some(ours), Some(theirs)) if ours != theirs => (codec, Change::RelabelRed(theirs)),
            _ => (codec, Change::None),
        },
        (Mime::Red, None) => (accepted.iter().find(|codec| codec.mime == Mime::Opus)?, Change::UnwrapRed),
        (_, same) => (same?, Change::None),
    };
    Some(Form { payload_type: codec.payload_type, rtx: codec.rtx, nack: codec.nack, change })
}

fn payload_type(codecs: &[Codec], mime: Mime) -> Option<PayloadType> {
    let codec = codecs.iter().find(|codec| codec.mime == mime);
    codec.map(|codec| codec.payload_type)
}

impl Change {
    /// Writes the first bytes of the payload where they change; returns their number and the rest of the payload.
    pub fn apply<'a>(
        self,
        packet: &MediaPacket<'a>,
        numbers: vp8::Numbers,
        head: &mut [u8],
    ) -> Option<(usize, &'a [u8])> {
        let payload = packet.payload;
        match (self, &packet.info.vp8) {
            (Self::RenumberVp8, Some(descriptor)) => {
                let len = descriptor.renumber(payload, numbers, head);
                Some((len, &payload[len..]))
            }
            (Self::RenumberVp8 | Self::None, _) => Some((0, payload)),
            (Self::UnwrapRed, _) => red::primary(payload).map(|block| (0, block)),
            (Self::RelabelRed(block), _) => {
                let len = red::relabel(payload, block, head)?;
                Some((len, &payload[len..]))
            }
        }
    }
}

/// The longest change: the headers of eight redundant blocks and of the present one.
pub const MAX_CHANGED: usize = 8 * 4 + 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_codec_goes_under_the_number_that_the_peer_gave_it() {
        let forms = forms(&[codec(96, Mime::Vp8), codec(98, Mime::Vp9)], &[codec(120, Mime::Vp9)]);

        assert_eq!(forms[0], None);
        assert_eq!(
            forms[1].map(|form| (form.payload_type, form.change)),
            Some((PayloadType(120), Change::None))
        );
    }

    #[test]
    fn redundant_audio_is_changed_as_little_as_the_peer_allows() {
        let source = [codec(63, Mime::Red), codec(111, Mime::Opus)];
        let change = |accepted: &[Codec]| forms(&source, accepted)[0].map(|form| form.change);

        assert_eq!(change(&source), Some(Change::None));
        assert_eq!(change(&[codec(111, Mime::Opus)]), Some(Change::UnwrapRed));
        assert_eq!(
            change(&[codec(63, Mime::Red), codec(109, Mime::Opus)]),
            Some(Change::RelabelRed(PayloadType(109)))
        );
        assert_eq!(change(&[codec(96, Mime::Vp8)]), None);
    }

    fn codec(payload_type: u8, mime: Mime) -> Codec {
        Codec { payload_type: PayloadType(payload_type), rtx: None, mime, clock_rate: 48_000, nack: false }
    }
}

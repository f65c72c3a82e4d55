//! How packets of one leg become packets of its partner.

use sip_gateway_proto::media::g711::Law;
use sip_gateway_proto::media::relay::{PayloadKind, PayloadMap};
use sip_gateway_proto::media::rtp::HEADER_LEN;
use sip_gateway_proto::sdp::{Agreed, Codec};

use super::transcoder::Transcoder;

/// The way from one leg to another.
#[derive(Debug)]
pub(in crate::media) enum Way {
    /// Nothing passes.
    Closed,
    /// Packets pass with other numbers; between the two laws of G.711, code by code.
    Pass { map: PayloadMap, law: Option<Law> },
    /// The leg sits at a table, which hears it and makes what it hears.
    Table,
    /// Sound passes, decoded and encoded anew.
    Transcode(Box<Transcoder>),
}

impl Way {
    /// The way between two legs, as far as both have agreed on something.
    pub(in crate::media) fn between(from: Option<&Agreed>, to: Option<&Agreed>) -> Self {
        let Some((from, to)) = from.zip(to) else { return Self::Closed };
        let mut map = PayloadMap::between(from, to);
        let law = match (&from.receive.codec, &to.send.codec) {
            (Codec::Pcma, Codec::Pcmu) => Some(Law::A),
            (Codec::Pcmu, Codec::Pcma) => Some(Law::Mu),
            _ => None,
        };
        if law.is_some() {
            map.insert(from.receive.payload_type, to.send.payload_type, PayloadKind::Speech);
        }
        if law.is_none() && !from.receive.passes_as(&to.send) {
            return match Transcoder::new(from, to) {
                Some(transcoder) => Self::Transcode(Box::new(transcoder)),
                None => {
                    tracing::warn!(from = ?from.receive.codec, to = ?to.send.codec, "no way between two codecs");
                    Self::Closed
                }
            };
        }
        Self::Pass { map, law }
    }

    /// Whether sound is made, instead of passed on.
    pub(in crate::media) fn is_transcoded(&self) -> bool {
        matches!(self, Self::Transcode(_))
    }

    /// Whether packets of a type pass as they are.
    pub(in crate::media) fn passes(&self, payload_type: u8) -> bool {
        matches!(self, Self::Pass { map, .. } if map.translate(payload_type).is_some())
    }

    /// Makes a packet of the other leg where it stands; false if it does not pass.
    pub(in crate::media) fn translate(&self, packet: &mut [u8], kind: PayloadKind) -> bool {
        let Self::Pass { map, law } = self else { return false };
        let Some(number) = packet.get_mut(1) else { return false };
        let Some((payload_type, _)) = map.translate(*number & 0x7F) else { return false };
        *number = *number & 0x80 | payload_type;
        if let (Some(law), PayloadKind::Speech) = (law, kind) {
            law.convert(&mut packet[HEADER_LEN..]);
        }
        true
    }
}

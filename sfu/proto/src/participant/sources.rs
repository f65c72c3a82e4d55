//! Which stream of a peer carries what. Browsers announce simulcast streams by header extensions only, and only until
//! they know that those arrived (RFC 8852, RFC 8843 §9.2).

use crate::id::{Mid, Rid, Ssrc};
use crate::rtp::{self, ExtensionValues};
use crate::track::up_track::UpTrack;

/// What a stream carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The slot of the up track.
    pub track: u32,
    /// Index of the encoding.
    pub encoding: u8,
    /// Whether it carries retransmissions.
    pub repair: bool,
}

/// The streams of one peer that are known.
#[derive(Debug, Default)]
pub struct Sources {
    known: Vec<(Ssrc, Source)>,
}

impl Sources {
    /// What a stream carries, if known.
    #[must_use]
    pub fn find(&self, ssrc: Ssrc) -> Option<Source> {
        let known = self.known.iter().find(|(known, _)| *known == ssrc);
        known.map(|&(_, source)| source)
    }

    /// Learns what a stream carries; the stream that carried it before is forgotten.
    pub fn bind(&mut self, ssrc: Ssrc, source: Source) {
        self.known.retain(|&(known, other)| known != ssrc && other != source);
        if self.known.len() >= MAX_STREAMS {
            self.known.remove(0);
        }
        self.known.push((ssrc, source));
    }

    /// Any stream of the peer.
    #[must_use]
    pub fn any(&self) -> Option<Ssrc> {
        self.known.first().map(|&(ssrc, _)| ssrc)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (Ssrc, Source)> + '_ {
        self.known.iter().copied()
    }

    /// Forgets all streams of an up track.
    pub fn forget(&mut self, track: u32) {
        self.known.retain(|(_, source)| source.track != track);
    }
}

/// Recognises an unknown stream by what its packet says of itself, among the up tracks of its peer.
pub fn recognise<'a>(
    packet: &rtp::Packet<'_>,
    values: &ExtensionValues<'_>,
    tracks: impl Iterator<Item = (u32, &'a UpTrack)> + Clone,
) -> Option<Source> {
    if let Some(source) = by_ssrc(packet.ssrc, tracks.clone()) {
        return Some(source);
    }
    let mid = values.mid.and_then(Mid::from_bytes);
    let rid = values.repaired_rid.or(values.rid).and_then(Rid::from_bytes);
    let candidates = tracks.filter_map(|(slot, track)| {
        let in_section = mid.is_none_or(|mid| track.mid == mid);
        let (_, repair) = track.codec(packet.payload_type).filter(|_| in_section)?;
        let encoding = match rid {
            Some(rid) => track.encodings.iter().position(|encoding| encoding.params.rid == Some(rid))?,
            None if track.encodings.len() == 1 => 0,
            None => return None,
        };
        let repair = repair || values.repaired_rid.is_some();
        // Without a section's name, a stream must not take the place of one that is known.
        let free = mid.is_some() || repair || track.encodings[encoding].ssrc.is_none();
        free.then_some(Source { track: slot, encoding: encoding as u8, repair })
    });
    only(candidates)
}

fn by_ssrc<'a>(ssrc: Ssrc, mut tracks: impl Iterator<Item = (u32, &'a UpTrack)>) -> Option<Source> {
    tracks.find_map(|(track, up)| {
        let mut encodings = up.encodings.iter().enumerate();
        encodings.find_map(|(index, encoding)| {
            let repair = encoding.params.rtx_ssrc == Some(ssrc);
            (repair || encoding.params.ssrc == Some(ssrc)).then_some(Source {
                track,
                encoding: index as u8,
                repair,
            })
        })
    })
}

/// The one item, if it is the only one.
fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}

/// More streams than a peer can publish: each up track has at most four encodings, each with its retransmissions.
const MAX_STREAMS: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{PayloadType, UpTrackId};
    use crate::io::{Codec, EncodingParams, ExtensionMap, MediaKind, Mime, UpTrackParams};

    #[test]
    fn a_simulcast_stream_is_recognised_by_section_and_rid() {
        let camera = video("1", &["q", "h"], None);
        let values = ExtensionValues { mid: Some(b"1"), rid: Some(b"h"), ..ExtensionValues::default() };

        assert_eq!(recognised(96, &values, &[&camera]), Some((0, 1, false)));
        assert_eq!(recognised(50, &values, &[&camera]), None, "a payload type of nobody");
    }

    #[test]
    fn retransmissions_are_recognised_by_the_repaired_rid_or_their_payload_type() {
        let camera = video("1", &["q", "h"], None);
        let repaired = ExtensionValues { repaired_rid: Some(b"q"), ..ExtensionValues::default() };
        let plain = ExtensionValues { rid: Some(b"h"), ..ExtensionValues::default() };

        assert_eq!(recognised(97, &repaired, &[&camera]), Some((0, 0, true)));
        assert_eq!(recognised(97, &plain, &[&camera]), Some((0, 1, true)));
    }

    #[test]
    fn a_section_with_one_encoding_needs_no_rid() {
        let (camera, screen) = (video("1", &["q", "h"], None), video("2", &[], None));
        let values = ExtensionValues { mid: Some(b"2"), ..ExtensionValues::default() };

        assert_eq!(recognised(96, &values, &[&camera, &screen]), Some((1, 0, false)));
    }

    #[test]
    fn a_signalled_stream_needs_nothing_else() {
        let (one, two) = (video("1", &[], None), video("2", &[], Some(Ssrc(7))));

        assert_eq!(recognised(96, &ExtensionValues::default(), &[&one, &two]), Some((1, 0, false)));
    }

    #[test]
    fn an_ambiguous_stream_stays_unknown() {
        let (one, two) = (video("1", &[], None), video("2", &[], None));

        assert_eq!(recognised(96, &ExtensionValues::default(), &[&one, &two]), None);
        assert_eq!(recognised(96, &ExtensionValues::default(), &[&one]), Some((0, 0, false)));
    }

    #[test]
    fn the_table_of_streams_is_bounded() {
        let mut sources = Sources::default();
        for ssrc in 0..10_000 {
            let source = Source { track: ssrc, encoding: 0, repair: false };
            sources.bind(Ssrc(ssrc), source);
        }

        assert_eq!(sources.known.len(), MAX_STREAMS);
        assert!(sources.find(Ssrc(9_999)).is_some());
    }

    fn recognised(
        payload_type: u8,
        values: &ExtensionValues<'_>,
        tracks: &[&UpTrack],
    ) -> Option<(u32, u8, bool)> {
        let bytes = [0x80, payload_type, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 1];
        let packet = rtp::Packet::parse(&bytes).expect("well-formed");
        let tracks = tracks.iter().enumerate().map(|(slot, track)| (slot as u32, *track));
        let source = recognise(&packet, values, tracks)?;
        Some((source.track, source.encoding, source.repair))
    }

    fn video(mid: &str, rids: &[&str], ssrc: Option<Ssrc>) -> UpTrack {
        let encoding = |rid: Option<&str>| EncodingParams {
            rid: rid.and_then(Rid::new),
            ssrc,
            rtx_ssrc: None,
            width: 0,
            height: 0,
        };
        let mut encodings: Vec<_> = rids.iter().map(|rid| encoding(Some(rid))).collect();
        if encodings.is_empty() {
            encodings.push(encoding(None));
        }
        UpTrack::new(
            0,
            UpTrackParams {
                id: UpTrackId(1),
                kind: MediaKind::Video,
                mid: Mid::new(mid).expect("valid"),
                codecs: vec![Codec {
                    payload_type: PayloadType(96),
                    rtx: Some(PayloadType(97)),
                    mime: Mime::Vp8,
                    clock_rate: 90_000,
                    nack: true,
                }],
                extensions: ExtensionMap::default(),
                encodings,
                screen: false,
                always_heard: false,
            },
        )
    }
}

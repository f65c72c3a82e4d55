//! What we bring to a leg: which codecs, protected how.

use super::media_plane::LegMedia;
use crate::sdp::choose::onward;
use crate::sdp::{Codec, Direction, Format, LocalAudio, Offering};

/// What we bring to a leg that is to speak the given formats, the most wanted first.
pub(super) fn local_audio(media: &LegMedia, formats: Vec<Format>, offering: Offering) -> LocalAudio {
    LocalAudio {
        address: media.address,
        formats,
        direction: Direction::SendRecv,
        ptime: PTIME,
        offering,
        plain: true,
        sdes: media.sdes.clone(),
        dtls: media.dtls.clone(),
        ice: media.ice.clone(),
    }
}

/// What to offer to a leg whose other side offered this; our own choice if that is not known yet.
pub(super) fn formats_toward(other: &[Format]) -> Vec<Format> {
    if other.iter().any(|format| format.codec.is_speech()) { onward(other, &ALLOWED) } else { every_format() }
}

/// What to answer with on a leg whose other side already speaks a codec: that one if possible, so that packets pass as
/// they are.
pub(super) fn formats_like(spoken: &Format, offered: &[Format]) -> Vec<Format> {
    let mut formats: Vec<Format> =
        offered.iter().filter(|format| format.passes_as(spoken)).cloned().collect();
    formats.extend(every_format().into_iter().filter(|format| !format.passes_as(spoken)));
    if formats.first().is_none_or(|first| !first.passes_as(spoken)) && offered.is_empty() {
        let like = every_format().into_iter().filter(|format| format.passes_as(spoken));
        formats.splice(0..0, like);
    }
    formats
}

/// All that a call may go on with from somebody who offers this: what we can speak, and what we let through.
pub(super) fn formats_for(offered: &[Format]) -> Vec<Format> {
    let passed = offered.iter().filter(|format| ALLOWED.contains(&format.codec)).cloned();
    every_format().into_iter().chain(passed).collect()
}

/// All we can speak, the best first, with keys and comfort noise.
pub(super) fn every_format() -> Vec<Format> {
    let numbers = [(96, Codec::Opus), (9, Codec::G722), (8, Codec::Pcma), (0, Codec::Pcmu)];
    let others = [
        (101, Codec::TelephoneEvent(8_000)),
        (102, Codec::TelephoneEvent(48_000)),
        (13, Codec::ComfortNoise(8_000)),
    ];
    numbers.into_iter().chain(others).map(|(number, codec)| Format::new(number, codec)).collect()
}

/// What we let through or transcode to, the best first. Wide sound costs no more than narrow sound on a line, and Opus
/// less than both.
const ALLOWED: [Codec; 5] = [Codec::Opus, Codec::G722, Codec::Pcma, Codec::Pcmu, Codec::G729];
/// Milliseconds in a packet.
const PTIME: u16 = 20;

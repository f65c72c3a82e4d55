//! Picture loss indication (RFC 4585 §6.3.1): asks for a keyframe.

use super::{PAYLOAD_FEEDBACK, append, ssrc_at};
use crate::id::Ssrc;

/// A picture loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pli {
    /// The stream that cannot be decoded any more.
    pub media: Ssrc,
}

impl Pli {
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        Some(Self { media: ssrc_at(body, 4)? })
    }
}

/// Appends a picture loss indication.
pub fn write(out: &mut Vec<u8>, sender: Ssrc, media: Ssrc) {
    append(out, PAYLOAD_FEEDBACK, FORMAT, |out| {
        out.extend(sender.0.to_be_bytes());
        out.extend(media.0.to_be_bytes());
    });
}

pub(super) const FORMAT: u8 = 1;

//! What is known of a peer's streams when it moves to another conference. Browsers say which stream is which only at the
//! beginning, so that the other conference could not find out.

use crate::id::UpTrackId;
use crate::io::{EncodingParams, UpTrackParams};

/// The streams of a peer's up tracks in the conference that it came from.
#[derive(Debug, Default)]
pub struct KnownStreams(Vec<(UpTrackId, Vec<EncodingParams>)>);

impl KnownStreams {
    /// Remembers an up track's encodings with all that is known of them.
    pub fn insert(&mut self, track: UpTrackId, encodings: Vec<EncodingParams>) {
        self.0.push((track, encodings));
    }

    /// Adds to a declaration what is known beyond it; tracks may be declared again and again.
    pub fn complete(&self, params: &mut UpTrackParams) {
        let Some((_, known)) = self.0.iter().find(|(track, _)| *track == params.id) else {
            return;
        };
        for encoding in &mut params.encodings {
            let Some(known) = known.iter().find(|known| known.rid == encoding.rid) else { continue };
            encoding.ssrc = encoding.ssrc.or(known.ssrc);
            encoding.rtx_ssrc = encoding.rtx_ssrc.or(known.rtx_ssrc);
        }
    }
}

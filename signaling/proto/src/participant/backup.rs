//! The second codec of a video, for those who cannot decode the first.

use super::Stage;
use crate::{dynacast::Dynacast, sdp::Mime};

/// A second codec: declared with its track, sent once somebody needs it.
#[derive(Debug)]
pub(crate) struct Backup {
    pub(crate) mime: Mime,
    /// The client's name of what it sends so; empty before it has said that it will.
    pub(crate) cid: String,
    pub(crate) stage: Stage,
    pub(crate) dynacast: Dynacast,
}

impl Backup {
    /// One that is not sent yet.
    pub(crate) fn declared(mime: Mime, cid: String) -> Self {
        Self { mime, cid, stage: Stage::Pending, dynacast: Dynacast::silent() }
    }

    /// Whether an offer's track is this one.
    pub(crate) fn answers_to(&self, cid: &str) -> bool {
        !cid.is_empty() && self.cid == cid
    }
}

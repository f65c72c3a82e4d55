//! What became of a participant.

use std::time::Duration;

use crate::case::Part;
use crate::connection::{Published, Received, Tally};

/// What became of a participant.
#[derive(Debug, Clone)]
pub struct Report {
    /// What it did.
    pub part: Part,
    /// Why it is not there any more, if so.
    pub error: Option<String>,
    /// How long it took from its first word to media.
    pub connected_after: Option<Duration>,
    /// What it has sent.
    pub published: Published,
    /// What it has received.
    pub received: Vec<Received>,
    /// Its other counters.
    pub tally: Tally,
    /// What protected its media.
    pub srtp: Option<String>,
}

impl Report {
    /// What is left of one that never came in.
    #[must_use]
    pub fn of_nobody(part: Part, error: String) -> Self {
        Self {
            part,
            error: Some(error),
            connected_after: None,
            published: Published::default(),
            received: Vec::new(),
            tally: Tally::default(),
            srtp: None,
        }
    }
}

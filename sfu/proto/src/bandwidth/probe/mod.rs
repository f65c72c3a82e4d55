//! Finds out whether a path carries more than is sent on it: a burst of packets at a higher rate, and how it arrives.

mod measure;
mod plan;

use std::time::Duration;

use super::Bitrate;

pub use measure::{Measured, Measures};
pub use plan::{Outlook, Plan};

/// A burst to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// Marks its packets; never zero, and reused after a while.
    pub id: u8,
    /// How fast it is sent.
    pub rate: Bitrate,
    /// How many bytes at least, in how many packets at least.
    pub bytes: usize,
    /// See `bytes`.
    pub packets: u32,
}

impl Probe {
    /// A burst of a rate, long enough to be measured where packets arrive with a jitter.
    #[must_use]
    pub fn new(id: u8, rate: Bitrate, jitter: Duration) -> Self {
        let length = (4 * jitter).clamp(SHORTEST, LONGEST);
        let bytes = (rate.0 as f64 / 8.0 * length.as_secs_f64()) as usize;
        Self { id, rate, bytes: bytes.max(LEAST_BYTES), packets: LEAST_PACKETS }
    }
}

const SHORTEST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_millis(100);
const LEAST_BYTES: usize = 1_500;
const LEAST_PACKETS: u32 = 5;

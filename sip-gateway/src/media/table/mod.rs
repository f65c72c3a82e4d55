//! The table of a room: its sound, mixed for all phones that sit there.

use sfu::direct::Direct;

/// Identifies the sound of one room, never used twice while the program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableId(pub u64);

/// By what a seat speaks in its room: the Opus track that it publishes.
#[derive(Debug)]
pub struct SeatMedia {
    /// The seat's own line into the conference.
    pub direct: Direct,
    /// The stream's SSRC.
    pub ssrc: u32,
    /// The payload type of Opus.
    pub payload_type: u8,
    /// The id of the header extension that carries the audio level (RFC 6464), if negotiated.
    pub audio_level_extension: Option<u8>,
}

/// A stream that comes to a table's ears: one browser's microphone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EarTrack {
    /// Its SSRC.
    pub ssrc: u32,
    /// The payload type of Opus.
    pub payload_type: u8,
    /// The payload type of Opus with redundancy (RFC 2198), if it may come in that.
    pub redundant: Option<u8>,
    /// The id of the header extension that carries the audio level (RFC 6464), if it has one.
    pub audio_level_extension: Option<u8>,
}

//! Session descriptions as a client reads and writes them (RFC 8866, RFC 9429).

mod read;
mod write;

pub use read::{Remote, RemoteTransport, Setup, read};
pub use write::{Description, Local, ReceivedKind, SentMedia};

/// The payload types of what we offer.
pub mod payload_types {
    use crate::case::VideoCodec;

    /// Opus.
    pub const OPUS: u8 = 111;

    /// A video codec and its retransmissions.
    #[must_use]
    pub fn of(codec: VideoCodec) -> (u8, u8) {
        match codec {
            VideoCodec::Vp8 => (96, 97),
            VideoCodec::H264 => (102, 103),
        }
    }
}

//! Phones in a room: each has a [`Seat`] from which it speaks, and all hear by the room's one pair of [`Ears`].
//!
//! ```text
//! phone ──▶ seat ─────▶ published microphone ──▶ room
//! phones ◀── mix ◀──── ears, hidden ◀─────────── every sound of the room but the seats' own
//! ```
//!
//! Both speak to the room as a client would. They are machines without clock, socket or task.

mod ears;
mod seat;
mod speakers;

pub use ears::{EarTrack, Ears, EarsOutput};
pub use seat::{GoneReason, Seat, SeatEvent, SeatOutput};
pub use speakers::Speaker;

use crate::{description, sdp::Codec};

/// What a part of our own program does for phones in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// Speaks for one phone, and is told who speaks although it subscribes to nothing.
    Seat,
    /// Hears every sound but the seats' for all phones. It takes nobody's place, and nobody is told of it.
    Ears,
}

/// The payload type of Opus in both directions.
#[must_use]
pub fn payload_type() -> u8 {
    Codec::opus().payload_type
}

/// The id of the header extension with the audio level (RFC 6464) in both directions.
#[must_use]
pub fn audio_level_extension() -> u8 {
    description::AUDIO_LEVEL
}

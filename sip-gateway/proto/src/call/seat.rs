//! A phone's seat in a room: what the calls want of whoever keeps the seats, and what is heard from there.

use super::record::CallId;

/// Who is to sit in a room, and how the others there see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatOrder {
    /// The room; it is opened if need be.
    pub room: String,
    /// The call, by which it can be found in call records.
    pub call: CallId,
    /// The participant's identity, of which there is one in the program's life.
    pub identity: String,
    /// What the others see.
    pub name: String,
    /// An extension's number, or a public one in E.164; empty if it is not shown.
    pub number: String,
    /// The extension, if it is one of ours.
    pub extension: Option<String>,
    /// The name of the extension's post.
    pub post: Option<String>,
    /// What the office calls its part in a meeting; nothing in a call.
    pub role: Option<String>,
    /// Whether the phone's sound is encrypted on its way to us; nothing before that is agreed.
    pub encrypted: Option<bool>,
    /// How far the call is.
    pub status: SeatStatus,
}

/// How far the call of a seat is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SeatStatus {
    /// It is being called.
    Dialing,
    /// Somebody is being alerted.
    Ringing,
    /// It is answered.
    Active,
}

impl SeatStatus {
    /// The word for it in the attribute `sip.callStatus`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Dialing => "dialing",
            Self::Ringing => "ringing",
            Self::Active => "active",
        }
    }
}

/// What happens at a seat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeatEvent {
    /// The room has let it in.
    Entered,
    /// A host has moved it to this room.
    Moved(String),
    /// Somebody in the room is given what is said there, for the first time.
    Listened,
    /// A host has muted it, or lets it be heard again.
    MutedByHost(bool),
    /// A host has taken its hand down.
    HandLowered,
    /// Who speaks in the room, the loudest first, without the seat itself.
    Speaking(Vec<Speaker>),
    /// Somebody in the room presses a key towards it: `0`–`9`, `*`, `#`, `A`–`D`.
    Key(char),
    /// It is no more.
    Gone(SeatEnd),
}

/// Somebody who speaks in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speaker {
    /// The participant.
    pub identity: String,
    /// As the others see it.
    pub name: String,
}

/// Why there is no seat any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SeatEnd {
    /// A host has removed it.
    Removed,
    /// The room has ended.
    Ended,
    /// All places in the room are taken.
    Full,
    /// The room did not let it in, or a fault of ours took it away.
    Lost,
}

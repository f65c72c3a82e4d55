//! Calls that are placed for a browser or a meeting, and how they are led from there.

use super::media_plane::LegId;
use crate::message::StatusCode;
use crate::plan::Refusal;

/// A call that is to be placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceCall {
    /// The extension that calls, with its rights and limits and on its account.
    pub from: String,
    /// The room to which somebody is called: of an open meeting, or of a call. `None` for a new call.
    pub room: Option<String>,
    /// What was dialled.
    pub dialled: String,
    /// As whom the other side sees the call, if not as the extension: a meeting.
    pub on_behalf: Option<String>,
    /// Under which identity a phone that takes the call is seen in the room, if not under one of ours. Whoever says so sees
    /// to it that nobody has it.
    pub identity: Option<String>,
}

/// A call that was placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The room end that calls.
    pub leg: LegId,
    /// The room in which the other side will be heard.
    pub room: String,
}

/// Why a call was not placed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlaceError {
    /// The number leads nowhere for this extension, or there is no such extension.
    #[error("the number leads nowhere")]
    Refused(Refusal),
    /// The number is a meeting's, where a browser goes by itself.
    #[error("the number leads to a meeting")]
    Meeting {
        /// The meeting, as the plan has it; `None` if it takes a PIN.
        meeting: Option<String>,
    },
    /// It is a code that makes sense on a phone only.
    #[error("the number is a code for phones")]
    Code,
    /// So many calls are under way already.
    #[error("too many calls are under way")]
    TooMany,
    /// Phones are switched off, or are just being stopped.
    #[error("there are no calls at present")]
    Off,
}

/// Where a call is sent on to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// A number, as the one who sends it on would dial it.
    Number(String),
    /// A meeting that is open to whoever is sent there.
    Meeting {
        /// Its room.
        room: String,
        /// As call records have it.
        name: String,
        /// The part of who comes, in the office's words.
        role: String,
    },
}

/// Why something could not be done with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// There is no such room end, or not any more.
    #[error("there is no such call")]
    NoSuchCall,
    /// It makes no sense as the call stands.
    #[error("the call is not in a state for this")]
    NotNow,
    /// It cannot be sent there, for the reason that a phone would be told.
    #[error("the call cannot be sent there ({0})")]
    Refused(StatusCode),
    /// Phones are switched off, or are just being stopped.
    #[error("there are no calls at present")]
    Off,
}

//! What the browsers of an extension are told of its calls.

use super::media_plane::LegId;
use super::record::EndCause;

/// News of one room end of a call: a browser that calls or is called, or a meeting that calls somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScreenNews {
    /// The room end, by which the browser answers, holds, transfers and hangs up.
    pub leg: LegId,
    /// Whose browsers are told.
    pub extension: String,
    /// The room in which they hear each other.
    pub room: String,
    /// What is new.
    pub event: ScreenEvent,
}

/// What is new at a room end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScreenEvent {
    /// Somebody calls: it is to ring in all browsers of the extension.
    Rings {
        /// Who calls: an extension's number, or a public one in E.164; empty if it is not shown.
        from: String,
        /// The name beside it.
        from_name: String,
        /// What was dialled: the extension, or a group or number that led there.
        dialled: String,
    },
    /// It rings no more, and was not answered here.
    RingsNoMore {
        /// Why.
        why: EndCause,
    },
    /// A call was placed, and is under way.
    Placed {
        /// What was dialled.
        dialled: String,
    },
    /// The other side is being alerted.
    Ringing,
    /// The call stands: the other side has answered, or this one.
    Answered {
        /// The number of the other side.
        by: String,
        /// Its name.
        name: String,
        /// Whether the other side is a browser, too, and not a phone.
        in_browser: bool,
    },
    /// Nobody takes the call: a voice asks for a message.
    Mailbox {
        /// For which extension.
        of: String,
        /// Its name.
        name: String,
    },
    /// Who keeps the other waiting has changed.
    Held {
        /// This side does.
        mine: bool,
        /// The other side does.
        theirs: bool,
    },
    /// The call goes on in another room, which the news names: the browser is to go there.
    Moved,
    /// Nobody took what was transferred: the call is back.
    TransferFailed {
        /// What the one who was called said, as a SIP status.
        status: u16,
    },
    /// A phone in the room wants to speak to the host.
    AsksHost {
        /// As the others see the phone.
        name: String,
    },
    /// It is over.
    Ended {
        /// Why.
        cause: EndCause,
    },
}

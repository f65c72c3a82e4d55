//! Calls: legs that are bridged to each other. The phones' B2BUA (RFC 7092), without sockets.
//!
//! An end of a call is a phone or a room. A room is where browsers are: the one that calls, those that ring, a meeting. A
//! phone that is connected to a room has a seat there; browsers in one room hear each other without us.
//!
//! Every message ends at a leg of ours; what happens on one leg is told on the other in that leg's own words. Holding,
//! transferring and picking up are therefore decided here, and never depend on what the other phone can do.

mod arriving;
mod asking;
mod audio;
mod branches;
mod call_leg;
mod calls;
mod codes;
mod commands;
mod door;
mod ending;
mod hunt;
mod hunting;
mod identity;
mod in_room;
mod io;
mod leaving;
mod media_plane;
mod meeting;
mod messages;
mod mint;
mod parting;
mod pickup;
mod place;
mod placing;
mod record;
mod room_end;
mod rooms;
mod screen;
mod seat;
mod settling;
mod side;
mod talking;
mod transfer;
mod voicemail;
mod watching;
mod ways;

pub use calls::Calls;
pub use door::{DoorWord, Entry, Visitor};
pub(crate) use identity::unknown;
pub use io::{Around, DoorCommand, Origin, Output, SeatCommand, Setting, TrunkTable};
pub use media_plane::{
    LegId, LegMedia, MediaEvent, MediaPlane, MediaReport, NoPort, RecordingId, Sound, Wish,
};
pub use mint::is_call_room;
pub use place::{CommandError, Destination, PlaceCall, PlaceError, Placed};
pub use record::{CallId, EndCause, LegRecord, RecordedRoute};
pub use screen::{ScreenEvent, ScreenNews};
pub use seat::{SeatEnd, SeatEvent, SeatOrder, SeatStatus, Speaker};
pub use voicemail::{MailboxCommand, MailboxWord, NewMessage, VoiceMessage};
pub use watching::{may_see_caller, may_watch};

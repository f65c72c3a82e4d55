//! Calls: legs that are bridged to each other. The phones' B2BUA (RFC 7092), without sockets.
//!
//! Every message ends at a leg of ours; what happens on one leg is told on the other in that leg's own words. Holding,
//! transferring and picking up are therefore decided here, and never depend on what the other phone can do.

mod arriving;
mod audio;
mod call_leg;
mod calls;
mod codes;
mod ending;
mod hunt;
mod hunting;
mod identity;
mod io;
mod media_plane;
mod mint;
mod parting;
mod pickup;
mod record;
mod settling;
mod talking;
mod transfer;
mod watching;
mod ways;

pub use calls::Calls;
pub(crate) use identity::unknown;
pub use io::{Around, Origin, Output, Setting, TrunkTable};
pub use media_plane::{
    LegId, LegMedia, MediaEvent, MediaPlane, MediaReport, NoPort, RecordingId, Sound, Wish,
};
pub use record::{CallId, EndCause, LegRecord, RecordedRoute};
pub use watching::{may_see_caller, may_watch};

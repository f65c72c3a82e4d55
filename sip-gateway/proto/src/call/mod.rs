//! Calls: legs that are bridged to each other. The phones' B2BUA, without sockets.

mod media_plane;
mod record;

pub use media_plane::{LegId, LegMedia, MediaEvent, MediaPlane, MediaReport, NoPort, Sound, Wish};
pub use record::{CallId, EndCause, LegRecord, RecordedRoute};

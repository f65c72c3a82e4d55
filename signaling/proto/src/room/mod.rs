//! A room: control state while people are present.

mod error;
mod event;

pub use error::{JoinError, RoomError};
pub use event::RoomEvent;

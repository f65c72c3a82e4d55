//! Rooms over real connections: WebSocket signalling, the room API, and the way to the media engine.

mod forward;
mod media;
mod presence;
mod relays;
pub mod rooms;
pub mod twirp;
pub mod voice;
pub mod webhook;
mod ws;

pub use ws::join_request;

pub use relays::Relays;
pub use rooms::{Doorkeeper, Drain, Rooms, RoomsConfig};
pub use signaling_proto::{Joining, audio::Speech, room::Beginning};

/// Everything that clients and servers of the rooms speak to: `/rtc` and its kin, and the server API under `/twirp`.
pub fn router(rooms: Rooms) -> axum::Router {
    ws::router(rooms.clone()).merge(twirp::router(rooms))
}

//! Rooms without sockets, clocks or tasks: who is in, what may they do, what must be told to whom.

pub mod limits;
pub mod permission;
pub mod room;
pub mod sdp;
pub mod token;

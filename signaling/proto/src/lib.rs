//! Rooms without sockets, clocks or tasks: who is in, what may they do, what must be told to whom.

pub mod audio;
mod data;
mod description;
mod dynacast;
pub mod forward;
pub mod limits;
mod participant;
pub mod permission;
mod quality;
pub mod room;
pub mod sdp;
mod subscription;
pub mod token;
pub mod voice;

pub use limits::Limits;
pub use participant::{Joining, PeerConnections};

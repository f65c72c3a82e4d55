//! The SIP stack without sockets, clocks or tasks.

pub mod media;
pub mod message;
pub mod sdp;

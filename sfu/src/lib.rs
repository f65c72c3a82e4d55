//! The media engine: RTP in, RTP out. This crate owns the sockets and threads; every decision is made in `sfu-proto`.

pub mod handle;

pub use sfu_proto::{id, io};

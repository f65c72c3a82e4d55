//! The media engine: RTP in, RTP out. This crate owns the sockets and threads; every decision is made in `sfu-proto`.

pub mod direct;
mod engine;
pub mod handle;
pub mod metrics;
mod net;
mod placement;
mod shard;
pub mod turn;
mod ufrags;

pub use handle::{Conference, Sfu, SfuConfig, ShardIndex};
pub use sfu_proto::{id, io};

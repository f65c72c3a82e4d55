//! The media engine: RTP in, RTP out. This crate owns the sockets and threads; every decision is made in `sfu-proto`.

mod bridge;
pub mod direct;
mod engine;
pub mod handle;
pub mod metrics;
mod net;
mod parts;
mod placement;
mod shard;
mod spread;
pub mod turn;
mod ufrags;

pub use handle::{Conference, Placement, Sfu, SfuConfig, ShardIndex};
pub use sfu_proto::{id, io, relief};

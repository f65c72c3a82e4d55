//! How much of everything. There is no "unlimited".

use std::time::Duration;

pub use super::bucket::Rate;

/// Bounds of the relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Allocations of all clients.
    pub allocations: usize,
    /// Allocations of one participant: a browser makes one for each of its networks, each transport that it was told
    /// and each peer connection, and at a reconnection all of them anew.
    pub allocations_per_participant: usize,
    /// Allocations from one address; a whole post may sit behind one.
    pub allocations_per_source: usize,
    /// Peers that one allocation may have permissions for.
    pub permissions: usize,
    /// Channels of one allocation.
    pub channels: usize,
    /// Bytes that one allocation may carry, each way.
    pub rate: Rate,
    /// What strangers at one address are answered.
    pub challenges: Rate,
    /// Addresses of strangers that are remembered.
    pub sources: usize,
    /// Streams of all clients.
    pub streams: usize,
    /// Streams from one address.
    pub streams_per_source: usize,
    /// How long a stream may do without an allocation, and take what was sent to it.
    pub patience: Duration,
    /// How long credentials are good for beginning an allocation.
    pub credentials: Duration,
    /// Participants remembered as gone until their credentials expire.
    pub revoked: usize,
    /// How long an allocation lives at most without being refreshed.
    pub longest_lifetime: Duration,
    /// How long an allocation lives in any case.
    pub longest_life: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            allocations: 4096,
            allocations_per_participant: 32,
            allocations_per_source: 1024,
            permissions: 16,
            channels: 16,
            // A second of 16 Mbit/s: a full grid of pictures and a screen.
            rate: Rate { per_second: 2_000_000, burst: 2_000_000 },
            // A post whose computers all join at nine o'clock.
            challenges: Rate { per_second: 64, burst: 512 },
            sources: 16_384,
            streams: 4096,
            streams_per_source: 1024,
            patience: Duration::from_secs(15),
            credentials: Duration::from_secs(4 * 3600),
            revoked: 65_536,
            longest_lifetime: Duration::from_secs(3600),
            longest_life: Duration::from_secs(24 * 3600),
        }
    }
}

//! How the rest of the program speaks to the media engine.
//!
//! Shape of the handle (the media threads behind it are built in `shard/`):
//!
//! - `Sfu::start(SfuConfig) -> Result<Sfu, StartError>` opens the sockets and starts the threads.
//! - `Sfu::fingerprint()` is what every session description of ours carries.
//! - `Sfu::open_conference() -> Result<(Conference, mpsc::Receiver<Event>), OpenError>` places a conference on a shard;
//!   dropping the `Conference` ends it.
//! - `Conference::{id, candidates, command, new_peer_id}`: `command` never blocks.
//! - `Conference::join_direct(peer) -> Direct` for phones and recorders: `Direct::send`, `Direct::recv` of plain RTP.

use std::net::{IpAddr, SocketAddr};

/// Where and how the media engine listens.
#[derive(Debug, Clone)]
pub struct SfuConfig {
    /// Address of the first media shard; each further shard takes the next port.
    pub listen: SocketAddr,
    /// Number of media threads; 0 takes one per core.
    pub shards: usize,
    /// Where ICE-TCP is accepted, if at all.
    pub tcp: Option<SocketAddr>,
    /// Addresses announced to clients; empty finds the machine's own.
    pub advertise: Vec<IpAddr>,
}

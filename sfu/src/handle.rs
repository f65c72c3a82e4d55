//! How the rest of the program speaks to the media engine: start it, open conferences, command them, hear events.
//!
//! ```text
//! rooms, phones (tokio)                      media shards (pinned threads)
//!   Conference::command ──── bounded queue + eventfd ───▶ sfu_proto::sfu::Sfu
//!   mpsc::Receiver<Event> ◀─ bounded channel ────────────
//! ```
//!
//! Nothing here blocks. A conference begins on one shard, and goes on to others when that one carries too much.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sfu_proto::id::{ConferenceId, DownTrackId, PeerId, UpTrackId};
use sfu_proto::io::{Command, Event, Fingerprint, HostCandidate};
use sfu_proto::turn::peers::OwnAddress;
use tokio::sync::mpsc;

use crate::direct::Direct;
use crate::engine::Engine;
use crate::metrics::Stats;
use crate::parts::Parts;
use crate::shard::port::QueueFull;

/// Where and how the media engine listens.
#[derive(Debug, Clone)]
pub struct SfuConfig {
    /// Address of the first media shard; each further shard takes the next port. Port 0 takes any free ones.
    pub listen: SocketAddr,
    /// Number of media threads; 0 takes one per core.
    pub shards: usize,
    /// Where ICE-TCP is accepted, if at all.
    pub tcp: Option<SocketAddr>,
    /// Addresses announced to clients; empty finds the machine's own.
    pub advertise: Vec<IpAddr>,
    /// How many peers and subscriptions more than the idlest a shard may carry before the next peer of one of its
    /// conferences goes to another shard.
    pub slack: u64,
    /// Whether a shard with too much to do leaves out pictures, and the engine is full meanwhile.
    pub relief: bool,
    /// How many voices of a conference are forwarded at a time, the loudest of all.
    pub voices: usize,
}

impl Default for SfuConfig {
    /// One shard on any free loopback port, without TCP, that forwards everybody and everything: what a test wants.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            shards: 1,
            tcp: None,
            advertise: Vec::new(),
            slack: SLACK,
            relief: false,
            voices: usize::MAX,
        }
    }
}

/// Why the media engine did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A UDP port could not be had.
    #[error("cannot listen for media on udp {address}")]
    Udp {
        /// Which one.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The TCP port could not be had.
    #[error("cannot listen for media on tcp {address}")]
    Tcp {
        /// Which one.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The port range runs past 65535.
    #[error("{shards} media threads from port {first} on need more ports than there are")]
    PortRange {
        /// The first port.
        first: u16,
        /// How many threads.
        shards: usize,
    },
    /// No certificate could be made for DTLS.
    #[error("cannot make a DTLS certificate: {0}")]
    Certificate(String),
    /// A thread or a descriptor was refused.
    #[error("cannot start a media thread")]
    Thread(#[source] std::io::Error),
}

/// Why no conference was opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The engine carries as many as it may.
    #[error("the media engine already carries {limit} conferences")]
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// The engine has been stopped.
    #[error("the media engine has stopped")]
    Stopped,
}

/// Why a command was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// The shard is further behind than the queue allows.
    #[error("the media shard does not keep up with its commands")]
    Overloaded,
    /// The engine has been stopped.
    #[error("the media engine has stopped")]
    Stopped,
}

impl From<QueueFull> for CommandError {
    fn from(refusal: QueueFull) -> Self {
        match refusal {
            QueueFull::Full => Self::Overloaded,
            QueueFull::Gone => Self::Stopped,
        }
    }
}

/// The running media engine. Clones are handles to the same one.
#[derive(Debug, Clone)]
pub struct Sfu {
    engine: Arc<Engine>,
}

impl Sfu {
    /// Opens the sockets and starts the threads.
    pub fn start(config: &SfuConfig) -> Result<Self, StartError> {
        Ok(Self { engine: Arc::new(Engine::start(config)?) })
    }

    /// What every session description of ours carries: the digest of the DTLS certificate of this run.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.engine.fingerprint()
    }

    /// Where media is received over UDP: all that a relay need reach.
    #[must_use]
    pub fn addresses(&self) -> &[OwnAddress] {
        self.engine.addresses()
    }

    /// Places a new conference on the least loaded shard.
    ///
    /// The receiver yields its events in order. When it is not drained, lossy data, speaker and quality reports are
    /// dropped first; everything else waits, and reliable data is no longer read from its senders until there is room.
    pub fn open_conference(&self) -> Result<(Conference, mpsc::Receiver<Event>), OpenError> {
        self.open(None)
    }

    /// Places a new conference on the shard of another one, so that those who move between the two are together with
    /// those who come; elsewhere if that shard takes none.
    pub fn open_conference_on(
        &self,
        shard: ShardIndex,
    ) -> Result<(Conference, mpsc::Receiver<Event>), OpenError> {
        self.open(Some(shard.0))
    }

    fn open(&self, shard: Option<usize>) -> Result<(Conference, mpsc::Receiver<Event>), OpenError> {
        let opened = self.engine.open_conference(shard)?;
        let conference = Conference { parts: opened.parts, _engine: Arc::clone(&self.engine) };
        Ok((conference, opened.events))
    }

    /// A snapshot of the counters of all shards.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.engine.stats()
    }

    /// Whether the engine has so much to do that nobody should come. Peers that come all the same are placed.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.engine.is_full()
    }

    /// Ends all conferences, tells the peers, and joins the threads; takes a few milliseconds.
    pub fn stop(&self) {
        self.engine.stop();
    }
}

/// A media shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShardIndex(usize);

/// A conference on its shards. Dropping it ends it and everybody in it.
#[derive(Debug)]
pub struct Conference {
    parts: Arc<Parts>,
    /// Runs as long as any conference.
    _engine: Arc<Engine>,
}

impl Conference {
    /// Its name.
    #[must_use]
    pub fn id(&self) -> ConferenceId {
        self.parts.id()
    }

    /// The shard on which it began, and on which it stays while there is room.
    #[must_use]
    pub fn shard(&self) -> ShardIndex {
        ShardIndex(self.parts.home())
    }

    /// Where peers reach that shard, most preferred first.
    #[must_use]
    pub fn candidates(&self) -> &[HostCandidate] {
        self.parts.candidates(self.parts.home())
    }

    /// What finds places for its peers.
    #[must_use]
    pub fn placement(&self) -> Placement {
        Placement(Arc::clone(&self.parts))
    }

    /// Hands a command about this conference to the shards that it concerns; never blocks. Commands are carried out in
    /// order.
    ///
    /// `Leave` and `EndConference` are taken however full the queue is.
    pub fn command(&self, command: Command) -> Result<(), CommandError> {
        Ok(self.parts.command(command)?)
    }

    /// A name for a new peer, unique in the program's lifetime.
    #[must_use]
    pub fn new_peer_id(&self) -> PeerId {
        new_peer_id()
    }

    /// A name for a new up track, unique in the program's lifetime.
    #[must_use]
    pub fn new_up_track_id(&self) -> UpTrackId {
        UpTrackId(next_id())
    }

    /// A name for a new down track, unique in the program's lifetime.
    #[must_use]
    pub fn new_down_track_id(&self) -> DownTrackId {
        DownTrackId(next_id())
    }

    /// Lets in a peer of our own process. It publishes and subscribes by the same commands as any other.
    pub fn join_direct(&self, peer: PeerId) -> Result<Direct, CommandError> {
        Ok(self.parts.join_direct(peer)?)
    }
}

/// Finds places on the shards for the peers of a conference.
#[derive(Debug, Clone)]
pub struct Placement(Arc<Parts>);

impl Placement {
    /// Finds a shard for a peer that will join, and tells where the peer reaches it, most preferred first. It stays
    /// there. Peers that were not placed join where the conference began.
    #[must_use]
    pub fn place(&self, peer: PeerId) -> &[HostCandidate] {
        self.0.candidates(self.0.place(peer))
    }
}

impl Drop for Conference {
    fn drop(&mut self) {
        self.parts.end();
    }
}

pub(crate) fn new_peer_id() -> PeerId {
    PeerId(next_id())
}

fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A meeting of twenty who all see each other is 400; a webinar of as many viewers is worth a second shard.
const SLACK: u64 = 500;

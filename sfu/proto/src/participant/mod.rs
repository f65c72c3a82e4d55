//! The media state of one peer: what it sends, what it receives, and over what kind of path.

pub mod arrivals;
pub mod departures;
mod known_streams;
pub mod sources;

use std::time::Duration;

use crate::bandwidth::downlink::Downlink;
use crate::bandwidth::pacer::Pacer;
use crate::conference::PeerKey;
use crate::id::PeerId;
use crate::io::{Extension, ExtensionMap};
use crate::track::reception::Counts;
use arrivals::Arrivals;
use departures::Departures;
pub use known_streams::KnownStreams;
use sources::Sources;

/// A packet that waits: it lies in the store of its source, and its numbers in the history of the subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// The slot of the down track.
    pub down: u32,
    /// Its outgoing sequence number.
    pub sequence: u16,
}

/// How a peer is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// Over a network, by ICE and DTLS.
    Remote,
    /// In our own process.
    Direct,
    /// In our own process, for somebody on another shard: the rooms know that one, and nothing of this.
    Bridge,
}

/// One peer.
#[derive(Debug)]
pub struct Participant {
    /// Its name.
    pub id: PeerId,
    /// How it is reached.
    pub nature: Nature,
    /// Its transport.
    pub key: PeerKey,
    /// Whether its transport carries media yet.
    pub connected: bool,
    /// The canonical name of its sources.
    pub cname: String,
    /// Whose the streams are that it sends.
    pub sources: Sources,
    /// The slots of what it publishes.
    pub up_tracks: Vec<u32>,
    /// The slots of what it receives.
    pub down_tracks: Vec<u32>,
    /// The slots of what goes to it as it came.
    pub tapped: Vec<u32>,
    /// Extension ids of all it publishes; bundled sections share them (RFC 9143 §7.1.3).
    pub extensions: ExtensionMap,
    /// When its packets arrived here.
    pub arrivals: Arrivals,
    /// When our packets left for it.
    pub departures: Departures,
    /// The path towards it.
    pub downlink: Downlink,
    /// What waits for its time to be sent on that path.
    pub pacer: Pacer<Held>,
    /// What was received of it until its quality was last told, and of that the sound.
    pub told: (Counts, Counts),
}

impl Participant {
    /// A peer without tracks. One of our own process is connected at once.
    #[must_use]
    pub fn new(id: PeerId, key: PeerKey, nature: Nature) -> Self {
        let direct = nature != Nature::Remote;
        Self {
            id,
            nature,
            key,
            connected: direct,
            cname: id.to_string(),
            sources: Sources::default(),
            up_tracks: Vec::new(),
            down_tracks: Vec::new(),
            tapped: Vec::new(),
            extensions: ExtensionMap::default(),
            arrivals: Arrivals::default(),
            departures: Departures::default(),
            downlink: Downlink::new(direct),
            pacer: Pacer::new(key.0),
            told: Default::default(),
        }
    }

    /// Asks for what sending to it takes and it points to, before it is needed.
    #[inline]
    pub(crate) fn bring_rest_near(&self) {
        self.departures.bring_near();
        self.downlink.bring_near();
    }

    /// Learns the extension ids of one of its sections.
    pub fn learn_extensions(&mut self, ids: &ExtensionMap) {
        for extension in Extension::ALL {
            if let Some(id) = ids.id(extension) {
                self.extensions.insert(extension, id);
            }
        }
    }

    /// The round trip, or a usual one.
    #[must_use]
    pub fn rtt_or_usual(&self) -> Duration {
        self.downlink.rtt().unwrap_or(Duration::from_millis(60))
    }
}

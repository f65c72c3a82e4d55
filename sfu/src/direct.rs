//! A peer of our own process (a phone, a recorder): plain RTP over two bounded queues, no ICE, no encryption.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sfu_proto::id::PeerId;
use sfu_proto::io::Command;
use tokio::sync::mpsc;

use crate::parts::Parts;
use crate::shard::port::{Input, Port, QueueFull};

/// Our side of a direct peer. Dropping it leaves the conference.
#[derive(Debug)]
pub struct Direct {
    peer: PeerId,
    parts: Arc<Parts>,
    port: Arc<Port>,
    queued: Arc<AtomicUsize>,
    packets: mpsc::Receiver<Vec<u8>>,
}

/// Where the shard puts packets for a direct peer.
#[derive(Debug)]
pub(crate) struct DirectOutlet {
    packets: mpsc::Sender<Vec<u8>>,
}

/// Why a packet was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DirectError {
    /// The shard has not yet taken the packets sent before.
    #[error("the media shard does not keep up")]
    Full,
    /// The engine has been stopped.
    #[error("the media engine has stopped")]
    Stopped,
}

impl Direct {
    pub(crate) fn new(peer: PeerId, parts: Arc<Parts>, port: Arc<Port>) -> (Self, DirectOutlet) {
        let (sender, receiver) = mpsc::channel(DIRECT_QUEUE);
        let direct = Self { peer, parts, port, queued: Arc::default(), packets: receiver };
        (direct, DirectOutlet { packets: sender })
    }

    /// Its name in the conference.
    #[must_use]
    pub fn peer(&self) -> PeerId {
        self.peer
    }

    /// Sends one RTP packet or RTCP compound (told apart as in RFC 5761) into the conference; never blocks.
    pub fn send(&self, packet: &[u8]) -> Result<(), DirectError> {
        if self.queued.load(Ordering::Relaxed) >= DIRECT_QUEUE {
            return Err(DirectError::Full);
        }
        self.queued.fetch_add(1, Ordering::Relaxed);
        let input = Input::Direct {
            peer: self.peer,
            packet: packet.into(),
            queued: QueuedGuard(Arc::clone(&self.queued)),
        };
        self.port.send(input).map_err(|refusal| match refusal {
            QueueFull::Full => DirectError::Full,
            QueueFull::Gone => DirectError::Stopped,
        })
    }

    /// The next RTP packet or RTCP compound from the conference; `None` once the peer has ended there.
    ///
    /// A receiver that is slow loses packets, as on any other path.
    pub async fn recv(&mut self) -> Option<Vec<u8>> {
        self.packets.recv().await
    }

    /// The next packet if one is waiting already.
    pub fn try_recv(&mut self) -> Option<Vec<u8>> {
        self.packets.try_recv().ok()
    }
}

impl Drop for Direct {
    fn drop(&mut self) {
        // Refused only when the shard has stopped, and then the peer is gone already.
        let _ = self.parts.command(Command::Leave { peer: self.peer });
    }
}

impl DirectOutlet {
    /// Whether the packet was taken.
    pub(crate) fn deliver(&self, packet: &[u8]) -> bool {
        match self.packets.try_reserve() {
            Ok(place) => {
                place.send(packet.to_vec());
                true
            }
            Err(_) => false,
        }
    }
}

/// Counts a queued packet down when the shard has taken it, or when it was refused.
#[derive(Debug)]
pub(crate) struct QueuedGuard(Arc<AtomicUsize>);

impl Drop for QueuedGuard {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Packets that may wait in either direction: five seconds of one phone's audio.
const DIRECT_QUEUE: usize = 256;

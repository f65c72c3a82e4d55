//! The way into a shard: a bounded queue, and an eventfd that wakes the thread when it sleeps.

use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use sfu_proto::id::{ConferenceId, PeerId};
use sfu_proto::io::{Command, Event};

use crate::bridge::{BridgeOutlet, Bundle};
use crate::direct::{DirectOutlet, QueuedGuard};
use crate::net::sys;
use crate::parts::Parts;

/// What other threads hand to a shard.
#[derive(Debug)]
pub(crate) enum Input {
    /// A conference begins here.
    Open {
        conference: ConferenceId,
        events: tokio::sync::mpsc::Sender<Event>,
        parts: Arc<Parts>,
    },
    Command {
        conference: ConferenceId,
        command: Command,
    },
    JoinDirect {
        conference: ConferenceId,
        peer: PeerId,
        outlet: DirectOutlet,
    },
    /// One end of a bridge joins.
    JoinBridge {
        conference: ConferenceId,
        peer: PeerId,
        outlet: BridgeOutlet,
    },
    /// Packets for the ends of bridges.
    Bundle(Bundle),
    /// A packet of a direct peer.
    Direct {
        peer: PeerId,
        packet: Box<[u8]>,
        queued: QueuedGuard,
    },
    /// An ICE-TCP connection whose first frame named one of the shard's peers.
    Tcp {
        stream: TcpStream,
        remote: SocketAddr,
        received: Vec<u8>, // that frame, and whatever followed it
    },
    Stop,
}

impl Input {
    /// Whether it must arrive however full the queue is: each of these ends something that was once admitted,
    /// so that there can never be more of them than of the others.
    fn is_end(&self) -> bool {
        matches!(
            self,
            Self::Stop | Self::Command { command: Command::Leave { .. } | Command::EndConference { .. }, .. }
        )
    }
}

/// Why the queue refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QueueFull {
    Full,
    Gone,
}

/// The sending end, shared by all who talk to the shard.
#[derive(Debug)]
pub(crate) struct Port {
    index: usize,
    inputs: mpsc::Sender<Input>,
    depth: AtomicUsize,
    bridged: AtomicUsize, // bytes of bundles that wait
    awake: AtomicBool,
    eventfd: OwnedFd,
}

impl Port {
    /// A port for shard number `index`, and the end that the shard reads.
    pub(crate) fn new(index: usize) -> std::io::Result<(Self, mpsc::Receiver<Input>)> {
        let (sender, receiver) = mpsc::channel();
        let port = Self {
            index,
            inputs: sender,
            depth: AtomicUsize::new(0),
            bridged: AtomicUsize::new(0),
            awake: AtomicBool::new(false),
            eventfd: sys::eventfd()?,
        };
        Ok((port, receiver))
    }

    /// Which shard it leads to.
    pub(crate) fn index(&self) -> usize {
        self.index
    }

    /// Queues an input and wakes the shard if it sleeps.
    pub(crate) fn send(&self, input: Input) -> Result<(), QueueFull> {
        if self.depth.load(Ordering::Relaxed) >= QUEUE && !input.is_end() {
            return Err(QueueFull::Full);
        }
        self.depth.fetch_add(1, Ordering::Relaxed);
        if self.inputs.send(input).is_err() {
            self.depth.fetch_sub(1, Ordering::Relaxed);
            return Err(QueueFull::Gone);
        }
        // One write per sleep, not per input.
        if !self.awake.swap(true, Ordering::AcqRel) {
            sys::eventfd_add(self.eventfd.as_fd());
        }
        Ok(())
    }

    /// Queues packets from another shard, unless too many wait.
    pub(crate) fn send_bundle(&self, bundle: Bundle) -> Result<(), QueueFull> {
        let size = bundle.size();
        if self.bridged.load(Ordering::Relaxed) >= MAX_BRIDGED {
            return Err(QueueFull::Full);
        }
        self.bridged.fetch_add(size, Ordering::Relaxed);
        self.send(Input::Bundle(bundle)).inspect_err(|_| {
            self.bridged.fetch_sub(size, Ordering::Relaxed);
        })
    }

    /// The shard has taken a bundle.
    pub(crate) fn bundle_taken(&self, bundle: &Bundle) {
        self.bridged.fetch_sub(bundle.size(), Ordering::Relaxed);
    }

    /// The shard is about to drain the queue: whoever sends from now on must wake it again.
    pub(crate) fn begin_drain(&self) {
        if !self.awake.load(Ordering::Relaxed) {
            return; // nobody has sent anything, or he who has is just about to wake us
        }
        sys::eventfd_reset(self.eventfd.as_fd());
        // A swap, not a store: it sees the inputs of every sender that found us awake.
        self.awake.swap(false, Ordering::AcqRel);
    }

    /// The shard has taken one input.
    pub(crate) fn taken(&self) {
        self.depth.fetch_sub(1, Ordering::Relaxed);
    }

    /// What the shard sleeps on.
    pub(crate) fn wake_fd(&self) -> BorrowedFd<'_> {
        self.eventfd.as_fd()
    }
}

/// Bytes from other shards that may wait for one shard: about a second of what it can receive.
const MAX_BRIDGED: usize = 16 << 20;

/// Inputs that may wait for one shard.
const QUEUE: usize = 65_536;

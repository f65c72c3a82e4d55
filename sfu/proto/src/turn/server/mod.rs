//! The server itself: who may have a relay, and what goes through it (RFC 8656 §5 to §13).
//!
//! Control messages become outputs; data does not: what is to be relayed is given back at once, borrowed from the
//! datagram or frame that it came in, so that the way of a packet neither allocates nor queues.

mod allocate;
mod data;
mod door;
mod permissions;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use super::allocation::Allocation;
use super::credentials::{Authority, Participant};
use super::framing::split_channel_data;
use super::limits::Limits;
use super::nonce::Nonces;
use super::peers::PeerPolicy;
use super::quota::Quotas;
use super::revoked::Revoked;
use super::sources::{Source, Strangers};
use super::stun::{Class, Message};
use allocate::Streams;

/// One client, by how it is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Client {
    /// Datagrams between two addresses.
    Datagrams {
        /// Which socket of ours.
        socket: usize,
        /// Our end, where that socket has several.
        local: Option<IpAddr>,
        /// The client's end as we see it.
        remote: SocketAddr,
    },
    /// A TCP or TLS connection.
    Stream {
        /// Which one; numbers are never used again.
        id: u64,
        /// The client's end as we see it.
        remote: SocketAddr,
    },
}

impl Client {
    /// The client's end as we see it.
    #[must_use]
    pub fn remote(&self) -> SocketAddr {
        match *self {
            Self::Datagrams { remote, .. } | Self::Stream { remote, .. } => remote,
        }
    }

    fn is_stream(&self) -> bool {
        matches!(self, Self::Stream { .. })
    }

    fn source(&self) -> Source {
        Source::of(self.remote().ip())
    }
}

/// The socket of one allocation; numbers are never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RelayId(pub u64);

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    /// Send a message to a client.
    Answer {
        /// To whom.
        client: Client,
        /// The message, as it goes into a datagram or onto a stream.
        message: Vec<u8>,
    },
    /// Open a socket and tell [`Turn::handle_opened`] of it.
    Open {
        /// Its name from now on.
        relay: RelayId,
        /// Its family.
        v6: bool,
    },
    /// Close a socket.
    Close {
        /// Which one.
        relay: RelayId,
    },
    /// Close a connection.
    HangUp {
        /// Which one.
        stream: u64,
    },
}

/// A datagram for a peer.
#[derive(Debug, PartialEq, Eq)]
pub struct ToPeer<'a> {
    /// Through which socket.
    pub relay: RelayId,
    /// Where to.
    pub to: SocketAddr,
    /// What.
    pub data: &'a [u8],
}

/// What a server begins with.
#[derive(Debug)]
pub struct TurnConfig {
    /// Bounds.
    pub limits: Limits,
    /// Whom relays may reach.
    pub peers: PeerPolicy,
    /// Who makes credentials.
    pub authority: Authority,
    /// What nonces are made with: random, and another at every start.
    pub nonce_secret: [u8; 32],
}

/// What has happened so far.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counters {
    /// Allocations now.
    pub allocations: u64,
    /// Connections now.
    pub streams: u64,
    /// Bytes relayed from clients.
    pub bytes_up: u64,
    /// Bytes relayed to clients.
    pub bytes_down: u64,
    /// Packets dropped because an allocation carries as much as it may.
    pub throttled: u64,
    /// Requests that were asked for (better) credentials.
    pub challenged: u64,
    /// Requests of strangers that were left unanswered.
    pub ignored: u64,
    /// Requests for peers that nobody may reach.
    pub forbidden: u64,
}

/// The relay, without its sockets.
#[derive(Debug)]
pub struct Turn {
    limits: Limits,
    peers: PeerPolicy,
    authority: Authority,
    nonces: Nonces,
    began: (Instant, Duration), // and when that was since 1970
    allocations: HashMap<RelayId, Allocation>,
    by_client: HashMap<Client, RelayId>,
    streams: Streams,
    quotas: Quotas,
    /// Those whose address is only what they wrote on the envelope, and those who have a connection: whoever forges
    /// the first uses up no answers of the second.
    strangers: [Strangers; 2],
    revoked: Revoked,
    deadlines: BTreeSet<(Instant, Due)>,
    outputs: VecDeque<Output>,
    counters: Counters,
    next_relay: u64,
    indications: u64,
}

/// What has a deadline. Each of them is in the set exactly once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Allocation(RelayId),
    Stream(u64),
}

impl Turn {
    /// A server without clients. `unix` is the present moment, counted from 1970.
    #[must_use]
    pub fn new(now: Instant, unix: Duration, config: TurnConfig) -> Self {
        let TurnConfig { limits, peers, authority, nonce_secret } = config;
        Self {
            strangers: [(); 2].map(|()| Strangers::new(now, limits.challenges, limits.sources)),
            limits,
            peers,
            authority,
            nonces: Nonces::new(&nonce_secret),
            began: (now, unix),
            allocations: HashMap::new(),
            by_client: HashMap::new(),
            streams: Streams::default(),
            quotas: Quotas::default(),
            revoked: Revoked::default(),
            deadlines: BTreeSet::new(),
            outputs: VecDeque::new(),
            counters: Counters::default(),
            next_relay: 1,
            indications: 0,
        }
    }

    /// A datagram or a frame came from a client. What it wants relayed is to be sent at once.
    pub fn handle_client<'a>(&mut self, now: Instant, client: Client, bytes: &'a [u8]) -> Option<ToPeer<'a>> {
        if let Some((channel, data)) = split_channel_data(bytes) {
            return self.relay_channel_data(now, client, channel, data);
        }
        let message = Message::parse(bytes)?;
        match message.class {
            Class::Request => {
                self.handle_request(now, client, &message, bytes.len());
                None
            }
            Class::Indication => self.relay_indication(now, client, &message),
            Class::Success | Class::Error => None,
        }
    }

    /// Somebody has left, or was sent away: what was given to it ends here.
    pub fn revoke(&mut self, now: Instant, participant: Participant) {
        let until = now + self.limits.credentials;
        self.revoked.insert(now, participant, until, self.limits.revoked);
        let ended: Vec<RelayId> = self
            .allocations
            .iter()
            .filter(|(_, allocation)| allocation.participant == participant)
            .map(|(relay, _)| *relay)
            .collect();
        for relay in ended {
            self.end(relay);
        }
    }

    /// The time has come that [`Self::poll_timeout`] named.
    pub fn handle_timeout(&mut self, now: Instant) {
        while self.poll_timeout().is_some_and(|at| at <= now) {
            let Some((_, due)) = self.deadlines.pop_first() else { return };
            match due {
                Due::Allocation(relay) => self.end(relay),
                Due::Stream(stream) => self.hang_up(stream),
            }
        }
    }

    /// When something ends by itself.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// What is to be done next.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// What has happened so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        Counters {
            allocations: self.allocations.len() as u64,
            streams: self.streams.len() as u64,
            ..self.counters
        }
    }

    fn elapsed(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.began.0)
    }

    fn unix(&self, now: Instant) -> Duration {
        self.began.1 + self.elapsed(now)
    }
}

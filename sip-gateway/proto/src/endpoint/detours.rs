//! Requests that are too long for a datagram go over TCP where that is possible (RFC 3261 §18.1.1).

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::flow::{Carrier, Connection, Flow};
use crate::message::{HeaderName, Request};
use crate::transaction::{ClientKey, FailureCause};

/// The requests under way that went over TCP instead of UDP, and whom that does not reach.
#[derive(Debug)]
pub(super) struct Detours {
    /// Our sockets for TCP.
    locals: Vec<SocketAddr>,
    under_way: HashMap<ClientKey, Detour>,
    /// Who did not take a connection, and until when that is believed.
    deaf: HashMap<SocketAddr, Instant>,
}

/// A request that went over TCP, as it would have gone over UDP.
#[derive(Debug)]
pub(super) struct Detour {
    pub(super) flow: Flow,
    pub(super) request: Request,
}

impl Detours {
    pub(super) fn new(locals: &[(Carrier, SocketAddr)]) -> Self {
        let tcp = |(carrier, local): &(Carrier, SocketAddr)| (*carrier == Carrier::Tcp).then_some(*local);
        Self {
            locals: locals.iter().filter_map(tcp).collect(),
            under_way: HashMap::new(),
            deaf: HashMap::new(),
        }
    }

    /// The flow over TCP for a request that is too long for a datagram; `None` if it goes as it is. `is_trunk` says that
    /// its receiver is a server, which has no NAT before it.
    pub(super) fn around(
        &self,
        now: Instant,
        flow: &Flow,
        request: &Request,
        is_trunk: bool,
    ) -> Option<Flow> {
        if flow.carrier != Carrier::Udp
            || self.locals.is_empty()
            || request.to_bytes().len() + ROOM_FOR_VIA <= MAX_DATAGRAM_REQUEST
            || self.deaf.get(&flow.remote).is_some_and(|until| now < *until)
            || !(is_trunk || is_direct(flow, request))
        {
            return None;
        }
        let same_family = self.locals.iter().filter(|local| local.is_ipv4() == flow.local.is_ipv4());
        let local = same_family.min_by_key(|local| local.ip() != flow.local.ip())?;
        Some(Flow { carrier: Carrier::Tcp, local: *local, remote: flow.remote, connection: Connection::NONE })
    }

    /// A request went that way.
    pub(super) fn begin(&mut self, key: ClientKey, flow: Flow, request: Request) {
        self.under_way.insert(key, Detour { flow, request });
    }

    /// Over which flow its sender believes a request to have gone: what follows in its dialog goes over that one.
    pub(super) fn flow_of(&self, key: ClientKey) -> Option<Flow> {
        self.under_way.get(&key).map(|detour| detour.flow)
    }

    /// It is of no interest any more, or it was given up.
    pub(super) fn end(&mut self, key: ClientKey) {
        self.under_way.remove(&key);
    }

    /// A request failed. If it never got there it is given back, to be sent as a datagram.
    pub(super) fn fail(&mut self, now: Instant, key: ClientKey, cause: FailureCause) -> Option<Detour> {
        let detour = self.under_way.remove(&key)?;
        if self.deaf.len() >= MAX_DEAF {
            self.deaf.retain(|_, until| now < *until);
        }
        if self.deaf.len() < MAX_DEAF {
            self.deaf.insert(detour.flow.remote, now + BELIEVED);
        }
        // Whoever took it and said nothing may have acted on it, and must not get it twice.
        (cause == FailureCause::Transport).then_some(detour)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.under_way.is_empty()
    }
}

/// Whether the address that datagrams go to is the one the receiver itself names: if not, a NAT is in between, which lets
/// no connection through.
fn is_direct(flow: &Flow, request: &Request) -> bool {
    let route =
        request.headers.addresses(&HeaderName::Route).ok().and_then(|routes| routes.into_iter().next());
    let next = route.as_ref().map_or(&request.uri, |route| &route.uri);
    let port = next.port().unwrap_or(5060);
    next.host_ip() == Some(flow.remote.ip().to_canonical()) && port == flow.remote.port()
}

/// The longest request that goes in a datagram (RFC 3261 §18.1.1).
const MAX_DATAGRAM_REQUEST: usize = 1_300;
/// What our Via adds to it.
const ROOM_FOR_VIA: usize = 110;
/// How long it is believed that somebody takes no connection.
const BELIEVED: Duration = Duration::from_secs(3_600);
/// The most of whom that is remembered.
const MAX_DEAF: usize = 10_000;

//! Trunks: registered where the provider wants it (RFC 3261 §10.2), watched with OPTIONS (§11), left when they fail.

mod link;
pub mod locate;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use self::link::Link;
use crate::call::TrunkTable;
use crate::flow::{Carrier, Flow};
use crate::message::{HeaderName, Request, Response};
use crate::plan::{Plan, ResolvedTrunk, TrunkId};

/// All trunks.
pub struct Trunks {
    links: BTreeMap<TrunkId, Link>,
    locals: Vec<(Carrier, SocketAddr)>,
    seed: [u8; 32],
    /// How many links there have been.
    made: u64,
    outputs: VecDeque<Output>,
}

/// A request to be sent for a trunk; its responses are to be given back.
#[derive(Clone, PartialEq, Eq)]
pub struct Output {
    /// Whose.
    pub trunk: TrunkId,
    /// Where to.
    pub flow: Flow,
    /// What.
    pub request: Request,
}

/// What an administrator sees of a trunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrunkState {
    /// Which.
    pub trunk: TrunkId,
    /// Whether calls are sent to it.
    pub up: bool,
    /// Whether it is registered, if it is to be; with what went wrong if not.
    pub registration: Option<Result<(), String>>,
    /// Where its requests go.
    pub address: Option<SocketAddr>,
}

impl Trunks {
    /// No trunks yet. `locals` are our sockets; the seed is secret and new in each run.
    #[must_use]
    pub fn new(seed: [u8; 32], locals: Vec<(Carrier, SocketAddr)>) -> Self {
        Self { links: BTreeMap::new(), locals, seed, made: 0, outputs: VecDeque::new() }
    }

    /// Takes a new plan: trunks come, go and change.
    pub fn handle_plan(&mut self, now: Instant, plan: &Plan) {
        self.links.retain(|id, link| plan.trunk(*id).is_some_and(|trunk| *trunk == link.trunk));
        for trunk in plan.trunks.iter().take(MAX_TRUNKS) {
            let (seed, made) = (self.seed, &mut self.made);
            self.links.entry(trunk.id).or_insert_with(|| {
                *made += 1;
                Link::new(now, trunk.clone(), &seed, *made)
            });
        }
    }

    /// The trunks whose addresses are wanted: host, port and carrier are in the plan.
    pub fn unresolved(&self) -> impl Iterator<Item = TrunkId> {
        self.links.values().filter(|link| link.addresses.is_empty()).map(|link| link.trunk.id)
    }

    /// Takes the addresses of a trunk.
    pub fn handle_addresses(&mut self, now: Instant, resolved: ResolvedTrunk) {
        if let Some(link) = self.links.get_mut(&resolved.trunk) {
            // Those of a family that we do not speak are of no use.
            let carrier = link.trunk.carrier;
            let reached = |address: &SocketAddr| flow_to(&self.locals, carrier, *address).is_some();
            link.set_addresses(now, resolved.addresses.into_iter().filter(reached).collect());
        }
    }

    /// The trunk that calls from this address, without a password.
    #[must_use]
    pub fn recognize(&self, address: IpAddr) -> Option<TrunkId> {
        self.links.values().find(|link| link.is_source(address)).map(|link| link.trunk.id)
    }

    /// Takes a response to a request of a trunk.
    pub fn handle_response(&mut self, now: Instant, trunk: TrunkId, request: &Request, response: &Response) {
        if let Some(link) = self.links.get_mut(&trunk) {
            link.handle_response(now, request, response);
        }
    }

    /// A request of a trunk got no response.
    pub fn handle_failure(&mut self, now: Instant, trunk: TrunkId, request: &Request) {
        if let Some(link) = self.links.get_mut(&trunk) {
            link.handle_failure(now, request);
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.links.values().filter_map(Link::poll_timeout).min()
    }

    /// Does what is due: registrations are refreshed, trunks are asked whether they live.
    /// `ours` gives the address of ours that a peer can reach.
    pub fn handle_timeout(&mut self, now: Instant, ours: &dyn Fn(&Flow) -> SocketAddr) {
        for link in self.links.values_mut() {
            let Some(flow) =
                link.address().and_then(|remote| flow_to(&self.locals, link.trunk.carrier, remote))
            else {
                continue;
            };
            for request in link.due(now, &flow, ours(&flow)) {
                self.outputs.push_back(Output { trunk: link.trunk.id, flow, request });
            }
        }
    }

    /// The next request to send.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// How the trunks are, for administrators.
    pub fn states(&self) -> impl Iterator<Item = TrunkState> {
        self.links.values().map(Link::state)
    }
}

impl TrunkTable for Trunks {
    fn flow(&self, trunk: TrunkId) -> Option<Flow> {
        self.flow_in_need(trunk).filter(|_| self.links.get(&trunk).is_some_and(Link::is_up))
    }

    fn flow_in_need(&self, trunk: TrunkId) -> Option<Flow> {
        let link = self.links.get(&trunk)?;
        flow_to(&self.locals, link.trunk.carrier, link.address()?)
    }

    fn another(&mut self, now: Instant, trunk: TrunkId, tried: &[Flow]) -> Option<Flow> {
        let link = self.links.get_mut(&trunk)?;
        let is_tried = |address: SocketAddr| tried.iter().any(|flow| flow.remote == address);
        link.leave(now, is_tried);
        let next = link.addresses.iter().copied().find(|address| !is_tried(*address))?;
        flow_to(&self.locals, link.trunk.carrier, next)
    }

    fn answer(
        &mut self,
        trunk: TrunkId,
        request: &Request,
        challenge: &Response,
    ) -> Option<(HeaderName, String)> {
        self.links.get_mut(&trunk)?.answer(request, challenge)
    }
}

/// The seed stays secret.
impl fmt::Debug for Trunks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trunks").field("links", &self.links).finish_non_exhaustive()
    }
}

/// Requests show credentials, so that only first lines are shown.
impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Output({:?} {} {})", self.trunk, self.request.method, self.request.uri)
    }
}

/// The flow from the fitting socket of ours; a connection is opened if need be.
fn flow_to(locals: &[(Carrier, SocketAddr)], carrier: Carrier, remote: SocketAddr) -> Option<Flow> {
    let fits = |local: &&(Carrier, SocketAddr)| local.0 == carrier && local.1.is_ipv4() == remote.is_ipv4();
    let (_, local) = locals.iter().find(fits)?;
    Some(Flow { carrier, local: *local, remote, connection: crate::flow::Connection::NONE })
}

/// The most trunks.
const MAX_TRUNKS: usize = 1_000;

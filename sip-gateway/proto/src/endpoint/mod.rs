//! The whole SIP side of the program as one machine: messages in, messages and facts out.

mod authenticate;
mod commands;
mod detours;
mod guard;
mod requests;
mod settling;
mod subscriptions;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::detours::Detours;
use self::guard::Guard;
use crate::call::{
    Around, Calls, DoorCommand, LegId, LegRecord, MailboxCommand, MediaEvent, MediaPlane, RecordingId,
    ScreenNews, SeatCommand, Setting,
};
use crate::flow::{Carrier, Flow};
use crate::message::{CSeq, Message, Method, ParseError, Request};
use crate::plan::{Plan, ResolvedTrunk, TrunkId};
use crate::subscription::{MessageCount, SubscriptionId, Watchers};
use crate::transaction::{ClientKey, Timers, Transactions};
use crate::trunk::{TrunkState, Trunks};
use crate::ua::digest::DigestServer;
use crate::ua::registrar::{Change, Interval, Registrar, SavedBinding};

/// What an endpoint begins with.
pub struct EndpointConfig {
    /// Random, secret, and new in each run.
    pub seed: [u8; 32],
    /// A moment, and how long after 1970 it is.
    pub epoch: (Instant, Duration),
    /// Our sockets.
    pub locals: Vec<(Carrier, SocketAddr)>,
    /// How long registrations last.
    pub interval: Interval,
    /// How long the answer to one challenge counts.
    pub nonce_lifetime: Duration,
}

/// What an endpoint works with, lent to it for one input.
pub struct Surroundings<'a> {
    /// The time.
    pub now: Instant,
    /// The sound.
    pub media: &'a mut dyn MediaPlane,
    /// Which address of ours a peer can reach, by the flow to it.
    pub address: &'a dyn Fn(&Flow) -> SocketAddr,
    /// What waits in the mailbox of an extension, by its number.
    pub mailbox: &'a dyn Fn(&str) -> MessageCount,
    /// What callers hear there, if its owner has said something.
    pub greeting: &'a dyn Fn(&str) -> Option<RecordingId>,
}

/// The machine. After each input its outputs are drained.
pub struct Endpoint {
    epoch: (Instant, Duration),
    plan: Arc<Plan>,
    transactions: Transactions,
    digest: DigestServer,
    guard: Guard,
    registrar: Registrar,
    calls: Calls,
    watchers: Watchers,
    trunks: Trunks,
    /// Whose each client transaction is.
    owners: HashMap<ClientKey, Owner>,
    /// The transactions of legs' INVITEs, to be given up by their number.
    inviting: HashMap<(LegId, u32), ClientKey>,
    detours: Detours,
    /// INVITEs that were accepted, whose 2xx may come again until then.
    accepted: VecDeque<(Instant, ClientKey)>,
    outputs: VecDeque<Output>,
}

/// Whose a client transaction is.
#[derive(Debug)]
enum Owner {
    Leg { leg: LegId, cseq: CSeq },
    Subscription { id: SubscriptionId, cseq: CSeq },
    Trunk { trunk: TrunkId, request: Box<Request> },
}

impl Owner {
    fn is_invite(&self) -> bool {
        matches!(self, Self::Leg { cseq, .. } if cseq.method == Method::Invite)
    }
}

/// What is to be done, or remembered.
#[derive(Clone)]
pub enum Output {
    /// Send a message.
    Transmit {
        /// Over which flow.
        flow: Flow,
        /// The message.
        bytes: Vec<u8>,
    },
    /// A phone was registered, or is not any more.
    Binding(Change),
    /// A leg of a call began, was answered, or ended.
    Record(Box<LegRecord>),
    /// A phone changed a setting.
    Setting {
        /// The extension's number.
        extension: String,
        /// What it set.
        setting: Setting,
    },
    /// Something is to be done with a phone's seat in a room.
    Seat(SeatCommand),
    /// Something is to be done at the door of a meeting.
    Door(DoorCommand),
    /// Something is to be done with a mailbox.
    Mailbox(MailboxCommand),
    /// News for browsers.
    Screen(ScreenNews),
}

impl Endpoint {
    /// An endpoint without phones.
    #[must_use]
    pub fn new(config: EndpointConfig, plan: Arc<Plan>) -> Self {
        let EndpointConfig { seed, epoch, locals, interval, nonce_lifetime } = config;
        // Each part has a secret of its own, so that what one gives away tells nothing of another's.
        let derived = |purpose: &[u8]| -> [u8; 32] {
            let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &seed);
            aws_lc_rs::hmac::sign(&key, purpose).as_ref().try_into().expect("a SHA-256 has 32 bytes")
        };
        let detours = Detours::new(&locals);
        let mut trunks = Trunks::new(derived(b"trunks"), locals);
        trunks.handle_plan(epoch.0, &plan);
        Self {
            epoch,
            plan,
            transactions: Transactions::new(derived(b"transactions"), Timers::default()),
            digest: DigestServer::new(derived(b"digest")).with_lifetime(nonce_lifetime),
            guard: Guard::default(),
            registrar: Registrar::new(interval),
            calls: Calls::new(&derived(b"calls")),
            watchers: Watchers::default(),
            trunks,
            owners: HashMap::new(),
            inviting: HashMap::new(),
            detours,
            accepted: VecDeque::new(),
            outputs: VecDeque::new(),
        }
    }

    /// Sets what our requests say they come from, for a socket that listens on every address.
    pub fn set_sent_by(&mut self, carrier: Carrier, local: SocketAddr, host: &str, port: Option<u16>) {
        self.transactions.set_sent_by(carrier, local, host, port);
    }

    /// Takes the bindings that were good when the program ended.
    pub fn restore(&mut self, now: Instant, saved: Vec<SavedBinding>) {
        let plan = Arc::clone(&self.plan);
        let changes = self.registrar.restore(now, &plan, saved);
        self.outputs.extend(changes.into_iter().map(Output::Binding));
    }

    /// Takes a new plan. Calls under way go on.
    pub fn handle_plan(&mut self, with: &mut Surroundings<'_>, plan: Arc<Plan>) {
        self.plan = plan;
        let changes = self.registrar.plan_changed(&self.plan);
        self.outputs.extend(changes.into_iter().map(Output::Binding));
        self.trunks.handle_plan(with.now, &self.plan);
        self.plan_changed_for_watchers(with.now);
        self.settle(with);
    }

    /// Takes the addresses of a trunk.
    pub fn handle_addresses(&mut self, now: Instant, resolved: ResolvedTrunk) {
        self.trunks.handle_addresses(now, resolved);
    }

    /// Takes a message that has come.
    pub fn handle_message(&mut self, with: &mut Surroundings<'_>, flow: Flow, message: Message) {
        // Silence: an answer is what a guesser wants.
        if matches!(message, Message::Response(_)) || !self.is_shut(with.now, &flow) {
            self.transactions.handle_message(with.now, flow, message);
        }
        self.settle(with);
    }

    /// Takes what has come and could not be read.
    pub fn handle_malformed(&mut self, with: &mut Surroundings<'_>, flow: Flow, error: &ParseError) {
        if !self.is_shut(with.now, &flow) {
            self.transactions.handle_malformed(flow, error);
        }
        self.settle(with);
    }

    /// Takes the news that a flow carries nothing any more.
    pub fn handle_flow_failure(&mut self, with: &mut Surroundings<'_>, flow: Flow) {
        self.transactions.handle_flow_failure(with.now, flow);
        let changes = self.registrar.flow_lost(with.now, &flow);
        self.outputs.extend(changes.into_iter().map(Output::Binding));
        self.with_calls(with, |calls, around| calls.handle_flow_failure(around, &flow));
        self.settle(with);
    }

    /// Takes what the media engine noticed.
    pub fn handle_media(&mut self, with: &mut Surroundings<'_>, event: MediaEvent) {
        self.with_calls(with, |calls, around| calls.handle_media(around, event));
        self.settle(with);
    }

    /// An administrator ends a binding.
    pub fn unbind(&mut self, aor: &str, key: &str) {
        let change = self.registrar.unbind(aor, key);
        self.outputs.extend(change.map(Output::Binding));
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, with: &mut Surroundings<'_>) {
        self.transactions.handle_timeout(with.now);
        self.forget_accepted(with.now);
        let ended = self.registrar.handle_timeout(with.now);
        self.outputs.extend(ended.into_iter().map(Output::Binding));
        self.trunks.handle_timeout(with.now, with.address);
        self.with_calls(with, Calls::handle_timeout);
        self.watchers.handle_timeout(with.now);
        self.settle(with);
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let timers = [
            self.transactions.poll_timeout(),
            self.registrar.poll_timeout(),
            self.trunks.poll_timeout(),
            self.calls.poll_timeout(),
            self.watchers.poll_timeout(),
            self.accepted.front().map(|(at, _)| *at),
        ];
        timers.into_iter().flatten().min()
    }

    /// Hangs up every call and ends every subscription, because the program stops.
    pub fn hang_up_all(&mut self, with: &mut Surroundings<'_>) {
        self.with_calls(with, Calls::hang_up_all);
        self.settle(with);
        self.watchers.retain(with.now, |_, _| Err(AGAIN_LATER));
        self.settle(with);
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// How many calls there are.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.len()
    }

    /// Whether nothing is left of calls and requests.
    #[must_use]
    pub fn holds_nothing(&self) -> bool {
        self.calls.holds_nothing()
            && self.watchers.is_empty()
            && self.owners.is_empty()
            && self.detours.is_empty()
            && self.inviting.is_empty()
    }

    /// How many requests, ours and those of others, are under way or remembered for their repetitions.
    #[must_use]
    pub fn transactions(&self) -> usize {
        self.transactions.client_transactions() + self.transactions.server_transactions()
    }

    /// How many subscriptions there are.
    #[must_use]
    pub fn subscriptions(&self) -> usize {
        self.watchers.len()
    }

    /// Whether every call has said its last word and had its answer.
    #[must_use]
    pub fn has_parted(&self) -> bool {
        self.calls.holds_nothing()
    }

    /// How many bindings there are.
    #[must_use]
    pub fn bindings(&self) -> usize {
        self.registrar.len()
    }

    /// How the trunks are.
    pub fn trunks(&self) -> impl Iterator<Item = TrunkState> {
        self.trunks.states()
    }

    /// Lends calls what they work with.
    fn with_calls<T>(
        &mut self,
        with: &mut Surroundings<'_>,
        act: impl FnOnce(&mut Calls, &mut Around<'_>) -> T,
    ) -> T {
        let mut around = Around {
            now: with.now,
            plan: &self.plan,
            registrar: &self.registrar,
            media: with.media,
            trunks: &mut self.trunks,
            address: with.address,
            mailbox: with.mailbox,
            greeting: with.greeting,
        };
        act(&mut self.calls, &mut around)
    }

    /// The time since 1970.
    fn since_1970(&self, now: Instant) -> Duration {
        self.epoch.1 + now.saturating_duration_since(self.epoch.0)
    }

    /// Whether nothing is heard from there, except from phones that are registered, and trunks.
    fn is_shut(&self, now: Instant, flow: &Flow) -> bool {
        self.guard.is_shut(now, flow.remote.ip())
            && !self.registrar.is_bound_over(flow)
            && self.trunks.recognize(flow.remote.ip()).is_none()
    }

    /// A tag for a response outside dialogs.
    fn tag(&mut self) -> String {
        self.transactions.tag()
    }
}

/// Bodies hold keys, so that only their length is shown.
impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transmit { flow, bytes } => write!(f, "Transmit({flow} {} bytes)", bytes.len()),
            Self::Binding(change) => write!(f, "Binding({change:?})"),
            Self::Record(record) => write!(f, "Record({:?})", record.leg),
            Self::Setting { extension, setting } => write!(f, "Setting({extension} {setting:?})"),
            Self::Seat(command) => command.fmt(f),
            Self::Door(command) => command.fmt(f),
            Self::Mailbox(command) => command.fmt(f),
            Self::Screen(news) => news.fmt(f),
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("bindings", &self.registrar.len())
            .field("calls", &self.calls.len())
            .finish_non_exhaustive()
    }
}

/// What subscribers are told when the program stops (RFC 6665 §4.1.3): the next one will know them in a moment.
const AGAIN_LATER: &str = "probation;retry-after=30";

//! The phones of the program: sockets, sound and the endpoint machine, driven by one task.

mod facts;
mod names;
mod resolve;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sip_gateway_proto::call::MediaEvent;
use sip_gateway_proto::endpoint::{Endpoint, EndpointConfig, Output, Surroundings};
use sip_gateway_proto::flow::Carrier;
use sip_gateway_proto::plan::{Plan, ResolvedTrunk};
use sip_gateway_proto::trunk::TrunkState;
use sip_gateway_proto::ua::registrar::{Change, Interval};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use self::facts::Scribe;
use self::resolve::Resolver;
use crate::address::Addresses;
use crate::directory::Directory;
use crate::media::{self, MediaAddress, MediaConfig, MediaEngine};
use crate::transport::{
    BindError, Identity, Incoming, Limits, Listener, Received, TransportConfig, Transports,
};

/// How phones are reached.
#[derive(Debug)]
pub struct PhonesConfig {
    /// Where to listen.
    pub listeners: Vec<Listener>,
    /// The certificate for TLS and WSS.
    pub identity: Option<Identity>,
    /// Whose certificates are taken from trunks over TLS.
    pub trust: Option<rustls::RootCertStore>,
    /// How long the answer to one challenge counts.
    pub nonce_lifetime: Duration,
    /// Ports for sound.
    pub rtp_ports: RangeInclusive<u16>,
    /// What strangers are told that our addresses are, if we are behind a NAT.
    pub advertise: Vec<IpAddr>,
    /// Media threads.
    pub media_workers: usize,
    /// Tells this run of the program from others.
    pub run: u64,
}

/// Why the phones could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A socket is not free.
    #[error("phones: {0}")]
    Bind(#[from] BindError),
    /// There is no media engine.
    #[error("phones: {0}")]
    Media(#[from] media::StartError),
    /// The system gives no random numbers.
    #[error("phones: the system gives no random numbers")]
    Random,
}

/// The running phones. Dropping it ends them at once; [`Phones::stop`] hangs up first.
#[derive(Debug)]
pub struct Phones {
    handle: PhonesHandle,
    listeners: Vec<Listener>,
    task: JoinHandle<()>,
}

/// Asks the running phones, and tells them what administrators want. Cheap to clone.
#[derive(Debug, Clone)]
pub struct PhonesHandle {
    orders: mpsc::Sender<Order>,
    /// Not to keep the sockets open longer than the phones.
    transports: Weak<Transports>,
}

impl PhonesHandle {
    /// Shows another certificate from the next handshake on.
    pub fn set_identity(&self, identity: Identity) {
        if let Some(transports) = self.transports.upgrade() {
            transports.set_identity(identity);
        }
    }

    /// Ends a registration, because an administrator says so.
    pub async fn unbind(&self, aor: String, key: String) {
        // Without a driver there is no registration either.
        let _ = self.orders.send(Order::Unbind { aor, key }).await;
    }

    /// How the trunks are.
    pub async fn trunks(&self) -> Vec<TrunkState> {
        let (answer, answered) = oneshot::channel();
        let _ = self.orders.send(Order::Trunks(answer)).await;
        answered.await.unwrap_or_default()
    }
}

/// What administrators and the program want.
#[derive(Debug)]
enum Order {
    Unbind { aor: String, key: String },
    Trunks(oneshot::Sender<Vec<TrunkState>>),
    Stop(oneshot::Sender<()>),
}

impl Phones {
    /// Opens the sockets and begins to answer. To be called within a runtime.
    ///
    /// # Errors
    /// Says what is in the way; nothing is left running then.
    pub fn start(config: PhonesConfig, directory: Arc<dyn Directory>) -> Result<Self, StartError> {
        let (transports, received) = Transports::bind(TransportConfig {
            listeners: config.listeners,
            identity: config.identity,
            trust: config.trust,
            limits: Limits::default(),
        })?;
        let transports = Arc::new(transports);
        let listeners = transports.listeners().to_vec();
        let (media, media_events) = MediaEngine::start(MediaConfig {
            ports: config.rtp_ports,
            v4: media_address(&listeners, &config.advertise, SocketAddr::is_ipv4),
            v6: media_address(&listeners, &config.advertise, SocketAddr::is_ipv6),
            workers: config.media_workers,
            silence: MediaConfig::SILENCE,
        })?;

        let mut seed = [0; 32];
        aws_lc_rs::rand::fill(&mut seed).map_err(|_| StartError::Random)?;
        let (now, today) = (Instant::now(), SystemTime::now());
        let plan = directory.plan();
        let mut endpoint = Endpoint::new(
            EndpointConfig {
                seed,
                epoch: (now, today.duration_since(UNIX_EPOCH).unwrap_or_default()),
                locals: listeners.iter().map(|listener| (listener.carrier, listener.address)).collect(),
                interval: Interval::default(),
                nonce_lifetime: config.nonce_lifetime,
            },
            Arc::clone(&plan),
        );
        let scribe = Scribe::new(directory, config.run, (now, today));
        endpoint.restore(now, scribe.saved_bindings());

        let (orders, ordered) = mpsc::channel(MAX_ORDERS);
        let (resolver, resolved) = Resolver::new();
        let driver = Driver {
            endpoint,
            media,
            transports: Arc::clone(&transports),
            addresses: Addresses::new(config.advertise),
            scribe,
            plan,
            resolver,
        };
        let task = tokio::spawn(driver.run(received, media_events, resolved, ordered));
        let handle = PhonesHandle { orders, transports: Arc::downgrade(&transports) };
        Ok(Self { handle, listeners, task })
    }

    /// The sockets, with the ports that they got.
    #[must_use]
    pub fn listeners(&self) -> &[Listener] {
        &self.listeners
    }

    /// A way to ask and tell them.
    #[must_use]
    pub fn handle(&self) -> PhonesHandle {
        self.handle.clone()
    }

    /// Hangs up every call, waits until that was said, and ends.
    pub async fn stop(mut self) {
        let (done, finished) = oneshot::channel();
        if self.handle.orders.send(Order::Stop(done)).await.is_ok() {
            let _ = finished.await;
        }
        let _ = (&mut self.task).await;
    }
}

impl Drop for Phones {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The task that drives the machine.
struct Driver {
    endpoint: Endpoint,
    media: MediaEngine,
    transports: Arc<Transports>,
    addresses: Addresses,
    scribe: Scribe,
    plan: Arc<Plan>,
    resolver: Resolver,
}

impl Driver {
    async fn run(
        mut self,
        mut received: mpsc::Receiver<Received>,
        mut media_events: mpsc::Receiver<MediaEvent>,
        mut resolved: mpsc::Receiver<ResolvedTrunk>,
        mut ordered: mpsc::Receiver<Order>,
    ) {
        let mut plan_ticks = tokio::time::interval(PLAN_INTERVAL);
        plan_ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        self.resolver.follow(&self.plan, &self.transports);
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            self.drain();
            let due = self.endpoint.poll_timeout().unwrap_or_else(|| Instant::now() + IDLE);
            tokio::select! {
                biased;
                order = ordered.recv() => match order {
                    Some(Order::Stop(done)) => {
                        self.guarded(sip_gateway_proto::endpoint::Endpoint::hang_up_all);
                        self.drain();
                        self.part(&mut received).await;
                        let _ = done.send(());
                        return;
                    }
                    Some(order) => self.obey(order),
                    None => return,
                },
                count = received.recv_many(&mut batch, BATCH) => {
                    if count == 0 {
                        return;
                    }
                    // Whoever was added before a message came is known when it is answered.
                    self.look_at_plan();
                    for received in batch.drain(..) {
                        self.drain();
                        self.take(received);
                    }
                }
                Some(event) = media_events.recv() => {
                    self.guarded(|endpoint, with| endpoint.handle_media(with, event));
                }
                Some(addresses) = resolved.recv() => {
                    self.endpoint.handle_addresses(Instant::now(), addresses);
                }
                _ = plan_ticks.tick() => {
                    self.look_at_plan();
                    self.resolver.follow(&self.plan, &self.transports);
                }
                () = tokio::time::sleep_until(due.into()) => {
                    self.guarded(sip_gateway_proto::endpoint::Endpoint::handle_timeout);
                }
            }
        }
    }

    /// Gives the last words a moment to be answered.
    async fn part(&mut self, received: &mut mpsc::Receiver<Received>) {
        let until = tokio::time::Instant::now() + LAST_WORDS;
        while !self.endpoint.has_parted() {
            let due = self.endpoint.poll_timeout().unwrap_or_else(|| Instant::now() + IDLE);
            tokio::select! {
                Some(received) = received.recv() => self.take(received),
                () = tokio::time::sleep_until(due.into()) => self.guarded(sip_gateway_proto::endpoint::Endpoint::handle_timeout),
                () = tokio::time::sleep_until(until) => return,
            }
            self.drain();
        }
    }

    fn take(&mut self, received: Received) {
        let Received { flow, what } = received;
        match what {
            Incoming::Message(message) => {
                self.guarded(|endpoint, with| endpoint.handle_message(with, flow, *message));
            }
            Incoming::Malformed(error) => {
                self.guarded(|endpoint, with| endpoint.handle_malformed(with, flow, &error));
            }
            Incoming::Failed(failure) => {
                tracing::debug!(?flow, %failure, "a flow has failed");
                self.guarded(|endpoint, with| endpoint.handle_flow_failure(with, flow));
            }
            Incoming::Keepalive => {}
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Unbind { aor, key } => self.endpoint.unbind(&aor, &key),
            Order::Trunks(answer) => {
                let _ = answer.send(self.endpoint.trunks().collect());
            }
            Order::Stop(_) => {}
        }
    }

    fn look_at_plan(&mut self) {
        let plan = self.scribe.plan();
        if !Arc::ptr_eq(&plan, &self.plan) {
            tracing::info!("the numbering plan has changed");
            self.plan = Arc::clone(&plan);
            self.guarded(|endpoint, with| endpoint.handle_plan(with, plan));
            self.resolver.follow(&self.plan, &self.transports);
        }
    }

    /// Does what the machine wants.
    fn drain(&mut self) {
        while let Some(output) = self.endpoint.poll_output() {
            match output {
                Output::Transmit { flow, bytes } => self.transports.send(&flow, bytes),
                Output::Binding(change) => {
                    if let Change::Bound(binding) = &change {
                        let lasts = binding.expires.saturating_duration_since(Instant::now());
                        self.transports.keep(&binding.flow, lasts + GRACE);
                    }
                    self.scribe.note_binding(&change);
                }
                Output::Record(record) => self.scribe.note_leg(&record),
                Output::Setting { extension, setting } => self.scribe.note_setting(extension, setting),
            }
        }
    }

    /// Lets the machine handle one input. A fault in it costs the phones that input, not all their calls.
    fn guarded(&mut self, act: impl FnOnce(&mut Endpoint, &mut Surroundings<'_>)) {
        let Self { endpoint, media, addresses, scribe, .. } = self;
        let mut with = Surroundings {
            now: Instant::now(),
            media,
            address: &|flow| addresses.of(flow),
            mailbox: &|number| scribe.messages(number),
        };
        if catch_unwind(AssertUnwindSafe(|| act(endpoint, &mut with))).is_err() {
            tracing::error!("a fault in the phones' machine: one input was lost");
        }
    }
}

/// Where sound of one address family is bound, and what is told of it. Who listens at several addresses takes sound at
/// any: the way to a phone decides which one it is told.
fn media_address(
    listeners: &[Listener],
    advertise: &[IpAddr],
    family: fn(&SocketAddr) -> bool,
) -> Option<MediaAddress> {
    let mut ips = listeners.iter().map(|listener| listener.address).filter(family).map(|local| local.ip());
    let first = ips.next()?;
    let any = if first.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let bind = if ips.all(|ip| ip == first) { first } else { any };
    let advertised = advertise.iter().copied().find(|ip| ip.is_ipv4() == bind.is_ipv4());
    Some(MediaAddress { bind, advertised })
}

/// The carriers of one socket address that speaks datagrams and streams.
#[must_use]
pub fn udp_and_tcp(address: SocketAddr) -> [Listener; 2] {
    [Listener { carrier: Carrier::Udp, address }, Listener { carrier: Carrier::Tcp, address }]
}

/// How many messages are taken before others get their turn.
const BATCH: usize = 256;
/// How many orders may wait.
const MAX_ORDERS: usize = 64;
/// How often the plan is looked at while no phone says anything.
const PLAN_INTERVAL: Duration = Duration::from_millis(500);
/// How long nothing may be due.
const IDLE: Duration = Duration::from_secs(3_600);
/// How long a connection may outlive the registration that came over it.
const GRACE: Duration = Duration::from_secs(60);
/// How long the last words may take.
const LAST_WORDS: Duration = Duration::from_secs(2);

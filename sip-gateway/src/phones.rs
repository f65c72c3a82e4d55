//! The phones of the program: sockets, sound and the endpoint machine, driven by one task.

mod doors;
mod driver;
mod facts;
mod handle;
mod names;
mod resolve;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use signaling::Rooms;
use sip_gateway_proto::endpoint::{Endpoint, EndpointConfig};
use sip_gateway_proto::flow::Carrier;
use sip_gateway_proto::ua::registrar::Interval;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use self::doors::Doors;
use self::driver::Driver;
use self::facts::Scribe;
use self::handle::Order;
use self::resolve::Resolver;
use crate::address::Addresses;
use crate::directory::Directory;
use crate::media::{self, MediaAddress, MediaConfig, MediaEngine};
use crate::tables::Tables;
use crate::transport::{BindError, Identity, Limits, Listener, TransportConfig, Transports};

pub use self::handle::PhonesHandle;

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
    /// Where recordings of prompts are, if an administrator has made some.
    pub prompts: Option<PathBuf>,
    /// Where recordings are kept.
    pub recordings: Option<PathBuf>,
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

impl Phones {
    /// Opens the sockets and begins to answer; phones in calls with browsers and in meetings sit in these rooms. To be called
    /// within a runtime.
    ///
    /// # Errors
    /// Says what is in the way; nothing is left running then.
    pub fn start(
        config: PhonesConfig,
        directory: Arc<dyn Directory>,
        rooms: Rooms,
    ) -> Result<Self, StartError> {
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
            prompts: config.prompts,
            recordings: config.recordings,
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
        let (doors, words) = Doors::new(Arc::clone(&directory));
        let scribe = Scribe::new(directory, config.run, (now, today));
        endpoint.restore(now, scribe.saved_bindings());

        let (orders, ordered) = mpsc::channel(MAX_ORDERS);
        let (tables, table_news) = Tables::new(rooms);
        let (resolver, resolved) = Resolver::new();
        let driver = Driver {
            endpoint,
            media,
            transports: Arc::clone(&transports),
            addresses: Addresses::new(config.advertise),
            scribe,
            plan,
            resolver,
            doors,
            tables,
        };
        let task = tokio::spawn(driver.run(received, media_events, resolved, words, table_news, ordered));
        let handle = PhonesHandle::new(orders, &transports);
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
        if self.handle.tell(Order::Stop(done)).await.is_ok() {
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

/// How many orders may wait.
const MAX_ORDERS: usize = 64;

//! The relay at work: sockets, connections and a clock around [`sfu_proto::turn`].
//!
//! ```text
//! UDP listeners ─┐                              ┌─▶ a socket per allocation ─▶ media engine
//! TCP listeners ─┼─▶ Core, under one lock ──────┤
//! TLS of HTTPS ──┘   (feed, drain, send)        └─▶ answers, data: datagrams and bounded queues
//! ```
//!
//! It runs on tasks, not on the media threads: relayed media is what is left when nothing better goes through. Whatever
//! is done under the lock is done without waiting.

mod core;
mod relayed;
mod stream;
mod tcp;
mod udp;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

pub use sfu_proto::turn::credentials::Credentials;
use sfu_proto::turn::credentials::{Authority, Participant};
pub use sfu_proto::turn::framing::begins_like_stun;
pub use sfu_proto::turn::limits::{Limits, Rate};
pub use sfu_proto::turn::peers::OwnAddress;
use sfu_proto::turn::peers::{Beyond, PeerPolicy};
pub use sfu_proto::turn::server::Counters;
use sfu_proto::turn::server::{Turn, TurnConfig};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use self::core::Core;
use crate::net::sys;

/// Where the relay listens and whom it reaches.
#[derive(Debug, Clone)]
pub struct RelayConfig {
    /// UDP addresses.
    pub udp: Vec<SocketAddr>,
    /// TCP addresses.
    pub tcp: Vec<SocketAddr>,
    /// The media engine's addresses: all that can be reached.
    pub media: Vec<OwnAddress>,
    /// Bounds.
    pub limits: Limits,
    /// What credentials and nonces are made with: random, and another at every start.
    pub secret: [u8; 32],
}

/// Why the relay did not start.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen for relayed media on {transport} {address}")]
pub struct RelayError {
    /// `udp` or `tcp`.
    pub transport: &'static str,
    /// Which address.
    pub address: SocketAddr,
    /// Why.
    pub source: std::io::Error,
}

/// A running relay. Clones are handles to the same one.
#[derive(Debug, Clone)]
pub struct Relay {
    shared: Arc<Shared>,
    udp: Arc<[SocketAddr]>,
    tcp: Arc<[SocketAddr]>,
}

#[derive(Debug)]
struct Shared {
    core: Mutex<Core>,
    earlier: Arc<Notify>,     // something ends by itself sooner than before
    media: Arc<[SocketAddr]>, // as it is reached from here
    authority: Authority,
    good_for: Duration,
    patience: Duration, // with whoever does not take what is sent
    tasks: Mutex<JoinSet<()>>,
}

impl Relay {
    /// Opens the sockets and starts the tasks, on the runtime of whoever calls.
    ///
    /// # Errors
    /// When an address is taken or not ours; nothing is left running then.
    pub fn start(mut config: RelayConfig) -> Result<Self, RelayError> {
        keep_descriptors_for_others(&mut config.limits);
        let udp = udp::bind_all(&config.udp)?;
        let tcp = tcp::bind_all(&config.tcp)?;
        let addresses = |found: Vec<SocketAddr>| Arc::from(found);
        let (udp_at, tcp_at) = (
            addresses(udp.iter().map(|socket| socket.address).collect()),
            addresses(tcp.iter().map(|(_, address)| *address).collect()),
        );

        let authority = Authority::new(&config.secret, REALM);
        let (good_for, patience) = (config.limits.credentials, config.limits.patience);
        let turn = Turn::new(
            Instant::now(),
            unix_now(),
            TurnConfig {
                limits: config.limits,
                peers: PeerPolicy::new(config.media.clone(), Beyond::Nobody),
                authority: authority.clone(),
                nonce_secret: config.secret,
            },
        );
        let sockets: Vec<Arc<udp::Socket>> = udp.into_iter().map(Arc::new).collect();
        let earlier = Arc::new(Notify::new());
        let shared = Arc::new(Shared {
            media: config.media.iter().map(|own| own.local).collect(),
            core: Mutex::new(Core::new(turn, sockets.clone(), config.media)),
            earlier: Arc::clone(&earlier),
            authority,
            good_for,
            patience,
            tasks: Mutex::default(),
        });

        let mut tasks = JoinSet::new();
        tasks.spawn(core::keep_time(Arc::downgrade(&shared), earlier));
        for (index, socket) in sockets.into_iter().enumerate() {
            tasks.spawn(udp::listen(Arc::downgrade(&shared), index, socket));
        }
        for (listener, _) in tcp {
            tasks.spawn(tcp::listen(Arc::downgrade(&shared), listener));
        }
        *shared.tasks.lock().unwrap_or_else(PoisonError::into_inner) = tasks;
        Ok(Self { shared, udp: udp_at, tcp: tcp_at })
    }

    /// Where UDP is answered.
    #[must_use]
    pub fn udp(&self) -> &[SocketAddr] {
        &self.udp
    }

    /// Where TCP is answered.
    #[must_use]
    pub fn tcp(&self) -> &[SocketAddr] {
        &self.tcp
    }

    /// Serves a connection that somebody else has accepted, until it ends.
    pub async fn serve<S>(&self, stream: S, remote: SocketAddr)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin,
    {
        stream::serve(Arc::downgrade(&self.shared), stream, remote).await;
    }

    /// Credentials for one presence of somebody.
    #[must_use]
    pub fn issue(&self, identity: &str, sid: &str) -> Credentials {
        let expires = unix_now() + self.shared.good_for;
        self.shared.authority.issue(self.presence(identity, sid), expires)
    }

    /// That presence is over: its allocations end, and its credentials are no longer good.
    pub fn revoke(&self, identity: &str, sid: &str) {
        let participant = self.presence(identity, sid);
        self.shared.change(|turn| turn.revoke(Instant::now(), participant));
    }

    /// What has happened so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.shared.core().turn.counters()
    }

    /// Ends everything.
    pub fn stop(&self) {
        self.shared.tasks.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
        self.shared.core().close();
    }

    fn presence(&self, identity: &str, sid: &str) -> Participant {
        // A presence may move between rooms, and its relay with it: its sid is one of a kind as it is.
        self.shared.authority.participant("", identity, sid)
    }
}

impl Shared {
    fn core(&self) -> MutexGuard<'_, Core> {
        // A fault in the machine ends the datagram that met it; its tables are changed one whole step at a time.
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Every relayed transport takes a descriptor, and so does every connection: together they are left at most half of
/// those there are, so that those who meet directly do not suffer.
fn keep_descriptors_for_others(limits: &mut Limits) {
    let Ok(descriptors) = sys::raise_descriptors() else { return };
    let most = descriptors / 4;
    if limits.allocations.max(limits.streams) > most {
        tracing::warn!(descriptors, most, "fewer descriptors than the relay could use");
    }
    limits.allocations = limits.allocations.min(most);
    limits.streams = limits.streams.min(most);
}

fn unix_now() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// Clients show it to nobody.
const REALM: &str = "palabre";

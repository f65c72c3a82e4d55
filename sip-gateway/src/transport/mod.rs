//! Where SIP comes in and goes out: UDP, TCP, TLS and WebSocket sockets (RFC 3261 §18, RFC 5626, RFC 5923, RFC 7118).
//!
//! Only bytes are moved here, and messages cut out of them; nothing is decided. Whatever is received comes out of one
//! channel, together with the news of flows that have failed. Sending never waits.

mod connections;
mod limits;
mod received;
mod socket;
mod stream;
mod stun;
mod tcp;
#[cfg(test)]
mod tests;
mod tls;
mod udp;
mod ws;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::RootCertStore;
use rustls::pki_types::ServerName;
use sip_gateway_proto::flow::{Carrier, Flow};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

pub use limits::*;
pub use received::{FlowFailure, Incoming, Received};
pub use tls::{Identity, IdentityError, trust};

use connections::{Connections, Enqueued};
use received::report;
use tcp::Entrance;
use tls::CurrentIdentity;
use udp::Udp;

/// What to open.
#[derive(Debug, Default)]
pub struct TransportConfig {
    /// Where to listen. A wildcard address will do only where there is one address of its family; IPv4 and IPv6 are
    /// listened to apart.
    pub listeners: Vec<Listener>,
    /// The certificate for TLS and WSS.
    pub identity: Option<Identity>,
    /// Whose certificates we take when we open TLS connections; nobody's if it is empty.
    pub trust: Option<RootCertStore>,
    /// How much strangers may make us keep.
    pub limits: Limits,
}

/// One socket to listen at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listener {
    /// What is spoken there.
    pub carrier: Carrier,
    /// Its address; port 0 is any that is free.
    pub address: SocketAddr,
}

/// Why the sockets could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BindError {
    /// The system does not give it.
    #[error("{listener:?} cannot be opened: {reason}")]
    Socket {
        /// Which socket.
        listener: Listener,
        /// What the system said.
        reason: io::Error,
    },
    /// It speaks TLS, and there is no certificate.
    #[error("{0:?} needs a certificate")]
    NoIdentity(Listener),
    /// TLS could not be made ready.
    #[error("TLS cannot be used: {0}")]
    Tls(#[from] rustls::Error),
}

/// All sockets. Dropped, they close, and so do all connections.
pub struct Transports {
    listeners: Vec<Listener>,
    udp: Vec<Udp>,
    connections: Arc<Connections>,
    identity: Option<Arc<CurrentIdentity>>,
    connector: TlsConnector,
    peer_names: Mutex<HashMap<SocketAddr, ServerName<'static>>>,
    /// What accepts and what reads datagrams.
    _tasks: JoinSet<()>,
}

impl Transports {
    /// Opens all sockets, and begins to receive. To be called within a runtime.
    ///
    /// # Errors
    /// When one of them cannot be opened.
    pub fn bind(config: TransportConfig) -> Result<(Self, mpsc::Receiver<Received>), BindError> {
        let (sender, receiver) = mpsc::channel(MAX_RECEIVED);
        let connections = Connections::new(config.limits, sender.clone());
        let identity = config.identity.map(CurrentIdentity::new);
        let acceptor = identity.clone().map(tls::acceptor).transpose()?;
        let connector = tls::connector(config.trust.unwrap_or_else(RootCertStore::empty))?;

        let mut listeners = Vec::new();
        let mut udp = Vec::new();
        let mut tasks = JoinSet::new();
        for listener in config.listeners {
            let failed = |reason| BindError::Socket { listener, reason };
            let Listener { carrier, address } = listener;
            if carrier == Carrier::Udp {
                let socket = Udp::bind(address, sender.clone()).map_err(failed)?;
                listeners.push(Listener { carrier, address: socket.local });
                udp.push(socket.clone());
                tasks.spawn(socket.receive());
                continue;
            }
            let acceptor = match (carrier.is_secure(), &acceptor) {
                (true, None) => return Err(BindError::NoIdentity(listener)),
                (secure, acceptor) => acceptor.clone().filter(|_| secure),
            };
            let socket = socket::listen(address).map_err(failed)?;
            let local = socket.local_addr().map_err(failed)?;
            listeners.push(Listener { carrier, address: local });
            let connections = Arc::clone(&connections);
            tasks.spawn(Entrance { listener: socket, carrier, local, acceptor, connections }.accept());
        }
        let peer_names = Mutex::default();
        let transports = Self { listeners, udp, connections, identity, connector, peer_names, _tasks: tasks };
        Ok((transports, receiver))
    }

    /// The sockets that we listen at, with the ports that they got.
    pub fn listeners(&self) -> &[Listener] {
        &self.listeners
    }

    /// Sends a message over a flow, without waiting: what does not get away is told as [`Incoming::Failed`], datagrams
    /// may be lost. A flow over TCP or TLS that names no connection gets the one that leads to that peer, or a new one.
    pub fn send(&self, flow: &Flow, bytes: Vec<u8>) {
        if flow.carrier == Carrier::Udp {
            match self.udp.iter().find(|socket| socket.local == flow.local) {
                Some(socket) => socket.send(flow, &bytes),
                None => report(&self.connections.received, *flow, FlowFailure::NoSocket),
            }
            return;
        }
        match self.connections.enqueue(flow, bytes) {
            Enqueued::Done => {}
            Enqueued::Open(line) => {
                let tls = (flow.carrier == Carrier::Tls)
                    .then(|| (self.connector.clone(), self.peer_name(flow.remote)));
                tokio::spawn(tcp::open(line, tls));
            }
            Enqueued::Failed(failure) => report(&self.connections.received, *flow, failure),
        }
    }

    /// Sets whom a TLS connection to an address must prove to be, from the next connection on. Without it, it must
    /// have a certificate for the address itself.
    pub fn set_peer_name(&self, remote: SocketAddr, name: ServerName<'static>) {
        let before = self.peer_names().insert(remote, name.clone());
        if before.is_none_or(|before| before != name) {
            self.connections.forget_peer(Carrier::Tls, remote);
        }
    }

    fn peer_name(&self, remote: SocketAddr) -> ServerName<'static> {
        let known = self.peer_names().get(&remote).cloned();
        known.unwrap_or_else(|| ServerName::IpAddress(remote.ip().to_canonical().into()))
    }

    fn peer_names(&self) -> std::sync::MutexGuard<'_, HashMap<SocketAddr, ServerName<'static>>> {
        self.peer_names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows another certificate from the next handshake on; connections that there are go on. Nothing happens if no
    /// socket speaks TLS.
    pub fn set_identity(&self, identity: Identity) {
        if let Some(current) = &self.identity {
            current.replace(identity);
        }
    }

    /// Allows a connection to say nothing for so long: a phone that has registered need not speak before it does so
    /// again.
    pub fn keep(&self, flow: &Flow, idle: Duration) {
        self.connections.keep(flow.connection, idle);
    }

    /// How many connections there are, those included whose handshakes are under way.
    pub fn connections(&self) -> usize {
        self.connections.len()
    }
}

impl Drop for Transports {
    fn drop(&mut self) {
        self.connections.close();
    }
}

impl std::fmt::Debug for Transports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transports").field("listeners", &self.listeners).finish_non_exhaustive()
    }
}

//! Connections that are opened to us and that we open, for all carriers but UDP (RFC 3261 §18, RFC 5923).

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use sip_gateway_proto::flow::Carrier;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tracing::debug;

use super::connections::{Connections, Line, Slot};
use super::limits::PLAIN_CONNECT_TIME;
use super::received::FlowFailure;
use super::{socket, stream, ws};

/// A listening socket and what it takes to accept there.
pub(super) struct Entrance {
    pub(super) listener: TcpListener,
    pub(super) carrier: Carrier,
    pub(super) local: SocketAddr,
    pub(super) acceptor: Option<TlsAcceptor>,
    pub(super) connections: Arc<Connections>,
}

impl Entrance {
    /// Accepts connections for as long as somebody wants them; each runs in a task of its own.
    pub(super) async fn accept(self) {
        loop {
            match self.listener.accept().await {
                Ok((connection, remote)) => self.admit(connection, remote),
                Err(error) => {
                    debug!(carrier = ?self.carrier, %error, "no connection accepted");
                    // Usually there are no descriptors left; one must be closed before the next attempt can succeed.
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn admit(&self, connection: TcpStream, remote: SocketAddr) {
        // Beyond the limits it is closed without a word: a word would cost what the limit saves.
        let Some(slot) = self.connections.admit(remote.ip()) else { return };
        if socket::accepted(&connection).is_err() {
            return;
        }
        let visit = Visit {
            slot,
            carrier: self.carrier,
            local: self.local,
            remote,
            acceptor: self.acceptor.clone(),
            connections: Arc::clone(&self.connections),
        };
        tokio::spawn(visit.carry(connection));
    }
}

const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// One connection that was opened to us. It has no number until its handshakes are over.
struct Visit {
    slot: Slot,
    carrier: Carrier,
    local: SocketAddr,
    remote: SocketAddr,
    acceptor: Option<TlsAcceptor>,
    connections: Arc<Connections>,
}

impl Visit {
    async fn carry(self, connection: TcpStream) {
        let limit = self.connections.limits.handshake;
        let end = Instant::now() + limit;
        match self.acceptor.clone() {
            None => self.carry_over(connection, end).await,
            Some(acceptor) => match timeout_at(end, acceptor.accept(connection)).await {
                Ok(Ok(secure)) => self.carry_over(secure, end).await,
                Ok(Err(error)) => debug!(carrier = ?self.carrier, %error, "no TLS"),
                Err(_) => debug!(carrier = ?self.carrier, "a TLS handshake took too long"),
            },
        }
    }

    /// The connection goes on in a task of its own: this one holds what handshakes need, several times what it needs.
    async fn carry_over<S>(self, connection: S, end: Instant)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        if !matches!(self.carrier, Carrier::Ws | Carrier::Wss) {
            tokio::spawn(stream::carry(connection, self.enter()));
            return;
        }
        match timeout_at(end, ws::accept(connection)).await {
            Ok(Ok(socket)) => {
                tokio::spawn(ws::carry(socket, self.enter()));
            }
            Ok(Err(error)) => debug!(carrier = ?self.carrier, %error, "no WebSocket"),
            Err(_) => debug!(carrier = ?self.carrier, "a WebSocket handshake took too long"),
        }
    }

    fn enter(self) -> Line {
        self.connections.enter(self.slot, self.carrier, self.local, self.remote)
    }
}

/// Opens a connection for a line and carries its messages. `tls` says how to make it secure, and for whom.
pub(super) async fn open(mut line: Line, tls: Option<(TlsConnector, ServerName<'static>)>) {
    let limit = line.limits().connect;
    let limit = if tls.is_some() { limit } else { limit.min(PLAIN_CONNECT_TIME) };
    let opened = timeout(limit, async {
        let plain = socket::connect(line.flow.local, line.flow.remote).await?;
        Ok::<_, io::Error>(match tls {
            None => Opened::Plain(plain),
            Some((connector, name)) => Opened::Secure(Box::new(connector.connect(name, plain).await?)),
        })
    });
    match opened.await {
        Ok(Ok(Opened::Plain(connection))) => drop(tokio::spawn(stream::carry(connection, line))),
        Ok(Ok(Opened::Secure(connection))) => drop(tokio::spawn(stream::carry(connection, line))),
        Ok(Err(error)) => line.end = error.into(),
        Err(_) => line.end = FlowFailure::TooSlow,
    }
}

enum Opened {
    Plain(TcpStream),
    Secure(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

//! Connections: plain and TLS listeners with bounds on how many there are and how slow they may be.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use sfu::turn::Relay;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use super::client::Via;
use super::spoken::{Spoken, tell_apart};

/// An open port.
pub struct Listener {
    socket: TcpListener,
    tls: Option<TlsAcceptor>,
    relay: Option<Relay>,
}

/// Why a port could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("{address} cannot be listened on: {reason}")]
pub struct ServeError {
    address: SocketAddr,
    reason: io::Error,
}

/// Opens a port, with TLS if an acceptor is given.
///
/// # Errors
/// When the address is taken or not ours.
pub fn bind(address: SocketAddr, tls: Option<TlsAcceptor>) -> Result<Listener, ServeError> {
    let open = || {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    open()
        .map(|socket| Listener { socket, tls, relay: None })
        .map_err(|reason| ServeError { address, reason })
}

impl Listener {
    /// Hands clients of the relay to it that come by TLS to this port.
    #[must_use]
    pub fn with_relay(self, relay: Option<Relay>) -> Self {
        Self { relay, ..self }
    }

    /// Where it listens; the port is known even when it was asked for as 0.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }
}

/// Serves a port until `stop` turns true, then lets running requests end. Aborting the task ends them at once.
pub async fn serve(
    listener: Listener,
    router: Router,
    places: Arc<Semaphore>,
    mut stop: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.socket.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            // Out of file descriptors: those who are in must not suffer from those who are not.
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        // When all places are taken, this one waits here and all others in the kernel's queue.
        let place = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            place = Arc::clone(&places).acquire_owned() => place.expect("the semaphore is never closed"),
        };
        let tls = listener.tls.clone().map(|acceptor| Encrypted { acceptor, relay: listener.relay.clone() });
        connections.spawn(connection(stream, peer, place, tls, router.clone(), stop.clone()));
    }
    // No new ones from here on; the port is free for a successor.
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    place: OwnedSemaphorePermit,
    tls: Option<Encrypted>,
    router: Router,
    stop: watch::Receiver<bool>,
) {
    // Signalling is small messages that somebody waits for.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let via = Via { peer, tls: tls.is_some() };
    let Some(tls) = tls else {
        return requests(Placed::new(stream, place), via, router, stop).await;
    };
    let stream = match tokio::time::timeout(HANDSHAKE, tls.acceptor.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::debug!(%error, "no TLS"),
        Err(_) => return tracing::debug!("no TLS in time"),
    };
    let Some(relay) = tls.relay else {
        return requests(Placed::new(stream, place), via, router, stop).await;
    };
    let spoken = tokio::time::timeout(FIRST_REQUEST, tell_apart(stream));
    match spoken.await {
        Ok(Ok((Spoken::Turn, stream))) => relayed(Placed::new(stream, place), via, relay, stop).await,
        Ok(Ok((Spoken::Http, stream))) => requests(Placed::new(stream, place), via, router, stop).await,
        Ok(Err(error)) => tracing::debug!(%error, "nothing was said over TLS"),
        Err(_) => tracing::debug!("nothing was said over TLS in time"),
    }
}

/// Makes connections encrypted, and knows who else is behind the same port.
struct Encrypted {
    acceptor: TlsAcceptor,
    relay: Option<Relay>,
}

/// Serves a client of the relay until it or the server goes.
async fn relayed<S>(stream: Placed<S>, via: Via, relay: Relay, mut stop: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    tokio::select! {
        () = relay.serve(stream, via.peer) => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
}

async fn requests<S>(stream: Placed<S>, via: Via, router: Router, mut stop: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let asked = Arc::new(Notify::new());
    let first_request = Arc::clone(&asked);
    let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        asked.notify_one();
        request.extensions_mut().insert(via);
        router.clone().oneshot(Request::from(request.map(axum::body::Body::new)))
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .max_buf_size(MOST_HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);

    let served = tokio::select! {
        ended = connection.as_mut() => Err(ended),
        in_time = tokio::time::timeout(FIRST_REQUEST, first_request.notified()) => Ok(in_time.is_ok()),
    };
    match served {
        Ok(true) => {}
        // A stranger who says nothing does not keep a place.
        Ok(false) => return,
        Err(ended) => return told(ended),
    }

    // What `wait_for` lends must not be held across the waits that follow.
    let stopped = async move { stop.wait_for(|stop| *stop).await.is_ok() };
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _ = stopped => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    told(ended);
}

fn told(ended: hyper::Result<()>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended badly");
    }
}

/// A stream that gives its place back when it closes, also after it has become a WebSocket.
struct Placed<S> {
    stream: S,
    _place: OwnedSemaphorePermit,
}

impl<S> Placed<S> {
    fn new(stream: S, place: OwnedSemaphorePermit) -> Self {
        Self { stream, _place: place }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Placed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Placed<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// A short queue costs a whole ministry that joins at nine o'clock a second each.
const BACKLOG: u32 = 4096;
const HANDSHAKE: Duration = Duration::from_secs(10);
const FIRST_REQUEST: Duration = Duration::from_secs(10);
/// Over a satellite, a new connection costs seconds: those in use are kept between clicks.
const IDLE: Duration = Duration::from_secs(75);
/// A join request carries an offer in its URL, two or three kilobytes and at times more.
const MOST_HEADER_BYTES: usize = 64 * 1024;

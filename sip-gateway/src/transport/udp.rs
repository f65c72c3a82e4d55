//! Messages in datagrams (RFC 3261 §18, RFC 5626 §3.5.2).

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use sip_gateway_proto::flow::{Carrier, Connection, Flow};
use sip_gateway_proto::message::{MAX_MESSAGE, Message};
use socket2::SockRef;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tracing::{debug, trace};

use super::limits::DATAGRAM_BATCH;
use super::received::{FlowFailure, Incoming, Received, report};
use super::{socket, stun};

/// A socket of ours.
#[derive(Debug, Clone)]
pub(super) struct Udp {
    socket: Arc<UdpSocket>,
    pub(super) local: SocketAddr,
    received: mpsc::Sender<Received>,
}

impl Udp {
    pub(super) fn bind(address: SocketAddr, received: mpsc::Sender<Received>) -> io::Result<Self> {
        let socket = socket::udp(address)?;
        let local = socket.local_addr()?;
        Ok(Self { socket: Arc::new(socket), local, received })
    }

    /// Sends a datagram. One for which there is no room at the moment is lost, as any may be.
    pub(super) fn send(&self, flow: &Flow, bytes: &[u8]) {
        match self.transmit(bytes, flow.remote) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => {
                report(&self.received, *flow, FlowFailure::Network(error.kind()));
            }
            _ => {}
        }
    }

    /// Asks the system itself, which does not block: the runtime would first have to learn that there is room.
    fn transmit(&self, bytes: &[u8], remote: SocketAddr) -> io::Result<usize> {
        SockRef::from(&*self.socket).send_to(bytes, &remote.into())
    }

    /// Takes datagrams for as long as somebody wants them.
    pub(super) async fn receive(self) {
        let mut buffer = vec![0; MAX_MESSAGE];
        loop {
            if let Err(error) = self.socket.readable().await {
                debug!(%error, "the socket cannot be waited for");
                return;
            }
            for _ in 0..DATAGRAM_BATCH {
                match self.socket.try_recv_from(&mut buffer) {
                    Ok((len, remote)) => self.handle_datagram(&buffer[..len], remote),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    // An error that an earlier datagram has met; the next may be read.
                    Err(error) => trace!(%error, "a datagram came back"),
                }
            }
            if self.received.is_closed() {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    fn handle_datagram(&self, datagram: &[u8], remote: SocketAddr) {
        // Line ends and zeros keep NAT open; STUN begins with two zero bits (RFC 7983); a message begins with a method
        // or `SIP/`. The rest is noise, and costs no more than this.
        let text = datagram.trim_ascii_start();
        if !text.first().is_some_and(u8::is_ascii_graphic) {
            if let Some(answer) = stun::answer(datagram, remote) {
                let _ = self.transmit(&answer, remote);
            }
            return;
        }
        let what = match Message::parse(datagram) {
            Ok(message) => Incoming::Message(Box::new(message)),
            Err(error) if error.status().is_some() => Incoming::Malformed(error),
            Err(error) => return trace!(%error, "not a message"),
        };
        let flow = Flow { carrier: Carrier::Udp, local: self.local, remote, connection: Connection::NONE };
        // If nobody takes them fast enough they are lost, as they would be in the socket's own queue.
        let _ = self.received.try_send(Received { flow, what });
    }
}

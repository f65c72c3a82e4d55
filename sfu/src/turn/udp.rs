//! Clients over UDP: datagrams come in batches, and answers leave from the address that was asked.

use std::io::{Error, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Weak};

use sfu_proto::path::Path;
use sfu_proto::turn::server::Client;
use tokio::io::Interest;
use tokio::net::UdpSocket;

use super::{RelayError, Shared};
use crate::net::udp::{MediaSocket, ReceiveBatch};

#[derive(Debug)]
pub(super) struct Socket {
    pub(super) address: SocketAddr,
    socket: MediaSocket,
    readiness: UdpSocket, // the same one, as the runtime waits for it
}

pub(super) fn bind_all(addresses: &[SocketAddr]) -> Result<Vec<Socket>, RelayError> {
    let bind = |address: SocketAddr| {
        let socket = MediaSocket::bind(address)?;
        let (address, readiness) = (socket.local_addr()?, UdpSocket::from_std(socket.to_wait_on()?)?);
        Ok(Socket { address, socket, readiness })
    };
    let refused = |address| move |source| RelayError { transport: "udp", address, source };
    addresses.iter().map(|&address| bind(address).map_err(refused(address))).collect()
}

impl Socket {
    /// Sends at once; what the kernel does not take is lost, as on any network.
    pub(super) fn send(&self, message: &[u8], remote: SocketAddr, local: Option<IpAddr>) {
        let _ = self.socket.send_now(message, remote, local);
    }
}

pub(super) async fn listen(shared: Weak<Shared>, index: usize, socket: Arc<Socket>) {
    let mut batch = ReceiveBatch::new();
    while socket.readiness.readable().await.is_ok() {
        let Some(shared) = shared.upgrade() else { return };
        let received = socket.readiness.try_io(Interest::READABLE, || match batch.receive(&socket.socket) {
            0 => Err(Error::from(ErrorKind::WouldBlock)),
            count => Ok(count),
        });
        for at in 0..received.unwrap_or_default() {
            if let Some((Path::Udp { remote, local }, datagram)) = batch.datagram(at) {
                let client = Client::Datagrams { socket: index, local, remote };
                shared.from_client(client, datagram);
            }
        }
    }
}

//! The socket of one allocation, and the task that hears what comes to it.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Weak};

use sfu_proto::turn::server::RelayId;
use tokio::net::UdpSocket;
use tokio::task::AbortHandle;

use super::Shared;

/// Dropping it closes the socket.
#[derive(Debug)]
pub(super) struct Relayed {
    pub(super) port: u16,
    socket: Arc<UdpSocket>,
    task: AbortHandle,
}

impl Relayed {
    /// Takes any free port.
    pub(super) fn open(shared: &Arc<Shared>, relay: RelayId, ip: IpAddr) -> std::io::Result<Self> {
        let socket = std::net::UdpSocket::bind((ip, 0))?;
        socket.set_nonblocking(true)?;
        let socket = Arc::new(UdpSocket::from_std(socket)?);
        let port = socket.local_addr()?.port();
        let task =
            tokio::spawn(hear(Arc::downgrade(shared), relay, Arc::clone(&socket), Arc::clone(&shared.media)))
                .abort_handle();
        Ok(Self { port, socket, task })
    }

    /// Sends at once; what the kernel does not take is lost, as on any network.
    pub(super) fn send(&self, data: &[u8], to: SocketAddr) {
        let _ = self.socket.try_send_to(data, to);
    }
}

impl Drop for Relayed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn hear(shared: Weak<Shared>, relay: RelayId, socket: Arc<UdpSocket>, media: Arc<[SocketAddr]>) {
    let mut buffer = [0; DATAGRAM];
    loop {
        match socket.recv_from(&mut buffer).await {
            Ok((len, from)) if media.contains(&from) => {
                let Some(shared) = shared.upgrade() else { return };
                shared.from_peer(relay, from, &buffer[..len]);
            }
            // A stranger who found the port holds nobody up.
            Ok(_) => {}
            // What a peer that is not there says (ICMP): it may come back.
            Err(error) => tracing::trace!(%error, "a relay hears of an error"),
        }
    }
}

/// Media and DTLS of every client stay below an Ethernet frame.
const DATAGRAM: usize = 2048;

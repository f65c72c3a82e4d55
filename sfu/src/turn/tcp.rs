//! Clients over TCP.

use std::net::SocketAddr;
use std::sync::Weak;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::{RelayError, Shared, stream};
use crate::net::sys;

pub(super) fn bind_all(addresses: &[SocketAddr]) -> Result<Vec<(TcpListener, SocketAddr)>, RelayError> {
    let bind = |address: SocketAddr| {
        let listener = TcpListener::from_std(sys::listen_tcp(address)?)?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    let refused = |address| move |source| RelayError { transport: "tcp", address, source };
    addresses.iter().map(|&address| bind(address).map_err(refused(address))).collect()
}

pub(super) async fn listen(shared: Weak<Shared>, listener: TcpListener) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, remote)) => {
                // Media is packets that somebody waits for.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "no TCP_NODELAY");
                }
                // One too many is turned away before it has a task of its own.
                let Some(admitted) = stream::admit(&shared, remote) else { continue };
                connections.spawn(admitted.serve(stream));
            }
            // Out of descriptors, most likely. The listener stays readable: do not spin on it.
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection to the relay");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

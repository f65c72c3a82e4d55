//! One client over a byte stream, TCP or TLS: frames in, and a bounded queue out. Whoever does not take what is sent
//! loses packets first, and then the connection.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use sfu_proto::turn::framing::StreamReader;
use sfu_proto::turn::server::Client;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::Shared;

/// What waits to be written.
#[derive(Debug, Default)]
pub(super) struct Outlet {
    queue: Mutex<Queue>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    bytes: Vec<u8>,
    closed: bool,
}

impl Outlet {
    /// Queues a message, or loses it if there is no room.
    pub(super) fn push(&self, message: &[u8]) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.bytes.len() + message.len() <= QUEUE {
            queue.bytes.extend_from_slice(message);
            self.changed.notify_one();
        }
    }

    /// Ends the connection once everything before has been written.
    pub(super) fn close(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.changed.notify_one();
    }

    /// What is to be written next, into an empty buffer; `false` when nothing will follow.
    async fn next(&self, into: &mut Vec<u8>) -> bool {
        loop {
            {
                let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
                if !queue.bytes.is_empty() {
                    std::mem::swap(&mut queue.bytes, into);
                    return true;
                }
                if queue.closed {
                    return false;
                }
            }
            self.changed.notified().await;
        }
    }
}

/// A connection that may stay. Dropping it tells the machine that it has ended.
pub(super) struct Admitted {
    shared: Weak<Shared>,
    id: u64,
    remote: SocketAddr,
    outlet: Arc<Outlet>,
    patience: Duration,
}

/// Asks the machine whether there may be one more connection from there.
pub(super) fn admit(shared: &Weak<Shared>, remote: SocketAddr) -> Option<Admitted> {
    let remote = SocketAddr::new(remote.ip().to_canonical(), remote.port());
    let relay = shared.upgrade()?;
    let (id, outlet) = relay.connected(remote)?;
    Some(Admitted { shared: Weak::clone(shared), id, remote, outlet, patience: relay.patience })
}

/// Serves a connection until it ends.
pub(super) async fn serve<S>(shared: Weak<Shared>, stream: S, remote: SocketAddr)
where
    S: AsyncRead + AsyncWrite + Send + Unpin,
{
    if let Some(admitted) = admit(&shared, remote) {
        admitted.serve(stream).await;
    }
}

impl Admitted {
    pub(super) async fn serve<S>(self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin,
    {
        let (reader, writer) = tokio::io::split(stream);
        tokio::select! {
            () = self.read(reader) => {}
            () = self.write(writer) => {}
        }
    }

    async fn read(&self, mut reader: impl AsyncRead + Unpin) {
        let client = Client::Stream { id: self.id, remote: self.remote };
        let mut frames = StreamReader::default();
        let mut buffer = vec![0; READ];
        while let Ok(len @ 1..) = reader.read(&mut buffer).await {
            frames.push(&buffer[..len]);
            loop {
                match frames.next_message() {
                    Ok(Some(message)) => {
                        let Some(shared) = self.shared.upgrade() else { return };
                        shared.from_client(client, message);
                    }
                    Ok(None) => break,
                    Err(error) => return tracing::debug!(%error, "a connection to the relay"),
                }
            }
        }
    }

    async fn write(&self, mut writer: impl AsyncWrite + Unpin) {
        let mut bytes = Vec::new();
        while self.outlet.next(&mut bytes).await {
            let written = timeout(self.patience, async {
                writer.write_all(&bytes).await?;
                writer.flush().await
            });
            if !matches!(written.await, Ok(Ok(()))) {
                return;
            }
            bytes.clear();
        }
        // A farewell that is not taken is no loss.
        let _ = timeout(self.patience, writer.shutdown()).await;
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.upgrade() {
            shared.disconnected(self.id, self.remote);
        }
    }
}

/// Bytes that may wait for one connection: a quarter of a second at 8 Mbit/s. More would only be late.
const QUEUE: usize = 256 * 1024;

const READ: usize = 16 * 1024;

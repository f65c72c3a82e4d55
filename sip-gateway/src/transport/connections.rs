//! The connections there are: which number is which, what waits to be written, who may have how many.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sip_gateway_proto::flow::{Carrier, Connection, Flow};
use tokio::sync::{Notify, mpsc};

use super::limits::{Limits, MAX_QUEUED_BYTES, MAX_QUEUED_MESSAGES};
use super::received::{FlowFailure, Received, report};

/// All connections.
#[derive(Debug)]
pub(super) struct Connections {
    table: Mutex<Table>,
    pub(super) limits: Limits,
    pub(super) received: mpsc::Sender<Received>,
}

#[derive(Debug, Default)]
struct Table {
    by_number: HashMap<Connection, Entry>,
    /// What a message goes over whose flow names no connection (RFC 5923).
    by_peer: HashMap<Flow, Connection>,
    per_source: HashMap<IpAddr, usize>,
    slots: usize,
    last: u64,
    closed: bool,
}

#[derive(Debug)]
struct Entry {
    queue: mpsc::Sender<Vec<u8>>,
    state: Arc<LineState>,
}

/// What others may tell a connection's task.
#[derive(Debug)]
pub(super) struct LineState {
    queued: AtomicUsize,
    overflow: Notify,
    /// In milliseconds.
    idle: AtomicU64,
    /// Told after each message that has been written.
    pub(super) written: Notify,
}

impl LineState {
    pub(super) fn idle(&self) -> Duration {
        Duration::from_millis(self.idle.load(Ordering::Relaxed))
    }

    pub(super) fn has_written(&self, bytes: usize) {
        self.queued.fetch_sub(bytes, Ordering::Relaxed);
        self.written.notify_one();
    }

    /// Waits until more is to be written than is kept.
    pub(super) async fn overflow(&self) -> FlowFailure {
        self.overflow.notified().await;
        FlowFailure::Overflow
    }
}

impl Entry {
    /// Queues a message, or ends the connection if it takes too little.
    fn enqueue(&self, bytes: Vec<u8>) {
        let len = bytes.len();
        let queued = self.state.queued.fetch_add(len, Ordering::Relaxed) + len;
        if queued > MAX_QUEUED_BYTES
            || matches!(self.queue.try_send(bytes), Err(mpsc::error::TrySendError::Full(_)))
        {
            self.state.overflow.notify_one();
        }
    }
}

/// What became of a message to a connection.
pub(super) enum Enqueued {
    /// It is queued, or the connection is ending for it.
    Done,
    /// It is queued, and this connection is to be opened.
    Open(Line),
    /// It is lost.
    Failed(FlowFailure),
}

impl Connections {
    pub(super) fn new(limits: Limits, received: mpsc::Sender<Received>) -> Arc<Self> {
        Arc::new(Self { table: Mutex::default(), limits, received })
    }

    /// A place for a connection from there, if there is one.
    pub(super) fn admit(self: &Arc<Self>, source: IpAddr) -> Option<Slot> {
        let mut table = self.table();
        let source = source_of(source);
        let of_source = table.per_source.get(&source).copied().unwrap_or(0);
        if table.slots >= self.limits.connections || of_source >= self.limits.connections_per_source {
            return None;
        }
        table.per_source.insert(source, of_source + 1);
        table.slots += 1;
        Some(Slot { connections: Arc::clone(self), source: Some(source) })
    }

    /// Gives a connection that was opened to us its number.
    ///
    /// One without TLS may also serve messages that name no connection. Under TLS it may not, since the far side has not
    /// shown a certificate.
    pub(super) fn enter(
        self: &Arc<Self>,
        slot: Slot,
        carrier: Carrier,
        local: SocketAddr,
        remote: SocketAddr,
    ) -> Line {
        let flow = Flow { carrier, local, remote, connection: Connection::NONE };
        self.add(&mut self.table(), slot, flow, !carrier.is_secure())
    }

    fn add(self: &Arc<Self>, table: &mut Table, slot: Slot, mut flow: Flow, for_peer: bool) -> Line {
        table.last += 1;
        if for_peer {
            table.by_peer.insert(flow, Connection(table.last));
        }
        flow.connection = Connection(table.last);
        let (sender, queue) = mpsc::channel(MAX_QUEUED_MESSAGES);
        let state = Arc::new(LineState {
            queued: AtomicUsize::new(0),
            overflow: Notify::new(),
            idle: AtomicU64::new(millis(self.limits.idle)),
            written: Notify::new(),
        });
        // A connection that is in no table has an end of its queue, which ends it.
        if !table.closed {
            table.by_number.insert(flow.connection, Entry { queue: sender, state: Arc::clone(&state) });
        }
        Line { flow, queue: Some(queue), state, end: FlowFailure::Closed, slot }
    }

    /// Queues a message for a connection; for none in particular, for that to the peer, which may have to be opened.
    pub(super) fn enqueue(self: &Arc<Self>, flow: &Flow, bytes: Vec<u8>) -> Enqueued {
        let mut table = self.table();
        let number = match flow.connection {
            Connection::NONE => table.by_peer.get(flow).copied(),
            number => Some(number),
        };
        if let Some(entry) = number.and_then(|number| table.by_number.get(&number)) {
            entry.enqueue(bytes);
            return Enqueued::Done;
        }
        if flow.connection != Connection::NONE {
            return Enqueued::Failed(FlowFailure::Closed);
        }
        if !matches!(flow.carrier, Carrier::Tcp | Carrier::Tls) {
            return Enqueued::Failed(FlowFailure::NoSocket);
        }
        if table.slots >= self.limits.connections {
            return Enqueued::Failed(FlowFailure::TooMany);
        }
        table.slots += 1;
        let slot = Slot { connections: Arc::clone(self), source: None };
        let line = self.add(&mut table, slot, *flow, true);
        if let Some(entry) = table.by_number.get(&line.flow.connection) {
            entry.enqueue(bytes);
        }
        Enqueued::Open(line)
    }

    /// Allows a connection to say nothing for so long.
    pub(super) fn keep(&self, number: Connection, idle: Duration) {
        if let Some(entry) = self.table().by_number.get(&number) {
            entry.state.idle.store(millis(idle), Ordering::Relaxed);
        }
    }

    /// Lets messages that name no connection open another one to that peer.
    pub(super) fn forget_peer(&self, carrier: Carrier, remote: SocketAddr) {
        self.table().by_peer.retain(|flow, _| flow.carrier != carrier || flow.remote != remote);
    }

    /// Ends all connections, and those to come: what they have to write has an end.
    pub(super) fn close(&self) {
        let mut table = self.table();
        table.closed = true;
        table.by_number.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.table().slots
    }

    /// No code that holds the lock can fail half-way.
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to have one connection more. Dropped, it is given back.
#[derive(Debug)]
pub(super) struct Slot {
    connections: Arc<Connections>,
    /// Who is charged with it; nobody if we have opened it.
    source: Option<IpAddr>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut table = self.connections.table();
        table.slots -= 1;
        let Some(source) = self.source else { return };
        if let Some(count) = table.per_source.get_mut(&source) {
            *count -= 1;
            if *count == 0 {
                table.per_source.remove(&source);
            }
        }
    }
}

/// A connection in the table. Dropped, even by a panic, it is taken out and its end is told.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) flow: Flow,
    /// What is to be written; taken by whoever writes.
    pub(super) queue: Option<mpsc::Receiver<Vec<u8>>>,
    pub(super) state: Arc<LineState>,
    /// Why it ended.
    pub(super) end: FlowFailure,
    slot: Slot,
}

impl Line {
    pub(super) fn limits(&self) -> Limits {
        self.slot.connections.limits
    }

    pub(super) fn received(&self) -> mpsc::Sender<Received> {
        self.slot.connections.received.clone()
    }

    /// Writes something on the connection's own account.
    pub(super) fn enqueue(&self, bytes: Vec<u8>) {
        if let Some(entry) = self.slot.connections.table().by_number.get(&self.flow.connection) {
            entry.enqueue(bytes);
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let connections = &self.slot.connections;
        let mut table = connections.table();
        table.by_number.remove(&self.flow.connection);
        let peer = Flow { connection: Connection::NONE, ..self.flow };
        let for_peer = table.by_peer.get(&peer) == Some(&self.flow.connection);
        if for_peer {
            table.by_peer.remove(&peer);
        }
        drop(table);
        report(&connections.received, self.flow, self.end);
        // Those who named no connection wait for it as well.
        if for_peer {
            report(&connections.received, peer, self.end);
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Who is counted as one: whoever has an IPv6 address usually has 64 bits of them.
fn source_of(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        v4 => v4,
    }
}

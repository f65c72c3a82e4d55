//! The machine and everything it speaks through, under one lock: feed it, drain it, send.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};
use std::time::Instant;

use sfu_proto::turn::peers::OwnAddress;
use sfu_proto::turn::server::{Client, Output, RelayId, Turn};
use tokio::sync::Notify;

use super::Shared;
use super::relayed::Relayed;
use super::stream::Outlet;
use super::udp;

#[derive(Debug)]
pub(super) struct Core {
    pub(super) turn: Turn,
    sockets: Vec<Arc<udp::Socket>>,
    relays: HashMap<RelayId, Relayed>,
    streams: HashMap<u64, Arc<Outlet>>,
    next_stream: u64,
    media: Vec<OwnAddress>,
    packet: Vec<u8>, // on its way to a client
}

impl Core {
    pub(super) fn new(turn: Turn, sockets: Vec<Arc<udp::Socket>>, media: Vec<OwnAddress>) -> Self {
        Self {
            turn,
            sockets,
            relays: HashMap::new(),
            streams: HashMap::new(),
            next_stream: 1,
            media,
            packet: Vec::new(),
        }
    }

    /// Ends all allocations and connections.
    pub(super) fn close(&mut self) {
        self.relays.clear();
        for outlet in self.streams.drain().map(|(_, outlet)| outlet) {
            outlet.close();
        }
    }

    fn send(&self, client: Client, message: &[u8]) {
        match client {
            Client::Datagrams { socket, local, remote } => {
                if let Some(socket) = self.sockets.get(socket) {
                    socket.send(message, remote, local);
                }
            }
            Client::Stream { id, .. } => {
                if let Some(outlet) = self.streams.get(&id) {
                    outlet.push(message);
                }
            }
        }
    }

    /// The address that a relay of a family is bound to, and the one by which it is known outside.
    fn home(&self, v6: bool) -> Option<(IpAddr, IpAddr)> {
        let own = self.media.iter().find(|own| own.advertised.is_ipv6() == v6)?;
        Some((own.local.ip(), own.advertised.ip()))
    }
}

impl Shared {
    /// A datagram or a frame came from a client.
    pub(super) fn from_client(self: &Arc<Self>, client: Client, bytes: &[u8]) {
        let core = &mut *self.core();
        self.contain(core, |core| {
            if let Some(to) = core.turn.handle_client(Instant::now(), client, bytes)
                && let Some(relay) = core.relays.get(&to.relay)
            {
                relay.send(to.data, to.to);
            }
        });
    }

    /// A datagram came to a relay.
    pub(super) fn from_peer(self: &Arc<Self>, relay: RelayId, from: SocketAddr, data: &[u8]) {
        let core = &mut *self.core();
        self.contain(core, |core| {
            let mut packet = std::mem::take(&mut core.packet);
            if let Some(client) = core.turn.handle_peer(Instant::now(), relay, from, data, &mut packet) {
                core.send(client, &packet);
            }
            core.packet = packet;
        });
    }

    /// A connection was made: its number and where its answers come out; `None` if there are too many.
    pub(super) fn connected(self: &Arc<Self>, remote: SocketAddr) -> Option<(u64, Arc<Outlet>)> {
        let core = &mut *self.core();
        let id = core.next_stream;
        core.next_stream += 1;
        let mut taken = false;
        self.contain(core, |core| taken = core.turn.handle_connected(Instant::now(), id, remote));
        let outlet = taken.then(Arc::<Outlet>::default)?;
        core.streams.insert(id, Arc::clone(&outlet));
        Some((id, outlet))
    }

    /// A connection has ended.
    pub(super) fn disconnected(self: &Arc<Self>, id: u64, remote: SocketAddr) {
        let core = &mut *self.core();
        core.streams.remove(&id);
        self.contain(core, |core| core.turn.handle_disconnected(id, remote));
    }

    /// Something else changes the machine.
    pub(super) fn change(self: &Arc<Self>, change: impl FnOnce(&mut Turn)) {
        let core = &mut *self.core();
        self.contain(core, |core| change(&mut core.turn));
    }

    /// Changes the machine once and does what it says. A fault of ours ends with what met it.
    fn contain(self: &Arc<Self>, core: &mut Core, change: impl FnOnce(&mut Core)) {
        let before = core.turn.poll_timeout();
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            change(core);
            self.perform(core);
        }));
        if outcome.is_err() {
            tracing::error!("a fault of ours in the relay");
        }
        let after = core.turn.poll_timeout();
        if after.is_some_and(|after| before.is_none_or(|before| after < before)) {
            self.earlier.notify_one();
        }
    }

    fn perform(self: &Arc<Self>, core: &mut Core) {
        while let Some(output) = core.turn.poll_output() {
            match output {
                Output::Answer { client, message } => core.send(client, &message),
                Output::Open { relay, v6 } => {
                    let opened = core.home(v6).and_then(|(bind, known)| {
                        let relayed = Relayed::open(self, relay, bind)
                            .inspect_err(|error| tracing::warn!(%error, "no port for a relay"))
                            .ok()?;
                        let address = SocketAddr::new(known, relayed.port);
                        core.relays.insert(relay, relayed);
                        Some(address)
                    });
                    core.turn.handle_opened(Instant::now(), relay, opened);
                }
                Output::Close { relay } => {
                    core.relays.remove(&relay);
                }
                Output::HangUp { stream } => {
                    if let Some(outlet) = core.streams.remove(&stream) {
                        outlet.close();
                    }
                }
            }
        }
    }
}

/// Lets happen what is due. `earlier` tells when that is sooner than it was.
pub(super) async fn keep_time(shared: Weak<Shared>, earlier: Arc<Notify>) {
    loop {
        // Nothing of the relay is held while waiting, so that it ends with its last handle.
        let Some(next) = shared.upgrade().map(|shared| shared.core().turn.poll_timeout()) else { return };
        let due = async {
            match next {
                Some(at) => tokio::time::sleep_until(at.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = due => {
                let Some(shared) = shared.upgrade() else { return };
                shared.change(|turn| turn.handle_timeout(Instant::now()));
            }
            () = earlier.notified() => {}
        }
    }
}

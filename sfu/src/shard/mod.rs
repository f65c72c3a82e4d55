//! One media shard: a thread of its own, pinned to a core, that runs one [`Sfu`] machine over one UDP socket.
//!
//! ```text
//! loop: send what is due ─▶ sleep (ppoll) ─▶ read the clock once ─▶ inputs, datagrams, frames, timers
//! ```

mod outbox;
pub(crate) mod port;
mod strain;

use std::collections::HashMap;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use sfu_proto::id::{ConferenceId, PeerId};
use sfu_proto::io::{Command, Event};
use sfu_proto::path::Path;
use sfu_proto::relief::Relief;
use sfu_proto::sfu::{Retired, Sfu};

use crate::bridge::{BridgeOutlet, Bridges};
use crate::direct::DirectOutlet;
use crate::metrics::{Published, Stats};
use crate::net::sys;
use crate::net::tcp::{Arrival, Connections};
use crate::net::udp::{BATCH, MediaSocket, ReceiveBatch, SendBatch};
use crate::parts::Parts;
use crate::ufrags::Ufrags;
use outbox::{Outbox, Taken};
use port::{Input, Port};
use strain::Strain;

/// All that one shard's thread owns.
pub(crate) struct Shard {
    sfu: Sfu,
    socket: MediaSocket,
    receive: ReceiveBatch,
    send: SendBatch,
    connections: Connections,
    port: Arc<Port>,
    inputs: mpsc::Receiver<Input>,
    rooms: HashMap<ConferenceId, Room>,
    directs: HashMap<PeerId, Outlet>,
    bridges: Bridges,
    ufrags: Arc<Ufrags>,
    published: Arc<Published>,
    counters: Stats,
    /// Only where pictures may be left out.
    strain: Option<Strain>,
    behind: bool, // whether any room is
}

/// Where the events of a conference go, and what knows its other parts.
struct Room {
    outbox: Outbox,
    parts: Arc<Parts>,
}

/// Where packets for a peer of our own process go.
enum Outlet {
    Program(DirectOutlet),
    Shard(BridgeOutlet),
}

impl Shard {
    pub(crate) fn new(
        mut sfu: Sfu,
        socket: MediaSocket,
        port: Arc<Port>,
        inputs: mpsc::Receiver<Input>,
        ufrags: Arc<Ufrags>,
        published: Arc<Published>,
        relief: bool,
    ) -> std::io::Result<Self> {
        sfu.collect();
        Ok(Self {
            sfu,
            socket,
            receive: ReceiveBatch::new(),
            send: SendBatch::new(),
            connections: Connections::new()?,
            port,
            inputs,
            rooms: HashMap::new(),
            directs: HashMap::new(),
            bridges: Bridges::default(),
            ufrags,
            published,
            counters: Stats { shards: 1, ..Stats::default() },
            strain: relief.then(Strain::default),
            behind: false,
        })
    }

    /// Runs until it is told to stop.
    pub(crate) fn run(mut self) {
        let mut busy = false;
        loop {
            self.flush();
            self.publish();
            let now = self.sleep(busy);
            let Turn { full, stop } = self.take_inputs(now);
            if stop {
                self.sfu.close(now);
                self.flush();
                self.publish();
                return;
            }
            busy = full | self.take_datagrams(now);
            self.take_frames(now);
            while self.sfu.forward_batch(now) {
                self.flush_packets();
            }
            self.sfu.handle_timeout(now);
        }
    }

    /// Waits for something to do, unless the last turn has left something. Tells how late it is then.
    fn sleep(&mut self, busy: bool) -> Instant {
        let now = Instant::now();
        let until = |at: Instant| at.saturating_duration_since(now);
        let timeout = match (busy, self.sfu.poll_timeout()) {
            (true, _) => Some(Duration::ZERO),
            (false, deadline) => {
                [deadline.map(until), self.behind.then_some(RETRY)].into_iter().flatten().min()
            }
        };
        let mut woken = now;
        if timeout != Some(Duration::ZERO) {
            let fds = [self.socket.fd(), self.port.wake_fd(), self.connections.fd()];
            sys::wait_readable(fds, timeout);
            woken = Instant::now();
        }
        if let Some(strain) = &mut self.strain
            && let Some(relief) = strain.slept(now, woken, sys::thread_time)
        {
            tracing::warn!(
                shard = self.port.index(),
                ?relief,
                "how much this media thread leaves out has changed"
            );
            self.sfu.relieve(relief);
        }
        woken
    }

    fn take_inputs(&mut self, now: Instant) -> Turn {
        self.port.begin_drain();
        for _ in 0..INPUTS {
            let Ok(input) = self.inputs.try_recv() else {
                return Turn::default();
            };
            self.port.taken();
            match input {
                Input::Stop => {
                    return Turn { stop: true, full: false };
                }
                Input::Open { conference, events, parts } => {
                    self.sfu.open(conference);
                    self.rooms.insert(conference, Room { outbox: Outbox::new(events), parts });
                }
                Input::Command { conference, command } => self.command(now, conference, command),
                Input::JoinDirect { conference, peer, outlet } => {
                    self.command(now, conference, Command::JoinDirect { conference, peer });
                    if self.sfu.has(peer) {
                        self.directs.insert(peer, Outlet::Program(outlet));
                    }
                }
                Input::JoinBridge { conference, peer, outlet } => {
                    self.command(now, conference, Command::JoinBridge { peer });
                    if self.sfu.has(peer) {
                        self.directs.insert(peer, Outlet::Shard(outlet));
                    }
                }
                Input::Bundle(bundle) => {
                    self.port.bundle_taken(&bundle);
                    for (peer, packet) in bundle.packets() {
                        self.sfu.handle_direct(now, peer, packet);
                        self.flush_if_large();
                    }
                }
                Input::Direct { peer, packet, queued } => {
                    self.sfu.handle_direct(now, peer, &packet);
                    drop(queued);
                }
                Input::Tcp { stream, remote, received } => {
                    self.take_connection(now, stream, remote, &received);
                }
            }
            self.flush_if_large();
        }
        Turn { full: true, stop: false }
    }

    fn command(&mut self, now: Instant, conference: ConferenceId, command: Command) {
        let ends = matches!(command, Command::EndConference { .. });
        self.sfu.handle_command(now, conference, command);
        if ends {
            // Its last events go out before the room is forgotten.
            self.flush();
            self.rooms.remove(&conference);
        }
    }

    /// Takes one batch. Whether there may be more.
    fn take_datagrams(&mut self, now: Instant) -> bool {
        let count = self.receive.receive(&self.socket);
        for index in 0..count {
            match self.receive.datagram(index) {
                Some((path, datagram)) => self.sfu.handle_datagram(now, path, datagram),
                None => self.counters.dropped_oversized += 1,
            }
            self.flush_if_large();
        }
        count == BATCH
    }

    fn take_connection(
        &mut self,
        now: Instant,
        stream: std::net::TcpStream,
        remote: std::net::SocketAddr,
        received: &[u8],
    ) {
        let Some(path) = self.connections.add(stream, remote, received) else {
            return;
        };
        let Path::Tcp { connection, .. } = path else {
            return;
        };
        let sfu = &mut self.sfu;
        self.connections.take_frames(connection, &mut |arrival| deliver(sfu, now, arrival));
        if !self.sfu.knows(&path) {
            // The check named one of our peers but was not made by it.
            self.connections.close(connection);
        }
    }

    fn take_frames(&mut self, now: Instant) {
        if self.connections.len() > 0 {
            let sfu = &mut self.sfu;
            self.connections.turn(&mut |arrival| deliver(sfu, now, arrival));
        }
    }

    fn flush_if_large(&mut self) {
        if self.sfu.transmits().size() >= FLUSH_AT {
            self.flush_packets();
        }
    }

    /// Hands out all that the machine has decided.
    fn flush(&mut self) {
        loop {
            self.flush_packets();
            self.flush_events();
            if self.behind {
                self.catch_up();
            }
            // A room that has caught up lets its peers' data flow again, which brings more to hand out.
            if !self.sfu.has_output() {
                break;
            }
        }
        while let Some(retired) = self.sfu.poll_retired() {
            match retired {
                Retired::Connection(connection) => self.connections.close(connection),
                Retired::Ufrag(ufrag) => self.ufrags.remove(&ufrag),
                Retired::Direct(peer) => {
                    self.directs.remove(&peer);
                }
            }
        }
    }

    fn flush_packets(&mut self) {
        let transmits = self.sfu.transmits();
        if transmits.is_empty() {
            return;
        }
        for queue in transmits.queues() {
            match queue.to {
                Path::Udp { remote, local } => {
                    self.send.send(&mut self.socket, transmits, queue, remote, local);
                }
                Path::Tcp { connection, .. } => {
                    self.connections.send(connection, transmits.packets(queue));
                }
                Path::Direct(peer) => {
                    let packets = transmits.packets(queue);
                    match self.directs.get(&peer) {
                        Some(Outlet::Program(outlet)) => {
                            let dropped = packets.filter(|packet| !outlet.deliver(packet)).count();
                            self.counters.dropped_direct += dropped as u64;
                        }
                        Some(Outlet::Shard(outlet)) => {
                            packets.for_each(|packet| self.bridges.push(outlet, packet));
                        }
                        None => {}
                    }
                }
            }
        }
        self.send.flush(&mut self.socket);
        self.counters.dropped_bridged += self.bridges.flush();
        transmits.clear();
    }

    fn flush_events(&mut self) {
        while let Some((conference, event)) = self.sfu.poll_event() {
            if let Some(room) = self.rooms.get_mut(&conference) {
                if let Event::PeerClosed { peer, .. } = event
                    && !room.parts.closed(self.port.index(), peer)
                {
                    continue;
                }
                if room.outbox.push(event) == Taken::Dropped {
                    self.counters.dropped_events += 1;
                }
                self.behind |= room.outbox.is_behind();
            }
        }
    }

    /// Looks after the rooms that are behind: their peers' reliable data waits until they are not.
    fn catch_up(&mut self) {
        let now = Instant::now();
        self.behind = false;
        let mut hopeless = Vec::new();
        for (&conference, Room { outbox, parts }) in &mut self.rooms {
            outbox.retry();
            self.sfu.pause_data(now, conference, outbox.is_behind());
            self.behind |= outbox.is_behind();
            if outbox.is_hopeless() {
                hopeless.push((conference, Arc::clone(parts)));
            }
        }
        for (conference, parts) in hopeless {
            tracing::error!(%conference, "a room takes none of its events; its conference is ended");
            self.rooms.remove(&conference);
            self.sfu.handle_command(now, conference, Command::EndConference { conference });
            // Nor on any other shard.
            let _ = parts.command(Command::EndConference { conference });
        }
    }

    fn publish(&mut self) {
        self.published.publish(Stats {
            sfu: self.sfu.stats(),
            tcp_connections: self.connections.len() as u64,
            dropped_send: self.send.dropped + self.connections.dropped,
            relief: self.strain.as_ref().map_or(Relief::None, Strain::relief),
            ..self.counters
        });
    }
}

/// What a turn of the loop has left.
#[derive(Default)]
struct Turn {
    full: bool,
    stop: bool,
}

fn deliver(sfu: &mut Sfu, now: Instant, arrival: Arrival<'_>) {
    match arrival {
        Arrival::Frame(path, frame) => sfu.handle_datagram(now, path, frame),
        Arrival::Closed(path) => sfu.handle_path_closed(now, path),
    }
}

/// Inputs per turn: datagrams must not wait for a room that is filled at once.
const INPUTS: usize = 256;

/// Bytes collected before they are sent in the middle of a batch: about what the processor's cache holds.
const FLUSH_AT: usize = 1 << 20;

/// How soon a room that is behind is looked at again.
const RETRY: Duration = Duration::from_millis(5);

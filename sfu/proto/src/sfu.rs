//! The machine that one media shard runs: transports and conferences, found by path, by ufrag and by name.
//!
//! The driver's loop: take input with `handle_*`, then drain [`Sfu::transmits`], [`Sfu::poll_event`] and
//! [`Sfu::poll_retired`], then wait until [`Sfu::poll_timeout`].
//!
//! A panic in a peer's or a conference's code is caught here, where one ends and the next begins: that peer or that
//! conference is closed, the shard lives.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use is::stun::StunMessage;

use crate::conference::{Conference, PeerKey};
use crate::demux::{self, Kind};
use crate::id::{ConferenceId, PeerId};
use crate::io::{Command, DataChannel, Event, PeerCloseReason, PeerParams};
use crate::outlets::Outlets;
use crate::path::{Path, PathTable, TcpId};
use crate::srtp::{SrtpReceiver, UnprotectError};
use crate::stats::SfuStats;
use crate::timers::{Armed, Timers};
use crate::transmit::Transmits;
use crate::transport::{DtlsIdentity, Output, RECORD_BUFFER, SendOutcome, Transport, TransportEvent};

/// Everything on one media shard.
#[derive(Debug)]
pub struct Sfu {
    identity: DtlsIdentity,
    seed: u64,
    peers: Vec<Option<Box<Peer>>>,
    free_peers: Vec<PeerKey>,
    by_id: HashMap<PeerId, PeerKey>,
    by_ufrag: HashMap<String, PeerKey>,
    by_path: PathTable,
    conferences: Vec<Option<Box<Hosted>>>,
    free_conferences: Vec<ConferenceKey>,
    conferences_by_id: HashMap<ConferenceId, ConferenceKey>,
    outlets: Outlets,
    timers: Timers<Timer>,
    retired: VecDeque<Retired>,
    record: Box<[u8]>,
    news: Vec<TransportEvent>,
}

/// What the driver has to let go of.
#[derive(Debug, PartialEq, Eq)]
pub enum Retired {
    /// The connection leads to nobody any more.
    Connection(TcpId),
    /// Checks for this ufrag of ours are no longer taken.
    Ufrag(String),
    /// The direct peer has ended.
    Direct(PeerId),
}

#[derive(Debug)]
struct Peer {
    id: PeerId,
    conference: ConferenceKey,
    transport: Option<Transport>, // None: direct
    receiver: Option<Box<SrtpReceiver>>,
    ufrags: Vec<String>,
    armed: Armed,
    #[cfg(test)]
    faulty: bool,
}

#[derive(Debug)]
struct Hosted {
    conference: Conference,
    members: Vec<PeerKey>,
    data_paused: bool,
    armed: Armed,
    #[cfg(test)]
    faulty: bool,
}

/// A conference's place in its shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct ConferenceKey(u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    Peer(PeerKey),
    Conference(ConferenceKey),
}

impl Sfu {
    /// An empty shard. The seed makes what should be unpredictable so.
    #[must_use]
    pub fn new(identity: DtlsIdentity, seed: u64) -> Self {
        Self {
            identity,
            seed,
            peers: Vec::new(),
            free_peers: Vec::new(),
            by_id: HashMap::new(),
            by_ufrag: HashMap::new(),
            by_path: PathTable::new(seed),
            conferences: Vec::new(),
            free_conferences: Vec::new(),
            conferences_by_id: HashMap::new(),
            outlets: Outlets::new(),
            timers: Timers::new(),
            retired: VecDeque::new(),
            record: vec![0; RECORD_BUFFER].into(),
            news: Vec::new(),
        }
    }

    /// Begins a conference.
    pub fn open(&mut self, id: ConferenceId) {
        if self.conferences_by_id.contains_key(&id) {
            return;
        }
        let key = self.free_conferences.pop().unwrap_or_else(|| {
            self.conferences.push(None);
            ConferenceKey(self.conferences.len() as u32 - 1)
        });
        self.conferences[key.0 as usize] = Some(Box::new(Hosted {
            conference: Conference::new(id, self.seed ^ id.0.rotate_left(32)),
            members: Vec::new(),
            data_paused: false,
            armed: Armed::default(),
            #[cfg(test)]
            faulty: false,
        }));
        self.conferences_by_id.insert(id, key);
    }

    /// Carries out a command given to a conference.
    pub fn handle_command(&mut self, now: Instant, conference: ConferenceId, command: Command) {
        let Some(&place) = self.conferences_by_id.get(&conference) else {
            return;
        };
        match command {
            Command::Join(params) => self.join(now, place, &params),
            Command::JoinDirect { peer, .. } => self.join_direct(now, place, peer),
            Command::SetRemote { peer, remote } => {
                self.with_transport(now, peer, |transport, _, output| {
                    transport.set_remote(&remote, output);
                });
            }
            Command::RestartIce { peer, local, remote } => {
                self.with_transport(now, peer, |transport, _, _| {
                    transport.restart_ice(&local, remote.as_ref());
                });
                if let Some(&key) = self.by_id.get(&peer) {
                    self.register_ufrags(key);
                }
            }
            Command::SendData { peer, channel, payload } => self.send_data(now, peer, channel, &payload),
            Command::Leave { peer } => {
                if let Some(&key) = self.by_id.get(&peer) {
                    self.say_goodbye(now, key);
                    self.close_peer(now, key, PeerCloseReason::Left);
                }
            }
            Command::EndConference { .. } => self.end_conference(now, place),
            Command::Publish { peer, track } => {
                self.with_conference(place, |conference, sink| {
                    conference.publish(now, peer, *track, sink);
                });
            }
            Command::Unpublish { track } => {
                self.with_conference(place, |conference, sink| {
                    conference.unpublish(now, track, sink);
                });
            }
            Command::MuteUpTrack { track, muted } => {
                self.with_conference(place, |conference, sink| {
                    conference.mute_up_track(now, track, muted, sink);
                });
            }
            Command::Subscribe { peer, track } => {
                self.with_conference(place, |conference, sink| {
                    conference.subscribe(now, peer, *track, sink);
                });
            }
            Command::Unsubscribe { track } => {
                self.with_conference(place, |conference, sink| {
                    conference.unsubscribe(now, track, sink);
                });
            }
            Command::Wish { track, wish } => {
                self.with_conference(place, |conference, sink| {
                    conference.wish(now, track, wish, sink);
                });
            }
        }
    }

    /// Takes one datagram, or one frame of a TCP connection. It is decrypted where it is.
    pub fn handle_datagram(&mut self, now: Instant, path: Path, datagram: &mut [u8]) {
        let stats = &mut self.outlets.stats;
        stats.packets_in += 1;
        stats.bytes_in += datagram.len() as u64;

        let Some(kind) = demux::classify(datagram) else {
            stats.dropped_unknown += 1;
            return;
        };
        if kind == Kind::Stun {
            self.handle_stun(now, path, datagram);
            return;
        }
        // No answer and no state for an address that has not passed an ICE check.
        let Some(key) = self.by_path.get(&path) else {
            stats.dropped_no_path += 1;
            return;
        };
        match kind {
            Kind::Rtp | Kind::Rtcp => self.handle_media(now, key, kind, datagram),
            Kind::Dtls => self.with_peer(now, key, |transport, identity, output| {
                transport.handle_dtls(now, identity, datagram, output);
            }),
            Kind::Stun => {}
        }
    }

    /// Takes a plain RTP packet or RTCP compound of a direct peer.
    pub fn handle_direct(&mut self, now: Instant, peer: PeerId, packet: &[u8]) {
        let key = self.by_id.get(&peer).copied();
        let Some(direct) = key.and_then(|key| self.peer(key)).filter(|peer| peer.transport.is_none()) else {
            return;
        };
        let (from, place) = (key.expect("just found"), direct.conference);
        match demux::classify(packet) {
            Some(Kind::Rtp) => self.with_conference(place, |conference, sink| {
                conference.handle_rtp(now, from, packet, sink);
            }),
            Some(Kind::Rtcp) => self.with_conference(place, |conference, sink| {
                conference.handle_rtcp(now, from, packet, sink);
            }),
            _ => self.outlets.stats.dropped_unknown += 1,
        }
    }

    /// Whether packets by this path belong to somebody. A driver closes connections of which this is not so.
    #[must_use]
    pub fn knows(&self, path: &Path) -> bool {
        self.by_path.get(path).is_some()
    }

    /// A TCP connection has ended.
    pub fn handle_path_closed(&mut self, now: Instant, path: Path) {
        let Some(key) = self.by_path.get(&path) else {
            return;
        };
        self.by_path.remove(&path, key);
        self.with_peer(now, key, |transport, _, _| transport.path_closed(path));
    }

    /// Stops or resumes reading reliable data from the peers of a conference whose events are not taken.
    pub fn pause_data(&mut self, now: Instant, conference: ConferenceId, paused: bool) {
        let Some(&place) = self.conferences_by_id.get(&conference) else {
            return;
        };
        let Some(hosted) = &mut self.conferences[place.0 as usize] else {
            return;
        };
        if hosted.data_paused == paused {
            return;
        }
        hosted.data_paused = paused;
        for key in hosted.members.clone() {
            self.with_peer(now, key, |transport, _, output| {
                transport.pause_data(now, paused, output);
            });
        }
    }

    /// When [`Self::handle_timeout`] wants to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Does what time has made due.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some((at, timer)) = self.timers.pop_due(now) {
            match timer {
                Timer::Peer(key) => self.peer_timeout(now, at, key),
                Timer::Conference(place) => self.conference_timeout(now, at, place),
            }
        }
    }

    /// What is to be sent. Clear it after sending.
    pub fn transmits(&mut self) -> &mut Transmits {
        &mut self.outlets.transmits
    }

    /// The next event for the rooms.
    pub fn poll_event(&mut self) -> Option<(ConferenceId, Event)> {
        self.outlets.events.pop_front()
    }

    /// The next thing to let go of.
    pub fn poll_retired(&mut self) -> Option<Retired> {
        self.retired.pop_front()
    }

    /// Ends everything; the peers are told.
    pub fn close(&mut self, now: Instant) {
        for place in (0..self.conferences.len() as u32).map(ConferenceKey) {
            self.end_conference(now, place);
        }
    }

    /// Counters since the start.
    #[must_use]
    pub fn stats(&self) -> SfuStats {
        SfuStats {
            peers: self.by_id.len() as u64,
            conferences: self.conferences_by_id.len() as u64,
            ..self.outlets.stats
        }
    }
}

/// Coming and going.
impl Sfu {
    fn join(&mut self, now: Instant, place: ConferenceKey, params: &PeerParams) {
        let transport = Transport::new(now, params);
        let Some(key) = self.admit(now, place, params.peer, Some(transport)) else {
            return;
        };
        self.register_ufrags(key);
        self.arm_peer(key);
    }

    fn join_direct(&mut self, now: Instant, place: ConferenceKey, id: PeerId) {
        let Some(key) = self.admit(now, place, id, None) else {
            return;
        };
        let link = self.outlets.link(key);
        link.to = Some(Path::Direct(id));
        link.plain = true;
        self.tell(place, Event::PeerConnected { peer: id });
    }

    fn admit(
        &mut self,
        now: Instant,
        place: ConferenceKey,
        id: PeerId,
        transport: Option<Transport>,
    ) -> Option<PeerKey> {
        if self.by_id.contains_key(&id) {
            return None;
        }
        let hosted = self.conferences[place.0 as usize].as_mut()?;
        let key = self.free_peers.pop().unwrap_or_else(|| {
            self.peers.push(None);
            PeerKey(self.peers.len() as u32 - 1)
        });
        hosted.members.push(key);
        let direct = transport.is_none();
        self.outlets.reset(key);
        self.peers[key.0 as usize] = Some(Box::new(Peer {
            id,
            conference: place,
            transport,
            receiver: None,
            ufrags: Vec::new(),
            armed: Armed::default(),
            #[cfg(test)]
            faulty: false,
        }));
        self.by_id.insert(id, key);
        self.with_conference(place, |conference, _| {
            conference.join(now, id, key, direct);
        });
        Some(key)
    }

    /// Makes the peer found by the ufrags that its transport takes, and by no others.
    fn register_ufrags(&mut self, key: PeerKey) {
        let Some(peer) = self.peers.get_mut(key.0 as usize).and_then(Option::as_deref_mut) else {
            return;
        };
        let Some(transport) = &peer.transport else {
            return;
        };
        let current: Vec<String> = transport.local_ufrags().map(str::to_owned).collect();
        for ufrag in peer.ufrags.iter().filter(|ufrag| !current.contains(ufrag)) {
            self.by_ufrag.remove(ufrag);
            self.retired.push_back(Retired::Ufrag(ufrag.clone()));
        }
        for ufrag in &current {
            self.by_ufrag.insert(ufrag.clone(), key);
        }
        peer.ufrags = current;
    }

    /// Queues the alert that lets the peer know at once.
    fn say_goodbye(&mut self, now: Instant, key: PeerKey) {
        let _ = self.work_on_transport(key, |transport, _, output| transport.close(now, output));
        self.news.clear();
    }

    fn close_peer(&mut self, now: Instant, key: PeerKey, reason: PeerCloseReason) {
        let Some(peer) = self.forget_peer(key) else {
            return;
        };
        self.with_conference(peer.conference, |conference, sink| {
            conference.leave(now, peer.id, sink);
        });
        self.free_peers.push(key);
        self.tell(peer.conference, Event::PeerClosed { peer: peer.id, reason });
    }

    /// Takes a peer out of everything but its conference's own state. The place is not free yet.
    fn forget_peer(&mut self, key: PeerKey) -> Option<Box<Peer>> {
        let peer = self.peers.get_mut(key.0 as usize)?.take()?;
        self.by_id.remove(&peer.id);
        self.outlets.reset(key);
        for ufrag in &peer.ufrags {
            self.by_ufrag.remove(ufrag);
            self.retired.push_back(Retired::Ufrag(ufrag.clone()));
        }
        match &peer.transport {
            None => self.retired.push_back(Retired::Direct(peer.id)),
            Some(transport) => {
                for path in transport.paths() {
                    self.by_path.remove(&path, key);
                    self.retire_connection(path);
                }
            }
        }
        if let Some(hosted) = &mut self.conferences[peer.conference.0 as usize] {
            hosted.members.retain(|member| *member != key);
        }
        Some(peer)
    }

    fn retire_connection(&mut self, path: Path) {
        if let Path::Tcp { connection, .. } = path {
            self.retired.push_back(Retired::Connection(connection));
        }
    }

    fn end_conference(&mut self, now: Instant, place: ConferenceKey) {
        let Some(hosted) = &self.conferences[place.0 as usize] else {
            return;
        };
        for key in hosted.members.clone() {
            self.say_goodbye(now, key);
            self.close_peer(now, key, PeerCloseReason::Left);
        }
        if let Some(hosted) = self.conferences[place.0 as usize].take() {
            self.conferences_by_id.remove(&hosted.conference.id());
            self.free_conferences.push(place);
        }
    }
}

/// Packets.
impl Sfu {
    fn handle_stun(&mut self, now: Instant, path: Path, datagram: &[u8]) {
        // A stranger's bytes: a fault in reading them must not reach further than they.
        let parsed = catch_unwind(AssertUnwindSafe(|| StunMessage::parse(datagram)));
        let Ok(Ok(message)) = parsed else {
            self.outlets.stats.dropped_stun += 1;
            return;
        };
        let key = message.split_username().and_then(|(local, _)| self.by_ufrag.get(local)).copied();
        let Some(key) = key else {
            self.outlets.stats.dropped_stun += 1;
            return;
        };

        let mut believed = false;
        self.with_peer(now, key, |transport, _, output| {
            believed = transport.handle_stun(now, path, &message, output);
        });
        if !believed {
            self.outlets.stats.dropped_stun += 1;
            return;
        }
        let Some(peer) = self.peer(key) else { return };
        let taken = peer.transport.as_ref().map_or(0, |transport| transport.local_ufrags().count());
        if peer.ufrags.len() != taken {
            self.register_ufrags(key);
        }
    }

    fn handle_media(&mut self, now: Instant, key: PeerKey, kind: Kind, datagram: &mut [u8]) {
        let Some(peer) = self.peers[key.0 as usize].as_deref_mut() else {
            return;
        };
        let (place, Some(receiver)) = (peer.conference, peer.receiver.as_deref_mut()) else {
            self.outlets.stats.dropped_early += 1;
            return;
        };
        let result = catch_unwind(AssertUnwindSafe(|| match kind {
            Kind::Rtcp => receiver.unprotect_rtcp(datagram),
            _ => receiver.unprotect_rtp(datagram),
        }));
        let packet = match result {
            Ok(Ok(len)) => &datagram[..len],
            Ok(Err(UnprotectError::Replayed)) => {
                self.outlets.stats.dropped_replayed += 1;
                return;
            }
            Ok(Err(_)) => {
                self.outlets.stats.dropped_unauthentic += 1;
                return;
            }
            Err(_) => {
                self.fail_peer(now, key);
                return;
            }
        };
        match kind {
            Kind::Rtcp => self.with_conference(place, |conference, sink| {
                conference.handle_rtcp(now, key, packet, sink);
            }),
            _ => self.with_conference(place, |conference, sink| {
                conference.handle_rtp(now, key, packet, sink);
            }),
        }
    }

    fn send_data(&mut self, now: Instant, peer: PeerId, channel: DataChannel, payload: &Arc<[u8]>) {
        let mut outcome = SendOutcome::Dropped;
        self.with_transport(now, peer, |transport, _, output| {
            outcome = transport.send_data(now, channel, payload, output);
        });
        match outcome {
            SendOutcome::Queued => {}
            SendOutcome::Dropped => self.outlets.stats.dropped_data += 1,
            SendOutcome::Overflow => {
                if let Some(&key) = self.by_id.get(&peer) {
                    self.say_goodbye(now, key);
                    self.close_peer(now, key, PeerCloseReason::SlowConsumer);
                }
            }
        }
    }
}

/// The borders at which a panic stops.
impl Sfu {
    fn with_transport(
        &mut self,
        now: Instant,
        peer: PeerId,
        work: impl FnOnce(&mut Transport, &DtlsIdentity, &mut Output<'_>),
    ) {
        if let Some(&key) = self.by_id.get(&peer) {
            self.with_peer(now, key, work);
        }
    }

    /// Works on a peer's transport and does what follows from it.
    fn with_peer(
        &mut self,
        now: Instant,
        key: PeerKey,
        work: impl FnOnce(&mut Transport, &DtlsIdentity, &mut Output<'_>),
    ) {
        match self.work_on_transport(key, work) {
            Ok(()) => {
                self.tell_news(now, key);
                self.arm_peer(key);
            }
            Err(Panicked) => self.fail_peer(now, key),
        }
    }

    fn work_on_transport(
        &mut self,
        key: PeerKey,
        work: impl FnOnce(&mut Transport, &DtlsIdentity, &mut Output<'_>),
    ) -> Result<(), Panicked> {
        let peer = self.peers.get_mut(key.0 as usize).and_then(Option::as_deref_mut);
        let Some(peer) = peer else { return Ok(()) };
        #[cfg(test)]
        let faulty = peer.faulty;
        let Some(transport) = &mut peer.transport else {
            return Ok(());
        };
        let mut output = Output {
            transmits: &mut self.outlets.transmits,
            events: &mut self.news,
            record: &mut self.record,
        };
        let identity = &self.identity;
        let result = catch_unwind(AssertUnwindSafe(|| {
            #[cfg(test)]
            assert!(!faulty, "a fault was asked for");
            work(transport, identity, &mut output);
            transport.selected()
        }));
        match result {
            Ok(selected) => {
                self.outlets.link(key).to = selected;
                Ok(())
            }
            Err(_) => Err(Panicked),
        }
    }

    /// Works on a conference.
    fn with_conference(&mut self, place: ConferenceKey, work: impl FnOnce(&mut Conference, &mut Outlets)) {
        let Some(hosted) = self.conferences[place.0 as usize].as_deref_mut() else {
            return;
        };
        match hosted.work(&mut self.outlets, work) {
            Ok(deadline) => {
                let timer = Timer::Conference(place);
                self.timers.arm(timer, &mut hosted.armed, deadline);
            }
            Err(Panicked) => self.fail_conference(place),
        }
    }

    fn fail_peer(&mut self, now: Instant, key: PeerKey) {
        tracing::error!("a peer's transport panicked; the peer is closed");
        self.news.clear();
        self.outlets.stats.panics += 1;
        self.close_peer(now, key, PeerCloseReason::Internal);
    }

    /// Nothing of what the conference knew can be trusted: it begins anew, empty, so that its room can fill it again.
    fn fail_conference(&mut self, place: ConferenceKey) {
        let Some(hosted) = self.conferences[place.0 as usize].take() else {
            return;
        };
        let id = hosted.conference.id();
        tracing::error!(%id, "a conference panicked; its peers are closed");
        self.outlets.stats.panics += 1;
        self.conferences_by_id.remove(&id);
        self.free_conferences.push(place);
        for key in hosted.members.clone() {
            if let Some(peer) = self.forget_peer(key) {
                let reason = PeerCloseReason::Internal;
                let event = Event::PeerClosed { peer: peer.id, reason };
                self.outlets.events.push_back((id, event));
                self.free_peers.push(key);
            }
        }
        // What panicked once may panic again while it is taken apart.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(hosted)));
        self.open(id);
    }

    /// Acts on what a transport has told.
    fn tell_news(&mut self, now: Instant, key: PeerKey) {
        if self.news.is_empty() {
            return;
        }
        let mut news = std::mem::take(&mut self.news);
        for event in news.drain(..) {
            let Some(peer) = self.peers[key.0 as usize].as_deref_mut() else {
                break;
            };
            let (id, place) = (peer.id, peer.conference);
            match event {
                TransportEvent::PathOpened(path) => {
                    self.by_path.insert(path, key);
                }
                TransportEvent::PathClosed(path) => {
                    self.by_path.remove(&path, key);
                    self.retire_connection(path);
                }
                TransportEvent::Connected { sender, receiver } => {
                    peer.receiver = Some(receiver);
                    self.outlets.link(key).srtp = Some(sender);
                    self.tell(place, Event::PeerConnected { peer: id });
                    self.with_conference(place, |conference, sink| {
                        conference.connected(now, id, sink);
                    });
                }
                TransportEvent::ChannelOpen(channel) => {
                    self.tell(place, Event::DataChannelOpen { peer: id, channel });
                }
                TransportEvent::Data(channel, payload) => {
                    self.tell(place, Event::Data { peer: id, channel, payload });
                }
                TransportEvent::Closed(reason) => self.close_peer(now, key, reason),
            }
        }
        self.news = news;
    }

    fn peer_timeout(&mut self, now: Instant, at: Instant, key: PeerKey) {
        let Some(peer) = self.peers[key.0 as usize].as_deref_mut() else {
            return;
        };
        if !peer.armed.take(at) {
            return;
        }
        let deadline = peer.transport.as_ref().and_then(Transport::poll_timeout);
        if deadline.is_some_and(|deadline| deadline <= now) {
            let result = self.work_on_transport(key, |transport, _, output| {
                transport.handle_timeout(now, output);
            });
            match result {
                Ok(()) => self.tell_news(now, key),
                Err(Panicked) => self.fail_peer(now, key),
            }
        }
        if let Some(peer) = self.peers[key.0 as usize].as_deref_mut() {
            let deadline = peer.transport.as_ref().and_then(Transport::poll_timeout);
            self.timers.rearm(now, Timer::Peer(key), &mut peer.armed, deadline);
        }
    }

    fn conference_timeout(&mut self, now: Instant, at: Instant, place: ConferenceKey) {
        let Some(hosted) = self.conferences[place.0 as usize].as_deref_mut() else {
            return;
        };
        if !hosted.armed.take(at) {
            return;
        }
        let result = hosted.work(&mut self.outlets, |conference, sink| {
            if conference.poll_timeout().is_some_and(|deadline| deadline <= now) {
                conference.handle_timeout(now, sink);
            }
        });
        match result {
            Ok(deadline) => {
                let timer = Timer::Conference(place);
                self.timers.rearm(now, timer, &mut hosted.armed, deadline);
            }
            Err(Panicked) => self.fail_conference(place),
        }
    }

    fn arm_peer(&mut self, key: PeerKey) {
        if let Some(peer) = self.peers[key.0 as usize].as_deref_mut()
            && let Some(transport) = &peer.transport
        {
            self.timers.arm(Timer::Peer(key), &mut peer.armed, transport.poll_timeout());
        }
    }

    fn peer(&self, key: PeerKey) -> Option<&Peer> {
        self.peers.get(key.0 as usize)?.as_deref()
    }

    fn tell(&mut self, place: ConferenceKey, event: Event) {
        if let Some(hosted) = &self.conferences[place.0 as usize] {
            self.outlets.events.push_back((hosted.conference.id(), event));
        }
    }
}

impl Hosted {
    /// Works on the conference and gives its deadline.
    fn work(
        &mut self,
        outlets: &mut Outlets,
        work: impl FnOnce(&mut Conference, &mut Outlets),
    ) -> Result<Option<Instant>, Panicked> {
        #[cfg(test)]
        let faulty = self.faulty;
        outlets.conference = self.conference.id();
        let conference = &mut self.conference;
        catch_unwind(AssertUnwindSafe(|| {
            #[cfg(test)]
            assert!(!faulty, "a fault was asked for");
            work(conference, outlets);
            conference.poll_timeout()
        }))
        .map_err(|_| Panicked)
    }
}

/// The code of a peer or a conference panicked.
struct Panicked;

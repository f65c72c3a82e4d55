//! The machine that one media shard runs: transports and conferences, found by path, by ufrag and by name.
//!
//! The driver's loop: take input with `handle_*`, then drain [`Sfu::transmits`], [`Sfu::poll_event`] and
//! [`Sfu::poll_retired`], then wait until [`Sfu::poll_timeout`].
//!
//! A panic in a peer's or a conference's code is caught here, where one ends and the next begins: that peer or that
//! conference is closed, the shard lives.

mod borders;
mod packets;
mod peers;

use std::collections::{HashMap, VecDeque};
use std::time::Instant;

use crate::conference::{Conference, PeerKey};
use crate::demux::{self, Kind};
use crate::id::{ConferenceId, PeerId};
use crate::io::{Command, Event, PeerCloseReason};
use crate::outlets::Outlets;
use crate::participant::{KnownStreams, Nature};
use crate::path::{Path, PathTable, TcpId};
use crate::relief::Relief;
use crate::srtp::SrtpReceiver;
use crate::stats::SfuStats;
use crate::timers::{Armed, Timers};
use crate::transmit::Transmits;
use crate::transport::{DtlsIdentity, RECORD_BUFFER, Transport, TransportEvent};

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
    /// Whether pictures are forwarded batch by batch, and the conferences in which some wait.
    collecting: bool,
    /// How many voices of a conference are forwarded at a time.
    voices: usize,
    relief: Relief,
    batched: Vec<ConferenceKey>,
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
    nature: Nature,
    conference: ConferenceKey,
    transport: Option<Transport>, // only with a remote one
    receiver: Option<Box<SrtpReceiver>>,
    /// From the conference that it has left.
    known_streams: KnownStreams,
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
            collecting: false,
            voices: usize::MAX,
            relief: Relief::None,
            batched: Vec::new(),
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
        let mut conference = Conference::new(id, self.seed ^ id.0.rotate_left(32));
        conference.hear_at_most(self.voices);
        conference.relieve(self.relief);
        if self.collecting {
            conference.collect();
        }
        self.conferences[key.0 as usize] = Some(Box::new(Hosted {
            conference,
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
            if let Command::Join(params) = command {
                self.retire_ufrag(&params.local_ice.ufrag);
            }
            return;
        };
        match command {
            Command::Join(params) => self.join(now, place, &params),
            Command::JoinDirect { peer, .. } => self.join_direct(now, place, peer, Nature::Direct),
            Command::JoinBridge { peer } => self.join_direct(now, place, peer, Nature::Bridge),
            Command::Tap { peer, track, ssrcs } => {
                self.with_conference(place, |conference, _| conference.tap(peer, track, ssrcs));
            }
            Command::Untap { peer, track } => {
                self.with_conference(place, |conference, _| conference.untap(peer, track));
            }
            Command::SetRemote { peer, remote } => {
                self.with_transport(now, peer, |transport, _, output| {
                    transport.set_remote(&remote, output);
                });
            }
            Command::RestartIce { peer, local, remote } => {
                self.with_transport(now, peer, |transport, _, _| {
                    transport.restart_ice(&local, remote.as_ref());
                });
                match self.by_id.get(&peer) {
                    Some(&key) => self.register_ufrags(key),
                    None => self.retire_ufrag(&local.ufrag),
                }
            }
            Command::SendData { peer, channel, payload } => self.send_data(now, peer, channel, &payload),
            Command::Move { peer, to } => self.move_peer(now, peer, to),
            Command::Leave { peer } => {
                if let Some(&key) = self.by_id.get(&peer) {
                    self.say_goodbye(now, key);
                    self.close_peer(now, key, PeerCloseReason::Left);
                }
            }
            Command::EndConference { .. } => self.end_conference(now, place),
            Command::Publish { peer, mut track } => {
                self.complete_streams(peer, &mut track);
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
            Command::AlwaysHear { track, always } => {
                self.with_conference(place, |conference, _| conference.always_hear(track, always));
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

    /// From now on pictures are forwarded when [`Self::forward_batch`] is called, which a driver does after each batch
    /// of datagrams.
    pub fn collect(&mut self) {
        self.collecting = true;
    }

    /// In conferences that begin from now on so many voices are forwarded at a time, the loudest of all.
    pub fn hear_at_most(&mut self, voices: usize) {
        self.voices = voices;
    }

    /// Leaves out so much of what viewers would get, in all conferences.
    pub fn relieve(&mut self, relief: Relief) {
        self.relief = relief;
        for hosted in self.conferences.iter_mut().flatten() {
            hosted.conference.relieve(relief);
        }
    }

    /// Forwards some of what has come since the last batch. To be called, and its output to be sent, until it says that
    /// nothing is left.
    pub fn forward_batch(&mut self, now: Instant) -> bool {
        let Some(&place) = self.batched.last() else { return false };
        let mut more = false;
        self.with_conference(place, |conference, sink| more = conference.forward_batch(now, sink));
        if !more {
            self.batched.pop();
        }
        !self.batched.is_empty()
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
            Some(Kind::Rtp) => self.handle_rtp(now, place, from, packet),
            Some(Kind::Rtcp) => self.with_conference(place, |conference, sink| {
                conference.handle_rtcp(now, from, packet, sink);
            }),
            _ => self.outlets.stats.dropped_unknown += 1,
        }
    }

    /// Whether the peer is there.
    #[must_use]
    pub fn has(&self, peer: PeerId) -> bool {
        self.by_id.contains_key(&peer)
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

    /// Whether there is something to send or to tell.
    #[must_use]
    pub fn has_output(&self) -> bool {
        !self.outlets.transmits.is_empty() || !self.outlets.events.is_empty()
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

#[cfg(test)]
mod tests;

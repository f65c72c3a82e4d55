//! How peers come and go, and the conferences with them.

use std::time::Instant;

use super::{ConferenceKey, Peer, Retired, Sfu};
use crate::conference::PeerKey;
use crate::id::{ConferenceId, PeerId};
use crate::io::{Event, PeerCloseReason, PeerParams, UpTrackParams};
use crate::participant::{KnownStreams, Nature};
use crate::path::Path;
use crate::timers::Armed;
use crate::transport::Transport;

impl Sfu {
    pub(super) fn join(&mut self, now: Instant, place: ConferenceKey, params: &PeerParams) {
        let ufrag = &params.local_ice.ufrag;
        let key = match self.by_ufrag.contains_key(ufrag) {
            false => {
                let transport = Some(Transport::new(now, params));
                self.admit(now, place, params.peer, Nature::Remote, transport)
            }
            true => None,
        };
        let Some(key) = key else {
            self.retire_ufrag(ufrag);
            return;
        };
        self.register_ufrags(key);
        self.arm_peer(key);
    }

    /// Lets in a peer of our own process.
    pub(super) fn join_direct(&mut self, now: Instant, place: ConferenceKey, id: PeerId, nature: Nature) {
        let Some(key) = self.admit(now, place, id, nature, None) else {
            return;
        };
        let link = self.outlets.link(key);
        link.to = Some(Path::Direct(id));
        link.plain = true;
        if nature != Nature::Bridge {
            self.tell(place, Event::PeerConnected { peer: id });
        }
    }

    pub(super) fn admit(
        &mut self,
        now: Instant,
        place: ConferenceKey,
        id: PeerId,
        nature: Nature,
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
        self.outlets.reset(key);
        self.peers[key.0 as usize] = Some(Box::new(Peer {
            id,
            nature,
            conference: place,
            transport,
            receiver: None,
            known_streams: KnownStreams::default(),
            ufrags: Vec::new(),
            armed: Armed::default(),
            #[cfg(test)]
            faulty: false,
        }));
        self.by_id.insert(id, key);
        self.with_conference(place, |conference, _| {
            conference.join(now, id, key, nature);
        });
        Some(key)
    }

    /// Makes the peer found by the ufrags that its transport takes, and by no others.
    pub(super) fn register_ufrags(&mut self, key: PeerKey) {
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
        // A ufrag that is another peer's stays that one's.
        let by_ufrag = &mut self.by_ufrag;
        let ours = |ufrag: &String| *by_ufrag.entry(ufrag.clone()).or_insert(key) == key;
        peer.ufrags = current.into_iter().filter(ours).collect();
    }

    /// Queues the alert that lets the peer know at once.
    pub(super) fn say_goodbye(&mut self, now: Instant, key: PeerKey) {
        let _ = self.work_on_transport(key, |transport, _, output| transport.close(now, output));
        self.news.clear();
    }

    pub(super) fn move_peer(&mut self, now: Instant, id: PeerId, to: ConferenceId) {
        let Some(&key) = self.by_id.get(&id) else {
            return;
        };
        let Some(&to) = self.conferences_by_id.get(&to) else {
            return;
        };
        let Some(peer) = self.peers[key.0 as usize].as_deref_mut() else {
            return;
        };
        let from = std::mem::replace(&mut peer.conference, to);
        let nature = peer.nature;
        let connected = peer.receiver.is_some();

        if let Some(hosted) = &mut self.conferences[from.0 as usize] {
            hosted.members.retain(|member| *member != key);
        }
        let mut known = KnownStreams::default();
        self.with_conference(from, |conference, sink| {
            known = conference.known_streams(id);
            conference.leave(now, id, sink);
        });
        if let Some(peer) = self.peers[key.0 as usize].as_deref_mut() {
            peer.known_streams = known;
        }
        if let Some(hosted) = &mut self.conferences[to.0 as usize] {
            hosted.members.push(key);
        }
        self.with_conference(to, |conference, sink| {
            conference.join(now, id, key, nature);
            if connected {
                conference.connected(now, id, sink);
            }
        });
    }

    /// Adds to a declaration what is known of the streams from another conference.
    pub(super) fn complete_streams(&self, id: PeerId, track: &mut UpTrackParams) {
        let Some(&key) = self.by_id.get(&id) else {
            return;
        };
        if let Some(peer) = self.peers[key.0 as usize].as_deref() {
            peer.known_streams.complete(track);
        }
    }

    pub(super) fn close_peer(&mut self, now: Instant, key: PeerKey, reason: PeerCloseReason) {
        let Some(peer) = self.forget_peer(key) else {
            return;
        };
        self.with_conference(peer.conference, |conference, sink| {
            conference.leave(now, peer.id, sink);
        });
        self.free_peers.push(key);
        if peer.nature != Nature::Bridge {
            self.tell(peer.conference, Event::PeerClosed { peer: peer.id, reason });
        }
    }

    /// Takes a peer out of everything but its conference's own state. The place is not free yet.
    pub(super) fn forget_peer(&mut self, key: PeerKey) -> Option<Box<Peer>> {
        let peer = self.peers.get_mut(key.0 as usize)?.take()?;
        self.by_id.remove(&peer.id);
        self.outlets.reset(key);
        for ufrag in &peer.ufrags {
            self.by_ufrag.remove(ufrag);
            self.retire_ufrag(ufrag);
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

    /// Lets go of a ufrag, unless it is another peer's.
    pub(super) fn retire_ufrag(&mut self, ufrag: &str) {
        if !self.by_ufrag.contains_key(ufrag) {
            self.retired.push_back(Retired::Ufrag(ufrag.to_owned()));
        }
    }

    pub(super) fn retire_connection(&mut self, path: Path) {
        if let Path::Tcp { connection, .. } = path {
            self.retired.push_back(Retired::Connection(connection));
        }
    }

    pub(super) fn end_conference(&mut self, now: Instant, place: ConferenceKey) {
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

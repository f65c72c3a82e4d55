//! The borders at which a panic stops: between a shard and its peers, and between a shard and its conferences.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use super::{ConferenceKey, Hosted, Peer, Sfu, Timer};
use crate::conference::{Conference, PeerKey};
use crate::id::PeerId;
use crate::io::{Event, PeerCloseReason};
use crate::outlets::Outlets;
use crate::transport::{DtlsIdentity, Output, Transport, TransportEvent};

impl Sfu {
    pub(super) fn with_transport(
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
    pub(super) fn with_peer(
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

    pub(super) fn work_on_transport(
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
    pub(super) fn with_conference(
        &mut self,
        place: ConferenceKey,
        work: impl FnOnce(&mut Conference, &mut Outlets),
    ) {
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

    pub(super) fn fail_peer(&mut self, now: Instant, key: PeerKey) {
        tracing::error!("a peer's transport panicked; the peer is closed");
        self.news.clear();
        self.outlets.stats.panics += 1;
        self.close_peer(now, key, PeerCloseReason::Internal);
    }

    /// Nothing of what the conference knew can be trusted: it begins anew, empty, so that its room can fill it again.
    pub(super) fn fail_conference(&mut self, place: ConferenceKey) {
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
    pub(super) fn tell_news(&mut self, now: Instant, key: PeerKey) {
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
                TransportEvent::Back => {
                    self.with_conference(place, |conference, sink| {
                        conference.back(now, id, sink);
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

    pub(super) fn peer_timeout(&mut self, now: Instant, at: Instant, key: PeerKey) {
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

    pub(super) fn conference_timeout(&mut self, now: Instant, at: Instant, place: ConferenceKey) {
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

    pub(super) fn arm_peer(&mut self, key: PeerKey) {
        if let Some(peer) = self.peers[key.0 as usize].as_deref_mut()
            && let Some(transport) = &peer.transport
        {
            self.timers.arm(Timer::Peer(key), &mut peer.armed, transport.poll_timeout());
        }
    }

    pub(super) fn peer(&self, key: PeerKey) -> Option<&Peer> {
        self.peers.get(key.0 as usize)?.as_deref()
    }

    pub(super) fn tell(&mut self, place: ConferenceKey, event: Event) {
        if let Some(hosted) = &self.conferences[place.0 as usize] {
            self.outlets.events.push_back((hosted.conference.id(), event));
        }
    }
}

impl Hosted {
    /// Works on the conference and gives its deadline.
    pub(super) fn work(
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
pub(super) struct Panicked;

//! Tracks are published, subscribed to, muted and ended.

use std::time::Instant;

use super::{Conference, Sink};
use crate::id::{DownTrackId, PeerId, UpTrackId};
use crate::io::{DownTrackParams, Event, LayerWish, MediaKind, SpeakerLevel, UpTrackParams};
use crate::participant::Nature;
use crate::track::down_track::DownTrack;
use crate::track::up_track::UpTrack;

impl Conference {
    pub(super) fn declare_up_track<S: Sink + ?Sized>(
        &mut self,
        now: Instant,
        peer: PeerId,
        params: UpTrackParams,
        sink: &mut S,
    ) {
        let Some(&owner) = self.peer_ids.get(&peer) else { return };
        let Some(peer) = self.peers.get_mut(owner) else { return };
        peer.learn_extensions(&params.extensions);

        let always = params.always_heard;
        let Some(&slot) = self.up_ids.get(&params.id) else {
            if peer.up_tracks.len() < MAX_UP_TRACKS {
                let id = params.id;
                let mut track = UpTrack::new(owner, params);
                track.bridged = peer.nature == Nature::Bridge;
                let slot = self.up_tracks.insert(track);
                peer.up_tracks.push(slot);
                self.up_ids.insert(id, slot);
                self.loudest.always(slot, always);
            }
            return;
        };
        let Some(up) = self.up_tracks.get_mut(slot).filter(|up| up.owner == owner) else { return };
        self.loudest.always(slot, always);
        if up.redeclare(params) {
            peer.sources.forget(slot);
        }
        for &down in &up.subscribers {
            if let Some(down) = self.down_tracks.get_mut(down) {
                down.match_codecs(up);
            }
        }
        self.allocate_subscribers(now, slot, sink);
    }

    pub(super) fn remove_up_track<S: Sink + ?Sized>(&mut self, now: Instant, id: UpTrackId, sink: &mut S) {
        if let Some(&slot) = self.up_ids.get(&id) {
            self.end_up_track(now, slot, sink);
        }
    }

    pub(super) fn end_up_track<S: Sink + ?Sized>(&mut self, now: Instant, slot: u32, sink: &mut S) {
        let Some(up) = self.up_tracks.remove(slot) else { return };
        self.up_ids.remove(&up.id);
        self.loudest.forget(slot);
        if let Some(owner) = self.peers.get_mut(up.owner) {
            owner.up_tracks.retain(|&other| other != slot);
            owner.sources.forget(slot);
        }
        for tap in up.taps {
            if let Some(peer) = self.peers.get_mut(tap.peer) {
                peer.tapped.retain(|&other| other != slot);
            }
        }

        for down in up.subscribers {
            let peer = self.down_tracks.get(down).map(|down| down.peer);
            self.end_down_track(down);
            // The others get what it took.
            if let Some(peer) = peer {
                self.allocate(now, peer, sink);
            }
        }
    }

    pub(super) fn set_muted<S: Sink + ?Sized>(
        &mut self,
        now: Instant,
        id: UpTrackId,
        muted: bool,
        sink: &mut S,
    ) {
        let Some(&slot) = self.up_ids.get(&id) else { return };
        let Some(up) = self.up_tracks.get_mut(slot) else { return };
        if up.muted == muted {
            return;
        }
        up.muted = muted;
        self.loudest.silence(slot);
        self.interrupt(slot);
        self.allocate_subscribers(now, slot, sink);
    }

    pub(super) fn add_down_track<S: Sink + ?Sized>(
        &mut self,
        now: Instant,
        peer: PeerId,
        params: DownTrackParams,
        sink: &mut S,
    ) {
        if let Some(&known) = self.down_ids.get(&params.id) {
            self.end_down_track(known);
        }
        let Some(&peer_slot) = self.peer_ids.get(&peer) else { return };
        let Some(&up_slot) = self.up_ids.get(&params.source) else { return };
        let (Some(peer), Some(up)) = (self.peers.get_mut(peer_slot), self.up_tracks.get_mut(up_slot)) else {
            return;
        };
        if peer.down_tracks.len() >= MAX_DOWN_TRACKS {
            return;
        }

        let id = params.id;
        let track = DownTrack::new(params, (up_slot, up), (peer_slot, peer.key), self.random.next());
        peer.downlink.expect_feedback(track.tells_arrivals());
        let slot = self.down_tracks.insert(track);
        if let Some(down) = self.down_tracks.get_mut(slot) {
            down.slot = slot;
        }
        self.down_ids.insert(id, slot);
        peer.down_tracks.push(slot);
        up.subscribers.push(slot);
        self.allocate(now, peer_slot, sink);
    }

    pub(super) fn remove_down_track<S: Sink + ?Sized>(
        &mut self,
        now: Instant,
        id: DownTrackId,
        sink: &mut S,
    ) {
        let Some(&slot) = self.down_ids.get(&id) else { return };
        let peer = self.down_tracks.get(slot).map(|down| down.peer);
        self.end_down_track(slot);
        if let Some(peer) = peer {
            self.allocate(now, peer, sink);
        }
    }

    pub(super) fn end_down_track(&mut self, slot: u32) {
        let Some(down) = self.down_tracks.remove(slot) else { return };
        self.down_ids.remove(&down.id);
        if let Some(peer) = self.peers.get_mut(down.peer) {
            peer.down_tracks.retain(|&other| other != slot);
        }
        if let Some(up) = self.up_tracks.get_mut(down.source) {
            up.subscribers.retain(|&other| other != slot);
        }
    }

    pub(super) fn set_wish<S: Sink + ?Sized>(
        &mut self,
        now: Instant,
        id: DownTrackId,
        wish: LayerWish,
        sink: &mut S,
    ) {
        let Some(&slot) = self.down_ids.get(&id) else { return };
        let Some(down) = self.down_tracks.get_mut(slot) else { return };
        down.wish = wish;
        let peer = down.peer;
        self.allocate(now, peer, sink);
    }

    /// Tells who has begun, changed or ceased to speak.
    pub(super) fn report_speakers<S: Sink + ?Sized>(&mut self, sink: &mut S) {
        let own = |up: &UpTrack| up.kind == MediaKind::Audio && !up.bridged;
        let audio = self.up_tracks.iter_mut().filter(|(_, up)| own(up));
        let changes: Vec<SpeakerLevel> = audio.filter_map(|(_, up)| up.loudness.end_window(up.id)).collect();
        if !changes.is_empty() {
            sink.event(Event::Speakers { conference: self.id, changes });
        }
    }
}

/// More than any client publishes.
const MAX_UP_TRACKS: usize = 64;
/// More than any screen can show.
const MAX_DOWN_TRACKS: usize = 1_024;

//! Chooses the layers that each subscriber gets, and asks for the keyframes that this takes.

use std::time::Instant;

use super::{Conference, Sink};
use crate::io::{LayerWish, MediaKind};
use crate::rtcp::pli;
use crate::track::up_track::UpTrack;

impl Conference {
    /// Distributes anew what a peer receives.
    pub(super) fn allocate<S: Sink + ?Sized>(&mut self, now: Instant, slot: u32, sink: &mut S) {
        let Some(peer) = self.peers.get(slot) else { return };
        for index in 0..peer.down_tracks.len() {
            let Some(&down) = self.peers.get(slot).and_then(|peer| peer.down_tracks.get(index)) else {
                return;
            };
            self.aim(now, down, sink);
        }
    }

    /// Distributes anew what the subscribers of an up track receive.
    pub(super) fn allocate_subscribers<S: Sink + ?Sized>(&mut self, now: Instant, slot: u32, sink: &mut S) {
        let Some(up) = self.up_tracks.get(slot) else { return };
        for down in up.subscribers.clone() {
            if let Some(peer) = self.down_tracks.get(down).map(|down| down.peer) {
                self.allocate(now, peer, sink);
            }
        }
    }

    fn aim<S: Sink + ?Sized>(&mut self, now: Instant, slot: u32, sink: &mut S) {
        let Some(down) = self.down_tracks.get_mut(slot) else { return };
        let Some(up) = self.up_tracks.get(down.source) else { return };
        let target = wanted(up, down.wish, now);
        down.selector.aim(target);
        if let Some(encoding) = target.and_then(|target| up.encodings.get(usize::from(target))) {
            down.selector.want_temporal(encoding.layers.highest_within(down.wish.fps));
        }

        let flows = !up.muted && self.peers.get(down.peer).is_some_and(|peer| peer.connected);
        if let (true, Some(encoding)) = (flows, down.selector.awaits_keyframe()) {
            let source = down.source;
            self.want_keyframe(now, source, encoding, sink);
        }
    }

    /// Asks the sender of an encoding for a keyframe, unless it was asked a moment ago.
    pub(super) fn want_keyframe<S: Sink + ?Sized>(
        &mut self,
        now: Instant,
        slot: u32,
        encoding: u8,
        sink: &mut S,
    ) {
        let Some(up) = self.up_tracks.get_mut(slot) else { return };
        if let Some(encoding) = up.encodings.get_mut(usize::from(encoding)) {
            encoding.keyframe.want();
        }
        self.request_keyframes(now, slot, sink);
    }

    /// Sends the keyframe requests of an up track that are due.
    pub(super) fn request_keyframes<S: Sink + ?Sized>(&mut self, now: Instant, slot: u32, sink: &mut S) {
        let Some(up) = self.up_tracks.get_mut(slot).filter(|up| up.kind == MediaKind::Video && !up.muted)
        else {
            return;
        };
        let Some(owner) = self.peers.get(up.owner).filter(|owner| owner.connected) else { return };

        self.rtcp.clear();
        for encoding in &mut up.encodings {
            let Some(media) = encoding.ssrc else { continue };
            if encoding.keyframe.take_due(now) {
                pli::write(&mut self.rtcp, self.ssrc, media);
            }
        }
        if !self.rtcp.is_empty() {
            sink.send_rtcp(owner.key, &self.rtcp);
        }
    }
}

/// The encoding that satisfies a wish: the highest one up to it that is sent at present, else the lowest that is.
fn wanted(up: &UpTrack, wish: LayerWish, now: Instant) -> Option<u8> {
    let last = up.encodings.len().checked_sub(1)? as u8;
    let highest = wish.encoding.min(last);
    if !wish.enabled {
        return None;
    }
    let live = |&encoding: &u8| up.is_live(encoding, now);
    let below = (0..=highest).rev().find(live);
    below.or_else(|| (highest..=last).find(live)).or(Some(highest))
}

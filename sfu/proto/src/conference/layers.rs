//! Chooses the layers that each subscriber gets, and asks for the keyframes that this takes.

use std::time::Instant;

use super::ladder::Ladder;
use super::{Conference, Sink};
use crate::bandwidth::Bitrate;
use crate::bandwidth::allocator::{Demand, allocate};
use crate::io::{Event, MediaKind};
use crate::rtcp::pli;
use crate::track::down_track::DownTrack;
use crate::track::layer_selector::Aim;
use crate::track::up_track::UpTrack;

impl Conference {
    /// Distributes anew what a peer receives: sound first, then pictures by what the path has left.
    pub(super) fn allocate<S: Sink + ?Sized>(&mut self, now: Instant, slot: u32, sink: &mut S) {
        if self.peers.get(slot).is_none_or(|peer| !peer.connected) {
            return;
        }
        let mut demands = std::mem::take(&mut self.demands);
        demands.clear();
        let sound = self.collect_demands(now, slot, &mut demands, sink);

        if let Some(peer) = self.peers.get_mut(slot) {
            let best = |demand: &Demand| demand.best().map_or(Bitrate::default(), |best| demand.cost(best));
            let wanted = demands.iter().fold(sound, |sum, demand| sum.plus(best(demand)));
            peer.downlink.want(wanted);

            peer.pacer.set_rate(peer.downlink.pace());
            let budget = peer.downlink.sustainable().less(sound);
            allocate(budget, peer.downlink.may_upgrade(now), &mut demands);
            // However large the first picture is: without it nobody finds out what the path carries.
            if peer.downlink.begins()
                && demands.iter().all(|demand| demand.grant.is_none())
                && let Some(first) = demands.first_mut()
            {
                first.grant = first.lowest();
            }
            peer.downlink.limited = demands.iter().any(|demand| demand.grant < demand.best());
            // The first layer of a picture is no trial, however good.
            let upgraded = |demand: &Demand| demand.current.is_some() && demand.grant > demand.current;
            if demands.iter().any(upgraded) {
                peer.downlink.begin_trial(now);
            }
        }
        for demand in &demands {
            let Some(down) = self.down_tracks.get_mut(demand.slot) else { continue };
            let Some(up) = self.up_tracks.get(down.source) else { continue };
            let ladder = Ladder::of(up, down.wish, now);
            let best = demand.grant == demand.best();
            down.selector.aim(demand.grant.map(|grant| ladder.aim(grant, best)));
            tell_paused(down, demand.grant.is_none(), sink);
        }
        self.demands = demands;
        self.ask_for_awaited_keyframes(now, slot, sink);
    }

    /// Gathers the videos among which a peer's path is to be divided, settles all else, and returns what sound takes.
    pub(super) fn collect_demands<S: Sink + ?Sized>(
        &mut self,
        now: Instant,
        slot: u32,
        demands: &mut Vec<Demand>,
        sink: &mut S,
    ) -> Bitrate {
        let mut sound = Bitrate::default();
        let Some(peer) = self.peers.get(slot) else { return sound };
        for &slot in &peer.down_tracks {
            let Some(down) = self.down_tracks.get_mut(slot) else { continue };
            let Some(up) = self.up_tracks.get(down.source) else { continue };
            let Some(last) = up.encodings.len().checked_sub(1) else { continue };

            let demand = demand(slot, down, up, now);
            if !down.wish.enabled {
                down.selector.aim(None);
            } else if up.kind == MediaKind::Audio {
                down.selector.aim(Some(Aim::whole(down.wish.encoding.min(last as u8))));
                if !up.muted && self.loudest.hears(down.source) {
                    sound = sound.plus(demand.costs[0].unwrap_or_default());
                }
            } else if up.muted || demand.best().is_none() {
                let room = peer.downlink.sustainable();
                let aim = Ladder::before_anything(up, down.wish, down.selector.target(), room);
                down.selector.aim(Some(aim));
                if up.has_gone_quiet(now) {
                    tell_paused(down, true, sink);
                }
            } else if let Some(demand) = demand.relieved(self.relief) {
                demands.push(demand);
            } else {
                down.selector.aim(None);
                tell_paused(down, true, sink);
            }
        }
        sound
    }

    fn ask_for_awaited_keyframes<S: Sink + ?Sized>(&mut self, now: Instant, slot: u32, sink: &mut S) {
        let mut index = 0;
        while let Some(&down) = self.peers.get(slot).and_then(|peer| peer.down_tracks.get(index)) {
            index += 1;
            let Some(down) = self.down_tracks.get(down) else { continue };
            let Some(encoding) = down.selector.awaits_keyframe() else { continue };
            let source = down.source;
            if !self.comes_by_itself(now, source, encoding, down.selector.awaits_layer()) {
                self.want_keyframe(now, source, encoding, sink);
            }
        }
    }

    /// Whether a layer can be entered without a keyframe: some senders see to that from time to time.
    fn comes_by_itself(&self, now: Instant, slot: u32, encoding: u8, layer: Option<u8>) -> bool {
        let encoding = self.up_tracks.get(slot).and_then(|up| up.encodings.get(usize::from(encoding)));
        encoding.zip(layer).is_some_and(|(encoding, layer)| encoding.meter.is_entered(layer, now))
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

    /// Asks the sender of an encoding for a keyframe, unless it was asked a moment ago.
    pub(super) fn want_keyframe<S: Sink + ?Sized>(
        &mut self,
        now: Instant,
        slot: u32,
        encoding: u8,
        sink: &mut S,
    ) {
        let Some(up) = self.up_tracks.get_mut(slot) else { return };
        if up.muted {
            return;
        }
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

/// What a subscriber would like, and what each step towards it takes.
fn demand(slot: u32, down: &DownTrack, up: &UpTrack, now: Instant) -> Demand {
    let ladder = Ladder::of(up, down.wish, now);
    Demand {
        slot,
        screen: up.screen,
        priority: down.wish.priority,
        costs: ladder.costs(),
        highest: ladder.highest(),
        current: ladder.step(down.selector.target()),
        grant: None,
    }
}

fn tell_paused<S: Sink + ?Sized>(down: &mut DownTrack, paused: bool, sink: &mut S) {
    if down.paused != paused {
        down.paused = paused;
        sink.event(Event::DownTrackPaused { track: down.id, paused });
    }
}

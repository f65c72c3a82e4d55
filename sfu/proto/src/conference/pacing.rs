//! Packets that wait for their time, and bursts that find out what a path carries.

use std::time::{Duration, Instant};

use super::timers::Timers;
use super::{Conference, Outlet, Sink};
use crate::bandwidth::pacer::Release;
use crate::participant::Participant;
use crate::track::moment::Moment;

/// Sees to it that a peer for which packets wait is looked after.
pub(super) fn schedule(
    timers: &mut Timers,
    pacing: &mut Vec<u32>,
    moment: Moment,
    slot: u32,
    peer: &Participant,
) {
    let Some(at) = peer.pacer.next_release(moment.micros) else { return };
    timers.want_release(moment.now + Duration::from_micros(at.saturating_sub(moment.micros)));
    if !pacing.contains(&slot) {
        pacing.push(slot);
    }
}

impl Conference {
    /// Sends what may leave now.
    pub(super) fn release_due<S: Sink + ?Sized>(&mut self, now: Instant, sink: &mut S) {
        let moment = self.moment(now);
        let waiting = std::mem::take(&mut self.pacing);
        for &slot in &waiting {
            self.release(moment, slot, sink);
        }
        let mut empty = waiting;
        empty.clear();
        // The list that was walked has room already.
        empty.append(&mut self.pacing);
        self.pacing = empty;
    }

    /// Begins a probe of a peer's path, if one is due.
    pub(super) fn probe<S: Sink + ?Sized>(&mut self, now: Instant, slot: u32, sink: &mut S) {
        let moment = self.moment(now);
        let Some(peer) = self.peers.get_mut(slot).filter(|peer| peer.connected) else { return };
        let fillable = peer
            .down_tracks
            .iter()
            .any(|&down| self.down_tracks.get(down).is_some_and(|down| down.can_pad() && down.wish.enabled));
        if !fillable {
            return;
        }
        if let Some(probe) = peer.downlink.poll_probe(now, moment.micros) {
            peer.pacer.begin(moment.micros, probe);
            self.release(moment, slot, sink);
        }
    }

    fn release<S: Sink + ?Sized>(&mut self, moment: Moment, slot: u32, sink: &mut S) {
        let Some(peer) = self.peers.get_mut(slot) else { return };
        let mut out = Outlet { moment, sink, scratch: &mut self.scratch };
        while let Some(release) = peer.pacer.release(moment.micros) {
            match release {
                Release::Packet(held) => {
                    let Some(down) = self.down_tracks.get_mut(held.down).filter(|down| down.peer == slot)
                    else {
                        continue;
                    };
                    let Some(up) = self.up_tracks.get(down.source).filter(|up| !up.muted) else { continue };
                    down.release(held.sequence, up, peer, &mut out);
                }
                Release::Padding(size) => {
                    let padded = (0..peer.down_tracks.len()).any(|index| {
                        let Some(down) = self.down_tracks.get_mut(peer.down_tracks[index]) else {
                            return false;
                        };
                        let Some(up) = self.up_tracks.get(down.source).filter(|up| !up.muted) else {
                            return false;
                        };
                        down.wish.enabled && down.pad(size, up, peer, &mut out)
                    });
                    if !padded {
                        peer.pacer.give_up();
                    }
                }
            }
        }
        schedule(&mut self.timers, &mut self.pacing, moment, slot, peer);
    }
}

//! Pictures come in bursts. Forwarding a burst viewer by viewer, instead of packet by packet, finds what is known of a
//! viewer in the processor's cache for all but the first packet, and gives runs of packets to one address.

use std::time::Instant;

use super::slab::Slab;
use super::{Conference, Depth, Outlet, Sink, pacing};
use crate::participant::Participant;
use crate::track::down_track::DownTrack;
use crate::track::{MediaPacket, SourceKey};

/// Packets that wait to be forwarded until all of a batch have come; they lie in the stores of their sources.
#[derive(Debug, Default)]
pub(super) struct Batch {
    collecting: bool,
    packets: Vec<Waiting>,
    /// How many of them are done, and how many viewers of those that are next.
    done: usize,
    viewers: usize,
}

#[derive(Debug, Clone, Copy)]
struct Waiting {
    track: u32,
    source: SourceKey,
    sequence: u64,
}

impl Batch {
    pub(super) fn collect(&mut self) {
        self.collecting = true;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// Takes a packet in; if not, it is to be forwarded at once.
    pub(super) fn takes(&mut self, track: u32, packet: &MediaPacket<'_>) -> bool {
        if self.collecting {
            self.packets.push(Waiting { track, source: packet.source, sequence: packet.sequence });
        }
        self.collecting
    }

    /// Whether so much has come that it has to be forwarded before more is taken in.
    pub(super) fn is_full(&self) -> bool {
        self.packets.len() >= MOST
    }

    /// The packets of one track that are next.
    fn run(&self) -> &[Waiting] {
        let rest = &self.packets[self.done..];
        let track = rest.first().map(|first| first.track);
        let run = rest.iter().take_while(|packet| Some(packet.track) == track).count();
        &rest[..run.min(RUN)]
    }
}

impl Conference {
    /// Forwards all that was collected.
    pub(super) fn forward_collected<S: Sink + ?Sized>(&mut self, now: Instant, sink: &mut S) {
        while self.forward_some(now, sink) {}
    }

    pub(super) fn forward_some<S: Sink + ?Sized>(&mut self, now: Instant, sink: &mut S) -> bool {
        if self.batch.is_empty() {
            return false;
        }
        let moment = self.moment(now);
        if self.batch.done == 0 && self.batch.viewers == 0 {
            // Stable: packets of one track stay in order.
            self.batch.packets.sort_by_key(|packet| packet.track);
        }
        let run = self.batch.run();
        let (count, track) = (run.len(), run.first().map(|first| first.track));
        let up = track.and_then(|track| self.up_tracks.get(track)).filter(|up| !up.muted);
        let viewers = up.map_or(&[][..], |up| &up.subscribers);
        let from = self.batch.viewers.min(viewers.len());
        let until = viewers.len().min(from + PACKETS_AT_ONCE.div_ceil(count.max(1)));

        if let Some(up) = up {
            let packets: [Option<MediaPacket<'_>>; RUN] = std::array::from_fn(|index| {
                let packet = run.get(index)?;
                up.encoding(packet.source)?.stored(packet.source, packet.sequence, &up.codecs)
            });
            for (index, &viewer) in viewers[from..until].iter().enumerate() {
                let ahead = |by: usize| viewers.get(from + index + by).copied();
                bring_near(&self.down_tracks, &self.peers, sink, ahead);
                let mut out = Outlet { moment, sink, scratch: &mut self.scratch };
                let Some(down) = self.down_tracks.get_mut(viewer) else { continue };
                let Some(peer) = self.peers.get_mut(down.peer).filter(|peer| peer.connected) else {
                    continue;
                };
                let waited = !peer.pacer.is_empty();
                let mut followed = None;
                for packet in packets.iter().flatten() {
                    let sent = followed
                        .is_some_and(|(source, newest)| source == packet.source && packet.sequence <= newest);
                    if !sent && let Some(newest) = down.forward(packet, up, peer, &mut out) {
                        followed = Some((packet.source, newest));
                    }
                }
                if !waited && !peer.pacer.is_empty() {
                    pacing::schedule(&mut self.timers, &mut self.pacing, moment, down.peer, peer);
                }
            }
        }

        self.batch.viewers = until;
        if until == viewers.len() {
            self.batch.done += count;
            self.batch.viewers = 0;
        }
        if self.batch.done < self.batch.packets.len() {
            return true;
        }
        self.batch.packets.clear();
        self.batch.done = 0;
        false
    }
}

/// Asks for what the next viewers take, each time for what lies behind that for which was asked the time before.
#[inline]
fn bring_near<S: Sink + ?Sized>(
    down_tracks: &Slab<DownTrack>,
    peers: &Slab<Participant>,
    sink: &S,
    ahead: impl Fn(usize) -> Option<u32>,
) {
    if let Some(next) = ahead(4) {
        down_tracks.bring_near(next);
    }
    if let Some(next) = ahead(3).and_then(|next| down_tracks.get(next)) {
        next.bring_rest_near();
        peers.bring_near(next.peer);
        sink.bring_near(next.key(), Depth::Link);
    }
    if let Some(next) = ahead(2).and_then(|next| down_tracks.get(next)) {
        sink.bring_near(next.key(), Depth::State);
        if let Some(peer) = peers.get(next.peer) {
            peer.bring_rest_near();
        }
    }
    if let Some(next) = ahead(1).and_then(|next| down_tracks.get(next)) {
        sink.bring_near(next.key(), Depth::Keys);
    }
}

/// Packets of one track that are forwarded to a viewer in one go.
const RUN: usize = 16;
/// Packets that are made before they are sent: not more than the processor's cache holds.
const PACKETS_AT_ONCE: usize = 512;
/// Packets that wait at most: fewer than the smallest store holds.
const MOST: usize = 32;

#[cfg(test)]
mod tests {
    use crate::conference::tests::rig::{Media, Rig, VP8, camera, down, vp8};
    use crate::track::payload::vp8::tests::descriptor;

    #[test]
    fn viewers_get_the_same_whether_or_not_packets_are_collected() {
        let run = |collect: bool| {
            let mut rig = Rig::with_peers(4);
            rig.publish(1, camera(1));
            for viewer in 2..=4 {
                rig.subscribe(viewer, down(viewer, 1, vec![vp8()]));
            }
            if collect {
                rig.conference.collect();
            }
            for sequence in 1..=100 {
                let payload = descriptor(sequence, 0, sequence == 1);
                let media =
                    Media { ssrc: 11, payload_type: VP8.0, sequence, payload: &payload, ..Media::default() };
                rig.send(1, media);
                if sequence % 7 == 0 {
                    rig.forward_batch();
                }
            }
            rig.forward_batch();
            rig.advance(std::time::Duration::from_millis(40));
            [2, 3, 4].map(|viewer: u32| {
                // What else there is are probes.
                let packets = rig.received(viewer).into_iter().filter(|packet| packet.ssrc == 1_000 + viewer);
                packets.map(|packet| (packet.sequence, packet.timestamp, packet.payload)).collect::<Vec<_>>()
            })
        };

        let (at_once, collected) = (run(false), run(true));

        assert_eq!(at_once.each_ref().map(Vec::len), [100; 3]);
        assert!(at_once == collected);
    }
}

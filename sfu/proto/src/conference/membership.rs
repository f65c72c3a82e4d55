//! Peers come and go.

use std::collections::BTreeSet;
use std::time::Instant;

use super::{Conference, PeerKey, Sink};
use crate::id::PeerId;
use crate::participant::{KnownStreams, Nature, Participant};

impl Conference {
    pub(super) fn add_peer(&mut self, now: Instant, id: PeerId, key: PeerKey, nature: Nature) {
        if self.peer_ids.contains_key(&id) {
            return;
        }
        self.epoch.get_or_insert(now);
        self.timers.start(now);

        let slot = self.peers.insert(Participant::new(id, key, nature));
        self.peer_ids.insert(id, slot);
        match self.slots.binary_search_by_key(&key, |&(key, _)| key) {
            Ok(index) => self.slots[index].1 = slot,
            Err(index) => self.slots.insert(index, (key, slot)),
        }
    }

    pub(super) fn connect_peer<S: Sink + ?Sized>(&mut self, now: Instant, id: PeerId, sink: &mut S) {
        let Some(&slot) = self.peer_ids.get(&id) else { return };
        let Some(peer) = self.peers.get_mut(slot) else { return };
        peer.connected = true;
        self.allocate(now, slot, sink);
    }

    /// The first pictures are to be there soon, so they begin with a layer that any path carries. Those who watch the
    /// peer need keyframes, too.
    pub(super) fn welcome_back<S: Sink + ?Sized>(&mut self, now: Instant, id: PeerId, sink: &mut S) {
        let Some(&slot) = self.peer_ids.get(&id) else { return };
        let Some(peer) = self.peers.get_mut(slot) else { return };
        peer.downlink.restart();
        peer.pacer.clear();
        for &down in &peer.down_tracks {
            if let Some(down) = self.down_tracks.get_mut(down) {
                down.selector.restart();
            }
        }
        self.allocate(now, slot, sink);

        for up in self.peers.get(slot).map(|peer| peer.up_tracks.clone()).unwrap_or_default() {
            let subscribers = self.up_tracks.get(up).map_or(&[][..], |up| &up.subscribers);
            let watched =
                subscribers.iter().filter_map(|&down| self.down_tracks.get(down)?.selector.current());
            let watched: BTreeSet<_> = watched.map(|source| source.encoding).collect();
            for encoding in watched {
                self.want_keyframe(now, up, encoding, sink);
            }
        }
    }

    pub(super) fn streams_of(&self, id: PeerId) -> KnownStreams {
        let mut known = KnownStreams::default();
        let Some(peer) = self.peer_ids.get(&id).and_then(|&slot| self.peers.get(slot)) else { return known };
        for &slot in &peer.up_tracks {
            let Some(up) = self.up_tracks.get(slot) else { continue };
            let mut encodings: Vec<_> = up.encodings.iter().map(|encoding| encoding.params).collect();
            for (ssrc, source) in peer.sources.iter().filter(|(_, source)| source.track == slot) {
                let Some(encoding) = encodings.get_mut(usize::from(source.encoding)) else { continue };
                match source.repair {
                    true => encoding.rtx_ssrc = Some(ssrc),
                    false => encoding.ssrc = Some(ssrc),
                }
            }
            known.insert(up.id, encodings);
        }
        known
    }

    pub(super) fn remove_peer<S: Sink + ?Sized>(&mut self, now: Instant, id: PeerId, sink: &mut S) {
        let Some(slot) = self.peer_ids.remove(&id) else { return };
        let Some(peer) = self.peers.get(slot) else { return };

        for up in peer.up_tracks.clone() {
            self.end_up_track(now, up, sink);
        }
        let downs = self.peers.get(slot).map(|peer| peer.down_tracks.clone());
        for down in downs.unwrap_or_default() {
            self.end_down_track(down);
        }
        self.end_taps(slot);
        if let Some(peer) = self.peers.remove(slot) {
            self.slots.retain(|&entry| entry != (peer.key, slot));
        }
    }
}

//! One conference on several shards: what comes of a publisher here goes on to the others, where a bridge publishes it
//! in that one's name. There it is stored, chosen from and sent again like any other source; what its subscribers ask
//! of its sender comes back over the bridge.

use super::feedback::MAX_NACKED;
use super::{Conference, Sink};
use crate::id::{PeerId, Ssrc, UpTrackId};
use crate::rtcp::nack::Nack;
use crate::track::tap::Tap;

impl Conference {
    pub(super) fn add_tap(&mut self, peer: PeerId, track: UpTrackId, ssrcs: Vec<Ssrc>) {
        let (Some(&slot), Some(&source)) = (self.peer_ids.get(&peer), self.up_ids.get(&track)) else {
            return;
        };
        let (Some(peer), Some(up)) = (self.peers.get_mut(slot), self.up_tracks.get_mut(source)) else {
            return;
        };
        let tap = Tap::new(slot, peer.key, ssrcs, up);
        up.taps.retain(|tap| tap.peer != slot);
        up.taps.push(tap);
        if !peer.tapped.contains(&source) {
            peer.tapped.push(source);
        }
    }

    pub(super) fn remove_tap(&mut self, peer: PeerId, track: UpTrackId) {
        let (Some(&slot), Some(&source)) = (self.peer_ids.get(&peer), self.up_ids.get(&track)) else {
            return;
        };
        if let Some(up) = self.up_tracks.get_mut(source) {
            up.taps.retain(|tap| tap.peer != slot);
        }
        if let Some(peer) = self.peers.get_mut(slot) {
            peer.tapped.retain(|&other| other != source);
        }
    }

    /// Ends all taps of a peer that leaves.
    pub(super) fn end_taps(&mut self, slot: u32) {
        let Some(peer) = self.peers.get(slot) else { return };
        for &source in &peer.tapped {
            if let Some(up) = self.up_tracks.get_mut(source) {
                up.taps.retain(|tap| tap.peer != slot);
            }
        }
    }

    /// The source, by slot, and the encoding of it that go over a bridge under this number.
    pub(super) fn tapped_as(&self, slot: u32, ssrc: Ssrc) -> Option<(u32, u8)> {
        let mut tapped = self.peers.get(slot)?.tapped.iter();
        tapped.find_map(|&source| {
            let taps = &self.up_tracks.get(source)?.taps;
            let encoding = taps.iter().find(|tap| tap.peer == slot)?.encoding(ssrc)?;
            Some((source, encoding))
        })
    }

    /// Packets were lost between shards, for which one of them has to be very busy.
    pub(super) fn resend_to_tap<S: Sink + ?Sized>(&mut self, slot: u32, nack: Nack<'_>, sink: &mut S) {
        let Some((source, encoding)) = self.tapped_as(slot, nack.media) else { return };
        let Some(up) = self.up_tracks.get(source) else { return };
        let Some(encoding) = up.encodings.get(usize::from(encoding)) else { return };
        let Some(newest) = encoding.newest() else { return };
        for sequence in nack.sequences().take(MAX_NACKED) {
            let back = u64::from((newest as u16).wrapping_sub(sequence));
            let Some(position) = newest.checked_sub(back) else { continue };
            if let Some(packet) = encoding.stored(encoding.source(), position, &up.codecs) {
                up.tap_again(slot, &packet, &mut self.scratch.header, sink);
            }
        }
    }
}

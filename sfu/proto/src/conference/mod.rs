//! The media object of a room: who sends what to whom. Works on plain RTP and RTCP; encryption is the transports'.

mod batch;
mod feedback;
mod forward;
mod hearing;
mod ladder;
mod layers;
mod membership;
mod pacing;
mod slab;
mod taps;
mod timers;
mod tracks;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::time::Instant;

use crate::bandwidth::allocator::Demand;
use crate::bandwidth::estimator::Fate;
use crate::id::{ConferenceId, DownTrackId, PeerId, Ssrc, UpTrackId};
use crate::io::{DownTrackParams, Event, LayerWish, UpTrackParams};
use crate::participant::{KnownStreams, Nature, Participant};
use crate::relief::Relief;
use crate::speaker::Loudest;
use crate::track::down_track::{DownTrack, Outlet, Scratch};
use crate::track::moment::Moment;
use crate::track::up_track::UpTrack;
use batch::Batch;
use slab::Slab;

/// A peer's place in its shard: an index that finds its transport without hashing. Reused after the peer has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeerKey(pub u32);

/// One RTP packet for one peer, in pieces so that nothing is copied before encryption.
#[derive(Debug, Clone, Copy)]
pub struct RtpOut<'a> {
    /// The whole RTP header with its extensions, rewritten for this peer.
    pub header: &'a [u8],
    /// Rewritten first bytes of the payload (a VP8 descriptor, an RTX original sequence number); often empty.
    pub payload_head: &'a [u8],
    /// The rest of the payload as it came.
    pub payload: &'a [u8],
}

/// Where a conference puts what it has decided. The shard behind it encrypts, batches and sends.
pub trait Sink {
    /// Sends one RTP packet.
    fn send_rtp(&mut self, peer: PeerKey, packet: RtpOut<'_>);
    /// Sends one compound RTCP packet (RFC 3550 §6.1).
    fn send_rtcp(&mut self, peer: PeerKey, compound: &[u8]);
    /// Tells the rooms.
    fn event(&mut self, event: Event);
    /// Asks for what sending to a peer takes, before it is needed (`near.rs`).
    fn bring_near(&self, _peer: PeerKey, _depth: Depth) {}
}

/// How far behind the peer's key something lies that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// What is found by the key.
    Link,
    /// What is found there.
    State,
    /// What is found through that.
    Keys,
}

/// Everything that happens to decrypted packets in one room. Commands about something unknown are ignored.
///
/// ```text
/// handle_rtp ─ forward.rs: Sources → UpTrack → (sound: hearing.rs) → each DownTrack → Sink
/// handle_rtcp ─ feedback.rs: reports, NACK, PLI, transport feedback
/// handle_timeout ─ timers.rs: feedback of ours, reports, retries, speakers
/// commands ─ membership.rs, tracks.rs
/// other shards ─ taps.rs
/// ```
#[derive(Debug)]
pub struct Conference {
    id: ConferenceId,
    random: Random,
    /// The stream in whose name we send feedback.
    ssrc: Ssrc,
    epoch: Option<Instant>,
    peers: Slab<Participant>,
    up_tracks: Slab<UpTrack>,
    down_tracks: Slab<DownTrack>,
    /// Slots of peers, by their transports' keys, in order.
    slots: Vec<(PeerKey, u32)>,
    peer_ids: HashMap<PeerId, u32>,
    up_ids: HashMap<UpTrackId, u32>,
    down_ids: HashMap<DownTrackId, u32>,
    timers: timers::Timers,
    /// Whose sound is forwarded.
    loudest: Loudest,
    /// Packets of pictures that came in this batch; see [`Self::collect`].
    batch: Batch,
    /// What is left out while the shard has too much to do.
    relief: Relief,
    /// The slots of peers for which packets wait.
    pacing: Vec<u32>,
    scratch: Scratch,
    /// For RTCP that is being written, feedback that is being read, layers that are being chosen.
    rtcp: Vec<u8>,
    fates: Vec<Fate>,
    demands: Vec<Demand>,
}

impl Conference {
    /// An empty conference; the seed makes its sequence numbers and the like unpredictable.
    #[must_use]
    pub fn new(id: ConferenceId, seed: u64) -> Self {
        let mut random = Random(seed);
        Self {
            id,
            ssrc: Ssrc(random.next() as u32 | 1),
            random,
            epoch: None,
            peers: Slab::default(),
            up_tracks: Slab::default(),
            down_tracks: Slab::default(),
            slots: Vec::new(),
            peer_ids: HashMap::new(),
            up_ids: HashMap::new(),
            down_ids: HashMap::new(),
            timers: timers::Timers::default(),
            loudest: Loudest::new(usize::MAX),
            batch: Batch::default(),
            relief: Relief::None,
            pacing: Vec::new(),
            scratch: Scratch::default(),
            rtcp: Vec::new(),
            fates: Vec::new(),
            demands: Vec::new(),
        }
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> ConferenceId {
        self.id
    }

    /// Whether nobody is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.peers.is_empty()
    }

    /// Lets a peer in. One of our own process counts as connected at once.
    pub fn join(&mut self, now: Instant, peer: PeerId, key: PeerKey, nature: Nature) {
        self.add_peer(now, peer, key, nature);
    }

    /// The transport of a peer can carry media from now on.
    pub fn connected<S: Sink + ?Sized>(&mut self, now: Instant, peer: PeerId, sink: &mut S) {
        self.connect_peer(now, peer, sink);
    }

    /// A peer whose path carried nothing for a while is there again: what it missed is not repeated, and all it is to
    /// see begins anew.
    pub fn back<S: Sink + ?Sized>(&mut self, now: Instant, peer: PeerId, sink: &mut S) {
        self.welcome_back(now, peer, sink);
    }

    /// What is known of a peer's streams, for the conference that it moves to.
    #[must_use]
    pub fn known_streams(&self, peer: PeerId) -> KnownStreams {
        self.streams_of(peer)
    }

    /// Ends a peer, its up tracks and its down tracks.
    pub fn leave<S: Sink + ?Sized>(&mut self, now: Instant, peer: PeerId, sink: &mut S) {
        self.remove_peer(now, peer, sink);
    }

    /// Declares or re-declares what a peer sends in one media section.
    pub fn publish<S: Sink + ?Sized>(
        &mut self,
        now: Instant,
        peer: PeerId,
        track: UpTrackParams,
        sink: &mut S,
    ) {
        self.declare_up_track(now, peer, track, sink);
    }

    /// Ends an up track and all its down tracks.
    pub fn unpublish<S: Sink + ?Sized>(&mut self, now: Instant, track: UpTrackId, sink: &mut S) {
        self.remove_up_track(now, track, sink);
    }

    /// Drops or passes all media of an up track.
    pub fn mute_up_track<S: Sink + ?Sized>(
        &mut self,
        now: Instant,
        track: UpTrackId,
        muted: bool,
        sink: &mut S,
    ) {
        self.set_muted(now, track, muted, sink);
    }

    /// Has a sound forwarded however quiet it is beside others, or only if it is among the loudest.
    pub fn always_hear(&mut self, track: UpTrackId, always: bool) {
        if let Some(&slot) = self.up_ids.get(&track) {
            self.loudest.always(slot, always);
        }
    }

    /// Begins forwarding an up track to a peer. A subscription with a known id replaces that one.
    pub fn subscribe<S: Sink + ?Sized>(
        &mut self,
        now: Instant,
        peer: PeerId,
        track: DownTrackParams,
        sink: &mut S,
    ) {
        self.add_down_track(now, peer, track, sink);
    }

    /// Ends one down track.
    pub fn unsubscribe<S: Sink + ?Sized>(&mut self, now: Instant, track: DownTrackId, sink: &mut S) {
        self.remove_down_track(now, track, sink);
    }

    /// Changes what a subscriber would like to see.
    pub fn wish<S: Sink + ?Sized>(
        &mut self,
        now: Instant,
        track: DownTrackId,
        wish: LayerWish,
        sink: &mut S,
    ) {
        self.set_wish(now, track, wish, sink);
    }

    /// Sends all that comes of an up track to a bridge, each encoding under a number of its own.
    pub fn tap(&mut self, peer: PeerId, track: UpTrackId, ssrcs: Vec<Ssrc>) {
        self.add_tap(peer, track, ssrcs);
    }

    /// Ends that.
    pub fn untap(&mut self, peer: PeerId, track: UpTrackId) {
        self.remove_tap(peer, track);
    }

    /// Takes one decrypted RTP packet of a peer.
    pub fn handle_rtp<S: Sink + ?Sized>(&mut self, now: Instant, from: PeerKey, packet: &[u8], sink: &mut S) {
        self.receive_rtp(now, from, packet, sink);
    }

    /// From now on pictures are not forwarded packet by packet, but when [`Self::forward_batch`] is called: so all that
    /// came at once for a viewer is worked off while what is known of that viewer is at hand.
    pub fn collect(&mut self) {
        self.batch.collect();
    }

    /// From now on only the loudest so many of all who speak are forwarded, and what is always heard.
    pub fn hear_at_most(&mut self, voices: usize) {
        self.loudest.limit(voices);
    }

    /// Leaves out so much of what viewers would get, from when their layers are looked at next.
    pub fn relieve(&mut self, relief: Relief) {
        self.relief = relief;
    }

    /// Whether packets wait for [`Self::forward_batch`].
    #[must_use]
    pub fn has_batch(&self) -> bool {
        !self.batch.is_empty()
    }

    /// Forwards what was collected to some of its viewers; tells whether it is to be called again.
    pub fn forward_batch<S: Sink + ?Sized>(&mut self, now: Instant, sink: &mut S) -> bool {
        self.forward_some(now, sink)
    }

    /// Takes one decrypted compound RTCP packet of a peer.
    pub fn handle_rtcp<S: Sink + ?Sized>(
        &mut self,
        now: Instant,
        from: PeerKey,
        compound: &[u8],
        sink: &mut S,
    ) {
        self.receive_rtcp(now, from, compound, sink);
    }

    /// When [`Self::handle_timeout`] wants to be called, at the latest. Changes only in calls to this conference.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next().filter(|_| !self.is_empty())
    }

    /// Does what time has made due.
    pub fn handle_timeout<S: Sink + ?Sized>(&mut self, now: Instant, sink: &mut S) {
        self.run_timers(now, sink);
    }

    fn moment(&mut self, now: Instant) -> Moment {
        Moment::new(now, *self.epoch.get_or_insert(now))
    }

    fn slot(&self, key: PeerKey) -> Option<u32> {
        let index = self.slots.binary_search_by_key(&key, |&(key, _)| key).ok()?;
        Some(self.slots[index].1)
    }
}

/// Numbers that look random to whoever does not know the seed (SplitMix64). Not for secrets.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
}

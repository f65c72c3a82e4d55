//! The media object of a room: who sends what to whom. Works on plain RTP and RTCP; encryption is the transports'.

use std::time::Instant;

use crate::id::{ConferenceId, DownTrackId, PeerId, UpTrackId};
use crate::io::{DownTrackParams, Event, LayerWish, UpTrackParams};

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
}

/// Everything that happens to decrypted packets in one room. Commands about something unknown are ignored.
#[derive(Debug)]
pub struct Conference {
    id: ConferenceId,
    peers: Vec<(PeerKey, PeerId)>,
}

impl Conference {
    /// An empty conference; the seed makes its sequence numbers and the like unpredictable.
    #[must_use]
    pub fn new(id: ConferenceId, _seed: u64) -> Self {
        Self { id, peers: Vec::new() }
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

    /// Lets a peer in. A direct one counts as connected at once.
    pub fn join(&mut self, _now: Instant, peer: PeerId, key: PeerKey, _direct: bool) {
        self.peers.push((key, peer));
    }

    /// The transport of a peer can carry media from now on.
    pub fn connected<S: Sink + ?Sized>(&mut self, _now: Instant, _peer: PeerId, _sink: &mut S) {}

    /// Ends a peer, its up tracks and its down tracks.
    pub fn leave<S: Sink + ?Sized>(&mut self, _now: Instant, peer: PeerId, _sink: &mut S) {
        self.peers.retain(|&(_, other)| other != peer);
    }

    /// Declares or re-declares what a peer sends in one media section.
    pub fn publish<S: Sink + ?Sized>(
        &mut self,
        _now: Instant,
        _peer: PeerId,
        _track: UpTrackParams,
        _sink: &mut S,
    ) {
    }

    /// Ends an up track and all its down tracks.
    pub fn unpublish<S: Sink + ?Sized>(&mut self, _now: Instant, _track: UpTrackId, _sink: &mut S) {}

    /// Drops or passes all media of an up track.
    pub fn mute_up_track<S: Sink + ?Sized>(
        &mut self,
        _now: Instant,
        _track: UpTrackId,
        _muted: bool,
        _sink: &mut S,
    ) {
    }

    /// Begins forwarding an up track to a peer.
    pub fn subscribe<S: Sink + ?Sized>(
        &mut self,
        _now: Instant,
        _peer: PeerId,
        _track: DownTrackParams,
        _sink: &mut S,
    ) {
    }

    /// Ends one down track.
    pub fn unsubscribe<S: Sink + ?Sized>(&mut self, _now: Instant, _track: DownTrackId, _sink: &mut S) {}

    /// Changes what a subscriber would like to see.
    pub fn wish<S: Sink + ?Sized>(
        &mut self,
        _now: Instant,
        _track: DownTrackId,
        _wish: LayerWish,
        _sink: &mut S,
    ) {
    }

    /// Takes one decrypted RTP packet of a peer.
    pub fn handle_rtp<S: Sink + ?Sized>(
        &mut self,
        _now: Instant,
        _from: PeerKey,
        _packet: &[u8],
        _sink: &mut S,
    ) {
    }

    /// Takes one decrypted compound RTCP packet of a peer.
    pub fn handle_rtcp<S: Sink + ?Sized>(
        &mut self,
        _now: Instant,
        _from: PeerKey,
        _compound: &[u8],
        _sink: &mut S,
    ) {
    }

    /// When [`Self::handle_timeout`] wants to be called, at the latest. Changes only in calls to this conference.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    /// Does what time has made due.
    pub fn handle_timeout<S: Sink + ?Sized>(&mut self, _now: Instant, _sink: &mut S) {}
}

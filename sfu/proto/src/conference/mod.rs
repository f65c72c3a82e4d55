//! The media object of a room: who sends what to whom. Works on plain RTP and RTCP; encryption is the transports'.

use crate::io::Event;

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

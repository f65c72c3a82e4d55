//! What both sides of the duel have in common: a sender that estimates, and a receiver that tells it what arrived.

use std::time::Instant;

/// A sender and its receiver, without the link between them.
pub(crate) trait Contender {
    /// What travels.
    type Packet;

    /// Gives the sender a picture, in packets of so many bytes.
    fn write(&mut self, now: Instant, packets: &[usize]);

    /// The next packet from sender to receiver, and its size with all headers.
    fn poll_media(&mut self) -> Option<(usize, Self::Packet)>;

    /// A packet has reached the receiver. Tells how many bytes of pictures it brought.
    fn handle_media(&mut self, now: Instant, packet: Self::Packet) -> usize;

    /// The next packet from receiver to sender, and its size.
    fn poll_feedback(&mut self) -> Option<(usize, Self::Packet)>;

    /// A packet has reached the sender.
    fn handle_feedback(&mut self, now: Instant, packet: Self::Packet);

    /// When either wants to be called.
    fn poll_timeout(&self) -> Option<Instant>;

    /// Calls both.
    fn handle_timeout(&mut self, now: Instant);

    /// What the sender believes it can send, in bits per second.
    fn estimate(&self) -> u64;
}

/// What IPv4 and UDP add to a datagram.
pub(crate) const UDP_OVERHEAD: usize = 28;

//! What the path towards a peer carries, learned from what became of the packets sent on it.

mod flow;
mod groups;
mod loss;
mod queue;
mod rate_control;
mod reported;
mod send_side;
mod trend;

#[cfg(test)]
mod tests;

use std::fmt::Debug;
use std::time::{Duration, Instant};

use super::Bitrate;
use super::probe::Probe;
pub use reported::Reported;
pub use send_side::SendSide;

/// What became of one packet, as transport-wide feedback tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fate {
    /// When it left, in microseconds of our clock.
    pub departure: u64,
    /// When it arrived, in microseconds of the peer's clock; `None` if it is lost.
    pub arrival: Option<i64>,
    /// Its size on the wire in bytes.
    pub size: u16,
    /// The probe to which it belonged; 0 for none.
    pub probe: u8,
}

/// An estimator of the available bitrate. It is told what happens and never asked to wait. All rates are those on the
/// wire, headers included.
pub trait Estimator: Debug + Send {
    /// Learns that a packet leaves, at a time in microseconds of our clock.
    fn handle_sent(&mut self, micros: u64, size: usize);

    /// Learns the fates of packets, in the order of their departure.
    fn handle_feedback(&mut self, now: Instant, fates: &[Fate]);

    /// Learns the round trip.
    fn handle_rtt(&mut self, rtt: Duration);

    /// Learns how much there would be to send if nothing limited it. It is no use to estimate far beyond.
    fn want(&mut self, bitrate: Bitrate);

    /// A burst that should be sent now to find out whether more passes. Our clock's reading comes as `micros`, too.
    fn poll_probe(&mut self, now: Instant, micros: u64) -> Option<Probe>;

    /// What can be sent.
    fn available(&self) -> Bitrate;

    /// What can be sent in the long run: while a queue drains, that is more than can be sent just now.
    fn sustainable(&self) -> Bitrate;

    /// When the path was last found congested.
    fn congested_at(&self) -> Option<Instant>;
}

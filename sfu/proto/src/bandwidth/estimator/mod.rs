//! What the path towards a peer carries, learned from what became of the packets sent on it.

mod delivery;
mod loss_and_delay;
mod queue;

use std::fmt::Debug;
use std::time::{Duration, Instant};

use super::Bitrate;
pub use loss_and_delay::LossAndDelay;

/// What became of one packet, as transport-wide feedback tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fate {
    /// When it left, in microseconds of our clock.
    pub departure: u64,
    /// When it arrived, in microseconds of the peer's clock; `None` if it is lost.
    pub arrival: Option<i64>,
    /// Its size in bytes.
    pub size: u16,
}

/// An estimator of the available bitrate. It is told what happens and never asked to wait.
pub trait Estimator: Debug + Send {
    /// Learns the fates of packets, in the order of their departure.
    fn handle_feedback(&mut self, now: Instant, fates: &[Fate]);

    /// Learns the fraction of packets lost from a receiver report; ignored where transport-wide feedback says more.
    fn handle_loss(&mut self, now: Instant, fraction: f32);

    /// Learns the receiver's own estimate; ignored where transport-wide feedback says more.
    fn handle_remb(&mut self, now: Instant, bitrate: Bitrate);

    /// Learns the round trip.
    fn handle_rtt(&mut self, rtt: Duration);

    /// Learns how much there would be to send if nothing limited it. It is no use to estimate far beyond. `idle` tells
    /// that nothing is on its way, so that no feedback will come.
    fn want(&mut self, now: Instant, bitrate: Bitrate, idle: bool);

    /// What can be sent.
    fn available(&self) -> Bitrate;

    /// When the path was last found congested.
    fn congested_at(&self) -> Option<Instant>;
}

//! What a leg's media thread counts and the call record reads, without either waiting for the other.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use sip_gateway_proto::call::MediaReport;

/// The counts of one leg. Only its media thread writes. Closing a leg reads them at once instead of asking the thread:
/// a busy thread would hold up the call, and the few packets still under way are on no bill.
#[derive(Debug, Default)]
pub(super) struct Tally {
    received: AtomicU64,
    received_octets: AtomicU64,
    sent: AtomicU64,
    sent_octets: AtomicU64,
    lost: AtomicU64,
    jitter_micros: AtomicU64,
    round_trip_micros: AtomicU64,
}

impl Tally {
    pub(super) fn note_received(&self, octets: usize) {
        raise(&self.received, 1);
        raise(&self.received_octets, octets as u64);
    }

    pub(super) fn note_sent(&self, octets: usize) {
        raise(&self.sent, 1);
        raise(&self.sent_octets, octets as u64);
    }

    pub(super) fn set_reception(&self, lost: u64, worst_jitter_millis: f32) {
        self.lost.store(lost, Relaxed);
        self.jitter_micros.store((worst_jitter_millis * 1_000.0) as u64, Relaxed);
    }

    pub(super) fn set_round_trip(&self, round_trip: Duration) {
        // Zero says that there is none.
        self.round_trip_micros.store((round_trip.as_micros() as u64).max(1), Relaxed);
    }

    /// Packets and octets sent.
    pub(super) fn sent(&self) -> (u64, u64) {
        (self.sent.load(Relaxed), self.sent_octets.load(Relaxed))
    }

    /// All of it, for the call record.
    pub(super) fn report(&self, codec: Option<String>, encrypted: bool) -> MediaReport {
        let round_trip = self.round_trip_micros.load(Relaxed);
        MediaReport {
            codec,
            encrypted,
            packets: (self.received.load(Relaxed), self.sent.load(Relaxed)),
            octets: (self.received_octets.load(Relaxed), self.sent_octets.load(Relaxed)),
            lost: self.lost.load(Relaxed),
            jitter: Duration::from_micros(self.jitter_micros.load(Relaxed)),
            round_trip: (round_trip != 0).then(|| Duration::from_micros(round_trip)),
        }
    }
}

/// With one writer there is nothing to race with, so no bus is locked.
fn raise(count: &AtomicU64, by: u64) {
    count.store(count.load(Relaxed) + by, Relaxed);
}

//! Counts what arrives of one stream, for receiver reports (RFC 3550 §6.4.1, appendix A.3 and A.8).

use std::time::Instant;

use super::moment::media_ticks;
use crate::id::Ssrc;
use crate::rtcp::report::{ReportBlock, SenderInfo};

/// The reception of one stream.
#[derive(Debug, Clone, Default)]
pub struct Reception {
    clock_rate: u32,
    first: Option<u64>,
    newest: u64,
    received: u64,
    repaired: u64,
    reported: Counts,
    /// In sixteenths of a tick.
    jitter: u32,
    transit: Option<(Instant, u32)>,
    sender: Option<SenderClock>,
}

/// The instant of a sender report, on the sender's two clocks and ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderClock {
    /// When it arrived.
    pub at: Instant,
    /// The sender's wall clock, 32.32 fixed point seconds.
    pub ntp: u64,
    /// The media clock.
    pub rtp: u32,
}

/// Packets that ought to have arrived, and that did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Those that ought to have.
    pub expected: u64,
    /// Those that did, repairs included.
    pub received: u64,
    /// Those of them that came only when they were asked for again.
    pub repaired: u64,
}

impl Counts {
    /// Counts another stream as well.
    pub fn add(&mut self, other: Self) {
        self.expected += other.expected;
        self.received += other.received;
        self.repaired += other.repaired;
    }

    /// What came on top of an earlier state.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            expected: self.expected.saturating_sub(earlier.expected),
            received: self.received.saturating_sub(earlier.received),
            repaired: self.repaired.saturating_sub(earlier.repaired),
        }
    }

    /// Packets lost for good.
    #[must_use]
    pub fn lost(self) -> u64 {
        self.expected.saturating_sub(self.received)
    }

    /// The part of them that did not come by itself.
    #[must_use]
    pub fn lost_on_the_way(self) -> f32 {
        let came = self.received.saturating_sub(self.repaired);
        self.expected.saturating_sub(came) as f32 / self.expected.max(1) as f32
    }
}

impl Reception {
    /// Nothing received yet.
    #[must_use]
    pub fn new(clock_rate: u32) -> Self {
        Self { clock_rate, ..Self::default() }
    }

    /// Counts a packet that is no duplicate. A repaired one says nothing about transit times.
    pub fn count(&mut self, now: Instant, sequence: u64, timestamp: u32, repaired: bool) {
        let first = *self.first.get_or_insert(sequence);
        self.first = Some(first.min(sequence));
        self.newest = self.newest.max(sequence);
        self.received += 1;

        if repaired {
            self.repaired += 1;
            return;
        }
        if let Some((then, before)) = self.transit {
            let elapsed = media_ticks(now.saturating_duration_since(then), self.clock_rate);
            let deviation = elapsed.wrapping_sub(timestamp.wrapping_sub(before)) as i32;
            // Clocks that jump would take minutes to forget.
            let deviation = deviation.unsigned_abs().min(self.clock_rate);
            self.jitter = self.jitter - (self.jitter + 8) / 16 + deviation;
        }
        self.transit = Some((now, timestamp));
    }

    /// Learns the sender's clocks.
    pub fn handle_sender_report(&mut self, now: Instant, info: SenderInfo) {
        if info.ntp != 0 {
            self.sender = Some(SenderClock { at: now, ntp: info.ntp, rtp: info.rtp });
        }
    }

    /// The last sender report.
    #[must_use]
    pub fn sender_clock(&self) -> Option<SenderClock> {
        self.sender
    }

    /// Everything since the stream began.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let expected = self.first.map_or(0, |first| self.newest - first + 1);
        Counts { expected, received: self.received, repaired: self.repaired }
    }

    /// Reports the stream since the last report.
    pub fn report(&mut self, now: Instant, ssrc: Ssrc) -> Option<ReportBlock> {
        let first = self.first?;
        let counts = self.counts();
        let recent = counts.since(self.reported);
        self.reported = counts;

        let lost = (recent.lost() * 256).checked_div(recent.expected).unwrap_or(0);
        let since = self.sender.map_or(0, |sender| {
            let elapsed = now.saturating_duration_since(sender.at);
            media_ticks(elapsed, 65_536)
        });
        Some(ReportBlock {
            ssrc,
            fraction_lost: lost.min(255) as u8,
            cumulative_lost: (counts.expected as i64 - counts.received as i64).clamp(-0x80_0000, 0x7f_ffff)
                as i32,
            // Wraps are counted from the first packet on (RFC 3550 §6.4.1).
            highest_sequence: (self.newest - (first & !0xffff)) as u32,
            jitter: self.jitter / 16,
            last_report: self.sender.map_or(0, |sender| middle(sender.ntp)),
            since_last_report: since,
        })
    }
}

/// The middle 32 bits of a wall clock reading, by which reports refer to it.
#[must_use]
pub fn middle(ntp: u64) -> u32 {
    (ntp >> 16) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn wraps_are_counted_from_the_first_packet_on() {
        let mut reception = Reception::new(90_000);
        let mut sequences = crate::rtp::Unwrapper::<16>::default();
        let now = Instant::now();
        let mut highest = |numbers: &[u16]| {
            for &number in numbers {
                reception.count(now, sequences.extend(number), 0, false);
            }
            reception.report(now, Ssrc(1)).expect("something came").highest_sequence
        };

        assert_eq!(highest(&[65_534]), 65_534);
        assert_eq!(highest(&[65_535, 0, 1]), 0x1_0001);
    }

    #[test]
    fn losses_are_reported_once_as_a_fraction_and_forever_in_sum() {
        let start = Instant::now();
        let mut reception = Reception::new(90_000);
        for sequence in [100, 101, 103] {
            reception.count(start, sequence, 0, false);
        }

        let first = reception.report(start, Ssrc(1)).expect("received");
        reception.count(start, 104, 0, false);
        let second = reception.report(start, Ssrc(1)).expect("received");

        assert_eq!((first.fraction_lost, first.cumulative_lost), (64, 1));
        assert_eq!((second.fraction_lost, second.cumulative_lost), (0, 1));
        assert_eq!(second.highest_sequence, 104);
    }

    #[test]
    fn a_repair_takes_its_loss_back() {
        let start = Instant::now();
        let mut reception = Reception::new(90_000);
        reception.count(start, 1, 0, false);
        reception.count(start, 3, 0, false);
        reception.count(start, 2, 0, true);

        let block = reception.report(start, Ssrc(1)).expect("received");
        assert_eq!((block.fraction_lost, block.cumulative_lost), (0, 0));
    }

    #[test]
    fn the_age_of_the_last_sender_report_is_told() {
        let start = Instant::now();
        let mut reception = Reception::new(90_000);
        reception.count(start, 1, 0, false);
        let info = SenderInfo { ntp: 0x0001_0203_0405_0607, ..SenderInfo::default() };
        reception.handle_sender_report(start, info);

        let block = reception.report(start + Duration::from_millis(500), Ssrc(1)).expect("received");

        assert_eq!(block.last_report, 0x0203_0405);
        assert_eq!(block.since_last_report, 32_768);
    }

    #[test]
    fn even_spacing_has_no_jitter_and_uneven_spacing_has() {
        let start = Instant::now();
        let jitter = |arrivals: [u64; 3]| {
            let mut reception = Reception::new(1_000);
            for (packet, millis) in arrivals.into_iter().enumerate() {
                let now = start + Duration::from_millis(millis);
                reception.count(now, packet as u64, 20 * packet as u32, false);
            }
            reception.report(start, Ssrc(1)).expect("received").jitter
        };

        assert_eq!(jitter([0, 20, 40]), 0);
        assert!(jitter([0, 50, 60]) > 0);
    }
}

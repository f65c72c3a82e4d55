//! Counts what arrives, for receiver reports and the call record (RFC 3550 §6.4.1, appendix A.3 and A.8).

use std::time::Instant;

use super::media_ticks;

/// What arrived on one leg, over all its sources.
#[derive(Debug, Clone, Default)]
pub struct Reception {
    clock_rate: u32,
    first: Option<u64>,
    newest: u64,
    received: u64,
    /// Of sources that ended.
    before: Totals,
    reported: Totals,
    /// In sixteenths of a tick.
    jitter: u32,
    worst_jitter: u32,
    transit: Option<(Instant, u32)>,
}

/// Packets since the call began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Those that ought to have come.
    pub expected: u64,
    /// Those that did.
    pub received: u64,
}

impl Totals {
    /// Those that did not.
    #[must_use]
    pub fn lost(self) -> u64 {
        self.expected.saturating_sub(self.received)
    }
}

/// The numbers of a report block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceptionReport {
    /// In 1/256 since the last report.
    pub fraction_lost: u8,
    /// Of this source, since it began; duplicates could make it negative.
    pub cumulative_lost: i32,
    /// The furthest sequence number with the count of its wraps.
    pub highest_sequence: u32,
    /// In ticks.
    pub jitter: u32,
}

impl Reception {
    /// Nothing received yet.
    #[must_use]
    pub fn new(clock_rate: u32) -> Self {
        Self { clock_rate, ..Self::default() }
    }

    /// Counts a packet that is no duplicate.
    pub fn count(&mut self, sequence: u64) {
        let first = *self.first.get_or_insert(sequence);
        self.first = Some(first.min(sequence));
        self.newest = self.newest.max(sequence);
        self.received += 1;
    }

    /// Measures how unevenly packets come.
    pub fn note_transit(&mut self, now: Instant, timestamp: u32) {
        if let Some((then, before)) = self.transit {
            let elapsed = media_ticks(now.saturating_duration_since(then), self.clock_rate);
            let deviation = elapsed.wrapping_sub(timestamp.wrapping_sub(before)) as i32;
            // Clocks that jump would take minutes to forget.
            let deviation = deviation.unsigned_abs().min(self.clock_rate);
            self.jitter = self.jitter - (self.jitter + 8) / 16 + deviation;
            self.worst_jitter = self.worst_jitter.max(self.jitter);
        }
        self.transit = Some((now, timestamp));
    }

    /// Another source begins; what the last one lost stays counted.
    pub fn restart(&mut self) {
        self.before = self.totals();
        (self.first, self.newest, self.received, self.transit) = (None, 0, 0, None);
    }

    /// Another codec begins.
    pub fn change_clock(&mut self, clock_rate: u32) {
        let scale = |jitter: u32| {
            (u64::from(jitter) * u64::from(clock_rate) / u64::from(self.clock_rate.max(1))) as u32
        };
        (self.jitter, self.worst_jitter) = (scale(self.jitter), scale(self.worst_jitter));
        (self.clock_rate, self.transit) = (clock_rate, None);
    }

    /// Everything since the call began.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let expected = self.first.map_or(0, |first| self.newest - first + 1);
        Totals { expected: self.before.expected + expected, received: self.before.received + self.received }
    }

    /// Jitter now and at its worst, in milliseconds.
    #[must_use]
    pub fn jitter_millis(&self) -> (f32, f32) {
        let millis = |jitter: u32| jitter as f32 / 16.0 * 1_000.0 / self.clock_rate.max(1) as f32;
        (millis(self.jitter), millis(self.worst_jitter))
    }

    /// Reports the present source since the last report.
    pub fn report(&mut self) -> Option<ReceptionReport> {
        let first = self.first?;
        let totals = self.totals();
        let expected = totals.expected.saturating_sub(self.reported.expected);
        let received = totals.received.saturating_sub(self.reported.received);
        self.reported = totals;

        let fraction = (expected.saturating_sub(received) * 256).checked_div(expected).unwrap_or(0);
        let lost = (self.newest - first + 1) as i64 - self.received as i64;
        Some(ReceptionReport {
            fraction_lost: fraction.min(255) as u8,
            cumulative_lost: lost.clamp(-0x80_0000, 0x7F_FFFF) as i32,
            highest_sequence: self.newest as u32,
            jitter: self.jitter / 16,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn losses_are_reported_once_as_a_fraction_and_forever_in_sum() {
        let mut reception = Reception::new(8_000);
        for sequence in [100, 101, 103] {
            reception.count(sequence);
        }
        let first = reception.report().expect("received");
        reception.count(104);
        let second = reception.report().expect("received");

        assert_eq!((first.fraction_lost, first.cumulative_lost), (64, 1));
        assert_eq!((second.fraction_lost, second.cumulative_lost, second.highest_sequence), (0, 1, 104));
        assert_eq!(reception.totals().lost(), 1);
    }

    #[test]
    fn a_new_source_loses_nothing_between_itself_and_the_last() {
        let mut reception = Reception::new(8_000);
        reception.count(10);
        reception.count(12);
        reception.restart();
        reception.count(60_000);

        assert_eq!(reception.totals(), Totals { expected: 4, received: 3 });
        assert_eq!(reception.report().map(|report| report.cumulative_lost), Some(0));
    }

    #[test]
    fn even_spacing_has_no_jitter_and_uneven_spacing_tends_to_its_mean() {
        let start = Instant::now();
        let jitter = |offset: fn(u64) -> u64| {
            let mut reception = Reception::new(8_000);
            for packet in 0..500 {
                let now = start + Duration::from_millis(20 * packet + offset(packet));
                reception.note_transit(now, 160 * packet as u32);
            }
            reception.jitter_millis().0
        };

        assert!(jitter(|_| 0) < 0.1);
        let uneven = jitter(|packet| packet % 2 * 10);
        assert!((9.0..11.0).contains(&uneven), "{uneven} ms");
    }
}

//! When the packets of one peer arrived here, by their transport-wide sequence numbers, until it is told.

use crate::id::Ssrc;
use crate::rtcp::twcc::{self, FeedbackHeader};
use crate::rtp::Unwrapper;
use crate::track::moment::Moment;

/// A ring of arrivals. Takes no memory until the peer numbers its packets.
#[derive(Debug, Default)]
pub struct Arrivals {
    numbers: Unwrapper<16>,
    /// The first that is not yet reported.
    unreported: u64,
    fresh: bool,
    feedback_count: u8,
    ring: Vec<Arrival>,
    batch: Vec<Option<u64>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Arrival {
    number: u64,
    ticks: u64,
}

impl Arrivals {
    /// Notes an arrival.
    pub fn note(&mut self, moment: Moment, number: u16) {
        if self.ring.is_empty() {
            self.ring = vec![Arrival::default(); LEN];
        }
        let before = self.numbers.newest();
        let number = self.numbers.extend(number);
        let Some(before) = before else {
            self.unreported = number;
            return self.put(moment, number);
        };

        // One that comes after its absence was reported is reported again, if not for too long.
        if number + REPEATED > before {
            self.unreported = self.unreported.min(number);
        }
        if number + LEN as u64 > before {
            self.put(moment, number);
        }
    }

    /// Appends feedback on what has arrived since the last; nothing if nothing has.
    pub fn write_feedback(&mut self, out: &mut Vec<u8>, sender: Ssrc, media: Ssrc) {
        let Some(newest) = self.numbers.newest().filter(|_| self.fresh) else { return };
        self.fresh = false;

        let first = self.unreported.max((newest + 1).saturating_sub(LEN as u64));
        self.batch.clear();
        self.batch.extend((first..=newest).map(|number| {
            let arrival = self.ring[number as usize % LEN];
            (arrival.number == number).then_some(arrival.ticks)
        }));

        let mut written = 0;
        while written < self.batch.len() {
            let header = FeedbackHeader { sender, media, feedback_count: self.feedback_count };
            let base = (first + written as u64) as u16;
            let rest = &self.batch[written..];
            written += twcc::write(out, header, base, &rest[..rest.len().min(MAX_STATUSES)]).max(1);
            self.feedback_count = self.feedback_count.wrapping_add(1);
        }
        self.unreported = newest + 1;
    }

    fn put(&mut self, moment: Moment, number: u64) {
        let arrival = &mut self.ring[number as usize % LEN];
        if arrival.number != number {
            // The draft's clock is arbitrary, but must not begin at zero here: the first delta would be negative
            // if packets of the first moments were reordered.
            let ticks = moment.micros / MICROS_PER_TICK + TICKS_AT_START;
            *arrival = Arrival { number, ticks };
            self.fresh = true;
        }
    }
}

const LEN: usize = 2_048;
const REPEATED: u64 = 256;
/// So many that a feedback fits a datagram even if each status takes two bits and two bytes.
const MAX_STATUSES: usize = 450;
const MICROS_PER_TICK: u64 = 250;
const TICKS_AT_START: u64 = 4 * 60_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtcp::{Packet, parse};
    use std::time::Instant;

    #[test]
    fn feedback_tells_what_arrived_and_what_did_not() {
        let mut arrivals = Arrivals::default();
        arrivals.note(at(0), 65_535);
        arrivals.note(at(10), 1);

        assert_eq!(feedback(&mut arrivals), [(65_535, Some(0)), (0, None), (1, Some(40))]);
        assert_eq!(feedback(&mut arrivals), []);
    }

    #[test]
    fn a_straggler_is_reported_although_its_absence_was() {
        let mut arrivals = Arrivals::default();
        arrivals.note(at(0), 1);
        arrivals.note(at(1), 3);
        feedback(&mut arrivals);

        arrivals.note(at(2), 2);

        assert_eq!(feedback(&mut arrivals), [(2, Some(0)), (3, Some(-4))]);
    }

    #[test]
    fn a_leap_in_numbers_does_not_make_endless_feedback() {
        let mut arrivals = Arrivals::default();
        arrivals.note(at(0), 1);
        feedback(&mut arrivals);

        arrivals.note(at(1), 30_000);

        let mut out = Vec::new();
        arrivals.write_feedback(&mut out, Ssrc(1), Ssrc(2));
        assert!(out.len() < 200);
    }

    #[test]
    fn a_straggler_from_before_the_first_number_is_harmless() {
        let mut arrivals = Arrivals::default();
        arrivals.note(at(0), 100);
        arrivals.note(at(0), 40);

        assert_eq!(feedback(&mut arrivals).len(), 61);
    }

    fn at(millis: u64) -> Moment {
        Moment { now: Instant::now(), micros: 1_000 * millis }
    }

    /// Numbers and ticks since the first arrival.
    fn feedback(arrivals: &mut Arrivals) -> Vec<(u16, Option<i64>)> {
        let mut out = Vec::new();
        arrivals.write_feedback(&mut out, Ssrc(1), Ssrc(2));
        let statuses = parse(&out).flat_map(|packet| match packet {
            Packet::TransportFeedback(feedback) => feedback.arrivals().collect::<Vec<_>>(),
            _ => Vec::new(),
        });
        let statuses: Vec<_> = statuses.collect();
        let first = statuses.iter().find_map(|&(_, ticks)| ticks).unwrap_or(0);
        statuses.into_iter().map(|(number, ticks)| (number, ticks.map(|ticks| ticks - first))).collect()
    }
}

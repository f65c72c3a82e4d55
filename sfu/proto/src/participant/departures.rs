//! When packets left for one peer, by their transport-wide sequence numbers, until feedback tells when they arrived.

use crate::near;
use crate::track::moment::Moment;

/// One packet on its way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Departure {
    /// Microseconds since the conference began.
    pub micros: u64,
    /// Its size on the wire in bytes.
    pub size: u16,
    /// The probe to which it belongs; 0 for none.
    pub probe: u8,
}

/// A departure as it is kept: in half the room, since it is not kept for an hour.
#[derive(Debug, Clone, Copy, Default)]
struct Kept {
    /// The low half.
    micros: u32,
    size: u16,
    probe: u8,
}

/// A ring of what was sent lately. It grows with the rate and takes no memory until used.
#[derive(Debug, Default)]
pub struct Departures {
    next: u64,
    /// All before it were reported on, or forgotten.
    acknowledged: u64,
    ring: Vec<Kept>,
}

impl Departures {
    /// Asks for the next places, before they are needed.
    #[inline]
    pub(crate) fn bring_near(&self) {
        let place = self.index(self.next);
        if let Some(next) = self.ring.get(place..self.ring.len().min(place + AHEAD)) {
            near::fetch(next);
        }
    }

    /// Notes a packet that leaves now and returns its number.
    #[inline]
    pub fn note(&mut self, moment: Moment, size: usize, probe: u8) -> u16 {
        if self.next - self.acknowledged >= self.ring.len() as u64 {
            self.make_room(moment);
        }
        let index = self.index(self.next);
        self.ring[index] = Kept { micros: moment.micros as u32, size: size as u16, probe };
        let number = self.next as u16;
        self.next += 1;
        number
    }

    /// How many are remembered at most, and so how many a feedback can tell of.
    #[must_use]
    pub fn reach(&self) -> usize {
        self.ring.len()
    }

    /// Takes a packet that was reported to have arrived or to be lost; each is given once.
    pub fn take(&mut self, moment: Moment, number: u16) -> Option<Departure> {
        let back = (self.next.checked_sub(1)? as u16).wrapping_sub(number);
        let position = (self.next - 1).checked_sub(u64::from(back))?;
        if self.next - position > self.ring.len() as u64 {
            return None;
        }

        self.acknowledged = self.acknowledged.max(position + 1);
        let index = self.index(position);
        let Kept { micros, size, probe } = std::mem::take(&mut self.ring[index]);
        let micros = moment.micros.checked_sub(age(moment, micros))?;
        (size > 0).then_some(Departure { micros, size, probe })
    }

    /// A full ring grows as long as what it would overwrite may still be reported on.
    fn make_room(&mut self, moment: Moment) {
        let oldest = self.ring.get(self.index(self.next)).copied().unwrap_or_default();
        let recent = age(moment, oldest.micros) < WANTED_SPAN_MICROS;
        if self.ring.is_empty() || (recent && self.ring.len() < MAX_LEN) {
            let mut larger = vec![Kept::default(); (2 * self.ring.len()).max(MIN_LEN)];
            let from = self.next.saturating_sub(self.ring.len() as u64);
            for position in from..self.next {
                larger[position as usize % (2 * self.ring.len()).max(MIN_LEN)] =
                    self.ring[self.index(position)];
            }
            self.ring = larger;
        } else {
            self.acknowledged = self.next + 1 - self.ring.len() as u64;
        }
    }

    fn index(&self, position: u64) -> usize {
        position as usize & self.ring.len().wrapping_sub(1)
    }
}

/// How long ago something happened of whose time the low half is known.
fn age(moment: Moment, micros: u32) -> u64 {
    u64::from((moment.micros as u32).wrapping_sub(micros))
}

/// Packets of a picture, about.
const AHEAD: usize = 8;
const MIN_LEN: usize = 256;
const MAX_LEN: usize = 16_384;
const WANTED_SPAN_MICROS: u64 = 2_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    #[test]
    fn each_departure_is_given_once() {
        let mut departures = Departures::default();
        assert_eq!(departures.take(at(7), 0), None);
        let first = departures.note(at(5), 100, 0);
        let second = departures.note(at(6), 200, 0);

        assert_eq!(departures.take(at(7), second).map(|departure| departure.size), Some(200));
        assert_eq!(departures.take(at(7), first).map(|departure| departure.micros), Some(5_000));
        assert_eq!(departures.take(at(7), first), None);
        assert_eq!(departures.take(at(7), second.wrapping_add(1)), None);
    }

    #[test]
    fn a_fast_sender_remembers_more_and_a_slow_one_stays_small() {
        let mut fast = Departures::default();
        let mut slow = Departures::default();
        for packet in 0..40_000_u64 {
            fast.note(at(packet / 4), 100, 0);
            slow.note(at(20 * packet), 100, 0);
        }

        assert_eq!(fast.ring.len(), 8_192);
        assert_eq!(slow.ring.len(), MIN_LEN);
        assert!(fast.take(at(10_000), (40_000_u64 - 7_000) as u16).is_some());
    }

    #[test]
    fn a_ring_that_is_reported_on_in_time_does_not_grow() {
        let mut departures = Departures::default();
        for packet in 0..100_000_u64 {
            let number = departures.note(at(packet / 10), 100, 0);
            departures.take(at(packet / 10), number.wrapping_sub(100));
        }

        assert_eq!(departures.ring.len(), MIN_LEN);
    }

    #[test]
    fn a_departure_is_known_to_the_microsecond_after_hours() {
        let mut departures = Departures::default();
        let hours = 3 * 3_600_000;
        let number = departures.note(at(hours), 100, 0);

        let taken = departures.take(at(hours + 700), number);

        assert_eq!(taken.map(|departure| departure.micros), Some(1_000 * hours));
    }

    fn at(millis: u64) -> Moment {
        Moment { now: Instant::now() + Duration::from_millis(millis), micros: 1_000 * millis }
    }
}

//! How fast bursts arrived.

use super::Probe;
use crate::bandwidth::Bitrate;
use crate::bandwidth::estimator::Fate;

/// What a burst showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// Which burst.
    pub probe: Probe,
    /// The rate at which it came through.
    pub rate: Bitrate,
    /// Whether that is all that passes: it arrived slower than it left.
    pub all: bool,
}

/// The bursts of which feedback may still come.
#[derive(Debug, Default)]
pub struct Measures {
    bursts: [Option<Burst>; 3],
    next: usize,
}

#[derive(Debug, Clone, Copy)]
struct Burst {
    probe: Probe,
    packets: u32,
    bytes: usize,
    departures: (i64, i64),
    arrivals: (i64, i64),
    /// The size of the last to leave, and of the first to arrive: they are outside the times between.
    last_left: usize,
    first_arrived: usize,
}

impl Measures {
    /// A burst is about to leave.
    pub fn expect(&mut self, probe: Probe) {
        self.bursts[self.next] = Some(Burst {
            probe,
            packets: 0,
            bytes: 0,
            departures: (i64::MAX, i64::MIN),
            arrivals: (i64::MAX, i64::MIN),
            last_left: 0,
            first_arrived: 0,
        });
        self.next = (self.next + 1) % self.bursts.len();
    }

    /// Learns of a packet of a burst; gives the burst and the rate that the path carried, once enough of it is known.
    pub fn note(&mut self, fate: &Fate) -> Option<Measured> {
        let arrival = fate.arrival?;
        let departure = fate.departure as i64;
        let slot =
            self.bursts.iter_mut().find(|burst| burst.is_some_and(|burst| burst.probe.id == fate.probe))?;
        let burst = slot.as_mut()?;
        burst.packets += 1;
        burst.bytes += usize::from(fate.size);
        if departure >= burst.departures.1 {
            burst.last_left = usize::from(fate.size);
        }
        if arrival < burst.arrivals.0 {
            burst.first_arrived = usize::from(fate.size);
        }
        burst.departures = (burst.departures.0.min(departure), burst.departures.1.max(departure));
        burst.arrivals = (burst.arrivals.0.min(arrival), burst.arrivals.1.max(arrival));

        let probe = burst.probe;
        let enough = f64::from(burst.packets) >= ENOUGH * f64::from(probe.packets)
            && burst.bytes as f64 >= ENOUGH * probe.bytes as f64;
        if !enough {
            return None;
        }
        let measured = burst.measure(probe);
        *slot = None;
        measured
    }
}

impl Burst {
    /// What both ends saw: nothing arrives faster than it was sent, and what arrives much slower has met the limit.
    fn measure(&self, probe: Probe) -> Option<Measured> {
        let between = |(first, last): (i64, i64), without: usize| {
            let micros = (last - first).max(1_000);
            (micros < LONGEST).then(|| Bitrate((self.bytes - without) as u64 * 8_000_000 / micros as u64))
        };
        let sent = between(self.departures, self.last_left)?;
        let received = between(self.arrivals, self.first_arrived)?;
        if received.0 > 3 * sent.0 {
            return None; // held back and let go of at once
        }
        let all = received < sent.scaled(0.9);
        Some(Measured { probe, rate: if all { received.scaled(0.95) } else { sent.min(received) }, all })
    }
}

const ENOUGH: f64 = 0.8;
/// In microseconds.
const LONGEST: i64 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_burst_that_arrives_as_it_left_was_no_burden() {
        let rate = measure(2_000, 2_000).expect("measured");

        assert!((1_900..2_100).contains(&(rate.0 / 1_000)), "{rate}");
    }

    #[test]
    fn a_burst_that_is_stretched_shows_what_the_path_carries() {
        let rate = measure(3_000, 1_000).expect("measured");

        assert!((900..1_000).contains(&(rate.0 / 1_000)), "{rate}");
    }

    #[test]
    fn too_little_of_it_says_nothing() {
        let mut measures = Measures::default();
        let probe = Probe::new(1, Bitrate::kbps(2_000), Duration::ZERO);
        measures.expect(probe);

        for packet in 0..3 {
            let fate =
                Fate { departure: packet * 4_000, arrival: Some(packet as i64), size: 1_000, probe: 1 };
            assert_eq!(measures.note(&fate), None);
        }
        let other = Fate { departure: 0, arrival: Some(0), size: 1_000, probe: 2 };
        assert_eq!(measures.note(&other), None);
    }

    /// Sends a burst at one rate, which arrives at another.
    fn measure(sent: u64, received: u64) -> Option<Bitrate> {
        let mut measures = Measures::default();
        measures.expect(Probe::new(7, Bitrate::kbps(sent), Duration::ZERO));
        let apart = |kbps: u64| 8_000_000 / kbps;
        (0..40).find_map(|packet| {
            let fate = Fate {
                departure: packet * apart(sent),
                arrival: Some((packet * apart(received)) as i64 - 5_000_000),
                size: 1_000,
                probe: 7,
            };
            measures.note(&fate).map(|measured| measured.rate)
        })
    }
}

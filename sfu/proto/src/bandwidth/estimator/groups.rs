//! Gathers packets that left together, and compares how one group and the next travelled: a link adds the same delay to
//! both, unless its queue has changed meanwhile (draft-ietf-rmcat-gcc-02 §5.2).

/// Packets that left within a few milliseconds.
#[derive(Debug, Clone, Copy)]
struct Group {
    first_departure: i64,
    last_departure: i64,
    first_arrival: i64,
    last_arrival: i64,
}

/// Between the ends of two groups, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Delta {
    /// At the sender.
    pub(super) sent: i64,
    /// At the receiver.
    pub(super) arrived: i64,
    /// When the later group was complete, by the receiver's clock.
    pub(super) at: i64,
}

/// The groups of one flow.
#[derive(Debug, Default)]
pub(super) struct Groups {
    previous: Option<Group>,
    present: Option<Group>,
}

impl Groups {
    /// Takes the next packet; tells the difference between two groups when it begins another.
    pub(super) fn add(&mut self, departure: i64, arrival: i64) -> Option<Delta> {
        let Some(present) = &mut self.present else {
            self.present = Some(Group::of(departure, arrival));
            return None;
        };
        if departure < present.first_departure {
            return None; // overtaken: its group is closed
        }
        if present.takes(departure, arrival) {
            present.last_departure = present.last_departure.max(departure);
            present.last_arrival = present.last_arrival.max(arrival);
            return None;
        }

        let (closed, previous) = (*present, self.previous);
        self.previous = Some(closed);
        self.present = Some(Group::of(departure, arrival));
        let previous = previous?;
        let delta = Delta {
            sent: closed.last_departure - previous.last_departure,
            arrived: closed.last_arrival - previous.last_arrival,
            at: closed.last_arrival,
        };
        let sane = delta.arrived >= 0 && (delta.arrived - delta.sent).abs() < ABSURD;
        if !sane {
            self.previous = None;
        }
        sane.then_some(delta)
    }
}

impl Group {
    fn of(departure: i64, arrival: i64) -> Self {
        Self {
            first_departure: departure,
            last_departure: departure,
            first_arrival: arrival,
            last_arrival: arrival,
        }
    }

    /// What left together belongs together, and so does what arrives together although it left later: some links hold
    /// packets back and let go of them at once.
    fn takes(&self, departure: i64, arrival: i64) -> bool {
        if departure - self.first_departure <= BURST {
            return true;
        }
        let waited = arrival - self.last_arrival;
        let caught_up = waited < departure - self.last_departure;
        caught_up && waited <= BURST && arrival - self.first_arrival < LONGEST_BURST
    }
}

/// In microseconds.
const BURST: i64 = 5_000;
const LONGEST_BURST: i64 = 100_000;
const ABSURD: i64 = 3_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_growing_queue_shows_as_arrivals_further_apart_than_departures() {
        let deltas = deltas(&[(0, 100), (20, 120), (40, 145), (60, 175)]);

        assert_eq!(deltas, [(20, 20), (20, 25)]);
    }

    #[test]
    fn a_burst_is_one_group() {
        let deltas = deltas(&[(0, 100), (1, 110), (2, 120), (40, 140), (41, 150), (80, 180), (120, 220)]);

        assert_eq!(deltas, [(39, 30), (39, 30)]);
    }

    #[test]
    fn packets_that_a_link_let_go_of_at_once_are_one_group() {
        let deltas = deltas(&[(0, 100), (10, 150), (20, 151), (30, 152), (80, 180), (120, 220)]);

        assert_eq!(deltas, [(30, 52), (50, 28)]);
    }

    #[test]
    fn what_was_overtaken_and_clocks_that_were_set_are_left_out() {
        assert_eq!(deltas(&[(0, 100), (20, 120), (10, 121), (40, 140), (60, 160)]), [(20, 20), (20, 20)]);
        let set =
            deltas(&[(0, 100), (20, 120), (40, 140), (60, 9_160), (80, 9_180), (100, 9_200), (120, 9_220)]);
        assert_eq!(set, [(20, 20), (20, 20), (20, 20)], "before it was set, and after");
    }

    fn deltas(packets: &[(i64, i64)]) -> Vec<(i64, i64)> {
        let mut groups = Groups::default();
        let packets = packets.iter().map(|&(departure, arrival)| (departure * 1_000, arrival * 1_000));
        let deltas = packets.filter_map(|(departure, arrival)| groups.add(departure, arrival));
        deltas.map(|delta| (delta.sent / 1_000, delta.arrived / 1_000)).collect()
    }
}

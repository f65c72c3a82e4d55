//! How long packets wait on their way: the excess of their transit times over the shortest of the last seconds.

use super::Fate;

/// The queue on a path. The clocks of both ends need not agree, only to run equally fast for some seconds.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// The shortest transit of the present and of the previous period, in microseconds.
    shortest: Option<(i64, i64)>,
    period_end: u64,
    length: i64,
}

impl Queue {
    /// Learns from packets and tells how long, in microseconds, the quickest of them waited.
    pub(super) fn update(&mut self, fates: &[Fate]) -> i64 {
        let transits =
            fates.iter().filter_map(|fate| Some((fate.departure, fate.arrival? - fate.departure as i64)));
        let Some((departure, transit)) = transits.min_by_key(|&(_, transit)| transit) else {
            return self.length;
        };

        let (present, previous) = self.shortest.unwrap_or((transit, transit));
        let shortest = present.min(previous);
        // A clock that was set makes all that was learned meaningless.
        if (transit - shortest).abs() > ABSURD {
            self.shortest = Some((transit, transit));
            self.length = 0;
            return 0;
        }
        self.shortest = Some(if departure >= self.period_end {
            self.period_end = departure + PERIOD;
            (transit, present)
        } else {
            (present.min(transit), previous)
        });
        self.length = (transit - shortest).max(0);
        self.length
    }
}

const PERIOD: u64 = 10_000_000;
const ABSURD: i64 = 30_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_shows_as_longer_transits() {
        let mut queue = Queue::default();

        assert_eq!(queue.update(&[fate(0, -500_000)]), 0);
        assert_eq!(queue.update(&[fate(10_000, -450_000), fate(11_000, -460_000)]), 29_000);
    }

    #[test]
    fn a_longer_route_is_the_new_normal_after_some_seconds() {
        let mut queue = Queue::default();
        queue.update(&[fate(0, 10_000)]);
        let mut length = 0;
        for second in 1..=25 {
            let departure = second * 1_000_000;
            length = queue.update(&[fate(departure, departure as i64 + 50_000)]);
        }

        assert_eq!(length, 0);
    }

    #[test]
    fn a_clock_that_was_set_is_not_a_queue() {
        let mut queue = Queue::default();
        queue.update(&[fate(0, 0)]);

        assert_eq!(queue.update(&[fate(1_000, 3_600_000_000)]), 0);
        assert_eq!(queue.update(&[fate(2_000, 3_600_001_000)]), 0);
    }

    #[test]
    fn losses_alone_change_nothing() {
        let mut queue = Queue::default();
        queue.update(&[fate(0, 0)]);
        let lost = Fate { arrival: None, ..fate(1_000, 0) };

        assert_eq!(queue.update(&[lost]), 0);
    }

    fn fate(departure: u64, arrival: i64) -> Fate {
        Fate { departure, arrival: Some(arrival), size: 1_000, probe: 0 }
    }
}

//! Whether the packets of one stream are all there, each once (RFC 3550 appendix A.1).

use std::ops::Range;

use sfu_proto::rtp::Unwrapper;

/// Follows the sequence numbers of one stream.
#[derive(Debug, Clone)]
pub struct Continuity {
    numbers: Unwrapper<16>,
    first: Option<u64>,
    newest: u64,
    arrived: u64,
    duplicated: u64,
    repaired: u64,
    unneeded: u64,
    late: u64,
    /// Which of the last [`WINDOW`] numbers have come, one bit each, at number modulo the window.
    seen: Box<[u64; WORDS]>,
}

/// What a packet is to its stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// The furthest so far; those before it that have not come, if any.
    Newest {
        /// Its number, which does not wrap.
        number: u64,
        /// What is missing.
        gap: Range<u64>,
    },
    /// One that was missing.
    Missed {
        /// Its number, which does not wrap.
        number: u64,
    },
    /// It was here before.
    Duplicate,
    /// From before all that is remembered.
    TooOld,
}

/// The sums of a stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Packets between the first and the furthest, both counted.
    pub expected: u64,
    /// Those of them that came, each once.
    pub arrived: u64,
    /// Packets that came once more, though not as a repair.
    pub duplicated: u64,
    /// Packets that came as a repair.
    pub repaired: u64,
    /// Repairs of what was here already: servers probe a path with them.
    pub unneeded: u64,
    /// Packets that came by themselves after later ones.
    pub late: u64,
}

impl Sums {
    /// Packets that never came.
    #[must_use]
    pub fn lost(self) -> u64 {
        self.expected.saturating_sub(self.arrived)
    }

    /// The lost part of what was expected, in per cent.
    #[must_use]
    pub fn loss(self) -> f64 {
        100.0 * self.lost() as f64 / self.expected.max(1) as f64
    }

    /// What came on top of an earlier state. What was missing then and has come since counts as come now.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            expected: self.expected - earlier.expected,
            arrived: self.arrived - earlier.arrived,
            duplicated: self.duplicated - earlier.duplicated,
            repaired: self.repaired - earlier.repaired,
            unneeded: self.unneeded - earlier.unneeded,
            late: self.late - earlier.late,
        }
    }

    /// Adds the sums of another stream.
    pub fn add(&mut self, other: Self) {
        self.expected += other.expected;
        self.arrived += other.arrived;
        self.duplicated += other.duplicated;
        self.repaired += other.repaired;
        self.unneeded += other.unneeded;
        self.late += other.late;
    }
}

impl Default for Continuity {
    fn default() -> Self {
        Self {
            numbers: Unwrapper::default(),
            first: None,
            newest: 0,
            arrived: 0,
            duplicated: 0,
            repaired: 0,
            unneeded: 0,
            late: 0,
            seen: Box::new([0; WORDS]),
        }
    }
}

impl Continuity {
    /// Notes a packet; a repair is one that was asked for.
    pub fn note(&mut self, sequence: u16, repair: bool) -> Arrival {
        let number = self.numbers.extend(sequence);
        let Some(first) = self.first else {
            self.first = Some(number);
            self.newest = number;
            self.arrived = 1;
            self.mark(number);
            return Arrival::Newest { number, gap: number..number };
        };

        if number > self.newest {
            let gap = self.newest + 1..number;
            self.forget(gap.clone());
            self.forget(number..number + 1);
            self.newest = number;
            self.take(number, repair);
            return Arrival::Newest { number, gap };
        }
        if self.newest - number >= WINDOW {
            return Arrival::TooOld;
        }
        if self.has(number) {
            let count = if repair { &mut self.unneeded } else { &mut self.duplicated };
            *count += 1;
            return Arrival::Duplicate;
        }
        self.first = Some(first.min(number));
        self.late += u64::from(!repair);
        self.take(number, repair);
        Arrival::Missed { number }
    }

    /// The sums so far.
    #[must_use]
    pub fn sums(&self) -> Sums {
        Sums {
            expected: self.first.map_or(0, |first| self.newest - first + 1),
            arrived: self.arrived,
            duplicated: self.duplicated,
            repaired: self.repaired,
            unneeded: self.unneeded,
            late: self.late,
        }
    }

    fn take(&mut self, number: u64, repair: bool) {
        self.arrived += 1;
        self.repaired += u64::from(repair);
        self.mark(number);
    }

    fn has(&self, number: u64) -> bool {
        self.seen[word(number)] & bit(number) != 0
    }

    fn mark(&mut self, number: u64) {
        self.seen[word(number)] |= bit(number);
    }

    fn forget(&mut self, numbers: Range<u64>) {
        if numbers.end - numbers.start >= WINDOW {
            self.seen.fill(0);
            return;
        }
        for number in numbers {
            self.seen[word(number)] &= !bit(number);
        }
    }
}

fn word(number: u64) -> usize {
    (number % WINDOW / 64) as usize
}

fn bit(number: u64) -> u64 {
    1 << (number % 64)
}

/// How far back a packet still finds its place.
const WINDOW: u64 = 4_096;
const WORDS: usize = WINDOW as usize / 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_stream_has_lost_nothing_across_the_wrap_of_its_numbers() {
        let continuity = follow((0..1_000).map(|packet| 65_000_u16.wrapping_add(packet)));

        let sums = continuity.sums();
        assert_eq!((sums.expected, sums.arrived, sums.lost()), (1_000, 1_000, 0));
    }

    #[test]
    fn an_injected_loss_is_found() {
        let continuity = follow((0..1_000).filter(|packet| ![17, 18, 400].contains(packet)));

        let sums = continuity.sums();
        assert_eq!((sums.expected, sums.lost()), (1_000, 3));
        assert!((sums.loss() - 0.3).abs() < 1e-9);
    }

    #[test]
    fn what_comes_out_of_order_is_late_and_not_lost() {
        let continuity = follow([1, 2, 5, 4, 3, 6]);

        let sums = continuity.sums();
        assert_eq!((sums.lost(), sums.late, sums.duplicated), (0, 2, 0));
    }

    #[test]
    fn a_packet_that_comes_twice_is_counted_once() {
        let continuity = follow([1, 2, 2, 3, 1]);

        let sums = continuity.sums();
        assert_eq!((sums.arrived, sums.duplicated, sums.lost()), (3, 2, 0));
    }

    #[test]
    fn a_repair_takes_a_loss_back() {
        let mut continuity = follow([1, 3]);
        assert_eq!(continuity.sums().lost(), 1);

        assert!(matches!(continuity.note(2, true), Arrival::Missed { .. }));

        let sums = continuity.sums();
        assert_eq!((sums.lost(), sums.repaired, sums.late), (0, 1, 0));
        assert_eq!(continuity.note(2, true), Arrival::Duplicate);
        assert_eq!((continuity.sums().unneeded, continuity.sums().duplicated), (1, 0));
    }

    #[test]
    fn a_gap_is_told_when_a_later_packet_comes() {
        let mut continuity = follow([10]);

        let Arrival::Newest { number, gap } = continuity.note(14, false) else {
            panic!("it is the furthest");
        };

        assert_eq!((number - gap.start, gap.end), (3, number));
    }

    #[test]
    fn a_number_is_not_taken_for_one_of_a_window_before() {
        let mut continuity = follow([0, 4_000]);

        assert!(matches!(continuity.note(4_095, false), Arrival::Newest { .. }));
        assert!(matches!(continuity.note(4_096, false), Arrival::Newest { .. }));
        assert_eq!(continuity.note(0, false), Arrival::TooOld);
        assert_eq!(continuity.sums().duplicated, 0);
    }

    fn follow(sequences: impl IntoIterator<Item = u16>) -> Continuity {
        let mut continuity = Continuity::default();
        for sequence in sequences {
            continuity.note(sequence, false);
        }
        continuity
    }
}

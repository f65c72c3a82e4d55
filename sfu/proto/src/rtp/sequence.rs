//! Numbers that wrap, such as RTP sequence numbers (RFC 3550 appendix A.1), and their renumbering without gaps.

/// Extends numbers of `BITS` bits that mostly rise to 64 bits that do not wrap.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unwrapper<const BITS: u32> {
    newest: Option<u64>,
}

impl<const BITS: u32> Unwrapper<BITS> {
    const PERIOD: u64 = 1 << BITS;

    /// The extended number nearest to the newest one seen, without learning from it.
    #[must_use]
    pub fn peek(&self, number: u16) -> u64 {
        let number = u64::from(number) % Self::PERIOD;
        // One period of room below the first number lets stragglers from before it stay positive.
        let Some(newest) = self.newest else {
            return Self::PERIOD + number;
        };

        let ahead = number.wrapping_sub(newest) % Self::PERIOD;
        if ahead < Self::PERIOD / 2 { newest + ahead } else { (newest + ahead).saturating_sub(Self::PERIOD) }
    }

    /// The extended number; later ones are measured against the furthest.
    pub fn extend(&mut self, number: u16) -> u64 {
        let extended = self.peek(number);
        self.newest = Some(self.newest.map_or(extended, |newest| newest.max(extended)));
        extended
    }

    /// The furthest number seen.
    #[must_use]
    pub fn newest(&self) -> Option<u64> {
        self.newest
    }
}

/// Gives rising numbers new ones without gaps where some are left out on purpose, while those that are only
/// missing keep their place.
#[derive(Debug, Clone)]
pub struct Renumbering {
    first: u64,
    newest: u64,
    /// The new number of the last position up to `newest` that was not left out.
    last: u64,
    /// Which of the last [`WINDOW`] positions were left out, one bit each, at position modulo the window.
    omitted: [u64; WORDS],
}

impl Renumbering {
    /// Lets `first` become `number`.
    #[must_use]
    pub fn starting(first: u64, number: u64) -> Self {
        Self { first, newest: first, last: number, omitted: [0; WORDS] }
    }

    /// The new number of a position, or `None` if it is from before the start, too old, or was left out.
    pub fn pass(&mut self, position: u64) -> Option<u64> {
        if position > self.newest {
            self.last += position - self.newest;
            self.advance(position);
            return Some(self.last);
        }
        if position < self.first || self.newest - position >= WINDOW || self.is_omitted(position) {
            return None;
        }

        let kept = (self.newest - position) - self.omitted_after(position);
        self.last.checked_sub(kept)
    }

    /// Leaves a position out; those after it close up. If a later one has been given its number already, its own was
    /// kept for it: that is returned, and stays a gap unless it is filled.
    pub fn omit(&mut self, position: u64) -> Option<u64> {
        if position <= self.newest {
            return self.pass(position);
        }
        self.last += position - self.newest - 1;
        self.advance(position);
        self.omitted[word(position)] |= bit(position);
        None
    }

    /// The highest number given so far.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.last
    }

    fn advance(&mut self, position: u64) {
        if position - self.newest >= WINDOW {
            self.omitted = [0; WORDS];
        } else {
            for passed in self.newest + 1..=position {
                self.omitted[word(passed)] &= !bit(passed);
            }
        }
        self.newest = position;
    }

    fn is_omitted(&self, position: u64) -> bool {
        self.omitted[word(position)] & bit(position) != 0
    }

    fn omitted_after(&self, position: u64) -> u64 {
        let omitted = (position + 1..=self.newest).filter(|&later| self.is_omitted(later));
        omitted.count() as u64
    }
}

fn word(position: u64) -> usize {
    (position % WINDOW / 64) as usize
}

fn bit(position: u64) -> u64 {
    1 << (position % 64)
}

/// How far back a straggler still finds its number.
const WINDOW: u64 = 512;
const WORDS: usize = WINDOW as usize / 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_across_the_wrap() {
        let mut unwrapper = Unwrapper::<16>::default();

        let before = unwrapper.extend(65_535);

        assert_eq!(unwrapper.extend(0), before + 1);
    }

    #[test]
    fn a_straggler_from_before_the_wrap_stays_behind() {
        let mut unwrapper = Unwrapper::<16>::default();
        let first = unwrapper.extend(1);

        assert_eq!(unwrapper.extend(65_534), first - 3);
        assert_eq!(unwrapper.newest(), Some(first));
    }

    #[test]
    fn picture_ids_of_fifteen_bits_wrap_too() {
        let mut unwrapper = Unwrapper::<15>::default();

        let before = unwrapper.extend(0x7fff);

        assert_eq!(unwrapper.extend(0), before + 1);
    }

    #[test]
    fn omitted_positions_close_up_and_missing_ones_keep_their_place() {
        let mut numbers = Renumbering::starting(1_000, 50);

        assert_eq!(numbers.pass(1_000), Some(50));
        numbers.omit(1_001);
        assert_eq!(numbers.pass(1_002), Some(51));
        assert_eq!(numbers.pass(1_005), Some(54));
        numbers.omit(1_006);
        assert_eq!(numbers.pass(1_004), Some(53));
        assert_eq!(numbers.pass(1_003), Some(52));
        assert_eq!(numbers.pass(1_007), Some(55));
    }

    #[test]
    fn a_position_omitted_too_late_tells_the_number_that_was_kept_for_it() {
        let mut numbers = Renumbering::starting(10, 0);
        numbers.pass(12);

        assert_eq!(numbers.omit(11), Some(1));
        assert_eq!(numbers.omit(13), None);
        assert_eq!(numbers.omit(13), None, "it has none");
    }

    #[test]
    fn an_omitted_position_has_no_number_any_more() {
        let mut numbers = Renumbering::starting(10, 0);
        numbers.omit(11);
        numbers.pass(12);

        assert_eq!(numbers.pass(11), None);
    }

    #[test]
    fn positions_before_the_start_or_too_far_back_have_no_number() {
        let mut numbers = Renumbering::starting(1_000, 0);
        numbers.pass(2_000);

        assert_eq!(numbers.pass(999), None);
        assert_eq!(numbers.pass(1_488), None);
        assert_eq!(numbers.pass(1_489), Some(489));
    }
}

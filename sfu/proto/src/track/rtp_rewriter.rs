//! Keeps one outgoing RTP stream continuous while its source changes (RFC 3550 §5.1).

use std::time::{Duration, Instant};

use super::moment::media_ticks;
use crate::rtp::Renumbering;

/// A packet's place in a source: the extended sequence number and the timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Extended sequence number.
    pub sequence: u64,
    /// Media clock.
    pub timestamp: u32,
}

/// Maps the positions of changing sources onto one gapless stream.
#[derive(Debug)]
pub struct RtpRewriter {
    clock_rate: u32,
    next: u16,                      // the first number of a stream that has not begun
    sequences: Option<Renumbering>, // of the present source
    shift: u32,                     // what we add to its timestamps
    newest: Option<(Instant, u32)>, // the furthest timestamp that we have sent
}

impl RtpRewriter {
    /// A stream that will begin at the given numbers, which nobody should be able to guess.
    #[must_use]
    pub fn new(clock_rate: u32, sequence: u16, timestamp: u32) -> Self {
        Self { clock_rate, next: sequence, sequences: None, shift: timestamp, newest: None }
    }

    /// Continues with another source, of which `first` is the first packet. `aligned` is that packet's timestamp on
    /// the clock of the source before, if both clocks are known; else the time that has passed tells.
    pub fn switch_source(&mut self, now: Instant, first: Position, aligned: Option<u32>) {
        let next = self.sequences.as_ref().map_or(u64::from(self.next), |sequences| sequences.last() + 1);
        self.sequences = Some(Renumbering::starting(first.sequence, next));

        let Some((sent_at, newest)) = self.newest else { return };
        let elapsed = now.saturating_duration_since(sent_at);
        let arrival = newest.wrapping_add(media_ticks(elapsed, self.clock_rate).max(1));
        let aligned = aligned.map(|timestamp| timestamp.wrapping_add(self.shift));

        let timestamp = aligned.filter(|&at| self.is_plausible(at, newest, arrival)).unwrap_or(arrival);
        self.shift = timestamp.wrapping_sub(first.timestamp);
    }

    /// Where a packet of the present source goes, or `None` if there is no place for it.
    pub fn rewrite(&mut self, now: Instant, position: Position) -> Option<(u16, u32)> {
        let sequence = self.sequences.as_mut()?.pass(position.sequence)? as u16;
        let timestamp = position.timestamp.wrapping_add(self.shift);

        let ahead = |newest: u32| timestamp.wrapping_sub(newest) as i32 > 0;
        if self.newest.is_none_or(|(_, newest)| ahead(newest)) {
            self.newest = Some((now, timestamp));
        }
        Some((sequence, timestamp))
    }

    /// The furthest sequence number given, if any.
    #[must_use]
    pub fn newest_sequence(&self) -> Option<u16> {
        self.sequences.as_ref().map(|sequences| sequences.last() as u16)
    }

    /// Leaves a packet of the present source out, without a gap; if it is too late for that, returns its number.
    pub fn omit(&mut self, sequence: u64) -> Option<u16> {
        Some(self.sequences.as_mut()?.omit(sequence)? as u16)
    }

    /// A timestamp of the present source on the outgoing clock.
    #[must_use]
    pub fn timestamp(&self, source: u32) -> u32 {
        source.wrapping_add(self.shift)
    }

    /// A timestamp that goes back, or far ahead of the time that has passed, comes from a clock that lies.
    fn is_plausible(&self, timestamp: u32, newest: u32, arrival: u32) -> bool {
        let tolerance = media_ticks(TOLERANCE, self.clock_rate) as i32;
        let off = timestamp.wrapping_sub(arrival) as i32;
        timestamp.wrapping_sub(newest) as i32 > 0 && off.saturating_abs() <= tolerance
    }
}

/// How far layers of one source may lie apart on their way here.
const TOLERANCE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequence_numbers_stay_contiguous_when_the_layer_switches() {
        let start = Instant::now();
        let later = start + Duration::from_millis(100);
        let mut rewriter = RtpRewriter::new(90_000, 65_535, 0);
        rewriter.switch_source(start, at(70_000, 1_000), None);
        rewriter.rewrite(start, at(70_000, 1_000));

        rewriter.switch_source(later, at(65_543, 500), None);

        assert_eq!(rewriter.rewrite(later, at(65_543, 500)), Some((0, 10_000)));
    }

    #[test]
    fn layers_with_known_clocks_are_aligned_rather_than_guessed() {
        let start = Instant::now();
        let later = start + Duration::from_millis(100);
        let mut rewriter = RtpRewriter::new(90_000, 1, 7);
        rewriter.switch_source(start, at(70_000, 1_000), None);
        rewriter.rewrite(start, at(70_000, 1_000));

        rewriter.switch_source(later, at(65_543, 500), Some(4_000));

        assert_eq!(rewriter.rewrite(later, at(65_543, 500)), Some((2, 4_007)));
    }

    #[test]
    fn a_clock_that_would_go_back_is_not_believed() {
        let start = Instant::now();
        let later = start + Duration::from_millis(100);
        let mut rewriter = RtpRewriter::new(90_000, 1, 0);
        rewriter.switch_source(start, at(70_000, 1_000), None);
        rewriter.rewrite(start, at(70_000, 1_000));

        rewriter.switch_source(later, at(65_543, 500), Some(900));

        assert_eq!(rewriter.rewrite(later, at(65_543, 500)), Some((2, 10_000)));
    }

    #[test]
    fn a_late_packet_from_before_the_switch_has_no_place() {
        let start = Instant::now();
        let mut rewriter = RtpRewriter::new(90_000, 1, 0);
        rewriter.switch_source(start, at(70_000, 1_000), None);
        rewriter.rewrite(start, at(70_000, 1_000));

        assert_eq!(rewriter.rewrite(start, at(69_999, 900)), None);
        assert_eq!(rewriter.rewrite(start, at(70_001, 1_000)), Some((2, 1_000)));
    }

    #[test]
    fn a_straggler_does_not_move_the_clock_back() {
        let start = Instant::now();
        let mut rewriter = RtpRewriter::new(90_000, 0, 0);
        rewriter.switch_source(start, at(70_000, 0), None);
        rewriter.rewrite(start, at(70_000, 0));
        rewriter.rewrite(start, at(70_002, 6_000));
        rewriter.rewrite(start, at(70_001, 3_000));

        rewriter.switch_source(start, at(70_500, 0), None);

        assert_eq!(rewriter.rewrite(start, at(70_500, 0)), Some((3, 6_001)));
    }

    fn at(sequence: u64, timestamp: u32) -> Position {
        Position { sequence, timestamp }
    }
}

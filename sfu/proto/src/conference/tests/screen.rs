//! What a browser shows of a stream of pictures: each once it is whole, and all before it back to a keyframe are.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// One picture on a screen.
#[derive(Debug, Default)]
pub(super) struct Screen {
    /// Packets that wait for others before them.
    waiting: BTreeMap<u64, Part>,
    /// The packet that is needed next.
    next: Option<u64>,
    /// When the picture changed last.
    changed: Option<Instant>,
    longest: Duration,
}

/// A packet of a picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) begins_keyframe: bool,
    pub(super) ends: bool,
}

impl Screen {
    /// A packet arrives, for the first time or not.
    pub(super) fn show(&mut self, at: Instant, sequence: u64, part: Part) {
        if self.next.is_some_and(|next| sequence < next) {
            return;
        }
        self.waiting.insert(sequence, part);
        self.advance(at);
        if let Some(start) = self.whole_keyframe() {
            self.next = Some(start);
            self.waiting = self.waiting.split_off(&start);
            self.advance(at);
        }
    }

    /// The longest time without a change until now.
    pub(super) fn longest(&self, now: Instant) -> Duration {
        self.changed.map_or(Duration::MAX, |changed| self.longest.max(now - changed))
    }

    /// Counts from now on.
    pub(super) fn look_again(&mut self, now: Instant) {
        self.longest = Duration::ZERO;
        self.changed = Some(now);
    }

    fn advance(&mut self, at: Instant) {
        while let Some((next, part)) = self.next.and_then(|next| Some((next, self.waiting.remove(&next)?))) {
            self.next = Some(next + 1);
            if part.ends {
                let still =
                    self.changed.map_or(Duration::ZERO, |changed| at.saturating_duration_since(changed));
                self.longest = self.longest.max(still);
                self.changed = Some(at);
            }
        }
    }

    /// Where a keyframe begins of which all is there.
    fn whole_keyframe(&self) -> Option<u64> {
        let starts = self.waiting.iter().filter(|(_, part)| part.begins_keyframe);
        let mut starts = starts.map(|(&start, _)| start);
        starts.find(|&start| {
            let run = self.waiting.range(start..).zip(start..).take_while(|((at, _), due)| *at == due);
            run.map(|((_, part), _)| part).any(|part| part.ends)
        })
    }
}

//! When something is due for which leg.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

use sip_gateway_proto::call::LegId;

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Task {
    /// A packet of our own.
    Tick,
    /// A step of the handshake that got no answer.
    Shake,
    /// A report by RTCP.
    Report,
    /// A look whether the leg still lives.
    Watch,
}

/// Times that are never taken back: what became of the leg shows when they are due.
#[derive(Debug, Default)]
pub(super) struct Timers(BinaryHeap<Reverse<(Instant, LegId, u32, Task)>>);

impl Timers {
    pub(super) fn set(&mut self, at: Instant, leg: LegId, life: u32, task: Task) {
        self.0.push(Reverse((at, leg, life, task)));
    }

    /// When something is due next.
    pub(super) fn next(&self) -> Option<Instant> {
        self.0.peek().map(|Reverse((at, ..))| *at)
    }

    /// What is due by now, the earliest first.
    pub(super) fn pop(&mut self, now: Instant) -> Option<(LegId, u32, Task)> {
        if self.next()? > now {
            return None;
        }
        let Reverse((_, leg, life, task)) = self.0.pop()?;
        Some((leg, life, task))
    }
}

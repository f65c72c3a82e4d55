//! A bulk transfer that shares a link: as much as the network takes, less after a loss (RFC 5681, in outline).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// A transfer without end.
#[derive(Debug)]
pub(crate) struct Bulk {
    /// What may be on its way, in packets.
    window: f64,
    threshold: f64,
    in_flight: u32,
    /// The way back of acknowledgements, or the time until a loss is noticed.
    round_trip: Duration,
    /// What the sender learns when; each list is in order.
    acknowledged: VecDeque<Instant>,
    lost: VecDeque<Instant>,
    /// Losses until then belong to the one that was answered.
    recovering_until: Option<Instant>,
}

impl Bulk {
    pub(crate) fn new(round_trip: Duration) -> Self {
        Self {
            window: 10.0,
            threshold: f64::INFINITY,
            in_flight: 0,
            round_trip,
            acknowledged: VecDeque::new(),
            lost: VecDeque::new(),
            recovering_until: None,
        }
    }

    pub(crate) fn wants_to_send(&self) -> bool {
        f64::from(self.in_flight) < self.window
    }

    /// A packet was sent; `lost` says when it was dropped, if it was.
    pub(crate) fn sent(&mut self, lost: Option<Instant>) {
        self.in_flight += 1;
        if let Some(at) = lost {
            self.lost.push_back(at + self.round_trip);
        }
    }

    /// A packet arrived at the other end.
    pub(crate) fn delivered(&mut self, at: Instant) {
        self.acknowledged.push_back(at + self.round_trip / 2);
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.acknowledged.front().into_iter().chain(self.lost.front()).min().copied()
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        while self.acknowledged.pop_front_if(|at| *at <= now).is_some() {
            self.in_flight -= 1;
            self.window += if self.window < self.threshold { 1.0 } else { 1.0 / self.window };
        }
        while let Some(at) = self.lost.pop_front_if(|at| *at <= now) {
            self.in_flight -= 1;
            if self.recovering_until.is_none_or(|until| until < at) {
                self.window = (self.window / 2.0).max(2.0);
                self.threshold = self.window;
                self.recovering_until = Some(at + self.round_trip);
            }
        }
    }
}

//! What a path carries where nobody tells when packets arrived: the receiver's own estimate if it gives one, else what
//! the losses in its reports leave.

use std::time::{Duration, Instant};

use crate::bandwidth::Bitrate;

/// An estimate from receiver reports.
#[derive(Debug)]
pub struct Reported {
    estimate: Bitrate,
    remb: Option<Bitrate>,
    wanted: Bitrate,
    climbed_at: Option<Instant>,
    congested_at: Option<Instant>,
}

impl Default for Reported {
    fn default() -> Self {
        Self { estimate: START, remb: None, wanted: Bitrate::default(), climbed_at: None, congested_at: None }
    }
}

impl Reported {
    /// Learns the fraction of packets lost from a receiver report.
    pub fn handle_loss(&mut self, now: Instant, fraction: f32) {
        if fraction > HEAVY_LOSS {
            self.estimate = self.estimate.scaled(1.0 - f64::from(fraction) / 2.0).max(LEAST);
            self.congested_at = Some(now);
            self.climbed_at = Some(now);
        } else if fraction <= TOLERABLE_LOSS {
            self.climb(now);
        }
    }

    /// Learns the receiver's own estimate.
    pub fn handle_remb(&mut self, bitrate: Bitrate) {
        self.remb = Some(bitrate.max(LEAST));
    }

    /// Learns how much there would be to send.
    pub fn want(&mut self, bitrate: Bitrate) {
        self.wanted = bitrate;
    }

    /// What can be sent.
    #[must_use]
    pub fn available(&self) -> Bitrate {
        self.remb.unwrap_or(self.estimate)
    }

    /// When much was last lost.
    #[must_use]
    pub fn congested_at(&self) -> Option<Instant> {
        self.congested_at
    }

    fn climb(&mut self, now: Instant) {
        let since = self.climbed_at.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        self.climbed_at = Some(now);
        let climbed = self.estimate.scaled(GROWTH.powf(since.min(LONGEST_STEP).as_secs_f64()));
        let enough = self.wanted.scaled(HEADROOM).max(START);
        self.estimate = climbed.min(enough.max(self.estimate));
    }
}

/// Enough for a meeting of several small pictures: such a receiver cannot be asked to prove more.
const START: Bitrate = Bitrate::kbps(2_500);
const LEAST: Bitrate = Bitrate::kbps(60);
const TOLERABLE_LOSS: f32 = 0.03;
const HEAVY_LOSS: f32 = 0.10;
const HEADROOM: f64 = 1.5;
/// Per second.
const GROWTH: f64 = 1.08;
const LONGEST_STEP: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_starves_and_reports_of_loss_are_believed() {
        let mut estimator = Reported::default();
        let start = Instant::now();
        assert_eq!(estimator.available(), START);

        estimator.handle_loss(start, 0.3);
        let fallen = estimator.available();
        assert!(fallen < START && fallen > START.scaled(0.8), "{fallen}");
        assert_eq!(estimator.congested_at(), Some(start));

        for second in 1..20 {
            estimator.handle_loss(start + Duration::from_secs(second), 0.0);
        }
        assert_eq!(estimator.available(), START);
    }

    #[test]
    fn the_receivers_own_estimate_counts_before_all() {
        let mut estimator = Reported::default();

        estimator.handle_remb(Bitrate::kbps(700));

        assert_eq!(estimator.available(), Bitrate::kbps(700));
    }
}

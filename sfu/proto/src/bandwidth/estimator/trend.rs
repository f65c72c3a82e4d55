//! Whether the queue on a path grows: the slope of a line through the last delays, against a threshold that follows
//! what is usual on this path (draft-ietf-rmcat-gcc-02 §5.3–5.4, with a line in place of the filter).

use std::collections::VecDeque;

use super::groups::Delta;

/// What the queue does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Usage {
    /// Nothing much.
    #[default]
    Normal,
    /// It grows: more is sent than passes.
    Over,
    /// It shrinks.
    Under,
}

/// The line through the last delays.
#[derive(Debug)]
pub(super) struct Trend {
    /// When, and how much the delay had changed since the beginning, smoothed; both in milliseconds.
    points: VecDeque<(f64, f64)>,
    start: Option<i64>,
    deltas: u32,
    sum: f64,
    smoothed: f64,
    threshold: f64,
    threshold_at: Option<f64>,
    slope: f64,
    /// How long the slope has been too steep, in milliseconds of sending, and over how many groups.
    steep: Option<(f64, u32)>,
    usage: Usage,
}

impl Default for Trend {
    fn default() -> Self {
        Self {
            points: VecDeque::new(),
            start: None,
            deltas: 0,
            sum: 0.0,
            smoothed: 0.0,
            threshold: THRESHOLD,
            threshold_at: None,
            slope: 0.0,
            steep: None,
            usage: Usage::Normal,
        }
    }
}

impl Trend {
    /// Learns how two groups differed.
    pub(super) fn add(&mut self, delta: Delta) -> Usage {
        let at = (delta.at - *self.start.get_or_insert(delta.at)) as f64 / 1_000.0;
        self.deltas = self.deltas.saturating_add(1);
        self.sum += (delta.arrived - delta.sent) as f64 / 1_000.0;
        self.smoothed = SMOOTHING * self.smoothed + (1.0 - SMOOTHING) * self.sum;
        if self.points.back().is_some_and(|&(last, _)| at < last) {
            self.points.clear();
        }
        if self.points.len() == POINTS {
            self.points.pop_front();
        }
        self.points.push_back((at, self.smoothed));

        if self.points.len() == POINTS {
            let slope = slope(&self.points).unwrap_or(self.slope);
            self.judge(at, slope, delta.sent as f64 / 1_000.0);
        }
        self.usage
    }

    /// What the queue does.
    pub(super) fn usage(&self) -> Usage {
        self.usage
    }

    fn judge(&mut self, at: f64, slope: f64, sent: f64) {
        let scaled = f64::from(self.deltas.min(ENOUGH)) * slope * GAIN;
        if scaled > self.threshold {
            let (time, groups) = self.steep.unwrap_or((-sent / 2.0, 0));
            let (time, groups) = (time + sent, groups + 1);
            self.steep = Some((time, groups));
            if time > PATIENCE && groups > 1 && slope >= self.slope {
                self.steep = None;
                self.usage = Usage::Over;
            }
        } else {
            self.steep = None;
            self.usage = if scaled < -self.threshold { Usage::Under } else { Usage::Normal };
        }
        self.slope = slope;
        self.follow(at, scaled.abs());
    }

    /// The threshold follows what is usual, quickly down and slowly up, but no outliers.
    fn follow(&mut self, at: f64, scaled: f64) {
        let since = (at - self.threshold_at.unwrap_or(at)).min(100.0);
        self.threshold_at = Some(at);
        if scaled > self.threshold + OUTLIER {
            return;
        }
        let gain = if scaled < self.threshold { DOWN } else { UP };
        self.threshold = (self.threshold + gain * (scaled - self.threshold) * since).clamp(6.0, 600.0);
    }
}

/// Of the line through points with the least squares.
fn slope(points: &VecDeque<(f64, f64)>) -> Option<f64> {
    let count = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
    let (x, y) = (x / count, y / count);
    let (over, under) = points.iter().fold((0.0, 0.0), |sum, point| {
        (sum.0 + (point.0 - x) * (point.1 - y), sum.1 + (point.0 - x) * (point.0 - x))
    });
    (under > 0.0).then(|| over / under)
}

const POINTS: usize = 20;
const ENOUGH: u32 = 60;
const SMOOTHING: f64 = 0.9;
const GAIN: f64 = 4.0;
const THRESHOLD: f64 = 12.5;
const OUTLIER: f64 = 15.0;
const UP: f64 = 0.0087;
const DOWN: f64 = 0.039;
/// In milliseconds.
const PATIENCE: f64 = 10.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_delay_is_normal_whatever_the_jitter() {
        let jitter = [0, 3, -2, 1, -1, 2, -3, 0];

        assert_eq!(run(200, |group| jitter[group % jitter.len()] * 1_000).1, 0);
    }

    #[test]
    fn a_growing_queue_is_seen_within_a_second() {
        let (usage, over) = run(50, |_| 2_000);

        assert_eq!(usage, Usage::Over);
        assert!(over > 20, "{over}");
    }

    #[test]
    fn a_shrinking_queue_is_seen_too() {
        assert_eq!(run(50, |_| -2_000).0, Usage::Under);
    }

    #[test]
    fn the_threshold_learns_what_is_usual() {
        let usual = |growth: i64| {
            let mut trend = Trend::default();
            let mut at = 0;
            for group in 0..3_000 {
                // Filled and emptied again by another flow.
                let arrived = 20_000 + if group / 200 % 2 == 0 { growth } else { -growth };
                at += arrived;
                trend.add(Delta { sent: 20_000, arrived, at });
            }
            trend.threshold
        };

        assert!(usual(1_500) > THRESHOLD, "{}", usual(1_500));
        assert!(usual(10) < THRESHOLD, "{}", usual(10));
    }

    /// Groups every 20 ms, each delayed by so many microseconds more than the one before; the last usage, and how many
    /// times it was too much.
    fn run(groups: usize, growth: impl Fn(usize) -> i64) -> (Usage, u32) {
        let mut trend = Trend::default();
        let (mut at, mut over) = (0, 0);
        for group in 0..groups {
            let arrived = 20_000 + growth(group);
            at += arrived;
            over += u32::from(trend.add(Delta { sent: 20_000, arrived, at }) == Usage::Over);
        }
        (trend.usage(), over)
    }
}

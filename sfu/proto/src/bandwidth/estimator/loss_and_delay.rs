//! A first estimator: climbs while nothing is wrong, falls to what was delivered when packets queue or get lost.
//!
//! ```text
//! fates ─► Queue ────► too long, thrice ┐
//!      └─► Delivery ─► too many lost ───┴─► congested: 85 % of the delivered rate
//!                  └─► neither ──────────► climb, at most to somewhat above what is wanted
//! ```

use std::time::{Duration, Instant};

use super::delivery::Delivery;
use super::queue::Queue;
use super::{Estimator, Fate};
use crate::bandwidth::Bitrate;

/// The estimator.
#[derive(Debug)]
pub struct LossAndDelay {
    estimate: Bitrate,
    wanted: Bitrate,
    queue: Queue,
    delivery: Delivery,
    /// Whether congestion was never met, so that climbing is fast.
    ramping: bool,
    long_queues: u8,
    lossy: bool,
    rtt: Duration,
    climbed_at: Option<Instant>,
    congested_at: Option<Instant>,
    /// The delivered rate at the last congestion: near it, climbing is slow.
    ceiling: Option<Bitrate>,
    has_feedback: bool,
    remb: Option<Bitrate>,
}

impl Default for LossAndDelay {
    fn default() -> Self {
        Self {
            estimate: START,
            wanted: Bitrate::default(),
            queue: Queue::default(),
            delivery: Delivery::default(),
            ramping: true,
            long_queues: 0,
            lossy: false,
            rtt: Duration::from_millis(100),
            climbed_at: None,
            congested_at: None,
            ceiling: None,
            has_feedback: false,
            remb: None,
        }
    }
}

impl Estimator for LossAndDelay {
    fn handle_feedback(&mut self, now: Instant, fates: &[Fate]) {
        if fates.is_empty() {
            return;
        }
        self.has_feedback = true;
        let queue = self.queue.update(fates);
        self.long_queues = if queue > LONG_QUEUE { self.long_queues.saturating_add(1) } else { 0 };
        let window = self.delivery.update(now, fates);
        if let Some(window) = window {
            self.lossy = window.loss > TOLERABLE_LOSS;
        }

        let losing = window.is_some_and(|window| window.loss > HEAVY_LOSS);
        if self.long_queues >= 3 || losing {
            self.back_off(now);
        } else if queue < LONG_QUEUE / 2 && !self.lossy {
            self.climb(now);
        } else {
            self.climbed_at = Some(now);
        }
    }

    fn handle_loss(&mut self, now: Instant, fraction: f32) {
        if self.has_feedback {
            return;
        }
        if fraction > HEAVY_LOSS {
            self.fall_to(now, self.estimate.scaled(1.0 - f64::from(fraction) / 2.0));
        } else if fraction <= TOLERABLE_LOSS {
            self.climb(now);
        }
    }

    fn handle_remb(&mut self, _now: Instant, bitrate: Bitrate) {
        self.remb = Some(bitrate.max(LEAST));
    }

    fn handle_rtt(&mut self, rtt: Duration) {
        self.rtt = rtt.clamp(Duration::from_millis(10), Duration::from_secs(2));
    }

    fn want(&mut self, now: Instant, bitrate: Bitrate, idle: bool) {
        self.wanted = bitrate;
        // Whoever was silenced by congestion would otherwise never find out that it is over.
        if idle {
            self.climb(now);
        }
    }

    fn available(&self) -> Bitrate {
        match self.remb {
            Some(remb) if !self.has_feedback => remb,
            _ => self.estimate,
        }
    }

    fn congested_at(&self) -> Option<Instant> {
        self.congested_at
    }
}

impl LossAndDelay {
    /// The effect of a decrease shows after a round trip and the time that the queue takes to drain.
    fn back_off(&mut self, now: Instant) {
        let patience = self.rtt + DRAIN;
        if self.congested_at.is_some_and(|at| now.saturating_duration_since(at) < patience) {
            return;
        }
        let delivered = self.delivery.rate().unwrap_or(self.estimate);
        self.ceiling = Some(delivered);
        // Where little is sent, a queue is hardly ours: a busy receiver looks the same. Down in steps, then.
        let step = if delivered < self.estimate.scaled(MOSTLY) { self.estimate.scaled(STEP) } else { LEAST };
        self.fall_to(now, delivered.scaled(DECREASE).max(step));
    }

    fn fall_to(&mut self, now: Instant, bitrate: Bitrate) {
        self.estimate = self.estimate.min(bitrate).max(LEAST);
        self.ramping = false;
        self.congested_at = Some(now);
        self.climbed_at = Some(now);
    }

    /// Climbs for the time since the last climb, whether or not all of the estimate is used: trying is the only way to
    /// learn, and whoever asks for more is held back after a failure.
    fn climb(&mut self, now: Instant) {
        let since = self.climbed_at.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        let seconds = since.min(LONGEST_STEP).as_secs_f64();
        self.climbed_at = Some(now);
        if self.congested_at.is_some_and(|at| now.saturating_duration_since(at) < HOLD) {
            return;
        }

        let climbed = if self.ramping {
            self.estimate.scaled(RAMP.powf(seconds))
        } else if self.is_near_ceiling() {
            let packets = seconds / self.rtt.as_secs_f64();
            self.estimate.plus(Bitrate((packets * PACKET_BITS) as u64))
        } else {
            let calm = self.congested_at.is_none_or(|at| now.saturating_duration_since(at) > CALM);
            self.estimate.scaled(if calm { CALM_GROWTH } else { GROWTH }.powf(seconds))
        };
        let enough = self.wanted.scaled(HEADROOM).plus(Bitrate::kbps(200)).max(START);
        self.estimate = climbed.min(enough.max(self.estimate));
    }

    fn is_near_ceiling(&self) -> bool {
        self.ceiling.is_some_and(|ceiling| {
            self.estimate > ceiling.scaled(0.8) && self.estimate < ceiling.scaled(1.15)
        })
    }
}

/// Enough for a meeting of several small pictures; more is found within seconds.
const START: Bitrate = Bitrate::kbps(2_000);
/// Sound alone needs about this.
const LEAST: Bitrate = Bitrate::kbps(60);

/// In microseconds. Wireless and satellite links let packets wait for tens of milliseconds without being full.
const LONG_QUEUE: i64 = 100_000;
const TOLERABLE_LOSS: f32 = 0.03;
const HEAVY_LOSS: f32 = 0.10;

/// Factors per second.
const RAMP: f64 = 2.0;
const GROWTH: f64 = 1.08;
const CALM_GROWTH: f64 = 1.3;
const DECREASE: f64 = 0.85;
const STEP: f64 = 0.7;
/// The part of the estimate that must be in use to blame a queue on it.
const MOSTLY: f64 = 0.75;
const HEADROOM: f64 = 1.5;
const PACKET_BITS: f64 = 9_600.0;

const DRAIN: Duration = Duration::from_millis(300);
/// Congestion so long ago was perhaps somebody else's.
const CALM: Duration = Duration::from_secs(5);
const HOLD: Duration = Duration::from_secs(1);
/// After a pause in feedback one does not climb for all of it at once.
const LONGEST_STEP: Duration = Duration::from_millis(250);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wide_path_is_used_within_seconds() {
        let mut link = Link::new(50_000);
        link.estimator.want(link.now, Bitrate::kbps(6_000), false);

        link.run(Duration::from_secs(3), Some(Bitrate::kbps(500)));

        assert!(link.estimator.available() > Bitrate::kbps(6_000), "{}", link.estimator.available());
        assert_eq!(link.estimator.congested_at(), None);
    }

    #[test]
    fn a_source_that_sends_little_is_not_driven_down() {
        let mut link = Link::new(50_000);
        link.estimator.want(link.now, Bitrate::kbps(100), false);

        link.run(Duration::from_secs(30), Some(Bitrate::kbps(50)));

        assert_eq!(link.estimator.available(), START);
    }

    #[test]
    fn a_receiver_that_stalls_for_a_moment_does_not_ruin_a_small_stream() {
        let mut link = Link::new(50_000);
        link.estimator.want(link.now, Bitrate::kbps(1_000), false);
        link.run(Duration::from_secs(5), Some(Bitrate::kbps(150)));

        link.idle_at = link.micros + 400_000;
        link.run(Duration::from_secs(1), Some(Bitrate::kbps(150)));

        assert!(link.estimator.available() > Bitrate::kbps(1_000), "{}", link.estimator.available());
    }

    #[test]
    fn a_narrow_path_is_neither_flooded_nor_left_empty() {
        let mut link = Link::new(1_000);
        link.estimator.want(link.now, Bitrate::kbps(5_000), false);

        link.run(Duration::from_secs(20), None);
        let (mut sum, mut least) = (0, u64::MAX);
        for _ in 0..40 {
            link.run(Duration::from_secs(1), None);
            sum += link.estimator.available().0;
            least = least.min(link.estimator.available().0);
        }

        let mean = sum / 40_000;
        assert!((700..1_150).contains(&mean), "mean {mean} kbit/s");
        assert!(least > 500_000, "least {least}");
    }

    #[test]
    fn a_path_that_narrows_is_followed_within_three_seconds() {
        let mut link = Link::new(4_000);
        link.estimator.want(link.now, Bitrate::kbps(3_500), false);
        link.run(Duration::from_secs(5), Some(Bitrate::kbps(3_500)));

        link.kbps = 800;
        link.run(Duration::from_secs(3), None);

        assert!(link.estimator.available() < Bitrate::kbps(1_000), "{}", link.estimator.available());
    }

    #[test]
    fn silence_after_congestion_does_not_last_for_ever() {
        let mut link = Link::new(70);
        link.estimator.want(link.now, Bitrate::kbps(1_000), false);
        link.run(Duration::from_secs(5), None);
        let low = link.estimator.available();

        for _ in 0..100 {
            link.now += Duration::from_millis(200);
            link.estimator.want(link.now, Bitrate::kbps(1_000), true);
        }

        assert!(low < Bitrate::kbps(100) && link.estimator.available() > Bitrate::kbps(1_000));
    }

    #[test]
    fn without_feedback_nothing_starves_and_reports_of_loss_are_believed() {
        let mut estimator = LossAndDelay::default();
        let start = Instant::now();
        assert_eq!(estimator.available(), START);

        estimator.handle_loss(start, 0.3);
        let fallen = estimator.available();
        assert!(fallen < START && fallen > START.scaled(0.8), "{fallen}");

        estimator.handle_remb(start, Bitrate::kbps(700));
        assert_eq!(estimator.available(), Bitrate::kbps(700));
    }

    /// A bottleneck with a queue of a second, 20 ms from the receiver.
    struct Link {
        estimator: LossAndDelay,
        kbps: u64,
        now: Instant,
        micros: u64,
        /// When the bottleneck is done with all that is queued.
        idle_at: u64,
    }

    impl Link {
        fn new(kbps: u64) -> Self {
            Self { estimator: LossAndDelay::default(), kbps, now: Instant::now(), micros: 0, idle_at: 0 }
        }

        /// Sends at a rate, or else at what the estimator allows; feedback comes every 50 ms.
        fn run(&mut self, time: Duration, rate: Option<Bitrate>) {
            for _ in 0..time.as_millis() / 50 {
                let rate = rate.unwrap_or(self.estimator.available());
                let packets = (rate.0 / 20 / 8_000).max(1);
                let fates: Vec<_> =
                    (0..packets).map(|packet| self.transmit(packet * 50_000 / packets)).collect();
                self.now += Duration::from_millis(50);
                self.micros += 50_000;
                self.estimator.handle_feedback(self.now, &fates);
            }
        }

        fn transmit(&mut self, offset: u64) -> Fate {
            let departure = self.micros + offset;
            let queued = self.idle_at.saturating_sub(departure);
            let full = queued > 1_000_000;
            if !full {
                self.idle_at = self.idle_at.max(departure) + 8_000_000 / self.kbps;
            }
            Fate { departure, arrival: (!full).then_some(self.idle_at as i64 + 20_000), size: 1_000 }
        }
    }
}

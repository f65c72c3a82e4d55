//! How much to send, from what the queue on the path does: less when it is long, until it is gone; about what came
//! through then; and from there slowly more.
//!
//! ```text
//!                 the queue is long, or grows
//!   ┌────────────┐ ────────────────────────► ┌──────────┐
//!   │ Increasing │                           │ Draining │ less than comes through
//!   └────────────┘ ◄──────────────────────── └──────────┘
//!                 it is gone (or is not ours)
//! ```

use std::time::{Duration, Instant};

use super::trend::Usage;
use crate::bandwidth::Bitrate;

/// The rate, and what it is based on.
#[derive(Debug)]
pub(super) struct RateControl {
    estimate: Bitrate,
    /// What came through when there was a queue: what the path carries.
    capacity: Option<Bitrate>,
    phase: Phase,
    increased_at: Option<Instant>,
    /// When it was last found to be too much.
    congested_at: Option<Instant>,
    /// While somebody else keeps the queue full, its length says nothing of us.
    shared_until: Option<Instant>,
    /// How long that is believed.
    sharing: Duration,
    /// Since when the queue has been long.
    long_since: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Increasing,
    Draining { since: Instant, queue: Duration },
}

/// What feedback says of the path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sight {
    /// What the queue does.
    pub(super) usage: Usage,
    /// How long it is.
    pub(super) queue: Duration,
    /// What comes through.
    pub(super) delivered: Option<Bitrate>,
    /// What came through at the most: before a queue, that is what the path carries.
    pub(super) peak: Option<Bitrate>,
    /// What came through in the last moments, which is less sure.
    pub(super) recent: Option<Bitrate>,
    /// Whether something was lost.
    pub(super) lost: bool,
    /// Whether much less is sent than could be.
    pub(super) limited: bool,
    /// More is not wanted.
    pub(super) enough: Bitrate,
    /// How unevenly packets arrive.
    pub(super) jitter: Duration,
    /// The round trip, without the queue.
    pub(super) rtt: Duration,
}

impl RateControl {
    pub(super) fn new(start: Bitrate) -> Self {
        Self {
            estimate: start,
            capacity: None,
            phase: Phase::Increasing,
            increased_at: None,
            congested_at: None,
            shared_until: None,
            sharing: SHARING,
            long_since: None,
        }
    }

    pub(super) fn estimate(&self) -> Bitrate {
        self.estimate
    }

    /// What will be assumed when the queue is gone.
    pub(super) fn sustainable(&self) -> Bitrate {
        let after = self.capacity.filter(|_| self.is_draining()).unwrap_or_default();
        self.estimate.max(after.scaled(SUSTAINABLE))
    }

    /// Nothing is sent, so that nothing is learned any more; what was seen last is over.
    pub(super) fn rest(&mut self) {
        self.phase = Phase::Increasing;
        self.long_since = None;
    }

    pub(super) fn congested_at(&self) -> Option<Instant> {
        self.congested_at
    }

    /// Whether it waits for a queue to go away.
    pub(super) fn is_draining(&self) -> bool {
        matches!(self.phase, Phase::Draining { .. })
    }

    /// Learns what the path does now.
    pub(super) fn update(&mut self, now: Instant, sight: Sight) {
        if self.shared_until.is_some_and(|until| now < until) {
            self.share(now, sight);
            return;
        }
        let usual = self.packet_time() + (2 * sight.jitter).min(MOST_JITTER);
        let long = sight.queue > LONG + usual;
        let grows = sight.usage == Usage::Over && sight.queue > NOTICEABLE + usual;
        if !long && !grows {
            self.long_since = None;
        }
        let long_since = *self.long_since.get_or_insert(now);
        // One look may be a stall of the receiver.
        let confirmed = (long || grows) && now.saturating_duration_since(long_since) >= CONFIRMED;

        match self.phase {
            Phase::Increasing if confirmed && self.may_back_off(now, sight) => {
                self.back_off(now, sight);
            }
            Phase::Increasing if sight.usage == Usage::Normal && !long => self.increase(now, sight),
            Phase::Increasing => self.increased_at = Some(now),
            Phase::Draining { since, queue } => self.drain(now, sight, since, queue),
        }
    }

    /// A probe came through at a rate, which is all that passes or at least that.
    pub(super) fn lift(&mut self, now: Instant, rate: Bitrate, all: bool) {
        if rate > self.estimate && !self.is_draining() {
            self.estimate = rate;
            self.increased_at = Some(now);
            self.capacity = all.then_some(rate);
        }
    }

    /// More than this is lost.
    pub(super) fn limit(&mut self, now: Instant, limit: Bitrate) {
        if self.estimate > limit {
            self.estimate = limit.scaled(UNDER_CAPACITY).max(LEAST);
            self.capacity = Some(limit);
            self.congested_at = Some(now);
            self.increased_at = Some(now);
        }
    }

    /// Where a single packet takes long, it makes the next one wait.
    fn packet_time(&self) -> Duration {
        Duration::from_secs_f64(PACKET_BITS / self.estimate.0.max(LEAST.0) as f64).min(LONGEST_PACKET)
    }

    /// What we did last shows a round trip later.
    fn may_back_off(&self, now: Instant, sight: Sight) -> bool {
        self.congested_at.is_none_or(|at| now.saturating_duration_since(at) > sight.rtt + CONFIRMED)
    }

    fn back_off(&mut self, now: Instant, sight: Sight) {
        let Some(delivered) = sight.delivered else { return };
        self.congested_at = Some(now);
        self.increased_at = Some(now);
        self.long_since = None;
        if sight.limited {
            // Where little is sent, a queue is hardly ours: a busy receiver looks the same. Down in steps, then.
            self.estimate = self.estimate.scaled(STEP).max(delivered).max(LEAST);
            return;
        }
        // Where a queue is so full that it drops packets, what came through just now is all.
        let full = sight.recent.filter(|_| sight.lost);
        let capacity = full.or(sight.peak).unwrap_or(delivered);
        self.capacity = Some(capacity);
        self.estimate = self.estimate.min(capacity.scaled(drain_factor(sight))).max(LEAST);
        self.phase = Phase::Draining { since: now, queue: sight.queue };
    }

    /// Beside flows that fill the queue whatever we do: behaves as they do, a packet more each round trip and less after
    /// a loss.
    fn share(&mut self, now: Instant, sight: Sight) {
        if sight.queue > SHORT {
            self.long_since = Some(now);
        } else if self.long_since.is_none_or(|at| now.saturating_duration_since(at) > GONE) {
            self.shared_until = None;
        }
        let round_trip = sight.rtt + sight.queue;
        let since = self.increased_at.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        self.increased_at = Some(now);
        let rested = self.congested_at.is_none_or(|at| now.saturating_duration_since(at) > round_trip);
        if sight.lost && rested {
            self.congested_at = Some(now);
            self.estimate = self.estimate.scaled(SHARED_STEP).max(LEAST);
            return;
        }
        let delivered = sight.delivered.unwrap_or_default();
        let proven = delivered.scaled(BEYOND).plus(Bitrate::kbps(10)).min(sight.enough);
        let seconds = since.min(LONGEST_STEP).as_secs_f64();
        let packet = SHARED_GAIN * PACKET_BITS / round_trip.as_secs_f64().max(0.05);
        let more = packet * seconds / round_trip.as_secs_f64().max(0.05);
        if self.estimate < proven {
            self.estimate = self.estimate.plus(Bitrate(more as u64)).min(proven);
        }
    }

    fn drain(&mut self, now: Instant, sight: Sight, since: Instant, queue: Duration) {
        let elapsed = now.saturating_duration_since(since);
        // What we do now shows a round trip later.
        if elapsed < sight.rtt + CONFIRMED {
            self.phase = Phase::Draining { since, queue: queue.max(sight.queue) };
            return;
        }
        if sight.queue < SHORT + self.packet_time() / 2 + sight.jitter.min(MOST_JITTER) {
            self.end_drain(now);
            return;
        }
        let delivered = sight.delivered.unwrap_or_default();
        let full = sight.lost && sight.queue > queue.mul_f64(UNMOVED);
        let grown = sight.queue > queue.mul_f64(GROWN);
        if (grown || full) && delivered < self.estimate.scaled(PASSES) {
            // It carries less than it did when we decided.
            self.back_off(now, Sight { limited: false, ..sight });
            return;
        }
        let capacity = self.capacity.unwrap_or(self.estimate).0.max(1) as f64;
        let spared = (1.0 - self.estimate.0 as f64 / capacity).max(0.02);
        if elapsed < sight.rtt + CONFIRMED + queue.mul_f64(DRAIN_TIMES / spared).min(LONGEST_DRAIN) {
            return;
        }
        // A queue of ours still delivers what the path carries, which is more than we send now.
        let passes = delivered > self.estimate.scaled(PASSES) && delivered < self.estimate.scaled(AS_SENT);
        if sight.queue > queue.mul_f64(UNMOVED) && passes {
            // We sent less and nothing changed: the queue is not ours.
            let again = self.shared_until.is_some_and(|until| now < until + self.sharing);
            self.sharing = if again { (2 * self.sharing).min(LONGEST_SHARING) } else { SHARING };
            self.shared_until = Some(now + self.sharing);
            self.end_drain(now);
        } else {
            self.back_off(now, Sight { limited: false, ..sight });
        }
    }

    fn end_drain(&mut self, now: Instant) {
        self.phase = Phase::Increasing;
        self.increased_at = Some(now);
        if let Some(capacity) = self.capacity {
            self.estimate = self.estimate.max(capacity.scaled(UNDER_CAPACITY));
        }
    }

    fn increase(&mut self, now: Instant, sight: Sight) {
        let since = self.increased_at.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        let seconds = since.min(LONGEST_STEP).as_secs_f64();
        self.increased_at = Some(now);
        let Some(delivered) = sight.delivered else { return };
        // What is not tried is not known.
        let proven = delivered.scaled(BEYOND).plus(Bitrate::kbps(10)).min(sight.enough);
        if self.estimate >= proven {
            return;
        }
        if self.capacity.is_some_and(|capacity| delivered > capacity.scaled(OUTGROWN)) {
            self.capacity = None;
        }
        let increased = match self.capacity {
            Some(capacity) if self.estimate > capacity.scaled(0.85) => {
                let response = (sight.rtt + CONFIRMED).as_secs_f64();
                let packets = Bitrate((PACKET_BITS * 0.5 * seconds / response) as u64);
                let careful = capacity.scaled(CAREFUL_GROWTH * seconds);
                self.estimate.plus(packets.min(careful))
            }
            _ => self.estimate.scaled(GROWTH.powf(seconds)),
        };
        self.estimate = increased.min(proven);
    }
}

/// Sends so much less than comes through that the queue is gone when we can know it: after a round trip.
fn drain_factor(sight: Sight) -> f64 {
    let time = sight.rtt.max(DRAIN_TIME).as_secs_f64();
    (1.0 - sight.queue.as_secs_f64() / time).clamp(0.5, 0.9)
}

/// Sound alone needs about this.
const LEAST: Bitrate = Bitrate::kbps(40);

/// A queue that is to be got rid of, and one that is as good as none: radio links let packets wait without being full.
const LONG: Duration = Duration::from_millis(50);
const SHORT: Duration = Duration::from_millis(20);
const NOTICEABLE: Duration = Duration::from_millis(40);
/// A machine that is busy reads its packets late, too.
const MOST_JITTER: Duration = Duration::from_millis(150);
const CONFIRMED: Duration = Duration::from_millis(100);
const DRAIN_TIME: Duration = Duration::from_millis(300);
/// Of the time that it should take.
const DRAIN_TIMES: f64 = 1.3;
const LONGEST_DRAIN: Duration = Duration::from_secs(3);
/// Of a queue that we tried to drain.
const UNMOVED: f64 = 0.8;
const GROWN: f64 = 1.15;
/// Of what we send, when it passes as it is.
const PASSES: f64 = 0.93;
const AS_SENT: f64 = 1.05;
const SHARED_STEP: f64 = 0.75;
const SHARED_GAIN: f64 = 0.6;
const SHARING: Duration = Duration::from_secs(15);
/// Who fills a queue does not leave it empty for so long.
const GONE: Duration = Duration::from_secs(1);
const LONGEST_SHARING: Duration = Duration::from_secs(60);

const UNDER_CAPACITY: f64 = 0.98;
const SUSTAINABLE: f64 = 0.93;
const STEP: f64 = 0.7;
const BEYOND: f64 = 1.5;
const OUTGROWN: f64 = 1.08;
/// Per second.
const GROWTH: f64 = 1.15;
const CAREFUL_GROWTH: f64 = 0.025;
const PACKET_BITS: f64 = 9_600.0;
const LONGEST_PACKET: Duration = Duration::from_millis(100);
/// After a pause in feedback one does not climb for all of it at once.
const LONGEST_STEP: Duration = Duration::from_millis(250);

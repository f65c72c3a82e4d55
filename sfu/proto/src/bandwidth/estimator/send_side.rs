//! The estimator on our side of the path, from transport-wide feedback.
//!
//! ```text
//! fates ─┬► Groups ─► Trend ─► the queue grows ┐
//!        ├► Queue ───────────► how long it is  ┼► RateControl ─┐
//!        ├► Flow ────────────► what came through┘              ├─► the lower one
//!        ├► LossModel ───────► what is lost above which rate ──┘
//!        └► Measures ────────► what a probe showed ─► lifts both
//! ```

use std::time::{Duration, Instant};

use super::flow::Flow;
use super::groups::Groups;
use super::loss::LossModel;
use super::queue::Queue;
use super::rate_control::{RateControl, Sight};
use super::trend::{Trend, Usage};
use super::{Estimator, Fate};
use crate::bandwidth::Bitrate;
use crate::bandwidth::probe::{Measures, Outlook, Plan, Probe};

/// The estimator.
#[derive(Debug)]
pub struct SendSide {
    rate: RateControl,
    groups: Groups,
    trend: Trend,
    queue: Queue,
    sent: Flow,
    delivered: Flow,
    loss: LossModel,
    plan: Plan,
    measures: Measures,
    wanted: Bitrate,
    rtt: Duration,
    limited: bool,
    feedback_at: Option<Instant>,
    queue_length: Duration,
    /// The mean difference of how two groups travelled, in microseconds.
    jitter: f64,
}

impl SendSide {
    /// Assumes a rate until something is known.
    #[must_use]
    pub fn new(start: Bitrate) -> Self {
        Self {
            rate: RateControl::new(start),
            groups: Groups::default(),
            trend: Trend::default(),
            queue: Queue::default(),
            sent: Flow::default(),
            delivered: Flow::default(),
            loss: LossModel::default(),
            plan: Plan::default(),
            measures: Measures::default(),
            wanted: Bitrate::default(),
            rtt: Duration::from_millis(100),
            limited: true,
            feedback_at: None,
            queue_length: Duration::ZERO,
            jitter: 0.0,
        }
    }

    /// Who was silenced by congestion would otherwise never find out that it is over.
    fn rest(&mut self) {
        self.rate.rest();
        self.trend = Trend::default();
        self.groups = Groups::default();
        self.queue_length = Duration::ZERO;
    }

    /// How long packets wait on the path, as far as feedback tells.
    #[must_use]
    pub fn queue(&self) -> Duration {
        self.queue_length
    }
}

impl Estimator for SendSide {
    fn handle_sent(&mut self, micros: u64, size: usize) {
        self.sent.count(micros as i64, size);
    }

    fn handle_feedback(&mut self, now: Instant, fates: &[Fate]) {
        if fates.is_empty() {
            return;
        }
        let silence = self.feedback_at.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        self.feedback_at = Some(now);
        // Nothing came back for a long time: the path was cut, which says nothing of what it carries.
        let was_cut = silence > CUT;
        if was_cut {
            self.loss.forgive();
        }

        let mut looked = false;
        let mut shown = None;
        for fate in fates {
            if let Some(arrival) = fate.arrival {
                self.delivered.count(arrival, usize::from(fate.size));
                if let Some(delta) = self.groups.add(fate.departure as i64, arrival) {
                    self.trend.add(delta);
                    self.jitter += ((delta.arrived - delta.sent).abs() as f64 - self.jitter) / 16.0;
                }
                if let Some(measured) = self.measures.note(fate)
                    && self.plan.handle_result(now, measured, self.rate.estimate())
                {
                    shown = Some(measured);
                }
            }
            if !was_cut {
                looked |=
                    self.loss.count(fate.departure as i64, usize::from(fate.size), fate.arrival.is_none());
            }
        }
        self.queue_length = Duration::from_micros(self.queue.update(fates).max(0) as u64);

        let before = self.rate.estimate();
        self.rate.update(
            now,
            Sight {
                usage: self.trend.usage(),
                queue: self.queue_length,
                delivered: self.delivered.rate(),
                peak: self.delivered.peak(),
                recent: self.delivered.recent(),
                lost: fates.iter().any(|fate| fate.arrival.is_none()),
                limited: self.limited,
                jitter: Duration::from_micros(self.jitter as u64),
                enough: self.wanted.scaled(ENOUGH),
                rtt: self.rtt,
            },
        );
        if looked && let Some(limit) = self.loss.limit() {
            self.rate.limit(now, limit);
        }
        if self.rate.congested_at() == Some(now) {
            self.plan.handle_fall(now, before, self.rate.estimate());
        } else if let Some(measured) = shown {
            self.rate.lift(now, measured.rate, measured.all);
        }
    }

    fn handle_rtt(&mut self, rtt: Duration) {
        self.rtt = rtt.clamp(Duration::from_millis(10), Duration::from_secs(2));
    }

    fn want(&mut self, bitrate: Bitrate) {
        self.wanted = bitrate;
    }

    fn poll_probe(&mut self, now: Instant, micros: u64) -> Option<Probe> {
        let estimate = self.rate.estimate();
        let sent = self.sent.rate_at(micros as i64);
        self.limited = sent.is_none_or(|sent| sent < estimate.scaled(IN_USE));
        let quiet = self.feedback_at.is_none_or(|at| now.saturating_duration_since(at) > CUT);
        if quiet && sent.is_none_or(|sent| sent == Bitrate(0)) {
            self.rest();
        }
        let calm = self.queue_length < CALM_QUEUE + Duration::from_micros(self.jitter as u64)
            && self.trend.usage() != Usage::Over
            && !self.rate.is_draining()
            && (!quiet || sent.is_none_or(|sent| sent == Bitrate(0)));
        let jitter = Duration::from_micros(self.jitter as u64);
        let outlook = Outlook { estimate, wanted: self.wanted, calm, rtt: self.rtt, jitter };
        let probe = self.plan.poll(now, outlook)?;
        self.measures.expect(probe);
        Some(probe)
    }

    fn available(&self) -> Bitrate {
        self.rate.estimate()
    }

    fn sustainable(&self) -> Bitrate {
        self.rate.sustainable()
    }

    fn congested_at(&self) -> Option<Instant> {
        self.rate.congested_at()
    }
}

/// Of the estimate: who sends less is not held back by it.
const IN_USE: f64 = 0.8;
/// Of what is wanted: it may grow while nobody looks.
const ENOUGH: f64 = 1.5;
const CUT: Duration = Duration::from_millis(1_500);
const CALM_QUEUE: Duration = Duration::from_millis(25);

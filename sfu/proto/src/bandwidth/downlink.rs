//! The path towards one peer: what it carries, how much of it is lost, and whether more may be tried.

use std::time::{Duration, Instant};

use super::Bitrate;
use super::estimator::{Estimator, Fate, LossAndDelay};

/// The path towards a peer.
#[derive(Debug)]
pub struct Downlink {
    estimator: Option<Box<dyn Estimator>>,
    rtt: Option<Duration>,
    /// Packets lost and sent since the last look, as transport feedback tells.
    lost: u32,
    told: u32,
    /// The fraction lost that the last receiver reports told.
    reported_loss: f32,
    trial: Trial,
    /// Whether something wanted was withheld at the last allocation.
    pub limited: bool,
}

/// Upgrades are trials: one that is followed by congestion is not repeated for a while.
#[derive(Debug)]
struct Trial {
    began: Option<Instant>,
    blocked_until: Option<Instant>,
    penalty: Duration,
}

impl Downlink {
    /// A path of which nothing is known; one inside the machine has no limit.
    #[must_use]
    pub fn new(direct: bool) -> Self {
        Self {
            estimator: (!direct).then(|| Box::<LossAndDelay>::default() as _),
            rtt: None,
            lost: 0,
            told: 0,
            reported_loss: 0.0,
            trial: Trial { began: None, blocked_until: None, penalty: LEAST_PENALTY },
            limited: false,
        }
    }

    /// What can be sent.
    #[must_use]
    pub fn available(&self) -> Bitrate {
        self.estimator.as_ref().map_or(Bitrate::UNLIMITED, |estimator| estimator.available())
    }

    /// The round trip, if measured.
    #[must_use]
    pub fn rtt(&self) -> Option<Duration> {
        self.rtt
    }

    /// Learns the fates of packets; tells whether the path turned out to be congested.
    pub fn handle_feedback(&mut self, now: Instant, fates: &[Fate]) -> bool {
        self.told += fates.len() as u32;
        self.lost += fates.iter().filter(|fate| fate.arrival.is_none()).count() as u32;
        let Some(estimator) = &mut self.estimator else { return false };

        estimator.handle_feedback(now, fates);
        let congested = estimator.congested_at() == Some(now);
        if congested {
            self.trial.fail(now);
        }
        congested
    }

    /// Learns from a receiver report.
    pub fn handle_report(&mut self, now: Instant, fraction_lost: f32, rtt: Option<Duration>) {
        self.reported_loss = self.reported_loss.max(fraction_lost);
        if let Some(rtt) = rtt {
            let smoothed = self.rtt.map_or(rtt, |before| (before * 3 + rtt) / 4);
            self.rtt = Some(smoothed);
        }
        let Some(estimator) = &mut self.estimator else { return };
        estimator.handle_loss(now, fraction_lost);
        if let Some(rtt) = self.rtt {
            estimator.handle_rtt(rtt);
        }
    }

    /// Learns the receiver's own estimate.
    pub fn handle_remb(&mut self, now: Instant, bitrate: Bitrate) {
        if let Some(estimator) = &mut self.estimator {
            estimator.handle_remb(now, bitrate);
        }
    }

    /// Learns how much there would be to send, and whether nothing is on its way at present.
    pub fn want(&mut self, now: Instant, bitrate: Bitrate, idle: bool) {
        if let Some(estimator) = &mut self.estimator {
            estimator.want(now, bitrate, idle);
        }
    }

    /// Whether more than at present may be tried.
    #[must_use]
    pub fn may_upgrade(&self, now: Instant) -> bool {
        self.trial.blocked_until.is_none_or(|until| until <= now)
    }

    /// Notes that more is tried now.
    pub fn begin_trial(&mut self, now: Instant) {
        self.trial.begin(now);
    }

    /// The fraction of packets lost since the last call.
    pub fn take_loss(&mut self) -> f32 {
        let reported = std::mem::take(&mut self.reported_loss);
        let (lost, told) = (std::mem::take(&mut self.lost), std::mem::take(&mut self.told));
        if told == 0 { reported } else { lost as f32 / told as f32 }
    }
}

impl Trial {
    fn begin(&mut self, now: Instant) {
        let rested = self.blocked_until.is_none_or(|until| now.saturating_duration_since(until) > FORGIVEN);
        if rested {
            self.penalty = LEAST_PENALTY;
        }
        self.began = Some(now);
    }

    fn fail(&mut self, now: Instant) {
        let guilty = self.began.is_some_and(|began| now.saturating_duration_since(began) < PROBATION);
        if guilty {
            self.blocked_until = Some(now + self.penalty);
            self.penalty = (2 * self.penalty).min(MOST_PENALTY);
            self.began = None;
        }
    }
}

/// Congestion so soon after an upgrade is its fault.
const PROBATION: Duration = Duration::from_secs(5);
const LEAST_PENALTY: Duration = Duration::from_secs(8);
const MOST_PENALTY: Duration = Duration::from_secs(120);
const FORGIVEN: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_inside_the_machine_has_no_limit() {
        assert_eq!(Downlink::new(true).available(), Bitrate::UNLIMITED);
    }

    #[test]
    fn an_upgrade_that_congests_is_not_repeated_for_ever_longer_times() {
        let start = Instant::now();
        let mut trial = Trial { began: None, blocked_until: None, penalty: LEAST_PENALTY };

        trial.begin(start);
        trial.fail(start + Duration::from_secs(1));
        let first = trial.blocked_until.expect("blocked") - start;
        trial.begin(start + first);
        trial.fail(start + first + Duration::from_secs(1));
        let second = trial.blocked_until.expect("blocked") - (start + first);

        assert!(second > first);
    }

    #[test]
    fn congestion_long_after_an_upgrade_is_not_its_fault() {
        let start = Instant::now();
        let mut trial = Trial { began: None, blocked_until: None, penalty: LEAST_PENALTY };

        trial.begin(start);
        trial.fail(start + Duration::from_secs(30));

        assert_eq!(trial.blocked_until, None);
    }

    #[test]
    fn loss_is_told_once_by_feedback_or_else_by_reports() {
        let now = Instant::now();
        let mut downlink = Downlink::new(false);
        downlink.handle_report(now, 0.25, Some(Duration::from_millis(80)));
        assert_eq!(downlink.take_loss(), 0.25);

        let arrived = Fate { departure: 0, arrival: Some(0), size: 100 };
        downlink.handle_feedback(now, &[arrived, arrived, arrived, Fate { arrival: None, ..arrived }]);
        downlink.handle_report(now, 0.5, Some(Duration::from_millis(40)));
        assert_eq!(downlink.take_loss(), 0.25);
        assert_eq!(downlink.take_loss(), 0.0);
        assert_eq!(downlink.rtt(), Some(Duration::from_millis(70)));
    }
}

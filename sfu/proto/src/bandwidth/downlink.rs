//! The path towards one peer: what it carries, how much of it is lost, and whether more may be tried.

use std::time::{Duration, Instant};

use super::Bitrate;
use super::estimator::{Estimator, Fate, Reported, SendSide};
use super::probe::Probe;
use crate::near;

/// The path towards a peer.
#[derive(Debug)]
pub struct Downlink {
    estimators: Option<Estimators>,
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

/// Both kinds: which one counts depends on what the peer tells.
#[derive(Debug)]
struct Estimators {
    send_side: Box<dyn Estimator>,
    reported: Reported,
    /// Whether packets are numbered for transport-wide feedback.
    numbering: bool,
    /// When the first and the last packet left that was numbered.
    numbered: Option<(u64, u64)>,
    /// Whether such feedback ever came.
    heard: bool,
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
            estimators: (!direct).then(Estimators::new),
            rtt: None,
            lost: 0,
            told: 0,
            reported_loss: 0.0,
            trial: Trial { began: None, blocked_until: None, penalty: LEAST_PENALTY },
            limited: false,
        }
    }

    /// A path that is assumed to carry so much.
    #[cfg(test)]
    pub fn assuming(bitrate: Bitrate) -> Self {
        let mut path = Self::new(false);
        if let Some(estimators) = &mut path.estimators {
            estimators.send_side = Box::new(SendSide::new(bitrate));
            estimators.heard = true;
        }
        path
    }

    /// The path is another one from now on, of which nothing is known.
    pub fn restart(&mut self) {
        let numbering = self.estimators.as_ref().is_some_and(|estimators| estimators.numbering);
        *self = Self { rtt: self.rtt, ..Self::new(self.estimators.is_none()) };
        self.expect_feedback(numbering);
    }

    /// Learns whether packets will be numbered, so that the peer can tell how each of them fares.
    pub fn expect_feedback(&mut self, numbering: bool) {
        if let Some(estimators) = &mut self.estimators {
            estimators.numbering |= numbering;
        }
    }

    /// Asks for what counting a packet takes, before it is needed.
    #[inline]
    pub(crate) fn bring_near(&self) {
        if let Some(estimators) = &self.estimators {
            near::fetch(&*estimators.send_side);
        }
    }

    /// What can be sent, headers included.
    #[must_use]
    pub fn available(&self) -> Bitrate {
        self.estimators.as_ref().map_or(Bitrate::UNLIMITED, Estimators::available)
    }

    /// What can be sent in the long run.
    #[must_use]
    pub fn sustainable(&self) -> Bitrate {
        self.estimators.as_ref().map_or(Bitrate::UNLIMITED, Estimators::sustainable)
    }

    /// Whether packets will be numbered, and none was yet: something has to be sent, or nothing would ever be known.
    #[must_use]
    pub fn begins(&self) -> bool {
        self.estimators.as_ref().is_some_and(Estimators::begins)
    }

    /// How fast packets may follow each other: without a limit where nobody tells how they fare.
    #[must_use]
    pub fn pace(&self) -> Bitrate {
        let told = |estimators: &&Estimators| estimators.begins() || estimators.knows();
        let known = self.estimators.as_ref().filter(told);
        known.map_or(Bitrate::UNLIMITED, |estimators| estimators.available().scaled(PACING))
    }

    /// The round trip, if measured.
    #[must_use]
    pub fn rtt(&self) -> Option<Duration> {
        self.rtt
    }

    /// Learns that a numbered packet leaves, at a time in microseconds of our clock.
    #[inline]
    pub fn handle_sent(&mut self, micros: u64, size: usize) {
        if let Some(estimators) = &mut self.estimators {
            let (first, _) = estimators.numbered.unwrap_or((micros, micros));
            estimators.numbered = Some((first, micros));
            estimators.send_side.handle_sent(micros, size);
        }
    }

    /// Learns the fates of packets; tells whether the path turned out to be congested.
    pub fn handle_feedback(&mut self, now: Instant, fates: &[Fate]) -> bool {
        self.told += fates.len() as u32;
        self.lost += fates.iter().filter(|fate| fate.arrival.is_none()).count() as u32;
        let Some(estimators) = &mut self.estimators else { return false };

        estimators.heard = true;
        estimators.send_side.handle_feedback(now, fates);
        let congested = estimators.send_side.congested_at() == Some(now);
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
        let Some(estimators) = &mut self.estimators else { return };
        estimators.reported.handle_loss(now, fraction_lost);
        if let Some(rtt) = self.rtt {
            estimators.send_side.handle_rtt(rtt);
        }
    }

    /// Learns the receiver's own estimate; it counts where there is no transport-wide feedback.
    pub fn handle_remb(&mut self, bitrate: Bitrate) {
        if let Some(estimators) = &mut self.estimators {
            estimators.reported.handle_remb(bitrate);
        }
    }

    /// Learns how much there would be to send.
    pub fn want(&mut self, bitrate: Bitrate) {
        if let Some(estimators) = &mut self.estimators {
            estimators.send_side.want(bitrate);
            estimators.reported.want(bitrate);
        }
    }

    /// A burst to send now, to find out whether more passes.
    pub fn poll_probe(&mut self, now: Instant, micros: u64) -> Option<Probe> {
        let asked = |estimators: &&mut Estimators| estimators.numbered.is_some() && estimators.knows();
        let estimators = self.estimators.as_mut().filter(asked)?;
        estimators.send_side.poll_probe(now, micros)
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

impl Estimators {
    fn new() -> Self {
        Self {
            send_side: Box::new(SendSide::new(START)),
            reported: Reported::default(),
            numbering: false,
            numbered: None,
            heard: false,
        }
    }

    fn available(&self) -> Bitrate {
        if self.begins() || self.knows() { self.send_side.available() } else { self.reported.available() }
    }

    fn sustainable(&self) -> Bitrate {
        if self.begins() || self.knows() { self.send_side.sustainable() } else { self.reported.available() }
    }

    /// Whether feedback tells what becomes of packets, or may soon.
    fn knows(&self) -> bool {
        let young = self.numbered.is_some_and(|(first, last)| last - first < HEARD_WITHIN);
        self.heard || young
    }

    fn begins(&self) -> bool {
        self.numbering && self.numbered.is_none() && !self.heard
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

/// Sound and a small picture; probes find out within a second whether there is more.
const START: Bitrate = Bitrate::kbps(500);

/// In microseconds. Who has told nothing by then will not.
const HEARD_WITHIN: u64 = 2_000_000;

/// Over what can be sent: a picture larger than others is soon through, and fills no queue of note.
const PACING: f64 = 1.5;

/// Congestion so soon after an upgrade is its fault: what is hardly too much fills a queue slowly.
const PROBATION: Duration = Duration::from_secs(20);
const LEAST_PENALTY: Duration = Duration::from_secs(10);
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

        let arrived = Fate { departure: 0, arrival: Some(0), size: 100, probe: 0 };
        downlink.handle_feedback(now, &[arrived, arrived, arrived, Fate { arrival: None, ..arrived }]);
        downlink.handle_report(now, 0.5, Some(Duration::from_millis(40)));
        assert_eq!(downlink.take_loss(), 0.25);
        assert_eq!(downlink.take_loss(), 0.0);
        assert_eq!(downlink.rtt(), Some(Duration::from_millis(70)));
    }
}

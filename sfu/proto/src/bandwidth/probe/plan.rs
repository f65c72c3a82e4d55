//! When to probe, and how far.
//!
//! At the start far above what is assumed; on from a probe that succeeded at once; after a fall back to what was there
//! before; and else, as long as more is wanted, now and then, ever less often while it does not help.

use std::time::{Duration, Instant};

use super::{Measured, Probe};
use crate::bandwidth::Bitrate;

/// Decides when to probe.
#[derive(Debug)]
pub struct Plan {
    next_id: u8,
    started: bool,
    /// A second burst of the start.
    following: Option<Bitrate>,
    awaited: Option<Awaited>,
    not_before: Option<Instant>,
    pause: Duration,
    /// What the path carried before it got worse.
    before_fall: Option<Bitrate>,
}

#[derive(Debug, Clone, Copy)]
struct Awaited {
    id: u8,
    until: Instant,
}

/// What a decision is based on.
#[derive(Debug, Clone, Copy)]
pub struct Outlook {
    /// What is assumed to pass.
    pub estimate: Bitrate,
    /// What would be sent if nothing limited it.
    pub wanted: Bitrate,
    /// Whether the path is without a queue.
    pub calm: bool,
    /// The round trip.
    pub rtt: Duration,
    /// How unevenly packets arrive.
    pub jitter: Duration,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            next_id: 1,
            started: false,
            following: None,
            awaited: None,
            not_before: None,
            pause: SHORTEST_PAUSE,
            before_fall: None,
        }
    }
}

impl Plan {
    /// A burst to send now, if one is due.
    pub fn poll(&mut self, now: Instant, outlook: Outlook) -> Option<Probe> {
        if let Some(awaited) = self.awaited {
            if now < awaited.until {
                return None;
            }
            self.awaited = None;
            self.fail(now);
        }
        if let Some(rate) = self.following.take() {
            return Some(self.launch(now, rate, outlook));
        }
        let wants_more = outlook.estimate < outlook.wanted.scaled(SATISFIED);
        if !outlook.calm || !wants_more || self.not_before.is_some_and(|at| now < at) {
            return None;
        }

        let most = outlook.wanted.scaled(MOST);
        if !std::mem::replace(&mut self.started, true) {
            self.following = Some(outlook.estimate.scaled(SECOND).min(most));
            let first = self.launch(now, outlook.estimate.scaled(FIRST).min(most), outlook);
            self.awaited = None;
            return Some(first);
        }
        let back = self.before_fall.filter(|&before| before > outlook.estimate.scaled(2.0));
        let rate =
            back.map_or(outlook.estimate.scaled(FURTHER), |before| before.min(outlook.estimate.scaled(BACK)));
        Some(self.launch(now, rate.min(most), outlook))
    }

    /// A burst was measured. Tells whether it showed more than was assumed.
    pub fn handle_result(&mut self, now: Instant, measured: Measured, estimate: Bitrate) -> bool {
        let Measured { probe, rate: carried, .. } = measured;
        if self.awaited.is_some_and(|awaited| awaited.id == probe.id) {
            self.awaited = None;
        }
        let better = carried > estimate.scaled(BETTER);
        if better && carried > probe.rate.scaled(REACHED) {
            self.pause = SHORTEST_PAUSE;
            self.not_before = None;
        } else if better {
            self.pause = SHORTEST_PAUSE;
            self.not_before = Some(now + self.pause);
        } else {
            self.fail(now);
        }
        better
    }

    /// The path got worse.
    pub fn handle_fall(&mut self, now: Instant, from: Bitrate, to: Bitrate) {
        self.following = None;
        self.awaited = None;
        self.not_before = Some(self.not_before.unwrap_or(now).max(now + SHORTEST_PAUSE));
        if to < from.scaled(FALLEN) {
            self.before_fall = Some(self.before_fall.map_or(from, |before| before.max(from)));
            self.pause = SHORTEST_PAUSE;
        }
    }

    fn launch(&mut self, now: Instant, rate: Bitrate, outlook: Outlook) -> Probe {
        let id = self.next_id;
        self.next_id = self.next_id.checked_add(1).unwrap_or(1);
        self.awaited = Some(Awaited { id, until: now + outlook.rtt + WAIT });
        Probe::new(id, rate, outlook.jitter)
    }

    fn fail(&mut self, now: Instant) {
        self.not_before = Some(now + self.pause);
        self.pause = self.pause.mul_f64(1.6).min(LONGEST_PAUSE);
    }
}

const FIRST: f64 = 3.0;
const SECOND: f64 = 6.0;
const FURTHER: f64 = 2.0;
const BACK: f64 = 6.0;
/// Of what is wanted. More than that has to pass, with a margin, before it is given.
const MOST: f64 = 1.35;
const SATISFIED: f64 = 1.2;
const BETTER: f64 = 1.05;
const REACHED: f64 = 0.85;
const FALLEN: f64 = 0.7;
const WAIT: Duration = Duration::from_millis(500);
const SHORTEST_PAUSE: Duration = Duration::from_millis(1_500);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_begins_far_above_what_is_assumed_twice() {
        let mut course = Course::new(300, 5_000);

        assert_eq!(course.poll(), Some(900));
        assert_eq!(course.poll(), Some(1_800));
        assert_eq!(course.poll(), None, "until the result is known");
    }

    #[test]
    fn nobody_is_probed_who_wants_no_more() {
        let mut course = Course::new(400, 300);

        assert_eq!(course.poll(), None, "there is room to spare");
        course.outlook.wanted = Bitrate::kbps(400);
        assert_eq!(course.poll(), Some(540), "not far beyond what is wanted");
    }

    #[test]
    fn a_success_is_followed_up_at_once_and_a_failure_ever_later() {
        let mut course = Course::new(300, 50_000);
        course.poll();
        course.poll();

        course.result(1_700);
        assert_eq!(course.poll(), Some(3_400));
        course.result(1_700);

        let mut pauses = Vec::new();
        for _ in 0..8 {
            let before = course.now;
            while course.poll().is_none() {
                course.now += Duration::from_millis(100);
            }
            pauses.push(course.now - before);
            course.result(1_700);
        }
        assert!(pauses.is_sorted(), "{pauses:?}");
        assert!(pauses[0] < Duration::from_secs(2) && pauses[7] >= LONGEST_PAUSE, "{pauses:?}");
    }

    #[test]
    fn a_queue_is_not_probed() {
        let mut course = Course::new(300, 5_000);
        course.outlook.calm = false;

        assert_eq!(course.poll(), None);
    }

    #[test]
    fn after_a_fall_what_was_there_is_looked_for() {
        let mut course = Course::new(2_000, 5_000);
        course.poll();
        course.poll();
        course.result(2_000);

        course.plan.handle_fall(course.now, Bitrate::kbps(2_000), Bitrate::kbps(500));
        course.outlook.estimate = Bitrate::kbps(500);
        course.now += 2 * SHORTEST_PAUSE;

        assert_eq!(course.poll(), Some(2_000));
    }

    #[test]
    fn a_probe_that_is_never_told_of_does_not_stop_the_next() {
        let mut course = Course::new(300, 5_000);
        course.poll();
        course.poll();

        course.now += Duration::from_secs(10);
        course.poll();
        course.now += Duration::from_secs(10);

        assert!(course.poll().is_some());
    }

    struct Course {
        plan: Plan,
        now: Instant,
        outlook: Outlook,
        last: Option<Probe>,
    }

    impl Course {
        fn new(estimate: u64, wanted: u64) -> Self {
            let outlook = Outlook {
                estimate: Bitrate::kbps(estimate),
                wanted: Bitrate::kbps(wanted),
                calm: true,
                rtt: Duration::from_millis(50),
                jitter: Duration::ZERO,
            };
            Self { plan: Plan::default(), now: Instant::now(), outlook, last: None }
        }

        /// At how many kbit/s is to be probed now.
        fn poll(&mut self) -> Option<u64> {
            let probe = self.plan.poll(self.now, self.outlook)?;
            self.last = Some(probe);
            Some(probe.rate.0 / 1_000)
        }

        /// The last probe came through at so many kbit/s, which is assumed from then on if it is more.
        fn result(&mut self, kbps: u64) {
            let probe = self.last.expect("probed");
            let measured = Measured { probe, rate: Bitrate::kbps(kbps), all: false };
            if self.plan.handle_result(self.now, measured, self.outlook.estimate) {
                self.outlook.estimate = measured.rate;
            }
        }
    }
}

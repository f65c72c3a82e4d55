//! How long transactions wait (RFC 3261 §17.1.1.1, appendix A).

use std::time::{Duration, Instant};

use crate::flow::Flow;

/// The three durations that all timers are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timers {
    /// An estimate of a round trip; timers A, E and G begin with it.
    pub t1: Duration,
    /// The longest pause between retransmissions of requests other than INVITE, and of responses to INVITE.
    pub t2: Duration,
    /// How long a message may stay in the network; timers I and K.
    pub t4: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Self { t1: Duration::from_millis(500), t2: Duration::from_secs(4), t4: Duration::from_secs(5) }
    }
}

impl Timers {
    /// Timers B, D, F, H, J, L and M.
    pub(super) fn timeout(&self) -> Duration {
        self.t1 * 64
    }
}

/// After this an INVITE is answered 100 if nobody has answered it (RFC 3261 §17.2.1).
pub const TRYING_DELAY: Duration = Duration::from_millis(200);

/// The deadlines of one transaction: when to send again, and when it is over.
#[derive(Debug, Default)]
pub(super) struct Alarms {
    pub(super) resend: Option<Resend>,
    pub(super) end: Option<Instant>,
}

/// When to send again, and how long after the time before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resend {
    at: Instant,
    pause: Duration,
}

impl Alarms {
    /// Begins to send again: after `pause`, unless the flow neither loses nor reorders.
    pub(super) fn resend_after(&mut self, now: Instant, pause: Duration, flow: &Flow) {
        self.resend = (!flow.carrier.is_reliable()).then(|| Resend { at: now + pause, pause });
    }

    /// Sends once more after `pause`, whatever the flow.
    pub(super) fn send_after(&mut self, now: Instant, pause: Duration) {
        self.resend = Some(Resend { at: now + pause, pause });
    }

    /// Whether it is time to send again; the next time comes after `next` of the last pause.
    pub(super) fn resend_is_due(&mut self, now: Instant, next: impl FnOnce(Duration) -> Duration) -> bool {
        let Some(resend) = self.resend.filter(|resend| resend.at <= now) else { return false };
        let pause = next(resend.pause);
        self.resend = Some(Resend { at: now + pause, pause });
        true
    }

    pub(super) fn end_is_due(&self, now: Instant) -> bool {
        self.end.is_some_and(|end| end <= now)
    }

    /// The earlier of both.
    pub(super) fn next(&self) -> Option<Instant> {
        self.resend.map(|resend| resend.at).into_iter().chain(self.end).min()
    }
}

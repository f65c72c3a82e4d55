//! Whether a leg still lives. Silence alone never ends a call: phones stop sending while they are on hold, muted, or
//! suppress silence. A leg that reports by RTCP lives; one that does neither is asked over SIP.

use std::time::{Duration, Instant};

/// When a leg was last heard.
#[derive(Debug, Clone, Copy)]
pub struct Liveness {
    heard: Instant,
    reports: bool,
}

/// What is known of a leg's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// It was heard lately, or owes us nothing.
    Alive,
    /// Neither sound nor report since then; a request in its dialog would tell.
    Doubtful {
        /// Since when.
        since: Instant,
        /// Whether it used to send reports, which makes the doubt a strong one.
        reported: bool,
    },
}

impl Liveness {
    /// A leg whose media begins now.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self { heard: now, reports: false }
    }

    /// Hears a packet.
    pub fn handle_rtp(&mut self, now: Instant) {
        self.heard = self.heard.max(now);
    }

    /// Hears a report.
    pub fn handle_rtcp(&mut self, now: Instant) {
        self.heard = self.heard.max(now);
        self.reports = true;
    }

    /// Judges a leg. One on hold that never reported owes us nothing.
    #[must_use]
    pub fn life(&self, now: Instant, limit: Duration, held: bool) -> Life {
        let owes = !held || self.reports;
        if !owes || now.saturating_duration_since(self.heard) < limit {
            return Life::Alive;
        }
        Life::Doubtful { since: self.heard, reported: self.reports }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(60);

    #[test]
    fn reports_keep_a_silent_leg_alive() {
        let start = Instant::now();
        let mut leg = Liveness::new(start);
        leg.handle_rtp(start + Duration::from_secs(10));
        leg.handle_rtcp(start + Duration::from_secs(50));

        assert_eq!(leg.life(start + Duration::from_secs(100), LIMIT, false), Life::Alive);
        let since = start + Duration::from_secs(50);
        assert_eq!(
            leg.life(start + Duration::from_secs(110), LIMIT, true),
            Life::Doubtful { since, reported: true }
        );
    }

    #[test]
    fn a_held_leg_without_reports_may_be_silent_for_ever() {
        let start = Instant::now();
        let leg = Liveness::new(start);
        let much_later = start + Duration::from_secs(3_600);

        assert_eq!(leg.life(much_later, LIMIT, true), Life::Alive);
        assert_eq!(leg.life(much_later, LIMIT, false), Life::Doubtful { since: start, reported: false });
    }
}

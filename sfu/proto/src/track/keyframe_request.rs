//! Merges the wishes of many viewers for a keyframe into few requests to its sender.

use std::time::{Duration, Instant};

/// Whether a keyframe of one encoding is wanted, and when it was last asked for.
#[derive(Debug)]
pub struct KeyframeRequest {
    interval: Duration,
    wanted: bool,
    last: Option<Instant>,
}

impl KeyframeRequest {
    /// Nothing wanted. Keyframes of the lowest encoding are cheap and may be asked for more often.
    #[must_use]
    pub fn new(lowest: bool) -> Self {
        Self { interval: Duration::from_millis(if lowest { 500 } else { 1_000 }), wanted: false, last: None }
    }

    /// A viewer wants a keyframe.
    pub fn want(&mut self) {
        self.wanted = true;
    }

    /// A keyframe has come.
    pub fn satisfy(&mut self) {
        self.wanted = false;
    }

    /// Whether to ask now; remembers that one did.
    pub fn take_due(&mut self, now: Instant) -> bool {
        let rested = self.last.is_none_or(|last| now.saturating_duration_since(last) >= self.interval);
        if !self.wanted || !rested {
            return false;
        }
        self.last = Some(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifty_wishes_make_one_request() {
        let start = Instant::now();
        let mut request = KeyframeRequest::new(true);

        let asked = (0..50).filter(|_| {
            request.want();
            request.take_due(start)
        });

        assert_eq!(asked.count(), 1);
    }

    #[test]
    fn asking_goes_on_until_the_keyframe_comes() {
        let start = Instant::now();
        let mut request = KeyframeRequest::new(false);
        request.want();

        assert!(request.take_due(start));
        assert!(!request.take_due(start + Duration::from_millis(999)));
        assert!(request.take_due(start + Duration::from_millis(1_000)));

        request.satisfy();
        assert!(!request.take_due(start + Duration::from_secs(9)));
    }
}

//! The time of day. Tests may set it ahead.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;

/// Tells the time. Clones stay together.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    ahead_millis: Arc<AtomicI64>,
}

impl Clock {
    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let ahead = self.ahead_millis.load(Ordering::Relaxed);
        let millis = Timestamp::now().as_millisecond().saturating_add(ahead);
        Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
    }

    /// Sets the clock ahead, so that a test need not wait for what expires.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.ahead_millis.fetch_add(by, Ordering::Relaxed);
    }
}

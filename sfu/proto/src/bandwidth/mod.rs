//! How much can be sent to a peer, and what to send with it.

pub mod allocator;
pub mod downlink;
pub mod estimator;
pub mod pacer;
pub mod probe;

use std::fmt;
use std::time::Duration;

/// Bits per second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bitrate(pub u64);

impl Bitrate {
    /// No limit.
    pub const UNLIMITED: Self = Self(u64::MAX);

    /// Thousands of bits per second.
    #[must_use]
    pub const fn kbps(kilobits: u64) -> Self {
        Self(kilobits * 1_000)
    }

    /// The rate at which bytes passed in a time.
    #[must_use]
    pub fn of(bytes: u64, time: Duration) -> Self {
        Self(bytes * 8_000_000 / (time.as_micros() as u64).max(1))
    }

    /// A multiple or a fraction of it.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        if self == Self::UNLIMITED {
            return self;
        }
        Self((self.0 as f64 * factor) as u64)
    }

    /// The sum; no limit plus anything is no limit.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What is left, at least nothing; no limit less anything is no limit.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        if self == Self::UNLIMITED {
            return self;
        }
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Bitrate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} kbit/s", self.0 / 1_000)
    }
}

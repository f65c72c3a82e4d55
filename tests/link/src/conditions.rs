//! What a link is like at one moment.

use std::time::Duration;

/// One direction of a link at one moment. The default is perfect.
#[derive(Debug, Clone, PartialEq)]
pub struct Conditions {
    /// Bits per second, headers included; `None` for more than anybody sends.
    pub rate: Option<u64>,
    /// How long every packet is on its way, besides its time in the queue.
    pub delay: Duration,
    /// The standard deviation of what is added to the delay. Packets keep their order.
    pub jitter: Duration,
    /// What is lost on the way, whatever is sent.
    pub loss: Loss,
    /// What the router before the link holds; what comes when it is full is dropped.
    pub queue: Queue,
    /// Drops what exceeds a rate, without a queue.
    pub policer: Option<Policer>,
    /// How many bulk transfers (a download, a backup) share the link.
    pub competitors: u32,
    /// Nothing passes at all.
    pub cut: bool,
}

/// Random loss.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Loss {
    /// None.
    #[default]
    None,
    /// Each packet by itself, with this probability.
    Random(f64),
    /// In runs: a good state becomes a bad one, in which everything is lost, and the other way round, each with its
    /// probability per packet (the model of Gilbert).
    Bursts {
        /// From good to bad.
        begin: f64,
        /// From bad to good.
        end: f64,
    },
}

/// How much may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queue {
    /// So many bytes.
    Bytes(u64),
    /// As many bytes as the link carries in this time.
    Time(Duration),
}

/// A bucket of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policer {
    /// Bits per second.
    pub rate: u64,
    /// Bytes that may pass at once.
    pub burst: u64,
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            rate: None,
            delay: Duration::ZERO,
            jitter: Duration::ZERO,
            loss: Loss::None,
            queue: Queue::Time(Duration::from_millis(300)),
            policer: None,
            competitors: 0,
            cut: false,
        }
    }
}

impl Queue {
    /// How many bytes may wait before a link of a rate.
    #[must_use]
    pub fn bytes(self, rate: u64) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes,
            // Two large packets at least: less would be no link.
            Self::Time(time) => ((rate as f64 * time.as_secs_f64() / 8.0) as u64).max(3_000),
        }
    }
}

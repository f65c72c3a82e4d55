//! One direction of a peer's network path, with the faults that a test asks for.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Decides for each datagram whether it is lost.
type Loss = Box<dyn FnMut(&[u8]) -> bool>;

/// Datagrams on their way. A fresh one is perfect.
pub struct Link {
    loss: Loss,
    rate: Option<u64>,
    delay: Duration,
    free_at: Option<Instant>,
    queue: VecDeque<(Instant, Vec<u8>)>,
}

/// What a router in front of a slow link holds at most.
const QUEUE: Duration = Duration::from_millis(250);

impl Default for Link {
    fn default() -> Self {
        Self {
            loss: Box::new(|_| false),
            rate: None,
            delay: Duration::ZERO,
            free_at: None,
            queue: VecDeque::new(),
        }
    }
}

impl Link {
    /// Loses those datagrams for which `loss` says so.
    pub fn lose(&mut self, loss: impl FnMut(&[u8]) -> bool + 'static) {
        self.loss = Box::new(loss);
    }

    /// Lets through so many bits per second, queues some and drops the rest; `None` lifts the limit.
    pub fn limit(&mut self, bits_per_second: Option<u64>) {
        self.rate = bits_per_second;
    }

    /// Delays every datagram.
    pub fn delay(&mut self, delay: Duration) {
        self.delay = delay;
    }

    pub(crate) fn push(&mut self, now: Instant, datagram: Vec<u8>) {
        if (self.loss)(&datagram) {
            return;
        }
        let mut leaves = now;
        if let Some(rate) = self.rate {
            let start = self.free_at.map_or(now, |free| free.max(now));
            if start - now > QUEUE {
                return;
            }
            leaves = start + Duration::from_secs_f64(datagram.len() as f64 * 8.0 / rate as f64);
            self.free_at = Some(leaves);
        }
        self.queue.push_back((leaves + self.delay, datagram));
    }

    pub(crate) fn pop(&mut self, now: Instant) -> Option<Vec<u8>> {
        if self.queue.front()?.0 > now {
            return None;
        }
        self.queue.pop_front().map(|(_, datagram)| datagram)
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.queue.front().map(|&(at, _)| at)
    }
}

/// Whether a datagram is RTP, as opposed to RTCP, DTLS or STUN (RFC 7983, RFC 5761).
#[must_use]
pub fn is_rtp(datagram: &[u8]) -> bool {
    datagram.len() >= 12 && (128..192).contains(&datagram[0]) && !(192..224).contains(&datagram[1])
}

/// The SSRC of an RTP packet.
#[must_use]
pub fn ssrc_of(rtp: &[u8]) -> u32 {
    u32::from_be_bytes([rtp[8], rtp[9], rtp[10], rtp[11]])
}

/// The sequence number of an RTP packet.
#[must_use]
pub fn seq_of(rtp: &[u8]) -> u16 {
    u16::from_be_bytes([rtp[2], rtp[3]])
}

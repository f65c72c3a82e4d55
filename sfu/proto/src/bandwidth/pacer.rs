//! Spreads what is sent to a peer over time, so that a large picture does not fill the queue of a thin link at once: a
//! leaky bucket that is emptied on ticks, which packets of one peer share and the peers of a shard do not.
//!
//! Sound and retransmissions are not held back; what they take is taken from the bucket all the same.

use std::collections::VecDeque;

use super::Bitrate;
use super::probe::Probe;

/// What waits to be sent to one peer. Times are microseconds of our clock.
#[derive(Debug)]
pub struct Pacer<T> {
    rate: Bitrate,
    /// Bytes that may leave; what is not used up is lost but for a little.
    budget: f64,
    filled_at: u64,
    /// Shifts the ticks of this peer against those of others.
    phase: u64,
    queue: VecDeque<(T, usize)>,
    queued: usize,
    burst: Option<Burst>,
}

#[derive(Debug, Clone, Copy)]
struct Burst {
    probe: Probe,
    began: u64,
    bytes: usize,
    packets: u32,
}

/// What is to leave now.
#[derive(Debug, PartialEq, Eq)]
pub enum Release<T> {
    /// The packet that has waited longest.
    Packet(T),
    /// Anything, of about so many bytes: a probe has nothing else to send.
    Padding(usize),
}

impl<T> Pacer<T> {
    /// An empty pacer without a limit. `phase` is any number that differs from peer to peer.
    #[must_use]
    pub fn new(phase: u32) -> Self {
        Self {
            rate: Bitrate::UNLIMITED,
            budget: LEAST_BURST,
            filled_at: 0,
            phase: u64::from(phase).wrapping_mul(0x9e37_79b9) % TICK,
            queue: VecDeque::new(),
            queued: 0,
            burst: None,
        }
    }

    /// Changes how fast it lets go.
    pub fn set_rate(&mut self, rate: Bitrate) {
        self.rate = rate;
    }

    /// Whether a packet may leave at once; if not, it is to be held.
    #[inline]
    pub fn admits(&mut self, micros: u64) -> bool {
        if self.rate == Bitrate::UNLIMITED {
            return true;
        }
        self.fill(micros);
        self.queue.is_empty() && self.burst.is_none() && self.budget > 0.0
    }

    /// Whether a retransmission may leave; if not, it will be asked for again.
    #[inline]
    pub fn admits_repair(&mut self, micros: u64) -> bool {
        if self.rate == Bitrate::UNLIMITED {
            return true;
        }
        self.fill(micros);
        self.budget > -bytes_in(self.rate, LONGEST_DEBT / 2)
    }

    /// Notes what leaves, and returns the mark of the probe to which it belongs.
    #[inline]
    pub fn spend(&mut self, size: usize) -> u8 {
        self.budget -= size as f64;
        let Some(burst) = &mut self.burst else { return 0 };
        burst.bytes += size;
        burst.packets += 1;
        let mark = burst.probe.id;
        if burst.bytes >= burst.probe.bytes && burst.packets >= burst.probe.packets {
            self.burst = None;
        }
        mark
    }

    /// Keeps a packet until its time comes.
    pub fn hold(&mut self, packet: T, size: usize) {
        self.queue.push_back((packet, size));
        self.queued += size;
    }

    /// Drops what waits, and ends a probe.
    pub fn clear(&mut self) {
        self.queue.clear();
        self.queued = 0;
        self.burst = None;
    }

    /// How many packets wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Begins a probe: from now on packets leave at its rate, and padding where there are none.
    pub fn begin(&mut self, micros: u64, probe: Probe) {
        // A little before, so that the first packet leaves now.
        self.burst = Some(Burst { probe, began: micros, bytes: 0, packets: 0 });
    }

    /// Ends a probe for which there is nothing to send.
    pub fn give_up(&mut self) {
        self.burst = None;
    }

    /// What is to leave now; to be asked until it gives nothing. What it gives is to be told to [`Self::spend`].
    pub fn release(&mut self, micros: u64) -> Option<Release<T>> {
        self.fill(micros);
        if let Some(burst) = self.burst {
            let due = bytes_in(burst.probe.rate, micros.saturating_sub(burst.began)) + FIRST_OF_BURST;
            let due = due - burst.bytes as f64;
            if due <= 0.0 {
                return None;
            }
            let share = burst.probe.bytes / burst.probe.packets.max(1) as usize;
            return Some(self.take().unwrap_or(Release::Padding(share)));
        }
        let urgent = self.queue.len() > MOST_QUEUED;
        if self.budget > 0.0 || urgent || self.rate == Bitrate::UNLIMITED { self.take() } else { None }
    }

    /// When something may leave next.
    #[must_use]
    pub fn next_release(&self, micros: u64) -> Option<u64> {
        if let Some(burst) = self.burst {
            let missing = burst.bytes as f64 - FIRST_OF_BURST;
            let wait = micros_for(burst.probe.rate, missing) as u64 + 1;
            return Some((burst.began + wait).max(micros));
        }
        if self.queue.is_empty() {
            return None;
        }
        let passed = (micros + TICK - self.phase) % TICK;
        Some(micros + TICK - passed)
    }

    fn take(&mut self) -> Option<Release<T>> {
        let (packet, size) = self.queue.pop_front()?;
        self.queued -= size;
        Some(Release::Packet(packet))
    }

    /// Nothing that waits is to wait longer than it would be of use.
    fn speed(&self) -> Bitrate {
        let in_time = Bitrate(self.queued as u64 * 8_000_000 / LONGEST_WAIT);
        self.rate.max(in_time)
    }

    #[inline]
    fn fill(&mut self, micros: u64) {
        let elapsed = micros.saturating_sub(self.filled_at);
        self.filled_at = micros;
        let rate = self.speed();
        let most = bytes_in(rate, TICK).max(LEAST_BURST);
        let filled = self.budget + bytes_in(rate, elapsed);
        // Debts of sound and retransmissions are limited too.
        self.budget = filled.clamp(-bytes_in(rate, LONGEST_DEBT), most);
    }
}

fn bytes_in(rate: Bitrate, micros: u64) -> f64 {
    rate.0 as f64 * micros as f64 / 8e6
}

fn micros_for(rate: Bitrate, bytes: f64) -> f64 {
    (bytes * 8e6 / rate.0.max(1) as f64).max(0.0)
}

/// In microseconds.
const TICK: u64 = 5_000;
/// In bytes: one packet may always leave after a pause.
const LEAST_BURST: f64 = 1_200.0;
const LONGEST_WAIT: u64 = 300_000;
const LONGEST_DEBT: u64 = 100_000;
const FIRST_OF_BURST: f64 = 1.0;
const MOST_QUEUED: usize = 400;

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_large_picture_is_spread_over_ticks() {
        let mut pacer = Pacer::new(0);
        pacer.set_rate(Bitrate::kbps(2_000));
        let mut left = Vec::new();

        let mut now = 1_000_000;
        for packet in 0..10 {
            match pacer.admits(now) {
                true => left.push((now, packet, pacer.spend(1_000))),
                false => pacer.hold(packet, 1_000),
            }
        }
        while let Some(next) = pacer.next_release(now) {
            now = next;
            drain(&mut pacer, now, &mut left);
        }

        assert!(left.iter().map(|&(_, packet, _)| packet).eq(0..10), "{left:?}");
        let took = left[9].0 - left[0].0;
        assert!((30_000..=40_000).contains(&took), "10 kB at 2 Mbit/s: {took} µs");
    }

    #[test]
    fn what_fits_leaves_at_once() {
        let mut pacer = Pacer::<()>::new(0);
        pacer.set_rate(Bitrate::kbps(2_000));

        for packet in 0..100 {
            assert!(pacer.admits(10_000 * packet));
            pacer.spend(1_200);
        }
    }

    #[test]
    fn sound_is_not_held_back_but_pictures_pay_for_it() {
        let mut pacer = Pacer::<()>::new(0);
        pacer.set_rate(Bitrate::kbps(100));

        (0..10).for_each(|_| assert_eq!(pacer.spend(200), 0));

        assert!(!pacer.admits(20_000));
        assert!(pacer.admits(200_000));
    }

    #[test]
    fn what_is_asked_for_again_waits_where_too_much_was_sent() {
        let mut pacer = Pacer::<()>::new(0);
        pacer.set_rate(Bitrate::kbps(128));
        let mut repairs = |micros| {
            let mut count = 0;
            while pacer.admits_repair(micros) {
                pacer.spend(1_000);
                count += 1;
            }
            count
        };

        assert_eq!(repairs(1_000_000), 2);
        assert_eq!(repairs(1_020_000), 1);
        assert_eq!(repairs(1_040_000), 0);
        assert_eq!(repairs(1_200_000), 2);
    }

    #[test]
    fn nothing_waits_longer_than_it_is_of_use() {
        let mut pacer = Pacer::new(0);
        pacer.set_rate(Bitrate::kbps(50));
        (0..100).for_each(|packet| pacer.hold(packet, 1_000));

        let (mut now, mut left) = (1_000_000, Vec::new());
        while let Some(next) = pacer.next_release(now) {
            now = next;
            drain(&mut pacer, now, &mut left);
        }

        assert!(now < 5_000_000, "100 kB took {now} µs");
    }

    #[test]
    fn a_probe_keeps_its_rate_and_marks_what_leaves() {
        let mut pacer = Pacer::new(0);
        pacer.set_rate(Bitrate::kbps(500));
        let probe = Probe::new(9, Bitrate::kbps(4_000), Duration::ZERO);
        pacer.hold(1, 1_000);
        pacer.begin(1_000_000, probe);

        let (mut now, mut left) = (1_000_000, Vec::new());
        drain(&mut pacer, now, &mut left);
        while let Some(next) = pacer.next_release(now) {
            now = next;
            drain(&mut pacer, now, &mut left);
        }

        assert_eq!(left[0].1, 1, "what waits comes first");
        assert!(left.iter().all(|&(_, _, mark)| mark == 9));
        assert_eq!(left.len(), 10, "20 ms at 4 Mbit/s in kilobytes");
        let took = now - 1_000_000;
        assert!((16_000..20_000).contains(&took), "{took} µs");
    }

    #[test]
    fn peers_do_not_share_their_ticks() {
        let phases: std::collections::HashSet<_> = (0..50).map(|peer| Pacer::<()>::new(peer).phase).collect();

        assert!(phases.len() > 40);
    }

    #[test]
    fn without_a_limit_nothing_is_held() {
        let mut pacer = Pacer::<()>::new(0);

        assert!((0..10_000).all(|_| {
            pacer.spend(1_200);
            pacer.admits(0)
        }));
    }

    /// Lets go of all that may leave; padding counts as packet 0.
    fn drain(pacer: &mut Pacer<u32>, now: u64, left: &mut Vec<(u64, u32, u8)>) {
        while let Some(release) = pacer.release(now) {
            let packet = match release {
                Release::Packet(packet) => packet,
                Release::Padding(_) => 0,
            };
            left.push((now, packet, pacer.spend(1_000)));
        }
    }
}

//! One direction of a link: packets go in, and those that are not lost come out later.
//!
//! ```text
//! push ─► cut? lost? policer ─► queue (drop-tail) ─► bottleneck ─► delay + jitter ─► pop
//!                                   ▲ bulk transfers that share the link
//! ```

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::bulk::Bulk;
use crate::conditions::{Conditions, Loss};
use crate::random::Random;

/// One direction of a link, of packets of which nothing is known but their size.
#[derive(Debug)]
pub struct Path<T> {
    conditions: Conditions,
    random: Random,
    bad: bool,
    tokens: Option<(Instant, f64)>,
    queue: VecDeque<Waiting<T>>,
    queued: u64,
    /// When the packet at the head of the queue is through.
    through: Option<Instant>,
    flying: VecDeque<Flying<T>>,
    bulk: Vec<Bulk>,
    counts: Counts,
}

/// What became of packets so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Given to the path.
    pub packets: u64,
    /// Lost by chance or because the link was cut.
    pub lost: u64,
    /// Dropped because the queue was full or the policer said so.
    pub dropped: u64,
    /// Bytes that came through.
    pub delivered: u64,
}

/// A packet at the other end.
#[derive(Debug, PartialEq, Eq)]
pub struct Delivery<T> {
    /// When it arrived.
    pub at: Instant,
    /// How long it waited for others before the bottleneck.
    pub waited: Duration,
    /// The packet.
    pub packet: T,
}

#[derive(Debug)]
struct Waiting<T> {
    load: Load<T>,
    size: usize,
    since: Instant,
}

#[derive(Debug)]
enum Load<T> {
    Ours(T),
    Bulk(usize),
}

#[derive(Debug)]
struct Flying<T> {
    at: Instant,
    waited: Duration,
    size: usize,
    packet: T,
}

impl<T> Path<T> {
    /// An empty path. The seed decides what is lost.
    #[must_use]
    pub fn new(conditions: Conditions, seed: u64) -> Self {
        Self {
            conditions,
            random: Random::new(seed),
            bad: false,
            tokens: None,
            queue: VecDeque::new(),
            queued: 0,
            through: None,
            flying: VecDeque::new(),
            bulk: Vec::new(),
            counts: Counts::default(),
        }
    }

    /// Changes what the link is like. What is on its way stays on its way.
    pub fn change(&mut self, now: Instant, conditions: Conditions) {
        self.advance(now);
        self.conditions = conditions;
        if self.conditions.rate.is_none() {
            self.bulk.clear();
        } else {
            self.bulk.truncate(self.conditions.competitors as usize);
        }
    }

    /// What it is like.
    #[must_use]
    pub fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    /// What became of packets so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Puts a packet in; `size` counts its headers.
    pub fn push(&mut self, now: Instant, size: usize, packet: T) {
        self.advance(now);
        self.counts.packets += 1;
        if self.conditions.cut || self.is_lost() {
            self.counts.lost += 1;
        } else if !self.passes_policer(now, size) || !self.enqueue(now, size, Load::Ours(packet)) {
            self.counts.dropped += 1;
        }
        self.start(now);
    }

    /// The next packet that has arrived by now.
    pub fn pop(&mut self, now: Instant) -> Option<Delivery<T>> {
        self.advance(now);
        if self.flying.front()?.at > now {
            return None;
        }
        let flying = self.flying.pop_front()?;
        self.counts.delivered += flying.size as u64;
        Some(Delivery { at: flying.at, waited: flying.waited, packet: flying.packet })
    }

    /// When something happens next: [`Self::pop`] wants to be called then.
    #[must_use]
    pub fn next(&self) -> Option<Instant> {
        let bulk = self.bulk.iter().filter_map(Bulk::next);
        let arrival = self.flying.front().map(|flying| flying.at);
        bulk.chain(self.through).chain(arrival).min()
    }

    fn advance(&mut self, now: Instant) {
        while self.bulk.len() < self.conditions.competitors as usize && self.conditions.rate.is_some() {
            self.bulk.push(Bulk::new(2 * self.conditions.delay + BULK_ROUND_TRIP));
            self.feed_bulk(now, self.bulk.len() - 1);
        }
        loop {
            let bulk = (0..self.bulk.len()).filter_map(|index| Some((self.bulk[index].next()?, Some(index))));
            let through = self.through.map(|at| (at, None));
            let Some((at, who)) = bulk.chain(through).min().filter(|&(at, _)| at <= now) else { return };
            match who {
                Some(index) => {
                    self.bulk[index].handle_timeout(at);
                    self.feed_bulk(at, index);
                }
                None => self.finish(at),
            }
            self.start(at);
        }
    }

    /// The packet at the head is through.
    fn finish(&mut self, at: Instant) {
        self.through = None;
        let Some(head) = self.queue.pop_front() else { return };
        self.queued -= head.size as u64;
        match head.load {
            Load::Bulk(index) => {
                if let Some(bulk) = self.bulk.get_mut(index) {
                    bulk.delivered(at + self.conditions.delay);
                }
            }
            Load::Ours(packet) => {
                let waited =
                    at.saturating_duration_since(head.since).saturating_sub(self.serialization(head.size));
                self.fly(at, waited, head.size, packet);
            }
        }
    }

    /// Lets the next packet into the bottleneck, if that is free.
    fn start(&mut self, now: Instant) {
        if self.through.is_none()
            && let Some(head) = self.queue.front()
        {
            self.through = Some(now + self.serialization(head.size));
        }
    }

    fn enqueue(&mut self, now: Instant, size: usize, load: Load<T>) -> bool {
        let Some(rate) = self.conditions.rate else {
            if let Load::Ours(packet) = load {
                self.fly(now, Duration::ZERO, size, packet);
            }
            return true;
        };
        if self.queued + size as u64 > self.conditions.queue.bytes(rate) {
            return false;
        }
        self.queued += size as u64;
        self.queue.push_back(Waiting { load, size, since: now });
        true
    }

    fn fly(&mut self, now: Instant, waited: Duration, size: usize, packet: T) {
        let jitter = self.conditions.jitter.mul_f64(self.random.normal().abs());
        let earliest = self.flying.back().map_or(now, |last| last.at);
        let at = (now + self.conditions.delay + jitter).max(earliest);
        self.flying.push_back(Flying { at, waited, size, packet });
    }

    fn feed_bulk(&mut self, now: Instant, index: usize) {
        while self.bulk[index].wants_to_send() {
            let lost = self.conditions.cut || !self.enqueue(now, BULK_SIZE, Load::Bulk(index));
            self.bulk[index].sent(lost.then_some(now));
        }
        self.start(now);
    }

    fn serialization(&self, size: usize) -> Duration {
        let rate = self.conditions.rate.unwrap_or(u64::MAX).max(1);
        Duration::from_secs_f64(size as f64 * 8.0 / rate as f64)
    }

    fn is_lost(&mut self) -> bool {
        match self.conditions.loss {
            Loss::None => false,
            Loss::Random(probability) => self.random.chance(probability),
            Loss::Bursts { begin, end } => {
                self.bad = if self.bad { !self.random.chance(end) } else { self.random.chance(begin) };
                self.bad
            }
        }
    }

    fn passes_policer(&mut self, now: Instant, size: usize) -> bool {
        let Some(policer) = self.conditions.policer else { return true };
        let (since, tokens) = self.tokens.unwrap_or((now, policer.burst as f64));
        let earned = now.saturating_duration_since(since).as_secs_f64() * policer.rate as f64 / 8.0;
        let tokens = (tokens + earned).min(policer.burst as f64);
        let passes = tokens >= size as f64;
        self.tokens = Some((now, if passes { tokens - size as f64 } else { tokens }));
        passes
    }
}

const BULK_SIZE: usize = 1_500;
/// What is between the far end of the link and the server from which somebody downloads.
const BULK_ROUND_TRIP: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conditions::{Policer, Queue};

    #[test]
    fn a_perfect_link_delivers_at_once() {
        let now = Instant::now();
        let mut path = Path::new(Conditions::default(), 1);

        path.push(now, 1_200, 'a');

        assert_eq!(path.pop(now), Some(Delivery { at: now, waited: Duration::ZERO, packet: 'a' }));
        assert_eq!(path.pop(now), None);
    }

    #[test]
    fn packets_leave_at_the_rate_of_the_link_and_arrive_after_its_delay() {
        let now = Instant::now();
        let conditions = Conditions { rate: Some(80_000), delay: millis(30), ..Conditions::default() };
        let mut path = Path::new(conditions, 1);

        path.push(now, 1_000, 1);
        path.push(now, 1_000, 2);

        assert_eq!(arrivals(&mut path, now), [(130, 0, 1), (230, 100, 2)]);
    }

    #[test]
    fn what_comes_when_the_queue_is_full_is_dropped() {
        let now = Instant::now();
        let queue = Queue::Bytes(3_000);
        let mut path = Path::new(Conditions { rate: Some(80_000), queue, ..Conditions::default() }, 1);

        (0..5).for_each(|packet| path.push(now, 1_000, packet));

        assert_eq!(arrivals(&mut path, now).len(), 3);
        assert_eq!(path.counts().dropped, 2);
    }

    #[test]
    fn a_policer_drops_what_exceeds_its_rate_and_lets_nothing_wait() {
        let now = Instant::now();
        let policer = Some(Policer { rate: 80_000, burst: 2_000 });
        let mut path = Path::new(Conditions { policer, ..Conditions::default() }, 1);

        for tick in 0..100 {
            path.push(now + millis(10 * tick), 1_000, tick);
        }

        let passed = arrivals(&mut path, now);
        assert_eq!(passed.len(), 11, "the burst, and one each 100 ms");
        assert!(passed.iter().all(|&(at, waited, tick)| waited == 0 && at == 10 * tick));
    }

    #[test]
    fn jitter_delays_and_never_reorders() {
        let now = Instant::now();
        let mut path =
            Path::new(Conditions { delay: millis(50), jitter: millis(10), ..Conditions::default() }, 3);

        (0..1_000).for_each(|packet| path.push(now + millis(packet), 100, packet));

        let arrived = arrivals(&mut path, now);
        assert!(arrived.iter().map(|&(_, _, packet)| packet).eq(0..1_000));
        assert!(arrived.iter().all(|&(at, _, packet)| at >= packet + 50));
        assert!(arrived.iter().any(|&(at, _, packet)| at > packet + 60));
    }

    #[test]
    fn losses_come_one_by_one_or_in_runs() {
        let survivors = |loss| {
            let now = Instant::now();
            let mut path = Path::new(Conditions { loss, ..Conditions::default() }, 5);
            (0..10_000).for_each(|packet| path.push(now, 100, packet));
            arrivals(&mut path, now).into_iter().map(|(_, _, packet)| packet).collect::<Vec<u64>>()
        };

        let random = survivors(Loss::Random(0.05));
        let bursts = survivors(Loss::Bursts { begin: 0.01, end: 0.2 });
        let gaps = |kept: &[u64]| kept.windows(2).filter(|pair| pair[1] > pair[0] + 1).count();

        assert!((9_350..9_650).contains(&random.len()), "{}", random.len());
        assert!((9_300..9_700).contains(&bursts.len()), "{}", bursts.len());
        assert!(3 * gaps(&bursts) < gaps(&random), "the same loss in longer runs");
    }

    #[test]
    fn nothing_passes_a_cut_link_and_what_was_on_its_way_arrives() {
        let now = Instant::now();
        let mut path = Path::new(Conditions { delay: millis(100), ..Conditions::default() }, 1);
        path.push(now, 100, 1);

        path.change(now + millis(50), Conditions { cut: true, ..path.conditions().clone() });
        path.push(now + millis(60), 100, 2);

        assert_eq!(arrivals(&mut path, now), [(100, 0, 1)]);
        assert_eq!(path.counts().lost, 1);
    }

    #[test]
    fn a_bulk_transfer_takes_what_the_link_has_and_fills_the_queue() {
        let now = Instant::now();
        let conditions =
            Conditions { rate: Some(2_000_000), delay: millis(20), competitors: 1, ..Conditions::default() };
        let mut path = Path::new(conditions, 1);

        let mut longest = Duration::ZERO;
        for tick in 0..3_000 {
            let at = now + millis(10 * tick);
            path.push(at, 100, ());
            while let Some(delivery) = path.pop(at) {
                longest = longest.max(delivery.waited);
            }
        }

        assert!(longest > millis(200), "{longest:?}");
        assert!(path.counts().dropped < 300, "{:?}", path.counts());
    }

    #[test]
    fn a_seed_repeats_everything() {
        let run = |seed| {
            let now = Instant::now();
            let mut path = Path::new(
                Conditions { loss: Loss::Random(0.1), jitter: millis(5), ..Conditions::default() },
                seed,
            );
            (0..100).for_each(|packet| path.push(now, 100, packet));
            arrivals(&mut path, now)
        };

        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
    }

    /// When each packet arrived and how long it waited, in milliseconds since the start, by following the deadlines.
    fn arrivals<T>(path: &mut Path<T>, start: Instant) -> Vec<(u64, u64, T)> {
        let mut arrived = Vec::new();
        while let Some(now) = path.next() {
            while let Some(Delivery { at, waited, packet }) = path.pop(now) {
                arrived.push(((at - start).as_millis() as u64, waited.as_millis() as u64, packet));
            }
        }
        arrived
    }

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }
}

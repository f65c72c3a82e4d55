//! One run over one link: a camera whose rate follows the estimate, under a virtual clock.

use std::fmt;
use std::time::{Duration, Instant};

use palabre_link::{Path, Profile, Random};

use crate::contender::Contender;

/// What a run showed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Score {
    /// The part of what the link could carry that arrived as pictures.
    pub(crate) utilisation: f64,
    /// Of the times that packets waited before the link: so long at most for 95 of 100.
    pub(crate) queue: Duration,
    /// The part of the packets that the link dropped because its queue was full.
    pub(crate) dropped: f64,
    /// From the moment the link got better until four fifths of it were used for a second.
    pub(crate) recovery: Option<Recovery>,
}

impl Score {
    /// The mean of several runs; of recoveries the longest.
    pub(crate) fn mean(scores: &[Self]) -> Self {
        let count = scores.len().max(1) as f64;
        let mean = |part: fn(&Self) -> f64| scores.iter().map(part).sum::<f64>() / count;
        Self {
            utilisation: mean(|score| score.utilisation),
            queue: Duration::from_secs_f64(mean(|score| score.queue.as_secs_f64())),
            dropped: mean(|score| score.dropped),
            recovery: scores.iter().filter_map(|score| score.recovery).max(),
        }
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let back = match self.recovery {
            None => "-".to_owned(),
            Some(Recovery::Never) => "never".to_owned(),
            Some(Recovery::After(time)) => format!("{:.1} s", time.as_secs_f64()),
        };
        let (used, dropped) = (100.0 * self.utilisation, 100.0 * self.dropped);
        write!(f, "{used:7.1} %{:7} ms{dropped:7.1} %{back:>7}", self.queue.as_millis())
    }
}

/// How a sender came back after a link got better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Recovery {
    After(Duration),
    Never,
}

pub(crate) const LENGTH: Duration = Duration::from_secs(120);

/// The most that the camera gives.
pub(crate) fn ceiling(profile: &Profile) -> u64 {
    let highest = seconds().filter_map(|second| profile.schedule.capacity(second)).max();
    highest.map_or(MOST, |highest| (highest * 3 / 2).min(MOST))
}

/// Runs over a link from `start` on.
pub(crate) fn run<C: Contender>(
    contender: &mut C,
    profile: &Profile,
    start: Instant,
    seed: u64,
    trace: bool,
) -> Score {
    let mut forth = Path::new(profile.schedule.at(Duration::ZERO).clone(), seed);
    let back = palabre_link::Conditions {
        delay: profile.schedule.at(Duration::ZERO).delay,
        ..palabre_link::Conditions::default()
    };
    let mut back = Path::new(back, seed + 1);
    let mut camera =
        Camera { random: Random::new(seed + 2), next: start, ceiling: ceiling(profile), first: true };
    let mut tally = Tally::default();
    let mut now = start;
    while now < start + LENGTH {
        let change = profile.schedule.next_change(now - start).map(|at| start + at);
        let deadlines = [forth.next(), back.next(), contender.poll_timeout(), Some(camera.next), change];
        now = deadlines.into_iter().flatten().min().unwrap_or(now).max(now);
        let elapsed = now - start;

        let conditions = profile.schedule.at(elapsed);
        if forth.conditions() != conditions {
            forth.change(now, conditions.clone());
            let cut = conditions.cut;
            back.change(now, palabre_link::Conditions { cut, ..back.conditions().clone() });
        }
        if contender.poll_timeout().is_some_and(|at| at <= now) {
            contender.handle_timeout(now);
        }
        if camera.next <= now {
            contender.write(now, &camera.picture(now, contender.estimate()));
        }
        while let Some(delivery) = forth.pop(now) {
            tally.waits.push(delivery.waited);
            let bytes = contender.handle_media(now, delivery.packet);
            tally.count(elapsed, bytes, contender.estimate());
        }
        while let Some(delivery) = back.pop(now) {
            contender.handle_feedback(now, delivery.packet);
        }
        while let Some((size, packet)) = contender.poll_media() {
            forth.push(now, size, packet);
        }
        while let Some((size, packet)) = contender.poll_feedback() {
            back.push(now, size, packet);
        }
    }
    if trace {
        tally.print(profile);
    }
    let counts = forth.counts();
    Score {
        utilisation: tally.utilisation(profile),
        queue: tally.quantile(0.95),
        dropped: counts.dropped as f64 / counts.packets.max(1) as f64,
        recovery: tally.recovery(profile),
    }
}

/// Gives pictures of about the size that the estimate allows.
struct Camera {
    random: Random,
    next: Instant,
    ceiling: u64,
    first: bool,
}

impl Camera {
    fn picture(&mut self, now: Instant, estimate: u64) -> Vec<usize> {
        self.next = now + Duration::from_secs(1) / PICTURES;
        let rate = estimate.min(self.ceiling) as f64;
        // Encoders are told what headers leave.
        let mean = rate / 8.0 / f64::from(PICTURES) * PAYLOAD_PART;
        let factor = if std::mem::take(&mut self.first) { 3.0 } else { 1.0 + 0.15 * self.random.normal() };
        let mut left = (mean * factor.clamp(0.4, 3.0)).max(100.0) as usize;
        let packets = left.div_ceil(PACKET);
        (0..packets)
            .map(|index| {
                let size = left / (packets - index);
                left -= size;
                size
            })
            .collect()
    }
}

#[derive(Default)]
struct Tally {
    waits: Vec<Duration>,
    /// Bytes of pictures that arrived in each tenth of a second, and the estimate then.
    tenths: Vec<(u64, u64)>,
}

impl Tally {
    fn count(&mut self, elapsed: Duration, bytes: usize, estimate: u64) {
        let tenth = (elapsed.as_millis() / 100) as usize;
        if self.tenths.len() <= tenth {
            self.tenths.resize(tenth + 1, (0, estimate));
        }
        self.tenths[tenth].0 += bytes as u64;
        self.tenths[tenth].1 = estimate;
    }

    fn utilisation(&self, profile: &Profile) -> f64 {
        let ceiling = ceiling(profile);
        let could = |tenth: u64| {
            let capacity = profile.schedule.capacity(Duration::from_millis(100 * tenth)).unwrap_or(ceiling);
            capacity.min(ceiling) / 10
        };
        let capacity: u64 = (0..LENGTH.as_millis() as u64 / 100).map(could).sum();
        let arrived: u64 = self.tenths.iter().map(|&(bytes, _)| bytes * 8).sum();
        arrived as f64 / capacity as f64 / PAYLOAD_PART
    }

    fn quantile(&self, part: f64) -> Duration {
        let mut waits = self.waits.clone();
        waits.sort_unstable();
        let last = waits.len().saturating_sub(1);
        waits.get((last as f64 * part) as usize).copied().unwrap_or_default()
    }

    fn recovery(&self, profile: &Profile) -> Option<Recovery> {
        let capacity = |tenth: usize| profile.schedule.capacity(Duration::from_millis(100 * tenth as u64));
        // Links that wander get better all the time.
        let changes: Vec<_> = changes(profile).collect();
        if changes.len() > 4 {
            return None;
        }
        let better = changes.into_iter().rfind(|&tenth| capacity(tenth) > capacity(tenth - 1))?;
        let wanted = capacity(better)?.min(ceiling(profile)) as f64 * PAYLOAD_PART * 0.8 / 8.0;
        let second =
            |end: usize| self.tenths.iter().take(end).skip(end - 10).map(|&(bytes, _)| bytes).sum::<u64>();
        let there = (better + 10..self.tenths.len()).find(|&end| second(end) as f64 >= wanted);
        Some(there.map_or(Recovery::Never, |end| {
            Recovery::After(Duration::from_millis(100 * (end - better - 10) as u64))
        }))
    }

    fn print(&self, profile: &Profile) {
        println!("    s  link  sent  estimate (kbit/s)");
        for (second, tenths) in self.tenths.chunks(10).enumerate() {
            let bytes: u64 = tenths.iter().map(|&(bytes, _)| bytes).sum();
            let capacity = profile.schedule.capacity(Duration::from_secs(second as u64)).unwrap_or_default();
            let estimate = tenths.last().map_or(0, |&(_, estimate)| estimate);
            println!("  {second:3} {:5} {:5} {:9}", capacity / 1_000, bytes * 8 / 1_000, estimate / 1_000);
        }
    }
}

/// The tenths of a second at which the link changes.
fn changes(profile: &Profile) -> impl Iterator<Item = usize> {
    let next = |at: &Duration| profile.schedule.next_change(*at);
    std::iter::successors(next(&Duration::ZERO), next)
        .take_while(|&at| at < LENGTH)
        .map(|at| (at.as_millis() / 100) as usize)
}

fn seconds() -> impl Iterator<Item = Duration> {
    (0..LENGTH.as_secs()).map(Duration::from_secs)
}

const PICTURES: u32 = 30;
const PACKET: usize = 1_100;
/// What of a packet of usual size is picture: the rest is headers and tags.
const PAYLOAD_PART: f64 = 0.93;
const MOST: u64 = 8_000_000;

//! Links as they are met, by name, and how they change with time.

use std::time::Duration;

use crate::conditions::{Conditions, Loss, Policer, Queue};
use crate::random::Random;

/// A link with a name.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Short, without blanks.
    pub name: &'static str,
    /// What it stands for.
    pub about: &'static str,
    /// What it is like, when.
    pub schedule: Schedule,
}

/// How the conditions of one direction change.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// From when on what holds, in order; the first from the beginning.
    steps: Vec<(Duration, Conditions)>,
}

impl Schedule {
    /// The same for ever.
    #[must_use]
    pub fn steady(conditions: Conditions) -> Self {
        Self { steps: vec![(Duration::ZERO, conditions)] }
    }

    /// Changes at a time, which must not be before the last change.
    #[must_use]
    pub fn then(mut self, at: Duration, change: impl FnOnce(&mut Conditions)) -> Self {
        let mut conditions = self.at(Duration::MAX).clone();
        change(&mut conditions);
        self.steps.push((at, conditions));
        self
    }

    /// Wanders between two rates, with a new one every `period`: what a radio link does.
    #[must_use]
    pub fn wandering(
        conditions: &Conditions,
        lowest: u64,
        highest: u64,
        period: Duration,
        seed: u64,
    ) -> Self {
        let mut random = Random::new(seed);
        let span = (highest as f64 / lowest as f64).ln();
        let mut place: f64 = 0.5;
        let steps = (0..)
            .map(|step| {
                // Falls back towards the middle, so that neither end is where it stays.
                place = (0.5 + 0.95 * (place - 0.5) + 0.12 * random.normal()).clamp(0.0, 1.0);
                let rate = (lowest as f64 * (span * place).exp()) as u64;
                (period * step, Conditions { rate: Some(rate), ..conditions.clone() })
            })
            .take_while(|&(at, _)| at < LONGEST);
        Self { steps: steps.collect() }
    }

    /// What holds at a time since the start.
    #[must_use]
    pub fn at(&self, elapsed: Duration) -> &Conditions {
        let next = self.steps.partition_point(|&(at, _)| at <= elapsed);
        &self.steps[next.saturating_sub(1)].1
    }

    /// When it changes next after a time.
    #[must_use]
    pub fn next_change(&self, elapsed: Duration) -> Option<Duration> {
        let next = self.steps.partition_point(|&(at, _)| at <= elapsed);
        self.steps.get(next).map(|&(at, _)| at)
    }

    /// What one flow can get at a time, in bits per second: all, or its share beside bulk transfers.
    #[must_use]
    pub fn capacity(&self, elapsed: Duration) -> Option<u64> {
        let conditions = self.at(elapsed);
        let policed = conditions.policer.map(|policer| policer.rate);
        let rate = conditions.rate.into_iter().chain(policed).min()?;
        Some(if conditions.cut { 0 } else { rate / (1 + u64::from(conditions.competitors)) })
    }
}

/// All links that have a name.
#[must_use]
pub fn profiles() -> Vec<Profile> {
    let mut all = steady();
    all.extend(changing());
    all
}

fn steady() -> Vec<Profile> {
    let satellite = Conditions { delay: millis(300), ..link(1_000, 300) };
    let lossy = |loss| Conditions { loss: Loss::Random(loss), ..link(2_000, 40) };
    let policed = |rate, burst| Conditions {
        policer: Some(Policer { rate, burst }),
        delay: millis(40),
        ..Conditions::default()
    };
    let bursts = Loss::Bursts { begin: 0.003, end: 0.25 };
    vec![
        profile("20M", "a fibre of 20 Mbit/s", link(20_000, 20)),
        profile("5M", "a line of 5 Mbit/s", link(5_000, 20)),
        profile("2M", "a line of 2 Mbit/s", link(2_000, 30)),
        profile("1M", "a line of 1 Mbit/s", link(1_000, 50)),
        profile("500k", "a line of 500 kbit/s", link(500, 50)),
        profile("256k", "a line of 256 kbit/s", link(256, 60)),
        profile("satellite", "1 Mbit/s by satellite, 600 ms there and back", satellite.clone()),
        profile(
            "satellite-lossy",
            "the same with 1 % lost",
            Conditions { loss: Loss::Random(0.01), ..satellite.clone() },
        ),
        profile(
            "satellite-512k",
            "512 kbit/s by satellite with jitter and 0.5 % lost",
            Conditions { rate: Some(512_000), loss: Loss::Random(0.005), jitter: millis(10), ..satellite },
        ),
        profile("loss-2", "2 Mbit/s with 2 % lost", lossy(0.02)),
        profile("loss-5", "2 Mbit/s with 5 % lost", lossy(0.05)),
        profile("loss-10", "2 Mbit/s with 10 % lost", lossy(0.10)),
        profile("bursts", "3 Mbit/s with runs of loss", Conditions { loss: bursts, ..link(3_000, 30) }),
        profile(
            "wireless",
            "5 Mbit/s over a busy wireless network",
            Conditions { jitter: millis(12), loss: Loss::Random(0.003), ..link(5_000, 15) },
        ),
        profile("policer-500k", "a policer of 500 kbit/s", policed(500_000, 10_000)),
        profile("policer-1M", "a policer of 1 Mbit/s with a large bucket", policed(1_000_000, 60_000)),
        profile(
            "bloated",
            "1 Mbit/s before a queue of 2 s",
            Conditions { queue: Queue::Time(millis(2_000)), ..link(1_000, 50) },
        ),
        profile(
            "shallow",
            "2 Mbit/s before a queue of 40 ms",
            Conditions { queue: Queue::Time(millis(40)), ..link(2_000, 30) },
        ),
        profile(
            "shared",
            "2 Mbit/s shared with a download",
            Conditions { competitors: 1, ..link(2_000, 30) },
        ),
    ]
}

fn changing() -> Vec<Profile> {
    let seconds = Duration::from_secs;
    let scheduled = |name, about, schedule| Profile { name, about, schedule };
    let radio = Conditions { jitter: millis(8), ..link(2_000, 35) };
    let poor_radio = Conditions { jitter: millis(20), loss: Loss::Random(0.01), ..link(500, 80) };
    let falls = |from: u64, to: u64, seconds_low: u64| {
        Schedule::steady(link(from, 40))
            .then(seconds(30), |conditions| conditions.rate = Some(to * 1_000))
            .then(seconds(30 + seconds_low), |conditions| conditions.rate = Some(from * 1_000))
    };
    vec![
        scheduled(
            "lte",
            "mobile data between 1 and 8 Mbit/s",
            Schedule::wandering(&radio, 1_000_000, 8_000_000, millis(500), 1),
        ),
        scheduled(
            "lte-edge",
            "mobile data at the edge of a cell, 300 kbit/s to 3 Mbit/s",
            Schedule::wandering(&radio, 300_000, 3_000_000, millis(1_000), 2),
        ),
        scheduled(
            "3g",
            "third generation, 200 to 800 kbit/s with jitter and 1 % lost",
            Schedule::wandering(&poor_radio, 200_000, 800_000, millis(1_000), 3),
        ),
        scheduled("drop", "2 Mbit/s, 500 kbit/s for 30 s, and back", falls(2_000, 500, 30)),
        scheduled("deep-drop", "3 Mbit/s, 128 kbit/s for 60 s, and back", falls(3_000, 128, 60)),
        scheduled(
            "outage",
            "1 Mbit/s, cut for 20 s",
            Schedule::steady(link(1_000, 50))
                .then(seconds(30), |conditions| conditions.cut = true)
                .then(seconds(50), |conditions| conditions.cut = false),
        ),
    ]
}

fn profile(name: &'static str, about: &'static str, conditions: Conditions) -> Profile {
    Profile { name, about, schedule: Schedule::steady(conditions) }
}

fn link(kbps: u64, delay: u64) -> Conditions {
    Conditions { rate: Some(kbps * 1_000), delay: millis(delay), ..Conditions::default() }
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// So long is drawn for links that wander; after that they stay as they are.
const LONGEST: Duration = Duration::from_secs(3_600);

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique() {
        let names: HashSet<_> = profiles().into_iter().map(|profile| profile.name).collect();

        assert_eq!(names.len(), profiles().len());
        assert_eq!(names.len(), 25);
    }

    #[test]
    fn conditions_hold_until_the_next_change() {
        let seconds = Duration::from_secs;
        let profile = profiles().into_iter().find(|profile| profile.name == "outage").expect("listed");

        assert_eq!(profile.schedule.capacity(seconds(29)), Some(1_000_000));
        assert_eq!(profile.schedule.capacity(seconds(30)), Some(0));
        assert_eq!(profile.schedule.next_change(seconds(30)), Some(seconds(50)));
        assert_eq!(profile.schedule.capacity(seconds(50)), Some(1_000_000));
        assert_eq!(profile.schedule.next_change(seconds(50)), None);
    }

    #[test]
    fn a_wandering_link_stays_between_its_ends_and_uses_what_is_between() {
        let schedule =
            Schedule::wandering(&Conditions::default(), 1_000_000, 8_000_000, Duration::from_secs(1), 1);
        let rates: Vec<_> =
            (0..600).filter_map(|second| schedule.capacity(Duration::from_secs(second))).collect();

        assert!(rates.iter().all(|rate| (1_000_000..=8_000_000).contains(rate)));
        assert!(rates.iter().any(|&rate| rate < 1_500_000) && rates.iter().any(|&rate| rate > 5_000_000));
    }

    #[test]
    fn a_link_that_is_shared_gives_a_share() {
        let shared = Schedule::steady(Conditions { competitors: 1, ..link(2_000, 10) });

        assert_eq!(shared.capacity(Duration::ZERO), Some(1_000_000));
        assert_eq!(Schedule::steady(Conditions::default()).capacity(Duration::ZERO), None);
    }
}

//! The estimator on links of all kinds, with a camera that sends what it is told, or less.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use palabre_link::{Conditions, Loss, Path, Policer, Queue};

use super::{Estimator, Fate, SendSide};
use crate::bandwidth::Bitrate;
use crate::bandwidth::pacer::Pacer;

#[test]
fn a_wide_path_is_found_within_two_seconds() {
    let mut course = Course::new(line(50_000));
    course.want(6_000);

    course.run(seconds(2));

    assert!(course.estimate() > 5_500, "{}", course.estimate());
    assert_eq!(course.estimator.congested_at(), None);
}

#[test]
fn no_more_is_looked_for_than_is_wanted() {
    let mut course = Course::new(line(50_000));
    course.want(1_000);

    course.run(seconds(30));

    assert!((1_000..1_800).contains(&course.estimate()), "{}", course.estimate());
}

#[test]
fn a_source_that_sends_little_is_not_driven_down() {
    let mut course = Course::new(line(5_000));
    course.want(2_000);
    course.run(seconds(5));
    let before = course.estimate();

    course.limit = Some(50);
    course.run(seconds(60));

    assert!(course.estimate() >= before, "{} after {before}", course.estimate());
}

#[test]
fn a_thin_line_is_used_and_its_queue_stays_short() {
    for kbps in [256, 1_000, 3_000] {
        let mut course = Course::new(line(kbps));
        course.want(3 * kbps);
        course.run(seconds(10));
        course.begin_to_count();

        course.run(seconds(60));

        let used = course.used(kbps, seconds(60));
        assert!(used > 0.90, "{kbps} kbit/s: {used:.3}");
        assert!(course.usual_wait() < millis(100), "{kbps} kbit/s: {:?}", course.usual_wait());
    }
}

#[test]
fn a_satellite_is_used_too() {
    let mut course = Course::new(Conditions { delay: millis(300), ..line(1_000) });
    course.want(3_000);
    course.run(seconds(15));
    course.begin_to_count();

    course.run(seconds(60));

    assert!(course.used(1_000, seconds(60)) > 0.88, "{:.3}", course.used(1_000, seconds(60)));
}

#[test]
fn loss_by_chance_does_not_make_a_path_thin() {
    let mut course = Course::new(Conditions { loss: Loss::Random(0.05), ..line(2_000) });
    course.want(6_000);
    course.run(seconds(15));
    course.begin_to_count();

    course.run(seconds(45));

    let used = course.used(2_000, seconds(45));
    assert!(used > 0.80, "{used:.3} of which 5 % are lost");
}

#[test]
fn what_a_policer_drops_is_not_sent() {
    let policer = Some(Policer { rate: 500_000, burst: 10_000 });
    let mut course = Course::new(Conditions { policer, ..line(20_000) });
    course.want(3_000);
    course.run(seconds(10));
    let before = course.path.counts();

    course.run(seconds(60));

    let counts = course.path.counts();
    let dropped = (counts.dropped - before.dropped) as f64 / (counts.packets - before.packets) as f64;
    assert!(dropped < 0.08, "{dropped:.3}");
    assert!(course.estimate() > 400, "{}", course.estimate());
}

#[test]
fn a_path_that_narrows_is_followed_and_one_that_widens_found_again() {
    let mut course = Course::new(line(3_000));
    course.want(3_000);
    course.run(seconds(10));

    course.path.change(course.now, line(500));
    course.run(seconds(3));
    assert!(course.estimate() < 600, "{}", course.estimate());
    course.run(seconds(20));
    assert!(course.estimate() < 600, "{}", course.estimate());

    course.path.change(course.now, line(3_000));
    course.run(seconds(12));
    assert!(course.estimate() > 2_400, "{}", course.estimate());
}

#[test]
fn a_path_that_was_cut_is_used_again_at_once() {
    let mut course = Course::new(line(1_000));
    course.want(3_000);
    course.run(seconds(20));
    let before = course.estimate();

    course.path.change(course.now, Conditions { cut: true, ..line(1_000) });
    course.run(seconds(20));
    course.path.change(course.now, line(1_000));
    course.run(millis(500));

    assert!(course.estimate() > before * 8 / 10, "{} after {before}", course.estimate());
}

#[test]
fn beside_a_download_a_fair_share_is_kept() {
    let mut course = Course::new(Conditions { competitors: 1, ..line(2_000) });
    course.want(4_000);
    course.run(seconds(30));
    course.begin_to_count();

    course.run(seconds(120));

    let share = course.used(2_000, seconds(120));
    assert!((0.25..0.75).contains(&share), "{share:.3}");
}

#[test]
fn a_receiver_that_stalls_for_a_moment_does_not_ruin_a_small_stream() {
    let mut course = Course::new(line(5_000));
    course.want(1_000);
    course.run(seconds(5));
    course.limit = Some(150);
    course.run(seconds(2));
    let before = course.estimate();

    course.stall(millis(400));
    course.run(seconds(1));

    assert!(course.estimate() > before * 6 / 10, "{} after {before}", course.estimate());
}

#[test]
fn who_was_silenced_finds_out_that_it_is_over() {
    let mut course = Course::new(line(60));
    course.want(1_000);
    course.run(seconds(8));
    let low = course.estimate();

    course.path.change(course.now, line(5_000));
    course.limit = Some(0);
    course.run(seconds(30));

    assert!(low < 100, "{low}");
    assert!(course.estimate() > 900, "{}", course.estimate());
}

/// A camera behind a pacer, a link, and a receiver that tells every 50 ms what arrived.
struct Course {
    estimator: SendSide,
    pacer: Pacer<()>,
    path: Path<usize>,
    start: Instant,
    now: Instant,
    /// The most that the camera sends, in kbit/s.
    limit: Option<u64>,
    budget: f64,
    stalled_until: Option<Instant>,
    sent: Vec<Fate>,
    /// How many of them were told of.
    told: usize,
    back: VecDeque<(Instant, Vec<Fate>)>,
    newest: Option<usize>,
    waits: Vec<Duration>,
    delivered: u64,
}

impl Course {
    fn new(conditions: Conditions) -> Self {
        let now = Instant::now();
        Self {
            estimator: SendSide::new(Bitrate::kbps(300)),
            pacer: Pacer::new(1),
            path: Path::new(conditions, 5),
            start: now,
            now,
            limit: None,
            budget: 0.0,
            stalled_until: None,
            sent: Vec::new(),
            told: 0,
            back: VecDeque::new(),
            newest: None,
            waits: Vec::new(),
            delivered: 0,
        }
    }

    fn want(&mut self, kbps: u64) {
        self.estimator.want(Bitrate::kbps(kbps));
    }

    fn estimate(&self) -> u64 {
        self.estimator.available().0 / 1_000
    }

    fn begin_to_count(&mut self) {
        self.waits.clear();
        self.delivered = self.path.counts().delivered;
    }

    fn used(&self, kbps: u64, time: Duration) -> f64 {
        let bytes = self.path.counts().delivered - self.delivered;
        bytes as f64 * 8.0 / (kbps as f64 * 1_000.0 * time.as_secs_f64())
    }

    /// So long at most for 95 of 100 packets.
    fn usual_wait(&mut self) -> Duration {
        self.waits.sort_unstable();
        self.waits[self.waits.len() * 95 / 100]
    }

    /// The receiver takes nothing for a time, and then all at once.
    fn stall(&mut self, time: Duration) {
        self.stalled_until = Some(self.now + time);
    }

    fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.now += millis(1);
            self.send();
            self.receive();
            while let Some((_, fates)) = self.back.pop_front_if(|(at, _)| *at <= self.now) {
                self.estimator.handle_rtt(2 * self.path.conditions().delay + millis(25));
                self.estimator.handle_feedback(self.now, &fates);
            }
        }
    }

    fn send(&mut self) {
        let micros = (self.now - self.start).as_micros() as u64;
        if micros.is_multiple_of(50_000)
            && let Some(probe) = self.estimator.poll_probe(self.now, micros)
        {
            self.pacer.begin(micros, probe);
        }
        let rate = self.limit.map_or(self.estimate(), |limit| limit.min(self.estimate()));
        self.budget += rate as f64 / 8.0;
        while self.budget >= SIZE as f64 {
            self.budget -= SIZE as f64;
            self.pacer.hold((), SIZE);
        }
        self.pacer.set_rate(self.estimator.available().scaled(1.5));
        while self.pacer.release(micros).is_some() {
            let probe = self.pacer.spend(SIZE);
            self.estimator.handle_sent(micros, SIZE);
            self.path.push(self.now, SIZE, self.sent.len());
            self.sent.push(Fate { departure: micros, arrival: None, size: SIZE as u16, probe });
        }
    }

    fn receive(&mut self) {
        if self.stalled_until.is_some_and(|until| self.now < until) {
            return;
        }
        while let Some(delivery) = self.path.pop(self.now) {
            let late = self.stalled_until.take_if(|until| *until < self.now);
            let at = late.map_or(delivery.at, |_| self.now);
            self.waits.push(delivery.waited);
            self.sent[delivery.packet].arrival = Some((at - self.start).as_micros() as i64 - 7_000_000);
            self.newest = Some(delivery.packet);
        }
        if (self.now - self.start).as_micros().is_multiple_of(50_000)
            && let Some(newest) = self.newest.take()
        {
            let fates = self.sent[self.told..=newest].to_vec();
            self.told = newest + 1;
            if !self.path.conditions().cut {
                self.back.push_back((self.now + self.path.conditions().delay, fates));
            }
        }
    }
}

/// A line with a queue of 300 ms, 20 ms from end to end.
fn line(kbps: u64) -> Conditions {
    Conditions {
        rate: Some(1_000 * kbps),
        delay: millis(20),
        queue: Queue::Time(millis(300)),
        ..Conditions::default()
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

const SIZE: usize = 1_000;

//! How much of its time a shard works, and what is left out when that is nearly all. A shard that has no time to sleep
//! only because other programs have its core has nothing to leave out: what counts is the processor time it takes, too.

use std::time::{Duration, Instant};

use sfu_proto::relief::Relief;

/// Watches how much of its time a shard works.
#[derive(Debug)]
pub(crate) struct Strain {
    relief: Relief,
    window: Option<Window>,
    /// Windows in a row with too much to do.
    strained: u32,
    /// Windows still to come before what was changed has its effect.
    settling: u32,
    /// Since when there has been time to spare.
    calm_since: Option<Instant>,
    /// How long there must be before more is done again.
    patience: Duration,
    eased_at: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    began: Instant,
    /// How much processor time the thread had had.
    had: Duration,
    slept: Duration,
}

impl Default for Strain {
    fn default() -> Self {
        Self {
            relief: Relief::None,
            window: None,
            strained: 0,
            settling: 0,
            calm_since: None,
            patience: LEAST_PATIENCE,
            eased_at: None,
        }
    }
}

impl Strain {
    /// What is left out.
    pub(crate) fn relief(&self) -> Relief {
        self.relief
    }

    /// The shard has slept from one time to another, and worked since it did so before; `time` tells how much processor
    /// time its thread has had. Gives what is to be left out from now on, if that has changed.
    pub(crate) fn slept(
        &mut self,
        from: Instant,
        to: Instant,
        time: impl Fn() -> Duration,
    ) -> Option<Relief> {
        let begin = || Window { began: from, had: time(), slept: Duration::ZERO };
        let window = self.window.get_or_insert_with(begin);
        window.slept += to.saturating_duration_since(from);
        let length = to.saturating_duration_since(window.began);
        if length < WINDOW {
            return None;
        }
        let had = time();
        let awake = 1.0 - window.slept.as_secs_f64() / length.as_secs_f64();
        let taken = had.saturating_sub(window.had).as_secs_f64() / length.as_secs_f64();
        self.window = Some(Window { began: to, had, slept: Duration::ZERO });
        let before = self.relief;
        self.judge(to, if taken > OWN * awake { awake } else { taken });
        (self.relief != before).then_some(self.relief)
    }

    fn judge(&mut self, now: Instant, worked: f64) {
        if self.settling > 0 {
            self.settling -= 1;
            return;
        }
        self.strained = if worked > TOO_MUCH { self.strained + 1 } else { 0 };
        if worked > SPARE {
            self.calm_since = None;
        }
        if self.strained >= CONFIRMED {
            self.strained = 0;
            self.settling = SETTLED;
            // It was eased too early.
            let soon = self.eased_at.is_some_and(|at| now.saturating_duration_since(at) < 2 * self.patience);
            self.patience = if soon { (2 * self.patience).min(MOST_PATIENCE) } else { LEAST_PATIENCE };
            self.relief = self.relief.more();
        } else if worked <= SPARE && self.relief != Relief::None {
            let since = *self.calm_since.get_or_insert(now);
            if now.saturating_duration_since(since) >= self.patience {
                self.calm_since = None;
                self.eased_at = Some(now);
                self.relief = self.relief.less();
            }
        }
    }
}

const WINDOW: Duration = Duration::from_millis(500);
/// Of the time that it does not sleep: less than that, and others have the core.
const OWN: f64 = 0.5;
/// Of its time. What comes on top of it waits, and that is heard.
const TOO_MUCH: f64 = 0.92;
/// What a degree of relief saves is tried again when there is so much room.
const SPARE: f64 = 0.6;
/// Windows: a burst is no strain.
const CONFIRMED: u32 = 3;
/// Windows: a smaller picture begins with a key frame, which has to be asked for first.
const SETTLED: u32 = 3;
const LEAST_PATIENCE: Duration = Duration::from_secs(10);
const MOST_PATIENCE: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_works_all_the_time_leaves_out_more_and_more() {
        let mut shard = Shard::new();

        assert_eq!(shard.run(0.91, 60), []);
        assert_eq!(shard.run(0.97, 2), [Relief::Smaller]);
        assert_eq!(shard.run(0.97, 2), [], "that takes a moment to help");
        assert_eq!(shard.run(0.97, 6), [Relief::Smallest, Relief::SoundOnly]);
        assert_eq!(shard.run(1.0, 60), []);
    }

    #[test]
    fn a_core_that_others_have_is_no_strain_of_ours() {
        let mut shard = Shard { share: 0.2, ..Shard::new() };
        assert_eq!(shard.run(1.0, 60), []);

        shard.share = 0.7;
        assert_ne!(shard.run(1.0, 60), []);
    }

    #[test]
    fn a_burst_is_no_strain() {
        let mut shard = Shard::new();

        for _ in 0..20 {
            assert_eq!(shard.run(1.0, 1), []);
            assert_eq!(shard.run(0.3, 1), []);
        }
    }

    #[test]
    fn with_room_to_spare_everything_comes_back_degree_by_degree() {
        let mut shard = Shard::new();
        shard.run(1.0, 5);

        assert_eq!(shard.run(0.7, 60), [], "that is no room for more");
        assert_eq!(shard.run(0.5, 9), []);
        assert_eq!(shard.run(0.5, 15), [Relief::Smaller, Relief::None]);
    }

    #[test]
    fn what_was_too_much_is_tried_again_ever_later() {
        let mut shard = Shard::new();
        shard.run(1.0, 2);

        let waits = [(); 4].map(|()| {
            let eased = (1..600).find(|_| !shard.run(0.5, 1).is_empty());
            shard.run(1.0, 2);
            eased.unwrap_or_default()
        });

        assert!(waits.is_sorted_by(|sooner, later| later > sooner), "{waits:?}");
    }

    struct Shard {
        strain: Strain,
        now: Instant,
        /// Of the time in which it does not sleep, what it has of the processor.
        share: f64,
        had: Duration,
    }

    impl Shard {
        fn new() -> Self {
            Self { strain: Strain::default(), now: Instant::now(), share: 1.0, had: Duration::ZERO }
        }

        /// Works for a part of each of so many seconds, a hundred times a second.
        fn run(&mut self, part: f64, seconds: u32) -> Vec<Relief> {
            let turn = Duration::from_millis(10);
            let turns = 0..100 * seconds;
            let news = turns.filter_map(|_| {
                let from = self.now + turn.mul_f64(part);
                self.now += turn;
                self.had += turn.mul_f64(part * self.share);
                self.strain.slept(from, self.now, || self.had)
            });
            news.collect()
        }
    }
}

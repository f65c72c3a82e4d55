//! How fast bytes pass a point, over the last moments before the newest of them.

use crate::bandwidth::Bitrate;

/// A rate over a sliding window, on a clock of microseconds that needs no beginning.
#[derive(Debug)]
pub(super) struct Flow {
    buckets: [u32; BUCKETS as usize],
    /// The first bucket that counted anything, and the newest.
    span: Option<(i64, i64)>,
}

impl Default for Flow {
    fn default() -> Self {
        Self { buckets: [0; BUCKETS as usize], span: None }
    }
}

impl Flow {
    /// Counts bytes that passed at a time. What comes late counts where it belongs, or not at all.
    #[inline]
    pub(super) fn count(&mut self, micros: i64, bytes: usize) {
        let bucket = micros.div_euclid(BUCKET);
        let Some((first, newest)) = self.span else {
            self.start(bucket, bytes);
            return;
        };
        let ahead = bucket - newest;
        if !(-BUCKETS..ABSURD).contains(&ahead) {
            // A clock that was set, or a long pause.
            self.start(bucket, bytes);
            return;
        }
        if ahead <= -BUCKETS + 1 {
            return;
        }
        for passed in newest + 1..=bucket.min(newest + BUCKETS) {
            self.buckets[passed.rem_euclid(BUCKETS) as usize] = 0;
        }
        if ahead > BUCKETS {
            self.buckets = [0; BUCKETS as usize];
        }
        self.buckets[bucket.rem_euclid(BUCKETS) as usize] += bytes as u32;
        self.span = Some((first.min(bucket), newest.max(bucket)));
    }

    /// The rate over the whole buckets before the newest; `None` before there are some.
    pub(super) fn rate(&self) -> Option<Bitrate> {
        self.rate_over(USUAL)
    }

    /// The rate over the last fifth of a second.
    pub(super) fn recent(&self) -> Option<Bitrate> {
        self.rate_over(SHORT)
    }

    /// The rate over the last fifth of a second, or over the last second, if that is more.
    pub(super) fn peak(&self) -> Option<Bitrate> {
        self.rate().max(self.rate_over(SHORT)).max(self.rate_over(BUCKETS - 1))
    }

    fn rate_over(&self, buckets: i64) -> Option<Bitrate> {
        let (first, newest) = self.span?;
        let whole = (newest - first).min(buckets);
        if whole < LEAST {
            return None;
        }
        let counted =
            (newest - whole..newest).map(|bucket| self.buckets[bucket.rem_euclid(BUCKETS) as usize]);
        let bytes: u64 = counted.map(u64::from).sum();
        Some(Bitrate(bytes * 8_000_000 / (whole * BUCKET) as u64))
    }

    /// The rate up to a time, at which nothing more may have passed for a while.
    pub(super) fn rate_at(&mut self, micros: i64) -> Option<Bitrate> {
        self.count(micros, 0);
        self.rate()
    }

    fn start(&mut self, bucket: i64, bytes: usize) {
        self.buckets = [0; BUCKETS as usize];
        self.buckets[bucket.rem_euclid(BUCKETS) as usize] = bytes as u32;
        self.span = Some((bucket, bucket));
    }
}

/// In microseconds.
const BUCKET: i64 = 25_000;
const BUCKETS: i64 = 40;
const USUAL: i64 = 19;
const SHORT: i64 = 8;
/// Fewer say nothing: pictures come in bursts.
const LEAST: i64 = 6;
/// Ten minutes.
const ABSURD: i64 = 24_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_flow_measures_as_it_is() {
        let mut flow = Flow::default();
        for packet in 0..1_000 {
            flow.count(-5_000_000 + packet * 10_000, 1_250);
        }

        let rate = flow.rate().expect("long enough");
        assert!((980..1_020).contains(&(rate.0 / 1_000)), "{rate}");
    }

    #[test]
    fn a_change_is_seen_within_half_a_second() {
        let mut flow = Flow::default();
        (0..500).for_each(|packet| flow.count(packet * 2_000, 1_250));
        (0..50).for_each(|packet| flow.count(1_000_000 + packet * 10_000, 1_250));

        let rate = flow.rate().expect("long enough");
        assert!(rate <= Bitrate::kbps(1_200), "{rate}");
    }

    #[test]
    fn silence_counts() {
        let mut flow = Flow::default();
        (0..100).for_each(|packet| flow.count(packet * 10_000, 1_250));

        assert_eq!(flow.rate_at(3_000_000), Some(Bitrate(0)));
    }

    #[test]
    fn a_clock_that_was_set_begins_anew() {
        let mut flow = Flow::default();
        (0..100).for_each(|packet| flow.count(packet * 10_000, 1_250));
        flow.count(-9_000_000_000, 100);

        assert_eq!(flow.rate(), None);
    }
}

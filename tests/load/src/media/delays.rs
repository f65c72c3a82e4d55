//! How long packets were under way: a histogram whose classes are three per cent wide, small whatever it counts.

use std::time::Duration;

/// Delays of many packets.
#[derive(Debug, Clone)]
pub struct Delays {
    classes: Box<[u32; CLASSES]>,
    count: u64,
    sum: f64,
    longest: Duration,
}

impl Default for Delays {
    fn default() -> Self {
        Self { classes: Box::new([0; CLASSES]), count: 0, sum: 0.0, longest: Duration::ZERO }
    }
}

impl Delays {
    /// Counts one.
    pub fn note(&mut self, delay: Duration) {
        let class = &mut self.classes[class(delay)];
        *class = class.saturating_add(1);
        self.count += 1;
        self.sum += delay.as_secs_f64();
        self.longest = self.longest.max(delay);
    }

    /// Counts all of another histogram as well.
    pub fn add(&mut self, other: &Self) {
        for (class, more) in self.classes.iter_mut().zip(other.classes.iter()) {
            *class = class.saturating_add(*more);
        }
        self.count += other.count;
        self.sum += other.sum;
        self.longest = self.longest.max(other.longest);
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their mean.
    #[must_use]
    pub fn mean(&self) -> Option<Duration> {
        (self.count > 0).then(|| Duration::from_secs_f64(self.sum / self.count as f64))
    }

    /// The longest.
    #[must_use]
    pub fn longest(&self) -> Option<Duration> {
        (self.count > 0).then_some(self.longest)
    }

    /// What so large a part of them, 0 to 1, does not exceed, to three per cent.
    #[must_use]
    pub fn quantile(&self, part: f64) -> Option<Duration> {
        let rank = ((self.count as f64 * part).ceil() as u64).max(1);
        let mut below = 0;
        for (class, &count) in self.classes.iter().enumerate() {
            below += u64::from(count);
            if below >= rank {
                return Some(upper_end(class).min(self.longest));
            }
        }
        None
    }
}

/// Classes grow by a constant factor from a microsecond on.
fn class(delay: Duration) -> usize {
    let micros = (delay.as_nanos() as f64 / 1_000.0).max(1.0);
    ((micros.ln() / GROWTH.ln()) as usize).min(CLASSES - 1)
}

fn upper_end(class: usize) -> Duration {
    Duration::from_secs_f64(GROWTH.powi(class as i32 + 1) / 1e6)
}

const GROWTH: f64 = 1.03;
/// Up to half a minute.
const CLASSES: usize = 584;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_true_to_three_per_cent() {
        let mut delays = Delays::default();
        for millis in 1..=100 {
            delays.note(Duration::from_millis(millis));
        }

        for (part, millis) in [(0.5, 50.0), (0.99, 99.0), (1.0, 100.0)] {
            let found = delays.quantile(part).expect("there are some").as_secs_f64() * 1_000.0;
            assert!((found / millis - 1.0).abs() <= 0.031, "{part}: {found}");
        }
        assert_eq!(delays.longest(), Some(Duration::from_millis(100)));
        assert!(
            delays.mean().expect("there are some").abs_diff(Duration::from_micros(50_500)).as_micros() < 2
        );
    }

    #[test]
    fn nothing_has_no_quantile() {
        assert_eq!(Delays::default().quantile(0.5), None);
        assert_eq!(Delays::default().mean(), None);
    }

    #[test]
    fn two_histograms_add_up() {
        let (mut one, mut other) = (Delays::default(), Delays::default());
        one.note(Duration::from_millis(1));
        other.note(Duration::from_secs(100));

        one.add(&other);

        assert_eq!((one.count(), one.longest()), (2, Some(Duration::from_secs(100))));
    }
}

//! Reads conditions from words: `rate=1M delay=300ms loss=1% queue=300ms`.

use std::time::Duration;

use crate::conditions::{Conditions, Loss, Policer, Queue};

/// Why words are no conditions.
#[derive(Debug, PartialEq, Eq)]
pub struct SpecError {
    word: String,
}

impl std::fmt::Display for SpecError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:?} is none of rate=1M (or rate=none), delay=300ms, jitter=10ms, loss=1%, bursts=0.3%/25%, queue=300ms, queue=64kB, \
             police=500k/10kB, downloads=1, cut, whole",
            self.word
        )
    }
}

impl std::error::Error for SpecError {}

impl Conditions {
    /// Changes what the words say; the rest stays.
    ///
    /// # Errors
    ///
    /// If a word is not understood; then nothing is changed.
    pub fn amend(&mut self, words: &str) -> Result<(), SpecError> {
        let mut amended = self.clone();
        for word in words.split_whitespace() {
            apply(&mut amended, word).ok_or_else(|| SpecError { word: word.to_owned() })?;
        }
        *self = amended;
        Ok(())
    }
}

fn apply(conditions: &mut Conditions, word: &str) -> Option<()> {
    let (name, value) = word.split_once('=').unwrap_or((word, ""));
    match name {
        "rate" if value == "none" => conditions.rate = None,
        "rate" => conditions.rate = Some(count(value).filter(|&rate| rate > 0)?),
        "delay" => conditions.delay = time(value)?,
        "jitter" => conditions.jitter = time(value)?,
        "loss" => {
            let part = part(value)?;
            conditions.loss = if part > 0.0 { Loss::Random(part) } else { Loss::None };
        }
        "bursts" => {
            let (begin, end) = value.split_once('/')?;
            conditions.loss = Loss::Bursts { begin: part(begin)?, end: part(end)? };
        }
        "queue" => {
            let bytes = || Some(Queue::Bytes(count(value.strip_suffix('B')?)?));
            conditions.queue = bytes().or_else(|| Some(Queue::Time(time(value)?)))?;
        }
        "police" if value == "none" => conditions.policer = None,
        "police" => {
            let (rate, burst) = value.split_once('/')?;
            let policer = Policer { rate: count(rate)?, burst: count(burst.strip_suffix('B')?)? };
            conditions.policer = Some(policer);
        }
        "downloads" => {
            conditions.competitors = value.parse().ok().filter(|&count| count <= MOST_DOWNLOADS)?;
        }
        "cut" => conditions.cut = true,
        "whole" => conditions.cut = false,
        _ => return None,
    }
    Some(())
}

/// `300`, `128k`, `1.5M`.
fn count(value: &str) -> Option<u64> {
    let (digits, unit) = match value.strip_suffix(['k', 'M', 'G']) {
        Some(digits) => (digits, value.as_bytes().last()?),
        None => (value, &b' '),
    };
    let factor = match unit {
        b'k' => 1e3,
        b'M' => 1e6,
        b'G' => 1e9,
        _ => 1.0,
    };
    let count = digits.parse::<f64>().ok()? * factor;
    (0.0..1e12).contains(&count).then_some(count as u64)
}

/// `300ms` or `2s`.
fn time(value: &str) -> Option<Duration> {
    let (digits, factor) = match value.strip_suffix("ms") {
        Some(digits) => (digits, 1e-3),
        None => (value.strip_suffix('s')?, 1.0),
    };
    let seconds = digits.parse::<f64>().ok()? * factor;
    (0.0..3_600.0).contains(&seconds).then(|| Duration::from_secs_f64(seconds))
}

/// `1%`.
fn part(value: &str) -> Option<f64> {
    let part = value.strip_suffix('%')?.parse::<f64>().ok()? / 100.0;
    (0.0..=1.0).contains(&part).then_some(part)
}

const MOST_DOWNLOADS: u32 = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_change_what_they_name_and_nothing_else() {
        let mut conditions = Conditions::default();
        conditions.amend("rate=1M delay=300ms loss=1% queue=64kB").expect("understood");
        conditions.amend("rate=128k cut").expect("understood");

        assert_eq!(
            conditions,
            Conditions {
                rate: Some(128_000),
                delay: Duration::from_millis(300),
                loss: Loss::Random(0.01),
                queue: Queue::Bytes(64_000),
                cut: true,
                ..Conditions::default()
            }
        );
    }

    #[test]
    fn every_word_is_understood() {
        let mut conditions = Conditions::default();
        conditions
            .amend("rate=1.5M jitter=10ms bursts=0.3%/25% queue=0.3s police=500k/10kB downloads=2 cut whole")
            .expect("understood");

        assert_eq!(conditions.rate, Some(1_500_000));
        assert_eq!(conditions.queue, Queue::Time(Duration::from_millis(300)));
        assert_eq!(conditions.policer, Some(Policer { rate: 500_000, burst: 10_000 }));
        assert_eq!(conditions.competitors, 2);
        conditions.amend("rate=none police=none loss=0%").expect("understood");
        assert_eq!((conditions.rate, conditions.policer, conditions.loss), (None, None, Loss::None));
    }

    #[test]
    fn what_is_not_understood_is_named_and_changes_nothing() {
        for words in
            ["rate=fast", "delay=300", "rate=1M loss=2", "loss=101%", "speed=1M", "rate=0", "jitter=-1ms"]
        {
            let mut conditions = Conditions::default();

            let error = conditions.amend(words).expect_err("nonsense").to_string();

            assert!(words.split(' ').any(|word| error.starts_with(&format!("{word:?}"))), "{error}");
            assert_eq!(conditions, Conditions::default());
        }
    }
}

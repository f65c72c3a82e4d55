//! What is said in one go: prompts, digits, and what somebody recorded.

use super::prompt::Prompt;
use crate::call::RecordingId;

/// Words, said one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Phrase {
    words: Vec<Word>,
}

/// One piece of a phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Word {
    /// A sentence of ours.
    Prompt(Prompt),
    /// What was recorded; nothing if it is not there any more.
    Recording(RecordingId),
}

impl Phrase {
    /// These prompts.
    #[must_use]
    pub fn of(prompts: &[Prompt]) -> Self {
        let words = prompts.iter().copied().map(Word::Prompt);
        Self { words: words.take(MAX_WORDS).collect() }
    }

    /// The digits of a number, one by one; what is no digit is left out.
    #[must_use]
    pub fn number(number: &str) -> Self {
        let words = number.chars().filter_map(Prompt::of_digit).map(Word::Prompt);
        Self { words: words.take(MAX_WORDS).collect() }
    }

    /// What somebody recorded.
    #[must_use]
    pub fn recording(recording: RecordingId) -> Self {
        Self { words: vec![Word::Recording(recording)] }
    }

    /// How many messages nobody has heard yet.
    #[must_use]
    pub fn new_messages(count: u32) -> Self {
        match count {
            0 => Self::of(&[Prompt::NoNewMessages]),
            1 => Self::of(&[Prompt::YouHave, Prompt::One, Prompt::NewMessage]),
            _ => Self::of(&[Prompt::YouHave, Prompt::of_count(count), Prompt::NewMessages]),
        }
    }

    /// How many messages were kept; nothing is said of none.
    #[must_use]
    pub fn kept_messages(count: u32) -> Self {
        match count {
            0 => Self::default(),
            1 => Self::of(&[Prompt::YouHave, Prompt::One, Prompt::KeptMessage]),
            _ => Self::of(&[Prompt::YouHave, Prompt::of_count(count), Prompt::KeptMessages]),
        }
    }

    /// This, and another after it.
    #[must_use]
    pub fn then(mut self, next: Self) -> Self {
        let room = MAX_WORDS - self.words.len();
        self.words.extend(next.words.into_iter().take(room));
        self
    }

    /// Its words.
    #[must_use]
    pub fn words(&self) -> &[Word] {
        &self.words
    }
}

/// No number and no sentence is longer.
const MAX_WORDS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_said_digit_by_digit() {
        let phrase = Phrase::of(&[Prompt::Extension])
            .then(Phrase::number("+2 0-4"))
            .then(Phrase::of(&[Prompt::DoesNotAnswer]));
        let expected = [Prompt::Extension, Prompt::Two, Prompt::Zero, Prompt::Four, Prompt::DoesNotAnswer]
            .map(Word::Prompt);
        assert_eq!(phrase.words(), expected);
    }

    #[test]
    fn one_message_is_not_told_like_many() {
        let said = |count| Phrase::new_messages(count).words().to_vec();
        assert_eq!(said(0), [Word::Prompt(Prompt::NoNewMessages)]);
        assert_eq!(said(1)[2], Word::Prompt(Prompt::NewMessage));
        assert_eq!(said(2)[1..], [Prompt::Two, Prompt::NewMessages].map(Word::Prompt));
        assert_eq!(said(400)[1], Word::Prompt(Prompt::MoreThanTwenty));
    }

    #[test]
    fn a_number_without_end_is_said_in_part() {
        let phrase = Phrase::number(&"1".repeat(1_000));
        assert_eq!(phrase.words().len(), MAX_WORDS);
        assert_eq!(phrase.clone().then(phrase).words().len(), MAX_WORDS);
    }
}

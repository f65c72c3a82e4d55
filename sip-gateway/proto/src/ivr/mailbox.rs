//! Listening to one's messages by telephone: the PIN, then one message after the other.
//!
//! ```text
//! Typing ─PIN─▶ Asking ─▶ Playing ⇄ Choosing ─▶ Leaving ─▶ Over
//! ```

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::guide::{GuideOutput, LONGEST_ANSWER, LONGEST_PHRASE};
use super::phrase::Phrase;
use super::pin::PinEntry;
use super::prompt::Prompt;
use super::recorder::LONGEST_MESSAGE;
use crate::call::{MailboxWord, VoiceMessage};
use crate::plan::Language;

/// Plays the messages of one mailbox.
#[derive(Debug)]
pub struct Mailbox {
    state: State,
    language: Language,
    pin: PinEntry,
    wrong: u8,
    /// Those that were not heard yet come first.
    messages: VecDeque<VoiceMessage>,
    current: Option<VoiceMessage>,
    due: Option<Instant>,
    outputs: VecDeque<GuideOutput>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The call is not answered yet.
    Outside,
    Typing,
    /// The office looks.
    Asking,
    /// A message is being said, with what the keys do.
    Playing,
    /// It was said to its end.
    Choosing,
    Leaving,
    Over,
}

impl Mailbox {
    /// Somebody has dialled his mailbox.
    #[must_use]
    pub fn new(now: Instant, language: Language) -> Self {
        Self {
            state: State::Outside,
            language,
            pin: PinEntry::default(),
            wrong: 0,
            messages: VecDeque::new(),
            current: None,
            due: Some(now + LONGEST_ANSWER),
            outputs: VecDeque::new(),
        }
    }

    /// The caller hears us.
    pub fn begin(&mut self, now: Instant) {
        if self.state == State::Outside {
            self.ask_pin(now, Prompt::MailboxPin);
        }
    }

    /// A key was pressed.
    pub fn press(&mut self, now: Instant, key: char) {
        match self.state {
            State::Typing => {
                if self.pin.is_empty() {
                    self.outputs.push_back(GuideOutput::Hush);
                }
                if let Some(pin) = self.pin.press(now, key) {
                    self.open(now, pin);
                }
            }
            State::Playing | State::Choosing if matches!(key, '0'..='3' | '#' | '*') => {
                self.outputs.push_back(GuideOutput::Hush);
                self.note_heard();
                self.choose(now, key);
            }
            _ => {}
        }
    }

    /// What the office says of the PIN.
    pub fn handle_word(&mut self, now: Instant, word: MailboxWord) {
        if self.state != State::Asking {
            return;
        }
        match word {
            MailboxWord::Wrong => {
                self.wrong += 1;
                match self.wrong >= MAX_WRONG {
                    true => self.part(now, Phrase::of(&[Prompt::MailboxPinWrong, Prompt::Goodbye])),
                    false => self.ask_pin(now, Prompt::MailboxPinWrong),
                }
            }
            MailboxWord::TooMany => self.part(now, Phrase::of(&[Prompt::TryLater])),
            MailboxWord::Open(messages) => self.open_with(now, messages),
        }
    }

    /// All was said.
    pub fn handle_said(&mut self, now: Instant) {
        match self.state {
            State::Typing => self.pin.handle_said(now),
            State::Playing => {
                self.note_heard();
                self.state = State::Choosing;
                self.due = Some(now + LONGEST_CHOICE);
            }
            State::Leaving => self.hang_up(),
            _ => {}
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.state == State::Typing { self.pin.poll_timeout() } else { self.due }
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.poll_timeout().is_none_or(|due| due > now) {
            return;
        }
        match self.state {
            State::Typing => match self.pin.take() {
                Some(pin) => self.open(now, pin),
                None => self.part(now, Phrase::of(&[Prompt::Goodbye])),
            },
            State::Asking => self.part(now, Phrase::of(&[Prompt::TryLater])),
            State::Playing | State::Choosing => self.part(now, Phrase::of(&[Prompt::Goodbye])),
            State::Outside | State::Leaving => self.hang_up(),
            State::Over => self.due = None,
        }
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<GuideOutput> {
        self.outputs.pop_front()
    }

    fn ask_pin(&mut self, now: Instant, prompt: Prompt) {
        self.state = State::Typing;
        self.say(Phrase::of(&[prompt]));
        self.pin.begin(now);
    }

    fn open(&mut self, now: Instant, pin: String) {
        self.state = State::Asking;
        self.due = Some(now + LONGEST_DECISION);
        self.outputs.push_back(GuideOutput::OpenMailbox(pin));
    }

    fn open_with(&mut self, now: Instant, messages: Vec<VoiceMessage>) {
        let (kept, new): (Vec<_>, Vec<_>) = messages.into_iter().partition(|message| message.heard);
        let count = |messages: &[VoiceMessage]| u32::try_from(messages.len()).unwrap_or(u32::MAX);
        let mut phrase = Phrase::new_messages(count(&new));
        if !kept.is_empty() {
            phrase = phrase.then(Phrase::kept_messages(count(&kept)));
        }
        self.messages = new.into_iter().chain(kept).collect();
        match self.messages.is_empty() {
            true => self.part(now, phrase.then(Phrase::of(&[Prompt::Goodbye]))),
            false => self.play_next(now, phrase.then(Phrase::of(&[Prompt::FirstMessage]))),
        }
    }

    fn choose(&mut self, now: Instant, key: char) {
        match (key, &self.current) {
            ('1', Some(message)) => {
                let again = told(message);
                self.play(now, again);
            }
            ('2', _) => self.play_next(now, Phrase::of(&[Prompt::Saved, Prompt::NextMessage])),
            ('3', Some(message)) => {
                self.outputs.push_back(GuideOutput::Delete(message.recording));
                self.play_next(now, Phrase::of(&[Prompt::Deleted, Prompt::NextMessage]));
            }
            ('#', _) => self.play_next(now, Phrase::of(&[Prompt::NextMessage])),
            _ => self.part(now, Phrase::of(&[Prompt::Goodbye])),
        }
    }

    fn play_next(&mut self, now: Instant, before: Phrase) {
        self.current = self.messages.pop_front();
        match &self.current {
            Some(message) => {
                let phrase = before.then(told(message));
                self.play(now, phrase);
            }
            None => self.part(now, Phrase::of(&[Prompt::NoMoreMessages, Prompt::Goodbye])),
        }
    }

    fn play(&mut self, now: Instant, phrase: Phrase) {
        self.state = State::Playing;
        self.due = Some(now + LONGEST_MESSAGE + LONGEST_PHRASE * 3);
        self.say(phrase);
    }

    fn note_heard(&mut self) {
        if let Some(message) = self.current.as_mut().filter(|message| !message.heard) {
            message.heard = true;
            self.outputs.push_back(GuideOutput::Heard(message.recording));
        }
    }

    fn part(&mut self, now: Instant, phrase: Phrase) {
        self.state = State::Leaving;
        self.due = Some(now + LONGEST_PHRASE);
        self.say(phrase);
    }

    fn hang_up(&mut self) {
        self.state = State::Over;
        self.due = None;
        self.outputs.push_back(GuideOutput::HangUp);
    }

    fn say(&mut self, phrase: Phrase) {
        self.outputs.push_back(GuideOutput::Say(phrase, self.language));
    }
}

/// A message as it is played: from whom, what he says, and what the keys do.
fn told(message: &VoiceMessage) -> Phrase {
    let from = match Phrase::number(&message.from) {
        number if number.words().is_empty() => number,
        number => Phrase::of(&[Prompt::MessageFrom]).then(number),
    };
    from.then(Phrase::recording(message.recording)).then(Phrase::of(&[Prompt::MailboxMenu]))
}

/// How many wrong PINs end the call.
const MAX_WRONG: u8 = 3;
/// How long the office may take.
const LONGEST_DECISION: Duration = Duration::from_secs(20);
/// How long one may think about a message.
const LONGEST_CHOICE: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::RecordingId;
    use crate::ivr::Word;

    #[test]
    fn new_messages_come_first_and_are_heard_once_they_were_said() {
        let mut caller = Caller::opens(vec![message(1, true), message(2, false)]);
        let first = caller.said();
        assert!(first.contains(&Word::Recording(RecordingId(2))), "{first:?}");
        assert!(first.contains(&Word::Prompt(Prompt::NewMessage)));
        caller.mailbox.handle_said(caller.now);
        assert_eq!(caller.outputs(), [GuideOutput::Heard(RecordingId(2))]);

        caller.mailbox.press(caller.now, '#');
        assert!(caller.said().contains(&Word::Recording(RecordingId(1))));
        caller.mailbox.press(caller.now, '3');
        let done = caller.outputs();
        assert!(done.contains(&GuideOutput::Delete(RecordingId(1))), "{done:?}");
        caller.mailbox.handle_said(caller.now);
        assert_eq!(caller.outputs(), [GuideOutput::HangUp], "there are no more");
    }

    #[test]
    fn a_message_may_be_heard_again_and_a_wrong_key_does_nothing() {
        let mut caller = Caller::opens(vec![message(1, false)]);
        caller.said();
        caller.mailbox.press(caller.now, '9');
        assert_eq!(caller.outputs(), []);
        caller.mailbox.press(caller.now, '1');
        assert!(caller.said().contains(&Word::Recording(RecordingId(1))));
        caller.mailbox.press(caller.now, '0');
        assert_eq!(caller.said(), [Word::Prompt(Prompt::Goodbye)]);
    }

    #[test]
    fn three_wrong_pins_end_the_call_and_silence_does() {
        let mut caller = Caller::dials();
        for _ in 0..3 {
            caller.types("99#");
            caller.mailbox.handle_word(caller.now, MailboxWord::Wrong);
        }
        assert_eq!(caller.said().last(), Some(&Word::Prompt(Prompt::Goodbye)));

        let mut silent = Caller::dials();
        let due = silent.mailbox.poll_timeout().expect("it waits");
        silent.mailbox.handle_timeout(due);
        assert_eq!(silent.said().last(), Some(&Word::Prompt(Prompt::Goodbye)));
    }

    #[test]
    fn an_empty_mailbox_says_so() {
        let mut caller = Caller::opens(Vec::new());
        let goodbye = [Prompt::NoNewMessages, Prompt::Goodbye].map(Word::Prompt);
        assert_eq!(caller.said(), goodbye);
    }

    struct Caller {
        now: Instant,
        mailbox: Mailbox,
    }

    impl Caller {
        fn dials() -> Self {
            let now = Instant::now();
            let mut mailbox = Mailbox::new(now, Language::French);
            mailbox.begin(now);
            Self { now, mailbox }
        }

        fn opens(messages: Vec<VoiceMessage>) -> Self {
            let mut caller = Self::dials();
            caller.types("4711#");
            assert!(caller.outputs().contains(&GuideOutput::OpenMailbox("4711".to_owned())));
            caller.mailbox.handle_word(caller.now, MailboxWord::Open(messages));
            caller
        }

        fn types(&mut self, keys: &str) {
            for key in keys.chars() {
                self.mailbox.press(self.now, key);
            }
        }

        fn outputs(&mut self) -> Vec<GuideOutput> {
            std::iter::from_fn(|| self.mailbox.poll_output()).collect()
        }

        fn said(&mut self) -> Vec<Word> {
            let words = |output: GuideOutput| match output {
                GuideOutput::Say(phrase, _) => phrase.words().to_vec(),
                _ => Vec::new(),
            };
            self.outputs().into_iter().flat_map(words).collect()
        }
    }

    fn message(id: u64, heard: bool) -> VoiceMessage {
        VoiceMessage { recording: RecordingId(id), from: "1001".to_owned(), heard }
    }
}

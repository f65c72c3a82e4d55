//! Listening to one's messages by telephone: the PIN, then one message after the other.
//!
//! ```text
//! Typing ─PIN─▶ Asking ─▶ Playing ⇄ Choosing ─▶ Menu ⇄ Greeting
//!                                                 └─▶ Leaving ─▶ Over
//! ```

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::greeting::{Greeting, Step};
use super::guide::{GuideOutput, LONGEST_ANSWER, LONGEST_CHOICE, LONGEST_PHRASE};
use super::phrase::Phrase;
use super::pin::PinEntry;
use super::prompt::Prompt;
use super::recorder::LONGEST_MESSAGE;
use crate::call::{MailboxWord, RecordingId, VoiceMessage};
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
    greeting: Option<Greeting>,
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
    /// There are no more messages: what else can be done is said, or was.
    Menu,
    /// A greeting is recorded.
    Greeting,
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
            greeting: None,
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
            State::Playing | State::Choosing if matches!(key, '0'..='4' | '#' | '*') => {
                self.outputs.push_back(GuideOutput::Hush);
                self.note_heard();
                self.choose(now, key);
            }
            State::Menu if matches!(key, '0' | '4' | '*') => {
                self.outputs.push_back(GuideOutput::Hush);
                self.choose(now, key);
            }
            State::Greeting => self.with_greeting(now, |greeting, outputs| greeting.press(now, key, outputs)),
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

    /// A greeting is on the disk, if it was more than a breath.
    pub fn handle_recorded(&mut self, now: Instant, recorded: Option<(RecordingId, Duration)>) {
        if self.state == State::Greeting {
            self.with_greeting(now, |greeting, outputs| greeting.handle_recorded(now, recorded, outputs));
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
            State::Menu => self.due = Some(now + LONGEST_CHOICE),
            State::Greeting => self.with_greeting(now, |greeting, outputs| {
                greeting.handle_said(now, outputs);
                Step::Goes
            }),
            State::Leaving => self.hang_up(),
            _ => {}
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        match (self.state, &self.greeting) {
            (State::Typing, _) => self.pin.poll_timeout(),
            (State::Greeting, Some(greeting)) => Some(greeting.poll_timeout()),
            _ => self.due,
        }
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
            State::Playing | State::Choosing | State::Menu => {
                self.part(now, Phrase::of(&[Prompt::Goodbye]));
            }
            State::Greeting => {
                self.with_greeting(now, |greeting, outputs| greeting.handle_timeout(now, outputs));
            }
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
            true => self.offer_more(now, phrase),
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
            ('4', _) => {
                self.state = State::Greeting;
                self.greeting = Some(Greeting::begin(now, self.language, &mut self.outputs));
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
            None => self.offer_more(now, Phrase::of(&[Prompt::NoMoreMessages])),
        }
    }

    /// Says what else can be done.
    fn offer_more(&mut self, now: Instant, before: Phrase) {
        self.state = State::Menu;
        self.due = Some(now + LONGEST_PHRASE * 2);
        self.say(before.then(Phrase::of(&[Prompt::GreetingMenu])));
    }

    fn with_greeting(
        &mut self,
        now: Instant,
        act: impl FnOnce(&mut Greeting, &mut VecDeque<GuideOutput>) -> Step,
    ) {
        let Some(greeting) = &mut self.greeting else { return };
        match act(greeting, &mut self.outputs) {
            Step::Goes => {}
            Step::Done(said) => self.offer_more(now, Phrase::of(&[said])),
            Step::Over => self.part(now, Phrase::of(&[Prompt::Goodbye])),
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

#[cfg(test)]
#[path = "tests/mailbox.rs"]
mod tests;

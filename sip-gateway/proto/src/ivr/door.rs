//! The way into a meeting by telephone: the PIN, the wait for the host, and the last words to who does not get in.
//!
//! ```text
//! greet ─▶ Typing ─PIN─▶ Asking ─▶ Waiting ─▶ Inside
//!             ▲─ wrong ────┘  └──────┴─ no ─▶ Leaving ─▶ Over
//! ```

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::guide::{GuideOutput, LONGEST_ANSWER, LONGEST_PHRASE};
use super::phrase::Phrase;
use super::pin::PinEntry;
use super::prompt::Prompt;
use crate::call::{DoorWord, Entry};
use crate::plan::Language;

/// One phone at the door of a meeting.
#[derive(Debug)]
pub struct Door {
    state: State,
    language: Language,
    /// The meeting, if the number that was dialled leads to one.
    meeting: Option<String>,
    pin: PinEntry,
    wrong: u8,
    /// How often it was asked in vain for a PIN.
    ignored: u8,
    /// Until when it waits for the host at most.
    patience: Option<Instant>,
    due: Option<Instant>,
    outputs: VecDeque<GuideOutput>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The call is not answered yet.
    Outside,
    Typing,
    /// The office decides.
    Asking,
    /// The host decides.
    Waiting,
    Inside,
    /// The last words are being said.
    Leaving,
    Over,
}

impl Door {
    /// Somebody has dialled the number of all meetings, or that of one.
    #[must_use]
    pub fn new(now: Instant, meeting: Option<String>, language: Language) -> Self {
        Self {
            state: State::Outside,
            language,
            meeting,
            pin: PinEntry::default(),
            wrong: 0,
            ignored: 0,
            patience: None,
            due: Some(now + LONGEST_ANSWER),
            outputs: VecDeque::new(),
        }
    }

    /// Somebody leaves a meeting, and is told why.
    #[must_use]
    pub fn leaving(now: Instant, prompt: Prompt, language: Language) -> Self {
        let mut door = Self::new(now, None, language);
        door.part(now, prompt);
        door
    }

    /// The caller hears us.
    pub fn begin(&mut self, now: Instant) {
        if self.state != State::Outside {
            return;
        }
        match self.meeting.clone() {
            Some(meeting) => {
                self.say(&[Prompt::Welcome]);
                self.ask(now, Entry::Number(meeting));
            }
            None => {
                self.say(&[Prompt::Welcome, Prompt::PinWanted]);
                self.await_pin(now);
            }
        }
    }

    /// A key was pressed.
    pub fn press(&mut self, now: Instant, key: char) {
        if self.state != State::Typing {
            return;
        }
        if self.pin.is_empty() {
            self.outputs.push_back(GuideOutput::Hush);
        }
        if let Some(pin) = self.pin.press(now, key) {
            self.ask(now, Entry::Pin(pin));
        }
    }

    /// The office has decided something.
    pub fn handle_word(&mut self, now: Instant, word: DoorWord) {
        if !matches!(self.state, State::Asking | State::Waiting) {
            return;
        }
        match word {
            DoorWord::Wrong if self.meeting.is_some() => self.part(now, Prompt::TryLater),
            DoorWord::Wrong => {
                self.wrong += 1;
                if self.wrong >= MAX_WRONG {
                    return self.part(now, Prompt::PinWrongLast);
                }
                self.say(&[Prompt::PinWrong]);
                self.await_pin(now);
            }
            DoorWord::TooMany => self.part(now, Prompt::TryLater),
            DoorWord::Locked => self.part(now, Prompt::MeetingLocked),
            DoorWord::Full => self.part(now, Prompt::MeetingFull),
            DoorWord::Refused => self.part(now, Prompt::Refused),
            DoorWord::Ended => self.part(now, Prompt::MeetingOver),
            DoorWord::Waiting if self.state == State::Waiting => {}
            DoorWord::Waiting => {
                self.state = State::Waiting;
                self.patience = Some(now + LONGEST_WAIT);
                self.announce_wait(now);
            }
            DoorWord::Admitted { room, name, role, language } => {
                self.state = State::Inside;
                self.due = None;
                let language = language.unwrap_or(self.language);
                self.language = language;
                self.outputs.push_back(GuideOutput::Enter { room, name, role, language });
                self.say(&[Prompt::YouAreIn]);
            }
        }
    }

    /// All was said.
    pub fn handle_said(&mut self, now: Instant) {
        match self.state {
            State::Leaving => self.hang_up(),
            // Until now it was us who spoke.
            State::Typing => self.pin.handle_said(now),
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
            State::Typing if !self.pin.is_empty() => {
                if let Some(pin) = self.pin.take() {
                    self.ask(now, Entry::Pin(pin));
                }
            }
            State::Typing if self.ignored + 1 < MAX_IGNORED => {
                self.ignored += 1;
                self.say(&[Prompt::PinWanted]);
                self.await_pin(now);
            }
            State::Typing => self.part(now, Prompt::Goodbye),
            State::Asking => self.part(now, Prompt::TryLater),
            State::Waiting if self.patience.is_some_and(|until| until <= now) => {
                self.part(now, Prompt::Goodbye);
            }
            State::Waiting => self.announce_wait(now),
            State::Outside | State::Leaving => self.hang_up(),
            State::Inside | State::Over => self.due = None,
        }
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<GuideOutput> {
        self.outputs.pop_front()
    }

    fn await_pin(&mut self, now: Instant) {
        self.state = State::Typing;
        self.pin.begin(now);
    }

    fn ask(&mut self, now: Instant, entry: Entry) {
        self.state = State::Asking;
        self.due = Some(now + LONGEST_DECISION);
        self.outputs.push_back(GuideOutput::Ask(entry));
    }

    fn announce_wait(&mut self, now: Instant) {
        self.say(&[Prompt::WaitingForHost]);
        self.due = Some(now + BETWEEN_ANNOUNCEMENTS);
    }

    fn part(&mut self, now: Instant, prompt: Prompt) {
        self.state = State::Leaving;
        self.say(&[prompt]);
        self.due = Some(now + LONGEST_PHRASE);
    }

    fn hang_up(&mut self) {
        self.state = State::Over;
        self.due = None;
        self.outputs.push_back(GuideOutput::HangUp);
    }

    fn say(&mut self, prompts: &[Prompt]) {
        self.outputs.push_back(GuideOutput::Say(Phrase::of(prompts), self.language));
    }
}

/// How many wrong PINs end the call.
const MAX_WRONG: u8 = 3;
/// How often somebody who types nothing is asked.
const MAX_IGNORED: u8 = 3;
/// How long the office may take.
const LONGEST_DECISION: Duration = Duration::from_secs(20);
/// How often somebody who waits is told so.
const BETWEEN_ANNOUNCEMENTS: Duration = Duration::from_secs(30);
/// How long somebody may wait for the host: he may be late, but a phone that was left lying is to hang up some time.
const LONGEST_WAIT: Duration = Duration::from_secs(3_600);

#[cfg(test)]
#[path = "tests/door.rs"]
mod tests;

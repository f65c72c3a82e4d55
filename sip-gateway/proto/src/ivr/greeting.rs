//! Recording one's own greeting by telephone: it is said after a beep, heard once, and kept or not.
//!
//! ```text
//! Asking ─▶ Recording ─▶ Stopping ─▶ Reviewing ─▶ done
//!    ▲─────────────────── again ─────────┘
//! ```

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::guide::{GuideOutput, LONGEST_CHOICE, LONGEST_PHRASE};
use super::phrase::Phrase;
use super::prompt::Prompt;
use super::recorder::LONGEST_GREETING;
use crate::call::RecordingId;
use crate::plan::Language;

/// Takes one greeting.
#[derive(Debug)]
pub(super) struct Greeting {
    state: State,
    language: Language,
    due: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It is said what to do, or only the beep is left.
    Asking,
    Recording,
    /// It is being written to its end.
    Stopping,
    /// It is on the disk, and is being heard.
    Reviewing(RecordingId, Duration),
}

/// How it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It does.
    Goes,
    /// It is done, which is to be said.
    Done(Prompt),
    /// Nothing came of it.
    Over,
}

impl Greeting {
    pub(super) fn begin(now: Instant, language: Language, outputs: &mut VecDeque<GuideOutput>) -> Self {
        let mut greeting = Self { state: State::Asking, language, due: now };
        greeting.ask(now, &[Prompt::RecordGreeting, Prompt::Beep], outputs);
        greeting
    }

    pub(super) fn press(&mut self, now: Instant, key: char, outputs: &mut VecDeque<GuideOutput>) -> Step {
        match (self.state, key) {
            (State::Asking, _) => {
                outputs.push_back(GuideOutput::Hush);
                self.ask(now, &[Prompt::Beep], outputs);
            }
            (State::Recording, '#') => self.stop(now, outputs),
            (State::Reviewing(recording, length), '2') => {
                outputs.push_back(GuideOutput::Hush);
                outputs.push_back(GuideOutput::Greet(Some(recording), length));
                return Step::Done(Prompt::GreetingKept);
            }
            (State::Reviewing(recording, _), '4' | '5' | '0' | '*') => {
                outputs.push_back(GuideOutput::Hush);
                outputs.push_back(GuideOutput::Delete(recording));
                match key {
                    '4' => self.ask(now, &[Prompt::RecordGreeting, Prompt::Beep], outputs),
                    '5' => {
                        outputs.push_back(GuideOutput::Greet(None, Duration::ZERO));
                        return Step::Done(Prompt::GreetingStandard);
                    }
                    _ => return Step::Over,
                }
            }
            _ => {}
        }
        Step::Goes
    }

    /// All was said.
    pub(super) fn handle_said(&mut self, now: Instant, outputs: &mut VecDeque<GuideOutput>) {
        match self.state {
            State::Asking => {
                self.state = State::Recording;
                self.due = now + LONGEST_GREETING + LONGEST_PHRASE;
                outputs.push_back(GuideOutput::RecordGreeting(LONGEST_GREETING));
            }
            State::Reviewing(..) => self.due = now + LONGEST_CHOICE,
            State::Recording | State::Stopping => {}
        }
    }

    /// What was recorded is on the disk, if it was more than a breath.
    pub(super) fn handle_recorded(
        &mut self,
        now: Instant,
        recorded: Option<(RecordingId, Duration)>,
        outputs: &mut VecDeque<GuideOutput>,
    ) -> Step {
        if !matches!(self.state, State::Recording | State::Stopping) {
            return Step::Goes;
        }
        let Some((recording, length)) = recorded else { return Step::Over };
        self.state = State::Reviewing(recording, length);
        self.due = now + length + LONGEST_PHRASE * 2;
        let heard = Phrase::recording(recording).then(Phrase::of(&[Prompt::GreetingReview]));
        outputs.push_back(GuideOutput::Say(heard, self.language));
        Step::Goes
    }

    pub(super) fn poll_timeout(&self) -> Instant {
        self.due
    }

    pub(super) fn handle_timeout(&mut self, now: Instant, outputs: &mut VecDeque<GuideOutput>) -> Step {
        match self.state {
            State::Asking => self.handle_said(now, outputs),
            State::Recording => self.stop(now, outputs),
            State::Stopping => return Step::Over,
            State::Reviewing(recording, _) => {
                outputs.push_back(GuideOutput::Delete(recording));
                return Step::Over;
            }
        }
        Step::Goes
    }

    fn ask(&mut self, now: Instant, prompts: &[Prompt], outputs: &mut VecDeque<GuideOutput>) {
        self.state = State::Asking;
        self.due = now + LONGEST_PHRASE;
        outputs.push_back(GuideOutput::Say(Phrase::of(prompts), self.language));
    }

    fn stop(&mut self, now: Instant, outputs: &mut VecDeque<GuideOutput>) {
        self.state = State::Stopping;
        self.due = now + LONGEST_PHRASE;
        outputs.push_back(GuideOutput::StopRecording);
    }
}

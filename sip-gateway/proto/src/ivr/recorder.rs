//! Leaving a message for somebody who does not answer.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::guide::{GuideOutput, LONGEST_ANSWER, LONGEST_PHRASE};
use super::phrase::Phrase;
use super::prompt::Prompt;
use crate::call::RecordingId;
use crate::plan::Language;

/// Takes one message.
#[derive(Debug)]
pub struct Recorder {
    state: State,
    /// Who does not answer.
    number: String,
    /// What he has said for callers to hear.
    greeting: Option<RecordingId>,
    /// Whether the mailbox takes no more.
    full: bool,
    language: Language,
    due: Option<Instant>,
    outputs: VecDeque<GuideOutput>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The call is not answered yet.
    Outside,
    Greeting,
    /// The greeting was cut short: only the beep is left.
    Beeping,
    Recording,
    /// It is being written to its end.
    Stopping,
    Leaving,
    Over,
}

impl Recorder {
    /// Somebody has called a number where nobody answers.
    #[must_use]
    pub fn new(
        now: Instant,
        number: &str,
        greeting: Option<RecordingId>,
        full: bool,
        language: Language,
    ) -> Self {
        Self {
            state: State::Outside,
            number: number.to_owned(),
            greeting,
            full,
            language,
            due: Some(now + LONGEST_ANSWER),
            outputs: VecDeque::new(),
        }
    }

    /// The caller hears us.
    pub fn begin(&mut self, now: Instant) {
        if self.state != State::Outside {
            return;
        }
        let standard = || {
            let number = Phrase::of(&[Prompt::Extension]).then(Phrase::number(&self.number));
            number.then(Phrase::of(&[Prompt::DoesNotAnswer]))
        };
        let who = self.greeting.map_or_else(standard, Phrase::recording);
        if self.full {
            self.part(now, who.then(Phrase::of(&[Prompt::MailboxFull])));
            self.due = Some(now + LONGEST_GREETING + LONGEST_PHRASE);
            return;
        }
        self.state = State::Greeting;
        self.due = Some(now + LONGEST_GREETING + LONGEST_PHRASE);
        // Who has a greeting of his own says in it what is to be done.
        let then: &[Prompt] = match self.greeting {
            Some(_) => &[Prompt::Beep],
            None => &[Prompt::LeaveMessage, Prompt::Beep],
        };
        self.say(who.then(Phrase::of(then)));
    }

    /// A key was pressed: it cuts the greeting short, and the hash key ends the message.
    pub fn press(&mut self, now: Instant, key: char) {
        match self.state {
            State::Greeting => {
                self.state = State::Beeping;
                self.due = Some(now + LONGEST_PHRASE);
                self.outputs.push_back(GuideOutput::Hush);
                self.say(Phrase::of(&[Prompt::Beep]));
            }
            State::Recording if key == '#' => self.stop(now),
            _ => {}
        }
    }

    /// All was said.
    pub fn handle_said(&mut self, now: Instant) {
        match self.state {
            State::Greeting | State::Beeping => {
                self.state = State::Recording;
                self.due = Some(now + LONGEST_MESSAGE + LONGEST_PHRASE);
                self.outputs.push_back(GuideOutput::Record(LONGEST_MESSAGE));
            }
            State::Leaving => self.hang_up(),
            _ => {}
        }
    }

    /// What was recorded is on the disk.
    pub fn handle_recorded(&mut self, now: Instant, kept: bool) {
        if !matches!(self.state, State::Recording | State::Stopping) {
            return;
        }
        let prompts: &[Prompt] = if kept { &[Prompt::Recorded] } else { &[Prompt::Goodbye] };
        self.part(now, Phrase::of(prompts));
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.due.is_none_or(|due| due > now) {
            return;
        }
        match self.state {
            State::Greeting | State::Beeping => self.handle_said(now),
            State::Recording => self.stop(now),
            State::Stopping => self.handle_recorded(now, false),
            State::Outside | State::Leaving => self.hang_up(),
            State::Over => self.due = None,
        }
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<GuideOutput> {
        self.outputs.pop_front()
    }

    fn stop(&mut self, now: Instant) {
        self.state = State::Stopping;
        self.due = Some(now + LONGEST_PHRASE);
        self.outputs.push_back(GuideOutput::StopRecording);
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

/// How long a greeting may be.
pub const LONGEST_GREETING: Duration = Duration::from_secs(60);
/// How long a message may be.
pub(super) const LONGEST_MESSAGE: Duration = Duration::from_secs(180);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ivr::Word;

    #[test]
    fn a_message_is_taken_after_the_beep_until_the_hash_key() {
        let (mut recorder, now) = answered(false);
        assert!(matches!(drain(&mut recorder)[..], [GuideOutput::Say(..)]));
        recorder.handle_said(now);
        assert_eq!(drain(&mut recorder), [GuideOutput::Record(LONGEST_MESSAGE)]);
        recorder.press(now, '5');
        assert_eq!(drain(&mut recorder), [], "only the hash key ends it");
        recorder.press(now, '#');
        assert_eq!(drain(&mut recorder), [GuideOutput::StopRecording]);
        recorder.handle_recorded(now, true);
        assert_eq!(drain(&mut recorder), [said(&[Prompt::Recorded])]);
        recorder.handle_said(now);
        assert_eq!(drain(&mut recorder), [GuideOutput::HangUp]);
    }

    #[test]
    fn who_knows_the_greeting_cuts_it_short() {
        let (mut recorder, now) = answered(false);
        drain(&mut recorder);
        recorder.press(now, '1');
        assert_eq!(drain(&mut recorder), [GuideOutput::Hush, said(&[Prompt::Beep])]);
        recorder.press(now, '1');
        recorder.handle_said(now);
        assert_eq!(drain(&mut recorder), [GuideOutput::Record(LONGEST_MESSAGE)]);
    }

    #[test]
    fn who_talks_without_end_is_stopped_and_a_full_mailbox_takes_nothing() {
        let (mut recorder, now) = answered(false);
        recorder.handle_said(now);
        drain(&mut recorder);
        let late = recorder.poll_timeout().expect("it waits");
        recorder.handle_timeout(late);
        assert_eq!(drain(&mut recorder), [GuideOutput::StopRecording]);

        let (mut recorder, now) = answered(true);
        drain(&mut recorder);
        recorder.handle_said(now);
        assert_eq!(drain(&mut recorder), [GuideOutput::HangUp]);
    }

    #[test]
    fn a_greeting_of_ones_own_is_heard_instead_and_says_when_the_mailbox_is_full() {
        let own = Word::Recording(RecordingId(4));
        for (full, then) in [(false, Prompt::Beep), (true, Prompt::MailboxFull)] {
            let now = Instant::now();
            let mut recorder = Recorder::new(now, "1002", Some(RecordingId(4)), full, Language::French);
            recorder.begin(now);
            let said = match &drain(&mut recorder)[..] {
                [GuideOutput::Say(phrase, _)] => phrase.words().to_vec(),
                other => panic!("it greets: {other:?}"),
            };
            assert_eq!(said, [own, Word::Prompt(then)]);
            assert!(recorder.poll_timeout().is_some_and(|due| due >= now + LONGEST_PHRASE));
        }
    }

    fn answered(full: bool) -> (Recorder, Instant) {
        let now = Instant::now();
        let mut recorder = Recorder::new(now, "1002", None, full, Language::French);
        recorder.begin(now);
        (recorder, now)
    }

    fn drain(recorder: &mut Recorder) -> Vec<GuideOutput> {
        std::iter::from_fn(|| recorder.poll_output()).collect()
    }

    fn said(prompts: &[Prompt]) -> GuideOutput {
        GuideOutput::Say(Phrase::of(prompts), Language::French)
    }
}

//! A call that is led by voice, whatever it is about.

use std::time::{Duration, Instant};

use super::door::Door;
use super::mailbox::Mailbox;
use super::phrase::Phrase;
use super::recorder::Recorder;
use crate::call::{Entry, RecordingId};
use crate::plan::Language;

/// Who leads a call. After each input its outputs are drained.
#[derive(Debug)]
pub enum Guide {
    /// The door of a meeting.
    Door(Door),
    /// Somebody leaves a message.
    Recorder(Recorder),
    /// Somebody listens to his messages.
    Mailbox(Mailbox),
}

/// What is to be done for a call that is led by voice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GuideOutput {
    /// Say this.
    Say(Phrase, Language),
    /// Say nothing more.
    Hush,
    /// Ask the office whether it may come into a meeting.
    Ask(Entry),
    /// Bring it into the room of a meeting.
    Enter {
        /// The room.
        room: String,
        /// What the others see.
        name: String,
        /// Its part, in the office's words.
        role: String,
        /// In which language it is spoken to.
        language: Language,
    },
    /// Write down what it says, for so long at most.
    Record(Duration),
    /// Write down a greeting, for so long at most.
    RecordGreeting(Duration),
    /// Write down no more.
    StopRecording,
    /// Ask the office for the messages of a mailbox, with its PIN as it was typed.
    OpenMailbox(String),
    /// A message was heard.
    Heard(RecordingId),
    /// A message is to be forgotten.
    Delete(RecordingId),
    /// Callers are to hear this greeting from now on; without one, the standard greeting.
    Greet(Option<RecordingId>, Duration),
    /// Hang up.
    HangUp,
}

impl Guide {
    /// The caller hears us.
    pub fn begin(&mut self, now: Instant) {
        match self {
            Self::Door(door) => door.begin(now),
            Self::Recorder(recorder) => recorder.begin(now),
            Self::Mailbox(mailbox) => mailbox.begin(now),
        }
    }

    /// A key was pressed.
    pub fn press(&mut self, now: Instant, key: char) {
        match self {
            Self::Door(door) => door.press(now, key),
            Self::Recorder(recorder) => recorder.press(now, key),
            Self::Mailbox(mailbox) => mailbox.press(now, key),
        }
    }

    /// All was said.
    pub fn handle_said(&mut self, now: Instant) {
        match self {
            Self::Door(door) => door.handle_said(now),
            Self::Recorder(recorder) => recorder.handle_said(now),
            Self::Mailbox(mailbox) => mailbox.handle_said(now),
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        match self {
            Self::Door(door) => door.poll_timeout(),
            Self::Recorder(recorder) => recorder.poll_timeout(),
            Self::Mailbox(mailbox) => mailbox.poll_timeout(),
        }
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        match self {
            Self::Door(door) => door.handle_timeout(now),
            Self::Recorder(recorder) => recorder.handle_timeout(now),
            Self::Mailbox(mailbox) => mailbox.handle_timeout(now),
        }
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<GuideOutput> {
        match self {
            Self::Door(door) => door.poll_output(),
            Self::Recorder(recorder) => recorder.poll_output(),
            Self::Mailbox(mailbox) => mailbox.poll_output(),
        }
    }
}

/// How long the ACK to our answer may take.
pub(super) const LONGEST_ANSWER: Duration = Duration::from_secs(40);
/// How long one may think about what to press.
pub(super) const LONGEST_CHOICE: Duration = Duration::from_secs(20);
/// How long anything that is said takes, if nobody tells that it has been said.
pub(super) const LONGEST_PHRASE: Duration = Duration::from_secs(20);

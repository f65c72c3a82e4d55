//! Messages that callers leave, and what is asked of the office for them.

use std::time::{Duration, Instant};

use super::media_plane::{LegId, RecordingId};

/// A message that was left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// For which extension.
    pub extension: String,
    /// The recording.
    pub recording: RecordingId,
    /// From whom: an extension's number, or a public one in E.164; empty if it is not shown.
    pub from: String,
    /// The name beside it.
    pub from_name: String,
    /// When it was begun.
    pub at: Instant,
    /// How long it is.
    pub length: Duration,
}

/// A message in a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoiceMessage {
    /// The recording.
    pub recording: RecordingId,
    /// From whom.
    pub from: String,
    /// Whether it was heard before.
    pub heard: bool,
}

/// What the office says to who wants to hear his messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailboxWord {
    /// It is not the PIN, or there is no such mailbox.
    Wrong,
    /// There were too many wrong PINs of late.
    TooMany,
    /// The messages, the oldest first.
    Open(Vec<VoiceMessage>),
}

/// What is to be done with a mailbox.
#[derive(Clone, PartialEq, Eq)]
pub enum MailboxCommand {
    /// Ask for its messages.
    Open {
        /// Who asks: the leg of the phone.
        leg: LegId,
        /// Whose mailbox.
        extension: String,
        /// The PIN, as it was typed.
        pin: String,
    },
    /// Keep a message.
    Keep(Box<NewMessage>),
    /// A message was heard.
    Heard {
        /// In whose mailbox.
        extension: String,
        /// Which.
        recording: RecordingId,
    },
    /// Let callers hear this greeting from now on, or the standard one again.
    Greet {
        /// In whose mailbox.
        extension: String,
        /// Which.
        recording: Option<RecordingId>,
        /// How long it is.
        length: Duration,
    },
    /// Forget a message.
    Delete {
        /// In whose mailbox.
        extension: String,
        /// Which.
        recording: RecordingId,
    },
}

/// A PIN is a secret.
impl std::fmt::Debug for MailboxCommand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Open { leg, extension, .. } => write!(f, "Open({leg:?} {extension})"),
            Self::Keep(message) => write!(f, "Keep({message:?})"),
            Self::Heard { extension, recording } => write!(f, "Heard({extension} {recording:?})"),
            Self::Greet { extension, recording, .. } => write!(f, "Greet({extension} {recording:?})"),
            Self::Delete { extension, recording } => write!(f, "Delete({extension} {recording:?})"),
        }
    }
}

//! Whether messages wait: the lamp of a voice mailbox (RFC 3842).

use std::fmt::Write;

use super::EventState;
use crate::message::Uri;

/// What waits in a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageSummary {
    /// The mailbox, which phones call when the key is pressed.
    pub account: Uri,
    /// Voice messages.
    pub voice: MessageCount,
}

/// How many messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MessageCount {
    /// Not heard yet.
    pub new: u32,
    /// Heard.
    pub old: u32,
    /// Not heard yet and urgent; counted among the new ones too.
    pub new_urgent: u32,
    /// Heard and urgent; counted among the old ones too.
    pub old_urgent: u32,
}

impl EventState for MessageSummary {
    fn package(&self) -> &'static str {
        "message-summary"
    }

    fn content_type(&self) -> &'static str {
        "application/simple-message-summary"
    }

    fn document(&self, _version: u32) -> String {
        let MessageCount { new, old, new_urgent, old_urgent } = self.voice;
        let waiting = if new > 0 { "yes" } else { "no" };
        let mut text = format!("Messages-Waiting: {waiting}\r\nMessage-Account: {}\r\n", self.account);
        write!(text, "Voice-Message: {new}/{old} ({new_urgent}/{old_urgent})\r\n")
            .expect("a string takes all that is written to it");
        text
    }
}

//! A meeting as it is kept.

use jiff::Timestamp;

use super::{Marking, MeetingCode, Pin};
use crate::accounts::{InvalidText, User, UserId, line_of_text};

/// What a link leads to. Its room exists only while people are present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    /// Its name in the link.
    pub code: MeetingCode,
    /// What it is about.
    pub title: String,
    /// Who made it and is its host.
    pub owner: UserId,
    /// Whether guests wait until the host lets them in.
    pub waiting_room: bool,
    /// Whether nobody else may come in.
    pub locked: bool,
    /// Since when.
    pub created_at: Timestamp,
    /// With what a telephone comes in.
    pub pin: Pin,
    /// For whom it is.
    pub marking: Marking,
}

/// What is to become different about a meeting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MeetingChange {
    /// Its new title.
    pub title: Option<String>,
    /// Whether guests wait.
    pub waiting_room: Option<bool>,
    /// Whether nobody else may come in.
    pub locked: Option<bool>,
    /// For whom it is.
    pub marking: Option<Marking>,
}

impl Meeting {
    /// A new meeting of an owner.
    #[must_use]
    pub fn new(owner: &User, title: String, waiting_room: bool, now: Timestamp) -> Self {
        Self {
            code: MeetingCode::random(),
            title,
            owner: owner.id.clone(),
            waiting_room,
            locked: false,
            created_at: now,
            pin: Pin::random(),
            marking: Marking::default(),
        }
    }

    /// Whether somebody may direct this meeting.
    #[must_use]
    pub fn is_host(&self, user: Option<&User>) -> bool {
        user.is_some_and(|user| user.id == self.owner)
    }
}

/// A meeting's title: 1 to 200 visible characters, on one line.
///
/// # Errors
/// When it is empty, too long or not a line of text.
pub fn title(text: &str) -> Result<String, InvalidText> {
    line_of_text(text, 200).ok_or(InvalidText("a title has 1 to 200 characters and stands on one line"))
}

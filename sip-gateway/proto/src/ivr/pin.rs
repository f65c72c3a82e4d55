//! Digits of a PIN, key by key, until it is complete.

use std::time::{Duration, Instant};

use super::guide::LONGEST_PHRASE;

/// A PIN as it is being typed.
#[derive(Debug, Default)]
pub(super) struct PinEntry {
    typed: String,
    due: Option<Instant>,
}

impl PinEntry {
    /// It is asked for a PIN, in words.
    pub(super) fn begin(&mut self, now: Instant) {
        self.typed.clear();
        // Counted anew when all was said.
        self.due = Some(now + LONGEST_PHRASE + FIRST_DIGIT);
    }

    /// Whether nothing was typed yet.
    pub(super) fn is_empty(&self) -> bool {
        self.typed.is_empty()
    }

    /// A key was pressed; the PIN, if it is complete.
    pub(super) fn press(&mut self, now: Instant, key: char) -> Option<String> {
        match key {
            '0'..='9' => {
                self.typed.push(key);
                self.due = Some(now + BETWEEN_DIGITS);
                if self.typed.len() >= LONGEST_PIN { self.take() } else { None }
            }
            '#' => self.take(),
            // A new beginning.
            '*' => {
                self.typed.clear();
                self.due = Some(now + FIRST_DIGIT);
                None
            }
            _ => None,
        }
    }

    /// All was said.
    pub(super) fn handle_said(&mut self, now: Instant) {
        if self.typed.is_empty() {
            self.due = Some(now + FIRST_DIGIT);
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }

    /// Time has passed: the PIN, if that completes it. Not everybody presses the hash key.
    pub(super) fn take(&mut self) -> Option<String> {
        Some(std::mem::take(&mut self.typed)).filter(|pin| !pin.is_empty())
    }
}

/// No PIN is longer.
pub(super) const LONGEST_PIN: usize = 16;
/// How long the first digit may take.
pub(super) const FIRST_DIGIT: Duration = Duration::from_secs(15);
/// After how long without a digit the PIN is complete.
pub(super) const BETWEEN_DIGITS: Duration = Duration::from_secs(5);

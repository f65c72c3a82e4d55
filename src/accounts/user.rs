//! An account and the texts it is made of.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Somebody with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its name for the program.
    pub id: UserId,
    /// Its name for signing in.
    pub email: Email,
    /// Its name for people.
    pub name: String,
    /// What it may do here.
    pub role: Role,
    /// The extension it answers in the browser.
    pub extension: Option<String>,
    /// Since when.
    pub created_at: Timestamp,
}

impl User {
    /// A new account with an id of its own.
    #[must_use]
    pub fn new(name: String, email: Email, role: Role, now: Timestamp) -> Self {
        Self { id: UserId::random(), email, name, role, extension: None, created_at: now }
    }
}

/// An account's id: 16 letters and digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UserId(String);

impl UserId {
    /// A fresh one; 80 random bits, so that none is ever met twice.
    #[must_use]
    pub fn random() -> Self {
        Self(random_letters(16))
    }

    pub(crate) fn from_stored(id: String) -> Self {
        Self(id)
    }

    /// Takes an id as somebody shows it to us; it may name nobody.
    #[must_use]
    pub fn shown(text: &str) -> Self {
        Self(text.chars().take(64).collect())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Text of random lower-case letters and digits, five bits each; characters that look alike are left out.
pub(crate) fn random_letters(length: usize) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    (0..length).map(|_| char::from(ALPHABET[usize::from(rand::random::<u8>() & 31)])).collect()
}

/// An e-mail address, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// Takes an address that has the look of one.
    ///
    /// # Errors
    /// When it cannot be an address.
    pub fn new(text: &str) -> Result<Self, InvalidText> {
        let text = text.trim();
        let usable = text.len() <= 254
            && text.chars().all(|c| !c.is_control() && !c.is_whitespace())
            && text.split_once('@').is_some_and(|(local, domain)| {
                !local.is_empty() && !domain.is_empty() && !domain.contains('@')
            });
        if !usable {
            return Err(InvalidText("an e-mail address looks like name@example.org"));
        }
        Ok(Self(text.to_lowercase()))
    }

    pub(crate) fn from_stored(email: String) -> Self {
        Self(email)
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Makes and removes accounts.
    Administrator,
    /// Holds meetings.
    User,
}

impl Role {
    /// As it is stored and sent.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::User => "user",
        }
    }
}

/// Why a text cannot be taken, as one sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidText(pub &'static str);

/// A person's name: 1 to 100 visible characters, on one line.
///
/// # Errors
/// When it is empty, too long or not a line of text.
pub fn display_name(text: &str) -> Result<String, InvalidText> {
    line_of_text(text, 100).ok_or(InvalidText("a name has 1 to 100 characters and stands on one line"))
}

/// Trimmed text that others may see: not empty, not longer than `limit` characters, and without characters that
/// control a display or turn its direction, since names must not be able to disguise themselves.
#[must_use]
pub fn line_of_text(text: &str, limit: usize) -> Option<String> {
    let text = text.trim();
    let deceiving = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let usable = !text.is_empty() && text.chars().count() <= limit && !text.chars().any(deceiving);
    usable.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_same_in_capitals() {
        assert_eq!(Email::new(" Awa.Diop@Example.ORG "), Email::new("awa.diop@example.org"));
        for bad in ["", "awa", "@example.org", "awa@", "a@b@c", "a b@c.d", "a\r\n@c.d"] {
            assert!(Email::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_name_cannot_disguise_itself() {
        assert_eq!(display_name("  Élise N’Dour ").as_deref(), Ok("Élise N’Dour"));
        let long = "x".repeat(101);
        for bad in ["", "   ", "a\nb", "a\u{202e}b", "\u{feff}", &long] {
            assert!(display_name(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn ids_do_not_repeat() {
        assert_ne!(UserId::random(), UserId::random());
        assert_eq!(UserId::random().as_str().len(), 16);
    }
}

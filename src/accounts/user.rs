//! An account and the texts it is made of.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sip_gateway_proto::plan::PostId;

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
    /// What somebody does in the house: Ambassadrice, Chef du protocole.
    pub function: String,
    /// The order in which protocol names people; 1 is first.
    pub rank: Option<u16>,
    /// The embassy or consulate to which it belongs.
    pub post: Option<PostId>,
    /// What its holder speaks, as codes of ISO 639, the best first.
    pub languages: Vec<String>,
    /// The extension it answers in the browser.
    pub extension: Option<String>,
    /// Who vouches for it.
    pub origin: Origin,
    /// Nobody can sign in with it.
    pub disabled: bool,
    /// Its password was chosen by somebody else and is to be changed first of all.
    pub must_change: bool,
    /// A code of an authenticator is asked for, beside the password.
    pub second_factor: bool,
    /// Since when.
    pub created_at: Timestamp,
}

impl User {
    /// A new account with an id of its own.
    #[must_use]
    pub fn new(name: String, email: Email, role: Role, now: Timestamp) -> Self {
        Self {
            id: UserId::random(),
            email,
            name,
            role,
            function: String::new(),
            rank: None,
            post: None,
            languages: Vec::new(),
            extension: None,
            origin: Origin::Local,
            disabled: false,
            must_change: false,
            second_factor: false,
            created_at: now,
        }
    }
}

impl User {
    /// What a password of this user must not contain.
    pub(crate) fn about(&self) -> [&str; 2] {
        [&self.name, self.email.as_str()]
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

/// What an account may do; `rights.rs` says what that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Looks after the whole house.
    Administrator,
    /// Looks after phones and users of one post.
    ItOfficer,
    /// Holds meetings for others.
    ProtocolOfficer,
    /// Holds meetings.
    User,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Administrator, Self::ItOfficer, Self::ProtocolOfficer, Self::User];

    /// As it is stored and sent.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::ItOfficer => "it-officer",
            Self::ProtocolOfficer => "protocol-officer",
            Self::User => "user",
        }
    }

    /// The role of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }
}

/// Who knows the password of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// We do.
    Local,
    /// The ministry's own sign-in page (OpenID Connect).
    Oidc,
    /// The ministry's directory (LDAP).
    Ldap,
}

impl Origin {
    /// As it is stored and sent.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Oidc => "oidc",
            Self::Ldap => "ldap",
        }
    }

    /// The origin of a word.
    #[must_use]
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [Self::Local, Self::Oidc, Self::Ldap].into_iter().find(|origin| origin.as_str() == word)
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

/// What somebody does in the house: nothing, or one line.
///
/// # Errors
/// When it is too long or not a line of text.
pub fn function(text: &str) -> Result<String, InvalidText> {
    if text.trim().is_empty() {
        return Ok(String::new());
    }
    line_of_text(text, 120).ok_or(InvalidText("a function has at most 120 characters and stands on one line"))
}

/// A place in the order of protocol.
///
/// # Errors
/// When there is no such place.
pub fn rank(rank: u16) -> Result<u16, InvalidText> {
    if (1..=9_999).contains(&rank) { Ok(rank) } else { Err(InvalidText("a rank is from 1 to 9999")) }
}

/// Languages as codes of two or three letters (ISO 639), each once.
///
/// # Errors
/// When one is no code, or there are too many.
pub fn languages<S: AsRef<str>>(codes: &[S]) -> Result<Vec<String>, InvalidText> {
    let wrong = InvalidText("languages are at most 12 codes of two or three letters, such as fr, en, fon");
    let mut languages: Vec<String> = Vec::new();
    for code in codes {
        let code = code.as_ref().trim().to_ascii_lowercase();
        if !(2..=3).contains(&code.len()) || !code.bytes().all(|b| b.is_ascii_lowercase()) {
            return Err(wrong);
        }
        if !languages.contains(&code) {
            languages.push(code);
        }
    }
    if languages.len() > 12 { Err(wrong) } else { Ok(languages) }
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
    fn roles_are_the_words_that_are_stored() {
        for role in Role::ALL {
            assert_eq!(Role::from_word(role.as_str()), Some(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        }
        assert_eq!(Role::from_word("root"), None);
    }

    #[test]
    fn a_person_is_described_within_bounds() {
        assert_eq!(function(" Ministre conseillère ").as_deref(), Ok("Ministre conseillère"));
        assert_eq!(function("  ").as_deref(), Ok(""));
        assert!(function("a\nb").is_err() && function(&"x".repeat(121)).is_err());
        assert!(rank(1).is_ok() && rank(0).is_err() && rank(10_000).is_err());
        assert_eq!(languages(&["FR", " en", "fr", "fon"]).unwrap(), ["fr", "en", "fon"]);
        assert!(languages(&["français"]).is_err() && languages(&["f"]).is_err());
    }

    #[test]
    fn ids_do_not_repeat() {
        assert_ne!(UserId::random(), UserId::random());
        assert_eq!(UserId::random().as_str().len(), 16);
    }
}

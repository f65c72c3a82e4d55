//! A word of letters, digits and a few marks (RFC 3261 §25.1 `token`).

use std::fmt;

use super::limits::MAX_TOKEN;
use super::scan::is_token;

/// A token: not empty, and without anything that could end a line or a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token(Box<str>);

impl Token {
    /// Takes a text that is a token, and not too long.
    pub fn new(text: &str) -> Option<Self> {
        (text.len() <= MAX_TOKEN && is_token(text)).then(|| Self(text.into()))
    }

    /// The token as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

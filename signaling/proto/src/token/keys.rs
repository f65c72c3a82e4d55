//! API keys and their secrets.

use std::{collections::BTreeMap, fmt};

/// Secrets by the name of their key.
#[derive(Debug, Clone, Default)]
pub struct Keys(BTreeMap<String, Secret>);

/// A secret that does not show in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Why a key is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Guessable.
    #[error("the secret of API key {key:?} has {length} characters, at least {MIN_SECRET} are needed")]
    TooShort {
        /// Whose.
        key: String,
        /// How many it has.
        length: usize,
    },
    /// Nobody could be told apart by it.
    #[error("an API key without a name")]
    NoName,
}

impl Keys {
    /// Adds a key, or gives it another secret.
    pub fn insert(&mut self, key: &str, secret: &str) -> Result<(), KeyError> {
        if key.is_empty() {
            return Err(KeyError::NoName);
        }
        let length = secret.chars().count();
        if length < MIN_SECRET {
            return Err(KeyError::TooShort { key: key.to_owned(), length });
        }
        self.0.insert(key.to_owned(), Secret(secret.to_owned()));
        Ok(())
    }

    /// The secret of a key.
    #[must_use]
    pub fn secret(&self, key: &str) -> Option<&Secret> {
        self.0.get(key)
    }

    /// The first key by name: what signs where none is named.
    #[must_use]
    pub fn first(&self) -> Option<&str> {
        self.0.keys().next().map(String::as_str)
    }
}

impl Secret {
    /// The secret itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Characters of a secret: what HS256 needs to be as strong as its hash (RFC 7518 §3.2).
pub const MIN_SECRET: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_secrets_and_nameless_keys_are_refused() {
        let mut keys = Keys::default();

        assert_eq!(
            keys.insert("devkey", "secret"),
            Err(KeyError::TooShort { key: "devkey".to_owned(), length: 6 })
        );
        assert_eq!(keys.insert("", &"x".repeat(32)), Err(KeyError::NoName));
        assert_eq!(keys.first(), None);
    }

    #[test]
    fn secrets_do_not_show() {
        let mut keys = Keys::default();
        keys.insert("key", "unspeakable unspeakable unspeakable").unwrap();

        assert_eq!(format!("{keys:?}"), r#"Keys({"key": Secret})"#);
    }
}

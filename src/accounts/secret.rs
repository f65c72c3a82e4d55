//! Secrets that whoever holds them may use: sign-ins, setup links, tickets. Only their hash is ever stored.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// 256 random bits, written in 43 characters that need no escaping anywhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A fresh one.
    #[must_use]
    pub fn random() -> Self {
        Self(URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()))
    }

    /// One that was made of a key.
    pub(crate) fn derived(bytes: [u8; 32]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// One as somebody shows it to us; `None` when it cannot be one of ours.
    #[must_use]
    pub fn shown(text: &str) -> Option<Self> {
        let plausible =
            text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        plausible.then(|| Self(text.to_owned()))
    }

    /// The secret itself, for its holder.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored instead of it: SHA-256 in hexadecimal. With 256 random bits, a fast hash is enough.
    #[must_use]
    pub fn hash(&self) -> String {
        hex(&Sha256::digest(self.0.as_bytes()))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// Bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_recognised_by_its_hash_and_shows_itself_to_nobody_else() {
        let secret = Secret::random();
        let shown = Secret::shown(secret.expose()).expect("ours");

        assert_eq!(secret.hash(), shown.hash());
        assert_ne!(secret.hash(), Secret::random().hash());
        assert_eq!(format!("{secret:?}"), "Secret");
    }

    #[test]
    fn what_cannot_be_a_secret_of_ours_is_not_looked_up() {
        let too_long = "a".repeat(44);
        let not_ours = format!("{}%", "a".repeat(42));
        for text in ["", "short", &too_long, &not_ours] {
            assert!(Secret::shown(text).is_none(), "{text}");
        }
    }
}

//! Credentials that prove themselves: a user name says until when and for whom, its password is a MAC over that.
//!
//! ```text
//! username  1764500000:9f86d081884c7d659a2feaa0    expiry, participant
//! password  HMAC-SHA256(secret, username)
//! ```
//!
//! Nothing is kept for those who were given some. A participant is named by a digest: user names travel in the clear,
//! and say nothing about rooms or people.

use std::time::Duration;

use aws_lc_rs::hmac;

use super::integrity::Key;

/// Makes and knows credentials. Whoever knows its secret can make them as well.
#[derive(Debug, Clone)]
pub struct Authority {
    secret: hmac::Key,
    realm: String,
}

/// Whom credentials are for: a digest of what makes one presence in one room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Participant([u8; 12]);

/// What a client is told.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Until when, and for whom.
    pub username: String,
    /// What proves it.
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).finish_non_exhaustive()
    }
}

/// A user name that could be one of ours, and the key by which it is.
pub(super) struct Claim {
    pub(super) expires: Duration, // since 1970
    pub(super) participant: Participant,
    pub(super) key: Key,
}

impl Authority {
    /// An authority over a realm. The secret should be as random as 32 bytes can be.
    #[must_use]
    pub fn new(secret: &[u8; 32], realm: &str) -> Self {
        Self { secret: hmac::Key::new(hmac::HMAC_SHA256, secret), realm: realm.to_owned() }
    }

    /// The realm that clients are told.
    #[must_use]
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// Whom a room, an identity in it and one presence of that identity are.
    #[must_use]
    pub fn participant(&self, room: &str, identity: &str, sid: &str) -> Participant {
        let mut context = hmac::Context::with_key(&self.secret);
        context.update(b"participant");
        for part in [room, identity, sid] {
            // With its length before it, no part can be read as another's end.
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        let mut digest = [0; 12];
        digest.copy_from_slice(&context.sign().as_ref()[..12]);
        Participant(digest)
    }

    /// Credentials of a participant, good until a moment since 1970.
    #[must_use]
    pub fn issue(&self, participant: Participant, expires: Duration) -> Credentials {
        let username = format!("{}:{}", expires.as_secs(), hex(&participant.0));
        let password = self.password(&username);
        Credentials { username, password }
    }

    /// What a user name claims; `None` if it cannot be ours.
    pub(super) fn claim(&self, username: &str) -> Option<Claim> {
        let (expires, participant) = username.split_once(':')?;
        let all_digits = expires.len() <= 12 && expires.bytes().all(|byte| byte.is_ascii_digit());
        let expires = Duration::from_secs(expires.parse().ok().filter(|_| all_digits)?);
        let participant = Participant(unhex(participant)?);
        let key = Key::long_term(username, &self.realm, &self.password(username));
        Some(Claim { expires, participant, key })
    }

    fn password(&self, username: &str) -> String {
        let mut context = hmac::Context::with_key(&self.secret);
        context.update(b"password");
        context.update(username.as_bytes());
        hex(context.sign().as_ref())
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

/// Lower-case digits only: one thing has one spelling.
pub(super) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| DIGITS.iter().position(|known| *known == byte).map(|at| at as u8);
    let text = text.as_bytes();
    if text.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_issued_is_known_again_by_the_same_secret_only() {
        let ours = Authority::new(&[1; 32], "palabre");
        let theirs = Authority::new(&[2; 32], "palabre");
        let participant = ours.participant("room", "alice", "PA_1");
        let issued = ours.issue(participant, Duration::from_secs(1_764_500_000));

        let claim = ours.claim(&issued.username).expect("one of ours");

        assert_eq!((claim.participant, claim.expires.as_secs()), (participant, 1_764_500_000));
        assert_eq!(ours.password(&issued.username), issued.password);
        assert_ne!(theirs.password(&issued.username), issued.password);
        assert!(!issued.username.contains("alice"));
    }

    #[test]
    fn every_presence_is_somebody_else() {
        let authority = Authority::new(&[1; 32], "palabre");
        let participant = authority.participant("room", "alice", "PA_1");
        for (room, identity, sid) in [
            ("room", "alice", "PA_2"),
            ("room", "bob", "PA_1"),
            ("other", "alice", "PA_1"),
            ("rooma", "lice", "PA_1"),
        ] {
            assert_ne!(authority.participant(room, identity, sid), participant);
        }
    }

    #[test]
    fn names_that_cannot_be_ours_claim_nothing() {
        let authority = Authority::new(&[1; 32], "palabre");
        let good = authority.issue(authority.participant("r", "i", "s"), Duration::from_secs(5)).username;
        assert!(authority.claim(&good).is_some());
        for name in [
            "",
            ":",
            "alice",
            "5:short",
            "+5:9f86d081884c7d659a2feaa0",
            "9999999999999:9f86d081884c7d659a2feaa0",
            "5:9F86D081884C7D659A2FEAA0",
            "5:9f86d081884c7d659a2feaa0:",
            "5:9f86d081884c7d659a2feaa\u{e9}",
        ] {
            assert!(authority.claim(name).is_none(), "{name}");
        }
    }
}

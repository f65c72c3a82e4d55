//! Words nobody can guess: tags, Call-IDs, session numbers; made of one seed and a counter.

use std::fmt;

use aws_lc_rs::hmac;

use super::media_plane::RecordingId;
use crate::leg::Tokens;

/// Makes them.
pub(super) struct Mint {
    key: hmac::Key,
    made: u64,
}

impl Mint {
    pub(super) fn new(seed: &[u8; 32]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, seed), made: 0 }
    }

    /// The randomness of one leg.
    pub(super) fn tokens(&mut self) -> Tokens {
        let bytes = self.next();
        let number = |at: usize| bytes[at..at + 8].iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
        Tokens { tag: hex(&bytes[..8]), sdp_session: number(8), seed: number(16) }
    }

    /// A Call-ID.
    pub(super) fn call_id(&mut self) -> String {
        hex(&self.next()[..16])
    }

    /// A recording.
    pub(super) fn recording(&mut self) -> RecordingId {
        let bytes = self.next();
        // Kept as a signed number in databases.
        let number = bytes[..8].iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
        RecordingId(number >> 1)
    }

    /// A room for one call.
    pub(super) fn room(&mut self) -> String {
        format!("{CALL_ROOM}{}", self.letters())
    }

    /// The identity of a phone in a room.
    pub(super) fn identity(&mut self) -> String {
        format!("phone-{}", self.letters())
    }

    fn letters(&mut self) -> String {
        self.next().iter().take(LETTERS).map(|byte| char::from(b'a' + byte % 26)).collect()
    }

    fn next(&mut self) -> [u8; 32] {
        self.made += 1;
        let tag = hmac::sign(&self.key, &self.made.to_be_bytes());
        tag.as_ref().try_into().expect("a SHA-256 has 32 bytes")
    }
}

impl fmt::Debug for Mint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mint").finish_non_exhaustive()
    }
}

/// Whether a room is that of one call. Others may begin their rooms' names as we do, but hardly end them so.
#[must_use]
pub fn is_call_room(name: &str) -> bool {
    name.strip_prefix(CALL_ROOM).is_some_and(|letters| {
        letters.len() == LETTERS && letters.bytes().all(|letter| letter.is_ascii_lowercase())
    })
}

/// How the names of rooms begin that belong to one call.
pub(super) const CALL_ROOM: &str = "call-";
/// Letters of a word that nobody guesses: 75 bits.
const LETTERS: usize = 16;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_of_a_call_is_known_by_its_name_and_those_of_others_are_not() {
        let mut mint = Mint::new(&[7; 32]);
        assert!(is_call_room(&mint.room()));
        for name in
            ["call-", "call-centre", "call-ABCDEFGHIJKLMNOP", "abc-defg-hij", "call-abcdefghijklmnopq"]
        {
            assert!(!is_call_room(name), "{name}");
        }
    }
}

//! Nonces that prove by themselves that we made them, when, and for what (RFC 7616 §3.3, §5.4).
//!
//! ```text
//!  0               8               16                              32
//! +---------------+---------------+-------------------------------+
//! | milliseconds  | serial number | HMAC-SHA256 over all before,  |
//! | since 1970    | from a secret | algorithm and realm; half of  |
//! |               | start         | it                            |
//! +---------------+---------------+-------------------------------+
//! ```
//! A challenge therefore costs no memory, however many strangers ask for one.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;

use crate::plan::DigestAlgorithm;

/// Makes nonces, and knows them again.
pub(super) struct NonceMint {
    key: hmac::Key,
    next: u64,
}

/// What a nonce tells: when it was made, and which one it is. Older nonces are less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct NonceId {
    /// Milliseconds since 1970.
    pub(super) made: u64,
    pub(super) serial: u64,
}

impl NonceMint {
    pub(super) fn new(seed: &[u8; 32]) -> Self {
        let root = hmac::Key::new(hmac::HMAC_SHA256, seed);
        let key = hmac::sign(&root, b"nonces");
        let start = hmac::sign(&root, b"first nonce");
        let mut first = [0; 8];
        first.copy_from_slice(&start.as_ref()[..8]);
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()), next: u64::from_be_bytes(first) }
    }

    pub(super) fn mint(&mut self, now: Duration, realm: &str, algorithm: DigestAlgorithm) -> String {
        let id = NonceId { made: millis(now), serial: self.next };
        self.next = self.next.wrapping_add(1);
        let mut octets = [0; LENGTH];
        octets[..8].copy_from_slice(&id.made.to_be_bytes());
        octets[8..TAG].copy_from_slice(&id.serial.to_be_bytes());
        let tag = self.tag(&octets[..TAG], realm, algorithm);
        octets[TAG..].copy_from_slice(&tag);
        BASE64.encode(octets)
    }

    /// Which nonce it is, if we made it for this realm and algorithm.
    pub(super) fn recognize(&self, nonce: &str, realm: &str, algorithm: DigestAlgorithm) -> Option<NonceId> {
        let mut octets = [0; LENGTH];
        let length = BASE64.decode_slice(nonce, &mut octets).ok()?;
        if length != LENGTH {
            return None;
        }
        let tag = self.tag(&octets[..TAG], realm, algorithm);
        verify_slices_are_equal(&tag, &octets[TAG..]).ok()?;
        let number = |at: usize| {
            let mut number = [0; 8];
            number.copy_from_slice(&octets[at..at + 8]);
            u64::from_be_bytes(number)
        };
        Some(NonceId { made: number(0), serial: number(8) })
    }

    fn tag(&self, head: &[u8], realm: &str, algorithm: DigestAlgorithm) -> [u8; LENGTH - TAG] {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(head);
        context.update(algorithm.name().as_bytes());
        context.update(b":");
        context.update(realm.as_bytes());
        let mut tag = [0; LENGTH - TAG];
        tag.copy_from_slice(&context.sign().as_ref()[..LENGTH - TAG]);
        tag
    }
}

impl fmt::Debug for NonceMint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NonceMint(…)")
    }
}

impl NonceId {
    /// Whether it is too old to be taken, or from a time that has not come: somebody set the clock back.
    pub(super) fn is_expired(self, now: Duration, lifetime: Duration) -> bool {
        let now = millis(now);
        match now.checked_sub(self.made) {
            Some(age) => age > millis(lifetime),
            None => self.made - now > CLOCK_STEP,
        }
    }
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// How many octets a nonce has, and where its tag begins.
const LENGTH: usize = 32;
const TAG: usize = 16;
/// By how many milliseconds time servers may set our clock back without anybody noticing.
const CLOCK_STEP: u64 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_795_000_000);

    #[test]
    fn a_nonce_is_known_again_and_no_two_are_the_same() {
        let mut mint = NonceMint::new(&[7; 32]);
        let one = mint.mint(NOW, "r", DigestAlgorithm::Md5);
        let other = mint.mint(NOW, "r", DigestAlgorithm::Md5);

        assert_ne!(one, other);
        let read = mint.recognize(&one, "r", DigestAlgorithm::Md5).expect("ours");
        assert_eq!(read.made, 1_795_000_000_000);
        assert!(read < mint.recognize(&other, "r", DigestAlgorithm::Md5).expect("ours"));
    }

    #[test]
    fn a_nonce_serves_one_realm_one_algorithm_and_one_server() {
        let mut mint = NonceMint::new(&[7; 32]);
        let nonce = mint.mint(NOW, "r", DigestAlgorithm::Md5);

        assert_eq!(mint.recognize(&nonce, "s", DigestAlgorithm::Md5), None);
        assert_eq!(mint.recognize(&nonce, "r", DigestAlgorithm::Sha256), None);
        assert_eq!(NonceMint::new(&[8; 32]).recognize(&nonce, "r", DigestAlgorithm::Md5), None);
    }

    #[test]
    fn no_changed_nonce_is_known() {
        let mut mint = NonceMint::new(&[7; 32]);
        let nonce = mint.mint(NOW, "r", DigestAlgorithm::Md5);
        for at in 0..nonce.len() {
            let mut forged = nonce.clone().into_bytes();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).expect("ASCII");
            assert_eq!(mint.recognize(&forged, "r", DigestAlgorithm::Md5), None, "{forged}");
        }
        let longer = format!("{nonce}AAAA");
        for forged in ["", "AAAA", "é", longer.as_str(), &nonce[..40]] {
            assert_eq!(mint.recognize(forged, "r", DigestAlgorithm::Md5), None, "{forged}");
        }
    }

    #[test]
    fn a_nonce_ends_after_its_lifetime_and_when_the_clock_jumps_back() {
        let id = NonceId { made: millis(NOW), serial: 0 };
        let lifetime = Duration::from_secs(300);

        assert!(!id.is_expired(NOW + lifetime, lifetime));
        assert!(id.is_expired(NOW + lifetime + Duration::from_millis(1), lifetime));
        assert!(!id.is_expired(NOW - Duration::from_secs(1), lifetime));
        assert!(id.is_expired(NOW - Duration::from_secs(2), lifetime));
    }
}

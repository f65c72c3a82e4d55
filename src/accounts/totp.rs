//! The second factor: codes of six digits that change every half minute (TOTP, RFC 6238, over HOTP, RFC 4226), and
//! recovery codes for the day on which the telephone is lost.

use std::fmt::Write as _;

use aws_lc_rs::hmac;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{hex, random_letters};

/// What an authenticator and we both know: 160 bits, as RFC 4226 §4 recommends.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret([u8; 20]);

impl TotpSecret {
    /// A fresh one.
    #[must_use]
    pub fn random() -> Self {
        Self(rand::random())
    }

    /// One from its base32.
    #[must_use]
    pub fn from_base32(text: &str) -> Option<Self> {
        let (mut bits, mut held, mut bytes) = (0_u32, 0, Vec::with_capacity(20));
        for letter in text.bytes() {
            let value = BASE32.iter().position(|known| *known == letter)?;
            bits = (bits << 5) | u32::try_from(value).ok()?;
            held += 5;
            if held >= 8 {
                held -= 8;
                bytes.push(u8::try_from((bits >> held) & 0xff).ok()?);
            }
        }
        Some(Self(bytes.try_into().ok()?))
    }

    /// As authenticators take it when it is typed (RFC 4648 §6).
    #[must_use]
    pub fn base32(&self) -> String {
        // Twenty bytes are four groups of five, so that nothing is left over.
        self.0
            .chunks(5)
            .flat_map(|group| {
                let bits = group.iter().fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
                (0..8)
                    .rev()
                    .map(move |at| char::from(BASE32[usize::try_from((bits >> (5 * at)) & 31).unwrap_or(0)]))
            })
            .collect()
    }

    /// What the QR code says (Key Uri Format of the authenticators).
    #[must_use]
    pub fn uri(&self, house: &str, account: &str) -> String {
        let (house, account) = (escaped(house), escaped(account));
        format!("otpauth://totp/{house}:{account}?secret={}&issuer={house}&digits=6&period=30", self.base32())
    }

    /// The step whose code this is, if it is later than the one used last; our clock and the telephone's may be a step
    /// apart.
    #[must_use]
    pub fn step_of(&self, code: &str, now: Timestamp, last: i64) -> Option<i64> {
        let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        if code.len() != 6 || !code.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let present = now.as_second() / PERIOD;
        // All are compared, so that the time says nothing about which was right.
        let mut found = None;
        for step in present - 1..=present + 1 {
            let same = aws_lc_rs::constant_time::verify_slices_are_equal(
                self.code(step).as_bytes(),
                code.as_bytes(),
            );
            if same.is_ok() && step > last {
                found = Some(step);
            }
        }
        found
    }

    fn code(&self, step: i64) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let tag = tag.as_ref();
        // Dynamic truncation (RFC 4226 §5.3): the last four bits say where to read.
        let at = usize::from(tag[tag.len() - 1] & 0x0f);
        let number = tag[at..at + 4].iter().fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
        format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
    }
}

impl std::fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TotpSecret")
    }
}

/// A set of codes, each good once, of eighty random bits.
#[must_use]
pub fn recovery_codes() -> Vec<String> {
    let code = |_| {
        let letters = random_letters(16);
        format!("{}-{}-{}-{}", &letters[..4], &letters[4..8], &letters[8..12], &letters[12..])
    };
    (0..RECOVERY_CODES).map(code).collect()
}

/// What is stored of a recovery code, however it is typed; `None` for what cannot be one.
#[must_use]
pub fn recovery_hash(code: &str) -> Option<String> {
    let letters: String =
        code.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_lowercase()).collect();
    (letters.len() == 16).then(|| hex(&Sha256::digest(letters.as_bytes())))
}

/// A text as part of an address (RFC 3986 §2.1).
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
        escaped
    })
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const PERIOD: i64 = 30;
const RECOVERY_CODES: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_rfc_6238() {
        let secret = TotpSecret(*b"12345678901234567890");

        // Appendix B, of whose eight digits six are used.
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(secret.code(second / PERIOD), code, "{second}");
        }
    }

    #[test]
    fn a_code_is_good_for_a_step_before_and_after_and_once() {
        let secret = TotpSecret(*b"12345678901234567890");
        let at = |second| Timestamp::from_second(second).unwrap();
        let code = secret.code(100);

        for (second, step) in [(100 * 30 - 1, Some(100)), (100 * 30, Some(100)), (101 * 30 + 29, Some(100))] {
            assert_eq!(secret.step_of(&code, at(second), 0), step, "{second}");
        }
        assert_eq!(secret.step_of(&code, at(102 * 30), 0), None, "too late");
        assert_eq!(secret.step_of(&code, at(99 * 30 - 1), 0), None, "too early");
        assert_eq!(secret.step_of(&code, at(100 * 30), 100), None, "used before");
        assert_eq!(secret.step_of(&secret.code(99), at(100 * 30), 100), None, "before one that was used");
        let spaced = format!("{} {}", &code[..3], &code[3..]);
        assert_eq!(secret.step_of(&spaced, at(100 * 30), 99), Some(100));
        for bad in ["", "12345", "1234567", "abcdef"] {
            assert_eq!(secret.step_of(bad, at(100 * 30), 0), None, "{bad}");
        }
    }

    #[test]
    fn a_secret_is_written_as_authenticators_read_it() {
        let secret = TotpSecret(*b"12345678901234567890");

        assert_eq!(secret.base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(TotpSecret::from_base32(&secret.base32()), Some(secret.clone()));
        assert_eq!(TotpSecret::from_base32("GEZDGNBV"), None);
        assert_eq!(TotpSecret::from_base32("0189"), None);
        assert_eq!(
            secret.uri("Palabre", "awa@example.org"),
            "otpauth://totp/Palabre:awa%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Palabre&digits=6&period=30"
        );
        assert_eq!(format!("{secret:?}"), "TotpSecret");
    }

    #[test]
    fn recovery_codes_are_known_however_they_are_typed() {
        let codes = recovery_codes();

        assert_eq!(codes.len(), RECOVERY_CODES);
        let typed = codes[0].to_uppercase().replace('-', " ");
        assert_eq!(recovery_hash(&typed), recovery_hash(&codes[0]));
        assert_ne!(recovery_hash(&codes[1]), recovery_hash(&codes[0]));
        assert_eq!(recovery_hash("123456"), None);
    }
}

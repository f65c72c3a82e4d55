//! What a phone identifies itself with: a password made here and shown once, of which only a digest is kept (RFC 7616).

use sip_gateway_proto::plan::{DigestAlgorithm, Ha1};
use sip_gateway_proto::ua::digest;

use super::PlanError;
use crate::accounts::random_letters;

/// A phone's password, which only its owner sees.
#[derive(Clone, PartialEq, Eq)]
pub struct PhonePassword(String);

impl PhonePassword {
    /// A fresh one: 24 letters and digits that are not mistaken for each other, 120 bits.
    #[must_use]
    pub fn random() -> Self {
        Self(random_letters(24))
    }

    /// One that somebody chose.
    ///
    /// # Errors
    /// When it is too short, too long, or cannot be typed into a phone.
    pub fn chosen(text: &str) -> Result<Self, PlanError> {
        let usable = (8..=128).contains(&text.len()) && text.bytes().all(|b| (0x21..=0x7e).contains(&b));
        if !usable {
            return Err(PlanError::invalid(
                "password",
                "a phone's password has 8 to 128 letters, digits and signs, without spaces",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The password itself, for its owner.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is kept instead: H(username ":" realm ":" password) (RFC 7616 §3.4.2).
    #[must_use]
    pub fn ha1(&self, algorithm: DigestAlgorithm, username: &str, realm: &str) -> Ha1 {
        digest::ha1(algorithm, username, realm, &self.0)
    }
}

impl std::fmt::Debug for PhonePassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PhonePassword")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_the_rfc() {
        // RFC 7616 §3.9.1 tells the inputs; the digests are `md5sum`'s and `sha256sum`'s.
        let circle = PhonePassword("Circle of Life".to_owned());
        let md5 = circle.ha1(DigestAlgorithm::Md5, "Mufasa", "http-auth@example.org");
        let sha = circle.ha1(DigestAlgorithm::Sha256, "Mufasa", "http-auth@example.org");

        assert_eq!(md5.0, "3d78807defe7de2157e2b0b6573a855f");
        assert_eq!(sha.0, "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232");
    }

    #[test]
    fn a_chosen_password_can_be_typed() {
        assert!(PhonePassword::chosen("s3cr3t-Z#1").is_ok());
        let long = "x".repeat(129);
        for bad in ["", "short", "with space", "sésame-ouvre", &long] {
            assert!(PhonePassword::chosen(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn passwords_do_not_repeat_and_show_themselves_to_nobody() {
        let password = PhonePassword::random();

        assert_ne!(password, PhonePassword::random());
        assert_eq!((password.expose().len(), format!("{password:?}").as_str()), (24, "PhonePassword"));
    }
}

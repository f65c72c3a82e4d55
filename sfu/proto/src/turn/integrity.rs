//! MESSAGE-INTEGRITY with long-term credentials (RFC 8489 §9.2.2, §14.5): HMAC-SHA1 under a digest of name and password.
//!
//! Browsers speak no other algorithm with TURN servers. MD5 only turns a password of ours, which is a MAC itself, into
//! a key; nothing rests on its strength.

use aws_lc_rs::{constant_time, hmac};
use md5::{Digest, Md5};

use super::stun::attribute;

/// The signature of a message.
pub(super) type Mac = [u8; 20];

/// What messages of one user name are signed with.
#[derive(Debug, Clone)]
pub struct Key(hmac::Key);

impl Key {
    /// The key of a user name, a realm and a password.
    #[must_use]
    pub fn long_term(username: &str, realm: &str, password: &str) -> Self {
        let mut digest = Md5::new();
        for (index, part) in [username, realm, password].into_iter().enumerate() {
            if index > 0 {
                digest.update(b":");
            }
            digest.update(part.as_bytes());
        }
        Self::of_password(&digest.finalize())
    }

    /// The key that is a password itself, as between ICE agents.
    pub(super) fn of_password(password: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password))
    }

    /// The signature of a message whose header counts it already.
    fn sign(&self, message: &[u8]) -> Mac {
        let mut mac = [0; 20];
        mac.copy_from_slice(hmac::sign(&self.0, message).as_ref());
        mac
    }

    /// Signs a message whose header counts the signature already, and appends it.
    pub fn append_to(&self, message: &mut Vec<u8>) {
        let mac = self.sign(message);
        message.extend(attribute::MESSAGE_INTEGRITY.to_be_bytes());
        message.extend((mac.len() as u16).to_be_bytes());
        message.extend(mac);
    }

    /// Whether this is the signature of what came before it. The header counted as far as the signature when it was
    /// made, whatever has been appended since.
    pub(super) fn verify(&self, signed: &[u8], mac: &Mac) -> bool {
        let Some((header, rest)) = signed.split_first_chunk::<4>() else { return false };
        let len = (signed.len() - super::stun::HEADER + 4 + mac.len()) as u16;
        let mut context = hmac::Context::with_key(&self.0);
        context.update(&header[..2]);
        context.update(&len.to_be_bytes());
        context.update(rest);
        constant_time::verify_slices_are_equal(context.sign().as_ref(), mac).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::super::stun::Message;
    use super::*;

    /// The request of RFC 5769 §2.4, whose password is SASLprep'd already: nothing but our own arithmetic is tested.
    #[test]
    fn the_long_term_vector_of_rfc_5769_verifies() {
        #[rustfmt::skip]
        let request = [
            0x00, 0x01, 0x00, 0x60, 0x21, 0x12, 0xa4, 0x42, 0x78, 0xad, 0x34, 0x33, 0xc6, 0xad, 0x72, 0xc0,
            0x29, 0xda, 0x41, 0x2e, 0x00, 0x06, 0x00, 0x12, 0xe3, 0x83, 0x9e, 0xe3, 0x83, 0x88, 0xe3, 0x83,
            0xaa, 0xe3, 0x83, 0x83, 0xe3, 0x82, 0xaf, 0xe3, 0x82, 0xb9, 0x00, 0x00, 0x00, 0x15, 0x00, 0x1c,
            0x66, 0x2f, 0x2f, 0x34, 0x39, 0x39, 0x6b, 0x39, 0x35, 0x34, 0x64, 0x36, 0x4f, 0x4c, 0x33, 0x34,
            0x6f, 0x4c, 0x39, 0x46, 0x53, 0x54, 0x76, 0x79, 0x36, 0x34, 0x73, 0x41, 0x00, 0x14, 0x00, 0x0b,
            0x65, 0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65, 0x2e, 0x6f, 0x72, 0x67, 0x00, 0x00, 0x08, 0x00, 0x14,
            0xf6, 0x70, 0x24, 0x65, 0x6d, 0xd6, 0x4a, 0x3e, 0x02, 0xb8, 0xe0, 0x71, 0x2e, 0x85, 0xc9, 0xa2,
            0x8c, 0xa8, 0x96, 0x66,
        ];
        let message = Message::parse(&request).expect("a message");
        let username = message.text(attribute::USERNAME).expect("a name");
        assert!(message.is_signed_with(&Key::long_term(username, "example.org", "TheMatrIX")));
        assert!(!message.is_signed_with(&Key::long_term(username, "example.org", "TheMatrix")));
    }
}

//! What is hashed over what (RFC 7616 §3.4.1; RFC 2069 where there is no qop).

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest;
use md5::{Digest as _, Md5};

use crate::message::Credentials;
use crate::plan::{DigestAlgorithm, Ha1};

/// What the office stores in the place of a password.
#[must_use]
pub fn ha1(algorithm: DigestAlgorithm, username: &str, realm: &str, password: &str) -> Ha1 {
    let hash = hash(algorithm, &[username.as_bytes(), realm.as_bytes(), password.as_bytes()]);
    Ha1(hash.as_str().to_owned())
}

impl DigestAlgorithm {
    /// Its name in challenges and answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
        }
    }

    /// Reads the name; an absent one means MD5. The `-sess` kinds are none of ours.
    pub(super) fn named(name: Option<&str>) -> Option<Self> {
        let name = name.unwrap_or("MD5");
        [Self::Md5, Self::Sha256].into_iter().find(|algorithm| algorithm.name().eq_ignore_ascii_case(name))
    }
}

/// What goes into an answer beside the password.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answered<'a> {
    pub(super) method: &'a str,
    pub(super) uri: &'a str,
    pub(super) nonce: &'a str,
    /// Count, client nonce and kind of protection; `None` where the client knows RFC 2069 only.
    pub(super) counted: Option<Counted<'a>>,
}

/// See [`Answered`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted<'a> {
    /// As it is written: some clients leave out zeros, and what they hash is what they write.
    pub(super) nc: &'a str,
    pub(super) cnonce: &'a str,
    pub(super) qop: &'a str,
}

/// The answer in hexadecimal digits.
pub(super) fn response(algorithm: DigestAlgorithm, ha1: &str, answered: &Answered<'_>) -> Hex {
    let ha2 = hash(algorithm, &[answered.method.as_bytes(), answered.uri.as_bytes()]);
    let (ha1, nonce, ha2) = (ha1.as_bytes(), answered.nonce.as_bytes(), ha2.as_str().as_bytes());
    match answered.counted {
        Some(Counted { nc, cnonce, qop }) => {
            hash(algorithm, &[ha1, nonce, nc.as_bytes(), cnonce.as_bytes(), qop.as_bytes(), ha2])
        }
        None => hash(algorithm, &[ha1, nonce, ha2]),
    }
}

/// Whether an answer is the one that was expected; it takes the same time wherever they differ.
pub(super) fn is_answer(expected: &Hex, credentials: &Credentials) -> bool {
    let given = credentials.response().unwrap_or_default().to_ascii_lowercase();
    verify_slices_are_equal(expected.as_str().as_bytes(), given.as_bytes()).is_ok()
}

/// Hashes the parts with colons between them.
fn hash(algorithm: DigestAlgorithm, parts: &[&[u8]]) -> Hex {
    let colon = |index: usize| if index == 0 { &b""[..] } else { b":" };
    match algorithm {
        DigestAlgorithm::Md5 => {
            let mut context = Md5::new();
            for (index, part) in parts.iter().enumerate() {
                context.update(colon(index));
                context.update(part);
            }
            Hex::of(&context.finalize())
        }
        DigestAlgorithm::Sha256 => {
            let mut context = digest::Context::new(&digest::SHA256);
            for (index, part) in parts.iter().enumerate() {
                context.update(colon(index));
                context.update(part);
            }
            Hex::of(context.finish().as_ref())
        }
    }
}

/// At most 32 octets in lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hex {
    digits: [u8; 64],
    len: usize,
}

impl Hex {
    pub(super) fn of(octets: &[u8]) -> Self {
        let mut hex = Self { digits: [b'0'; 64], len: octets.len() * 2 };
        for (pair, octet) in hex.digits.chunks_exact_mut(2).zip(octets) {
            pair[0] = DIGITS[usize::from(octet >> 4)];
            pair[1] = DIGITS[usize::from(octet & 15)];
        }
        hex
    }

    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.digits[..self.len]).expect("hexadecimal digits are ASCII")
    }
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

#[cfg(test)]
mod tests {
    use super::*;

    const RFC_2617: Answered<'_> = Answered {
        method: "GET",
        uri: "/dir/index.html",
        nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        counted: Some(Counted { nc: "00000001", cnonce: "0a4f113b", qop: "auth" }),
    };

    #[test]
    fn the_example_of_rfc_2617_comes_out() {
        let ha1 = ha1(DigestAlgorithm::Md5, "Mufasa", "testrealm@host.com", "Circle Of Life");
        assert_eq!(ha1.0, "939e7578ed9e3c518a452acee763bce9");

        let answer = response(DigestAlgorithm::Md5, &ha1.0, &RFC_2617);
        assert_eq!(answer.as_str(), "6629fae49393a05397450978507c4ef1");

        let old = response(DigestAlgorithm::Md5, &ha1.0, &Answered { counted: None, ..RFC_2617 });
        assert_eq!(old.as_str(), "670fd8c2df070c60b045671b8b24ff02");
    }

    #[test]
    fn the_examples_of_rfc_7616_come_out() {
        let answered = Answered {
            nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            counted: Some(Counted {
                nc: "00000001",
                cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
                qop: "auth",
            }),
            ..RFC_2617
        };
        for (algorithm, expected) in [
            (DigestAlgorithm::Md5, "8ca523f5e9506fed4657c9700eebdbec"),
            (DigestAlgorithm::Sha256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let ha1 = ha1(algorithm, "Mufasa", "http-auth@example.org", "Circle of Life");
            assert_eq!(response(algorithm, &ha1.0, &answered).as_str(), expected);
        }
    }

    #[test]
    fn algorithms_are_named_as_rfc_8760_names_them() {
        assert_eq!(DigestAlgorithm::named(None), Some(DigestAlgorithm::Md5));
        assert_eq!(DigestAlgorithm::named(Some("md5")), Some(DigestAlgorithm::Md5));
        assert_eq!(DigestAlgorithm::named(Some("SHA-256")), Some(DigestAlgorithm::Sha256));
        for foreign in ["MD5-sess", "SHA-256-sess", "SHA-512-256", "AKAv1-MD5", ""] {
            assert_eq!(DigestAlgorithm::named(Some(foreign)), None, "{foreign}");
        }
    }
}

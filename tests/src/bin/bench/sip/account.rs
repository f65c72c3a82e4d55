//! Digest answers as a phone computes them (RFC 7616 §3.4.1), MD5 and qop `auth`.

use anyhow::{Context, Result};
use md5::{Digest as _, Md5};

use super::text::parameter;

/// The realm of all servers.
pub(crate) const REALM: &str = "bench.example";

/// The password of a user.
pub(crate) fn password(user: &str) -> String {
    format!("secret-of-{user}")
}

/// A user and the challenge that he was asked last.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) user: String,
    ha1: String,
    asked: Option<Asked>,
}

#[derive(Debug, Clone)]
struct Asked {
    nonce: String,
    /// 401 or 407: whose field to answer in.
    field: &'static str,
    used: u32,
}

impl Account {
    pub(crate) fn new(user: String) -> Self {
        let ha1 = hash(&[&user, REALM, &password(&user)]);
        Self { user, ha1, asked: None }
    }

    /// Takes the challenge of a 401 or 407.
    pub(crate) fn challenged(&mut self, response: &str) -> Result<()> {
        let (challenge, field) = match super::text::field(response, "WWW-Authenticate") {
            Some(challenge) => (challenge, "Authorization"),
            None => (
                super::text::field(response, "Proxy-Authenticate").context("no challenge")?,
                "Proxy-Authorization",
            ),
        };
        let nonce = parameter(challenge, "nonce").context("a challenge without a nonce")?.to_owned();
        self.asked = Some(Asked { nonce, field, used: 0 });
        Ok(())
    }

    /// Forgets what was asked: the next request will be challenged.
    pub(crate) fn forget(&mut self) {
        self.asked = None;
    }

    /// How often the last challenge was answered.
    pub(crate) fn answered(&self) -> u32 {
        self.asked.as_ref().map_or(0, |asked| asked.used)
    }

    /// The field with the answer, for one request; nothing before the first challenge.
    pub(crate) fn answer(&mut self, method: &str, uri: &str) -> String {
        let Some(asked) = &mut self.asked else { return String::new() };
        asked.used += 1;
        let (Asked { nonce, field, used }, user, cnonce) = (asked, &self.user, "5ccc069c403ebaf9");
        let count = format!("{used:08x}");
        let response = hash(&[&self.ha1, nonce, &count, cnonce, "auth", &hash(&[method, uri])]);
        format!(
            "{field}: Digest username=\"{user}\", realm=\"{REALM}\", nonce=\"{nonce}\", uri=\"{uri}\", \
             response=\"{response}\", algorithm=MD5, cnonce=\"{cnonce}\", qop=auth, nc={count}\r\n"
        )
    }
}

fn hash(parts: &[&str]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let octets = Md5::digest(parts.join(":"));
    let digits = octets.iter().flat_map(|octet| [octet >> 4, octet & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_2617_comes_out() {
        let ha1 = hash(&["Mufasa", "testrealm@host.com", "Circle Of Life"]);
        let ha2 = hash(&["GET", "/dir/index.html"]);
        let nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093";

        assert_eq!(
            hash(&[&ha1, nonce, "00000001", "0a4f113b", "auth", &ha2]),
            "6629fae49393a05397450978507c4ef1"
        );
    }
}

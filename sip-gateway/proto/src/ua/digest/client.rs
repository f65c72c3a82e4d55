//! The client's side, towards trunks: answers to what providers ask (RFC 7616 §3.4, RFC 8760 §2.4, RFC 3261 §22.2).

use std::fmt;

use aws_lc_rs::hmac;

use super::arithmetic::{Answered, Counted, Hex, ha1, response};
use crate::message::{Challenge, Credentials, HeaderName, Method, Request, Response, Uri};
use crate::plan::{DigestAlgorithm, TrunkCredentials};

/// What one account at a provider is asked for, and how often it has answered. It answers only responses of that
/// provider: who is called over the trunk must not be able to ask for its password.
pub struct DigestClient {
    account: TrunkCredentials,
    cnonces: hmac::Key,
    cnonce: u64,
    asked: Vec<Asked>,
}

/// A challenge that is answered in every request until another one takes its place.
#[derive(Debug)]
struct Asked {
    header: HeaderName,
    realm: String,
    nonce: String,
    opaque: Option<String>,
    algorithm: DigestAlgorithm,
    /// Whether the server counts (qop); RFC 2069 did not.
    counts: bool,
    /// How often the nonce was used.
    used: u32,
    /// How many nonces in a row the server has called stale at their first use.
    stale_at_once: u8,
}

/// Why there is no answer to a challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unanswerable {
    /// The response asks for nothing that can be read.
    #[error("no digest challenge in the response")]
    NoChallenge,
    /// Every challenge wants an algorithm or protection that we do not have.
    #[error("no challenge with MD5 or SHA-256, and without or with simple protection")]
    Unsupported,
    /// A fresh nonce was answered and refused: the user name or password is wrong.
    #[error("the user name or password was refused")]
    Refused,
}

impl DigestClient {
    /// An account; the seed is secret and random.
    #[must_use]
    pub fn new(account: TrunkCredentials, seed: &[u8; 32]) -> Self {
        let cnonces = hmac::Key::new(hmac::HMAC_SHA256, seed);
        Self { account, cnonces, cnonce: 0, asked: Vec::new() }
    }

    /// Takes the challenges of a 401 or 407 to a request. After `Ok`, the request is to be sent again with what
    /// [`answer`](Self::answer) gives then.
    pub fn challenged(&mut self, request: &Request, response: &Response) -> Result<(), Unanswerable> {
        let mut outcome = Err(Unanswerable::NoChallenge);
        for (asking, answering) in [
            (HeaderName::WwwAuthenticate, HeaderName::Authorization),
            (HeaderName::ProxyAuthenticate, HeaderName::ProxyAuthorization),
        ] {
            // One line that cannot be read does not spoil the others.
            let lines = response.headers.lines(&asking).take(MAX_CHALLENGES);
            let challenges: Vec<Challenge> =
                lines.filter_map(|line| Challenge::parse(line).ok()).filter(Challenge::is_digest).collect();
            if challenges.is_empty() {
                continue;
            }
            for realm in realms(&challenges) {
                let of_realm =
                    challenges.iter().filter(|challenge| challenge.realm().as_deref() == Some(&realm));
                let strongest = of_realm.filter_map(|challenge| Asked::read(&answering, challenge)).reduce(
                    // The first of the strongest: the server's order counts between equals.
                    |best, next| {
                        if strength(next.0.algorithm) > strength(best.0.algorithm) { next } else { best }
                    },
                );
                match strongest {
                    Some((asked, stale)) => {
                        self.take(request, asked, stale)?;
                        outcome = Ok(());
                    }
                    None if outcome.is_err() => outcome = Err(Unanswerable::Unsupported),
                    None => {}
                }
            }
        }
        outcome
    }

    /// The fields that answer all that was asked so far, for one request. Each call counts as a use.
    pub fn answer(&mut self, method: &Method, uri: &Uri) -> Vec<(HeaderName, Credentials)> {
        let Self { account, cnonces, cnonce, asked } = self;
        asked
            .iter_mut()
            .map(|asked| {
                *cnonce += 1;
                let tag = hmac::sign(cnonces, &cnonce.to_be_bytes());
                (
                    asked.header.clone(),
                    asked.answer(account, method, uri, Hex::of(&tag.as_ref()[..8]).as_str()),
                )
            })
            .collect()
    }

    /// Puts the answers into a request, in the place of those of an earlier attempt.
    pub fn authorize(&mut self, request: &mut Request) {
        request.headers.remove(&HeaderName::Authorization);
        request.headers.remove(&HeaderName::ProxyAuthorization);
        for (name, credentials) in self.answer(&request.method, &request.uri) {
            request.headers.push(name, credentials);
        }
    }

    fn take(&mut self, request: &Request, mut asked: Asked, stale: bool) -> Result<(), Unanswerable> {
        let same = |known: &Asked| known.header == asked.header && known.realm == asked.realm;
        let old = self.asked.iter().position(same);
        if let Some(answered) = answered(request, &asked) {
            let first_use = answered.nonce_count().is_none_or(|count| count == 1);
            let same_nonce = answered.nonce().as_deref() == Some(&asked.nonce);
            // Not every server says `stale` when a nonce that was good has ended; but a new one is not refused for
            // its age.
            if !stale && (first_use || same_nonce) {
                return Err(Unanswerable::Refused);
            }
            if first_use {
                asked.stale_at_once = old.map_or(0, |at| self.asked[at].stale_at_once) + 1;
                if asked.stale_at_once > MAX_STALE_AT_ONCE {
                    return Err(Unanswerable::Refused);
                }
            }
        }
        match old {
            // A server may send the same nonce again; its uses go on being counted.
            Some(at) if self.asked[at].nonce == asked.nonce => {
                asked.used = self.asked[at].used;
                self.asked[at] = asked;
            }
            Some(at) => self.asked[at] = asked,
            None => {
                if self.asked.len() == MAX_CHALLENGES {
                    self.asked.remove(0);
                }
                self.asked.push(asked);
            }
        }
        Ok(())
    }
}

impl Asked {
    /// What a challenge asks for, and whether it calls the last nonce stale; `None` if we cannot do it.
    fn read(header: &HeaderName, challenge: &Challenge) -> Option<(Self, bool)> {
        let qop = challenge.qop();
        if !qop.is_empty() && !qop.iter().any(|kind| kind == "auth") {
            return None;
        }
        let asked = Self {
            header: header.clone(),
            realm: challenge.realm()?.into_owned(),
            nonce: challenge.nonce()?.into_owned(),
            opaque: challenge.opaque().map(std::borrow::Cow::into_owned),
            algorithm: DigestAlgorithm::named(challenge.algorithm().as_deref())?,
            counts: !qop.is_empty(),
            used: 0,
            stale_at_once: 0,
        };
        Some((asked, challenge.is_stale()))
    }

    fn answer(
        &mut self,
        account: &TrunkCredentials,
        method: &Method,
        uri: &Uri,
        cnonce: &str,
    ) -> Credentials {
        self.used = self.used.saturating_add(1);
        let nc = format!("{:08x}", self.used);
        let ha1 = ha1(self.algorithm, &account.username, &self.realm, &account.password);
        let counted = self.counts.then_some(Counted { nc: &nc, cnonce, qop: "auth" });
        let answered = Answered { method: method.as_str(), uri: uri.as_str(), nonce: &self.nonce, counted };
        let mut credentials = Credentials::digest()
            .with_quoted("username", &account.username)
            .with_quoted("realm", &self.realm)
            .with_quoted("nonce", &self.nonce)
            .with_quoted("uri", uri.as_str())
            .with_quoted("response", response(self.algorithm, &ha1.0, &answered).as_str())
            .with_token("algorithm", self.algorithm.name());
        if self.counts {
            credentials =
                credentials.with_quoted("cnonce", cnonce).with_token("qop", "auth").with_token("nc", &nc);
        }
        match &self.opaque {
            Some(opaque) => credentials.with_quoted("opaque", opaque),
            None => credentials,
        }
    }
}

impl fmt::Debug for DigestClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DigestClient").field("account", &self.account).finish_non_exhaustive()
    }
}

/// What the request has answered in the place where it is asked again.
fn answered(request: &Request, asked: &Asked) -> Option<Credentials> {
    let lines = request.headers.lines(&asked.header);
    lines
        .filter_map(|line| Credentials::parse(line).ok())
        .find(|credentials| credentials.realm().as_deref() == Some(&asked.realm))
}

/// Each realm once, in order.
fn realms(challenges: &[Challenge]) -> Vec<String> {
    let mut realms: Vec<String> = Vec::new();
    for realm in challenges.iter().filter_map(Challenge::realm) {
        if !realms.iter().any(|known| *known == realm) {
            realms.push(realm.into_owned());
        }
    }
    realms
}

fn strength(algorithm: DigestAlgorithm) -> u8 {
    match algorithm {
        DigestAlgorithm::Md5 => 0,
        DigestAlgorithm::Sha256 => 1,
    }
}

/// How many challenges are read of one response and answered in one request.
const MAX_CHALLENGES: usize = 8;
/// How often in a row a server may call a nonce stale that was never used before.
const MAX_STALE_AT_ONCE: u8 = 2;

#[cfg(test)]
#[path = "tests/client.rs"]
mod tests;

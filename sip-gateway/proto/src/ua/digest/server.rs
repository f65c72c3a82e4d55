//! The server's side: challenges, and whether an answer to one is right (RFC 7616 §3.3–3.4, RFC 3261 §22).

use std::fmt;
use std::time::Duration;

use aws_lc_rs::hmac;

use super::arithmetic::{Answered, Counted, Hex, is_answer, response};
use super::nonce::NonceMint;
use super::replay::Replays;
use crate::message::{Challenge, Credentials, Method, Uri};
use crate::plan::{DigestAlgorithm, Ha1, Plan};

/// How long a nonce may be used unless said otherwise.
pub const NONCE_LIFETIME: Duration = Duration::from_secs(300);
/// Of how many nonces the used counts are remembered. Whose nonce is forgotten is given a new one.
pub const MAX_NONCES: usize = 65_536;

/// Challenges requests, and checks the answers.
pub struct DigestServer {
    mint: NonceMint,
    strangers: hmac::Key,
    replays: Replays,
    lifetime: Duration,
}

/// What an answer is to protect.
#[derive(Debug, Clone, Copy)]
pub struct Protected<'a> {
    /// The realm we ask passwords for.
    pub realm: &'a str,
    /// The request's method.
    pub method: &'a Method,
    /// The request's URI.
    pub uri: &'a Uri,
}

/// With what somebody is known to us.
#[derive(Debug, Clone, Copy)]
pub struct Account<'a> {
    /// The only algorithm that is taken from him.
    pub algorithm: DigestAlgorithm,
    /// His password, hashed with it.
    pub ha1: &'a Ha1,
}

impl<'a> Account<'a> {
    /// The account of a device of the plan, by its user name.
    #[must_use]
    pub fn of(plan: &'a Plan, username: &str) -> Option<Self> {
        let (extension, device) = plan.device(username)?;
        Some(Self { algorithm: extension.digest, ha1: &device.ha1 })
    }
}

/// What an answer is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It was given by this user.
    Accepted {
        /// The name in the credentials, which is the account's.
        username: String,
    },
    /// The password is right, but the nonce is too old, not ours, or was used with this count before. To be
    /// challenged again with `stale=true`, which phones answer without asking anybody.
    Stale,
    /// Wrong name, wrong password, or something we do not do. To be challenged again, and counted.
    Refused,
    /// It answers somebody else's challenge. To be treated as if it were not there.
    NotOurs,
}

impl DigestServer {
    /// A server whose nonces nobody else can make. The seed is secret, random and new in each run: what was answered
    /// in the run before is then not taken in this one.
    #[must_use]
    pub fn new(seed: [u8; 32]) -> Self {
        let root = hmac::Key::new(hmac::HMAC_SHA256, &seed);
        let strangers = hmac::sign(&root, b"strangers");
        Self {
            mint: NonceMint::new(&seed),
            strangers: hmac::Key::new(hmac::HMAC_SHA256, strangers.as_ref()),
            replays: Replays::new(MAX_NONCES),
            lifetime: NONCE_LIFETIME,
        }
    }

    /// The same with nonces that may be used for another time.
    #[must_use]
    pub fn with_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// What to send with 401 or 407. `now` is the time since 1970. It costs no memory.
    pub fn challenge(
        &mut self,
        now: Duration,
        realm: &str,
        algorithm: DigestAlgorithm,
        stale: bool,
    ) -> Challenge {
        let nonce = self.mint.mint(now, realm, algorithm);
        let challenge = Challenge::digest()
            .with_quoted("realm", realm)
            .with_quoted("nonce", &nonce)
            .with_token("algorithm", algorithm.name())
            .with_quoted("qop", "auth");
        if stale { challenge.with_token("stale", "true") } else { challenge }
    }

    /// Says what an answer is worth. A name that `account` does not know costs the same work as a wrong password,
    /// and gets the same verdict.
    pub fn check<'a>(
        &mut self,
        now: Duration,
        protected: &Protected<'_>,
        credentials: &Credentials,
        account: impl FnOnce(&str) -> Option<Account<'a>>,
    ) -> Verdict {
        if !credentials.is_digest() || credentials.realm().as_deref() != Some(protected.realm) {
            return Verdict::NotOurs;
        }
        let Some(read) = Read::from(credentials) else { return Verdict::Refused };

        let stranger = self.stranger_ha1(&read.username, read.algorithm);
        let known = account(&read.username);
        let ha1 = known.map_or(stranger.as_str(), |account| account.ha1.0.as_str());
        let expected = response(read.algorithm, ha1, &read.answered(protected.method));
        let nonce = self.mint.recognize(&read.nonce, protected.realm, read.algorithm);

        let right = is_answer(&expected, credentials)
            && known.is_some_and(|account| account.algorithm == read.algorithm)
            && is_meant_for(&read.uri, protected.uri);
        if !right {
            return Verdict::Refused;
        }
        self.replays.expire(now, self.lifetime);
        match nonce {
            Some(id) if !id.is_expired(now, self.lifetime) && self.replays.take(id, read.count) => {
                Verdict::Accepted { username: read.username }
            }
            _ => Verdict::Stale,
        }
    }

    /// The algorithm to challenge who claims to be an extension, whether there is one or not.
    #[must_use]
    pub fn algorithm_for(&self, plan: &Plan, number: &str) -> DigestAlgorithm {
        let (sha256, all) = plan.sha256_extensions();
        let stranger = self.stranger_algorithm(number, sha256, all);
        plan.extension(number).map_or(stranger, |extension| extension.digest)
    }

    /// The algorithm to challenge a name with that nobody has, so that challenges do not tell who exists: of such
    /// names as many get SHA-256 as of the accounts have it, always the same ones.
    #[must_use]
    pub fn stranger_algorithm(&self, name: &str, sha256_accounts: usize, accounts: usize) -> DigestAlgorithm {
        let tag = hmac::sign(&self.strangers, format!("algorithm:{name}").as_bytes());
        let mut draw = [0; 8];
        draw.copy_from_slice(&tag.as_ref()[..8]);
        let accounts = u64::try_from(accounts).unwrap_or(u64::MAX).max(1);
        let sha256_accounts = u64::try_from(sha256_accounts).unwrap_or(u64::MAX);
        match u64::from_be_bytes(draw) % accounts < sha256_accounts {
            true => DigestAlgorithm::Sha256,
            false => DigestAlgorithm::Md5,
        }
    }

    /// What stands in for the password of somebody who does not exist, as long as a real one.
    fn stranger_ha1(&self, username: &str, algorithm: DigestAlgorithm) -> Hex {
        let tag = hmac::sign(&self.strangers, username.as_bytes());
        match algorithm {
            DigestAlgorithm::Md5 => Hex::of(&tag.as_ref()[..16]),
            DigestAlgorithm::Sha256 => Hex::of(tag.as_ref()),
        }
    }
}

impl fmt::Debug for DigestServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DigestServer").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

/// What we need of an answer.
struct Read {
    username: String,
    algorithm: DigestAlgorithm,
    nonce: String,
    uri: String,
    /// Count as written and client nonce, if the client knows qop.
    counted: Option<(String, String)>,
    count: u32,
}

impl Read {
    /// `None` if a part is missing, or something is asked for that we do not do: `auth-int`, `-sess`, `userhash`.
    fn from(credentials: &Credentials) -> Option<Self> {
        let algorithm = DigestAlgorithm::named(credentials.algorithm().as_deref())?;
        let (counted, count) = match credentials.qop() {
            Some(qop) if qop.eq_ignore_ascii_case("auth") => {
                let nc = credentials.raw_nc()?.into_owned();
                let count = credentials.nonce_count().filter(|count| *count > 0)?;
                (Some((nc, credentials.cnonce()?.into_owned())), count)
            }
            Some(_) => return None,
            // RFC 2069, as old door stations do it: there is no count, so the nonce is good for one request. Under
            // SHA-256 qop is not optional (RFC 7616 §3.3).
            None if algorithm == DigestAlgorithm::Md5 => (None, u32::MAX),
            None => return None,
        };
        Some(Self {
            username: credentials.username()?.into_owned(),
            algorithm,
            nonce: credentials.nonce()?.into_owned(),
            uri: credentials.uri()?.into_owned(),
            counted,
            count,
        })
    }

    fn answered<'a>(&'a self, method: &'a Method) -> Answered<'a> {
        let counted = self.counted.as_ref();
        Answered {
            method: method.as_str(),
            uri: &self.uri,
            nonce: &self.nonce,
            counted: counted.map(|(nc, cnonce)| Counted { nc, cnonce, qop: "auth" }),
        }
    }
}

/// Whether an answer computed for `answered` goes with a request to `requested`. Phones write ports, parameters and
/// even the host differently in the two, and we look at none of these when we decide where a request leads: the user
/// must be the same, or a captured answer could make another call.
fn is_meant_for(answered: &str, requested: &Uri) -> bool {
    let Ok(answered) = Uri::parse(answered) else { return false };
    answered.is_same(requested)
        || (answered.is_sip() && requested.is_sip() && answered.user() == requested.user())
}

#[cfg(test)]
#[path = "tests/server.rs"]
mod tests;

//! Whose password a request shows (RFC 3261 §22).

use std::time::Instant;

use super::Endpoint;
use crate::flow::Flow;
use crate::message::{HeaderName, Request, Response, StatusCode};
use crate::ua::digest::{Account, Protected, Verdict};

/// Who asks.
pub(super) enum Entry {
    /// A device of an extension.
    Device { extension: String, device: String },
    /// Nobody yet: this is to be answered.
    Challenge(Response),
}

impl Endpoint {
    /// Checks the credentials of a request. `name` is who it says it is from: which algorithm is asked for depends on it,
    /// since no phone understands a choice.
    pub(super) fn authenticate(&mut self, now: Instant, flow: &Flow, request: &Request, name: &str) -> Entry {
        let since_1970 = self.since_1970(now);
        let plan = std::sync::Arc::clone(&self.plan);
        let protected = Protected { realm: &plan.realm, method: &request.method, uri: &request.uri };
        let mut stale = false;
        for credentials in request.headers.credentials(&HeaderName::Authorization).unwrap_or_default() {
            let known = |username: &str| {
                let (extension, device) = plan.device(username)?;
                Some(Account { algorithm: extension.digest, ha1: &device.ha1 })
            };
            match self.digest.check(since_1970, &protected, &credentials, known) {
                Verdict::Accepted { username } => {
                    if let Some((extension, device)) = plan.device(&username) {
                        let (extension, device) = (extension.number.clone(), device.username.clone());
                        return Entry::Device { extension, device };
                    }
                }
                Verdict::Stale => stale = true,
                Verdict::Refused => self.guard.refuse(now, flow.remote.ip()),
                Verdict::NotOurs => {}
            }
        }
        let known = plan.extension(name).or_else(|| plan.device(name).map(|(extension, _)| extension));
        let algorithm = match known {
            Some(extension) => extension.digest,
            None => {
                let (sha256, all) = plan.sha256_extensions();
                self.digest.stranger_algorithm(name, sha256, all)
            }
        };
        let challenge = self.digest.challenge(since_1970, &plan.realm, algorithm, stale);
        Entry::Challenge(
            request.reply(StatusCode::UNAUTHORIZED, None).with(HeaderName::WwwAuthenticate, challenge),
        )
    }
}

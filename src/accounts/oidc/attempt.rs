//! One attempt to sign in: what is sent along, and what must come back.
//!
//! It is kept by the browser that began it, sealed, so that nothing here grows with those who begin and do not come back.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Metadata, OidcError};
use crate::accounts::Secret;

/// What a browser keeps while somebody signs in elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    state: String,
    pub(super) nonce: String,
    pub(super) verifier: String,
    /// The origin by which the browser knows us.
    origin: String,
    /// Where somebody wanted to go.
    next: String,
    expires: i64,
}

/// What the issuer sends the browser back with.
#[derive(Debug, Clone, Default, Deserialize)]
#[allow(missing_docs)]
pub struct Returned {
    pub code: Option<String>,
    pub state: Option<String>,
    pub iss: Option<String>,
    pub error: Option<String>,
}

impl Attempt {
    /// A fresh one, good for ten minutes.
    #[must_use]
    pub fn begin(origin: &str, next: &str, now: i64) -> Self {
        let random = || Secret::random().expose().to_owned();
        // A path of ours: nobody sends our users elsewhere.
        let own = next.starts_with('/') && !next.starts_with("//") && !next.starts_with("/\\");
        let next = if own && next.len() <= 1_000 && !next.chars().any(char::is_control) { next } else { "/" };
        Self {
            state: random(),
            nonce: random(),
            verifier: random(),
            origin: origin.to_owned(),
            next: next.to_owned(),
            expires: now + LIFETIME,
        }
    }

    /// Where the browser goes to sign in.
    #[must_use]
    pub fn address(&self, metadata: &Metadata, client_id: &str) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.as_bytes()));
        let query = form(&[
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", &self.redirect_uri()),
            ("scope", "openid email profile"),
            ("state", &self.state),
            ("nonce", &self.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let endpoint = &metadata.authorization_endpoint;
        format!("{endpoint}{}{query}", if endpoint.contains('?') { '&' } else { '?' })
    }

    /// Where the browser comes back.
    #[must_use]
    pub fn redirect_uri(&self) -> String {
        format!("{}/api/oidc/callback", self.origin)
    }

    /// Where somebody wanted to go.
    #[must_use]
    pub fn next(&self) -> &str {
        &self.next
    }

    /// The code that came back, if it belongs to this attempt and comes from this issuer (RFC 9207: not from another one
    /// that wants it sent to the wrong place).
    ///
    /// # Errors
    /// When it does not, or the issuer has refused.
    pub fn code<'a>(
        &self,
        returned: &'a Returned,
        metadata: &Metadata,
        now: i64,
    ) -> Result<&'a str, OidcError> {
        if returned.state.as_deref() != Some(&self.state) {
            return Err(OidcError::Stray("its state is another"));
        }
        if now >= self.expires {
            return Err(OidcError::Stray("it took too long"));
        }
        match &returned.iss {
            Some(issuer) if *issuer != metadata.issuer => {
                return Err(OidcError::Stray("it comes from another issuer"));
            }
            None if metadata.authorization_response_iss_parameter_supported => {
                return Err(OidcError::Stray("it does not say from which issuer it comes"));
            }
            _ => {}
        }
        if let Some(error) = &returned.error {
            return Err(OidcError::Refused(error.chars().take(60).collect()));
        }
        returned.code.as_deref().ok_or(OidcError::Stray("it has no code"))
    }
}

/// Names and values as a form (WHATWG URL §5).
pub(super) fn form(values: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        values.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    pairs.join("&")
}

pub(super) fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
        escaped
    })
}

const LIFETIME: i64 = 600;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_begun_here_comes_back() {
        let attempt = Attempt::begin("https://meet.example.org", "/agenda", 0);
        let good = Returned {
            code: Some("c".to_owned()),
            state: Some(attempt.state.clone()),
            ..Returned::default()
        };

        assert_eq!(attempt.code(&good, &metadata(false), 599).unwrap(), "c");
        assert_eq!(attempt.redirect_uri(), "https://meet.example.org/api/oidc/callback");
        let stray = |returned: Returned, metadata, now| {
            matches!(attempt.code(&returned, &metadata, now), Err(OidcError::Stray(_)))
        };
        assert!(stray(good.clone(), metadata(false), 600), "too late");
        assert!(stray(Returned { state: None, ..good.clone() }, metadata(false), 0));
        assert!(stray(Returned { state: Some("x".to_owned()), ..good.clone() }, metadata(false), 0));
        let mixed = Returned { iss: Some("https://evil.example".to_owned()), ..good.clone() };
        assert!(stray(mixed, metadata(false), 0), "another issuer");
        assert!(stray(good.clone(), metadata(true), 0), "an issuer that says who it is must do so");
        let named = Returned { iss: Some(ISSUER.to_owned()), ..good.clone() };
        assert!(attempt.code(&named, &metadata(true), 0).is_ok());
        let refused = Returned { error: Some("access_denied".to_owned()), code: None, ..good };
        assert!(matches!(attempt.code(&refused, &metadata(false), 0), Err(OidcError::Refused(_))));
    }

    #[test]
    fn nobody_is_sent_elsewhere() {
        for (wanted, next) in [
            ("/agenda?day=1", "/agenda?day=1"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("/a\r\nb", "/"),
        ] {
            assert_eq!(Attempt::begin("http://x", wanted, 0).next(), next);
        }
    }

    #[test]
    fn the_verifier_is_sent_as_its_digest_only() {
        let attempt = Attempt {
            verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned(),
            ..Attempt::begin("http://x", "/", 0)
        };
        let address = attempt.address(&metadata(false), "palabre & co");

        // The example of RFC 7636, appendix B.
        assert!(address.contains("code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&"), "{address}");
        assert!(address.starts_with(
            "https://id.example.org/authorize?response_type=code&client_id=palabre%20%26%20co&"
        ));
        assert!(!address.contains(&attempt.verifier));
    }

    const ISSUER: &str = "https://id.example.org";

    fn metadata(says_who_it_is: bool) -> Metadata {
        Metadata {
            issuer: ISSUER.to_owned(),
            authorization_endpoint: format!("{ISSUER}/authorize"),
            token_endpoint: format!("{ISSUER}/token"),
            jwks_uri: format!("{ISSUER}/keys"),
            authorization_response_iss_parameter_supported: says_who_it_is,
        }
    }
}

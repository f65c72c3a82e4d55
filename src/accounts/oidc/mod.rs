//! Signing in at the ministry's own page: OpenID Connect Core 1.0, authorization code with PKCE (RFC 7636), of one issuer
//! that the operator has named.
//!
//! What must be judged is in `attempt.rs` and `token.rs`, which are pure; here is what talks to the issuer. The crate
//! `openidconnect` would do the same with a second HTTP client and a second and third cryptography (`rsa`, `p256`), of
//! which one has a known weakness (RUSTSEC-2023-0071).

mod attempt;
mod token;

use std::sync::Arc;
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::JwkSet;
use reqwest::Client;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;

pub use attempt::{Attempt, Returned};
pub use token::{Claims, TokenFault};

use crate::config::Oidc as Config;

/// Why somebody was not signed in by the issuer. The code is what the sign-in page puts in words.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OidcError {
    /// The issuer does not answer, or not as an issuer does.
    #[error("the issuer cannot be used: {0}")]
    Issuer(String),
    /// What came back does not belong to what was begun here.
    #[error("the answer does not belong to an attempt of this browser: {0}")]
    Stray(&'static str),
    /// The issuer, or whoever signs in there, said no.
    #[error("the issuer refused: {0}")]
    Refused(String),
    /// The token is not one for us.
    #[error("the token is not good: {0}")]
    Token(#[from] TokenFault),
}

/// The way to the issuer. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Issuer {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    config: Config,
    client: Client,
    known: Mutex<Known>,
}

/// What the issuer has told, and when.
#[derive(Debug, Default)]
struct Known {
    metadata: Option<(Instant, Arc<Metadata>)>,
    keys: Option<(Instant, Arc<JwkSet>)>,
}

/// What we need of OpenID Connect Discovery 1.0.
#[derive(Debug, Clone, Deserialize)]
pub struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

#[derive(Deserialize)]
struct TokenAnswer {
    id_token: String,
}

impl Issuer {
    /// The issuer of a configuration.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(config: Config) -> Result<Self, OidcError> {
        let client = Client::builder()
            .timeout(PATIENCE)
            // What an issuer answers is its own; nobody sends us, or the code, elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| OidcError::Issuer(error.to_string()))?;
        Ok(Self { inner: Arc::new(Inner { config, client, known: Mutex::default() }) })
    }

    /// What the operator has said of it.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// What the issuer tells of itself, asked once an hour.
    ///
    /// # Errors
    /// When it does not answer, or calls itself otherwise.
    pub async fn metadata(&self) -> Result<Arc<Metadata>, OidcError> {
        let mut known = self.inner.known.lock().await;
        if let Some((asked, metadata)) = &known.metadata
            && asked.elapsed() < HOUR
        {
            return Ok(Arc::clone(metadata));
        }
        let issuer = self.inner.config.issuer.trim_end_matches('/');
        let metadata: Metadata = self.fetch(&format!("{issuer}/.well-known/openid-configuration")).await?;
        if metadata.issuer.trim_end_matches('/') != issuer {
            return Err(OidcError::Issuer(format!("it calls itself {:?}", metadata.issuer)));
        }
        for address in [&metadata.authorization_endpoint, &metadata.token_endpoint, &metadata.jwks_uri] {
            if !crate::config::is_protected(address) {
                return Err(OidcError::Issuer(format!("{address:?} is not an https address")));
            }
        }
        let metadata = Arc::new(metadata);
        known.metadata = Some((Instant::now(), Arc::clone(&metadata)));
        Ok(metadata)
    }

    /// Exchanges a code for what the issuer says of whoever signed in.
    ///
    /// # Errors
    /// When the issuer refuses, or its token is not good.
    pub async fn claims(&self, attempt: &Attempt, code: &str, now: i64) -> Result<Claims, OidcError> {
        let metadata = self.metadata().await?;
        let config = &self.inner.config;
        let form = attempt::form(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &attempt.redirect_uri()),
            ("code_verifier", &attempt.verifier),
        ]);
        let request = self
            .inner
            .client
            .post(&metadata.token_endpoint)
            .basic_auth(attempt::escaped(&config.client_id), Some(attempt::escaped(&config.client_secret)))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .body(form);
        let answer: TokenAnswer = read(request).await?;
        let expected = token::Expected {
            issuer: &metadata.issuer,
            client_id: &config.client_id,
            nonce: &attempt.nonce,
            groups: &config.groups,
            now,
        };
        let keys = self.keys(&metadata, false).await?;
        match token::read(&answer.id_token, &keys, &expected) {
            // It may have been signed with a key that is newer than those we know.
            Err(TokenFault::Key) => {
                let keys = self.keys(&metadata, true).await?;
                Ok(token::read(&answer.id_token, &keys, &expected)?)
            }
            other => Ok(other?),
        }
    }

    /// The issuer's keys, asked once an hour; anew at most once a minute, whatever tokens say.
    async fn keys(&self, metadata: &Metadata, anew: bool) -> Result<Arc<JwkSet>, OidcError> {
        let mut known = self.inner.known.lock().await;
        if let Some((asked, keys)) = &known.keys
            && asked.elapsed() < if anew { MINUTE } else { HOUR }
        {
            return Ok(Arc::clone(keys));
        }
        let keys: Arc<JwkSet> = Arc::new(self.fetch(&metadata.jwks_uri).await?);
        known.keys = Some((Instant::now(), Arc::clone(&keys)));
        Ok(keys)
    }

    async fn fetch<T: DeserializeOwned>(&self, address: &str) -> Result<T, OidcError> {
        read(self.inner.client.get(address)).await
    }
}

/// Sends a request and reads its answer, which is JSON and not large.
async fn read<T: DeserializeOwned>(request: reqwest::RequestBuilder) -> Result<T, OidcError> {
    let unreachable = |error: reqwest::Error| OidcError::Issuer(error.without_url().to_string());
    let mut response = request.send().await.map_err(unreachable)?;
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > LARGEST {
            return Err(OidcError::Issuer("its answer is too large".to_owned()));
        }
        body.extend_from_slice(&chunk);
    }
    if status.is_client_error() {
        return Err(OidcError::Refused(status.to_string()));
    }
    if !status.is_success() {
        return Err(OidcError::Issuer(format!("it answers {status}")));
    }
    serde_json::from_slice(&body)
        .map_err(|error| OidcError::Issuer(format!("its answer is not as expected: {error}")))
}

const PATIENCE: Duration = Duration::from_secs(10);
const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);
const LARGEST: usize = 1 << 20;

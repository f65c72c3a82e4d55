//! The ID token (OpenID Connect Core §3.1.3.7): whose it is, once everything that must hold holds.

use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;

/// Why a token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenFault {
    /// It is no JWT, or one of an algorithm that proves nothing to us.
    #[error("it is not signed by an algorithm that is taken")]
    Algorithm,
    /// No key of the issuer fits it.
    #[error("no key of the issuer fits it")]
    Key,
    /// Somebody else has signed it, or it was changed.
    #[error("its signature is wrong")]
    Signature,
    /// A claim is missing or another than it must be.
    #[error("its claim {0} is missing or wrong")]
    Claim(&'static str),
}

/// What must hold of a token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    /// The claim in which groups are named.
    pub(super) groups: &'a str,
    pub(super) now: i64,
}

/// What the issuer says of whoever signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// The name that stays.
    pub subject: String,
    /// The address, if the issuer has made sure of it.
    pub verified_email: Option<String>,
    /// As others see it.
    pub name: Option<String>,
    /// The groups of the directory.
    pub groups: Vec<String>,
}

/// Reads a token and believes it if all that must hold holds.
pub(super) fn read(token: &str, keys: &JwkSet, expected: &Expected<'_>) -> Result<Claims, TokenFault> {
    let header = decode_header(token).map_err(|_| TokenFault::Algorithm)?;
    // Signatures of key pairs only: with the others, whoever knows our secret or the public key could sign.
    if !ALGORITHMS.contains(&header.alg) {
        return Err(TokenFault::Algorithm);
    }
    let mut fitting = keys.keys.iter().filter(|key| fits(key, header.kid.as_deref(), header.alg)).peekable();
    if fitting.peek().is_none() {
        return Err(TokenFault::Key);
    }
    let mut validation = Validation::new(header.alg);
    // Times are compared with our own clock, below.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let claims = fitting
        .take(MOST_KEYS)
        .filter_map(|key| DecodingKey::from_jwk(key).ok())
        .find_map(|key| decode::<Value>(token, &key, &validation).ok())
        .ok_or(TokenFault::Signature)?
        .claims;
    check(&claims, expected)
}

fn fits(key: &Jwk, kid: Option<&str>, algorithm: Algorithm) -> bool {
    let common = &key.common;
    let is_named = kid.is_none() || common.key_id.as_deref() == kid;
    let is_for_signatures =
        common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
    let is_for_algorithm =
        common.key_algorithm.is_none_or(|known| known.to_string().parse() == Ok(algorithm));
    is_named && is_for_signatures && is_for_algorithm
}

fn check(claims: &Value, expected: &Expected<'_>) -> Result<Claims, TokenFault> {
    let text = |name: &str| claims[name].as_str();
    if text("iss") != Some(expected.issuer) {
        return Err(TokenFault::Claim("iss"));
    }
    let audience: Vec<&str> = match &claims["aud"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !audience.contains(&expected.client_id) {
        return Err(TokenFault::Claim("aud"));
    }
    let party = text("azp");
    if (audience.len() > 1 && party.is_none()) || party.is_some_and(|party| party != expected.client_id) {
        return Err(TokenFault::Claim("azp"));
    }
    // A text instead of a number is no time at all (CVE-2026-25537).
    let time = |name: &'static str| claims[name].as_f64().ok_or(TokenFault::Claim(name));
    let now = expected.now as f64;
    if time("exp")? <= now - LEEWAY {
        return Err(TokenFault::Claim("exp"));
    }
    if time("iat")? > now + LEEWAY {
        return Err(TokenFault::Claim("iat"));
    }
    if !claims["nbf"].is_null() && time("nbf")? > now + LEEWAY {
        return Err(TokenFault::Claim("nbf"));
    }
    if text("nonce") != Some(expected.nonce) {
        return Err(TokenFault::Claim("nonce"));
    }
    let subject = text("sub").filter(|subject| (1..=255).contains(&subject.len()));
    let groups = claims[expected.groups].as_array().map_or(&[][..], Vec::as_slice);
    Ok(Claims {
        subject: subject.ok_or(TokenFault::Claim("sub"))?.to_owned(),
        verified_email: text("email").filter(|_| claims["email_verified"] == true).map(str::to_owned),
        name: text("name").map(str::to_owned),
        groups: groups.iter().filter_map(Value::as_str).take(MOST_GROUPS).map(str::to_owned).collect(),
    })
}

const ALGORITHMS: [Algorithm; 8] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
];
/// Clocks are so far apart, in seconds.
const LEEWAY: f64 = 60.0;
const MOST_KEYS: usize = 20;
const MOST_GROUPS: usize = 1_000;

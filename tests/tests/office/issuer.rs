//! An OpenID Connect issuer for tests: real keys, a real token endpoint, and whatever lies a test wants told. Its tokens
//! are signed by hand, so that it is a witness of who reads them.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// The issuer; its server ends with the runtime of its test.
pub(crate) struct TestIssuer {
    pub(crate) url: String,
    state: Arc<Keeps>,
}

struct Keeps {
    url: String,
    rsa: RsaKeyPair,
    ec: EcdsaKeyPair,
    /// What the next code is good for.
    granted: Mutex<Option<Grant>>,
    /// How the next token lies.
    lie: Mutex<Lie>,
    /// Says who it is when it sends a browser back.
    says_iss: bool,
}

#[derive(Clone)]
struct Grant {
    code: String,
    challenge: String,
    redirect_uri: String,
    claims: Value,
}

/// What is wrong with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Lie {
    #[default]
    Nothing,
    /// Signed with the other, good key.
    Elliptic,
    NoSignature,
    AlgorithmNone,
    /// HS256 with our own client secret.
    Symmetric,
    StrangeKey,
    UnknownKid,
    Changed,
}

impl TestIssuer {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
            .await
            .expect("a test issuer that works");
        let url = format!("http://{}", listener.local_addr().expect("a test issuer that works"));
        let state = Arc::new(Keeps {
            url: url.clone(),
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).expect("a test issuer that works"),
            ec: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a test issuer that works"),
            granted: Mutex::default(),
            lie: Mutex::default(),
            says_iss: true,
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, state }
    }

    /// Somebody signs in at the page to which a browser was sent: the address to which the browser goes back. `claims` are
    /// laid over those of a good token.
    pub(crate) fn sign_in(&self, sent_to: &str, claims: &Value, lie: Lie) -> String {
        let asked = query(sent_to);
        assert!(sent_to.starts_with(&format!("{}/authorize?", self.url)), "{sent_to}");
        assert_eq!(
            (asked["response_type"].as_str(), asked["code_challenge_method"].as_str()),
            ("code", "S256")
        );
        assert_eq!(
            (asked["client_id"].as_str(), asked["scope"].as_str()),
            ("palabre", "openid email profile")
        );
        let now = i64::try_from(std::time::UNIX_EPOCH.elapsed().expect("a test issuer that works").as_secs())
            .expect("a test issuer that works");
        let mut token = json!({
            "iss": self.url, "aud": "palabre", "sub": "u-1", "nonce": asked["nonce"], "iat": now, "exp": now + 300,
            "email": "ben@example.org", "email_verified": true, "name": "Ben Kouassi",
        });
        for (name, value) in claims.as_object().expect("a test issuer that works") {
            token[name] = value.clone();
        }
        let code = format!("code-{}", rand_text());
        *self.state.granted.lock().expect("a test issuer that works") = Some(Grant {
            code: code.clone(),
            challenge: asked["code_challenge"].clone(),
            redirect_uri: asked["redirect_uri"].clone(),
            claims: token,
        });
        *self.state.lie.lock().expect("a test issuer that works") = lie;
        let iss = escaped(&self.url);
        let path = asked["redirect_uri"].splitn(4, '/').nth(3).expect("a test issuer that works");
        format!("/{path}?code={code}&state={}&iss={iss}", asked["state"])
    }
}

async fn discovery(State(keeps): State<Arc<Keeps>>) -> Json<Value> {
    let url = &keeps.url;
    Json(json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "jwks_uri": format!("{url}/keys"),
        "authorization_response_iss_parameter_supported": keeps.says_iss,
    }))
}

async fn keys(State(keeps): State<Arc<Keeps>>) -> Json<Value> {
    let (n, e) = rsa_numbers(&keeps.rsa);
    let point = keeps.ec.public_key().as_ref();
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    Json(json!({"keys": [
        {"kty": "RSA", "use": "enc", "kid": "other", "n": text(&n), "e": text(&e)},
        {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "rsa", "n": text(&n), "e": text(&e)},
        {"kty": "EC", "use": "sig", "crv": "P-256", "kid": "ec", "x": text(&point[1..33]), "y": text(&point[33..])},
    ]}))
}

async fn token(
    State(keeps): State<Arc<Keeps>>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Result<Json<Value>, StatusCode> {
    let who = STANDARD.encode(format!("palabre:{}", escaped(SECRET)));
    let grant =
        keeps.granted.lock().expect("a test issuer that works").take().ok_or(StatusCode::BAD_REQUEST)?;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, form["code_verifier"].as_bytes());
    let good = headers["authorization"] == format!("Basic {who}").as_str()
        && form["grant_type"] == "authorization_code"
        && form["code"] == grant.code
        && form["redirect_uri"] == grant.redirect_uri
        && URL_SAFE_NO_PAD.encode(digest) == grant.challenge;
    if !good {
        return Err(StatusCode::BAD_REQUEST);
    }
    let lie = *keeps.lie.lock().expect("a test issuer that works");
    Ok(Json(
        json!({"access_token": "x", "token_type": "Bearer", "id_token": signed(&keeps, &grant.claims, lie)}),
    ))
}

fn signed(keeps: &Keeps, claims: &Value, lie: Lie) -> String {
    let (alg, kid) = match lie {
        Lie::Elliptic => ("ES256", "ec"),
        Lie::AlgorithmNone => ("none", "rsa"),
        Lie::Symmetric => ("HS256", "rsa"),
        Lie::UnknownKid => ("RS256", "unknown"),
        _ => ("RS256", "rsa"),
    };
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let head = json!({"alg": alg, "kid": kid, "typ": "JWT"});
    let text = format!("{}.{}", part(&head), part(claims));
    let rng = SystemRandom::new();
    let rsa = |key: &RsaKeyPair| {
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &rng, text.as_bytes(), &mut signature).expect("a test issuer that works");
        signature
    };
    let signature = match lie {
        Lie::Elliptic => {
            keeps.ec.sign(&rng, text.as_bytes()).expect("a test issuer that works").as_ref().to_vec()
        }
        Lie::NoSignature | Lie::AlgorithmNone => Vec::new(),
        Lie::Symmetric => {
            let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, SECRET.as_bytes());
            aws_lc_rs::hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
        }
        Lie::StrangeKey => rsa(&RsaKeyPair::generate(KeySize::Rsa2048).expect("a test issuer that works")),
        Lie::Nothing | Lie::UnknownKid | Lie::Changed => rsa(&keeps.rsa),
    };
    let text = if lie == Lie::Changed {
        let mut other = claims.clone();
        other["email"] = json!("awa@example.org");
        format!("{}.{}", part(&head), part(&other))
    } else {
        text
    };
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Modulus and exponent out of an RSAPublicKey (RFC 8017, appendix A.1.1), which ends its SubjectPublicKeyInfo.
fn rsa_numbers(key: &RsaKeyPair) -> (Vec<u8>, Vec<u8>) {
    let spki = key.public_key().as_der().expect("a test issuer that works");
    let der = spki.as_ref();
    // … BIT STRING 00, SEQUENCE { INTEGER n, INTEGER e }: of 2,048 bits, e ends it with five bytes.
    let e = der[der.len() - 3..].to_vec();
    let n = der[der.len() - 5 - 256..der.len() - 5].to_vec();
    (n, e)
}

pub(crate) fn query(address: &str) -> HashMap<String, String> {
    let pairs = address.split_once('?').map_or("", |(_, query)| query).split('&');
    pairs
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), unescaped(value)))
        .collect()
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let digits = [
                rest.next().expect("a test issuer that works"),
                rest.next().expect("a test issuer that works"),
            ];
            u8::from_str_radix(std::str::from_utf8(&digits).expect("a test issuer that works"), 16)
                .expect("a test issuer that works")
        } else {
            byte
        });
    }
    String::from_utf8(bytes).expect("a test issuer that works")
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            },
        )
        .collect()
}

fn rand_text() -> String {
    let mut bytes = [0; 12];
    aws_lc_rs::rand::fill(&mut bytes).expect("a test issuer that works");
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) const SECRET: &str = "the secret of palabre & co";

//! Access tokens: who somebody is, into which room, with which rights. JWT (RFC 7519), HS256 and nothing else.

mod keys;

use std::collections::HashMap;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use livekit_protocol as proto;
use serde::{Deserialize, Deserializer, Serialize};

pub use keys::{KeyError, Keys, MIN_SECRET, Secret};

/// What a token says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Claims {
    /// The API key that signed it.
    #[serde(rename = "iss", deserialize_with = "or_default")]
    pub issuer: String,
    /// The participant's identity.
    #[serde(rename = "sub", deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub identity: String,
    /// When it ends, in seconds since 1970; always there once it is verified.
    #[serde(rename = "exp", deserialize_with = "seconds")]
    pub expires: Option<u64>,
    /// When it begins, in seconds since 1970.
    #[serde(rename = "nbf", deserialize_with = "seconds", skip_serializing_if = "Option::is_none")]
    pub not_before: Option<u64>,
    /// The participant's name to show.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Free text of the application.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub metadata: String,
    /// Key-value pairs of the application.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "HashMap::is_empty")]
    pub attributes: HashMap<String, String>,
    /// `standard`, `sip`, `agent`…; see [`Claims::participant_kind`].
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Rights in rooms.
    #[serde(deserialize_with = "or_default")]
    pub video: VideoGrant,
    /// Rights over phones.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "SipGrant::is_empty")]
    pub sip: SipGrant,
    /// Base64 of the SHA-256 of a webhook's body, in tokens of webhooks.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub sha256: String,
    /// How the room is to be made if this join makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_config: Option<proto::RoomConfiguration>,
    /// The name of a configuration known to the server.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub room_preset: String,
}

/// Rights in rooms. What is `None` takes its default, see [`crate::permission`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct VideoGrant {
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_false")]
    pub room_create: bool,
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_false")]
    pub room_list: bool,
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_false")]
    pub room_record: bool,
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_false")]
    pub room_admin: bool,
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_false")]
    pub room_join: bool,
    /// The one room of `room_join` and `room_admin`.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub room: String,
    /// The one room to which a participant may be moved or forwarded.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub destination_room: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_publish: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_subscribe: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_publish_data: Option<bool>,
    /// Empty for all of them.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub can_publish_sources: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_update_own_metadata: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_subscribe_metrics: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_manage_agent_session: Option<bool>,
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_false")]
    pub ingress_admin: bool,
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_false")]
    pub hidden: bool,
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_false")]
    pub recorder: bool,
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_false")]
    pub agent: bool,
}

/// Rights over phones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SipGrant {
    /// Trunks and dispatch rules.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_false")]
    pub admin: bool,
    /// Calls.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_false")]
    pub call: bool,
}

/// Why a token is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It is longer than anybody's token.
    #[error("token of {0} bytes")]
    TooLong(usize),
    /// It is no JWT, not signed with HS256, or its claims are not what they must be.
    #[error("malformed token")]
    Malformed,
    /// Nobody here has that API key.
    #[error("unknown API key")]
    UnknownKey,
    /// Another secret signed it, or it was changed.
    #[error("wrong signature")]
    Signature,
    /// It does not say when it ends.
    #[error("token without expiry")]
    NoExpiry,
    /// It has ended.
    #[error("token expired {0} s ago")]
    Expired(u64),
    /// It has not begun.
    #[error("token begins in {0} s")]
    NotYet(u64),
}

impl Claims {
    /// The right to join one room under an identity, publish and subscribe.
    #[must_use]
    pub fn join(identity: &str, room: &str) -> Self {
        Self {
            identity: identity.to_owned(),
            video: VideoGrant { room_join: true, room: room.to_owned(), ..VideoGrant::default() },
            ..Self::default()
        }
    }

    /// The rights of a participant as they are now, for the token with which it may come back.
    #[must_use]
    pub fn of_participant(room: &str, participant: &proto::ParticipantInfo) -> Self {
        let video = participant.permission.as_ref().map(VideoGrant::from).unwrap_or_default();
        Self {
            identity: participant.identity.clone(),
            name: participant.name.clone(),
            metadata: participant.metadata.clone(),
            attributes: participant.attributes.clone(),
            kind: participant.kind().as_str_name().to_ascii_lowercase(),
            video: VideoGrant { room_join: true, room: room.to_owned(), ..video },
            ..Self::default()
        }
    }

    /// The same, valid until a moment in seconds since 1970.
    #[must_use]
    pub fn until(self, expires: u64) -> Self {
        Self { expires: Some(expires), ..self }
    }

    /// The room of the token, as it is to be opened if it is not there.
    #[must_use]
    pub fn room_request(&self) -> proto::CreateRoomRequest {
        let configuration = self.room_config.clone().unwrap_or_default();
        proto::CreateRoomRequest {
            name: self.video.room.clone(),
            empty_timeout: configuration.empty_timeout,
            departure_timeout: configuration.departure_timeout,
            max_participants: configuration.max_participants,
            metadata: configuration.metadata,
            ..Default::default()
        }
    }

    /// What kind of participant joins. Kinds we do not know are people.
    #[must_use]
    pub fn participant_kind(&self) -> proto::participant_info::Kind {
        let name = self.kind.to_ascii_uppercase();
        proto::participant_info::Kind::from_str_name(&name).unwrap_or(proto::participant_info::Kind::Standard)
    }

    /// Signs with one of the keys; `None` if there is no such key or no expiry.
    #[must_use]
    pub fn sign(&self, keys: &Keys, key: &str) -> Option<String> {
        let secret = keys.secret(key)?;
        self.expires?;
        let claims = Self { issuer: key.to_owned(), ..self.clone() };
        let key = EncodingKey::from_secret(secret.expose().as_bytes());
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key);
        Some(token.expect("text claims serialize and HMAC takes every secret"))
    }

    /// Checks signature and lifetime; `now` is in seconds since 1970.
    pub fn verify(token: &str, keys: &Keys, now: u64) -> Result<Self, TokenError> {
        if token.len() > MAX_TOKEN {
            return Err(TokenError::TooLong(token.len()));
        }
        let secret = keys.secret(&issuer(token)?).ok_or(TokenError::UnknownKey)?;

        // Whatever the header asks for, the algorithm is ours. The lifetime is checked below, against our clock.
        let mut validation = Validation::new(Algorithm::HS256);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        let key = DecodingKey::from_secret(secret.expose().as_bytes());
        let claims = jsonwebtoken::decode::<Self>(token, &key, &validation)
            .map_err(|error| match error.kind() {
                jsonwebtoken::errors::ErrorKind::InvalidSignature => TokenError::Signature,
                _ => TokenError::Malformed,
            })?
            .claims;

        let expires = claims.expires.ok_or(TokenError::NoExpiry)?;
        if expires <= now {
            return Err(TokenError::Expired(now - expires));
        }
        let begins = claims.not_before.unwrap_or(0);
        if begins > now.saturating_add(CLOCK_SKEW) {
            return Err(TokenError::NotYet(begins - now));
        }
        Ok(claims)
    }
}

impl SipGrant {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Who says that he signed it: it selects the key against which that is checked.
fn issuer(token: &str) -> Result<String, TokenError> {
    #[derive(Deserialize)]
    struct Issuer {
        iss: String,
    }
    let payload = token.split('.').nth(1).ok_or(TokenError::Malformed)?;
    let payload = BASE64_URL_SAFE_NO_PAD.decode(payload).map_err(|_| TokenError::Malformed)?;
    let issuer: Issuer = serde_json::from_slice(&payload).map_err(|_| TokenError::Malformed)?;
    Ok(issuer.iss)
}

/// Some SDKs write `null` for what is not set.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// A NumericDate (RFC 7519 §2). A number in quotes is an error, not an absent one.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let Some(number) = Option::<serde_json::Number>::deserialize(deserializer)? else { return Ok(None) };
    let fraction = || number.as_f64().filter(|seconds| *seconds >= 0.0).map(|seconds| seconds as u64);
    let seconds = number.as_u64().or_else(fraction);
    seconds.map(Some).ok_or_else(|| serde::de::Error::custom("a moment before 1970"))
}

fn is_false(value: &bool) -> bool {
    !value
}

/// Metadata and attributes of a participant have room in it.
const MAX_TOKEN: usize = 256 * 1024;
/// How far the clock of who signs may be ahead of ours, in seconds.
const CLOCK_SKEW: u64 = 60;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: u64 = 1_800_000_000;
    const SECRET: &str = "a secret of more than thirty-two letters";

    fn keys() -> Keys {
        let mut keys = Keys::default();
        keys.insert("key", SECRET).unwrap();
        keys
    }

    fn signed(claims: &serde_json::Value) -> String {
        signed_with(claims, SECRET, Algorithm::HS256)
    }

    fn signed_with(claims: &serde_json::Value, secret: &str, algorithm: Algorithm) -> String {
        let key = EncodingKey::from_secret(secret.as_bytes());
        jsonwebtoken::encode(&Header::new(algorithm), claims, &key).unwrap()
    }

    fn verify(token: &str) -> Result<Claims, TokenError> {
        Claims::verify(token, &keys(), NOW)
    }

    #[test]
    fn what_is_signed_is_verified() {
        let mut claims = Claims::join("awa", "bilateral").until(NOW + 300);
        claims.name = "Awa".to_owned();
        claims.attributes.insert("role".to_owned(), "host".to_owned());
        claims.room_config = Some(proto::RoomConfiguration { max_participants: 12, ..Default::default() });

        let token = claims.sign(&keys(), "key").unwrap();

        assert_eq!(verify(&token), Ok(Claims { issuer: "key".to_owned(), ..claims }));
    }

    #[test]
    fn a_token_of_an_sdk_is_understood_and_unknown_claims_are_ignored() {
        let token = signed(&json!({
            "iss": "key", "sub": "awa", "name": "Awa", "nbf": NOW - 10, "exp": NOW + 21_600, "jti": "awa",
            "kind": "sip", "kindDetails": ["x"], "metadata": null, "attributes": {"a": "b"}, "inference": {"perform": true},
            "video": {"roomJoin": true, "room": "bilateral", "canPublish": false, "hidden": null, "news": 1,
                "canPublishSources": ["camera"], "canUpdateOwnMetadata": true},
            "roomConfig": {"emptyTimeout": 60, "max_participants": 3, "unheardOf": {}}
        }));

        let claims = verify(&token).unwrap();

        assert_eq!(
            (claims.identity.as_str(), claims.participant_kind()),
            ("awa", proto::participant_info::Kind::Sip)
        );
        assert_eq!((claims.video.can_publish, claims.video.can_subscribe), (Some(false), None));
        assert_eq!(claims.video.can_publish_sources, ["camera"]);
        let config = claims.room_config.unwrap();
        assert_eq!((config.empty_timeout, config.max_participants), (60, 3));
    }

    #[test]
    fn a_token_ends_on_the_second() {
        let token = signed(&json!({"iss": "key", "exp": NOW}));

        assert!(Claims::verify(&token, &keys(), NOW - 1).is_ok());
        assert_eq!(verify(&token), Err(TokenError::Expired(0)));
        assert_eq!(Claims::verify(&token, &keys(), NOW + 7), Err(TokenError::Expired(7)));
    }

    #[test]
    fn an_expiry_must_be_there_and_be_a_number() {
        assert_eq!(verify(&signed(&json!({"iss": "key"}))), Err(TokenError::NoExpiry));
        assert_eq!(verify(&signed(&json!({"iss": "key", "exp": null}))), Err(TokenError::NoExpiry));
        for exp in [json!("1900000000"), json!(-1), json!([NOW]), json!(true)] {
            assert_eq!(
                verify(&signed(&json!({"iss": "key", "exp": exp}))),
                Err(TokenError::Malformed),
                "{exp}"
            );
        }
        assert!(verify(&signed(&json!({"iss": "key", "exp": 1_900_000_000.5}))).is_ok());
    }

    #[test]
    fn a_token_from_the_future_waits_for_its_hour() {
        let begins =
            |nbf: serde_json::Value| verify(&signed(&json!({"iss": "key", "exp": NOW + 999, "nbf": nbf})));

        assert!(begins(json!(NOW + CLOCK_SKEW)).is_ok());
        assert_eq!(begins(json!(NOW + 61)), Err(TokenError::NotYet(61)));
        assert_eq!(begins(json!("0")), Err(TokenError::Malformed));
        assert_eq!(begins(json!(u64::MAX)), Err(TokenError::NotYet(u64::MAX - NOW)));
    }

    #[test]
    fn only_the_issuers_own_key_verifies() {
        let claims = json!({"iss": "key", "exp": NOW + 9});
        let forged = signed_with(&claims, "another secret of thirty-two letters", Algorithm::HS256);
        assert_eq!(verify(&forged), Err(TokenError::Signature));

        assert_eq!(verify(&signed(&json!({"iss": "other", "exp": NOW + 9}))), Err(TokenError::UnknownKey));
        assert_eq!(verify(&signed(&json!({"exp": NOW + 9}))), Err(TokenError::Malformed));
    }

    #[test]
    fn no_other_algorithm_is_taken() {
        let claims = json!({"iss": "key", "exp": NOW + 9});
        for algorithm in [Algorithm::HS384, Algorithm::HS512] {
            assert_eq!(verify(&signed_with(&claims, SECRET, algorithm)), Err(TokenError::Malformed));
        }

        let good = signed(&claims);
        let (_, rest) = good.split_once('.').unwrap();
        let (payload, signature) = rest.split_once('.').unwrap();
        for header in
            [r#"{"alg":"none"}"#, r#"{"alg":"RS256"}"#, r#"{"alg":"ES256"}"#, r#"{"alg":"NONE"}"#, "{}"]
        {
            let header = BASE64_URL_SAFE_NO_PAD.encode(header);
            for signature in [signature, ""] {
                let token = format!("{header}.{payload}.{signature}");
                assert!(
                    matches!(verify(&token), Err(TokenError::Malformed | TokenError::Signature)),
                    "{token}"
                );
            }
        }
    }

    #[test]
    fn a_changed_token_is_refused() {
        let token = signed(&json!({"iss": "key", "sub": "awa", "exp": NOW + 9}));
        let changed =
            BASE64_URL_SAFE_NO_PAD.encode(json!({"iss": "key", "sub": "eve", "exp": NOW + 9}).to_string());
        let parts: Vec<&str> = token.split('.').collect();

        assert_eq!(verify(&format!("{}.{changed}.{}", parts[0], parts[2])), Err(TokenError::Signature));
    }

    #[test]
    fn garbage_is_no_token() {
        for token in ["", ".", "..", "a.b.c", "a.b.c.d", "\0", "Bearer x", "e30.e30.e30"] {
            assert_eq!(verify(token), Err(TokenError::Malformed), "{token:?}");
        }
        assert_eq!(verify(&"x".repeat(300_000)), Err(TokenError::TooLong(300_000)));
        assert_eq!(
            verify(&signed(&json!({"iss": "key", "exp": NOW + 9, "video": "all"}))),
            Err(TokenError::Malformed)
        );
    }

    #[test]
    fn nothing_is_signed_without_an_expiry_or_a_key() {
        assert_eq!(Claims::join("awa", "bilateral").sign(&keys(), "key"), None);
        assert_eq!(Claims::join("awa", "bilateral").until(NOW).sign(&keys(), "other"), None);
    }

    #[test]
    fn who_comes_back_has_the_rights_that_it_had() {
        let permission = proto::ParticipantPermission {
            can_subscribe: true,
            can_publish: true,
            can_publish_sources: vec![proto::TrackSource::Microphone as i32],
            can_update_metadata: true,
            ..Default::default()
        };
        let participant = proto::ParticipantInfo {
            identity: "awa".to_owned(),
            kind: proto::participant_info::Kind::Agent as i32,
            permission: Some(permission.clone()),
            ..Default::default()
        };

        let claims = Claims::of_participant("bilateral", &participant).until(NOW + 600);
        let back = verify(&claims.sign(&keys(), "key").unwrap()).unwrap();

        assert_eq!(back.video.permission(), permission);
        assert_eq!(back.participant_kind(), proto::participant_info::Kind::Agent);
        assert!(back.video.room_join);
    }
}

//! The access tokens with which browsers go from the office to the room.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde_json::{Value, json};

use super::{Admission, Meeting};
use crate::config::ApiSecret;

/// Signs admissions, and recognises those it has signed.
#[derive(Clone)]
pub struct Tokens {
    key: String,
    secret: ApiSecret,
}

impl Tokens {
    /// Signs with the first of the API keys.
    ///
    /// # Panics
    /// When there is no key; a server always has one.
    #[must_use]
    pub fn new(keys: &BTreeMap<String, ApiSecret>) -> Self {
        let (key, secret) = keys.first_key_value().expect("a server has an API key");
        Self { key: key.clone(), secret: secret.clone() }
    }

    /// The token of an admission. It is good for five minutes, during which the browser opens its connection; there
    /// it gets fresh ones.
    #[must_use]
    pub fn mint(&self, admission: &Admission, now: Timestamp) -> String {
        let claims = json!({
            "iss": self.key,
            "sub": admission.identity,
            "name": admission.name,
            "nbf": now.as_second() - 10,
            "exp": now.as_second() + LIFETIME.as_secs() as i64,
            "attributes": { ROLE: admission.role.as_str() },
            "video": {
                "room": admission.meeting.as_str(),
                "roomJoin": true,
                "roomAdmin": admission.is_host(),
                "canPublish": true,
                "canSubscribe": true,
                "canPublishData": true,
                "canUpdateOwnMetadata": true,
            },
        });
        let key = EncodingKey::from_secret(self.secret.expose().as_bytes());
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)
            .expect("claims of ours can be signed")
    }

    /// Whom an earlier token of ours let into a meeting, though it may have expired, within twelve hours.
    #[must_use]
    pub fn previous(&self, meeting: &Meeting, token: &str, now: Timestamp) -> Option<Admission> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[&self.key]);
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        // Our own clock decides below, with our own leeway.
        validation.validate_exp = false;
        let key = DecodingKey::from_secret(self.secret.expose().as_bytes());
        let claims = jsonwebtoken::decode::<Value>(token, &key, &validation).ok()?.claims;

        let expired_at = claims["exp"].as_i64()?;
        let video = &claims["video"];
        let is_good = expired_at > now.as_second() - MEMORY.as_secs() as i64
            && video["roomJoin"] == true
            && video["room"] == meeting.code.as_str();
        if !is_good {
            return None;
        }
        let identity = claims["sub"].as_str()?.to_owned();
        let name = claims["name"].as_str()?.to_owned();
        Some(Admission::admitted_guest(meeting, identity, name))
    }
}

/// The participant attribute that says what somebody is in the meeting.
pub const ROLE: &str = "palabre.role";
const LIFETIME: Duration = Duration::from_secs(5 * 60);
/// How long an admission is remembered by the token it gave.
pub const MEMORY: Duration = Duration::from_secs(12 * 3600);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::UserId;
    use crate::meetings::MeetingCode;

    #[test]
    fn who_was_in_before_is_recognised_for_twelve_hours_at_the_same_meeting() {
        let (tokens, meeting, now) = (tokens("a"), meeting(), Timestamp::UNIX_EPOCH + MEMORY);
        let guest = Admission::new_guest(&meeting, "Awa".to_owned());
        let token = tokens.mint(&guest, now);

        let later = now + MEMORY;
        assert_eq!(tokens.previous(&meeting, &token, later), Some(guest));
        let too_late = later + LIFETIME;
        assert_eq!(tokens.previous(&meeting, &token, too_late), None);
        let elsewhere = self::meeting();
        assert_eq!(tokens.previous(&elsewhere, &token, now), None);
    }

    #[test]
    fn a_token_that_somebody_else_signed_is_as_none() {
        let (meeting, now) = (meeting(), Timestamp::UNIX_EPOCH);
        let guest = Admission::new_guest(&meeting, "Awa".to_owned());
        let theirs = tokens("b").mint(&guest, now);
        let (header, rest) = theirs.split_once('.').unwrap();
        let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", rest.split('.').next().unwrap());

        for token in [&*theirs, &unsigned, "", "a.b.c", header] {
            assert_eq!(tokens("a").previous(&meeting, token, now), None, "{token}");
        }
    }

    fn tokens(secret: &str) -> Tokens {
        let secret = ApiSecret::new(&secret.repeat(32)).unwrap();
        Tokens::new(&BTreeMap::from([("key".to_owned(), secret)]))
    }

    fn meeting() -> Meeting {
        Meeting {
            code: MeetingCode::random(),
            title: "Bilateral".to_owned(),
            owner: UserId::random(),
            waiting_room: true,
            locked: false,
            created_at: Timestamp::UNIX_EPOCH,
        }
    }
}

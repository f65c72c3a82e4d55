//! The server API as programs with a key use it.

use std::time::{SystemTime, UNIX_EPOCH};

use palabre::config::Config;
use serde_json::Value;
use signaling_proto::token::Claims;

use crate::browser::Office;

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

/// Gives a server the key `sdk`.
pub(crate) fn add_key(config: &mut Config) {
    config.keys.insert("sdk", "a secret of more than thirty-two letters").expect("a long secret");
}

/// A token of that key, good for a minute.
pub(crate) fn sign(office: &Office, claims: Claims) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_secs();
    claims.until(now + 60).sign(&office.server.app.config.keys, "sdk").expect("the key is known")
}

/// Calls a method of the SIP service.
pub(crate) async fn ask(office: &Office, method: &str, claims: Claims, body: Value) -> Answer {
    let url = format!("{}/twirp/livekit.SIP/{method}", office.base());
    let request = reqwest::Client::new().post(url).bearer_auth(sign(office, claims)).json(&body);
    let answer = request.send().await.expect("an answer");
    Answer { status: answer.status().as_u16(), body: answer.json().await.expect("JSON") }
}

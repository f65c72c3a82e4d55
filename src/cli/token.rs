//! `palabre token`: an access token for a client SDK or the room API.

use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;

use super::say;
use crate::config::{Config, span};
use crate::keys;

#[derive(Debug, Args)]
pub(super) struct Token {
    /// Name of the key in `[keys]` that signs it; the first one if not given.
    #[arg(long)]
    key: Option<String>,
    /// Who it is for; unique in the room.
    #[arg(long)]
    identity: String,
    /// The room it opens.
    #[arg(long)]
    room: String,
    /// As others see the participant; the identity if not given.
    #[arg(long)]
    name: Option<String>,
    /// How long it is good, such as 15m, 6h or 2d.
    #[arg(long, default_value = "6h", value_parser = valid_for)]
    valid_for: Duration,
    /// Text that goes with the participant.
    #[arg(long)]
    metadata: Option<String>,
    /// May direct the room, and create and list rooms.
    #[arg(long)]
    admin: bool,
    /// May not send audio or video.
    #[arg(long)]
    no_publish: bool,
    /// May not receive audio or video.
    #[arg(long)]
    no_subscribe: bool,
    /// Is not shown to the others.
    #[arg(long)]
    hidden: bool,
}

impl Token {
    pub(super) fn run(self, config: &Config) -> anyhow::Result<()> {
        let keys =
            if config.keys.is_empty() { keys::generated(&config.store.dir)? } else { config.keys.clone() };
        let (key, secret) = match &self.key {
            Some(name) => {
                keys.get_key_value(name).with_context(|| format!("there is no key {name:?} in [keys]"))?
            }
            None => keys.first_key_value().context("there is no key in [keys]")?,
        };

        let now = Timestamp::now().as_second();
        let claims = json!({
            "iss": key,
            "sub": self.identity,
            "name": self.name.as_ref().unwrap_or(&self.identity),
            "metadata": self.metadata.unwrap_or_default(),
            "nbf": now - 10,
            "exp": now + self.valid_for.as_secs() as i64,
            "video": {
                "room": self.room,
                "roomJoin": true,
                "roomAdmin": self.admin,
                "roomCreate": self.admin,
                "roomList": self.admin,
                "canPublish": !self.no_publish,
                "canPublishData": !self.no_publish,
                "canSubscribe": !self.no_subscribe,
                "canUpdateOwnMetadata": true,
                "hidden": self.hidden,
            },
        });
        let signing = EncodingKey::from_secret(secret.expose().as_bytes());
        say(&jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &signing)?)
    }
}

fn valid_for(text: &str) -> Result<Duration, String> {
    span(text).ok_or_else(|| "write it like 90s, 15m, 6h or 2d".to_owned())
}

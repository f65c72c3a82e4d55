//! `palabre token`: an access token for a client SDK or the room API.

use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use jiff::Timestamp;
use signaling_proto::token::Claims;

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
        let keys = match config.keys.first() {
            Some(_) => config.keys.clone(),
            None => keys::generated(&config.store.dir)?,
        };
        let key = match &self.key {
            Some(name) => name,
            None => keys.first().context("there is no key in [keys]")?,
        };

        let mut claims = Claims::join(&self.identity, &self.room);
        claims.name = self.name.unwrap_or(self.identity);
        claims.metadata = self.metadata.unwrap_or_default();
        claims.video.room_admin = self.admin;
        claims.video.room_create = self.admin;
        claims.video.room_list = self.admin;
        claims.video.can_publish = self.no_publish.then_some(false);
        claims.video.can_subscribe = self.no_subscribe.then_some(false);
        claims.video.can_update_own_metadata = Some(true);
        claims.video.hidden = self.hidden;
        let now = u64::try_from(Timestamp::now().as_second())?;
        claims.not_before = Some(now);
        let token = claims
            .until(now + self.valid_for.as_secs())
            .sign(&keys, key)
            .with_context(|| format!("there is no key {key:?} in [keys]"))?;
        say(&token)
    }
}

fn valid_for(text: &str) -> Result<Duration, String> {
    span(text).ok_or_else(|| "write it like 90s, 15m, 6h or 2d".to_owned())
}

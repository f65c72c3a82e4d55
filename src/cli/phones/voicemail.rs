//! `palabre extension voicemail`.

use std::time::Duration;

use anyhow::Context as _;
use clap::Args;

use super::extension::valid_span;
use super::{change, read, say};
use crate::accounts::Passwords;
use crate::config::Config;

#[derive(Debug, Args)]
pub(in crate::cli) struct Voicemail {
    /// Whose calls.
    number: String,
    /// How long it rings before a call goes to the mailbox, such as 20s.
    #[arg(long, value_parser = valid_span, default_value = "20s", conflicts_with = "off")]
    after: Duration,
    /// Take the mailbox away.
    #[arg(long)]
    off: bool,
    /// Make a new PIN for opening it by dialling *97, and show it once.
    #[arg(long, conflicts_with = "off")]
    new_pin: bool,
}

impl Voicemail {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let (store, plan) = read(config).await?;
        let extension = plan.extension(&self.number);
        let mut extension =
            extension.cloned().with_context(|| format!("there is no extension {}", self.number))?;
        extension.voicemail = (!self.off).then_some(self.after);
        let mut change = change(&store).await?;
        change.change_extension(extension).await?;
        change.commit().await?;
        if self.new_pin {
            let pin = format!("{:06}", rand::random_range(0..1_000_000_u32));
            let hash = Passwords::default().hash(pin.clone()).await?;
            store.set_mailbox_pin(&self.number, &hash).await?;
            say(&format!("The PIN of the mailbox is {pin}."))?;
        }
        store.close().await;
        match self.off {
            true => say(&format!("Extension {} has no mailbox any more.", self.number)),
            false => {
                let seconds = self.after.as_secs();
                say(&format!("Calls to {} go to its mailbox after {seconds} seconds.", self.number))
            }
        }
    }
}

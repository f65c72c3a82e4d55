//! `palabre mail`: whether mails arrive.

use anyhow::{Context as _, bail};
use clap::Subcommand;
use jiff::Timestamp;

use super::{open_store, say};
use crate::accounts::Email;
use crate::audit;
use crate::config::Config;
use crate::mail::{Delivered, Purpose, Relay, deliver_now, test_letter};

#[derive(Debug, Subcommand)]
pub(super) enum Mail {
    /// Sends a mail to an address and says what the mail server says.
    Test {
        /// To whom.
        address: String,
    },
}

impl Mail {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let Self::Test { address } = self;
        let email = Email::new(&address)?;
        let relay = Relay::of(&config.mail)?.context("no mail is sent: `mail.server` is not configured")?;
        let now = Timestamp::now();
        let mail = test_letter(email).write(&relay, Purpose::Test, now)?;
        let store = open_store(config).await?;
        let id = store.enqueue_mail(&mail, now).await?;
        audit::append(&store, now, &audit::Entry::console("mail.test", &address)).await?;
        let delivered = deliver_now(&store, &relay, id, now).await?;
        store.close().await;
        match delivered {
            Some(Delivered::Taken) => say(&format!("{} has taken the mail to {address}.", relay.server())),
            // A server that runs beside us was quicker.
            None => say("The server that is running sends it."),
            Some(Delivered::Postponed(reason)) => {
                bail!("{} has not taken the mail: {reason}; the server tries again", relay.server())
            }
            Some(Delivered::Failed(reason)) => bail!("{} refuses the mail: {reason}", relay.server()),
        }
    }
}

//! `palabre audit`: whether the audit log is as it was written.

use anyhow::bail;
use clap::Subcommand;

use super::{open_store, say};
use crate::audit::{self, Head};
use crate::config::Config;

#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Recomputes the log's chain, and says the newest hash, by which a shortened log is found out later.
    Verify {
        /// What an earlier check said, NUMBER:HASH; the log must still contain it.
        #[arg(long)]
        expect: Option<String>,
    },
}

impl Audit {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let Self::Verify { expect } = self;
        let expected = match expect.as_deref().map(Head::parse) {
            None => None,
            Some(Some(head)) => Some(head),
            Some(None) => bail!("--expect takes what an earlier check has said, NUMBER:HASH"),
        };
        let store = open_store(config).await?;
        let checked = audit::inspect(&store, expected.as_ref()).await?;
        store.close().await;
        match checked {
            Ok(None) => say("The log is empty."),
            Ok(Some(head)) => say(&format!(
                "The log is whole: {} entries.\nKeep this elsewhere, and give it to --expect next time: {head}",
                head.entries
            )),
            Err(broken) => bail!("{broken}"),
        }
    }
}

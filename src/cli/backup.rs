//! `palabre backup` and `palabre restore`.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;

use super::{open_store, say};
use crate::audit::{self, Entry};
use crate::backup;
use crate::config::Config;

#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The archive to make; it must not exist. Whoever has it has all secrets of the house.
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// An archive that `palabre backup` has made.
    file: PathBuf,
}

impl Backup {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let (store, now) = (open_store(config).await?, Timestamp::now());
        // First, so that the backup says itself that it was made.
        audit::append(&store, now, &Entry::console("backup.make", "")).await?;
        let saved = backup::save(config, &store, &self.file, now).await?;
        store.close().await;
        say(&format!(
            "{} holds {} files, {} bytes. It contains all secrets of the house: keep it as safe as the server.",
            self.file.display(),
            saved.files,
            saved.bytes
        ))
    }
}

impl Restore {
    /// Into the configured directory. The server must not run there, and there is nothing yet that it could run with.
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let dir = &config.store.dir;
        let restored = backup::restore(&self.file, dir)?;
        // Brings an older database up to date, and shows that it can be read.
        let store = open_store(config).await?;
        let entry = Entry::console("backup.restore", &restored.made_at.to_string());
        audit::append(&store, Timestamp::now(), &entry).await?;
        store.close().await;
        say(&format!(
            "{} files of {} (version {}) are in {}; `palabre serve` starts with them.",
            restored.files,
            restored.made_at,
            restored.program,
            dir.display()
        ))?;
        for name in restored.elsewhere {
            say(&format!(
                "What lay elsewhere is in {}: name it in the configuration, or put it back.",
                dir.join(name).display()
            ))?;
        }
        Ok(())
    }
}

//! `palabre tariff`: what calls cost and did cost, from tables.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::{open_store, say};
use crate::config::Config;
use crate::store::{By, Import, Store};
use crate::tariffs::{Fault, LARGEST_IMPORT, Owners, rates, tariffs};

#[derive(Debug, Subcommand)]
pub(super) enum Tariff {
    /// Takes in tariffs of posts and trunks; see docs/savings.md for the columns.
    Import(Table),
    /// Takes in what currencies are worth, by month.
    Rates(Table),
}

#[derive(Debug, Args)]
pub(super) struct Table {
    /// A table in UTF-8, with commas or semicolons.
    file: PathBuf,
    /// Says what would be wrong, and changes nothing.
    #[arg(long)]
    dry_run: bool,
    /// Takes away everything that is there.
    #[arg(long)]
    replace: bool,
}

impl Tariff {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let store = open_store(config).await?;
        let (by, now) = (By::console(), Timestamp::now());
        let (table, lines) = match &self {
            Self::Import(table) => {
                let lines = whole(tariffs(&table.read()?, &owners(&store, config).await?))?;
                if !table.dry_run {
                    store.import_tariffs(&lines, table.how(), &by, now).await?;
                }
                (table, lines.len())
            }
            Self::Rates(table) => {
                let lines = whole(rates(&table.read()?, config.house.currency))?;
                if !table.dry_run {
                    store.import_rates(&lines, table.how(), &by, now).await?;
                }
                (table, lines.len())
            }
        };
        store.close().await;
        say(&match table.dry_run {
            true => format!("All {lines} lines are good; nothing was changed."),
            false => format!("{lines} lines were taken in; the server rates everything anew."),
        })
    }
}

impl Table {
    fn how(&self) -> Import {
        if self.replace { Import::Replace } else { Import::Add }
    }

    fn read(&self) -> anyhow::Result<String> {
        read(&self.file)
    }
}

fn read(file: &Path) -> anyhow::Result<String> {
    let size = std::fs::metadata(file).with_context(|| format!("{} cannot be read", file.display()))?.len();
    if size > LARGEST_IMPORT as u64 {
        bail!("{} is larger than {} MiB: import it in parts", file.display(), LARGEST_IMPORT >> 20);
    }
    let text = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    String::from_utf8(text).ok().with_context(|| format!("{} is not in UTF-8", file.display()))
}

fn whole<T>(read: Result<Vec<T>, Vec<Fault>>) -> anyhow::Result<Vec<T>> {
    read.map_err(|faults| {
        let faults: Vec<String> =
            faults.iter().map(|fault| format!("line {}: {}", fault.line, fault.reason)).collect();
        anyhow::anyhow!("nothing was taken in:\n  {}", faults.join("\n  "))
    })
}

async fn owners(store: &Store, config: &Config) -> anyhow::Result<Owners> {
    let plan = store.read_plan(&config.sip.realm).await?.plan;
    let posts =
        plan.posts.iter().map(|post| (post.name.to_lowercase(), post.id.0)).collect::<HashMap<_, _>>();
    let trunks = plan.trunks.iter().map(|trunk| (trunk.name.to_lowercase(), trunk.id.0)).collect();
    Ok(Owners { posts, trunks })
}

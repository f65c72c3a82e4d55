//! `palabre user import|export` and the same for posts: tables from and for spreadsheets.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use jiff::Timestamp;

use super::{open_store, say};
use crate::accounts::ldap::Directory;
use crate::config::Config;
use crate::people::{
    Import as Importing, LineReport, MOST_BYTES, Report, Separator, What, export_posts, export_users,
    import_people, import_posts, text_of,
};
use crate::store::By;

/// A table to be brought in.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// The table, in UTF-8, with commas or semicolons; its first line names the columns.
    file: PathBuf,
    /// Say what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Where a table goes.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// Write semicolons, and the mark by which French spreadsheets know UTF-8.
    #[arg(long)]
    semicolon: bool,
}

impl Import {
    /// Brings accounts in, with passwords if asked for, which are printed as a table.
    pub(super) async fn users(self, config: &Config, passwords: bool) -> anyhow::Result<()> {
        let text = read(&self.file)?;
        let store = open_store(config).await?;
        let now = Timestamp::now();
        let mut change = store.change_plan(By::console(), now).await?;
        let import = Importing { by: None, passwords, limit: config.limits.users, now };
        let (report, made) = import.run(&mut change, &text).await?;
        let done = report.is_good() && !self.dry_run;
        if done {
            change.commit().await?;
        } else {
            drop(change);
        }
        store.close().await;
        if done && !made.is_empty() {
            let lines = made.iter().map(|(email, password)| crate::csv::line(&[email.as_str(), password]));
            say(crate::csv::line(&["email", "password"]).trim_end())?;
            say(lines.collect::<String>().trim_end())?;
        }
        tell(&report, done)
    }

    /// Brings posts in.
    pub(super) async fn posts(self, config: &Config) -> anyhow::Result<()> {
        let text = read(&self.file)?;
        let store = open_store(config).await?;
        let crate::store::ReadPlan { plan, house, .. } = store.read_plan(&config.sip.realm).await?;
        let mut change = store.change_plan(By::console(), Timestamp::now()).await?;
        let report = import_posts(&mut change, &plan, &house, &text).await?;
        let done = report.is_good() && !self.dry_run;
        if done {
            change.commit().await?;
        } else {
            drop(change);
        }
        store.close().await;
        tell(&report, done)
    }
}

impl Export {
    pub(super) async fn users(self, config: &Config) -> anyhow::Result<()> {
        let store = open_store(config).await?;
        let plan = store.read_plan(&config.sip.realm).await?.plan;
        let users = store.users().await?;
        store.close().await;
        say(export_users(&users, &plan, self.separator()).trim_end())
    }

    pub(super) async fn posts(self, config: &Config) -> anyhow::Result<()> {
        let store = open_store(config).await?;
        let crate::store::ReadPlan { plan, house, .. } = store.read_plan(&config.sip.realm).await?;
        store.close().await;
        say(export_posts(&plan, &house, self.separator()).trim_end())
    }

    fn separator(&self) -> Separator {
        if self.semicolon { Separator::Semicolon } else { Separator::Comma }
    }
}

/// Makes the accounts of the ministry's directory what it says now.
pub(super) async fn directory(config: &Config, dry_run: bool) -> anyhow::Result<()> {
    if !config.ldap.is_on() {
        bail!("there is no directory: set ldap.url");
    }
    let people = Directory::new(config.ldap.clone())?.people().await?;
    let store = open_store(config).await?;
    let now = Timestamp::now();
    let mut change = store.change_plan(By::console(), now).await?;
    let report = import_people(&mut change, &people, config.limits.users, now).await?;
    if dry_run {
        drop(change);
    } else {
        change.commit().await?;
    }
    store.close().await;
    for line in &report.lines {
        let LineReport { name, what, fault, .. } = line;
        match fault {
            Some(fault) => say(&format!("{name}: {}", fault.reason))?,
            None if *what == What::Add => say(&format!("{name} is new"))?,
            None => say(&format!("{name} is changed"))?,
        }
    }
    let (verb, Report { added, changed, same, faulty, .. }) =
        (if dry_run { "would be" } else { "were" }, &report);
    say(&format!("{added} {verb} added, {changed} changed, {same} are the same, {faulty} cannot be taken."))
}

fn read(file: &Path) -> anyhow::Result<String> {
    let unreadable = || format!("{} cannot be read", file.display());
    let size = std::fs::metadata(file).with_context(unreadable)?.len();
    if size > MOST_BYTES as u64 {
        bail!("{} is larger than {} MiB: import it in parts", file.display(), MOST_BYTES >> 20);
    }
    Ok(text_of(std::fs::read(file).with_context(unreadable)?)?)
}

fn tell(report: &Report, done: bool) -> anyhow::Result<()> {
    if !report.is_good() {
        let faults = report.lines.iter().filter(|line| line.fault.is_some());
        let mut told: Vec<String> = faults.map(ToString::to_string).collect();
        if report.faulty > told.len() {
            told.push(format!("and {} more", report.faulty - told.len()));
        }
        bail!("nothing was changed:\n  {}", told.join("\n  "));
    }
    if !done {
        for line in &report.lines {
            say(&line.to_string())?;
        }
    }
    let (verb, Report { added, changed, same, .. }) = (if done { "were" } else { "would be" }, report);
    say(&format!("{added} {verb} added, {changed} changed, {same} are the same."))
}

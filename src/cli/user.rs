//! `palabre user`: accounts from the console.

use std::io::BufRead as _;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::{open_store, say};
use crate::accounts::{self, Email, Passwords, Role, check_password, display_name};
use crate::audit;
use crate::config::Config;
use crate::store::{By, Store, StoreError};

#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Adds an account; its password is asked for.
    Add(Add),
    /// Lists the accounts.
    List,
    /// Gives an account an extension to answer in the browser, or takes it away.
    Change(Change),
    /// Removes an account with its sign-ins and meetings.
    Remove {
        /// Whose.
        #[arg(long)]
        email: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// For signing in.
    #[arg(long)]
    email: String,
    /// As others see it.
    #[arg(long)]
    name: String,
    /// What the account may do.
    #[arg(long, value_enum, default_value = "user")]
    role: Role,
    /// The extension that the account answers in the browser.
    #[arg(long)]
    extension: Option<String>,
    /// Read the password from the first line of standard input instead of asking.
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Debug, Args)]
pub(super) struct Change {
    /// Whose.
    #[arg(long)]
    email: String,
    /// The number of the extension, or `none`.
    #[arg(long)]
    extension: String,
}

impl User {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => add.run(config).await,
            Self::List => list(config).await,
            Self::Change(change) => change.run(config).await,
            Self::Remove { email } => remove(config, &email).await,
        }
    }
}

impl Add {
    async fn run(self, config: &Config) -> anyhow::Result<()> {
        let email = Email::new(&self.email)?;
        let name = display_name(&self.name)?;
        let password = password(self.password_stdin)?;
        check_password(&password, self.role)?;

        let hash = Passwords::default().hash(password).await?;
        let store = open_store(config).await?;
        let user = accounts::User::new(name, email, self.role, Timestamp::now());
        match store.insert_user(&user, &hash, config.limits.users).await {
            Err(StoreError::Exists) => bail!("there is an account with this e-mail address already"),
            other => other?,
        }
        let entry = audit::Entry::console("user.add", user.id.as_str());
        audit::append(&store, Timestamp::now(), &entry).await?;
        if self.extension.is_some() {
            set_extension(&store, &user, self.extension.as_deref()).await?;
        }
        store.close().await;
        say(&format!("{} may sign in now.", user.email.as_str()))
    }
}

impl Change {
    async fn run(self, config: &Config) -> anyhow::Result<()> {
        let email = Email::new(&self.email)?;
        let store = open_store(config).await?;
        let Some((user, _)) = store.user_by_email(&email).await? else {
            bail!("there is no account with this e-mail address");
        };
        let extension = Some(self.extension.trim()).filter(|number| *number != "none");
        set_extension(&store, &user, extension).await?;
        store.close().await;
        match extension {
            Some(number) => say(&format!("{} answers extension {number}.", email.as_str())),
            None => say(&format!("{} has no extension any more.", email.as_str())),
        }
    }
}

async fn set_extension(store: &Store, user: &accounts::User, extension: Option<&str>) -> anyhow::Result<()> {
    let mut change = store.change_plan(By::console(), Timestamp::now()).await?;
    change.set_user_extension(&user.id, extension).await?;
    Ok(change.commit().await?)
}

async fn list(config: &Config) -> anyhow::Result<()> {
    let store = open_store(config).await?;
    for user in store.users().await? {
        let (email, role) = (user.email.as_str(), user.role.as_str());
        let extension = user.extension.as_deref().unwrap_or("-");
        say(&format!("{email}\t{role}\t{extension}\t{}", user.name))?;
    }
    store.close().await;
    Ok(())
}

async fn remove(config: &Config, email: &str) -> anyhow::Result<()> {
    let email = Email::new(email)?;
    let store = open_store(config).await?;
    let Some((user, _)) = store.user_by_email(&email).await? else {
        bail!("there is no account with this e-mail address");
    };
    store.delete_user(&user.id).await?;
    let entry = audit::Entry::console("user.remove", user.id.as_str());
    audit::append(&store, Timestamp::now(), &entry).await?;
    store.close().await;
    say(&format!("{} is removed.", email.as_str()))
}

fn password(from_stdin: bool) -> anyhow::Result<String> {
    if from_stdin {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).context("the password could not be read")?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let first = rpassword::prompt_password("Password: ").context("no password was read")?;
    let second = rpassword::prompt_password("Once more: ").context("no password was read")?;
    if first != second {
        bail!("the two passwords are not the same");
    }
    Ok(first)
}

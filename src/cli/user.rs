//! `palabre user`: accounts from the console.

use std::io::BufRead as _;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::people::{self, Export, Import};
use super::{open_store, say};
use crate::accounts::{self, Email, Passwords, Role, check_password, display_name};
use crate::audit;
use crate::config::Config;
use crate::store::{By, PlanChange};

#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Adds an account; its password is asked for.
    Add(Add),
    /// Lists the accounts.
    List,
    /// Changes what an account is, where, and what it answers in the browser.
    Change(Change),
    /// Adds and changes accounts as a table says: every line of it or none.
    Import {
        #[command(flatten)]
        import: Import,
        /// Make passwords for new accounts and print them; their holders change them first of all.
        #[arg(long)]
        passwords: bool,
    },
    /// Makes the accounts of the ministry's directory what it says now.
    Directory {
        /// Say what would be done, and do nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Prints the accounts as a table that can be imported.
    Export(Export),
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
    #[command(flatten)]
    card: Card,
    /// Read the password from the first line of standard input instead of asking.
    #[arg(long)]
    password_stdin: bool,
    /// Make the password, print it, and let the holder change it first of all.
    #[arg(long, conflicts_with = "password_stdin")]
    initial_password: bool,
}

#[derive(Debug, Args)]
pub(super) struct Change {
    /// Whose.
    #[arg(long)]
    email: String,
    /// The number of the extension that the account answers, or `none`.
    #[arg(long)]
    extension: Option<String>,
    /// As others see it.
    #[arg(long)]
    name: Option<String>,
    /// What the account may do.
    #[arg(long, value_enum)]
    role: Option<Role>,
    #[command(flatten)]
    card: Card,
    /// Lets nobody sign in with the account.
    #[arg(long, conflicts_with = "enable")]
    disable: bool,
    /// Lets its holder sign in again.
    #[arg(long)]
    enable: bool,
}

/// Who somebody is for others.
#[derive(Debug, Args)]
pub(super) struct Card {
    /// What somebody does in the house.
    #[arg(long)]
    function: Option<String>,
    /// The place in the order of protocol, from 1; 0 for none.
    #[arg(long)]
    rank: Option<u16>,
    /// The post to which the account belongs, or `none`.
    #[arg(long)]
    post: Option<String>,
    /// The languages that somebody speaks, as codes separated by commas, the best first.
    #[arg(long, value_delimiter = ',')]
    languages: Option<Vec<String>>,
}

impl Card {
    async fn on(self, change: &mut PlanChange, user: accounts::User) -> anyhow::Result<accounts::User> {
        let post = match self.post.as_deref() {
            None => user.post,
            Some("none") => None,
            Some(name) => Some(change.post_named(name).await?),
        };
        let rank = match self.rank {
            None => user.rank,
            Some(0) => None,
            Some(rank) => Some(accounts::rank(rank)?),
        };
        Ok(accounts::User {
            function: self.function.map_or(Ok(user.function), |text| accounts::function(&text))?,
            languages: self.languages.map_or(Ok(user.languages), |codes| accounts::languages(&codes))?,
            rank,
            post,
            ..user
        })
    }
}

impl User {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => add.run(config).await,
            Self::List => list(config).await,
            Self::Change(change) => change.run(config).await,
            Self::Import { import, passwords } => import.users(config, passwords).await,
            Self::Directory { dry_run } => people::directory(config, dry_run).await,
            Self::Export(export) => export.users(config).await,
            Self::Remove { email } => remove(config, &email).await,
        }
    }
}

impl Add {
    async fn run(self, config: &Config) -> anyhow::Result<()> {
        let email = Email::new(&self.email)?;
        let name = display_name(&self.name)?;
        let (initial, hash) = if self.initial_password {
            let (password, hash) = Passwords::initial_now()?;
            (Some(password), hash)
        } else {
            let password = password(self.password_stdin)?;
            check_password(&password, self.role, &[&name, email.as_str()])?;
            (None, Passwords::default().hash(password).await?)
        };

        let store = open_store(config).await?;
        let mut change = store.change_plan(By::console(), Timestamp::now()).await?;
        let user = accounts::User::new(name, email, self.role, Timestamp::now());
        let user = accounts::User { extension: self.extension, must_change: initial.is_some(), ..user };
        let user = self.card.on(&mut change, user).await?;
        change.add_user(&user, &hash, config.limits.users).await?;
        change.commit().await?;
        store.close().await;
        match initial {
            Some(password) => {
                say(&format!("{} may sign in with the password {password}", user.email.as_str()))
            }
            None => say(&format!("{} may sign in now.", user.email.as_str())),
        }
    }
}

impl Change {
    async fn run(self, config: &Config) -> anyhow::Result<()> {
        let email = Email::new(&self.email)?;
        let store = open_store(config).await?;
        let mut change = store.change_plan(By::console(), Timestamp::now()).await?;
        let Some(user) = change.user_by_email(&email).await? else {
            bail!("there is no account with this e-mail address");
        };
        let before = user.clone();
        let mut user = self.card.on(&mut change, user).await?;
        user.name = self.name.map_or(Ok(user.name), |name| display_name(&name))?;
        user.role = self.role.unwrap_or(user.role);
        user.disabled = (user.disabled || self.disable) && !self.enable;
        if user != before {
            change.change_user(&user).await?;
        }
        if let Some(extension) = &self.extension {
            let extension = Some(extension.trim()).filter(|number| *number != "none");
            change.set_user_extension(&user.id, extension).await?;
        }
        change.commit().await?;
        store.close().await;
        say(&format!("{} is changed.", email.as_str()))
    }
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

//! `palabre extension device`: the phones of an extension.

use std::io::BufRead as _;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde::Serialize;

use super::{change, extension, open_store, read, say, say_json, table};
use crate::config::Config;
use crate::directory::{DeviceView, PhonePassword, PhoneServer, blank, phone_server};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum DeviceCommand {
    /// Adds a phone; its password is made and shown once unless given.
    Add {
        /// To which extension.
        number: String,
        /// Its user name; made from the number if not given.
        #[arg(long, default_value = "")]
        username: String,
        /// What you call it, such as "Yealink, office".
        #[arg(long, default_value = "")]
        label: String,
        #[command(flatten)]
        password: PasswordArgs,
        /// Answer as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Gives a phone another password.
    Password {
        /// Whose phone.
        number: String,
        /// Its user name.
        username: String,
        #[command(flatten)]
        password: PasswordArgs,
        /// Answer as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists the phones of an extension.
    List {
        /// Which extension.
        number: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Removes a phone with its registrations.
    Remove {
        /// From which extension.
        number: String,
        /// Its user name.
        username: String,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct PasswordArgs {
    /// The password, 8 to 128 characters; better let it be made, since others may see command lines.
    #[arg(long, conflicts_with = "password_stdin")]
    password: Option<String>,
    /// Read the password from the first line of standard input.
    #[arg(long)]
    password_stdin: bool,
}

impl PasswordArgs {
    pub(super) fn take(&self) -> anyhow::Result<PhonePassword> {
        if self.password_stdin {
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line).context("the password could not be read")?;
            return Ok(PhonePassword::chosen(line.trim_end_matches(['\r', '\n']))?);
        }
        match &self.password {
            Some(password) => Ok(PhonePassword::chosen(password)?),
            None => Ok(PhonePassword::random()),
        }
    }
}

/// What somebody types into a phone.
#[derive(Debug, Serialize)]
pub(super) struct Given {
    pub(super) number: String,
    pub(super) username: String,
    pub(super) password: String,
}

/// Shows a phone's credentials, for the only time.
pub(super) fn say_credentials(config: &Config, given: &Given, json: bool) -> anyhow::Result<()> {
    #[derive(Serialize)]
    struct Answer<'a> {
        #[serde(flatten)]
        given: &'a Given,
        server: Option<PhoneServer>,
    }
    let server = phone_server(config, None);
    if json {
        return say_json(&Answer { given, server });
    }
    say(&format!("Type this into the phone of {}; the password is not shown again:\n", given.number))?;
    if let Some(server) = &server {
        let ways: Vec<String> = server
            .transports
            .iter()
            .map(|way| format!("{} {}", way.transport.to_uppercase(), way.port))
            .collect();
        say(&format!("  Server     {}", server.host))?;
        say(&format!("  Port       {}", ways.join(", ")))?;
    }
    say(&format!("  User       {}", given.username))?;
    say(&format!("  Password   {}", given.password))?;
    if server.is_none() {
        say("\nPhones are switched off on this server: see [sip] listen.")?;
    }
    Ok(())
}

impl DeviceCommand {
    pub(in crate::cli) async fn run(self, config: &Config) -> anyhow::Result<()> {
        match self {
            Self::Add { number, username, label, password, json } => {
                let password = password.take()?;
                let store = open_store(config).await?;
                let mut change = change(&store).await?;
                let device = blank::device(&username, &label);
                let username = change.add_device(&number, device, &password, &config.sip.realm).await?;
                change.commit().await?;
                store.close().await;
                let given = Given { number, username, password: password.expose().to_owned() };
                say_credentials(config, &given, json)
            }
            Self::Password { number, username, password, json } => {
                let password = password.take()?;
                let store = open_store(config).await?;
                let mut change = change(&store).await?;
                change.change_password(&number, &username, &password, &config.sip.realm).await?;
                change.commit().await?;
                store.close().await;
                let given = Given { number, username, password: password.expose().to_owned() };
                say_credentials(config, &given, json)
            }
            Self::List { number, json } => list(config, &number, json).await,
            Self::Remove { number, username } => {
                let store = open_store(config).await?;
                let mut change = change(&store).await?;
                change.remove_device(&number, &username).await?;
                change.commit().await?;
                store.close().await;
                say(&format!("The device {username} of {number} is removed."))
            }
        }
    }
}

async fn list(config: &Config, number: &str, json: bool) -> anyhow::Result<()> {
    let (store, plan) = read(config).await?;
    store.close().await;
    let extension = extension(&plan, number)?;
    if json {
        let devices: Vec<DeviceView> = extension.devices.iter().map(DeviceView::from).collect();
        return say_json(&devices);
    }
    let rows: Vec<[String; 2]> = extension
        .devices
        .iter()
        .map(|device| [device.username.clone(), table::or_dash(Some(&device.label))])
        .collect();
    table::print(["user", "label"], &rows, "This extension has no device yet.")
}

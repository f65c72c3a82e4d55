//! The command line.

mod admin_link;
mod serve;
mod token;
mod user;

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Parser, Subcommand};

use crate::config::{self, Config};
use crate::store::Store;

/// Video conferences, desk phones and scheduled meetings in one program.
#[derive(Debug, Parser)]
#[command(name = "palabre", version, about)]
pub struct Cli {
    /// The configuration file; `palabre.toml` if there is one.
    #[arg(long, global = true, env = "PALABRE_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts the server.
    Serve,
    /// Says in one sentence what is wrong with the configuration.
    Check,
    /// Prints an access token for a client SDK or the room API.
    Token(token::Token),
    /// Adds, lists and removes accounts.
    #[command(subcommand)]
    User(user::User),
    /// Prints a fresh one-time administrator link.
    AdminLink,
}

impl Cli {
    /// Does what the command line says.
    ///
    /// # Errors
    /// What is in the way, for the person at the console.
    pub fn run(self) -> anyhow::Result<()> {
        let config = config::load(self.config.as_deref())?;
        let runtime = tokio::runtime::Runtime::new().context("the runtime could not start")?;
        let done = runtime.block_on(async {
            match self.command {
                Command::Serve => serve::run(config).await,
                Command::Check => say(&format!(
                    "The configuration is good: HTTP on {}, media from {}, state in {}.",
                    config.http.listen,
                    config.sfu.listen,
                    config.store.dir.display()
                )),
                Command::Token(token) => token.run(&config),
                Command::User(user) => user.run(&config).await,
                Command::AdminLink => admin_link::run(&config).await,
            }
        });
        // Whatever still runs on a blocking thread is not worth waiting for.
        runtime.shutdown_background();
        done
    }
}

/// Prints a line.
fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

/// Opens the store of a server that may be running at the same time.
async fn open_store(config: &Config) -> anyhow::Result<Store> {
    Ok(Store::open(&config.store.dir).await?)
}

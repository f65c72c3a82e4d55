//! Runs a command behind a link with faults: in a network namespace of its own, from which one link leads here.
//!
//! ```text
//!   here                                  │ namespace of the command
//!   198.18.0.1 ─ near ─┐           ┌─ far ─ 198.18.0.2
//!                      └─ faults ──┘
//! ```
//!
//! Everything that speaks IP passes: UDP and TCP, browsers and phones. The link can be changed while the command runs,
//! by lines to `--control`. Needs the rights to make network devices, as root has them or `scripts/in-own-network`
//! gives them.

mod control;
mod ends;
mod relay;
mod sys;

use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use palabre_link::{Conditions, Schedule, profiles};

use crate::relay::Relay;

#[derive(Parser)]
#[command(about = "Runs a command behind a network link with faults", version)]
struct Options {
    /// A link by name; `--list` tells which there are.
    #[arg(long, conflicts_with_all = ["down", "up"])]
    profile: Option<String>,
    /// What the link is like towards the command: `rate=1M delay=300ms loss=1% queue=300ms …`
    #[arg(long, default_value = "")]
    down: String,
    /// What it is like from the command; the same as towards it if not said.
    #[arg(long)]
    up: Option<String>,
    /// Where lines are taken that change the link: `down rate=128k`, `up loss=5%`, `both cut`, `both whole`, `counts`.
    #[arg(long)]
    control: Option<SocketAddr>,
    /// Decides what is lost.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Tells the links that have names.
    #[arg(long)]
    list: bool,
    /// The command and its arguments.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    if options.list {
        list();
        return ExitCode::SUCCESS;
    }
    run(&options).unwrap_or_else(|error| {
        eprintln!("palabre-link: {error:#}");
        ExitCode::FAILURE
    })
}

fn run(options: &Options) -> Result<ExitCode> {
    let (down, up) = schedules(options)?;
    let (program, arguments) =
        options.command.split_first().context("say which command to run behind the link")?;

    let near = ends::near().context("cannot make this end of the link")?;
    let control = options.control.map(control::Control::listen).transpose()?;
    let far = ends::far(program, arguments).context("cannot make the other end of the link")?;
    let code = Relay::new(near, far, control, (down, up), options.seed).run()?;
    Ok(ExitCode::from(code))
}

fn schedules(options: &Options) -> Result<(Schedule, Schedule)> {
    if let Some(name) = &options.profile {
        let found = profiles().into_iter().find(|profile| profile.name == name);
        let schedule = found
            .with_context(|| format!("no link has the name {name:?}; --list tells which there are"))?
            .schedule;
        return Ok((schedule.clone(), schedule));
    }
    let steady = |words: &str| -> Result<Schedule> {
        let mut conditions = Conditions::default();
        conditions.amend(words)?;
        Ok(Schedule::steady(conditions))
    };
    Ok((steady(&options.down)?, steady(options.up.as_ref().unwrap_or(&options.down))?))
}

#[expect(clippy::print_stdout, reason = "it was asked for")]
fn list() {
    for profile in profiles() {
        println!("{:17}{}", profile.name, profile.about);
    }
}

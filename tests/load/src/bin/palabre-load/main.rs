//! Puts a load on any server that speaks the LiveKit client protocol, and says what became of the media.

#![expect(clippy::print_stdout, reason = "it is a program that prints a table")]

mod options;
mod progress;

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use palabre_load::case::{CANNED, Case};
use palabre_load::outcome::{Outcome, suite, table};
use palabre_load::run;
use serde::Serialize;
use tokio::runtime::Runtime;

use crate::options::Options;
use crate::progress::Line;

fn main() -> ExitCode {
    let options = Options::parse();
    match carry_out(&options) {
        Ok(whole) if options.strict && !whole => ExitCode::from(2),
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("palabre-load: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs one case or all canned ones; whether everything came whole.
fn carry_out(options: &Options) -> Result<bool> {
    let case = options.case()?;
    // One thread: what this program takes of the machine, it takes from the server beside it.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut outcomes = Vec::new();
    if options.run_all {
        for canned in CANNED {
            outcomes.push(run_one(&runtime, options, case.canned(canned))?);
        }
        print!("{}", suite(&outcomes));
        write(options, &outcomes)?;
    } else {
        let outcome = run_one(&runtime, options, case)?;
        print!("{}", table(&outcome));
        write(options, &outcome)?;
        outcomes.push(outcome);
    }
    Ok(outcomes.iter().all(Outcome::is_whole))
}

fn run_one(runtime: &Runtime, options: &Options, case: Case) -> Result<Outcome> {
    println!("{}", options::sentence(&case));
    let mut line = Line::default();
    let outcome = runtime.block_on(run::run(options.server(), case, |progress| line.show(&progress)));
    line.clear();
    Ok(outcome?)
}

fn write(options: &Options, figures: &impl Serialize) -> Result<()> {
    let Some(path) = &options.json else { return Ok(()) };
    let text = serde_json::to_vec_pretty(figures).context("write JSON")?;
    std::fs::write(path, text).with_context(|| format!("write {}", path.display()))
}

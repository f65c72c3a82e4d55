//! Puts a load on any server that speaks the LiveKit client protocol, and says what became of the media.

#![expect(clippy::print_stdout, reason = "it is a program that prints a table")]

mod options;
mod progress;

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use palabre_load::outcome::{Outcome, table};
use palabre_load::run;

use crate::options::Options;
use crate::progress::Line;

fn main() -> ExitCode {
    let options = Options::parse();
    match carry_out(&options) {
        Ok(outcome) if options.strict && !outcome.is_whole() => ExitCode::from(2),
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("palabre-load: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn carry_out(options: &Options) -> Result<Outcome> {
    let case = options.case()?;
    println!("{}", options::sentence(&case));
    // One thread: what this program takes of the machine, it takes from the server beside it.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut line = Line::default();
    let outcome = runtime.block_on(run::run(options.server(), case, |progress| line.show(&progress)));
    line.clear();
    let outcome = outcome?;
    print!("{}", table(&outcome));
    if let Some(path) = &options.json {
        let text = serde_json::to_vec_pretty(&outcome).context("write JSON")?;
        std::fs::write(path, text).with_context(|| format!("write {}", path.display()))?;
    }
    Ok(outcome)
}

//! Starts things; decides nothing.

use std::process::ExitCode;

use clap::Parser as _;
use palabre::cli::Cli;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Not the log: this is for the person at the console.
            let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("palabre: {error:#}\n"));
            ExitCode::FAILURE
        }
    }
}

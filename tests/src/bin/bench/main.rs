//! `make bench`: measures the program beside the machine's own limit, prints a table, writes `target/bench/report.json`.
//!
//! Figures are medians of several rounds in one run, given as cost per core, so that they compare between runs of a
//! busy machine better than throughput would. Give part of a measurement's name to run only the matching ones.

#![allow(clippy::print_stdout, reason = "the table is what this program is for")]

mod allocations;
mod crowd;
mod directory;
mod join;
mod machine;
mod media;
mod office;
mod overload;
mod program;
mod raw_limit;
mod report;
mod sip;
mod soak;

use anyhow::Result;
use report::Report;

/// A measurement, which adds its rows.
type Measurement = fn(&mut Report) -> Result<()>;

const MEASUREMENTS: [(&str, Measurement); 18] = [
    ("raw limit", raw_limit::measure),
    ("connections", media::connections),
    ("forwarding", media::forwarding),
    ("fan-out", media::fan_out),
    ("scaling", media::scaling),
    ("delay", media::delay),
    ("meeting", media::meeting),
    ("audio", media::audio),
    ("overload", overload::measure),
    ("directory", directory::measure),
    ("sip registrations", sip::registrations::measure),
    ("sip calls", sip::calls::measure),
    ("sip relay", sip::relay::measure),
    ("sip mixing", sip::mixing::measure),
    ("sip memory", sip::memory::measure),
    ("office", office::measure),
    ("program", program::measure),
    ("join", join::measure),
];

/// What takes long, and is measured only if it is named.
const LONG: (&str, Measurement) = ("soak", soak::measure);

fn main() -> Result<()> {
    machine::allow_many_sockets();
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let mut report = Report::default();

    for (name, measure) in MEASUREMENTS {
        if name.contains(&wanted) {
            println!("measuring {name} …");
            measure(&mut report)?;
        }
    }

    if wanted == LONG.0 {
        println!("measuring {wanted} …");
        LONG.1(&mut report)?;
    }

    report.print();
    let path = report.write()?;
    println!("written to {}", path.display());
    Ok(())
}

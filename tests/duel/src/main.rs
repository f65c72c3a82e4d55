//! Two bandwidth estimators on the same simulated links: ours, and that of `str0m`, an independent stack.
//!
//! `palabre-duel [--trace] [NAME…]` runs all links or the named ones, each three times with other losses and jitter, and
//! prints a table. `--trace` prints what was sent in each second.

#![expect(clippy::print_stdout, reason = "it is a program that prints a table")]

mod contender;
mod course;
mod ours;
mod theirs;

use std::time::Instant;

use palabre_link::Profile;

use course::Score;
use ours::Ours;
use theirs::Theirs;

fn main() {
    let (options, names): (Vec<_>, Vec<_>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let trace = options.iter().any(|option| option == "--trace");

    println!("{:17}{:^35}{:^35}", "", "Palabre", "str0m");
    let columns = format!("{:>9}{:>10}{:>9}{:>7}", "used", "queue", "dropped", "back");
    println!("{:17}{columns}{columns}", "");
    let mut scores = Vec::new();
    for profile in palabre_link::profiles() {
        if !names.is_empty() && !names.iter().any(|name| name == profile.name) {
            continue;
        }
        let (ours, theirs) = (run_ours(&profile, trace), run_theirs(&profile, trace));
        println!("{:17}{ours}{theirs}  {}", profile.name, profile.about);
        scores.push((ours, theirs));
    }
    let (ours, theirs): (Vec<_>, Vec<_>) = scores.into_iter().unzip();
    println!("{:17}{}{}", "mean", Score::mean(&ours), Score::mean(&theirs));
    println!();
    println!(
        "used: of what the link could carry, as pictures · queue: 95 of 100 packets waited at most so long"
    );
    println!(
        "dropped: by a full queue or a policer · back: until four fifths of a link that got better were used"
    );
}

fn run_ours(profile: &Profile, trace: bool) -> Score {
    let runs = SEEDS.map(|seed| {
        let start = Instant::now();
        course::run(&mut Ours::new(start, START, course::ceiling(profile)), profile, start, seed, trace)
    });
    Score::mean(&runs)
}

fn run_theirs(profile: &Profile, trace: bool) -> Score {
    let runs = SEEDS.map(|seed| {
        let mut theirs = Theirs::new(Instant::now(), START, course::ceiling(profile));
        let start = theirs.met_at();
        course::run(&mut theirs, profile, start, seed, trace)
    });
    Score::mean(&runs)
}

/// What both assume at first, in bits per second.
const START: u64 = 300_000;
const SEEDS: [u64; 3] = [11, 2_000, 77_777];

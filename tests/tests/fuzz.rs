//! Replays the seeds of every fuzz target, and the same few thousand mutations of them each time.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use palabre_tests::fuzz::{Mutator, TARGETS, Target};

#[test]
fn no_target_panics_on_its_seeds_or_on_mutations_of_them() {
    for target in TARGETS {
        let seeds = seeds(target);
        assert!(!seeds.is_empty(), "{} has seeds", target.name);
        let mut mutator = Mutator::new(20_261_124);
        for (at, seed) in seeds.iter().enumerate() {
            try_input(target, seed);
            for round in 0..target.mutations {
                let other = &seeds[(at + round) % seeds.len()];
                try_input(target, &mutator.mutate(seed, other));
            }
        }
    }
}

#[test]
fn every_target_has_a_file_for_cargo_fuzz_and_the_other_way_round() {
    let files: BTreeSet<String> = std::fs::read_dir(directory().join("fuzz_targets"))
        .expect("the directory exists")
        .map(|entry| entry.expect("a readable entry").path())
        .map(|path| path.file_stem().expect("a file name").to_string_lossy().into_owned())
        .collect();
    let targets: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();

    assert_eq!(files, targets);
}

/// Runs one input; a panic is reported with the input in hexadecimal, to be kept as a seed.
fn try_input(target: &Target, data: &[u8]) {
    let outcome = std::panic::catch_unwind(|| (target.run)(data));
    if outcome.is_err() {
        let hex: String = data.iter().map(|byte| format!("{byte:02x}")).collect();
        panic!("{} fails on {hex}", target.name);
    }
}

fn seeds(target: &Target) -> Vec<Vec<u8>> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(directory().join("seeds").join(target.name))
        .unwrap_or_else(|error| panic!("seeds of {}: {error}", target.name))
        .map(|entry| entry.expect("a readable entry").path())
        .collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).expect("a readable seed")).collect()
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

//! The shape of the house: crates depend only downwards, and a `proto` crate stays pure.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Our crates, and the crates of ours that each may depend on.
const HOUSE: &[(&str, &[&str])] = &[
    ("sfu-proto", &[]),
    ("signaling-proto", &[]),
    ("sip-gateway-proto", &[]),
    ("sfu", &["sfu-proto"]),
    ("signaling", &["signaling-proto", "sfu", "sfu-proto"]),
    ("sip-gateway", &["sip-gateway-proto", "signaling", "signaling-proto", "sfu", "sfu-proto"]),
    ("palabre", &["sip-gateway", "signaling", "signaling-proto", "sfu", "sfu-proto", "sip-gateway-proto"]),
];

/// What no `proto` crate may pull in, however deep.
const IMPURE: &[&str] = &["tokio", "axum", "sqlx", "hyper", "mio", "async-std", "smol", "reqwest"];

#[test]
fn crates_depend_only_downwards() {
    let ours: BTreeSet<&str> = HOUSE.iter().map(|(name, _)| *name).collect();

    for (name, allowed) in HOUSE {
        let wrong: Vec<String> = dependencies(name)
            .into_iter()
            .filter(|dependency| ours.contains(dependency.as_str()))
            .filter(|dependency| dependency != name && !allowed.contains(&dependency.as_str()))
            .collect();

        assert!(wrong.is_empty(), "{name} must not depend on {wrong:?}");
    }
}

#[test]
fn proto_crates_pull_in_no_runtime_and_no_io() {
    for (name, _) in HOUSE.iter().filter(|(name, _)| name.ends_with("-proto")) {
        let impure: Vec<String> = dependencies(name)
            .into_iter()
            .filter(|dependency| IMPURE.contains(&dependency.as_str()))
            .collect();

        assert!(impure.is_empty(), "{name} must not depend on {impure:?}");
    }
}

#[test]
fn proto_crates_read_no_clock_and_no_randomness_and_open_nothing() {
    let forbidden = [
        "Instant::now",
        "SystemTime::now",
        "Utc::now",
        "tokio::",
        "async fn",
        ".await",
        "rand::rng(",
        "thread_rng",
        "getrandom",
        "SystemRandom::new",
        "std::net::UdpSocket",
        "std::net::TcpStream",
        "std::net::TcpListener",
        "std::fs::",
        "std::env::",
        "std::thread",
        "println!",
    ];

    let mut found = Vec::new();
    for source in proto_sources() {
        let text = std::fs::read_to_string(&source).expect("a listed source is readable");
        for (number, line) in without_tests(&text).lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if let Some(word) = forbidden.iter().find(|word| names(code, word)) {
                found.push(format!("{}:{}: {word}", source.display(), number + 1));
            }
        }
    }

    assert!(found.is_empty(), "a pure crate reaches outside:\n{}", found.join("\n"));
}

#[test]
fn the_purity_check_would_notice_a_clock() {
    let source =
        "fn f() { let now = Instant::now(); }\n#[cfg(test)]\nmod tests { fn g() { Instant::now(); } }\n";

    assert!(without_tests(source).contains("Instant::now"));
    assert_eq!(without_tests(source).matches("Instant::now").count(), 1);
    assert!(names("let line = reader.await;", ".await"));
    assert!(!names("self.awaited += 1;", ".await"));
    assert!(names("tokio::spawn(run())", "tokio::"));
    assert!(proto_sources().len() > 5, "the sources to check were found");
}

/// The names of everything a crate needs to be built, itself included, as `cargo tree` says.
fn dependencies(package: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args([
            "tree",
            "--locked",
            "--offline",
            "--package",
            package,
            "--edges",
            "normal,build",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ])
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));

    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

/// Every source file of the pure crates, but for files that hold only tests.
fn proto_sources() -> Vec<PathBuf> {
    let mut sources = Vec::new();
    for crate_dir in ["sfu/proto/src", "signaling/proto/src", "sip-gateway/proto/src"] {
        collect_sources(&root().join(crate_dir), &mut sources);
    }
    sources.retain(|path| {
        !path.ends_with("tests.rs") && !path.components().any(|part| part.as_os_str() == "tests")
    });
    sources
}

fn collect_sources(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("a source directory is readable") {
        let path = entry.expect("a directory entry is readable").path();
        if path.is_dir() {
            collect_sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

/// Whether a line names a forbidden word, and not only a longer one that begins alike.
fn names(code: &str, word: &str) -> bool {
    let goes_on = |rest: &str| rest.starts_with(|next: char| next.is_alphanumeric() || next == '_');
    let is_open = word.ends_with(|last: char| !last.is_alphanumeric());
    code.match_indices(word).any(|(at, _)| is_open || !goes_on(&code[at + word.len()..]))
}

/// The part of a file above its inline tests, whoever may see them.
fn without_tests(text: &str) -> &str {
    let inline = ["mod tests {", "pub(crate) mod tests {"];
    let begins = inline.iter().filter_map(|module| text.find(&format!("#[cfg(test)]\n{module}")));
    begins.min().map_or(text, |at| &text[..at])
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ has a parent").to_path_buf()
}

//! The rows of a bench run, as a table for people and as JSON for whoever compares runs.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// What a figure should reach.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target {
    /// Nothing: it is there for comparison.
    None,
    /// At least this.
    AtLeast(f64),
    /// At most this.
    AtMost(f64),
}

impl Target {
    fn met(self, value: f64) -> Option<bool> {
        match self {
            Self::None => None,
            Self::AtLeast(target) => Some(value >= target),
            Self::AtMost(target) => Some(value <= target),
        }
    }

    fn text(self) -> Option<String> {
        match self {
            Self::None => None,
            Self::AtLeast(target) => Some(format!("≥ {}", grouped(target))),
            Self::AtMost(target) => Some(format!("≤ {}", grouped(target))),
        }
    }
}

#[derive(Debug)]
struct Row {
    name: String,
    value: f64,
    unit: &'static str,
    target: Target,
}

/// All rows of a run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

impl Report {
    /// Adds a figure.
    pub(crate) fn row(&mut self, name: impl Into<String>, value: f64, unit: &'static str, target: Target) {
        self.rows.push(Row { name: name.into(), value, unit, target });
    }

    /// Prints the table.
    pub(crate) fn print(&self) {
        let width = self.rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0);
        println!();
        for Row { name, value, unit, target } in &self.rows {
            let verdict = match target.met(*value) {
                None => "",
                Some(true) => "met",
                Some(false) => "NOT MET",
            };
            let target = target.text().unwrap_or_default();
            println!("{name:width$}  {:>12}  {unit:15}  {target:>12}  {verdict}", grouped(*value));
        }
        println!();
    }

    /// Writes `bench/report.json` in cargo's target directory.
    pub(crate) fn write(&self) -> Result<PathBuf> {
        let directory = target_directory()?.join("bench");
        std::fs::create_dir_all(&directory)?;
        let path = directory.join("report.json");
        let rows: Vec<Value> = self.rows.iter().map(Row::json).collect();
        std::fs::write(&path, serde_json::to_vec_pretty(&rows)?)?;
        Ok(path)
    }
}

impl Row {
    fn json(&self) -> Value {
        json!({
            "name": self.name,
            "value": (self.value * 1000.0).round() / 1000.0,
            "unit": self.unit,
            "target": self.target.text(),
            "met": self.target.met(self.value),
        })
    }
}

fn target_directory() -> Result<PathBuf> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .context("run cargo metadata")?;
    let metadata: Value = serde_json::from_slice(&output.stdout).context("read cargo metadata")?;
    let directory =
        metadata["target_directory"].as_str().context("cargo metadata names no target directory")?;
    Ok(directory.into())
}

/// The number with spaces between thousands, and decimals only where they tell something.
fn grouped(value: f64) -> String {
    if value.abs() < 100.0 {
        let text = format!("{value:.2}");
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_for_reading() {
        assert_eq!(grouped(1_234_567.4), "1 234 567");
        assert_eq!(grouped(250.0), "250");
        assert_eq!(grouped(0.8), "0.8");
    }

    #[test]
    fn a_row_says_whether_its_target_is_met() {
        let row = Row { name: "x".into(), value: 0.75, unit: "of raw", target: Target::AtLeast(0.8) };

        assert_eq!(
            row.json(),
            json!({ "name": "x", "value": 0.75, "unit": "of raw", "target": "≥ 0.8", "met": false })
        );
    }
}

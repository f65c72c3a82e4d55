//! From the click until one is heard at the other end, with browsers on both sides of a link (`tests/browser/link`).

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::report::{Report, Target};

/// Adds the rows: medians of five.
pub(crate) fn measure(report: &mut Report) -> Result<()> {
    let browsers = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
    let times = tempfile::NamedTempFile::new()?;
    let done = Command::new("../../scripts/in-own-network")
        .args(["../../scripts/with-node", "npx", "playwright", "test", "-c", "link", "join"])
        .current_dir(&browsers)
        .env("PALABRE_BIN", std::env::current_exe()?.with_file_name("palabre"))
        .env("JOIN_REPORT", times.path())
        .output()
        .context("scripts/in-own-network does not run")?;
    let lines = std::fs::read_to_string(times.path())?;
    ensure!(lines.lines().count() > 0, "nobody met: {}", String::from_utf8_lossy(&done.stdout));

    for line in lines.lines() {
        let mut cells = line.split(';');
        let link = cells.next().unwrap_or_default();
        let mut seconds =
            || -> Result<f64> { Ok(cells.next().context("a time is missing")?.parse::<f64>()? / 1_000.0) };
        let target = if link.starts_with("600") { 3.0 } else { 1.5 };
        report.row(format!("join at {link}: heard after the click"), seconds()?, "s", Target::AtMost(target));
        report.row(format!("join at {link}: seen after the click"), seconds()?, "s", Target::None);
    }
    Ok(())
}

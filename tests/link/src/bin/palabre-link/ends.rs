//! The two ends of the link, and the command behind the far one.

use std::fs::File;
use std::process::{Child, Command};

use anyhow::{Context, Result, ensure};

use crate::sys;

/// The far end.
pub(crate) struct Far {
    pub(crate) device: File,
    pub(crate) command: Child,
}

/// Makes the end of the link that is here.
pub(crate) fn near() -> Result<File> {
    let device = sys::device(NEAR).context(
        "making a network device takes root, or a network of one's own: scripts/in-own-network palabre-link …",
    )?;
    ip(&["link", "set", "lo", "up"])?;
    ip(&["address", "add", "198.18.0.1/24", "dev", NEAR])?;
    ip(&["link", "set", NEAR, "mtu", MTU, "up"])?;
    Ok(device)
}

/// Makes a network in which there is nothing but the link, and starts the command in it.
pub(crate) fn far(program: &str, arguments: &[String]) -> Result<Far> {
    let (program, arguments) = (program.to_owned(), arguments.to_vec());
    // A thread of its own goes there: whatever it starts stays there, and we stay here.
    let there = std::thread::spawn(move || -> Result<Far> {
        sys::leave_network()?;
        let device = sys::device(FAR)?;
        ip(&["link", "set", "lo", "up"])?;
        ip(&["address", "add", "198.18.0.2/24", "dev", FAR])?;
        ip(&["link", "set", FAR, "mtu", MTU, "up"])?;
        ip(&["route", "add", "default", "dev", FAR])?;
        let command = Command::new(&program)
            .args(arguments)
            .spawn()
            .with_context(|| format!("cannot start {program:?}"))?;
        Ok(Far { device, command })
    });
    there.join().map_err(|_| anyhow::anyhow!("the far end broke"))?
}

fn ip(arguments: &[&str]) -> Result<()> {
    let output = Command::new("ip").args(arguments).output().context("cannot run ip; install iproute2")?;
    ensure!(
        output.status.success(),
        "ip {}: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}

const NEAR: &str = "near";
const FAR: &str = "far";
const MTU: &str = "1500";

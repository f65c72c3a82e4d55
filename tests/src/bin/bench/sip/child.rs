//! A server under measurement: another program, held on one core, whose processor time and memory the kernel counts.

use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::machine::{self, SERVER_CORE};

/// A running server with all processes that it has started. It ends with this.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    log: std::path::PathBuf,
}

impl Server {
    /// Starts a program on the server's core; what it says goes into a file.
    pub(crate) fn start(mut command: Command, log: &Path) -> Result<Self> {
        let output = File::create(log)?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        // Its own group, so that it can be ended together with whatever it has started.
        command.process_group(0);
        // SAFETY: between fork and exec only a system call is made.
        unsafe {
            command.pre_exec(|| {
                machine::pin_to(SERVER_CORE);
                Ok(())
            });
        }
        let child = command.spawn().with_context(|| format!("start {command:?}"))?;
        Ok(Self { child, log: log.to_owned() })
    }

    /// Fails with what it said last if it does not run any more.
    pub(crate) fn check(&mut self) -> Result<()> {
        let Some(status) = self.child.try_wait()? else { return Ok(()) };
        let said = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = said.lines().collect();
        bail!("the server ended with {status}:\n{}", lines[lines.len().saturating_sub(10)..].join("\n"))
    }

    /// The processor time of all its threads and processes, those that have ended included.
    pub(crate) fn cpu_time(&self) -> Result<Duration> {
        self.processes()?.into_iter().map(machine::process_cpu_time).sum()
    }

    /// The bytes of memory that its processes hold together; what they share counts once.
    pub(crate) fn resident(&self) -> Result<f64> {
        let mut bytes = 0.0;
        for process in self.processes()? {
            let told = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
            let line = told.lines().find_map(|line| line.strip_prefix("Pss:")).context("no Pss")?;
            let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
            bytes += kilobytes * 1024.0;
        }
        Ok(bytes)
    }

    /// Its process and the descendants of that: children come after their parents.
    fn processes(&self) -> Result<Vec<i32>> {
        let mut parents = Vec::new();
        for entry in std::fs::read_dir("/proc")? {
            let name = entry?.file_name();
            let Some(process) = name.to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
            // One that has just ended is no loss: servers keep their processes.
            let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
            // The name, in parentheses, may contain anything; state and parent come after it.
            let parent = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)?.parse().ok());
            parents.extend(parent.map(|parent: i32| (process, parent)));
        }
        let mut found = vec![i32::try_from(self.child.id())?];
        let mut at = 0;
        while let Some(parent) = found.get(at).copied() {
            found.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(process, _)| *process));
            at += 1;
        }
        Ok(found)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SAFETY: no pointers. The group is the one that was made for it.
        unsafe { libc::kill(-(self.child.id() as i32), libc::SIGKILL) };
        let _ = self.child.wait();
    }
}

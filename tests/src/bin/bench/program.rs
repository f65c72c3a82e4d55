//! The program as it is started at a post: how soon it answers, and how much memory it holds when nobody is there.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::report::{Report, Target};

/// Adds the rows: the first start, which makes a database and certificates, and one after it.
pub(crate) fn measure(report: &mut Report) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let first = start(dir.path())?;
    report.row("program: first start to first answer", first.answered.as_secs_f64(), "s", Target::None);
    drop(first);

    let mut starts = Vec::new();
    let mut resident = 0.0;
    for _ in 0..5 {
        let running = start(dir.path())?;
        starts.push(running.answered.as_secs_f64());
        std::thread::sleep(SETTLED);
        resident = running.resident()?;
    }
    starts.sort_by(f64::total_cmp);
    report.row("program: start to first answer", starts[starts.len() / 2], "s", Target::AtMost(1.0));
    report.row("program: resident at rest", resident, "MiB", Target::AtMost(60.0));
    Ok(())
}

/// The program, which ends when this is dropped.
struct Running {
    child: Child,
    answered: Duration,
}

/// Starts the program beside this one, with all that it does by default.
fn start(dir: &Path) -> Result<Running> {
    let http = free_port()?;
    let config = dir.join("palabre.toml");
    std::fs::write(&config, configuration(dir, http))?;
    let program = std::env::current_exe()?.with_file_name("palabre");

    let began = Instant::now();
    let child = Command::new(program)
        .args(["serve", "--config"])
        .arg(&config)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("the program does not start; build it with --package palabre")?;
    let mut running = Running { child, answered: Duration::ZERO };
    while !answers(http) {
        ensure!(running.child.try_wait()?.is_none(), "the program ended");
        ensure!(began.elapsed() < PATIENCE, "the program does not answer");
        std::thread::sleep(LOOK);
    }
    running.answered = began.elapsed();
    Ok(running)
}

impl Running {
    /// In mebibytes.
    fn resident(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("it has memory")?;
        let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kib / 1_024.0)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has nothing to save, and the next one needs its database.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Everything on, as by default, on ports that are free.
fn configuration(dir: &Path, http: SocketAddr) -> String {
    format!(
        "[http]\nlisten = \"{http}\"\n[https]\nlisten = \"127.0.0.1:0\"\n\
         [sfu]\nlisten = \"127.0.0.1:0\"\ntcp = \"127.0.0.1:0\"\nadvertise = [\"127.0.0.1\"]\n\
         [turn]\nudp = \"127.0.0.1:0\"\ntcp = \"127.0.0.1:0\"\n\
         [sip]\nlisten = \"127.0.0.1:0\"\ntls = \"127.0.0.1:0\"\n\
         [store]\ndir = \"{}\"\n",
        dir.join("data").display()
    )
}

fn free_port() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

fn answers(http: SocketAddr) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&http, Duration::from_secs(1))?;
        stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
        let mut line = String::new();
        BufReader::new(stream.take(64)).read_line(&mut line)?;
        Ok(line)
    };
    ask().is_ok_and(|line| line.starts_with("HTTP/1.1 200"))
}

const LOOK: Duration = Duration::from_millis(5);
const PATIENCE: Duration = Duration::from_secs(30);
/// What is done after the start is done by then.
const SETTLED: Duration = Duration::from_secs(3);

//! rtpengine from Debian, in userspace, controlled by its own protocol: a cookie and a bencoded dictionary in a datagram.

use std::net::UdpSocket;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::sip::child::Server;
use crate::sip::palabre::free_ports;

/// A running rtpengine.
pub(crate) struct Rtpengine {
    pub(crate) server: Server,
    control: UdpSocket,
    cookie: u32,
    _directory: TempDir,
}

impl Rtpengine {
    /// Starts it; nothing if it is not installed.
    pub(crate) fn start() -> Result<Option<Self>> {
        if !crate::sip::is_installed("rtpengine") {
            return Ok(None);
        }
        let directory = tempfile::tempdir()?;
        let [address] = free_ports()?;
        let mut command = Command::new("rtpengine");
        // Without its kernel module, which is not what we compare with. One thread: there is one core.
        command.args(["--table=-1", "--foreground", "--log-stderr", "--log-level=3", "--num-threads=1"]);
        command.args(["--interface=127.0.0.1", "--port-min=10000", "--port-max=31999", "--config-file=none"]);
        command.arg(format!("--listen-ng={address}"));
        let server = Server::start(command, &directory.path().join("log"))?;

        let control = UdpSocket::bind("127.0.0.1:0")?;
        control.connect(address)?;
        control.set_read_timeout(Some(Duration::from_millis(100)))?;
        let mut rtpengine = Self { server, control, cookie: 0, _directory: directory };
        let start = Instant::now();
        while rtpengine.ask("4:ping", &[]).is_err() {
            rtpengine.server.check()?;
            ensure!(start.elapsed() < PATIENCE, "rtpengine does not answer");
        }
        rtpengine.control.set_read_timeout(Some(PATIENCE))?;
        Ok(Some(rtpengine))
    }

    /// What to offer to the callee.
    pub(crate) fn offer(&mut self, call: usize, description: &str) -> Result<String> {
        self.describe("offer", call, description, &[("transport-protocol", "RTP/AVP")])
    }

    /// What to answer to the caller.
    pub(crate) fn answer(&mut self, call: usize, description: &str) -> Result<String> {
        self.describe("answer", call, description, &[("to-tag", "callee")])
    }

    fn describe(&mut self, command: &str, call: usize, sdp: &str, more: &[(&str, &str)]) -> Result<String> {
        let id = format!("call-{call}");
        let call = [
            ("call-id", id.as_str()),
            ("from-tag", "caller"),
            ("sdp", sdp),
            ("ICE", "remove"),
            ("DTLS", "off"),
        ];
        let answer = self.ask(&text(command), &[&call[..], more].concat())?;
        let (_, rest) = answer.split_once("3:sdp").with_context(|| format!("no description: {answer}"))?;
        let (length, rest) = rest.split_once(':').context("a string without a length")?;
        Ok(rest.get(..length.parse()?).context("a string that is too short")?.to_owned())
    }

    fn ask(&mut self, command: &str, words: &[(&str, &str)]) -> Result<String> {
        self.cookie += 1;
        // Keys of a dictionary are sorted.
        let mut entries: Vec<_> = words.iter().map(|(key, value)| (*key, text(value))).collect();
        entries.push(("command", command.to_owned()));
        entries.sort();
        let entries: String = entries.iter().map(|(key, value)| text(key) + value).collect();
        self.control.send(format!("{} d{entries}e", self.cookie).as_bytes())?;
        let mut answer = [0; 8192];
        let length = self.control.recv(&mut answer)?;
        let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
        ensure!(answer.starts_with(&format!("{} ", self.cookie)), "an answer to something else");
        ensure!(!answer.contains("6:result5:error"), "rtpengine refuses: {answer}");
        Ok(answer)
    }
}

/// A string in bencoding.
fn text(value: &str) -> String {
    format!("{}:{value}", value.len())
}

const PATIENCE: Duration = Duration::from_secs(20);

//! The program itself, as an administrator would start it: built in release, with a directory and ports of its own.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use rustls::pki_types::CertificateDer;
use tempfile::TempDir;

use super::account::{REALM, password};
use super::certificate::write_certificate;
use super::child::Server;
use super::wire::wait_until_answers;

/// The running program and where it listens.
#[derive(Debug)]
pub(crate) struct Palabre {
    pub(crate) server: Server,
    pub(crate) udp: SocketAddr,
    pub(crate) tls: SocketAddr,
    /// What it shows to phones that come over TLS.
    pub(crate) certificate: CertificateDer<'static>,
    /// After the server: the program ends before its directory does.
    directory: TempDir,
}

/// The names of the accounts there are.
pub(crate) fn users(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|at| (FIRST_USER + at).to_string())
}

impl Palabre {
    /// Starts it with so many extensions, each with one phone.
    pub(crate) fn start(extensions: usize) -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let certificate = write_certificate(directory.path())?;
        let [udp, tls, http, https, media] = free_ports()?;
        let path = |name: &str| directory.path().join(name);
        std::fs::write(
            path("palabre.toml"),
            format!(
                "[http]\nlisten = \"{http}\"\n[https]\nlisten = \"{https}\"\n\
                 cert = \"cert.pem\"\nkey = \"key.pem\"\n\
                 [sfu]\nlisten = \"{media}\"\ntcp = \"none\"\nshards = 1\n[turn]\nenabled = false\n\
                 [sip]\nlisten = \"{udp}\"\ntls = \"{tls}\"\nrealm = \"{REALM}\"\nrtp_ports = \"{RTP_PORTS}\"\n\
                 [store]\ndir = \"data\"\n"
            ),
        )?;
        let mut table = String::from("number,name,post,rights,digest,password,label,pickup_group\n");
        for user in users(extensions) {
            table.push_str(&format!("{user},Phone {user},Bench,internal,md5,{},,\n", password(&user)));
        }
        std::fs::write(path("extensions.csv"), table)?;

        run(
            directory.path(),
            &["post", "add", "Bench", "--country", "BJ", "--prefix", "0", "--emergency", "112"],
        )?;
        run(directory.path(), &["extension", "import", "extensions.csv"])?;
        let mut server = Server::start(command(directory.path(), &["serve"])?, &path("log"))?;
        wait_until_answers(udp, &mut server)?;
        Ok(Self { server, udp, tls, certificate, directory })
    }

    /// How many registrations would survive a power cut.
    pub(crate) fn stored_registrations(&self) -> Result<usize> {
        let said = run(self.directory.path(), &["sip", "registrations", "--json"])?;
        let registrations: serde_json::Value = serde_json::from_slice(&said)?;
        Ok(registrations.as_array().map_or(0, Vec::len))
    }
}

/// The program with its configuration in a directory.
fn command(directory: &Path, words: &[&str]) -> Result<Command> {
    let mut command = Command::new(program()?);
    command.args(words).args(["--config", "palabre.toml"]).current_dir(directory);
    Ok(command)
}

/// Runs one of its commands; what that printed.
fn run(directory: &Path, words: &[&str]) -> Result<Vec<u8>> {
    let output = command(directory, words)?.output()?;
    ensure!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(output.stdout)
}

/// The program as `cargo build --release` left it beside this one.
fn program() -> Result<PathBuf> {
    let beside = std::env::current_exe()?.with_file_name("palabre");
    let path = std::env::var_os("PALABRE_BIN").map_or(beside, PathBuf::from);
    ensure!(path.exists(), "{} is missing: cargo build --release --package palabre", path.display());
    Ok(path)
}

/// Addresses on loopback that are free for datagrams and connections at present, no two the same.
pub(crate) fn free_ports<const N: usize>() -> Result<[SocketAddr; N]> {
    let mut taken = Vec::new();
    while taken.len() < N {
        let stream = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        if let Ok(datagrams) = UdpSocket::bind(stream.local_addr()?) {
            taken.push((stream, datagrams));
        }
    }
    let mut addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); N];
    for (address, (stream, _)) in addresses.iter_mut().zip(&taken) {
        *address = stream.local_addr()?;
    }
    Ok(addresses)
}

const FIRST_USER: usize = 20_001;
/// Below the ports from which the system serves those who name none.
const RTP_PORTS: &str = "10000-31999";

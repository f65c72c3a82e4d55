//! A phone's TLS connection.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::dialogue::Channel;
use super::text::field;

/// One connection.
pub(crate) struct Tls {
    stream: StreamOwned<ClientConnection, TcpStream>,
    /// Bytes that no message was made of yet.
    read: Vec<u8>,
}

/// What phones trust: one certificate.
pub(crate) fn trusting(certificate: &CertificateDer<'static>) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone())?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

impl Tls {
    pub(crate) fn connect(server: SocketAddr, config: &Arc<ClientConfig>) -> Result<Self> {
        let stream = TcpStream::connect(server)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let name = ServerName::IpAddress(server.ip().into());
        let connection = ClientConnection::new(Arc::clone(config), name)?;
        Ok(Self { stream: StreamOwned::new(connection, stream), read: Vec::new() })
    }

    /// Cuts the first message off what was read.
    fn next(&mut self) -> Option<String> {
        // Between messages there may be keepalives (RFC 5626 §3.5.1).
        let begin = self.read.iter().position(|byte| !byte.is_ascii_whitespace())?;
        self.read.drain(..begin);
        let head = self.read.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
        let length = {
            let text = std::str::from_utf8(&self.read[..head]).ok()?;
            field(text, "Content-Length")?.parse::<usize>().ok()?
        };
        if self.read.len() < head + length {
            return None;
        }
        String::from_utf8(self.read.drain(..head + length).collect()).ok()
    }
}

impl Channel for Tls {
    fn transport(&self) -> &'static str {
        "TLS"
    }

    fn local(&self) -> String {
        self.stream.sock.local_addr().map_or_else(|_| String::new(), |address| address.to_string())
    }

    fn say(&mut self, message: &str) -> Result<()> {
        self.stream.write_all(message.as_bytes())?;
        Ok(self.stream.flush()?)
    }

    fn hear(&mut self, wanted: &dyn Fn(&str) -> bool) -> Result<String> {
        loop {
            while let Some(message) = self.next() {
                if wanted(&message) {
                    return Ok(message);
                }
            }
            let mut chunk = [0; 4096];
            let count = match self.stream.read(&mut chunk) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                count => count.context("the server says nothing over TLS")?,
            };
            ensure!(count > 0, "the server has closed a phone's connection");
            self.read.extend_from_slice(&chunk[..count]);
        }
    }
}

const PATIENCE: Duration = Duration::from_secs(20);

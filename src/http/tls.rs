//! The certificate: the operator's, or one that we make ourselves and keep.

use std::io::Write as _;
use std::net::{IpAddr, UdpSocket};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use sha2::{Digest, Sha256};
use tokio_rustls::TlsAcceptor;

use crate::config::Config;

/// A certificate ready to be served.
pub struct Certificate {
    /// Makes connections encrypted.
    pub acceptor: TlsAcceptor,
    /// What is shown in each handshake.
    pub shown: Arc<Shown>,
    /// SHA-256 of the certificate, as browsers show it: `AB:CD:…`.
    pub fingerprint: String,
}

/// The certificate of the moment.
#[derive(Debug)]
pub struct Shown(RwLock<Arc<CertifiedKey>>);

impl Shown {
    /// Shows another certificate from the next handshake on.
    pub fn replace(&self, certificate: CertifiedKey) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(certificate);
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// Why there is no usable certificate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// A PEM file cannot be read.
    #[error("{path} cannot be read as PEM: {reason}", path = path.display())]
    Pem {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: rustls::pki_types::pem::Error,
    },
    /// Certificate and key do not belong together, or cannot be used.
    #[error("the certificate {path} cannot be used: {reason}", path = path.display())]
    Unusable {
        /// Which certificate.
        path: PathBuf,
        /// What is wrong with it.
        reason: rustls::Error,
    },
    /// Our own certificate could not be made.
    #[error("a certificate could not be made: {0}")]
    Making(#[from] rcgen::Error),
    /// Our own certificate could not be kept.
    #[error("the certificate could not be kept in {path}: {reason}", path = path.display())]
    Keeping {
        /// Where.
        path: PathBuf,
        /// What the system said.
        reason: std::io::Error,
    },
}

/// The configured certificate, or the one kept in the store, which is made if need be.
///
/// # Errors
/// When there is none that can be used.
pub fn certificate(config: &Config) -> Result<Certificate, CertificateError> {
    let (cert, key) = files(config)?;
    load(&cert, &key)
}

/// The files of the certificate and its key; phones are shown the same one as browsers.
///
/// # Errors
/// When there are none and none can be made.
pub fn files(config: &Config) -> Result<(PathBuf, PathBuf), CertificateError> {
    match (&config.https.cert, &config.https.key) {
        (Some(cert), Some(key)) => Ok((cert.clone(), key.clone())),
        _ => self_made(&config.store.dir),
    }
}

/// Reads a chain and its key, and says the fingerprint.
///
/// # Errors
/// When they cannot be read or do not belong together.
pub fn read(cert: &Path, key: &Path) -> Result<(CertifiedKey, String), CertificateError> {
    let pem = |path: &Path, reason| CertificateError::Pem { path: path.to_owned(), reason };
    let chain = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|reason| pem(cert, reason))?;
    let leaf = chain.first().ok_or_else(|| pem(cert, rustls::pki_types::pem::Error::NoItemsFound))?;
    let fingerprint = fingerprint(leaf);
    let key = PrivateKeyDer::from_pem_file(key).map_err(|reason| pem(key, reason))?;
    let certified = CertifiedKey::from_der(chain, key, &provider())
        .map_err(|reason| CertificateError::Unusable { path: cert.to_owned(), reason })?;
    Ok((certified, fingerprint))
}

fn load(cert: &Path, key: &Path) -> Result<Certificate, CertificateError> {
    let (certified, fingerprint) = read(cert, key)?;
    let shown = Arc::new(Shown(RwLock::new(Arc::new(certified))));
    // TLS 1.2 and 1.3 with forward secrecy and AEAD: all that rustls has.
    let mut config = rustls::ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|reason| CertificateError::Unusable { path: cert.to_owned(), reason })?
        .with_no_client_auth()
        .with_cert_resolver(Arc::clone(&shown) as Arc<dyn ResolvesServerCert>);
    // The first of ours that the client asks for: whoever names the relay wants it.
    config.alpn_protocols = vec![TURN.to_vec(), b"http/1.1".to_vec()];
    Ok(Certificate { acceptor: TlsAcceptor::from(Arc::new(config)), shown, fingerprint })
}

/// What a client of the relay may ask for in its handshake (RFC 7443); browsers do not.
pub(super) const TURN: &[u8] = b"stun.turn";

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let bytes: Vec<String> = Sha256::digest(certificate).iter().map(|byte| format!("{byte:02X}")).collect();
    bytes.join(":")
}

/// Our own certificate in a directory; a new one when there is none or it will soon be too old.
fn self_made(dir: &Path) -> Result<(PathBuf, PathBuf), CertificateError> {
    let (cert, key) = (dir.join("certificate.pem"), dir.join("certificate-key.pem"));
    let made_at = std::fs::metadata(&cert).and_then(|about| about.modified());
    let is_fresh =
        made_at.is_ok_and(|made_at| SystemTime::now().duration_since(made_at).is_ok_and(|age| age < RENEWAL));
    if is_fresh && key.exists() {
        return Ok((cert, key));
    }

    let key_pair = rcgen::KeyPair::generate()?;
    let mut params = rcgen::CertificateParams::new(names())?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(rcgen::DnType::CommonName, "Palabre");
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    let now = SystemTime::now();
    params.not_before = (now - DAY).into();
    params.not_after = (now + LIFETIME).into();
    let certificate = params.self_signed(&key_pair)?;

    keep(&key, &key_pair.serialize_pem())?;
    keep(&cert, &certificate.pem())?;
    Ok((cert, key))
}

fn keep(path: &Path, text: &str) -> Result<(), CertificateError> {
    write_private(path, text).map_err(|reason| CertificateError::Keeping { path: path.to_owned(), reason })
}

/// Writes a file that only we can read, whole or not at all.
pub(crate) fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let beside = path.with_extension("new");
    match std::fs::remove_file(&beside) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&beside, path)
}

/// The names and addresses by which browsers may reach this machine.
fn names() -> Vec<String> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = host.trim();
    if !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.') {
        names.push(host.to_owned());
    }
    names.extend(machine_addresses().iter().map(IpAddr::to_string));
    names.dedup();
    names
}

/// The addresses from which this machine would speak to the world; nothing is sent to find out.
#[must_use]
pub fn machine_addresses() -> Vec<IpAddr> {
    [("0.0.0.0:0", "192.0.2.1:9"), ("[::]:0", "[2001:db8::1]:9")]
        .into_iter()
        .filter_map(|(any, documentation)| {
            let socket = UdpSocket::bind(any).ok()?;
            socket.connect(documentation).ok()?;
            Some(socket.local_addr().ok()?.ip())
        })
        .filter(|address| !address.is_loopback() && !address.is_unspecified())
        .collect()
}

const DAY: Duration = Duration::from_secs(86_400);
/// The longest that Apple's systems accept of a certificate one has installed by hand.
const LIFETIME: Duration = Duration::from_secs(824 * 86_400);
const RENEWAL: Duration = Duration::from_secs(794 * 86_400);

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn our_own_certificate_is_made_once_and_readable_by_nobody_else() {
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.store.dir = dir.path().to_owned();

        let first = certificate(&config).unwrap();
        let second = certificate(&config).unwrap();

        assert_eq!(first.fingerprint, second.fingerprint);
        assert_eq!(first.fingerprint.len(), 32 * 3 - 1);
        for name in ["certificate.pem", "certificate-key.pem"] {
            let mode = std::fs::metadata(dir.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn a_key_of_another_certificate_is_refused() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (cert, _) = self_made(one.path()).unwrap();
        let (_, key) = self_made(two.path()).unwrap();

        let error = load(&cert, &key).err().unwrap();

        assert!(matches!(error, CertificateError::Unusable { .. }), "{error}");
    }
}

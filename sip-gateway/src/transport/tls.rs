//! TLS: our certificate, which can be replaced while we run, and whom we trust (RFC 3261 §26.2, RFC 5922).
//!
//! TLS 1.2 and 1.3 with forward secrecy and AEAD: all that rustls has.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// A certificate with its key.
#[derive(Clone)]
pub struct Identity(Arc<CertifiedKey>);

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// A file cannot be read as PEM.
    #[error("{path} cannot be read as PEM: {reason}", path = path.display())]
    Pem {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: pem::Error,
    },
    /// Certificate and key do not belong together, or are of a kind that is not taken.
    #[error("the certificate cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
}

impl Identity {
    /// Reads a chain and its key from PEM files.
    ///
    /// # Errors
    /// When a file cannot be read or they do not belong together.
    pub fn load(chain: &Path, key: &Path) -> Result<Self, IdentityError> {
        let certificates = certificates(chain)?;
        let key = PrivateKeyDer::from_pem_file(key)
            .map_err(|reason| IdentityError::Pem { path: key.to_owned(), reason })?;
        Self::new(certificates, key)
    }

    /// Takes a chain, the own certificate first, and its key.
    ///
    /// # Errors
    /// When they do not belong together, or are of a kind that is not taken.
    pub fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, IdentityError> {
        if chain.is_empty() {
            return Err(rustls::Error::NoCertificatesPresented.into());
        }
        Ok(Self(Arc::new(CertifiedKey::from_der(chain, key, &provider())?)))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

/// Reads the certificates of those whom we trust when we connect to them: trunks.
///
/// # Errors
/// When the file cannot be read, or holds something that is no certificate.
pub fn trust(path: &Path) -> Result<RootCertStore, IdentityError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate)?;
    }
    Ok(roots)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, IdentityError> {
    CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|reason| IdentityError::Pem { path: path.to_owned(), reason })
}

/// What answers every handshake with the certificate of the moment.
#[derive(Debug)]
pub(super) struct CurrentIdentity(RwLock<Identity>);

impl CurrentIdentity {
    pub(super) fn new(identity: Identity) -> Arc<Self> {
        Arc::new(Self(RwLock::new(identity)))
    }

    pub(super) fn replace(&self, identity: Identity) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = identity;
    }
}

impl ResolvesServerCert for CurrentIdentity {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let current = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&current.0))
    }
}

pub(super) fn acceptor(identity: Arc<CurrentIdentity>) -> Result<TlsAcceptor, rustls::Error> {
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(identity);
    Ok(TlsAcceptor::from(Arc::new(config)))
}

pub(super) fn connector(trust: RootCertStore) -> Result<TlsConnector, rustls::Error> {
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(trust)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

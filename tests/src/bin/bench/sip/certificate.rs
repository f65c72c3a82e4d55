//! The certificate that a server under measurement shows over TLS.

use std::path::Path;

use anyhow::Result;
use rustls::pki_types::CertificateDer;

/// Makes one for the address of all servers here, as `cert.pem` and `key.pem`.
pub(crate) fn write_certificate(directory: &Path) -> Result<CertificateDer<'static>> {
    let key = rcgen::KeyPair::generate()?;
    let certificate = rcgen::CertificateParams::new(["127.0.0.1".to_owned()])?.self_signed(&key)?;
    std::fs::write(directory.join("cert.pem"), certificate.pem())?;
    std::fs::write(directory.join("key.pem"), key.serialize_pem())?;
    Ok(certificate.der().clone())
}

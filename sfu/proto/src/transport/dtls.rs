//! Our end of a peer's DTLS association: always the server (RFC 8842), 1.2 or 1.3 as the client can (RFC 6347, RFC 9147).

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::digest;
use dimpl::{Config, Dtls, DtlsCertificate, Output};

use crate::io::Fingerprint;
use crate::srtp::{KeyingMaterial, SrtpProfile};

/// The certificate that all associations of this run present, and what it is known by.
#[derive(Debug, Clone)]
pub struct DtlsIdentity {
    certificate: DtlsCertificate,
    config: Arc<Config>,
    fingerprint: Fingerprint,
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("DTLS refuses its settings: {0}")]
pub struct IdentityError(String);

impl DtlsIdentity {
    /// Takes a certificate and its private key (PKCS #8), both in DER.
    pub fn new(certificate: Vec<u8>, private_key: Vec<u8>) -> Result<Self, IdentityError> {
        let config = Config::builder()
            .require_client_certificate(true)
            // Nobody reaches DTLS who has not proved his address by an ICE check, so a cookie would only cost a
            // round trip.
            .use_server_cookie(false)
            .mtu(MTU)
            .flight_start_rto(Duration::from_millis(400))
            .flight_retries(8)
            .handshake_timeout(HANDSHAKE_TIMEOUT)
            .build()
            .map_err(|error| IdentityError(error.to_string()))?;
        Ok(Self {
            fingerprint: fingerprint_of(&certificate),
            certificate: DtlsCertificate { certificate, private_key },
            config: Arc::new(config),
        })
    }

    /// What session descriptions carry.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }
}

/// One association.
#[derive(Debug)]
pub(crate) struct DtlsServer {
    inner: Dtls,
    deadline: Option<Instant>,
}

/// What comes out of an association.
#[derive(Debug)]
pub(crate) enum DtlsOutput<'a> {
    /// A datagram to send.
    Packet(&'a [u8]),
    /// The certificate that the peer has proved to own.
    PeerCertificate(Fingerprint),
    /// The handshake is over.
    Connected,
    /// The keys for SRTP.
    Keys(Box<KeyingMaterial>),
    /// Application data: SCTP.
    Data(&'a [u8]),
    /// The peer has closed.
    Closed,
}

/// The association is of no use any more.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DtlsError {
    #[error("handshake or record layer failed: {0}")]
    Failed(String),
    #[error("cannot speak the SRTP profile {0}")]
    UnknownProfile(dimpl::SrtpProfile),
}

impl DtlsServer {
    pub(crate) fn new(now: Instant, identity: &DtlsIdentity) -> Self {
        let inner = Dtls::new_auto(Arc::clone(&identity.config), identity.certificate.clone(), now);
        Self { inner, deadline: Some(now) }
    }

    /// Takes one datagram. What is merely malformed is ignored.
    pub(crate) fn handle_datagram(&mut self, now: Instant, datagram: &[u8]) -> Result<(), DtlsError> {
        self.handle_timeout(now)?;
        self.inner.handle_packet(datagram).map_err(failed)
    }

    /// Queues application data. Drain with [`Self::poll_output`] before queueing more.
    pub(crate) fn send(&mut self, data: &[u8]) -> Result<(), DtlsError> {
        self.inner.send_application_data(data).map_err(failed)?;
        Ok(())
    }

    /// Queues the alert that tells the peer that we close.
    pub(crate) fn close(&mut self) -> Result<(), DtlsError> {
        self.inner.close().map_err(failed)
    }

    /// The next output, in `buffer`; `None` when there is nothing more to do before [`Self::poll_timeout`].
    pub(crate) fn poll_output<'a>(
        &mut self,
        buffer: &'a mut [u8],
    ) -> Result<Option<DtlsOutput<'a>>, DtlsError> {
        let output = match self.inner.poll_output(buffer) {
            Output::Timeout(at) => {
                self.deadline = Some(at);
                return Ok(None);
            }
            Output::Packet(packet) => DtlsOutput::Packet(packet),
            Output::ApplicationData(data) => DtlsOutput::Data(data),
            Output::PeerCert(der) => DtlsOutput::PeerCertificate(fingerprint_of(der)),
            Output::KeyingMaterial(material, profile) => {
                DtlsOutput::Keys(Box::new(split(&material, profile)?))
            }
            Output::Connected => DtlsOutput::Connected,
            Output::CloseNotify => DtlsOutput::Closed,
            Output::BufferTooSmall { needed } => {
                return Err(DtlsError::Failed(format!("a record of {needed} bytes")));
            }
            other => return Err(DtlsError::Failed(format!("unknown output {other:?}"))),
        };
        Ok(Some(output))
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.deadline
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsError> {
        self.inner.handle_timeout(now).map_err(failed)
    }
}

fn split(material: &[u8], profile: dimpl::SrtpProfile) -> Result<KeyingMaterial, DtlsError> {
    let profile = match profile {
        dimpl::SrtpProfile::AEAD_AES_128_GCM => SrtpProfile::AeadAes128Gcm,
        dimpl::SrtpProfile::AEAD_AES_256_GCM => SrtpProfile::AeadAes256Gcm,
        dimpl::SrtpProfile::AES128_CM_SHA1_80 => SrtpProfile::Aes128CmHmacSha1_80,
        other => return Err(DtlsError::UnknownProfile(other)),
    };
    KeyingMaterial::split(profile, material).map_err(|error| DtlsError::Failed(error.to_string()))
}

fn failed(error: dimpl::Error) -> DtlsError {
    DtlsError::Failed(error.to_string())
}

fn fingerprint_of(certificate: &[u8]) -> Fingerprint {
    let digest = digest::digest(&digest::SHA256, certificate);
    Fingerprint(digest.as_ref().try_into().expect("SHA-256 gives 32 bytes"))
}

/// Room for a record of the largest size that a peer may send us.
pub(crate) const RECORD_BUFFER: usize = (1 << 14) + 256;

/// Handshake datagrams pass any path that carries IPv6, through a tunnel or two.
const MTU: usize = 1150;

/// From the first ClientHello to the last Finished. Clients themselves give up after 15 seconds or less.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);

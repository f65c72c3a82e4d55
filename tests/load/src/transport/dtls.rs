//! Our end of a DTLS association: client or server, as the descriptions say (RFC 5763 §5). Version 1.2, which all know.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use aws_lc_rs::digest;
use dimpl::{Config, DtlsCertificate, Output};
use sfu_proto::srtp::{KeyingMaterial, MasterKey, SrtpProfile};

/// The certificate that all participants of a run share.
#[derive(Debug, Clone)]
pub struct Identity {
    certificate: DtlsCertificate,
    config: Arc<Config>,
    fingerprint: [u8; 32],
}

impl Identity {
    /// Makes a certificate.
    pub fn generate() -> Result<Self> {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).context("make a key")?;
        let certificate =
            rcgen::CertificateParams::default().self_signed(&key).context("make a certificate")?;
        let config = Config::builder()
            .require_client_certificate(true)
            .use_server_cookie(false)
            .mtu(1_150)
            .flight_start_rto(Duration::from_millis(400))
            .flight_retries(6)
            .build()
            .context("configure DTLS")?;
        let certificate = certificate.der().to_vec();
        Ok(Self {
            fingerprint: digest_of(&certificate),
            certificate: DtlsCertificate { certificate, private_key: key.serialize_der() },
            config: Arc::new(config),
        })
    }

    /// Its SHA-256, as descriptions have it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let digits: Vec<String> = self.fingerprint.iter().map(|byte| format!("{byte:02X}")).collect();
        digits.join(":")
    }
}

/// One association.
pub(super) struct Dtls {
    inner: dimpl::Dtls,
    active: bool,
    deadline: Option<Instant>,
}

/// What comes out of it.
pub(super) enum DtlsOutput<'a> {
    Packet(&'a [u8]),
    PeerCertificate([u8; 32]),
    Keys { ours: MasterKey, theirs: MasterKey },
    Data(&'a [u8]),
    Closed,
    Nothing,
}

impl Dtls {
    pub(super) fn new(now: Instant, identity: &Identity) -> Self {
        let inner = dimpl::Dtls::new_12(Arc::clone(&identity.config), identity.certificate.clone(), now);
        Self { inner, active: false, deadline: None }
    }

    /// Takes the side of the client, which speaks first, or that of the server.
    pub(super) fn set_active(&mut self, active: bool) {
        self.active = active;
        self.inner.set_active(active);
    }

    pub(super) fn handle_datagram(&mut self, now: Instant, datagram: &[u8]) -> Result<(), String> {
        self.handle_timeout(now)?;
        self.inner.handle_packet(datagram).map_err(failed)
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) -> Result<(), String> {
        self.inner.handle_timeout(now).map_err(failed)
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.deadline
    }

    pub(super) fn send(&mut self, data: &[u8]) -> Result<(), String> {
        self.inner.send_application_data(data).map(|_| ()).map_err(failed)
    }

    pub(super) fn poll_output<'a>(&mut self, buffer: &'a mut [u8]) -> Result<Option<DtlsOutput<'a>>, String> {
        let output = match self.inner.poll_output(buffer) {
            Output::Timeout(at) => {
                self.deadline = Some(at);
                return Ok(None);
            }
            Output::KeyingMaterial(material, profile) => keys(&material, profile, self.active)?,
            Output::PeerCert(certificate) => DtlsOutput::PeerCertificate(digest_of(certificate)),
            Output::CloseNotify => DtlsOutput::Closed,
            Output::BufferTooSmall { needed } => return Err(format!("a DTLS record of {needed} bytes")),
            Output::Packet(packet) => DtlsOutput::Packet(packet),
            Output::ApplicationData(data) => DtlsOutput::Data(data),
            // The keys say it.
            Output::Connected => DtlsOutput::Nothing,
            other => return Err(format!("DTLS gives {other:?}, which nobody understands")),
        };
        Ok(Some(output))
    }
}

fn keys(material: &[u8], profile: dimpl::SrtpProfile, active: bool) -> Result<DtlsOutput<'static>, String> {
    let profile = match profile {
        dimpl::SrtpProfile::AEAD_AES_128_GCM => SrtpProfile::AeadAes128Gcm,
        dimpl::SrtpProfile::AEAD_AES_256_GCM => SrtpProfile::AeadAes256Gcm,
        dimpl::SrtpProfile::AES128_CM_SHA1_80 => SrtpProfile::Aes128CmHmacSha1_80,
        other => return Err(format!("the SRTP profile {other} is not known here")),
    };
    let keys = KeyingMaterial::split(profile, material).map_err(|error| error.to_string())?;
    let (ours, theirs) = if active { (keys.client, keys.server) } else { (keys.server, keys.client) };
    Ok(DtlsOutput::Keys { ours, theirs })
}

fn failed(error: dimpl::Error) -> String {
    format!("DTLS failed: {error}")
}

fn digest_of(certificate: &[u8]) -> [u8; 32] {
    let digest = digest::digest(&digest::SHA256, certificate);
    digest.as_ref().try_into().expect("SHA-256 gives 32 bytes")
}

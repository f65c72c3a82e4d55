//! DTLS 1.2 of another stack than ours, `rtc-dtls`, for peers that know one SRTP profile only: AES_CM_128_HMAC_SHA1_80
//! (RFC 5764 §4.1.2), as many phones and old clients do. It carries no data channels.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use rtc_crypto::SignatureScheme;
use rtc_dtls::config::{ConfigBuilder, HandshakeConfig};
use rtc_dtls::crypto::Certificate;
use rtc_dtls::endpoint::{Endpoint, EndpointEvent};
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use str0m::config::{CryptoProvider, KeyingMaterial};
use str0m::crypto::CryptoError;
use str0m::crypto::dtls::{
    DtlsCert, DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, DtlsVersion, ProtocolVersion,
    SrtpProfile,
};

/// The SRTP profile that a peer's handshake has settled on, once it has.
pub(crate) type Negotiated = Arc<OnceLock<SrtpProfile>>;

/// Everything as usual, but for the handshake.
pub(crate) fn crypto(negotiated: &Negotiated) -> Arc<CryptoProvider> {
    // A provider keeps its parts for ever, and this one is of one peer: a few bytes for each in a test.
    let dtls_provider = Box::leak(Box::new(Provider { negotiated: Arc::clone(negotiated) }));
    Arc::new(CryptoProvider { dtls_provider, ..str0m::crypto::from_feature_flags() })
}

#[derive(Debug)]
struct Provider {
    negotiated: Negotiated,
}

impl DtlsProvider for Provider {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).ok()?;
        let certificate = rcgen::CertificateParams::default().self_signed(&key).ok()?;
        Some(DtlsCert { certificate: certificate.der().to_vec(), private_key: key.serialize_der() })
    }

    fn new_dtls(
        &self,
        cert: &DtlsCert,
        now: Instant,
        version: DtlsVersion,
        _mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        if version != DtlsVersion::Dtls12 {
            return Err(CryptoError::Other(format!("this stack does not speak {version}")));
        }
        let crypto = rtc_crypto::default_provider().map_err(other)?;
        let key = crypto.crypto().import_signing_key(SignatureScheme::EcdsaP256Sha256, &cert.private_key);
        let certificate =
            Certificate::from_signing_key(vec![cert.certificate.clone().into()], key.map_err(other)?);
        let config = ConfigBuilder::default()
            .with_crypto_provider(crypto)
            .with_certificates(vec![certificate])
            .with_srtp_protection_profiles(vec![SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80])
            // Who the other side is, the client says by the fingerprint.
            .with_insecure_skip_verify(true)
            .build(true, Some(ENGINE))
            .map_err(other)?;
        let client = Client {
            endpoint: Endpoint::new(OURS, Default::default(), None),
            config: Arc::new(config),
            now,
            active: false,
            closed: false,
            news: VecDeque::new(),
            negotiated: Arc::clone(&self.negotiated),
        };
        Ok(Box::new(Instance(Mutex::new(client))))
    }
}

fn other(error: impl ToString) -> CryptoError {
    CryptoError::Other(error.to_string())
}

/// What a [`DtlsInstance`] has to be that its stack is not: shareable.
struct Instance(Mutex<Client>);

struct Client {
    endpoint: Endpoint,
    config: Arc<HandshakeConfig>,
    now: Instant,
    active: bool,
    closed: bool,
    news: VecDeque<News>,
    negotiated: Negotiated,
}

enum News {
    Connected,
    PeerCertificate(Vec<u8>),
    Keys(KeyingMaterial, SrtpProfile),
    Closed,
}

impl Client {
    fn handle_packet(&mut self, packet: &[u8]) {
        let Ok(events) = self.endpoint.read(self.now, ENGINE, None, BytesMut::from(packet)) else {
            // As a datagram that nobody understands.
            return;
        };
        for event in events {
            match event {
                EndpointEvent::HandshakeComplete => self.tell_outcome(),
                EndpointEvent::PeerClosed => self.news.push_back(News::Closed),
                _ => {}
            }
        }
    }

    fn tell_outcome(&mut self) {
        let state = self.endpoint.get_connection_state(ENGINE).expect("a handshake has just completed");
        let SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80 = state.srtp_protection_profile() else {
            panic!("a profile that was not offered: {:?}", state.srtp_protection_profile());
        };
        let profile = SrtpProfile::AES128_CM_SHA1_80;
        let keys = state.export_keying_material(EXPORTER, &[], profile.keying_material_len());
        let keys = KeyingMaterial::new(keys.expect("the handshake is complete").as_ref());
        let certificate = state.peer_certificates.first().expect("the engine has a certificate").clone();

        self.negotiated.get_or_init(|| profile);
        self.news.extend([News::Connected, News::PeerCertificate(certificate), News::Keys(keys, profile)]);
    }

    fn poll_output<'a>(&mut self, buffer: &'a mut [u8]) -> DtlsOutput<'a> {
        if let Some(transmit) = self.endpoint.poll_transmit() {
            return DtlsOutput::Packet(copied(&transmit.message, buffer));
        }
        match self.news.pop_front() {
            Some(News::Connected) => DtlsOutput::Connected,
            Some(News::PeerCertificate(certificate)) => DtlsOutput::PeerCert(copied(&certificate, buffer)),
            Some(News::Keys(keys, profile)) => DtlsOutput::KeyingMaterial(keys, profile),
            Some(News::Closed) => {
                self.closed = true;
                DtlsOutput::CloseNotify
            }
            None => DtlsOutput::Timeout(self.endpoint.poll_timeout(&ENGINE).unwrap_or(self.now + LONG)),
        }
    }
}

fn copied<'a>(bytes: &[u8], buffer: &'a mut [u8]) -> &'a [u8] {
    let target = &mut buffer[..bytes.len()];
    target.copy_from_slice(bytes);
    target
}

impl Instance {
    fn client(&self) -> std::sync::MutexGuard<'_, Client> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DtlsInstance for Instance {
    fn set_active(&mut self, active: bool) {
        assert!(active, "the engine is the server, always");
        let mut client = self.client();
        client.active = true;
        let (now, config) = (client.now, Arc::clone(&client.config));
        client.endpoint.connect(now, ENGINE, config, None).expect("a first flight");
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.client().handle_packet(packet);
        Ok(())
    }

    fn poll_output<'a>(&mut self, buffer: &'a mut [u8]) -> DtlsOutput<'a> {
        self.client().poll_output(buffer)
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        let mut client = self.client();
        client.now = now;
        if client.active && !client.closed {
            let over = |_| DtlsImplError::ConnectionClosed;
            return client.endpoint.handle_timeout(ENGINE, now).map_err(over);
        }
        Ok(())
    }

    fn send_application_data(&mut self, _data: &[u8]) -> Result<usize, DtlsImplError> {
        unreachable!("these peers have no data channels")
    }

    fn is_active(&self) -> bool {
        self.client().active
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.client().negotiated.get().map(|_| ProtocolVersion::DTLS1_2)
    }

    fn is_closed(&self) -> bool {
        self.client().closed
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        let mut client = self.client();
        let now = client.now;
        client.endpoint.stop(now, ENGINE);
        client.closed = true;
        Ok(())
    }
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance").finish_non_exhaustive()
    }
}

/// The stack tells its associations apart by address; there is one, and ICE knows where it really leads.
const ENGINE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 1);
const OURS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 2);
/// RFC 5764 §4.2.
const EXPORTER: &str = "EXTRACTOR-dtls_srtp";
/// When nothing is due.
const LONG: Duration = Duration::from_secs(3600);

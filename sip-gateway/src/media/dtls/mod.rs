//! DTLS-SRTP with phones and browsers (RFC 5763, RFC 5764): keys out of a handshake between two certificates, of which
//! the session descriptions carried the digests.

mod sieve;

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use aws_lc_rs::digest;
use bytes::BytesMut;
use rtc_crypto::SignatureScheme;
use rtc_dtls::cipher_suite::CipherSuiteId;
use rtc_dtls::config::{ClientAuthType, ConfigBuilder, HandshakeConfig, VerifyPeerCertificateFn};
use rtc_dtls::crypto::Certificate;
use rtc_dtls::endpoint::{Endpoint, EndpointEvent};
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc_shared::error::Error;
use sfu_proto::srtp::{KeyingMaterial, SrtpProfile, SrtpReceiver, SrtpSender};
use sip_gateway_proto::sdp::{Fingerprint, LocalDtls};

/// The certificate that all legs of this run present.
pub(super) struct Identity {
    config: ConfigBuilder,
    local: LocalDtls,
}

impl Identity {
    /// A fresh key and a certificate for it; `None` if there is no randomness.
    pub(super) fn new() -> Option<Self> {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).ok()?;
        let mut params = rcgen::CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::CommonName, "media");
        let der = params.self_signed(&key).ok()?.der().clone();

        let digest = digest::digest(&digest::SHA256, &der);
        let fingerprint = Fingerprint { hash: "sha-256".into(), digest: digest.as_ref().to_vec() };
        let crypto = rtc_crypto::default_provider().ok()?;
        let scheme = SignatureScheme::EcdsaP256Sha256;
        let key = crypto.crypto().import_signing_key(scheme, &key.serialize_der()).ok()?;
        let config = ConfigBuilder::default()
            .with_crypto_provider(crypto)
            .with_certificates(vec![Certificate::from_signing_key(vec![der], key)])
            .with_cipher_suites(CIPHER_SUITES.to_vec())
            .with_srtp_protection_profiles(PROFILES.to_vec())
            .with_client_auth(ClientAuthType::RequireAnyClientCert)
            // No authority vouches for a phone: its certificate has to be the one announced.
            .with_insecure_skip_verify(true)
            .with_flight_interval(REPEAT)
            .with_mtu(MTU)
            .with_server_name("media".into());
        Some(Self { config, local: LocalDtls { fingerprint } })
    }

    /// What session descriptions say of it.
    pub(super) fn local(&self) -> LocalDtls {
        self.local.clone()
    }

    /// For associations with whoever owns one of the announced certificates. Others are refused once they have proved
    /// that theirs is their own, and before there are keys.
    fn config(
        &self,
        announced: &[Fingerprint],
        client: bool,
        refused: &Arc<AtomicBool>,
    ) -> Option<Arc<HandshakeConfig>> {
        let (announced, refused) = (announced.to_vec(), Arc::clone(refused));
        let verify: VerifyPeerCertificateFn = Arc::new(move |chain, _| {
            let own = chain.first();
            if own.is_some_and(|own| announced.iter().any(|announced| is_digest_of(announced, own))) {
                return Ok(());
            }
            refused.store(true, Relaxed);
            Err(Error::ErrInvalidCertificate)
        });
        let config = self.config.clone().with_verify_peer_certificate(Some(verify));
        config.build(client, Some(PEER)).ok().map(Arc::new)
    }
}

/// Keys are not shown.
impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("local", &self.local).finish_non_exhaustive()
    }
}

/// The handshake of one port of a leg.
///
/// As a server it takes each address for somebody else, of whom it keeps little before the cookie came back
/// (RFC 6347 §4.2.1): so a forged address gets one short answer, and does not disturb the phone.
pub(super) struct Handshake {
    announced: Vec<Fingerprint>,
    client: bool,
    /// Whether the other side has proved its addresses by ICE, and may change them.
    proved: bool,
    config: Option<Arc<HandshakeConfig>>,
    endpoint: Endpoint,
    /// Whether somebody has come with a certificate that was not announced.
    refused: Arc<AtomicBool>,
    /// The oldest first.
    associations: VecDeque<Association>,
    state: State,
    since: Instant,
    /// When it gives up. A server waits to be called.
    until: Option<Instant>,
}

/// What somebody at one address has sent.
struct Association {
    peer: SocketAddr,
    /// Datagrams.
    taken: usize,
    /// Messages and parts of messages.
    seen: Vec<[u8; sieve::MESSAGE_HEADER]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Shaking,
    Done,
    Failed,
}

/// What a handshake has come to.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Nothing new.
    Going,
    /// The keys are there.
    Keys(Box<SrtpSender>, Box<SrtpReceiver>),
    /// There will be none.
    Failed,
}

impl Handshake {
    pub(super) fn new(
        now: Instant,
        identity: &Identity,
        announced: &[Fingerprint],
        client: bool,
        proved: bool,
    ) -> Self {
        let refused = Arc::default();
        let config = identity.config(announced, client, &refused);
        let server = config.clone().filter(|_| !client);
        Self {
            announced: announced.to_vec(),
            client,
            proved,
            state: if config.is_some() { State::Shaking } else { State::Failed },
            config,
            endpoint: Endpoint::new(OURS, Default::default(), server),
            refused,
            associations: VecDeque::new(),
            since: now,
            until: None,
        }
    }

    /// Whether it is with the owner of these certificates; then it stays, whatever else is agreed on anew.
    pub(super) fn is_with(&self, announced: &[Fingerprint]) -> bool {
        self.announced == announced && self.state != State::Failed
    }

    /// When it has to be looked after again, if there is an address to begin towards.
    pub(super) fn deadline(&self, reachable: bool) -> Option<Instant> {
        if self.state != State::Shaking {
            return None;
        }
        let repeats = self.associations.iter().filter_map(|known| self.endpoint.poll_timeout(&known.peer));
        let begins = (reachable && self.is_to_begin()).then_some(self.since);
        repeats.chain(begins).chain(self.until).min()
    }

    fn is_to_begin(&self) -> bool {
        self.client && self.associations.is_empty()
    }

    /// Takes a datagram.
    pub(super) fn handle_datagram(
        &mut self,
        now: Instant,
        from: SocketAddr,
        datagram: &[u8],
        send: impl FnMut(SocketAddr, &[u8]),
    ) -> Outcome {
        if self.state == State::Failed {
            return Outcome::Going;
        }
        let Some(sifted) = sieve::sift(datagram) else { return Outcome::Going };
        let Some(peer) = self.admit(now, from, sifted) else { return Outcome::Going };
        let complete = match self.endpoint.read(now, peer, None, BytesMut::from(datagram)) {
            Ok(events) => events.iter().any(|event| matches!(event, EndpointEvent::HandshakeComplete)),
            // As a datagram that nobody understands: anybody may have written it. An end is only a stranger's
            // certificate, and that nobody comes to one.
            Err(error) => {
                tracing::debug!(%error, "a datagram of a DTLS handshake is of no use");
                false
            }
        };
        self.transmit(Some(from), send);

        if self.refused.load(Relaxed) && self.state == State::Shaking {
            self.state = State::Failed;
            return Outcome::Failed;
        }
        if !complete || self.state == State::Done {
            return Outcome::Going;
        }
        self.conclude(now, peer)
    }

    /// Repeats what was lost, or gives up. What is repeated to an address proved by ICE goes where that now leads.
    pub(super) fn handle_timeout(
        &mut self,
        now: Instant,
        to: Option<SocketAddr>,
        send: impl FnMut(SocketAddr, &[u8]),
    ) -> Outcome {
        if self.deadline(to.is_some()).is_none_or(|at| now < at) {
            return Outcome::Going;
        }
        if self.until.is_some_and(|until| now >= until) {
            self.state = State::Failed;
            return Outcome::Failed;
        }
        for peer in self.peers() {
            // The stack repeats a flight a few times only; we have more patience.
            if self.endpoint.handle_timeout(peer, now).is_err() {
                self.forget(now, peer);
            }
        }
        if to.is_some() && self.is_to_begin() {
            self.begin(now);
        }
        self.transmit(to, send);
        Outcome::Going
    }

    /// Begins as the client.
    fn begin(&mut self, now: Instant) {
        let Some(config) = self.config.clone() else { return };
        self.until.get_or_insert(now + PATIENCE);
        self.associations.push_back(Association { peer: PEER, taken: 0, seen: Vec::new() });
        if let Err(error) = self.endpoint.connect(now, PEER, config, None) {
            tracing::debug!(%error, "a DTLS handshake does not begin");
        }
    }

    /// The association that a datagram is for, if it may have one more.
    fn admit(&mut self, now: Instant, from: SocketAddr, sifted: sieve::Sifted) -> Option<SocketAddr> {
        let peer = if self.client || self.proved { PEER } else { from };
        if let Some(known) = self.associations.iter_mut().find(|known| known.peer == peer) {
            known.taken += 1;
            if known.taken > sieve::MAX_DATAGRAMS {
                if self.state == State::Shaking {
                    self.forget(now, peer);
                }
                return None;
            }
            // The stack takes whatever comes for an answer, and would not repeat itself any more. Who repeats himself
            // has not had ours; it comes in its time. Only a cookie has none, and once done the last flight.
            let seen = &mut known.seen;
            let repeats = !sifted.parts.is_empty() && sifted.parts.iter().all(|part| seen.contains(part));
            let waits = seen.iter().any(|part| sieve::number(part) > 0);
            seen.extend(sifted.parts);
            let answered = repeats && waits && !sifted.sealed && self.state == State::Shaking;
            return (!answered).then_some(peer);
        }
        // A client has called somebody, and who is done knows whom.
        if self.client || self.state == State::Done {
            return None;
        }
        if self.associations.len() == MAX_ASSOCIATIONS
            && let Some(oldest) = self.peers().first()
        {
            self.forget(now, *oldest);
        }
        self.until.get_or_insert(now + PATIENCE);
        self.associations.push_back(Association { peer, taken: 1, seen: sifted.parts });
        Some(peer)
    }

    fn peers(&self) -> Vec<SocketAddr> {
        self.associations.iter().map(|known| known.peer).collect()
    }

    fn forget(&mut self, now: Instant, peer: SocketAddr) {
        self.associations.retain(|known| known.peer != peer);
        // Without a word: the stack has queued one, unsealed.
        self.endpoint.stop(now, peer);
        while self.endpoint.poll_transmit().is_some() {}
    }

    fn transmit(&mut self, to: Option<SocketAddr>, mut send: impl FnMut(SocketAddr, &[u8])) {
        while let Some(transmit) = self.endpoint.poll_transmit() {
            let peer = transmit.transport.peer_addr;
            let to = if peer == PEER { to } else { Some(peer) };
            if let Some(to) = to {
                send(to, &transmit.message);
            }
        }
    }

    /// Takes the keys of the association that has succeeded, and forgets all others.
    fn conclude(&mut self, now: Instant, peer: SocketAddr) -> Outcome {
        let keys = self.keys(peer);
        self.state = if keys.is_some() { State::Done } else { State::Failed };
        for other in self.peers().into_iter().filter(|other| *other != peer) {
            self.forget(now, other);
        }
        let Some(keys) = keys else { return Outcome::Failed };
        let (local, remote) =
            if self.client { (&keys.client, &keys.server) } else { (&keys.server, &keys.client) };
        Outcome::Keys(Box::new(SrtpSender::new(local)), Box::new(SrtpReceiver::new(remote)))
    }

    fn keys(&self, peer: SocketAddr) -> Option<KeyingMaterial> {
        let state = self.endpoint.get_connection_state(peer)?;
        let profile = known(state.srtp_protection_profile())?;
        let exported = state.export_keying_material(EXPORTER, &[], profile.keying_len()).ok()?;
        KeyingMaterial::split(profile, exported.as_ref()).ok()
    }
}

impl std::fmt::Debug for Handshake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handshake").field("state", &self.state).finish_non_exhaustive()
    }
}

/// RFC 8122 §5.
fn is_digest_of(announced: &Fingerprint, certificate: &[u8]) -> bool {
    let algorithm = match announced.hash.as_str() {
        "sha-256" => &digest::SHA256,
        "sha-384" => &digest::SHA384,
        "sha-512" => &digest::SHA512,
        _ => return false,
    };
    digest::digest(algorithm, certificate).as_ref() == announced.digest
}

fn known(profile: SrtpProtectionProfile) -> Option<SrtpProfile> {
    Some(match profile {
        SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm => SrtpProfile::AeadAes128Gcm,
        SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80 => SrtpProfile::Aes128CmHmacSha1_80,
        _ => return None,
    })
}

/// The most wanted first (RFC 5764 §4.1.2, RFC 7714 §14.2).
const PROFILES: [SrtpProtectionProfile; 2] =
    [SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm, SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80];
/// With forward secrecy and authenticated encryption, for either kind of certificate.
const CIPHER_SUITES: [CipherSuiteId; 4] = [
    CipherSuiteId::Tls_Ecdhe_Ecdsa_With_Aes_128_Gcm_Sha256,
    CipherSuiteId::Tls_Ecdhe_Rsa_With_Aes_128_Gcm_Sha256,
    CipherSuiteId::Tls_Ecdhe_Ecdsa_With_ChaCha20_Poly1305_Sha256,
    CipherSuiteId::Tls_Ecdhe_Rsa_With_ChaCha20_Poly1305_Sha256,
];
/// RFC 5764 §4.2.
const EXPORTER: &str = "EXTRACTOR-dtls_srtp";
/// Handshake datagrams pass any path that carries IPv6, through a tunnel or two.
const MTU: usize = 1_150;
/// RFC 6347 §4.2.4.1.
const REPEAT: Duration = Duration::from_secs(1);
/// Phones begin when they are picked up.
const PATIENCE: Duration = Duration::from_secs(30);
/// Addresses that may call a server at once.
const MAX_ASSOCIATIONS: usize = 4;
/// The stack tells associations apart by address. Where the address does not matter it is this one.
const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 1);
const OURS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 2);

#[cfg(test)]
mod tests;

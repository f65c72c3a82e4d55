//! DTLS-SRTP with phones and browsers (RFC 5763, RFC 5764): keys out of a handshake between two certificates, of which
//! the session descriptions carried the digests.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::digest;
use dimpl::{Config, Dtls, DtlsCertificate, Output};
use sfu_proto::srtp::{KeyingMaterial, SrtpProfile, SrtpReceiver, SrtpSender};
use sip_gateway_proto::sdp::{Fingerprint, LocalDtls};

/// The certificate that all legs of this run present.
pub(super) struct Identity {
    certificate: DtlsCertificate,
    /// For those who have proved their address by ICE, and for those who have not: these get a cookie first, or a
    /// forged address would get our whole flight.
    configs: [Arc<Config>; 2],
    local: LocalDtls,
}

impl Identity {
    /// A fresh key and a certificate for it; `None` if there is no randomness.
    pub(super) fn new() -> Option<Self> {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).ok()?;
        let mut params = rcgen::CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::CommonName, "media");
        let certificate = params.self_signed(&key).ok()?.der().to_vec();

        let config = |cookie: bool| {
            let builder = Config::builder()
                .require_client_certificate(true)
                .use_server_cookie(cookie)
                .mtu(MTU)
                .flight_start_rto(Duration::from_millis(500))
                .flight_retries(8)
                .handshake_timeout(HANDSHAKE_TIMEOUT);
            builder.build().ok().map(Arc::new)
        };
        let digest = digest::digest(&digest::SHA256, &certificate);
        let fingerprint = Fingerprint { hash: "sha-256".into(), digest: digest.as_ref().to_vec() };
        Some(Self {
            certificate: DtlsCertificate { certificate, private_key: key.serialize_der() },
            configs: [config(false)?, config(true)?],
            local: LocalDtls { fingerprint },
        })
    }

    /// What session descriptions say of it.
    pub(super) fn local(&self) -> LocalDtls {
        self.local.clone()
    }
}

/// Keys are not shown.
impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("local", &self.local).finish_non_exhaustive()
    }
}

/// The association of one leg.
pub(super) struct Handshake {
    identity: Arc<Identity>,
    /// Whether the other side has proved its address.
    proved: bool,
    /// From the first datagram on: its clock runs from there.
    inner: Option<Box<Dtls>>,
    announced: Vec<Fingerprint>,
    client: bool,
    /// Whether the certificate is one of those announced.
    recognised: bool,
    keys: Option<Box<KeyingMaterial>>,
    connected: bool,
    state: State,
    deadline: Option<Instant>,
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
        identity: Arc<Identity>,
        announced: &[Fingerprint],
        client: bool,
        proved: bool,
    ) -> Self {
        Self {
            identity,
            proved,
            inner: None,
            announced: announced.to_vec(),
            client,
            recognised: false,
            keys: None,
            connected: false,
            state: State::Shaking,
            // A server waits to be called.
            deadline: client.then_some(now),
        }
    }

    /// Whether it is with the owner of these certificates; then it stays, whatever else is agreed on anew.
    pub(super) fn is_with(&self, announced: &[Fingerprint]) -> bool {
        self.announced == announced && self.state != State::Failed
    }

    /// When it has to be looked after again.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline.filter(|_| self.state == State::Shaking)
    }

    /// Takes a datagram; what is to be sent goes to `send`.
    pub(super) fn handle_datagram(
        &mut self,
        now: Instant,
        datagram: &[u8],
        send: impl FnMut(&[u8]),
    ) -> Outcome {
        if self.state == State::Failed {
            return Outcome::Going;
        }
        let inner = self.begin(now);
        let taken = inner.handle_timeout(now).and_then(|()| inner.handle_packet(datagram));
        if let Err(error) = &taken {
            tracing::debug!(%error, "the DTLS handshake with a phone has failed");
        }
        self.proceed(taken.is_ok(), send)
    }

    /// Repeats what was lost, or gives up.
    pub(super) fn handle_timeout(&mut self, now: Instant, send: impl FnMut(&[u8])) -> Outcome {
        if self.deadline().is_none_or(|at| now < at) {
            return Outcome::Going;
        }
        let taken = self.begin(now).handle_timeout(now);
        self.proceed(taken.is_ok(), send)
    }

    fn begin(&mut self, now: Instant) -> &mut Dtls {
        let (identity, client) = (&self.identity, self.client);
        let config = &identity.configs[usize::from(!self.proved)];
        self.inner.get_or_insert_with(|| {
            let mut inner = Dtls::new_auto(Arc::clone(config), identity.certificate.clone(), now);
            inner.set_active(client);
            Box::new(inner)
        })
    }

    fn proceed(&mut self, well: bool, send: impl FnMut(&[u8])) -> Outcome {
        let well = well && self.drain(send);
        if !well {
            // After the handshake an association may end as it likes: media has its keys.
            return match std::mem::replace(&mut self.state, State::Failed) {
                State::Shaking => Outcome::Failed,
                State::Done | State::Failed => Outcome::Going,
            };
        }
        if self.state != State::Shaking || !self.connected || !self.recognised {
            return Outcome::Going;
        }
        let Some(keys) = self.keys.take() else { return Outcome::Going };
        self.state = State::Done;
        let (local, remote) =
            if self.client { (&keys.client, &keys.server) } else { (&keys.server, &keys.client) };
        Outcome::Keys(Box::new(SrtpSender::new(local)), Box::new(SrtpReceiver::new(remote)))
    }

    /// Sends what there is to send and takes what came out; false if the association is of no use.
    fn drain(&mut self, mut send: impl FnMut(&[u8])) -> bool {
        let Some(inner) = &mut self.inner else { return true };
        let mut record = [0; RECORD];
        loop {
            match inner.poll_output(&mut record) {
                Output::Timeout(at) => {
                    self.deadline = Some(at);
                    return true;
                }
                Output::Packet(packet) => send(packet),
                Output::PeerCert(certificate) => {
                    self.recognised =
                        self.announced.iter().any(|announced| is_digest_of(announced, certificate));
                    // Not one record more to a stranger, above all not our Finished.
                    if !self.recognised {
                        return false;
                    }
                }
                Output::KeyingMaterial(material, profile) => {
                    let Some(profile) = known(profile) else { return false };
                    let Ok(keys) = KeyingMaterial::split(profile, &material) else { return false };
                    self.keys = Some(Box::new(keys));
                }
                Output::Connected => self.connected = true,
                Output::ApplicationData(_) => {}
                _ => return false,
            }
        }
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

fn known(profile: dimpl::SrtpProfile) -> Option<SrtpProfile> {
    Some(match profile {
        dimpl::SrtpProfile::AEAD_AES_128_GCM => SrtpProfile::AeadAes128Gcm,
        dimpl::SrtpProfile::AEAD_AES_256_GCM => SrtpProfile::AeadAes256Gcm,
        dimpl::SrtpProfile::AES128_CM_SHA1_80 => SrtpProfile::Aes128CmHmacSha1_80,
        _ => return None,
    })
}

/// Handshake datagrams pass any path that carries IPv6, through a tunnel or two.
const MTU: usize = 1150;
/// Phones begin when they are picked up.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);
/// A record of the largest size.
const RECORD: usize = (1 << 14) + 256;

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    #[test]
    fn both_sides_come_to_the_same_keys() {
        for proved in [false, true] {
            let (server, client) = (identity(), identity());
            let (server, client) = shake(&server, &client, &server.local(), &client.local(), proved);

            let (Outcome::Keys(mut sender, _), Outcome::Keys(_, mut receiver)) = (server, client) else {
                panic!("no keys")
            };
            let mut sealed = [0; 64];
            let header = [0x80, 8, 0, 1, 0, 0, 0, 160, 0, 0, 0, 7];
            let len = sender.protect_rtp(&header, &[], b"speech", &mut sealed).expect("sealed");
            let len = receiver.unprotect_rtp(&mut sealed[..len]).expect("authentic");
            assert_eq!(sealed[12..len], *b"speech");
        }
    }

    #[test]
    fn a_certificate_that_was_not_announced_ends_it() {
        let (server, client) = (identity(), identity());
        let (refused, _) = shake(&server, &client, &server.local(), &identity().local(), true);
        assert!(matches!(refused, Outcome::Failed));

        let (_, refused) = shake(&server, &client, &identity().local(), &client.local(), true);
        assert!(matches!(refused, Outcome::Failed));
    }

    #[test]
    fn nobody_at_the_other_end_is_a_failure_in_the_end() {
        let start = Instant::now();
        let identity = identity();
        let announced = [identity.local().fingerprint];
        let mut alone = Handshake::new(start, identity, &announced, true, true);
        let mut sent = 0;
        let mut now = start;
        loop {
            match alone.handle_timeout(now, |_| sent += 1) {
                Outcome::Failed => break,
                _ => now = alone.deadline().expect("it waits for something"),
            }
            assert!(now < start + Duration::from_secs(120));
        }
        assert!(sent > 2 && alone.deadline().is_none());
    }

    fn identity() -> Arc<Identity> {
        Arc::new(Identity::new().expect("a certificate"))
    }

    /// What server and client come to, if each announces a certificate to the other.
    fn shake(
        server: &Arc<Identity>,
        client: &Arc<Identity>,
        of_server: &LocalDtls,
        of_client: &LocalDtls,
        proved: bool,
    ) -> (Outcome, Outcome) {
        let now = Instant::now();
        let mut ends = [
            Handshake::new(
                now,
                Arc::clone(server),
                std::slice::from_ref(&of_client.fingerprint),
                false,
                proved,
            ),
            Handshake::new(
                now,
                Arc::clone(client),
                std::slice::from_ref(&of_server.fingerprint),
                true,
                proved,
            ),
        ];
        let mut outcomes = [Outcome::Going, Outcome::Going];
        let mut wire: VecDeque<(usize, Vec<u8>)> = VecDeque::new();
        for (at, end) in ends.iter_mut().enumerate() {
            let _ = end.handle_timeout(now, |packet| wire.push_back((1 - at, packet.to_vec())));
        }
        while let Some((to, packet)) = wire.pop_front() {
            let outcome = ends[to].handle_datagram(now, &packet, |packet| {
                wire.push_back((1 - to, packet.to_vec()));
            });
            if !matches!(outcome, Outcome::Going) {
                outcomes[to] = outcome;
            }
        }
        let [server, client] = outcomes;
        (server, client)
    }
}

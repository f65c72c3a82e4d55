//! Legs whose keys come out of a handshake, with and without ICE.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Instant;

use aws_lc_rs::{digest, hmac};
use dimpl::{Config, Dtls, DtlsCertificate, Output};
use is::stun::{StunMessage, TransId};
use sfu_proto::srtp::{KeyingMaterial, SrtpProfile, SrtpReceiver, SrtpSender};
use sip_gateway_proto::call::{MediaEvent, MediaPlane};
use sip_gateway_proto::sdp::{Codec, Fingerprint, Ice, Protection};

use crate::phone::{Phone, engine};

#[test]
fn a_phone_with_dtls_and_a_plain_one_hear_each_other() {
    let (mut engine, _events) = engine(20_800..=20_819, 1);
    let mut plain = Phone::new(&mut engine, 1, Codec::Pcma);
    let mut secure = Phone::with_dtls(&mut engine, 2, Codec::Pcma);
    let certificate = Certificate::new();
    secure.agreed.protection = certificate.announced();
    plain.connect(&mut engine);
    secure.connect(&mut engine);
    engine.bridge(plain.leg, secure.leg);
    engine.settle();

    // Nothing is sent in the clear before there are keys.
    plain.say(&[1; 160], 160);
    let keys = certificate.shake(&secure);
    secure.take_keys(keys);
    secure.say(&[2; 160], 160);

    assert_eq!(plain.hear().expect("speech").payload, [2; 160]);
    plain.say(&[3; 160], 160);
    assert_eq!(secure.hear().expect("encrypted speech").payload, [3; 160]);
    // What is agreed on anew leaves the association as it is.
    secure.connect(&mut engine);
    plain.say(&[4; 160], 160);
    assert_eq!(secure.hear().expect("encrypted speech").payload, [4; 160]);
    assert!(engine.close(secure.leg).encrypted);
}

#[test]
fn reports_on_a_port_of_their_own_have_keys_of_their_own() {
    let (mut engine, _events) = engine(20_860..=20_879, 1);
    let mut secure = Phone::with_dtls(&mut engine, 1, Codec::Pcma);
    let certificate = Certificate::new();
    secure.agreed.protection = certificate.announced();
    secure.connect(&mut engine);
    let mut beside = secure.media.address;
    beside.set_port(beside.port() + 1);

    let (_, mut of_sound) = certificate.shake(&secure);
    let (_, mut of_reports) = certificate.begin_on(&secure.rtcp, beside).expect("keys");
    engine.settle();
    engine.close(secure.leg);

    let mut goodbye = [0; 512];
    let mut len = 0;
    // What the handshake still says comes first.
    while !(128..=191).contains(&goodbye[0]) {
        len = secure.rtcp.recv_from(&mut goodbye).expect("a report").0;
    }
    assert!(of_sound.unprotect_rtcp(&mut goodbye[..len].to_vec()).is_err());
    assert!(of_reports.unprotect_rtcp(&mut goodbye[..len]).is_ok());
}

#[test]
fn another_certificate_than_announced_is_told_and_hears_nothing() {
    let (mut engine, mut events) = engine(20_820..=20_839, 1);
    let mut secure = Phone::with_dtls(&mut engine, 1, Codec::Pcma);
    secure.agreed.protection = Certificate::new().announced();
    secure.connect(&mut engine);

    // In DTLS 1.3 the client is done before the server has seen its certificate.
    let keys = Certificate::new().begin(&secure);

    assert_eq!(events.blocking_recv(), Some(MediaEvent::Insecure { leg: secure.leg }));
    let Some(keys) = keys else { return };
    secure.take_keys(keys);
    let mut plain = Phone::new(&mut engine, 2, Codec::Pcma);
    plain.connect(&mut engine);
    engine.bridge(plain.leg, secure.leg);
    engine.settle();
    secure.say(&[2; 160], 160);
    engine.settle();
    assert!(plain.hears_nothing());
}

#[test]
fn with_ice_packets_go_where_a_check_came_from_and_nowhere_else() {
    let (mut engine, _events) = engine(20_840..=20_859, 1);
    let mut plain = Phone::new(&mut engine, 1, Codec::Pcma);
    let mut secure = Phone::with_dtls(&mut engine, 2, Codec::Pcma);
    let certificate = Certificate::new();
    secure.agreed.protection = certificate.announced();
    secure.agreed.ice = Some(Ice { ufrag: "them".into(), pwd: "x".repeat(24), candidates: Vec::new() });
    secure.agreed.rtcp_mux = true;
    // The address in the description is of no account.
    secure.agreed.remote = Some(plain.rtcp.local_addr().expect("bound"));
    plain.connect(&mut engine);
    secure.connect(&mut engine);
    engine.bridge(plain.leg, secure.leg);
    engine.settle();

    check(&secure, secure.media.ice.as_ref().expect("wished for"));
    let keys = certificate.shake(&secure);
    secure.take_keys(keys);
    plain.say(&[3; 160], 160);

    assert_eq!(secure.hear().expect("encrypted speech").payload, [3; 160]);
    secure.say(&[2; 160], 160);
    assert_eq!(plain.hear().expect("speech").payload, [2; 160]);
}

/// Makes a check that nominates the address of the phone, and waits for its answer.
fn check(phone: &Phone, ice: &Ice) {
    let username = format!("{}:them", ice.ufrag);
    let message = StunMessage::binding_request(&username, TransId::new(), true, 1, 1_845_501_695, true);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, ice.pwd.as_bytes());
    let sign = |_: &[u8], parts: &[&[u8]]| {
        let mut context = hmac::Context::with_key(&key);
        parts.iter().for_each(|part| context.update(part));
        let mut code = [0; 20];
        code.copy_from_slice(context.sign().as_ref());
        code
    };
    let mut request = [0; 256];
    let len = message.to_bytes(Some(ice.pwd.as_bytes()), &mut request, sign).expect("fits");
    phone.rtp.send_to(&request[..len], phone.media.address).expect("sent");
    let mut answer = [0; 256];
    let (len, _) = phone.rtp.recv_from(&mut answer).expect("an answer");
    let answer = StunMessage::parse(&answer[..len]).expect("STUN");
    assert_eq!(answer.mapped_address(), Some(phone.rtp.local_addr().expect("bound")));
}

struct Certificate {
    der: DtlsCertificate,
}

impl Certificate {
    fn new() -> Self {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("a key");
        let certificate = rcgen::CertificateParams::default().self_signed(&key).expect("a certificate");
        let (certificate, private_key) = (certificate.der().to_vec(), key.serialize_der());
        Self { der: DtlsCertificate { certificate, private_key } }
    }

    fn announced(&self) -> Protection {
        let digest = digest::digest(&digest::SHA256, &self.der.certificate).as_ref().to_vec();
        let fingerprints = vec![Fingerprint { hash: "sha-256".into(), digest }];
        Protection::Dtls { fingerprints, client: false }
    }

    /// Shakes hands as the client.
    fn shake(&self, phone: &Phone) -> (SrtpSender, SrtpReceiver) {
        self.begin(phone).expect("keys")
    }

    /// The same, if it comes to that before the other side says nothing any more.
    fn begin(&self, phone: &Phone) -> Option<(SrtpSender, SrtpReceiver)> {
        self.begin_on(&phone.rtp, phone.media.address)
    }

    fn begin_on(&self, socket: &UdpSocket, to: SocketAddr) -> Option<(SrtpSender, SrtpReceiver)> {
        let config = Config::builder().build().expect("a configuration");
        let mut dtls = Dtls::new_auto(Arc::new(config), self.der.clone(), Instant::now());
        dtls.set_active(true);
        dtls.handle_timeout(Instant::now()).expect("begins");
        let (mut keys, mut connected) = (None, false);
        let mut record = vec![0; 20_000];
        loop {
            loop {
                match dtls.poll_output(&mut record) {
                    Output::Timeout(_) => break,
                    Output::Packet(packet) => {
                        socket.send_to(packet, to).expect("sent");
                    }
                    Output::KeyingMaterial(material, profile) => {
                        let profile = match profile {
                            dimpl::SrtpProfile::AEAD_AES_128_GCM => SrtpProfile::AeadAes128Gcm,
                            dimpl::SrtpProfile::AEAD_AES_256_GCM => SrtpProfile::AeadAes256Gcm,
                            _ => SrtpProfile::Aes128CmHmacSha1_80,
                        };
                        keys = Some(KeyingMaterial::split(profile, &material).expect("keys"));
                    }
                    Output::Connected => connected = true,
                    _ => {}
                }
            }
            if let (Some(keys), true) = (&keys, connected) {
                return Some((SrtpSender::new(&keys.client), SrtpReceiver::new(&keys.server)));
            }
            let mut datagram = [0; 2_048];
            let (len, _) = socket.recv_from(&mut datagram).ok()?;
            dtls.handle_timeout(Instant::now()).ok()?;
            dtls.handle_packet(&datagram[..len]).ok()?;
        }
    }
}

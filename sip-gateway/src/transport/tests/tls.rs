//! TLS: handshakes, whom we trust, another certificate.

use std::sync::Arc;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::*;

const TLS: Carrier = Carrier::Tls;

/// A certificate for a name, which its own holder has signed.
pub(super) fn made_for(name: &str) -> (Identity, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    (Identity::new(vec![certificate.clone()], key).unwrap(), certificate)
}

fn trusting(certificates: &[&CertificateDer<'static>]) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add((*certificate).clone()).unwrap();
    }
    roots
}

fn named(name: &'static str) -> ServerName<'static> {
    ServerName::try_from(name).unwrap()
}

/// Listens with a certificate for `pbx.example.org`, trusting some.
fn server(
    trust: Option<RootCertStore>,
    limits: Limits,
) -> (Transports, mpsc::Receiver<Received>, SocketAddr, CertificateDer<'static>) {
    let (identity, certificate) = made_for("pbx.example.org");
    let listeners = vec![Listener { carrier: TLS, address: "127.0.0.1:0".parse().unwrap() }];
    let config = TransportConfig { listeners, identity: Some(identity), trust, limits };
    let (transports, received) = Transports::bind(config).expect("a free port");
    let address = transports.listeners()[0].address;
    (transports, received, address, certificate)
}

/// A phone that trusts that certificate.
async fn phone(server: SocketAddr, trust: &CertificateDer<'static>) -> std::io::Result<TlsStream<TcpStream>> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(trusting(&[trust]))
        .with_no_client_auth();
    let plain = TcpStream::connect(server).await?;
    TlsConnector::from(Arc::new(config)).connect(named("pbx.example.org"), plain).await
}

#[tokio::test]
async fn messages_go_both_ways_under_tls() {
    let (transports, mut received, server, certificate) = server(None, Limits::default());
    let mut phone = phone(server, &certificate).await.unwrap();

    phone.write_all(text("1").as_bytes()).await.unwrap();
    let (flow, message) = next_message(&mut received).await;
    assert_eq!((flow.carrier, call_id(&message)), (TLS, "1"));
    transports.send(&flow, b"answer".to_vec());
    assert_eq!(read(&mut phone, 6).await, "answer");

    drop(phone);
    assert_eq!(next_failure(&mut received).await, (flow, FlowFailure::Closed));
}

#[tokio::test]
async fn half_a_handshake_is_given_up_and_holds_up_nobody() {
    let limits = Limits { handshake: Duration::from_secs(2), ..Limits::default() };
    let (transports, mut received, server, certificate) = server(None, limits);
    let mut half = TcpStream::connect(server).await.unwrap();
    half.write_all(&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01]).await.unwrap();

    let mut phone = phone(server, &certificate).await.unwrap();
    phone.write_all(text("1").as_bytes()).await.unwrap();
    next_message(&mut received).await;
    read_to_end(&mut half).await;

    assert_eq!(transports.connections(), 1);
    assert!(received.try_recv().is_err(), "what never was a connection does not fail");
}

#[tokio::test]
async fn who_speaks_no_tls_is_turned_away() {
    let (transports, mut received, server, _) = server(None, Limits::default());
    let mut plain = TcpStream::connect(server).await.unwrap();

    plain.write_all(text("1").as_bytes()).await.unwrap();

    let mut rest = Vec::new();
    let _ = timeout(PATIENCE, plain.read_to_end(&mut rest)).await.expect("in time");
    assert!(received.try_recv().is_err());
    drop(transports);
}

#[tokio::test]
async fn another_certificate_serves_the_next_handshake_and_leaves_connections_alone() {
    let (transports, mut received, server, old) = server(None, Limits::default());
    let mut before = phone(server, &old).await.unwrap();
    let (identity, new) = made_for("pbx.example.org");

    transports.set_identity(identity);

    assert!(phone(server, &old).await.is_err(), "the old one is not shown any more");
    let mut after = phone(server, &new).await.unwrap();
    for phone in [&mut before, &mut after] {
        phone.write_all(text("1").as_bytes()).await.unwrap();
        let (flow, _) = next_message(&mut received).await;
        transports.send(&flow, b"answer".to_vec());
        assert_eq!(read(phone, 6).await, "answer");
    }
}

#[tokio::test]
async fn a_trunk_must_prove_to_be_whom_we_mean() {
    let (trunk, mut at_trunk, address, certificate) = server(None, Limits::default());
    let (ours, mut at_ours, local, _) = server(Some(trusting(&[&certificate])), Limits::default());
    let flow = to(TLS, local, address);

    // It has no certificate for its address.
    ours.send(&flow, text("nameless").into_bytes());
    assert_eq!(next_failure(&mut at_ours).await.1, FlowFailure::Handshake);
    assert_eq!(next_failure(&mut at_ours).await, (flow, FlowFailure::Handshake));
    ours.set_peer_name(address, named("other.example.org"));
    ours.send(&flow, text("wrong").into_bytes());
    assert_eq!(next_failure(&mut at_ours).await.1, FlowFailure::Handshake);
    next_failure(&mut at_ours).await;

    ours.set_peer_name(address, named("pbx.example.org"));
    ours.send(&flow, text("right").into_bytes());
    let (theirs, message) = next_message(&mut at_trunk).await;
    assert_eq!(call_id(&message), "right");
    trunk.send(&theirs, text("answer").into_bytes());
    let (answered, _) = next_message(&mut at_ours).await;
    assert_eq!(answered.remote, address);

    // Another name needs another connection, and this one has not got it.
    ours.set_peer_name(address, named("other.example.org"));
    ours.send(&flow, text("wrong").into_bytes());
    assert_eq!(next_failure(&mut at_ours).await.1, FlowFailure::Handshake);
}

#[tokio::test]
async fn a_trunk_that_nobody_vouches_for_is_not_trusted() {
    let (_trunk, _at_trunk, address, _) = server(None, Limits::default());
    let (ours, mut at_ours, local, _) = server(None, Limits::default());
    ours.set_peer_name(address, named("pbx.example.org"));

    ours.send(&to(TLS, local, address), text("1").into_bytes());

    assert_eq!(next_failure(&mut at_ours).await.1, FlowFailure::Handshake);
}

#[tokio::test]
async fn a_trunk_that_does_not_answer_the_handshake_is_given_up() {
    let limits = Limits { connect: Duration::from_millis(300), ..Limits::default() };
    let (ours, mut at_ours, local, _) = server(None, limits);
    let mute = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();

    ours.send(&to(TLS, local, mute.local_addr().unwrap()), text("1").into_bytes());

    assert_eq!(next_failure(&mut at_ours).await.1, FlowFailure::TooSlow);
    next_failure(&mut at_ours).await;
    assert_eq!(ours.connections(), 0);
}

#[tokio::test]
async fn a_connection_that_was_opened_to_us_is_no_way_to_a_trunk() {
    let (transports, mut received, server, certificate) = server(None, Limits::default());
    let mut stranger = phone(server, &certificate).await.unwrap();
    stranger.write_all(text("1").as_bytes()).await.unwrap();
    let (flow, _) = next_message(&mut received).await;

    // As if a trunk were at the stranger's address and port: it has shown no certificate.
    transports.send(&to(TLS, flow.local, flow.remote), b"secret".to_vec());

    assert_eq!(next_failure(&mut received).await.0.remote, flow.remote);
    transports.send(&flow, b"answer".to_vec());
    assert_eq!(read(&mut stranger, 6).await, "answer");
}

#[tokio::test]
async fn certificates_and_keys_are_read_from_files() {
    let dir = tempfile::tempdir().unwrap();
    let (chain, key) = (dir.path().join("chain.pem"), dir.path().join("key.pem"));
    let made = rcgen::generate_simple_self_signed(["pbx.example.org".to_owned()]).unwrap();
    std::fs::write(&chain, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();

    assert!(Identity::load(&chain, &key).is_ok());
    assert_eq!(trust(&chain).unwrap().len(), 1);
    let other = rcgen::generate_simple_self_signed(["pbx.example.org".to_owned()]).unwrap();
    std::fs::write(&key, other.signing_key.serialize_pem()).unwrap();
    assert!(matches!(Identity::load(&chain, &key), Err(IdentityError::Unusable(_))));
    assert!(matches!(
        Identity::load(&key, &key),
        Err(IdentityError::Unusable(_) | IdentityError::Pem { .. })
    ));
    std::fs::remove_file(&key).unwrap();
    assert!(matches!(Identity::load(&chain, &key), Err(IdentityError::Pem { .. })));

    let listener = Listener { carrier: TLS, address: "127.0.0.1:0".parse().unwrap() };
    let config = TransportConfig { listeners: vec![listener], ..TransportConfig::default() };
    assert!(matches!(Transports::bind(config), Err(BindError::NoIdentity(_))));
}

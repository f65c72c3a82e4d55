//! The relay behind the port of HTTPS: who is told of it, and until when it serves.

use std::sync::Arc;
use std::time::Duration;

use livekit_protocol::{IceServer, LeaveRequest, signal_request};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::{Value, json};
use sfu_proto::turn::Key;
use sfu_proto::turn::framing::StreamReader;
use sfu_proto::turn::stun::{Class, Message, Method, TransactionId, Writer, attribute};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::browser::Office;
use crate::meetings::meeting;
use crate::participant::Participant;

#[tokio::test]
async fn whoever_is_inside_has_a_relay_on_the_port_of_https_until_it_leaves() {
    let office = Office::start().await;
    let mut inside = enter(&office).await;
    let relays = inside.relays.clone();
    let [relay] = &relays[..] else { panic!("{relays:?}") };
    let (https, _) = office.server.https.clone().unwrap();
    assert_eq!(relay.urls.len(), 3);
    assert_eq!(relay.urls[2], format!("turns:127.0.0.1:{}?transport=tcp", https.port()));

    // Browsers ask for no protocol in the handshake.
    let mut client = Client::connect(&office, &[]).await;
    let answer = client.allocate(relay).await;
    assert_eq!(answer.class, Class::Success);
    assert_eq!(metric(&office, "palabre_relay_allocations").await, "1");

    inside.says(signal_request::Message::Leave(LeaveRequest::default())).await;
    assert_eq!(client.ends().await, "nothing more");
    assert_eq!(metric(&office, "palabre_relay_allocations").await, "0");

    let mut again = Client::connect(&office, &[]).await;
    let answer = again.allocate(relay).await;
    assert_eq!((answer.class, answer.code), (Class::Error, 401), "what it was given is good no longer");
}

#[tokio::test]
async fn the_handshake_or_the_first_byte_tells_the_relay_from_https() {
    let office = Office::start().await;
    for asked in [&[][..], &[&b"stun.turn"[..]], &[b"stun.turn", b"http/1.1"]] {
        let mut client = Client::connect(&office, asked).await;
        let request = client.request(Method::Binding, None, |_| {});
        let answer = client.exchange(&request).await;
        assert_eq!(answer.class, Class::Success, "{asked:?}");
    }
    for asked in [&[][..], &[&b"http/1.1"[..]]] {
        let mut client = Client::connect(&office, asked).await;
        client
            .stream
            .write_all(b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            .await
            .unwrap();
        let mut answer = Vec::new();
        timeout(PATIENCE, client.stream.read_to_end(&mut answer)).await.unwrap().unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{asked:?}");
    }
}

#[tokio::test]
async fn a_relay_that_is_switched_off_is_told_to_nobody_and_serves_nobody() {
    let office = Office::start_with(|config| config.turn.enabled = false).await;
    let inside = enter(&office).await;
    assert_eq!(inside.relays, []);

    let mut client = Client::connect(&office, &[]).await;
    let request = client.request(Method::Binding, None, |_| {});
    client.stream.write_all(&request).await.unwrap();
    // HTTP is all that is spoken there, and says so.
    assert!(client.ends().await.starts_with("HTTP/1.1 400"));
}

async fn enter(office: &Office) -> Participant {
    let mut host = office.administrator().await;
    let path = meeting(&mut host, json!({"title": "Bilateral", "waiting_room": false})).await;
    let join: Value = host.post(&format!("{path}/join"), json!({})).await.json;
    Participant::enter(&join).await.expect("an open door")
}

async fn metric(office: &Office, name: &str) -> String {
    let metrics = office.browser().get("/metrics").await.json;
    let line = metrics.as_str().expect("text").lines().find(|line| line.starts_with(name)).expect("a figure");
    line.rsplit(' ').next().expect("a value").to_owned()
}

/// A client of the relay over TLS.
struct Client {
    stream: TlsStream<TcpStream>,
    frames: StreamReader,
    transactions: u8,
}

struct Answer {
    class: Class,
    code: u16,
    nonce: Vec<u8>,
}

impl Client {
    async fn connect(office: &Office, alpn: &[&[u8]]) -> Self {
        let mut roots = rustls::RootCertStore::empty();
        let pem = office.server.app.config.store.dir.join("certificate.pem");
        roots.add(CertificateDer::from_pem_file(pem).expect("PEM")).expect("a certificate");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions of TLS")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        let (https, _) = office.server.https.clone().expect("HTTPS");
        let stream = TcpStream::connect(https).await.expect("a connection");
        let name = ServerName::try_from("localhost").expect("a name");
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.expect("TLS");
        Self { stream, frames: StreamReader::default(), transactions: 0 }
    }

    async fn allocate(&mut self, relay: &IceServer) -> Answer {
        let udp = |writer: &mut Writer<'_>| writer.attribute(attribute::REQUESTED_TRANSPORT, &[17, 0, 0, 0]);
        let hello = self.request(Method::Allocate, None, udp);
        let nonce = self.exchange(&hello).await.nonce;
        let request = self.request(Method::Allocate, Some((relay, &nonce)), udp);
        self.exchange(&request).await
    }

    fn request(
        &mut self,
        method: Method,
        by: Option<(&IceServer, &[u8])>,
        write: impl FnOnce(&mut Writer<'_>),
    ) -> Vec<u8> {
        self.transactions += 1;
        let mut out = Vec::new();
        let mut writer =
            Writer::begin(&mut out, Class::Request, method, TransactionId([self.transactions; 12]));
        write(&mut writer);
        let Some((relay, nonce)) = by else {
            writer.finish(None);
            return out;
        };
        writer.attribute(attribute::USERNAME, relay.username.as_bytes());
        writer.attribute(attribute::REALM, b"palabre");
        writer.attribute(attribute::NONCE, nonce);
        writer.finish(Some(&Key::long_term(&relay.username, "palabre", &relay.credential)));
        out
    }

    async fn exchange(&mut self, request: &[u8]) -> Answer {
        self.stream.write_all(request).await.expect("an open connection");
        let mut buffer = [0; 2048];
        loop {
            if let Some(message) = self.frames.next_message().expect("TURN") {
                let message = Message::parse(message).expect("a message");
                let code = message.attribute(attribute::ERROR_CODE);
                let code = code.map_or(0, |code| u16::from(code[2]) * 100 + u16::from(code[3]));
                let nonce = message.attribute(attribute::NONCE).unwrap_or_default().to_vec();
                return Answer { class: message.class, code, nonce };
            }
            let read = timeout(PATIENCE, self.stream.read(&mut buffer)).await.expect("an answer");
            self.frames.push(&buffer[..read.expect("an open connection")]);
        }
    }

    /// What comes until the connection ends.
    async fn ends(&mut self) -> String {
        let mut rest = Vec::new();
        // Not every end is announced.
        let _ = timeout(PATIENCE, self.stream.read_to_end(&mut rest)).await.expect("an end");
        if rest.is_empty() { "nothing more".to_owned() } else { String::from_utf8_lossy(&rest).into_owned() }
    }
}

const PATIENCE: Duration = Duration::from_secs(20);

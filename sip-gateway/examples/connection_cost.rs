//! Prints what an idle TLS phone costs in memory: `cargo run --release --example connection_cost`.
//!
//! The phones run in a process of their own, which is this program again.
#![allow(clippy::print_stdout)]

use std::process::{Command, Stdio};
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use sip_gateway::transport::{Identity, Incoming, Limits, Listener, TransportConfig, Transports};
use sip_gateway_proto::flow::Carrier;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

const PHONES: usize = 400;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    if let (Some(server), Some(certificate)) = (arguments.next(), arguments.next()) {
        return phones(&server, &certificate).await;
    }

    let made = rcgen::generate_simple_self_signed(["pbx.example.org".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let identity = Identity::new(vec![made.cert.der().clone()], key).expect("an identity");
    let limits = Limits { connections_per_source: PHONES + 1, ..Limits::default() };
    let listeners =
        vec![Listener { carrier: Carrier::Tls, address: "127.0.0.1:0".parse().expect("an address") }];
    let config = TransportConfig { listeners, identity: Some(identity), trust: None, limits };
    let (transports, mut received) = Transports::bind(config).expect("a free port");
    let server = transports.listeners()[0].address.to_string();
    let certificate: String = made.cert.der().iter().map(|byte| format!("{byte:02x}")).collect();

    let program = std::env::current_exe().expect("this program");
    let mut phones =
        Command::new(program).args([server, certificate]).stdin(Stdio::piped()).spawn().expect("the phones");
    let mut before = 0;
    // The first comes alone: what is made once is not counted.
    for number in 0..PHONES {
        let mut messages = 0;
        while messages == 0 {
            let news = received.recv().await.expect("the transports run");
            messages += usize::from(matches!(news.what, Incoming::Message(_)));
            transports.send(&news.flow, b"SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec());
        }
        if number == 0 {
            before = resident();
        }
    }
    let each = (resident() - before) / (PHONES - 1);
    println!("{} idle TLS connections, {each} bytes each in this process", transports.connections());
    drop(phones.stdin.take());
    phones.wait().expect("the phones end");
}

/// Connects one after the other, registers, and waits to be told to end.
async fn phones(server: &str, certificate: &str) {
    let bytes: Vec<u8> = (0..certificate.len() / 2)
        .map(|at| u8::from_str_radix(&certificate[2 * at..2 * at + 2], 16).expect("hexadecimal"))
        .collect();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from(bytes)).expect("a certificate");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    let mut phones = Vec::new();
    for number in 0..PHONES {
        let plain = TcpStream::connect(server).await.expect("a connection");
        let name = ServerName::try_from("pbx.example.org").expect("a name");
        let mut phone = connector.connect(name, plain).await.expect("TLS");
        let register = format!(
            "REGISTER sip:pbx.example.org SIP/2.0\r\nVia: SIP/2.0/TLS 192.0.2.17;branch=z9hG4bK{number}\r\n\
             From: <sip:{number}@pbx.example.org>;tag=1\r\nTo: <sip:{number}@pbx.example.org>\r\n\
             Call-ID: {number}\r\nCSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n"
        );
        phone.write_all(register.as_bytes()).await.expect("a connection");
        phone.read_exact(&mut [0; 16]).await.expect("an answer");
        phones.push(phone);
    }
    // The end of the standard input.
    let _ = tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink())).await;
}

/// How much memory this process has, as Linux counts it.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a line on memory");
    let kilobytes: usize =
        line.split_whitespace().nth(1).and_then(|word| word.parse().ok()).expect("a number");
    kilobytes * 1024
}

//! Every carrier over loopback, with far sides that behave and that do not.

mod tcp;
mod tls;
mod udp;
mod ws;

use std::net::SocketAddr;
use std::time::Duration;

use sip_gateway_proto::flow::{Carrier, Connection, Flow};
use sip_gateway_proto::message::Message;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::*;

/// Far more than anything here takes, for a machine that is busy with something else.
const PATIENCE: Duration = Duration::from_secs(30);

/// Listens with one carrier.
fn listen(carrier: Carrier, limits: Limits) -> (Transports, mpsc::Receiver<Received>, SocketAddr) {
    let identity = carrier.is_secure().then(|| tls::made_for("pbx.example.org").0);
    let listeners = vec![Listener { carrier, address: "127.0.0.1:0".parse().unwrap() }];
    let config = TransportConfig { listeners, identity, trust: None, limits };
    let (transports, received) = Transports::bind(config).expect("a free port");
    let address = transports.listeners()[0].address;
    (transports, received, address)
}

async fn next(received: &mut mpsc::Receiver<Received>) -> Received {
    timeout(PATIENCE, received.recv()).await.expect("in time").expect("somebody who tells")
}

/// The next message and its flow.
async fn next_message(received: &mut mpsc::Receiver<Received>) -> (Flow, Message) {
    let Received { flow, what } = next(received).await;
    let Incoming::Message(message) = what else { panic!("{what:?}") };
    (flow, *message)
}

/// The next failure and of which flow.
async fn next_failure(received: &mut mpsc::Receiver<Received>) -> (Flow, FlowFailure) {
    let Received { flow, what } = next(received).await;
    let Incoming::Failed(failure) = what else { panic!("{what:?}") };
    (flow, failure)
}

fn call_id(message: &Message) -> &str {
    message.headers().call_id().expect("a Call-ID")
}

fn text(call_id: &str) -> String {
    format!(
        "MESSAGE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP c;branch=z9hG4bK1\r\nFrom: <sip:d@e>;tag=1\r\nTo: <sip:a@b>\r\n\
         Call-ID: {call_id}\r\nCSeq: 1 MESSAGE\r\nContent-Length: 4\r\n\r\nbody"
    )
}

/// Reads so many bytes.
async fn read(stream: &mut (impl AsyncRead + Unpin), len: usize) -> String {
    let mut bytes = vec![0; len];
    timeout(PATIENCE, stream.read_exact(&mut bytes)).await.expect("in time").expect("open");
    String::from_utf8(bytes).expect("text")
}

/// Waits until the far side closes; says what it still sent.
async fn read_to_end(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    // Whether it closes in peace is all the same here.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("in time");
    String::from_utf8(bytes).expect("text")
}

fn to(carrier: Carrier, local: SocketAddr, remote: SocketAddr) -> Flow {
    Flow { carrier, local, remote, connection: Connection::NONE }
}

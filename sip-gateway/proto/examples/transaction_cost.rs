//! Prints how many transactions one core carries in a second, from bytes to bytes:
//! `cargo run --release --example transaction_cost`.
#![allow(clippy::print_stdout)]

use std::time::{Duration, Instant};

use sip_gateway_proto::flow::{Carrier, Connection, Flow};
use sip_gateway_proto::message::{HeaderName, Message, Method, Request, StatusCode};
use sip_gateway_proto::transaction::{Event, Output, Timers, Transactions};

const TRANSACTIONS: u32 = 400_000;
/// The requests come so far apart, so that at any moment half a minute of them is kept.
const GAP: Duration = Duration::from_micros(150);

fn main() {
    server("REGISTER over UDP, answered and kept for timer J", Carrier::Udp, "REGISTER", false);
    server("REGISTER over TLS, answered", Carrier::Tls, "REGISTER", false);
    server("REGISTER over UDP, challenged without keeping it", Carrier::Udp, "REGISTER", true);
    server("INVITE over TLS, refused (and never acknowledged)", Carrier::Tls, "INVITE", false);
    client("OPTIONS of ours over UDP, answered", Carrier::Udp);
}

fn flow(carrier: Carrier) -> Flow {
    let [local, remote] =
        ["192.0.2.1:5060", "192.0.2.17:40000"].map(|text| text.parse().expect("an address"));
    Flow { carrier, local, remote, connection: Connection(u64::from(carrier.is_reliable())) }
}

fn text(method: &str, number: u32) -> String {
    format!(
        "{method} sip:pbx.example.org SIP/2.0\r\n\
         Via: SIP/2.0/UDP 192.0.2.17:5060;branch=z9hG4bK-524287-1---b0c5a0e4d3c1{number:08x};rport\r\n\
         Max-Forwards: 70\r\nContact: <sip:2001@192.0.2.17:5060>;expires=300\r\nTo: <sip:2001@pbx.example.org>\r\n\
         From: \"Ambassade\" <sip:2001@pbx.example.org>;tag=5d1c4e21\r\nCall-ID: 84710ZmE2YjE0NzQ5YzQ0{number}\r\n\
         CSeq: 2 {method}\r\nUser-Agent: Desk Phone 66.86.0.15\r\nContent-Length: 0\r\n\r\n"
    )
}

fn server(name: &str, carrier: Carrier, method: &str, stateless: bool) {
    let mut layer = Transactions::new([1; 32], Timers::default());
    let flow = flow(carrier);
    let begin = Instant::now();
    measure(name, |number| {
        let now = begin + GAP * number;
        layer.handle_timeout(now);
        let message = Message::parse(text(method, number).as_bytes()).expect("a message");
        layer.handle_message(now, flow, message);
        while let Some(output) = layer.poll_output() {
            let Output::Event(Event::Request { key, request, .. }) = output else { continue };
            if stateless {
                layer.respond_stateless(flow, &request, request.reply(StatusCode::UNAUTHORIZED, None));
            } else if method == "INVITE" {
                layer.respond(now, key, request.reply(StatusCode::BUSY_HERE, Some("ours")));
            } else {
                layer.respond(now, key, request.reply(StatusCode::OK, Some("ours")));
            }
        }
        layer.server_transactions()
    });
}

fn client(name: &str, carrier: Carrier) {
    let mut layer = Transactions::new([1; 32], Timers::default());
    let flow = flow(carrier);
    let begin = Instant::now();
    measure(name, |number| {
        let now = begin + GAP * number;
        layer.handle_timeout(now);
        let Ok(Message::Request(mut request)) = Message::parse(text("OPTIONS", number).as_bytes()) else {
            panic!("a request")
        };
        request.headers.remove(&HeaderName::Via);
        layer.request(now, flow, request).expect("room");
        while let Some(output) = layer.poll_output() {
            let Output::Transmit { bytes, .. } = output else { continue };
            let Ok(Message::Request(request @ Request { method: Method::Options, .. })) =
                Message::parse(&bytes)
            else {
                continue;
            };
            let response = request.reply(StatusCode::OK, Some("theirs"));
            layer.handle_message(now, flow, Message::Response(response));
        }
        layer.client_transactions()
    });
}

fn measure(name: &str, mut step: impl FnMut(u32) -> usize) {
    let start = Instant::now();
    let mut most = 0;
    for number in 0..TRANSACTIONS {
        most = most.max(step(number));
    }
    let rate = f64::from(TRANSACTIONS) / start.elapsed().as_secs_f64();
    println!("{name:<50} {rate:9.0} /s, {most} at a time");
}

//! How many messages one core reads in a second, with the typed fields that a server asks of each, and writes.
//!
//! `cargo bench -p sip-gateway-proto`

#![allow(clippy::print_stdout)]

use std::hint::black_box;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use sip_gateway_proto::message::{HeaderName, Message};

const REGISTER: &str = "REGISTER sip:pbx.example.org SIP/2.0\r\n\
Via: SIP/2.0/UDP 192.0.2.17:5060;branch=z9hG4bK-524287-1---b0c5a0e4d3c1f2a8;rport\r\n\
Max-Forwards: 70\r\n\
Contact: <sip:2001@192.0.2.17:5060;transport=udp>;expires=300;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000a8e001122>\"\r\n\
To: <sip:2001@pbx.example.org>\r\n\
From: \"Ambassade\" <sip:2001@pbx.example.org>;tag=5d1c4e21\r\n\
Call-ID: 84710ZmE2YjE0NzQ5YzQ0MjA\r\n\
CSeq: 2 REGISTER\r\n\
Expires: 300\r\n\
User-Agent: Desk Phone 66.86.0.15\r\n\
Authorization: Digest username=\"2001\",realm=\"pbx.example.org\",nonce=\"b7c9036dbf357f7683f054aea940e9703dc8f84c1108\",\
uri=\"sip:pbx.example.org\",response=\"6629fae49393a05397450978507c4ef1\",cnonce=\"8c1a\",nc=0000000a,qop=auth,algorithm=MD5\r\n\
Content-Length: 0\r\n\r\n";

const INVITE: &str = "INVITE sip:2002@pbx.example.org SIP/2.0\r\n\
Via: SIP/2.0/TLS 192.0.2.17:5061;branch=z9hG4bK-524287-1---b0c5a0e4d3c1f2a9;rport\r\n\
Max-Forwards: 70\r\n\
Contact: <sip:2001@192.0.2.17:5061;transport=tls>;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000a8e001122>\"\r\n\
To: <sip:2002@pbx.example.org>\r\n\
From: \"Ambassade\" <sip:2001@pbx.example.org>;tag=5d1c4e22\r\n\
Call-ID: 84711ZmE2YjE0NzQ5YzQ0MjA\r\n\
CSeq: 1 INVITE\r\n\
Allow: INVITE, ACK, CANCEL, BYE, NOTIFY, REFER, OPTIONS, UPDATE, PRACK, MESSAGE, INFO, SUBSCRIBE\r\n\
Supported: replaces, 100rel, timer\r\n\
Session-Expires: 1800\r\n\
User-Agent: Desk Phone 66.86.0.15\r\n\
Content-Type: application/sdp\r\n\r\n\
v=0\r\no=- 20000 20000 IN IP4 192.0.2.17\r\ns=SDP data\r\nc=IN IP4 192.0.2.17\r\nt=0 0\r\n\
m=audio 11780 RTP/SAVP 9 8 0 101\r\na=rtpmap:9 G722/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n\
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:MTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVm\r\n\
a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n";

fn main() {
    for (name, text) in [("REGISTER with digest", REGISTER), ("INVITE with SDP", INVITE)] {
        let bytes = text.as_bytes();
        let message = Message::parse(bytes).expect("a well-formed message");
        let read = rate(|| {
            black_box(Message::parse(black_box(bytes)).is_ok());
        });
        let typed = rate(|| typed(black_box(bytes)));
        let write = rate(|| {
            black_box(message.to_bytes());
        });
        println!(
            "{name}, {} bytes: {read} read/s, {typed} read with typed fields/s, {write} written/s",
            bytes.len()
        );
    }
}

/// Reads a message and what a server asks of it.
fn typed(bytes: &[u8]) {
    let message = Message::parse(bytes).expect("a well-formed message");
    let headers = message.headers();
    black_box(headers.via().expect("Via"));
    black_box(headers.from().expect("From"));
    black_box(headers.to().expect("To"));
    black_box(headers.cseq().expect("CSeq"));
    black_box(headers.contact().expect("Contact"));
    for credentials in headers.credentials(&HeaderName::Authorization).expect("Authorization") {
        black_box((
            credentials.username(),
            credentials.nonce(),
            credentials.response(),
            credentials.nonce_count(),
        ));
    }
}

/// So many that a tick of the clock makes no difference.
const CALLS: u64 = 200_000;

/// Calls in a second of processor time, the best of some short runs: others share the machine.
fn rate(mut call: impl FnMut()) -> u64 {
    let mut best = 0;
    for _ in 0..5 {
        let start = processor_time();
        for _ in 0..CALLS {
            call();
        }
        let spent = processor_time().saturating_sub(start).max(Duration::from_nanos(1));
        best = best
            .max(u64::try_from(Duration::from_secs(CALLS).as_nanos() / spent.as_nanos()).expect("a rate"));
    }
    best
}

/// How long this thread has been on a processor, as Linux counts it; elsewhere the time that has passed.
fn processor_time() -> Duration {
    static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let counted = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = counted.and_then(|text| text.split(' ').next()?.parse().ok());
    nanos.map_or_else(|| BEGIN.elapsed(), Duration::from_nanos)
}

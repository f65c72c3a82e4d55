//! An independent reader as a witness: where it and we both take a message, we understand the same.

use std::path::Path;

use rsip::SipMessage;
use rsip::prelude::*;
use sip_gateway_proto::message::{Message, NameAddr};

#[test]
fn what_both_readers_take_both_understand_alike() {
    let mut compared = 0;
    for (name, bytes) in messages() {
        let (Ok(ours), Ok(theirs)) = (Message::parse(&bytes), SipMessage::try_from(bytes.as_slice())) else {
            continue;
        };
        compare(&name, &ours, &theirs);
        compared += 1;
    }

    assert!(compared >= 12, "the two have enough in common to compare: {compared}");
}

fn compare(name: &str, ours: &Message, theirs: &SipMessage) {
    let headers = ours.headers();
    match (ours, theirs) {
        (Message::Request(ours), SipMessage::Request(theirs)) => {
            assert_eq!(ours.method.as_str(), theirs.method.to_string(), "{name}: method");
            // Of other schemes we keep the text only.
            if ours.uri.is_sip() {
                assert_eq!(ours.uri.raw_user(), theirs.uri.user(), "{name}: user");
                assert_eq!(ours.uri.host(), theirs.uri.host().to_string(), "{name}: host");
            }
        }
        (Message::Response(ours), SipMessage::Response(theirs)) => {
            assert_eq!(ours.status.code(), theirs.status_code.code(), "{name}: status");
        }
        _ => panic!("{name}: a request for one reader, a response for the other"),
    }
    // It knows no compact names, so what it lacks says nothing; what it has must be what we have.
    if let Ok(call_id) = theirs.call_id_header() {
        assert_eq!(headers.call_id(), Ok(call_id.value().trim()), "{name}: Call-ID");
    }
    if let Ok(cseq) = theirs.cseq_header().and_then(ToTypedHeader::typed) {
        let ours = headers.cseq().expect("CSeq");
        assert_eq!(
            (ours.number, ours.method.to_string()),
            (cseq.seq, cseq.method.to_string()),
            "{name}: CSeq"
        );
    }
    // It loses the user of an address without brackets.
    if let Some(Ok(from)) =
        theirs.from_header().ok().filter(|from| from.value().contains('<')).map(ToTypedHeader::typed)
    {
        let tag = from.tag().map(|tag| tag.value().to_owned());
        compare_address(name, &headers.from().expect("From"), &from.uri, tag);
    }
    if let Some(Ok(to)) =
        theirs.to_header().ok().filter(|to| to.value().contains('<')).map(ToTypedHeader::typed)
    {
        let tag = to.tag().map(|tag| tag.value().to_owned());
        compare_address(name, &headers.to().expect("To"), &to.uri, tag);
    }
    if let Ok(via) = theirs.via_header().and_then(ToTypedHeader::typed) {
        let ours = headers.via().expect("Via");
        assert_eq!(ours.branch(), via.branch().map(rsip::param::Branch::value), "{name}: branch");
        assert_eq!(ours.host, via.sent_by().host().to_string(), "{name}: sender");
        let port = via.sent_by().port().map(|port| *port.value());
        assert_eq!(ours.port, port, "{name}: sender's port");
        assert_eq!(ours.transport.as_str(), via.transport.to_string(), "{name}: transport");
    }
}

fn compare_address(name: &str, ours: &NameAddr, theirs: &rsip::Uri, tag: Option<String>) {
    assert_eq!(ours.tag(), tag.as_deref(), "{name}: tag");
    if ours.uri.is_sip() {
        assert_eq!(ours.uri.raw_user(), theirs.user(), "{name}: user of an address");
        assert_eq!(ours.uri.host(), theirs.host().to_string(), "{name}: host of an address");
    }
}

/// The torture messages, and what phones send every day.
fn messages() -> Vec<(String, Vec<u8>)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rfc4475");
    let torture = std::fs::read_dir(directory).expect("the messages are there").filter_map(|entry| {
        let path = entry.expect("a readable entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        name.ends_with(".dat").then(|| (name, std::fs::read(&path).expect("a readable message")))
    });
    let everyday =
        EVERYDAY.iter().enumerate().map(|(at, text)| (format!("everyday {at}"), text.as_bytes().to_vec()));
    torture.chain(everyday).collect()
}

const EVERYDAY: [&str; 3] = [
    "BYE sip:2001@192.0.2.17:5060;transport=udp SIP/2.0\r\nVia: SIP/2.0/TLS 192.0.2.1:5061;branch=z9hG4bKab12;rport\r\n\
     Max-Forwards: 70\r\nFrom: \"Ambassade\" <sip:2002@pbx.example.org>;tag=a1\r\nTo: <sip:2001@pbx.example.org>;tag=b2\r\n\
     Call-ID: 84711ZmE2\r\nCSeq: 4 BYE\r\nContent-Length: 0\r\n\r\n",
    "SIP/2.0 180 Ringing\r\nVia: SIP/2.0/UDP 192.0.2.17:5060;branch=z9hG4bK1;received=192.0.2.17;rport=5060\r\n\
     From: <sip:2001@pbx.example.org>;tag=a1\r\nTo: <sip:2002@pbx.example.org>;tag=b2\r\nCall-ID: 1@x\r\n\
     CSeq: 1 INVITE\r\nContact: <sip:2002@192.0.2.1:5060>\r\nContent-Length: 0\r\n\r\n",
    "CANCEL sip:2002@pbx.example.org SIP/2.0\r\nVia: SIP/2.0/TCP phone.example.org;branch=z9hG4bK9\r\nMax-Forwards: 70\r\n\
     From: sip:2001@pbx.example.org;tag=a1\r\nTo: sip:2002@pbx.example.org\r\nCall-ID: 2@x\r\nCSeq: 1 CANCEL\r\n\
     Content-Length: 0\r\n\r\n",
];

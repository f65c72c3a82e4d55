//! From a message to bytes: long names, no folding, a Content-Length that is right (RFC 3261 §7.3.1).

use std::io::Write;

use super::headers::Headers;
use super::{Message, Request, Response};

impl Message {
    /// The bytes that go on the wire.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Request(request) => request.to_bytes(),
            Self::Response(response) => response.to_bytes(),
        }
    }
}

impl Request {
    /// The bytes that go on the wire.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(START_LINE + self.headers.wire_len() + self.body.len());
        write!(out, "{} {} SIP/2.0\r\n", self.method, self.uri).expect("a vector takes all");
        append(&mut out, &self.headers, &self.body);
        out
    }
}

impl Response {
    /// The bytes that go on the wire.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(START_LINE + self.headers.wire_len() + self.body.len());
        write!(out, "SIP/2.0 {} ", self.status).expect("a vector takes all");
        out.extend(self.reason.bytes().map(|byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { byte }));
        out.extend_from_slice(b"\r\n");
        append(&mut out, &self.headers, &self.body);
        out
    }
}

/// Room for a start line, and for the Content-Length and the empty line.
const START_LINE: usize = 128;

fn append(out: &mut Vec<u8>, headers: &Headers, body: &[u8]) {
    for (name, value) in headers.iter() {
        out.extend_from_slice(name.as_str().as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    write!(out, "Content-Length: {}\r\n\r\n", body.len()).expect("a vector takes all");
    out.extend_from_slice(body);
}

#[cfg(test)]
mod tests {
    use crate::message::{HeaderName, Message, Method, NameAddr, Request, StatusCode, Transport, Uri, Via};

    fn request() -> Request {
        let uri = Uri::sip(Some("200"), "example.org", None).expect("a uri");
        Request::new(Method::Invite, uri.clone())
            .with(HeaderName::Via, Via::new(Transport::Tls, "192.0.2.1", Some(5061), "z9hG4bK7"))
            .with(HeaderName::MaxForwards, 70)
            .with(
                HeaderName::From,
                NameAddr::new(uri.clone()).with_display_name("Ambassade \"à\" B").with_tag("1"),
            )
            .with(HeaderName::To, NameAddr::new(uri))
            .with(HeaderName::CallId, "1@x")
            .with(HeaderName::CSeq, "1 INVITE")
            .with_body("application/sdp", "v=0\r\n")
    }

    #[test]
    fn what_is_written_is_read_as_it_was() {
        let request = Message::Request(request());

        assert_eq!(Message::parse(&request.to_bytes()), Ok(request));
    }

    #[test]
    fn a_reply_carries_what_every_response_must() {
        let reply = request().reply(StatusCode::RINGING, Some("ours"));

        let text = String::from_utf8(reply.to_bytes()).expect("text");

        assert_eq!(
            text,
            "SIP/2.0 180 Ringing\r\nVia: SIP/2.0/TLS 192.0.2.1:5061;rport;branch=z9hG4bK7\r\n\
             From: \"Ambassade \\\"à\\\" B\" <sip:200@example.org>;tag=1\r\nTo: <sip:200@example.org>;tag=ours\r\n\
             Call-ID: 1@x\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
        );
        assert_eq!(request().reply(StatusCode::TRYING, Some("ours")).headers.to().unwrap().tag(), None);
        assert_eq!(Message::parse(&reply.to_bytes()), Ok(Message::Response(reply)));
    }
}

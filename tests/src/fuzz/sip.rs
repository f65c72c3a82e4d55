//! SIP, as anyone who reaches the port can send it.

use sip_gateway_proto::message::{
    Framed, HeaderName, Headers, MAX_MESSAGE, Message, Method, StreamDecoder, Understood, refuse,
};

/// One datagram: read, asked for every typed field, judged, answered, written and read again.
pub(super) fn message(data: &[u8]) {
    match Message::parse(data) {
        Ok(message) => use_up(&message),
        Err(error) => {
            if let Some(response) = error.response("tag") {
                assert!(response.headers.vias().is_ok(), "a refusal has a way back: {response:?}");
            }
        }
    }
}

/// A stream in pieces whose sizes the first byte chooses; however it is cut, the same comes out.
pub(super) fn stream(data: &[u8]) {
    let Some((first, stream)) = data.split_first() else { return };
    let whole = decode(stream, MAX_MESSAGE);
    let pieces = decode(stream, usize::from(*first).max(1));
    assert_eq!(whole, pieces, "cutting changes nothing");
    for framed in whole {
        if let Framed::Message(message) = framed {
            use_up(&message);
        }
    }
}

fn decode(stream: &[u8], size: usize) -> Vec<Framed> {
    let mut decoder = StreamDecoder::new();
    let mut found = Vec::new();
    for piece in stream.chunks(size) {
        if decoder.feed(piece).is_err() {
            return found;
        }
        loop {
            match decoder.poll() {
                Ok(Some(framed)) => found.push(framed),
                Ok(None) => break,
                Err(_) => return found,
            }
        }
        assert!(decoder.buffered() <= 2 * MAX_MESSAGE, "what waits is bounded");
    }
    found
}

fn use_up(message: &Message) {
    let written = message.to_bytes();
    match Message::parse(&written) {
        Ok(again) => assert_eq!(again, *message, "what we write is read as it was"),
        Err(error) => panic!("we cannot read what we write: {error}: {}", String::from_utf8_lossy(&written)),
    }
    let headers = message.headers();
    ask(headers);
    if let Message::Request(request) = message {
        let understood = Understood {
            methods: &[Method::Invite],
            extensions: &[],
            bodies: &["application/sdp"],
            forwards: true,
        };
        if let Some(refusal) = refuse(request, &understood) {
            let response = Message::Response(refusal.response(request, "tag"));
            assert!(Message::parse(&response.to_bytes()).is_ok(), "a refusal is well-formed: {response:?}");
        }
        let uri = &request.uri;
        assert!(uri.is_same(uri), "an address is the same as itself: {uri}");
        let (changed, _) = (uri.with_param("lr", None).without_param("lr"), uri.bare());
        assert!(!changed.has_param("lr"), "{changed}");
        let _ = uri.address_of_record();
    }
}

fn ask(headers: &Headers) {
    let mut copy = headers.clone();
    while copy.pop_value(&HeaderName::Via).is_some() {}
    let _ = (headers.rack(), headers.rseq(), headers.max_forwards(), headers.expires(), headers.date());
    let _ = (headers.contacts(), headers.content_type(), headers.seconds(&HeaderName::SessionExpires));
    let _ = headers.value_and_params(&HeaderName::SessionExpires);
    for name in [HeaderName::Route, HeaderName::RecordRoute, HeaderName::Path, HeaderName::Contact] {
        for address in headers.addresses(&name).unwrap_or_default() {
            let _ = (address.q(), address.expires(), address.instance().is_some(), address.reg_id());
        }
    }
    for credentials in headers.credentials(&HeaderName::Authorization).unwrap_or_default() {
        let _ = (credentials.nonce_count(), credentials.username().is_some());
    }
    for challenge in headers.challenges(&HeaderName::WwwAuthenticate).unwrap_or_default() {
        let _ = (challenge.qop(), challenge.is_stale());
    }
}

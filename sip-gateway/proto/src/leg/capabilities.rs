//! What we understand, and how we say it.

use crate::message::{HeaderName, Headers, Method, Refusal, Request, StatusCode, Understood, refuse};
use crate::sdp::SessionDescription;

/// Says what we can do, as every INVITE, UPDATE and OPTIONS and the responses to them should.
pub(super) fn announce(headers: &mut Headers) {
    headers.set(HeaderName::Allow, METHODS.iter().map(Method::as_str).collect::<Vec<_>>().join(", "));
    headers.set(HeaderName::Supported, EXTENSIONS.join(", "));
}

/// Whether a request is refused before anybody acts on it. A BYE ends the call whatever it carries.
pub(super) fn refusal(request: &Request) -> Option<Refusal> {
    let bodies: &[&str] = match request.method {
        Method::Invite | Method::Update | Method::Prack => &[SDP],
        Method::Info => &["application/dtmf-relay", "application/dtmf"],
        Method::Bye => return None,
        _ => &[],
    };
    refuse(request, &Understood { methods: &METHODS, extensions: &EXTENSIONS, bodies, forwards: false })
}

/// The session description in a message; `Err` says how a request with such a body is answered.
pub(super) fn description(headers: &Headers, body: &[u8]) -> Result<Option<SessionDescription>, StatusCode> {
    // A body of no type stands in responses of a few gateways only; requests were refused before.
    let is_sdp = headers.content_type().is_none_or(|kind| kind == SDP);
    if body.is_empty() || !is_sdp {
        return Ok(None);
    }
    SessionDescription::parse(body).map(Some).map_err(|_| StatusCode::BAD_REQUEST)
}

/// Whether the sender of this knows an extension, or even demands it.
pub(super) fn supports(headers: &Headers, extension: &str) -> bool {
    headers.has_token(&HeaderName::Supported, extension) || headers.has_token(&HeaderName::Require, extension)
}

/// The methods we take within a dialog.
const METHODS: [Method; 9] = [
    Method::Invite,
    Method::Ack,
    Method::Cancel,
    Method::Bye,
    Method::Options,
    Method::Prack,
    Method::Update,
    Method::Info,
    Method::Refer,
];
/// The option tags we know.
const EXTENSIONS: [&str; 4] = ["100rel", "timer", "replaces", "norefersub"];
/// The type of session descriptions.
pub(super) const SDP: &str = "application/sdp";

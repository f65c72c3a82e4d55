//! Which requests are refused before anybody acts on them, and how (RFC 3261 §8.1.1, §8.2).

use super::error::ParseErrorKind;
use super::fields::Contacts;
use super::header_name::HeaderName;
use super::headers::Headers;
use super::method::Method;
use super::request::Request;
use super::response::Response;
use super::status::StatusCode;
use super::uri::Scheme;

/// What every message must have, well-formed. A Max-Forwards, a branch and a From tag may be missing: RFC 2543 did
/// without.
pub(super) fn mandatory(method: Option<&Method>, headers: &Headers) -> Result<(), ParseErrorKind> {
    headers.vias()?;
    headers.from()?;
    headers.to()?;
    headers.call_id()?;
    let cseq = headers.cseq()?;
    if method.is_some_and(|method| *method != cseq.method) {
        return Err(ParseErrorKind::MethodMismatch);
    }
    Ok(())
}

/// What the side that is asked understands.
#[derive(Debug, Clone, Copy)]
pub struct Understood<'a> {
    /// The methods.
    pub methods: &'a [Method],
    /// The option tags of extensions.
    pub extensions: &'a [&'a str],
    /// The types of bodies, in lower case.
    pub bodies: &'a [&'a str],
    /// Whether the request would be passed on, so that Max-Forwards and Proxy-Require concern us.
    pub forwards: bool,
}

/// Why a well-formed request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The status.
    pub status: StatusCode,
    /// What the response says beside it: Allow, Unsupported, Accept, …
    pub hints: Vec<(HeaderName, String)>,
}

impl Refusal {
    /// The response that carries it.
    pub fn response(&self, request: &Request, to_tag: &str) -> Response {
        let mut response = request.reply(self.status, Some(to_tag));
        for (name, value) in &self.hints {
            response.headers.push(name.clone(), value);
        }
        response
    }

    fn plain(status: StatusCode) -> Self {
        Self { status, hints: Vec::new() }
    }

    fn with(status: StatusCode, name: HeaderName, value: String) -> Self {
        Self { status, hints: vec![(name, value)] }
    }
}

/// Says whether and how a request is refused, in the order of RFC 3261 §8.2. An ACK never is.
pub fn refuse(request: &Request, understood: &Understood<'_>) -> Option<Refusal> {
    if request.method == Method::Ack {
        return None;
    }
    method(request, understood)
        .or_else(|| addresses(request))
        .or_else(|| hops(request, understood))
        .or_else(|| extensions(request, understood))
        .or_else(|| body(request, understood))
}

fn method(request: &Request, understood: &Understood<'_>) -> Option<Refusal> {
    if understood.methods.contains(&request.method) {
        return None;
    }
    let allow = understood.methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    let status = match request.method {
        Method::Other(_) => StatusCode::NOT_IMPLEMENTED,
        _ => StatusCode::METHOD_NOT_ALLOWED,
    };
    Some(Refusal::with(status, HeaderName::Allow, allow))
}

fn addresses(request: &Request) -> Option<Refusal> {
    if request.uri.scheme() == Scheme::Other {
        return Some(Refusal::plain(StatusCode::UNSUPPORTED_URI_SCHEME));
    }
    let headers = &request.headers;
    let faulty = |name: &HeaderName| headers.addresses(name).is_err();
    let contacts = headers.contacts();
    // Header fields have no place in a Request-URI (RFC 3261 §19.1.1).
    if request.uri.headers().next().is_some()
        || contacts.is_err()
        || faulty(&HeaderName::Route)
        || faulty(&HeaderName::RecordRoute)
        || faulty(&HeaderName::Path)
    {
        return Some(Refusal::plain(StatusCode::BAD_REQUEST));
    }
    if request.method != Method::Register {
        return None;
    }
    // A star removes all bindings: it goes with an expiry of zero only (RFC 3261 §10.3 step 6).
    if contacts == Ok(Contacts::All) && headers.expires() != Some(std::time::Duration::ZERO) {
        return Some(Refusal::plain(StatusCode::BAD_REQUEST));
    }
    // No address of such a scheme can be one of ours (step 5).
    let foreign = headers.to().is_ok_and(|to| to.uri.scheme() == Scheme::Other);
    foreign.then(|| Refusal::plain(StatusCode::NOT_FOUND))
}

fn hops(request: &Request, understood: &Understood<'_>) -> Option<Refusal> {
    let exhausted = understood.forwards && request.headers.max_forwards() == Some(0);
    exhausted.then(|| Refusal::plain(StatusCode::TOO_MANY_HOPS))
}

fn extensions(request: &Request, understood: &Understood<'_>) -> Option<Refusal> {
    // A CANCEL is never refused for what it requires (RFC 3261 §8.2.2.3).
    if request.method == Method::Cancel {
        return None;
    }
    let foreign = |tag: &&str| !understood.extensions.iter().any(|known| known.eq_ignore_ascii_case(tag));
    let mut unsupported: Vec<&str> = request.headers.tokens(&HeaderName::Require).filter(foreign).collect();
    if understood.forwards {
        unsupported.extend(request.headers.tokens(&HeaderName::ProxyRequire).filter(foreign));
    }
    (!unsupported.is_empty())
        .then(|| Refusal::with(StatusCode::BAD_EXTENSION, HeaderName::Unsupported, unsupported.join(", ")))
}

fn body(request: &Request, understood: &Understood<'_>) -> Option<Refusal> {
    let headers = &request.headers;
    let readable = |kind: &str| understood.bodies.contains(&kind);
    let ours = || understood.bodies.join(", ");
    if !request.body.is_empty() && !is_optional(headers) {
        let encoded = headers.tokens(&HeaderName::ContentEncoding).any(|coding| coding != "identity");
        if encoded {
            let (name, value) = (HeaderName::AcceptEncoding, "identity".to_owned());
            return Some(Refusal::with(StatusCode::UNSUPPORTED_MEDIA_TYPE, name, value));
        }
        match headers.content_type() {
            Some(kind) if readable(&kind) => {}
            // A body must say what it is (RFC 3261 §20.15).
            None => return Some(Refusal::plain(StatusCode::BAD_REQUEST)),
            Some(_) => {
                return Some(Refusal::with(StatusCode::UNSUPPORTED_MEDIA_TYPE, HeaderName::Accept, ours()));
            }
        }
    }
    // What answers an INVITE is a session description; who takes none cannot be answered.
    let wants_none = request.method == Method::Invite
        && headers.contains(&HeaderName::Accept)
        && !headers.tokens(&HeaderName::Accept).any(takes_session_descriptions);
    wants_none.then(|| Refusal::plain(StatusCode::NOT_ACCEPTABLE))
}

fn is_optional(headers: &Headers) -> bool {
    let disposition = headers.value_and_params(&HeaderName::ContentDisposition);
    disposition.ok().flatten().is_some_and(|(_, params)| {
        params.get("handling").is_some_and(|handling| handling.eq_ignore_ascii_case("optional"))
    })
}

fn takes_session_descriptions(range: &str) -> bool {
    let kind = range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(kind.as_str(), "application/sdp" | "application/*" | "*/*")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Uri;

    const UNDERSTOOD: Understood<'_> = Understood {
        methods: &[Method::Invite, Method::Ack, Method::Bye, Method::Cancel, Method::Register],
        extensions: &["100rel", "timer"],
        bodies: &["application/sdp"],
        forwards: true,
    };

    fn invite() -> Request {
        Request::new(Method::Invite, Uri::parse("sip:a@b").expect("a uri"))
    }

    fn status(request: &Request) -> Option<u16> {
        refuse(request, &UNDERSTOOD).map(|refusal| refusal.status.code())
    }

    #[test]
    fn what_is_understood_is_not_refused() {
        let request = invite()
            .with(HeaderName::Require, "TIMER")
            .with(HeaderName::MaxForwards, 1)
            .with(HeaderName::Accept, "text/plain, application/*;q=0.5")
            .with_body("application/SDP; x=y", "v=0");

        assert_eq!(status(&request), None);
    }

    #[test]
    fn refusals_say_what_would_have_been_taken() {
        let require = invite().with(HeaderName::Require, "timer, gruu").with(HeaderName::ProxyRequire, "x");
        let refusal = refuse(&require, &UNDERSTOOD).expect("refused");
        assert_eq!(refusal.hints, [(HeaderName::Unsupported, "gruu, x".to_owned())]);

        let mut info = invite();
        info.method = Method::Info;
        let refusal = refuse(&info, &UNDERSTOOD).expect("refused");
        let response = refusal.response(&info, "t");
        assert_eq!(response.headers.get(&HeaderName::Allow), Some("INVITE, ACK, BYE, CANCEL, REGISTER"));
        assert_eq!(response.status, StatusCode::METHOD_NOT_ALLOWED);
    }

    #[test]
    fn bodies_that_nobody_reads_are_refused_unless_they_are_optional() {
        assert_eq!(status(&invite().with_body("text/plain", "x")), Some(415));
        let optional = invite().with(HeaderName::ContentDisposition, "icon;handling=optional");
        assert_eq!(status(&optional.with_body("image/png", "x")), None);
        let packed = invite().with(HeaderName::ContentEncoding, "gzip").with_body("application/sdp", "x");
        assert_eq!(status(&packed), Some(415));
    }

    #[test]
    fn a_star_removes_and_does_nothing_else() {
        let mut register = invite().with(HeaderName::Contact, "*");
        register.method = Method::Register;
        assert_eq!(status(&register), Some(400));
        assert_eq!(status(&register.with(HeaderName::Expires, 0)), None);
    }

    #[test]
    fn an_ack_is_never_refused() {
        let mut ack = invite().with(HeaderName::Require, "gruu");
        ack.method = Method::Ack;
        assert_eq!(status(&ack), None);
    }
}

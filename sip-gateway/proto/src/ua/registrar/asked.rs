//! What a REGISTER asks for, and what of it is refused before anything changes (RFC 3261 §10.3, RFC 5626 §6).

use std::time::Duration;

use super::{Interval, MAX_CONTACTS, MAX_PATH};
use crate::message::{Contacts, HeaderName, NameAddr, ParseErrorKind, Refusal, Request, StatusCode};

/// A REGISTER, read.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) wish: Wish,
    pub(super) path: Vec<NameAddr>,
    pub(super) call_id: String,
    pub(super) cseq: u32,
    pub(super) user_agent: String,
    /// Whether flows are counted (RFC 5626).
    pub(super) outbound: bool,
}

#[derive(Debug)]
pub(super) enum Wish {
    /// To be told the bindings.
    List,
    /// To end all of the device's bindings.
    RemoveAll,
    /// To bind these, each for so long; for no time at all: to end it.
    Update(Vec<(NameAddr, Duration)>),
}

impl Asked {
    pub(super) fn read(request: &Request, interval: &Interval) -> Result<Self, Refusal> {
        let headers = &request.headers;
        let path = headers.addresses(&HeaderName::Path).map_err(malformed)?;
        if path.len() > MAX_PATH {
            return Err(refusal(StatusCode::BAD_REQUEST));
        }
        let mut contacts = match headers.contacts().map_err(malformed)? {
            Contacts::List(contacts) if contacts.is_empty() => {
                return Self::with(request, Wish::List, path, false);
            }
            Contacts::List(contacts) => contacts,
            Contacts::All if headers.expires() == Some(Duration::ZERO) => {
                return Self::with(request, Wish::RemoveAll, path, false);
            }
            Contacts::All => return Err(refusal(StatusCode::BAD_REQUEST)),
        };
        if contacts.len() > MAX_CONTACTS {
            return Err(refusal(StatusCode::BAD_REQUEST));
        }
        // We send requests to SIP URIs only.
        if contacts.iter().any(|contact| !contact.uri.is_sip()) {
            return Err(refusal(StatusCode::BAD_REQUEST));
        }
        let outbound = outbound(request, &contacts, &path)?;
        let mut bound = Vec::with_capacity(contacts.len());
        for mut contact in contacts.drain(..) {
            if !outbound {
                // It counts no flows here, so the parameter means nothing.
                contact.params.remove("reg-id");
            }
            let asked = contact.expires().or(headers.expires()).unwrap_or(interval.default);
            if asked > Duration::ZERO && asked < interval.min {
                let seconds = interval.min.as_secs().to_string();
                let hints = vec![(HeaderName::MinExpires, seconds)];
                return Err(Refusal { status: StatusCode::INTERVAL_TOO_BRIEF, hints });
            }
            contact.params.remove("expires");
            bound.push((contact, asked.min(interval.max)));
        }
        Self::with(request, Wish::Update(bound), path, outbound)
    }

    fn with(request: &Request, wish: Wish, path: Vec<NameAddr>, outbound: bool) -> Result<Self, Refusal> {
        let headers = &request.headers;
        let user_agent = headers.get(&HeaderName::UserAgent).unwrap_or_default();
        Ok(Self {
            wish,
            path,
            call_id: headers.call_id().map_err(malformed)?.to_owned(),
            cseq: headers.cseq().map_err(malformed)?.number,
            user_agent: user_agent.chars().take(MAX_USER_AGENT).collect(),
            outbound,
        })
    }
}

/// Whether flows are counted: the phone says it knows how, gives its instance and the flow's number, and so does
/// whoever stands between us (RFC 5626 §6).
fn outbound(request: &Request, contacts: &[NameAddr], path: &[NameAddr]) -> Result<bool, Refusal> {
    let headers = &request.headers;
    let counted =
        contacts.iter().filter(|contact| contact.reg_id().is_some() && contact.instance().is_some());
    match counted.count() {
        0 => return Ok(false),
        _ if !headers.has_token(&HeaderName::Supported, "outbound") => return Ok(false),
        1 => {}
        // One flow carries one number.
        _ => return Err(refusal(StatusCode::BAD_REQUEST)),
    }
    let direct = headers.vias().map_err(malformed)?.len() == 1;
    let first_hop_knows = || path.last().is_some_and(|hop| hop.uri.has_param("ob"));
    if !direct && !first_hop_knows() {
        return Err(refusal(StatusCode::FIRST_HOP_LACKS_OUTBOUND_SUPPORT));
    }
    Ok(true)
}

fn malformed(kind: ParseErrorKind) -> Refusal {
    refusal(kind.status())
}

pub(super) fn refusal(status: StatusCode) -> Refusal {
    Refusal { status, hints: Vec::new() }
}

/// How much is kept of what a phone says it is, in characters.
const MAX_USER_AGENT: usize = 128;

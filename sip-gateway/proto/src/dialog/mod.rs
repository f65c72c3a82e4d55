//! Dialogs: what two sides share between the requests of a call or subscription (RFC 3261 §12).

mod id;
mod route;
#[cfg(test)]
mod tests;

pub use id::DialogId;

use crate::flow::Flow;
use crate::message::{
    CSeq, Contacts, HeaderName, Headers, Method, NameAddr, ParseErrorKind, Request, Response, Uri,
};

/// One side's view of a dialog.
#[derive(Debug, Clone)]
pub struct Dialog {
    id: DialogId,
    local: NameAddr,
    remote: NameAddr,
    contact: Uri,
    target: Uri,
    routes: Vec<NameAddr>,
    flow: Flow,
    local_cseq: u32,
    remote_cseq: Option<u32>,
    early: bool,
    secure: bool,
}

/// Why a message makes no dialog.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DialogError {
    /// A field that a dialog needs is absent or unreadable.
    #[error(transparent)]
    Field(#[from] ParseErrorKind),
    /// A response without a tag is part of no dialog.
    #[error("the response has no To tag")]
    NoTag,
    /// More hops were recorded than we follow.
    #[error("{0} recorded hops, {MAX_ROUTES} allowed")]
    TooManyRoutes(usize),
}

/// A request that is older than one that came before it; the answer is 500 (RFC 3261 §12.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("request {got} after request {newest}")]
pub struct OutOfOrder {
    /// Its number.
    pub got: u32,
    /// The highest number so far.
    pub newest: u32,
}

impl Dialog {
    /// The caller's view: from its request and a response with a tag, early if that is provisional (§12.1.2).
    pub fn from_response(flow: Flow, request: &Request, response: &Response) -> Result<Self, DialogError> {
        let local = request.headers.from()?;
        let remote = response.headers.to()?;
        let Some(remote_tag) = remote.tag() else { return Err(DialogError::NoTag) };
        let early = response.status.is_provisional();
        let id = DialogId::new(request.headers.call_id()?, local.tag().unwrap_or_default(), remote_tag);
        // A few leave the Contact out; then it is where the request went.
        let target = target(&response.headers).unwrap_or_else(|_| request.uri.clone());
        let mut routes = recorded(&response.headers)?;
        routes.reverse();
        Ok(Self {
            id,
            local,
            remote,
            contact: request.headers.contact()?.uri,
            target,
            routes,
            flow,
            local_cseq: request.headers.cseq()?.number,
            remote_cseq: None,
            early,
            secure: flow.carrier.is_secure() && is_sips(&request.uri),
        })
    }

    /// The callee's view: from the request, the tag it answers with and where it wants to be reached; early until
    /// [`confirm`](Self::confirm) (§12.1.1).
    pub fn from_request(
        flow: Flow,
        request: &Request,
        local_tag: &str,
        contact: Uri,
    ) -> Result<Self, DialogError> {
        let remote = request.headers.from()?;
        // Those of RFC 2543 had no tag; they are told apart by its absence.
        let id = DialogId::new(request.headers.call_id()?, local_tag, remote.tag().unwrap_or_default());
        Ok(Self {
            id,
            local: request.headers.to()?.with_tag(local_tag),
            remote,
            contact,
            target: target(&request.headers)?,
            routes: recorded(&request.headers)?,
            flow,
            local_cseq: 0,
            remote_cseq: Some(request.headers.cseq()?.number),
            early: true,
            secure: flow.carrier.is_secure() && is_sips(&request.uri),
        })
    }

    /// What identifies it.
    #[must_use]
    pub fn id(&self) -> &DialogId {
        &self.id
    }

    /// Whether the request that makes it has no final response yet.
    #[must_use]
    pub fn is_early(&self) -> bool {
        self.early
    }

    /// Whether it was asked for with a SIPS URI, over TLS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Us, with our tag.
    #[must_use]
    pub fn local(&self) -> &NameAddr {
        &self.local
    }

    /// The other side, with its tag.
    #[must_use]
    pub fn remote(&self) -> &NameAddr {
        &self.remote
    }

    /// The other side's Contact: whom requests are for.
    #[must_use]
    pub fn target(&self) -> &Uri {
        &self.target
    }

    /// Our Contact.
    #[must_use]
    pub fn contact(&self) -> &Uri {
        &self.contact
    }

    /// The flow that requests go down.
    #[must_use]
    pub fn flow(&self) -> Flow {
        self.flow
    }

    /// Whether a request, or a response to ours, belongs to it.
    #[must_use]
    pub fn has_request(&self, request: &Request) -> bool {
        DialogId::of_request(request).is_ok_and(|id| id == self.id)
    }

    /// The final response has come or gone. The caller's route set is made anew from it (§13.2.2.4).
    pub fn confirm(&mut self, flow: Flow, response: &Response) -> Result<(), DialogError> {
        self.routes = recorded(&response.headers)?;
        self.routes.reverse();
        self.refresh_target(flow, &response.headers);
        self.early = false;
        Ok(())
    }

    /// We accepted the request that makes it.
    pub fn confirm_as_callee(&mut self) {
        self.early = false;
    }

    /// Takes a request's number, which must not be lower than those before.
    pub fn check_order(&mut self, request: &Request) -> Result<(), OutOfOrder> {
        let got = request.headers.cseq().map_or(0, |cseq| cseq.number);
        match self.remote_cseq {
            Some(newest) if got < newest => Err(OutOfOrder { got, newest }),
            _ => {
                self.remote_cseq = Some(got);
                Ok(())
            }
        }
    }

    /// The other side says anew where it is, in a request or response that may do so (§12.2). Also the flow follows:
    /// a phone that lost its connection goes on over another.
    pub fn refresh_target(&mut self, flow: Flow, headers: &Headers) {
        if let Ok(target) = target(headers) {
            self.target = target;
            self.flow = flow;
        }
    }

    /// The other side is reached over another flow from now on.
    pub fn follow(&mut self, flow: Flow) {
        self.flow = flow;
    }

    /// The number of our newest request.
    #[must_use]
    pub fn local_cseq(&self) -> u32 {
        self.local_cseq
    }

    /// Lets our next request have a number above this one.
    pub fn count_from(&mut self, newest: u32) {
        self.local_cseq = self.local_cseq.max(newest);
    }

    /// Our next request in the dialog, without Via and body (§12.2.1.1).
    pub fn request(&mut self, method: Method) -> Request {
        self.local_cseq += 1;
        let has_contact = matches!(
            method,
            Method::Invite | Method::Update | Method::Subscribe | Method::Notify | Method::Refer
        );
        let mut request = self.build(method, self.local_cseq);
        if has_contact {
            request.headers.push(HeaderName::Contact, NameAddr::new(self.contact.clone()));
        }
        request
    }

    /// The ACK to a 2xx of ours INVITE with that number (§13.2.2.4).
    #[must_use]
    pub fn ack(&self, invite: u32) -> Request {
        self.build(Method::Ack, invite)
    }

    fn build(&self, method: Method, number: u32) -> Request {
        let (uri, routes) = route::towards(&self.target, &self.routes);
        let mut request = Request::new(method.clone(), uri);
        let headers = &mut request.headers;
        headers.push(HeaderName::MaxForwards, MAX_FORWARDS);
        for route in routes {
            headers.push(HeaderName::Route, route);
        }
        headers.push(HeaderName::From, &self.local);
        headers.push(HeaderName::To, &self.remote);
        headers.push(HeaderName::CallId, self.id.call_id());
        headers.push(HeaderName::CSeq, CSeq { number, method });
        request
    }
}

fn target(headers: &Headers) -> Result<Uri, ParseErrorKind> {
    match headers.contacts()? {
        // Several in one response make no sense, but the first will do.
        Contacts::List(contacts) if !contacts.is_empty() => Ok(contacts[0].uri.clone()),
        _ => Err(ParseErrorKind::Missing(HeaderName::Contact)),
    }
}

fn recorded(headers: &Headers) -> Result<Vec<NameAddr>, DialogError> {
    let routes = headers.addresses(&HeaderName::RecordRoute)?;
    if routes.len() > MAX_ROUTES {
        return Err(DialogError::TooManyRoutes(routes.len()));
    }
    Ok(routes)
}

fn is_sips(uri: &Uri) -> bool {
    uri.scheme() == crate::message::Scheme::Sips
}

/// How far requests of ours may go (RFC 3261 §8.1.1.6).
pub const MAX_FORWARDS: u8 = 70;
/// The longest route set that we keep.
pub const MAX_ROUTES: usize = 16;

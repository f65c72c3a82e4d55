//! One trunk: its registration, and whether it lives.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use super::TrunkState;
use crate::flow::Flow;
use crate::message::{CSeq, Contacts, HeaderName, Method, NameAddr, Request, Response, StatusCode, Uri};
use crate::plan::Trunk;
use crate::ua::digest::DigestClient;

/// One trunk.
pub(super) struct Link {
    pub(super) trunk: Trunk,
    pub(super) addresses: Vec<SocketAddr>,
    /// Which of the addresses is used.
    at: usize,
    /// Addresses that did not answer since one last did.
    failures: usize,
    client: Option<DigestClient>,
    seed: [u8; 32],
    call_id: String,
    tag: String,
    cseq: u32,
    registration: Registration,
    /// When it is asked next whether it lives; `None` while an answer is awaited.
    ping_at: Option<Instant>,
    pinging: bool,
}

/// Whether we are registered.
#[derive(Debug)]
enum Registration {
    /// Nobody wants it.
    Unwanted,
    /// To be done, or refreshed, at that time; with what went wrong last.
    Due { at: Instant, good: bool, wrong: Option<String>, tries: u8 },
    /// The provider is asked.
    Asked { good: bool, tries: u8 },
}

impl Link {
    /// The number is another for each link that is made: after a change the provider is told of a new registration, and
    /// not of the old one with numbers that it takes for old (RFC 3261 §10.3 step 7).
    pub(super) fn new(now: Instant, trunk: Trunk, seed: &[u8; 32], number: u64) -> Self {
        let word = |purpose: &str| {
            let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, seed);
            let tag = aws_lc_rs::hmac::sign(&key, format!("{purpose} {} {number}", trunk.id.0).as_bytes());
            tag.as_ref()[..12].iter().map(|byte| format!("{byte:02x}")).collect::<String>()
        };
        let client = trunk.credentials.clone().map(|account| DigestClient::new(account, seed));
        let registration = match trunk.register {
            true => Registration::Due { at: now, good: false, wrong: None, tries: 0 },
            false => Registration::Unwanted,
        };
        Self {
            client,
            seed: *seed,
            call_id: word("call"),
            tag: word("tag"),
            cseq: 0,
            registration,
            ping_at: Some(now),
            pinging: false,
            addresses: Vec::new(),
            at: 0,
            failures: 0,
            trunk,
        }
    }

    pub(super) fn set_addresses(&mut self, now: Instant, addresses: Vec<SocketAddr>) {
        let used = self.address();
        self.addresses = addresses.into_iter().take(MAX_ADDRESSES).collect();
        // What works is kept while the resolver still names it.
        self.at = self.addresses.iter().position(|address| Some(*address) == used).unwrap_or_else(|| {
            self.failures = 0;
            self.ping_at = Some(now);
            self.pinging = false;
            0
        });
    }

    /// Where requests go.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.addresses.get(self.at).copied()
    }

    /// Whether calls may be sent to it: known, not silent at all its addresses, and registered where that is wanted.
    pub(super) fn is_up(&self) -> bool {
        let registered = match &self.registration {
            Registration::Unwanted => true,
            Registration::Due { good, .. } | Registration::Asked { good, .. } => *good,
        };
        registered && !self.addresses.is_empty() && self.failures < self.addresses.len()
    }

    /// A call was not served at some addresses: the next calls go to another if there is one, which is asked soon whether
    /// it lives.
    pub(super) fn leave(&mut self, now: Instant, failed: impl Fn(SocketAddr) -> bool) {
        if self.address().is_some_and(&failed)
            && let Some(other) = self.addresses.iter().position(|address| !failed(*address))
        {
            self.at = other;
            self.pinging = false;
            self.ping_at = Some(now + PING_AGAIN);
        }
    }

    /// Whether calls from an address are this trunk's. A host that is an address needs no resolver to say so.
    pub(super) fn is_source(&self, address: IpAddr) -> bool {
        let is_host = || {
            let host = self.trunk.host.trim_start_matches('[').trim_end_matches(']');
            host.parse::<IpAddr>() == Ok(address)
        };
        self.trunk.sources.contains(&address)
            || self.addresses.iter().any(|known| known.ip() == address)
            || is_host()
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.address()?;
        let registration = match &self.registration {
            Registration::Due { at, .. } => Some(*at),
            Registration::Unwanted | Registration::Asked { .. } => None,
        };
        registration.into_iter().chain(self.ping_at).min()
    }

    /// The requests that are due.
    pub(super) fn due(&mut self, now: Instant, flow: &Flow, ours: SocketAddr) -> Vec<Request> {
        let mut requests = Vec::new();
        if let Registration::Due { at, good, tries, .. } = self.registration
            && at <= now
        {
            self.registration = Registration::Asked { good, tries };
            match self.register(flow, ours) {
                Some(request) => requests.push(request),
                None => self.retry_registration(now, "its name makes no address".to_owned()),
            }
        }
        if self.ping_at.is_some_and(|at| at <= now) {
            self.ping_at = None;
            self.pinging = true;
            match self.request(Method::Options, flow, None) {
                Some(request) => requests.push(request),
                None => self.handle_pong(now, StatusCode::REQUEST_TIMEOUT),
            }
        }
        requests
    }

    fn register(&mut self, flow: &Flow, ours: SocketAddr) -> Option<Request> {
        let mut request = self.request(
            Method::Register,
            flow,
            self.trunk.credentials.as_ref().map(|a| a.username.clone()),
        )?;
        let user = self.trunk.credentials.as_ref().map_or("palabre", |account| &account.username);
        let contact = Uri::sip(Some(user), &bracketed(ours.ip()), Some(ours.port())).ok()?;
        request.headers.push(
            HeaderName::Contact,
            NameAddr::new(contact.with_param("transport", Some(flow.carrier.parameter()))),
        );
        request.headers.push(HeaderName::Expires, ASKED_EXPIRES.as_secs());
        if let Some(client) = &mut self.client {
            client.authorize(&mut request);
        }
        Some(request)
    }

    fn request(&mut self, method: Method, flow: &Flow, user: Option<String>) -> Option<Request> {
        self.cseq += 1;
        let uri = Uri::sip(None, &self.trunk.host, self.trunk.port).ok()?;
        let uri = uri.with_param("transport", Some(flow.carrier.parameter()));
        let account = Uri::sip(user.as_deref().or(Some("palabre")), &self.trunk.host, None).ok()?;
        let address = NameAddr::new(account);
        let to = if method == Method::Options { NameAddr::new(uri.clone()) } else { address.clone() };
        let number = CSeq { number: self.cseq, method: method.clone() };
        let request = Request::new(method, uri)
            .with(HeaderName::MaxForwards, 70)
            .with(HeaderName::From, address.with_tag(&self.tag))
            .with(HeaderName::To, to)
            .with(HeaderName::CallId, &self.call_id)
            .with(HeaderName::CSeq, number);
        Some(request)
    }

    pub(super) fn handle_response(&mut self, now: Instant, request: &Request, response: &Response) {
        if response.status.is_provisional() {
            return;
        }
        match request.method {
            Method::Options => self.handle_pong(now, response.status),
            Method::Register => self.handle_registered(now, request, response),
            _ => {}
        }
    }

    pub(super) fn handle_failure(&mut self, now: Instant, request: &Request) {
        match request.method {
            Method::Options => self.handle_pong(now, StatusCode::REQUEST_TIMEOUT),
            Method::Register => self.retry_registration(now, "nobody answers".to_owned()),
            _ => {}
        }
    }

    /// Any answer is a sign of life, except that it cannot serve.
    fn handle_pong(&mut self, now: Instant, status: StatusCode) {
        self.pinging = false;
        if !matches!(status.code(), 408 | 503) {
            self.failures = 0;
            self.ping_at = Some(now + PING_INTERVAL);
            return;
        }
        self.failures = (self.failures + 1).min(self.addresses.len());
        if !self.addresses.is_empty() {
            self.at = (self.at + 1) % self.addresses.len();
        }
        self.ping_at = Some(now + PING_AGAIN);
    }

    fn handle_registered(&mut self, now: Instant, request: &Request, response: &Response) {
        let Registration::Asked { good, tries } = self.registration else { return };
        let status = response.status;
        if status.is_success() {
            let granted = granted(request, response).clamp(MIN_EXPIRES, ASKED_EXPIRES);
            // Well before it ends, and not all trunks of the world in the same second.
            let at = now + granted.mul_f64(0.8);
            self.registration = Registration::Due { at, good: true, wrong: None, tries: 0 };
            return;
        }
        let challenged = matches!(status.code(), 401 | 407);
        if challenged && tries < MAX_TRIES {
            let understood = match &mut self.client {
                Some(client) => client.challenged(request, response).map_err(|error| error.to_string()),
                None => Err("the provider wants a password and there is none".to_owned()),
            };
            match understood {
                Ok(()) => {
                    self.registration = Registration::Due { at: now, good, wrong: None, tries: tries + 1 }
                }
                Err(wrong) => self.retry_registration(now, wrong),
            }
            return;
        }
        self.retry_registration(now, format!("refused with {} {}", status.code(), response.reason));
    }

    fn retry_registration(&mut self, now: Instant, wrong: String) {
        self.registration =
            Registration::Due { at: now + REGISTER_AGAIN, good: false, wrong: Some(wrong), tries: 0 };
    }

    /// Answers the challenge to a call.
    pub(super) fn answer(&mut self, request: &Request, challenge: &Response) -> Option<(HeaderName, String)> {
        let client = self.client.as_mut()?;
        if client.challenged(request, challenge).is_err() {
            // A call's wrong answer must not spoil the next one's.
            self.client =
                self.trunk.credentials.clone().map(|account| DigestClient::new(account, &self.seed));
            return None;
        }
        let (name, credentials) = client.answer(&request.method, &request.uri).into_iter().next()?;
        Some((name, credentials.to_string()))
    }

    pub(super) fn state(&self) -> TrunkState {
        let registration = match &self.registration {
            Registration::Unwanted => None,
            Registration::Due { good: true, .. } | Registration::Asked { good: true, .. } => Some(Ok(())),
            Registration::Due { wrong, .. } => {
                Some(Err(wrong.clone().unwrap_or_else(|| "not yet".to_owned())))
            }
            Registration::Asked { .. } => Some(Err("the provider is being asked".to_owned())),
        };
        TrunkState { trunk: self.trunk.id, up: self.is_up(), registration, address: self.address() }
    }
}

/// The seed and the account stay secret.
impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("trunk", &self.trunk.name)
            .field("addresses", &self.addresses)
            .field("registration", &self.registration)
            .finish_non_exhaustive()
    }
}

/// For how long a registration was granted: by its contact's own parameter, or the field, or as we asked.
fn granted(request: &Request, response: &Response) -> Duration {
    let ours = request.headers.contact().ok().map(|contact| contact.uri);
    let own = match response.headers.contacts() {
        Ok(Contacts::List(list)) => list
            .iter()
            .find(|contact| ours.as_ref().is_some_and(|ours| ours.is_same(&contact.uri)))
            .and_then(NameAddr::expires),
        _ => None,
    };
    own.or_else(|| response.headers.expires()).unwrap_or(ASKED_EXPIRES)
}

fn bracketed(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

/// How long a registration is asked for.
const ASKED_EXPIRES: Duration = Duration::from_secs(600);
/// Shorter ones are refreshed no more often than this.
const MIN_EXPIRES: Duration = Duration::from_secs(30);
/// When a failed registration is tried again.
const REGISTER_AGAIN: Duration = Duration::from_secs(30);
/// How often a trunk that lives is asked.
const PING_INTERVAL: Duration = Duration::from_secs(60);
/// How often one that does not is.
const PING_AGAIN: Duration = Duration::from_secs(10);
/// The most addresses of one trunk.
const MAX_ADDRESSES: usize = 8;
/// How often one registration answers a challenge.
const MAX_TRIES: u8 = 2;

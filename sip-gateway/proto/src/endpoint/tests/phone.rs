//! A phone for tests: made of the same transactions and legs as the endpoint, but with a person's buttons.

use std::net::SocketAddr;
use std::time::Instant;

use super::house::{REALM, flow, ours, password};
use crate::flow::{Carrier, Flow};
use crate::leg::{Invitation, Leg, LegEvent, Output, Tokens};
use crate::message::{
    CSeq, HeaderName, Headers, Message, Method, NameAddr, Request, Response, StatusCode, Uri,
};
use crate::plan::TrunkCredentials;
use crate::sdp::{Codec, Direction, Format, LocalAudio, Offering};
use crate::transaction::{self, ClientKey, Event, Timers, Transactions};
use crate::ua::digest::DigestClient;

pub(super) struct Phone {
    pub(super) number: String,
    pub(super) address: SocketAddr,
    /// Takes connections, too.
    pub(super) streams: bool,
    /// What carried each message that came.
    pub(super) carriers: Vec<Carrier>,
    /// The plug was pulled.
    pub(super) gone: bool,
    /// What it writes into Contact, whatever address it is seen from.
    contact_port: u16,
    /// Asks for a password before it lets itself be hung up on; the credentials that came.
    pub(super) asks_for_password: bool,
    pub(super) credentials: Vec<(Uri, String)>,
    /// Takes no calls.
    pub(super) busy: bool,
    pub(super) codec: Codec,
    /// Takes keys in RTP.
    pub(super) takes_keys: bool,
    /// What its display was told to show within calls.
    pub(super) shown: Vec<NameAddr>,
    pub(super) registered: Option<u16>,
    pub(super) events: Vec<LegEvent>,
    pub(super) legs: Vec<Leg>,
    /// Responses to requests beside calls: REFER, OPTIONS.
    pub(super) answers: Vec<Response>,
    pub(super) notified: Vec<String>,
    /// What it was told of what it subscribed to.
    pub(super) notifications: Vec<Request>,
    /// What it answers that with.
    pub(super) takes_notifications: StatusCode,
    /// The last CANCEL's Reason.
    pub(super) cancelled: Vec<Option<String>>,
    seed: u16,
    word: u64,
    transactions: Transactions,
    digest: DigestClient,
    cseq: u32,
    keys: Vec<(ClientKey, Of)>,
    outbox: Vec<(Carrier, Vec<u8>)>,
    /// Call-IDs and the tags of provisional responses.
    early: Vec<(String, String)>,
}

enum Of {
    Leg(CSeq, String),
    Register(Request),
    Subscribe(Request),
    Other,
}

impl Phone {
    pub(super) fn new(number: &str, address: SocketAddr, seed: u16) -> Self {
        let account = TrunkCredentials { username: number.to_owned(), password: password(number) };
        Self {
            number: number.to_owned(),
            address,
            streams: false,
            carriers: Vec::new(),
            gone: false,
            contact_port: address.port(),
            asks_for_password: false,
            credentials: Vec::new(),
            busy: false,
            codec: Codec::Pcma,
            takes_keys: true,
            shown: Vec::new(),
            registered: None,
            events: Vec::new(),
            legs: Vec::new(),
            answers: Vec::new(),
            notified: Vec::new(),
            notifications: Vec::new(),
            takes_notifications: StatusCode::OK,
            cancelled: Vec::new(),
            seed,
            word: 0,
            transactions: Transactions::new(secret(seed), Timers::default()),
            digest: DigestClient::new(account, &secret(seed)),
            cseq: 0,
            keys: Vec::new(),
            outbox: Vec::new(),
            early: Vec::new(),
        }
    }

    pub(super) fn flow_to_house(&self, carrier: Carrier) -> Flow {
        Flow { carrier, ..flow(self.address) }
    }

    /// As the phone sees it.
    fn flow(&self) -> Flow {
        Flow { local: self.address, remote: ours(), ..flow(self.address) }
    }

    pub(super) fn set_password(&mut self, password: &str) {
        let account = TrunkCredentials { username: self.number.clone(), password: password.to_owned() };
        self.digest = DigestClient::new(account, &secret(self.seed));
    }

    pub(super) fn register(&mut self, now: Instant) {
        self.cseq += 1;
        let aor = NameAddr::new(self.uri(REALM));
        let request = Request::new(Method::Register, Uri::sip(None, REALM, None).expect("a domain"))
            .with(HeaderName::From, aor.clone().with_tag("r"))
            .with(HeaderName::To, aor)
            .with(HeaderName::CallId, format!("register-{}", self.seed))
            .with(HeaderName::CSeq, CSeq { number: self.cseq, method: Method::Register })
            .with(HeaderName::Contact, NameAddr::new(self.contact()))
            .with(HeaderName::Expires, 3_600);
        self.send_register(now, request);
        self.settle(now);
    }

    pub(super) fn dial(&mut self, now: Instant, number: &str) {
        self.invite(now, number, Headers::new());
    }

    pub(super) fn invite(&mut self, now: Instant, number: &str, headers: Headers) {
        let local = self.audio();
        self.call(now, number, headers, Some(local));
    }

    /// Leaves it to us to say what can be spoken, as some gateways do.
    pub(super) fn invite_without_offer(&mut self, now: Instant, number: &str) {
        self.call(now, number, Headers::new(), None);
    }

    fn call(&mut self, now: Instant, number: &str, headers: Headers, local: Option<LocalAudio>) {
        let uri = Uri::sip(Some(number), REALM, None).expect("a number");
        let tokens = self.tokens();
        let invitation = Invitation {
            flow: self.flow(),
            from: NameAddr::new(self.uri(REALM)),
            to: NameAddr::new(uri.clone()),
            uri,
            call_id: format!("{}-of-{}", self.word, self.number),
            route: Vec::new(),
            contact: self.contact(),
            headers,
            local,
        };
        self.legs.push(Leg::invite(now, invitation, tokens));
        self.settle(now);
    }

    pub(super) fn ring(&mut self, now: Instant) {
        self.last().ring(now, StatusCode::RINGING, None).expect("nothing to disagree on");
        self.settle(now);
    }

    pub(super) fn answer(&mut self, now: Instant) {
        let local = self.audio();
        self.last().answer(now, &local).expect("a codec in common");
        self.settle(now);
    }

    pub(super) fn announce(&mut self, now: Instant) {
        let local = self.audio();
        self.last().ring(now, StatusCode::SESSION_PROGRESS, Some(&local)).expect("a codec in common");
        self.settle(now);
    }

    pub(super) fn refuse(&mut self, now: Instant, status: StatusCode) {
        self.last().refuse(now, status, Headers::new());
        self.settle(now);
    }

    /// Sends its call elsewhere by itself.
    pub(super) fn redirect(&mut self, now: Instant, number: &str) {
        let mut headers = Headers::new();
        headers
            .push(HeaderName::Contact, NameAddr::new(Uri::sip(Some(number), REALM, None).expect("a number")));
        self.last().refuse(now, StatusCode::MOVED_TEMPORARILY, headers);
        self.settle(now);
    }

    pub(super) fn hang_up(&mut self, now: Instant) {
        self.last().hang_up(now, None);
        self.settle(now);
    }

    pub(super) fn hang_up_first(&mut self, now: Instant) {
        self.legs[0].hang_up(now, None);
        self.settle(now);
    }

    pub(super) fn hold(&mut self, now: Instant, direction: Direction) {
        let local = LocalAudio { direction, ..self.audio() };
        self.last().offer(now, local);
        self.settle(now);
    }

    /// Presses a key that is told by INFO.
    pub(super) fn press(&mut self, now: Instant, key: char) {
        self.last().press(now, key, std::time::Duration::from_millis(100));
        self.settle(now);
    }

    /// Asks for a transfer of one of its calls.
    pub(super) fn refer(&mut self, now: Instant, leg: usize, to: &str) {
        let request =
            self.legs[leg].request(Method::Refer).expect("an answered call").with(HeaderName::ReferTo, to);
        self.send(now, request, Of::Other);
        self.settle(now);
    }

    /// Subscribes to something, as one word names the subscription.
    pub(super) fn subscribe(&mut self, now: Instant, event: &str, number: &str, expires: u32, word: &str) {
        self.cseq += 1;
        let uri = Uri::sip(Some(number), REALM, None).expect("a number");
        let request = Request::new(Method::Subscribe, uri.clone())
            .with(HeaderName::From, NameAddr::new(self.uri(REALM)).with_tag(word))
            .with(HeaderName::To, NameAddr::new(uri))
            .with(HeaderName::CallId, format!("watch-{word}-{}", self.seed))
            .with(HeaderName::CSeq, CSeq { number: self.cseq, method: Method::Subscribe })
            .with(HeaderName::Contact, NameAddr::new(self.contact()))
            .with(HeaderName::Event, event)
            .with(HeaderName::Expires, expires);
        self.send_subscribe(now, request);
        self.settle(now);
    }

    /// Renews what a notification belongs to, or ends it.
    pub(super) fn renew(&mut self, now: Instant, notification: &Request, expires: u32) {
        self.cseq += 1;
        let headers = &notification.headers;
        let request = Request::new(Method::Subscribe, headers.contact().expect("a contact").uri)
            .with(HeaderName::From, headers.to().expect("an address"))
            .with(HeaderName::To, headers.from().expect("an address"))
            .with(HeaderName::CallId, headers.call_id().expect("a word"))
            .with(HeaderName::CSeq, CSeq { number: self.cseq, method: Method::Subscribe })
            .with(HeaderName::Contact, NameAddr::new(self.contact()))
            .with(HeaderName::Event, headers.get(&HeaderName::Event).expect("an event"))
            .with(HeaderName::Expires, expires);
        self.send_subscribe(now, request);
        self.settle(now);
    }

    pub(super) fn send_raw(&mut self, now: Instant, request: Request) {
        self.send(now, request, Of::Other);
        self.settle(now);
    }

    /// The number of its last call that stands, or the last one.
    pub(super) fn last(&mut self) -> &mut Leg {
        let live = self.legs.iter().rposition(|leg| !leg.is_over());
        let at = live.expect("a call");
        &mut self.legs[at]
    }

    /// The other side's tag in a call that is not answered yet.
    pub(super) fn early_tag(&self, call_id: &str) -> String {
        self.early
            .iter()
            .rev()
            .find(|(known, _)| known == call_id)
            .map(|(_, tag)| tag.clone())
            .expect("a ringing call")
    }

    pub(super) fn is_idle(&self) -> bool {
        !self.legs.iter().any(Leg::is_confirmed)
    }

    pub(super) fn was_told(&self, wanted: impl Fn(&LegEvent) -> bool) -> bool {
        self.events.iter().any(wanted)
    }

    /// Where it receives sound in its newest call.
    pub(super) fn media_port(&self) -> Option<u16> {
        (!self.legs.is_empty()).then(|| 4_000 + self.seed)
    }

    pub(super) fn handle_message(&mut self, now: Instant, carrier: Carrier, message: Message) {
        self.carriers.push(carrier);
        self.transactions.handle_message(now, Flow { carrier, ..self.flow() }, message);
        self.settle(now);
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let legs = self.legs.iter().filter_map(Leg::poll_timeout);
        legs.chain(self.transactions.poll_timeout()).min()
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        self.transactions.handle_timeout(now);
        for leg in &mut self.legs {
            if leg.poll_timeout().is_some_and(|at| at <= now) {
                leg.handle_timeout(now);
            }
        }
        self.settle(now);
    }

    /// What it sends.
    pub(super) fn drain(&mut self) -> Vec<(Carrier, Vec<u8>)> {
        let sent = std::mem::take(&mut self.outbox);
        if self.gone { Vec::new() } else { sent }
    }

    fn settle(&mut self, now: Instant) {
        loop {
            let mut busy = false;
            for at in 0..self.legs.len() {
                while let Some(output) = self.legs[at].poll_output() {
                    busy = true;
                    self.perform(now, at, output);
                }
            }
            while let Some(output) = self.transactions.poll_output() {
                busy = true;
                match output {
                    transaction::Output::Event(event) => self.handle_event(now, event),
                    transaction::Output::Transmit { flow, bytes } => self.outbox.push((flow.carrier, bytes)),
                }
            }
            if !busy {
                return;
            }
        }
    }

    fn perform(&mut self, now: Instant, at: usize, output: Output) {
        match output {
            Output::Request { request, .. } => {
                let cseq = request.headers.cseq().expect("a number");
                let tag = self.legs[at].local_tag().to_owned();
                self.send(now, request, Of::Leg(cseq, tag));
            }
            Output::Ack { flow, request } => self.transactions.send_ack(now, flow, request),
            Output::Cancel { cseq, headers } => {
                let tag = self.legs[at].local_tag();
                let is_it = |of: &Of| matches!(of, Of::Leg(known, of) if known.number == cseq && of == tag);
                let key = self.keys.iter().find(|(_, of)| is_it(of)).expect("an INVITE under way").0;
                self.transactions.cancel(now, key, headers);
            }
            Output::Respond { key, response } => self.transactions.respond(now, key, response),
            Output::Event(event) => {
                if let LegEvent::Challenged(response) = &event {
                    let request = self.legs[at].invitation().clone();
                    if self.digest.challenged(&request, response).is_ok() {
                        let (name, value) = self.digest.answer(&request.method, &request.uri).remove(0);
                        self.legs[at].retry(now, name, &value.to_string());
                    } else {
                        self.legs[at].hang_up(now, None);
                    }
                }
                if let LegEvent::Offered(_) = &event {
                    let local = self.audio();
                    self.legs[at].accept(now, &local).expect("a codec in common");
                }
                self.events.push(event);
            }
        }
    }

    fn handle_event(&mut self, now: Instant, event: Event) {
        let to_tag = |request: &Request| request.headers.to().ok().and_then(|to| to.tag().map(str::to_owned));
        match event {
            Event::Request { key, flow, request }
                if request.method == Method::Invite && to_tag(&request).is_none() =>
            {
                if self.busy {
                    return self.transactions.respond(
                        now,
                        key,
                        request.reply(StatusCode::BUSY_HERE, Some("busy")),
                    );
                }
                let (tokens, contact) = (self.tokens(), self.contact());
                let leg = Leg::invited(now, key, flow, request, contact, tokens)
                    .expect("an INVITE that can be taken");
                self.legs.push(leg);
                self.ring(now);
            }
            Event::Request { key, flow, request } => {
                let tag = to_tag(&request).unwrap_or_default();
                if request.method == Method::Update {
                    self.shown.extend(request.headers.address(&HeaderName::PAssertedIdentity).ok());
                }
                if request.method == Method::Bye && self.asks_for_password {
                    let Some(credentials) = request.headers.get(&HeaderName::Authorization) else {
                        let challenge = "Digest realm=\"operator.example\", nonce=\"abc\", qop=\"auth\"";
                        let response = request.reply(StatusCode::UNAUTHORIZED, None);
                        let response = response.with(HeaderName::WwwAuthenticate, challenge);
                        return self.transactions.respond(now, key, response);
                    };
                    self.credentials.push((request.uri.clone(), credentials.to_owned()));
                }
                if request.method == Method::Notify && !is_refer(&request) {
                    let response = request.reply(self.takes_notifications, None);
                    self.notifications.push(request);
                    return self.transactions.respond(now, key, response);
                }
                if request.method == Method::Notify {
                    self.notified.push(String::from_utf8_lossy(&request.body).trim().to_owned());
                    return self.transactions.respond(now, key, request.reply(StatusCode::OK, None));
                }
                match self.legs.iter_mut().find(|leg| leg.local_tag() == tag) {
                    Some(leg) => leg.handle_request(now, key, flow, request),
                    None => self.transactions.respond(now, key, request.reply(StatusCode::OK, None)),
                }
            }
            Event::Ack { request, .. } => {
                let tag = to_tag(&request).unwrap_or_default();
                if let Some(leg) = self.legs.iter_mut().find(|leg| leg.local_tag() == tag) {
                    leg.handle_ack(now, request);
                }
            }
            Event::Cancel { request, .. } => {
                let reason = request.headers.get(&HeaderName::Reason).map(str::to_owned);
                self.cancelled.push(reason);
                let call_id = request.headers.call_id().expect("a Call-ID");
                for leg in self.legs.iter_mut().filter(|leg| leg.call_id() == call_id) {
                    leg.handle_cancel(now, &request);
                }
            }
            Event::Response { key, flow, response } => self.handle_response(now, key, flow, response),
            Event::Failed { key, cause } => {
                if let Some(at) = self.keys.iter().position(|(known, _)| *known == key)
                    && let (_, Of::Leg(cseq, tag)) = self.keys.swap_remove(at)
                    && let Some(leg) = self.legs.iter_mut().find(|leg| leg.local_tag() == tag)
                {
                    leg.handle_failure(now, &cseq, cause);
                }
            }
            Event::Unacknowledged { .. } => {}
        }
    }

    fn handle_response(&mut self, now: Instant, key: ClientKey, flow: Flow, response: Response) {
        let at = self.keys.iter().position(|(known, _)| *known == key).expect("a request of ours");
        match &self.keys[at].1 {
            Of::Leg(_, tag) => {
                let tag = tag.clone();
                if let (Ok(call_id), Ok(to)) = (response.headers.call_id(), response.headers.to()) {
                    self.early.push((call_id.to_owned(), to.tag().unwrap_or_default().to_owned()));
                    self.early.retain(|(_, tag)| !tag.is_empty());
                }
                let leg = self.legs.iter_mut().find(|leg| leg.local_tag() == tag).expect("a leg");
                leg.handle_response(now, flow, response);
            }
            Of::Register(request) if response.status == StatusCode::UNAUTHORIZED => {
                let mut request = request.clone();
                self.registered = Some(401);
                if self.digest.challenged(&request, &response).is_ok() {
                    self.cseq += 1;
                    request
                        .headers
                        .set(HeaderName::CSeq, CSeq { number: self.cseq, method: Method::Register });
                    self.send_register(now, request);
                }
            }
            Of::Subscribe(request) if response.status == StatusCode::UNAUTHORIZED => {
                let mut request = request.clone();
                if self.digest.challenged(&request, &response).is_ok() {
                    self.cseq += 1;
                    let cseq = CSeq { number: self.cseq, method: Method::Subscribe };
                    request.headers.set(HeaderName::CSeq, cseq);
                    self.send_subscribe(now, request);
                } else {
                    self.answers.push(response);
                }
            }
            Of::Subscribe(_) => self.answers.push(response),
            Of::Register(_) => self.registered = Some(response.status.code()),
            Of::Other => self.answers.push(response),
        }
    }

    fn send_register(&mut self, now: Instant, mut request: Request) {
        self.digest.authorize(&mut request);
        self.send(now, request.clone(), Of::Register(request));
    }

    fn send_subscribe(&mut self, now: Instant, mut request: Request) {
        self.digest.authorize(&mut request);
        self.send(now, request.clone(), Of::Subscribe(request));
    }

    fn send(&mut self, now: Instant, request: Request, of: Of) {
        let key = self.transactions.request(now, self.flow(), request).expect("a request");
        self.keys.push((key, of));
    }

    fn audio(&self) -> LocalAudio {
        let port = 4_000 + self.seed;
        let number = self.codec.static_type().unwrap_or(96);
        let keys = self.takes_keys.then(|| Format::new(101, Codec::TelephoneEvent(8_000)));
        LocalAudio {
            address: SocketAddr::new(self.address.ip(), port),
            formats: [Format::new(number, self.codec.clone())].into_iter().chain(keys).collect(),
            direction: Direction::SendRecv,
            ptime: 20,
            offering: Offering::Plain,
            plain: true,
            sdes: Vec::new(),
            dtls: None,
            ice: None,
        }
    }

    fn tokens(&mut self) -> Tokens {
        self.word += 1;
        Tokens { tag: format!("{}-{}", self.seed, self.word), sdp_session: self.word, seed: self.word }
    }

    fn uri(&self, host: &str) -> Uri {
        Uri::sip(Some(&self.number), host, None).expect("a number")
    }

    fn contact(&self) -> Uri {
        Uri::sip(Some(&self.number), &self.address.ip().to_string(), Some(self.contact_port))
            .expect("an address")
    }
}

fn secret(seed: u16) -> [u8; 32] {
    let [high, low] = seed.to_be_bytes();
    std::array::from_fn(|at| if at % 2 == 0 { high } else { low })
}

fn is_refer(request: &Request) -> bool {
    request.headers.get(&HeaderName::Event).is_some_and(|event| event.starts_with("refer"))
}

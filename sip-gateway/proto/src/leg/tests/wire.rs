//! Two legs over their transaction layers, a line between them, and a clock that only this moves.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::flow::{Carrier, Connection, Flow};
use crate::leg::{Invitation, Leg, LegEvent, Output, Tokens};
use crate::message::{
    CSeq, HeaderName, Headers, Message, Method, NameAddr, Request, Response, StatusCode, Uri,
};
use crate::sdp::{Agreed, Codec, Direction, Format, LocalAudio, Negotiator, Offering, SessionDescription};
use crate::transaction::{self, ClientKey, Event, Timers, Transactions};

/// The caller's end.
pub(super) const A: usize = 0;
/// The callee's end.
pub(super) const B: usize = 1;
const NAMES: [&str; 2] = ["A", "B"];
/// How long the line takes.
pub(super) const HOP: Duration = Duration::from_millis(20);

type Delay = dyn FnMut(&str) -> Option<Duration>;

pub(super) struct Line {
    pub(super) now: Instant,
    pub(super) legs: [Option<Leg>; 2],
    pub(super) events: [Vec<LegEvent>; 2],
    /// What the legs said, lost or not, but not what their transactions repeated: `A INVITE`, `B 200 INVITE`.
    pub(super) sent: Vec<String>,
    /// The same in full, by speaker.
    said: [Vec<Message>; 2],
    /// All that was transmitted, by sender.
    carried: [Vec<Message>; 2],
    transactions: [Transactions; 2],
    keys: [Vec<(CSeq, ClientKey)>; 2],
    /// Says how much later than others something arrives; `None` if never.
    delay: Box<Delay>,
    air: Vec<(Instant, usize, Vec<u8>)>,
}

impl Line {
    pub(super) fn new() -> Self {
        Self {
            now: Instant::now(),
            legs: [None, None],
            events: [Vec::new(), Vec::new()],
            sent: Vec::new(),
            said: [Vec::new(), Vec::new()],
            carried: [Vec::new(), Vec::new()],
            transactions: [1, 2].map(|seed| Transactions::new([seed; 32], Timers::default())),
            keys: [Vec::new(), Vec::new()],
            delay: Box::new(|_| Some(Duration::ZERO)),
            air: Vec::new(),
        }
    }

    /// A has called B, which has heard of it.
    pub(super) fn calling() -> Self {
        let mut line = Self::new();
        line.invite(Some(audio(A)));
        line.run(HOP);
        line
    }

    /// A has called a number behind which the test itself answers.
    pub(super) fn calling_devices() -> Self {
        let mut line = Self::new();
        line.disturb(|_| None);
        line.invite(Some(audio(A)));
        line
    }

    /// The same with a body as it is.
    pub(super) fn reply_with(
        &mut self,
        method: &Method,
        tag: &str,
        status: u16,
        fields: &[(HeaderName, &str)],
        body: &str,
    ) {
        let response = self.response(method, tag, status, fields);
        let response = Response { body: body.into(), ..response };
        self.deliver(A, &response.to_bytes());
    }

    /// A device answers A's last request of that method.
    pub(super) fn reply(
        &mut self,
        method: &Method,
        tag: &str,
        status: u16,
        fields: &[(HeaderName, &str)],
        local: Option<&LocalAudio>,
    ) {
        let mut response = self.response(method, tag, status, fields);
        if let Some(local) = local {
            let offer = SessionDescription::parse(&self.asked(method).body).expect("an offer");
            let (answer, _) = Negotiator::new(9).handle_offer(&offer, local).expect("a codec in common");
            response = response.with_body("application/sdp", answer.to_string());
        }
        self.deliver(A, &response.to_bytes());
    }

    /// A's last request of that method, as it left.
    fn asked(&self, method: &Method) -> &Request {
        let request = self.carried[A].iter().rev().find_map(|message| match message {
            Message::Request(request) if request.method == *method => Some(request),
            _ => None,
        });
        request.expect("a request of that method")
    }

    fn response(&self, method: &Method, tag: &str, status: u16, fields: &[(HeaderName, &str)]) -> Response {
        let status = StatusCode::new(status).expect("a status");
        let mut response = self.asked(method).reply(status, Some(tag));
        response.headers.push(HeaderName::Contact, format!("<sip:{tag}@192.0.2.2>"));
        for (name, value) in fields {
            response.headers.push(name.clone(), value);
        }
        response
    }

    /// A's call to B was answered.
    pub(super) fn talking() -> Self {
        let mut line = Self::calling();
        line.with(B, |leg, now| leg.answer(now, &audio(B)).expect("a codec in common"));
        line.run(Duration::from_secs(1));
        line.forget();
        line
    }

    pub(super) fn invite(&mut self, local: Option<LocalAudio>) {
        self.legs[A] = Some(Leg::invite(self.now, invitation(local), tokens(A)));
        self.drain(A);
    }

    /// From now on, what the predicate gives a delay for is late, or lost.
    pub(super) fn disturb(&mut self, delay: impl FnMut(&str) -> Option<Duration> + 'static) {
        self.delay = Box::new(delay);
    }

    /// Loses the next `count` messages whose line is `what`.
    pub(super) fn lose(&mut self, what: &'static str, count: usize) {
        let mut left = count;
        self.disturb(move |line| {
            if line == what && left > 0 {
                left -= 1;
                return None;
            }
            Some(Duration::ZERO)
        });
    }

    pub(super) fn with<R>(&mut self, side: usize, act: impl FnOnce(&mut Leg, Instant) -> R) -> R {
        let now = self.now;
        let result = act(self.legs[side].as_mut().expect("a leg"), now);
        self.drain(side);
        result
    }

    pub(super) fn leg(&self, side: usize) -> &Leg {
        self.legs[side].as_ref().expect("a leg")
    }

    pub(super) fn hang_up(&mut self, side: usize) {
        self.with(side, |leg, now| leg.hang_up(now, None));
    }

    pub(super) fn forget(&mut self) {
        self.events = [Vec::new(), Vec::new()];
        self.said = [Vec::new(), Vec::new()];
        self.sent.clear();
    }

    /// Lets time pass; everything happens when it is due.
    pub(super) fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        for _ in 0..100_000 {
            let arrival = self.air.iter().map(|(at, ..)| *at).min();
            let legs = self.legs.iter().flatten().filter_map(Leg::poll_timeout);
            let transactions = self.transactions.iter().filter_map(Transactions::poll_timeout);
            let next = legs.chain(transactions).chain(arrival).min();
            let Some(next) = next.filter(|next| *next <= end) else {
                self.now = end;
                return;
            };
            self.now = self.now.max(next);
            if let Some(at) = self.air.iter().position(|(at, ..)| *at <= self.now) {
                let (_, to, bytes) = self.air.remove(at);
                self.deliver(to, &bytes);
                continue;
            }
            for side in [A, B] {
                self.transactions[side].handle_timeout(self.now);
                self.drain(side);
                let now = self.now;
                let Some(leg) = &mut self.legs[side] else { continue };
                if leg.poll_timeout().is_some_and(|at| at <= now) {
                    leg.handle_timeout(now);
                    self.drain(side);
                }
            }
        }
        panic!("a leg never comes to rest");
    }

    /// Lets a message arrive.
    pub(super) fn deliver(&mut self, to: usize, bytes: &[u8]) {
        let message = Message::parse(bytes).expect("what we write can be read");
        self.transactions[to].handle_message(self.now, flow(to), message);
        self.drain(to);
    }

    fn drain(&mut self, side: usize) {
        loop {
            if let Some(output) = self.legs[side].as_mut().and_then(Leg::poll_output) {
                self.perform(side, output);
            } else if let Some(output) = self.transactions[side].poll_output() {
                match output {
                    transaction::Output::Transmit { bytes, .. } => self.transmit(side, bytes),
                    transaction::Output::Event(event) => self.handle_event(side, event),
                }
            } else {
                return;
            }
        }
    }

    fn perform(&mut self, side: usize, output: Output) {
        let now = self.now;
        match output {
            Output::Request { flow, request } => {
                self.note(side, &Message::Request(request.clone()));
                let cseq = request.headers.cseq().expect("a number");
                let key = self.transactions[side].request(now, flow, request).expect("sent");
                self.keys[side].push((cseq, key));
            }
            Output::Ack { flow, request } => {
                self.note(side, &Message::Request(request.clone()));
                self.transactions[side].send_ack(now, flow, request);
            }
            Output::Cancel { cseq, headers } => {
                self.sent.push(format!("{} CANCEL", NAMES[side]));
                let invite = CSeq { number: cseq, method: Method::Invite };
                let known = self.keys[side].iter().rev().find(|(known, _)| *known == invite);
                let (_, key) = known.expect("it was sent");
                self.transactions[side].cancel(now, *key, headers);
            }
            Output::Respond { key, response } => {
                self.note(side, &Message::Response(response.clone()));
                self.transactions[side].respond(now, key, response);
            }
            Output::Event(event) => self.events[side].push(event),
        }
    }

    fn handle_event(&mut self, side: usize, event: Event) {
        let now = self.now;
        match event {
            Event::Request { key, flow, request } => match &mut self.legs[side] {
                Some(leg) => leg.handle_request(now, key, flow, request),
                None => match Leg::invited(now, key, flow, request, contact(side), tokens(side)) {
                    Ok(leg) => self.legs[side] = Some(leg),
                    Err(response) => self.perform(side, Output::Respond { key, response }),
                },
            },
            Event::Response { flow, response, .. } => {
                if let Some(leg) = &mut self.legs[side] {
                    leg.handle_response(now, flow, response);
                }
            }
            Event::Ack { request, .. } => {
                if let Some(leg) = &mut self.legs[side] {
                    leg.handle_ack(now, request);
                }
            }
            Event::Cancel { request, .. } => self.with(side, |leg, now| leg.handle_cancel(now, &request)),
            Event::Failed { key, cause } => {
                let (cseq, _) =
                    self.keys[side].iter().find(|(_, known)| *known == key).expect("ours").clone();
                self.with(side, |leg, now| leg.handle_failure(now, &cseq, cause));
            }
            Event::Unacknowledged { .. } => {}
        }
    }

    fn note(&mut self, side: usize, message: &Message) {
        self.sent.push(line(side, message));
        self.said[side].push(message.clone());
    }

    fn transmit(&mut self, from: usize, bytes: Vec<u8>) {
        let message = Message::parse(&bytes).expect("what we write can be read");
        self.carried[from].push(message.clone());
        if let Some(late) = (self.delay)(&line(from, &message)) {
            self.air.push((self.now + HOP + late, 1 - from, bytes));
        }
    }

    /// One side's responses to a method.
    pub(super) fn responses(&self, side: usize, method: &Method) -> Vec<&Response> {
        let responses = self.said[side].iter().filter_map(|message| match message {
            Message::Response(response) => Some(response),
            Message::Request(_) => None,
        });
        responses
            .filter(|response| response.headers.cseq().is_ok_and(|cseq| cseq.method == *method))
            .collect()
    }

    /// One side's requests of a method.
    pub(super) fn requests(&self, side: usize, method: &Method) -> Vec<&Request> {
        let requests = self.said[side].iter().filter_map(|message| match message {
            Message::Request(request) => Some(request),
            Message::Response(_) => None,
        });
        requests.filter(|request| request.method == *method).collect()
    }
}

/// A message in short, with its sender.
fn line(from: usize, message: &Message) -> String {
    let from = NAMES[from];
    match message {
        Message::Request(request) => format!("{from} {}", request.method),
        Message::Response(response) => {
            format!("{from} {} {}", response.status, response.headers.cseq().expect("a number").method)
        }
    }
}

pub(super) fn agreed(event: &LegEvent) -> Option<&Agreed> {
    match event {
        LegEvent::Answered(agreed) | LegEvent::EarlyMedia(agreed) | LegEvent::Renegotiated(agreed) => {
            Some(agreed)
        }
        _ => None,
    }
}

pub(super) fn invitation(local: Option<LocalAudio>) -> Invitation {
    Invitation {
        flow: flow(A),
        uri: uri("sip:200@192.0.2.2:5060"),
        from: NameAddr::new(uri("sip:100@palabre.example")).with_display_name("Reception"),
        to: NameAddr::new(uri("sip:200@palabre.example")),
        call_id: "call".into(),
        route: Vec::new(),
        contact: contact(A),
        headers: Headers::new(),
        local,
    }
}

pub(super) fn tokens(side: usize) -> Tokens {
    Tokens { tag: ["near", "far"][side].into(), sdp_session: 7 + side as u64, seed: 42 + side as u64 }
}

pub(super) fn contact(side: usize) -> Uri {
    uri(["sip:192.0.2.1:5060", "sip:192.0.2.2:5060"][side])
}

pub(super) fn uri(text: &str) -> Uri {
    Uri::parse(text).expect("a uri")
}

/// The flow as one side sees it.
pub(super) fn flow(side: usize) -> Flow {
    let ends: [SocketAddr; 2] = ["192.0.2.1:5060".parse().unwrap(), "192.0.2.2:5060".parse().unwrap()];
    Flow { carrier: Carrier::Udp, local: ends[side], remote: ends[1 - side], connection: Connection::NONE }
}

pub(super) fn audio(side: usize) -> LocalAudio {
    LocalAudio {
        address: ["192.0.2.1:4000".parse().unwrap(), "192.0.2.2:4000".parse().unwrap()][side],
        formats: vec![
            Format::new(9, Codec::G722),
            Format::new(8, Codec::Pcma),
            Format::new(101, Codec::TelephoneEvent(8_000)),
        ],
        direction: Direction::SendRecv,
        ptime: 20,
        offering: Offering::Plain,
        plain: true,
        sdes: Vec::new(),
        dtls: None,
        ice: None,
    }
}

pub(super) fn directed(side: usize, direction: Direction) -> LocalAudio {
    LocalAudio { direction, ..audio(side) }
}

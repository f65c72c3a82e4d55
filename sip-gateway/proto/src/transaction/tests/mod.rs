//! Every path of the four machines, in virtual time.

mod anything;
mod invite_client;
mod invite_server;
mod layer;
mod non_invite_client;
mod non_invite_server;

use std::time::{Duration, Instant};

use super::{ClientKey, Event, Output, ServerKey, Timers, Transactions};
use crate::flow::{Carrier, Connection, Flow};
use crate::message::{HeaderName, Headers, Message, Method, Request, Response, StatusCode, Via};

pub(super) const UDP: Carrier = Carrier::Udp;
pub(super) const TCP: Carrier = Carrier::Tcp;

/// A transaction layer, the time, and what it did, in words: `> 180 INVITE` was sent, `Request INVITE` was told.
pub(super) struct Lab {
    pub(super) layer: Transactions,
    start: Instant,
    now: Instant,
    /// The last message that was sent, and where to.
    pub(super) sent: Option<(Flow, Message)>,
    pub(super) server: Option<ServerKey>,
    pub(super) request: Option<Request>,
    pub(super) response: Option<Response>,
}

pub(super) fn flow(carrier: Carrier) -> Flow {
    Flow {
        carrier,
        local: "192.0.2.1:5060".parse().unwrap(),
        remote: "192.0.2.17:40000".parse().unwrap(),
        connection: Connection(if carrier == UDP { 0 } else { 7 }),
    }
}

/// A request from the phone, as text that tests can change.
pub(super) fn text(method: &str, branch: &str) -> String {
    format!(
        "{method} sip:200@example.org SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.17:5060;rport;branch={branch}\r\n\
         Max-Forwards: 70\r\nFrom: <sip:100@example.org>;tag=from\r\nTo: <sip:200@example.org>\r\n\
         Call-ID: call\r\nCSeq: 1 {method}\r\nContent-Length: 0\r\n\r\n"
    )
}

/// A request of ours.
pub(super) fn ours(method: Method) -> Request {
    let Message::Request(mut request) = read(&text("OPTIONS", "z9hG4bKx")) else { unreachable!() };
    request.headers.remove(&HeaderName::Via);
    request.headers.set(HeaderName::CSeq, format!("1 {method}"));
    request.headers.push(HeaderName::Route, "<sip:proxy.example.org;lr>");
    request.method = method;
    request.with_body("application/sdp", "v=0\r\n")
}

pub(super) fn read(text: &str) -> Message {
    Message::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

impl Lab {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self {
            layer: Transactions::new([7; 32], Timers::default()),
            start: now,
            now,
            sent: None,
            server: None,
            request: None,
            response: None,
        }
    }

    pub(super) fn drain(&mut self) -> Vec<String> {
        let mut words = Vec::new();
        while let Some(output) = self.layer.poll_output() {
            words.push(match output {
                Output::Transmit { flow, bytes } => {
                    let message = Message::parse(&bytes).expect("what is sent can be read");
                    let word = format!("> {}", name(&message));
                    self.sent = Some((flow, message));
                    word
                }
                Output::Event(event) => self.note(event),
            });
        }
        words
    }

    fn note(&mut self, event: Event) -> String {
        match event {
            Event::Request { key, request, .. } => {
                self.server = Some(key);
                let word = format!("Request {}", request.method);
                self.request = Some(request);
                word
            }
            Event::Ack { request, .. } => format!("Ack {}", request.headers.call_id().unwrap()),
            Event::Cancel { key, .. } => {
                assert_eq!(Some(key), self.server, "it is the INVITE that is cancelled");
                "Cancel".into()
            }
            Event::Response { response, .. } => {
                let word = format!("Response {}", response.status);
                self.response = Some(response);
                word
            }
            Event::Failed { cause, .. } => format!("Failed {cause:?}"),
            Event::Unacknowledged { .. } => "Unacknowledged".into(),
        }
    }

    /// Lets a message come.
    pub(super) fn comes(&mut self, carrier: Carrier, text: &str) -> Vec<String> {
        self.comes_over(flow(carrier), text)
    }

    pub(super) fn comes_over(&mut self, flow: Flow, text: &str) -> Vec<String> {
        self.layer.handle_message(self.now, flow, read(text));
        self.drain()
    }

    /// Lets the transaction user respond to the last request.
    pub(super) fn respond(&mut self, status: u16) -> Vec<String> {
        let status = StatusCode::new(status).unwrap();
        let response = self.request.as_ref().expect("a request").reply(status, Some("ours"));
        self.layer.respond(self.now, self.server.expect("a request"), response);
        self.drain()
    }

    pub(super) fn request(&mut self, carrier: Carrier, method: Method) -> ClientKey {
        let key = self.layer.request(self.now, flow(carrier), ours(method)).expect("a transaction");
        self.drain();
        key
    }

    /// Lets the far side answer the request that was sent last, or one that is given.
    pub(super) fn answer(&mut self, carrier: Carrier, request: &Request, status: u16) -> Vec<String> {
        let response = request.reply(StatusCode::new(status).unwrap(), Some("theirs"));
        self.layer.handle_message(self.now, flow(carrier), Message::Response(response));
        self.drain()
    }

    pub(super) fn sent_request(&self) -> Request {
        let Some((_, Message::Request(request))) = &self.sent else { panic!("a request was sent") };
        request.clone()
    }

    pub(super) fn sent_response(&self) -> Response {
        let Some((_, Message::Response(response))) = &self.sent else { panic!("a response was sent") };
        response.clone()
    }

    pub(super) fn cancel(&mut self, key: ClientKey) -> Vec<String> {
        let mut extra = Headers::new();
        extra.push(HeaderName::Reason, "SIP;cause=200");
        self.layer.cancel(self.now, key, extra);
        self.drain()
    }

    /// Lets the flow fail.
    pub(super) fn fail(&mut self, flow: Flow) -> Vec<String> {
        self.layer.handle_flow_failure(self.now, flow);
        self.drain()
    }

    /// Lets time pass up to so many milliseconds since the begin; says what happened when.
    pub(super) fn until(&mut self, millis: u64) -> Vec<(u64, String)> {
        let end = self.start + Duration::from_millis(millis);
        let mut happened = Vec::new();
        while let Some(at) = self.layer.poll_timeout().filter(|at| *at <= end) {
            assert!(at >= self.now, "no deadline lies in the past");
            self.now = at;
            self.layer.handle_timeout(at);
            let millis = u64::try_from((at - self.start).as_millis()).unwrap();
            happened.extend(self.drain().into_iter().map(|word| (millis, word)));
        }
        self.now = end;
        happened
    }

    /// The moments of what happened, if all of it was that.
    pub(super) fn times(happened: &[(u64, String)], word: &str) -> Vec<u64> {
        assert!(happened.iter().all(|(_, known)| known == word), "{happened:?}");
        happened.iter().map(|(at, _)| *at).collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        let none = self.layer.client_transactions() + self.layer.server_transactions() == 0;
        assert!(!none || self.layer.poll_timeout().is_none(), "no alarm outlives its transaction");
        none
    }
}

fn name(message: &Message) -> String {
    match message {
        Message::Request(request) => request.method.to_string(),
        Message::Response(response) => {
            format!("{} {}", response.status, response.headers.cseq().unwrap().method)
        }
    }
}

pub(super) fn via(request: &Request) -> Via {
    request.headers.via().expect("a Via")
}

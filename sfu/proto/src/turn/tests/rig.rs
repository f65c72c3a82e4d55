//! A server, a clock that stands still until it is moved, and clients with their own idea of the protocol.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::super::credentials::{Authority, Credentials, Participant};
use super::super::integrity::Key;
use super::super::limits::Limits;
use super::super::peers::{Beyond, OwnAddress, PeerPolicy};
use super::super::server::{Client, Output, RelayId, Turn, TurnConfig};
use super::super::stun::{Class, Message, Method, TransactionId, Writer, attribute};

pub(super) const MEDIA: &str = "203.0.113.7:7882";
pub(super) const MEDIA_LOCAL: &str = "10.0.0.5:7882";
pub(super) const UNIX: Duration = Duration::from_secs(1_764_500_000);

pub(super) struct Rig {
    pub(super) turn: Turn,
    pub(super) now: Instant,
    pub(super) start: Instant,
    /// Sockets that are open.
    pub(super) relays: Vec<RelayId>,
    /// Connections that were closed.
    pub(super) hung_up: Vec<u64>,
    /// Whether a socket can be had.
    pub(super) ports: bool,
    authority: Authority,
    next_transaction: u8,
}

/// What a client was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) class: Class,
    pub(super) method: Method,
    pub(super) code: u16, // 0 without one
    pub(super) bytes: Vec<u8>,
}

/// Somebody with credentials, at an address.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) client: Client,
    pub(super) credentials: Credentials,
    pub(super) participant: Participant,
    pub(super) nonce: Vec<u8>,
}

impl Rig {
    pub(super) fn new() -> Self {
        Self::with(Limits::default())
    }

    pub(super) fn with(limits: Limits) -> Self {
        let now = Instant::now();
        let authority = Authority::new(&[7; 32], "palabre");
        let own = ["203.0.113.7:7882", "203.0.113.7:7883"].map(|advertised| {
            let advertised = at(advertised);
            OwnAddress { advertised, local: SocketAddr::new(at(MEDIA_LOCAL).ip(), advertised.port()) }
        });
        let config = TurnConfig {
            limits,
            peers: PeerPolicy::new(own.to_vec(), Beyond::Nobody),
            authority: authority.clone(),
            nonce_secret: [9; 32],
        };
        Self {
            turn: Turn::new(now, UNIX, config),
            now,
            start: now,
            relays: Vec::new(),
            hung_up: Vec::new(),
            ports: true,
            authority,
            next_transaction: 0,
        }
    }

    /// Lets time pass, and what is due happen.
    pub(super) fn wait(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(at) = self.turn.poll_timeout().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.turn.handle_timeout(self.now);
            assert_eq!(self.drain(), []);
        }
        self.now = until;
    }

    /// Somebody who has joined a room, and its credentials.
    pub(super) fn person(&mut self, name: &str, client: Client) -> Person {
        let participant = self.authority.participant("room", name, "PA_1");
        let expires = UNIX + (self.now - self.start) + Duration::from_secs(4 * 3600);
        let credentials = self.authority.issue(participant, expires);
        let mut person = Person { client, credentials, participant, nonce: Vec::new() };
        self.hello(&mut person);
        person
    }

    /// The first request of every client: it has no credentials in it, and is told what for.
    pub(super) fn hello(&mut self, person: &mut Person) {
        let request = self.request(Method::Allocate, None, |writer| {
            writer.attribute(attribute::REQUESTED_TRANSPORT, &[17, 0, 0, 0]);
        });
        let answer = self.answer(person.client, &request);
        assert_eq!(answer.code, 401);
        let message = Message::parse(&answer.bytes).expect("a message");
        person.nonce = message.attribute(attribute::NONCE).expect("a nonce").to_vec();
    }

    /// Somebody over UDP who has an allocation.
    pub(super) fn allocated(&mut self, name: &str, address: &str) -> (Person, RelayId) {
        let person = self.person(name, datagrams(address));
        let answer = self.allocate(&person);
        assert_eq!((answer.class, answer.code), (Class::Success, 0));
        (person, *self.relays.last().expect("an open socket"))
    }

    pub(super) fn allocate(&mut self, person: &Person) -> Answer {
        self.ask(person, Method::Allocate, |writer| {
            writer.attribute(attribute::REQUESTED_TRANSPORT, &[17, 0, 0, 0]);
        })
    }

    pub(super) fn refresh(&mut self, person: &Person, seconds: u32) -> Answer {
        self.ask(person, Method::Refresh, |writer| writer.number(attribute::LIFETIME, seconds))
    }

    pub(super) fn permit(&mut self, person: &Person, peers: &[&str]) -> Answer {
        self.ask(person, Method::CreatePermission, |writer| {
            peers.iter().for_each(|peer| writer.address(attribute::XOR_PEER_ADDRESS, at(peer)));
        })
    }

    pub(super) fn bind(&mut self, person: &Person, channel: u16, peer: &str) -> Answer {
        self.ask(person, Method::ChannelBind, |writer| {
            writer.number(attribute::CHANNEL_NUMBER, u32::from(channel) << 16);
            writer.address(attribute::XOR_PEER_ADDRESS, at(peer));
        })
    }

    /// A signed request, and its answer.
    pub(super) fn ask(
        &mut self,
        person: &Person,
        method: Method,
        write: impl FnOnce(&mut Writer<'_>),
    ) -> Answer {
        let request = self.request(method, Some(person), write);
        self.answer(person.client, &request)
    }

    /// A request, signed if it is somebody's.
    pub(super) fn request(
        &mut self,
        method: Method,
        person: Option<&Person>,
        write: impl FnOnce(&mut Writer<'_>),
    ) -> Vec<u8> {
        self.next_transaction = self.next_transaction.wrapping_add(1);
        let mut out = Vec::new();
        let transaction = TransactionId([self.next_transaction; 12]);
        let mut writer = Writer::begin(&mut out, Class::Request, method, transaction);
        write(&mut writer);
        let Some(person) = person else {
            writer.finish(None);
            return out;
        };
        writer.attribute(attribute::USERNAME, person.credentials.username.as_bytes());
        writer.attribute(attribute::REALM, b"palabre");
        writer.attribute(attribute::NONCE, &person.nonce);
        writer.finish(Some(&person.key()));
        out
    }

    /// What the server answers, and to whoever asked.
    pub(super) fn answer(&mut self, client: Client, request: &[u8]) -> Answer {
        let mut answers = self.answers(client, request);
        assert_eq!(answers.len(), 1, "{answers:?}");
        answers.remove(0)
    }

    pub(super) fn answers(&mut self, client: Client, request: &[u8]) -> Vec<Answer> {
        assert_eq!(self.turn.handle_client(self.now, client, request), None);
        let answers = self.drain();
        assert!(answers.iter().all(|(to, _)| *to == client));
        answers.into_iter().map(|(_, answer)| answer).collect()
    }

    /// Does what is to be done; what clients are told.
    pub(super) fn drain(&mut self) -> Vec<(Client, Answer)> {
        let mut answers = Vec::new();
        while let Some(output) = self.turn.poll_output() {
            match output {
                Output::Answer { client, message } => answers.push((client, Answer::read(message))),
                Output::Open { relay, v6 } => {
                    assert!(!v6);
                    let opened =
                        self.ports.then(|| SocketAddr::from(([203, 0, 113, 7], 50_000 + relay.0 as u16)));
                    self.relays.extend(opened.map(|_| relay));
                    self.turn.handle_opened(self.now, relay, opened);
                }
                Output::Close { relay } => {
                    let before = self.relays.len();
                    self.relays.retain(|open| *open != relay);
                    assert_eq!(self.relays.len() + 1, before, "only what is open is closed");
                }
                Output::HangUp { stream } => self.hung_up.push(stream),
            }
        }
        answers
    }
}

impl Person {
    pub(super) fn key(&self) -> Key {
        Key::long_term(&self.credentials.username, "palabre", &self.credentials.password)
    }
}

impl Answer {
    fn read(bytes: Vec<u8>) -> Self {
        let message = Message::parse(&bytes).expect("a message");
        let code = message.attribute(attribute::ERROR_CODE);
        let code = code.map_or(0, |code| u16::from(code[2]) * 100 + u16::from(code[3]));
        Self { class: message.class, method: message.method, code, bytes }
    }

    pub(super) fn lifetime(&self) -> Option<u32> {
        Message::parse(&self.bytes).and_then(|message| message.number(attribute::LIFETIME))
    }

    pub(super) fn address(&self, kind: u16) -> Option<SocketAddr> {
        Message::parse(&self.bytes).and_then(|message| message.address(kind))
    }
}

pub(super) fn datagrams(remote: &str) -> Client {
    Client::Datagrams { socket: 0, local: None, remote: at(remote) }
}

pub(super) fn stream(id: u64, remote: &str) -> Client {
    Client::Stream { id, remote: at(remote) }
}

pub(super) fn at(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

/// A Send indication.
pub(super) fn send(peer: &str, data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer::begin(&mut out, Class::Indication, Method::Send, TransactionId([0xee; 12]));
    writer.address(attribute::XOR_PEER_ADDRESS, at(peer));
    writer.attribute(attribute::DATA, data);
    writer.finish(None);
    out
}

/// Channel data as a client writes it.
pub(super) fn channel_data(channel: u16, data: &[u8]) -> Vec<u8> {
    [&channel.to_be_bytes()[..], &(data.len() as u16).to_be_bytes(), data].concat()
}

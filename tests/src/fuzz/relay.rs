//! What arrives at the relay: from strangers, from clients with credentials, and at its sockets from whoever finds them.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use sfu_proto::turn::Key;
use sfu_proto::turn::credentials::{Authority, Credentials, Participant};
use sfu_proto::turn::framing::{MAX_MESSAGE, StreamReader};
use sfu_proto::turn::limits::Limits;
use sfu_proto::turn::peers::{Beyond, OwnAddress, PeerPolicy};
use sfu_proto::turn::server::{Client, Output, RelayId, Turn, TurnConfig};
use sfu_proto::turn::stun::{Class, HEADER, Message, Method, TransactionId, Writer, attribute};

/// A story: each step is preceded by a byte that says what happens and two that say how long it is.
pub(super) fn server(data: &[u8]) {
    let mut world = World::new();
    let mut rest = data;
    while let Some((&[what, high, low], tail)) = rest.split_first_chunk::<3>() {
        let len = usize::from(u16::from_be_bytes([high, low])).min(tail.len());
        let (bytes, tail) = tail.split_at(len);
        rest = tail;
        world.step(what, bytes);
    }
    world.end();
}

/// The bytes of a connection, cut where the first byte says.
pub(super) fn stream(data: &[u8]) {
    let Some((&step, data)) = data.split_first() else { return };
    let mut reader = StreamReader::default();
    for piece in data.chunks(usize::from(step).max(1)) {
        reader.push(piece);
        loop {
            match reader.next_message() {
                Ok(Some(message)) => assert!(message.len().is_multiple_of(4) && message.len() <= MAX_MESSAGE),
                Ok(None) => break,
                Err(_) => return,
            }
        }
        assert!(reader.unfinished() <= MAX_MESSAGE);
    }
}

struct World {
    turn: Turn,
    now: Instant,
    people: [Person; 2],
    relays: Vec<RelayId>,
    transactions: u64,
}

struct Person {
    client: Client,
    credentials: Credentials,
    participant: Participant,
    nonce: Vec<u8>,
}

impl World {
    fn new() -> Self {
        let now = Instant::now();
        let unix = Duration::from_secs(1_764_500_000);
        let authority = Authority::new(&[1; 32], "palabre");
        let config = TurnConfig {
            limits: Limits { allocations: 2, permissions: 2, channels: 2, ..Limits::default() },
            peers: PeerPolicy::new(
                vec![OwnAddress { advertised: MEDIA, local: MEDIA_LOCAL }],
                Beyond::Nobody,
            ),
            authority: authority.clone(),
            nonce_secret: [2; 32],
        };
        let remote = SocketAddr::from(([192, 0, 2, 1], 4000));
        let clients =
            [Client::Datagrams { socket: 0, local: None, remote }, Client::Stream { id: 1, remote }];
        let people = clients.map(|client| {
            let participant = authority.participant("", "somebody", "PA");
            let credentials = authority.issue(participant, unix + Duration::from_secs(3600));
            Person { client, credentials, participant, nonce: Vec::new() }
        });
        let mut world =
            Self { turn: Turn::new(now, unix, config), now, people, relays: Vec::new(), transactions: 0 };
        assert!(world.turn.handle_connected(now, 1, remote));
        for who in 0..2 {
            world.hello(who);
        }
        world
    }

    fn step(&mut self, what: u8, bytes: &[u8]) {
        let who = usize::from(what >> 7);
        match what % 6 {
            0 | 1 => {
                let client = self.people[who].client;
                self.receive(client, bytes);
                let answered = self.drain();
                let unproved = matches!(client, Client::Datagrams { .. });
                assert!(!unproved || answered <= 3 * bytes.len(), "{answered} for {}", bytes.len());
            }
            2 | 3 => {
                let request = self.signed(who, bytes);
                self.receive(self.people[who].client, &request);
                self.drain();
            }
            4 => {
                let relay = self.relays.last().copied().unwrap_or(RelayId(u64::from(what)));
                let from = if who == 0 { MEDIA_LOCAL } else { SocketAddr::from(([192, 0, 2, 66], 1)) };
                let mut out = Vec::new();
                let to = self.turn.handle_peer(self.now, relay, from, bytes, &mut out);
                assert!(to.is_none() || from == MEDIA_LOCAL, "only the media engine is heard");
            }
            _ if bytes.is_empty() => {
                self.turn.revoke(self.now, self.people[who].participant);
                self.drain();
            }
            _ => {
                self.now += Duration::from_secs(u64::from(bytes[0]));
                self.turn.handle_timeout(self.now);
                self.drain();
            }
        }
        let counters = self.turn.counters();
        assert!(counters.allocations <= 2 && counters.streams <= 1);
        assert!(self.relays.len() as u64 <= counters.allocations);
    }

    fn receive(&mut self, client: Client, bytes: &[u8]) {
        if let Some(to) = self.turn.handle_client(self.now, client, bytes) {
            assert_eq!(to.to, MEDIA_LOCAL, "nothing else is reached");
            assert!(self.relays.contains(&to.relay));
        }
    }

    /// A request of somebody with credentials: a byte for the method, then attributes as they are.
    fn signed(&mut self, who: usize, bytes: &[u8]) -> Vec<u8> {
        let methods =
            [Method::Allocate, Method::Refresh, Method::CreatePermission, Method::ChannelBind, Method::Send];
        let method = methods[usize::from(bytes.first().copied().unwrap_or_default()) % methods.len()];
        let attributes = bytes.get(1..).unwrap_or_default();
        self.transactions += 1;
        let mut id = [0; 12];
        id[4..].copy_from_slice(&self.transactions.to_be_bytes());
        let person = &self.people[who];
        let Credentials { username, password } = &person.credentials;
        let mut names = Vec::new();
        let mut writer = Writer::begin(&mut names, Class::Request, method, TransactionId(id));
        writer.attribute(attribute::USERNAME, username.as_bytes());
        writer.attribute(attribute::REALM, b"palabre");
        writer.attribute(attribute::NONCE, &person.nonce);
        writer.finish(None);

        // The attributes of the story come first, so that a lie in their lengths swallows ours.
        let whole = &attributes[..attributes.len() / 4 * 4];
        let mut request = [&names[..HEADER], whole, &names[HEADER..]].concat();
        let len = (request.len() - HEADER + 24) as u16;
        request[2..4].copy_from_slice(&len.to_be_bytes());
        let key = Key::long_term(username, "palabre", password);
        key.append_to(&mut request);
        request
    }

    fn hello(&mut self, who: usize) {
        let mut hello = Vec::new();
        let mut writer = Writer::begin(&mut hello, Class::Request, Method::Allocate, TransactionId([9; 12]));
        writer.attribute(attribute::REQUESTED_TRANSPORT, &[17, 0, 0, 0]);
        writer.finish(None);
        assert!(self.turn.handle_client(self.now, self.people[who].client, &hello).is_none());
        let Some(Output::Answer { message, .. }) = self.turn.poll_output() else { panic!("a challenge") };
        let challenge = Message::parse(&message).expect("a message");
        self.people[who].nonce = challenge.attribute(attribute::NONCE).expect("a nonce").to_vec();
    }

    /// Does what is to be done; how many bytes clients were sent.
    fn drain(&mut self) -> usize {
        let mut answered = 0;
        while let Some(output) = self.turn.poll_output() {
            match output {
                Output::Answer { message, .. } => {
                    assert!(Message::parse(&message).is_some(), "we speak what we understand");
                    answered += message.len();
                }
                Output::Open { relay, .. } => {
                    self.relays.push(relay);
                    let port = 50_000 + relay.0 as u16 % 10_000;
                    self.turn.handle_opened(self.now, relay, Some(SocketAddr::new(MEDIA.ip(), port)));
                }
                Output::Close { relay } => self.relays.retain(|open| *open != relay),
                Output::HangUp { .. } => {}
            }
        }
        answered
    }

    fn end(mut self) {
        self.now += Duration::from_secs(2 * 3600);
        self.turn.handle_timeout(self.now);
        self.drain();
        assert_eq!((self.turn.counters().allocations, self.relays.len()), (0, 0), "everything ends");
        assert_eq!(self.turn.poll_timeout(), None);
    }
}

const MEDIA: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 7)), 7882);
const MEDIA_LOCAL: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 5)), 7882);

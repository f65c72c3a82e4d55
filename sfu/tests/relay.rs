//! The relay over real sockets on this machine, with a client of its own and an echo in place of the media engine.

#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::time::Duration;

use sfu::turn::{Credentials, Limits, OwnAddress, Relay, RelayConfig};
use sfu_proto::turn::Key;
use sfu_proto::turn::framing::StreamReader;
use sfu_proto::turn::stun::{Class, Message, Method, TransactionId, Writer, attribute};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

#[tokio::test]
async fn what_is_sent_to_the_media_engine_comes_back_over_udp_and_tcp() {
    let media = echo("127.0.0.1:0").await;
    let relay = start(&[media], Limits::default());
    let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    udp.connect(relay.udp()[0]).await.unwrap();
    let tcp = TcpStream::connect(relay.tcp()[0]).await.unwrap();

    for wire in [Wire::Datagrams(udp), Wire::stream(tcp)] {
        let mut client = Client::new(wire, relay.issue("alice", "PA_1"));
        let relayed = client.allocate().await;
        assert_eq!(relayed.ip(), media.ip());
        client.bind(0x4000, media).await;

        for len in [1, 2, 3, 4, 1200] {
            let packet: Vec<u8> = (0..len).map(|byte: u16| byte as u8).collect();
            client.send_channel(0x4000, &packet).await;
            assert_eq!(client.receive_channel(0x4000).await, packet);
        }
    }
    let counters = relay.counters();
    assert_eq!((counters.bytes_up, counters.bytes_down), (2420, 2420));
}

#[tokio::test]
async fn a_connection_that_another_listener_accepted_is_served_alike() {
    let media = echo("127.0.0.1:0").await;
    let relay = start(&[media], Limits::default());
    let mut client = over_a_pipe(&relay, "alice", 64 * 1024);
    client.allocate().await;
    client.bind(0x4000, media).await;
    client.send_channel(0x4000, b"hello").await;
    assert_eq!(client.receive_channel(0x4000).await, b"hello");
}

#[tokio::test]
async fn a_listener_on_all_addresses_answers_from_the_one_that_was_asked() {
    let config = RelayConfig { udp: vec![at("0.0.0.0:0")], ..config(&[], Limits::default()) };
    let relay = Relay::start(config).unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    // The kernel hands a connected socket nothing that comes from elsewhere.
    socket.connect(("127.0.0.7", relay.udp()[0].port())).await.unwrap();
    let mut client = Client::new(Wire::Datagrams(socket), relay.issue("alice", "PA_1"));
    let request = client.request(Method::Binding, false, |_| {});
    let answer = client.exchange(&request).await;
    assert!(Message::parse(&answer).unwrap().address(attribute::XOR_MAPPED_ADDRESS).is_some());
}

#[tokio::test]
async fn a_stranger_who_finds_a_relays_port_is_not_heard() {
    let media = echo("127.0.0.1:0").await;
    let relay = start(&[media], Limits::default());
    let mut client = over_a_pipe(&relay, "alice", 64 * 1024);
    let relayed = client.allocate().await;
    client.bind(0x4000, media).await;

    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    stranger.send_to(b"let me in", relayed).await.unwrap();
    // What comes back after it is the next thing heard: the stranger's word was read before and is lost.
    client.send_channel(0x4000, b"hello").await;
    assert_eq!(client.receive_channel(0x4000).await, b"hello");
    assert_eq!(relay.counters().bytes_down, 5);
}

#[tokio::test]
async fn whoever_leaves_is_cut_off() {
    let media = echo("127.0.0.1:0").await;
    let relay = start(&[media], Limits::default());
    let mut client = over_a_pipe(&relay, "alice", 64 * 1024);
    let relayed = client.allocate().await;

    relay.revoke("alice", "PA_1");

    assert!(client.wire.is_closed().await);
    assert_eq!(relay.counters().allocations, 0);
    // Its port is free again.
    until(|| std::net::UdpSocket::bind(relayed).is_ok()).await;
    let mut again = over_a_pipe(&relay, "alice", 64 * 1024);
    assert_eq!(again.try_allocate().await, Err(401));
}

#[tokio::test]
async fn a_connection_that_ends_gives_everything_back() {
    let media = echo("127.0.0.1:0").await;
    let relay = start(&[media], Limits::default());
    let mut client = Client::new(
        Wire::stream(TcpStream::connect(relay.tcp()[0]).await.unwrap()),
        relay.issue("alice", "PA_1"),
    );
    let relayed = client.allocate().await;
    drop(client);
    until(|| relay.counters().streams == 0 && relay.counters().allocations == 0).await;
    until(|| std::net::UdpSocket::bind(relayed).is_ok()).await;
}

#[tokio::test]
async fn what_is_not_turn_ends_a_connection() {
    let relay = start(&[], Limits::default());
    for garbage in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0x16, 3, 1, 2, 0, 1, 0], &[0xff; 64]] {
        let mut stream = TcpStream::connect(relay.tcp()[0]).await.unwrap();
        stream.write_all(garbage).await.unwrap();
        // A reset if something was left unread, else an end.
        assert!(!matches!(timeout(LONG, stream.read(&mut [0; 8])).await.unwrap(), Ok(1..)));
    }
    until(|| relay.counters().streams == 0).await;
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed_after_its_time() {
    let relay = start(&[], Limits { patience: Duration::from_millis(20), ..Limits::default() });
    let mut stream = TcpStream::connect(relay.tcp()[0]).await.unwrap();
    assert_eq!(timeout(LONG, stream.read(&mut [0; 8])).await.unwrap().unwrap(), 0);
    until(|| relay.counters().streams == 0).await;
}

#[tokio::test]
async fn one_too_many_connections_is_turned_away_and_the_others_go_on() {
    let relay = start(&[], Limits { streams_per_source: 2, ..Limits::default() });
    let mut streams = Vec::new();
    for _ in 0..2 {
        streams.push(TcpStream::connect(relay.tcp()[0]).await.unwrap());
    }
    until(|| relay.counters().streams == 2).await;
    let mut third = TcpStream::connect(relay.tcp()[0]).await.unwrap();
    assert!(!matches!(timeout(LONG, third.read(&mut [0; 8])).await.unwrap(), Ok(1..)));

    let mut first = Client::new(Wire::stream(streams.remove(0)), relay.issue("alice", "PA_1"));
    let request = first.request(Method::Binding, false, |_| {});
    first.exchange(&request).await;
}

#[tokio::test]
async fn a_client_that_does_not_read_loses_packets_and_holds_no_more_than_a_queue_of_them() {
    let media = echo("127.0.0.1:0").await;
    let relay = start(&[media], Limits::default());
    let mut client = over_a_pipe(&relay, "alice", 4096);
    client.allocate().await;
    client.bind(0x4000, media).await;

    // A megabyte comes back; nobody reads it.
    let packet = [7; 1000];
    for _ in 0..1000 {
        let before = relay.counters().bytes_down;
        client.send_channel(0x4000, &packet).await;
        until(|| relay.counters().bytes_down > before).await;
    }
    // What was queued and in the pipe is all that comes, and then there is room again.
    let mut received = 0;
    while received < 1000 && timeout(Duration::from_millis(500), client.wire.receive()).await.is_ok() {
        received += 1;
    }
    let queued = 2 * (256 * 1024 + 4096) / 1004 + 1;
    assert!((100..=queued).contains(&received), "{received} of at most {queued}");
    client.send_channel(0x4000, b"still here").await;
    assert_eq!(client.receive_channel(0x4000).await, b"still here");
}

#[tokio::test]
async fn a_client_that_takes_nothing_for_too_long_is_cut_off() {
    let media = echo("127.0.0.1:0").await;
    let relay = start(&[media], Limits { patience: Duration::from_millis(50), ..Limits::default() });
    let mut client = over_a_pipe(&relay, "alice", 4096);
    client.allocate().await;
    client.bind(0x4000, media).await;
    let packet = [&[0x40, 0x00, 0x03, 0xe8][..], &[7; 1000]].concat();
    // However long that takes: it may be cut off before the last one.
    for _ in 0..20 {
        let _ = client.wire.try_send(&packet).await;
    }
    until(|| relay.counters().streams == 0 && relay.counters().allocations == 0).await;
}

const LONG: Duration = Duration::from_secs(10);

fn start(media: &[SocketAddr], limits: Limits) -> Relay {
    Relay::start(config(media, limits)).unwrap()
}

fn config(media: &[SocketAddr], limits: Limits) -> RelayConfig {
    RelayConfig {
        udp: vec![at("127.0.0.1:0")],
        tcp: vec![at("127.0.0.1:0")],
        media: media.iter().map(|&address| OwnAddress { advertised: address, local: address }).collect(),
        limits,
        secret: [5; 32],
    }
}

/// Sends back what comes.
async fn echo(address: &str) -> SocketAddr {
    let socket = UdpSocket::bind(address).await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 2048];
        while let Ok((len, from)) = socket.recv_from(&mut buffer).await {
            socket.send_to(&buffer[..len], from).await.unwrap();
        }
    });
    address
}

fn over_a_pipe(relay: &Relay, identity: &str, room: usize) -> Client {
    let (ours, theirs) = duplex(room);
    let serving = relay.clone();
    tokio::spawn(async move { serving.serve(theirs, at("192.0.2.1:4000")).await });
    Client::new(Wire::Pipe(ours, StreamReader::default()), relay.issue(identity, "PA_1"))
}

async fn until(mut done: impl FnMut() -> bool) {
    let waited = timeout(LONG, async {
        while !done() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    waited.await.expect("it happens in time");
}

/// A client that knows the protocol.
struct Client {
    wire: Wire,
    credentials: Credentials,
    nonce: Vec<u8>,
    transactions: u8,
}

enum Wire {
    Datagrams(UdpSocket),
    Tcp(TcpStream, StreamReader),
    Pipe(DuplexStream, StreamReader),
}

impl Client {
    fn new(wire: Wire, credentials: Credentials) -> Self {
        Self { wire, credentials, nonce: Vec::new(), transactions: 0 }
    }

    async fn allocate(&mut self) -> SocketAddr {
        self.try_allocate().await.unwrap()
    }

    async fn try_allocate(&mut self) -> Result<SocketAddr, u16> {
        let udp = |writer: &mut Writer<'_>| writer.attribute(attribute::REQUESTED_TRANSPORT, &[17, 0, 0, 0]);
        let hello = self.request(Method::Allocate, false, udp);
        let challenge = self.exchange(&hello).await;
        self.nonce = Message::parse(&challenge).unwrap().attribute(attribute::NONCE).unwrap().to_vec();
        let request = self.request(Method::Allocate, true, udp);
        let answer = self.exchange(&request).await;
        let message = Message::parse(&answer).unwrap();
        match message.attribute(attribute::ERROR_CODE) {
            Some(code) => Err(u16::from(code[2]) * 100 + u16::from(code[3])),
            None => Ok(message.address(attribute::XOR_RELAYED_ADDRESS).unwrap()),
        }
    }

    async fn bind(&mut self, channel: u16, peer: SocketAddr) {
        let request = self.request(Method::ChannelBind, true, |writer| {
            writer.number(attribute::CHANNEL_NUMBER, u32::from(channel) << 16);
            writer.address(attribute::XOR_PEER_ADDRESS, peer);
        });
        let answer = self.exchange(&request).await;
        assert_eq!(Message::parse(&answer).unwrap().class, Class::Success);
    }

    async fn send_channel(&mut self, channel: u16, data: &[u8]) {
        let header = [channel.to_be_bytes(), (data.len() as u16).to_be_bytes()].concat();
        let padding = if self.wire.is_stream() { data.len().wrapping_neg() & 3 } else { 0 };
        self.wire.send(&[&header, data, &[0; 3][..padding]].concat()).await;
    }

    async fn receive_channel(&mut self, channel: u16) -> Vec<u8> {
        let packet = timeout(LONG, self.wire.receive()).await.expect("an answer");
        assert_eq!(packet[..2], channel.to_be_bytes());
        let len = usize::from(u16::from_be_bytes([packet[2], packet[3]]));
        packet[4..4 + len].to_vec()
    }

    fn request(&mut self, method: Method, signed: bool, write: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
        self.transactions += 1;
        let mut out = Vec::new();
        let mut writer =
            Writer::begin(&mut out, Class::Request, method, TransactionId([self.transactions; 12]));
        write(&mut writer);
        if !signed {
            writer.finish(None);
            return out;
        }
        let Credentials { username, password } = &self.credentials;
        writer.attribute(attribute::USERNAME, username.as_bytes());
        writer.attribute(attribute::REALM, b"palabre");
        writer.attribute(attribute::NONCE, &self.nonce);
        writer.finish(Some(&Key::long_term(username, "palabre", password)));
        out
    }

    async fn exchange(&mut self, request: &[u8]) -> Vec<u8> {
        self.wire.send(request).await;
        timeout(LONG, self.wire.receive()).await.expect("an answer")
    }
}

impl Wire {
    fn stream(stream: TcpStream) -> Self {
        Self::Tcp(stream, StreamReader::default())
    }

    fn is_stream(&self) -> bool {
        !matches!(self, Self::Datagrams(_))
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.try_send(bytes).await.unwrap();
    }

    async fn try_send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Datagrams(socket) => socket.send(bytes).await.map(drop),
            Self::Tcp(stream, _) => stream.write_all(bytes).await,
            Self::Pipe(stream, _) => stream.write_all(bytes).await,
        }
    }

    async fn receive(&mut self) -> Vec<u8> {
        match self {
            Self::Datagrams(socket) => {
                let mut buffer = vec![0; 2048];
                let len = socket.recv(&mut buffer).await.unwrap();
                buffer.truncate(len);
                buffer
            }
            Self::Tcp(stream, frames) => next_frame(stream, frames).await,
            Self::Pipe(stream, frames) => next_frame(stream, frames).await,
        }
    }

    async fn is_closed(&mut self) -> bool {
        let mut buffer = [0; 64];
        match self {
            Self::Pipe(stream, _) => matches!(stream.read(&mut buffer).await, Ok(0) | Err(_)),
            Self::Tcp(stream, _) => matches!(stream.read(&mut buffer).await, Ok(0) | Err(_)),
            Self::Datagrams(_) => false,
        }
    }
}

async fn next_frame(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    frames: &mut StreamReader,
) -> Vec<u8> {
    let mut buffer = [0; 4096];
    loop {
        if let Some(message) = frames.next_message().unwrap() {
            return message.to_vec();
        }
        let len = stream.read(&mut buffer).await.unwrap();
        assert_ne!(len, 0, "the connection goes on");
        frames.push(&buffer[..len]);
    }
}

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

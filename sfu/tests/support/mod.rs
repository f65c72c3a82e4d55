//! A WebRTC client of another make on real loopback sockets.

#![allow(clippy::unwrap_used)]
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use sfu::handle::Conference;
use sfu::id::PeerId;
use sfu::io::{
    Command, DataChannels, Event, Fingerprint, HostCandidate, IceCredentials, PeerParams, RemoteTransport,
};
use sfu_proto::framing::{self, FrameReader};
use str0m::channel::{ChannelConfig, ChannelId, Reliability};
use str0m::config::DtlsVersion;
use str0m::ice::IceCreds;
use str0m::net::{Protocol, Receive, TcpType};
use str0m::{Candidate, Input, Output, Rtc, RtcConfig};
use tokio::sync::mpsc::Receiver;

/// The client and its one socket.
pub(crate) struct Client {
    pub(crate) rtc: Rtc,
    pub(crate) peer: PeerId,
    pub(crate) connected: bool,
    pub(crate) data: Vec<(ChannelId, Vec<u8>)>,
    pub(crate) packets: Vec<Vec<u8>>, // RTP payloads
    pub(crate) closed: bool,          // the TCP connection
    wire: Wire,
    server: SocketAddr,
    timeout: Instant,
}

enum Wire {
    Udp(UdpSocket),
    Tcp(TcpStream, FrameReader),
}

impl Client {
    /// Joins a conference by one of its candidates.
    pub(crate) fn join(
        conference: &Conference,
        fingerprint: Fingerprint,
        server: HostCandidate,
        ufrag: &str,
    ) -> Self {
        Self::join_as(conference.new_peer_id(), conference, fingerprint, server, ufrag)
    }

    /// Joins as a peer that has a place already.
    pub(crate) fn join_as(
        peer: PeerId,
        conference: &Conference,
        fingerprint: Fingerprint,
        server: HostCandidate,
        ufrag: &str,
    ) -> Self {
        let now = Instant::now();
        let mut rtc = RtcConfig::new().set_dtls_version(DtlsVersion::Auto).set_rtp_mode(true).build(now);
        let wire = match server.tcp {
            false => {
                let socket = UdpSocket::bind(SocketAddr::new(server.address.ip(), 0)).unwrap();
                socket.set_nonblocking(true).unwrap();
                Wire::Udp(socket)
            }
            true => {
                let stream = TcpStream::connect(server.address).unwrap();
                stream.set_nonblocking(true).unwrap();
                stream.set_nodelay(true).unwrap();
                Wire::Tcp(stream, FrameReader::default())
            }
        };
        rtc.add_local_candidate(wire.candidate(wire.local(), TcpType::Active));
        rtc.add_remote_candidate(wire.candidate(server.address, TcpType::Passive));

        let local_ice =
            IceCredentials { ufrag: ufrag.to_owned(), pwd: format!("a password of 22 chars for {ufrag}") };
        let mut api = rtc.direct_api();
        let creds = api.local_ice_credentials();
        let remote = RemoteTransport {
            ice: IceCredentials { ufrag: creds.ufrag, pwd: creds.pass },
            fingerprint: Fingerprint(api.local_dtls_fingerprint().bytes.as_slice().try_into().unwrap()),
        };
        api.set_ice_controlling(true);
        api.set_remote_ice_credentials(IceCreds {
            ufrag: local_ice.ufrag.clone(),
            pass: local_ice.pwd.clone(),
        });
        api.set_remote_fingerprint(str0m::config::Fingerprint {
            hash_func: "sha-256".to_owned(),
            bytes: fingerprint.0.to_vec(),
        });
        api.start_dtls(true).unwrap();
        api.start_sctp(true);

        let params = PeerParams {
            conference: conference.id(),
            peer,
            local_ice,
            remote: Some(remote),
            data_channels: DataChannels::OpenedByPeer,
        };
        conference.command(Command::Join(Box::new(params))).unwrap();
        Self {
            rtc,
            peer,
            connected: false,
            data: Vec::new(),
            packets: Vec::new(),
            closed: false,
            wire,
            server: server.address,
            timeout: now,
        }
    }

    /// Opens an ordered, reliable channel.
    pub(crate) fn open(&mut self, label: &str) -> ChannelId {
        self.rtc.direct_api().create_data_channel(ChannelConfig {
            label: label.to_owned(),
            ordered: true,
            reliability: Reliability::Reliable,
            negotiated: None,
            protocol: String::new(),
        })
    }

    /// Sends and receives what can be without waiting.
    pub(crate) fn turn(&mut self) {
        self.drain();
        let mut buffer = [0; 65_536];
        while let Some(received) = self.wire.receive(&mut buffer) {
            let Ok(len) = received else {
                self.closed = true;
                return;
            };
            match &mut self.wire {
                Wire::Udp(_) => self.take(&buffer[..len]),
                Wire::Tcp(_, reader) => {
                    reader.push(&buffer[..len]);
                    let mut frames = Vec::new();
                    while let Some(frame) = reader.next_frame().unwrap() {
                        frames.push(frame.to_vec());
                    }
                    for frame in frames {
                        self.take(&frame);
                    }
                }
            }
        }
        let now = Instant::now();
        if self.timeout <= now {
            self.rtc.handle_input(Input::Timeout(now)).unwrap();
            self.drain();
        }
    }

    fn take(&mut self, packet: &[u8]) {
        let received = Receive::new(self.wire.protocol(), self.server, self.wire.local(), packet).unwrap();
        self.rtc.handle_input(Input::Receive(Instant::now(), received)).unwrap();
        self.drain();
    }

    fn drain(&mut self) {
        loop {
            match self.rtc.poll_output().unwrap() {
                Output::Timeout(at) => {
                    self.timeout = at;
                    return;
                }
                Output::Transmit(packet) => self.wire.send(packet.destination, &packet.contents),
                Output::Event(str0m::Event::Connected) => self.connected = true,
                Output::Event(str0m::Event::ChannelData(data)) => self.data.push((data.id, data.data)),
                Output::Event(str0m::Event::RtpPacket(packet)) => self.packets.push(packet.payload.to_vec()),
                Output::Event(_) => {}
            }
        }
    }
}

impl Wire {
    fn local(&self) -> SocketAddr {
        match self {
            Self::Udp(socket) => socket.local_addr().unwrap(),
            Self::Tcp(stream, _) => stream.local_addr().unwrap(),
        }
    }

    fn protocol(&self) -> Protocol {
        match self {
            Self::Udp(_) => Protocol::Udp,
            Self::Tcp(..) => Protocol::Tcp,
        }
    }

    fn candidate(&self, address: SocketAddr, kind: TcpType) -> Candidate {
        match self {
            Self::Udp(_) => Candidate::host(address, "udp").unwrap(),
            Self::Tcp(..) => Candidate::builder().tcp().host(address).tcptype(kind).build().unwrap(),
        }
    }

    fn send(&mut self, to: SocketAddr, packet: &[u8]) {
        match self {
            Self::Udp(socket) => {
                socket.send_to(packet, to).unwrap();
            }
            Self::Tcp(stream, _) => {
                let frame = [&framing::header(packet.len() as u16)[..], packet].concat();
                // Loopback takes these small frames at once; a closed connection shows at the next read.
                let _ = stream.write_all(&frame);
            }
        }
    }

    /// `None`: nothing there. An error: the connection has ended.
    fn receive(&mut self, buffer: &mut [u8]) -> Option<Result<usize, ()>> {
        let result = match self {
            Self::Udp(socket) => socket.recv(buffer),
            Self::Tcp(stream, _) => stream.read(buffer),
        };
        match result {
            Ok(0) => Some(Err(())),
            Ok(len) => Some(Ok(len)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            Err(_) => Some(Err(())),
        }
    }
}

/// Lets the clients run until the condition holds; fails after ten seconds.
pub(crate) fn until(
    clients: &mut [&mut Client],
    what: &str,
    mut done: impl FnMut(&mut [&mut Client]) -> bool,
) {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        for client in clients.iter_mut() {
            client.turn();
        }
        if done(clients) {
            return;
        }
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Lets the clients run until that event has come, and gives all events up to it.
pub(crate) fn until_event(
    clients: &mut [&mut Client],
    events: &mut Receiver<Event>,
    mut wanted: impl FnMut(&Event) -> bool,
) -> Vec<Event> {
    let mut seen = Vec::new();
    until(clients, "an event", |_| {
        while let Ok(event) = events.try_recv() {
            let found = wanted(&event);
            seen.push(event);
            if found {
                return true;
            }
        }
        false
    });
    seen
}

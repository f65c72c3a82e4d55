//! A shard, independent clients, and the network between them, in virtual time.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use str0m::channel::{ChannelConfig, ChannelId, Reliability};
use str0m::config::{DtlsVersion, Fingerprint as ClientFingerprint};
use str0m::ice::IceCreds;
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Input, Rtc, RtcConfig};

use super::super::*;
use crate::io::{DataChannels, Fingerprint, IceCredentials, PeerParams, RemoteTransport};

pub(super) const CONFERENCE: ConferenceId = ConferenceId(1);
pub(super) const OTHER: ConferenceId = ConferenceId(2);

/// A shard with one conference, its clients, and the network between them: instant and without loss.
pub(super) struct World {
    pub(super) now: Instant,
    pub(super) sfu: Sfu,
    pub(super) fingerprint: Fingerprint,
    pub(super) clients: Vec<Client>,
    pub(super) events: Vec<Event>,
    joined: u64,
    pub(super) lose: [u32; 2], // DTLS datagrams that are still to be lost, down and up
}

impl World {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("a key");
        let certificate = rcgen::CertificateParams::default().self_signed(&key).expect("a certificate");
        let identity =
            DtlsIdentity::new(certificate.der().to_vec(), key.serialize_der()).expect("an identity");
        let fingerprint = identity.fingerprint();
        let mut sfu = Sfu::new(identity, 1);
        sfu.open(CONFERENCE);
        Self { now, sfu, fingerprint, clients: Vec::new(), events: Vec::new(), joined: 0, lose: [0; 2] }
    }

    /// Lets a client in, both sides knowing all they need.
    pub(super) fn join(&mut self, version: DtlsVersion, data_channels: DataChannels) -> PeerId {
        let mut client = Client::new(version, self.joined as u8 + 1);
        let params = self.params(&client, data_channels);
        let peer = params.peer;
        client.meet(&params.local_ice, self.fingerprint, params.data_channels);
        self.clients.push(client);
        self.command(Command::Join(Box::new(params)));
        peer
    }

    pub(super) fn params(&mut self, client: &Client, data_channels: DataChannels) -> PeerParams {
        self.joined += 1;
        PeerParams {
            conference: CONFERENCE,
            peer: PeerId(self.joined),
            local_ice: credentials(&format!("ufrag-{}", self.joined)),
            remote: Some(client.remote.clone()),
            data_channels,
        }
    }

    pub(super) fn command(&mut self, command: Command) {
        self.sfu.handle_command(self.now, CONFERENCE, command);
        self.exchange();
    }

    /// Lets this much time pass.
    pub(super) fn run(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            self.exchange();
            let clients = self.clients.iter().map(|client| client.timeout);
            let next = clients.chain(self.sfu.poll_timeout()).min();
            let Some(next) = next.filter(|next| *next < end) else { break };
            self.now = next.max(self.now);
            self.sfu.handle_timeout(self.now);
            for client in &mut self.clients {
                if client.timeout <= self.now {
                    client.rtc.handle_input(Input::Timeout(self.now)).expect("a good client");
                }
            }
        }
        self.now = end;
        self.exchange();
    }

    /// Carries packets to and fro until all is quiet.
    fn exchange(&mut self) {
        loop {
            let mut quiet = true;
            let transmits = self.sfu.transmits();
            for queue in transmits.queues() {
                let client = self.clients.iter_mut().find(|client| Some(client.address) == queue.to.remote());
                let Some(client) = client else { continue };
                for packet in transmits.packets(queue) {
                    if !is_lost(packet, &mut self.lose[0]) {
                        client.receive(self.now, packet);
                    }
                }
            }
            transmits.clear();
            for client in &mut self.clients {
                client.poll();
                let remote = client.address;
                for mut packet in client.outbox.drain(..) {
                    quiet = false;
                    if is_lost(&packet, &mut self.lose[1]) {
                        continue;
                    }
                    let path = Path::Udp { remote, local: None };
                    self.sfu.handle_datagram(self.now, path, &mut packet);
                }
            }
            while let Some((conference, event)) = self.sfu.poll_event() {
                assert!([CONFERENCE, OTHER].contains(&conference));
                // These come by the clock, whatever a story is about.
                if !matches!(event, Event::Quality { .. }) {
                    self.events.push(event);
                }
            }
            if quiet && self.sfu.transmits().is_empty() {
                return;
            }
        }
    }
}

/// An independent WebRTC client.
pub(super) struct Client {
    pub(super) rtc: Rtc,
    address: SocketAddr,
    remote: RemoteTransport, // as the server sees it
    timeout: Instant,
    pub(super) connected: bool,
    pub(super) opened: Vec<(ChannelId, String)>,
    pub(super) received: Vec<(ChannelId, Vec<u8>)>,
    outbox: VecDeque<Vec<u8>>,
}

impl Client {
    pub(super) fn new(version: DtlsVersion, number: u8) -> Self {
        let now = Instant::now();
        let mut rtc = RtcConfig::new().set_dtls_version(version).build(now);
        let api = rtc.direct_api();
        let fingerprint = api.local_dtls_fingerprint().bytes.as_slice();
        let fingerprint = Fingerprint(fingerprint.try_into().expect("SHA-256"));
        let ice = credentials_of(api.local_ice_credentials());
        let mut client = Self {
            rtc,
            address: address(number),
            remote: RemoteTransport { ice, fingerprint },
            timeout: now,
            connected: false,
            opened: Vec::new(),
            received: Vec::new(),
            outbox: VecDeque::new(),
        };
        client.move_to(number);
        client
    }

    /// Takes the server's side of the session description.
    pub(super) fn meet(
        &mut self,
        server: &IceCredentials,
        fingerprint: Fingerprint,
        data_channels: DataChannels,
    ) {
        self.rtc.add_remote_candidate(Candidate::host(SERVER.into(), "udp").expect("a candidate"));
        let mut api = self.rtc.direct_api();
        api.set_ice_controlling(true);
        api.set_remote_ice_credentials(creds_of(server));
        api.set_remote_fingerprint(ClientFingerprint {
            hash_func: "sha-256".to_owned(),
            bytes: fingerprint.0.to_vec(),
        });
        api.start_dtls(true).expect("DTLS");
        if data_channels != DataChannels::None {
            api.start_sctp(true);
        }
    }

    pub(super) fn restart(&mut self, server: &IceCredentials) -> IceCredentials {
        let mut api = self.rtc.direct_api();
        let ours = credentials("client-restarted");
        api.set_local_ice_credentials(creds_of(&ours));
        api.set_remote_ice_credentials(creds_of(server));
        ours
    }

    pub(super) fn move_to(&mut self, number: u8) {
        let old = Candidate::host(self.address, "udp").expect("a candidate");
        self.rtc.direct_api().invalidate_candidate(&old);
        self.address = address(number);
        let candidate = Candidate::host(self.address, "udp").expect("a candidate");
        self.rtc.add_local_candidate(candidate);
    }

    pub(super) fn open(
        &mut self,
        label: &str,
        reliability: Reliability,
        negotiated: Option<u16>,
    ) -> ChannelId {
        self.rtc.direct_api().create_data_channel(ChannelConfig {
            label: label.to_owned(),
            ordered: reliability == Reliability::Reliable,
            reliability,
            negotiated,
            protocol: String::new(),
        })
    }

    pub(super) fn write(&mut self, channel: ChannelId, message: &[u8]) {
        assert!(self.try_write(channel, message), "room for {} bytes", message.len());
    }

    pub(super) fn try_write(&mut self, channel: ChannelId, message: &[u8]) -> bool {
        let mut channel = self.rtc.channel(channel).expect("an open channel");
        channel.write(true, message).expect("a living channel")
    }

    fn receive(&mut self, now: Instant, packet: &[u8]) {
        let received = Receive::new(Protocol::Udp, SERVER.into(), self.address, packet);
        let received = received.expect("packets that a client understands");
        self.rtc.handle_input(Input::Receive(now, received)).expect("a good client");
        self.poll();
    }

    fn poll(&mut self) {
        loop {
            match self.rtc.poll_output().expect("a good client") {
                str0m::Output::Timeout(at) => {
                    self.timeout = at;
                    return;
                }
                str0m::Output::Transmit(packet) => self.outbox.push_back(packet.contents.to_vec()),
                str0m::Output::Event(str0m::Event::Connected) => self.connected = true,
                str0m::Output::Event(str0m::Event::ChannelOpen(id, label)) => self.opened.push((id, label)),
                str0m::Output::Event(str0m::Event::ChannelData(data)) => {
                    self.received.push((data.id, data.data));
                }
                str0m::Output::Event(_) => {}
            }
        }
    }
}

/// Whether a packet is lost: the first DTLS datagrams are, as many as remain to be.
fn is_lost(packet: &[u8], remaining: &mut u32) -> bool {
    let lost = *remaining > 0 && demux::classify(packet) == Some(Kind::Dtls);
    *remaining -= u32::from(lost);
    lost
}

const SERVER: (IpAddr, u16) = (IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 1)), 7882);

pub(super) fn address(number: u8) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, number], 5000))
}

pub(super) fn credentials(ufrag: &str) -> IceCredentials {
    IceCredentials { ufrag: ufrag.to_owned(), pwd: format!("a password of 22 chars for {ufrag}") }
}

fn creds_of(credentials: &IceCredentials) -> IceCreds {
    IceCreds { ufrag: credentials.ufrag.clone(), pass: credentials.pwd.clone() }
}

fn credentials_of(creds: IceCreds) -> IceCredentials {
    IceCredentials { ufrag: creds.ufrag, pwd: creds.pass }
}

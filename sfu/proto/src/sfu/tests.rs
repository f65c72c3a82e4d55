//! A whole shard against an independent client, on a network of our own and in virtual time.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Once};
use std::time::Duration;

use str0m::channel::{ChannelConfig, ChannelId, Reliability};
use str0m::config::{DtlsVersion, Fingerprint as ClientFingerprint};
use str0m::ice::IceCreds;
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Input, Rtc, RtcConfig};

use super::*;
use crate::io::{DataChannel, DataChannels, Fingerprint, IceCredentials, PeerParams, RemoteTransport};

#[test]
fn a_client_connects_with_dtls_1_2_and_with_1_3() {
    for version in [DtlsVersion::Dtls12, DtlsVersion::Dtls13, DtlsVersion::Auto] {
        let mut world = World::new();
        let peer = world.join(version, DataChannels::None);

        world.run(Duration::from_secs(2));

        assert!(world.clients[0].connected, "{version:?}");
        assert_eq!(world.events, [Event::PeerConnected { peer }]);
    }
}

#[test]
fn a_client_connects_over_a_line_that_loses_what_is_said_first() {
    for version in [DtlsVersion::Dtls12, DtlsVersion::Dtls13] {
        for lost in 1..=3 {
            let mut world = World::new();
            world.lose = [lost; 2];
            let peer = world.join(version, DataChannels::OpenedByPeer);
            world.clients[0].open("_reliable", Reliability::Reliable, None);

            world.run(Duration::from_secs(30));

            let channel = DataChannel::Reliable;
            let expected = [Event::PeerConnected { peer }, Event::DataChannelOpen { peer, channel }];
            assert_eq!(world.events, expected, "{version:?}, {lost} lost");
        }
    }
}

#[test]
fn the_peers_channels_carry_messages_both_ways() {
    let mut world = World::new();
    let peer = world.join(DtlsVersion::Auto, DataChannels::OpenedByPeer);
    let reliable = world.clients[0].open("_reliable", Reliability::Reliable, None);
    let lossy = world.clients[0].open("_lossy", Reliability::MaxRetransmits { retransmits: 0 }, None);
    let other = world.clients[0].open("_data_track", Reliability::Reliable, None);
    world.run(Duration::from_secs(3));

    let opened = std::mem::take(&mut world.events);
    for (channel, id) in [(DataChannel::Reliable, reliable), (DataChannel::Lossy, lossy)] {
        assert!(opened.contains(&Event::DataChannelOpen { peer, channel }));
        let long = vec![7; 60_000];
        world.events.clear();
        world.clients[0].write(id, &long);
        world.clients[0].write(other, b"nobody hears this");
        world.command(Command::SendData { peer, channel, payload: long.clone().into() });
        world.run(Duration::from_secs(3));

        let payload = long.clone();
        assert!(world.events == [Event::Data { peer, channel, payload }]);
        assert!(world.clients[0].received == [(id, long)]);
        world.clients[0].received.clear();
    }
}

#[test]
fn channels_that_we_open_reach_the_peer_by_their_labels() {
    let mut world = World::new();
    let peer = world.join(DtlsVersion::Auto, DataChannels::OpenedByUs);
    world.command(Command::SendData { peer, channel: DataChannel::Reliable, payload: (*b"early").into() });

    world.run(Duration::from_secs(3));

    let mut labels: Vec<_> = world.clients[0].opened.iter().map(|(_, label)| label.as_str()).collect();
    labels.sort_unstable();
    assert_eq!(labels, ["_lossy", "_reliable"]);
    let [(_, message)] = world.clients[0].received.as_slice() else {
        panic!("{:?}", world.clients[0].received);
    };
    assert_eq!(message, b"early", "what was sent before the channel stood has waited for it");
}

#[test]
fn channels_known_beforehand_open_without_a_word() {
    let mut world = World::new();
    let peer = world.join(DtlsVersion::Auto, DataChannels::Negotiated);
    let reliable = world.clients[0].open("_reliable", Reliability::Reliable, Some(100));
    world.run(Duration::from_secs(3));
    world.clients[0].write(reliable, b"hello");
    world.run(Duration::from_secs(1));

    let payload = b"hello".to_vec();
    let channel = DataChannel::Reliable;
    assert!(world.events.contains(&Event::Data { peer, channel, payload }));
}

#[test]
fn a_certificate_that_was_not_announced_ends_the_peer() {
    let mut world = World::new();
    let mut client = Client::new(DtlsVersion::Dtls12, 1);
    let mut params = world.params(&client, DataChannels::None);
    params.remote.as_mut().expect("known").fingerprint = Fingerprint([0; 32]);
    let peer = params.peer;
    client.meet(&params.local_ice, world.fingerprint, params.data_channels);
    world.clients.push(client);
    world.command(Command::Join(Box::new(params)));

    world.run(Duration::from_secs(2));

    let reason = PeerCloseReason::FingerprintMismatch;
    assert_eq!(world.events, [Event::PeerClosed { peer, reason }]);
    assert!(!world.clients[0].connected, "it was not even told that the handshake is over");
}

#[test]
fn a_peer_whose_answer_comes_late_connects_when_it_has_come() {
    let mut world = World::new();
    let mut client = Client::new(DtlsVersion::Auto, 1);
    let mut params = world.params(&client, DataChannels::None);
    let remote = params.remote.take().expect("known");
    let peer = params.peer;
    client.meet(&params.local_ice, world.fingerprint, params.data_channels);
    world.clients.push(client);
    world.command(Command::Join(Box::new(params)));
    world.run(Duration::from_secs(2));
    assert_eq!(world.events, [], "nothing is believed before the certificate is known");

    world.command(Command::SetRemote { peer, remote });

    assert_eq!(world.events, [Event::PeerConnected { peer }]);
}

#[test]
fn a_restart_leads_to_a_new_address_on_the_same_association() {
    let mut world = World::new();
    let peer = world.join(DtlsVersion::Auto, DataChannels::OpenedByPeer);
    let reliable = world.clients[0].open("_reliable", Reliability::Reliable, None);
    world.run(Duration::from_secs(3));
    world.events.clear();

    let local = credentials("restarted");
    let remote = world.clients[0].restart(&local);
    world.command(Command::RestartIce { peer, local, remote: Some(remote) });
    world.clients[0].move_to(9);
    world.run(Duration::from_secs(3));

    let channel = DataChannel::Reliable;
    world.command(Command::SendData { peer, channel, payload: (*b"there").into() });
    world.run(Duration::from_secs(1));
    world.clients[0].write(reliable, b"back");
    world.run(Duration::from_secs(1));
    let payload = b"back".to_vec();
    assert_eq!(world.events, [Event::Data { peer, channel, payload }]);
    assert_eq!(world.clients[0].received, [(reliable, b"there".to_vec())]);
    let retired: Vec<_> = std::iter::from_fn(|| world.sfu.poll_retired()).collect();
    assert_eq!(retired, [Retired::Ufrag("ufrag-1".to_owned())]);
}

#[test]
fn an_address_that_passes_to_another_client_is_that_clients_from_its_first_check_on() {
    let mut world = World::new();
    let first = world.join(DtlsVersion::Auto, DataChannels::None);
    world.run(Duration::from_secs(2));
    world.clients.clear();
    let mut client = Client::new(DtlsVersion::Auto, 1);
    let params = world.params(&client, DataChannels::None);
    let second = params.peer;
    client.meet(&params.local_ice, world.fingerprint, params.data_channels);
    world.clients.push(client);
    world.command(Command::Join(Box::new(params)));

    world.run(Duration::from_secs(25));

    let reason = PeerCloseReason::IceTimeout;
    let connected = |peer| Event::PeerConnected { peer };
    let closed = Event::PeerClosed { peer: first, reason };
    assert_eq!(world.events, [connected(first), connected(second), closed]);
    assert!(
        world.sfu.knows(&Path::Udp { remote: address(1), local: None }),
        "the end of the first is not its end"
    );
}

#[test]
fn strangers_get_no_answer_and_leave_no_trace() {
    let mut world = World::new();
    world.join(DtlsVersion::Auto, DataChannels::None);
    world.run(Duration::from_secs(2));
    let stranger = Path::Udp { remote: SocketAddr::from(([203, 0, 113, 9], 9)), local: None };
    let check = |username: &str, pwd: &str| crate::transport::ice::tests::request(username, pwd, true);

    for mut garbage in [
        Vec::new(),
        vec![0; 20],
        vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        check("nobody:here", "a password of 22 chars"),
        check("ufrag-1:wrong", "a wrong one of 22 chars"),
        vec![0x16, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1],
        vec![0x80; 200],
        vec![0x80, 200, 0, 1],
        vec![0xff; 1500],
    ] {
        world.sfu.handle_datagram(world.now, stranger, &mut garbage);
        assert!(world.sfu.transmits().is_empty(), "{garbage:?}");
        assert!(!world.sfu.knows(&stranger));
    }
    let stats = world.sfu.stats();
    assert_eq!((stats.dropped_stun, stats.dropped_no_path, stats.dropped_unknown), (4, 3, 2));

    world.run(Duration::from_secs(5));
    assert!(world.clients[0].rtc.is_alive() && world.clients[0].connected);
}

#[test]
fn a_peer_that_never_comes_is_given_up_and_so_is_one_that_falls_silent() {
    let mut world = World::new();
    let silent = world.join(DtlsVersion::Auto, DataChannels::None);
    let client = Client::new(DtlsVersion::Auto, 2);
    let params = world.params(&client, DataChannels::None);
    let absent = params.peer;
    world.command(Command::Join(Box::new(params)));
    world.run(Duration::from_secs(2));
    world.events.clear();

    world.clients.clear();
    world.run(Duration::from_secs(25));
    let reason = PeerCloseReason::IceTimeout;
    assert_eq!(world.events, [Event::PeerClosed { peer: silent, reason }]);

    world.run(Duration::from_secs(40));
    assert_eq!(world.events[1..], [Event::PeerClosed { peer: absent, reason }]);
    assert_eq!(world.sfu.stats().peers, 0);
    assert_eq!(world.sfu.poll_timeout(), None, "nothing is left to wait for");
}

#[test]
fn a_peer_that_says_goodbye_is_gone_at_once() {
    let mut world = World::new();
    let peer = world.join(DtlsVersion::Auto, DataChannels::None);
    world.run(Duration::from_secs(2));
    world.events.clear();

    world.clients[0].rtc.close().expect("an orderly close");
    world.run(Duration::from_secs(1));

    let reason = PeerCloseReason::ClosedByPeer;
    assert_eq!(world.events, [Event::PeerClosed { peer, reason }]);
}

#[test]
fn a_peer_that_takes_no_reliable_data_is_closed_and_lossy_data_is_dropped_first() {
    let mut world = World::new();
    let peer = world.join(DtlsVersion::Auto, DataChannels::OpenedByPeer);
    world.clients[0].open("_reliable", Reliability::Reliable, None);
    world.clients[0].open("_lossy", Reliability::MaxRetransmits { retransmits: 0 }, None);
    world.run(Duration::from_secs(3));
    world.events.clear();
    world.clients.clear();

    let payload: Arc<[u8]> = vec![1; 60_000].into();
    let mut send = |channel| {
        let payload = Arc::clone(&payload);
        world.command(Command::SendData { peer, channel, payload });
        world.events.clone()
    };
    for _ in 0..50 {
        assert_eq!(send(DataChannel::Lossy), []);
    }
    for _ in 0..60 {
        assert_eq!(send(DataChannel::Reliable), []);
    }
    for _ in 0..20 {
        send(DataChannel::Reliable);
    }

    let reason = PeerCloseReason::SlowConsumer;
    assert_eq!(world.events, [Event::PeerClosed { peer, reason }]);
    assert!(world.sfu.stats().dropped_data >= 40);
}

#[test]
fn reliable_data_waits_at_its_sender_while_nobody_takes_it() {
    let mut world = World::new();
    let peer = world.join(DtlsVersion::Auto, DataChannels::OpenedByPeer);
    let reliable = world.clients[0].open("_reliable", Reliability::Reliable, None);
    world.run(Duration::from_secs(3));
    world.events.clear();

    world.sfu.pause_data(world.now, CONFERENCE, true);
    let sent: Vec<Vec<u8>> = (0..100_u8).map(|number| vec![number; 10_000]).collect();
    let mut taken = 0;
    for message in &sent {
        taken += usize::from(world.clients[0].try_write(reliable, message));
        world.run(Duration::from_millis(50));
    }
    assert_eq!(world.events, []);
    assert!(taken < sent.len(), "the sender is held back");

    world.sfu.pause_data(world.now, CONFERENCE, false);
    world.run(Duration::from_secs(20));

    let channel = DataChannel::Reliable;
    let expected = sent[..taken].iter().cloned();
    let expected: Vec<_> = expected.map(|payload| Event::Data { peer, channel, payload }).collect();
    assert_eq!(world.events.len(), taken);
    assert!(world.events == expected, "all of it, in order");
}

#[test]
fn a_panic_ends_the_peer_it_is_in_and_nobody_else() {
    quiet();
    let mut world = World::new();
    let unlucky = world.join(DtlsVersion::Auto, DataChannels::None);
    world.join(DtlsVersion::Auto, DataChannels::None);
    world.run(Duration::from_secs(2));
    world.events.clear();

    let key = world.sfu.by_id[&unlucky];
    world.sfu.peers[key.0 as usize].as_mut().expect("there").faulty = true;
    world.run(Duration::from_secs(30));

    let reason = PeerCloseReason::Internal;
    assert_eq!(world.events, [Event::PeerClosed { peer: unlucky, reason }]);
    let stats = world.sfu.stats();
    assert_eq!((stats.panics, stats.peers), (1, 1));
}

#[test]
fn a_panic_ends_the_conference_it_is_in_which_then_can_be_joined_again() {
    quiet();
    let mut world = World::new();
    let first = world.join(DtlsVersion::Auto, DataChannels::None);
    let second = world.join(DtlsVersion::Auto, DataChannels::None);
    world.run(Duration::from_secs(2));
    world.events.clear();

    let place = world.sfu.conferences_by_id[&CONFERENCE];
    world.sfu.conferences[place.0 as usize].as_mut().expect("there").faulty = true;
    let track = crate::id::UpTrackId(1);
    world.command(Command::MuteUpTrack { track, muted: true });

    let reason = PeerCloseReason::Internal;
    assert_eq!(world.events, [first, second].map(|peer| Event::PeerClosed { peer, reason }));

    world.clients.clear();
    world.events.clear();
    let third = world.join(DtlsVersion::Auto, DataChannels::None);
    world.run(Duration::from_secs(2));
    assert_eq!(world.events, [Event::PeerConnected { peer: third }]);
}

#[test]
fn the_end_of_a_conference_is_told_to_its_peers_and_leaves_nothing() {
    let mut world = World::new();
    let peer = world.join(DtlsVersion::Auto, DataChannels::None);
    world.run(Duration::from_secs(2));
    world.events.clear();

    world.command(Command::EndConference { conference: CONFERENCE });
    world.run(Duration::from_secs(1));

    let reason = PeerCloseReason::Left;
    assert_eq!(world.events, [Event::PeerClosed { peer, reason }]);
    assert!(!world.clients[0].rtc.is_alive(), "it was told");
    let stats = world.sfu.stats();
    assert_eq!((stats.peers, stats.conferences), (0, 0));
    let path = Path::Udp { remote: address(1), local: None };
    assert!(!world.sfu.knows(&path));
}

#[test]
fn a_peer_moves_to_another_conference_and_outlives_the_one_it_left() {
    let mut world = World::new();
    let peer = world.join(DtlsVersion::Auto, DataChannels::OpenedByPeer);
    let reliable = world.clients[0].open("_reliable", Reliability::Reliable, None);
    world.run(Duration::from_secs(2));
    world.events.clear();

    world.sfu.open(OTHER);
    world.command(Command::Move { peer, to: OTHER });
    world.command(Command::EndConference { conference: CONFERENCE });
    world.clients[0].write(reliable, b"still here");
    world.run(Duration::from_secs(1));

    let (channel, payload) = (DataChannel::Reliable, b"still here".to_vec());
    assert_eq!(world.events, [Event::Data { peer, channel, payload }]);
    let stats = world.sfu.stats();
    assert_eq!((stats.peers, stats.conferences), (1, 1));
}

#[test]
fn what_a_direct_peer_sends_is_not_taken_from_the_network() {
    let mut world = World::new();
    let peer = PeerId(77);
    world.command(Command::JoinDirect { conference: CONFERENCE, peer });
    assert_eq!(world.events, [Event::PeerConnected { peer }]);

    world.sfu.handle_direct(world.now, peer, &[0x80; 20]);
    world.sfu.handle_direct(world.now, PeerId(78), &[0x80; 20]);
    world.sfu.handle_datagram(world.now, Path::Direct(peer), &mut [0x80; 20]);

    assert_eq!(world.sfu.stats().dropped_no_path, 1);
    world.command(Command::Leave { peer });
    assert_eq!(world.sfu.poll_retired(), Some(Retired::Direct(peer)));
}

const CONFERENCE: ConferenceId = ConferenceId(1);
const OTHER: ConferenceId = ConferenceId(2);

/// A shard with one conference, its clients, and the network between them: instant and without loss.
struct World {
    now: Instant,
    sfu: Sfu,
    fingerprint: Fingerprint,
    clients: Vec<Client>,
    events: Vec<Event>,
    joined: u64,
    lose: [u32; 2], // DTLS datagrams that are still to be lost, down and up
}

impl World {
    fn new() -> Self {
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
    fn join(&mut self, version: DtlsVersion, data_channels: DataChannels) -> PeerId {
        let mut client = Client::new(version, self.joined as u8 + 1);
        let params = self.params(&client, data_channels);
        let peer = params.peer;
        client.meet(&params.local_ice, self.fingerprint, params.data_channels);
        self.clients.push(client);
        self.command(Command::Join(Box::new(params)));
        peer
    }

    fn params(&mut self, client: &Client, data_channels: DataChannels) -> PeerParams {
        self.joined += 1;
        PeerParams {
            conference: CONFERENCE,
            peer: PeerId(self.joined),
            local_ice: credentials(&format!("ufrag-{}", self.joined)),
            remote: Some(client.remote.clone()),
            data_channels,
        }
    }

    fn command(&mut self, command: Command) {
        self.sfu.handle_command(self.now, CONFERENCE, command);
        self.exchange();
    }

    /// Lets this much time pass.
    fn run(&mut self, time: Duration) {
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
struct Client {
    rtc: Rtc,
    address: SocketAddr,
    remote: RemoteTransport, // as the server sees it
    timeout: Instant,
    connected: bool,
    opened: Vec<(ChannelId, String)>,
    received: Vec<(ChannelId, Vec<u8>)>,
    outbox: VecDeque<Vec<u8>>,
}

impl Client {
    fn new(version: DtlsVersion, number: u8) -> Self {
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
    fn meet(&mut self, server: &IceCredentials, fingerprint: Fingerprint, data_channels: DataChannels) {
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

    fn restart(&mut self, server: &IceCredentials) -> IceCredentials {
        let mut api = self.rtc.direct_api();
        let ours = credentials("client-restarted");
        api.set_local_ice_credentials(creds_of(&ours));
        api.set_remote_ice_credentials(creds_of(server));
        ours
    }

    fn move_to(&mut self, number: u8) {
        let old = Candidate::host(self.address, "udp").expect("a candidate");
        self.rtc.direct_api().invalidate_candidate(&old);
        self.address = address(number);
        let candidate = Candidate::host(self.address, "udp").expect("a candidate");
        self.rtc.add_local_candidate(candidate);
    }

    fn open(&mut self, label: &str, reliability: Reliability, negotiated: Option<u16>) -> ChannelId {
        self.rtc.direct_api().create_data_channel(ChannelConfig {
            label: label.to_owned(),
            ordered: reliability == Reliability::Reliable,
            reliability,
            negotiated,
            protocol: String::new(),
        })
    }

    fn write(&mut self, channel: ChannelId, message: &[u8]) {
        assert!(self.try_write(channel, message), "room for {} bytes", message.len());
    }

    fn try_write(&mut self, channel: ChannelId, message: &[u8]) -> bool {
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

fn address(number: u8) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, number], 5000))
}

fn credentials(ufrag: &str) -> IceCredentials {
    IceCredentials { ufrag: ufrag.to_owned(), pwd: format!("a password of 22 chars for {ufrag}") }
}

fn creds_of(credentials: &IceCredentials) -> IceCreds {
    IceCreds { ufrag: credentials.ufrag.clone(), pass: credentials.pwd.clone() }
}

fn credentials_of(creds: IceCreds) -> IceCredentials {
    IceCredentials { ufrag: creds.ufrag, pwd: creds.pass }
}

/// Panics that a test asks for need not be printed.
fn quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let message = info.payload_as_str().unwrap_or_default();
            if !message.contains("a fault was asked for") {
                print(info);
            }
        }));
    });
}

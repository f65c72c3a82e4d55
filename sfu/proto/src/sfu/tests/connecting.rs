//! How transports come to be, and stay when their addresses change.

use std::net::SocketAddr;
use std::time::Duration;

use str0m::channel::Reliability;
use str0m::config::DtlsVersion;

use super::super::*;
use super::world::{Client, World, address, credentials};
use crate::io::{DataChannel, DataChannels, Fingerprint};

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

    world.run(Duration::from_secs(35));

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

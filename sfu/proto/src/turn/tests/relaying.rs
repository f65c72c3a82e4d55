//! What passes, both ways.

use std::time::Duration;

use super::super::limits::{Limits, Rate};
use super::super::server::{RelayId, ToPeer};
use super::super::stun::{Class, Message, Method, attribute};
use super::rig::*;

const ALICE: &str = "192.0.2.1:4000";

#[test]
fn indications_carry_data_both_ways_under_the_name_that_the_client_knows() {
    let mut rig = Rig::new();
    let (alice, relay) = rig.allocated("alice", ALICE);
    rig.permit(&alice, &[MEDIA]);

    let up = rig.turn.handle_client(rig.now, alice.client, &send_bytes(b"question")).map(owned);
    assert_eq!(up, Some((relay, at(MEDIA_LOCAL), b"question".to_vec())));

    let mut out = Vec::new();
    let to = rig.turn.handle_peer(rig.now, relay, at(MEDIA_LOCAL), b"answer", &mut out);
    assert_eq!(to, Some(alice.client));
    let message = Message::parse(&out).expect("an indication");
    assert_eq!((message.class, message.method), (Class::Indication, Method::Data));
    assert_eq!(message.address(attribute::XOR_PEER_ADDRESS), Some(at(MEDIA)));
    assert_eq!(message.attribute(attribute::DATA), Some(&b"answer"[..]));
    let counters = rig.turn.counters();
    assert_eq!((counters.bytes_up, counters.bytes_down), (8, 6));
}

#[test]
fn channels_carry_data_both_ways_without_padding_in_datagrams() {
    let mut rig = Rig::new();
    let (alice, relay) = rig.allocated("alice", ALICE);
    rig.bind(&alice, 0x4123, MEDIA);

    let up = rig.turn.handle_client(rig.now, alice.client, &channel_data(0x4123, b"hello")).map(owned);
    assert_eq!(up, Some((relay, at(MEDIA_LOCAL), b"hello".to_vec())));
    let mut out = Vec::new();
    assert_eq!(rig.turn.handle_peer(rig.now, relay, at(MEDIA_LOCAL), b"hello", &mut out), Some(alice.client));
    assert_eq!(out, channel_data(0x4123, b"hello"));
}

#[test]
fn on_streams_channel_data_is_padded_with_zeros() {
    let mut rig = Rig::new();
    assert!(rig.turn.handle_connected(rig.now, 7, at(ALICE)));
    let alice = rig.person("alice", stream(7, ALICE));
    rig.allocate(&alice);
    rig.bind(&alice, 0x4000, MEDIA);
    let relay = rig.relays[0];

    let mut out = vec![0xff; 100];
    rig.turn.handle_peer(rig.now, relay, at(MEDIA_LOCAL), b"hello", &mut out);
    assert_eq!(out, [&channel_data(0x4000, b"hello")[..], &[0, 0, 0]].concat());
    let up = rig.turn.handle_client(rig.now, alice.client, &out).map(owned);
    assert_eq!(up, Some((relay, at(MEDIA_LOCAL), b"hello".to_vec())), "padding is no data");
}

#[test]
fn without_a_permission_nothing_passes_in_either_direction() {
    let mut rig = Rig::new();
    let (alice, relay) = rig.allocated("alice", ALICE);
    let mut out = Vec::new();
    assert_eq!(rig.turn.handle_client(rig.now, alice.client, &send_bytes(b"x")), None);
    assert_eq!(rig.turn.handle_client(rig.now, alice.client, &channel_data(0x4000, b"x")), None);
    assert_eq!(rig.turn.handle_peer(rig.now, relay, at(MEDIA_LOCAL), b"x", &mut out), None);

    rig.permit(&alice, &[MEDIA]);
    for stranger in ["10.0.0.5:7884", "10.0.0.6:7882", "192.0.2.77:7882", MEDIA] {
        assert_eq!(rig.turn.handle_peer(rig.now, relay, at(stranger), b"x", &mut out), None, "{stranger}");
    }
    for peer in ["203.0.113.7:22", "127.0.0.1:7882", "[::ffff:203.0.113.7]:7882"] {
        assert_eq!(rig.turn.handle_client(rig.now, alice.client, &send(peer, b"x")), None, "{peer}");
    }
    assert_eq!((rig.turn.counters().bytes_up, rig.turn.counters().bytes_down), (0, 0));
}

#[test]
fn a_permission_ends_after_five_minutes_and_a_channel_after_ten() {
    let mut rig = Rig::new();
    let (alice, relay) = rig.allocated("alice", ALICE);
    rig.refresh(&alice, 3600);
    rig.bind(&alice, 0x4000, MEDIA);
    let passes = |rig: &mut Rig| {
        let mut out = Vec::new();
        let up = rig.turn.handle_client(rig.now, alice.client, &channel_data(0x4000, b"x")).is_some();
        (up, rig.turn.handle_peer(rig.now, relay, at(MEDIA_LOCAL), b"x", &mut out).map(|_| out))
    };
    let in_channel = Some(channel_data(0x4000, b"x"));

    rig.wait(Duration::from_secs(299));
    assert_eq!(passes(&mut rig), (true, in_channel.clone()));
    rig.wait(Duration::from_secs(1));
    assert_eq!(passes(&mut rig), (false, None));
    rig.permit(&alice, &[MEDIA]);
    assert_eq!(passes(&mut rig), (true, in_channel));

    rig.wait(Duration::from_secs(299));
    rig.permit(&alice, &[MEDIA]);
    rig.wait(Duration::from_secs(1));
    let (up, down) = passes(&mut rig);
    assert!(!up, "the channel is no more");
    assert!(Message::parse(&down.expect("permitted")).is_some(), "but what comes is still told");
}

#[test]
fn an_allocation_carries_so_many_bytes_a_second_each_way() {
    let limits = Limits { rate: Rate { per_second: 1000, burst: 1000 }, ..Limits::default() };
    let mut rig = Rig::with(limits);
    let (alice, relay) = rig.allocated("alice", ALICE);
    rig.bind(&alice, 0x4000, MEDIA);
    let packet = channel_data(0x4000, &[0; 100]);
    let mut out = Vec::new();
    let up = |rig: &mut Rig| {
        (0..50).filter(|_| rig.turn.handle_client(rig.now, alice.client, &packet).is_some()).count()
    };

    assert_eq!(up(&mut rig), 10);
    let down = (0..50)
        .filter(|_| rig.turn.handle_peer(rig.now, relay, at(MEDIA_LOCAL), &[0; 100], &mut out).is_some());
    assert_eq!(down.count(), 10);
    assert_eq!(rig.turn.counters().throttled, 80);
    rig.wait(Duration::from_millis(500));
    assert_eq!(up(&mut rig), 5);
}

#[test]
fn one_address_under_two_names_answers_under_the_one_it_was_called_by() {
    use super::super::credentials::Authority;
    use super::super::peers::{Beyond, OwnAddress, PeerPolicy};
    use super::super::server::{Turn, TurnConfig};

    let mut rig = Rig::new();
    let own = ["203.0.113.7:7882", "198.51.100.7:7882"]
        .map(|advertised| OwnAddress { advertised: at(advertised), local: at(MEDIA_LOCAL) });
    let config = TurnConfig {
        limits: Limits::default(),
        peers: PeerPolicy::new(own.to_vec(), Beyond::Nobody),
        authority: Authority::new(&[7; 32], "palabre"),
        nonce_secret: [9; 32],
    };
    rig.turn = Turn::new(rig.now, UNIX, config);
    let (alice, relay) = rig.allocated("alice", ALICE);
    rig.bind(&alice, 0x4000, "203.0.113.7:7882");
    rig.bind(&alice, 0x4001, "198.51.100.7:7882");

    for channel in [0x4001, 0x4000, 0x4001] {
        assert!(rig.turn.handle_client(rig.now, alice.client, &channel_data(channel, b"x")).is_some());
        let mut out = Vec::new();
        rig.turn.handle_peer(rig.now, relay, at(MEDIA_LOCAL), b"y", &mut out);
        assert_eq!(out, channel_data(channel, b"y"));
    }
}

#[test]
fn a_relay_that_has_ended_carries_nothing() {
    let mut rig = Rig::new();
    let (alice, relay) = rig.allocated("alice", ALICE);
    rig.bind(&alice, 0x4000, MEDIA);
    rig.refresh(&alice, 0);
    let mut out = Vec::new();
    assert_eq!(rig.turn.handle_peer(rig.now, relay, at(MEDIA_LOCAL), b"x", &mut out), None);
    assert_eq!(rig.turn.handle_client(rig.now, alice.client, &channel_data(0x4000, b"x")), None);
}

fn send_bytes(data: &[u8]) -> Vec<u8> {
    send(MEDIA, data)
}

fn owned(to: ToPeer<'_>) -> (RelayId, std::net::SocketAddr, Vec<u8>) {
    (to.relay, to.to, to.data.to_vec())
}

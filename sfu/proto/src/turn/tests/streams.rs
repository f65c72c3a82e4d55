//! Connections: how many, and how long they may do without a relay.

use std::time::Duration;

use super::super::limits::Limits;
use super::super::stun::Method;
use super::rig::*;

const ALICE: &str = "192.0.2.1:4000";

#[test]
fn a_connection_without_an_allocation_is_closed_after_its_time() {
    let mut rig = Rig::new();
    assert!(rig.turn.handle_connected(rig.now, 1, at(ALICE)));
    rig.wait(Duration::from_secs(14));
    // Talking is not enough.
    let request = rig.request(Method::Binding, None, |_| {});
    rig.answer(stream(1, ALICE), &request);
    assert_eq!(rig.hung_up, []);
    rig.wait(Duration::from_secs(1));
    assert_eq!((&rig.hung_up[..], rig.turn.counters().streams), (&[1][..], 0));
}

#[test]
fn a_connection_lives_as_long_as_its_allocation() {
    let mut rig = Rig::new();
    assert!(rig.turn.handle_connected(rig.now, 1, at(ALICE)));
    let alice = rig.person("alice", stream(1, ALICE));
    assert_eq!(rig.allocate(&alice).code, 0);
    rig.wait(Duration::from_secs(599));
    assert_eq!((rig.hung_up.len(), rig.relays.len()), (0, 1));
    rig.wait(Duration::from_secs(1));
    assert_eq!((rig.hung_up.len(), rig.relays.len()), (1, 0));
}

#[test]
fn whoever_gives_an_allocation_back_has_a_while_to_take_another() {
    let mut rig = Rig::new();
    assert!(rig.turn.handle_connected(rig.now, 1, at(ALICE)));
    let alice = rig.person("alice", stream(1, ALICE));
    rig.allocate(&alice);
    rig.refresh(&alice, 0);
    assert_eq!(rig.allocate(&alice).code, 0);
    rig.refresh(&alice, 0);
    rig.wait(Duration::from_secs(15));
    assert_eq!(rig.hung_up, [1]);
}

#[test]
fn a_connection_that_ends_takes_its_allocation_along() {
    let mut rig = Rig::new();
    assert!(rig.turn.handle_connected(rig.now, 1, at(ALICE)));
    let alice = rig.person("alice", stream(1, ALICE));
    rig.allocate(&alice);

    rig.turn.handle_disconnected(1, at(ALICE));
    assert_eq!(rig.drain(), []);

    assert_eq!((rig.relays.len(), rig.turn.counters().streams, rig.turn.poll_timeout()), (0, 0, None));
}

#[test]
fn whoever_is_sent_away_is_hung_up_on() {
    let mut rig = Rig::new();
    assert!(rig.turn.handle_connected(rig.now, 1, at(ALICE)));
    let alice = rig.person("alice", stream(1, ALICE));
    rig.allocate(&alice);
    rig.turn.revoke(rig.now, alice.participant);
    assert_eq!(rig.drain(), []);
    assert_eq!((&rig.hung_up[..], rig.relays.len(), rig.turn.poll_timeout()), (&[1][..], 0, None));
}

#[test]
fn a_connection_whose_relay_nobody_uses_makes_room_for_another() {
    let mut rig = Rig::with(Limits { streams: 1, ..Limits::default() });
    assert!(rig.turn.handle_connected(rig.now, 1, at(ALICE)));
    let alice = rig.person("alice", stream(1, ALICE));
    rig.allocate(&alice);
    rig.allocated("bob", "192.0.2.2:4000");
    assert!(!rig.turn.handle_connected(rig.now, 2, at("192.0.2.1:1")));

    rig.wait(Duration::from_secs(60));
    assert!(rig.turn.handle_connected(rig.now, 3, at("192.0.2.1:1")));
    assert_eq!(rig.drain(), []);
    assert_eq!((&rig.hung_up[..], rig.relays.len()), (&[1][..], 1), "only what came by a connection ends");
    rig.turn.handle_disconnected(3, at("192.0.2.1:1"));
    assert_eq!(rig.turn.counters().streams, 0);
}

#[test]
fn an_address_and_the_server_have_only_so_many_connections() {
    let mut rig = Rig::with(Limits { streams: 3, streams_per_source: 2, ..Limits::default() });
    let connect = |rig: &mut Rig, id: u64, address: &str| rig.turn.handle_connected(rig.now, id, at(address));
    assert!(connect(&mut rig, 1, "192.0.2.1:1"));
    assert!(connect(&mut rig, 2, "192.0.2.1:2"));
    assert!(!connect(&mut rig, 3, "192.0.2.1:3"));
    assert!(connect(&mut rig, 4, "192.0.2.2:1"));
    assert!(!connect(&mut rig, 5, "192.0.2.3:1"));
    rig.turn.handle_disconnected(1, at("192.0.2.1:1"));
    assert!(connect(&mut rig, 6, "192.0.2.1:3"));
}

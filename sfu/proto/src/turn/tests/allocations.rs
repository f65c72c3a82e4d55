//! How allocations begin, go on and end.

use std::time::Duration;

use super::super::limits::Limits;
use super::super::stun::{Class, Message, Method, attribute};
use super::rig::*;

const ALICE: &str = "192.0.2.1:4000";

#[test]
fn whoever_holds_credentials_gets_a_relay_and_a_signed_answer() {
    let mut rig = Rig::new();
    let alice = rig.person("alice", datagrams(ALICE));

    let answer = rig.allocate(&alice);

    assert_eq!(answer.class, Class::Success);
    assert_eq!(answer.address(attribute::XOR_RELAYED_ADDRESS), Some(at("203.0.113.7:50001")));
    assert_eq!(answer.address(attribute::XOR_MAPPED_ADDRESS), Some(at(ALICE)));
    assert_eq!(answer.lifetime(), Some(600));
    assert!(Message::parse(&answer.bytes).expect("a message").is_signed_with(&alice.key()));
}

#[test]
fn a_repeated_request_gets_the_same_answer_and_no_second_relay() {
    let mut rig = Rig::new();
    let alice = rig.person("alice", datagrams(ALICE));
    let request = rig.request(Method::Allocate, Some(&alice), |writer| {
        writer.attribute(attribute::REQUESTED_TRANSPORT, &[17, 0, 0, 0]);
    });

    let first = rig.answer(alice.client, &request);
    let second = rig.answer(alice.client, &request);

    assert_eq!((first.class, &first), (Class::Success, &second));
    assert_eq!(rig.relays.len(), 1);
    assert_eq!(rig.allocate(&alice).code, 437, "another request is not a repetition");
}

#[test]
fn an_allocation_that_is_not_refreshed_ends_and_its_port_with_it() {
    let mut rig = Rig::new();
    let (alice, _) = rig.allocated("alice", ALICE);
    rig.wait(Duration::from_secs(599));
    assert_eq!(rig.relays.len(), 1);
    rig.wait(Duration::from_secs(1));
    assert_eq!((rig.relays.len(), rig.turn.poll_timeout()), (0, None));
    assert_eq!(rig.refresh(&alice, 600).code, 437);
    assert_eq!(rig.allocate(&alice).class, Class::Success);
}

#[test]
fn lifetimes_are_what_was_asked_for_within_bounds() {
    let mut rig = Rig::new();
    let (alice, _) = rig.allocated("alice", ALICE);
    for (asked, granted) in [(1, 600), (600, 600), (1800, 1800), (3600, 3600), (u32::MAX, 3600)] {
        assert_eq!(rig.refresh(&alice, asked).lifetime(), Some(granted), "{asked}");
    }
    let answer = rig.ask(&alice, Method::Refresh, |_| {});
    assert_eq!(answer.lifetime(), Some(600));
}

#[test]
fn no_allocation_lives_for_ever() {
    let limits = Limits { longest_life: Duration::from_secs(1000), ..Limits::default() };
    let mut rig = Rig::with(limits);
    let (alice, _) = rig.allocated("alice", ALICE);
    rig.wait(Duration::from_secs(500));
    assert_eq!(rig.refresh(&alice, 600).lifetime(), Some(500));
    rig.wait(Duration::from_secs(500));
    assert_eq!(rig.relays, []);
}

#[test]
fn a_client_ends_its_allocation_and_may_say_so_twice() {
    let mut rig = Rig::new();
    let (alice, _) = rig.allocated("alice", ALICE);
    for _ in 0..2 {
        let answer = rig.refresh(&alice, 0);
        assert_eq!((answer.class, answer.lifetime()), (Class::Success, Some(0)));
    }
    assert_eq!((rig.relays.len(), rig.turn.poll_timeout()), (0, None));
}

#[test]
fn nobody_touches_the_allocation_of_another() {
    let mut rig = Rig::new();
    let (alice, relay) = rig.allocated("alice", ALICE);
    let mut mallory = rig.person("mallory", datagrams("192.0.2.9:4000"));
    // From the same address, as behind one NAT that gives a port away again.
    mallory.client = alice.client;
    mallory.nonce.clone_from(&alice.nonce);

    assert_eq!(rig.refresh(&mallory, 0).code, 441);
    assert_eq!(rig.permit(&mallory, &[MEDIA]).code, 441);
    assert_eq!(rig.bind(&mallory, 0x4000, MEDIA).code, 441);
    assert_eq!(rig.allocate(&mallory).code, 437);
    assert_eq!(rig.relays, [relay]);
}

#[test]
fn only_udp_is_relayed_and_no_port_is_held_back() {
    let mut rig = Rig::new();
    let alice = rig.person("alice", datagrams(ALICE));
    let tcp = rig.ask(&alice, Method::Allocate, |writer| {
        writer.attribute(attribute::REQUESTED_TRANSPORT, &[6, 0, 0, 0]);
    });
    assert_eq!(tcp.code, 442);
    let nothing = rig.ask(&alice, Method::Allocate, |_| {});
    assert_eq!(nothing.code, 400);
    for (kind, value) in [
        (attribute::EVEN_PORT, &[0x80][..]),
        (attribute::EVEN_PORT, &[0]),
        (attribute::RESERVATION_TOKEN, &[1; 8]),
    ] {
        let answer = rig.ask(&alice, Method::Allocate, |writer| {
            writer.attribute(attribute::REQUESTED_TRANSPORT, &[17, 0, 0, 0]);
            writer.attribute(kind, value);
        });
        assert_eq!(answer.code, 508);
    }
    assert_eq!((rig.relays.len(), rig.turn.counters().allocations), (0, 0));
}

#[test]
fn a_family_over_which_nobody_can_be_reached_is_refused() {
    let mut rig = Rig::new();
    let alice = rig.person("alice", datagrams(ALICE));
    for family in [2, 3] {
        let answer = rig.ask(&alice, Method::Allocate, |writer| {
            writer.attribute(attribute::REQUESTED_TRANSPORT, &[17, 0, 0, 0]);
            writer.attribute(attribute::REQUESTED_ADDRESS_FAMILY, &[family, 0, 0, 0]);
        });
        assert_eq!(answer.code, 440);
    }
    let (bob, _) = rig.allocated("bob", "192.0.2.2:4000");
    let answer = rig.ask(&bob, Method::Refresh, |writer| {
        writer.attribute(attribute::REQUESTED_ADDRESS_FAMILY, &[2, 0, 0, 0]);
    });
    assert_eq!(answer.code, 443);
}

#[test]
fn a_participant_an_address_and_the_server_have_only_so_many() {
    let limits = Limits {
        allocations: 5,
        allocations_per_participant: 2,
        allocations_per_source: 3,
        ..Limits::default()
    };
    let mut rig = Rig::with(limits);
    let try_one = |rig: &mut Rig, name: &str, address: &str| {
        let person = rig.person(name, datagrams(address));
        (rig.allocate(&person).code, person)
    };

    assert_eq!(try_one(&mut rig, "alice", "192.0.2.1:1").0, 0);
    let (_, second) = try_one(&mut rig, "alice", "192.0.2.2:1");
    assert_eq!(try_one(&mut rig, "alice", "192.0.2.3:1").0, 486, "the participant's own quota");
    assert_eq!(try_one(&mut rig, "bob", "192.0.2.1:2").0, 0);
    assert_eq!(try_one(&mut rig, "carol", "192.0.2.1:3").0, 0);
    assert_eq!(try_one(&mut rig, "dave", "192.0.2.1:4").0, 486, "the address's");
    assert_eq!(try_one(&mut rig, "erin", "192.0.2.4:1").0, 0);
    assert_eq!(try_one(&mut rig, "frank", "192.0.2.5:1").0, 508, "the server's");
    assert_eq!(rig.relays.len(), 5);

    // What ends makes room, for its participant as for others.
    assert_eq!(rig.refresh(&second, 0).code, 0);
    assert_eq!(try_one(&mut rig, "alice", "192.0.2.3:2").0, 0);
}

#[test]
fn when_there_are_as_many_as_there_may_be_one_that_nobody_uses_makes_room() {
    let mut rig = Rig::with(Limits { allocations: 2, ..Limits::default() });
    let (alice, used) = rig.allocated("alice", ALICE);
    let (_, unused) = rig.allocated("bob", "192.0.2.2:4000");
    rig.permit(&alice, &[MEDIA]);
    let carol = rig.person("carol", datagrams("192.0.2.3:4000"));

    rig.wait(Duration::from_secs(59));
    assert!(rig.turn.handle_client(rig.now, alice.client, &send(MEDIA, b"x")).is_some());
    assert_eq!(rig.allocate(&carol).code, 508, "it may have been made a moment ago");
    rig.wait(Duration::from_secs(1));
    assert_eq!(rig.allocate(&carol).code, 0);

    assert!(rig.relays.contains(&used) && !rig.relays.contains(&unused));
    let dave = rig.person("dave", datagrams("192.0.2.4:4000"));
    assert_eq!(rig.allocate(&dave).code, 508, "nobody in use is sent away");
}

#[test]
fn a_port_that_cannot_be_had_costs_nothing_and_is_told() {
    let mut rig = Rig::new();
    let alice = rig.person("alice", datagrams(ALICE));
    rig.ports = false;
    assert_eq!(rig.allocate(&alice).code, 508);
    assert_eq!((rig.turn.counters().allocations, rig.turn.poll_timeout()), (0, None));
    rig.ports = true;
    assert_eq!(rig.allocate(&alice).code, 0);
}

#[test]
fn whoever_leaves_loses_the_relay_and_the_right_to_another() {
    let mut rig = Rig::new();
    let (alice, _) = rig.allocated("alice", ALICE);
    let (_, other) = rig.allocated("bob", "192.0.2.2:4000");

    rig.turn.revoke(rig.now, alice.participant);
    assert_eq!(rig.drain(), []);

    assert_eq!(rig.relays, [other]);
    assert_eq!(rig.allocate(&alice).code, 401);
    assert_eq!(rig.refresh(&alice, 600).code, 437);
}

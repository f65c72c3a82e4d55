//! Strangers, and those who are known.

use std::time::Duration;

use super::super::limits::{Limits, Rate};
use super::super::stun::{Class, Message, Method, attribute};
use super::rig::*;

const ALICE: &str = "192.0.2.1:4000";

#[test]
fn a_stranger_is_asked_for_credentials_in_an_answer_at_most_three_times_the_question() {
    let mut rig = Rig::new();
    let request = rig.request(Method::Allocate, None, |writer| {
        writer.attribute(attribute::REQUESTED_TRANSPORT, &[17, 0, 0, 0]);
    });

    let answer = rig.answer(datagrams(ALICE), &request);

    let message = Message::parse(&answer.bytes).expect("a message");
    assert_eq!((answer.class, answer.code), (Class::Error, 401));
    assert_eq!(message.text(attribute::REALM), Some("palabre"));
    assert!(message.attribute(attribute::NONCE).is_some() && !message.is_signed());
    assert!(answer.bytes.len() <= 3 * request.len(), "{} to {}", answer.bytes.len(), request.len());
}

#[test]
fn a_question_shorter_than_a_third_of_its_answer_is_not_answered_over_udp() {
    let mut rig = Rig::new();
    let bare = rig.request(Method::Allocate, None, |_| {});
    assert_eq!(rig.answers(datagrams(ALICE), &bare), []);
    assert_eq!(rig.turn.counters().ignored, 1);

    // A connection has proved its address.
    assert!(rig.turn.handle_connected(rig.now, 1, at(ALICE)));
    assert_eq!(rig.answer(stream(1, ALICE), &bare).code, 401);
}

#[test]
fn binding_tells_the_address_and_never_amplifies() {
    let mut rig = Rig::new();
    for address in [ALICE, "[2001:db8::1]:4000"] {
        let request = rig.request(Method::Binding, None, |_| {});
        let answer = rig.answer(datagrams(address), &request);
        assert_eq!(answer.address(attribute::XOR_MAPPED_ADDRESS), Some(at(address)));
        assert!(answer.bytes.len() <= 3 * request.len());
    }
}

#[test]
fn an_address_is_answered_only_so_often_until_it_has_proved_itself() {
    let limits = Limits { challenges: Rate { per_second: 1, burst: 10 }, ..Limits::default() };
    let mut rig = Rig::with(limits);
    let known = rig.person("alice", datagrams("192.0.2.1:4001"));
    let answered = (0..100)
        .filter(|port| {
            let request = rig.request(Method::Binding, None, |_| {});
            !rig.answers(datagrams(&format!("192.0.2.1:{}", 5000 + port)), &request).is_empty()
        })
        .count();
    assert_eq!(answered, 9);

    // Nor do connections from there suffer, which nobody can forge.
    assert!(rig.turn.handle_connected(rig.now, 1, at("192.0.2.1:6000")));
    rig.person("carol", stream(1, "192.0.2.1:6000"));

    // Whoever holds credentials is served from the same address, as others are from theirs.
    assert_eq!(rig.allocate(&known).class, Class::Success);
    rig.person("bob", datagrams("192.0.2.2:4000"));
}

#[test]
fn a_wrong_password_a_made_up_name_and_a_foreign_one_are_asked_again() {
    let mut rig = Rig::new();
    let alice = rig.person("alice", datagrams(ALICE));
    let bob = rig.person("bob", datagrams("192.0.2.2:4000"));

    let mut wrong = alice.clone();
    wrong.credentials.password = bob.credentials.password.clone();
    assert_eq!(rig.allocate(&wrong).code, 401);
    let mut longer = alice.clone();
    longer.credentials.username = longer.credentials.username.replacen("176", "276", 1);
    assert_eq!(rig.allocate(&longer).code, 401);
    let mut made_up = alice.clone();
    made_up.credentials.username = "alice".to_owned();
    assert_eq!(rig.allocate(&made_up).code, 401);
    assert_eq!(rig.relays, []);

    assert_eq!(rig.allocate(&alice).class, Class::Success);
}

#[test]
fn a_nonce_that_is_old_or_of_another_address_is_stale_and_replaced() {
    let mut rig = Rig::new();
    let (alice, _) = rig.allocated("alice", ALICE);
    let mut elsewhere = alice.clone();
    elsewhere.client = datagrams("192.0.2.1:4001");

    let answer = rig.allocate(&elsewhere);
    assert_eq!(answer.code, 438);
    assert!(Message::parse(&answer.bytes).expect("a message").attribute(attribute::NONCE).is_some());

    for _ in 0..7 {
        rig.wait(Duration::from_secs(500));
        assert_eq!(rig.refresh(&alice, 600).code, 0);
    }
    rig.wait(Duration::from_secs(500));
    let stale = rig.refresh(&alice, 600);
    assert_eq!(stale.code, 438);
    let mut renewed = alice;
    let message = Message::parse(&stale.bytes).expect("a message");
    renewed.nonce = message.attribute(attribute::NONCE).expect("a nonce").to_vec();
    assert_eq!(rig.refresh(&renewed, 600).code, 0);
}

#[test]
fn credentials_that_have_expired_begin_nothing_but_carry_on_what_was_begun() {
    let mut rig = Rig::new();
    let (mut early, _) = rig.allocated("alice", ALICE);
    let mut late = rig.person("bob", datagrams("192.0.2.2:4000"));
    for _ in 0..=4 * 6 {
        rig.wait(Duration::from_secs(599));
        if rig.refresh(&early, 600).code == 438 {
            rig_renew(&mut rig, &mut early);
            assert_eq!(rig.refresh(&early, 600).code, 0);
        }
    }

    rig.hello(&mut late);
    assert_eq!(rig.allocate(&late).code, 401);
    assert_eq!(rig.turn.counters().allocations, 1);
}

#[test]
fn a_request_signed_without_saying_by_whom_is_bad() {
    let mut rig = Rig::new();
    let alice = rig.person("alice", datagrams(ALICE));
    let mut out = Vec::new();
    let transaction = super::super::stun::TransactionId([0x77; 12]);
    let mut writer =
        super::super::stun::Writer::begin(&mut out, Class::Request, Method::Allocate, transaction);
    writer.attribute(attribute::REQUESTED_TRANSPORT, &[17, 0, 0, 0]);
    writer.finish(Some(&alice.key()));
    assert_eq!(rig.answer(alice.client, &out).code, 400);
}

#[test]
fn an_attribute_that_must_be_understood_and_is_not_is_named() {
    let mut rig = Rig::new();
    let alice = rig.person("alice", datagrams(ALICE));

    let answer = rig.ask(&alice, Method::Allocate, |writer| {
        writer.attribute(attribute::REQUESTED_TRANSPORT, &[17, 0, 0, 0]);
        writer.attribute(0x001a, &[]); // DONT-FRAGMENT
        writer.attribute(0xff05, &[]); // may be ignored
    });

    assert_eq!(answer.code, 420);
    let message = Message::parse(&answer.bytes).expect("a message");
    assert_eq!(message.attribute(attribute::UNKNOWN_ATTRIBUTES), Some(&[0x00, 0x1a][..]));
    assert!(message.is_signed_with(&alice.key()));
}

#[test]
fn answers_and_noise_are_met_with_silence() {
    let mut rig = Rig::new();
    let (alice, _) = rig.allocated("alice", ALICE);
    let answer = rig.refresh(&alice, 600).bytes;
    for noise in [&answer[..], b"", b"\x00", b"GET / HTTP/1.1\r\n\r\n", &[0x80; 100], &[0; 20], &[0x40; 3]] {
        assert_eq!(rig.answers(alice.client, noise), [], "{noise:?}");
    }
}

fn rig_renew(rig: &mut Rig, person: &mut Person) {
    let stale = rig.refresh(person, 600);
    let message = Message::parse(&stale.bytes).expect("a message");
    person.nonce = message.attribute(attribute::NONCE).expect("a nonce").to_vec();
}

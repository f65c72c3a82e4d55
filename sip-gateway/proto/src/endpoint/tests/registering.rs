//! Phones register, and those who may not do not.

use std::time::Duration;

use super::house::{House, REALM, password};
use super::phone::Phone;
use crate::endpoint::Output;
use crate::message::{CSeq, HeaderName, Method, NameAddr, Request, Uri};
use crate::plan::{Device, DigestAlgorithm};
use crate::ua::digest::ha1;
use crate::ua::registrar::Change;

#[test]
fn a_phone_registers_with_its_password_and_is_remembered() {
    let mut house = House::new(&["1001"]);
    let phone = house.registered("1001");

    assert_eq!(house.endpoint.bindings(), 1);
    let bound = house.outputs.iter().any(|output| {
        matches!(output, Output::Binding(Change::Bound(binding)) if binding.aor == "1001" && binding.device == "1001")
    });
    assert!(bound, "{:?} is told to whoever remembers", house.phones[phone].number);
}

#[test]
fn a_wrong_password_registers_nobody_and_strangers_hear_the_same() {
    let mut house = House::new(&["1001"]);
    for number in ["1001", "6666"] {
        let phone = house.phone(number);
        house.phones[phone].set_password("wrong");
        house.act(phone, Phone::register);

        assert_eq!(house.phones[phone].registered, Some(401), "{number}");
    }
    assert_eq!(house.endpoint.bindings(), 0);
}

#[test]
fn nobody_registers_another_number_with_the_own_password() {
    let mut house = House::new(&["1001", "1002"]);
    let phone = house.phone("1002");
    house.phones[phone].set_password("secret of 1001");
    house.act(phone, Phone::register);

    assert_ne!(house.phones[phone].registered, Some(200));
    assert_eq!(house.endpoint.bindings(), 0);
}

#[test]
fn a_second_phone_that_was_told_one_name_only_is_the_extension_of_that_device() {
    let mut house = House::new(&["1001", "1002"]);
    house.change(|plan| {
        let (username, algorithm) = ("1001-2".to_owned(), DigestAlgorithm::Md5);
        let ha1 = ha1(algorithm, &username, REALM, &password(&username));
        plan.extensions[0].devices.push(Device { username, ha1, label: "Wi-Fi".to_owned() });
    });
    let (wifi, caller) = (house.registered("1001-2"), house.registered("1002"));
    house.act(wifi, |phone, now| phone.subscribe(now, "message-summary", "1001-2", 600, "m"));
    assert_eq!(house.phones[wifi].notifications.len(), 1, "its messages are those of the extension");

    house.dial(caller, "1001");
    house.act(wifi, Phone::answer);
    assert_eq!(house.hears(caller), Some(wifi));
    house.act(caller, Phone::hang_up);

    house.dial(wifi, "1002");
    house.act(caller, Phone::answer);
    assert_eq!(house.hears(wifi), Some(caller));
    let from = house.records.iter().rev().find(|record| record.to == "1002").expect("a leg").from.clone();
    assert_eq!(from, "1001", "it calls as its extension");
}

#[test]
fn a_binding_ends_when_nobody_refreshes_it_or_its_extension_goes() {
    let mut house = House::new(&["1001", "1002"]);
    house.registered("1001");
    house.registered("1002");

    house.change(|plan| plan.extensions.retain(|extension| extension.number != "1002"));
    assert_eq!(house.endpoint.bindings(), 1);
    house.run(Duration::from_secs(3_700));
    assert_eq!(house.endpoint.bindings(), 0);
}

#[test]
fn who_guesses_too_often_is_not_answered_any_more_but_phones_beside_him_are() {
    let mut house = House::new(&["1001"]);
    let phone = house.registered("1001");
    let address = house.phones[phone].address;
    let guesser = house.phone("1001");
    // Behind the same router as the honest phone, at another port.
    house.phones[guesser].address = std::net::SocketAddr::new(address.ip(), 7_000);
    for attempt in 0..40 {
        house.phones[guesser].set_password(&format!("guess {attempt}"));
        house.phones[guesser].registered = None;
        house.act(guesser, Phone::register);
    }

    assert_eq!(house.phones[guesser].registered, None, "he hears nothing any more");
    house.phones[phone].registered = None;
    house.act(phone, Phone::register);
    assert_eq!(house.phones[phone].registered, Some(200));
}

#[test]
fn a_phone_whose_answer_was_lost_and_forgotten_in_a_storm_registers_with_a_new_nonce() {
    let mut house = House::new(&["1001", "1002"]);
    let (phone, other) = (house.registered("1001"), house.registered("1002"));
    house.run(Duration::from_secs(40));
    house.endpoint.transactions.limit_servers(1);
    let now = house.now;
    house.phones[phone].registered = None;
    house.phones[phone].register(now);
    house.run(Duration::from_millis(15));
    // The answer is on its way, and the phone never gets it.
    house.phones[phone].gone = true;
    house.run(Duration::from_millis(15));
    house.phones[phone].gone = false;
    house.outputs.clear();
    house.act(other, Phone::register);
    assert_eq!(house.phones[other].registered, Some(200), "a storm refuses nobody");

    house.run(Duration::from_secs(1));

    assert_eq!(house.phones[phone].registered, Some(200));
    let bound = |output: &&Output| matches!(output, Output::Binding(Change::Bound(_)));
    // Each once: what came again changed nothing, and the answer to the challenge did.
    assert_eq!(house.outputs.iter().filter(bound).count(), 2, "{:?}", house.outputs);
    assert_eq!(house.endpoint.bindings(), 2);
}

#[test]
fn what_we_can_do_is_told_without_a_password() {
    let mut house = House::new(&["1001"]);
    let phone = house.phone("scanner");
    house.act(phone, |phone, now| phone.send_raw(now, request(Method::Options, "o")));

    let answer = &house.phones[phone].answers[0];
    assert_eq!(answer.status.code(), 200);
    assert!(answer.headers.get(&HeaderName::Allow).is_some_and(|methods| methods.contains("REFER")));
}

#[test]
fn requests_for_dialogs_that_are_none_find_nobody() {
    let mut house = House::new(&["1001"]);
    let phone = house.phone("1001");
    for (count, method) in [Method::Bye, Method::Info, Method::Refer].into_iter().enumerate() {
        house.act(phone, |phone, now| phone.send_raw(now, request(method, &count.to_string())));
    }

    let statuses: Vec<u16> = house.phones[phone].answers.iter().map(|answer| answer.status.code()).collect();
    assert_eq!(statuses, [481, 481, 481]);
    let mut stray = request(Method::Bye, "stray");
    let to = stray.headers.to().expect("an address").with_tag("stray");
    stray.headers.set(HeaderName::To, to);
    house.act(phone, |phone, now| phone.send_raw(now, stray));
    let strange = request(Method::Message, "strange");
    house.act(phone, |phone, now| phone.send_raw(now, strange));
    assert_eq!(house.phones[phone].answers.len(), 5);
    assert_eq!(house.endpoint.transactions.server_transactions(), 0, "nothing is kept of strangers");
}

fn request(method: Method, word: &str) -> Request {
    let address = NameAddr::new(Uri::parse("sip:1001@mfa.example").expect("an address"));
    Request::new(method.clone(), Uri::parse("sip:mfa.example").expect("an address"))
        .with(HeaderName::From, address.clone().with_tag("raw"))
        .with(HeaderName::To, address)
        .with(HeaderName::CallId, word)
        .with(HeaderName::CSeq, CSeq { number: 1, method })
}

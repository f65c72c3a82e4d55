//! Lamps for busy lines, and for waiting messages.

use std::time::Duration;

use super::house::House;
use super::phone::Phone;
use crate::endpoint::Endpoint;
use crate::message::{HeaderName, Method, StatusCode};
use crate::plan::PostId;

#[test]
fn a_lamp_follows_a_call_from_its_beginning_to_its_end() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (callee, caller, watcher) =
        (house.registered("1002"), house.registered("1001"), house.registered("1003"));
    watch(&mut house, watcher, "1001");
    watch(&mut house, watcher, "1002");
    assert_eq!(statuses(&house, watcher), [200, 200]);
    assert_eq!(lamps(&house, watcher), ["1001 0", "1002 0"]);

    house.dial(caller, "1002");
    assert_eq!(
        lamps(&house, watcher)[2..],
        ["1001 1 trying", "1002 1 trying", "1001 2 early", "1002 2 early"]
    );
    house.act(callee, Phone::answer);
    let told = lamps(&house, watcher);
    assert_eq!(told[6..], ["1001 3 confirmed", "1002 3 confirmed"]);
    house.act(caller, Phone::hang_up);

    let told = lamps(&house, watcher);
    assert_eq!(told[8..], ["1001 4 terminated", "1002 4 terminated"]);
    watch(&mut house, watcher, "1002");
    assert_eq!(lamps(&house, watcher).last().map(String::as_str), Some("1002 0"), "it is told once");
}

#[test]
fn a_colleague_sees_who_calls_and_may_take_the_call_with_what_he_was_told() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (_, caller, watcher) = (house.registered("1002"), house.registered("1001"), house.registered("1003"));
    watch(&mut house, watcher, "1002");
    house.dial(caller, "1002");

    let told = document(&house, watcher);
    assert!(
        told.contains("direction=\"recipient\"") && told.contains("display=\"Bureau 1001\">sip:1001@mfa")
    );
    let word = |name: &str| {
        let (_, rest) = told.split_once(&format!(" {name}=\"")).expect("it is told");
        rest.split_once('"').expect("quotes").0.to_owned()
    };
    let replaces =
        format!("{};to-tag={};from-tag={}", word("call-id"), word("local-tag"), word("remote-tag"));
    house.act(watcher, |phone, now| {
        let mut headers = crate::message::Headers::new();
        headers.push(HeaderName::Replaces, &replaces);
        phone.invite(now, "1002", headers);
    });
    assert_eq!(house.hears(caller), Some(watcher));
}

#[test]
fn who_may_not_take_the_calls_sees_a_lamp_and_nothing_else() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    house.change(|plan| {
        let at = House::extension(plan, "1002");
        plan.extensions[at].pickup_group = Some("cabinet".to_owned());
    });
    let (_, caller, watcher) = (house.registered("1002"), house.registered("1001"), house.registered("1003"));
    watch(&mut house, watcher, "1002");
    house.dial(caller, "1002");

    let told = document(&house, watcher);
    assert!(told.contains("<state>early</state>"));
    assert!(!told.contains("1001") && !told.contains("call-id") && !told.contains("<remote>"), "{told}");
}

#[test]
fn lines_of_other_posts_and_lines_that_are_none_are_not_watched() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    house.change(|plan| {
        let at = House::extension(plan, "1002");
        plan.extensions[at].post = PostId(2);
    });
    let watcher = house.registered("1001");
    watch(&mut house, watcher, "1002");
    watch(&mut house, watcher, "7777");
    house.act(watcher, |phone, now| phone.subscribe(now, "message-summary", "1003", 600, "m"));
    assert_eq!(statuses(&house, watcher), [403, 404, 403]);

    // One pickup group, wherever its members sit.
    house.change(|plan| {
        for number in ["1001", "1002"] {
            let at = House::extension(plan, number);
            plan.extensions[at].pickup_group = Some("cabinet".to_owned());
        }
    });
    watch(&mut house, watcher, "1002");
    assert_eq!(statuses(&house, watcher)[3], 200);
    assert_eq!(house.endpoint.subscriptions(), 1);
}

#[test]
fn a_subscription_ends_when_its_right_or_its_line_does() {
    let mut house = House::new(&["1001", "1002", "1003", "1004"]);
    let watcher = house.registered("1001");
    watch(&mut house, watcher, "1002");
    watch(&mut house, watcher, "1003");
    let other = house.registered("1004");
    watch(&mut house, other, "1001");

    house.change(|plan| {
        plan.extensions.retain(|extension| extension.number != "1002" && extension.number != "1004");
        let at = House::extension(plan, "1003");
        plan.extensions[at].post = PostId(2);
    });
    house.run(Duration::from_secs(1));

    let told: Vec<String> = states(&house, watcher).split_off(2);
    assert!(told.contains(&"terminated;reason=noresource".to_owned()), "{told:?}");
    assert!(told.contains(&"terminated;reason=rejected".to_owned()), "{told:?}");
    assert_eq!(states(&house, other).last().map(String::as_str), Some("terminated;reason=rejected"));
    assert_eq!(house.endpoint.subscriptions(), 0);
}

#[test]
fn do_not_disturb_looks_like_a_busy_line() {
    let mut house = House::new(&["1001", "1002"]);
    let watcher = house.registered("1001");
    watch(&mut house, watcher, "1002");
    let disturb = |house: &mut House, undisturbed: bool| {
        house.change(|plan| {
            let at = House::extension(plan, "1002");
            plan.extensions[at].do_not_disturb = undisturbed;
        });
        house.run(Duration::from_secs(1));
    };
    disturb(&mut house, true);
    disturb(&mut house, true);
    disturb(&mut house, false);

    assert_eq!(lamps(&house, watcher), ["1002 0", "1002 1 confirmed", "1002 2 terminated"]);
}

#[test]
fn several_devices_that_ring_are_one_call() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    house.registered("1002");
    let (kitchen, caller, watcher) =
        (house.registered("1002"), house.registered("1001"), house.registered("1003"));
    watch(&mut house, watcher, "1002");
    house.dial(caller, "1002");
    house.act(kitchen, Phone::answer);

    assert_eq!(lamps(&house, watcher), ["1002 0", "1002 1 trying", "1002 2 early", "1002 3 confirmed"]);
}

#[test]
fn messages_that_wait_are_told_to_the_extension_itself() {
    let mut house = House::new(&["1001", "1002"]);
    for (number, waiting) in [("1001", "yes"), ("1002", "no")] {
        let phone = house.registered(number);
        house.act(phone, |phone, now| phone.subscribe(now, "message-summary", number, 600, "m"));
        let told = document(&house, phone);
        assert!(told.starts_with(&format!("Messages-Waiting: {waiting}\r\n")), "{told}");
        assert!(told.contains("Message-Account: sip:*97@mfa.example"));
    }
}

#[test]
fn what_is_no_event_of_ours_is_refused_and_ours_are_named() {
    let mut house = House::new(&["1001", "1002"]);
    let phone = house.registered("1001");
    for event in ["presence", "reg", "line-seize;id=1", "dialog\\"] {
        house.act(phone, |phone, now| phone.subscribe(now, event, "1002", 600, "e"));
        let answer = house.phones[phone].answers.last().expect("an answer");
        assert_eq!(answer.status.code(), 489, "{event}");
        assert_eq!(answer.headers.get(&HeaderName::AllowEvents), Some("dialog, message-summary"));
    }
    house.act(phone, |phone, now| phone.subscribe(now, "dialog", "1002", 10, "b"));
    let answer = house.phones[phone].answers.last().expect("an answer");
    assert_eq!((answer.status.code(), answer.headers.get(&HeaderName::MinExpires)), (423, Some("60")));
    assert_eq!(house.endpoint.subscriptions(), 0);
}

#[test]
fn nobody_subscribes_without_a_password_and_nothing_is_kept_of_him() {
    let mut house = House::new(&["1001", "1002"]);
    let phone = house.phone("1001");
    house.phones[phone].set_password("wrong");
    watch(&mut house, phone, "1002");

    assert_eq!(statuses(&house, phone), [401]);
    assert!(house.phones[phone].notifications.is_empty());
    assert_eq!(house.endpoint.subscriptions(), 0);
    assert_eq!(house.endpoint.transactions.server_transactions(), 0);
}

#[test]
fn a_subscription_lasts_while_it_is_renewed_and_ends_when_it_is_not() {
    let mut house = House::new(&["1001", "1002"]);
    let phone = house.registered("1001");
    watch(&mut house, phone, "1002");
    for _ in 0..3 {
        house.run(Duration::from_secs(500));
        renew(&mut house, phone, 600);
    }
    assert_eq!(house.endpoint.subscriptions(), 1);
    assert_eq!(lamps(&house, phone), ["1002 0", "1002 1", "1002 2", "1002 3"], "the version goes on growing");

    house.run(Duration::from_secs(601));
    assert_eq!(states(&house, phone).last().map(String::as_str), Some("terminated;reason=timeout"));
    assert_eq!(house.endpoint.subscriptions(), 0);
    renew(&mut house, phone, 600);
    assert_eq!(house.phones[phone].answers.last().map(|answer| answer.status.code()), Some(481));
}

#[test]
fn who_unsubscribes_is_told_a_last_time() {
    let mut house = House::new(&["1001", "1002"]);
    let phone = house.registered("1001");
    watch(&mut house, phone, "1002");
    renew(&mut house, phone, 0);

    assert_eq!(house.phones[phone].notifications.len(), 2);
    assert_eq!(states(&house, phone).last().map(String::as_str), Some("terminated;reason=timeout"));
    house.run(Duration::from_secs(70));
    assert!(house.endpoint.holds_nothing());
}

#[test]
fn nobody_renews_or_ends_the_subscription_of_another() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (phone, other) = (house.registered("1001"), house.registered("1003"));
    watch(&mut house, phone, "1002");
    let stolen = house.phones[phone].notifications[0].clone();
    house.act(other, |other, now| other.renew(now, &stolen, 0));

    assert_eq!(statuses(&house, other), [403]);
    assert_eq!(house.endpoint.subscriptions(), 1);
}

#[test]
fn a_phone_that_knows_nothing_of_it_or_is_not_there_is_told_nothing_any_more() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (forgetful, gone, caller) =
        (house.registered("1002"), house.registered("1003"), house.registered("1001"));
    watch(&mut house, forgetful, "1001");
    watch(&mut house, gone, "1001");
    house.phones[forgetful].takes_notifications = StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST;
    house.phones[gone].gone = true;
    house.dial(caller, "*43");
    assert_eq!(house.endpoint.subscriptions(), 1, "481 says enough");
    house.run(Duration::from_secs(33));

    assert_eq!(house.endpoint.subscriptions(), 0, "as does silence");
    assert_eq!(house.phones[forgetful].notifications.len(), 2);
}

#[test]
fn a_phone_is_told_where_it_is_registered_now() {
    let mut house = House::new(&["1001", "1002"]);
    let (phone, caller) = (house.registered("1002"), house.registered("1001"));
    watch(&mut house, phone, "1001");
    // Its router has given it another port.
    let moved = std::net::SocketAddr::new(house.phones[phone].address.ip(), 41_000);
    house.phones[phone].address = moved;
    house.act(phone, Phone::register);
    house.dial(caller, "*43");

    assert_eq!(lamps(&house, phone), ["1001 0", "1001 1 confirmed"]);
}

#[test]
fn five_hundred_may_watch_one_line() {
    let numbers: Vec<String> = (1_000..1_502).map(|number| number.to_string()).collect();
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let mut house = House::new(&numbers);
    let (callee, caller) = (house.registered("1000"), house.registered("1001"));
    let watchers: Vec<usize> = numbers[2..].iter().map(|number| house.phone(number)).collect();
    let now = house.now;
    for phone in &watchers {
        house.phones[*phone].subscribe(now, "dialog", "1000", 600, "w");
    }
    house.run(Duration::from_secs(2));
    assert_eq!(house.endpoint.subscriptions(), 500);

    house.dial(caller, "1000");
    house.act(callee, Phone::answer);
    house.act(callee, Phone::hang_up);

    for phone in watchers {
        let told = lamps(&house, phone);
        assert_eq!(
            told,
            ["1000 0", "1000 1 trying", "1000 2 early", "1000 3 confirmed", "1000 4 terminated"]
        );
    }
}

#[test]
fn one_extension_subscribes_to_no_end_of_things_only_up_to_a_limit() {
    let mut house = House::new(&["1001", "1002"]);
    let phone = house.registered("1001");
    for count in 0..410 {
        let now = house.now;
        house.phones[phone].subscribe(now, "dialog", "1002", 600, &format!("n{count}"));
        house.run(Duration::from_millis(50));
    }
    let statuses = statuses(&house, phone);
    assert_eq!(house.endpoint.subscriptions(), 400);
    assert_eq!(statuses.iter().filter(|status| **status == 503).count(), 10);

    house.with(Endpoint::hang_up_all);
    house.run(Duration::from_secs(1));
    assert_eq!(house.endpoint.subscriptions(), 0);
    assert_eq!(
        states(&house, phone).last().map(String::as_str),
        Some("terminated;reason=probation;retry-after=30"),
        "the program stops"
    );
}

pub(super) fn watch(house: &mut House, phone: usize, number: &str) {
    let word = format!("w{}", house.phones[phone].answers.len());
    house.act(phone, |phone, now| phone.subscribe(now, "dialog", number, 600, &word));
}

fn renew(house: &mut House, phone: usize, expires: u32) {
    let last = house.phones[phone].notifications.last().expect("a notification").clone();
    house.act(phone, |phone, now| phone.renew(now, &last, expires));
}

fn statuses(house: &House, phone: usize) -> Vec<u16> {
    house.phones[phone].answers.iter().map(|answer| answer.status.code()).collect()
}

/// Which line a phone was told of, in which version, and the states of its calls.
pub(super) fn lamps(house: &House, phone: usize) -> Vec<String> {
    let between = |text: &str, before: &str, after: &str| -> Vec<String> {
        let parts = text.split(before).skip(1);
        parts.filter_map(|part| Some(part.split_once(after)?.0.to_owned())).collect()
    };
    let lamp = |request: &crate::message::Request| {
        assert_eq!(request.method, Method::Notify);
        let text = String::from_utf8_lossy(&request.body);
        let line = between(&text, "entity=\"sip:", "@").concat();
        let version = between(&text, "info\" version=\"", "\"").concat();
        let states = between(&text, "<state>", "<");
        [vec![line, version], states].concat().join(" ")
    };
    house.phones[phone].notifications.iter().map(lamp).collect()
}

fn states(house: &House, phone: usize) -> Vec<String> {
    let state = |request: &crate::message::Request| {
        request.headers.get(&HeaderName::SubscriptionState).unwrap_or_default().to_owned()
    };
    house.phones[phone].notifications.iter().map(state).collect()
}

fn document(house: &House, phone: usize) -> String {
    let last = house.phones[phone].notifications.last().expect("a notification");
    String::from_utf8_lossy(&last.body).into_owned()
}

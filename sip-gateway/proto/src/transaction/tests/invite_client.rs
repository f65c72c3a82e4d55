//! INVITE client transactions.

use super::*;

#[test]
fn in_calling_timer_a_repeats_the_invite_on_udp_until_timer_b_gives_up() {
    let mut lab = Lab::new();
    lab.request(UDP, Method::Invite);

    let happened = lab.until(31_999);
    assert_eq!(Lab::times(&happened, "> INVITE"), [500, 1_500, 3_500, 7_500, 15_500, 31_500]);

    assert_eq!(lab.until(40_000), [(32_000, "Failed Timeout".to_owned())]);
    assert!(lab.is_empty());
}

#[test]
fn in_calling_nothing_is_repeated_on_a_stream() {
    let mut lab = Lab::new();
    lab.request(TCP, Method::Invite);

    assert_eq!(lab.until(40_000), [(32_000, "Failed Timeout".to_owned())]);
}

#[test]
fn in_proceeding_nothing_is_repeated_and_nothing_times_out() {
    let mut lab = Lab::new();
    lab.request(UDP, Method::Invite);
    let invite = lab.sent_request();

    assert_eq!(lab.answer(UDP, &invite, 100), ["Response 100"]);
    assert_eq!(lab.answer(UDP, &invite, 180), ["Response 180"]);

    assert_eq!(lab.until(600_000), []);
    assert_eq!(lab.answer(UDP, &invite, 180), ["Response 180"]);
}

#[test]
fn a_failure_is_acknowledged_as_often_as_it_comes_until_timer_d() {
    let mut lab = Lab::new();
    lab.request(UDP, Method::Invite);
    let invite = lab.sent_request();

    assert_eq!(lab.answer(UDP, &invite, 486), ["> ACK", "Response 486"]);
    let ack = lab.sent_request();
    lab.until(31_000);
    assert_eq!(lab.answer(UDP, &invite, 486), ["> ACK"]);
    assert_eq!(lab.sent_request(), ack);

    assert_eq!(lab.until(32_000), []);
    assert!(lab.is_empty());
    assert_eq!(lab.answer(UDP, &invite, 486), [""; 0]);
}

#[test]
fn the_ack_to_a_failure_is_made_from_the_invite_and_the_to_of_the_response() {
    let mut lab = Lab::new();
    lab.request(UDP, Method::Invite);
    let invite = lab.sent_request();
    lab.answer(UDP, &invite, 404);

    let ack = lab.sent_request();

    assert_eq!(ack.uri, invite.uri);
    assert_eq!(ack.headers.vias().unwrap(), [via(&invite)]);
    assert_eq!(ack.headers.to().unwrap().tag(), Some("theirs"));
    assert_eq!(ack.headers.get(&HeaderName::From), invite.headers.get(&HeaderName::From));
    assert_eq!(ack.headers.get(&HeaderName::CSeq), Some("1 ACK"));
    assert_eq!(ack.headers.get(&HeaderName::Route), Some("<sip:proxy.example.org;lr>"));
    assert!(ack.body.is_empty());
}

#[test]
fn on_a_stream_timer_d_is_zero() {
    let mut lab = Lab::new();
    lab.request(TCP, Method::Invite);
    let invite = lab.sent_request();

    assert_eq!(lab.answer(TCP, &invite, 486), ["> ACK", "Response 486"]);

    assert!(lab.is_empty());
}

#[test]
fn in_accepted_every_2xx_is_told_and_nothing_else_until_timer_m() {
    for carrier in [UDP, TCP] {
        let mut lab = Lab::new();
        lab.request(carrier, Method::Invite);
        let invite = lab.sent_request();

        assert_eq!(lab.answer(carrier, &invite, 200), ["Response 200"]);
        assert_eq!(lab.answer(carrier, &invite, 200), ["Response 200"], "its ACK was lost");
        assert_eq!(lab.answer(carrier, &invite, 180), [""; 0], "it was late");
        assert_eq!(lab.answer(carrier, &invite, 486), [""; 0]);

        assert_eq!(lab.until(31_999), []);
        assert_eq!(lab.answer(carrier, &invite, 200), ["Response 200"]);
        lab.until(32_000);
        assert!(lab.is_empty());
        assert_eq!(lab.answer(carrier, &invite, 200), [""; 0]);
    }
}

#[test]
fn a_cancel_waits_for_the_first_provisional_response() {
    let mut lab = Lab::new();
    let key = lab.request(UDP, Method::Invite);
    let invite = lab.sent_request();

    assert_eq!(lab.cancel(key), [""; 0]);
    assert_eq!(lab.answer(UDP, &invite, 100), ["Response 100", "> CANCEL"]);

    let cancel = lab.sent_request();
    assert_eq!(via(&cancel), via(&invite));
    assert_eq!(cancel.headers.get(&HeaderName::CSeq), Some("1 CANCEL"));
    assert_eq!(cancel.headers.to().unwrap().tag(), None);
    assert_eq!(cancel.headers.get(&HeaderName::Route), invite.headers.get(&HeaderName::Route));
    assert_eq!(cancel.headers.get(&HeaderName::Reason), Some("SIP;cause=200"));
    assert_eq!(lab.cancel(key), [""; 0], "once is enough");
}

#[test]
fn a_cancel_is_a_transaction_whose_responses_nobody_is_told_of() {
    let mut lab = Lab::new();
    let key = lab.request(UDP, Method::Invite);
    let invite = lab.sent_request();
    lab.answer(UDP, &invite, 180);
    assert_eq!(lab.cancel(key), ["> CANCEL"]);
    let cancel = lab.sent_request();

    assert_eq!(lab.until(600), [(500, "> CANCEL".to_owned())]);
    assert_eq!(lab.answer(UDP, &cancel, 200), [""; 0]);
    assert_eq!(lab.until(3_000), []);

    assert_eq!(lab.answer(UDP, &invite, 487), ["> ACK", "Response 487"]);
    lab.until(60_000);
    assert!(lab.is_empty());
}

#[test]
fn a_2xx_that_crosses_the_cancel_is_told() {
    let mut lab = Lab::new();
    let key = lab.request(TCP, Method::Invite);
    let invite = lab.sent_request();
    lab.answer(TCP, &invite, 180);
    lab.cancel(key);
    let cancel = lab.sent_request();

    assert_eq!(lab.answer(TCP, &invite, 200), ["Response 200"]);
    assert_eq!(lab.answer(TCP, &cancel, 481), [""; 0]);
}

#[test]
fn after_a_final_response_there_is_nothing_to_cancel() {
    for status in [200, 486] {
        let mut lab = Lab::new();
        let key = lab.request(UDP, Method::Invite);
        let invite = lab.sent_request();
        assert_eq!(lab.cancel(key), [""; 0]);

        lab.answer(UDP, &invite, status);

        assert_eq!(lab.cancel(key), [""; 0]);
        let later = lab.until(100_000);
        assert!(!later.iter().any(|(_, word)| word == "> CANCEL"), "{later:?}");
    }
}

#[test]
fn an_invite_whose_cancel_is_answered_but_itself_is_not_fails_after_64_t1() {
    let mut lab = Lab::new();
    let key = lab.request(TCP, Method::Invite);
    let invite = lab.sent_request();
    lab.answer(TCP, &invite, 180);
    lab.until(10_000);
    lab.cancel(key);
    let cancel = lab.sent_request();
    lab.answer(TCP, &cancel, 200);

    assert_eq!(lab.answer(TCP, &invite, 180), ["Response 180"], "which changes nothing");

    assert_eq!(lab.until(100_000), [(42_000, "Failed Timeout".to_owned())]);
    assert!(lab.is_empty());
}

#[test]
fn a_failure_of_the_flow_fails_what_waits_on_it() {
    for status in [None, Some(180)] {
        let mut lab = Lab::new();
        lab.request(TCP, Method::Invite);
        let invite = lab.sent_request();
        if let Some(status) = status {
            lab.answer(TCP, &invite, status);
        }
        let another = Flow { connection: Connection(8), ..flow(TCP) };

        assert_eq!(lab.fail(another), [""; 0]);
        assert_eq!(lab.fail(flow(TCP)), ["Failed Transport"]);
        assert!(lab.is_empty());
    }
}

#[test]
fn a_failure_of_the_flow_does_not_concern_what_is_answered() {
    for status in [200, 486] {
        let mut lab = Lab::new();
        lab.request(UDP, Method::Invite);
        let invite = lab.sent_request();
        lab.answer(UDP, &invite, status);

        assert_eq!(lab.fail(flow(UDP)), [""; 0]);
    }
}

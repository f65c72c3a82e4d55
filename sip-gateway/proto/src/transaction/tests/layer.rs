//! What concerns all transactions: addresses, merged requests, limits, what is answered without keeping anything.

use super::*;
use crate::message::{Response, Uri};
use crate::transaction::RequestError;

const BRANCH: &str = "z9hG4bK1";

#[test]
fn a_request_is_told_with_where_it_came_from_and_answered_there() {
    let mut lab = Lab::new();
    lab.comes(UDP, &text("OPTIONS", BRANCH));

    let via = via(lab.request.as_ref().unwrap());
    assert_eq!((via.received(), via.rport()), (Some("192.0.2.17".parse().unwrap()), Some(40_000)));
    lab.respond(200);
    let (to, _) = lab.sent.clone().unwrap();
    assert_eq!(to, flow(UDP));
    assert_eq!(lab.sent_response().headers.via().unwrap().rport(), Some(40_000));
}

#[test]
fn without_rport_a_datagram_is_answered_at_the_port_it_names_unless_there_is_a_nat() {
    for (sent_by, port) in
        [("192.0.2.17:5062", 5_062), ("192.0.2.17", 5_060), ("10.0.0.5:5062", 40_000), ("phone", 40_000)]
    {
        let mut lab = Lab::new();
        let plain = text("OPTIONS", BRANCH).replace("192.0.2.17:5060;rport", sent_by);
        lab.comes(UDP, &plain.replace(";branch", ";maddr=203.0.113.9;branch"));
        lab.respond(200);

        let (to, _) = lab.sent.clone().unwrap();
        assert_eq!(to.remote, format!("192.0.2.17:{port}").parse().unwrap(), "{sent_by}");

        let request = lab.request.clone().unwrap();
        lab.layer.respond_stateless(flow(UDP), &request, request.reply(StatusCode::OK, None));
        lab.drain();
        let (again, _) = lab.sent.clone().unwrap();
        assert_eq!(again, to);
    }
}

#[test]
fn a_request_that_has_come_by_two_ways_is_refused_the_second_time() {
    let mut lab = Lab::new();
    lab.comes(UDP, &text("INVITE", BRANCH));

    assert_eq!(lab.comes(UDP, &text("INVITE", "z9hG4bK2")), ["> 482 INVITE"]);
    let ack = text("ACK", "z9hG4bK2");
    let tag = lab.sent_response().headers.to().unwrap().tag().unwrap().to_owned();
    let ack = ack.replace("To: <sip:200@example.org>", &format!("To: <sip:200@example.org>;tag={tag}"));
    assert_eq!(lab.comes(UDP, &ack), [""; 0], "the refusal's ACK is absorbed");

    for other in [
        text("INVITE", "z9hG4bK3").replace("tag=from", "tag=other"),
        text("INVITE", "z9hG4bK4").replace("CSeq: 1", "CSeq: 2"),
        text("INVITE", "z9hG4bK5").replace("Call-ID: call", "Call-ID: other"),
        text("INVITE", "z9hG4bK6").replace("To: <sip:200@example.org>", "To: <sip:200@example.org>;tag=ours"),
        text("MESSAGE", "z9hG4bK7"),
    ] {
        assert_eq!(lab.comes(UDP, &other).len(), 1);
        assert!(lab.request.take().is_some(), "{other}");
    }
}

#[test]
fn a_request_that_is_over_is_not_merged_with_the_next() {
    let mut lab = Lab::new();
    lab.comes(TCP, &text("OPTIONS", BRANCH));
    lab.respond(200);

    assert_eq!(lab.comes(TCP, &text("OPTIONS", "z9hG4bK2")), ["Request OPTIONS"]);
}

#[test]
fn a_challenge_leaves_nothing_behind_and_its_ack_is_absorbed() {
    let mut lab = Lab::new();
    lab.comes(UDP, &text("INVITE", BRANCH));
    let request = lab.request.clone().unwrap();
    let challenge = || request.reply(StatusCode::UNAUTHORIZED, None);

    lab.layer.respond_stateless(flow(UDP), &request, challenge());

    assert_eq!(lab.drain(), ["> 401 INVITE"]);
    assert!(lab.is_empty());
    assert_eq!(lab.until(10_000), [], "no 100, no timer G");
    let tag = lab.sent_response().headers.to().unwrap().tag().unwrap().to_owned();
    let to = format!("To: <sip:200@example.org>;tag={tag}");
    let ack = text("ACK", BRANCH).replace("To: <sip:200@example.org>", &to);
    assert_eq!(lab.comes(UDP, &ack), [""; 0]);
    assert_eq!(lab.comes(UDP, &text("ACK", BRANCH)), ["Ack call"], "that of somebody else is not");

    assert_eq!(lab.comes(UDP, &text("INVITE", BRANCH)), ["Request INVITE"], "a retransmission is new");
    lab.layer.respond_stateless(flow(UDP), &request, challenge());
    lab.drain();
    assert_eq!(lab.sent_response().headers.to().unwrap().tag(), Some(tag.as_str()));
}

#[test]
fn what_cannot_be_read_is_refused_to_where_it_came_from() {
    let mut lab = Lab::new();
    let broken = text("OPTIONS", BRANCH).replace("CSeq: 1", "CSeq: one");
    let error = Message::parse(broken.as_bytes()).expect_err("broken");

    lab.layer.handle_malformed(flow(UDP), &error);

    assert_eq!(lab.drain_raw(), [400]);
    let noise = Message::parse(b"\x01\x02").expect_err("noise");
    lab.layer.handle_malformed(flow(UDP), &noise);
    assert_eq!(lab.layer.poll_output(), None);
}

impl Lab {
    /// The statuses of what was sent, which need not be readable otherwise; all goes to the sender.
    fn drain_raw(&mut self) -> Vec<u16> {
        let mut statuses = Vec::new();
        while let Some(Output::Transmit { flow: to, bytes }) = self.layer.poll_output() {
            assert_eq!(to, flow(UDP));
            let text = String::from_utf8(bytes).expect("text");
            assert!(text.contains("rport=40000"), "{text}");
            statuses.push(text["SIP/2.0 ".len()..][..3].parse().expect("a status"));
        }
        statuses
    }
}

#[test]
fn our_via_says_what_was_set_for_the_socket_or_its_address() {
    let mut lab = Lab::new();
    lab.request(TCP, Method::Options);
    let text = via(&lab.sent_request()).to_string();
    assert!(text.starts_with("SIP/2.0/TCP 192.0.2.1:5060;rport;branch=z9hG4bK"), "{text}");

    lab.layer.set_sent_by(TCP, flow(TCP).local, "pbx.example.org", None);
    lab.request(TCP, Method::Options);
    assert!(via(&lab.sent_request()).to_string().starts_with("SIP/2.0/TCP pbx.example.org;rport"));

    let six = Flow { local: "[2001:db8::1]:5061".parse().unwrap(), carrier: Carrier::Tls, ..flow(TCP) };
    lab.layer.request(Instant::now(), six, ours(Method::Options)).expect("a transaction");
    lab.drain();
    assert!(via(&lab.sent_request()).to_string().starts_with("SIP/2.0/TLS [2001:db8::1]:5061;rport"));
}

#[test]
fn an_ack_to_a_2xx_is_sent_without_a_transaction_under_its_own_branch() {
    let mut lab = Lab::new();
    lab.request(UDP, Method::Invite);
    let invite = lab.sent_request();
    lab.answer(UDP, &invite, 200);

    lab.layer.send_ack(Instant::now(), flow(UDP), ours(Method::Ack));

    assert_eq!(lab.drain(), ["> ACK"]);
    assert_ne!(via(&lab.sent_request()).branch(), via(&invite).branch());
    assert_eq!(lab.layer.client_transactions(), 1);
}

#[test]
fn requests_that_are_none_are_not_sent() {
    let mut lab = Lab::new();
    let now = Instant::now();
    let mut try_out = |request| lab.layer.request(now, flow(UDP), request).map(|_| ());

    assert_eq!(try_out(ours(Method::Ack)), Err(RequestError::NotOfItsOwn));
    assert_eq!(try_out(ours(Method::Cancel)), Err(RequestError::NotOfItsOwn));
    let bare = Request::new(Method::Options, Uri::parse("sip:a@b").unwrap());
    assert!(matches!(try_out(bare), Err(RequestError::Malformed(_))));
    let other = ours(Method::Bye).with(HeaderName::Subject, "x");
    let mut other = Request { method: Method::Options, ..other };
    assert!(matches!(try_out(other.clone()), Err(RequestError::Malformed(_))));
    other.headers.set(HeaderName::CSeq, "1 OPTIONS");
    assert_eq!(try_out(other), Ok(()));
}

#[test]
fn the_number_of_transactions_is_bounded() {
    let mut lab = Lab::new();
    (lab.layer.clients.limit, lab.layer.servers.limit) = (2, 2);
    let now = Instant::now();
    for _ in 0..2 {
        lab.request(TCP, Method::Options);
    }
    let error = lab.layer.request(now, flow(TCP), ours(Method::Options));
    assert_eq!(error, Err(RequestError::TooMany(2)));

    for number in 0..2 {
        let request = text("OPTIONS", &format!("{BRANCH}{number}"));
        let request = request.replace("Call-ID: call", &format!("Call-ID: {number}"));
        assert_eq!(lab.comes(UDP, &request), ["Request OPTIONS"]);
    }
    assert_eq!(lab.comes(UDP, &text("OPTIONS", BRANCH)), ["> 503 OPTIONS"]);
    assert_eq!(lab.sent_response().headers.get(&HeaderName::RetryAfter), Some("10"));
    assert_eq!(lab.layer.server_transactions(), 2);
    lab.respond(200);
    lab.until(32_000);
    assert_eq!(lab.comes(UDP, &text("OPTIONS", BRANCH)), ["Request OPTIONS"]);
}

#[test]
fn when_there_is_no_room_what_was_answered_the_longest_ago_is_forgotten_first() {
    let mut lab = Lab::new();
    lab.layer.limit_servers(3);
    let register = |number: u32| {
        text("REGISTER", &format!("{BRANCH}{number}")).replace("Call-ID: call", &format!("Call-ID: {number}"))
    };
    for number in 0..3 {
        lab.comes(UDP, &register(number));
        lab.respond(200);
        lab.until(u64::from(number + 1) * 1_000);
    }

    assert_eq!(lab.comes(UDP, &register(3)), ["Request REGISTER"]);
    lab.respond(200);
    assert_eq!(lab.layer.server_transactions(), 3);
    for number in 1..=3 {
        assert_eq!(lab.comes(UDP, &register(number)), ["> 200 REGISTER"], "{number} is remembered");
    }
    assert_eq!(
        lab.comes(UDP, &register(0)),
        ["Request REGISTER"],
        "the first is new, and takes the second's place"
    );
    assert_eq!(lab.comes(UDP, &register(2)), ["> 200 REGISTER"]);
    lab.respond(200);
    lab.until(40_000);
    assert!(lab.is_empty());
    assert!(lab.layer.servers.remembers_no_answers(), "what is over is forgotten here as well");
}

#[test]
fn what_a_repetition_would_undo_or_nobody_has_answered_is_never_forgotten_early() {
    let in_dialog = "To: <sip:200@example.org>;tag=ours";
    let bye = text("BYE", "z9hG4bKbye").replace("To: <sip:200@example.org>", in_dialog);
    let invite = text("INVITE", "z9hG4bKinvite").replace("Call-ID: call", "Call-ID: refused");
    let waiting = text("REGISTER", "z9hG4bKwaiting").replace("Call-ID: call", "Call-ID: waiting");
    let mut lab = Lab::new();
    lab.layer.limit_servers(3);
    for (request, status) in [(&bye, Some(200)), (&invite, Some(486)), (&waiting, None)] {
        lab.comes(UDP, request);
        status.map(|status| lab.respond(status));
    }

    assert_eq!(lab.comes(UDP, &text("REGISTER", BRANCH)), ["> 503 REGISTER"]);

    assert_eq!(lab.comes(UDP, &bye), ["> 200 BYE"]);
    assert_eq!(lab.comes(UDP, &invite), ["> 486 INVITE"]);
    assert_eq!(lab.comes(UDP, &waiting), [""; 0]);
}

#[test]
fn a_response_that_answers_nothing_is_dropped() {
    let mut lab = Lab::new();
    let Message::Request(request) = read(&text("INVITE", BRANCH)) else { unreachable!() };
    let response: Response = request.reply(StatusCode::OK, Some("theirs"));

    lab.layer.handle_message(Instant::now(), flow(UDP), Message::Response(response));

    assert_eq!(lab.drain(), [""; 0]);
}

//! Dialogs as both sides see them.

use std::net::SocketAddr;

use super::*;
use crate::flow::{Carrier, Connection};
use crate::message::Message;

const INVITE: &str = "INVITE sip:200@palabre.example SIP/2.0\r\n\
    Via: SIP/2.0/UDP 10.0.0.21:5060;branch=z9hG4bK1\r\n\
    From: \"Reception\" <sip:100@palabre.example>;tag=far\r\nTo: <sip:200@palabre.example>\r\n\
    Call-ID: 1_22@10.0.0.21\r\nCSeq: 7 INVITE\r\nContact: <sip:100@10.0.0.21:5060>\r\n\
    Record-Route: <sip:p2.example;lr>, <sip:p1.example;lr>\r\n\r\n";

#[test]
fn the_callee_goes_back_along_the_recorded_hops() {
    let mut dialog = callee();

    let bye = dialog.request(Method::Bye);

    assert_eq!(bye.uri.as_str(), "sip:100@10.0.0.21:5060");
    assert_eq!(routes(&bye), ["<sip:p2.example;lr>", "<sip:p1.example;lr>"]);
    assert_eq!(bye.headers.get(&HeaderName::CSeq), Some("1 BYE"));
    assert_eq!(bye.headers.get(&HeaderName::MaxForwards), Some("70"));
    assert_eq!(bye.headers.from().unwrap().tag(), Some("near"));
    assert_eq!(bye.headers.to().unwrap().tag(), Some("far"));
    assert!(!bye.headers.contains(&HeaderName::Contact));
}

#[test]
fn the_caller_goes_along_the_recorded_hops_in_reverse() {
    let invite = invite();
    let response = ringing(&invite);

    let mut dialog = Dialog::from_response(flow(), &invite, &response).expect("a dialog");
    let update = dialog.request(Method::Update);

    assert!(dialog.is_early());
    assert_eq!(routes(&update), ["<sip:p1.example;lr>", "<sip:p2.example;lr>"]);
    assert_eq!(update.uri.as_str(), "sip:200@192.0.2.8");
    assert_eq!(update.headers.get(&HeaderName::CSeq), Some("8 UPDATE"));
    assert_eq!(update.headers.contact().unwrap().uri.as_str(), "sip:100@10.0.0.21:5060");
}

#[test]
fn the_final_response_replaces_route_and_target() {
    let invite = invite();
    let mut dialog = Dialog::from_response(flow(), &invite, &ringing(&invite)).expect("a dialog");
    let mut accepted = invite.reply(crate::message::StatusCode::OK, Some("near"));
    accepted.headers.push(HeaderName::Contact, "<sip:200@192.0.2.9>");

    dialog.confirm(flow(), &accepted).expect("confirmed");
    let ack = dialog.ack(7);

    assert!(!dialog.is_early());
    assert_eq!(ack.uri.as_str(), "sip:200@192.0.2.9");
    assert!(routes(&ack).is_empty());
    assert_eq!(ack.headers.get(&HeaderName::CSeq), Some("7 ACK"));
}

#[test]
fn a_strict_router_is_given_its_address_in_the_request_line() {
    let text = INVITE.replace("<sip:p2.example;lr>", "<sip:p2.example;method=BYE?x=y>");
    let mut dialog = Dialog::from_request(flow(), &read(&text), "near", contact()).expect("a dialog");

    let bye = dialog.request(Method::Bye);

    assert_eq!(bye.uri.as_str(), "sip:p2.example");
    assert_eq!(routes(&bye), ["<sip:p1.example;lr>", "<sip:100@10.0.0.21:5060>"]);
}

#[test]
fn an_older_request_is_out_of_order_and_a_gap_is_not() {
    let mut dialog = callee();
    let numbered = |number: u32| read(&INVITE.replace("CSeq: 7", &format!("CSeq: {number}")));

    assert_eq!(dialog.check_order(&numbered(12)), Ok(()));
    assert_eq!(dialog.check_order(&numbered(11)), Err(OutOfOrder { got: 11, newest: 12 }));
    assert_eq!(dialog.check_order(&numbered(13)), Ok(()));
}

#[test]
fn a_phone_that_moved_is_followed() {
    let mut dialog = callee();
    let elsewhere = Flow { connection: Connection(9), ..flow() };
    let moved = read(&INVITE.replace("<sip:100@10.0.0.21:5060>", "<sip:100@10.0.0.99:5060>"));

    dialog.refresh_target(elsewhere, &moved.headers);
    dialog.refresh_target(flow(), &Headers::new());

    assert_eq!(dialog.target().as_str(), "sip:100@10.0.0.99:5060");
    assert_eq!(dialog.flow(), elsewhere);
}

#[test]
fn what_makes_no_dialog_is_an_error() {
    let invite = invite();
    let untagged = invite.reply(crate::message::StatusCode::RINGING, None);
    assert_eq!(Dialog::from_response(flow(), &invite, &untagged).err(), Some(DialogError::NoTag));

    let unreachable = read(&INVITE.replace("Contact:", "X-Contact:"));
    assert!(Dialog::from_request(flow(), &unreachable, "near", contact()).is_err());

    let long = INVITE.replace("<sip:p1.example;lr>", &vec!["<sip:p.example;lr>"; 16].join(","));
    let error = Dialog::from_request(flow(), &read(&long), "near", contact()).err();
    assert_eq!(error, Some(DialogError::TooManyRoutes(17)));
}

#[test]
fn a_caller_without_a_tag_has_a_dialog_all_the_same() {
    let dialog = Dialog::from_request(flow(), &read(&INVITE.replace(";tag=far", "")), "near", contact());

    assert_eq!(dialog.expect("a dialog").id(), &DialogId::new("1_22@10.0.0.21", "near", ""));
}

fn callee() -> Dialog {
    Dialog::from_request(flow(), &invite(), "near", contact()).expect("a dialog")
}

fn ringing(invite: &Request) -> Response {
    let mut response = invite.reply(crate::message::StatusCode::RINGING, Some("near"));
    response.headers.push(HeaderName::Contact, "<sip:200@192.0.2.8>");
    response.headers.copy_from(&invite.headers, &HeaderName::RecordRoute);
    response
}

fn routes(request: &Request) -> Vec<&str> {
    request.headers.values(&HeaderName::Route).collect()
}

fn invite() -> Request {
    read(INVITE)
}

fn read(text: &str) -> Request {
    match Message::parse(text.as_bytes()) {
        Ok(Message::Request(request)) => request,
        other => panic!("no request: {other:?}"),
    }
}

fn contact() -> Uri {
    Uri::parse("sip:192.0.2.1:5060").expect("a uri")
}

fn flow() -> Flow {
    let address = |text: &str| text.parse::<SocketAddr>().expect("an address");
    Flow {
        carrier: Carrier::Udp,
        local: address("192.0.2.1:5060"),
        remote: address("10.0.0.21:5060"),
        connection: Connection::NONE,
    }
}

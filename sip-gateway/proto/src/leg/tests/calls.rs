//! Calls that are made, answered, refused, given up and hung up.

use std::time::{Duration, Instant};

use super::wire::{A, B, HOP, Line, agreed, audio, flow, invitation, tokens};
use crate::flow::{Connection, Flow};
use crate::leg::{Ending, Leg, LegEvent, Reason};
use crate::message::{HeaderName, Headers, Method, StatusCode};
use crate::sdp::{Codec, NegotiationError};

#[test]
fn a_call_rings_is_answered_and_hung_up() {
    let mut line = Line::calling();
    line.with(B, |leg, now| leg.ring(now, StatusCode::RINGING, None).unwrap());
    line.run(HOP);
    assert_eq!(line.events[A], [LegEvent::Ringing { status: StatusCode::RINGING }]);

    line.with(B, |leg, now| leg.answer(now, &audio(B)).unwrap());
    line.run(Duration::from_secs(1));
    let (near, far) = (agreed(&line.events[A][1]).unwrap(), agreed(&line.events[B][0]).unwrap());
    assert_eq!((&near.send.codec, &far.send.codec), (&Codec::G722, &Codec::G722));
    assert_eq!(near.remote, Some(audio(B).address));
    assert_eq!(far.remote, Some(audio(A).address));
    assert!(line.leg(A).is_confirmed() && line.leg(B).is_confirmed());

    line.hang_up(A);
    line.run(Duration::from_secs(1));
    assert_eq!(line.events[B].last(), Some(&LegEvent::Ended(Ending::HungUp(None))));
    assert_eq!(line.sent, ["A INVITE", "B 180 INVITE", "B 200 INVITE", "A ACK", "A BYE", "B 200 BYE"]);
    assert!(line.leg(A).is_over() && line.leg(B).is_over());
}

#[test]
fn what_is_shown_of_a_leg_and_its_outputs_holds_no_description() {
    let mut leg = Leg::invite(Instant::now(), invitation(Some(audio(A))), tokens(A));
    let shown = format!("{leg:?} {:?}", leg.poll_output());

    assert!(shown.contains("Request(INVITE sip:200@192.0.2.2:5060)"), "{shown}");
    assert!(!shown.contains("v=0") && !shown.contains("118, 61, 48"), "{shown}");
}

#[test]
fn the_callee_hangs_up_and_says_why() {
    let mut line = Line::talking();

    line.with(B, |leg, now| leg.hang_up(now, Some(Reason::q850(16, "Normal call clearing"))));
    line.run(HOP * 2);

    let ending = Ending::HungUp(Some(Reason::q850(16, "Normal call clearing")));
    assert_eq!(line.events[A], [LegEvent::Ended(ending)]);
    assert_eq!(line.sent, ["B BYE", "A 200 BYE"]);
    assert!(line.leg(B).is_over());
}

#[test]
fn hanging_up_before_the_answer_cancels_with_the_reason() {
    let mut line = Line::calling();
    line.with(B, |leg, now| leg.ring(now, StatusCode::RINGING, None).unwrap());
    line.run(HOP);

    line.with(A, |leg, now| leg.hang_up(now, Some(Reason::completed_elsewhere())));
    assert!(!line.leg(A).is_over(), "the answer may be on its way");
    line.run(HOP * 2);

    let ending = Ending::Cancelled(Some(Reason::completed_elsewhere()));
    assert_eq!(line.events[B], [LegEvent::Ended(ending)]);
    assert_eq!(line.sent[2..], ["A CANCEL", "B 487 INVITE"]);
    assert!(line.leg(A).is_over() && line.leg(B).is_over());
}

#[test]
fn an_answer_that_crosses_the_cancel_is_acknowledged_and_hung_up() {
    let mut line = Line::calling();
    line.with(B, |leg, now| leg.answer(now, &audio(B)).unwrap());

    line.hang_up(A);
    line.run(Duration::from_secs(1));

    assert_eq!(line.sent[1..], ["B 200 INVITE", "A CANCEL", "A ACK", "A BYE", "B 200 BYE"]);
    assert_eq!(line.events[A], []);
    assert_eq!(line.events[B].last(), Some(&LegEvent::Ended(Ending::HungUp(None))));
    assert!(line.leg(A).is_over() && line.leg(B).is_over());
}

#[test]
fn a_refusal_is_told_with_what_was_said_beside_it() {
    let mut line = Line::calling();
    let mut headers = Headers::new();
    headers.push(HeaderName::RetryAfter, 30);

    line.with(B, |leg, now| leg.refuse(now, StatusCode::BUSY_HERE, headers));
    line.run(HOP);

    let [LegEvent::Ended(Ending::Refused { status, headers })] = &line.events[A][..] else { panic!() };
    assert_eq!(*status, StatusCode::BUSY_HERE);
    assert_eq!(headers.get(&HeaderName::RetryAfter), Some("30"));
    assert!(line.leg(A).is_over() && line.leg(B).is_over());
}

#[test]
fn a_callee_who_hangs_up_without_answering_refuses() {
    let mut line = Line::calling();
    line.with(B, |leg, now| leg.hang_up(now, Some(Reason::sip(StatusCode::DECLINE, "no"))));
    line.run(HOP);

    assert_eq!(line.responses(B, &Method::Invite)[0].status, StatusCode::DECLINE);
}

#[test]
fn a_redirection_names_the_likeliest_place_first() {
    let mut line = Line::calling();
    let mut headers = Headers::new();
    headers.push(HeaderName::Contact, "<sip:300@x>;q=0.2, <sip:400@x>;q=0.7");

    line.with(B, |leg, now| leg.refuse(now, StatusCode::MOVED_TEMPORARILY, headers));
    line.run(HOP);

    let [LegEvent::Ended(Ending::Redirected(contacts))] = &line.events[A][..] else { panic!() };
    let users: Vec<_> = contacts.iter().filter_map(|contact| contact.uri.raw_user()).collect();
    assert_eq!(users, ["400", "300"]);
}

#[test]
fn an_answer_without_a_common_codec_is_an_error_and_says_nothing() {
    let mut line = Line::calling();
    let mut local = audio(B);
    local.formats.retain(|format| !format.codec.is_speech());

    assert_eq!(line.with(B, |leg, now| leg.answer(now, &local)), Err(NegotiationError::NoCodec));
    assert_eq!(line.sent, ["A INVITE"]);

    line.with(B, |leg, now| leg.refuse(now, StatusCode::NOT_ACCEPTABLE_HERE, Headers::new()));
    line.run(HOP);
    assert!(matches!(line.events[A][..], [LegEvent::Ended(Ending::Refused { .. })]));
}

#[test]
fn the_answer_is_repeated_until_its_acknowledgement_comes() {
    let mut line = Line::calling();
    line.lose("B 200 INVITE", 3);

    line.with(B, |leg, now| leg.answer(now, &audio(B)).unwrap());
    line.run(Duration::from_secs(40));

    // After 500, 1,000 and 2,000 ms.
    assert_eq!(line.sent.iter().filter(|what| *what == "B 200 INVITE").count(), 4);
    assert_eq!(line.sent.iter().filter(|what| *what == "A ACK").count(), 1);
    assert_eq!(line.events[B].len(), 1);
}

#[test]
fn a_lost_acknowledgement_is_sent_again_when_the_answer_is() {
    let mut line = Line::calling();
    line.lose("A ACK", 2);

    line.with(B, |leg, now| leg.answer(now, &audio(B)).unwrap());
    line.run(Duration::from_secs(40));

    assert_eq!(line.sent.iter().filter(|what| *what == "A ACK").count(), 3);
    assert_eq!(line.events[A].len(), 1, "the call was answered once");
    assert!(line.leg(B).is_confirmed());
}

#[test]
fn a_call_whose_acknowledgement_never_comes_is_hung_up() {
    let mut line = Line::calling();
    line.lose("A ACK", usize::MAX);

    line.with(B, |leg, now| leg.answer(now, &audio(B)).unwrap());
    line.run(Duration::from_secs(31));
    assert!(line.leg(B).is_confirmed());
    line.run(Duration::from_secs(2));

    assert_eq!(line.events[B].last(), Some(&LegEvent::Ended(Ending::Lost)));
    assert_eq!(line.events[A].last(), Some(&LegEvent::Ended(Ending::HungUp(None))));
}

#[test]
fn hanging_up_waits_for_the_acknowledgement_that_the_caller_owes() {
    let mut line = Line::calling();
    line.with(B, |leg, now| leg.answer(now, &audio(B)).unwrap());
    line.hang_up(B);
    assert_eq!(line.sent, ["A INVITE", "B 200 INVITE"]);

    line.run(Duration::from_secs(1));

    assert_eq!(line.sent[2..], ["A ACK", "B BYE", "A 200 BYE"]);
    assert!(line.leg(A).is_over() && line.leg(B).is_over());
}

#[test]
fn both_hang_up_at_once() {
    let mut line = Line::talking();
    line.hang_up(A);
    line.hang_up(B);
    line.run(Duration::from_secs(1));

    assert_eq!(line.sent, ["A BYE", "B BYE", "B 200 BYE", "A 200 BYE"]);
    assert!(line.leg(A).is_over() && line.leg(B).is_over());
    assert!(line.events.iter().all(Vec::is_empty));
}

#[test]
fn the_caller_may_leave_the_offer_to_the_callee() {
    let mut line = Line::new();
    line.invite(None);
    line.run(HOP);
    assert_eq!(line.leg(B).offered(), None);

    line.with(B, |leg, now| leg.answer(now, &audio(B)).unwrap());
    line.run(HOP);
    let [LegEvent::Offered(offered)] = &line.events[A][..] else { panic!("{:?}", line.events[A]) };
    assert_eq!(offered.formats[0].codec, Codec::G722);
    assert_eq!(line.events[B], [], "nothing is agreed on yet");

    line.with(A, |leg, now| leg.accept(now, &audio(A)).unwrap());
    line.run(Duration::from_secs(1));
    assert_eq!(agreed(&line.events[A][1]).unwrap().remote, Some(audio(B).address));
    assert_eq!(agreed(&line.events[B][0]).unwrap().remote, Some(audio(A).address));
    assert_eq!(line.sent, ["A INVITE", "B 200 INVITE", "A ACK"]);
}

#[test]
fn a_callee_who_does_not_wait_for_the_answer_it_asked_for_is_not_called_back() {
    let mut line = Line::new();
    line.disturb(|_| None);
    line.invite(None);
    let fields = [(HeaderName::ContentType, "application/sdp")];
    line.reply_with(
        &Method::Invite,
        "one",
        200,
        &fields,
        "v=0\r\nm=audio 4 RTP/AVP 8\r\nc=IN IP4 192.0.2.2\r\n",
    );
    let bye = "BYE sip:192.0.2.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKb\r\n\
               From: <sip:200@palabre.example>;tag=one\r\nTo: <sip:100@palabre.example>;tag=near\r\n\
               Call-ID: call\r\nCSeq: 1 BYE\r\n\r\n";
    line.deliver(A, bye.as_bytes());

    line.with(A, |leg, now| leg.accept(now, &audio(A)).unwrap());

    assert!(matches!(line.events[A][..], [LegEvent::Offered(_), LegEvent::Ended(Ending::HungUp(None))]));
    assert_eq!(line.sent, ["A INVITE", "A 200 BYE"]);
    assert!(!line.leg(A).is_confirmed());
}

#[test]
fn a_phone_that_came_back_over_another_connection_is_followed_there() {
    let mut line = Line::talking();
    let elsewhere = Flow { connection: Connection(9), ..flow(A) };
    line.with(A, |leg, _| leg.follow(elsewhere));

    assert_eq!(line.leg(A).flow(), elsewhere);
}

#[test]
fn an_acknowledgement_without_the_answer_it_owes_ends_the_call() {
    let mut line = Line::new();
    line.invite(None);
    line.run(HOP);
    line.with(B, |leg, now| leg.answer(now, &audio(B)).unwrap());
    line.run(HOP);

    line.hang_up(A);
    line.run(Duration::from_secs(1));

    assert_eq!(line.sent[2..], ["A ACK", "A BYE", "B BYE", "B 200 BYE", "A 200 BYE"]);
    assert!(line.leg(A).is_over() && line.leg(B).is_over());
}

//! What happens before the answer: early media, PRACK, forks, UPDATE.

use std::time::Duration;

use super::wire::{A, B, HOP, Line, agreed, audio, directed};
use crate::leg::{Ending, LegEvent};
use crate::message::{HeaderName, Method, StatusCode};
use crate::sdp::{Direction, LocalAudio};

#[test]
fn early_media_is_sent_reliably_and_confirmed() {
    let mut line = Line::calling();

    line.with(B, |leg, now| leg.ring(now, StatusCode::SESSION_PROGRESS, Some(&audio(B))).unwrap());
    line.run(HOP * 3);

    assert_eq!(line.sent, ["A INVITE", "B 183 INVITE", "A PRACK", "B 200 PRACK"]);
    let progress = LegEvent::Ringing { status: StatusCode::SESSION_PROGRESS };
    assert_eq!(line.events[A][0], progress);
    assert_eq!(agreed(&line.events[A][1]).unwrap().remote, Some(audio(B).address));
    assert!(matches!(line.events[B][..], [LegEvent::EarlyMedia(_)]));

    line.with(B, |leg, now| leg.answer(now, &audio(B)).unwrap());
    line.run(Duration::from_secs(1));
    let success = line.responses(B, &Method::Invite)[1];
    assert!(success.body.is_empty(), "all was said in the 183");
    assert!(matches!(line.events[A][2..], [LegEvent::Answered(_)]));
    assert!(matches!(line.events[B][1..], [LegEvent::Answered(_)]));
}

#[test]
fn a_lost_reliable_response_is_repeated_and_the_answer_waits_for_its_prack() {
    let mut line = Line::calling();
    // So that the caller's INVITE is not repeated, and the 183 not for its sake.
    line.with(B, |leg, now| leg.ring(now, StatusCode::RINGING, None).unwrap());
    line.run(HOP);
    line.lose("B 183 INVITE", 2);
    line.with(B, |leg, now| {
        leg.ring(now, StatusCode::SESSION_PROGRESS, Some(&audio(B))).unwrap();
        leg.answer(now, &audio(B)).unwrap();
    });
    assert_eq!(line.sent[2..], ["B 183 INVITE"]);

    line.run(Duration::from_secs(5));

    assert_eq!(
        line.sent[2..],
        ["B 183 INVITE", "B 183 INVITE", "B 183 INVITE", "A PRACK", "B 200 PRACK", "B 200 INVITE", "A ACK"]
    );
    assert!(line.leg(A).is_confirmed() && line.leg(B).is_confirmed());
}

#[test]
fn a_caller_who_never_confirms_is_refused() {
    let mut line = Line::calling();
    line.lose("A PRACK", usize::MAX);
    line.with(B, |leg, now| leg.ring(now, StatusCode::SESSION_PROGRESS, Some(&audio(B))).unwrap());

    line.run(Duration::from_secs(40));

    assert_eq!(line.events[B].last(), Some(&LegEvent::Ended(Ending::Lost)));
    let [.., LegEvent::Ended(Ending::Refused { status, .. })] = &line.events[A][..] else { panic!() };
    assert_eq!(*status, StatusCode::SERVER_TIMEOUT);
}

#[test]
fn a_second_reliable_response_waits_for_the_prack_of_the_first() {
    let mut line = Line::calling();
    line.with(B, |leg, now| {
        leg.ring(now, StatusCode::SESSION_PROGRESS, Some(&audio(B))).unwrap();
        leg.ring(now, StatusCode::RINGING, None).unwrap();
        leg.ring(now, StatusCode::QUEUED, Some(&audio(B))).unwrap();
    });
    assert_eq!(line.sent[1..], ["B 183 INVITE", "B 180 INVITE"], "what is for show only does not wait");

    line.run(HOP * 3);

    assert_eq!(line.sent[3..], ["A PRACK", "B 200 PRACK", "B 182 INVITE"]);
}

#[test]
fn sound_may_change_by_update_before_the_answer() {
    let mut line = Line::calling();
    line.with(B, |leg, now| leg.ring(now, StatusCode::SESSION_PROGRESS, Some(&audio(B))).unwrap());
    line.run(HOP * 3);
    line.forget();

    line.with(B, |leg, now| leg.offer(now, directed(B, Direction::SendOnly)));
    line.run(HOP);
    assert!(matches!(line.events[A][..], [LegEvent::Offered(_)]));
    line.with(A, |leg, now| leg.accept(now, &audio(A)).unwrap());
    line.run(HOP);
    assert_eq!(agreed(line.events[B].last().unwrap()).unwrap().direction, Direction::SendOnly);

    line.with(A, |leg, now| leg.offer(now, audio(A)));
    line.run(HOP);
    line.with(B, |leg, now| leg.accept(now, &audio(B)).unwrap());
    line.run(HOP);
    assert_eq!(line.sent, ["B UPDATE", "A 200 UPDATE", "A UPDATE", "B 200 UPDATE"]);
    assert_eq!(agreed(line.events[A].last().unwrap()).unwrap().direction, Direction::SendRecv);

    line.with(B, |leg, now| leg.answer(now, &audio(B)).unwrap());
    line.run(Duration::from_secs(1));
    assert!(line.leg(A).is_confirmed() && line.leg(B).is_confirmed());
}

#[test]
fn updates_that_collide_before_the_answer_are_made_again() {
    let mut line = Line::calling();
    line.with(B, |leg, now| leg.ring(now, StatusCode::SESSION_PROGRESS, Some(&audio(B))).unwrap());
    line.run(HOP * 3);
    line.forget();

    line.with(A, |leg, now| leg.offer(now, directed(A, Direction::SendOnly)));
    line.with(B, |leg, now| leg.offer(now, directed(B, Direction::SendOnly)));
    for _ in 0..50 {
        line.run(Duration::from_millis(100));
        for side in [A, B] {
            line.with(side, |leg, now| leg.accept(now, &audio(side)).unwrap());
        }
    }

    let first = ["A UPDATE", "B UPDATE", "B 491 UPDATE", "A 491 UPDATE"];
    let then = ["B UPDATE", "A 200 UPDATE", "A UPDATE", "B 200 UPDATE"];
    assert_eq!(line.sent, [first, then].concat());
}

#[test]
fn giving_up_answers_what_was_offered_in_an_update() {
    let mut line = Line::calling();
    line.with(B, |leg, now| leg.ring(now, StatusCode::SESSION_PROGRESS, Some(&audio(B))).unwrap());
    line.run(HOP * 3);
    line.with(A, |leg, now| leg.offer(now, directed(A, Direction::SendOnly)));
    line.run(HOP);
    line.forget();

    line.hang_up(A);
    line.run(Duration::from_secs(1));

    assert_eq!(line.sent, ["A CANCEL", "B 487 INVITE", "B 487 UPDATE"]);
    assert!(line.leg(A).is_over() && line.leg(B).is_over());
}

#[test]
fn a_late_offer_may_come_with_early_media_if_the_caller_can_answer_it_there() {
    let mut line = Line::new();
    line.invite(None);
    line.run(HOP);

    line.with(B, |leg, now| leg.ring(now, StatusCode::SESSION_PROGRESS, Some(&audio(B))).unwrap());

    // Ours does not say that it could.
    assert!(line.responses(B, &Method::Invite)[0].body.is_empty());
}

#[test]
fn unreliable_early_media_is_repeated_in_the_answer() {
    let mut line = Line::calling_devices();
    line.reply(&Method::Invite, "one", 183, &[], Some(&audio(B)));
    line.reply(&Method::Invite, "one", 183, &[], Some(&audio(B)));
    assert_eq!(line.events[A].len(), 2, "ringing and early media, once");

    line.reply(&Method::Invite, "one", 200, &[], Some(&audio(B)));

    assert!(matches!(line.events[A][2..], [LegEvent::Answered(_)]));
    assert_eq!(line.sent, ["A INVITE", "A ACK"]);
}

#[test]
fn an_announcement_may_give_way_to_the_callee() {
    let mut line = Line::calling_devices();
    line.reply(&Method::Invite, "one", 183, &[], Some(&elsewhere()));
    line.reply(&Method::Invite, "one", 200, &[], Some(&audio(B)));

    assert_eq!(agreed(&line.events[A][1]).unwrap().remote, Some(elsewhere().address));
    assert_eq!(agreed(&line.events[A][2]).unwrap().remote, Some(audio(B).address));
}

#[test]
fn the_first_device_to_answer_has_the_call_and_others_are_hung_up_on() {
    let mut line = Line::calling_devices();
    line.reply(&Method::Invite, "one", 180, &[], None);
    line.reply(&Method::Invite, "two", 183, &[], Some(&elsewhere()));
    line.reply(&Method::Invite, "three", 200, &[], Some(&audio(B)));
    assert!(line.leg(A).is_confirmed());
    assert_eq!(line.leg(A).dialog().unwrap().id().remote_tag(), "three");

    line.reply(&Method::Invite, "two", 200, &[], Some(&elsewhere()));
    line.reply(&Method::Invite, "two", 200, &[], Some(&elsewhere()));
    line.reply(&Method::Invite, "three", 200, &[], Some(&audio(B)));

    assert_eq!(line.sent, ["A INVITE", "A ACK", "A ACK", "A BYE", "A ACK", "A ACK"]);
    let bye = line.requests(A, &Method::Bye)[0];
    assert_eq!(bye.headers.to().unwrap().tag(), Some("two"));
    assert_eq!(bye.uri.as_str(), "sip:two@192.0.2.2");
    assert_eq!(bye.headers.get(&HeaderName::Reason), Some("SIP;cause=200;text=\"Call completed elsewhere\""));
    assert!(line.leg(A).is_confirmed());
}

#[test]
fn reliable_responses_are_confirmed_once_and_in_order() {
    let mut line = Line::calling_devices();
    let numbered = |line: &mut Line, tag: &str, number: &str| {
        let fields = [(HeaderName::Require, "100rel"), (HeaderName::RSeq, number)];
        line.reply(&Method::Invite, tag, 180, &fields, None);
    };
    numbered(&mut line, "one", "10");
    numbered(&mut line, "one", "10");
    numbered(&mut line, "one", "12");
    numbered(&mut line, "two", "500");
    numbered(&mut line, "one", "11");

    let pracks = line.requests(A, &Method::Prack);
    let racks: Vec<_> = pracks.iter().filter_map(|prack| prack.headers.get(&HeaderName::RAck)).collect();
    assert_eq!(racks, ["10 1 INVITE", "500 1 INVITE", "11 1 INVITE"]);
    let cseqs: Vec<_> = pracks.iter().map(|prack| prack.headers.cseq().unwrap().number).collect();
    assert_eq!(cseqs, [2, 3, 4], "a number means one request");
}

#[test]
fn a_flood_of_devices_is_bounded() {
    let mut line = Line::calling_devices();
    for tag in 0..100 {
        let fields = [(HeaderName::Require, "100rel"), (HeaderName::RSeq, "1")];
        line.reply(&Method::Invite, &format!("t{tag}"), 180, &fields, None);
    }
    assert_eq!(line.requests(A, &Method::Prack).len(), 8);

    for tag in 0..100 {
        line.reply(&Method::Invite, &format!("t{tag}"), 200, &[], Some(&audio(B)));
    }
    assert!(line.requests(A, &Method::Bye).len() < 16);
    assert!(line.leg(A).is_confirmed());
}

fn elsewhere() -> LocalAudio {
    LocalAudio { address: "192.0.2.77:7000".parse().unwrap(), ..audio(B) }
}

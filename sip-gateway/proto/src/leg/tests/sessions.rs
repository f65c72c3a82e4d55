//! Session timers, challenges, and what happens when nobody is there any more.

use std::time::Duration;

use super::wire::{A, B, HOP, Line, audio};
use crate::leg::{Ending, LegEvent};
use crate::message::{HeaderName, Method, StatusCode};

#[test]
fn a_session_is_refreshed_at_half_its_time() {
    let mut line = Line::talking();

    line.run(Duration::from_secs(890));
    assert_eq!(line.sent.len(), 0);
    line.run(Duration::from_secs(20));
    assert_eq!(line.sent, ["A UPDATE", "B 200 UPDATE"]);

    line.run(Duration::from_secs(24 * 3600));
    assert!(line.leg(A).is_confirmed() && line.leg(B).is_confirmed());
    assert_eq!(line.events, [Vec::new(), Vec::new()]);
    let update = line.requests(A, &Method::Update)[0];
    assert_eq!(update.headers.get(&HeaderName::SessionExpires), Some("1800;refresher=uac"));
    assert!(update.body.is_empty());
}

#[test]
fn a_session_that_is_not_refreshed_ends_on_both_sides() {
    let mut line = Line::talking();
    line.disturb(|_| None);

    line.run(Duration::from_secs(1_800));

    assert_eq!(line.events[A], [LegEvent::Ended(Ending::Lost)]);
    assert_eq!(line.events[B], [LegEvent::Ended(Ending::Lost)]);
    assert_eq!(line.sent, ["A UPDATE", "A BYE", "B BYE"]);
    line.run(Duration::from_secs(60));
    assert!(line.leg(A).is_over() && line.leg(B).is_over());
}

#[test]
fn a_phone_without_update_is_refreshed_by_an_invite_with_the_same_description() {
    let mut line = Line::calling_devices();
    let fields = [
        (HeaderName::Allow, "INVITE, ACK, BYE"),
        (HeaderName::SessionExpires, "100;refresher=uac"),
        (HeaderName::Require, "timer"),
    ];
    line.reply(&Method::Invite, "one", 200, &fields, Some(&audio(B)));
    line.forget();

    line.run(Duration::from_secs(51));

    assert_eq!(line.sent, ["A INVITE"]);
    let invite = line.requests(A, &Method::Invite)[0];
    assert!(String::from_utf8_lossy(&invite.body).contains("o=- 7 7 "), "nothing has changed");
    line.reply(&Method::Invite, "one", 200, &fields, Some(&audio(B)));
    assert_eq!(line.events[A].len(), 0, "the call hears nothing of it");
    assert_eq!(line.sent, ["A INVITE", "A ACK"]);
}

#[test]
fn a_session_that_a_phone_does_not_refresh_is_hung_up() {
    let mut line = Line::calling_devices();
    let fields = [(HeaderName::SessionExpires, "120;refresher=uas")];
    line.reply(&Method::Invite, "one", 200, &fields, Some(&audio(B)));
    line.forget();

    line.run(Duration::from_secs(87));
    assert_eq!(line.sent.len(), 0);
    line.run(Duration::from_secs(2));

    assert_eq!(line.sent, ["A BYE"]);
    assert_eq!(line.events[A], [LegEvent::Ended(Ending::Lost)]);
}

#[test]
fn a_phone_without_session_timers_is_left_alone() {
    let mut line = Line::calling_devices();
    line.reply(&Method::Invite, "one", 200, &[], Some(&audio(B)));
    line.forget();

    line.run(Duration::from_secs(24 * 3600));

    assert_eq!(line.sent.len(), 0);
    assert!(line.leg(A).is_confirmed());
}

#[test]
fn too_brief_a_session_is_asked_for_again_at_greater_length() {
    let mut line = Line::calling_devices();
    line.reply(&Method::Invite, "one", 422, &[(HeaderName::MinSe, "3600")], None);

    let again = line.requests(A, &Method::Invite)[1];
    assert_eq!(again.headers.get(&HeaderName::SessionExpires), Some("3600"));
    assert_eq!(again.headers.get(&HeaderName::MinSe), Some("3600"));
    assert_eq!(again.headers.get(&HeaderName::CSeq), Some("2 INVITE"));
    assert!(!again.body.is_empty());

    line.reply(&Method::Invite, "two", 422, &[(HeaderName::MinSe, "3600")], None);
    assert!(matches!(line.events[A][..], [LegEvent::Ended(Ending::Refused { .. })]), "it had its way");
}

#[test]
fn a_challenge_is_answered_by_the_same_call_with_the_next_number() {
    let mut line = Line::calling_devices();
    line.reply(&Method::Invite, "one", 407, &[(HeaderName::ProxyAuthenticate, "Digest realm=\"x\"")], None);
    let [LegEvent::Challenged(response)] = &line.events[A][..] else { panic!() };
    assert!(response.headers.contains(&HeaderName::ProxyAuthenticate));
    assert_eq!(line.leg(A).challenged().unwrap().method, Method::Invite);

    line.with(A, |leg, now| leg.retry(now, HeaderName::ProxyAuthorization, "Digest response=\"1\""));
    line.reply(&Method::Invite, "two", 200, &[], Some(&audio(B)));

    let [first, second] = line.requests(A, &Method::Invite)[..] else { panic!() };
    assert_eq!(second.headers.get(&HeaderName::CSeq), Some("2 INVITE"));
    assert_eq!(first.headers.call_id(), second.headers.call_id());
    assert_eq!(first.headers.from(), second.headers.from());
    assert_eq!(first.body, second.body);
    let ack = line.requests(A, &Method::Ack)[0];
    assert_eq!(ack.headers.get(&HeaderName::CSeq), Some("2 ACK"));
    assert_eq!(ack.headers.get(&HeaderName::ProxyAuthorization), Some("Digest response=\"1\""));
    assert!(line.leg(A).is_confirmed());
}

#[test]
fn challenges_without_end_end_the_call() {
    let mut line = Line::calling_devices();
    for _ in 0..4 {
        line.reply(&Method::Invite, "one", 401, &[], None);
        line.with(A, |leg, now| leg.retry(now, HeaderName::Authorization, "Digest response=\"1\""));
    }

    assert_eq!(line.requests(A, &Method::Invite).len(), 4);
    let Some(LegEvent::Ended(Ending::Refused { status, .. })) = line.events[A].last() else { panic!() };
    assert_eq!(*status, StatusCode::UNAUTHORIZED);
}

#[test]
fn a_challenged_goodbye_is_said_again() {
    let mut line = Line::calling_devices();
    line.reply(&Method::Invite, "one", 200, &[], Some(&audio(B)));
    line.forget();
    line.hang_up(A);
    line.reply(&Method::Bye, "one", 407, &[], None);
    assert!(!line.leg(A).is_over());

    line.with(A, |leg, now| leg.retry(now, HeaderName::ProxyAuthorization, "Digest x=\"1\""));
    line.reply(&Method::Bye, "one", 200, &[], None);

    assert_eq!(line.sent, ["A BYE", "A BYE"]);
    assert!(line.leg(A).is_over());
}

#[test]
fn nobody_there_is_as_good_as_a_timeout_of_the_other_side() {
    let mut line = Line::calling_devices();

    line.run(Duration::from_secs(33));

    let [LegEvent::Ended(Ending::Refused { status, .. })] = &line.events[A][..] else { panic!() };
    assert_eq!(*status, StatusCode::REQUEST_TIMEOUT);
    assert!(line.leg(A).is_over());
}

#[test]
fn a_phone_that_forgot_the_call_is_told_goodbye() {
    let mut line = Line::calling_devices();
    line.reply(&Method::Invite, "one", 200, &[], Some(&audio(B)));
    line.forget();
    line.with(A, |leg, now| leg.offer(now, audio(A)));

    line.reply(&Method::Invite, "one", 481, &[], None);

    assert_eq!(line.events[A], [LegEvent::Ended(Ending::Lost)]);
    assert_eq!(line.sent, ["A INVITE", "A BYE"]);
}

#[test]
fn a_phone_that_is_busy_with_another_offer_is_asked_again_when_it_says() {
    let mut line = Line::calling_devices();
    line.reply(&Method::Invite, "one", 200, &[], Some(&audio(B)));
    line.forget();
    line.with(A, |leg, now| leg.offer(now, audio(A)));
    line.reply(&Method::Invite, "one", 500, &[(HeaderName::RetryAfter, "3")], None);

    line.run(Duration::from_millis(2_900));
    assert_eq!(line.sent, ["A INVITE"]);
    line.run(Duration::from_millis(200));

    assert_eq!(line.sent, ["A INVITE", "A INVITE"]);
    assert_eq!(line.events[A], []);
}

#[test]
fn an_offer_that_collides_for_ever_fails() {
    let mut line = Line::calling_devices();
    line.reply(&Method::Invite, "one", 200, &[], Some(&audio(B)));
    line.forget();
    line.with(A, |leg, now| leg.offer(now, audio(A)));
    for _ in 0..10 {
        line.reply(&Method::Invite, "one", 491, &[], None);
        line.run(Duration::from_secs(4) + HOP);
    }

    assert_eq!(line.events[A], [LegEvent::OfferFailed(StatusCode::REQUEST_PENDING)]);
    assert_eq!(line.sent.len(), 10);
}

//! REFER, its NOTIFYs, Replaces, and keys in INFO.

use std::time::Duration;

use super::phones::{from_phone, phone_talking};
use super::wire::{A, B, HOP, Line, uri};
use crate::dialog::DialogId;
use crate::leg::{Ending, Leg, LegEvent, Referral};
use crate::message::{HeaderName, Method, StatusCode};

#[test]
fn a_blind_transfer_is_accepted_and_its_progress_told() {
    let mut line = phone_talking();
    line.deliver(B, from_phone("REFER", 2, "Refer-To: <sip:300@palabre.example>\r\n", "").as_bytes());
    let referral = Referral { target: uri("sip:300@palabre.example"), replaces: None, referred_by: None };
    assert_eq!(line.events[B], [LegEvent::Referred(referral)]);

    line.with(B, Leg::accept_refer);
    line.with(B, |leg, now| leg.notify_refer(now, StatusCode::RINGING));
    line.with(B, |leg, now| leg.notify_refer(now, StatusCode::OK));
    line.with(B, |leg, now| leg.notify_refer(now, StatusCode::OK));

    assert_eq!(line.sent, ["B 202 REFER", "B NOTIFY", "B NOTIFY", "B NOTIFY"]);
    let said: Vec<_> = line
        .requests(B, &Method::Notify)
        .iter()
        .map(|notify| {
            let state = notify.headers.get(&HeaderName::SubscriptionState).unwrap();
            (state.to_owned(), String::from_utf8_lossy(&notify.body).into_owned())
        })
        .collect();
    assert_eq!(
        said,
        [
            ("active;expires=180".into(), "SIP/2.0 100 Trying\r\n".into()),
            ("active;expires=180".into(), "SIP/2.0 180 Ringing\r\n".into()),
            ("terminated;reason=noresource".into(), "SIP/2.0 200 OK\r\n".into()),
        ] as [(String, String); 3]
    );
    let notify = line.requests(B, &Method::Notify)[0];
    assert_eq!(notify.headers.get(&HeaderName::Event), Some("refer;id=2"));
    assert_eq!(notify.headers.content_type().as_deref(), Some("message/sipfrag"));
}

#[test]
fn an_attended_transfer_names_the_call_to_take_over() {
    let mut line = phone_talking();
    let fields = "Refer-To: <sip:300@10.0.0.30:5060?Replaces=12%4010.0.0.21%3Bto-tag%3Da%3Bfrom-tag%3Db>\r\n\
                  Referred-By: \"Reception\" <sip:100@palabre.example>\r\n";
    line.deliver(B, from_phone("REFER", 2, fields, "").as_bytes());

    let [LegEvent::Referred(referral)] = &line.events[B][..] else { panic!("{:?}", line.events[B]) };
    assert_eq!(referral.target.as_str(), "sip:300@10.0.0.30:5060");
    assert_eq!(referral.replaces.as_ref().unwrap().dialog(), DialogId::new("12@10.0.0.21", "a", "b"));
    assert_eq!(referral.referred_by.as_ref().unwrap().uri, uri("sip:100@palabre.example"));
}

#[test]
fn a_phone_that_hangs_up_after_its_transfer_still_hears_of_it() {
    let mut line = phone_talking();
    line.deliver(B, from_phone("REFER", 2, "Refer-To: <sip:300@palabre.example>\r\n", "").as_bytes());
    line.with(B, Leg::accept_refer);
    line.deliver(B, from_phone("BYE", 3, "", "").as_bytes());
    assert!(!line.leg(B).is_over());

    line.with(B, |leg, now| leg.notify_refer(now, StatusCode::BUSY_HERE));
    line.run(Duration::from_secs(40));

    assert_eq!(line.sent, ["B 202 REFER", "B NOTIFY", "B 200 BYE", "B NOTIFY"]);
    assert!(line.leg(B).is_over());
}

#[test]
fn a_phone_that_wants_no_news_gets_none() {
    let mut line = phone_talking();
    let fields = "Refer-To: <sip:300@palabre.example>\r\nRefer-Sub: false\r\nSupported: norefersub\r\n";
    line.deliver(B, from_phone("REFER", 2, fields, "").as_bytes());
    line.with(B, Leg::accept_refer);
    line.with(B, |leg, now| leg.notify_refer(now, StatusCode::OK));

    assert_eq!(line.sent, ["B 202 REFER"]);
    assert_eq!(line.responses(B, &Method::Refer)[0].headers.get(&HeaderName::ReferSub), Some("false"));
}

#[test]
fn a_transfer_that_makes_no_sense_is_refused() {
    for (number, (fields, status)) in (2..).zip([
        ("", 400),
        ("Refer-To: <sip:300@x>\r\nRefer-To: <sip:400@x>\r\n", 400),
        ("Refer-To: <sip:300@x?Replaces=nonsense>\r\n", 400),
        ("Refer-To: <sip:300@x;method=BYE>\r\n", 603),
    ]) {
        let mut line = phone_talking();
        line.deliver(B, from_phone("REFER", number, fields, "").as_bytes());
        assert_eq!(line.responses(B, &Method::Refer)[0].status.code(), status, "{fields}");
        assert_eq!(line.events[B], []);
    }
}

#[test]
fn a_transfer_nobody_decides_on_is_refused_and_a_second_one_meanwhile_too() {
    let mut line = phone_talking();
    let fields = "Refer-To: <sip:300@palabre.example>\r\n";
    line.deliver(B, from_phone("REFER", 2, fields, "").as_bytes());
    line.deliver(B, from_phone("REFER", 3, fields, "").as_bytes());
    assert_eq!(line.sent, ["B 491 REFER"]);

    line.with(B, |leg, now| leg.refuse_refer(now, StatusCode::FORBIDDEN));
    assert_eq!(line.sent, ["B 491 REFER", "B 403 REFER"]);

    line.deliver(B, from_phone("REFER", 4, fields, "").as_bytes());
    line.deliver(B, from_phone("BYE", 5, "", "").as_bytes());
    assert_eq!(line.sent[2..], ["B 200 BYE", "B 480 REFER"]);
}

#[test]
fn keys_in_signalling_are_heard() {
    let info = |number: u32, kind: &str, body: &str| {
        from_phone("INFO", number, &format!("Content-Type: {kind}\r\n"), body)
    };
    let mut line = phone_talking();
    line.deliver(B, info(2, "application/dtmf-relay", "Signal=5\r\nDuration=160\r\n").as_bytes());
    line.deliver(B, info(3, "application/dtmf-relay", "Signal= *\nDuration= 99999999\n").as_bytes());
    line.deliver(B, info(4, "application/dtmf", "11").as_bytes());
    line.deliver(B, info(5, "application/dtmf-relay", "Signal=16\r\n").as_bytes());
    line.deliver(B, from_phone("INFO", 6, "", "").as_bytes());
    line.deliver(B, info(7, "application/dtmf-relay", "Signal=55\r\n").as_bytes());
    line.deliver(B, info(8, "application/media_control+xml", "<x/>").as_bytes());

    let key = |digit, millis| LegEvent::Key { digit, duration: Duration::from_millis(millis) };
    assert_eq!(line.events[B], [key('5', 160), key('*', 5_000), key('#', 160)]);
    let statuses: Vec<_> =
        line.responses(B, &Method::Info).iter().map(|response| response.status.code()).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 400, 415]);
}

#[test]
fn a_key_is_pressed_in_signalling() {
    let mut line = Line::talking();
    line.with(A, |leg, now| leg.press(now, '#', Duration::from_millis(120)));
    line.with(A, |leg, now| leg.press(now, 'x', Duration::from_millis(120)));
    line.run(HOP * 2);

    assert_eq!(line.events[B], [LegEvent::Key { digit: '#', duration: Duration::from_millis(120) }]);
    assert_eq!(line.sent, ["A INFO", "B 200 INFO"]);
    line.hang_up(B);
    line.run(HOP);
    assert_eq!(line.events[A], [LegEvent::Ended(Ending::HungUp(None))]);
}

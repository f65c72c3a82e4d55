//! Messages as phones and exchanges write them.

use std::time::Duration;

use super::wire::{B, Line, agreed, audio};
use crate::leg::{Ending, LegEvent, Offered, Reason};
use crate::message::{HeaderName, Method, StatusCode};
use crate::sdp::{Codec, Direction};

const YEALINK: &str = "INVITE sip:200@palabre.example SIP/2.0\r\n\
    Via: SIP/2.0/UDP 10.0.0.21:5060;branch=z9hG4bK1371048735\r\n\
    From: \"Reception\" <sip:100@palabre.example>;tag=2046137489\r\n\
    To: <sip:200@palabre.example>\r\n\
    Call-ID: 0_3041827694@10.0.0.21\r\n\
    CSeq: 1 INVITE\r\n\
    Contact: <sip:100@10.0.0.21:5060>\r\n\
    Content-Type: application/sdp\r\n\
    Allow: INVITE, INFO, PRACK, ACK, BYE, CANCEL, OPTIONS, NOTIFY, REGISTER, SUBSCRIBE, REFER, PUBLISH, UPDATE, MESSAGE\r\n\
    Max-Forwards: 70\r\n\
    User-Agent: Yealink SIP-T46S 66.86.0.15\r\n\
    Supported: replaces\r\n\
    Allow-Events: talk,hold,conference,refer,check-sync\r\n";

const YEALINK_SDP: &str = "v=0\r\no=- 20013 20013 IN IP4 10.0.0.21\r\ns=SDP data\r\nc=IN IP4 10.0.0.21\r\nt=0 0\r\n\
    m=audio 11796 RTP/AVP 9 0 8 18 101\r\na=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n\
    a=rtpmap:18 G729/8000\r\na=fmtp:18 annexb=no\r\na=fmtp:101 0-15\r\na=rtpmap:101 telephone-event/8000\r\n\
    a=ptime:20\r\na=sendrecv\r\n";

const CISCO: &str = "INVITE sip:200@192.0.2.2;user=phone SIP/2.0\r\n\
    Via: SIP/2.0/UDP 10.0.0.22:5060;branch=z9hG4bK6c4e9d5e\r\n\
    From: \"100\" <sip:100@192.0.2.2>;tag=002545943ad40dc16c3ebd8a-2c4d5b1f\r\n\
    To: <sip:200@192.0.2.2>\r\n\
    Call-ID: 00254594-3ad40003-5d9ff1ff-42b63f0a@10.0.0.22\r\n\
    Max-Forwards: 70\r\n\
    Session-ID: 3f4a5d6000105000a000002545943ad4;remote=00000000000000000000000000000000\r\n\
    Date: Tue, 24 Nov 2026 14:00:00 GMT\r\n\
    CSeq: 101 INVITE\r\n\
    User-Agent: Cisco-CP7942G/9.4.2\r\n\
    Contact: <sip:7f0b4b4c-6b7e-4b0e-8a0b-5c1d3f@10.0.0.22:5060;transport=udp>;+u.sip!devicename.ccm.cisco.com=\"SEP002545943AD4\"\r\n\
    Expires: 180\r\n\
    Accept: application/sdp\r\n\
    Allow: ACK,BYE,CANCEL,INVITE,NOTIFY,OPTIONS,REFER,REGISTER,UPDATE,SUBSCRIBE,INFO\r\n\
    Remote-Party-ID: \"100\" <sip:100@192.0.2.2>;party=calling;id-type=subscriber;privacy=off;screen=yes\r\n\
    Supported: replaces,join,sdp-anat,norefersub,resource-priority,extended-refer,X-cisco-callinfo,X-cisco-serviceuri,X-cisco-escapecodes,X-cisco-service-control,X-cisco-srtp-fallback,X-cisco-monrec,X-cisco-config,X-cisco-sis-7.0.0,X-cisco-xsi-8.5.1\r\n\
    Allow-Events: kpml,dialog\r\n\
    Recv-Info: conference\r\n\
    Content-Type: application/sdp\r\n\
    Content-Disposition: session;handling=optional\r\n";

const SNOM: &str = "INVITE sip:200@palabre.example;user=phone SIP/2.0\r\n\
    Via: SIP/2.0/UDP 10.0.0.23:5060;branch=z9hG4bK-ktxhn7zmtlcl;rport\r\n\
    From: \"100\" <sip:100@palabre.example>;tag=q7s93hz0ci\r\n\
    To: <sip:200@palabre.example;user=phone>\r\n\
    Call-ID: 313537303033303931373834313832-8ydk2bmzvmtl\r\n\
    CSeq: 1 INVITE\r\n\
    Max-Forwards: 70\r\n\
    User-Agent: snomD735/10.1.64.14\r\n\
    Contact: <sip:100@10.0.0.23:5060;line=rk1xmpj5>;reg-id=1\r\n\
    X-Serialnumber: 00041396F1A2\r\n\
    P-Key-Flags: resolution=\"31x13\", keys=\"4\"\r\n\
    Accept: application/sdp\r\n\
    Allow: INVITE, ACK, CANCEL, BYE, REFER, OPTIONS, NOTIFY, SUBSCRIBE, PRACK, MESSAGE, INFO, UPDATE\r\n\
    Allow-Events: talk, hold, refer, call-info\r\n\
    Supported: timer, 100rel, replaces, from-change\r\n\
    Session-Expires: 3600\r\n\
    Min-SE: 90\r\n\
    Content-Type: application/sdp\r\n";

const GRANDSTREAM: &str = "INVITE sip:200@palabre.example SIP/2.0\r\n\
    Via: SIP/2.0/UDP 10.0.0.24:5060;branch=z9hG4bK1094276152;rport\r\n\
    From: <sip:100@palabre.example>;tag=1318529077\r\n\
    To: <sip:200@palabre.example>\r\n\
    Call-ID: 1297427180-5060-5@BA.A.A.CE\r\n\
    CSeq: 40 INVITE\r\n\
    Contact: <sip:100@10.0.0.24:5060>\r\n\
    Max-Forwards: 70\r\n\
    User-Agent: Grandstream GXP2170 1.0.11.23\r\n\
    Privacy: none\r\n\
    P-Preferred-Identity: <sip:100@palabre.example>\r\n\
    P-Access-Network-Info: IEEE-EUI-48;eui-48-addr=00-0B-82-AA-BB-CC\r\n\
    P-Emergency-Info: IEEE-EUI-48;eui-48-addr=00-0B-82-AA-BB-CC\r\n\
    Supported: replaces, path, timer\r\n\
    Allow: INVITE, ACK, OPTIONS, CANCEL, BYE, SUBSCRIBE, NOTIFY, INFO, REFER, UPDATE, MESSAGE\r\n\
    Content-Type: application/sdp\r\n\
    Accept: application/sdp, application/dtmf-relay\r\n";

#[test]
fn every_make_of_phone_can_call() {
    for (headers, session, reliably) in [
        (YEALINK, None, false),
        (CISCO, None, false),
        (SNOM, Some("1800;refresher=uac"), true),
        (GRANDSTREAM, Some("1800;refresher=uac"), false),
    ] {
        let mut line = calls(headers, YEALINK_SDP);
        assert_eq!(line.leg(B).offered().expect("an offer").formats[0].codec, Codec::G722);

        line.with(B, |leg, now| leg.ring(now, StatusCode::SESSION_PROGRESS, Some(&audio(B))).unwrap());
        let progress = line.responses(B, &Method::Invite)[0];
        assert_eq!(progress.headers.contains(&HeaderName::RSeq), reliably, "{headers}");
        if reliably {
            let rack = format!("RAck: {} 1 INVITE\r\n", progress.headers.get(&HeaderName::RSeq).unwrap());
            line.deliver(B, request(headers, "PRACK", 2, &rack, "").as_bytes());
        }
        line.with(B, |leg, now| leg.answer(now, &audio(B)).unwrap());

        let answer = *line.responses(B, &Method::Invite).last().unwrap();
        assert_eq!(answer.status, StatusCode::OK, "{headers}");
        assert_eq!(answer.headers.get(&HeaderName::SessionExpires), session, "{headers}");
        assert_eq!(answer.headers.contact().unwrap().uri.as_str(), "sip:192.0.2.2:5060");
        let first = headers.lines().find_map(|line| line.strip_prefix("CSeq: ")?.split(' ').next()).unwrap();
        line.deliver(B, request(headers, "ACK", first.parse().unwrap(), "", "").as_bytes());
        line.run(Duration::from_secs(5));
        assert!(line.leg(B).is_confirmed());
        assert!(matches!(line.events[B].last(), Some(LegEvent::Answered(_))));
        assert!(!line.sent.iter().any(|what| what == "B BYE"));

        line.deliver(
            B,
            request(headers, "BYE", 1_000, "Reason: SIP;cause=200;text=\"OK\"\r\n", "").as_bytes(),
        );
        let reason = Reason::sip(StatusCode::OK, "OK");
        assert_eq!(line.events[B].last(), Some(&LegEvent::Ended(Ending::HungUp(Some(reason)))));
        assert!(line.leg(B).is_over());
    }
}

#[test]
fn an_exchange_that_wants_our_offer_may_hear_it_before_the_answer() {
    let headers = SNOM.replace("Content-Type: application/sdp\r\n", "");
    let mut line = calls(&headers, "");
    line.with(B, |leg, now| leg.ring(now, StatusCode::SESSION_PROGRESS, Some(&audio(B))).unwrap());
    line.with(B, |leg, now| leg.answer(now, &audio(B)).unwrap());
    assert_eq!(line.sent, ["B 183 INVITE"], "the offer is not answered yet");
    let progress = line.responses(B, &Method::Invite)[0];
    assert!(!progress.body.is_empty());

    let rack = progress.headers.get(&HeaderName::RSeq).unwrap().to_owned();
    let fields = format!("RAck: {rack} 1 INVITE\r\nContent-Type: application/sdp\r\n");
    line.deliver(B, request(&headers, "PRACK", 2, &fields, YEALINK_SDP).as_bytes());

    assert_eq!(line.sent, ["B 183 INVITE", "B 200 PRACK", "B 200 INVITE"]);
    assert!(matches!(line.events[B][..], [LegEvent::EarlyMedia(_), LegEvent::Answered(_)]));
    assert!(line.responses(B, &Method::Invite)[1].body.is_empty());
}

#[test]
fn an_answer_that_a_prack_owed_is_asked_for_again() {
    let headers = SNOM.replace("Content-Type: application/sdp\r\n", "");
    let mut line = calls(&headers, "");
    line.with(B, |leg, now| leg.ring(now, StatusCode::SESSION_PROGRESS, Some(&audio(B))).unwrap());
    let rack = line.responses(B, &Method::Invite)[0].headers.get(&HeaderName::RSeq).unwrap().to_owned();
    line.deliver(B, request(&headers, "PRACK", 2, &format!("RAck: {rack} 1 INVITE\r\n"), "").as_bytes());

    line.with(B, |leg, now| leg.answer(now, &audio(B)).unwrap());
    let fields = "Content-Type: application/sdp\r\n";
    line.deliver(B, request(&headers, "ACK", 1, fields, YEALINK_SDP).as_bytes());

    assert!(matches!(line.events[B][..], [LegEvent::Answered(_)]));
}

#[test]
fn a_prack_after_the_answer_is_taken_all_the_same() {
    let headers = SNOM.replace("Supported: timer, 100rel,", "Require: 100rel\r\nSupported: timer,");
    let mut line = calls(&headers, YEALINK_SDP);
    line.with(B, |leg, now| {
        leg.ring(now, StatusCode::RINGING, None).unwrap();
        leg.answer(now, &audio(B)).unwrap();
    });
    let rack = line.responses(B, &Method::Invite)[0].headers.get(&HeaderName::RSeq).unwrap().to_owned();
    line.deliver(B, request(&headers, "PRACK", 2, &format!("RAck: {rack} 1 INVITE\r\n"), "").as_bytes());

    assert_eq!(line.sent, ["B 180 INVITE", "B 200 INVITE", "B 200 PRACK"]);
}

#[test]
fn an_acknowledgement_of_a_lost_answer_is_implied_by_what_follows_it() {
    let mut line = calls(YEALINK, YEALINK_SDP);
    line.with(B, |leg, now| leg.answer(now, &audio(B)).unwrap());
    let fields = "Content-Type: application/sdp\r\n";
    line.deliver(B, from_phone("INVITE", 2, fields, YEALINK_SDP).as_bytes());
    line.with(B, |leg, now| leg.accept(now, &audio(B)).unwrap());
    line.deliver(B, from_phone("ACK", 2, "", "").as_bytes());

    line.run(Duration::from_secs(40));

    assert_eq!(line.sent, ["B 200 INVITE", "B 200 INVITE"]);
    assert!(line.leg(B).is_confirmed());
}

#[test]
fn every_form_of_hold_is_mirrored() {
    for (form, held, answered) in [
        ("a=sendonly", true, Direction::RecvOnly),
        ("a=inactive", true, Direction::Inactive),
        ("a=recvonly", false, Direction::SendOnly),
        ("c=IN IP4 0.0.0.0", true, Direction::RecvOnly),
    ] {
        let mut line = phone_talking();
        let sdp = match form.strip_prefix("c=") {
            Some(_) => YEALINK_SDP.replace("c=IN IP4 10.0.0.21", form),
            None => YEALINK_SDP.replace("a=sendrecv", form),
        };
        line.deliver(B, from_phone("INVITE", 2, "Content-Type: application/sdp\r\n", &sdp).as_bytes());
        let [LegEvent::Offered(Offered { held: seen, .. })] = line.events[B][..] else { panic!("{form}") };
        assert_eq!(seen, held, "{form}");

        line.with(B, |leg, now| leg.accept(now, &audio(B)).unwrap());

        let answer = String::from_utf8_lossy(&line.responses(B, &Method::Invite)[0].body).into_owned();
        assert!(answer.contains(&format!("a={}\r\n", answered.word())), "{form}: {answer}");
        assert_eq!(agreed(&line.events[B][1]).unwrap().direction, answered);
    }
}

#[test]
fn an_empty_invite_within_the_call_wants_an_offer() {
    let mut line = phone_talking();
    line.deliver(B, from_phone("INVITE", 2, "", "").as_bytes());
    assert_eq!(line.events[B], [LegEvent::OfferWanted]);

    line.with(B, |leg, now| leg.accept(now, &audio(B)).unwrap());
    assert!(!line.responses(B, &Method::Invite)[0].body.is_empty());
    let fields = "Content-Type: application/sdp\r\n";
    line.deliver(B, from_phone("ACK", 2, fields, YEALINK_SDP).as_bytes());

    assert!(matches!(line.events[B][1..], [LegEvent::Renegotiated(_)]));
}

#[test]
fn an_offer_while_another_waits_is_put_off() {
    let mut line = phone_talking();
    let fields = "Content-Type: application/sdp\r\n";
    line.deliver(B, from_phone("INVITE", 2, fields, YEALINK_SDP).as_bytes());
    line.deliver(B, from_phone("INVITE", 3, fields, YEALINK_SDP).as_bytes());

    let refusal = line.responses(B, &Method::Invite)[0];
    assert_eq!(refusal.status, StatusCode::SERVER_INTERNAL_ERROR);
    assert!(refusal.headers.seconds(&HeaderName::RetryAfter).unwrap() <= Duration::from_secs(10));
}

#[test]
fn an_offer_that_is_taken_back_needs_no_answer() {
    let mut line = phone_talking();
    let fields = "Content-Type: application/sdp\r\n";
    let invite = from_phone("INVITE", 2, fields, YEALINK_SDP);
    line.deliver(B, invite.as_bytes());
    let cancel = invite.replace("INVITE", "CANCEL").replace("branch=z9hG4bKCANCEL2", "branch=z9hG4bKINVITE2");
    line.deliver(B, cancel.as_bytes());

    assert_eq!(line.sent, ["B 487 INVITE"]);
    assert_eq!(line.events[B].last(), Some(&LegEvent::OfferWithdrawn));
    assert_eq!(line.with(B, |leg, now| leg.accept(now, &audio(B))), Ok(()));
    assert_eq!(line.sent, ["B 487 INVITE"]);
}

#[test]
fn an_update_without_offer_is_a_sign_of_life() {
    let mut line = phone_talking();
    let fields = "Supported: timer\r\nSession-Expires: 300;refresher=uac\r\nContact: <sip:100@10.0.0.77>\r\n";
    line.deliver(B, from_phone("UPDATE", 2, fields, "").as_bytes());

    let response = line.responses(B, &Method::Update)[0];
    assert_eq!(response.status, StatusCode::OK);
    assert_eq!(response.headers.get(&HeaderName::SessionExpires), Some("300;refresher=uac"));
    assert_eq!(response.headers.get(&HeaderName::Require), Some("timer"));
    assert_eq!(line.leg(B).dialog().unwrap().target().as_str(), "sip:100@10.0.0.77");
    assert_eq!(line.events[B], []);

    line.run(Duration::from_secs(270));
    assert_eq!(line.events[B], [LegEvent::Ended(Ending::Lost)]);
}

#[test]
fn requests_within_the_call_that_mean_nothing_are_answered_with_what_is_wrong() {
    let mut line = phone_talking();
    for (request, status) in [
        (from_phone("OPTIONS", 10, "", ""), 200),
        (from_phone("OPTIONS", 9, "", ""), 500),
        (from_phone("MESSAGE", 11, "Content-Type: text/plain\r\n", "hi"), 405),
        (from_phone("DANCE", 12, "", ""), 501),
        (from_phone("PRACK", 13, "RAck: 1 1 INVITE\r\n", ""), 481),
        (from_phone("INVITE", 14, "Require: magic\r\n", ""), 420),
        (from_phone("INVITE", 15, "Content-Type: text/plain\r\n", "hi"), 415),
        (from_phone("INVITE", 16, "Content-Type: application/sdp\r\n", "not sdp"), 400),
        (from_phone("UPDATE", 17, "Supported: timer\r\nSession-Expires: 20\r\n", ""), 422),
        (from_phone("OPTIONS", 18, "", "").replace("tag=2046137489", "tag=other"), 481),
    ] {
        line.forget();
        line.deliver(B, request.as_bytes());
        let method = request.split(' ').next().and_then(Method::parse).unwrap();
        assert_eq!(line.responses(B, &method)[0].status.code(), status, "{request}");
    }
    assert!(line.leg(B).is_confirmed());
    assert_eq!(line.events[B], []);
}

#[test]
fn a_call_that_nobody_could_answer_is_refused_at_once() {
    let with = |fields: &str| format!("{YEALINK}{fields}");
    for (headers, body, status) in [
        (YEALINK.to_owned(), "v=1\r\n", 400),
        (YEALINK.replace("application/sdp", "application/isup"), "x", 415),
        (with("Require: magic, 100rel\r\n"), YEALINK_SDP, 420),
        (with("Supported: timer\r\nSession-Expires: 60\r\n"), YEALINK_SDP, 422),
        (with("Replaces: nonsense\r\n"), YEALINK_SDP, 400),
        (YEALINK.replace("Contact: ", "X-Contact: "), YEALINK_SDP, 400),
        (YEALINK.replace("To: <sip:200@palabre.example>", "To: <sip:200@palabre.example>;tag=x"), "", 481),
    ] {
        let mut line = Line::new();
        line.deliver(B, message(&headers, body).as_bytes());
        assert_eq!(line.responses(B, &Method::Invite)[0].status.code(), status, "{headers}");
        assert!(line.legs[B].is_none());
    }
}

#[test]
fn a_pickup_says_which_call_it_takes() {
    let line = calls(&format!("{YEALINK}Replaces: 12@x;to-tag=7;from-tag=8;early-only\r\n"), YEALINK_SDP);
    let replaces = line.leg(B).replaces().expect("a call to take");

    assert!(replaces.early_only);
    assert_eq!(replaces.dialog().local_tag(), "7");
    assert!(!line.leg(B).is(&replaces.dialog()));
    assert!(line.leg(B).is(line.leg(B).dialog().unwrap().id()));
}

#[test]
fn a_caller_may_hang_up_before_the_answer() {
    let mut line = calls(YEALINK, YEALINK_SDP);
    line.with(B, |leg, now| leg.ring(now, StatusCode::RINGING, None).unwrap());
    line.deliver(B, from_phone("BYE", 2, "", "").as_bytes());

    assert_eq!(line.sent, ["B 180 INVITE", "B 200 BYE", "B 487 INVITE"]);
    assert_eq!(line.events[B], [LegEvent::Ended(Ending::HungUp(None))]);
}

/// Our side is called and has heard of it; whatever it says is read by the test.
fn calls(headers: &str, body: &str) -> Line {
    let mut line = Line::new();
    line.disturb(|_| None);
    line.deliver(B, message(headers, body).as_bytes());
    line
}

/// A Yealink has called and was answered.
pub(super) fn phone_talking() -> Line {
    let mut line = calls(YEALINK, YEALINK_SDP);
    line.with(B, |leg, now| leg.answer(now, &audio(B)).unwrap());
    line.deliver(B, from_phone("ACK", 1, "", "").as_bytes());
    line.forget();
    line
}

/// What the Yealink says within its call.
pub(super) fn from_phone(method: &str, number: u32, fields: &str, body: &str) -> String {
    request(YEALINK, method, number, fields, body)
}

fn request(invite: &str, method: &str, number: u32, fields: &str, body: &str) -> String {
    let field = |name: &str| invite.lines().find(|line| line.starts_with(name)).expect("a field");
    let contact =
        if fields.contains("Contact: ") { String::new() } else { format!("{}\r\n", field("Contact: ")) };
    let headers = format!(
        "{method} sip:192.0.2.2:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.21:5060;branch=z9hG4bK{method}{number}\r\n\
         {}\r\n{};tag=far\r\n{}\r\nCSeq: {number} {method}\r\nMax-Forwards: 70\r\n{contact}{fields}",
        field("From: "),
        field("To: "),
        field("Call-ID: "),
    );
    message(&headers, body)
}

fn message(headers: &str, body: &str) -> String {
    format!("{headers}Content-Length: {}\r\n\r\n{body}", body.len())
}

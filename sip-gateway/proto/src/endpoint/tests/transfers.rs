//! Transfers, and what happens when they fail.

use std::time::Duration;

use super::house::House;
use super::phone::Phone;
use crate::call::{EndCause, Sound};
use crate::leg::Replaces;
use crate::message::{HeaderName, Headers, StatusCode};
use crate::sdp::Direction;

#[test]
fn a_blind_transfer_puts_the_other_side_through() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (secretary, caller) = house.talking("1001", "1002");
    let minister = house.registered("1003");
    house.act(secretary, |phone, now| phone.refer(now, 0, "<sip:1003@mfa.example>"));
    assert_eq!(house.phones[secretary].answers[0].status.code(), 202);
    assert_eq!(house.sound(caller), Some(Sound::Ringback));

    house.act(minister, Phone::answer);

    assert_eq!(house.hears(caller), Some(minister));
    assert_eq!(house.hears(minister), Some(caller));
    assert_eq!(house.phones[secretary].notified.last().map(String::as_str), Some("SIP/2.0 200 OK"));
    assert!(house.phones[secretary].is_idle(), "who transferred is free again");
    let from = &house.phones[minister].legs[0].invitation().headers;
    assert!(from.get(&HeaderName::From).is_some_and(|from| from.contains("1002")), "the caller is shown");
}

#[test]
fn a_blind_transfer_that_fails_gives_the_call_back() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (secretary, caller) = house.talking("1001", "1002");
    let minister = house.registered("1003");
    house.act(secretary, |phone, now| phone.hold(now, Direction::SendOnly));
    house.act(secretary, |phone, now| phone.refer(now, 0, "<sip:1003@mfa.example>"));
    house.act(minister, |phone, now| phone.refuse(now, StatusCode::BUSY_HERE));

    assert_eq!(house.phones[secretary].notified.last().map(String::as_str), Some("SIP/2.0 486 Busy Here"));
    assert_eq!(house.sound(caller), Some(Sound::Music), "it was on hold, and is so again");
    house.act(secretary, |phone, now| phone.hold(now, Direction::SendRecv));
    assert_eq!(house.hears(caller), Some(secretary));
}

#[test]
fn a_transferred_call_that_nobody_takes_comes_home() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (secretary, caller) = house.talking("1001", "1002");
    let minister = house.registered("1003");
    house.act(secretary, |phone, now| phone.refer(now, 0, "<sip:1003@mfa.example>"));
    house.act(secretary, Phone::hang_up);
    house.act(minister, |phone, now| phone.refuse(now, StatusCode::BUSY_HERE));

    assert_eq!(house.phones[secretary].legs.len(), 2, "it rings again where it came from");
    house.act(secretary, Phone::answer);
    assert_eq!(house.hears(caller), Some(secretary));
}

#[test]
fn a_transferred_caller_may_give_up() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (secretary, caller) = house.talking("1001", "1002");
    let minister = house.registered("1003");
    house.act(secretary, |phone, now| phone.refer(now, 0, "<sip:1003@mfa.example>"));
    house.act(caller, Phone::hang_up);

    assert_eq!(house.phones[minister].cancelled.len(), 1);
    assert_eq!(house.endpoint.calls(), 0);
    assert!(house.media.open.is_empty());
}

#[test]
fn a_transfer_needs_the_right_to_call_there() {
    let mut house = House::new(&["1001", "1002"]);
    let (secretary, caller) = house.talking("1001", "1002");
    house.act(secretary, |phone, now| phone.refer(now, 0, "<sip:9999@mfa.example>"));

    assert_eq!(house.phones[secretary].answers[0].status.code(), 404);
    assert_eq!(house.hears(caller), Some(secretary), "the call goes on");
}

#[test]
fn an_attended_transfer_joins_the_two_others() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (secretary, caller) = house.talking("1001", "1002");
    let minister = house.registered("1003");
    house.act(secretary, |phone, now| phone.hold(now, Direction::SendOnly));
    house.dial(secretary, "1003");
    house.act(minister, Phone::answer);
    let second = replaces(&house, secretary, 1);
    house.act(secretary, |phone, now| {
        phone.refer(now, 0, &format!("<sip:1003@mfa.example?Replaces={second}>"));
    });

    assert_eq!(house.hears(caller), Some(minister));
    assert_eq!(house.hears(minister), Some(caller));
    assert!(house.phones[secretary].is_idle());
    assert_eq!(house.media.open.len(), 2, "only the two are left");
    let transferred =
        |record: &&crate::call::LegRecord| matches!(&record.ended, Some((_, EndCause::Transferred)));
    assert_eq!(house.records.iter().filter(transferred).count(), 2);
    house.act(caller, Phone::hang_up);
    assert_eq!(house.endpoint.calls(), 0);
}

#[test]
fn an_attended_transfer_may_be_made_while_it_still_rings() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (secretary, caller) = house.talking("1001", "1002");
    let minister = house.registered("1003");
    house.dial(secretary, "1003");
    let second = replaces(&house, secretary, 1);
    house.act(secretary, |phone, now| {
        phone.refer(now, 0, &format!("<sip:1003@mfa.example?Replaces={second}>"));
    });
    assert_eq!(house.sound(caller), Some(Sound::Ringback));

    house.act(minister, Phone::answer);
    assert_eq!(house.hears(caller), Some(minister));
    assert_eq!(house.hears(minister), Some(caller));
    assert_eq!(house.phones[secretary].notified.last().map(String::as_str), Some("SIP/2.0 200 OK"));
    assert!(house.phones[secretary].is_idle(), "who transferred is free again");
    house.act(minister, Phone::hang_up);
    house.run(Duration::from_secs(70));
    assert!(house.endpoint.holds_nothing(), "{:?}", house.endpoint);
}

#[test]
fn an_attended_transfer_that_rings_in_vain_gives_the_call_back() {
    for how in ["declines", "does not answer", "is not reached"] {
        let (mut house, secretary, caller, minister) = transferred_while_it_rings();
        let told = match how {
            "declines" => {
                house.act(minister, |phone, now| phone.refuse(now, StatusCode::DECLINE));
                "SIP/2.0 603 Decline"
            }
            "does not answer" => {
                house.run(Duration::from_secs(125));
                "SIP/2.0 480 Temporarily Unavailable"
            }
            _ => {
                house.act(minister, |phone, now| phone.refuse(now, StatusCode::SERVICE_UNAVAILABLE));
                "SIP/2.0 480 Temporarily Unavailable"
            }
        };

        assert_eq!(house.phones[secretary].notified.last().map(String::as_str), Some(told), "{how}");
        assert_eq!(house.hears(caller), Some(secretary), "{how}");
        assert_eq!(house.hears(secretary), Some(caller), "{how}");
        house.act(caller, Phone::hang_up);
        house.run(Duration::from_secs(70));
        assert!(house.endpoint.holds_nothing(), "{how}: {:?}", house.endpoint);
        assert!(house.media.open.is_empty(), "{how}");
    }
}

#[test]
fn an_attended_transfer_that_rings_in_vain_comes_home_to_who_has_hung_up() {
    let (mut house, secretary, caller, minister) = transferred_while_it_rings();
    house.act(secretary, Phone::hang_up_first);
    assert_eq!(house.sound(caller), Some(Sound::Ringback), "the call goes on without the transferor");
    house.act(minister, |phone, now| phone.refuse(now, StatusCode::BUSY_HERE));

    assert_eq!(house.phones[secretary].legs.len(), 3, "it rings again where it came from");
    house.act(secretary, Phone::answer);
    assert_eq!(house.hears(caller), Some(secretary));
}

#[test]
fn a_caller_who_gives_up_ends_an_attended_transfer_that_rings() {
    let (mut house, secretary, caller, minister) = transferred_while_it_rings();
    house.act(caller, Phone::hang_up);

    assert_eq!(house.phones[minister].cancelled.len(), 1);
    assert!(house.phones[secretary].is_idle());
    assert_eq!(house.endpoint.calls(), 0);
    assert!(house.media.open.is_empty());
}

#[test]
fn who_wants_an_early_call_only_gets_no_answered_one() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (secretary, caller) = house.talking("1001", "1002");
    let minister = house.registered("1003");
    house.dial(secretary, "1003");
    house.act(minister, Phone::answer);
    let second = format!("{}%3Bearly-only", replaces(&house, secretary, 1));
    let refer_to = format!("<sip:1003@mfa.example?Replaces={second}>");
    house.act(secretary, |phone, now| phone.refer(now, 0, &refer_to));
    assert_eq!(house.phones[secretary].answers[0].status.code(), 486);
    assert_eq!(house.endpoint.calls(), 2, "both calls go on");
    assert!(!house.phones[caller].is_idle());

    let cordless = house.registered("1001");
    let mut headers = Headers::new();
    let place = format!("{};early-only", replaces(&house, secretary, 0));
    headers.push(HeaderName::Replaces, place.replace("%3B", ";").replace("%3D", "="));
    house.act(cordless, |phone, now| phone.invite(now, "1002", headers));
    assert_eq!(super::calls::refused_with(&house, cordless), Some(486));
}

#[test]
fn nobody_transfers_into_the_call_of_another() {
    let mut house = House::new(&["1001", "1002", "1003", "1004"]);
    let (one, other) = house.talking("1001", "1002");
    let (thief, _) = house.talking("1003", "1004");
    let victim = replaces(&house, one, 0);
    house.act(thief, |phone, now| phone.refer(now, 0, &format!("<sip:1002@mfa.example?Replaces={victim}>")));

    assert_eq!(house.phones[thief].answers[0].status.code(), 403);
    assert_eq!(house.hears(one), Some(other));
}

#[test]
fn an_invite_with_replaces_takes_the_place_of_the_same_extension() {
    let mut house = House::new(&["1001", "1002"]);
    let (desk, caller) = house.talking("1001", "1002");
    let cordless = house.registered("1001");
    let place = replaces(&house, desk, 0).replace("%3B", ";").replace("%3D", "=");
    let mut headers = Headers::new();
    headers.push(HeaderName::Replaces, place);
    house.act(cordless, |phone, now| phone.invite(now, "1002", headers));

    assert_eq!(house.hears(caller), Some(cordless));
    assert_eq!(house.hears(cordless), Some(caller));
    assert!(house.phones[desk].is_idle());
}

#[test]
fn a_hold_outlives_the_transfer_of_who_holds() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (secretary, caller) = house.talking("1001", "1002");
    let minister = house.registered("1003");
    house.act(secretary, |phone, now| phone.refer(now, 0, "<sip:1003@mfa.example>"));
    house.act(caller, |phone, now| phone.hold(now, Direction::SendOnly));
    house.act(minister, Phone::answer);
    assert_eq!(house.sound(minister), Some(Sound::Music));

    house.act(caller, |phone, now| phone.hold(now, Direction::SendRecv));
    assert_eq!(house.hears(minister), Some(caller));
}

#[test]
fn nobody_is_transferred_into_a_call_that_is_not_answered_or_is_over() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (secretary, caller) = house.talking("1001", "1002");
    let minister = house.registered("1003");
    house.dial(minister, "1001");
    let ringing = &house.phones[secretary].legs[1];
    let named = Replaces {
        call_id: ringing.call_id().to_owned(),
        to_tag: ringing.invitation().headers.from().expect("a caller").tag().expect("a tag").to_owned(),
        from_tag: ringing.local_tag().to_owned(),
        early_only: false,
    };
    let named = named.to_string().replace(';', "%3B").replace('=', "%3D");
    let refer_to = format!("<sip:1003@mfa.example?Replaces={named}>");
    house.act(secretary, |phone, now| phone.refer(now, 0, &refer_to));
    assert_eq!(house.phones[secretary].answers[0].status.code(), 488, "it rings");
    assert_eq!(house.hears(caller), Some(secretary));

    house.act(minister, Phone::hang_up);
    house.act(secretary, |phone, now| phone.refer(now, 0, &refer_to));
    assert_eq!(house.phones[secretary].answers[1].status.code(), 481, "it is over");
    assert_eq!(house.hears(caller), Some(secretary));
}

#[test]
fn a_colleague_takes_no_call_that_is_answered() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (desk, caller) = house.talking("1001", "1002");
    let colleague = house.registered("1003");
    let place = replaces(&house, desk, 0).replace("%3B", ";").replace("%3D", "=");
    let mut headers = Headers::new();
    headers.push(HeaderName::Replaces, place);
    house.act(colleague, |phone, now| phone.invite(now, "1002", headers));

    assert_eq!(super::calls::refused_with(&house, colleague), Some(403));
    assert_eq!(house.hears(caller), Some(desk));
}

#[test]
fn a_called_side_transfers_as_well_and_may_hang_up_while_it_does() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (caller, secretary) = house.talking("1001", "1002");
    let minister = house.registered("1003");
    let now = house.now;
    house.phones[secretary].refer(now, 0, "<sip:1003@mfa.example>");
    house.phones[secretary].hang_up(now);
    house.run(Duration::from_secs(1));
    house.act(minister, Phone::answer);
    assert_eq!(house.hears(caller), Some(minister));

    house.act(minister, Phone::hang_up);
    house.run(Duration::from_secs(70));
    assert!(house.endpoint.holds_nothing(), "{:?}", house.endpoint);
}

/// The secretary talks to the caller, rings the minister, and transfers before the minister answers.
fn transferred_while_it_rings() -> (House, usize, usize, usize) {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (secretary, caller) = house.talking("1001", "1002");
    let minister = house.registered("1003");
    house.dial(secretary, "1003");
    let second = replaces(&house, secretary, 1);
    house.act(secretary, |phone, now| {
        phone.refer(now, 0, &format!("<sip:1003@mfa.example?Replaces={second}>"));
    });
    assert_eq!(house.phones[secretary].answers[0].status.code(), 202);
    assert_eq!(house.sound(caller), Some(Sound::Ringback));
    (house, secretary, caller, minister)
}

/// A phone's own name for one of its calls, as it stands in a Refer-To.
pub(super) fn replaces(house: &House, phone: usize, leg: usize) -> String {
    let leg = &house.phones[phone].legs[leg];
    let (call_id, local) = (leg.call_id().to_owned(), leg.local_tag().to_owned());
    let remote = match leg.dialog() {
        Some(dialog) => dialog.id().remote_tag().to_owned(),
        None => house.phones[phone].early_tag(&call_id),
    };
    let named = Replaces { call_id, to_tag: remote, from_tag: local, early_only: false };
    named.to_string().replace(';', "%3B").replace('=', "%3D")
}

//! Calls between extensions: ringing, answering, holding, hanging up.

use std::time::Duration;

use super::house::House;
use super::phone::Phone;
use crate::call::{EndCause, MediaEvent, Sound};
use crate::endpoint::Endpoint;
use crate::leg::{Ending, LegEvent};
use crate::message::StatusCode;
use crate::sdp::{Codec, Direction};

#[test]
fn two_phones_talk_until_one_hangs_up() {
    let mut house = House::new(&["1001", "1002"]);
    let (caller, callee) = house.talking("1001", "1002");
    assert!(house.phones[caller].was_told(|event| matches!(event, LegEvent::Ringing { .. })));

    house.act(callee, Phone::hang_up);

    assert!(house.phones[caller].is_idle() && house.phones[callee].is_idle());
    assert!(house.media.open.is_empty(), "all ports are given back");
    assert_eq!(house.endpoint.calls(), 0);
    house.records.sort_by_key(|record| record.leg);
    let [one, other] = &house.records[..] else { panic!("two legs are recorded: {:?}", house.records) };
    assert_eq!((one.from.as_str(), one.to.as_str()), ("1001", "1002"));
    assert!(one.inbound && !other.inbound && one.call == other.call);
    assert!(one.answered.is_some() && one.ringing.is_some());
    assert_eq!(one.ended.as_ref().map(|ended| &ended.1), Some(&EndCause::OtherHungUp));
    assert_eq!(other.ended.as_ref().map(|ended| &ended.1), Some(&EndCause::HungUp));
}

#[test]
fn nothing_of_a_call_is_left_a_minute_later() {
    let mut house = House::new(&["1001", "1002"]);
    let (caller, _) = house.talking("1001", "1002");
    house.act(caller, Phone::hang_up);
    house.run(Duration::from_secs(70));

    assert!(house.endpoint.holds_nothing(), "{:?}", house.endpoint);
}

#[test]
fn the_same_codec_passes_and_different_ones_are_transcoded() {
    let mut house = House::new(&["1001", "1002"]);
    let (callee, caller) = (house.registered("1002"), house.registered("1001"));
    house.phones[caller].codec = Codec::G722;
    house.dial(caller, "1002");
    house.act(callee, Phone::answer);

    let mut codecs: Vec<Codec> =
        house.media.agreed.values().map(|agreed| agreed.send.codec.clone()).collect();
    codecs.sort_by_key(Codec::encoding);
    assert_eq!(codecs, [Codec::G722, Codec::Pcma]);
    assert_eq!(house.hears(caller), Some(callee));
}

#[test]
fn all_devices_of_an_extension_ring_and_the_losers_are_told_who_won() {
    let mut house = House::new(&["1001", "1002"]);
    let (desk, kitchen, caller) =
        (house.registered("1002"), house.registered("1002"), house.registered("1001"));
    house.dial(caller, "1002");
    assert_eq!(house.phones[desk].legs.len() + house.phones[kitchen].legs.len(), 2);

    house.act(kitchen, Phone::answer);

    assert_eq!(house.hears(caller), Some(kitchen));
    let reason = house.phones[desk].cancelled[0].clone().expect("a reason");
    assert!(reason.contains("cause=200") && reason.contains("elsewhere"), "{reason}");
    assert!(house.endings("1002").contains(&EndCause::AnsweredElsewhere));
}

#[test]
fn a_caller_who_gives_up_stops_the_ringing() {
    let mut house = House::new(&["1001", "1002"]);
    let (callee, caller) = (house.registered("1002"), house.registered("1001"));
    house.dial(caller, "1002");
    house.act(caller, Phone::hang_up);

    assert!(house.phones[callee].was_told(|event| matches!(event, LegEvent::Ended(Ending::Cancelled(_)))));
    assert_eq!(house.endpoint.calls(), 0);
    assert!(house.media.open.is_empty());
    assert_eq!(house.endings("1002"), [EndCause::Cancelled]);
}

#[test]
fn a_busy_phone_and_an_absent_one_are_told_apart() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (busy, caller) = (house.registered("1002"), house.registered("1001"));
    house.phones[busy].busy = true;

    house.dial(caller, "1002");
    assert_eq!(refused_with(&house, caller), Some(486));
    house.dial(caller, "1003");
    assert_eq!(refused_with(&house, caller), Some(480));
    house.dial(caller, "7777");
    assert_eq!(refused_with(&house, caller), Some(404));
}

#[test]
fn one_device_that_declines_stops_the_others() {
    let mut house = House::new(&["1001", "1002"]);
    let (desk, kitchen, caller) =
        (house.registered("1002"), house.registered("1002"), house.registered("1001"));
    house.dial(caller, "1002");
    house.act(desk, |phone, now| phone.refuse(now, StatusCode::DECLINE));

    assert_eq!(refused_with(&house, caller), Some(603));
    assert!(!house.phones[kitchen].cancelled.is_empty());
}

#[test]
fn one_device_that_is_busy_leaves_the_others_ringing() {
    let mut house = House::new(&["1001", "1002"]);
    let (desk, kitchen, caller) =
        (house.registered("1002"), house.registered("1002"), house.registered("1001"));
    house.dial(caller, "1002");
    house.act(desk, |phone, now| phone.refuse(now, StatusCode::BUSY_HERE));
    house.act(kitchen, Phone::answer);

    assert_eq!(house.hears(caller), Some(kitchen));
}

#[test]
fn hold_is_answered_at_once_and_the_other_side_hears_music() {
    for direction in [Direction::SendOnly, Direction::Inactive] {
        let mut house = House::new(&["1001", "1002"]);
        let (caller, callee) = house.talking("1001", "1002");

        house.act(caller, |phone, now| phone.hold(now, direction));
        assert_eq!(house.sound(callee), Some(Sound::Music));
        assert!(
            house.phones[callee].was_told(|event| !matches!(event, LegEvent::Offered(_))),
            "it is not bothered"
        );

        house.act(caller, |phone, now| phone.hold(now, Direction::SendRecv));
        assert_eq!(house.hears(caller), Some(callee));
        assert_eq!(house.hears(callee), Some(caller));
    }
}

#[test]
fn a_second_call_waits_at_the_phone_which_says_itself_whether_it_is_busy() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (caller, callee) = house.talking("1001", "1002");
    let second = house.registered("1003");
    house.dial(second, "1002");
    assert_eq!(house.phones[callee].legs.len(), 2, "it rings beside the call");

    house.act(callee, |phone, now| phone.refuse(now, StatusCode::BUSY_HERE));
    assert_eq!(refused_with(&house, second), Some(486));
    house.dial(second, "1002");
    house.act(callee, Phone::answer);
    assert_eq!(house.endpoint.calls(), 2);
    assert!(house.phones[second].was_told(|event| matches!(event, LegEvent::Answered(_))));
    assert!(!house.phones[caller].is_idle(), "the first goes on");
}

#[test]
fn a_call_held_by_both_goes_on_when_both_are_back() {
    let mut house = House::new(&["1001", "1002"]);
    let (caller, callee) = house.talking("1001", "1002");
    house.act(caller, |phone, now| phone.hold(now, Direction::SendOnly));
    house.act(callee, |phone, now| phone.hold(now, Direction::SendOnly));
    house.act(caller, |phone, now| phone.hold(now, Direction::SendRecv));
    assert_eq!(house.sound(caller), Some(Sound::Music));

    house.act(callee, |phone, now| phone.hold(now, Direction::SendRecv));
    assert_eq!(house.hears(caller), Some(callee));
}

#[test]
fn sound_before_the_answer_is_heard() {
    let mut house = House::new(&["1001", "1002"]);
    let (callee, caller) = (house.registered("1002"), house.registered("1001"));
    house.dial(caller, "1002");
    house.act(callee, Phone::announce);

    assert!(house.phones[caller].was_told(|event| matches!(event, LegEvent::EarlyMedia(_))));
    assert_eq!(house.hears(caller), Some(callee));
    house.act(callee, Phone::answer);
    assert_eq!(house.hears(callee), Some(caller));
}

#[test]
fn a_phone_that_is_silent_for_long_keeps_its_call_if_it_says_that_it_has_one() {
    let mut house = House::new(&["1001", "1002"]);
    let (caller, callee) = house.talking("1001", "1002");
    for _ in 0..3 {
        house.media_event(callee, |leg| MediaEvent::Silent { leg });
        house.run(Duration::from_secs(40));
    }

    assert_eq!(house.hears(caller), Some(callee));
}

#[test]
fn a_phone_that_is_silent_for_long_and_does_not_answer_is_hung_up_on() {
    let mut house = House::new(&["1001", "1002"]);
    let (caller, callee) = house.talking("1001", "1002");
    house.phones[callee].gone = true;
    house.media_event(callee, |leg| MediaEvent::Silent { leg });
    house.run(Duration::from_secs(40));

    assert!(house.phones[caller].is_idle());
    assert!(house.endings("1002").contains(&EndCause::Lost));
}

#[test]
fn a_caller_without_a_password_calls_nobody() {
    let mut house = House::new(&["1001", "1002"]);
    let callee = house.registered("1002");
    let caller = house.phone("1001");
    house.phones[caller].set_password("wrong");
    house.dial(caller, "1002");

    assert!(house.phones[callee].legs.is_empty());
    assert_eq!(
        house.phones[caller].events.iter().filter(|event| matches!(event, LegEvent::Challenged(_))).count(),
        2
    );
}

#[test]
fn a_number_rings_no_longer_than_two_minutes() {
    let mut house = House::new(&["1001", "1002"]);
    let (callee, caller) = (house.registered("1002"), house.registered("1001"));
    house.dial(caller, "1002");
    house.run(Duration::from_secs(121));

    assert_eq!(refused_with(&house, caller), Some(480));
    assert_eq!(house.phones[callee].cancelled.len(), 1);
    assert_eq!(house.endings("1002"), [EndCause::NoAnswer]);
}

#[test]
fn a_stop_of_the_server_hangs_up_on_everybody() {
    let mut house = House::new(&["1001", "1002"]);
    let (caller, callee) = house.talking("1001", "1002");
    house.with(Endpoint::hang_up_all);
    house.run(Duration::from_secs(1));

    assert!(house.phones[caller].is_idle() && house.phones[callee].is_idle());
}

#[test]
fn a_phone_that_comes_back_from_another_port_is_hung_up_on_there() {
    let mut house = House::new(&["1001", "1002"]);
    let (caller, callee) = house.talking("1001", "1002");
    for phone in [callee, caller] {
        house.phones[phone].address.set_port(6_060);
        house.act(phone, Phone::register);
    }
    house.act(caller, Phone::hang_up);
    assert!(house.phones[callee].is_idle(), "the called phone is followed");

    house.dial(caller, "1002");
    house.act(callee, Phone::answer);
    house.phones[caller].address.set_port(7_070);
    house.act(caller, Phone::register);
    house.act(callee, Phone::hang_up);
    assert!(house.phones[caller].is_idle(), "the calling phone is followed");
}

#[test]
fn a_broken_phone_makes_so_many_calls_and_still_an_emergency_call() {
    let mut house = House::new(&["1001", "1002"]);
    let (callee, caller) = (house.registered("1002"), house.registered("1001"));
    for _ in 0..33 {
        house.dial(caller, "1002");
    }
    assert_eq!(house.phones[callee].legs.len(), 32);
    assert_eq!(refused_with(&house, caller), Some(503));

    house.dial(caller, "112");
    assert_eq!(house.phones[0].legs.len(), 1, "the operator has it");
}

#[test]
fn of_two_who_answer_at_once_the_second_is_hung_up_on() {
    let mut house = House::new(&["1001", "1002"]);
    let (desk, kitchen, caller) =
        (house.registered("1002"), house.registered("1002"), house.registered("1001"));
    house.dial(caller, "1002");
    let now = house.now;
    house.phones[desk].answer(now);
    house.phones[kitchen].answer(now);
    house.run(Duration::from_secs(1));

    assert_eq!(house.hears(caller), Some(desk));
    assert!(house.phones[kitchen].was_told(|event| matches!(event, LegEvent::Ended(Ending::HungUp(_)))));
    assert_eq!(house.media.open.len(), 2);
    house.act(desk, Phone::hang_up);
    house.run(Duration::from_secs(70));
    assert!(house.endpoint.holds_nothing(), "{:?}", house.endpoint);
}

#[test]
fn a_caller_who_gives_up_while_the_answer_is_on_its_way_is_left_alone() {
    let mut house = House::new(&["1001", "1002"]);
    let (callee, caller) = (house.registered("1002"), house.registered("1001"));
    house.dial(caller, "1002");
    let now = house.now;
    house.phones[callee].answer(now);
    house.phones[caller].hang_up(now);
    house.run(Duration::from_secs(70));

    assert!(house.phones[callee].is_idle() && house.phones[caller].is_idle());
    assert!(house.media.open.is_empty());
    assert!(house.endpoint.holds_nothing(), "{:?}", house.endpoint);
}

pub(super) fn refused_with(house: &House, phone: usize) -> Option<u16> {
    house.phones[phone].events.iter().rev().find_map(|event| match event {
        LegEvent::Ended(Ending::Refused { status, .. }) => Some(status.code()),
        _ => None,
    })
}

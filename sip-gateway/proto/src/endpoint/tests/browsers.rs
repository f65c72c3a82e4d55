//! Calls to and from browsers: an end of the call is a room, and phones come to sit in it.

use std::time::Duration;

use super::calls::refused_with;
use super::house::House;
use super::phone::Phone;
use crate::call::{
    CommandError, Destination, EndCause, LegId, MediaEvent, PlaceCall, PlaceError, Placed, RecordedRoute,
    ScreenEvent, SeatStatus, Sound,
};
use crate::endpoint::Endpoint;
use crate::message::{HeaderName, StatusCode};
use crate::plan::{Class, Refusal, RingGroup, RingStrategy};
use crate::sdp::Direction;

#[test]
fn a_browser_calls_a_phone_which_sits_in_its_room_until_it_hangs_up() {
    let mut house = House::new(&["1001", "1002"]);
    let phone = house.registered("1002");
    let placed = calls(&mut house, "1001", "1002").expect("a call");
    assert!(placed.room.starts_with("call-") && placed.room.len() == 21, "{}", placed.room);
    assert_eq!(events(&mut house, "1001"), [placed_to("1002"), ScreenEvent::Ringing]);
    let seat = &house.seats[&placed.leg];
    assert_eq!((seat.room.as_str(), seat.status), (placed.room.as_str(), SeatStatus::Ringing));

    house.act(phone, Phone::answer);

    assert_eq!(house.sits(phone), Some(placed.leg), "the phone hears the room");
    let seat = &house.seats[&placed.leg];
    assert_eq!((seat.name.as_str(), seat.number.as_str()), ("Bureau 1002", "1002"));
    assert_eq!((seat.extension.as_deref(), seat.post.as_deref()), (Some("1002"), Some("Cotonou")));
    assert_eq!(seat.status, SeatStatus::Active);
    assert_eq!(events(&mut house, "1001"), [answered_by("1002", false)]);
    let from = house.phones[phone].legs[0].invitation().headers.get(&HeaderName::From).unwrap_or_default();
    assert!(from.contains("Bureau 1001"), "{from}");

    house.act(phone, Phone::hang_up);
    assert_eq!(events(&mut house, "1001"), [ScreenEvent::Ended { cause: EndCause::OtherHungUp }]);
    house.records.sort_by_key(|record| record.leg);
    let [browser, called] = &house.records[..] else { panic!("two legs: {:?}", house.records) };
    assert!(matches!(browser.route, RecordedRoute::Browser { .. }) && browser.inbound && !called.inbound);
    assert_eq!((browser.from.as_str(), browser.to.as_str(), browser.call), ("1001", "1002", called.call));
    assert!(browser.ringing.is_some() && browser.answered.is_some());
    is_over(house);
}

#[test]
fn the_browsers_and_the_phone_of_an_extension_ring_together_until_one_is_answered() {
    for by in ["browser", "phone"] {
        let mut house = House::new(&["1001", "1002"]);
        let (desk, caller) = (house.registered("1002"), house.registered("1001"));
        house.browser("1002");
        house.dial(caller, "1002");
        let rings = house.rings_in_browser("1002");
        assert_eq!(house.phones[desk].legs.len(), 1);

        match by {
            "browser" => {
                let room = house.click(|endpoint, with| endpoint.answer(with, rings)).expect("it rings");
                assert_eq!(house.seats[&rings].room, room);
                assert_eq!(house.seats[&rings].name, "Bureau 1001");
                assert_eq!(house.sits(caller), Some(rings));
                assert_eq!(events(&mut house, "1002"), [answered_by("1001", false)]);
                let reason = house.phones[desk].cancelled[0].clone().expect("a reason");
                assert!(reason.contains("elsewhere"), "{reason}");
                house.click(|endpoint, with| endpoint.hang_up(with, rings)).expect("a call");
            }
            _ => {
                house.act(desk, Phone::answer);
                assert_eq!(house.hears(caller), Some(desk));
                let elsewhere = ScreenEvent::RingsNoMore { why: EndCause::AnsweredElsewhere };
                assert_eq!(events(&mut house, "1002"), [elsewhere]);
                let late = house.click(|endpoint, with| endpoint.answer(with, rings));
                assert_eq!(late, Err(CommandError::NoSuchCall));
                house.act(caller, Phone::hang_up);
            }
        }
        assert!(house.phones[caller].is_idle(), "{by}");
        is_over(house);
    }
}

#[test]
fn two_browsers_talk_in_one_room_without_any_sound_of_ours() {
    let mut house = House::new(&["1001", "1002"]);
    house.browser("1002");
    let placed = calls(&mut house, "1001", "1002").expect("a call");
    let rings = house.rings_in_browser("1002");

    let room = house.click(|endpoint, with| endpoint.answer(with, rings)).expect("it rings");

    assert_eq!(room, placed.room);
    assert_eq!(
        events(&mut house, "1001"),
        [placed_to("1002"), ScreenEvent::Ringing, answered_by("1002", true)]
    );
    assert_eq!(events(&mut house, "1002"), [answered_by("1001", true)]);
    assert!(house.media.open.is_empty() && house.media.seats.is_empty());

    house.click(|endpoint, with| endpoint.hang_up(with, placed.leg)).expect("a call");
    assert_eq!(events(&mut house, "1002"), [ScreenEvent::Ended { cause: EndCause::OtherHungUp }]);
    is_over(house);
}

#[test]
fn who_declines_in_the_browser_does_so_for_his_phone() {
    let mut house = House::new(&["1001", "1002"]);
    let (desk, caller) = (house.registered("1002"), house.registered("1001"));
    house.browser("1002");
    house.dial(caller, "1002");
    let rings = house.rings_in_browser("1002");
    house.click(|endpoint, with| endpoint.decline(with, rings)).expect("it rings");

    assert_eq!(refused_with(&house, caller), Some(603));
    assert_eq!(house.phones[desk].cancelled.len(), 1);
    let declined = ScreenEvent::RingsNoMore { why: EndCause::Refused(603) };
    assert_eq!(events(&mut house, "1002"), [declined]);
    is_over(house);
}

#[test]
fn a_caller_who_gives_up_leaves_a_missed_call() {
    let mut house = House::new(&["1001", "1002"]);
    house.browser("1002");
    let placed = calls(&mut house, "1001", "1002").expect("a call");
    house.rings_in_browser("1002");
    house.click(|endpoint, with| endpoint.hang_up(with, placed.leg)).expect("a call");

    let missed = ScreenEvent::RingsNoMore { why: EndCause::Cancelled };
    assert_eq!(events(&mut house, "1002"), [missed]);
    assert_eq!(house.endings("1002"), [EndCause::Cancelled]);
    assert!(events(&mut house, "1001").contains(&ScreenEvent::Ended { cause: EndCause::Cancelled }));
    is_over(house);
}

#[test]
fn a_browser_is_not_rung_for_who_wants_no_calls_and_calls_go_where_they_are_forwarded() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    house.browser("1002");
    house.browser("1003");
    house.change(|plan| {
        let at = House::extension(plan, "1002");
        plan.extensions[at].do_not_disturb = true;
    });
    calls(&mut house, "1001", "1002").expect("a call");
    assert!(events(&mut house, "1002").is_empty());
    assert!(events(&mut house, "1001").contains(&ScreenEvent::Ended { cause: EndCause::Refused(486) }));

    house.change(|plan| {
        let at = House::extension(plan, "1002");
        plan.extensions[at].do_not_disturb = false;
        plan.extensions[at].forward.no_answer = Some("1003".to_owned());
    });
    let placed = calls(&mut house, "1001", "1002").expect("a call");
    let first = house.rings_in_browser("1002");
    house.run(Duration::from_secs(25));
    let second = house.rings_in_browser("1003");
    assert_ne!(first, second);
    let room = house.click(|endpoint, with| endpoint.answer(with, second)).expect("it rings");
    assert_eq!(room, placed.room);
    assert_eq!(events(&mut house, "1002"), [ScreenEvent::RingsNoMore { why: EndCause::NoAnswer }]);
}

#[test]
fn a_call_that_no_browser_takes_goes_on_to_a_phone_which_comes_into_the_room() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let phone = house.registered("1003");
    house.browser("1002");
    house.change(|plan| {
        let at = House::extension(plan, "1002");
        plan.extensions[at].forward.busy = Some("1003".to_owned());
        plan.extensions[at].forward.no_answer = Some("1003".to_owned());
    });
    let placed = calls(&mut house, "1001", "1002").expect("a call");
    house.run(Duration::from_secs(25));
    house.act(phone, Phone::answer);

    assert_eq!(house.sits(phone), Some(placed.leg));
    assert_eq!(house.seats[&placed.leg].name, "Bureau 1003");
}

#[test]
fn a_group_rings_in_browsers_and_has_a_way_out_when_they_close() {
    let mut house = House::new(&["1001", "1002", "1003", "1004"]);
    let (guard, caller) = (house.registered("1004"), house.registered("1001"));
    house.browser("1002");
    house.browser("1003");
    house.change(|plan| plan.groups.push(group(Some("1004"))));
    house.dial(caller, "1900");
    let (one, _) = (house.rings_in_browser("1002"), house.rings_in_browser("1003"));
    house.click(|endpoint, with| endpoint.decline(with, one)).expect("it rings");
    house.click(|endpoint, with| endpoint.set_screens(with, "1003", false));

    house.act(guard, Phone::answer);
    assert_eq!(house.hears(caller), Some(guard));
}

#[test]
fn a_browser_that_is_opened_while_its_phone_rings_rings_too() {
    let mut house = House::new(&["1001", "1002"]);
    let (_, caller) = (house.registered("1002"), house.registered("1001"));
    house.dial(caller, "1002");
    house.browser("1002");
    let rings = house.rings_in_browser("1002");
    house.browser("1002");
    assert!(house.told("1002").is_empty(), "one branch for all browsers");

    house.click(|endpoint, with| endpoint.answer(with, rings)).expect("it rings");
    assert_eq!(house.sits(caller), Some(rings));
}

#[test]
fn a_browser_rings_its_own_phone_and_not_itself() {
    let mut house = House::new(&["1001"]);
    let desk = house.registered("1001");
    house.browser("1001");
    let placed = calls(&mut house, "1001", "1001").expect("a call");
    house.act(desk, Phone::answer);

    assert_eq!(house.sits(desk), Some(placed.leg));
    assert!(events(&mut house, "1001").iter().all(|event| !matches!(event, ScreenEvent::Rings { .. })));
}

#[test]
fn whom_a_browser_holds_hears_music_and_who_is_held_by_a_phone_is_told_so() {
    let mut house = House::new(&["1001", "1002"]);
    let (placed, phone) = talking(&mut house);
    house.click(|endpoint, with| endpoint.hold(with, placed.leg, true)).expect("a call");
    assert_eq!(house.sound(phone), Some(Sound::Music));
    assert_eq!(events(&mut house, "1001"), [ScreenEvent::Held { mine: true, theirs: false }]);

    house.click(|endpoint, with| endpoint.hold(with, placed.leg, false)).expect("a call");
    assert_eq!(house.sits(phone), Some(placed.leg));
    house.act(phone, |phone, now| phone.hold(now, Direction::SendOnly));
    house.act(phone, |phone, now| phone.hold(now, Direction::SendRecv));
    assert_eq!(house.sits(phone), Some(placed.leg));
    let told = events(&mut house, "1001");
    let held = |mine, theirs| ScreenEvent::Held { mine, theirs };
    assert_eq!(told, [held(false, false), held(false, true), held(false, false)]);
}

#[test]
fn keys_of_a_browser_reach_a_phone_as_it_takes_them() {
    let mut house = House::new(&["1001", "1002"]);
    let (placed, phone) = talking(&mut house);
    for key in ['1', '#'] {
        house.click(|endpoint, with| endpoint.press(with, placed.leg, key)).expect("a phone is there");
    }
    let pressed: Vec<char> = house.media.pressed.iter().map(|(_, key)| *key).collect();
    assert_eq!(pressed, ['1', '#']);
    assert!(house.click(|endpoint, with| endpoint.press(with, placed.leg, 'x')).is_err());
    assert_eq!(house.media.pressed[0].0, house.leg_of(phone).expect("a leg"));
}

#[test]
fn keys_reach_a_phone_without_events_in_rtp_by_info() {
    let mut house = House::new(&["1001", "1002"]);
    let phone = house.registered("1002");
    house.phones[phone].takes_keys = false;
    let placed = calls(&mut house, "1001", "1002").expect("a call");
    house.act(phone, Phone::answer);
    house.click(|endpoint, with| endpoint.press(with, placed.leg, '7')).expect("a phone is there");

    assert!(house.media.pressed.is_empty());
    assert!(
        house.phones[phone].was_told(|event| matches!(event, crate::leg::LegEvent::Key { digit: '7', .. }))
    );
}

#[test]
fn a_browser_transfers_a_phone_and_gets_it_back_if_nobody_takes_it() {
    for taken in [true, false] {
        let mut house = House::new(&["1001", "1002", "1003"]);
        let (placed, phone) = talking(&mut house);
        let minister = house.registered("1003");
        transfer(&mut house, placed.leg, "1003").expect("it can be sent there");
        assert_eq!(house.sound(phone), Some(Sound::Ringback));
        assert!(house.seats.is_empty(), "the phone is not in the room any more");

        if taken {
            house.act(minister, Phone::answer);
            assert_eq!(house.hears(phone), Some(minister));
            assert_eq!(events(&mut house, "1001"), [ScreenEvent::Ended { cause: EndCause::Transferred }]);
        } else {
            house.act(minister, |phone, now| phone.refuse(now, StatusCode::BUSY_HERE));
            assert_eq!(house.sits(phone), Some(placed.leg));
            assert_eq!(events(&mut house, "1001"), [ScreenEvent::TransferFailed { status: 486 }]);
        }
        house.act(phone, Phone::hang_up);
        is_over(house);
    }
}

#[test]
fn a_transferred_call_comes_home_to_a_browser_that_has_hung_up() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (placed, phone) = talking(&mut house);
    house.browser("1001");
    let minister = house.registered("1003");
    transfer(&mut house, placed.leg, "1003").expect("it can be sent there");
    house.click(|endpoint, with| endpoint.hang_up(with, placed.leg)).expect("a call");
    house.act(minister, |phone, now| phone.refuse(now, StatusCode::BUSY_HERE));

    let home = house.rings_in_browser("1001");
    let room = house.click(|endpoint, with| endpoint.answer(with, home)).expect("it rings");
    assert_ne!(room, placed.room, "who was in the old room does not hear the new one");
    assert_eq!(house.sits(phone), Some(home));
}

#[test]
fn a_phone_sends_a_browser_on_to_another_phone_or_browser() {
    for to in ["phone", "browser"] {
        let mut house = House::new(&["1001", "1002", "1003"]);
        let (placed, phone) = talking(&mut house);
        let other = (to == "phone").then(|| house.registered("1003"));
        if to == "browser" {
            house.browser("1003");
        }
        house.act(phone, |phone, now| phone.refer(now, 0, "<sip:1003@mfa.example>"));
        match other {
            Some(other) => {
                house.act(other, Phone::answer);
                assert_eq!(house.sits(other), Some(placed.leg));
                assert_eq!(house.seats[&placed.leg].name, "Bureau 1003");
                assert_eq!(events(&mut house, "1001").last(), Some(&answered_by("1003", false)));
            }
            None => {
                let rings = house.rings_in_browser("1003");
                let room = house.click(|endpoint, with| endpoint.answer(with, rings)).expect("it rings");
                assert_eq!(room, placed.room);
                assert!(house.seats.is_empty());
                assert_eq!(events(&mut house, "1001").last(), Some(&answered_by("1003", true)));
            }
        }
        assert_eq!(house.phones[phone].notified.last().map(String::as_str), Some("SIP/2.0 200 OK"));
        assert!(house.phones[phone].is_idle());
        house.click(|endpoint, with| endpoint.hang_up(with, placed.leg)).expect("a call");
        is_over(house);
    }
}

#[test]
fn a_phone_brings_two_browsers_together_which_then_share_a_room() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (first, phone) = talking(&mut house);
    house.browser("1003");
    house.dial(phone, "1003");
    let rings = house.rings_in_browser("1003");
    let second = house.click(|endpoint, with| endpoint.answer(with, rings)).expect("it rings");
    assert_ne!(second, first.room);
    let named = super::transfers::replaces(&house, phone, 1);
    house.act(phone, |phone, now| {
        phone.refer(now, 0, &format!("<sip:1003@mfa.example?Replaces={named}>"));
    });

    assert!(house.seats.is_empty() && house.media.open.is_empty() && house.phones[phone].is_idle());
    let moved: Vec<_> = house.news.iter().filter(|news| news.event == ScreenEvent::Moved).collect();
    assert_eq!(moved.len(), 1, "one of them goes to the other: {:?}", house.news);
    house.click(|endpoint, with| endpoint.hang_up(with, rings)).expect("a call");
    is_over(house);
}

#[test]
fn a_browser_calls_with_the_rights_and_limits_of_its_extension() {
    let mut house = House::new(&["1001", "1002"]);
    house.change(|plan| {
        plan.extensions[0].rights = Class::Internal;
        plan.extensions[0].outside_calls = 1;
        plan.conference.push("1700".to_owned());
    });
    let refused = |needs| Err(PlaceError::Refused(Refusal::Rights { needs }));
    assert_eq!(calls(&mut house, "1001", "00033140506070"), refused(Class::International));
    assert_eq!(calls(&mut house, "1001", "7777"), Err(PlaceError::Refused(Refusal::NoSuchNumber)));
    assert_eq!(calls(&mut house, "9999", "1002"), Err(PlaceError::Refused(Refusal::UnknownCaller)));
    assert_eq!(calls(&mut house, "1001", "1700"), Err(PlaceError::Meeting { meeting: None }));
    assert_eq!(calls(&mut house, "1001", "*78"), Err(PlaceError::Code));
    calls(&mut house, "1001", "0112").expect("help is called whatever the rights");
    assert_eq!(house.phones[OPERATOR].legs.len(), 1);

    house.change(|plan| plan.extensions[0].rights = Class::International);
    calls(&mut house, "1001", "00033140506070").expect("one call is allowed");
    house.act(OPERATOR, Phone::answer);
    house.told("1001");
    calls(&mut house, "1001", "00033140506071").expect("it is placed");
    assert!(events(&mut house, "1001").contains(&ScreenEvent::Ended { cause: EndCause::Refused(403) }));
}

#[test]
fn a_broken_browser_makes_so_many_calls_and_still_an_emergency_call() {
    let mut house = House::new(&["1001", "1002"]);
    house.registered("1002");
    for _ in 0..32 {
        calls(&mut house, "1001", "1002").expect("a call");
    }
    assert_eq!(calls(&mut house, "1001", "1002"), Err(PlaceError::TooMany));
    calls(&mut house, "1001", "112").expect("help is called");
}

#[test]
fn the_lamp_of_an_extension_shows_its_calls_in_the_browser() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (phone, watcher) = (house.registered("1002"), house.registered("1003"));
    super::subscriptions::watch(&mut house, watcher, "1001");
    let placed = calls(&mut house, "1001", "1002").expect("a call");
    house.act(phone, Phone::answer);
    house.click(|endpoint, with| endpoint.hang_up(with, placed.leg)).expect("a call");

    let told = super::subscriptions::lamps(&house, watcher);
    assert_eq!(told, ["1001 0", "1001 1 trying", "1001 2 early", "1001 3 confirmed", "1001 4 terminated"]);
}

#[test]
fn a_colleague_picks_up_what_rings_in_a_browser_and_the_reverse() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (caller, colleague) = (house.registered("1001"), house.registered("1003"));
    house.browser("1002");
    house.dial(caller, "1002");
    house.rings_in_browser("1002");
    house.dial(colleague, "*81002");
    assert_eq!(house.hears(caller), Some(colleague));
    let elsewhere = ScreenEvent::RingsNoMore { why: EndCause::AnsweredElsewhere };
    assert_eq!(events(&mut house, "1002"), [elsewhere]);
    house.act(caller, Phone::hang_up);

    house.dial(caller, "1003");
    let taken = calls(&mut house, "1002", "*81003").expect("it is taken");
    assert_eq!(house.sits(caller), Some(taken.leg));
    assert_eq!(house.phones[colleague].cancelled.len(), 1);
    assert_eq!(events(&mut house, "1002").last(), Some(&answered_by("1001", false)));
    house.act(caller, Phone::hang_up);
    is_over(house);
}

#[test]
fn what_the_network_says_before_the_answer_is_heard_in_the_room() {
    let mut house = House::new(&["1001"]);
    let placed = calls(&mut house, "1001", "00033140506070").expect("a call");
    house.act(OPERATOR, Phone::announce);
    assert_eq!(house.sits(OPERATOR), Some(placed.leg));
    house.click(|endpoint, with| endpoint.press(with, placed.leg, '1')).expect("a menu may want a key");
    house.act(OPERATOR, |phone, now| phone.refuse(now, StatusCode::NOT_FOUND));

    assert!(events(&mut house, "1001").contains(&ScreenEvent::Ended { cause: EndCause::Refused(404) }));
    is_over(house);
}

#[test]
fn a_call_grows_by_a_third_who_comes_into_its_room() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (placed, phone) = talking(&mut house);
    let third = house.registered("1003");
    let order = PlaceCall {
        from: "1001".to_owned(),
        room: Some(placed.room.clone()),
        dialled: "1003".to_owned(),
        on_behalf: None,
        identity: None,
    };
    let more = house.click(|endpoint, with| endpoint.place(with, order)).expect("a call");
    assert_eq!(more.room, placed.room);
    house.act(third, Phone::answer);

    assert_eq!((house.sits(phone), house.sits(third)), (Some(placed.leg), Some(more.leg)));
    assert_ne!(house.seats[&placed.leg].identity, house.seats[&more.leg].identity);
    house.act(phone, Phone::hang_up);
    assert_eq!(house.sits(third), Some(more.leg), "the others go on");
}

#[test]
fn a_stop_of_the_server_and_a_fault_in_the_sound_end_calls_with_browsers() {
    let mut house = House::new(&["1001", "1002"]);
    let (placed, phone) = talking(&mut house);
    house.media_event(phone, |leg| MediaEvent::Broken { leg });
    assert_eq!(events(&mut house, "1001"), [ScreenEvent::Ended { cause: EndCause::OtherHungUp }]);
    assert!(house.click(|endpoint, with| endpoint.hang_up(with, placed.leg)).is_err());

    let again = calls(&mut house, "1001", "1002").expect("a call");
    house.act(phone, Phone::answer);
    assert_eq!(house.sits(phone), Some(again.leg));
    house.with(Endpoint::hang_up_all);
    assert!(house.phones[phone].is_idle() || house.seats.is_empty());
    is_over(house);
}

/// The house's first phone stands for the operator.
const OPERATOR: usize = 0;

/// A browser of 1001 talks to a phone of 1002.
pub(super) fn talking(house: &mut House) -> (Placed, usize) {
    let phone = house.registered("1002");
    let placed = calls(house, "1001", "1002").expect("a call");
    house.act(phone, Phone::answer);
    assert_eq!(house.sits(phone), Some(placed.leg));
    house.told("1001");
    (placed, phone)
}

pub(super) fn calls(house: &mut House, from: &str, dialled: &str) -> Result<Placed, PlaceError> {
    let (from, dialled) = (from.to_owned(), dialled.to_owned());
    let order = PlaceCall { from, room: None, dialled, on_behalf: None, identity: None };
    house.click(|endpoint, with| endpoint.place(with, order))
}

fn transfer(house: &mut House, leg: LegId, number: &str) -> Result<(), CommandError> {
    let to = Destination::Number(number.to_owned());
    house.click(|endpoint, with| endpoint.transfer(with, leg, to))
}

pub(super) fn events(house: &mut House, extension: &str) -> Vec<ScreenEvent> {
    house.told(extension).into_iter().map(|news| news.event).collect()
}

fn placed_to(dialled: &str) -> ScreenEvent {
    ScreenEvent::Placed { dialled: dialled.to_owned() }
}

pub(super) fn answered_by(number: &str, in_browser: bool) -> ScreenEvent {
    ScreenEvent::Answered { by: number.to_owned(), name: format!("Bureau {number}"), in_browser }
}

/// Nothing of any call is left.
pub(super) fn is_over(mut house: House) {
    house.run(Duration::from_secs(70));
    assert!(house.media.open.is_empty() && house.media.seats.is_empty() && house.seats.is_empty());
    assert!(house.endpoint.holds_nothing(), "{:?}", house.endpoint);
    assert!(house.records.iter().all(|record| record.ended.is_some()), "{:?}", house.records);
}

fn group(otherwise: Option<&str>) -> RingGroup {
    RingGroup {
        number: "1900".to_owned(),
        name: "Accueil".to_owned(),
        post: crate::plan::PostId(1),
        strategy: RingStrategy::All,
        members: vec!["1002".to_owned(), "1003".to_owned()],
        ring: Duration::from_secs(10),
        otherwise: otherwise.map(str::to_owned),
    }
}

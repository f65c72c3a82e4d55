//! Whoever called a third in leaves, and the others go on.

use super::browsers::{answered_by, calls, events, is_over, talking};
use super::house::House;
use super::phone::Phone;
use crate::call::{EndCause, LegId, MediaEvent, PlaceCall, Placed, ScreenEvent, SeatEvent};

#[test]
fn two_phones_that_a_browser_has_brought_together_go_on_without_it() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (placed, phone) = talking(&mut house);
    let third = house.registered("1003");
    let more = calls_in(&mut house, "1001", "1003", &placed);
    house.act(third, Phone::answer);
    house.told("1001");

    house.click(|endpoint, with| endpoint.leave(with, placed.leg)).expect("a call");

    assert_eq!((house.hears(phone), house.hears(third)), (Some(third), Some(phone)));
    assert!(house.seats.is_empty(), "two phones need no room");
    let ended = ScreenEvent::Ended { cause: EndCause::HungUp };
    assert_eq!(events(&mut house, "1001"), [ended.clone(), ended]);
    let call_of = |leg| house.records.iter().find(|record| record.leg == leg).map(|record| record.call);
    assert!(call_of(placed.leg) != call_of(more.leg));
    house.act(phone, Phone::hang_up);
    assert!(house.phones[third].is_idle());
    is_over(house);
}

#[test]
fn a_phone_and_a_browser_and_two_browsers_go_on_in_the_room() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (placed, phone) = talking(&mut house);
    house.browser("1003");
    calls_in(&mut house, "1001", "1003", &placed);
    let third = answers(&mut house, "1003");
    house.click(|endpoint, with| endpoint.leave(with, placed.leg)).expect("a call");

    assert_eq!(house.sits(phone), Some(third));
    assert_eq!(house.seats[&third].room, placed.room, "the browser need not go anywhere");
    assert!(events(&mut house, "1003").contains(&answered_by("1002", false)));
    house.click(|endpoint, with| endpoint.leave(with, third)).expect("a call");
    assert!(house.phones[phone].is_idle());
    is_over(house);

    let mut house = House::new(&["1001", "1002", "1003"]);
    for extension in ["1002", "1003"] {
        house.browser(extension);
    }
    let placed = calls(&mut house, "1001", "1002").expect("a call");
    let second = answers(&mut house, "1002");
    let more = calls_in(&mut house, "1001", "1003", &placed);
    let third = answers(&mut house, "1003");
    house.click(|endpoint, with| endpoint.leave(with, more.leg)).expect("a call");
    assert!(events(&mut house, "1002").contains(&answered_by("1003", true)));
    assert!(events(&mut house, "1003").contains(&answered_by("1002", true)));
    house.click(|endpoint, with| endpoint.hang_up(with, second)).expect("they talk");
    let ended = ScreenEvent::Ended { cause: EndCause::OtherHungUp };
    assert_eq!(events(&mut house, "1003"), [ended]);
    assert!(house.click(|endpoint, with| endpoint.leave(with, third)).is_err());
    is_over(house);
}

#[test]
fn three_whom_a_browser_has_brought_together_go_on_without_it_until_one_is_left() {
    let mut house = House::new(&["1001", "1002", "1003", "1004"]);
    let (placed, first) = talking(&mut house);
    let third = house.registered("1003");
    calls_in(&mut house, "1001", "1003", &placed);
    house.act(third, Phone::answer);
    house.browser("1004");
    calls_in(&mut house, "1001", "1004", &placed);
    let browser = answers(&mut house, "1004");
    house.told("1004");

    house.click(|endpoint, with| endpoint.leave(with, placed.leg)).expect("a call");

    let seats = [first, third].map(|phone| house.sits(phone).expect("a seat"));
    assert_ne!(seats[0], seats[1]);
    for seat in seats {
        assert_eq!(house.seats[&seat].room, placed.room, "nobody need go anywhere");
    }
    let with = "Bureau 1002, Bureau 1003".to_owned();
    let met = ScreenEvent::Answered { by: String::new(), name: with, in_browser: true };
    assert_eq!(events(&mut house, "1004"), [met]);
    let left = house.records.iter().filter(|record| record.from == "1001" && record.inbound);
    assert_eq!(left.filter(|record| record.ended.is_some()).count(), 3);

    house.act(third, Phone::hang_up);
    assert_eq!(house.sits(first), Some(browser), "the last two are joined");
    assert_eq!(events(&mut house, "1004"), [answered_by("1002", false)]);
    house.act(first, Phone::hang_up);
    assert_eq!(events(&mut house, "1004"), [ScreenEvent::Ended { cause: EndCause::OtherHungUp }]);
    is_over(house);
}

#[test]
fn who_goes_on_with_others_may_call_more_and_leave_in_turn() {
    let mut house = House::new(&["1001", "1002", "1003", "1004", "1005", "1006"]);
    let (placed, first) = talking(&mut house);
    for extension in ["1003", "1004"] {
        house.browser(extension);
        calls_in(&mut house, "1001", extension, &placed);
    }
    let (second, third) = (answers(&mut house, "1003"), answers(&mut house, "1004"));
    house.click(|endpoint, with| endpoint.leave(with, placed.leg)).expect("a call");
    let more = ["1005", "1006"].map(|extension| {
        let phone = house.registered(extension);
        calls_in(&mut house, "1003", extension, &placed);
        house.act(phone, Phone::answer);
        phone
    });

    house.click(|endpoint, with| endpoint.leave(with, second)).expect("a call");

    let mut seats: Vec<LegId> =
        [first, more[0], more[1]].map(|phone| house.sits(phone).expect("a seat")).into();
    seats.dedup();
    assert_eq!(seats.len(), 3, "each has a seat of its own");
    house.click(|endpoint, with| endpoint.leave(with, third)).expect("a call");
    house.act(more[0], Phone::hang_up);
    assert_eq!((house.hears(first), house.hears(more[1])), (Some(more[1]), Some(first)));
    assert!(house.seats.is_empty(), "two phones need no room");
    house.act(first, Phone::hang_up);
    assert!(house.phones[more[1]].is_idle());
    is_over(house);
}

#[test]
fn a_phone_that_goes_on_with_others_raises_its_hand_to_nobody() {
    let mut house = House::new(&["1001", "1002", "1003", "1004"]);
    let (placed, first) = talking(&mut house);
    for extension in ["1003", "1004"] {
        let phone = house.registered(extension);
        calls_in(&mut house, "1001", extension, &placed);
        house.act(phone, Phone::answer);
    }
    house.click(|endpoint, with| endpoint.leave(with, placed.leg)).expect("a call");
    let seat = house.sits(first).expect("a seat");
    house.news.clear();

    for key in ['*', '0'] {
        house.media_event(first, |leg| MediaEvent::Key { leg, key });
    }

    assert!(house.news.is_empty(), "there is no host: {:?}", house.news);
    assert!(house.seats.contains_key(&seat));
    for phone in [1, 2] {
        house.act(phone, Phone::hang_up);
    }
    assert!(house.phones[first].is_idle(), "nobody talks to himself");
    is_over(house);
}

#[test]
fn who_leaves_gives_up_whom_he_is_calling_still_and_ends_a_call_of_two() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (placed, phone) = talking(&mut house);
    let third = house.registered("1003");
    calls_in(&mut house, "1001", "1003", &placed);
    house.click(|endpoint, with| endpoint.leave(with, placed.leg)).expect("a call");

    assert!(house.phones[phone].is_idle() && house.phones[third].is_idle());
    assert_eq!(house.endings("1003"), [EndCause::Cancelled]);
    is_over(house);
}

#[test]
fn a_seat_that_a_host_moves_takes_its_end_of_the_call_along() {
    let mut house = House::new(&["1001", "1002"]);
    let phone = house.registered("1002");
    let order = PlaceCall { room: Some("abc-defg-hij".to_owned()), ..order("1001", "1002") };
    let placed = house.click(|endpoint, with| endpoint.place(with, order)).expect("a call");
    house.act(phone, Phone::answer);
    house.seat_event(placed.leg, SeatEvent::Moved("plenary".to_owned()));

    let told = house.told("1001").pop().expect("it is told");
    assert_eq!((told.room.as_str(), told.event), ("plenary", ScreenEvent::Moved));
    house.act(phone, Phone::hang_up);
    is_over(house);
}

fn calls_in(house: &mut House, from: &str, dialled: &str, into: &Placed) -> Placed {
    let order = PlaceCall { room: Some(into.room.clone()), ..order(from, dialled) };
    house.click(|endpoint, with| endpoint.place(with, order)).expect("a call")
}

fn order(from: &str, dialled: &str) -> PlaceCall {
    let (from, dialled) = (from.to_owned(), dialled.to_owned());
    PlaceCall { from, room: None, dialled, on_behalf: None, identity: None }
}

fn answers(house: &mut House, extension: &str) -> LegId {
    let rings = house.rings_in_browser(extension);
    house.click(|endpoint, with| endpoint.answer(with, rings)).expect("it rings");
    rings
}

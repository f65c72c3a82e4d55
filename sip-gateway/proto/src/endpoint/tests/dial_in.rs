//! Phones in meetings: dialling in, dialling out, and what they and the host do there.

use std::time::Duration;

use super::browsers::is_over;
use super::house::House;
use super::phone::Phone;
use crate::call::{
    CommandError, Destination, DoorWord, EndCause, Entry, LegId, MediaEvent, PlaceCall, RecordedRoute,
    ScreenEvent, SeatEnd, SeatEvent, SeatStatus, Speaker,
};
use crate::ivr::{Prompt, Word};
use crate::plan::{InboundNumber, Language, RoomNumber, TrunkId};

#[test]
fn a_phone_types_the_pin_of_a_meeting_and_is_in_it() {
    let mut house = with_meetings();
    let phone = house.registered("1001");
    house.dial(phone, "1700");
    assert_eq!(said(&mut house), [Prompt::Welcome, Prompt::PinWanted], "the call is answered");
    let leg = types(&mut house, phone, "12345678#");
    let (asked, visitor, entry) = house.asked.pop().expect("the office is asked");
    assert_eq!((asked, entry), (leg, Entry::Pin("12345678".to_owned())));
    assert_eq!((visitor.number.as_str(), visitor.name.as_str()), ("1001", "Bureau 1001"));
    assert_eq!(visitor.extension.as_deref(), Some("1001"));

    admit(&mut house, leg);

    let seat = house.sits(phone).expect("a seat");
    let order = &house.seats[&seat];
    assert_eq!((order.room.as_str(), order.name.as_str()), ("meeting-room", "Mme Bureau"));
    assert_eq!((order.role.as_deref(), order.status), (Some("guest"), SeatStatus::Active));
    assert_eq!(said(&mut house), [Prompt::YouAreIn]);
    house.act(phone, Phone::hang_up);
    assert_eq!(house.left_door, [leg], "the office sees it go");
    let record = house.records.iter().find(|record| !record.inbound).expect("a record of the meeting");
    assert!(matches!(record.route, RecordedRoute::Room { .. }));
    assert_eq!((record.from.as_str(), record.to.as_str()), ("1001", "1700"));
    is_over(house);
}

#[test]
fn somebody_from_outside_dials_the_number_of_one_meeting_and_waits_for_the_host() {
    let mut house = with_meetings();
    house.phones[OPERATOR].number = "+33140506070".to_owned();
    house.dial(OPERATOR, "+2290121301235");
    let (leg, visitor, entry) = house.asked.pop().expect("the office is asked");
    assert_eq!(entry, Entry::Number("abc-defg-hij".to_owned()));
    assert_eq!((visitor.number.as_str(), visitor.extension), ("+33140506070", None));
    assert!(visitor.address_key.contains("+33140506070"), "{}", visitor.address_key);
    said(&mut house);
    word(&mut house, leg, DoorWord::Waiting);
    house.run(Duration::from_secs(31));
    assert_eq!(said(&mut house), [Prompt::WaitingForHost; 2]);

    admit(&mut house, leg);
    assert!(house.sits(OPERATOR).is_some());
    word(&mut house, leg, DoorWord::Ended);
    assert_eq!(said(&mut house), [Prompt::YouAreIn, Prompt::MeetingOver]);
    assert!(house.phones[OPERATOR].is_idle(), "we hang up when it was said");
    is_over(house);
}

#[test]
fn three_wrong_pins_end_the_call() {
    let mut house = with_meetings();
    let phone = house.registered("1001");
    house.dial(phone, "1700");
    for _ in 0..3 {
        let leg = types(&mut house, phone, "1234#");
        word(&mut house, leg, DoorWord::Wrong);
    }
    assert_eq!(said(&mut house).last(), Some(&Prompt::PinWrongLast));
    assert_eq!(house.asked.len(), 3);
    assert!(house.phones[phone].is_idle());
    is_over(house);
}

#[test]
fn keys_by_info_count_as_well() {
    let mut house = with_meetings();
    let phone = house.registered("1001");
    house.dial(phone, "1700");
    for key in ['4', '2', '#'] {
        house.act(phone, |phone, now| phone.press(now, key));
    }
    assert_eq!(house.asked.pop().map(|(_, _, entry)| entry), Some(Entry::Pin("42".to_owned())));
}

#[test]
fn who_hangs_up_at_the_door_has_gone_away() {
    let mut house = with_meetings();
    let phone = house.registered("1001");
    house.dial(phone, "1701");
    let leg = house.asked[0].0;
    word(&mut house, leg, DoorWord::Waiting);
    house.act(phone, Phone::hang_up);

    assert_eq!(house.left_door, [leg]);
    admit(&mut house, leg);
    assert!(house.seats.is_empty(), "a late word lets nobody in");
    is_over(house);
}

#[test]
fn a_phone_mutes_itself_raises_its_hand_and_asks_the_host() {
    let (mut house, phone, seat) = in_meeting();
    types(&mut house, phone, "*6");
    assert!(house.media.muted.contains(&seat));
    types(&mut house, phone, "*6*5*5*0");

    assert!(!house.media.muted.contains(&seat));
    let heard = [Prompt::Muted, Prompt::Unmuted, Prompt::HandRaised, Prompt::HandLowered, Prompt::HostAsked];
    assert_eq!(said(&mut house), heard);
    assert_eq!(seat_commands(&mut house), "mute true, mute false, hand true, hand false, hand true");
    let asks = house.news.pop().expect("news");
    assert_eq!((asks.room.as_str(), asks.leg), ("meeting-room", seat));
    assert_eq!(asks.event, ScreenEvent::AsksHost { name: "Mme Bureau".to_owned() });
}

#[test]
fn a_phone_is_told_that_it_has_the_floor_and_that_it_has_it_no_more() {
    let (mut house, phone, seat) = in_meeting();
    happens(&mut house, seat, SeatEvent::Entered);
    let tell = |house: &mut House, given| {
        house.with(|endpoint, with| endpoint.tell_floor(with, seat, given)).expect("it is in a meeting");
    };
    happens(&mut house, seat, SeatEvent::MutedByHost(true));
    types(&mut house, phone, "*5");
    tell(&mut house, true);
    types(&mut house, phone, "*6");
    assert_eq!(
        said(&mut house),
        [Prompt::MutedByHost, Prompt::HandRaised, Prompt::FloorGiven, Prompt::Unmuted]
    );

    // The room mutes it as well, which need not be said.
    tell(&mut house, false);
    happens(&mut house, seat, SeatEvent::MutedByHost(true));
    assert!(house.media.muted.contains(&seat));
    assert_eq!(said(&mut house), [Prompt::FloorClosed]);

    types(&mut house, phone, "*6");
    tell(&mut house, true);
    happens(&mut house, seat, SeatEvent::MutedByHost(true));
    assert_eq!(
        said(&mut house),
        [Prompt::Unmuted, Prompt::FloorYours, Prompt::MutedByHost],
        "a host did that"
    );
    let browser = LegId(u64::MAX);
    house.with(|endpoint, with| endpoint.tell_floor(with, browser, true)).expect_err("nobody is there");
}

#[test]
fn what_the_host_does_is_said() {
    let (mut house, phone, seat) = in_meeting();
    happens(&mut house, seat, SeatEvent::Entered);
    happens(&mut house, seat, SeatEvent::MutedByHost(true));
    assert!(house.media.muted.contains(&seat));
    types(&mut house, phone, "*5");
    happens(&mut house, seat, SeatEvent::HandLowered);
    happens(&mut house, seat, SeatEvent::MutedByHost(false));
    assert!(house.media.muted.is_empty());

    let heard = [Prompt::MutedByHost, Prompt::HandRaised, Prompt::HandLowered, Prompt::UnmutedByHost];
    assert_eq!(said(&mut house), heard);
    happens(&mut house, seat, SeatEvent::Key('3'));
    assert_eq!(house.media.pressed.last().map(|(_, key)| *key), Some('3'));
}

#[test]
fn a_phone_that_is_removed_or_whose_meeting_ends_is_told_so_and_hung_up_on() {
    for (end, prompt) in [
        (SeatEnd::Removed, Prompt::Removed),
        (SeatEnd::Ended, Prompt::MeetingOver),
        (SeatEnd::Full, Prompt::MeetingFull),
        (SeatEnd::Lost, Prompt::TryLater),
    ] {
        let (mut house, phone, seat) = in_meeting();
        happens(&mut house, seat, SeatEvent::Gone(end));
        assert_eq!(said(&mut house), [prompt]);
        assert!(house.seats.is_empty());
        assert_eq!(house.left_door.len(), 1);
        house.run(Duration::from_secs(25));
        assert!(house.phones[phone].is_idle(), "{end:?}");
        is_over(house);
    }
}

#[test]
fn what_is_still_being_said_when_a_meeting_ends_does_not_cut_the_goodbye_short() {
    let (mut house, phone, seat) = in_meeting();
    types(&mut house, phone, "*6");
    happens(&mut house, seat, SeatEvent::Gone(SeatEnd::Ended));

    house.media_event(phone, |leg| MediaEvent::Said { leg });
    assert!(!house.phones[phone].is_idle(), "that was the word about its microphone");
    house.media_event(phone, |leg| MediaEvent::Said { leg });
    assert!(house.phones[phone].is_idle());
    is_over(house);
}

#[test]
fn a_display_shows_who_speaks_once_a_second_at_most() {
    let (mut house, phone, seat) = in_meeting();
    for name in ["Awa", "Ben", "Chloé"] {
        happens(&mut house, seat, SeatEvent::Speaking(vec![speaker(name)]));
        house.run(Duration::from_millis(100));
    }
    house.run(Duration::from_secs(2));
    let shown: Vec<&str> =
        house.phones[phone].shown.iter().filter_map(|shown| shown.display_name.as_deref()).collect();
    assert_eq!(shown, ["Awa", "Chloé"]);
    house.run(Duration::from_secs(60));
    assert!(!house.phones[phone].is_idle());
}

#[test]
fn a_meeting_calls_out_and_sees_how_it_goes() {
    let mut house = House::new(&["1001", "1002"]);
    let phone = house.registered("1002");
    let placed = house.click(|endpoint, with| endpoint.place(with, from_meeting("1002"))).expect("a call");
    let from = house.phones[phone].legs[0].invitation().headers.get(&crate::message::HeaderName::From);
    assert!(from.is_some_and(|from| from.contains("Bilatérale")), "{from:?}");
    assert_eq!(house.seats[&placed.leg].status, SeatStatus::Ringing);
    house.act(phone, Phone::answer);

    assert_eq!(house.sits(phone), Some(placed.leg));
    assert_eq!(house.seats[&placed.leg].room, "meeting-room");
    types(&mut house, phone, "*6");
    assert_eq!(said(&mut house), [Prompt::Muted]);
    house.act(phone, Phone::hang_up);
    let told: Vec<ScreenEvent> = house.told("1001").into_iter().map(|news| news.event).collect();
    assert_eq!(told.len(), 4, "placed, ringing, answered, ended: {told:?}");
    assert_eq!(told[3], ScreenEvent::Ended { cause: EndCause::OtherHungUp });
    is_over(house);
}

#[test]
fn who_is_called_by_a_meeting_is_seen_as_it_says_and_can_be_sent_on_by_it() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (phone, minister) = (house.registered("1002"), house.registered("1003"));
    let order = PlaceCall { identity: Some("caller-7".to_owned()), ..from_meeting("1002") };
    let placed = house.click(|endpoint, with| endpoint.place(with, order)).expect("a call");
    assert_eq!(house.seats[&placed.leg].identity, "caller-7");
    house.act(phone, Phone::answer);

    let to = Destination::Number("1003".to_owned());
    house.click(|endpoint, with| endpoint.transfer(with, placed.leg, to)).expect("it can be sent there");
    house.act(minister, |phone, now| phone.refuse(now, crate::message::StatusCode::BUSY_HERE));
    assert_eq!(house.sits(phone), Some(placed.leg), "nobody took it");
    assert_eq!(house.seats[&placed.leg].identity, "caller-7");

    house.act(phone, Phone::hang_up);
    is_over(house);
}

#[test]
fn a_phone_that_dialled_in_is_sent_on_at_nobodys_expense() {
    let (mut house, phone, seat) = in_meeting();
    let to = Destination::Number("1002".to_owned());
    let refused = house.click(|endpoint, with| endpoint.transfer(with, seat, to));

    assert_eq!(refused, Err(CommandError::Refused(crate::message::StatusCode::FORBIDDEN)));
    assert_eq!(house.sits(phone), Some(seat));
}

#[test]
fn a_meeting_that_calls_in_vain_is_told_why() {
    let mut house = House::new(&["1001", "1002"]);
    let phone = house.registered("1002");
    house.phones[phone].busy = true;
    house.click(|endpoint, with| endpoint.place(with, from_meeting("1002"))).expect("a call");

    let told = house.told("1001");
    let last = told.last().expect("news");
    assert_eq!(last.event, ScreenEvent::Ended { cause: EndCause::Refused(486) });
    is_over(house);
}

#[test]
fn a_caller_is_transferred_into_a_meeting_by_a_browser() {
    let mut house = House::new(&["1001", "1002"]);
    let (placed, phone) = super::browsers::talking(&mut house);
    let to = Destination::Meeting {
        room: "meeting-room".to_owned(),
        name: "Cabinet".to_owned(),
        role: "guest".to_owned(),
    };
    house.click(|endpoint, with| endpoint.transfer(with, placed.leg, to)).expect("it can be sent there");

    let seat = house.sits(phone).expect("a seat");
    assert_eq!(house.seats[&seat].room, "meeting-room");
    assert_ne!(seat, placed.leg);
    let told: Vec<ScreenEvent> = house.told("1001").into_iter().map(|news| news.event).collect();
    assert_eq!(told, [ScreenEvent::Ended { cause: EndCause::Transferred }]);
    house.act(phone, Phone::hang_up);
    is_over(house);
}

#[test]
fn a_caller_is_transferred_to_the_door_of_a_meeting_by_a_phone() {
    let mut house = with_meetings();
    let (secretary, caller) = house.talking("1001", "1002");
    house.act(secretary, |phone, now| phone.refer(now, 0, "<sip:1701@mfa.example>"));
    assert!(house.phones[secretary].is_idle());
    assert_eq!(said(&mut house), [Prompt::Welcome]);
    let (leg, visitor, _) = house.asked[0].clone();
    assert_eq!(visitor.number, "1002");
    admit(&mut house, leg);
    assert!(house.sits(caller).is_some());
    house.act(caller, Phone::hang_up);
    is_over(house);
}

#[test]
fn who_is_in_a_meeting_puts_somebody_through_to_it_under_his_own_name() {
    let mut house = with_meetings();
    let (secretary, caller) = house.talking("1001", "1002");
    house.dial(secretary, "1701");
    let leg = house.asked[0].0;
    admit(&mut house, leg);
    let second = super::transfers::replaces(&house, secretary, 1);
    house.act(secretary, |phone, now| {
        phone.refer(now, 0, &format!("<sip:1701@mfa.example?Replaces={second}>"));
    });

    let seat = house.sits(caller).expect("a seat");
    assert_eq!(house.seats[&seat].name, "Bureau 1002");
    assert!(house.phones[secretary].is_idle());
    house.act(caller, Phone::hang_up);
    is_over(house);
}

#[test]
fn who_is_in_a_meeting_calls_nobody_into_it_by_a_blind_transfer() {
    let (mut house, phone, seat) = in_meeting();
    house.act(phone, |phone, now| phone.refer(now, 0, "<sip:1002@mfa.example>"));

    assert_eq!(house.phones[phone].answers[0].status.code(), 403);
    assert_eq!(house.sits(phone), Some(seat), "the phone stays");
}

#[test]
fn nobody_is_forwarded_to_the_door_of_a_meeting() {
    let mut house = with_meetings();
    let caller = house.registered("1001");
    house.change(|plan| {
        let at = House::extension(plan, "1002");
        plan.extensions[at].forward.always = Some("1701".to_owned());
    });
    house.dial(caller, "1002");
    assert_eq!(super::calls::refused_with(&house, caller), Some(404));
    assert!(house.asked.is_empty());
}

#[test]
fn a_phone_in_a_meeting_that_goes_silent_and_is_gone_leaves_its_seat() {
    let (mut house, phone, _) = in_meeting();
    house.phones[phone].gone = true;
    house.media_event(phone, |leg| MediaEvent::Silent { leg });
    house.run(Duration::from_secs(40));
    assert!(house.seats.is_empty());
    is_over(house);
}

const OPERATOR: usize = 0;

/// A house with a number for all meetings and one for a certain one, both to be reached from outside.
fn with_meetings() -> House {
    let mut house = House::new(&["1001", "1002"]);
    house.change(|plan| {
        plan.conference.push("1700".to_owned());
        plan.rooms.push(RoomNumber {
            number: "1701".to_owned(),
            meeting: "abc-defg-hij".to_owned(),
            name: "Cabinet".to_owned(),
        });
        plan.inbound.push(InboundNumber {
            trunk: TrunkId(1),
            number: "+2290121301235".to_owned(),
            target: "1701".to_owned(),
        });
    });
    super::trunks::resolve(&mut house);
    house
}

/// A phone of 1001 in a meeting, and its seat.
fn in_meeting() -> (House, usize, LegId) {
    let mut house = with_meetings();
    let phone = house.registered("1001");
    house.dial(phone, "1701");
    let leg = house.asked[0].0;
    admit(&mut house, leg);
    let seat = house.sits(phone).expect("a seat");
    said(&mut house);
    (house, phone, seat)
}

fn from_meeting(dialled: &str) -> PlaceCall {
    PlaceCall {
        from: "1001".to_owned(),
        room: Some("meeting-room".to_owned()),
        dialled: dialled.to_owned(),
        on_behalf: Some("Bilatérale".to_owned()),
        identity: None,
    }
}

/// Keys in RTP.
fn types(house: &mut House, phone: usize, keys: &str) -> LegId {
    for key in keys.chars() {
        house.media_event(phone, |leg| MediaEvent::Key { leg, key });
    }
    house.leg_of(phone).expect("a leg")
}

fn word(house: &mut House, leg: LegId, word: DoorWord) {
    house.click(|endpoint, with| endpoint.handle_door(with, leg, word));
}

fn admit(house: &mut House, leg: LegId) {
    let admitted = DoorWord::Admitted {
        room: "meeting-room".to_owned(),
        name: "Mme Bureau".to_owned(),
        role: "guest".to_owned(),
        language: Some(Language::English),
    };
    word(house, leg, admitted);
}

fn happens(house: &mut House, seat: LegId, event: SeatEvent) {
    house.with(|endpoint, with| endpoint.handle_seat(with, seat, event));
}

fn speaker(name: &str) -> Speaker {
    Speaker { identity: name.to_lowercase(), name: name.to_owned() }
}

/// What phones were told until now; they hear it to its end.
fn said(house: &mut House) -> Vec<Prompt> {
    let phrases = std::mem::take(&mut house.media.said);
    let prompt = |word: &Word| match word {
        Word::Prompt(prompt) => *prompt,
        Word::Recording(_) => panic!("nothing is recorded"),
    };
    for (leg, _, _) in &phrases {
        house.click(|endpoint, with| endpoint.handle_media(with, MediaEvent::Said { leg: *leg }));
    }
    phrases.iter().flat_map(|(_, phrase, _)| phrase.words().iter().map(prompt).collect::<Vec<_>>()).collect()
}

fn seat_commands(house: &mut House) -> String {
    use crate::call::SeatCommand;
    let told = house.outputs.drain(..).filter_map(|output| match output {
        crate::endpoint::Output::Seat(SeatCommand::Mute { muted, .. }) => Some(format!("mute {muted}")),
        crate::endpoint::Output::Seat(SeatCommand::Hand { raised, .. }) => Some(format!("hand {raised}")),
        _ => None,
    });
    told.collect::<Vec<_>>().join(", ")
}

//! Messages: left by callers whom nobody answers, played to phones, and their lamp.

use std::time::Duration;

use super::browsers::{calls, is_over};
use super::calls::refused_with;
use super::house::House;
use super::phone::Phone;
use crate::call::{
    EndCause, LegId, MailboxCommand, MailboxWord, MediaEvent, PlaceCall, RecordingId, ScreenEvent, SeatEvent,
    SeatStatus, VoiceMessage,
};
use crate::endpoint::Output;
use crate::ivr::{Prompt, Word};
use crate::message::{Request, StatusCode};

#[test]
fn a_call_that_nobody_takes_leaves_a_message() {
    for how in ["no answer", "busy", "declined", "unavailable", "do not disturb"] {
        let mut house = with_mailbox();
        let caller = house.registered("1001");
        let callee = (how != "unavailable").then(|| house.registered("1002"));
        if how == "do not disturb" {
            house.change(|plan| plan.extensions[1].do_not_disturb = true);
        }
        house.dial(caller, "1002");
        match (how, callee) {
            ("no answer", _) => house.run(Duration::from_secs(21)),
            ("busy", Some(callee)) => {
                house.act(callee, |phone, now| phone.refuse(now, StatusCode::BUSY_HERE));
            }
            ("declined", Some(callee)) => {
                house.act(callee, |phone, now| phone.refuse(now, StatusCode::DECLINE));
            }
            _ => {}
        }
        let greeting = said(&mut house);
        assert!(greeting.contains(&Word::Prompt(Prompt::DoesNotAnswer)), "{how}: {greeting:?}");
        assert_eq!(greeting.last(), Some(&Word::Prompt(Prompt::Beep)), "{how}");
        house.hears_out(caller);
        let (leg, recording) = records(&house);
        house.act(caller, |phone, now| phone.press(now, '#'));
        assert!(house.media.recorded.is_empty(), "{how}");
        recorded(&mut house, leg, 7);

        let MailboxCommand::Keep(message) = command(&mut house) else { panic!("{how}: a message is kept") };
        assert_eq!((message.extension.as_str(), message.from.as_str()), ("1002", "1001"), "{how}");
        assert_eq!((message.recording, message.length), (recording, Duration::from_secs(7)), "{how}");
        assert_eq!(said(&mut house), [Word::Prompt(Prompt::Recorded)], "{how}");
        house.hears_out(caller);
        assert!(house.phones[caller].is_idle(), "{how}");
        is_over(house);
    }
}

#[test]
fn a_browser_is_spoken_to_in_its_room_and_leaves_a_message() {
    for had_a_phone in [false, true] {
        let mut house = with_mailbox();
        let phone = had_a_phone.then(|| house.registered("1002"));
        let placed = calls(&mut house, "1001", "1002").expect("a call");
        if phone.is_some() {
            house.seat_event(placed.leg, SeatEvent::Listened);
            house.run(Duration::from_secs(21));
        }
        let asks = ScreenEvent::Mailbox { of: "1002".to_owned(), name: "Bureau 1002".to_owned() };
        assert_eq!(house.told("1001").last().map(|news| &news.event), Some(&asks));
        let seat = &house.seats[&placed.leg];
        assert_eq!((seat.name.as_str(), seat.status), ("Bureau 1002", SeatStatus::Active));
        if phone.is_none() {
            house.run(Duration::from_secs(5));
            assert!(house.media.said.is_empty(), "nobody hears it yet");
            house.seat_event(placed.leg, SeatEvent::Listened);
        }
        house.run(Duration::from_secs(2));
        let greeting = said(&mut house);
        assert_eq!(greeting.last(), Some(&Word::Prompt(Prompt::Beep)), "{greeting:?}");
        house.hear_out(placed.leg);
        let (leg, recording) = records(&house);
        assert_eq!(leg, placed.leg, "what the room says is written down");

        // A key of the page, or of a client that sends it into the room.
        match had_a_phone {
            true => house.seat_event(leg, SeatEvent::Key('#')),
            false => house.click(|endpoint, with| endpoint.press(with, leg, '#')).expect("we hear it"),
        }
        assert!(house.media.recorded.is_empty());
        recorded(&mut house, leg, 7);
        let MailboxCommand::Keep(message) = command(&mut house) else { panic!("a message is kept") };
        assert_eq!((message.extension.as_str(), message.from.as_str()), ("1002", "1001"));
        assert_eq!((message.recording, message.length), (recording, Duration::from_secs(7)));
        assert_eq!(said(&mut house), [Word::Prompt(Prompt::Recorded)]);
        house.hear_out(leg);
        let ended = ScreenEvent::Ended { cause: EndCause::OtherHungUp };
        assert_eq!(house.told("1001").last().map(|news| &news.event), Some(&ended));
        is_over(house);
    }
}

#[test]
fn a_browser_that_hangs_up_has_left_its_message_and_one_that_never_listens_is_not_waited_for() {
    let mut house = with_mailbox();
    let placed = calls(&mut house, "1001", "1002").expect("a call");
    house.seat_event(placed.leg, SeatEvent::Listened);
    house.run(Duration::from_secs(2));
    house.hear_out(placed.leg);
    house.click(|endpoint, with| endpoint.leave(with, placed.leg)).expect("a call");
    recorded(&mut house, placed.leg, 9);
    assert!(matches!(command(&mut house), MailboxCommand::Keep(_)));
    is_over(house);

    let mut house = with_mailbox();
    calls(&mut house, "1001", "1002").expect("a call");
    house.run(Duration::from_secs(41));
    assert!(house.seats.is_empty() && house.media.said.is_empty());
    is_over(house);
}

#[test]
fn a_voice_does_not_speak_where_others_talk() {
    let mut house = with_mailbox();
    let third = house.registered("1003");
    let placed = calls(&mut house, "1001", "1003").expect("a call");
    house.act(third, Phone::answer);
    let order = |room: String| PlaceCall {
        from: "1001".to_owned(),
        room: Some(room),
        dialled: "1002".to_owned(),
        on_behalf: None,
        identity: None,
    };
    for room in [placed.room.clone(), "abc-defg-hij".to_owned()] {
        let more = house.click(|endpoint, with| endpoint.place(with, order(room))).expect("a call");
        assert!(!house.seats.contains_key(&more.leg));
        let ended = ScreenEvent::Ended { cause: EndCause::Refused(480) };
        assert_eq!(house.told("1001").last().map(|news| &news.event), Some(&ended));
    }
    assert_eq!(house.sits(third), Some(placed.leg));
}

#[test]
fn who_hangs_up_has_left_his_message_unless_it_was_a_breath() {
    for (seconds, kept) in [(9, true), (0, false)] {
        let mut house = with_mailbox();
        let caller = house.registered("1001");
        house.dial(caller, "1002");
        house.hears_out(caller);
        let (leg, _) = records(&house);
        house.act(caller, Phone::hang_up);
        recorded(&mut house, leg, seconds);

        let keeps =
            house.outputs.iter().any(|output| matches!(output, Output::Mailbox(MailboxCommand::Keep(_))));
        assert_eq!(keeps, kept, "{seconds} seconds");
        is_over(house);
    }
}

#[test]
fn forwarding_comes_before_the_mailbox_and_outside_there_is_none() {
    let mut house = with_mailbox();
    let (caller, other) = (house.registered("1001"), house.registered("1003"));
    house.change(|plan| plan.extensions[1].forward.no_answer = Some("1003".to_owned()));
    house.dial(caller, "1002");
    house.act(other, Phone::answer);
    assert_eq!(house.hears(caller), Some(other));
    house.act(caller, Phone::hang_up);

    house.dial(caller, "1002");
    house.act(other, |phone, now| phone.refuse(now, StatusCode::BUSY_HERE));
    assert_eq!(refused_with(&house, caller), Some(486), "where it was sent there is no mailbox");
}

#[test]
fn a_phone_plays_its_messages_with_the_pin() {
    let mut house = with_mailbox();
    let phone = house.registered("1002");
    house.dial(phone, "*97");
    assert_eq!(said(&mut house), [Word::Prompt(Prompt::MailboxPin)]);
    for key in ['4', '7', '#'] {
        house.media_event(phone, |leg| MediaEvent::Key { leg, key });
    }
    let MailboxCommand::Open { leg, extension, pin } = command(&mut house) else { panic!("it is asked") };
    assert_eq!((extension.as_str(), pin.as_str()), ("1002", "47"));
    let message = VoiceMessage { recording: RecordingId(8), from: "1001".to_owned(), heard: false };
    house.click(|endpoint, with| endpoint.handle_mailbox(with, leg, MailboxWord::Open(vec![message])));
    assert!(said(&mut house).contains(&Word::Recording(RecordingId(8))));
    house.hears_out(phone);
    house.media_event(phone, |leg| MediaEvent::Key { leg, key: '3' });

    let extension = "1002".to_owned();
    let done: Vec<MailboxCommand> = std::iter::from_fn(|| next_command(&mut house)).collect();
    assert_eq!(
        done,
        [
            MailboxCommand::Heard { extension: extension.clone(), recording: RecordingId(8) },
            MailboxCommand::Delete { extension, recording: RecordingId(8) }
        ]
    );
    house.hears_out(phone);
    house.media_event(phone, |leg| MediaEvent::Key { leg, key: '0' });
    house.hears_out(phone);
    assert!(house.phones[phone].is_idle());
    is_over(house);
}

#[test]
fn a_greeting_is_recorded_by_telephone_and_callers_hear_it() {
    for (seconds, kept) in [(9, true), (0, false)] {
        let mut house = with_mailbox();
        let phone = house.registered("1002");
        house.dial(phone, "*97");
        for key in ['4', '7', '#'] {
            house.media_event(phone, |leg| MediaEvent::Key { leg, key });
        }
        let MailboxCommand::Open { leg, .. } = command(&mut house) else { panic!("it is asked") };
        house.click(|endpoint, with| endpoint.handle_mailbox(with, leg, MailboxWord::Open(Vec::new())));
        house.media_event(phone, |leg| MediaEvent::Key { leg, key: '4' });
        house.hears_out(phone);
        let (leg, recording) = records(&house);
        house.media_event(phone, |leg| MediaEvent::Key { leg, key: '#' });
        said(&mut house);
        recorded(&mut house, leg, seconds);
        if kept {
            assert!(said(&mut house).contains(&Word::Recording(recording)), "it is heard");
            house.media_event(phone, |leg| MediaEvent::Key { leg, key: '2' });
            let (extension, length) = ("1002".to_owned(), Duration::from_secs(seconds));
            let greet = MailboxCommand::Greet { extension, recording: Some(recording), length };
            assert_eq!(next_command(&mut house), Some(greet));
        }
        house.act(phone, Phone::hang_up);
        assert_eq!(next_command(&mut house), None);
        is_over(house);
    }

    let mut house = with_mailbox();
    house.change(|plan| plan.extensions[2].voicemail = Some(Duration::from_secs(20)));
    let caller = house.registered("1001");
    house.dial(caller, "1003");
    assert_eq!(said(&mut house), [Word::Recording(RecordingId(77)), Word::Prompt(Prompt::Beep)]);
}

#[test]
fn who_hangs_up_over_his_greeting_has_recorded_none() {
    let mut house = with_mailbox();
    let phone = house.registered("1002");
    house.dial(phone, "*97");
    for key in ['4', '7', '#'] {
        house.media_event(phone, |leg| MediaEvent::Key { leg, key });
    }
    let MailboxCommand::Open { leg, .. } = command(&mut house) else { panic!("it is asked") };
    house.click(|endpoint, with| endpoint.handle_mailbox(with, leg, MailboxWord::Open(Vec::new())));
    house.media_event(phone, |leg| MediaEvent::Key { leg, key: '4' });
    house.hears_out(phone);
    let (leg, recording) = records(&house);
    house.act(phone, Phone::hang_up);
    recorded(&mut house, leg, 9);
    let extension = "1002".to_owned();
    assert_eq!(next_command(&mut house), Some(MailboxCommand::Delete { extension, recording }));
    is_over(house);
}

#[test]
fn a_lamp_is_lit_when_a_message_has_come() {
    let mut house = House::new(&["1001", "1002"]);
    let phone = house.registered("1001");
    house.act(phone, |phone, now| phone.subscribe(now, "message-summary", "1001", 600, "m"));
    house.messages = 2;
    house.click(|endpoint, with| endpoint.handle_messages(with, "1001"));

    let told = texts(&house, phone);
    assert!(told[0].contains("Messages-Waiting: yes") && told[0].contains("sip:*97@"), "{told:?}");
    assert!(told[1].contains("Voice-Message: 2/0 "), "{told:?}");

    // Whoever noted it and whoever wrote it down both say that something changed.
    house.click(|endpoint, with| endpoint.handle_messages(with, "1001"));
    assert_eq!(texts(&house, phone).len(), 2, "what is known is not told again");
    house.messages = 0;
    house.click(|endpoint, with| endpoint.handle_messages(with, "1001"));
    assert!(texts(&house, phone)[2].contains("Messages-Waiting: no"));
}

#[test]
fn a_lamp_that_changes_back_before_it_was_told_ends_right() {
    let mut house = House::new(&["1001", "1002"]);
    let phone = house.registered("1001");
    house.act(phone, |phone, now| phone.subscribe(now, "message-summary", "1001", 600, "m"));
    for messages in [2, 1] {
        house.messages = messages;
        house.with(|endpoint, with| endpoint.handle_messages(with, "1001"));
    }
    house.run(Duration::from_secs(1));

    let told = texts(&house, phone);
    assert!(told.last().is_some_and(|text| text.contains("Voice-Message: 1/0 ")), "{told:?}");
}

/// What a phone was told of its messages.
fn texts(house: &House, phone: usize) -> Vec<String> {
    let text = |request: &Request| String::from_utf8_lossy(&request.body).into_owned();
    house.phones[phone].notifications.iter().map(text).collect()
}

/// 1002 has a mailbox.
fn with_mailbox() -> House {
    let mut house = House::new(&["1001", "1002", "1003"]);
    house.change(|plan| plan.extensions[1].voicemail = Some(Duration::from_secs(20)));
    house
}

fn records(house: &House) -> (LegId, RecordingId) {
    let (leg, recording) = house.media.recorded.iter().next().expect("it is recorded");
    (*leg, *recording)
}

fn recorded(house: &mut House, leg: LegId, seconds: u64) {
    let length = Duration::from_secs(seconds);
    house.click(|endpoint, with| endpoint.handle_media(with, MediaEvent::Recorded { leg, length }));
}

fn command(house: &mut House) -> MailboxCommand {
    next_command(house).expect("something is to be done with a mailbox")
}

fn next_command(house: &mut House) -> Option<MailboxCommand> {
    let at = house.outputs.iter().position(|output| matches!(output, Output::Mailbox(_)))?;
    match house.outputs.remove(at) {
        Output::Mailbox(command) => Some(command),
        _ => None,
    }
}

fn said(house: &mut House) -> Vec<Word> {
    let phrases = std::mem::take(&mut house.media.said);
    phrases.into_iter().flat_map(|(_, phrase, _)| phrase.words().to_vec()).collect()
}

//! One phone, several phones, and what hosts do to them.

use std::time::Duration;

use livekit_protocol::{self as proto, participant_info::Kind};
use signaling::voice::{GoneReason, SeatEvent, SeatParams};

use crate::house::{House, ROOM, within};

#[tokio::test]
async fn a_phone_is_heard_by_a_browser_and_the_browser_by_the_ears() {
    let house = House::open().await;
    let mut phone = house.phone("phone-1", 440.0).await;
    let browser = house.browser("awa").await;

    let heard = browser.until("the phone is heard", |view| view.strength("phone-1", 440.0) > 0.3);
    phone.while_speaking(heard).await;
    {
        let view = browser.view();
        let seen = &view.others["phone-1"];
        assert_eq!((seen.kind(), seen.name.as_str()), (Kind::Sip, "PHONE-1"));
        assert_eq!(seen.attributes["sip.phoneNumber"], "204");
        assert_eq!(view.track("phone-1").map(proto::TrackInfo::source), Some(proto::TrackSource::Microphone));
    }
    let told = browser.until("the phone is seen speaking", |view| view.speaking == ["phone-1"]);
    phone.while_speaking(told).await;

    browser.speak(700.0);
    let mut ears = house.ears().await;
    let heard = ears.until("the browser is heard", |ears| ears.strength(700.0) > 0.3);
    phone.while_speaking(heard).await;
    assert!(ears.strength(440.0) < 0.02, "phones are not heard by the ears: {}", ears.strength(440.0));
    assert_eq!(ears.tracks.len(), 1);
    let speakers = phone
        .until(|event| match event {
            SeatEvent::Speaking(speakers) => Some(speakers),
            _ => None,
        })
        .await;
    assert_eq!(speakers.iter().map(|who| who.identity.as_str()).collect::<Vec<_>>(), ["awa"]);
}

#[tokio::test]
async fn two_phones_and_two_browsers_need_one_pair_of_ears_which_nobody_sees() {
    let house = House::open().await;
    let mut one = house.phone("phone-1", 440.0).await;
    let mut other = house.phone("phone-2", 550.0).await;
    let (awa, ben) = (house.browser("awa").await, house.browser("ben").await);
    let mut ears = house.ears().await;
    awa.speak(700.0);
    ben.speak(900.0);

    let all = async {
        let both = |view: &palabre_tests::browser::View| {
            view.strength("phone-1", 440.0) > 0.3 && view.strength("phone-2", 550.0) > 0.3
        };
        awa.until("both phones are heard", both).await;
        ben.until("both phones are heard", both).await;
        ears.until("both browsers are heard", |ears| {
            ears.strength(700.0) > 0.3 && ears.strength(900.0) > 0.3
        })
        .await;
    };
    one.while_speaking(other.while_speaking(all)).await;

    assert_eq!(ears.tracks.len(), 2);
    assert!(ears.strength(440.0) < 0.02 && ears.strength(550.0) < 0.02);
    let listed = house.rooms.list_participants(ROOM).await.unwrap();
    let mut listed: Vec<&str> = listed.iter().map(|one| one.identity.as_str()).collect();
    listed.sort_unstable();
    assert_eq!(listed, ["awa", "ben", "phone-1", "phone-2"]);
    for browser in [&awa, &ben] {
        let told = &browser.view().ever;
        assert!(told.iter().all(|identity| listed.contains(&identity.as_str())), "{told:?}");
    }
}

#[tokio::test]
async fn a_host_mutes_a_phone_which_can_let_itself_be_heard_again() {
    let house = House::open().await;
    let mut phone = house.phone("phone-1", 440.0).await;
    let browser = house.browser("awa").await;
    let heard = browser.until("the phone is heard", |view| view.strength("phone-1", 440.0) > 0.3);
    phone.while_speaking(heard).await;
    let track_sid = browser.view().track("phone-1").unwrap().sid.clone();

    let request = proto::MuteRoomTrackRequest {
        room: ROOM.to_owned(),
        identity: "phone-1".to_owned(),
        track_sid,
        muted: true,
    };
    house.rooms.mute_track(request).await.unwrap();
    let muted = |event| match event {
        SeatEvent::MutedByHost(muted) => Some(muted),
        _ => None,
    };
    assert!(phone.until(muted).await);
    let shown = browser.until("it is shown muted", |view| view.track("phone-1").unwrap().muted);
    phone.while_speaking(shown).await;
    let silent = browser.until("it is silent", |view| view.speaking.is_empty());
    phone.while_speaking(silent).await;

    phone.seat.set_muted(false);
    let shown = browser.until("it is heard again", |view| {
        !view.track("phone-1").unwrap().muted && view.speaking == ["phone-1"]
    });
    phone.while_speaking(shown).await;
}

#[tokio::test]
async fn a_raised_hand_is_seen_and_keys_of_browsers_arrive() {
    let house = House::open().await;
    let mut phone = house.phone("phone-1", 440.0).await;
    let browser = house.browser("awa").await;

    phone.seat.raise_hand();
    let raised = |view: &palabre_tests::browser::View| {
        let at = view.others.get("phone-1").and_then(|phone| phone.attributes.get("palabre.hand"));
        at.is_some_and(|at| at.starts_with("20") && at.contains('T') && at.ends_with('Z'))
    };
    phone.while_speaking(browser.until("the hand is seen", raised)).await;
    browser.press(5, "5");
    let key = phone
        .until(|event| match event {
            SeatEvent::Dtmf(key) => Some(key),
            _ => None,
        })
        .await;
    assert_eq!(key, '5');

    let lower = proto::UpdateParticipantRequest {
        room: ROOM.to_owned(),
        identity: "phone-1".to_owned(),
        attributes: [("palabre.hand".to_owned(), String::new())].into(),
        ..Default::default()
    };
    house.rooms.update_participant(lower).await.unwrap();
    phone.until(|event| matches!(event, SeatEvent::HandLowered).then_some(())).await;
}

#[tokio::test]
async fn a_phone_is_told_once_when_somebody_comes_who_hears_it() {
    let house = House::open().await;
    let mut phone = house.phone("phone-1", 440.0).await;
    let _ears = house.rooms.ears(ROOM).await.unwrap();
    let heard = |event| matches!(event, SeatEvent::Listened).then_some(());
    let early = tokio::time::timeout(Duration::from_millis(300), phone.until(heard)).await;
    assert!(early.is_err(), "the ears of other phones are nobody");

    let _awa = house.browser("awa").await;
    phone.until(heard).await;
    // Whoever comes to one who is there already is heard at once.
    let mut late = house.phone("phone-2", 550.0).await;
    late.until(heard).await;
}

#[tokio::test]
async fn a_phone_that_is_sent_away_or_whose_room_ends_knows_it() {
    let house = House::open().await;
    let browser_of = |identity| house.browser(identity);
    let mut one = house.phone("phone-1", 440.0).await;
    let mut other = house.phone("phone-2", 550.0).await;
    let browser = browser_of("awa").await;
    let gone = |event| match event {
        SeatEvent::Gone(reason) => Some(reason),
        _ => None,
    };

    house.rooms.remove_participant(ROOM, "phone-1").await.unwrap();
    assert_eq!(one.until(gone).await, GoneReason::Removed);
    assert!(within(one.seat.next()).await.is_none());
    browser.until("it has gone", |view| !view.others.contains_key("phone-1")).await;

    house.rooms.delete_room(ROOM).await.unwrap();
    assert_eq!(other.until(gone).await, GoneReason::RoomEnded);
}

#[tokio::test]
async fn a_phone_that_hangs_up_is_gone_whether_it_says_so_or_not() {
    let house = House::open().await;
    let one = house.phone("phone-1", 440.0).await;
    let other = house.phone("phone-2", 550.0).await;
    let browser = house.browser("awa").await;
    browser.until("both are seen", |view| view.others.len() == 2).await;

    one.seat.leave().await;
    browser.until("the first has gone", |view| !view.others.contains_key("phone-1")).await;
    drop(other);
    browser.until("the second has gone", |view| view.others.is_empty()).await;
}

#[tokio::test]
async fn a_phone_that_a_host_moves_goes_on_in_the_other_room() {
    let house = House::open().await;
    let mut phone = house.phone("phone-1", 440.0).await;
    let request = proto::CreateRoomRequest { name: "plenary".to_owned(), ..Default::default() };
    house.rooms.create_room(request).await.unwrap();

    house.rooms.move_participant(ROOM, "phone-1", "plenary").await.unwrap();

    let there = phone
        .until(|event| match event {
            SeatEvent::Entered { room, media } => Some((room, media)),
            _ => None,
        })
        .await;
    assert_eq!((there.0.as_str(), phone.seat.room()), ("plenary", "plenary"));
    let moved = house.rooms.participant("plenary", "phone-1").await.unwrap();
    assert_eq!((moved.kind(), moved.attributes["sip.phoneNumber"].as_str()), (Kind::Sip, "204"));
    assert!(house.rooms.participant(ROOM, "phone-1").await.is_err());
}

#[tokio::test]
async fn a_room_that_takes_nobody_says_why() {
    let house = House::open().await;
    let request =
        proto::CreateRoomRequest { name: ROOM.to_owned(), max_participants: 1, ..Default::default() };
    house.rooms.create_room(request).await.unwrap();
    let _browser = house.browser("awa").await;

    let who = SeatParams { identity: "phone-1".to_owned(), ..Default::default() };
    let refused = house.rooms.seat(ROOM, who.clone()).await.unwrap_err();
    assert_eq!(refused.to_string(), "the room is full (1 participants)");
    let refused = house.rooms.seat(&"x".repeat(1_000), who).await.unwrap_err();
    assert_eq!(refused.to_string(), "a room name has 1 to 256 bytes");
    assert!(house.rooms.ears("nowhere").await.is_err(), "ears open no room");
}

#[tokio::test]
async fn the_doorkeeper_keeps_out_tokens_not_phones() {
    let house = House::open().await;
    house.rooms.set_doorkeeper(std::sync::Arc::new(Nobody));

    let _phone = house.phone("phone-1", 440.0).await;
    assert_eq!(house.refused("awa").await, 403);
}

/// Lets nobody in.
#[derive(Debug)]
struct Nobody;

impl signaling::Doorkeeper for Nobody {
    fn admits<'a>(
        &'a self,
        _room: &'a str,
        _identity: &'a str,
    ) -> std::pin::Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        Box::pin(std::future::ready(false))
    }
}

//! Telephones and browsers, each on an independent stack, over real sockets: who hears whom.

use livekit_protocol::participant_info::Kind;
use palabre_tests::browser::{Browser, View};
use palabre_tests::telephone::Display;
use sip_gateway_proto::call::{Destination, ScreenEvent};

use crate::exchange::{Exchange, PIN};
use crate::house::ROOM;

#[tokio::test]
async fn a_phone_dials_into_a_meeting_by_its_pin_before_anybody_else_is_there() {
    let exchange = Exchange::open(&["201"], 21_000..=21_099).await;
    let phone = exchange.phone("201").await;
    phone.dial("700");
    phone.until("it is answered", |display| display.talking).await;
    phone.until("it is greeted", |display| display.loudness() > SPEECH).await;
    phone.keys("123#");
    phone.until("the greeting stops at the key", |display| display.loudness() < QUIET).await;
    phone.until("it is told that this is none", |display| display.loudness() > SPEECH).await;
    phone.keys(&format!("{PIN}#"));
    phone.speak(Some(440.0));

    let identity = arrives(&exchange).await;
    let browser = exchange.house.browser("awa").await;
    browser.speak(700.0);
    browser.until("the phone is heard", |view| view.strength(&identity, 440.0) > HEARD).await;
    phone.until("the browser is heard", |display| display.strength(700.0) > HEARD).await;
    {
        let seen = browser.view().others[&identity].clone();
        assert_eq!((seen.kind(), seen.name.as_str()), (Kind::Sip, "Bureau 201"));
        assert_eq!(seen.attributes["sip.phoneNumber"], "201");
    }
    assert!(phone.display().strength(440.0) < 0.02, "it does not hear itself");
    phone.until("it sees who speaks", |display| display.shown == ["AWA"]).await;

    phone.keys("*6");
    browser.until("it is shown muted", |view| view.track(&identity).is_some_and(|track| track.muted)).await;
    phone.keys("*6*5");
    browser.until("it is heard again", |view| view.strength(&identity, 440.0) > HEARD).await;
    let hand =
        |view: &View| view.others[&identity].attributes.get("palabre.hand").is_some_and(|at| !at.is_empty());
    browser.until("its hand is seen", hand).await;

    phone.hang_up();
    browser.until("it is gone", |view| !view.others.contains_key(&identity)).await;
}

#[tokio::test]
async fn a_browser_calls_a_phone() {
    let mut exchange = Exchange::open(&["201", "202"], 21_100..=21_199).await;
    let phone = exchange.phone("202").await;
    let placed = exchange.place("201", "202").await;
    phone.until("it rings", |display| display.rings.as_deref() == Some("201")).await;
    exchange.told(|event| *event == ScreenEvent::Ringing).await;
    let browser = exchange.house.browser_in(&placed.room, "awa").await;
    browser.speak(700.0);
    browser.until("the phone is seen while it rings", |view| !view.others.is_empty()).await;
    phone.answer();
    phone.speak(Some(440.0));

    let identity = browser.view().others.keys().next().cloned().expect("the phone is there");
    browser.until("the phone is heard", |view| view.strength(&identity, 440.0) > HEARD).await;
    phone.until("the browser is heard", |display| display.strength(700.0) > HEARD).await;
    assert_eq!(browser.view().others[&identity].name, "Bureau 202");
    exchange.phones.press(placed.leg, '5').await.expect("a phone is there");
    phone.until("the key is pressed", |display| display.keys == "5").await;

    exchange.phones.hold(placed.leg, true).await.expect("a call");
    let music = |display: &Display| display.strength(700.0) < 0.02 && display.loudness() > QUIET;
    phone.until("it hears music", music).await;
    browser.until("the room hears nothing", |view| view.strength(&identity, 440.0) < 0.02).await;
    exchange.phones.hold(placed.leg, false).await.expect("a call");
    phone.until("the browser is heard again", |display| display.strength(700.0) > HEARD).await;

    exchange.phones.hang_up(placed.leg).await.expect("a call");
    phone.until("it is hung up on", |display| display.hung_up).await;
    browser.until("the phone is gone", |view| view.others.is_empty()).await;
}

#[tokio::test]
async fn a_phone_calls_a_browser_and_is_sent_on_to_another_phone() {
    let mut exchange = Exchange::open(&["201", "202", "203"], 21_200..=21_299).await;
    let (caller, other) = (exchange.phone("201").await, exchange.phone("203").await);
    exchange.phones.set_screens("202".to_owned(), true).await;
    caller.dial("202");
    let (rings, _) = exchange.told(|event| matches!(event, ScreenEvent::Rings { .. })).await;
    let room = exchange.phones.answer(rings).await.expect("it rings");
    caller.until("it is answered", |display| display.talking).await;
    caller.speak(Some(440.0));
    exchange.told(|event| matches!(event, ScreenEvent::Answered { .. })).await;
    let browser = exchange.house.browser_in(&room, "awa").await;
    browser.speak(700.0);
    caller.until("the browser is heard", |display| display.strength(700.0) > HEARD).await;
    let identity = browser.view().others.keys().next().cloned().expect("the phone is there");
    browser.until("the phone is heard", |view| view.strength(&identity, 440.0) > HEARD).await;

    let to = Destination::Number("203".to_owned());
    exchange.phones.transfer(rings, to).await.expect("it can be sent there");
    other.until("it rings", |display| display.rings.as_deref() == Some("201")).await;
    other.answer();
    other.speak(Some(550.0));
    caller.until("the other phone is heard", |display| display.strength(550.0) > HEARD).await;
    other.until("the caller is heard", |display| display.strength(440.0) > HEARD).await;
    browser.until("the phone has left the room", |view| view.others.is_empty()).await;
    exchange.told(|event| matches!(event, ScreenEvent::Ended { .. })).await;
}

#[tokio::test]
async fn two_phones_and_two_browsers_hear_each_other_and_nobody_himself() {
    let exchange = Exchange::open(&["201", "202"], 21_300..=21_399).await;
    let mut phones = Vec::new();
    for (number, hertz) in [("201", 440.0), ("202", 550.0)] {
        let phone = exchange.phone(number).await;
        phone.dial("700");
        phone.until("it is answered", |display| display.talking).await;
        phone.keys(&format!("{PIN}#"));
        phone.speak(Some(hertz));
        phones.push(phone);
    }
    arrives(&exchange).await;
    let (awa, ben) = (exchange.house.browser("awa").await, exchange.house.browser("ben").await);
    awa.speak(700.0);

    for (phone, own, others) in [(&phones[0], 440.0, [550.0, 700.0]), (&phones[1], 550.0, [440.0, 700.0])] {
        let all = |display: &Display| others.iter().all(|hertz| display.strength(*hertz) > HEARD);
        phone.until("it hears all others", all).await;
        assert!(phone.display().strength(own) < 0.02, "it does not hear itself");
    }
    for browser in [&awa, &ben] {
        let both = |view: &View| {
            [440.0, 550.0]
                .iter()
                .all(|hertz| view.others.keys().any(|identity| view.strength(identity, *hertz) > HEARD))
        };
        browser.until("it hears both phones", both).await;
    }
}

#[tokio::test]
async fn where_more_speak_than_have_a_place_a_phone_hears_who_is_heard_and_is_not_cut_off() {
    let exchange = Exchange::open(&["201"], 21_400..=21_499).await;
    let phone = exchange.phone("201").await;
    phone.dial("700");
    phone.until("it is answered", |display| display.talking).await;
    phone.keys(&format!("{PIN}#"));
    phone.speak(Some(440.0));
    let identity = arrives(&exchange).await;
    let mut browsers = Vec::new();
    for (name, hertz) in [("awa", 700.0), ("ben", 850.0), ("carl", 1_000.0)] {
        let browser = exchange.house.browser(name).await;
        if let [_, ben] = &browsers[..] {
            // The phone and two others have the three places.
            Browser::until(ben, "the phone is heard", |view| view.strength(&identity, 440.0) > HEARD).await;
        }
        browser.speak(hertz);
        if browsers.len() < 2 {
            phone.until("the browser is heard", |display| display.strength(hertz) > HEARD).await;
        }
        browsers.push(browser);
    }
    browsers[2].until("the phone is heard", |view| view.strength(&identity, 440.0) > HEARD).await;
    assert!(phone.display().strength(1_000.0) < 0.02, "there is no place for a third browser");

    browsers[0].fall_silent();

    phone.until("the third takes the place of the first", |display| display.strength(1_000.0) > HEARD).await;
    assert!(phone.display().strength(850.0) > HEARD, "the second goes on");
    browsers[1].until("the phone is still heard", |view| view.strength(&identity, 440.0) > HEARD).await;
}

/// Waits until a phone is in the meeting; its identity.
async fn arrives(exchange: &Exchange) -> String {
    let mut events = exchange.house.rooms.subscribe();
    let there = || async {
        let listed = exchange.house.rooms.list_participants(ROOM).await.unwrap_or_default();
        listed.into_iter().find(|who| who.kind() == Kind::Sip).map(|who| who.identity)
    };
    crate::house::within(async {
        loop {
            if let Some(identity) = there().await {
                return identity;
            }
            events.recv().await.expect("rooms go on");
        }
    })
    .await
}

/// The amplitude of a tone that somebody speaks.
const HEARD: f32 = 0.1;
/// How loud speech is, and what is none.
const SPEECH: f32 = 0.02;
const QUIET: f32 = 0.005;

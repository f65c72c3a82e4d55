//! While somebody has the floor, nobody else is heard.

use std::collections::{BTreeSet, HashMap};

use livekit_protocol as proto;
use livekit_protocol::{signal_request as ask, signal_response as told};

use super::house::{Guest, House, camera, microphone};
use crate::room::{Beginning, MediaCommand, RoomEvent, UpKey};

#[test]
fn the_floor_mutes_everybody_else_and_opens_nobodys_microphone() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    let mut bob = house.join("bob");
    house.publish(&mut ada, microphone());
    let ada_up = house.last_up();
    let bobs = house.publish(&mut bob, microphone());
    house.say(&bob, mute(&bobs, true));

    house.floor(Some(&["bob"]));

    assert!(told_to_mute(&house, &ada));
    assert!(is_muted(&house, ada_up));
    assert!(house.seen(&bob, &ada.sid).unwrap().tracks[0].muted);
    assert!(house.seen(&ada, &bob.sid).unwrap().tracks[0].muted, "it is for bob to open his own");
    house.say(&bob, mute(&bobs, false));
    assert!(!house.seen(&ada, &bob.sid).unwrap().tracks[0].muted);
}

#[test]
fn who_opens_a_microphone_without_the_floor_is_not_heard_and_told() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    let bob = house.join("bob");
    let sid = house.publish(&mut ada, microphone());
    let up = house.last_up();
    house.floor(Some(&["bob"]));
    house.mail(&ada);

    house.say(&ada, mute(&sid, false));

    assert!(is_muted(&house, up) && told_to_mute(&house, &ada));
    assert!(house.seen(&bob, &ada.sid).unwrap().tracks[0].muted);
    let refused = |message: &told::Message| match message {
        told::Message::RequestResponse(response) => Some(response.reason()),
        _ => None,
    };
    assert_eq!(house.last(&ada, refused), Some(proto::request_response::Reason::NotAllowed));
}

#[test]
fn a_room_that_goes_on_holds_the_first_who_comes_to_the_floor_and_gives_back_what_they_asked_for() {
    let asks = HashMap::from([("palabre.hand".to_owned(), "2026-11-29T12:00:00Z".to_owned())]);
    let mut house = House::going_on(Beginning {
        metadata: "{}".to_owned(),
        floor: Some(BTreeSet::from(["bob".to_owned()])),
        attributes: HashMap::from([("ada".to_owned(), asks.clone()), ("eve".to_owned(), asks.clone())]),
    });

    let mut ada = house.join("ada");
    house.publish(&mut ada, microphone());
    assert!(is_muted(&house, house.last_up()), "nobody is heard before the floor is known");
    assert_eq!(house.room.participant_info("ada").unwrap().attributes, asks);
    let mut bob = house.join("bob");
    house.publish(&mut bob, microphone());
    assert!(!is_muted(&house, house.last_up()));
    assert!(house.room.participant_info("bob").unwrap().attributes.is_empty());
    assert_eq!(house.room.info().metadata, "{}");

    // What was lowered stays lowered, and who may ask for nothing any more asks for nothing.
    house.room.remove_participant(house.now, "ada").unwrap();
    house.join("ada");
    assert!(house.room.participant_info("ada").unwrap().attributes.is_empty());
    let mut observer = house.joining("eve");
    observer.permission.can_update_metadata = false;
    house.try_join(observer).unwrap();
    assert!(house.room.participant_info("eve").unwrap().attributes.is_empty());
}

#[test]
fn whoever_comes_while_another_has_the_floor_begins_muted_whatever_its_sound_is_called() {
    let mut house = House::open();
    let bob = house.join("bob");
    house.floor(Some(&["bob"]));
    let mut ada = house.join("ada");

    for source in [proto::TrackSource::Microphone, proto::TrackSource::ScreenShareAudio] {
        let cid = source.as_str_name().to_owned();
        house.publish(&mut ada, proto::AddTrackRequest { cid, source: source as i32, ..microphone() });
        assert!(is_muted(&house, house.last_up()), "{source:?}");
    }
    house.publish(&mut ada, camera());

    let tracks = house.seen(&bob, &ada.sid).unwrap().tracks;
    let muted: Vec<bool> = tracks.iter().map(|track| track.muted).collect();
    assert_eq!(muted, [true, true, false], "pictures are not the floor's");
    assert!(told_to_mute(&house, &ada));
}

#[test]
fn when_the_floor_is_free_everybody_may_open_a_microphone() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    let bob = house.join("bob");
    let sid = house.publish(&mut ada, microphone());
    house.floor(Some(&[]));

    house.floor(None);

    assert!(house.seen(&bob, &ada.sid).unwrap().tracks[0].muted);
    house.say(&ada, mute(&sid, false));
    assert!(!house.seen(&bob, &ada.sid).unwrap().tracks[0].muted);
}

#[test]
fn a_changed_attribute_is_told_to_the_office() {
    let mut house = House::open();
    let ada = house.join("ada");

    house.say(
        &ada,
        ask::Message::UpdateMetadata(proto::UpdateParticipantMetadata {
            attributes: [("palabre.hand".to_owned(), "now".to_owned())].into(),
            ..Default::default()
        }),
    );

    assert!(house.events.iter().any(|event| matches!(
        event,
        RoomEvent::ParticipantChanged { participant, .. } if participant.attributes["palabre.hand"] == "now"
    )));
}

impl House {
    fn floor(&mut self, identities: Option<&[&str]>) {
        let floor = identities.map(|all| all.iter().map(|&one| one.to_owned()).collect::<BTreeSet<_>>());
        self.room.set_floor(self.now, floor);
        self.drain();
    }
}

fn mute(sid: &str, muted: bool) -> ask::Message {
    ask::Message::Mute(proto::MuteTrackRequest { sid: sid.to_owned(), muted })
}

fn told_to_mute(house: &House, guest: &Guest) -> bool {
    house.count(guest, |message| matches!(message, told::Message::Mute(mute) if mute.muted)) > 0
}

/// What the media engine was last told of a track.
fn is_muted(house: &House, track: UpKey) -> bool {
    let told = house.media.iter().rev().find_map(|command| match command {
        MediaCommand::Mute { up, muted } if *up == track => Some(*muted),
        _ => None,
    });
    told == Some(true)
}

//! Who is heard however quiet, and how what is said is to be sent.

use std::collections::BTreeSet;

use livekit_protocol::{self as proto, TrackSource, signal_response as told};

use super::house::{Guest, House, microphone};
use crate::{
    audio::{AudioPolicy, Ptime, Speech},
    participant::PeerConnections,
    room::{MediaCommand, MediaEvent, PeerKey, UpKey},
};

#[test]
fn microphones_compete_and_the_sound_of_a_screen_does_not() {
    let mut house = House::open();
    let mut ada = house.join("ada");

    house.publish(&mut ada, microphone());
    assert!(!house.declared_always(house.last_up()));

    let source = TrackSource::ScreenShareAudio as i32;
    house.publish(&mut ada, proto::AddTrackRequest { cid: "screen".into(), source, ..microphone() });
    assert!(house.declared_always(house.last_up()));
}

#[test]
fn an_interpreter_is_always_heard() {
    let mut house = House::open();
    let speech = Speech { always_heard: true, ..Speech::default() };
    let joining = crate::Joining { speech, ..house.joining("ines") };
    let mut ines = house.join_as(joining);

    house.publish(&mut ines, microphone());

    assert!(house.declared_always(house.last_up()));
}

#[test]
fn whoever_has_the_floor_is_heard_however_quiet_and_nobody_else_is_told_about() {
    let mut house = House::open();
    let [mut ada, mut bob] = ["ada", "bob"].map(|identity| house.join(identity));
    house.publish(&mut ada, microphone());
    house.publish(&mut bob, microphone());
    let bob_up = house.last_up();

    house.give_floor(&["bob"]);
    assert_eq!(house.always(), [(bob_up, true)]);
    house.give_floor(&["bob", "chair"]);
    assert_eq!(house.always(), [(bob_up, true)], "nothing has changed for bob");
    house.room.set_floor(house.now, None);
    house.drain();
    assert_eq!(house.always(), [(bob_up, true), (bob_up, false)]);
}

#[test]
fn whoever_publishes_while_having_the_floor_is_heard_however_quiet() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    house.give_floor(&["ada"]);

    house.publish(&mut ada, microphone());

    assert!(house.declared_always(house.last_up()));
}

#[test]
fn what_a_participants_link_can_bear_stands_in_the_answer() {
    let mut house = House::open();
    let policy = AudioPolicy { ptime: Ptime::Ms60, bitrate: Some(16_000), ..AudioPolicy::default() };
    let speech = Speech { policy, always_heard: false };
    let joining = crate::Joining { speech, ..house.joining("ada") };
    let mut ada = house.join_as(joining);

    house.publish(&mut ada, microphone());

    let answer = house.answer(&ada);
    assert!(answer.contains("maxaveragebitrate=16000") && answer.contains("a=ptime:60"), "{answer}");
}

#[test]
fn a_client_that_loses_much_is_asked_to_offer_anew_and_then_to_repeat_itself() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    house.publish(&mut ada, microphone());
    let peer = house.peer_of(0);
    assert!(house.answer(&ada).contains("SAVPF 111 63"));

    house.lose(peer, 0.1);
    assert_eq!(house.sections_asked(&ada), 0, "a burst is no reason");
    house.lose(peer, 0.1);
    assert_eq!(house.sections_asked(&ada), 1);
    house.offer(&mut ada);
    assert!(house.answer(&ada).contains("SAVPF 63 111"));

    (0..6).for_each(|_| house.lose(peer, 0.0));
    assert_eq!(house.sections_asked(&ada), 2);
    house.offer(&mut ada);
    assert!(house.answer(&ada).contains("SAVPF 111 63"));
    assert_eq!(house.sections_asked(&ada), 2);
}

#[test]
fn a_client_with_two_connections_repeats_itself_from_its_next_offer_on() {
    let mut house = House::open();
    let mut joining = house.joining("ada");
    joining.connections = PeerConnections::Dual;
    let mut ada = house.join_as(joining);
    house.publish(&mut ada, microphone());
    let peer = house.publishing_peer();

    house.lose(peer, 0.1);
    house.lose(peer, 0.1);
    assert_eq!(house.sections_asked(&ada), 0, "it could not be asked");

    house.offer(&mut ada);
    assert!(house.answer(&ada).contains("SAVPF 63 111"));
}

impl House {
    fn give_floor(&mut self, identities: &[&str]) {
        let floor = identities.iter().map(|&one| one.to_owned()).collect::<BTreeSet<_>>();
        self.room.set_floor(self.now, Some(floor));
        self.drain();
    }

    /// Whether a track was declared as one that is always heard.
    fn declared_always(&self, track: UpKey) -> bool {
        let declared = self.media.iter().rev().find_map(|command| match command {
            MediaCommand::Publish { up, always_heard, .. } if *up == track => Some(*always_heard),
            _ => None,
        });
        declared.expect("it was declared")
    }

    /// Of whom the media engine was told that they are always heard, or no longer.
    fn always(&self) -> Vec<(UpKey, bool)> {
        let told = self.media.iter().filter_map(|command| match command {
            MediaCommand::AlwaysHear { up, always } => Some((*up, *always)),
            _ => None,
        });
        told.collect()
    }

    fn publishing_peer(&self) -> PeerKey {
        let peer = self.media.iter().rev().find_map(|command| match command {
            MediaCommand::Publish { peer, .. } => Some(*peer),
            _ => None,
        });
        peer.expect("something was published")
    }

    fn lose(&mut self, peer: PeerKey, loss: f32) {
        self.media_event(MediaEvent::Quality { peer, loss, sound_loss_up: loss, rtt: None, limited: false });
    }

    fn answer(&self, guest: &Guest) -> String {
        let answer = self.last(guest, |message| match message {
            told::Message::Answer(answer) => Some(answer.sdp.clone()),
            _ => None,
        });
        answer.expect("it was answered")
    }

    fn sections_asked(&self, guest: &Guest) -> usize {
        self.count(guest, |message| matches!(message, told::Message::MediaSectionsRequirement(_)))
    }
}

use std::time::Duration;

use livekit_protocol::{
    self as proto, DisconnectReason, data_packet, leave_request::Action, signal_request as ask,
};
use prost::Message as _;

use super::house::{Guest, House, microphone};
use crate::{
    Limits,
    room::{MediaCommand, MediaEvent, PeerKey},
};

#[test]
fn who_is_removed_is_unheard_and_deaf_at_once_and_keeps_a_bare_transport_for_a_moment() {
    let (mut house, _, bob) = two_who_speak();
    let (peer, up) = (house.peer_of(1), house.last_up());
    let down = house.media.iter().find_map(|command| match command {
        MediaCommand::Subscribe { peer: to, down, .. } if *to == peer => Some(*down),
        _ => None,
    });
    let before = house.media.len();

    remove(&mut house, &bob);

    let down = down.expect("bob hears ada");
    assert_eq!(house.media[before..], [MediaCommand::Unpublish { up }, MediaCommand::Unsubscribe { down }]);
    house.pass(MOMENT - Duration::from_millis(1));
    assert_eq!(left(&house), []);
    house.pass(Duration::from_millis(1));
    assert_eq!(left(&house), [peer]);
    assert!(!house.room.has_lingering_transports());
}

#[test]
fn what_comes_over_a_lingering_transport_reaches_nobody() {
    let (mut house, _, bob) = two_who_speak();
    let (ada, gone) = (house.peer_of(0), house.peer_of(1));
    let user = proto::UserPacket { payload: b"still here".to_vec(), ..Default::default() };
    let packet = proto::DataPacket { value: Some(data_packet::Value::User(user)), ..Default::default() }
        .encode_to_vec();
    let shout = |peer| MediaEvent::Data { peer, reliable: true, payload: packet.clone() };
    house.media_event(shout(gone));
    let heard = house.data().len();
    assert_eq!(heard, 1);

    remove(&mut house, &bob);
    house.media_event(shout(gone));
    assert_eq!(house.data().len(), heard);

    // Nor does what the others say reach it.
    house.media_event(shout(ada));
    assert!(house.data().iter().all(|(to, _)| *to != gone), "{:?}", house.data());
}

#[test]
fn a_client_that_closes_its_media_is_not_waited_for() {
    let (mut house, _, bob) = two_who_speak();
    remove(&mut house, &bob);
    assert!(house.room.has_lingering_transports());

    let peer = house.peer_of(1);
    house.media_event(MediaEvent::PeerFailed { peer, closed_by_peer: true });

    assert!(!house.room.has_lingering_transports());
    house.pass(MOMENT);
    assert_eq!(left(&house), []);
}

#[test]
fn the_transports_of_a_room_that_ends_outlive_it_for_a_moment() {
    let (mut house, ..) = two_who_speak();

    house.room.end(house.now, DisconnectReason::RoomDeleted, Action::Disconnect);
    house.drain();
    assert!(house.room.is_finished() && house.room.has_lingering_transports());
    assert_eq!(left(&house), []);

    let peer = house.peer_of(0);
    house.media_event(MediaEvent::PeerFailed { peer, closed_by_peer: true });
    house.pass(MOMENT);
    assert_eq!(left(&house), [house.peer_of(1)]);
    assert!(!house.room.has_lingering_transports());
    assert_eq!(house.room.poll_timeout(), None);
}

#[test]
fn a_seat_taken_over_leaves_the_older_transport_to_its_client_and_the_newer_one_alone() {
    let mut house = House::open();
    house.join("ada");
    house.join("ada");
    assert_eq!(left(&house), []);

    house.pass(MOMENT);

    assert_eq!(left(&house), [house.peer_of(0)]);
    assert_eq!(house.room.participants().len(), 1);
}

#[test]
fn no_more_transports_linger_than_a_room_may_have() {
    let mut house = House::with(Limits { lingering_transports: 2, ..Limits::default() }, Default::default());
    for _ in 0..4 {
        house.join("ada");
    }
    assert_eq!(left(&house), [house.peer_of(0)]);

    house.pass(MOMENT);
    assert_eq!(left(&house), [0, 1, 2].map(|index| house.peer_of(index)));
}

#[test]
fn who_goes_of_its_own_accord_has_a_moment_to_close_its_media_itself() {
    let mut house = House::open();
    let ada = house.join("ada");
    house.join("bob");
    house.say(&ada, ask::Message::Leave(proto::LeaveRequest::default()));
    assert_eq!(left(&house), []);

    house.pass(MOMENT);
    assert_eq!(left(&house), [house.peer_of(0)]);
}

#[test]
fn who_never_connected_is_not_waited_for() {
    let mut house = House::open();
    house.join("ada");
    let joining = house.joining("bob");
    let bob = house.try_join(joining).unwrap();
    remove(&mut house, &bob);

    assert_eq!(left(&house), [house.peer_of(1)]);
    assert!(!house.room.has_lingering_transports());
}

fn two_who_speak() -> (House, Guest, Guest) {
    let mut house = House::open();
    let mut ada = house.join("ada");
    let mut bob = house.join("bob");
    house.publish(&mut ada, microphone());
    house.publish(&mut bob, microphone());
    (house, ada, bob)
}

fn remove(house: &mut House, guest: &Guest) {
    house.room.remove_participant(house.now, &guest.identity).unwrap();
    house.drain();
}

fn left(house: &House) -> Vec<PeerKey> {
    let left = house.media.iter().filter_map(|command| match command {
        MediaCommand::Leave { peer } => Some(*peer),
        _ => None,
    });
    left.collect()
}

/// What clients are given.
const MOMENT: Duration = Duration::from_secs(2);

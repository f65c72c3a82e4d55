use std::time::Duration;

use livekit_protocol::{
    self as proto, DisconnectReason, leave_request::Action, participant_info::State, signal_request as ask,
    signal_response as told,
};

use super::{
    data::{send, user},
    house::{House, camera, microphone},
};
use crate::{
    PeerConnections,
    room::{JoinError, MediaCommand},
};

#[test]
fn a_resumed_session_hears_reconnect_first_and_others_hear_nothing() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    let bob = house.join("bob");
    house.publish(&mut ada, microphone());
    house.mail(&bob);

    house.cut(&ada);
    house.pass(Duration::from_secs(29));
    house.resume(&mut ada).unwrap();

    let mail = house.mail(&ada);
    assert!(matches!(mail[0], told::Message::Reconnect(_)), "{:?}", mail[0]);
    let told::Message::Update(update) = &mail[1] else { panic!("{:?}", mail[1]) };
    let mut identities: Vec<&str> = update.participants.iter().map(|info| info.identity.as_str()).collect();
    identities.sort_unstable();
    assert_eq!(identities, ["ada", "bob"]);
    assert!(matches!(mail[2], told::Message::RoomUpdate(_)));
    assert!(house.tokens.iter().any(|(connection, _)| *connection == ada.connection));
    let told_bob = house.count(&bob, |message| matches!(message, told::Message::Update(_)));
    assert_eq!(told_bob, 0);
}

#[test]
fn a_session_whose_client_stays_away_ends_after_half_a_minute() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    let bob = house.join("bob");
    house.cut(&ada);

    house.pass(Duration::from_secs(30));

    let gone = house.seen(&bob, &ada.sid).unwrap();
    assert_eq!(gone.state, State::Disconnected as i32);
    assert_eq!(gone.disconnect_reason, DisconnectReason::SignalClose as i32);
    assert_eq!(house.resume(&mut ada), Err(JoinError::UnknownSession));
}

#[test]
fn nobody_resumes_the_session_of_another() {
    let mut house = House::open();
    let ada = house.join("ada");
    let mut thief = house.join("eve");
    thief.sid = ada.sid.clone();

    assert_eq!(house.resume(&mut thief), Err(JoinError::UnknownSession));
    house.say(&ada, ask::Message::Ping(1));
    assert!(house.count(&ada, |message| matches!(message, told::Message::Pong(_))) == 1);
}

#[test]
fn a_second_connection_takes_over_from_a_first_that_still_seems_open() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    let old = ada.connection;

    house.resume(&mut ada).unwrap();

    assert!(house.closed.contains(&old));
    house.room.handle_input(house.now, crate::room::Input::Closed { connection: old });
    house.say(&ada, ask::Message::Ping(1));
    assert_eq!(house.count(&ada, |message| matches!(message, told::Message::Pong(_))), 1);
}

#[test]
fn an_offer_with_new_credentials_restarts_ice_on_both_sides() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    house.cut(&ada);
    house.resume(&mut ada).unwrap();

    let sdp = ada.offer.sdp().replace("ufrag:client", "ufrag:again");
    house.say(&ada, ask::Message::Offer(super::house::description(&sdp, 9)));

    let restart = house.media.iter().rev().find_map(|command| match command {
        MediaCommand::RestartIce { local, remote, .. } => Some((local.clone(), remote.clone())),
        _ => None,
    });
    let (local, remote) = restart.unwrap();
    assert_eq!(remote.unwrap().ufrag, "again");
    let answered = house.last(&ada, |message| match message {
        told::Message::Answer(answer) => Some(answer.clone()),
        _ => None,
    });
    let answered = answered.unwrap();
    assert_eq!(answered.id, 9);
    assert!(answered.sdp.contains(&local.ufrag));
}

#[test]
fn with_two_connections_we_restart_ice_by_an_offer() {
    let mut house = House::open();
    let mut joining = house.joining("bob");
    joining.connections = PeerConnections::Dual;
    let mut bob = house.join_as(joining);
    house.cut(&bob);
    house.resume(&mut bob).unwrap();

    assert!(matches!(house.media.last(), Some(MediaCommand::RestartIce { remote: None, .. })));
    assert_eq!(house.count(&bob, |message| matches!(message, told::Message::Offer(_))), 1);
}

#[test]
fn a_client_that_believes_in_tracks_we_do_not_know_has_to_rebuild() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    house.cut(&ada);
    house.resume(&mut ada).unwrap();

    let track = proto::TrackInfo { sid: "TR_lost".into(), ..Default::default() };
    let state = proto::SyncState {
        publish_tracks: vec![proto::TrackPublishedResponse { cid: "mic".into(), track: Some(track) }],
        ..Default::default()
    };
    house.say(&ada, ask::Message::SyncState(state));

    let leave = house.last(&ada, |message| match message {
        told::Message::Leave(leave) => Some(leave.clone()),
        _ => None,
    });
    let leave = leave.unwrap();
    assert_eq!(
        (leave.reason, leave.action),
        (DisconnectReason::StateMismatch as i32, Action::Reconnect as i32)
    );
}

#[test]
fn reliable_data_is_neither_lost_nor_doubled() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    let bob = house.join("bob");
    for sequence in 1..=3 {
        send(&mut house, 0, true, &proto::DataPacket { sequence, ..user(b"a") });
        send(&mut house, 1, true, &proto::DataPacket { sequence, ..user(b"b") });
    }
    house.cut(&ada);
    house.resume(&mut ada).unwrap();

    let last = house.last(&ada, |message| match message {
        told::Message::Reconnect(reconnect) => Some(reconnect.last_message_seq),
        _ => None,
    });
    assert_eq!(last, Some(3));

    house.media.clear();
    let seen = proto::DataChannelReceiveState { publisher_sid: bob.sid.clone(), last_seq: 1 };
    let state = proto::SyncState { datachannel_receive_states: vec![seen], ..Default::default() };
    house.say(&ada, ask::Message::SyncState(state));
    let replayed: Vec<u32> = house.data().iter().map(|(_, packet)| packet.sequence).collect();
    assert_eq!(replayed, [2, 3]);
}

#[test]
fn a_resumed_client_is_told_what_it_may_stop_sending() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    let mut bob = house.join("bob");
    house.publish(&mut ada, camera());
    house.offer(&mut bob);
    house.say(&bob, ask::Message::Leave(proto::LeaveRequest::default()));
    house.pass(Duration::from_secs(10));
    house.cut(&ada);
    house.resume(&mut ada).unwrap();

    let told = house.count(&ada, |message| matches!(message, told::Message::SubscribedQualityUpdate(_)));
    assert_eq!(told, 1);
}

#[test]
fn a_session_that_never_had_media_is_not_kept() {
    let mut house = House::open();
    let joining = house.joining("ada");
    let mut ada = house.try_join(joining).unwrap();

    house.cut(&ada);

    assert!(house.room.participants().is_empty());
    assert_eq!(house.resume(&mut ada), Err(JoinError::UnknownSession));
}

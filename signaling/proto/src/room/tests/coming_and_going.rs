use std::sync::atomic::Ordering;
use std::time::Duration;

use livekit_protocol::{
    self as proto, DisconnectReason, leave_request::Action, participant_info::State,
    request_response::Reason, signal_request as ask, signal_response as told,
};

use super::house::{Guest, House, description, microphone};
use crate::{
    Limits, PeerConnections,
    room::{JoinError, MediaCommand, MediaEvent, RoomError, RoomEvent},
};

#[test]
fn the_join_response_comes_first_and_says_what_one_may_do() {
    let mut house = House::open();
    let ada = house.join("ada");
    let mail = house.mail(&ada);

    let Some(told::Message::Join(join)) = mail.first() else { panic!("{:?}", mail.first()) };
    let own = join.participant.as_ref().unwrap();
    assert!(own.sid.starts_with("PA_") && own.permission.as_ref().unwrap().can_publish);
    assert!(join.room.as_ref().unwrap().sid.starts_with("RM_"));
    assert!(!join.subscriber_primary);
    assert_eq!((join.ping_interval, join.ping_timeout), (5, 15));
    assert!(matches!(&mail[1], told::Message::Answer(answer) if answer.id == 1));
}

#[test]
fn a_participant_is_announced_when_its_media_is_connected() {
    let mut house = House::open();
    let ada = house.join("ada");
    let joining = house.joining("bob");
    let bob = house.try_join(joining).unwrap();
    assert_eq!(house.seen(&ada, &bob.sid), None);

    house.connect_media();

    assert_eq!(house.seen(&ada, &bob.sid).unwrap().state, State::Active as i32);
    assert_eq!(house.seen(&bob, &bob.sid).unwrap().state, State::Active as i32);
    assert!(matches!(house.events.last(), Some(RoomEvent::ParticipantJoined { participant, .. })
        if participant.identity == "bob"));
}

#[test]
fn a_newcomer_is_told_who_is_there() {
    let mut house = House::open();
    let ada = house.join("ada");
    let bob = house.join("bob");

    let join = house.last(&bob, join_response).unwrap();
    assert_eq!(join.other_participants.len(), 1);
    assert_eq!(join.other_participants[0].sid, ada.sid);
}

#[test]
fn who_leaves_is_gone_at_once() {
    let mut house = House::open();
    let ada = house.join("ada");
    let bob = house.join("bob");

    house.say(&bob, ask::Message::Leave(proto::LeaveRequest::default()));

    let gone = house.seen(&ada, &bob.sid).unwrap();
    assert_eq!(gone.state, State::Disconnected as i32);
    assert_eq!(gone.disconnect_reason, DisconnectReason::ClientInitiated as i32);
    assert!(house.closed.contains(&bob.connection));
}

#[test]
fn the_second_session_of_an_identity_ends_the_first() {
    let mut house = House::open();
    let watcher = house.join("eve");
    let first = house.join("ada");
    let second = house.join("ada");

    let leave = house.last(&first, leave_request).unwrap();
    assert_eq!(leave.reason, DisconnectReason::DuplicateIdentity as i32);
    assert_eq!(leave.action, Action::Disconnect as i32);
    assert_ne!(first.sid, second.sid);
    assert_eq!(house.seen(&watcher, &first.sid).unwrap().state, State::Disconnected as i32);
    assert_eq!(house.room.participants().len(), 2);

    // What the old connection still says is not heard.
    house.say(&first, ask::Message::Leave(proto::LeaveRequest::default()));
    assert_eq!(house.room.participants().len(), 2);
}

#[test]
fn a_hidden_participant_is_announced_to_nobody_and_sees_everybody() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    house.publish(&mut ada, microphone());
    let mut joining = house.joining("ear");
    joining.permission.hidden = true;
    let ear = house.join_as(joining);

    assert_eq!(house.seen(&ada, &ear.sid), None);
    assert_eq!(house.last(&ear, join_response).unwrap().other_participants.len(), 1);
    assert!(house.media.iter().any(|command| matches!(command, MediaCommand::Subscribe { .. })));

    house.say(&ear, ask::Message::Leave(proto::LeaveRequest::default()));
    assert_eq!(house.seen(&ada, &ear.sid), None);
}

#[test]
fn whose_media_never_connects_is_removed_after_a_minute() {
    let mut house = House::open();
    let joining = house.joining("ada");
    let ada = house.try_join(joining).unwrap();

    house.pass(Duration::from_secs(59));
    assert_eq!(house.room.participants().len(), 1);
    house.pass(Duration::from_secs(1));

    assert_eq!(house.room.participants().len(), 0);
    assert_eq!(house.last(&ada, leave_request).unwrap().reason, DisconnectReason::ConnectionTimeout as i32);
    assert!(matches!(house.events.last(), Some(RoomEvent::ParticipantConnectionAborted { .. })));
}

#[test]
fn a_room_nobody_joins_ends_and_so_does_one_that_everybody_left() {
    let mut house = House::open();
    house.pass(Duration::from_secs(299));
    assert!(!house.room.is_finished());
    let ada = house.join("ada");
    house.pass(Duration::from_secs(3600));
    assert!(!house.room.is_finished());

    house.say(&ada, ask::Message::Leave(proto::LeaveRequest::default()));
    house.pass(Duration::from_secs(19));
    assert!(!house.room.is_finished());
    house.pass(Duration::from_secs(1));

    assert!(house.room.is_finished());
    assert!(matches!(house.events.last(), Some(RoomEvent::RoomFinished { .. })));
    let joining = house.joining("bob");
    assert!(matches!(house.try_join(joining), Err(JoinError::Ended)));
}

#[test]
fn an_engine_with_too_much_to_do_is_there_for_those_who_are_in() {
    let mut house = House::open();
    house.join("ada");
    house.engine_is_full.store(true, Ordering::Relaxed);

    let joining = house.joining("bob");
    assert_eq!(house.try_join(joining).err(), Some(JoinError::Overloaded));
    let joining = house.joining("ada");
    assert!(house.try_join(joining).is_ok(), "who comes back has a place");

    house.engine_is_full.store(false, Ordering::Relaxed);
    let joining = house.joining("bob");
    assert!(house.try_join(joining).is_ok());
}

#[test]
fn a_full_room_admits_nobody_but_those_who_are_in_it() {
    let request = proto::CreateRoomRequest { max_participants: 1, ..Default::default() };
    let mut house = House::with(Limits::default(), request);
    house.join("ada");

    let joining = house.joining("bob");
    assert!(matches!(house.try_join(joining), Err(JoinError::Full(1))));
    let joining = house.joining("ada");
    assert!(house.try_join(joining).is_ok());
}

#[test]
fn an_absurd_offer_is_refused_at_the_door() {
    let mut house = House::open();
    let mut joining = house.joining("ada");
    joining.connections = PeerConnections::Single { offer: Some(description("v=0\r\nm=nonsense", 1)) };

    assert!(matches!(house.try_join(joining), Err(JoinError::Invalid(_))));
    assert!(house.room.participants().is_empty());
}

#[test]
fn an_absurd_offer_later_ends_its_sender_only() {
    let mut house = House::open();
    let ada = house.join("ada");
    let bob = house.join("bob");

    house.say(&bob, ask::Message::Offer(description("garbage", 2)));

    assert_eq!(house.last(&bob, leave_request).unwrap().action, Action::Disconnect as i32);
    assert_eq!(house.room.participants().len(), 1);
    assert_eq!(house.last(&ada, leave_request), None);
}

#[test]
fn tokens_are_fresh_at_the_join_and_every_five_minutes() {
    let mut house = House::open();
    let ada = house.join("ada");
    assert_eq!(house.tokens.len(), 1);
    house.say(&ada, ask::Message::UpdateMetadata(attributes(&[("k", "v")])));

    house.pass(Duration::from_secs(300));

    let (connection, claims) = house.tokens.last().unwrap();
    assert_eq!((house.tokens.len(), *connection), (2, ada.connection));
    assert_eq!(claims.expires, Some(1_800_000_300 + 600));
    assert_eq!((claims.issuer.as_str(), claims.identity.as_str()), ("key", "ada"));
    assert_eq!(claims.attributes.get("k").map(String::as_str), Some("v"));
}

#[test]
fn attributes_are_changed_added_and_deleted_within_bounds() {
    let mut house = House::open();
    let ada = house.join("ada");
    let bob = house.join("bob");
    house.say(&ada, ask::Message::UpdateMetadata(attributes(&[("a", "1"), ("b", "2")])));
    house.say(&ada, ask::Message::UpdateMetadata(attributes(&[("a", ""), ("b", "3")])));

    let seen = house.seen(&bob, &ada.sid).unwrap();
    assert_eq!(seen.attributes, [("b".to_owned(), "3".to_owned())].into());
    assert_eq!(house.last(&ada, response).unwrap().reason, Reason::Ok as i32);

    let long = "x".repeat(70_000);
    house.say(&ada, ask::Message::UpdateMetadata(attributes(&[("c", &long)])));
    assert_eq!(house.last(&ada, response).unwrap().reason, Reason::LimitExceeded as i32);
    assert_eq!(house.room.participant_info("ada").unwrap().attributes.len(), 1);
}

#[test]
fn own_metadata_is_changed_only_with_permission() {
    let mut house = House::open();
    let mut joining = house.joining("ada");
    joining.permission.can_update_metadata = false;
    let ada = house.join_as(joining);

    house.say(&ada, ask::Message::UpdateMetadata(attributes(&[("a", "1")])));

    let refused = house.last(&ada, response).unwrap();
    assert_eq!((refused.request_id, refused.reason), (9, Reason::NotAllowed as i32));
    assert!(house.room.participant_info("ada").unwrap().attributes.is_empty());
}

#[test]
fn pings_of_both_kinds_are_answered() {
    let mut house = House::open();
    let ada = house.join("ada");

    house.say(&ada, ask::Message::Ping(5));
    house.say(&ada, ask::Message::PingReq(proto::Ping { timestamp: 77, rtt: 0 }));

    let mail = house.mail(&ada);
    assert!(mail.iter().any(|message| matches!(message, told::Message::Pong(_))));
    assert!(
        mail.iter().any(
            |message| matches!(message, told::Message::PongResp(pong) if pong.last_ping_timestamp == 77)
        )
    );
}

#[test]
fn candidates_that_trickle_in_and_what_is_obsolete_mean_nothing_and_nothing_is_kept() {
    let mut house = House::open();
    let ada = house.join("ada");
    house.mail(&ada);
    for number in 0..1_000 {
        let candidate =
            proto::TrickleRequest { candidate_init: format!("candidate:{number}"), ..Default::default() };
        house.say(&ada, ask::Message::Trickle(candidate));
    }
    #[allow(deprecated)] // clients of old still send it
    house.say(&ada, ask::Message::UpdateLayers(proto::UpdateVideoLayers::default()));

    assert_eq!(house.mail(&ada), []);
    house.say(&ada, ask::Message::Ping(5));
    assert_eq!(
        house.count(&ada, |message| matches!(message, told::Message::Pong(_))),
        1,
        "it is still there"
    );
}

#[test]
fn how_well_one_is_connected_is_told_to_oneself_and_to_who_receives_one() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    let bob = house.join("bob");
    house.publish(&mut ada, microphone());
    for guest in [&ada, &bob] {
        house.mail(guest);
    }
    let told_of = |house: &House, guest: &Guest, sid: &str| {
        house.last(guest, |message| match message {
            told::Message::ConnectionQuality(update) => {
                update.updates.iter().find(|info| info.participant_sid == sid).map(|info| info.quality)
            }
            _ => None,
        })
    };

    let peer = house.peer_of(0);
    house.media_event(MediaEvent::Quality { peer, loss: 0.2, sound_loss_up: 0.0, rtt: None, limited: false });
    let poor = Some(proto::ConnectionQuality::Poor as i32);
    assert_eq!((told_of(&house, &ada, &ada.sid), told_of(&house, &bob, &ada.sid)), (poor, poor));

    // Nobody receives bob, and what has not changed is not told again.
    let peer = house.peer_of(1);
    house.media_event(MediaEvent::Quality { peer, loss: 0.2, sound_loss_up: 0.0, rtt: None, limited: false });
    assert_eq!((told_of(&house, &ada, &bob.sid), told_of(&house, &bob, &bob.sid)), (None, poor));
    house.mail(&bob);
    house.media_event(MediaEvent::Quality { peer, loss: 0.2, sound_loss_up: 0.0, rtt: None, limited: false });
    assert_eq!(house.mail(&bob), []);
}

#[test]
fn whose_media_fails_is_told_to_rebuild_and_is_shown_for_a_moment() {
    let mut house = House::open();
    let ada = house.join("ada");
    let mut bob = house.join("bob");
    let peer = house.peer_of(1);

    house.media_event(MediaEvent::PeerFailed { peer, closed_by_peer: false });

    assert_eq!(house.last(&bob, leave_request).unwrap().action, Action::Reconnect as i32);
    assert_eq!(house.seen(&ada, &bob.sid).unwrap().state, State::Active as i32);
    assert_eq!(house.resume(&mut bob), Err(JoinError::UnknownSession));
    house.pass(Duration::from_secs(13));
    assert_eq!(house.seen(&ada, &bob.sid).unwrap().state, State::Disconnected as i32);
}

#[test]
fn who_closes_media_and_signalling_is_gone_in_either_order() {
    let mut house = House::open();
    let ada = house.join("ada");
    let bob = house.join("bob");
    let eve = house.join("eve");

    let peer = house.peer_of(1);
    house.media_event(MediaEvent::PeerFailed { peer, closed_by_peer: true });
    assert_eq!(house.seen(&ada, &bob.sid).unwrap().state, State::Active as i32);
    house.cut(&bob);
    assert_eq!(house.seen(&ada, &bob.sid).unwrap().state, State::Disconnected as i32);

    house.cut(&eve);
    let peer = house.peer_of(2);
    house.media_event(MediaEvent::PeerFailed { peer, closed_by_peer: true });
    assert_eq!(house.seen(&ada, &eve.sid).unwrap().state, State::Disconnected as i32);
}

#[test]
fn an_operator_removes_and_renames_participants() {
    let mut house = House::open();
    let ada = house.join("ada");
    let bob = house.join("bob");

    let request = proto::UpdateParticipantRequest {
        identity: "bob".into(),
        name: "Robert".into(),
        ..Default::default()
    };
    house.room.update_participant(house.now, request).unwrap();
    house.drain();
    assert_eq!(house.seen(&ada, &bob.sid).unwrap().name, "Robert");

    house.room.remove_participant(house.now, "bob").unwrap();
    house.drain();
    let leave = house.last(&bob, leave_request).unwrap();
    assert_eq!(leave.reason, DisconnectReason::ParticipantRemoved as i32);
    assert_eq!(house.room.remove_participant(house.now, "bob"), Err(RoomError::ParticipantNotFound));
}

#[test]
fn a_room_that_ends_tells_everybody() {
    let mut house = House::open();
    let ada = house.join("ada");

    house.room.end(house.now, DisconnectReason::RoomDeleted, Action::Disconnect);
    house.drain();

    let leave = house.last(&ada, leave_request).unwrap();
    assert_eq!(leave.reason, DisconnectReason::RoomDeleted as i32);
    assert!(!leave.can_reconnect);
    assert!(house.room.is_finished());
}

fn attributes(pairs: &[(&str, &str)]) -> proto::UpdateParticipantMetadata {
    proto::UpdateParticipantMetadata {
        attributes: pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect(),
        request_id: 9,
        ..Default::default()
    }
}

fn join_response(message: &told::Message) -> Option<proto::JoinResponse> {
    match message {
        told::Message::Join(join) => Some(join.clone()),
        _ => None,
    }
}

fn leave_request(message: &told::Message) -> Option<proto::LeaveRequest> {
    match message {
        told::Message::Leave(leave) => Some(leave.clone()),
        _ => None,
    }
}

fn response(message: &told::Message) -> Option<proto::RequestResponse> {
    match message {
        told::Message::RequestResponse(response) => Some(response.clone()),
        _ => None,
    }
}

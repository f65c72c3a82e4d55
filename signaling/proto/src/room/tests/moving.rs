use livekit_protocol::{
    self as proto, leave_request::Action, participant_info::State, signal_response as told,
};

use super::house::{Guest, House, camera, microphone};
use crate::{
    Joining,
    room::{Beginning, ConnectionId, JoinError, MediaCommand, Moving, RoomError, RoomEvent},
    token::Claims,
};

#[test]
fn a_participant_moves_with_its_connections_and_its_tracks() {
    let mut lobby = House::open();
    let mut ada = lobby.join("ada");
    let bob = lobby.join("bob");
    let sid = lobby.publish(&mut ada, camera());
    let up = lobby.last_up();
    let mut hall = House::other();
    let mut eve = hall.join("eve");

    let moving = lobby.room.release(lobby.now, "ada", 2).unwrap();
    lobby.drain();
    assert!(lobby.media.iter().any(|command| matches!(command, MediaCommand::Move { to: 2, .. })));
    assert!(!lobby.media.iter().any(|command| matches!(command, MediaCommand::Leave { .. })));
    assert_eq!(lobby.seen(&bob, &ada.sid).unwrap().state, State::Disconnected as i32);
    assert_eq!(lobby.room.participants().len(), 1);

    assert_eq!(moving.connection(), Some(ada.connection));
    hall.room.receive(hall.now, moving).unwrap();
    hall.drain();

    let moved = hall.last(&ada, |message| match message {
        told::Message::RoomMoved(moved) => Some(moved.clone()),
        _ => None,
    });
    let moved = moved.unwrap();
    assert_eq!(moved.participant.unwrap().sid, ada.sid);
    assert_eq!(moved.other_participants[0].identity, "eve");
    assert_eq!(hall.tokens.last().unwrap().1.video.room, hall.room.name());
    assert_eq!(hall.seen(&eve, &ada.sid).unwrap().tracks[0].sid, sid);
    assert_eq!(hall.last_up(), up);
    hall.offer(&mut eve);
    assert!(matches!(hall.media.last(), Some(MediaCommand::Subscribe { up: source, .. }) if *source == up));
}

#[test]
fn who_moves_is_sent_what_is_published_where_it_comes_to() {
    let mut lobby = House::open();
    let mut bob = lobby.join("bob");
    let mut ada = lobby.join("ada");
    lobby.publish(&mut ada, camera());
    lobby.offer(&mut bob);
    let mut hall = House::other();
    hall.join("nobody");
    let mut eve = hall.join("eve");
    let sid = hall.publish(&mut eve, microphone());

    let moving = lobby.room.release(lobby.now, "bob", 2).unwrap();
    lobby.drain();
    assert!(lobby.media.iter().any(|command| matches!(command, MediaCommand::Unsubscribe { .. })));
    hall.room.receive(hall.now, moving).unwrap();
    hall.drain();

    let asked = hall.count(&bob, |message| matches!(message, told::Message::MediaSectionsRequirement(_)));
    assert_eq!(asked, 1);
    hall.offer(&mut bob);
    let answered = hall.last(&bob, |message| match message {
        told::Message::Answer(answer) => Some(answer.mid_to_track_id.clone()),
        _ => None,
    });
    assert_eq!(answered, Some([("1".to_owned(), sid)].into()));
    assert!(matches!(hall.media.last(), Some(MediaCommand::Subscribe { .. })));
}

#[test]
fn a_client_that_knows_no_moving_is_sent_over_with_a_token() {
    let mut lobby = House::open();
    let mut joining = lobby.joining("ada");
    joining.client.protocol = 13;
    let ada = lobby.join_as(joining);

    assert_eq!(lobby.room.can_move("ada"), Ok(false));
    assert!(lobby.room.release(lobby.now, "ada", 2).is_err());
    lobby.room.send_over(lobby.now, "ada", "hall").unwrap();
    lobby.drain();

    assert_eq!(lobby.tokens.last().unwrap().1.video.room, "hall");
    let leave: Option<proto::LeaveRequest> = lobby.last(&ada, |message| match message {
        told::Message::Leave(leave) => Some(leave.clone()),
        _ => None,
    });
    assert_eq!(leave.unwrap().action, Action::Reconnect as i32);
    assert_eq!(lobby.room.can_move("ada"), Err(RoomError::ParticipantNotFound));
}

#[test]
fn who_is_brought_in_comes_under_the_name_and_with_the_rights_of_the_token() {
    let (mut porch, mut approaching) = approach();
    let sid = porch.publish(&mut approaching, camera());
    let mut hall = House::other();
    let mut eve = hall.join("eve");

    let moving = bring(&mut porch, token("awa", |_| {}));
    hall.room.receive(hall.now, moving).unwrap();
    hall.drain();

    let seen = hall.seen(&eve, &approaching.sid).unwrap();
    assert_eq!((&*seen.identity, &*seen.name, &*seen.tracks[0].sid), ("awa", "Awa", &*sid));
    assert!(seen.permission.unwrap().can_publish_data, "which it could not before");
    let told = hall.last(&approaching, moved).unwrap();
    assert_eq!(told.participant.unwrap().identity, "awa");
    let claims = &hall.tokens.last().unwrap().1;
    assert_eq!((&*claims.identity, &*claims.video.room), ("awa", "other"));
    assert!(claims.video.room_admin, "what else the token allows");
    let joined = hall.events.iter().filter_map(|event| match event {
        RoomEvent::ParticipantJoined { participant, .. } => Some(&*participant.identity),
        _ => None,
    });
    assert_eq!(joined.collect::<Vec<_>>(), ["eve", "awa"]);
    hall.offer(&mut eve);
    assert!(matches!(hall.media.last(), Some(MediaCommand::Subscribe { .. })));

    hall.cut(&approaching);
    approaching.identity = "awa".to_owned();
    hall.resume(&mut approaching).unwrap();
}

#[test]
fn a_track_that_is_on_its_way_when_its_publisher_is_brought_in_is_published_there() {
    let (mut porch, mut approaching) = approach();
    let sid = porch.announce(&mut approaching, microphone());
    let up = porch.last_up();
    let mut hall = House::other();
    let eve = hall.join("eve");

    let moving = bring(&mut porch, token("awa", |_| {}));
    hall.room.receive(hall.now, moving).unwrap();
    hall.drain();
    assert!(hall.seen(&eve, &approaching.sid).unwrap().tracks.is_empty());
    hall.media_event(crate::room::MediaEvent::UpStarted { up, mime: crate::sdp::Mime::Opus });

    assert_eq!(hall.seen(&eve, &approaching.sid).unwrap().tracks[0].sid, sid);
}

#[test]
fn what_one_may_not_publish_ends_before_one_is_brought_in() {
    let (mut porch, mut approaching) = approach();
    let camera = porch.publish(&mut approaching, camera());
    let microphone = porch.announce(&mut approaching, microphone());
    let mut hall = House::other();
    let eve = hall.join("eve");

    let moving = bring(&mut porch, token("observer", |claims| claims.video.can_publish = Some(false)));
    porch.drain();
    let ended = porch.media.iter().filter(|command| matches!(command, MediaCommand::Unpublish { .. }));
    assert_eq!(ended.count(), 2);
    hall.room.receive(hall.now, moving).unwrap();
    hall.drain();

    for sid in [camera, microphone] {
        let told = |message: &told::Message| matches!(message, told::Message::TrackUnpublished(gone) if gone.track_sid == sid);
        assert_eq!(porch.count(&approaching, told), 1, "its client is told");
    }
    assert!(!hall.media.iter().any(|command| matches!(command, MediaCommand::Publish { .. })));
    let published = hall.count(&eve, |message| match message {
        told::Message::Update(update) => update.participants.iter().any(|one| !one.tracks.is_empty()),
        _ => false,
    });
    assert_eq!(published, 0);
    assert!(!hall.room.participant_info("observer").unwrap().permission.unwrap().can_publish);
}

#[test]
fn who_may_not_join_is_not_brought_in() {
    let (mut porch, approaching) = approach();
    let mut hall = House::other();
    let eve = hall.join("eve");
    hall.room.revoke_tokens("awa", u64::MAX);

    let moving = bring(&mut porch, token("awa", |_| {}));
    let refused = hall.room.receive(hall.now, moving);
    hall.drain();

    assert!(matches!(refused, Err(JoinError::NotAllowed(_))));
    assert_eq!(hall.room.participants().len(), 1);
    assert_eq!(hall.seen(&eve, &approaching.sid), None);
    assert!(matches!(hall.media.last(), Some(MediaCommand::Leave { .. })));
    assert!(hall.closed.contains(&approaching.connection));
}

#[test]
fn who_is_brought_in_twice_is_there_once() {
    let (mut porch, approaching) = approach();
    let mut hall = House::other();
    let before = hall.join("awa");

    let moving = bring(&mut porch, token("awa", |_| {}));
    hall.room.receive(hall.now, moving).unwrap();
    hall.drain();

    assert_eq!(hall.room.participant_info("awa").unwrap().sid, approaching.sid);
    assert!(hall.closed.contains(&before.connection));
    let again = porch.room.release_as(porch.now, APPROACH, 2, token("awa", |_| {}));
    assert!(matches!(again, Err(RoomError::ParticipantNotFound)));
}

#[test]
fn who_is_brought_in_while_another_has_the_floor_is_not_heard() {
    let (mut porch, mut approaching) = approach();
    let sid = porch.publish(&mut approaching, microphone());
    let mut hall = House::other();
    hall.join("eve");
    hall.room.set_floor(hall.now, Some(["eve".to_owned()].into()));

    let moving = bring(&mut porch, token("awa", |_| {}));
    hall.room.receive(hall.now, moving).unwrap();
    hall.drain();

    assert!(matches!(hall.media.last(), Some(MediaCommand::Mute { muted: true, .. })));
    let muted = |message: &told::Message| matches!(message, told::Message::Mute(mute) if mute.sid == sid);
    assert_eq!(hall.count(&approaching, muted), 1);
}

#[test]
fn who_is_brought_in_finds_again_what_was_remembered() {
    let (mut porch, _) = approach();
    let attributes = [("hand".to_owned(), "up".to_owned())].into();
    let beginning = Beginning { attributes: [("awa".to_owned(), attributes)].into(), ..Beginning::default() };
    let mut hall = House::going_on(beginning);

    let grant = |claims: &mut Claims| claims.video.can_update_own_metadata = Some(true);
    let moving = bring(&mut porch, token("awa", grant));
    hall.room.receive(hall.now, moving).unwrap();

    assert_eq!(hall.room.participant_info("awa").unwrap().attributes["hand"], "up");
}

const APPROACH: &str = "approach-1";

/// A room in which somebody waits to be brought elsewhere, and may do no more than publish.
fn approach() -> (House, Guest) {
    let mut porch = House::open();
    let mut joining = porch.joining(APPROACH);
    joining.permission.can_publish_data = false;
    joining.permission.can_subscribe = false;
    let approaching = porch.join_as(joining);
    (porch, approaching)
}

fn bring(porch: &mut House, joining: Joining) -> Moving {
    porch.room.release_as(porch.now, APPROACH, 2, joining).unwrap()
}

/// Somebody who would join the other room.
fn token(identity: &str, change: impl FnOnce(&mut Claims)) -> Joining {
    let mut claims = Claims::join(identity, "other").until(1_800_000_300);
    claims.name = "Awa".to_owned();
    claims.video.room_admin = true;
    change(&mut claims);
    Joining::by(ConnectionId(0), claims)
}

fn moved(message: &told::Message) -> Option<proto::RoomMovedResponse> {
    match message {
        told::Message::RoomMoved(moved) => Some(moved.clone()),
        _ => None,
    }
}

use livekit_protocol::{
    self as proto, leave_request::Action, participant_info::State, signal_response as told,
};

use super::house::{House, camera, microphone};
use crate::room::{MediaCommand, RoomError};

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

//! Room events in the words of the webhook protocol.

use std::time::{SystemTime, UNIX_EPOCH};

use livekit_protocol as proto;
use rand::{Rng, distr::Alphanumeric};
use signaling_proto::room::RoomEvent;

/// The message that tells of an event; none for what the protocol has no word for.
pub(super) fn webhook_event(event: RoomEvent, now: SystemTime) -> Option<proto::WebhookEvent> {
    let name = name(&event)?.to_owned();
    let (room, participant, track) = match event {
        RoomEvent::RoomStarted { room } | RoomEvent::RoomFinished { room } => (room, None, None),
        RoomEvent::ParticipantJoined { room, participant }
        | RoomEvent::ParticipantLeft { room, participant }
        | RoomEvent::ParticipantConnectionAborted { room, participant } => (room, Some(participant), None),
        RoomEvent::ParticipantChanged { .. } => return None,
        RoomEvent::TrackPublished { room, participant, track }
        | RoomEvent::TrackUnpublished { room, participant, track } => (room, Some(participant), Some(track)),
    };
    let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let suffix: String = rand::rng().sample_iter(Alphanumeric).take(12).map(char::from).collect();
    Some(proto::WebhookEvent {
        event: name,
        room: Some(room),
        participant,
        track,
        id: format!("EV_{suffix}"),
        created_at: i64::try_from(seconds).unwrap_or(i64::MAX),
        ..Default::default()
    })
}

fn name(event: &RoomEvent) -> Option<&'static str> {
    Some(match event {
        RoomEvent::ParticipantChanged { .. } => return None,
        RoomEvent::RoomStarted { .. } => "room_started",
        RoomEvent::RoomFinished { .. } => "room_finished",
        RoomEvent::ParticipantJoined { .. } => "participant_joined",
        RoomEvent::ParticipantLeft { .. } => "participant_left",
        RoomEvent::ParticipantConnectionAborted { .. } => "participant_connection_aborted",
        RoomEvent::TrackPublished { .. } => "track_published",
        RoomEvent::TrackUnpublished { .. } => "track_unpublished",
    })
}

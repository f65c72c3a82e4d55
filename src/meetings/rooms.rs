//! What meetings ask of the rooms: who is inside, and what a host wants done. A meeting's room has its code as name.

use std::collections::BTreeSet;

use livekit_protocol::{self as proto, TrackSource};
use signaling::Rooms;
use signaling_proto::room::{RoomError, RoomEvent};

use super::{Admission, Meeting, MeetingCode};

/// Who is in a meeting at the moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Presence {
    /// Whether anybody is.
    pub in_session: bool,
    /// How many.
    pub participants: u32,
}

/// The rooms as meetings see them. Cheap to clone.
#[derive(Debug, Clone)]
pub struct MeetingRooms {
    rooms: Rooms,
}

/// Which tracks of a participant a host wants muted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tracks {
    /// All of a source.
    Of(TrackSource),
    /// One.
    One(String),
}

impl MeetingRooms {
    /// The meetings' view of the rooms.
    #[must_use]
    pub fn new(rooms: Rooms) -> Self {
        Self { rooms }
    }

    /// Who is in each of some meetings, in their order.
    pub async fn presence(&self, meetings: &[Meeting]) -> Vec<Presence> {
        let mut presence = Vec::with_capacity(meetings.len());
        for meeting in meetings {
            presence.push(self.presence_of(meeting).await);
        }
        presence
    }

    /// Who is in one meeting, whether or not the media have found their way yet.
    pub async fn presence_of(&self, meeting: &Meeting) -> Presence {
        // No room is an empty room.
        let inside = self.rooms.list_participants(meeting.code.as_str()).await.unwrap_or_default();
        let visible = inside.iter().filter(|one| !one.permission.as_ref().is_some_and(|may| may.hidden));
        let participants = u32::try_from(visible.count()).unwrap_or(u32::MAX);
        Presence { in_session: participants > 0, participants }
    }

    /// Whether there is no place left for somebody who is not inside yet.
    pub async fn is_full(&self, admission: &Admission) -> bool {
        let room = admission.meeting.as_str();
        let Ok(inside) = self.rooms.list_participants(room).await else { return false };
        let limit = self.rooms.config().limits.participants_per_room;
        inside.len() >= limit && !inside.iter().any(|one| one.identity == admission.identity)
    }

    /// Whether the media engine has so much to do that somebody who is not inside yet should not come.
    pub async fn are_overloaded_for(&self, admission: &Admission) -> bool {
        self.are_overloaded() && !self.is_inside(admission.meeting.as_str(), &admission.identity).await
    }

    /// Whether the media engine has so much to do that nobody should come.
    #[must_use]
    pub fn are_overloaded(&self) -> bool {
        self.rooms.overloaded()
    }

    /// Whether there is no place left for one more.
    pub async fn has_no_place(&self, code: &MeetingCode) -> bool {
        self.places(code).await == 0
    }

    /// How many more there is a place for.
    pub async fn places(&self, code: &MeetingCode) -> usize {
        let inside = self.rooms.list_participants(code.as_str()).await.unwrap_or_default();
        self.rooms.config().limits.participants_per_room.saturating_sub(inside.len())
    }

    /// Whether somebody is in a room.
    pub async fn is_inside(&self, room: &str, identity: &str) -> bool {
        self.rooms.participant(room, identity).await.is_ok()
    }

    /// The telephone number of a participant, if it is one by telephone and shows it.
    pub async fn phone_of(&self, code: &MeetingCode, identity: &str) -> Option<String> {
        let participant = self.rooms.participant(code.as_str(), identity).await.ok()?;
        participant.attributes.get(PHONE_NUMBER).filter(|number| !number.is_empty()).cloned()
    }

    /// Who is in a room, whether or not the media have found their way yet; nobody, if there is no such room.
    pub async fn inside(&self, room: &str) -> Vec<proto::ParticipantInfo> {
        self.rooms.list_participants(room).await.unwrap_or_default()
    }

    /// Whether rooms would take an identity of this length.
    #[must_use]
    pub fn takes_identity(&self, identity: &str) -> bool {
        identity.len() <= self.rooms.config().limits.identity_bytes
    }

    /// Changes what a participant is called.
    ///
    /// # Errors
    /// When there is no such participant, or the words are too many.
    pub async fn describe(&self, request: proto::UpdateParticipantRequest) -> Result<(), RoomError> {
        self.rooms.update_participant(request).await.map(drop)
    }

    /// Says who alone may be heard in a meeting, by identity; `None` is everybody. Everybody is shown the metadata first.
    ///
    /// # Errors
    /// When nobody is in the meeting.
    pub async fn set_heard(
        &self,
        code: &MeetingCode,
        heard: Option<BTreeSet<String>>,
        metadata: String,
    ) -> Result<(), RoomError> {
        self.rooms.set_floor(code.as_str(), heard, metadata).await
    }

    /// What happens in all rooms from now on.
    #[must_use]
    pub fn subscribe(&self) -> tokio::sync::broadcast::Receiver<RoomEvent> {
        self.rooms.subscribe()
    }

    /// All rooms, and who is in each of them.
    pub async fn everybody(&self) -> Vec<(proto::Room, Vec<proto::ParticipantInfo>)> {
        let mut all = Vec::new();
        for room in self.rooms.list_rooms(&[]).await {
            let inside = self.inside(&room.name).await;
            all.push((room, inside));
        }
        all
    }

    /// Ends a room that is no meeting's, if there still is one.
    ///
    /// # Errors
    /// When the room does not answer.
    pub async fn end_call(&self, room: &str) -> Result<(), RoomError> {
        gone_is_good(self.rooms.delete_room(room).await)
    }

    /// Sends somebody out of a room that is no meeting's, if it is still there.
    ///
    /// # Errors
    /// When the room does not answer.
    pub async fn remove_from_call(&self, room: &str, identity: &str) -> Result<(), RoomError> {
        gone_is_good(self.rooms.remove_participant(room, identity).await)
    }

    /// Brings somebody from a room that is no meeting's into the one of a token, as what the token says.
    ///
    /// # Errors
    /// When somebody of that token would not be let in, or the one who is to be brought is not there or cannot follow.
    pub async fn bring(&self, room: &str, identity: &str, token: &str) -> Result<(), RoomError> {
        self.rooms.bring(room, identity, token).await
    }

    /// Mutes tracks of a participant.
    ///
    /// # Errors
    /// When there is no such participant or track.
    pub async fn mute(&self, code: &MeetingCode, identity: &str, tracks: &Tracks) -> Result<(), RoomError> {
        let sids = match tracks {
            Tracks::One(sid) => vec![sid.clone()],
            Tracks::Of(source) => self
                .rooms
                .participant(code.as_str(), identity)
                .await?
                .tracks
                .into_iter()
                .filter(|track| track.source() == *source)
                .map(|track| track.sid)
                .collect(),
        };
        for track_sid in sids {
            let request = proto::MuteRoomTrackRequest {
                room: code.to_string(),
                identity: identity.to_owned(),
                track_sid,
                muted: true,
            };
            self.rooms.mute_track(request).await?;
        }
        Ok(())
    }

    /// Sends a participant away, if it is there.
    ///
    /// # Errors
    /// When the room does not answer.
    pub async fn remove(&self, code: &MeetingCode, identity: &str) -> Result<(), RoomError> {
        gone_is_good(self.rooms.remove_participant(code.as_str(), identity).await)
    }

    /// Ends the room of a meeting, if there is one: everybody leaves.
    ///
    /// # Errors
    /// When the room does not answer.
    pub async fn end(&self, code: &MeetingCode) -> Result<(), RoomError> {
        gone_is_good(self.rooms.delete_room(code.as_str()).await)
    }

    /// How many rooms there are, and how many participants in all of them.
    pub async fn totals(&self) -> (u64, u64) {
        let rooms = self.rooms.list_rooms(&[]).await;
        let participants = rooms.iter().map(|room| u64::from(room.num_participants)).sum();
        (rooms.len() as u64, participants)
    }
}

/// The participant attribute in which a telephone shows its number.
const PHONE_NUMBER: &str = "sip.phoneNumber";

fn gone_is_good(done: Result<(), RoomError>) -> Result<(), RoomError> {
    match done {
        Err(RoomError::RoomNotFound | RoomError::ParticipantNotFound) => Ok(()),
        done => done,
    }
}

//! What those do who run rooms: the calls of RoomService, and the chair's.

use std::collections::BTreeSet;

use livekit_protocol::{self as proto, DisconnectReason, leave_request::Action};
use signaling_proto::room::{RoomError, RpcFailure};
use tokio::sync::oneshot;

use super::handle::no_place;
use super::{Rooms, ToRoom};

impl Rooms {
    /// Opens a room, or returns the one that is open under that name.
    pub async fn create_room(&self, request: proto::CreateRoomRequest) -> Result<proto::Room, RoomError> {
        self.check_room_name(&request.name)?;
        let name = request.name.clone();
        self.find_or_open(request, None).await.map_err(no_place)?;
        self.ask(&name, |room, _| Ok(room.info())).await
    }

    /// The rooms of these names, or all.
    pub async fn list_rooms(&self, names: &[String]) -> Vec<proto::Room> {
        let wanted: Vec<String> =
            self.registry().keys().filter(|name| names.is_empty() || names.contains(name)).cloned().collect();

        let mut rooms = Vec::with_capacity(wanted.len());
        for name in wanted {
            // A room that ended meanwhile is not there.
            if let Ok(room) = self.ask(&name, |room, _| Ok(room.info())).await {
                rooms.push(room);
            }
        }
        rooms.sort_by_key(|room| room.creation_time_ms);
        rooms
    }

    /// Ends a room; everybody leaves.
    pub async fn delete_room(&self, room: &str) -> Result<(), RoomError> {
        self.ask(room, |room, now| {
            room.end(now, DisconnectReason::RoomDeleted, Action::Disconnect);
            Ok(())
        })
        .await
    }

    /// Everybody in a room, hidden participants included.
    pub async fn list_participants(&self, room: &str) -> Result<Vec<proto::ParticipantInfo>, RoomError> {
        self.ask(room, |room, _| Ok(room.participants())).await
    }

    /// One participant.
    pub async fn participant(&self, room: &str, identity: &str) -> Result<proto::ParticipantInfo, RoomError> {
        let identity = identity.to_owned();
        self.ask(room, move |room, _| room.participant_info(&identity)).await
    }

    /// Sends a participant away.
    pub async fn remove_participant(&self, room: &str, identity: &str) -> Result<(), RoomError> {
        let identity = identity.to_owned();
        self.ask(room, move |room, now| room.remove_participant(now, &identity)).await
    }

    /// Sends a participant away for good: its tokens of before a moment, in seconds since 1970, let nobody in again.
    pub async fn expel_participant(&self, room: &str, identity: &str, before: u64) -> Result<(), RoomError> {
        let identity = identity.to_owned();
        self.ask(room, move |room, now| {
            room.remove_participant(now, &identity)?;
            room.revoke_tokens(&identity, before);
            Ok(())
        })
        .await
    }

    /// Changes what a participant is called and what it may do.
    pub async fn update_participant(
        &self,
        request: proto::UpdateParticipantRequest,
    ) -> Result<proto::ParticipantInfo, RoomError> {
        let name = request.room.clone();
        self.ask(&name, move |room, now| room.update_participant(now, request)).await
    }

    /// Mutes a participant's track.
    pub async fn mute_track(
        &self,
        request: proto::MuteRoomTrackRequest,
    ) -> Result<proto::TrackInfo, RoomError> {
        let name = request.room.clone();
        self.ask(&name, move |room, now| room.mute_track(now, &request)).await
    }

    /// Subscribes a participant to tracks, or unsubscribes it.
    pub async fn update_subscriptions(
        &self,
        request: proto::UpdateSubscriptionsRequest,
    ) -> Result<(), RoomError> {
        let name = request.room.clone();
        self.ask(&name, move |room, now| room.update_subscriptions(now, request)).await
    }

    /// Sends data to participants.
    pub async fn send_data(&self, request: proto::SendDataRequest) -> Result<(), RoomError> {
        let name = request.room.clone();
        self.ask(&name, move |room, now| room.send_data(now, request)).await
    }

    /// Calls a procedure at a participant and waits for its answer, a minute at most.
    pub async fn perform_rpc(
        &self,
        request: proto::PerformRpcRequest,
    ) -> Result<Result<String, RpcFailure>, RoomError> {
        let handle = self.find(&request.room).ok_or(RoomError::RoomNotFound)?;
        let (reply, answer) = oneshot::channel();
        if !handle.tell(ToRoom::Rpc { request: Box::new(request), reply }).await {
            return Err(RoomError::RoomNotFound);
        }
        Ok(answer.await.unwrap_or(Err(RpcFailure::RecipientLeft)))
    }

    /// Changes a room's metadata.
    pub async fn update_room_metadata(&self, room: &str, metadata: String) -> Result<proto::Room, RoomError> {
        self.ask(room, move |room, now| room.set_metadata(now, metadata)).await
    }

    /// Says who alone may be heard in a room, by identity; `None` is everybody. See [`Room::set_floor`]. The metadata is
    /// there before anybody is muted, so that it can say why.
    ///
    /// [`Room::set_floor`]: signaling_proto::room::Room::set_floor
    pub async fn set_floor(
        &self,
        room: &str,
        floor: Option<BTreeSet<String>>,
        metadata: String,
    ) -> Result<(), RoomError> {
        self.ask(room, move |room, now| {
            room.set_metadata(now, metadata)?;
            room.set_floor(now, floor);
            Ok(())
        })
        .await
    }
}

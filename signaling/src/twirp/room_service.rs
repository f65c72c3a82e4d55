//! `livekit.RoomService`: what applications ask of rooms. Each method checks its grant, asks, answers.

use axum::response::Response;
use livekit_protocol as proto;
use signaling_proto::token::Claims;

use super::{body::Request, error::TwirpError};
use crate::{Rooms, rooms::unix_now};

/// One call.
pub(super) struct RoomService<'a> {
    pub(super) rooms: &'a Rooms,
    pub(super) claims: &'a Claims,
    pub(super) request: Request,
}

impl RoomService<'_> {
    pub(super) async fn call(&self, method: &str) -> Result<Response, TwirpError> {
        match method {
            "CreateRoom" => self.create_room().await,
            "ListRooms" => self.list_rooms().await,
            "DeleteRoom" => self.delete_room().await,
            "ListParticipants" => self.list_participants().await,
            "GetParticipant" => self.participant().await,
            "RemoveParticipant" => self.remove_participant().await,
            "MutePublishedTrack" => self.mute_published_track().await,
            "UpdateParticipant" => self.update_participant().await,
            "UpdateSubscriptions" => self.update_subscriptions().await,
            "SendData" => self.send_data().await,
            "UpdateRoomMetadata" => self.update_room_metadata().await,
            "MoveParticipant" => self.move_participant().await,
            "ForwardParticipant" => self.forward_participant().await,
            "PerformRpc" => self.perform_rpc().await,
            _ => Err(TwirpError::bad_route(format!("RoomService has no method {method:?}"))),
        }
    }

    async fn create_room(&self) -> Result<Response, TwirpError> {
        self.require(self.claims.video.room_create, "roomCreate")?;
        let request: proto::CreateRoomRequest = self.request.message()?;
        let room = self.rooms.create_room(request).await?;
        Ok(self.request.answer(&room))
    }

    async fn list_rooms(&self) -> Result<Response, TwirpError> {
        self.require(self.claims.video.room_list, "roomList")?;
        let request: proto::ListRoomsRequest = self.request.message()?;
        let rooms = self.rooms.list_rooms(&request.names).await;
        Ok(self.request.answer(&proto::ListRoomsResponse { rooms }))
    }

    async fn delete_room(&self) -> Result<Response, TwirpError> {
        self.require(self.claims.video.room_create, "roomCreate")?;
        let request: proto::DeleteRoomRequest = self.request.message()?;
        self.rooms.delete_room(&request.room).await?;
        Ok(self.request.answer(&proto::DeleteRoomResponse {}))
    }

    async fn list_participants(&self) -> Result<Response, TwirpError> {
        let request: proto::ListParticipantsRequest = self.request.message()?;
        self.require_admin(&request.room)?;
        let participants = self.rooms.list_participants(&request.room).await?;
        Ok(self.request.answer(&proto::ListParticipantsResponse { participants }))
    }

    async fn participant(&self) -> Result<Response, TwirpError> {
        let request: proto::RoomParticipantIdentity = self.request.message()?;
        self.require_admin(&request.room)?;
        let participant = self.rooms.participant(&request.room, &request.identity).await?;
        Ok(self.request.answer(&participant))
    }

    async fn remove_participant(&self) -> Result<Response, TwirpError> {
        let request: proto::RoomParticipantIdentity = self.request.message()?;
        self.require_admin(&request.room)?;
        let before = match u64::try_from(request.revoke_token_ts) {
            Ok(before @ 1..) => before,
            _ => unix_now().as_secs(),
        };
        self.rooms.expel_participant(&request.room, &request.identity, before).await?;
        Ok(self.request.answer(&proto::RemoveParticipantResponse {}))
    }

    async fn mute_published_track(&self) -> Result<Response, TwirpError> {
        let request: proto::MuteRoomTrackRequest = self.request.message()?;
        self.require_admin(&request.room)?;
        let track = self.rooms.mute_track(request).await?;
        Ok(self.request.answer(&proto::MuteRoomTrackResponse { track: Some(track) }))
    }

    async fn update_participant(&self) -> Result<Response, TwirpError> {
        let request: proto::UpdateParticipantRequest = self.request.message()?;
        self.require_admin(&request.room)?;
        let participant = self.rooms.update_participant(request).await?;
        Ok(self.request.answer(&participant))
    }

    async fn update_subscriptions(&self) -> Result<Response, TwirpError> {
        let request: proto::UpdateSubscriptionsRequest = self.request.message()?;
        self.require_admin(&request.room)?;
        self.rooms.update_subscriptions(request).await?;
        Ok(self.request.answer(&proto::UpdateSubscriptionsResponse {}))
    }

    async fn send_data(&self) -> Result<Response, TwirpError> {
        let request: proto::SendDataRequest = self.request.message()?;
        self.require_admin(&request.room)?;
        self.rooms.send_data(request).await?;
        Ok(self.request.answer(&proto::SendDataResponse {}))
    }

    async fn perform_rpc(&self) -> Result<Response, TwirpError> {
        let request: proto::PerformRpcRequest = self.request.message()?;
        self.require_admin(&request.room)?;
        let payload = self.rooms.perform_rpc(request).await??;
        Ok(self.request.answer(&proto::PerformRpcResponse { payload }))
    }

    async fn update_room_metadata(&self) -> Result<Response, TwirpError> {
        let request: proto::UpdateRoomMetadataRequest = self.request.message()?;
        self.require_admin(&request.room)?;
        let room = self.rooms.update_room_metadata(&request.room, request.metadata).await?;
        Ok(self.request.answer(&room))
    }

    async fn forward_participant(&self) -> Result<Response, TwirpError> {
        let request: proto::ForwardParticipantRequest = self.request.message()?;
        self.require_admin(&request.room)?;
        self.require_destination(&request.destination_room)?;
        let proto::ForwardParticipantRequest { room, identity, destination_room } = request;
        self.rooms.forward_participant(&room, &identity, &destination_room).await?;
        Ok(self.request.answer(&proto::ForwardParticipantResponse {}))
    }

    async fn move_participant(&self) -> Result<Response, TwirpError> {
        let request: proto::MoveParticipantRequest = self.request.message()?;
        self.require_admin(&request.room)?;
        self.require_destination(&request.destination_room)?;
        let proto::MoveParticipantRequest { room, identity, destination_room } = request;
        self.rooms.move_participant(&room, &identity, &destination_room).await?;
        Ok(self.request.answer(&proto::MoveParticipantResponse {}))
    }

    fn require(&self, granted: bool, grant: &str) -> Result<(), TwirpError> {
        granted.then_some(()).ok_or_else(|| TwirpError::permission_denied(grant))
    }

    /// `roomAdmin` counts for the one room that the token names.
    fn require_admin(&self, room: &str) -> Result<(), TwirpError> {
        let video = &self.claims.video;
        self.require(video.room_admin && !room.is_empty() && video.room == room, "roomAdmin of this room")
    }

    fn require_destination(&self, room: &str) -> Result<(), TwirpError> {
        let granted = !room.is_empty() && self.claims.video.destination_room == room;
        self.require(granted, "this destinationRoom")
    }
}

//! The registry of rooms, and how the rest of the program speaks to them.
//!
//! Shape of the handle (cheap to clone; every method finds the room, asks its task, and waits for the answer). `proto` is
//! `livekit_protocol`:
//!
//! - `Rooms::new(sfu: sfu::Sfu, config: RoomsConfig) -> Rooms`, `Rooms::config() -> &RoomsConfig` (the API keys are there)
//! - `create_room(&self, request: proto::CreateRoomRequest) -> Result<proto::Room, RoomError>`; an existing room is returned
//! - `list_rooms(&self, names: &[String]) -> Vec<proto::Room>`; no names means all
//! - `delete_room(&self, room: &str) -> Result<(), RoomError>`
//! - `list_participants(&self, room: &str) -> Result<Vec<proto::ParticipantInfo>, RoomError>`
//! - `participant(&self, room: &str, identity: &str) -> Result<proto::ParticipantInfo, RoomError>`
//! - `remove_participant(&self, room: &str, identity: &str) -> Result<(), RoomError>`
//! - `update_participant(&self, request: proto::UpdateParticipantRequest) -> Result<proto::ParticipantInfo, RoomError>`
//! - `mute_track(&self, request: proto::MuteRoomTrackRequest) -> Result<proto::TrackInfo, RoomError>`
//! - `update_subscriptions(&self, request: proto::UpdateSubscriptionsRequest) -> Result<(), RoomError>`
//! - `send_data(&self, request: proto::SendDataRequest) -> Result<(), RoomError>`
//! - `update_room_metadata(&self, room: &str, metadata: String) -> Result<proto::Room, RoomError>`
//! - `move_participant(&self, room: &str, identity: &str, destination: &str) -> Result<(), RoomError>`
//! - `forward_participant(&self, room: &str, identity: &str, destination: &str) -> Result<(), RoomError>`
//! - `subscribe(&self) -> tokio::sync::broadcast::Receiver<RoomEvent>`; `RecvError::Lagged` says how many were missed
//! - `drain(&self, then: Drain)`: no new joins, clients are told; `draining(&self) -> bool`
//!
//! All of them are `async` but the last three, `new` and `config`.

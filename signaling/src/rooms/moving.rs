//! Participants that are taken to another room, as who they are or as somebody who joins it, or shown there as well.

use livekit_protocol as proto;
use sfu::ShardIndex;
use signaling_proto::Joining;
use signaling_proto::forward::Forwarding;
use signaling_proto::room::{JoinError, RoomError};
use signaling_proto::token::Claims;
use tokio::sync::mpsc;

use super::handle::no_place;
use super::{RoomHandle, Rooms, unix_now};
use crate::forward;
use crate::presence::Presence;

impl Rooms {
    /// Takes a participant to another room, which is opened if need be. Clients that understand `room_moved` keep their
    /// connections; others are given a token for the other room and told to build everything anew.
    pub async fn move_participant(
        &self,
        room: &str,
        identity: &str,
        destination: &str,
    ) -> Result<(), RoomError> {
        if room == destination {
            return Err(RoomError::Invalid("the participant is in that room already".to_owned()));
        }
        let from = self.find(room).ok_or(RoomError::RoomNotFound)?;
        let who = identity.to_owned();
        let follows =
            from.ask(move |room, _| room.can_move(&who)).await.unwrap_or(Err(RoomError::RoomNotFound))?;
        let to = self.check_destination(identity, destination, from.shard).await?;

        if follows {
            return from.hand_over(identity, &to, None).await;
        }
        let (who, destination) = (identity.to_owned(), destination.to_owned());
        self.ask(room, move |room, now| room.send_over(now, &who, &destination)).await
    }

    /// Brings a participant into the room of a token, as if it joined there by that token: under the same conditions, and
    /// as what it says. The transports that it has go with it, and those of its tracks that it may publish there.
    pub async fn bring(&self, room: &str, identity: &str, token: &str) -> Result<(), RoomError> {
        let claims = Claims::verify(token, &self.config().keys, unix_now().as_secs())
            .map_err(|error| RoomError::Invalid(error.to_string()))?;
        if !claims.video.room_join || claims.video.room == room {
            return Err(RoomError::Invalid("the token leads to no other room".to_owned()));
        }
        self.check_room_name(&claims.video.room)?;
        let from = self.find(room).ok_or(RoomError::RoomNotFound)?;
        let who = identity.to_owned();
        let follows = from.ask(move |room, _| room.can_move(&who)).await;
        if !follows.unwrap_or(Err(RoomError::RoomNotFound))? {
            return Err(RoomError::Precondition("the participant cannot move now".to_owned()));
        }

        let refused = |refusal: JoinError| RoomError::Precondition(refusal.to_string());
        let request = claims.room_request();
        let mut joining = Joining::by(self.new_connection(), claims);
        self.ask_leave(&request.name, &mut joining).await.map_err(refused)?;
        let to = self.enter(&request, Some(from.shard)).await.map_err(no_place)?;
        let asking = joining.clone();
        let place = to.ask(move |room, _| room.admits(&asking)).await.unwrap_or(Err(JoinError::Ended));
        place.map_err(refused)?;
        from.hand_over(identity, &to, Some(Box::new(joining))).await
    }

    /// Shows a participant in another room as well, until it leaves its own.
    pub async fn forward_participant(
        &self,
        room: &str,
        identity: &str,
        destination: &str,
    ) -> Result<(), RoomError> {
        if room == destination {
            return Err(RoomError::Invalid("the participant is in that room already".to_owned()));
        }
        let participant = self.participant(room, identity).await?;
        // Whom nobody may see cannot be shown elsewhere.
        let hidden = participant.permission.as_ref().is_some_and(|permission| permission.hidden);
        if hidden || participant.state() != proto::participant_info::State::Active {
            return Err(RoomError::Precondition("the participant is hidden or not connected".to_owned()));
        }
        let receiver_identity = forward::receiver_identity(identity, destination);
        if receiver_identity.len() > self.shared.limits.identity_bytes {
            return Err(RoomError::Invalid("the names are too long to be forwarded".to_owned()));
        }
        let from = self.find(room).ok_or(RoomError::RoomNotFound)?;
        self.check_destination(identity, destination, from.shard).await?;

        let publisher = forward::sender(self.new_connection(), &participant);
        let receiver = forward::receiver(self.new_connection(), identity, destination);
        let destination = self.be_present(destination, publisher).await?;
        let source = match self.be_present(room, receiver).await {
            Ok(source) => source,
            Err(refusal) => {
                destination.leave().await;
                return Err(refusal);
            }
        };
        tokio::spawn(forward::run(Forwarding::new(identity), source, destination));
        Ok(())
    }

    /// Lets a part of our own program into a room that is open.
    async fn be_present(&self, room: &str, joining: Joining) -> Result<Presence, RoomError> {
        let handle = self.find(room).ok_or(RoomError::RoomNotFound)?;
        let connection = joining.connection;
        let (outgoing, messages) = mpsc::channel(self.shared.limits.outgoing_messages);
        let entered = handle.connect(connection, outgoing, move |room, now| room.join(now, joining)).await;
        entered.map_err(|refusal| RoomError::Precondition(refusal.to_string()))?;
        Ok(Presence::new(handle, connection, messages))
    }

    /// Makes sure that somebody would find a place in a room, before it leaves the one where it is.
    async fn check_destination(
        &self,
        identity: &str,
        destination: &str,
        shard: ShardIndex,
    ) -> Result<RoomHandle, RoomError> {
        self.check_room_name(destination)?;
        let request = proto::CreateRoomRequest { name: destination.to_owned(), ..Default::default() };
        let there = self.enter(&request, Some(shard)).await.map_err(no_place)?;
        if self.participant(destination, identity).await.is_ok() {
            return Err(RoomError::Precondition("somebody of that identity is there already".to_owned()));
        }
        let who = identity.to_owned();
        let place = there.ask(move |room, _| room.has_place_for(&who)).await.unwrap_or(Err(JoinError::Ended));
        place.map_err(|refusal| RoomError::Precondition(refusal.to_string()))?;
        Ok(there)
    }
}

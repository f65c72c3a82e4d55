//! Sends a participant to another room: it gets a token for there and is told to build its connection anew, which it
//! does by itself within a second. Its tracks are published again at the other end, under new ids.

use std::time::Instant;

use livekit_protocol::{DisconnectReason, leave_request::Action};

use super::{Output, Room, RoomError};

impl Room {
    /// Moves a participant whose signalling is up; who is about to resume has no way to hear of it.
    pub fn move_participant(
        &mut self,
        now: Instant,
        identity: &str,
        destination: &str,
    ) -> Result<(), RoomError> {
        let seat = self.seat_of_identity(identity).ok_or(RoomError::ParticipantNotFound)?;
        let Some((connection, mut claims)) = self.fresh_claims(now, seat) else {
            return Err(RoomError::Precondition("the participant is not connected just now".to_owned()));
        };
        destination.clone_into(&mut claims.video.room);
        // Only after a token that names the other room may it be told to come back.
        self.emit(Output::RefreshToken { connection, claims: Box::new(claims) });
        self.remove(now, seat, DisconnectReason::Migration, Some(Action::Reconnect));
        Ok(())
    }
}

//! The way to one room: whatever is said to it goes through its inbox, in order.

use std::time::Instant;

use sfu::ShardIndex;
use signaling_proto::Joining;
use signaling_proto::room::{ConnectionId, JoinError, Room, RoomError};
use tokio::sync::{mpsc, oneshot};

use super::task::{Outgoing, ToRoom};

/// The way to one room.
#[derive(Debug, Clone)]
pub(crate) struct RoomHandle {
    pub(super) number: u64,
    pub(super) inbox: mpsc::Sender<ToRoom>,
    pub(super) conference: u64,
    pub(super) shard: ShardIndex,
}

impl RoomHandle {
    /// Hands the room something to take; waits while it has too much to do. `false` if it has ended.
    pub(crate) async fn tell(&self, message: ToRoom) -> bool {
        self.inbox.send(message).await.is_ok()
    }

    /// A place in the room's inbox; waits while there is none. `None` if the room has ended.
    pub(crate) async fn place(&self) -> Option<mpsc::Permit<'_, ToRoom>> {
        self.inbox.reserve().await.ok()
    }

    /// Hands the room something to take, if it has a place for it just now.
    pub(crate) fn try_tell(&self, message: ToRoom) {
        let _ = self.inbox.try_send(message);
    }

    /// The answer of the room; `None` if it has ended.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Room, Instant) -> T + Send + 'static,
    ) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        let call = ToRoom::Call(Box::new(move |room, now| {
            // Whoever asked may have gone.
            let _ = reply.send(question(room, now));
        }));
        self.tell(call).await.then_some(())?;
        answer.await.ok()
    }

    /// Takes a participant from this room to another one, where it stays who it is or is who joins.
    pub(super) async fn hand_over(
        &self,
        identity: &str,
        to: &RoomHandle,
        joining: Option<Box<Joining>>,
    ) -> Result<(), RoomError> {
        let (reply, released) = oneshot::channel();
        let message = ToRoom::Release { identity: identity.to_owned(), joining, to: to.clone(), reply };
        if !self.tell(message).await {
            return Err(RoomError::RoomNotFound);
        }
        let traveller = released.await.unwrap_or(Err(RoomError::RoomNotFound))?;

        let (reply, received) = oneshot::channel();
        if !to.tell(ToRoom::Receive { traveller, reply }).await {
            return Err(RoomError::Unavailable);
        }
        received.await.unwrap_or(Err(JoinError::Ended)).map_err(no_place)
    }

    pub(super) async fn connect(
        &self,
        connection: ConnectionId,
        outgoing: mpsc::Sender<Outgoing>,
        enter: impl FnOnce(&mut Room, Instant) -> Result<(), JoinError> + Send + 'static,
    ) -> Result<(), JoinError> {
        let (reply, answer) = oneshot::channel();
        let message = ToRoom::Connect { connection, outgoing, enter: Box::new(enter), reply };
        if !self.tell(message).await {
            return Err(JoinError::Ended);
        }
        answer.await.unwrap_or(Err(JoinError::Ended))
    }
}

/// Why there is no place in a room, to whoever wanted to bring somebody there.
pub(super) fn no_place(refusal: JoinError) -> RoomError {
    match refusal {
        JoinError::NoSuchRoom => RoomError::RoomNotFound,
        JoinError::TooManyRooms(_) | JoinError::Full(_) => RoomError::LimitExceeded(refusal.to_string()),
        _ => RoomError::Unavailable,
    }
}

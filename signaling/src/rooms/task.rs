//! One room at work: feeds what happens to the pure machine and performs what it says.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Instant,
};

use livekit_protocol::{self as proto, signal_request, signal_response};
use signaling_proto::Joining;
use signaling_proto::room::{
    ConnectionId, Input, JoinError, MediaCommand, Moving, Output, Room, RoomError, RoomEvent, RpcFailure,
    RpcKey,
};
use signaling_proto::token::{Claims, Keys};
use tokio::sync::{broadcast, mpsc, oneshot};

use super::RoomHandle;
use crate::{media, relays::Relays};

/// What a room's task takes.
pub(crate) enum ToRoom {
    /// Somebody comes in or comes back over a new connection.
    Connect {
        connection: ConnectionId,
        outgoing: mpsc::Sender<Outgoing>,
        enter: Box<Enter>,
        reply: oneshot::Sender<Result<(), JoinError>>,
    },
    /// A client sent a message.
    Signal { connection: ConnectionId, message: Box<signal_request::Message> },
    /// A connection is gone.
    Closed { connection: ConnectionId },
    /// A participant goes to another room, as who it is or as who joins there.
    Release {
        identity: String,
        joining: Option<Box<Joining>>,
        to: RoomHandle,
        reply: oneshot::Sender<Result<Traveller, RoomError>>,
    },
    /// A participant comes from another room.
    Receive { traveller: Traveller, reply: oneshot::Sender<Result<(), JoinError>> },
    /// A connection that moved knows its new room.
    Followed { connection: ConnectionId },
    /// Somebody calls a procedure at a participant. Whoever does not wait any more has dropped the receiver.
    Rpc { request: Box<proto::PerformRpcRequest>, reply: oneshot::Sender<Result<String, RpcFailure>> },
    /// Somebody of our own asks something.
    Call(Box<Question>),
}

type Question = dyn FnOnce(&mut Room, Instant) + Send;
type Enter = dyn FnOnce(&mut Room, Instant) -> Result<(), JoinError> + Send;

/// What goes to a client's connection. When its sender is gone without a `Close`, the client was too slow.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// From now on the client speaks to another room.
    Moved(RoomHandle),
    Message(Arc<proto::SignalResponse>),
    /// The media of a part of our own program.
    Direct(Box<sfu::direct::Direct>),
    /// A data packet for one, which has no data channel.
    Data(Arc<[u8]>),
    Close,
}

/// A participant between two rooms, with the way to its client.
#[derive(Debug)]
pub(crate) struct Traveller {
    moving: Moving,
    connection: ConnectionId,
    outgoing: mpsc::Sender<Outgoing>,
}

pub(super) struct Driver {
    pub(super) room: Room,
    pub(super) conference: sfu::Conference,
    pub(super) media_events: mpsc::Receiver<sfu::io::Event>,
    pub(super) inbox: mpsc::Receiver<ToRoom>,
    pub(super) connections: HashMap<ConnectionId, mpsc::Sender<Outgoing>>,
    /// Connections whose clients may still speak to this room although they have been moved.
    pub(super) moved: HashMap<ConnectionId, RoomHandle>,
    pub(super) events: broadcast::Sender<RoomEvent>,
    pub(super) keys: Keys,
    pub(super) rpcs: Rpcs,
    pub(super) relays: Option<Arc<dyn Relays>>,
}

/// Who waits for the answers to procedures.
#[derive(Debug, Default)]
pub(super) struct Rpcs {
    next: u64,
    waiting: HashMap<RpcKey, oneshot::Sender<Result<String, RpcFailure>>>,
}

impl Driver {
    /// Drains, waits, changes once, until the room has ended; returns what is left of it.
    pub(super) async fn run(mut self) -> Option<Remains> {
        loop {
            self.perform_outputs();
            if self.room.is_finished() {
                let Self { room, conference, media_events, .. } = self;
                return Some(Remains { room, conference, media_events });
            }

            tokio::select! {
                message = self.inbox.recv() => match message {
                    Some(message) => self.take(message),
                    None => return None,
                },
                event = self.media_events.recv() => match event {
                    Some(event) => self.take_media(event),
                    None => {
                        tracing::warn!(room = self.room.name(), "the media engine has left a room");
                        return None;
                    }
                },
                () = until(self.room.poll_timeout()) => {
                    self.contain(None, |room| room.handle_timeout(Instant::now()));
                }
            }
        }
    }

    fn take(&mut self, message: ToRoom) {
        let now = Instant::now();
        let Some(message) = self.pass_on(message) else {
            return;
        };
        match message {
            ToRoom::Connect { connection, outgoing, enter, reply } => {
                self.connections.insert(connection, outgoing);
                let mut entered = Err(JoinError::Ended);
                self.contain(Some(connection), |room| entered = enter(room, now));
                if entered.is_err() {
                    self.connections.remove(&connection);
                }
                let admitted = entered.is_ok();
                if reply.send(entered).is_err() && admitted {
                    // The client went away at the door.
                    self.contain(None, |room| {
                        room.handle_input(now, Input::Closed { connection });
                    });
                }
            }
            ToRoom::Signal { connection, message } => self.contain(Some(connection), |room| {
                room.handle_input(now, Input::Signal { connection, message });
            }),
            ToRoom::Closed { connection } => {
                self.connections.remove(&connection);
                self.contain(None, |room| {
                    room.handle_input(now, Input::Closed { connection });
                });
            }
            ToRoom::Release { identity, joining, to, reply } => {
                let traveller = self.release(now, &identity, joining, to);
                // Whoever asked waits for the answer, or the participant would be lost.
                let _ = reply.send(traveller);
            }
            ToRoom::Receive { traveller, reply } => {
                let Traveller { moving, connection, outgoing } = traveller;
                self.connections.insert(connection, outgoing);
                let mut received = Err(JoinError::Ended);
                self.contain(Some(connection), |room| received = room.receive(now, moving));
                let _ = reply.send(received);
            }
            ToRoom::Followed { connection } => {
                self.moved.remove(&connection);
            }
            ToRoom::Rpc { request, reply } => {
                let key = RpcKey(self.rpcs.next);
                self.rpcs.next += 1;
                self.rpcs.waiting.insert(key, reply);
                self.contain(None, |room| room.perform_rpc(now, key, *request));
            }
            ToRoom::Call(question) => self.contain(None, |room| question(room, now)),
        }
    }

    fn release(
        &mut self,
        now: Instant,
        identity: &str,
        joining: Option<Box<Joining>>,
        to: RoomHandle,
    ) -> Result<Traveller, RoomError> {
        let conference = to.conference;
        let mut released = Err(RoomError::Unavailable);
        self.contain(None, |room| {
            released = match joining {
                Some(joining) => room.release_as(now, identity, conference, *joining),
                None => room.release(now, identity, conference),
            };
        });
        let moving = released?;
        // The engine is to move the transports before the other room speaks of them.
        self.perform_outputs();
        let connection = moving.connection().ok_or(RoomError::Unavailable)?;
        let outgoing = self.connections.remove(&connection).ok_or(RoomError::Unavailable)?;
        // If there is no place for this word, there is none for those that follow, and the client is cut off.
        let _ = outgoing.try_send(Outgoing::Moved(to.clone()));
        self.moved.insert(connection, to);
        Ok(Traveller { moving, connection, outgoing })
    }

    /// Passes what a client says to us to the room to which it has been moved meanwhile.
    fn pass_on(&mut self, message: ToRoom) -> Option<ToRoom> {
        let (ToRoom::Signal { connection, .. } | ToRoom::Closed { connection }) = &message else {
            return Some(message);
        };
        let Some(room) = self.moved.get(connection) else {
            return Some(message);
        };
        let over = matches!(message, ToRoom::Closed { .. }).then_some(*connection);
        if room.inbox.try_send(message).is_err() {
            tracing::debug!("a word on the way between two rooms was lost");
        }
        if let Some(connection) = over {
            self.moved.remove(&connection);
        }
        None
    }

    fn take_media(&mut self, event: sfu::io::Event) {
        if let Some(event) = media::event(event) {
            self.contain(None, |room| {
                room.handle_input(Instant::now(), Input::Media(event));
            });
        }
    }

    /// Lets a fault of ours end at most the session that met it.
    fn contain(&mut self, culprit: Option<ConnectionId>, change: impl FnOnce(&mut Room)) {
        let room = &mut self.room;
        if catch_unwind(AssertUnwindSafe(|| change(room))).is_ok() {
            return;
        }
        tracing::error!(room = room.name(), ?culprit, "a fault of ours in a room");
        if let Some(connection) = culprit {
            let evicted = catch_unwind(AssertUnwindSafe(|| room.evict(Instant::now(), connection)));
            if evicted.is_err() {
                tracing::error!(room = room.name(), "a participant could not be evicted");
            }
        }
    }

    fn perform_outputs(&mut self) {
        while let Some(output) = self.room.poll_output() {
            match output {
                Output::Send { connection, message } => self.send(connection, Outgoing::Message(message)),
                Output::RefreshToken { connection, claims } => {
                    self.refresh_token(connection, &claims);
                }
                Output::Moved { connection, mut moved, claims } => {
                    moved.token = self.sign(&claims).unwrap_or_default();
                    let message = signal_response::Message::RoomMoved(*moved);
                    self.send_message(connection, message);
                }
                Output::Data { connection, payload } => self.hand(connection, payload),
                Output::Close { connection } => {
                    self.send(connection, Outgoing::Close);
                    self.connections.remove(&connection);
                }
                Output::Media(command) => self.command(command),
                Output::Event(event) => {
                    self.end_relays(&event);
                    // Nobody need listen.
                    let _ = self.events.send(*event);
                }
                Output::Rpc { key, result } => {
                    if let Some(reply) = self.rpcs.waiting.remove(&key) {
                        // Whoever asked may have gone.
                        let _ = reply.send(result);
                    }
                }
                Output::Finished => {}
            }
        }
    }

    /// Whoever leaves needs no relay any more; whoever goes on in another room keeps it.
    fn end_relays(&self, event: &RoomEvent) {
        let (RoomEvent::ParticipantLeft { participant, .. }
        | RoomEvent::ParticipantConnectionAborted { participant, .. }) = event
        else {
            return;
        };
        let moves = participant.disconnect_reason == proto::DisconnectReason::Migration as i32;
        if let Some(relays) = self.relays.as_ref().filter(|_| !moves) {
            relays.ended(&participant.identity, &participant.sid);
        }
    }

    fn send(&mut self, connection: ConnectionId, outgoing: Outgoing) {
        let Some(sender) = self.connections.get(&connection) else {
            return;
        };
        if sender.try_send(outgoing).is_err() {
            // Too slow, or gone: it comes back and is told the state afresh.
            tracing::debug!(?connection, "a client does not take its messages");
            self.connections.remove(&connection);
            self.contain(None, |room| {
                room.handle_input(Instant::now(), Input::Closed { connection });
            });
        }
    }

    /// Data that a slow receiver has no place for is lost to it, and does not cut it off.
    fn hand(&self, connection: ConnectionId, payload: Arc<[u8]>) {
        let taken = self.connections.get(&connection).map(|sender| sender.try_send(Outgoing::Data(payload)));
        if taken.is_some_and(|taken| taken.is_err()) {
            tracing::debug!(?connection, "data is lost to a part of our own program");
        }
    }

    fn command(&mut self, command: MediaCommand) {
        if let MediaCommand::JoinDirect { peer, connection } = command {
            match self.conference.join_direct(media::peer_id(peer)) {
                Ok(direct) => self.send(connection, Outgoing::Direct(Box::new(direct))),
                Err(error) => tracing::warn!(room = self.room.name(), %error, "no direct media"),
            }
            return;
        }
        give(&self.conference, &self.room, command);
    }

    fn refresh_token(&mut self, connection: ConnectionId, claims: &Claims) {
        if let Some(token) = self.sign(claims) {
            self.send_message(connection, signal_response::Message::RefreshToken(token));
        }
    }

    fn sign(&self, claims: &Claims) -> Option<String> {
        // A key may have been withdrawn since the participant came; the first one vouches for it then.
        let signed = claims.sign(&self.keys, &claims.issuer);
        signed.or_else(|| claims.sign(&self.keys, self.keys.first()?))
    }

    fn send_message(&mut self, connection: ConnectionId, message: signal_response::Message) {
        let message = proto::SignalResponse { message: Some(message) };
        self.send(connection, Outgoing::Message(Arc::new(message)));
    }
}

/// What is left of a room that has ended: transports that its clients have not closed yet. They end with this.
pub(super) struct Remains {
    room: Room,
    conference: sfu::Conference,
    media_events: mpsc::Receiver<sfu::io::Event>,
}

impl Remains {
    /// Waits for the clients, as long as the room would.
    pub(super) async fn linger(mut self) {
        while self.room.has_lingering_transports() {
            tokio::select! {
                event = self.media_events.recv() => match event {
                    Some(event) => {
                        if let Some(event) = media::event(event) {
                            self.room.handle_input(Instant::now(), Input::Media(event));
                        }
                    }
                    None => return,
                },
                () = until(self.room.poll_timeout()) => self.room.handle_timeout(Instant::now()),
            }
            while let Some(output) = self.room.poll_output() {
                if let Output::Media(command) = output {
                    give(&self.conference, &self.room, command);
                }
            }
        }
    }
}

fn give(conference: &sfu::Conference, room: &Room, command: MediaCommand) {
    let Some(command) = media::command(conference, command) else {
        tracing::debug!("a media section whose name the engine cannot carry");
        return;
    };
    if let Err(error) = conference.command(command) {
        tracing::warn!(room = room.name(), %error, "the media engine refused a command");
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}

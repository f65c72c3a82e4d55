//! One room at work: feeds what happens to the pure machine and performs what it says.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Instant,
};

use livekit_protocol::{self as proto, signal_request, signal_response};
use signaling_proto::room::{ConnectionId, Input, JoinError, MediaCommand, Output, Room, RoomEvent};
use signaling_proto::token::{Claims, Keys};
use tokio::sync::{broadcast, mpsc, oneshot};

use crate::media;

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
    /// Somebody of our own asks something.
    Call(Box<Question>),
}

type Question = dyn FnOnce(&mut Room, Instant) + Send;
type Enter = dyn FnOnce(&mut Room, Instant) -> Result<(), JoinError> + Send;

/// What goes to a client's connection. When its sender is gone without a `Close`, the client was too slow.
#[derive(Debug)]
pub(crate) enum Outgoing {
    Message(Arc<proto::SignalResponse>),
    /// The media of a part of our own program.
    Direct(Box<sfu::direct::Direct>),
    Close,
}

pub(super) struct Driver {
    pub(super) room: Room,
    pub(super) conference: sfu::Conference,
    pub(super) media_events: mpsc::Receiver<sfu::io::Event>,
    pub(super) inbox: mpsc::Receiver<ToRoom>,
    pub(super) connections: HashMap<ConnectionId, mpsc::Sender<Outgoing>>,
    pub(super) events: broadcast::Sender<RoomEvent>,
    pub(super) keys: Keys,
}

impl Driver {
    /// Drains, waits, changes once, until the room has ended.
    pub(super) async fn run(mut self) {
        loop {
            self.perform_outputs();
            if self.room.is_finished() {
                return;
            }

            tokio::select! {
                message = self.inbox.recv() => match message {
                    Some(message) => self.take(message),
                    None => return,
                },
                event = self.media_events.recv() => match event {
                    Some(event) => self.take_media(event),
                    None => {
                        tracing::warn!(room = self.room.name(), "the media engine has left a room");
                        return;
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
            ToRoom::Call(question) => self.contain(None, |room| question(room, now)),
        }
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
                Output::Close { connection } => {
                    self.send(connection, Outgoing::Close);
                    self.connections.remove(&connection);
                }
                Output::Media(command) => self.command(command),
                Output::Event(event) => {
                    // Nobody need listen.
                    let _ = self.events.send(*event);
                }
                Output::Finished => {}
            }
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

    fn command(&mut self, command: MediaCommand) {
        if let MediaCommand::JoinDirect { peer, connection } = command {
            match self.conference.join_direct(media::peer_id(peer)) {
                Ok(direct) => self.send(connection, Outgoing::Direct(Box::new(direct))),
                Err(error) => tracing::warn!(room = self.room.name(), %error, "no direct media"),
            }
            return;
        }
        let Some(command) = media::command(&self.conference, command) else {
            tracing::debug!("a media section whose name the engine cannot carry");
            return;
        };
        if let Err(error) = self.conference.command(command) {
            tracing::warn!(room = self.room.name(), %error, "the media engine refused a command");
        }
    }

    fn refresh_token(&mut self, connection: ConnectionId, claims: &Claims) {
        // A key may have been withdrawn since the participant came; the first one vouches for it then.
        let signed = claims.sign(&self.keys, &claims.issuer);
        let token = signed.or_else(|| claims.sign(&self.keys, self.keys.first()?));
        if let Some(token) = token {
            let message =
                proto::SignalResponse { message: Some(signal_response::Message::RefreshToken(token)) };
            self.send(connection, Outgoing::Message(Arc::new(message)));
        }
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}

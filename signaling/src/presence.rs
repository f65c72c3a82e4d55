//! A part of our own program in a room: it speaks to it as a client would, without a socket between them.

use livekit_protocol::{self as proto, leave_request::Action, participant_info, signal_request};
use signaling_proto::{Joining, PeerConnections, audio::Speech, room::ConnectionId, token::Claims};
use tokio::sync::mpsc;

use crate::rooms::{Outgoing, RoomHandle, ToRoom};

/// Our presence in a room. Packets flow once the room has handed over its end of the media. Dropping it leaves.
#[derive(Debug)]
pub(crate) struct Presence {
    room: RoomHandle,
    connection: ConnectionId,
    pub(crate) messages: mpsc::Receiver<Outgoing>,
    pub(crate) direct: Option<Box<sfu::direct::Direct>>,
    left: bool,
}

impl Presence {
    pub(crate) fn new(
        room: RoomHandle,
        connection: ConnectionId,
        messages: mpsc::Receiver<Outgoing>,
    ) -> Self {
        Self { room, connection, messages, direct: None, left: false }
    }

    /// Sends a packet.
    pub(crate) fn send(&self, packet: &[u8]) {
        // Where media has no room it is lost, as on any other path.
        let _ = self.direct.as_ref().map(|direct| direct.send(packet));
    }

    /// Says something to the room.
    pub(crate) async fn tell(&self, message: Box<signal_request::Message>) {
        self.room.tell(ToRoom::Signal { connection: self.connection, message }).await;
    }

    /// A place for one word to the room; whoever gives up waiting has lost nothing. `None` if the room has ended.
    pub(crate) async fn place(&self) -> Option<Place<'_>> {
        let permit = self.room.place().await?;
        Some(Place { permit, connection: self.connection })
    }

    /// Goes, as a client would.
    pub(crate) async fn leave(mut self) {
        self.left = true;
        for word in self.goodbye() {
            self.room.tell(word).await;
        }
    }

    fn goodbye(&self) -> [ToRoom; 2] {
        let leave = proto::LeaveRequest {
            reason: proto::DisconnectReason::ClientInitiated as i32,
            action: Action::Disconnect as i32,
            ..Default::default()
        };
        let message = Box::new(signal_request::Message::Leave(leave));
        let connection = self.connection;
        [ToRoom::Signal { connection, message }, ToRoom::Closed { connection }]
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        if !self.left {
            // A room without a place for these words finds out when it next has something to say to us.
            self.goodbye().into_iter().for_each(|word| self.room.try_tell(word));
        }
    }
}

/// A place for one word to the room.
pub(crate) struct Place<'a> {
    permit: mpsc::Permit<'a, ToRoom>,
    connection: ConnectionId,
}

impl Place<'_> {
    pub(crate) fn say(self, message: Box<signal_request::Message>) {
        self.permit.send(ToRoom::Signal { connection: self.connection, message });
    }
}

/// Somebody of our own program who may do nothing yet.
pub(crate) fn joining(connection: ConnectionId, identity: String) -> Joining {
    Joining {
        connection,
        identity,
        name: String::new(),
        metadata: String::new(),
        attributes: Default::default(),
        kind: participant_info::Kind::Standard,
        permission: proto::ParticipantPermission::default(),
        claims: Box::new(Claims::default()),
        client: proto::ClientInfo { protocol: signaling_proto::room::PROTOCOL, ..Default::default() },
        auto_subscribe: false,
        adaptive_stream: false,
        connections: PeerConnections::Direct,
        add_tracks: Vec::new(),
        voice: None,
        speech: Speech::default(),
    }
}

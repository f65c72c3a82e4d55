//! What goes into a room and what comes out, besides the answers to direct requests.

use std::{sync::Arc, time::Duration};

use livekit_protocol::{self as proto, signal_request, signal_response};

use super::{RoomEvent, RpcFailure, RpcKey};
use crate::sdp::{DownNegotiated, IceCredentials, Mime, RemoteTransport, UpMedia};
use crate::token::Claims;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u64);
    };
}

number!(
    /// One signalling connection of a participant. Whoever opens connections numbers them.
    ConnectionId
);
number!(
    /// One media transport of a participant, as the media engine knows it.
    PeerKey
);
number!(
    /// A published source, as the media engine knows it.
    UpKey
);
number!(
    /// A subscription, as the media engine knows it.
    DownKey
);

/// What happened.
#[derive(Debug)]
pub enum Input {
    /// A client sent a message.
    Signal {
        /// Over which connection.
        connection: ConnectionId,
        /// What it sent.
        message: Box<signal_request::Message>,
    },
    /// A signalling connection is gone.
    Closed {
        /// Which one.
        connection: ConnectionId,
    },
    /// The media engine reports.
    Media(MediaEvent),
}

/// What is to be done.
#[derive(Debug)]
pub enum Output {
    /// Send a message to a client.
    Send {
        /// Over which connection.
        connection: ConnectionId,
        /// The message, shared by all its receivers.
        message: Arc<proto::SignalResponse>,
    },
    /// Sign a fresh token and send it as `refresh_token`.
    RefreshToken {
        /// Over which connection.
        connection: ConnectionId,
        /// What it is to say; its issuer is the key to sign with.
        claims: Box<Claims>,
    },
    /// Sign a token for this room, and tell a client with it that it has been moved here.
    Moved {
        /// Over which connection.
        connection: ConnectionId,
        /// What to tell; the token is missing.
        moved: Box<proto::RoomMovedResponse>,
        /// What the token is to say.
        claims: Box<Claims>,
    },
    /// Hand a data packet to a part of our own program, which has no data channel.
    Data {
        /// Over which connection.
        connection: ConnectionId,
        /// The packet, shared by all its receivers.
        payload: Arc<[u8]>,
    },
    /// Close a connection once everything before has been sent.
    Close {
        /// Which one.
        connection: ConnectionId,
    },
    /// Tell the media engine.
    Media(MediaCommand),
    /// Tell whoever listens to the room.
    Event(Box<RoomEvent>),
    /// Tell whoever called a procedure what became of it.
    Rpc {
        /// Which call.
        key: RpcKey,
        /// What the participant answered, or why it did not.
        result: Result<String, RpcFailure>,
    },
    /// The room has ended; nothing follows but the end of transports that linger.
    Finished,
}

impl Output {
    pub(crate) fn send(connection: ConnectionId, message: signal_response::Message) -> Self {
        Self::Send { connection, message: Arc::new(proto::SignalResponse { message: Some(message) }) }
    }
}

/// What a room asks of the media engine.
#[derive(Debug, Clone, PartialEq)]
pub enum MediaCommand {
    /// Lets a transport in.
    Join {
        /// Its name from now on.
        peer: PeerKey,
        /// Our credentials, as told to it.
        local: IceCredentials,
        /// The far side, if it made the offer.
        remote: Option<RemoteTransport>,
        /// Whether we open the data channels, or the client does.
        we_open_data: bool,
    },
    /// Lets a part of our own program in; the engine's end of the transport goes to it.
    JoinDirect {
        /// Its name from now on.
        peer: PeerKey,
        /// Over which connection that part is reached.
        connection: ConnectionId,
    },
    /// The far side answered.
    SetRemote {
        /// Whose transport it is.
        peer: PeerKey,
        /// The far side.
        remote: RemoteTransport,
    },
    /// New ICE credentials on the same association.
    RestartIce {
        /// Whose transport it is.
        peer: PeerKey,
        /// Ours.
        local: IceCredentials,
        /// The far side's, if it made the offer.
        remote: Option<IceCredentials>,
    },
    /// Declares or re-declares a source.
    Publish {
        /// Who sends.
        peer: PeerKey,
        /// Its name from now on.
        up: UpKey,
        /// How it is sent.
        media: Box<UpMedia>,
        /// Width and height of each encoding of `media`, zero if unknown.
        sizes: Vec<(u32, u32)>,
        /// Whether it is a screen.
        screen: bool,
        /// Whether it is a sound that is forwarded however quiet it is beside others.
        always_heard: bool,
    },
    /// Has a sound forwarded however quiet it is beside others, or only if it is among the loudest.
    AlwaysHear {
        /// Which one.
        up: UpKey,
        /// Whether it needs no loudness.
        always: bool,
    },
    /// Ends a source.
    Unpublish {
        /// Which one.
        up: UpKey,
    },
    /// Drops or passes the media of a source.
    Mute {
        /// Which one.
        up: UpKey,
        /// Whether it is dropped.
        muted: bool,
    },
    /// Begins forwarding.
    Subscribe {
        /// Who receives.
        peer: PeerKey,
        /// The subscription's name from now on.
        down: DownKey,
        /// What is forwarded.
        up: UpKey,
        /// The section that carries it.
        negotiated: Box<DownNegotiated>,
        /// What is wanted to begin with.
        wish: LayerWish,
    },
    /// Ends forwarding.
    Unsubscribe {
        /// Which one.
        down: DownKey,
    },
    /// Changes what is wanted.
    Wish {
        /// Of which subscription.
        down: DownKey,
        /// From now on.
        wish: LayerWish,
    },
    /// Sends a data message.
    SendData {
        /// To whom.
        peer: PeerKey,
        /// Over which channel.
        reliable: bool,
        /// The message, shared by all its receivers.
        payload: Arc<[u8]>,
    },
    /// Takes a transport to another conference, without its tracks.
    Move {
        /// Which one.
        peer: PeerKey,
        /// Where to, as the media engine knows it.
        to: u64,
    },
    /// Ends a transport and all that runs over it.
    Leave {
        /// Which one.
        peer: PeerKey,
    },
}

/// What a subscriber would like to receive of a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerWish {
    /// `false` stops all packets.
    pub enabled: bool,
    /// Index of the highest wanted encoding, 0 the lowest.
    pub encoding: u8,
    /// Highest wanted frame rate; 0 for no limit.
    pub fps: u8,
    /// Larger is served first when bandwidth is short.
    pub priority: u8,
}

/// What the media engine reports.
#[derive(Debug, Clone, PartialEq)]
pub enum MediaEvent {
    /// Media can flow.
    PeerConnected {
        /// For whom.
        peer: PeerKey,
    },
    /// A transport failed. Not reported for those that we ended.
    PeerFailed {
        /// Which one.
        peer: PeerKey,
        /// Whether the client itself ended it.
        closed_by_peer: bool,
    },
    /// A data channel can be written.
    DataChannelOpen {
        /// Whose.
        peer: PeerKey,
        /// Which.
        reliable: bool,
    },
    /// A data message arrived.
    Data {
        /// From whom.
        peer: PeerKey,
        /// Over which channel.
        reliable: bool,
        /// The message.
        payload: Vec<u8>,
    },
    /// The first packet of a source arrived.
    UpStarted {
        /// Which one.
        up: UpKey,
        /// Its codec.
        mime: Mime,
    },
    /// Loudness changed.
    Speakers {
        /// Source, level from 0 to 1, whether it counts as speaking.
        changes: Vec<(UpKey, f32, bool)>,
    },
    /// Congestion stopped or resumed a video.
    DownPaused {
        /// Which subscription.
        down: DownKey,
        /// Whether it is now paused.
        paused: bool,
    },
    /// How well a transport does.
    Quality {
        /// Which one.
        peer: PeerKey,
        /// Fraction of packets lost, both directions, 0 to 1.
        loss: f32,
        /// Fraction of packets of sound from the participant that did not come by themselves, 0 to 1.
        sound_loss_up: f32,
        /// Round-trip time, if measured.
        rtt: Option<Duration>,
        /// Whether congestion withholds something wanted.
        limited: bool,
    },
}

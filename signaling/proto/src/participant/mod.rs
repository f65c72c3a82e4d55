//! One presence of a user, phone or program in a room.

mod backup;
mod track;
mod transport;

use std::{
    collections::{BTreeMap, HashMap},
    time::Instant,
};

use livekit_protocol::{self as proto, participant_info::State};

pub(crate) use backup::Backup;
pub(crate) use track::{Stage, Track, codec_name, mime_name, mime_of};
pub(crate) use transport::{AnsweringLeg, OfferingLeg, Transport};

use crate::{
    audio::{LossWatch, Speech},
    permission,
    quality::Quality,
    room::{ConnectionId, PeerKey},
    subscription::{Subscription, SubscriptionRules, TrackSettings},
    token::Claims,
    voice::Voice,
};

/// What a participant brings along when it joins.
#[derive(Debug, Clone)]
pub struct Joining {
    /// The connection that everything will be sent over.
    pub connection: ConnectionId,
    /// From the token: unique in the room.
    pub identity: String,
    /// Name to show.
    pub name: String,
    /// Free text of the application.
    pub metadata: String,
    /// Key-value pairs of the application.
    pub attributes: HashMap<String, String>,
    /// A person, a phone, a recorder…
    pub kind: proto::participant_info::Kind,
    /// What it may do.
    pub permission: proto::ParticipantPermission,
    /// Its token; what else it allows goes into the fresh ones that follow.
    pub claims: Box<Claims>,
    /// What the client says about itself.
    pub client: proto::ClientInfo,
    /// Whether it receives every track without asking.
    pub auto_subscribe: bool,
    /// Whether it will tell how large it shows each video.
    pub adaptive_stream: bool,
    /// How many peer connections it makes.
    pub connections: PeerConnections,
    /// Tracks to publish at once.
    pub add_tracks: Vec<proto::AddTrackRequest>,
    /// What it does for phones, if it is a part of our own program that does.
    pub voice: Option<Voice>,
    /// How it is to speak.
    pub speech: Speech,
}

impl Joining {
    /// Whoever brings a token, as it says; nothing is known of the client.
    #[must_use]
    pub fn by(connection: ConnectionId, claims: Claims) -> Self {
        Self {
            connection,
            identity: claims.identity.clone(),
            name: claims.name.clone(),
            metadata: claims.metadata.clone(),
            attributes: claims.attributes.clone(),
            kind: claims.participant_kind(),
            permission: claims.video.permission(),
            claims: Box::new(claims),
            client: proto::ClientInfo::default(),
            auto_subscribe: true,
            adaptive_stream: false,
            connections: PeerConnections::Single { offer: None },
            add_tracks: Vec::new(),
            voice: None,
            speech: Speech::default(),
        }
    }
}

/// How many peer connections a client makes, and who offers.
#[derive(Debug, Clone)]
pub enum PeerConnections {
    /// One, always offered by the client; perhaps at once.
    Single {
        /// The offer inside the join request.
        offer: Option<proto::SessionDescription>,
    },
    /// One to publish, offered by the client, and one to subscribe, offered by us.
    Dual,
    /// One without ICE and encryption, to a part of our own program. It is negotiated like [`Self::Single`], and the
    /// engine's end of it goes over the participant's connection.
    Direct,
}

#[derive(Debug)]
pub(crate) struct Participant {
    pub(crate) sid: String,
    pub(crate) identity: String,
    pub(crate) name: String,
    pub(crate) metadata: String,
    pub(crate) attributes: HashMap<String, String>,
    pub(crate) kind: i32,
    pub(crate) permission: proto::ParticipantPermission,
    pub(crate) claims: Box<Claims>,
    pub(crate) client: proto::ClientInfo,
    pub(crate) auto_subscribe: bool,
    pub(crate) adaptive_stream: bool,
    pub(crate) voice: Option<Voice>,
    pub(crate) always_heard: bool,
    pub(crate) loss: LossWatch,
    pub(crate) state: State,
    pub(crate) joined_at_ms: i64,
    pub(crate) version: u32,
    pub(crate) link: Link,
    /// When it is removed unless its media has connected.
    pub(crate) join_deadline: Option<Instant>,
    /// When it is told to rebuild everything, since it closed its media but not its signalling.
    pub(crate) goodbye_deadline: Option<Instant>,
    pub(crate) refresh_at: Instant,
    pub(crate) transport: Transport,
    pub(crate) tracks: Vec<Track>,
    pub(crate) subscriptions: BTreeMap<String, Subscription>,
    /// Tracks that it asked for or refused by name.
    pub(crate) wishes: BTreeMap<String, bool>,
    pub(crate) settings: BTreeMap<String, TrackSettings>,
    pub(crate) rules: SubscriptionRules,
    /// Sequence number of the last reliable data packet taken from it.
    pub(crate) reliable_sequence: u32,
    pub(crate) quality: Quality,
    /// When sections were last asked for and not yet offered.
    pub(crate) sections_asked: Option<Instant>,
}

/// How the participant is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    /// Over this connection.
    Up(ConnectionId),
    /// Its signalling broke; it may come back until then.
    Lost {
        until: Instant,
        /// Whether its media still lives, so that the session can be resumed.
        resumable: bool,
    },
}

impl Participant {
    pub(crate) fn connection(&self) -> Option<ConnectionId> {
        match self.link {
            Link::Up(connection) => Some(connection),
            Link::Lost { .. } => None,
        }
    }

    pub(crate) fn is_active(&self) -> bool {
        self.state == State::Active
    }

    /// Whether others may know of it.
    pub(crate) fn is_visible(&self) -> bool {
        self.is_active() && !self.permission.hidden
    }

    /// Whether it hears for phones, of which nobody is told.
    pub(crate) fn is_ears(&self) -> bool {
        self.voice == Some(Voice::Ears)
    }

    pub(crate) fn protocol(&self) -> i32 {
        self.client.protocol
    }

    pub(crate) fn track(&self, sid: &str) -> Option<&Track> {
        self.tracks.iter().find(|track| track.info.sid == sid)
    }

    pub(crate) fn track_mut(&mut self, sid: &str) -> Option<&mut Track> {
        self.tracks.iter_mut().find(|track| track.info.sid == sid)
    }

    pub(crate) fn live_tracks(&self) -> impl Iterator<Item = &Track> {
        self.tracks.iter().filter(|track| track.is_live())
    }

    /// The transport over which data goes to it.
    pub(crate) fn data_peer(&self) -> PeerKey {
        self.transport.data_peer()
    }

    /// How it is told to others and to itself.
    pub(crate) fn info(&self) -> proto::ParticipantInfo {
        proto::ParticipantInfo {
            sid: self.sid.clone(),
            identity: self.identity.clone(),
            state: self.state as i32,
            tracks: self.live_tracks().map(|track| track.info.clone()).collect(),
            metadata: self.metadata.clone(),
            joined_at: self.joined_at_ms / 1000,
            joined_at_ms: self.joined_at_ms,
            name: self.name.clone(),
            version: self.version,
            permission: Some(self.permission.clone()),
            is_publisher: self.live_tracks().next().is_some(),
            kind: self.kind,
            attributes: self.attributes.clone(),
            client_protocol: self.client.client_protocol,
            capabilities: self.client.capabilities.clone(),
            ..Default::default()
        }
    }

    /// Whether it may publish from a source.
    pub(crate) fn may_publish(&self, source: i32) -> bool {
        let source = proto::TrackSource::try_from(source).unwrap_or_default();
        permission::may_publish(&self.permission, source)
    }
}

//! A room: control state while people are present.
//!
//! [`Room`] is a machine without clock or socket. Joins, resumptions and administration are direct calls with an answer;
//! what happens by itself goes into [`Room::handle_input`]. After every call its outputs are drained.

mod admin;
mod backup;
mod data;
mod error;
mod event;
mod floor;
mod io;
mod join;
mod lingering;
mod moving;
mod negotiate;
mod presence;
mod publish;
mod resume;
mod rpc;
mod signal;
mod speech;
mod subscribe;
#[cfg(test)]
mod tests;
mod timers;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use livekit_protocol::{self as proto, signal_response};

pub use error::{JoinError, RoomError};
pub use event::RoomEvent;
pub use io::{ConnectionId, DownKey, Input, LayerWish, MediaCommand, MediaEvent, Output, PeerKey, UpKey};
pub use moving::Moving;
pub use resume::Resuming;
pub use rpc::{RpcFailure, RpcKey};

use lingering::Lingering;
use rpc::Rpcs;

use crate::{
    Limits,
    data::ReplayCache,
    participant::Participant,
    sdp::{self, Candidate, Fingerprint, IceCredentials, LocalTransport},
};

/// The signalling protocol that we speak: in-band data channels for everybody.
pub const PROTOCOL: i32 = 17;
/// What clients compare to know what we can do; no product version.
pub const SERVER_VERSION: &str = "2.0.0";

/// Where a room's randomness comes from.
pub type Random = Box<dyn FnMut() -> u128 + Send>;

/// Where a peer reaches the media engine, which finds a place for it when it is first asked.
pub type Candidates = Box<dyn Fn(PeerKey) -> Vec<Candidate> + Send>;

/// Whether the media engine has so much to do that nobody should come.
pub type IsFull = Box<dyn Fn() -> bool + Send>;

/// What a room is made of.
pub struct RoomParams {
    /// Its name, timeouts, metadata and bound; zero timeouts take the defaults.
    pub request: proto::CreateRoomRequest,
    /// The wall clock at `now`, since 1970.
    pub unix_now: Duration,
    /// The first of the numbers under which the media engine knows things of this room; the following 2^32 are its own.
    pub first_key: u64,
    /// The certificate that media clients meet.
    pub fingerprint: Fingerprint,
    /// Where media is received.
    pub candidates: Candidates,
    /// Asked when somebody comes.
    pub is_full: IsFull,
    /// Bounds.
    pub limits: Arc<Limits>,
    /// For ids, credentials and synchronization sources.
    pub random: Random,
    /// What `debug_info` tells of us.
    pub product: String,
    /// Where it goes on.
    pub beginning: Beginning,
}

/// Where a room goes on that another one of its name left off.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beginning {
    /// What it shows; empty is what its request says.
    pub metadata: String,
    /// Who alone may be heard, by identity; `None` is everybody.
    pub floor: Option<BTreeSet<String>>,
    /// By identity: attributes that whoever comes back has again, and then forgets like any other.
    pub attributes: HashMap<String, HashMap<String, String>>,
}

/// Control state of one room.
pub struct Room {
    sid: String,
    name: String,
    metadata: String,
    empty_timeout: Duration,
    departure_timeout: Duration,
    max_participants: usize,
    started: Instant,
    unix_start: Duration,
    ticks: i32,
    fingerprint: Fingerprint,
    candidates: Candidates,
    is_full: IsFull,
    limits: Arc<Limits>,
    sdp_limits: sdp::Limits,
    random: Random,
    product: String,
    next_key: u64,
    participants: BTreeMap<Seat, Participant>,
    by_identity: HashMap<String, Seat>,
    by_sid: HashMap<String, Seat>,
    by_connection: HashMap<ConnectionId, Seat>,
    by_peer: HashMap<PeerKey, Seat>,
    by_up: HashMap<UpKey, (Seat, String)>,
    by_down: HashMap<DownKey, (Seat, String)>,
    by_track: HashMap<String, Seat>,
    /// Identities of whom tokens from before a moment, in seconds since 1970, let nobody in.
    revoked: HashMap<String, u64>,
    /// Who alone may be heard, by identity; `None` is everybody.
    floor: Option<BTreeSet<String>>,
    /// Attributes of those who are to come back, by identity.
    remembered: HashMap<String, HashMap<String, String>>,
    speaking: BTreeMap<UpKey, (f32, bool)>,
    lingering: Lingering,
    replay: ReplayCache,
    rpcs: Rpcs,
    /// When it ends because nobody is there.
    ends_at: Option<Instant>,
    outputs: VecDeque<Output>,
    deadline: Option<Instant>,
    finished: bool,
}

/// A participant's place in the order of joining.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Seat(u64);

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room")
            .field("sid", &self.sid)
            .field("participants", &self.participants.len())
            .finish_non_exhaustive()
    }
}

impl Room {
    /// Opens a room in which nobody is yet.
    #[must_use]
    pub fn new(now: Instant, params: RoomParams) -> Self {
        let RoomParams {
            request,
            unix_now,
            first_key,
            fingerprint,
            candidates,
            is_full,
            limits,
            mut random,
            product,
            beginning,
        } = params;
        let seconds = |given: u32, default| match given {
            0 => default,
            given => Duration::from_secs(u64::from(given)),
        };
        let bound = match request.max_participants as usize {
            0 => limits.participants_per_room,
            given => given.min(limits.participants_per_room),
        };

        let mut room = Self {
            sid: id("RM_", &mut random),
            name: request.name,
            metadata: if beginning.metadata.is_empty() { request.metadata } else { beginning.metadata },
            empty_timeout: seconds(request.empty_timeout, EMPTY_TIMEOUT),
            departure_timeout: seconds(request.departure_timeout, DEPARTURE_TIMEOUT),
            max_participants: bound,
            started: now,
            unix_start: unix_now,
            ticks: 0,
            fingerprint,
            candidates,
            is_full,
            sdp_limits: sdp::Limits {
                bytes: limits.sdp_bytes,
                sections: limits.media_sections,
                ..Default::default()
            },
            random,
            product,
            next_key: first_key,
            participants: BTreeMap::new(),
            by_identity: HashMap::new(),
            by_sid: HashMap::new(),
            by_connection: HashMap::new(),
            by_peer: HashMap::new(),
            by_up: HashMap::new(),
            by_down: HashMap::new(),
            by_track: HashMap::new(),
            revoked: HashMap::new(),
            floor: beginning.floor,
            remembered: beginning.attributes,
            speaking: BTreeMap::new(),
            lingering: Lingering::default(),
            replay: ReplayCache::new(limits.replay_bytes, limits.replay_age),
            rpcs: Rpcs::default(),
            limits,
            ends_at: None,
            outputs: VecDeque::new(),
            deadline: None,
            finished: false,
        };
        room.ends_at = Some(now + room.empty_timeout);
        room.arm(now + room.empty_timeout);
        let started = RoomEvent::RoomStarted { room: room.info() };
        room.tell(started);
        room
    }

    /// Takes what happened.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        if let Input::Media(MediaEvent::PeerFailed { peer, .. }) = &input {
            self.forget_lingering(*peer);
        }
        if self.finished {
            return;
        }
        match input {
            Input::Signal { connection, message } => self.handle_signal(now, connection, *message),
            Input::Closed { connection } => self.handle_closed(now, connection),
            Input::Media(event) => self.handle_media(now, event),
        }
    }

    /// What is to be done next, until `None`.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Self::handle_timeout`] wants to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.deadline
    }

    /// The room's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the room has ended. Transports may still linger.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// How the room is told to clients and to the room API.
    #[must_use]
    #[allow(deprecated)] // the recorder flag is how recorders are known
    pub fn info(&self) -> proto::Room {
        let created_ms = self.unix_start.as_millis() as i64;
        let publishers =
            self.participants.values().filter(|participant| participant.live_tracks().next().is_some());
        let visible = self.participants.values().filter(|p| p.is_visible());

        proto::Room {
            sid: self.sid.clone(),
            name: self.name.clone(),
            empty_timeout: self.empty_timeout.as_secs() as u32,
            departure_timeout: self.departure_timeout.as_secs() as u32,
            max_participants: self.max_participants as u32,
            creation_time: created_ms / 1000,
            creation_time_ms: created_ms,
            enabled_codecs: publish_codecs(),
            metadata: self.metadata.clone(),
            num_participants: visible.count() as u32,
            num_publishers: publishers.count() as u32,
            active_recording: self
                .participants
                .values()
                .any(|participant| participant.is_active() && participant.permission.recorder),
            version: Some(proto::TimedVersion {
                unix_micro: self.unix_start.as_micros() as i64,
                ticks: self.ticks,
            }),
            ..Default::default()
        }
    }

    fn handle_media(&mut self, now: Instant, event: MediaEvent) {
        match event {
            MediaEvent::PeerConnected { peer } => self.handle_peer_connected(now, peer),
            MediaEvent::PeerFailed { peer, closed_by_peer } => {
                self.handle_peer_failed(now, peer, closed_by_peer);
            }
            MediaEvent::DataChannelOpen { .. } => {}
            MediaEvent::Data { peer, reliable, payload } => self.handle_data(now, peer, reliable, &payload),
            MediaEvent::UpStarted { up, mime } => self.handle_up_started(now, up, mime),
            MediaEvent::Speakers { changes } => self.handle_speakers(&changes),
            MediaEvent::DownPaused { down, paused } => self.handle_paused(down, paused),
            MediaEvent::Quality { peer, loss, sound_loss_up, rtt, limited } => {
                self.handle_quality(peer, loss, rtt, limited);
                if let Some(&seat) = self.by_peer.get(&peer) {
                    self.handle_loss(now, seat, peer, sound_loss_up);
                }
            }
        }
    }

    fn unix(&self, now: Instant) -> Duration {
        self.unix_start + now.saturating_duration_since(self.started)
    }

    fn timed_version(&mut self, now: Instant) -> proto::TimedVersion {
        self.ticks = self.ticks.wrapping_add(1);
        proto::TimedVersion { unix_micro: self.unix(now).as_micros() as i64, ticks: self.ticks }
    }

    fn new_id(&mut self, prefix: &str) -> String {
        id(prefix, &mut self.random)
    }

    fn new_key(&mut self) -> u64 {
        let key = self.next_key;
        self.next_key += 1;
        key
    }

    fn new_ice(&mut self) -> IceCredentials {
        let random = &mut self.random;
        IceCredentials { ufrag: format!("{:016x}", random() as u64), pwd: format!("{:032x}", random()) }
    }

    /// A synchronization source; zero is left out, some stacks take it for none.
    fn new_ssrc(&mut self) -> u32 {
        ((self.random)() as u32).max(1)
    }

    fn local_transport(&self, peer: PeerKey, ice: &IceCredentials) -> LocalTransport {
        LocalTransport {
            ice: ice.clone(),
            fingerprint: self.fingerprint,
            candidates: (self.candidates)(peer),
        }
    }

    fn seat_of_identity(&self, identity: &str) -> Option<Seat> {
        self.by_identity.get(identity).copied()
    }

    fn participant(&self, seat: Seat) -> Option<&Participant> {
        self.participants.get(&seat)
    }

    fn emit(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    fn command(&mut self, command: MediaCommand) {
        self.emit(Output::Media(command));
    }

    fn tell(&mut self, event: RoomEvent) {
        self.emit(Output::Event(Box::new(event)));
    }

    /// Sends a message to a participant, if it is connected.
    fn send(&mut self, seat: Seat, message: signal_response::Message) {
        let connection = self.participant(seat).and_then(Participant::connection);
        if let Some(connection) = connection {
            self.emit(Output::send(connection, message));
        }
    }

    /// Asks for [`Self::handle_timeout`] no later than then.
    fn arm(&mut self, at: Instant) {
        self.deadline = Some(self.deadline.map_or(at, |deadline| deadline.min(at)));
    }
}

/// The codecs that clients may publish, the one that everybody decodes first.
fn publish_codecs() -> Vec<proto::Codec> {
    ["video/VP8", "video/H264", "video/VP9", "video/AV1", "audio/opus", "audio/red"]
        .into_iter()
        .map(|mime| proto::Codec { mime: mime.to_owned(), fmtp_line: String::new() })
        .collect()
}

fn id(prefix: &str, random: &mut Random) -> String {
    let mut bits = random();
    let mut id = String::with_capacity(prefix.len() + ID_LETTERS);
    id.push_str(prefix);
    for _ in 0..ID_LETTERS {
        id.push(char::from(ALPHABET[(bits % 62) as usize]));
        bits /= 62;
    }
    id
}

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ID_LETTERS: usize = 12;

/// How long a room waits for its first participant.
const EMPTY_TIMEOUT: Duration = Duration::from_secs(300);
/// How long it stays when the last has left.
const DEPARTURE_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a participant has to connect its media.
const JOIN_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a session waits for its client to come back.
const RESUME_WINDOW: Duration = Duration::from_secs(30);
/// How often clients get a fresh token.
const TOKEN_REFRESH: Duration = Duration::from_secs(300);
/// How long a fresh token is good, at least.
const TOKEN_LIFE: Duration = Duration::from_secs(600);
/// How long a client that closed its media may keep its signalling before it is told to rebuild both.
const GOODBYE_PATIENCE: Duration = Duration::from_secs(5);
/// Identities whose tokens are remembered as revoked, per room; the longest revoked is forgotten first.
const MAX_REVOKED: usize = 1_024;
/// How long after asking for media sections we ask again.
const SECTIONS_PATIENCE: Duration = Duration::from_secs(10);

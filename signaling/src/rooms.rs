//! The registry of rooms, and how the rest of the program speaks to them.
//!
//! ```text
//! Rooms ── by name ──▶ inbox ──▶ one task per room: Room (pure) ──▶ connections, media engine, events
//! ```

mod doorkeeper;
mod handle;
mod moving;
mod operating;
mod task;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use livekit_protocol::{self as proto, DisconnectReason, leave_request::Action};
use sfu::ShardIndex;
use signaling_proto::token::Keys;
use signaling_proto::{
    Joining, Limits,
    room::{Beginning, ConnectionId, JoinError, Resuming, Room, RoomError, RoomEvent, RoomParams},
    voice::Voice,
};
use tokio::sync::{broadcast, mpsc};

pub use doorkeeper::Doorkeeper;
pub(crate) use handle::RoomHandle;
pub(crate) use task::{Outgoing, ToRoom};

use crate::{media, relays::Relays};

/// What the rooms are to know.
#[derive(Debug, Clone)]
pub struct RoomsConfig {
    /// Secrets by API key; tokens are signed with them.
    pub keys: Keys,
    /// Bounds.
    pub limits: Limits,
    /// Whether a join may open a room that nobody created.
    pub auto_create: bool,
    /// What `debug_info` tells of us.
    pub product: String,
}

/// What clients are told when the server stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drain {
    /// To build everything anew, here or elsewhere: the server will be back.
    Reconnect,
    /// To go.
    Disconnect,
}

/// All rooms of this server. Clones are handles to the same ones.
#[derive(Debug, Clone)]
pub struct Rooms {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    sfu: sfu::Sfu,
    config: RoomsConfig,
    limits: Arc<Limits>,
    rooms: Mutex<HashMap<String, RoomHandle>>,
    events: broadcast::Sender<RoomEvent>,
    doorkeeper: OnceLock<Arc<dyn Doorkeeper>>,
    relays: OnceLock<Arc<dyn Relays>>,
    draining: AtomicBool,
    next_number: AtomicU64,
}

impl Rooms {
    /// No rooms yet, over a running media engine.
    #[must_use]
    pub fn new(sfu: sfu::Sfu, config: RoomsConfig) -> Self {
        let (events, _) = broadcast::channel(EVENT_BACKLOG);
        let limits = Arc::new(config.limits.clone());
        Self {
            shared: Arc::new(Shared {
                sfu,
                config,
                limits,
                rooms: Mutex::default(),
                events,
                doorkeeper: OnceLock::new(),
                relays: OnceLock::new(),
                draining: AtomicBool::new(false),
                next_number: AtomicU64::new(1),
            }),
        }
    }

    /// What the rooms know.
    #[must_use]
    pub fn config(&self) -> &RoomsConfig {
        &self.shared.config
    }

    /// Asks somebody from now on whether a good token is still to be believed; only the first one given is asked.
    pub fn set_doorkeeper(&self, doorkeeper: Arc<dyn Doorkeeper>) {
        // A second one has no say, as documented.
        let _ = self.shared.doorkeeper.set(doorkeeper);
    }

    /// Tells clients of relays from now on; only the first ones given count.
    pub fn set_relays(&self, relays: Arc<dyn Relays>) {
        // Others are not told of, as documented.
        let _ = self.shared.relays.set(relays);
    }

    pub(crate) fn relays(&self) -> Option<Arc<dyn Relays>> {
        self.shared.relays.get().cloned()
    }

    /// Hears of everything that happens in rooms from now on; `Lagged` says how much was missed.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<RoomEvent> {
        self.shared.events.subscribe()
    }

    /// Whether new participants are refused.
    #[must_use]
    pub fn draining(&self) -> bool {
        self.shared.draining.load(Ordering::Relaxed)
    }

    /// Whether the media engine has so much to do that nobody should come.
    #[must_use]
    pub fn overloaded(&self) -> bool {
        self.shared.sfu.is_full()
    }

    pub(crate) fn check_room_name(&self, name: &str) -> Result<(), RoomError> {
        let limit = self.shared.limits.room_name_bytes;
        match (1..=limit).contains(&name.len()) {
            true => Ok(()),
            false => Err(RoomError::Invalid(format!("a room name has 1 to {limit} bytes"))),
        }
    }

    /// Takes no new participants from now on, and tells those who are there.
    pub async fn drain(&self, then: Drain) {
        self.shared.draining.store(true, Ordering::Relaxed);
        let action = match then {
            Drain::Reconnect => Action::Reconnect,
            Drain::Disconnect => Action::Disconnect,
        };
        let names: Vec<String> = self.registry().keys().cloned().collect();
        for name in names {
            // A room that has ended already needs no telling.
            let _ = self
                .ask(&name, move |room, now| {
                    room.end(now, DisconnectReason::ServerShutdown, action);
                    Ok(())
                })
                .await;
        }
    }

    /// Lets a participant into a room, which is opened if need be. Messages for it appear in the receiver.
    pub(crate) async fn join(
        &self,
        request: proto::CreateRoomRequest,
        mut joining: Joining,
    ) -> Result<(RoomHandle, mpsc::Receiver<Outgoing>), JoinError> {
        self.ask_leave(&request.name, &mut joining).await?;
        for _ in 0..ATTEMPTS {
            let handle = match joining.voice {
                // A phone was let in by whoever knows the meetings, before anybody else perhaps.
                Some(Voice::Seat) => self.find_or_open(request.clone(), None).await?,
                Some(Voice::Ears) => self.find(&request.name).ok_or(JoinError::NoSuchRoom)?,
                None => self.enter(&request, None).await?,
            };
            let (outgoing, messages) = mpsc::channel(self.shared.limits.outgoing_messages);
            let joining = joining.clone();
            let answer =
                handle.connect(joining.connection, outgoing, move |room, now| room.join(now, joining)).await;
            match answer {
                // It ended just now: the next one is ours.
                Err(JoinError::Ended) => {}
                Err(refusal) => return Err(refusal),
                Ok(()) => return Ok((handle, messages)),
            }
        }
        Err(JoinError::Ended)
    }

    /// Gives a session a new connection.
    pub(crate) async fn resume(
        &self,
        room: &str,
        resuming: Resuming,
    ) -> Result<(RoomHandle, mpsc::Receiver<Outgoing>), JoinError> {
        let handle = self.find(room).ok_or(JoinError::UnknownSession)?;
        let (outgoing, messages) = mpsc::channel(self.shared.limits.outgoing_messages);
        handle
            .connect(resuming.connection, outgoing, move |room, now| room.resume(now, resuming))
            .await
            .map_err(|refusal| match refusal {
                JoinError::Ended => JoinError::UnknownSession,
                refusal => refusal,
            })?;
        Ok((handle, messages))
    }

    /// Whether somebody could join now.
    pub(crate) async fn admits(&self, room: &str, joining: Joining) -> Result<(), JoinError> {
        if self.draining() {
            return Err(JoinError::Draining);
        }
        self.ask_doorkeeper(room, &joining.identity).await?;
        match self.find(room) {
            Some(handle) => handle.ask(move |room, _| room.admits(&joining)).await.unwrap_or(Ok(())),
            None if !self.config().auto_create => Err(JoinError::NoSuchRoom),
            None if self.registry().len() >= self.shared.limits.rooms => {
                Err(JoinError::TooManyRooms(self.shared.limits.rooms))
            }
            None => Ok(()),
        }
    }

    /// Asks whether somebody may join, and how to speak.
    async fn ask_leave(&self, room: &str, joining: &mut Joining) -> Result<(), JoinError> {
        if self.draining() {
            return Err(JoinError::Draining);
        }
        // A phone has no token that might be out of date: whoever brings it has just been told that it may come in.
        if joining.voice.is_none() {
            self.ask_doorkeeper(room, &joining.identity).await?;
            if let Some(doorkeeper) = self.shared.doorkeeper.get() {
                joining.speech = doorkeeper.speech(joining).await;
            }
        }
        Ok(())
    }

    async fn ask_doorkeeper(&self, room: &str, identity: &str) -> Result<(), JoinError> {
        match self.shared.doorkeeper.get() {
            Some(doorkeeper) if !doorkeeper.admits(room, identity).await => {
                Err(JoinError::NotAllowed("this admission has been taken back"))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn new_connection(&self) -> ConnectionId {
        ConnectionId(self.shared.next_number.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    async fn ask<T: Send + 'static>(
        &self,
        room: &str,
        question: impl FnOnce(&mut Room, Instant) -> Result<T, RoomError> + Send + 'static,
    ) -> Result<T, RoomError> {
        let handle = self.find(room).ok_or(RoomError::RoomNotFound)?;
        handle.ask(question).await.unwrap_or(Err(RoomError::RoomNotFound))
    }

    async fn enter(
        &self,
        request: &proto::CreateRoomRequest,
        shard: Option<ShardIndex>,
    ) -> Result<RoomHandle, JoinError> {
        match self.config().auto_create {
            true => self.find_or_open(request.clone(), shard).await,
            false => self.find(&request.name).ok_or(JoinError::NoSuchRoom),
        }
    }

    fn find(&self, name: &str) -> Option<RoomHandle> {
        self.registry().get(name).cloned()
    }

    /// The room of that name, or a new one: on a given media shard, or wherever there is most room.
    async fn find_or_open(
        &self,
        request: proto::CreateRoomRequest,
        shard: Option<ShardIndex>,
    ) -> Result<RoomHandle, JoinError> {
        if let Some(handle) = self.find(&request.name) {
            return Ok(handle);
        }
        let beginning = match self.shared.doorkeeper.get() {
            Some(doorkeeper) => doorkeeper.beginning(&request.name).await,
            None => Beginning::default(),
        };
        self.open(request, shard, beginning)
    }

    /// A new room, unless somebody was faster.
    fn open(
        &self,
        request: proto::CreateRoomRequest,
        shard: Option<ShardIndex>,
        beginning: Beginning,
    ) -> Result<RoomHandle, JoinError> {
        let limit = self.shared.limits.rooms;
        let mut registry = self.registry();
        if let Some(handle) = registry.get(&request.name) {
            return Ok(handle.clone());
        }
        if self.draining() {
            return Err(JoinError::Draining);
        }
        if registry.len() >= limit {
            return Err(JoinError::TooManyRooms(limit));
        }

        let (conference, media_events) = match shard {
            Some(shard) => self.shared.sfu.open_conference_on(shard),
            None => self.shared.sfu.open_conference(),
        }
        .map_err(|error| {
            tracing::warn!(%error, "no conference for a new room");
            JoinError::NoMedia
        })?;
        let name = request.name.clone();
        let params = RoomParams {
            request,
            unix_now: unix_now(),
            first_key: media::first_key(&conference),
            fingerprint: media::fingerprint(&self.shared.sfu),
            candidates: media::candidates(&conference),
            is_full: media::is_full(&self.shared.sfu),
            limits: Arc::clone(&self.shared.limits),
            random: Box::new(rand::random),
            product: self.config().product.clone(),
            beginning,
        };
        let (sender, inbox) = mpsc::channel(self.shared.limits.room_inbox);
        let handle = RoomHandle {
            number: self.shared.next_number.fetch_add(1, Ordering::Relaxed),
            inbox: sender,
            conference: conference.id().0,
            shard: conference.shard(),
        };
        registry.insert(name.clone(), handle.clone());
        drop(registry);

        let number = handle.number;
        let rooms = self.clone();
        let driver = task::Driver {
            room: Room::new(Instant::now(), params),
            conference,
            media_events,
            inbox,
            connections: HashMap::new(),
            moved: HashMap::new(),
            events: self.shared.events.clone(),
            keys: self.config().keys.clone(),
            rpcs: task::Rpcs::default(),
            relays: self.relays(),
        };
        tokio::spawn(async move {
            let remains = driver.run().await;
            rooms.forget(&name, number);
            // Whoever waits for the last of the rooms does not wait for what is left of this one.
            drop(rooms);
            if let Some(remains) = remains {
                remains.linger().await;
            }
        });
        Ok(handle)
    }

    fn forget(&self, name: &str, number: u64) {
        let mut registry = self.registry();
        if registry.get(name).is_some_and(|handle| handle.number == number) {
            registry.remove(name);
        }
    }

    fn registry(&self) -> std::sync::MutexGuard<'_, HashMap<String, RoomHandle>> {
        // Nothing under this lock can leave the map half changed.
        self.shared.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn unix_now() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// Events that a slow listener may be behind.
const EVENT_BACKLOG: usize = 4_096;
/// How often a join may find the room ending under its feet.
const ATTEMPTS: usize = 3;

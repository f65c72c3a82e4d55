//! The registry of rooms, and how the rest of the program speaks to them.
//!
//! ```text
//! Rooms ── by name ──▶ inbox ──▶ one task per room: Room (pure) ──▶ connections, media engine, events
//! ```

mod doorkeeper;
mod task;

use std::{
    collections::{BTreeSet, HashMap},
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
    forward::Forwarding,
    room::{ConnectionId, JoinError, Resuming, Room, RoomError, RoomEvent, RoomParams, RpcFailure},
    voice::Voice,
};
use tokio::sync::{broadcast, mpsc, oneshot};

pub use doorkeeper::Doorkeeper;
pub(crate) use task::{Outgoing, ToRoom};

use crate::{forward, media, presence::Presence};

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
    draining: AtomicBool,
    next_number: AtomicU64,
}

/// The way to one room.
#[derive(Debug, Clone)]
pub(crate) struct RoomHandle {
    number: u64,
    inbox: mpsc::Sender<ToRoom>,
    conference: u64,
    shard: ShardIndex,
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

    /// Opens a room, or returns the one that is open under that name.
    pub async fn create_room(&self, request: proto::CreateRoomRequest) -> Result<proto::Room, RoomError> {
        self.check_room_name(&request.name)?;
        let name = request.name.clone();
        self.find_or_open(request, None).map_err(no_place)?;
        self.ask(&name, |room, _| Ok(room.info())).await
    }

    /// The rooms of these names, or all.
    pub async fn list_rooms(&self, names: &[String]) -> Vec<proto::Room> {
        let wanted: Vec<String> =
            self.registry().keys().filter(|name| names.is_empty() || names.contains(name)).cloned().collect();

        let mut rooms = Vec::with_capacity(wanted.len());
        for name in wanted {
            // A room that ended meanwhile is not there.
            if let Ok(room) = self.ask(&name, |room, _| Ok(room.info())).await {
                rooms.push(room);
            }
        }
        rooms.sort_by_key(|room| room.creation_time_ms);
        rooms
    }

    /// Ends a room; everybody leaves.
    pub async fn delete_room(&self, room: &str) -> Result<(), RoomError> {
        self.ask(room, |room, now| {
            room.end(now, DisconnectReason::RoomDeleted, Action::Disconnect);
            Ok(())
        })
        .await
    }

    /// Everybody in a room, hidden participants included.
    pub async fn list_participants(&self, room: &str) -> Result<Vec<proto::ParticipantInfo>, RoomError> {
        self.ask(room, |room, _| Ok(room.participants())).await
    }

    /// One participant.
    pub async fn participant(&self, room: &str, identity: &str) -> Result<proto::ParticipantInfo, RoomError> {
        let identity = identity.to_owned();
        self.ask(room, move |room, _| room.participant_info(&identity)).await
    }

    /// Sends a participant away.
    pub async fn remove_participant(&self, room: &str, identity: &str) -> Result<(), RoomError> {
        let identity = identity.to_owned();
        self.ask(room, move |room, now| room.remove_participant(now, &identity)).await
    }

    /// Sends a participant away for good: its tokens of before a moment, in seconds since 1970, let nobody in again.
    pub async fn expel_participant(&self, room: &str, identity: &str, before: u64) -> Result<(), RoomError> {
        let identity = identity.to_owned();
        self.ask(room, move |room, now| {
            room.remove_participant(now, &identity)?;
            room.revoke_tokens(&identity, before);
            Ok(())
        })
        .await
    }

    /// Changes what a participant is called and what it may do.
    pub async fn update_participant(
        &self,
        request: proto::UpdateParticipantRequest,
    ) -> Result<proto::ParticipantInfo, RoomError> {
        let name = request.room.clone();
        self.ask(&name, move |room, now| room.update_participant(now, request)).await
    }

    /// Mutes a participant's track.
    pub async fn mute_track(
        &self,
        request: proto::MuteRoomTrackRequest,
    ) -> Result<proto::TrackInfo, RoomError> {
        let name = request.room.clone();
        self.ask(&name, move |room, now| room.mute_track(now, &request)).await
    }

    /// Subscribes a participant to tracks, or unsubscribes it.
    pub async fn update_subscriptions(
        &self,
        request: proto::UpdateSubscriptionsRequest,
    ) -> Result<(), RoomError> {
        let name = request.room.clone();
        self.ask(&name, move |room, now| room.update_subscriptions(now, request)).await
    }

    /// Sends data to participants.
    pub async fn send_data(&self, request: proto::SendDataRequest) -> Result<(), RoomError> {
        let name = request.room.clone();
        self.ask(&name, move |room, now| room.send_data(now, request)).await
    }

    /// Calls a procedure at a participant and waits for its answer, a minute at most.
    pub async fn perform_rpc(
        &self,
        request: proto::PerformRpcRequest,
    ) -> Result<Result<String, RpcFailure>, RoomError> {
        let handle = self.find(&request.room).ok_or(RoomError::RoomNotFound)?;
        let (reply, answer) = oneshot::channel();
        if !handle.tell(ToRoom::Rpc { request: Box::new(request), reply }).await {
            return Err(RoomError::RoomNotFound);
        }
        Ok(answer.await.unwrap_or(Err(RpcFailure::RecipientLeft)))
    }

    /// Changes a room's metadata.
    pub async fn update_room_metadata(&self, room: &str, metadata: String) -> Result<proto::Room, RoomError> {
        self.ask(room, move |room, now| room.set_metadata(now, metadata)).await
    }

    /// Says who alone may be heard in a room, by identity; `None` is everybody. See [`Room::set_floor`].
    ///
    /// [`Room::set_floor`]: signaling_proto::room::Room::set_floor
    pub async fn set_floor(&self, room: &str, floor: Option<BTreeSet<String>>) -> Result<(), RoomError> {
        self.ask(room, move |room, now| {
            room.set_floor(now, floor);
            Ok(())
        })
        .await
    }

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

        if follows && to.shard == from.shard {
            return from.hand_over(identity, &to).await;
        }
        let (who, destination) = (identity.to_owned(), destination.to_owned());
        self.ask(room, move |room, now| room.send_over(now, &who, &destination)).await
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
        let there = self.enter(&request, Some(shard)).map_err(no_place)?;
        if self.participant(destination, identity).await.is_ok() {
            return Err(RoomError::Precondition("somebody of that identity is there already".to_owned()));
        }
        let who = identity.to_owned();
        let place = there.ask(move |room, _| room.has_place_for(&who)).await.unwrap_or(Err(JoinError::Ended));
        place.map_err(|refusal| RoomError::Precondition(refusal.to_string()))?;
        Ok(there)
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
        joining: Joining,
    ) -> Result<(RoomHandle, mpsc::Receiver<Outgoing>), JoinError> {
        if self.draining() {
            return Err(JoinError::Draining);
        }
        // A phone has no token that might be out of date: whoever brings it has just been told that it may come in.
        if joining.voice.is_none() {
            self.ask_doorkeeper(&request.name, &joining.identity).await?;
        }
        for _ in 0..ATTEMPTS {
            let handle = match joining.voice {
                // A phone was let in by whoever knows the meetings, before anybody else perhaps.
                Some(Voice::Seat) => self.find_or_open(request.clone(), None)?,
                Some(Voice::Ears) => self.find(&request.name).ok_or(JoinError::NoSuchRoom)?,
                None => self.enter(&request, None)?,
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

    fn enter(
        &self,
        request: &proto::CreateRoomRequest,
        shard: Option<ShardIndex>,
    ) -> Result<RoomHandle, JoinError> {
        match self.config().auto_create {
            true => self.find_or_open(request.clone(), shard),
            false => self.find(&request.name).ok_or(JoinError::NoSuchRoom),
        }
    }

    fn find(&self, name: &str) -> Option<RoomHandle> {
        self.registry().get(name).cloned()
    }

    /// The room of that name, or a new one: on a given media shard, or wherever there is most room.
    fn find_or_open(
        &self,
        request: proto::CreateRoomRequest,
        shard: Option<ShardIndex>,
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
            limits: Arc::clone(&self.shared.limits),
            random: Box::new(rand::random),
            product: self.config().product.clone(),
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
    async fn ask<T: Send + 'static>(
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

    /// Takes a participant from this room to another one of the same media shard.
    async fn hand_over(&self, identity: &str, to: &RoomHandle) -> Result<(), RoomError> {
        let (reply, released) = oneshot::channel();
        let message = ToRoom::Release { identity: identity.to_owned(), to: to.clone(), reply };
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

    async fn connect(
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
fn no_place(refusal: JoinError) -> RoomError {
    match refusal {
        JoinError::NoSuchRoom => RoomError::RoomNotFound,
        JoinError::TooManyRooms(_) | JoinError::Full(_) => RoomError::LimitExceeded(refusal.to_string()),
        _ => RoomError::Unavailable,
    }
}

pub(crate) fn unix_now() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// Events that a slow listener may be behind.
const EVENT_BACKLOG: usize = 4_096;
/// How often a join may find the room ending under its feet.
const ATTEMPTS: usize = 3;

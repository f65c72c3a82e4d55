//! Between the phones' machine and the browsers: who listens, what rings, who is in the room of a call.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use livekit_protocol as proto;
use signaling_proto::room::RoomEvent;
use sip_gateway::PhonesHandle;
use sip_gateway_proto::call::{LegId, ScreenNews, is_call_room};
use tokio::sync::{Notify, broadcast};

use super::absence::Absence;
use super::board::{Board, CallState, ScreenCall};
use super::lines::{Lines, Told};
use super::view::ScreenCallView;
use crate::accounts::UserId;
use crate::app::App;
use crate::clock::Clock;
use crate::directory::PhoneDirectory;
use crate::meetings::Admission;

/// What browsers know of calls, and the phones' machine of browsers. Cheap to clone.
#[derive(Clone)]
pub struct Switchboard {
    inner: Arc<Inner>,
}

struct Inner {
    directory: PhoneDirectory,
    clock: Clock,
    /// Not there while phones are switched off.
    phones: OnceLock<PhonesHandle>,
    board: Mutex<Board>,
    lines: Mutex<Lines>,
    absence: Mutex<Absence>,
    /// Rooms of calls in which something has ended: who has to go.
    parting: Mutex<Vec<Parting>>,
    changed: Notify,
    /// All news, for whoever follows a call that no browser has placed.
    news: broadcast::Sender<ScreenNews>,
}

/// Somebody whose call is over.
struct Parting {
    room: String,
    extension: String,
}

/// A browser's stream; dropping it is closing it.
pub struct Stream {
    switchboard: Switchboard,
    user: UserId,
}

/// A stream that hears the calls of an extension; dropping it is listening no more.
pub struct Listening {
    switchboard: Switchboard,
    extension: String,
    /// What the browsers of the extension are told.
    pub news: broadcast::Receiver<Told>,
}

impl Switchboard {
    /// Nobody listens, and nothing rings.
    #[must_use]
    pub fn new(directory: PhoneDirectory, clock: Clock) -> Self {
        Self {
            inner: Arc::new(Inner {
                directory,
                clock,
                phones: OnceLock::new(),
                board: Mutex::default(),
                lines: Mutex::default(),
                absence: Mutex::default(),
                parting: Mutex::default(),
                changed: Notify::new(),
                news: broadcast::Sender::new(NEWS),
            }),
        }
    }

    /// There are phones, and this is how to speak to them.
    pub fn connect(&self, phones: PhonesHandle) {
        // A server starts its phones once.
        let _ = self.inner.phones.set(phones);
    }

    /// The phones, unless they are switched off.
    #[must_use]
    pub fn phones(&self) -> Option<&PhonesHandle> {
        self.inner.phones.get()
    }

    /// News of a room end. Never blocks.
    pub fn take(&self, news: &ScreenNews) {
        // Nobody need follow.
        let _ = self.inner.news.send(news.clone());
        let Some(call) = self.board().take(news, self.inner.clock.now()) else { return };
        if call.state == CallState::Ended {
            self.part(&call);
        }
        self.tell(&call.extension, "call", &ScreenCallView::of(&call, &self.inner.directory));
    }

    /// The news of all room ends from now on.
    #[must_use]
    pub fn news(&self) -> broadcast::Receiver<ScreenNews> {
        self.inner.news.subscribe()
    }

    /// The calls of an extension, the oldest first.
    #[must_use]
    pub fn calls_of(&self, extension: &str) -> Vec<ScreenCallView> {
        let calls = self.board().of(extension);
        calls.iter().map(|call| ScreenCallView::of(call, &self.inner.directory)).collect()
    }

    /// A call of an extension that is not over.
    #[must_use]
    pub fn call(&self, leg: LegId, extension: &str) -> Option<ScreenCall> {
        self.board().call(leg, extension).cloned()
    }

    /// Whether an extension has a side of the call in a room.
    #[must_use]
    pub fn belongs(&self, room: &str, extension: &str) -> bool {
        !self.board().legs_in(room, extension).is_empty()
    }

    /// A browser of an extension was given the way into the room of a call.
    pub fn expect(&self, room: &str, extension: &str) {
        self.absence().expect(Instant::now(), room, extension);
        self.inner.changed.notify_one();
    }

    /// A browser opens its stream; nothing when the user has too many already.
    #[must_use]
    pub fn open(&self, user: &UserId) -> Option<Stream> {
        let opened = self.lines().open(user);
        opened.then(|| Stream { switchboard: self.clone(), user: user.clone() })
    }

    /// A stream hears the calls of an extension from now on, and makes it ring in this browser.
    #[must_use]
    pub fn listen(&self, extension: &str) -> Listening {
        let news = self.lines().listen(extension);
        self.inner.changed.notify_one();
        Listening { switchboard: self.clone(), extension: extension.to_owned(), news }
    }

    /// Does what is due, until the program stops.
    pub async fn keep(self, app: App) {
        let mut events = app.rooms.subscribe();
        loop {
            self.perform(&app).await;
            let due =
                [self.lines().poll_timeout(), self.absence().poll_timeout()].into_iter().flatten().min();
            tokio::select! {
                () = crate::jobs::until(due) => {}
                () = self.inner.changed.notified() => {}
                event = events.recv() => match event {
                    Ok(event) => self.hear(&event),
                    // Who has left meanwhile is found out when the time has come.
                    Err(broadcast::error::RecvError::Lagged(_)) => self.doubt_everybody(),
                    Err(broadcast::error::RecvError::Closed) => return,
                },
            }
        }
    }

    async fn perform(&self, app: &App) {
        let now = Instant::now();
        let changes = self.lines().changes(now);
        for (extension, there) in changes {
            self.inner.directory.set_screens(&extension, there);
            if let Some(phones) = self.phones() {
                phones.set_screens(extension, there).await;
            }
        }
        let late = self.absence().handle_timeout(now);
        for (room, extension) in late {
            self.give_up(app, &room, &extension).await;
        }
        let parting = std::mem::take(&mut *self.parting());
        for Parting { room, extension } in parting {
            let empty = !self.board().has_room(&room);
            let done = match (empty, self.identity(&extension)) {
                (true, _) => app.rooms.end_call(&room).await,
                (false, Some(identity)) if !self.belongs(&room, &extension) => {
                    app.rooms.remove_from_call(&room, &identity).await
                }
                (false, _) => Ok(()),
            };
            if let Err(error) = done {
                tracing::warn!(%error, "the room of a call could not be left");
            }
        }
    }

    /// A browser has left the room of its call and not come back.
    async fn give_up(&self, app: &App, room: &str, extension: &str) {
        let inside = match self.identity(extension) {
            Some(identity) => app.rooms.is_inside(room, &identity).await,
            None => false,
        };
        let Some(phones) = self.phones() else { return };
        if inside {
            return;
        }
        let leg = self.board().legs_in(room, extension).into_iter().min();
        if let Some(leg) = leg {
            // It may have ended by itself.
            let _ = phones.leave(leg).await;
        }
    }

    fn hear(&self, event: &RoomEvent) {
        let (room, participant, there) = match event {
            RoomEvent::ParticipantJoined { room, participant } => (room, participant, true),
            RoomEvent::ParticipantLeft { room, participant }
            | RoomEvent::ParticipantConnectionAborted { room, participant } => (room, participant, false),
            RoomEvent::RoomFinished { room } => {
                self.absence().closed(&room.name);
                return;
            }
            _ => return,
        };
        let Some(extension) = self.extension_behind(participant) else { return };
        if there {
            self.absence().came(&room.name, &extension);
        } else if self.belongs(&room.name, &extension) {
            // A line that broke was waited for by the room.
            match participant.disconnect_reason() {
                proto::DisconnectReason::SignalClose => {
                    self.absence().lost(Instant::now(), &room.name, &extension);
                }
                _ => self.absence().left(Instant::now(), &room.name, &extension),
            }
        }
    }

    fn extension_behind(&self, participant: &proto::ParticipantInfo) -> Option<String> {
        let user = Admission::user_of(&participant.identity)?;
        self.inner.directory.house().extension_of(&user).map(str::to_owned)
    }

    fn doubt_everybody(&self) {
        let now = Instant::now();
        let sides = self.board().sides();
        for (room, extension) in &sides {
            self.absence().left(now, room, extension);
        }
    }

    fn identity(&self, extension: &str) -> Option<String> {
        self.inner.directory.house().user_of(extension).map(Admission::identity_of)
    }

    fn part(&self, call: &ScreenCall) {
        if is_call_room(&call.room) {
            let (room, extension) = (call.room.clone(), call.extension.clone());
            self.parting().push(Parting { room, extension });
            self.inner.changed.notify_one();
        }
    }

    /// Tells the browsers of an extension how many messages they have not heard.
    pub fn tell_messages(&self, extension: &str, new: u32) {
        self.tell(extension, "messages", &serde_json::json!({ "new": new }));
    }

    fn tell(&self, extension: &str, event: &'static str, data: &impl serde::Serialize) {
        let data = serde_json::to_string(data).expect("what we send is JSON").into();
        self.lines().tell(extension, Told { event, data });
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        lock(&self.inner.board)
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        lock(&self.inner.lines)
    }

    fn absence(&self) -> MutexGuard<'_, Absence> {
        lock(&self.inner.absence)
    }

    fn parting(&self) -> MutexGuard<'_, Vec<Parting>> {
        lock(&self.inner.parting)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.switchboard.lines().close(&self.user);
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.switchboard.lines().leave(Instant::now(), &self.extension);
        self.switchboard.inner.changed.notify_one();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every change is a single step, so that a panic elsewhere leaves it whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// News that who follows a call may be behind.
const NEWS: usize = 1_024;

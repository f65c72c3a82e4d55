//! Who was in which meeting, or call between browsers, from when to when.
//!
//! What rooms tell goes into a queue in which each stay stands once, as it is last, and one task writes batches. When the
//! program dies, stays that were open are closed with the last sign of its life.

mod list;
mod proceedings;
mod queue;
mod table;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use signaling_proto::room::RoomEvent;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

pub use list::{Attendee, Said, Sitting, sittings};
pub use proceedings::{PointTime, SpokenTime};
pub use queue::Kind;
pub(crate) use queue::{Batch, RoomKind, Stay};
pub use table::{agenda_table, people_table};

use crate::clock::Clock;
use crate::meetings::MeetingRooms;
use crate::store::{Store, StoreError};
use queue::Queue;

/// Keeps attendance. Cheap to clone.
#[derive(Clone)]
pub struct Attendance {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    clock: Clock,
    rooms: MeetingRooms,
    run: u64,
    queue: Mutex<Queue>,
    /// Held by whoever listens.
    events: tokio::sync::Mutex<Receiver<RoomEvent>>,
    /// Held while a batch is written, so that whoever flushes waits for the one before.
    writing: tokio::sync::Mutex<()>,
}

impl Attendance {
    /// Listens to the rooms, and closes what an earlier run left open.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open(store: Store, clock: Clock, rooms: MeetingRooms, run: u64) -> Result<Self, StoreError> {
        let interrupted = store.close_interrupted_attendances(run).await?;
        if interrupted > 0 {
            tracing::warn!(people = interrupted, "people were in meetings when the server ended");
        }
        let events = tokio::sync::Mutex::new(rooms.subscribe());
        let (queue, writing) = (Mutex::default(), tokio::sync::Mutex::default());
        Ok(Self { inner: Arc::new(Inner { store, clock, rooms, run, queue, events, writing }) })
    }

    /// Writes what happens, until the program stops.
    pub async fn keep(self) {
        let mut events = self.inner.events.lock().await;
        loop {
            let news = match events.recv().await {
                Ok(event) => self.queue().hear(&event, self.now()),
                Err(RecvError::Lagged(_)) => self.look_around().await,
                Err(RecvError::Closed) => return,
            };
            if news {
                // What happens meanwhile is written along.
                tokio::time::sleep(GATHERING).await;
                self.hear_waiting(&mut events).await;
                if let Err(error) = self.flush().await {
                    tracing::warn!(%error, "who is in meetings could not be stored yet");
                    tokio::time::sleep(PATIENCE).await;
                }
            }
        }
    }

    /// Writes everything that waits.
    ///
    /// # Errors
    /// When the database fails; what could not be written goes on waiting.
    pub async fn flush(&self) -> Result<(), StoreError> {
        let _writing = self.inner.writing.lock().await;
        let (batch, dropped) = {
            let mut queue = self.queue();
            (queue.take(), queue.dropped())
        };
        if dropped > 0 {
            tracing::error!(
                people = dropped,
                "attendance was lost: the database has not taken it for too long"
            );
        }
        if batch.is_empty() {
            return Ok(());
        }
        // The guard gives the batch back also when this task is cancelled halfway.
        let mut unwritten = GiveBack { attendance: self, batch: Some(batch) };
        let batch = unwritten.batch.as_ref().expect("it was just put there");
        self.inner.store.write_attendance(batch, self.inner.run).await?;
        unwritten.batch = None;
        Ok(())
    }

    /// Writes everything, and that nobody is there any more, since the program ends.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn close(&self) -> Result<(), StoreError> {
        let mut events = self.inner.events.lock().await;
        self.hear_waiting(&mut events).await;
        self.queue().end(self.now());
        self.flush().await
    }

    /// Takes in what has been told already.
    async fn hear_waiting(&self, events: &mut Receiver<RoomEvent>) {
        loop {
            match events.try_recv() {
                Ok(event) => {
                    self.queue().hear(&event, self.now());
                }
                Err(TryRecvError::Lagged(_)) => {
                    self.look_around().await;
                }
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }

    /// News was missed: looks who is there.
    async fn look_around(&self) -> bool {
        let rooms = self.inner.rooms.everybody().await;
        self.queue().look(&rooms, self.now())
    }

    fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.inner.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Attendance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attendance").field("run", &self.inner.run).finish_non_exhaustive()
    }
}

/// Puts a batch back unless it was written.
struct GiveBack<'a> {
    attendance: &'a Attendance,
    batch: Option<Batch>,
}

impl Drop for GiveBack<'_> {
    fn drop(&mut self) {
        if let Some(batch) = self.batch.take() {
            self.attendance.queue().put_back(batch);
        }
    }
}

/// How long news waits for more of it.
const GATHERING: Duration = Duration::from_millis(50);
/// How long a database that takes nothing is left alone.
const PATIENCE: Duration = Duration::from_secs(1);

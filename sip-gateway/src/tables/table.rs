//! The sound of rooms: which have a table, and the task that keeps a table's ears.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use signaling::Rooms;
use signaling::voice::{Ears, EarsEvent};
use tokio::sync::{mpsc, oneshot};

use super::TableNews;
use crate::media::TableId;

/// The tables that there are. Clones are the same register.
#[derive(Debug, Clone)]
pub(super) struct Register {
    rooms: Rooms,
    news: mpsc::Sender<TableNews>,
    tables: Arc<Mutex<Tables>>,
}

#[derive(Debug, Default)]
struct Tables {
    by_room: HashMap<String, Table>,
    last: u64,
}

#[derive(Debug)]
struct Table {
    id: TableId,
    seats: usize,
    /// Dropping it ends the table's task.
    _open: oneshot::Sender<()>,
}

/// A place at a table, which is there as long as somebody has one.
#[derive(Debug)]
pub(super) struct Place {
    register: Register,
    room: String,
    table: TableId,
}

impl Register {
    pub(super) fn new(rooms: Rooms, news: mpsc::Sender<TableNews>) -> Self {
        Self { rooms, news, tables: Arc::default() }
    }

    /// A place at the table of a room.
    pub(super) fn place(&self, room: &str) -> Place {
        let mut tables = self.tables();
        if let Some(table) = tables.by_room.get_mut(room) {
            table.seats += 1;
            return self.place_at(room, table.id);
        }
        tables.last += 1;
        let id = TableId(tables.last);
        let (open, closed) = oneshot::channel();
        tables.by_room.insert(room.to_owned(), Table { id, seats: 1, _open: open });
        let keeper = Keeper { rooms: self.rooms.clone(), news: self.news.clone(), room: room.to_owned(), id };
        tokio::spawn(keeper.run(closed));
        self.place_at(room, id)
    }

    fn place_at(&self, room: &str, table: TableId) -> Place {
        Place { register: self.clone(), room: room.to_owned(), table }
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        // Nothing under this lock can leave it half changed.
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    pub(super) fn table(&self) -> TableId {
        self.table
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut tables = self.register.tables();
        let Some(table) = tables.by_room.get_mut(&self.room) else { return };
        table.seats -= 1;
        if table.seats == 0 {
            tables.by_room.remove(&self.room);
        }
    }
}

/// Keeps the ears of one table open.
struct Keeper {
    rooms: Rooms,
    news: mpsc::Sender<TableNews>,
    room: String,
    id: TableId,
}

impl Keeper {
    async fn run(self, mut closed: oneshot::Receiver<()>) {
        tokio::select! {
            biased;
            _ = &mut closed => {}
            () = self.listen() => {}
        }
        // Whoever does not take news any more needs none.
        let _ = self.news.send(TableNews::Closed { table: self.id }).await;
    }

    /// Hears, and begins anew after a fault; ends only when nobody takes the news.
    async fn listen(&self) {
        loop {
            match self.rooms.ears(&self.room).await {
                Ok(ears) => {
                    if self.pass_on(ears).await.is_err() {
                        return;
                    }
                }
                Err(refusal) => tracing::debug!(%refusal, "a room does not let its phones hear"),
            }
            // Either the room has ended, and soon the last seat there has, or it was a fault.
            tokio::time::sleep(PATIENCE).await;
        }
    }

    async fn pass_on(&self, mut ears: Ears) -> Result<(), mpsc::error::SendError<TableNews>> {
        let table = self.id;
        while let Some(event) = ears.next().await {
            let news = match event {
                EarsEvent::Opened(ears) => TableNews::Opened { table, ears },
                EarsEvent::Tracks(tracks) => TableNews::Tracks { table, tracks },
                EarsEvent::Gone => break,
            };
            self.news.send(news).await?;
        }
        Ok(())
    }
}

/// How long after a fault ears are opened anew.
const PATIENCE: Duration = Duration::from_secs(1);

//! A guest's presence at a door.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;

use super::super::MeetingCode;
use super::super::schedule::Badge;
use super::{Knock, Lobby, Table};

/// A guest's presence at the door; dropping it is going away.
#[derive(Debug)]
pub struct Attendance {
    pub(super) lobby: Lobby,
    pub(super) code: MeetingCode,
    pub(super) ticket: String,
    pub(super) knock: watch::Receiver<Knock>,
    pub(super) table: watch::Receiver<Option<Arc<Table>>>,
    /// The identity the guest will have inside.
    pub identity: String,
    /// The name the guest gave.
    pub name: String,
    /// The seat, if there is one for them.
    pub badge: Option<Badge>,
}

/// What whoever waits hears next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// The knock is decided.
    Decided(Knock),
    /// Others came or went: who is there, seen from the party with this number.
    Table(Arc<Table>, i64),
}

impl Attendance {
    /// What has become of the knock.
    #[must_use]
    pub fn knock(&self) -> Knock {
        *self.knock.borrow()
    }

    /// Waits until the knock is decided.
    pub async fn decided(&mut self) -> Knock {
        let decided = self.knock.wait_for(|knock| *knock != Knock::Waiting).await;
        decided.map_or(Knock::Ended, |knock| *knock)
    }

    /// Waits for what there is to tell; at first, if the guest has a seat, that is who is there.
    pub async fn news(&mut self) -> News {
        loop {
            tokio::select! {
                biased;
                knock = self.knock.wait_for(|knock| *knock != Knock::Waiting) => {
                    return News::Decided(knock.map_or(Knock::Ended, |knock| *knock));
                }
                changed = self.table.changed() => {
                    if changed.is_err() {
                        return News::Decided(Knock::Ended);
                    }
                    let table = self.table.borrow_and_update().clone();
                    let seat = self.badge.as_ref().map(|badge| badge.seat);
                    // Whoever has no seat at the table is told nothing of it.
                    if let Some((table, seat)) = table.zip(seat)
                        && let Some(party) = table.party_of(seat)
                    {
                        return News::Table(table, party);
                    }
                }
            }
        }
    }
}

impl Drop for Attendance {
    fn drop(&mut self) {
        self.lobby.leave(Instant::now(), &self.code, &self.ticket);
    }
}

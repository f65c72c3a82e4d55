//! Phones at the tables of rooms: takes seats for them, lets the media engine have the way to the room, and brings news.
//!
//! ```text
//! calls ── SeatCommand ──▶ Tables ──▶ one task for each seat ────┐
//!                                     one for each table's ears ─┴─▶ TableNews ──▶ media engine, calls
//! ```
//!
//! A table is a room's sound for all phones in it: it begins with the first seat there and ends with the last.

mod attributes;
mod news;
mod seat;
mod table;

use std::collections::HashMap;

use signaling::Rooms;
use sip_gateway_proto::call::{LegId, SeatCommand, SeatEnd, SeatEvent, SeatOrder};
use tokio::sync::{mpsc, watch};

pub use news::TableNews;

use seat::{Sitting, Wanted};
use table::Register;

/// All seats of the phones. Dropping it, they leave.
#[derive(Debug)]
pub struct Tables {
    rooms: Rooms,
    register: Register,
    seats: HashMap<LegId, Taken>,
    news: mpsc::Sender<TableNews>,
}

/// A seat that was taken. Without it, its task leaves the room and ends.
#[derive(Debug)]
struct Taken {
    /// Where it is by now.
    room: watch::Receiver<String>,
    identity: String,
    wanted: watch::Sender<Wanted>,
}

impl Tables {
    /// Nobody sits anywhere yet. The news are for whoever drives calls and media. To be called within a runtime.
    #[must_use]
    pub fn new(rooms: Rooms) -> (Self, mpsc::Receiver<TableNews>) {
        let (news, receiver) = mpsc::channel(MAX_NEWS);
        let register = Register::new(rooms.clone(), news.clone());
        (Self { rooms, register, seats: HashMap::new(), news }, receiver)
    }

    /// Does as calls want; never waits. What becomes of it comes as news.
    pub fn obey(&mut self, command: SeatCommand) {
        match command {
            SeatCommand::Take { leg, order } => self.take(leg, *order),
            SeatCommand::Status { leg, status } => self.want(leg, |wanted| wanted.order.status = status),
            SeatCommand::Mute { leg, muted } => self.want(leg, |wanted| wanted.muted.say(muted)),
            SeatCommand::Hand { leg, raised } => self.want(leg, |wanted| wanted.hand.say(raised)),
            SeatCommand::Leave { leg } => {
                self.seats.remove(&leg);
            }
        }
    }

    fn take(&mut self, leg: LegId, order: SeatOrder) {
        let same = |taken: &&Taken| *taken.room.borrow() == order.room && taken.identity == order.identity;
        if self.seats.get(&leg).filter(same).is_some_and(|taken| !taken.wanted.is_closed()) {
            self.want(leg, |wanted| wanted.order = order);
            return;
        }
        self.seats.retain(|_, taken| !taken.wanted.is_closed());
        if self.seats.len() >= MAX_SEATS {
            tracing::warn!("{MAX_SEATS} phones sit in rooms: one more is not let in");
            // Whoever does not take his news gets none.
            let _ = self.news.try_send(TableNews::Event { leg, event: SeatEvent::Gone(SeatEnd::Full) });
            return;
        }
        let (moved, room) = watch::channel(order.room.clone());
        let identity = order.identity.clone();
        let (wanted, wishes) = watch::channel(Wanted::new(order));
        self.seats.insert(leg, Taken { room, identity, wanted });
        let sitting = Sitting {
            leg,
            rooms: self.rooms.clone(),
            register: self.register.clone(),
            wishes,
            room: moved,
            news: self.news.clone(),
        };
        tokio::spawn(sitting.run());
    }

    fn want(&mut self, leg: LegId, change: impl FnOnce(&mut Wanted)) {
        if let Some(taken) = self.seats.get(&leg) {
            taken.wanted.send_modify(change);
        }
    }
}

/// The attribute of a phone's participant with the leg of its room, by which its call is led.
pub const LEG_ATTRIBUTE: &str = "palabre.leg";
/// The attribute with its call.
pub const CALL_ATTRIBUTE: &str = "sip.callID";
/// The attribute that says whether a phone's sound is `encrypted` on its way to us, or `plain`.
pub const MEDIA_ATTRIBUTE: &str = "palabre.media";

/// News that wait at most. Seats whose news do not fit wait with them.
const MAX_NEWS: usize = 1_024;
/// Phones in rooms at one time.
const MAX_SEATS: usize = 4_096;

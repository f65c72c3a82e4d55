//! Who sits where: seats, tables, and on which media thread they are.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use sfu::direct::Direct;
use sip_gateway_proto::call::{LegId, Sound};

use super::queue::Command;
use super::table::{EarTrack, SeatMedia, TableCounts, TableId, TableTally, Uplink};
use super::{MediaEngine, random};

/// All seats and tables.
#[derive(Debug, Default)]
pub(super) struct Seating {
    seats: HashMap<LegId, Seat>,
    tables: HashMap<TableId, Placed>,
}

/// A leg without a port.
#[derive(Debug, Default)]
struct Seat {
    /// Where it is, once the room has let it in.
    table: Option<TableId>,
    /// Who sits there, or will.
    phone: Option<LegId>,
    muted: bool,
}

#[derive(Debug)]
struct Placed {
    worker: usize,
    tally: Arc<TableTally>,
}

impl MediaEngine {
    /// The room has let a seat in: from now on whoever is bridged to it is heard there, and hears the table.
    pub fn take_seat(&mut self, leg: LegId, table: TableId, voice: SeatMedia) {
        if !self.seating.seats.contains_key(&leg) {
            return;
        }
        self.remove_chair(leg);
        let uplink = random().and_then(|random| Uplink::new(voice, u64::from_ne_bytes(random)));
        let Some(uplink) = uplink else {
            tracing::error!("a seat stays silent: there is no randomness, or no Opus");
            return;
        };
        let worker = self.table(table);
        self.workers[worker].0.push_always(Command::AddChair(table, leg, Box::new(uplink)));
        let Some(seat) = self.seating.seats.get_mut(&leg) else { return };
        seat.table = Some(table);
        let (phone, muted) = (seat.phone, seat.muted);
        if muted {
            self.tell_worker(worker, Command::Mute(leg, true));
        }
        if let Some(phone) = phone {
            self.sit(phone, leg, worker);
        }
    }

    /// Opens the table of a room. `ears` is one hidden subscriber, however many phones will sit there.
    pub fn open_table(&mut self, table: TableId, ears: Direct) {
        let worker = self.table(table);
        self.workers[worker].0.push_always(Command::Listen(table, Box::new(ears)));
    }

    /// Which streams come to a table's ears; all of them, each time that one begins or ends.
    pub fn table_tracks(&mut self, table: TableId, tracks: Vec<EarTrack>) {
        if let Some(placed) = self.seating.tables.get(&table) {
            self.tell_worker(placed.worker, Command::Tracks(table, tracks));
        }
    }

    /// Ends a table. Its seats stay, and hear nothing.
    pub fn close_table(&mut self, table: TableId) {
        let Some(placed) = self.seating.tables.remove(&table) else { return };
        let queue = &self.workers[placed.worker].0;
        queue.legs.fetch_sub(1, Relaxed);
        queue.push_always(Command::ClearTable(table));
        for seat in self.seating.seats.values_mut().filter(|seat| seat.table == Some(table)) {
            seat.table = None;
        }
    }

    /// What a table has done so far.
    #[must_use]
    pub fn table_counts(&self, table: TableId) -> Option<TableCounts> {
        self.seating.tables.get(&table).map(|placed| placed.tally.counts())
    }

    pub(super) fn is_seat(&self, leg: LegId) -> bool {
        self.seating.seats.contains_key(&leg)
    }

    pub(super) fn add_seat(&mut self, leg: LegId) {
        if !self.legs.contains_key(&leg) {
            self.seating.seats.entry(leg).or_default();
        }
    }

    pub(super) fn remove_seat(&mut self, leg: LegId) {
        self.empty_seat(leg);
        self.remove_chair(leg);
        self.seating.seats.remove(&leg);
    }

    pub(super) fn mute_seat(&mut self, leg: LegId, muted: bool) {
        let Some(seat) = self.seating.seats.get_mut(&leg) else { return };
        seat.muted = muted;
        if let Some(worker) = self.worker_of_seat(leg) {
            self.tell_worker(worker, Command::Mute(leg, muted));
        }
    }

    /// Gives a phone a seat; until the room has let that in, it hears nothing.
    pub(super) fn seat_phone(&mut self, phone: LegId, leg: LegId) {
        if !self.legs.contains_key(&phone) {
            return;
        }
        self.leave_seat(phone);
        self.empty_seat(leg);
        let Some(seat) = self.seating.seats.get_mut(&leg) else { return };
        seat.phone = Some(phone);
        self.legs.entry(phone).and_modify(|known| known.seat = Some(leg));
        match self.worker_of_seat(leg) {
            Some(worker) => self.sit(phone, leg, worker),
            None => self.tell(phone, Command::Play(phone, Sound::Silence)),
        }
    }

    /// A phone is about to hear something else: its seat is free.
    pub(super) fn leave_seat(&mut self, phone: LegId) {
        let seat = self.legs.get_mut(&phone).and_then(|known| known.seat.take());
        if let Some(seat) = seat.and_then(|seat| self.seating.seats.get_mut(&seat)) {
            seat.phone = None;
        }
    }

    /// Whoever sits there gets up, and hears nothing.
    pub(super) fn empty_seat(&mut self, leg: LegId) {
        let Some(phone) = self.seating.seats.get_mut(&leg).and_then(|seat| seat.phone.take()) else { return };
        self.legs.entry(phone).and_modify(|known| known.seat = None);
        if let Some(worker) = self.worker_of_seat(leg) {
            self.tell_worker(worker, Command::StandUp(leg));
        }
    }

    /// The phone goes to the thread of the table, and sits down there.
    fn sit(&mut self, phone: LegId, seat: LegId, worker: usize) {
        self.move_leg(phone, worker);
        self.tell_worker(worker, Command::Sit { phone, seat });
    }

    fn remove_chair(&mut self, leg: LegId) {
        let Some(worker) = self.worker_of_seat(leg) else { return };
        self.workers[worker].0.push_always(Command::RemoveChair(leg));
        if let Some(seat) = self.seating.seats.get_mut(&leg) {
            seat.table = None;
        }
    }

    /// The thread of the table where a seat is, once the room has let it in.
    pub(super) fn worker_of_seat(&self, leg: LegId) -> Option<usize> {
        let table = self.seating.seats.get(&leg)?.table?;
        Some(self.seating.tables.get(&table)?.worker)
    }

    /// The thread of a table, which is set up if there is none.
    fn table(&mut self, table: TableId) -> usize {
        if let Some(placed) = self.seating.tables.get(&table) {
            return placed.worker;
        }
        let worker = (0..self.workers.len()).min_by_key(|at| self.workers[*at].0.load()).unwrap_or(0);
        let tally = Arc::new(TableTally::default());
        let queue = &self.workers[worker].0;
        queue.legs.fetch_add(1, Relaxed);
        queue.push_always(Command::SetTable(table, Arc::clone(&tally)));
        self.seating.tables.insert(table, Placed { worker, tally });
        worker
    }
}

//! The tables of one media thread, and who sits at them.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use sip_gateway_proto::call::{LegId, MediaEvent};

use super::Worker;
use crate::media::leg::Way;
use crate::media::queue::Command;
use crate::media::recording::Recorder;
use crate::media::speaker::Spoken;
use crate::media::table::{Legs, Table, TableId};

/// All tables, which beat together.
#[derive(Default)]
pub(super) struct Tables {
    tables: HashMap<TableId, Box<Table>>,
    /// At which table a seat is.
    seats: HashMap<LegId, TableId>,
    /// When they beat next; between two beats the ears are emptied once.
    next: Option<Instant>,
    /// Whether that is the moment in between.
    between: bool,
}

impl Tables {
    /// When something is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.next
    }

    /// The table at which a seat is.
    pub(super) fn of_seat(&mut self, seat: LegId) -> Option<&mut Table> {
        // Most legs sit at no table.
        if self.seats.is_empty() {
            return None;
        }
        self.tables.get_mut(self.seats.get(&seat)?).map(Box::as_mut)
    }

    fn begin(&mut self, now: Instant) {
        if self.next.is_none() {
            (self.next, self.between) = (Some(now + STEP), true);
        }
    }
}

impl Worker {
    /// Does what concerns tables.
    pub(super) fn obey_about_tables(&mut self, command: Command) {
        let now = self.desk.now;
        match command {
            Command::SetTable(id, tally) => {
                self.tables.tables.entry(id).or_insert_with(|| Box::new(Table::new(tally)));
                self.tables.begin(now);
            }
            Command::Listen(id, ears) => {
                if let Some(table) = self.tables.tables.get_mut(&id) {
                    table.listen(*ears);
                }
            }
            Command::Tracks(id, tracks) => {
                if let Some(table) = self.tables.tables.get_mut(&id) {
                    table.set_tracks(&tracks);
                }
            }
            Command::ClearTable(id) => self.clear_table(id, false),
            Command::AddChair(id, seat, uplink) => {
                if let Some(table) = self.tables.tables.get_mut(&id) {
                    table.add_chair(seat, *uplink);
                    self.tables.seats.insert(seat, id);
                }
            }
            Command::RemoveChair(seat) => {
                let phone = self.tables.of_seat(seat).and_then(|table| table.remove_chair(seat));
                self.tables.seats.remove(&seat);
                self.silence_phone(phone);
            }
            Command::StandUp(seat) => {
                let phone = self.tables.of_seat(seat).and_then(|table| table.stand_up(seat));
                self.silence_phone(phone);
            }
            Command::Sit { phone, seat } => self.sit(phone, seat),
            Command::Mute(seat, muted) => {
                if let Some(table) = self.tables.of_seat(seat) {
                    table.mute(seat, muted);
                }
            }
            // All others were seen to before.
            _ => {}
        }
    }

    /// A phone sits down at a seat, instead of whatever it heard.
    fn sit(&mut self, phone: LegId, seat: LegId) {
        self.part(phone);
        let before = self.tables.of_seat(seat).and_then(|table| table.stand_up(seat));
        self.silence_phone(before);
        let Some(place) = self.place(phone) else { return };
        self.with_leg(place, |worker, leg| {
            let Some(table) = worker.tables.of_seat(seat) else { return };
            table.sit(seat, phone, leg.agreed());
            leg.set_way(worker.desk.now, Some(seat), Way::Table);
        });
    }

    /// Tells the table of a leg what was agreed on with it; false if it sits at none.
    pub(super) fn agree_at_table(&mut self, phone: LegId) -> bool {
        let leg = self.place(phone).and_then(|place| self.legs[place].as_ref());
        let Some((seat, agreed)) = leg.and_then(|leg| leg.partner.zip(leg.agreed())) else { return false };
        let Some(table) = self.tables.of_seat(seat) else { return false };
        table.agree(seat, agreed);
        true
    }

    pub(super) fn say_at_table(&mut self, seat: LegId, phrase: Spoken) {
        if self.tables.of_seat(seat).is_some_and(|table| !table.say(seat, phrase)) {
            tracing::warn!("too much is to be said at one seat: a phrase is lost");
        }
    }

    pub(super) fn hush_at_table(&mut self, seat: LegId) {
        if let Some(table) = self.tables.of_seat(seat) {
            table.hush(seat);
        }
    }

    pub(super) fn record_at_table(&mut self, seat: LegId, recorder: Option<Box<Recorder>>) {
        if let Some(table) = self.tables.of_seat(seat) {
            table.record(seat, recorder);
        }
    }

    fn silence_phone(&mut self, phone: Option<LegId>) {
        let Some(leg) = phone.and_then(|id| self.place(id)).and_then(|place| self.legs[place].as_mut())
        else {
            return;
        };
        leg.set_way(self.desk.now, None, Way::Closed);
        Self::set_alarms(&mut self.timers, leg);
    }

    fn clear_table(&mut self, id: TableId, broken: bool) {
        let Some(table) = self.tables.tables.remove(&id) else { return };
        for seat in table.seats() {
            self.tables.seats.remove(&seat);
        }
        for phone in table.phones() {
            self.silence_phone(Some(phone));
            if broken {
                self.desk.events.push(MediaEvent::Broken { leg: phone });
            }
        }
        if self.tables.tables.is_empty() {
            self.tables.next = None;
        }
    }

    /// Lets all tables beat, if it is time. If that panics a table is lost, and no other one.
    pub(super) fn beat_tables(&mut self) {
        let now = self.desk.now;
        let Some(at) = self.tables.next.filter(|at| *at <= now) else { return };
        let between = self.tables.between;
        self.tables.between = !between;
        // What was missed by far is left out.
        self.tables.next = Some(if now - at > MAX_LATE { now + STEP } else { at + STEP });

        let mut broken = Vec::new();
        let mut legs = Legs { places: &self.places, legs: &mut self.legs };
        for (id, table) in &mut self.tables.tables {
            let beat = AssertUnwindSafe(|| {
                table.take_ears(now);
                if !between {
                    table.beat(&mut self.desk, &mut legs);
                }
            });
            if catch_unwind(beat).is_err() {
                broken.push(*id);
            }
        }
        for id in broken {
            tracing::error!("a table is lost: its media thread panicked over it");
            self.clear_table(id, true);
        }
    }
}

/// Half a beat.
const STEP: Duration = Duration::from_millis(10);
const MAX_LATE: Duration = Duration::from_millis(200);

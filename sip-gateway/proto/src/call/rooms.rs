//! Calls with a room at one end or both: who sits where, and what browsers are told of it.

use super::call_leg::{CallLeg, Party};
use super::calls::{Call, Calls, Stage};
use super::io::{Around, DoorCommand, Output, SeatCommand};
use super::media_plane::{LegId, Sound};
use super::record::{CallId, EndCause};
use super::screen::{ScreenEvent, ScreenNews};
use super::seat::{SeatOrder, SeatStatus};
use crate::sdp::Protection;

impl Calls {
    /// Whether an end is a room.
    pub(super) fn is_room(&self, id: LegId) -> bool {
        self.legs.get(&id).is_some_and(|leg| leg.side.room().is_some())
    }

    /// Whether an end is a meeting.
    pub(super) fn is_meeting(&self, id: LegId) -> bool {
        let end = self.legs.get(&id).and_then(|leg| leg.side.room());
        end.is_some_and(|end| end.meeting.is_some())
    }

    /// Lets two ends hear each other. Browsers in one room do so without us.
    pub(super) fn join(&mut self, around: &mut Around<'_>, one: LegId, other: LegId) {
        match (self.is_room(one), self.is_room(other)) {
            (false, false) => {}
            (true, false) => self.seat_at(around, one, other),
            (false, true) => self.seat_at(around, other, one),
            (true, true) => return,
        }
        around.media.bridge(one, other);
    }

    /// Plays a sound to a phone; browsers make their own.
    pub(super) fn play_to(&self, around: &mut Around<'_>, id: LegId, sound: Sound) {
        if !self.is_room(id) {
            around.media.play(id, sound);
        }
    }

    /// Puts phones on the seats of rooms, and brings two rooms together, before those at both ends hear each other.
    pub(super) fn sit_together(&mut self, around: &mut Around<'_>, one: LegId, other: LegId) {
        match (self.is_room(one), self.is_room(other)) {
            (false, false) => {}
            (true, false) => self.seat_at(around, one, other),
            (false, true) => self.seat_at(around, other, one),
            (true, true) => {
                self.unseat(around, one);
                self.unseat(around, other);
                self.move_into(one, other);
            }
        }
    }

    /// The second of two room ends goes where the first one is.
    fn move_into(&mut self, one: LegId, other: LegId) {
        let Some(room) = self.legs.get(&one).and_then(|leg| leg.side.room()).map(|room| room.room.clone())
        else {
            return;
        };
        if let Some(moved) = self.legs.get_mut(&other).and_then(|leg| leg.side.room_mut())
            && moved.room != room
        {
            moved.room = room;
            self.tell_screen(other, ScreenEvent::Moved);
        }
    }

    /// A phone is being called for a room: it is seen there already, unless another one is.
    pub(super) fn seat_first(&mut self, around: &mut Around<'_>, call: CallId, phone: LegId) {
        let Some(Call { caller, stage: Stage::Hunting(hunting), .. }) = self.calls.get(&call) else { return };
        let caller = *caller;
        let others = hunting.branches.iter().filter(|branch| **branch != phone && !self.is_room(**branch));
        if others.count() == 0 && self.is_room(caller) {
            self.seat_at(around, caller, phone);
        }
    }

    /// Puts a phone on the seat of a room.
    pub(super) fn seat_at(&mut self, around: &mut Around<'_>, room: LegId, phone: LegId) {
        let Some(identity) = self.seat_identity(room) else { return };
        if let Some(order) = self.order(around, room, phone, identity) {
            self.take_seat(around, room, order);
        }
    }

    /// Under which identity somebody sits in a room.
    pub(super) fn seat_identity(&mut self, room: LegId) -> Option<String> {
        let end = self.legs.get(&room)?.side.room()?;
        let known = end.seat.as_ref().map(|seat| &seat.identity).or(end.identity.as_ref()).cloned();
        Some(known.unwrap_or_else(|| self.mint.identity()))
    }

    /// Somebody takes the seat of a room, instead of whoever has it.
    pub(super) fn take_seat(&mut self, around: &mut Around<'_>, room: LegId, order: SeatOrder) {
        let Some(end) = self.legs.get_mut(&room).and_then(|leg| leg.side.room_mut()) else { return };
        match &mut end.seat {
            Some(seat) if *seat == order => return,
            Some(seat) if seat.status != order.status && is_same_person(seat, &order) => {
                return self.set_seat_status(room, order.status);
            }
            Some(seat) => *seat = order.clone(),
            None => {
                end.seat = Some(order.clone());
                around.media.seat(room);
            }
        }
        let order = Box::new(order);
        self.outputs.push_back(Output::Seat(SeatCommand::Take { leg: room, order }));
    }

    /// Who sits on a seat, as the room is to see it.
    fn order(&self, around: &Around<'_>, room: LegId, phone: LegId, identity: String) -> Option<SeatOrder> {
        let end = self.legs.get(&room)?.side.room()?;
        let leg = self.legs.get(&phone)?;
        let shown = leg.party.presented(around.plan);
        // What the office has said holds for whom it has let in.
        let let_in = end.meeting.as_ref().filter(|meeting| meeting.door == Some(phone));
        let told = let_in.and_then(|meeting| meeting.name.clone());
        // Who calls from outside has said what he is called.
        let said = leg.record.from_name.clone();
        let said = Some(said).filter(|said| leg.record.inbound && shown.name.is_empty() && !said.is_empty());
        let name = told.or(said).unwrap_or(shown.name);
        let name = if name.is_empty() { shown.number.clone() } else { name };
        let extension = leg.extension().and_then(|number| around.plan.extension(number));
        let status = match (leg.record.answered, leg.record.ringing) {
            (Some(_), _) => SeatStatus::Active,
            (None, Some(_)) if !leg.record.inbound => SeatStatus::Ringing,
            (None, None) if !leg.record.inbound => SeatStatus::Dialing,
            (None, _) => SeatStatus::Active,
        };
        Some(SeatOrder {
            room: end.room.clone(),
            call: leg.call,
            identity,
            name,
            number: shown.number,
            extension: extension.map(|extension| extension.number.clone()),
            post: extension.and_then(|extension| Some(around.plan.post(extension.post)?.name.clone())),
            role: end.meeting.as_ref().and_then(|meeting| meeting.role.clone()),
            encrypted: leg.side.agreed().map(|agreed| agreed.protection != Protection::Plain),
            status,
        })
    }

    /// The call of whoever sits in a room is so far now.
    pub(super) fn set_seat_status(&mut self, room: LegId, status: SeatStatus) {
        let end = self.legs.get_mut(&room).and_then(|leg| leg.side.room_mut());
        if let Some(seat) = end.and_then(|end| end.seat.as_mut()).filter(|seat| seat.status != status) {
            seat.status = status;
            self.outputs.push_back(Output::Seat(SeatCommand::Status { leg: room, status }));
        }
    }

    /// Nobody sits there any more.
    pub(super) fn unseat(&mut self, around: &mut Around<'_>, room: LegId) {
        let Some(leg) = self.legs.get_mut(&room) else { return };
        let Some(end) = leg.side.room_mut() else { return };
        (end.listened, end.begins) = (false, None);
        if end.seat.take().is_some() {
            leg.record.media = around.media.close(room);
            self.outputs.push_back(Output::Seat(SeatCommand::Leave { leg: room }));
        }
    }

    /// A room end is over: its seat is given back, its door closed, and its browsers are told.
    pub(super) fn close_room(&mut self, around: &mut Around<'_>, room: LegId, cause: EndCause) {
        self.unseat(around, room);
        let Some(leg) = self.legs.get_mut(&room) else { return };
        let (inbound, answered) = (leg.record.inbound, leg.record.answered.is_some());
        let Some(end) = leg.side.room_mut() else { return };
        end.end();
        let alone = end.alone.then(|| end.room.clone());
        let door = end.meeting.as_mut().and_then(|meeting| meeting.door.take());
        self.tell_screen(
            room,
            match inbound || answered {
                true => ScreenEvent::Ended { cause },
                false => ScreenEvent::RingsNoMore { why: cause },
            },
        );
        if let Some(phone) = door {
            self.leave_door(phone);
        }
        if let Some(room) = alone {
            self.join_the_last(around, &room);
        }
    }

    /// A phone has gone away from the door of a meeting, or out of it, if it was there.
    pub(super) fn leave_door(&mut self, phone: LegId) {
        if self.legs.get_mut(&phone).is_some_and(|leg| std::mem::take(&mut leg.at_door)) {
            self.outputs.push_back(Output::Door(DoorCommand::Leave { leg: phone }));
        }
    }

    /// Tells the browsers of a room end something.
    pub(super) fn tell_screen(&mut self, room: LegId, event: ScreenEvent) {
        let Some(end) = self.legs.get(&room).and_then(|leg| leg.side.room()) else { return };
        if let Some(extension) = end.watcher.clone() {
            let news = ScreenNews { leg: room, extension, room: end.room.clone(), event };
            self.outputs.push_back(Output::Screen(news));
        }
    }

    /// Tells the browsers of a room end with whom they talk, and who keeps whom waiting, if that is news.
    pub(super) fn tell_of_talk(&mut self, around: &Around<'_>, room: LegId, other: LegId) {
        let holds = (self.holds(room), self.holds(other));
        let Some(there) = self.legs.get(&other) else { return };
        if !there.side.is_confirmed() {
            return;
        }
        let in_browser = there.side.room().is_some();
        let by = there.party.presented(around.plan);
        let name = match (&there.party, by.name.is_empty() && there.record.inbound) {
            (Party::Outside { .. }, true) => there.record.from_name.clone(),
            _ => by.name,
        };
        let Some(end) = self.legs.get_mut(&room).and_then(|leg| leg.side.room_mut()) else { return };
        let met = end.told.replace(other) != Some(other);
        let changed = std::mem::replace(&mut end.told_holds, holds) != holds;
        if met {
            self.tell_screen(room, ScreenEvent::Answered { by: by.number, name, in_browser });
        }
        if changed {
            self.tell_screen(room, ScreenEvent::Held { mine: holds.0, theirs: holds.1 });
        }
    }

    /// A room end, if it is alive.
    pub(super) fn live_room(&mut self, id: LegId) -> Option<&mut CallLeg> {
        self.legs.get_mut(&id).filter(|leg| !leg.ended && leg.side.room().is_some())
    }
}

/// Whether only the status may differ.
fn is_same_person(one: &SeatOrder, other: &SeatOrder) -> bool {
    one.call == other.call && SeatOrder { status: one.status, ..other.clone() } == *one
}

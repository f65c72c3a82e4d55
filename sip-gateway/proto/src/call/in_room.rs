//! A browser that is led by voice: ours takes the seat in its room, says what is to be said, and hears the answer.

use std::time::Duration;

use super::calls::{Call, Calls, Stage};
use super::identity::Presented;
use super::io::Around;
use super::media_plane::LegId;
use super::record::CallId;
use super::screen::ScreenEvent;
use super::seat::{SeatOrder, SeatStatus};
use crate::ivr::Guide;

impl Calls {
    /// Whether a voice may speak in the room from which a browser calls: a meeting, or others who talk there, are not
    /// interrupted.
    pub(super) fn may_be_led(&self, room: LegId) -> bool {
        let Some(end) = self.legs.get(&room).and_then(|leg| leg.side.room()) else { return true };
        let others = self.legs.iter().filter(|(id, leg)| **id != room && !leg.ended);
        let mut rooms = others.filter_map(|(_, leg)| leg.side.room());
        end.meeting.is_none() && !rooms.any(|other| other.room == end.room)
    }

    /// Speaks to a browser for an extension that does not answer.
    pub(super) fn lead_in_room(
        &mut self,
        around: &mut Around<'_>,
        call: CallId,
        room: LegId,
        extension: &str,
        guide: Guide,
    ) {
        let Presented { number, name } = Presented::extension(around.plan, extension);
        let Some(identity) = self.seat_identity(room) else { return };
        let Some(end) = self.legs.get(&room).and_then(|leg| leg.side.room()) else { return };
        let listened = end.listened;
        let order = SeatOrder {
            room: end.room.clone(),
            call,
            identity,
            name: if name.is_empty() { number.clone() } else { name.clone() },
            number: number.clone(),
            extension: Some(number.clone()),
            post: None,
            role: None,
            encrypted: None,
            status: SeatStatus::Active,
        };
        self.take_seat(around, room, order);
        self.note_answered(around, room);
        self.tell_screen(room, ScreenEvent::Mailbox { of: number, name });
        self.ask_at(around, call, room, guide);
        // The seat may be one that a phone had, which the browser hears already.
        if listened {
            self.speak_soon(around, room);
        }
    }

    /// Somebody in the room is about to hear our seat.
    pub(super) fn handle_listened(&mut self, around: &Around<'_>, room: LegId) {
        if let Some(end) = self.legs.get_mut(&room).and_then(|leg| leg.side.room_mut()) {
            end.listened = true;
        }
        self.speak_soon(around, room);
    }

    fn speak_soon(&mut self, around: &Around<'_>, room: LegId) {
        if self.guide_at(room).is_none() {
            return;
        }
        if let Some(end) = self.touch(room).and_then(|leg| leg.side.room_mut()) {
            end.begins = Some(around.now + CONNECTING);
        }
    }

    /// Begins to speak in a room, if it is time.
    pub(super) fn begin_in_room(&mut self, around: &mut Around<'_>, room: LegId) {
        let Some(leg) = self.touch(room) else { return };
        let call = leg.call;
        let due = leg.side.room_mut().and_then(|end| end.begins.take_if(|at| *at <= around.now));
        if due.is_some()
            && let Some(guide) = self.guide_at(room)
        {
            guide.begin(around.now);
            self.attend(around, call);
        }
    }

    /// A key was pressed in a room where we speak; false if we do not.
    pub(super) fn press_in_room(&mut self, around: &mut Around<'_>, room: LegId, key: char) -> bool {
        let Some(call) = self.legs.get(&room).map(|leg| leg.call) else { return false };
        let Some(guide) = self.guide_at(room) else { return false };
        guide.press(around.now, key);
        self.attend(around, call);
        true
    }

    /// Who leads the browser in a room.
    fn guide_at(&mut self, room: LegId) -> Option<&mut Guide> {
        let call = self.legs.get(&room).filter(|leg| !leg.ended)?.call;
        match self.calls.get_mut(&call) {
            Some(Call { caller, stage: Stage::Asking(guide), .. }) if *caller == room => Some(guide),
            _ => None,
        }
    }
}

/// From the news of a new voice to its first sound, over a link with a satellite in it: three journeys of news, two of
/// which the browser begins.
const CONNECTING: Duration = Duration::from_millis(1_500);

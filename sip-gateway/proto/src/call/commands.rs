//! What browsers order in their calls. The leg is always the room end of whoever orders.

use super::calls::{Call, Calls, Stage};
use super::hunt::Target;
use super::io::Around;
use super::media_plane::LegId;
use super::place::{CommandError, Destination};
use super::record::{CallId, EndCause};
use super::room_end::{InMeeting, RoomEnd};
use super::screen::ScreenEvent;
use crate::leg::Ending;
use crate::message::{Headers, StatusCode};

impl Calls {
    /// A browser takes a call that rings. Gives the room to which it is to go.
    pub fn answer(&mut self, around: &mut Around<'_>, id: LegId) -> Result<String, CommandError> {
        let call = self.ringing_room(id)?;
        if let Some(end) = self.legs.get_mut(&id).and_then(|leg| leg.side.room_mut()) {
            end.confirm();
        }
        self.note_answered(around, id);
        self.connect(around, call, id, None);
        self.settle(around);
        let end = self.live_room(id).and_then(|leg| leg.side.room());
        end.map(|end| end.room.clone()).ok_or(CommandError::NoSuchCall)
    }

    /// A browser declines a call that rings, for all devices of its extension.
    pub fn decline(&mut self, around: &mut Around<'_>, id: LegId) -> Result<(), CommandError> {
        let call = self.ringing_room(id)?;
        let ending = Ending::Refused { status: StatusCode::DECLINE, headers: Headers::new() };
        self.handle_ended(around, call, id, ending);
        self.settle(around);
        Ok(())
    }

    /// A browser hangs up, or gives up; declines what rings.
    pub fn hang_up_room(&mut self, around: &mut Around<'_>, id: LegId) -> Result<(), CommandError> {
        let leg = self.live_room(id).ok_or(CommandError::NoSuchCall)?;
        let call = leg.call;
        if leg.side.room().is_some_and(super::room_end::RoomEnd::is_ringing) {
            return self.decline(around, id);
        }
        self.handle_ended(around, call, id, Ending::HungUp(None));
        self.settle(around);
        Ok(())
    }

    /// A browser puts the other side on hold, or takes it back.
    pub fn hold(&mut self, around: &mut Around<'_>, id: LegId, holds: bool) -> Result<(), CommandError> {
        let call = self.live_room(id).ok_or(CommandError::NoSuchCall)?.call;
        self.other(call, id).ok_or(CommandError::NotNow)?;
        if let Some(end) = self.live_room(id).and_then(|leg| leg.side.room_mut()) {
            end.holds = holds;
        }
        self.let_hear(around, call);
        self.settle(around);
        Ok(())
    }

    /// A browser presses a key towards the other side, or towards whoever is heard before the call is answered.
    pub fn press(&mut self, around: &mut Around<'_>, id: LegId, key: char) -> Result<(), CommandError> {
        let call = self.live_room(id).ok_or(CommandError::NoSuchCall)?.call;
        if self.press_in_room(around, id, key) {
            self.settle(around);
            return Ok(());
        }
        let heard = match self.calls.get(&call) {
            Some(Call { caller, stage: Stage::Hunting(hunting), .. }) if *caller == id => hunting.heard,
            _ => self.other(call, id),
        };
        let phone = heard.filter(|phone| !self.is_room(*phone)).ok_or(CommandError::NotNow)?;
        if !matches!(key, '0'..='9' | '*' | '#' | 'A'..='D') {
            return Err(CommandError::NotNow);
        }
        self.press_toward(around, phone, key);
        self.settle(around);
        Ok(())
    }

    /// A browser sends the other side on.
    pub fn transfer(
        &mut self,
        around: &mut Around<'_>,
        id: LegId,
        destination: Destination,
    ) -> Result<(), CommandError> {
        let call = self.live_room(id).ok_or(CommandError::NoSuchCall)?.call;
        self.other(call, id).ok_or(CommandError::NotNow)?;
        let done = match destination {
            Destination::Number(number) => {
                self.transfer_blindly(around, call, id, number).map_err(CommandError::Refused)
            }
            Destination::Meeting { room, name, role } => {
                self.transfer_into_meeting(around, call, id, room, name, role)
            }
        };
        self.settle(around);
        done
    }

    fn transfer_into_meeting(
        &mut self,
        around: &mut Around<'_>,
        call: CallId,
        by: LegId,
        room: String,
        name: String,
        role: String,
    ) -> Result<(), CommandError> {
        let other = self.other(call, by).ok_or(CommandError::NotNow)?;
        if let Some(end) = self.live_room(other).and_then(|leg| leg.side.room_mut()) {
            // A browser goes there by itself, and is then no call any more.
            end.room = room;
            self.tell_screen(other, ScreenEvent::Moved);
            self.end_call(around, call, StatusCode::TEMPORARILY_UNAVAILABLE, EndCause::Transferred);
            return Ok(());
        }
        let confirmed = self.legs.get(&other).is_some_and(|leg| leg.side.is_confirmed());
        if !confirmed {
            return Err(CommandError::NotNow);
        }
        if let Some(found) = self.calls.get_mut(&call) {
            found.dialled.clone_from(&name);
        }
        self.finish_transfer(around, by);
        let meeting = InMeeting { role: Some(role), ..InMeeting::default() };
        let end = RoomEnd::meeting(room, meeting);
        self.enter_room(around, call, other, end, name);
        Ok(())
    }

    /// Somebody has an extension open in a browser, or nobody any more. What rings there rings in the browser as well.
    pub fn set_screens(&mut self, around: &mut Around<'_>, extension: &str, open: bool) {
        let changed = match open {
            true => self.screens.len() < MAX_SCREENS && self.screens.insert(extension.to_owned()),
            false => self.screens.remove(extension),
        };
        if !changed {
            return;
        }
        match open {
            true => self.ring_in_new_screen(around, extension),
            false => self.stop_in_closed_screen(around, extension),
        }
        self.settle(around);
    }

    fn ring_in_new_screen(&mut self, around: &mut Around<'_>, extension: &str) {
        let own = Target::Extension(extension.to_owned());
        let legs = self.of_extension.get(extension).into_iter().flatten();
        let mut calls: Vec<CallId> = legs
            .filter_map(|id| self.legs.get(id))
            .filter(|leg| !leg.ended && leg.target.as_ref() == Some(&own) && leg.record.answered.is_none())
            .map(|leg| leg.call)
            .collect();
        calls.sort_unstable();
        calls.dedup();
        for call in calls {
            if self.has_screens_for(call, extension) {
                self.start_screen_branch(around, call, extension);
            }
        }
    }

    fn stop_in_closed_screen(&mut self, around: &mut Around<'_>, extension: &str) {
        let legs = self.of_extension.get(extension).into_iter().flatten().copied();
        let ringing: Vec<LegId> = legs
            .filter(|id| self.legs[id].side.room().is_some_and(super::room_end::RoomEnd::is_ringing))
            .collect();
        for id in ringing {
            let Some(call) = self.legs.get(&id).filter(|leg| !leg.ended).map(|leg| leg.call) else {
                continue;
            };
            let status = StatusCode::TEMPORARILY_UNAVAILABLE;
            self.handle_ended(around, call, id, Ending::Refused { status, headers: Headers::new() });
        }
    }

    /// The call in which browsers ring by that room end.
    fn ringing_room(&mut self, id: LegId) -> Result<CallId, CommandError> {
        let leg = self.live_room(id).ok_or(CommandError::NoSuchCall)?;
        let (call, rings) = (leg.call, leg.side.room().is_some_and(super::room_end::RoomEnd::is_ringing));
        match self.calls.get(&call).map(|call| &call.stage) {
            Some(Stage::Hunting(hunting)) if rings && hunting.branches.contains(&id) => Ok(call),
            _ => Err(CommandError::NotNow),
        }
    }
}

/// The most extensions that are open in browsers: more than any house has.
const MAX_SCREENS: usize = 100_000;

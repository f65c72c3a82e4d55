//! A phone in a meeting: its keys, what the host does with it, and who speaks.

use std::time::Duration;

use super::call_leg::CallLeg;
use super::calls::{Call, Calls, Stage};
use super::io::{Around, Output, SeatCommand};
use super::media_plane::LegId;
use super::place::CommandError;
use super::record::{CallId, EndCause};
use super::room_end::InMeeting;
use super::screen::{ScreenEvent, ScreenNews};
use super::seat::{SeatEnd, SeatEvent};
use crate::ivr::{Phrase, Prompt, StarCode};
use crate::message::StatusCode;
use crate::plan::Language;

impl Calls {
    /// A phone pressed a key that is meant for us, if for anybody.
    pub(super) fn handle_own_key(&mut self, around: &mut Around<'_>, phone: LegId, key: char) {
        let Some(call) = self.legs.get(&phone).filter(|leg| !leg.ended).map(|leg| leg.call) else { return };
        if let Some(Call { caller, stage: Stage::Asking(guide), .. }) = self.calls.get_mut(&call) {
            if *caller == phone {
                guide.press(around.now, key);
                self.attend(around, call);
            }
            return;
        }
        let Some(room) = self.other(call, phone) else { return };
        let now = around.now;
        let ordered = self.in_meeting(room).and_then(|meeting| meeting.stars.press(now, key));
        if let Some(code) = ordered {
            self.obey_phone(around, phone, room, code);
        }
    }

    fn obey_phone(&mut self, around: &mut Around<'_>, phone: LegId, room: LegId, code: StarCode) {
        let Some(meeting) = self.in_meeting(room) else { return };
        let prompt = match code {
            StarCode::Mute => {
                meeting.muted = !meeting.muted;
                let muted = meeting.muted;
                around.media.mute(room, muted);
                self.outputs.push_back(Output::Seat(SeatCommand::Mute { leg: room, muted }));
                if muted { Prompt::Muted } else { Prompt::Unmuted }
            }
            StarCode::Hand => {
                let raised = !meeting.hand;
                self.set_hand(room, raised);
                if raised { Prompt::HandRaised } else { Prompt::HandLowered }
            }
            StarCode::Host => {
                self.set_hand(room, true);
                if self.ask_host(room) { Prompt::HostAsked } else { Prompt::HandRaised }
            }
        };
        self.say_in_meeting(around, phone, room, prompt);
    }

    /// A phone gets the floor of its meeting, or has it no more, and is told so. The room mutes whom it does not hear.
    pub fn tell_floor(
        &mut self,
        around: &mut Around<'_>,
        room: LegId,
        given: bool,
    ) -> Result<(), CommandError> {
        let call = self.live_room(room).ok_or(CommandError::NoSuchCall)?.call;
        let phone = self.other(call, room).filter(|phone| !self.is_room(*phone));
        let now = around.now;
        let meeting = self.in_meeting(room).ok_or(CommandError::NotNow)?;
        meeting.floor_closed = (!given).then_some(now);
        if given {
            // Whoever speaks asks no more.
            meeting.hand = false;
        }
        let prompt = match (given, meeting.muted) {
            (true, true) => Prompt::FloorGiven,
            (true, false) => Prompt::FloorYours,
            (false, _) => Prompt::FloorClosed,
        };
        self.say_to_sitting(around, phone, room, prompt);
        self.settle(around);
        Ok(())
    }

    fn set_hand(&mut self, room: LegId, raised: bool) {
        if let Some(meeting) = self.in_meeting(room).filter(|meeting| meeting.hand != raised) {
            meeting.hand = raised;
            self.outputs.push_back(Output::Seat(SeatCommand::Hand { leg: room, raised }));
        }
    }

    /// The host is told that a phone wants something. Who the host is, the office knows; where whoever has called others
    /// together is gone, there is none.
    fn ask_host(&mut self, leg: LegId) -> bool {
        let Some(end) = self.legs.get(&leg).and_then(|leg| leg.side.room()) else { return false };
        let Some(seat) = end.seat.as_ref().filter(|_| !end.alone) else { return false };
        let extension = end.watcher.clone().unwrap_or_default();
        let event = ScreenEvent::AsksHost { name: seat.name.clone() };
        let news = ScreenNews { leg, extension, room: end.room.clone(), event };
        self.outputs.push_back(Output::Screen(news));
        true
    }

    /// Takes what happens at a phone's seat.
    pub fn handle_seat(&mut self, around: &mut Around<'_>, room: LegId, event: SeatEvent) {
        self.take_seat_event(around, room, event);
        self.settle(around);
    }

    fn take_seat_event(&mut self, around: &mut Around<'_>, room: LegId, event: SeatEvent) {
        let Some(call) =
            self.live_room(room).filter(|leg| leg.side.room().is_some_and(|end| end.seat.is_some()))
        else {
            return;
        };
        let call = call.call;
        let phone = self.other(call, room);
        match event {
            SeatEvent::Entered => {}
            SeatEvent::Listened => self.handle_listened(around, room),
            SeatEvent::Moved(to) => self.follow_seat(room, to),
            SeatEvent::MutedByHost(muted) => {
                around.media.mute(room, muted);
                let Some(meeting) = self.in_meeting(room).filter(|meeting| meeting.muted != muted) else {
                    return;
                };
                meeting.muted = muted;
                let told = meeting.floor_closed.take().is_some_and(|at| around.now < at + TOGETHER);
                if muted && told {
                    return;
                }
                let prompt = if muted { Prompt::MutedByHost } else { Prompt::UnmutedByHost };
                self.say_to_sitting(around, phone, room, prompt);
            }
            SeatEvent::HandLowered => {
                let Some(meeting) = self.in_meeting(room).filter(|meeting| meeting.hand) else { return };
                meeting.hand = false;
                self.say_to_sitting(around, phone, room, Prompt::HandLowered);
            }
            SeatEvent::Speaking(speakers) => {
                let (now, first) = (around.now, speakers.into_iter().next());
                if let (Some(meeting), Some(speaker)) = (self.in_meeting(room), first) {
                    meeting.display.want(now, &speaker.name);
                    self.show_speaker(around, room);
                }
            }
            SeatEvent::Key(key) => {
                if self.press_in_room(around, room, key) {
                    return;
                }
                if let Some(phone) = phone {
                    self.press_toward(around, phone, key);
                }
            }
            SeatEvent::Gone(end) => self.lose_seat(around, call, room, end),
        }
    }

    /// A host has moved a seat: that is where its end of the call is now.
    fn follow_seat(&mut self, room: LegId, to: String) {
        let Some(end) = self.legs.get_mut(&room).and_then(|leg| leg.side.room_mut()) else { return };
        if let Some(seat) = &mut end.seat {
            seat.room.clone_from(&to);
        }
        end.room = to;
        if end.meeting.is_some() {
            self.tell_screen(room, ScreenEvent::Moved);
        }
    }

    /// A phone has no seat any more, and did not leave it.
    fn lose_seat(&mut self, around: &mut Around<'_>, call: CallId, room: LegId, end: SeatEnd) {
        let prompt = match end {
            SeatEnd::Removed => Prompt::Removed,
            SeatEnd::Ended => Prompt::MeetingOver,
            SeatEnd::Full => Prompt::MeetingFull,
            SeatEnd::Lost => Prompt::TryLater,
        };
        let phone = self.other(call, room).filter(|phone| !self.is_room(*phone));
        let confirmed = |phone: &LegId| self.legs.get(phone).is_some_and(|leg| leg.side.is_confirmed());
        match phone.filter(confirmed) {
            Some(phone) if self.in_meeting(room).is_some() => {
                self.leave_meeting(around, call, phone, prompt);
            }
            _ => {
                let status = StatusCode::TEMPORARILY_UNAVAILABLE;
                self.end_call(around, call, status, EndCause::Failed("the room is gone"));
            }
        }
    }

    /// Takes a phone out of its meeting, and tells it why before we hang up.
    pub(super) fn leave_meeting(
        &mut self,
        around: &mut Around<'_>,
        call: CallId,
        phone: LegId,
        prompt: Prompt,
    ) {
        let Some(room) = self.other(call, phone).filter(|room| self.is_room(*room)) else { return };
        self.send_off(around, call, phone, prompt);
        self.hang_up(around, room, None);
        self.close_leg(around, room, EndCause::HungUp);
    }

    /// Shows on a phone's display who speaks, if it is time and the phone can show it.
    pub(super) fn show_speaker(&mut self, around: &Around<'_>, room: LegId) {
        let now = around.now;
        let Some(call) = self.legs.get(&room).map(|leg| leg.call) else { return };
        let name = self.in_meeting(room).and_then(|meeting| meeting.display.take(now));
        let shown = match (name, self.other(call, room)) {
            (Some(name), Some(phone)) => Some((name, phone)),
            _ => None,
        };
        if let Some((name, phone)) = shown
            && let Some(leg) = self.legs.get(&phone).filter(|leg| leg.extension().is_some())
        {
            // The name alone changes: the number stays the one that was dialled, by which it can be called again.
            let number = leg.record.dialled.clone();
            let number = if leg.record.inbound { number } else { leg.record.from.clone() };
            let identity = super::identity::Presented { number, name }.address(&around.plan.realm);
            if let Some(phone) = self.touch(phone).and_then(CallLeg::phone_mut) {
                phone.show(now, identity);
            }
        }
        self.touch(room);
    }

    /// Presses a key towards a phone, in RTP or by INFO, as it takes them.
    pub(super) fn press_toward(&mut self, around: &mut Around<'_>, phone: LegId, key: char) {
        let Some(leg) = self.touch(phone) else { return };
        let in_rtp = leg.side.agreed().is_some_and(|agreed| agreed.keys.is_some());
        match leg.phone_mut() {
            Some(leg) if !in_rtp => leg.press(around.now, key, KEY),
            Some(_) => around.media.press(phone, key, KEY),
            None => {}
        }
    }

    fn say_to_sitting(&mut self, around: &mut Around<'_>, phone: Option<LegId>, room: LegId, prompt: Prompt) {
        if let Some(phone) = phone {
            self.say_in_meeting(around, phone, room, prompt);
        }
    }

    fn say_in_meeting(&mut self, around: &mut Around<'_>, phone: LegId, room: LegId, prompt: Prompt) {
        let language = self.in_meeting(room).map(|meeting| meeting.language).unwrap_or_default();
        self.say(around, phone, Phrase::of(&[prompt]), language);
    }

    /// In which language a phone is spoken to.
    pub(super) fn language_of(&self, call: CallId, phone: LegId) -> Language {
        let room = self.other(call, phone).and_then(|room| self.legs.get(&room)?.side.room());
        room.and_then(|room| Some(room.meeting.as_ref()?.language)).unwrap_or_default()
    }

    fn in_meeting(&mut self, room: LegId) -> Option<&mut InMeeting> {
        self.legs.get_mut(&room)?.side.room_mut()?.meeting.as_mut()
    }
}

/// What happens within this belongs together.
const TOGETHER: Duration = Duration::from_secs(2);
/// How long a key is pressed.
const KEY: Duration = Duration::from_millis(160);

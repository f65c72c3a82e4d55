//! Somebody leaves a conversation in the browser: if he has called others into it, they go on without him.
//!
//! Two are joined as if one had called the other. More stay in the room as in a meeting that nobody holds: each of their
//! calls has an end there that [goes on alone](RoomEnd::alone), until two are left, who are joined, or one, who is not
//! kept waiting for nobody.

use super::call_leg::CallLeg;
use super::calls::{Calls, Stage};
use super::io::Around;
use super::media_plane::LegId;
use super::place::CommandError;
use super::record::EndCause;
use super::room_end::{InMeeting, RoomEnd};
use crate::message::StatusCode;

impl Calls {
    /// A browser leaves the room of a call, with all calls that it has there.
    pub fn leave_room(&mut self, around: &mut Around<'_>, id: LegId) -> Result<(), CommandError> {
        let ends = self.ends_beside(id).ok_or(CommandError::NoSuchCall)?;
        let (talking, others): (Vec<LegId>, Vec<LegId>) =
            ends.iter().copied().partition(|end| self.talks_to_another(*end, &ends));
        for end in others {
            // Who calls himself has both ends of it.
            if self.live_room(end).is_some() {
                self.hang_up_room(around, end)?;
            }
        }
        match talking[..] {
            [one, other] => self.leave_together(around, one, other),
            [_] | [] => {
                for end in talking {
                    self.hang_up_room(around, end)?;
                }
            }
            _ => self.leave_alone(around, &talking),
        }
        self.settle(around);
        Ok(())
    }

    /// The ends that an extension has in the room of one of them, in order.
    fn ends_beside(&self, id: LegId) -> Option<Vec<LegId>> {
        let own = self.legs.get(&id).filter(|leg| !leg.ended)?.side.room()?;
        let beside = |other: &super::room_end::RoomEnd| {
            other.room == own.room && other.watcher == own.watcher && other.meeting.is_none()
        };
        let mut ends: Vec<LegId> = self
            .legs
            .iter()
            .filter(|(other, leg)| **other == id || !leg.ended && leg.side.room().is_some_and(beside))
            .map(|(other, _)| *other)
            .collect();
        ends.sort_unstable();
        Some(ends)
    }

    fn talks_to_another(&self, end: LegId, own: &[LegId]) -> bool {
        let other = self.legs.get(&end).and_then(|leg| self.other(leg.call, end));
        self.talks(end) && other.is_some_and(|other| !own.contains(&other))
    }

    fn talks(&self, end: LegId) -> bool {
        let Some(leg) = self.legs.get(&end) else { return false };
        let other = self.other(leg.call, end).and_then(|other| self.legs.get(&other));
        leg.side.is_confirmed() && other.is_some_and(|other| other.side.is_confirmed())
    }

    /// The two to whom somebody talks at these ends talk to each other from now on.
    fn leave_together(&mut self, around: &mut Around<'_>, one: LegId, other: LegId) {
        let call = |id: LegId| self.legs.get(&id).map(|leg| leg.call);
        let (Some(from), Some(into)) = (call(one), call(other)) else { return };
        let Some(stays) = self.other(from, one) else { return };
        debug_assert!(matches!(self.calls[&into].stage, Stage::Talking { .. }), "they were found talking");
        for end in [one, other] {
            self.ceases_to_stay(end);
            self.unseat(around, end);
        }
        self.forget(from);
        if let Some(leg) = self.legs.get_mut(&stays) {
            leg.call = into;
            leg.record.call = into;
        }
        self.tell(stays);
        self.put_in_place(around, into, other, stays);
        for end in [one, other] {
            self.hang_up(around, end, None);
            self.close_leg(around, end, EndCause::HungUp);
        }
    }

    /// Those to whom somebody talks at these ends stay in the room, in calls of which the other end is nobody's.
    fn leave_alone(&mut self, around: &mut Around<'_>, ends: &[LegId]) {
        let Some(room) = self.legs.get(&ends[0]).and_then(|leg| leg.side.room()).map(|end| end.room.clone())
        else {
            return;
        };
        let others: Vec<(LegId, LegId)> =
            ends.iter().filter_map(|end| Some((*end, self.other(self.legs.get(end)?.call, *end)?))).collect();
        let name = |id: LegId| self.legs.get(&id).map(|leg| leg.party.presented(around.plan).name);
        let names: Vec<(LegId, String)> =
            others.iter().filter_map(|(_, other)| Some((*other, name(*other)?))).collect();
        for (end, other) in others {
            let Some(call) = self.legs.get(&end).map(|leg| leg.call) else { continue };
            self.unseat(around, end);
            if self.ceases_to_stay(other) {
                // It kept who leaves now beside the others.
                self.end_call(around, call, StatusCode::TEMPORARILY_UNAVAILABLE, EndCause::HungUp);
                continue;
            }
            let with = names.iter().filter(|(there, name)| *there != other && !name.is_empty());
            let with = with.map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(", ");
            let mut kept = RoomEnd::meeting(room.clone(), InMeeting::default());
            kept.alone = true;
            self.enter_room(around, call, other, kept, with);
            self.hang_up(around, end, None);
            self.close_leg(around, end, EndCause::HungUp);
        }
        self.join_the_last(around, &room);
    }

    /// One of those who went on alone in a room has left: the last two are joined, and the last one is let go.
    pub(super) fn join_the_last(&mut self, around: &mut Around<'_>, room: &str) {
        let stays =
            |leg: &CallLeg| !leg.ended && leg.side.room().is_some_and(|end| end.alone && end.room == room);
        let mut left: Vec<LegId> =
            self.legs.iter().filter(|(_, leg)| stays(leg)).map(|(id, _)| *id).collect();
        left.sort_unstable();
        match left[..] {
            [one, other] if self.talks(one) && self.talks(other) => self.leave_together(around, one, other),
            [one] => {
                let call = self.legs[&one].call;
                self.end_call(around, call, StatusCode::TEMPORARILY_UNAVAILABLE, EndCause::OtherHungUp);
            }
            _ => {}
        }
    }

    /// An end that keeps somebody in a room beside others does so no more; whether it did.
    fn ceases_to_stay(&mut self, id: LegId) -> bool {
        let end = self.legs.get_mut(&id).and_then(|leg| leg.side.room_mut());
        end.is_some_and(|end| std::mem::take(&mut end.alone))
    }
}

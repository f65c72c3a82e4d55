//! Somebody leaves a conversation in the browser: if he has called others into it, they go on without him.

use super::calls::{Calls, Stage};
use super::io::Around;
use super::media_plane::LegId;
use super::place::CommandError;
use super::record::EndCause;

impl Calls {
    /// A browser leaves the room of a call, with all calls that it has there.
    pub fn leave_room(&mut self, around: &mut Around<'_>, id: LegId) -> Result<(), CommandError> {
        let ends = self.ends_beside(id).ok_or(CommandError::NoSuchCall)?;
        let (talking, others): (Vec<LegId>, Vec<LegId>) = ends.into_iter().partition(|end| self.talks(*end));
        for end in others {
            self.hang_up_room(around, end)?;
        }
        match talking[..] {
            [one, other] => self.leave_together(around, one, other),
            _ => {
                for end in talking {
                    self.hang_up_room(around, end)?;
                }
            }
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
}

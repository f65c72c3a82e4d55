//! How calls and legs are ended by us.

use super::calls::Calls;
use super::io::Around;
use super::media_plane::LegId;
use super::record::{CallId, EndCause};
use crate::leg::Reason;
use crate::message::StatusCode;

impl Calls {
    /// Ends everything, in order: the program stops.
    pub fn hang_up_all(&mut self, around: &mut Around<'_>) {
        let calls: Vec<CallId> = self.calls.keys().copied().collect();
        for call in calls {
            self.end_call(
                around,
                call,
                StatusCode::SERVICE_UNAVAILABLE,
                EndCause::Failed("the server stops"),
            );
        }
        self.settle(around);
    }

    pub(super) fn lose(&mut self, around: &mut Around<'_>, id: LegId, cause: EndCause) {
        let Some(call) = self.legs.get(&id).filter(|leg| !leg.ended).map(|leg| leg.call) else { return };
        self.hang_up(around, id, None);
        self.close_leg(around, id, cause);
        self.handle_parted(around, call, id, StatusCode::TEMPORARILY_UNAVAILABLE);
    }

    /// Ends a call with all its legs, those that are not answered with this status.
    pub(super) fn end_call(
        &mut self,
        around: &mut Around<'_>,
        id: CallId,
        status: StatusCode,
        cause: EndCause,
    ) {
        let legs: Vec<LegId> =
            self.legs.iter().filter(|(_, leg)| leg.call == id && !leg.ended).map(|(leg, _)| *leg).collect();
        for leg in legs {
            self.refuse_or_hang_up(around, leg, status);
            self.close_leg(around, leg, cause.clone());
        }
        self.forget(id);
    }

    /// A call is over.
    pub(super) fn forget(&mut self, id: CallId) {
        if let Some(call) = self.calls.remove(&id)
            && let Some(at) = call.deadline
        {
            self.deadlines.remove(&(at, id));
        }
    }

    pub(super) fn refuse_or_hang_up(&mut self, around: &mut Around<'_>, id: LegId, status: StatusCode) {
        let Some(leg) = self.touch(id) else { return };
        if leg.record.inbound && !leg.side.is_confirmed() {
            leg.side.refuse(around.now, status);
        } else {
            leg.side.hang_up(around.now, None);
        }
    }

    pub(super) fn hang_up(&mut self, around: &mut Around<'_>, id: LegId, reason: Option<Reason>) {
        if let Some(leg) = self.touch(id) {
            leg.side.hang_up(around.now, reason);
        }
    }

    /// The leg is over for its call: its port is given back and its record closed.
    pub(super) fn close_leg(&mut self, around: &mut Around<'_>, id: LegId, cause: EndCause) {
        let Some(leg) = self.touch(id).filter(|leg| !leg.ended) else { return };
        leg.ended = true;
        leg.record.ended = Some((around.now, cause.clone()));
        if leg.media.take().is_some() {
            leg.record.media = around.media.close(id);
        }
        match self.is_room(id) {
            true => self.close_room(around, id, cause),
            false => self.leave_door(id),
        }
        self.tell(id);
    }
}

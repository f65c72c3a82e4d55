//! A leg ends: what becomes of its call.

use std::borrow::Cow;

use super::calls::{Call, Calls, Stage};
use super::hunt::{Outcome, Target, is_trunks_fault};
use super::io::Around;
use super::media_plane::LegId;
use super::record::{CallId, EndCause};
use crate::leg::Ending;
use crate::message::StatusCode;
use crate::sdp::Offering;

impl Calls {
    /// A leg is over, and nobody told it to be.
    pub(super) fn handle_ended(&mut self, around: &mut Around<'_>, call: CallId, id: LegId, ending: Ending) {
        let Some(leg) = self.legs.get(&id).filter(|leg| !leg.is_over()) else { return };
        let is_branch = matches!(self.calls.get(&call).map(|call| &call.stage),
            Some(Stage::Hunting(hunting)) if hunting.branches.contains(&id));
        if is_branch {
            return self.handle_branch_ended(around, call, id, ending);
        }
        let unanswered =
            leg.record.answered.is_none() && (!leg.side.is_confirmed() || leg.side.room().is_some());
        let (cause, status) = match ending {
            Ending::HungUp(_) => (EndCause::HungUp, StatusCode::TEMPORARILY_UNAVAILABLE),
            Ending::Cancelled(_) => (EndCause::Cancelled, StatusCode::REQUEST_TERMINATED),
            Ending::Refused { status, .. } => (EndCause::Refused(status.code()), status),
            Ending::Redirected(_) => (EndCause::Failed("redirected"), StatusCode::TEMPORARILY_UNAVAILABLE),
            Ending::Lost => (EndCause::Lost, StatusCode::TEMPORARILY_UNAVAILABLE),
            Ending::Failed(why) => (EndCause::Failed(why), StatusCode::NOT_ACCEPTABLE_HERE),
        };
        let cause = if unanswered && cause == EndCause::HungUp { EndCause::Cancelled } else { cause };
        self.close_leg(around, id, cause);
        self.handle_parted(around, call, id, status);
    }

    /// A device or trunk that rang will not answer.
    fn handle_branch_ended(&mut self, around: &mut Around<'_>, call: CallId, id: LegId, ending: Ending) {
        let (outcome, cause, everywhere) = match &ending {
            Ending::Refused { status, .. } => {
                (Outcome::of_refusal(*status), EndCause::Refused(status.code()), status.code() >= 600)
            }
            Ending::Lost => (Outcome::Unreachable, EndCause::Lost, false),
            Ending::Failed(why) => {
                (Outcome::Refused(StatusCode::NOT_ACCEPTABLE_HERE), EndCause::Failed(why), false)
            }
            Ending::HungUp(_) | Ending::Cancelled(_) | Ending::Redirected(_) => {
                (Outcome::Unreachable, EndCause::Refused(302), false)
            }
        };
        let plain = self.legs.get(&id).is_some_and(|leg| leg.offering == Offering::Plain);
        let again = match &ending {
            Ending::Refused { status, .. } => self.other_protection(around, id, *status),
            // Who took the call and says nothing of its sound is not rung again for that.
            Ending::Failed(_) if !plain => self.other_protection(around, id, StatusCode::NOT_ACCEPTABLE_HERE),
            _ => None,
        };
        self.close_leg(around, id, cause);
        let target = self.legs.get(&id).and_then(|leg| leg.target.clone());
        self.drop_branch(around, call, id);
        let not_served = match &ending {
            Ending::Refused { status, .. } => *status == StatusCode::SERVICE_UNAVAILABLE,
            Ending::Lost => true,
            _ => false,
        };
        let again = match not_served {
            true => self.other_server(around, call, id),
            false => again,
        };
        if let Some(way) = again
            && self.start_branch(around, call, way)
        {
            return;
        }
        let Some(hunting) = self.hunting(call) else { return };
        hunting.outcome = hunting.outcome.or(outcome);
        match (&ending, &target) {
            (Ending::Redirected(contacts), Some(Target::Extension(by))) => {
                let to = contacts.first().and_then(|contact| contact.uri.user().map(Cow::into_owned));
                if let Some(to) = to {
                    let there = hunting.hunt.redirect(around.plan, by.clone(), to);
                    hunting.outcome = hunting.outcome.or(there);
                }
            }
            (Ending::Refused { status, .. }, Some(Target::Outside(_))) if !is_trunks_fault(*status) => {
                hunting.hunt.drop_other_trunks();
            }
            _ => {}
        }
        // Who declines does so for all his devices, and not for the others of a group.
        let others = if everywhere { hunting.branches.clone() } else { Vec::new() };
        for other in others {
            if self.legs.get(&other).is_some_and(|leg| leg.target == target) {
                self.drop_branch(around, call, other);
                self.hang_up(around, other, None);
                self.close_leg(around, other, EndCause::Cancelled);
            }
        }
        self.advance_if_none_rings(around, call);
    }

    /// A branch rings no more. If its sound was heard until now, the caller hears that others ring.
    fn drop_branch(&mut self, around: &mut Around<'_>, call: CallId, id: LegId) {
        let Some(Call { caller, stage: Stage::Hunting(hunting), .. }) = self.calls.get_mut(&call) else {
            return;
        };
        hunting.branches.retain(|branch| *branch != id);
        if hunting.heard == Some(id) {
            hunting.heard = None;
            let caller = *caller;
            self.let_hear_ringing(around, caller);
        }
    }

    /// Goes on with the next step when all branches of one have ended.
    fn advance_if_none_rings(&mut self, around: &mut Around<'_>, call: CallId) {
        let Some(hunting) = self.hunting(call).filter(|hunting| hunting.branches.is_empty()) else { return };
        let outcome = hunting.outcome;
        hunting.hunt.note(outcome);
        self.set_deadline(call, None);
        self.advance(around, call);
    }

    /// A leg has left its call: whoever is left there is told.
    pub(super) fn handle_parted(
        &mut self,
        around: &mut Around<'_>,
        call: CallId,
        id: LegId,
        status: StatusCode,
    ) {
        let Some(found) = self.calls.get_mut(&call) else { return };
        let caller = found.caller;
        match &mut found.stage {
            Stage::Hunting(hunting) if caller == id => {
                let by = hunting.transfer.as_ref().and_then(|transfer| transfer.by);
                if let Some(by) = by {
                    self.fail_transfer(around, by, StatusCode::REQUEST_TERMINATED);
                }
                self.end_call(around, call, status, EndCause::Cancelled);
            }
            Stage::Hunting(hunting) => {
                let transferor = hunting.transfer.as_mut().filter(|transfer| transfer.by == Some(id));
                if let Some(transfer) = transferor {
                    transfer.by = None;
                    return;
                }
                self.drop_branch(around, call, id);
                self.advance_if_none_rings(around, call);
            }
            Stage::Talking { .. } => self.end_call(around, call, status, EndCause::OtherHungUp),
            Stage::Alone { .. } | Stage::Asking(_) => self.forget(call),
        }
    }

    /// It rang long enough, or a sound was heard long enough.
    pub(super) fn handle_deadline(&mut self, around: &mut Around<'_>, call: CallId) {
        match self.calls.get_mut(&call).map(|call| &mut call.stage) {
            Some(Stage::Hunting(hunting)) => {
                let branches = std::mem::take(&mut hunting.branches);
                hunting.outcome = hunting.outcome.or(Outcome::NoAnswer);
                for branch in branches {
                    self.hang_up(around, branch, None);
                    self.close_leg(around, branch, EndCause::NoAnswer);
                }
                self.advance_if_none_rings(around, call);
            }
            Some(Stage::Alone { .. }) => {
                self.end_call(around, call, StatusCode::TEMPORARILY_UNAVAILABLE, EndCause::OtherHungUp);
            }
            Some(Stage::Asking(guide)) => {
                guide.handle_timeout(around.now);
                self.attend(around, call);
            }
            Some(Stage::Talking { .. }) | None => {}
        }
    }
}

//! Taking a call that rings elsewhere, or another's place in a call (RFC 3891).

use super::calls::{Calls, Stage};
use super::io::Around;
use super::media_plane::LegId;
use super::record::{CallId, EndCause};
use crate::leg::{Reason, Replaces};
use crate::message::StatusCode;
use crate::plan::{Extension, Plan};
use crate::sdp::Agreed;

/// Whose ringing call is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted<'a> {
    /// The one of that extension.
    Of(&'a str),
    /// The oldest in the group of whoever asks.
    InGroup,
}

impl Calls {
    /// An extension takes a call that rings at another.
    pub(super) fn pick_up(&mut self, around: &mut Around<'_>, call: CallId, by: &str, wanted: &Wanted<'_>) {
        let plan = around.plan;
        let rings = |leg: LegId| {
            let ringing = self.legs.get(&leg)?;
            let Some(Stage::Hunting(hunting)) = self.calls.get(&ringing.call).map(|call| &call.stage) else {
                return None;
            };
            let number = ringing.extension().filter(|_| hunting.branches.contains(&leg))?;
            let right = match wanted {
                Wanted::Of(number_wanted) => number == *number_wanted,
                Wanted::InGroup => true,
            };
            (right && number != by && may_pick_up(plan, by, number)).then_some(leg)
        };
        let oldest = self.legs.keys().filter_map(|leg| rings(*leg)).min();
        match oldest {
            Some(ringing) => self.take_ringing(around, call, ringing),
            None => self.end_call(around, call, StatusCode::NOT_FOUND, EndCause::Refused(404)),
        }
    }

    /// A caller's INVITE names the leg whose place it wants.
    pub(super) fn take_over(&mut self, around: &mut Around<'_>, call: CallId, replaces: &Replaces) {
        let caller = self.calls.get(&call).map(|call| call.caller);
        let by = caller
            .and_then(|caller| self.legs.get(&caller))
            .and_then(|leg| leg.extension())
            .map(str::to_owned);
        let Some(old) = self.leg_with(&replaces.dialog()).filter(|old| !self.legs[old].is_over()) else {
            let status = StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST;
            return self.end_call(around, call, status, EndCause::Refused(status.code()));
        };
        let owner = self.legs[&old].extension().map(str::to_owned);
        let confirmed = self.legs[&old].side.is_confirmed();
        // Colleagues may take what rings. A talk is taken by those only who are in it, on another device.
        let allowed = match (&by, &owner) {
            (Some(by), Some(owner)) => by == owner || !confirmed && may_pick_up(around.plan, by, owner),
            _ => false,
        };
        if !allowed {
            return self.end_call(around, call, StatusCode::FORBIDDEN, EndCause::Refused(403));
        }
        let talks = self.other(self.legs[&old].call, old).is_some();
        if !confirmed && !self.legs[&old].record.inbound {
            return self.take_ringing(around, call, old);
        }
        if !confirmed || !talks || replaces.early_only {
            // A caller's own early leg cannot be taken (RFC 3891 §3), nor an answered one by who wants early ones, nor
            // the place of somebody who listens to a sound.
            return self.end_call(around, call, StatusCode::BUSY_HERE, EndCause::Refused(486));
        }
        self.take_place(around, call, old);
    }

    /// Gives a ringing call to a new caller.
    fn take_ringing(&mut self, around: &mut Around<'_>, call: CallId, ringing: LegId) {
        let (Some(taker), Some(from)) =
            (self.calls.get(&call).map(|call| call.caller), self.legs.get(&ringing).map(|leg| leg.call))
        else {
            return;
        };
        let Some(found) = self.calls.get_mut(&from) else { return };
        let waiting = found.caller;
        let stage = std::mem::replace(&mut found.stage, Stage::Talking { other: taker });
        self.set_deadline(from, None);
        if let Stage::Hunting(hunting) = stage {
            for branch in &hunting.branches {
                self.hang_up(around, *branch, Some(Reason::completed_elsewhere()));
                self.close_leg(around, *branch, EndCause::AnsweredElsewhere);
            }
            if let Some(by) = hunting.transfer.and_then(|transfer| transfer.by) {
                self.finish_transfer(around, by);
            }
        }
        self.forget(call);
        let reached = self.legs.get(&taker).and_then(|leg| leg.extension()).map(str::to_owned);
        if let Some(leg) = self.legs.get_mut(&taker) {
            leg.call = from;
            leg.record.call = from;
        }
        if let Some(leg) = self.legs.get_mut(&waiting).filter(|leg| leg.record.inbound) {
            leg.record.to = reached.unwrap_or_default();
        }
        self.answer_taker(around, from, taker, waiting);
    }

    /// Gives an answered leg's place in its call to a new caller.
    fn take_place(&mut self, around: &mut Around<'_>, call: CallId, old: LegId) {
        let (Some(taker), Some(into)) =
            (self.calls.get(&call).map(|call| call.caller), self.legs.get(&old).map(|leg| leg.call))
        else {
            return;
        };
        let other = self.other(into, old);
        self.forget(call);
        if let Some(leg) = self.legs.get_mut(&taker) {
            leg.call = into;
            leg.record.call = into;
        }
        self.put_in_place(around, into, old, taker);
        self.hang_up(around, old, None);
        self.close_leg(around, old, EndCause::Transferred);
        if let Some(other) = other {
            self.answer_taker(around, into, taker, other);
        }
    }

    /// Answers whoever took a call, in the words of the side that waits; then that side, if it waits for an answer.
    fn answer_taker(&mut self, around: &mut Around<'_>, call: CallId, taker: LegId, waiting: LegId) {
        let spoken: Option<Agreed> = self.legs.get(&waiting).and_then(|leg| leg.side.agreed().cloned());
        let taken = match self.is_room(taker) {
            true => {
                self.note_answered(around, taker);
                Some(None)
            }
            false => self.answer_as(around, taker, spoken.as_ref()),
        };
        let Some(taken) = taken else {
            return self.end_call(
                around,
                call,
                StatusCode::NOT_ACCEPTABLE_HERE,
                EndCause::Failed("no codec in common"),
            );
        };
        let waits = self.legs.get(&waiting).is_some_and(|leg| !leg.side.is_confirmed());
        match taken {
            // A phone that left the offer to us has agreed on nothing yet.
            None if !self.is_room(taker) => {}
            taken if waits => self.answer_caller(around, call, taken.as_ref()),
            _ if self.is_room(taker) => self.let_hear(around, call),
            _ => {}
        }
    }

    /// Answers a caller in the words of another side; gives what was agreed on, if that is known already.
    fn answer_as(
        &mut self,
        around: &mut Around<'_>,
        taker: LegId,
        spoken: Option<&Agreed>,
    ) -> Option<Option<Agreed>> {
        let local = self.local_toward(taker, spoken)?;
        let leg = self.touch(taker)?;
        leg.side.answer(around.now, &local).ok()?;
        Some(leg.side.agreed().cloned())
    }
}

/// Whether one extension may take calls that ring at another: both in one group, or both in none at one post.
pub(super) fn may_pick_up(plan: &Plan, by: &str, at: &str) -> bool {
    let (Some(by), Some(at)) = (plan.extension(by), plan.extension(at)) else { return false };
    let group = |extension: &Extension| extension.pickup_group.clone().filter(|group| !group.is_empty());
    match (group(by), group(at)) {
        (Some(by), Some(at)) => by == at,
        (None, None) => by.post == at.post,
        _ => false,
    }
}

//! Transfers (RFC 5589): a phone sends whoever it talks to elsewhere. We do it for the phone, so that the other side
//! need not know how, and the call comes back when it fails.

use super::call_leg::CallLeg;
use super::calls::{Calls, Stage};
use super::hunt::{Hunt, Payer};
use super::hunting::Hunting;
use super::identity::Presented;
use super::io::Around;
use super::media_plane::{LegId, Sound};
use super::record::{CallId, EndCause};
use super::screen::ScreenEvent;
use crate::leg::{Referral, Replaces};
use crate::message::StatusCode;
use crate::plan::Route;

/// A transfer under way.
#[derive(Debug)]
pub(super) struct Transfer {
    /// The leg of whoever transfers; `None` once it has hung up.
    pub(super) by: Option<LegId>,
    /// Its extension, to which the call comes back.
    home: String,
    /// Whether the call is coming back already.
    returning: bool,
}

impl Calls {
    /// A phone asks us to send the other side elsewhere.
    pub(super) fn handle_referral(
        &mut self,
        around: &mut Around<'_>,
        call: CallId,
        by: LegId,
        referral: Referral,
    ) {
        let verdict = match &referral.replaces {
            Some(replaces) => self.transfer_attended(around, call, by, replaces),
            None => match referral.target.user() {
                Some(dialled) => self.transfer_blindly(around, call, by, dialled.into_owned()),
                None => Err(StatusCode::NOT_FOUND),
            },
        };
        if let Err(status) = verdict
            && let Some(leg) = self.touch(by).and_then(CallLeg::phone_mut)
        {
            leg.refuse_refer(around.now, status);
        }
    }

    /// The other side is to call a number.
    pub(super) fn transfer_blindly(
        &mut self,
        around: &mut Around<'_>,
        call: CallId,
        by: LegId,
        dialled: String,
    ) -> Result<(), StatusCode> {
        let other = self.other(call, by).ok_or(StatusCode::REQUEST_PENDING)?;
        if self.is_meeting(other) {
            // Who was let into a meeting was let in himself, and not whomever he thinks of.
            return Err(StatusCode::FORBIDDEN);
        }
        // A meeting sends somebody on for whoever had him called.
        let owner = self.legs.get(&by).and_then(|leg| leg.extension().or(leg.payer.as_deref()));
        let home = owner.ok_or(StatusCode::FORBIDDEN)?.to_owned();
        let payer = Payer::Extension(home.clone());
        let plan = around.plan;
        let route = plan.route(payer.caller(), &dialled);
        let meeting = match &route {
            Route::Code(_) => return Err(StatusCode::NOT_FOUND),
            Route::Conference(_) => Some(None),
            Route::Meeting { meeting, .. } => Some(Some(meeting.clone())),
            _ => None,
        };
        if let Some(meeting) = meeting {
            return self.send_to_door(around, call, by, dialled, meeting);
        }
        let hunt = Hunt::toward(plan, payer, &dialled, &route)?;

        let presented = self.presented(around, other);
        let found = self.calls.get_mut(&call).ok_or(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST)?;
        found.caller = other;
        found.dialled = dialled;
        self.accept_transfer(around, by);
        for leg in [by, other] {
            self.unseat(around, leg);
        }
        self.play_to(around, other, Sound::Music);
        self.play_to(around, by, Sound::Silence);
        let transfer = Transfer { by: Some(by), home, returning: false };
        self.hunt(around, call, Hunting::new(hunt, presented, Some(transfer)));
        Ok(())
    }

    /// The other side is to be put in the place of a second call that the phone has.
    fn transfer_attended(
        &mut self,
        around: &mut Around<'_>,
        call: CallId,
        by: LegId,
        replaces: &Replaces,
    ) -> Result<(), StatusCode> {
        // The phone names its own dialog with us, which we see from the other end.
        let second =
            self.leg_with(&replaces.dialog()).ok_or(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST)?;
        let other = self.other(call, by).ok_or(StatusCode::REQUEST_PENDING)?;
        let owner = |id: LegId| self.legs.get(&id).and_then(|leg| leg.extension());
        // Nobody transfers into another's call.
        let Some(home) = owner(by).filter(|home| second != by && owner(second) == Some(*home)) else {
            return Err(StatusCode::FORBIDDEN);
        };
        let home = home.to_owned();
        if replaces.early_only && self.legs.get(&second).is_some_and(|leg| leg.side.is_confirmed()) {
            return Err(StatusCode::BUSY_HERE);
        }
        let into = self.legs.get(&second).map(|leg| leg.call).ok_or(StatusCode::NOT_FOUND)?;
        if into == call {
            return Err(StatusCode::FORBIDDEN);
        }
        // A place is in a talk, or of whoever waits for one; a phone that rings has none yet.
        let found = self.calls.get(&into).ok_or(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST)?;
        let has_place = match &found.stage {
            Stage::Talking { other } => found.caller == second || *other == second,
            Stage::Hunting(_) => found.caller == second,
            Stage::Alone { .. } | Stage::Asking(_) => false,
        };
        if !has_place {
            return Err(StatusCode::NOT_ACCEPTABLE_HERE);
        }

        self.accept_transfer(around, by);
        self.unseat(around, other);
        self.forget(call);
        if let Some(leg) = self.legs.get_mut(&other) {
            leg.call = into;
            leg.record.call = into;
        }
        self.tell(other);
        self.put_in_place(around, into, second, other);
        self.hang_up(around, second, None);
        self.close_leg(around, second, EndCause::Transferred);
        if !self.await_answer(around, into, by, home) {
            self.finish_transfer(around, by);
        }
        Ok(())
    }

    /// Whoever is called rings still: whoever transfers waits for the answer, as after a blind transfer. Not if somebody
    /// waits for it already.
    fn await_answer(&mut self, around: &mut Around<'_>, call: CallId, by: LegId, home: String) -> bool {
        let Some(hunting) = self.hunting(call).filter(|hunting| hunting.transfer.is_none()) else {
            return false;
        };
        hunting.transfer = Some(Transfer { by: Some(by), home, returning: false });
        if let Some(leg) = self.legs.get_mut(&by) {
            leg.call = call;
            leg.record.call = call;
        }
        self.tell(by);
        self.play_to(around, by, Sound::Silence);
        true
    }

    /// Puts one leg, which is answered or about to be, in the place of another in its call.
    pub(super) fn put_in_place(&mut self, around: &mut Around<'_>, call: CallId, old: LegId, new: LegId) {
        let hears = self.legs.get(&new).is_some_and(|leg| leg.side.is_confirmed());
        let Some(found) = self.calls.get_mut(&call) else { return };
        match &mut found.stage {
            Stage::Talking { other } => {
                if found.caller == old {
                    found.caller = new;
                } else {
                    *other = new;
                }
                self.let_hear(around, call);
            }
            Stage::Hunting(hunting) if found.caller == old => {
                found.caller = new;
                match hunting.heard {
                    Some(heard) if hears => self.join(around, new, heard),
                    None if hears => self.play_to(around, new, Sound::Ringback),
                    _ => {}
                }
            }
            Stage::Hunting(_) | Stage::Alone { .. } | Stage::Asking(_) => {}
        }
    }

    /// A transfer succeeded: whoever transferred is told, and is out of the call.
    pub(super) fn finish_transfer(&mut self, around: &mut Around<'_>, by: LegId) {
        if let Some(leg) = self.touch(by) {
            if let Some(phone) = leg.phone_mut() {
                phone.notify_refer(around.now, StatusCode::OK);
            }
            leg.side.hang_up(around.now, None);
        }
        self.close_leg(around, by, EndCause::Transferred);
    }

    /// A transfer failed because the transferred side is gone.
    pub(super) fn fail_transfer(&mut self, around: &mut Around<'_>, by: LegId, status: StatusCode) {
        match self.touch(by).and_then(CallLeg::phone_mut) {
            Some(phone) => phone.notify_refer(around.now, status),
            None => self.tell_screen(by, ScreenEvent::TransferFailed { status: status.code() }),
        }
    }

    /// Whoever asks for a transfer is told that it is under way.
    pub(super) fn accept_transfer(&mut self, around: &Around<'_>, by: LegId) {
        if let Some(phone) = self.touch(by).and_then(CallLeg::phone_mut) {
            phone.accept_refer(around.now);
        }
    }

    /// Nobody took a transferred call: it goes back to whoever transferred it.
    pub(super) fn return_transferred(
        &mut self,
        around: &mut Around<'_>,
        call: CallId,
        transfer: Transfer,
        status: StatusCode,
    ) {
        let Some(caller) = self.calls.get(&call).map(|call| call.caller) else { return };
        if let Some(by) = transfer.by {
            self.fail_transfer(around, by, status);
            if let Some(found) = self.calls.get_mut(&call) {
                found.stage = Stage::Talking { other: by };
            }
            self.set_deadline(call, None);
            return self.let_hear(around, call);
        }
        let Some(extension) = around.plan.extension(&transfer.home).filter(|_| !transfer.returning) else {
            return self.announce(around, call, Sound::Busy, Some(LONGEST_TONE));
        };
        let presented = self.presented(around, caller);
        let again = Transfer { returning: true, by: None, ..transfer };
        self.hunt(around, call, Hunting::new(Hunt::home(extension), presented, Some(again)));
    }

    /// Who a leg is, as others are told.
    pub(super) fn presented(&self, around: &Around<'_>, id: LegId) -> Presented {
        let nobody = Presented { number: String::new(), name: String::new() };
        self.legs.get(&id).map_or(nobody, |leg| leg.party.presented(around.plan))
    }
}

/// How long somebody hears that there is nobody any more.
const LONGEST_TONE: std::time::Duration = std::time::Duration::from_secs(10);

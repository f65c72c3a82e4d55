//! Ringing: from the INVITE until somebody answers, or nobody is left.

use super::audio::{every_format, formats_like, local_audio};
use super::call_leg::CallLeg;
use super::calls::{Call, Calls, Stage};
use super::hunt::{Hunt, Outcome, Payer, Step, Target};
use super::identity::Presented;
use super::io::{Around, Origin};
use super::media_plane::{LegId, Sound};
use super::record::{CallId, EndCause};
use super::screen::ScreenEvent;
use super::seat::SeatStatus;
use super::transfer::Transfer;
use crate::flow::Flow;
use crate::leg::{Leg, Reason};
use crate::message::StatusCode;
use crate::plan::Route;
use crate::sdp::Agreed;

/// A search under way.
#[derive(Debug)]
pub(super) struct Hunting {
    pub(super) hunt: Hunt,
    pub(super) presented: Presented,
    /// The legs that ring now.
    pub(super) branches: Vec<LegId>,
    /// The one that gave sound before it answered.
    pub(super) heard: Option<LegId>,
    /// The best that was said in this step.
    pub(super) outcome: Outcome,
    /// The room for whoever answers in a browser, unless a browser calls.
    pub(super) room: Option<String>,
    /// The addresses of trunks that did not serve it.
    pub(super) tried: Vec<Flow>,
    /// If an answered call is sent on.
    pub(super) transfer: Option<Transfer>,
}

impl Hunting {
    pub(super) fn new(hunt: Hunt, presented: Presented, transfer: Option<Transfer>) -> Self {
        let (branches, tried) = (Vec::new(), Vec::new());
        let outcome = Outcome::Unreachable;
        Self { hunt, presented, branches, heard: None, outcome, room: None, tried, transfer }
    }
}

impl Calls {
    /// Goes where the dialled number leads.
    pub(super) fn begin(
        &mut self,
        around: &mut Around<'_>,
        call: CallId,
        origin: &Origin,
        presented: Presented,
        dialled: &str,
    ) {
        let Some(caller) = self.calls.get(&call).map(|call| call.caller) else { return };
        if let Some(replaces) = self.legs.get(&caller).and_then(CallLeg::phone).and_then(Leg::replaces) {
            return self.take_over(around, call, &replaces);
        }
        let payer = match origin {
            Origin::Device { extension } => Payer::Extension(extension.clone()),
            Origin::Trunk(trunk) => Payer::Trunk(*trunk),
        };
        let plan = around.plan;
        let route = plan.route(payer.caller(), dialled);
        if let (Route::Code(code), Origin::Device { extension }) = (&route, origin) {
            return self.perform(around, call, extension, code);
        }
        match &route {
            Route::Conference(_) => return self.stand_at_door(around, call, None),
            Route::Meeting { meeting, .. } => return self.stand_at_door(around, call, Some(meeting.clone())),
            _ => {}
        }
        match Hunt::toward(plan, payer, dialled, &route) {
            Ok(hunt) => self.hunt(around, call, Hunting::new(hunt, presented, None)),
            Err(status) => self.end_call(around, call, status, EndCause::Refused(status.code())),
        }
    }

    /// Begins to look for somebody.
    pub(super) fn hunt(&mut self, around: &mut Around<'_>, call: CallId, hunting: Hunting) {
        let Some(found) = self.calls.get_mut(&call) else { return };
        found.stage = Stage::Hunting(Box::new(hunting));
        self.advance(around, call);
    }

    /// Rings the next who are to ring.
    pub(super) fn advance(&mut self, around: &mut Around<'_>, call: CallId) {
        loop {
            let Some(hunting) = self.hunting(call) else { return };
            hunting.outcome = Outcome::Unreachable;
            hunting.heard = None;
            let Some(step) = hunting.hunt.next_step(around.plan) else { return self.give_up(around, call) };
            match self.ring(around, call, &step) {
                Ok(()) => return self.set_deadline(call, Some(around.now + step.ring)),
                Err(outcome) => {
                    if let Some(hunting) = self.hunting(call) {
                        hunting.hunt.note(outcome);
                    }
                }
            }
        }
    }

    /// Calls everybody of a step; an error if there is nobody that can be called.
    fn ring(&mut self, around: &mut Around<'_>, call: CallId, step: &Step) -> Result<(), Outcome> {
        let mut failed = Outcome::Unreachable;
        let (mut ways, mut screens) = (Vec::new(), Vec::new());
        for target in &step.targets {
            match target {
                Target::Extension(number) => {
                    ways.extend(self.ways_to_extension(around, call, number));
                    if self.has_screens_for(call, number) {
                        screens.push(number.as_str());
                    }
                }
                Target::Outside(outside) => match self.way_outside(around, call, outside) {
                    Ok(way) => ways.push(way),
                    Err(status) => failed = Outcome::Refused(status),
                },
            }
        }
        ways.truncate(MAX_BRANCHES);
        let mut started = false;
        for way in ways {
            started |= self.start_branch(around, call, way);
        }
        screens.truncate(MAX_BRANCHES);
        for number in screens {
            started |= self.start_screen_branch(around, call, number);
        }
        if started { Ok(()) } else { Err(failed) }
    }

    /// Somebody is being alerted.
    pub(super) fn handle_ringing(
        &mut self,
        around: &mut Around<'_>,
        call: CallId,
        id: LegId,
        status: StatusCode,
    ) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if leg.record.ringing.is_none() && status == StatusCode::RINGING {
            leg.record.ringing = Some(around.now);
            self.tell(id);
        }
        let Some(Call { caller, stage: Stage::Hunting(hunting), .. }) = self.calls.get(&call) else { return };
        let (caller, heard) = (*caller, hunting.heard.is_some());
        if status != StatusCode::RINGING || heard || !hunting.branches.contains(&id) {
            return;
        }
        self.let_hear_ringing(around, caller);
    }

    /// Tells a caller that it rings: in words if it still waits for the answer, with a tone if it hears us already.
    pub(super) fn let_hear_ringing(&mut self, around: &mut Around<'_>, caller: LegId) {
        if self.is_room(caller) {
            return self.show_ringing(around, caller);
        }
        let Some(leg) = self.touch(caller) else { return };
        let confirmed = leg.side.is_confirmed();
        if confirmed || leg.side.agreed().is_some() {
            around.media.play(caller, Sound::Ringback);
        }
        if !confirmed && leg.record.ringing.is_none() {
            leg.record.ringing = Some(around.now);
            if let Some(phone) = leg.phone_mut() {
                // Without sound of ours there is nothing to disagree on.
                let _ = phone.ring(around.now, StatusCode::RINGING, None);
            }
        }
    }

    /// Shows in a room, and to its browsers, that it rings.
    fn show_ringing(&mut self, around: &Around<'_>, caller: LegId) {
        let Some(leg) = self.touch(caller) else { return };
        if leg.record.answered.is_none() && leg.record.ringing.is_none() {
            leg.record.ringing = Some(around.now);
            self.tell(caller);
        }
        self.set_seat_status(caller, SeatStatus::Ringing);
        self.tell_screen(caller, ScreenEvent::Ringing);
    }

    /// Sound before the answer: the network's announcement, or what we agreed on with the caller to let it hear that.
    pub(super) fn handle_early_media(
        &mut self,
        around: &mut Around<'_>,
        call: CallId,
        id: LegId,
        agreed: &Agreed,
    ) {
        around.media.connect(id, agreed);
        let Some(Call { caller, stage: Stage::Hunting(hunting), .. }) = self.calls.get_mut(&call) else {
            return;
        };
        let caller = *caller;
        if id == caller {
            if let Some(heard) = hunting.heard {
                self.join(around, caller, heard);
            }
            return;
        }
        if hunting.heard.is_some_and(|heard| heard != id) || !hunting.branches.contains(&id) {
            return;
        }
        hunting.heard = Some(id);
        if self.legs.get(&caller).is_some_and(|leg| leg.side.is_confirmed()) {
            return self.join(around, caller, id);
        }
        let Some(local) = self.local_toward(caller, Some(agreed)) else { return };
        if let Some(phone) = self.touch(caller).and_then(CallLeg::phone_mut) {
            // If it does not fit, it will not fit when the call is answered either, and the caller is told so then.
            let _ = phone.ring(around.now, StatusCode::SESSION_PROGRESS, Some(&local));
        }
    }

    /// A call stands on one leg.
    pub(super) fn handle_answered(
        &mut self,
        around: &mut Around<'_>,
        call: CallId,
        id: LegId,
        agreed: &Agreed,
    ) {
        around.media.connect(id, agreed);
        self.note_answered(around, id);
        match self.calls.get_mut(&call).map(|call| (call.caller, &mut call.stage)) {
            Some((_, Stage::Hunting(hunting))) if hunting.branches.contains(&id) => {
                self.connect(around, call, id, Some(agreed));
            }
            // Whoever picked up left the offer to us, so that only now is known what to say to the one who waits.
            Some((caller, Stage::Talking { other }))
                if *other == id && !self.legs.get(&caller).is_some_and(|leg| leg.side.is_confirmed()) =>
            {
                self.answer_caller(around, call, Some(agreed));
            }
            Some((_, Stage::Talking { .. })) => self.let_hear(around, call),
            Some((caller, Stage::Alone { sound })) if caller == id => around.media.play(id, *sound),
            Some((caller, Stage::Asking(guide))) if caller == id => {
                guide.begin(around.now);
                self.attend(around, call);
            }
            _ => {}
        }
    }

    /// Notes that a call stands on a leg.
    pub(super) fn note_answered(&mut self, around: &Around<'_>, id: LegId) {
        if let Some(leg) = self.legs.get_mut(&id).filter(|leg| leg.record.answered.is_none()) {
            leg.record.answered = Some(around.now);
            self.tell(id);
        }
    }

    /// A branch answered: it gets the call, the others are told so.
    pub(super) fn connect(
        &mut self,
        around: &mut Around<'_>,
        call: CallId,
        winner: LegId,
        agreed: Option<&Agreed>,
    ) {
        let Some(found) = self.calls.get_mut(&call) else { return };
        let caller = found.caller;
        let stage = std::mem::replace(&mut found.stage, Stage::Talking { other: winner });
        self.set_deadline(call, None);
        if let Stage::Hunting(hunting) = stage {
            for branch in hunting.branches.iter().filter(|branch| **branch != winner) {
                self.hang_up(around, *branch, Some(Reason::completed_elsewhere()));
                self.close_leg(around, *branch, EndCause::AnsweredElsewhere);
            }
            if let Some(by) = hunting.transfer.and_then(|transfer| transfer.by) {
                self.finish_transfer(around, by);
            }
        }
        self.remember_protection(winner);
        let reached = self.legs.get(&winner).map(|leg| leg.record.to.clone()).unwrap_or_default();
        if let Some(leg) =
            self.legs.get_mut(&caller).filter(|leg| leg.record.inbound && leg.record.to.is_empty())
        {
            leg.record.to = reached;
        }
        if self.legs.get(&caller).is_some_and(|leg| leg.side.is_confirmed()) {
            self.note_answered(around, caller);
            return self.let_hear(around, call);
        }
        self.answer_caller(around, call, agreed);
    }

    /// Answers the caller, so that it speaks what the other side speaks if it can.
    pub(super) fn answer_caller(&mut self, around: &mut Around<'_>, call: CallId, spoken: Option<&Agreed>) {
        let Some(caller) = self.calls.get(&call).map(|call| call.caller) else { return };
        let Some(local) = self.local_toward(caller, spoken) else { return };
        let Some(leg) = self.touch(caller) else { return };
        if leg.side.answer(around.now, &local).is_err() {
            self.end_call(
                around,
                call,
                StatusCode::NOT_ACCEPTABLE_HERE,
                EndCause::Failed("no codec in common"),
            );
        }
    }

    /// What we bring to a leg so that it speaks like another; what it likes, if the other side is a room.
    pub(super) fn local_toward(&self, id: LegId, spoken: Option<&Agreed>) -> Option<crate::sdp::LocalAudio> {
        let Some(spoken) = spoken else { return self.local_any(id) };
        let leg = self.legs.get(&id)?;
        let offered = leg.side.offered().map(|offered| offered.formats).unwrap_or_default();
        Some(local_audio(leg.media.as_ref()?, formats_like(&spoken.send, &offered), leg.offering))
    }

    /// What we bring to a leg that may speak what it likes.
    pub(super) fn local_any(&self, id: LegId) -> Option<crate::sdp::LocalAudio> {
        let leg = self.legs.get(&id)?;
        Some(local_audio(leg.media.as_ref()?, every_format(), leg.offering))
    }

    /// Nobody is left to ring.
    pub(super) fn give_up(&mut self, around: &mut Around<'_>, call: CallId) {
        let Some(hunting) = self.hunting(call) else { return };
        let status = hunting.hunt.verdict();
        let mailbox = hunting.hunt.mailbox().map(str::to_owned);
        let transfer = hunting.transfer.take();
        match (transfer, mailbox) {
            (Some(transfer), _) => self.return_transferred(around, call, transfer, status),
            (None, Some(extension)) if self.take_message(around, call, &extension) => {}
            (None, _) => self.end_call(around, call, status, EndCause::Refused(status.code())),
        }
    }

    pub(super) fn hunting(&mut self, call: CallId) -> Option<&mut Hunting> {
        match &mut self.calls.get_mut(&call)?.stage {
            Stage::Hunting(hunting) => Some(hunting),
            Stage::Talking { .. } | Stage::Alone { .. } | Stage::Asking(_) => None,
        }
    }
}

/// The most devices that ring for one call at once.
const MAX_BRANCHES: usize = 32;

//! Ringing: from the INVITE until somebody answers, or nobody is left.

use super::audio::{every_format, formats_like, formats_toward, local_audio};
use super::call_leg::CallLeg;
use super::calls::{Call, Calls, Stage};
use super::hunt::{Hunt, Outcome, Payer, Step, Target};
use super::identity::{Presented, number_at, push_diversions};
use super::io::{Around, Origin};
use super::media_plane::{LegId, MediaReport, Sound, Wish};
use super::record::{CallId, EndCause, LegRecord};
use super::transfer::Transfer;
use super::ways::Way;
use crate::dialog::MAX_FORWARDS;
use crate::flow::Flow;
use crate::leg::{Invitation, Leg, Reason};
use crate::message::{HeaderName, Headers, NameAddr, StatusCode, Uri};
use crate::plan::Route;
use crate::sdp::{Agreed, Format, Offering};

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
    /// The addresses of trunks that did not serve it.
    pub(super) tried: Vec<Flow>,
    /// If an answered call is sent on.
    pub(super) transfer: Option<Transfer>,
}

impl Hunting {
    pub(super) fn new(hunt: Hunt, presented: Presented, transfer: Option<Transfer>) -> Self {
        let (branches, tried) = (Vec::new(), Vec::new());
        Self { hunt, presented, branches, heard: None, outcome: Outcome::Unreachable, tried, transfer }
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
        if let Some(replaces) = self.legs.get(&caller).and_then(|leg| leg.leg.replaces()) {
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
        let mut ways = Vec::new();
        for target in &step.targets {
            match target {
                Target::Extension(number) => ways.extend(self.ways_to_extension(around, call, number)),
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
        if started { Ok(()) } else { Err(failed) }
    }

    /// Calls one device or trunk.
    pub(super) fn start_branch(&mut self, around: &mut Around<'_>, call: CallId, way: Way) -> bool {
        let id = self.next_leg();
        let wish = Wish {
            peer: way.flow.remote.ip(),
            sdes: way.offering == Offering::Sdes,
            dtls: way.offering == Offering::Dtls,
            ice: way.ice,
            emergency: matches!(&way.target, Target::Outside(outside) if outside.emergency),
        };
        let Ok(media) = around.media.open(id, wish) else { return false };
        let toward = formats_toward(&self.caller_formats(call));
        let local = local_audio(&media, toward, way.offering);
        let contact = self.contact(around, &way.flow, None);
        let (tokens, call_id) = (self.mint.tokens(), self.mint.call_id());
        let hops = self.hops_left(call);
        let Some(Call { stage: Stage::Hunting(hunting), dialled, .. }) = self.calls.get_mut(&call) else {
            around.media.close(id);
            return false;
        };

        let realm = &around.plan.realm;
        let outside = match &way.target {
            Target::Outside(outside) => {
                around.plan.trunk(outside.way.trunk).map(|trunk| (trunk, &outside.way))
            }
            Target::Extension(_) => None,
        };
        let (from, mut headers) = match outside {
            Some((trunk, way)) => hunting.presented.toward_trunk(trunk, way),
            None => {
                let from = hunting.presented.address(realm);
                let mut headers = Headers::new();
                headers.push(HeaderName::PAssertedIdentity, &from);
                (from, headers)
            }
        };
        headers.push(HeaderName::MaxForwards, hops);
        let diversions = hunting.hunt.diversions();
        match outside {
            Some((trunk, _)) => {
                push_diversions(&mut headers, &trunk.host, diversions, |by| {
                    number_at(around.plan, trunk, by)
                });
            }
            None => push_diversions(&mut headers, realm, diversions, Some),
        }
        let to = match outside {
            Some(_) => NameAddr::new(way.uri.bare()),
            None => NameAddr::new(Uri::sip(Some(&way.to), realm, None).unwrap_or_else(|_| way.uri.bare())),
        };
        let payer = match hunting.hunt.payer() {
            Payer::Extension(number) => Some(number.clone()),
            Payer::Trunk(_) => None,
        };
        let record = LegRecord {
            call,
            leg: id,
            inbound: false,
            from: hunting.presented.number.clone(),
            from_name: hunting.presented.name.clone(),
            dialled: dialled.clone(),
            to: way.to.clone(),
            route: way.route,
            began: around.now,
            ringing: None,
            answered: None,
            ended: None,
            media: MediaReport::default(),
        };
        hunting.branches.push(id);

        let invitation = Invitation {
            flow: way.flow,
            uri: way.uri,
            from,
            to,
            call_id,
            route: way.path,
            contact,
            headers,
            local: Some(local),
        };
        let leg = Leg::invite(around.now, invitation, tokens);
        let mut leg = CallLeg::new(call, leg, way.party, record);
        leg.media = Some(media);
        leg.offering = way.offering;
        leg.target = Some(way.target);
        leg.payer = payer;
        self.insert(id, leg);
        self.tell(id);
        true
    }

    /// How many hops a call may take from here on. Without that a loop over somebody else's server never ends.
    fn hops_left(&self, call: CallId) -> u8 {
        let caller = self.calls.get(&call).and_then(|call| self.legs.get(&call.caller));
        let told = caller
            .filter(|leg| leg.record.inbound)
            .and_then(|leg| leg.leg.invitation().headers.max_forwards());
        told.map_or(MAX_FORWARDS, |hops| hops.saturating_sub(1).min(MAX_FORWARDS))
    }

    /// What the caller can speak, or speaks already.
    fn caller_formats(&self, call: CallId) -> Vec<Format> {
        let Some(caller) = self.calls.get(&call).and_then(|call| self.legs.get(&call.caller)) else {
            return Vec::new();
        };
        match caller.leg.agreed() {
            Some(agreed) if caller.leg.is_confirmed() => vec![agreed.send.clone()],
            _ => caller.leg.offered().map(|offered| offered.formats).unwrap_or_default(),
        }
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
        let Some(leg) = self.touch(caller) else { return };
        let confirmed = leg.leg.is_confirmed();
        if confirmed || leg.leg.agreed().is_some() {
            around.media.play(caller, Sound::Ringback);
        }
        if !confirmed && leg.record.ringing.is_none() {
            leg.record.ringing = Some(around.now);
            // Without sound of ours there is nothing to disagree on.
            let _ = leg.leg.ring(around.now, StatusCode::RINGING, None);
        }
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
                around.media.bridge(caller, heard);
            }
            return;
        }
        if hunting.heard.is_some_and(|heard| heard != id) || !hunting.branches.contains(&id) {
            return;
        }
        hunting.heard = Some(id);
        if self.legs.get(&caller).is_some_and(|leg| leg.leg.is_confirmed()) {
            return around.media.bridge(caller, id);
        }
        let Some(local) = self.local_like(caller, agreed) else { return };
        if let Some(leg) = self.touch(caller) {
            // If it does not fit, it will not fit when the call is answered either, and the caller is told so then.
            let _ = leg.leg.ring(around.now, StatusCode::SESSION_PROGRESS, Some(&local));
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
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.record.answered = Some(around.now);
            self.tell(id);
        }
        match self.calls.get(&call).map(|call| (call.caller, &call.stage)) {
            Some((_, Stage::Hunting(hunting))) if hunting.branches.contains(&id) => {
                self.connect(around, call, id, agreed);
            }
            // Whoever picked up left the offer to us, so that only now is known what to say to the one who waits.
            Some((caller, Stage::Talking { other }))
                if *other == id && !self.legs.get(&caller).is_some_and(|leg| leg.leg.is_confirmed()) =>
            {
                self.answer_caller(around, call, agreed);
            }
            Some((_, Stage::Talking { .. })) => self.let_hear(around, call),
            Some((caller, Stage::Alone { sound })) if caller == id => around.media.play(id, *sound),
            _ => {}
        }
    }

    /// A branch answered: it gets the call, the others are told so.
    fn connect(&mut self, around: &mut Around<'_>, call: CallId, winner: LegId, agreed: &Agreed) {
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
        if self.legs.get(&caller).is_some_and(|leg| leg.leg.is_confirmed()) {
            return self.let_hear(around, call);
        }
        self.answer_caller(around, call, agreed);
    }

    /// Answers the caller, so that it speaks what the other side speaks if it can.
    pub(super) fn answer_caller(&mut self, around: &mut Around<'_>, call: CallId, spoken: &Agreed) {
        let Some(caller) = self.calls.get(&call).map(|call| call.caller) else { return };
        let Some(local) = self.local_like(caller, spoken) else { return };
        let Some(leg) = self.touch(caller) else { return };
        if leg.leg.answer(around.now, &local).is_err() {
            self.end_call(
                around,
                call,
                StatusCode::NOT_ACCEPTABLE_HERE,
                EndCause::Failed("no codec in common"),
            );
        }
    }

    /// What we bring to a leg so that it speaks like another.
    pub(super) fn local_like(&self, id: LegId, spoken: &Agreed) -> Option<crate::sdp::LocalAudio> {
        let leg = self.legs.get(&id)?;
        let offered = leg.leg.offered().map(|offered| offered.formats).unwrap_or_default();
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
        match hunting.transfer.take() {
            Some(transfer) => self.return_transferred(around, call, transfer, status),
            None => self.end_call(around, call, status, EndCause::Refused(status.code())),
        }
    }

    pub(super) fn hunting(&mut self, call: CallId) -> Option<&mut Hunting> {
        match &mut self.calls.get_mut(&call)?.stage {
            Stage::Hunting(hunting) => Some(hunting),
            Stage::Talking { .. } | Stage::Alone { .. } => None,
        }
    }
}

/// The most devices that ring for one call at once.
const MAX_BRANCHES: usize = 32;

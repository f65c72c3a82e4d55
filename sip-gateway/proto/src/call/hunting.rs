//! Ringing: from the INVITE until somebody answers, or nobody is left.

use super::audio::{every_format, formats_like, formats_toward, local_audio};
use super::calls::{Call, CallLeg, Calls, Party, Stage};
use super::hunt::{Hunt, Outcome, Outside, Payer, Step, Target, is_trunks_fault};
use super::identity::{Presented, push_diversions};
use super::io::{Around, Origin};
use super::media_plane::{LegId, MediaReport, Sound, Wish};
use super::record::{CallId, EndCause, LegRecord, RecordedRoute};
use super::transfer::Transfer;
use crate::dialog::MAX_FORWARDS;
use crate::flow::{Carrier, Flow};
use crate::leg::{Ending, Invitation, Leg, Reason};
use crate::message::{HeaderName, Headers, NameAddr, StatusCode, Uri};
use crate::plan::Route;
use crate::sdp::{Agreed, Format, Offering};
use std::borrow::Cow;

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
    outcome: Outcome,
    /// If an answered call is sent on.
    pub(super) transfer: Option<Transfer>,
}

impl Hunting {
    pub(super) fn new(hunt: Hunt, presented: Presented, transfer: Option<Transfer>) -> Self {
        Self { hunt, presented, branches: Vec::new(), heard: None, outcome: Outcome::Unreachable, transfer }
    }
}

/// Where one device or trunk is to be called.
struct Way {
    target: Target,
    party: Party,
    route: RecordedRoute,
    to: String,
    flow: Flow,
    uri: Uri,
    path: Vec<NameAddr>,
    offering: Offering,
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
    fn advance(&mut self, around: &mut Around<'_>, call: CallId) {
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

    /// All devices of an extension, but not the one that calls.
    fn ways_to_extension(&self, around: &Around<'_>, call: CallId, number: &str) -> Vec<Way> {
        let Some(extension) = around.plan.extension(number) else { return Vec::new() };
        let caller = self.calls.get(&call).and_then(|call| self.legs.get(&call.caller));
        let calling = caller.filter(|leg| leg.record.inbound).map(|leg| leg.leg.flow());
        let bindings = around.registrar.lookup(around.now, number).into_iter();
        bindings
            .filter(|binding| Some(binding.flow) != calling)
            .map(|binding| Way {
                target: Target::Extension(number.to_owned()),
                party: Party::Extension { number: number.to_owned(), binding: Some(binding.key.clone()) },
                route: RecordedRoute::OnNet { post: extension.post },
                to: number.to_owned(),
                flow: binding.flow,
                uri: binding.contact.uri.clone(),
                path: binding.path.clone(),
                offering: self.first_offering(&binding.key, binding.flow.carrier),
            })
            .collect()
    }

    fn way_outside(&self, around: &Around<'_>, call: CallId, outside: &Outside) -> Result<Way, StatusCode> {
        let trunk = around.plan.trunk(outside.way.trunk).ok_or(StatusCode::SERVICE_UNAVAILABLE)?;
        self.check_limits(around, call, outside, trunk.calls)?;
        let flow = around.trunks.flow(trunk.id).ok_or(StatusCode::SERVICE_UNAVAILABLE)?;
        let uri = Uri::sip(Some(&outside.way.number), &trunk.host, trunk.port)
            .map_err(|_| StatusCode::ADDRESS_INCOMPLETE)?;
        Ok(Way {
            target: Target::Outside(outside.clone()),
            party: Party::Outside { trunk: trunk.id, number: outside.number.clone() },
            route: RecordedRoute::Trunk { trunk: trunk.id, post: trunk.post },
            to: outside.number.clone(),
            flow,
            uri: if flow.carrier == Carrier::Udp {
                uri
            } else {
                uri.with_param("transport", Some(flow.carrier.parameter()))
            },
            path: Vec::new(),
            offering: if trunk.srtp && flow.carrier.is_secure() { Offering::Sdes } else { Offering::Plain },
        })
    }

    /// Whether the trunk and whoever pays may have one more call. Emergency calls always may.
    fn check_limits(
        &self,
        around: &Around<'_>,
        call: CallId,
        outside: &Outside,
        limit: u16,
    ) -> Result<(), StatusCode> {
        if outside.emergency {
            return Ok(());
        }
        if self.legs_on(outside.way.trunk) >= usize::from(limit) {
            return Err(StatusCode::SERVICE_UNAVAILABLE);
        }
        let Some(Stage::Hunting(hunting)) = self.calls.get(&call).map(|call| &call.stage) else {
            return Ok(());
        };
        let Payer::Extension(payer) = hunting.hunt.payer() else { return Ok(()) };
        let Some(extension) = around.plan.extension(payer) else { return Ok(()) };
        let paid = |leg: &&CallLeg| {
            !leg.is_over()
                && !leg.record.inbound
                && matches!(leg.party, Party::Outside { .. })
                && leg.payer.as_ref() == Some(payer)
        };
        match self.legs.values().filter(paid).count() >= usize::from(extension.outside_calls) {
            true => Err(StatusCode::FORBIDDEN),
            false => Ok(()),
        }
    }

    /// Calls one device or trunk.
    fn start_branch(&mut self, around: &mut Around<'_>, call: CallId, way: Way) -> bool {
        let id = self.next_leg();
        let wish = Wish {
            peer: way.flow.remote.ip(),
            sdes: way.offering == Offering::Sdes,
            dtls: way.offering == Offering::Dtls,
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
        push_diversions(
            &mut headers,
            outside.map_or(realm, |(trunk, _)| &trunk.host),
            hunting.hunt.diversions(),
        );
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

    /// How a device's sound is protected at first: as it was the last time, encrypted if the signalling is.
    fn first_offering(&self, binding: &str, carrier: Carrier) -> Offering {
        let first = if carrier.is_secure() { Offering::Sdes } else { Offering::Plain };
        self.protections.get(binding).copied().unwrap_or(first)
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

    fn remember_protection(&mut self, id: LegId) {
        let Some(leg) = self.legs.get(&id) else { return };
        let Party::Extension { binding: Some(binding), .. } = &leg.party else { return };
        if self.protections.len() >= MAX_REMEMBERED {
            self.protections.clear();
        }
        self.protections.insert(binding.clone(), leg.offering);
    }

    /// A leg is over, and nobody told it to be.
    pub(super) fn handle_ended(&mut self, around: &mut Around<'_>, call: CallId, id: LegId, ending: Ending) {
        let Some(leg) = self.legs.get(&id).filter(|leg| !leg.is_over()) else { return };
        let is_branch = matches!(self.calls.get(&call).map(|call| &call.stage),
            Some(Stage::Hunting(hunting)) if hunting.branches.contains(&id));
        if is_branch {
            return self.handle_branch_ended(around, call, id, ending);
        }
        let unanswered = !leg.leg.is_confirmed() && leg.record.answered.is_none();
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
        let again = match &ending {
            Ending::Refused { status, .. } => self.other_protection(around, id, *status),
            Ending::Failed(_) => self.other_protection(around, id, StatusCode::NOT_ACCEPTABLE_HERE),
            _ => None,
        };
        self.close_leg(around, id, cause);
        let target = self.legs.get(&id).and_then(|leg| leg.target.clone());
        self.drop_branch(around, call, id);
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
                    hunting.hunt.redirect(around.plan, by.clone(), to);
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

    /// Another way to protect the sound of a device that did not like the first.
    fn other_protection(&self, around: &Around<'_>, id: LegId, status: StatusCode) -> Option<Way> {
        if !matches!(status.code(), 415 | 488 | 606) {
            return None;
        }
        let leg = self.legs.get(&id)?;
        let Party::Extension { number, binding: Some(key) } = &leg.party else { return None };
        let binding =
            around.registrar.lookup(around.now, number).into_iter().find(|binding| binding.key == *key)?;
        let offering = match leg.offering {
            Offering::Sdes => Offering::Dtls,
            Offering::Dtls => Offering::Plain,
            Offering::Plain | Offering::Opportunistic => return None,
        };
        Some(Way {
            target: leg.target.clone()?,
            party: leg.party.clone(),
            route: leg.record.route.clone(),
            to: number.clone(),
            flow: binding.flow,
            uri: binding.contact.uri.clone(),
            path: binding.path.clone(),
            offering,
        })
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
            Stage::Alone { .. } => self.forget(call),
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
            Some(Stage::Talking { .. }) | None => {}
        }
    }

    /// Nobody is left to ring.
    fn give_up(&mut self, around: &mut Around<'_>, call: CallId) {
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
/// The most devices whose liking for a protection is remembered.
const MAX_REMEMBERED: usize = 20_000;

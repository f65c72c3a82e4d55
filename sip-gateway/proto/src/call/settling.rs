//! What legs want done and what they tell, until they want nothing any more.

use std::time::Duration;

use super::call_leg::{CallLeg, Party};
use super::calls::Calls;
#[cfg(test)]
use super::calls::{Call, Stage};
use super::io::{Around, Output};
use super::media_plane::LegId;
use super::record::CallId;
use super::side::Side;
use crate::leg::{self, LegEvent};
use crate::message::Response;

impl Calls {
    /// Performs what legs want, until they want nothing any more.
    pub(super) fn settle(&mut self, around: &mut Around<'_>) {
        while let Some(id) = self.touched.pop() {
            while let Some(output) = self.legs.get_mut(&id).and_then(|leg| leg.side.poll_output()) {
                match output {
                    leg::Output::Request { flow, request } => {
                        self.outputs.push_back(Output::Request { leg: id, flow, request });
                    }
                    leg::Output::Ack { flow, request } => {
                        self.outputs.push_back(Output::Ack { flow, request });
                    }
                    leg::Output::Cancel { cseq, headers } => {
                        self.outputs.push_back(Output::Cancel { leg: id, cseq, headers });
                    }
                    leg::Output::Respond { key, response } => {
                        self.outputs.push_back(Output::Respond { key, response });
                    }
                    leg::Output::Event(event) => self.handle_event(around, id, event),
                }
            }
            self.note_changed(id);
            self.schedule(id);
        }
        #[cfg(test)]
        assert!(self.is_sound(), "a leg or a call has been forgotten: {self:#?}");
    }

    /// Whether every leg that has not ended has a place in a call, for tests.
    #[cfg(test)]
    fn is_sound(&self) -> bool {
        let has_place = |(id, leg): (&LegId, &CallLeg)| {
            let Some(call) = self.calls.get(&leg.call) else { return false };
            call.caller == *id
                || match &call.stage {
                    Stage::Hunting(hunting) => {
                        let by = hunting.transfer.as_ref().and_then(|transfer| transfer.by);
                        hunting.branches.contains(id) || by == Some(*id)
                    }
                    Stage::Talking { other } => other == id,
                    Stage::Alone { .. } | Stage::Asking(_) => false,
                }
        };
        let waits = |call: &Call| call.deadline.is_some() || matches!(call.stage, Stage::Talking { .. });
        self.legs.iter().filter(|(_, leg)| !leg.ended).all(has_place) && self.calls.values().all(waits)
    }

    /// Notes when a leg wants to be looked at again, or drops it when it is over.
    fn schedule(&mut self, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let due = leg.side.poll_timeout();
        if leg.due != due {
            if let Some(old) = leg.due {
                self.due.remove(&(old, id));
            }
            if let Some(new) = due {
                self.due.insert((new, id));
            }
            leg.due = due;
        }
        if leg.ended && leg.side.is_over() {
            let leg = self.legs.remove(&id).expect("it was just looked at");
            if let Some(old) = leg.due {
                self.due.remove(&(old, id));
            }
            if let Some(phone) = leg.phone() {
                self.dialogs.remove(&(phone.call_id().to_owned(), phone.local_tag().to_owned()));
            }
            self.meetings_calling.remove(&id);
            if let Some(key) = leg.invite {
                self.inviting.remove(&key);
            }
            if let Some(number) = leg.extension()
                && let Some(legs) = self.of_extension.get_mut(number)
            {
                legs.remove(&id);
                if legs.is_empty() {
                    self.of_extension.remove(number);
                }
            }
        }
    }

    fn handle_event(&mut self, around: &mut Around<'_>, id: LegId, event: LegEvent) {
        let Some((call, ended)) = self.legs.get(&id).map(|leg| (leg.call, leg.ended)) else { return };
        if ended && !matches!(event, LegEvent::Challenged(_)) {
            // It was said before the leg was ended by something else; only the BYE may have to be said again.
            return;
        }
        match event {
            LegEvent::Ringing { status } => self.handle_ringing(around, call, id, status),
            LegEvent::EarlyMedia(agreed) => self.handle_early_media(around, call, id, &agreed),
            LegEvent::Answered(agreed) => self.handle_answered(around, call, id, &agreed),
            LegEvent::Offered(offered) => self.handle_offered(around, call, id, &offered),
            LegEvent::OfferWanted => self.handle_offer_wanted(around, id),
            LegEvent::Renegotiated(agreed) => self.handle_renegotiated(around, call, id, &agreed),
            LegEvent::OfferWithdrawn | LegEvent::OfferFailed(_) => {}
            LegEvent::Challenged(response) => self.handle_challenge(around, id, &response),
            LegEvent::Referred(referral) => self.handle_referral(around, call, id, referral),
            LegEvent::Key { digit, duration } => self.handle_key(around, call, id, digit, duration),
            LegEvent::Ended(ending) => self.handle_ended(around, call, id, ending),
        }
    }

    /// A trunk wants to know who we are. Nobody else has a right to: a phone that asks could have our answers.
    fn handle_challenge(&mut self, around: &mut Around<'_>, id: LegId, response: &Response) {
        let Some(CallLeg { side: Side::Phone(leg), party, .. }) = self.touch(id) else { return };
        let answer = match (party, leg.challenged()) {
            (Party::Outside { trunk, .. }, Some(request)) => around.trunks.answer(*trunk, request, response),
            _ => None,
        };
        match answer {
            Some((name, credentials)) => leg.retry(around.now, name, &credentials),
            None => leg.surrender(around.now),
        }
    }

    fn handle_key(
        &mut self,
        around: &mut Around<'_>,
        call: CallId,
        id: LegId,
        digit: char,
        duration: Duration,
    ) {
        match self.other(call, id).filter(|other| !self.is_room(*other)) {
            Some(other) => around.media.press(other, digit, duration),
            None => self.handle_own_key(around, id, digit),
        }
    }
}

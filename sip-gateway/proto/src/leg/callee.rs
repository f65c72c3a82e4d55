//! The callee's side of the INVITE that makes the leg (RFC 3261 §13.3).

use std::time::Instant;

use super::accepted::Accepted;
use super::capabilities::{SDP, announce, description, refusal, supports};
use super::session_timer::{MIN_SE, SessionTimer, is_too_brief};
use super::{Ending, Leg, LegEvent, Reason, Replaces, State, Tokens, Usage};
use crate::dialog::Dialog;
use crate::flow::Flow;
use crate::message::{HeaderName, Headers, Method, NameAddr, Request, Response, StatusCode, Uri};
use crate::sdp::{LocalAudio, NegotiationError, Negotiator, SessionDescription};
use crate::transaction::ServerKey;

/// The server transaction of an INVITE that has no final response yet.
pub(super) struct Invited {
    key: ServerKey,
    /// What the caller offers.
    pub(super) offer: Option<SessionDescription>,
    /// Our description, if a provisional response had it.
    said: Option<SessionDescription>,
    /// The number of the next reliable provisional response.
    number: u32,
    /// The answer waits for a PRACK.
    answer_waits: bool,
}

impl Invited {
    pub(super) fn forget_offer(&mut self) {
        self.said = None;
    }

    pub(super) fn next_number(&mut self) -> u32 {
        self.number += 1;
        self.number
    }
}

impl Leg {
    /// Is called by somebody; `Err` is the refusal of an INVITE that nobody could answer.
    pub fn invited(
        _now: Instant,
        key: ServerKey,
        flow: Flow,
        request: Request,
        contact: Uri,
        tokens: Tokens,
    ) -> Result<Self, Response> {
        let tag = tokens.tag.as_str();
        if let Some(refusal) = refusal(&request) {
            return Err(refusal.response(&request, tag));
        }
        let plain = |status| request.reply(status, Some(tag));
        if request.method != Method::Invite || request.headers.to().is_ok_and(|to| to.tag().is_some()) {
            return Err(plain(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST));
        }
        if is_too_brief(&request.headers) {
            let response = plain(StatusCode::SESSION_INTERVAL_TOO_SMALL);
            return Err(response.with(HeaderName::MinSe, MIN_SE.as_secs()));
        }
        Replaces::of(&request.headers).map_err(plain)?;
        let offer = description(&request.headers, &request.body).map_err(plain)?;
        let dialog =
            Dialog::from_request(flow, &request, tag, contact).map_err(|_| plain(StatusCode::BAD_REQUEST))?;

        let exchange = Negotiator::new(tokens.sdp_session);
        let mut usage = Usage::new(dialog, exchange.clone());
        usage.learn(&request.headers);
        let mut leg = Self::begin(State::Invited, tokens, request, flow, exchange);
        let number = leg.dice.beginning();
        leg.invited = Some(Invited { key, offer, said: None, number, answer_waits: false });
        leg.usage = Some(usage);
        Ok(leg)
    }

    /// Whether the caller's offer can be answered with what we bring, asked before anybody is disturbed. An error says that
    /// it does not fit; nothing is agreed on yet.
    pub fn check_offer(&self, local: &LocalAudio) -> Result<(), NegotiationError> {
        let Some((offer, usage)) =
            self.invited.as_ref().and_then(|known| known.offer.as_ref()).zip(self.usage.as_ref())
        else {
            return Ok(());
        };
        usage.negotiator.clone().handle_offer(offer, local).map(|_| ())
    }

    /// Tells the caller what goes on: 180, 183, …, with sound of ours if there is some to hear already. `EarlyMedia`
    /// says what was agreed on. An error says that the caller's offer does not fit; nothing was sent then.
    ///
    /// The first sound stands until the call is answered, whatever later calls bring.
    pub fn ring(
        &mut self,
        now: Instant,
        status: StatusCode,
        early: Option<&LocalAudio>,
    ) -> Result<(), NegotiationError> {
        let Some(invited) = self.invited.as_ref().filter(|_| self.state == State::Invited) else {
            return Ok(());
        };
        let status = if status.is_provisional() && status != StatusCode::TRYING {
            status
        } else {
            StatusCode::RINGING
        };
        let key = invited.key;
        if let Some(reliable) = &mut self.reliable {
            // One at a time (RFC 3262 §3). What is only for show need not be reliable, unless the caller says so.
            let demanded = self.invite.headers.has_token(&HeaderName::Require, "100rel");
            if demanded || early.is_some() {
                reliable.then(status, early.cloned());
                return Ok(());
            }
        }

        let said = match early {
            Some(local) => self.describe_early(local)?,
            None => None,
        };
        let mut response = self.establishing(status);
        if let Some(said) = said {
            response = response.with_body(SDP, said.to_string());
        }
        self.send_progress(now, key, response);
        self.pursue(now);
        Ok(())
    }

    /// Our description for a provisional response: the answer, or an offer if the caller can answer it in a PRACK.
    fn describe_early(&mut self, local: &LocalAudio) -> Result<Option<SessionDescription>, NegotiationError> {
        let (Some(invited), Some(usage)) = (&mut self.invited, &mut self.usage) else { return Ok(None) };
        if usage.settled {
            return Ok(None);
        }
        if invited.said.is_some() {
            return Ok(invited.said.clone());
        }
        match &invited.offer {
            Some(offer) => {
                let (answer, agreed) = usage.negotiator.handle_offer(offer, local)?;
                invited.said = Some(answer);
                usage.agreed = Some(agreed.clone());
                self.local = Some(local.clone());
                self.outputs.push_back(super::Output::Event(LegEvent::EarlyMedia(agreed)));
            }
            None if supports(&self.invite.headers, "100rel") => {
                invited.said = Some(usage.negotiator.offer(local.clone())?);
                self.local = Some(local.clone());
            }
            None => {}
        }
        Ok(self.invited.as_ref().and_then(|invited| invited.said.clone()))
    }

    /// Accepts the call. `Answered` says what was agreed on: at once, or with the ACK if the caller left the offer to
    /// us. An error says that the caller's offer does not fit; nothing was sent then.
    ///
    /// After early media the description is the one that was said then, whatever this brings.
    pub fn answer(&mut self, now: Instant, local: &LocalAudio) -> Result<(), NegotiationError> {
        let (State::Invited, Some(invited), Some(usage)) = (self.state, &mut self.invited, &mut self.usage)
        else {
            return Ok(());
        };
        if self.reliable.as_ref().is_some_and(super::Reliable::holds_answer) {
            invited.answer_waits = true;
            return Ok(());
        }
        let (said, agreed) = match (&invited.offer, invited.said.take()) {
            _ if usage.settled => (None, usage.agreed.clone()),
            (Some(_), Some(said)) => (Some(said), usage.agreed.clone()),
            (Some(offer), None) => {
                let (answer, agreed) = usage.negotiator.handle_offer(offer, local)?;
                self.local = Some(local.clone());
                (Some(answer), Some(agreed))
            }
            (None, _) => {
                self.local = Some(local.clone());
                (Some(usage.negotiator.offer(local.clone())?), None)
            }
        };
        let key = invited.key;
        usage.dialog.confirm_as_callee();
        usage.agreed.clone_from(&agreed);
        usage.settled = agreed.is_some();
        self.invited = None;
        self.reliable = None;
        self.state = State::Confirmed;

        let mut response = self.establishing(StatusCode::OK);
        self.timer = SessionTimer::of_request(now, &self.invite.headers, &mut response.headers);
        if let Some(said) = said {
            response = response.with_body(SDP, said.to_string());
        }
        let number = self.invite.headers.cseq().map_or(0, |cseq| cseq.number);
        self.respond(key, response.clone());
        self.accepted = Some(Accepted::initial(now, key, number, response, agreed.is_none()));
        if let Some(agreed) = agreed {
            self.tell(LegEvent::Answered(agreed));
        }
        self.pursue(now);
        Ok(())
    }

    /// Goes on with an answer that waited for a PRACK.
    pub(super) fn answer_if_waiting(&mut self, now: Instant) {
        let waits = self.invited.as_ref().is_some_and(|invited| invited.answer_waits);
        if let Some(local) = self.local.clone().filter(|_| waits) {
            // All was said already, so that nothing is left to disagree on.
            let _ = self.answer(now, &local);
        }
    }

    /// Refuses the call, or sends it elsewhere with a 3xx and Contact fields. No event says so.
    pub fn refuse(&mut self, now: Instant, status: StatusCode, headers: Headers) {
        if self.state == State::Invited {
            self.finish_invite(status, headers);
            self.end(now, None);
        }
    }

    /// The caller gave up. The CANCEL itself is answered by the transaction layer.
    pub fn handle_cancel(&mut self, now: Instant, request: &Request) {
        let number = request.headers.cseq().map_or(0, |cseq| cseq.number);
        let is_first = self.invite.headers.cseq().is_ok_and(|cseq| cseq.number == number);
        if self.state == State::Invited && is_first {
            self.finish_invite(StatusCode::REQUEST_TERMINATED, Headers::new());
            self.end(now, Some(Ending::Cancelled(Reason::of(&request.headers))));
        } else if self.peer_offer.as_ref().is_some_and(|offer| offer.is_invite(number)) {
            self.drop_peer_offer(StatusCode::REQUEST_TERMINATED);
            self.tell(LegEvent::OfferWithdrawn);
        }
        self.pursue(now);
    }

    /// The final response that is no acceptance.
    pub(super) fn finish_invite(&mut self, status: StatusCode, headers: Headers) {
        let Some(invited) = self.invited.take() else { return };
        let refuses = status.is_final() && !status.is_success();
        let status = if refuses { status } else { StatusCode::TEMPORARILY_UNAVAILABLE };
        let mut response = self.invite.reply(status, Some(&self.tag));
        for (name, value) in headers.iter() {
            response.headers.push(name.clone(), value);
        }
        self.respond(invited.key, response);
    }

    /// A response to the INVITE that makes a dialog (§12.1.1).
    fn establishing(&self, status: StatusCode) -> Response {
        let mut response = self.invite.reply(status, Some(&self.tag));
        response.headers.copy_from(&self.invite.headers, &HeaderName::RecordRoute);
        if let Some(usage) = &self.usage {
            response.headers.push(HeaderName::Contact, NameAddr::new(usage.dialog.contact().clone()));
        }
        announce(&mut response.headers);
        response
    }
}

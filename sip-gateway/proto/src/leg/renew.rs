//! Our offers within a call: re-INVITE (RFC 3261 §14) and UPDATE (RFC 3311), also as signs of life.

use std::time::{Duration, Instant};

use super::capabilities::{SDP, announce, description};
use super::session_timer::SessionTimer;
use super::{Ending, Leg, LegEvent, MAX_PENDING, Pending, Purpose, State, Usage, numbered};
use crate::flow::Flow;
use crate::message::{HeaderName, Method, NameAddr, Request, Response, StatusCode};
use crate::sdp::{LocalAudio, SessionDescription};

/// An offer of ours that is to be made, or was made.
pub(super) struct Wanted {
    /// What we bring; nothing if only a sign of life is wanted.
    local: Option<LocalAudio>,
    /// Whether the call asked for it, and wants to hear what came of it.
    asked: bool,
    tries: u8,
    /// Whom the other side's display is to show.
    shows: Option<NameAddr>,
}

impl Wanted {
    pub(super) fn is_asked(&self) -> bool {
        self.asked
    }

    /// Whether nothing depends on it: a call does not end because a display stays as it was.
    pub(super) fn is_for_show(&self) -> bool {
        self.shows.is_some()
    }
}

impl Leg {
    /// Offers something else, by re-INVITE, or by UPDATE while the call is not answered and the other side takes that.
    /// If something is in the way, it is done when that is over; a later offer replaces one that waits.
    pub fn offer(&mut self, now: Instant, local: LocalAudio) {
        if self.state != State::Over {
            self.wanted = Some(Wanted { local: Some(local), asked: true, tries: 0, shows: None });
            self.pursue(now);
        }
    }

    /// Shows on the other side's display who is heard, by UPDATE (RFC 3325 §9.2, as RFC 4916 does it with From). Who takes
    /// none, or is busy with another offer, goes on showing what it did.
    pub fn show(&mut self, now: Instant, who: NameAddr) {
        let able = self.usage.as_ref().is_some_and(|usage| usage.allows_update);
        if able && self.state == State::Confirmed && self.wanted.is_none() {
            self.wanted = Some(Wanted { local: None, asked: false, tries: 0, shows: Some(who) });
            self.pursue(now);
        }
    }

    /// Makes the offer that waits, if nothing is in its way any more.
    pub(super) fn pursue(&mut self, _now: Instant) {
        let busy = self.again_at.is_some()
            || self.peer_offer.is_some()
            || self.accepted.is_some()
            || self.reliable.is_some()
            || self.challenged.is_some()
            || self.pending.iter().any(|pending| matches!(pending.purpose, Purpose::Renew(_)));
        if busy || self.wanted.is_none() {
            return;
        }
        let is_invite = match self.state {
            State::Confirmed => {
                // A sign of life needs no description, if the other side takes it without.
                let allows_update = self.usage.as_ref().is_some_and(|usage| usage.allows_update);
                let only_sign = self.wanted.as_ref().is_some_and(|wanted| wanted.local.is_none());
                !(only_sign && allows_update)
            }
            State::Calling | State::Invited => false,
            State::Accepting | State::Over => return,
        };
        let ready = |usage: &&mut Usage| {
            is_invite || !usage.dialog.is_early() || usage.settled && usage.allows_update
        };
        let usage = self.usage.iter_mut().chain(self.early.iter_mut().rev()).find(ready);
        let (Some(usage), Some(mut wanted)) = (usage, self.wanted.take()) else { return };

        let local = wanted.local.clone().or_else(|| self.local.clone()).filter(|_| is_invite || wanted.asked);
        let offer = match local.map(|local| usage.negotiator.offer(local)).transpose() {
            Ok(offer) => offer,
            // It waits for what is under way.
            Err(_) => return self.wanted = Some(wanted),
        };
        wanted.tries += 1;
        let method = if is_invite { Method::Invite } else { Method::Update };
        let mut request = numbered(&mut usage.dialog, &mut self.cseq, method);
        let (flow, tag) = (usage.dialog.flow(), usage.tag().to_owned());
        announce(&mut request.headers);
        if let Some(who) = &wanted.shows {
            request.headers.push(HeaderName::PAssertedIdentity, who);
        }
        if self.state == State::Confirmed
            && let Some(timer) = &self.timer
        {
            self.wish.write(&mut request.headers, Some(timer));
        }
        if let Some(offer) = offer {
            request = request.with_body(SDP, offer.to_string());
        }
        self.send(flow, request, tag, Purpose::Renew(Box::new(wanted)));
    }

    /// The final response to a renewal of ours.
    pub(super) fn handle_renewed(&mut self, now: Instant, flow: Flow, pending: Pending, response: &Response) {
        let Purpose::Renew(wanted) = pending.purpose else { return };
        let status = response.status;
        if status.is_success() {
            return self.handle_renewal_success(now, flow, &pending.tag, &pending.request, *wanted, response);
        }
        if let Some(usage) = self.usage_mut(&pending.tag) {
            usage.negotiator.withdraw();
        }
        if self.state == State::Over {
            return;
        }
        let retry_after =
            response.headers.seconds(&HeaderName::RetryAfter).filter(|after| *after <= MAX_RETRY_AFTER);
        let wait = match (status, retry_after) {
            (StatusCode::REQUEST_PENDING, _) => Some(self.back_off()),
            (StatusCode::SERVER_INTERNAL_ERROR, Some(after)) => Some(after),
            _ => None,
        };
        match (status, wait) {
            _ if has_no_call(status) => self.lose(now),
            (_, Some(wait)) if wanted.tries < MAX_TRIES => {
                self.again_at = Some(now + wait);
                self.wanted.get_or_insert(*wanted);
            }
            _ if wanted.asked => self.tell(LegEvent::OfferFailed(status)),
            // It said that it takes UPDATE, and does not.
            (StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED, _) if wanted.is_for_show() => {
                if let Some(usage) = self.usage_mut(&pending.tag) {
                    usage.allows_update = false;
                }
            }
            _ => {}
        }
    }

    fn handle_renewal_success(
        &mut self,
        now: Instant,
        flow: Flow,
        tag: &str,
        request: &Request,
        wanted: Wanted,
        response: &Response,
    ) {
        if request.method == Method::Invite
            && let Some(mut usage) = self.usage.take()
        {
            usage.dialog.refresh_target(flow, &response.headers);
            self.acknowledge(&usage, &request.headers, None);
            self.usage = Some(usage);
        }
        if self.state == State::Over {
            return;
        }
        if self.state == State::Confirmed {
            self.timer = SessionTimer::of_response(now, &response.headers);
        }
        self.challenges = 0;
        let answer = description(&response.headers, &response.body).unwrap_or_default();
        let Some(usage) = self.usage_mut(tag) else { return };
        usage.dialog.refresh_target(flow, &response.headers);
        usage.learn(&response.headers);
        let agreed = match answer.filter(|_| usage.negotiator.is_offering()) {
            Some(answer) => self.take_renewed(tag, &answer, wanted.asked),
            // Said before, in a reliable provisional response, or nothing was asked.
            None => !usage.negotiator.is_offering(),
        };
        if let Some(usage) = self.usage_mut(tag) {
            usage.negotiator.withdraw();
        }
        match (agreed, wanted) {
            (true, Wanted { local: Some(local), .. }) => self.local = Some(local),
            (false, Wanted { asked: true, .. }) => {
                self.tell(LegEvent::OfferFailed(StatusCode::NOT_ACCEPTABLE_HERE));
            }
            _ => {}
        }
    }

    /// Takes the answer to an offer within the call; says whether it was acceptable. The call hears of it if it asked, or
    /// if a sign of life changed something.
    pub(super) fn take_renewed(&mut self, tag: &str, answer: &SessionDescription, asked: bool) -> bool {
        let Some(usage) = self.usage_mut(tag) else { return false };
        let Ok(agreed) = usage.negotiator.handle_answer(answer) else { return false };
        let is_news = usage.agreed.as_ref() != Some(&agreed);
        usage.agreed = Some(agreed.clone());
        if asked || is_news {
            self.tell(LegEvent::Renegotiated(agreed));
        }
        true
    }

    /// How long to wait after a collision: whoever made the call waits longer (§14.1).
    fn back_off(&mut self) -> Duration {
        let millis = Duration::from_millis;
        match self.calling {
            true => self.dice.between(millis(2_100), millis(4_000)),
            false => self.dice.between(Duration::ZERO, millis(2_000)),
        }
    }

    /// Asks whether the other side still has the call (§11). If it has not, or does not answer, the leg ends.
    pub fn probe(&mut self) {
        let probing = self.pending.iter().any(|pending| matches!(pending.purpose, Purpose::Probe));
        if self.state != State::Confirmed || probing || self.pending.len() >= MAX_PENDING {
            return;
        }
        let Some(usage) = &mut self.usage else { return };
        let request = numbered(&mut usage.dialog, &mut self.cseq, Method::Options);
        let (flow, tag) = (usage.dialog.flow(), usage.tag().to_owned());
        self.send(flow, request, tag, Purpose::Probe);
    }

    /// Refreshes the session, or ends it.
    pub(super) fn keep_session(&mut self, now: Instant) {
        let Some(timer) = &mut self.timer else { return };
        if timer.is_expired(now) {
            self.timer = None;
            if self.state == State::Confirmed {
                self.part(now, Some(expired()), Some(Ending::Lost));
            }
        } else if timer.take_refresh(now) && self.wanted.is_none() {
            self.wanted = Some(Wanted { local: None, asked: false, tries: 0, shows: None });
        }
    }
}

/// Whether a refusal says that the other side knows the call no more (§12.2.1.2).
pub(super) fn has_no_call(status: StatusCode) -> bool {
    matches!(status, StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST | StatusCode::REQUEST_TIMEOUT)
}

fn expired() -> super::Reason {
    super::Reason::sip(StatusCode::REQUEST_TIMEOUT, "Session expired")
}

/// How often an offer is made that collides each time.
const MAX_TRIES: u8 = 10;
/// The longest wait that a refusal may ask for before we take it as one.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(10);

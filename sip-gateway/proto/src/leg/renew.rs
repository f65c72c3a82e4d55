//! Offers within a call, both ways: re-INVITE (RFC 3261 §14) and UPDATE (RFC 3311), also as signs of life.

use std::time::{Duration, Instant};

use super::accepted::Accepted;
use super::capabilities::{SDP, announce, description};
use super::session_timer::{MIN_SE, SessionTimer, is_too_brief};
use super::{Ending, Leg, LegEvent, Offered, Pending, Purpose, State, Usage, numbered};
use crate::flow::Flow;
use crate::message::{HeaderName, Method, NameAddr, Request, Response, StatusCode};
use crate::sdp::{Agreed, LocalAudio, NegotiationError, SessionDescription};
use crate::transaction::ServerKey;

/// An offer of ours that is to be made, or was made.
pub(super) struct Wanted {
    /// What we bring; nothing if only a sign of life is wanted.
    local: Option<LocalAudio>,
    /// Whether the call asked for it, and wants to hear what came of it.
    asked: bool,
    tries: u8,
}

/// An offer of the other side that waits for our answer, or its wish for an offer of ours.
pub(super) struct PeerOffer {
    /// The other side's tag.
    pub(super) tag: String,
    pub(super) place: OfferedIn,
    pub(super) offer: Option<SessionDescription>,
}

/// Which message made an offer.
pub(super) enum OfferedIn {
    /// A re-INVITE, UPDATE or PRACK.
    Request { key: ServerKey, request: Box<Request> },
    /// The 2xx to our INVITE.
    Success { cseq: u32 },
}

impl Wanted {
    pub(super) fn is_asked(&self) -> bool {
        self.asked
    }
}

impl PeerOffer {
    /// Whether it came in the INVITE of that number.
    pub(super) fn is_invite(&self, number: u32) -> bool {
        matches!(&self.place, OfferedIn::Request { request, .. }
            if request.method == Method::Invite
                && request.headers.cseq().is_ok_and(|cseq| cseq.number == number))
    }
}

impl Offered {
    pub(super) fn of(offer: &SessionDescription) -> Self {
        let audio = offer.media.iter().find(|media| media.is_open() && media.kind == crate::sdp::Kind::Audio);
        Self {
            direction: audio.map_or(crate::sdp::Direction::Inactive, crate::sdp::Media::effective_direction),
            held: audio.is_some_and(crate::sdp::Media::is_hold),
            formats: audio.map(|audio| audio.formats.clone()).unwrap_or_default(),
        }
    }
}

impl Leg {
    /// Offers something else, by re-INVITE, or by UPDATE while the call is not answered and the other side takes that.
    /// If something is in the way, it is done when that is over; a later offer replaces one that waits.
    pub fn offer(&mut self, now: Instant, local: LocalAudio) {
        if self.state != State::Over {
            self.wanted = Some(Wanted { local: Some(local), asked: true, tries: 0 });
            self.pursue(now);
        }
    }

    /// Accepts what the other side offers, or makes the offer it wants. An error says that it does not fit; nothing
    /// was sent then.
    pub fn accept(&mut self, now: Instant, local: &LocalAudio) -> Result<(), NegotiationError> {
        let Some(waiting) = &self.peer_offer else { return Ok(()) };
        let (offer, tag) = (waiting.offer.clone(), waiting.tag.clone());
        let Some(usage) = self.usage_mut(&tag) else { return Ok(()) };
        let (said, agreed) = match offer {
            Some(offer) => {
                let (answer, agreed) = usage.negotiator.handle_offer(&offer, local)?;
                usage.agreed = Some(agreed.clone());
                (answer, Some(agreed))
            }
            None => (usage.negotiator.offer(local.clone())?, None),
        };
        self.local = Some(local.clone());
        match self.peer_offer.as_ref().map(|waiting| &waiting.place) {
            Some(OfferedIn::Success { .. }) => self.accept_late(said, agreed),
            _ => self.accept_request(now, &said, agreed),
        }
        self.pursue(now);
        Ok(())
    }

    fn accept_late(&mut self, said: SessionDescription, agreed: Option<Agreed>) {
        self.acknowledge_late(Some(said));
        self.state = State::Confirmed;
        if let Some(usage) = &mut self.usage {
            usage.settled = true;
        }
        if let Some(agreed) = agreed {
            self.tell(LegEvent::Answered(agreed));
        }
    }

    fn accept_request(&mut self, now: Instant, said: &SessionDescription, agreed: Option<Agreed>) {
        let Some(PeerOffer { tag, place: OfferedIn::Request { key, request }, .. }) = self.peer_offer.take()
        else {
            return;
        };
        let mut response = self.accepting(now, &tag, &request);
        response = response.with_body(SDP, said.to_string());
        self.respond(key, response.clone());
        if request.method == Method::Invite {
            let number = request.headers.cseq().map_or(0, |cseq| cseq.number);
            self.accepted = Some(Accepted::initial(now, key, number, response, agreed.is_none()).renewal());
        }
        if let Some(agreed) = agreed {
            self.tell(LegEvent::Renegotiated(agreed));
        }
    }

    /// The 2xx to a re-INVITE, UPDATE or PRACK.
    fn accepting(&mut self, now: Instant, tag: &str, request: &Request) -> Response {
        let mut response = request.reply(StatusCode::OK, Some(&self.tag));
        if request.method == Method::Prack {
            return response;
        }
        if let Some(usage) = self.usage_mut(tag) {
            response.headers.push(HeaderName::Contact, NameAddr::new(usage.dialog.contact().clone()));
        }
        announce(&mut response.headers);
        if self.state == State::Confirmed {
            self.timer = SessionTimer::of_request(now, &request.headers, &mut response.headers);
        }
        response
    }

    /// Refuses what the other side offers; all stays as it was.
    pub fn reject_offer(&mut self, now: Instant, status: StatusCode) {
        if self.state == State::Accepting {
            return self.hang_up(now, None);
        }
        let refuses = status.is_final() && !status.is_success();
        self.drop_peer_offer(if refuses { status } else { StatusCode::NOT_ACCEPTABLE_HERE });
        self.pursue(now);
    }

    pub(super) fn drop_peer_offer(&mut self, status: StatusCode) {
        let in_request = |waiting: &mut PeerOffer| matches!(waiting.place, OfferedIn::Request { .. });
        if let Some(PeerOffer { place: OfferedIn::Request { key, request }, .. }) =
            self.peer_offer.take_if(in_request)
        {
            self.respond_status(key, &request, status);
        }
    }

    /// A re-INVITE or UPDATE of the other side.
    pub(super) fn handle_renewal(
        &mut self,
        now: Instant,
        key: ServerKey,
        flow: Flow,
        tag: &str,
        request: Request,
    ) {
        if let Some(status) = self.collision(tag, &request) {
            let mut response = request.reply(status, Some(&self.tag));
            if status == StatusCode::SERVER_INTERNAL_ERROR {
                let seconds = self.dice.between(Duration::ZERO, Duration::from_secs(10)).as_secs();
                response.headers.push(HeaderName::RetryAfter, seconds);
            }
            return self.respond(key, response);
        }
        if is_too_brief(&request.headers) {
            let response = request.reply(StatusCode::SESSION_INTERVAL_TOO_SMALL, Some(&self.tag));
            return self.respond(key, response.with(HeaderName::MinSe, MIN_SE.as_secs()));
        }
        let offer = match description(&request.headers, &request.body) {
            Ok(offer) => offer,
            Err(status) => return self.respond_status(key, &request, status),
        };
        // Whoever goes on has had our 2xx, even if its ACK got lost.
        self.accepted = None;
        if let Some(usage) = self.usage_mut(tag) {
            usage.dialog.refresh_target(flow, &request.headers);
            usage.learn(&request.headers);
        }
        if offer.is_none() && request.method == Method::Update {
            let response = self.accepting(now, tag, &request);
            return self.respond(key, response);
        }
        self.tell(match &offer {
            Some(offer) => LegEvent::Offered(Offered::of(offer)),
            None => LegEvent::OfferWanted,
        });
        let place = OfferedIn::Request { key, request: Box::new(request) };
        self.peer_offer = Some(PeerOffer { tag: tag.to_owned(), place, offer });
    }

    /// What is in the way of the other side's renewal (RFC 3261 §14.2, RFC 3311 §5.2, RFC 5407).
    fn collision(&mut self, tag: &str, request: &Request) -> Option<StatusCode> {
        let is_invite = request.method == Method::Invite;
        if self.peer_offer.is_some() || is_invite && self.invited.is_some() {
            return Some(StatusCode::SERVER_INTERNAL_ERROR);
        }
        if is_invite && self.usage.is_none() {
            return Some(StatusCode::REQUEST_PENDING);
        }
        if !is_invite && request.body.is_empty() {
            return None;
        }
        if !is_invite && self.invited.as_ref().is_some_and(|invited| invited.offer.is_some()) {
            let settled = self.usage_mut(tag).is_some_and(|usage| usage.settled);
            return (!settled).then_some(StatusCode::SERVER_INTERNAL_ERROR);
        }
        let awaits_answer = self.accepted.as_ref().is_some_and(Accepted::awaits_answer);
        let offering = self.usage_mut(tag).is_some_and(|usage| usage.negotiator.is_offering());
        let inviting = is_invite
            && self.pending.iter().any(|pending| {
                pending.method == Method::Invite && matches!(pending.purpose, Purpose::Renew(_))
            });
        (offering || awaits_answer || inviting).then_some(StatusCode::REQUEST_PENDING)
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
            return self.handle_renewal_success(now, flow, &pending.tag, pending.cseq, *wanted, response);
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
            // The other side knows the call no more (§12.2.1.2).
            (StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST | StatusCode::REQUEST_TIMEOUT, _) => {
                self.lose(now);
            }
            (_, Some(wait)) if wanted.tries < MAX_TRIES => {
                self.again_at = Some(now + wait);
                self.wanted.get_or_insert(*wanted);
            }
            _ if wanted.asked => self.tell(LegEvent::OfferFailed(status)),
            _ => {}
        }
    }

    fn handle_renewal_success(
        &mut self,
        now: Instant,
        flow: Flow,
        tag: &str,
        number: u32,
        wanted: Wanted,
        response: &Response,
    ) {
        let is_invite = response.headers.cseq().is_ok_and(|cseq| cseq.method == Method::Invite);
        if is_invite && let Some(mut usage) = self.usage.take() {
            usage.dialog.refresh_target(flow, &response.headers);
            self.acknowledge(&usage, number, None);
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

    /// Refreshes the session, or ends it.
    pub(super) fn keep_session(&mut self, now: Instant) {
        let Some(timer) = &mut self.timer else { return };
        if timer.is_expired(now) {
            self.timer = None;
            if self.state == State::Confirmed {
                self.part(now, Some(expired()), Some(Ending::Lost));
            }
        } else if timer.take_refresh(now) && self.wanted.is_none() {
            self.wanted = Some(Wanted { local: None, asked: false, tries: 0 });
        }
    }
}

fn expired() -> super::Reason {
    super::Reason::sip(StatusCode::REQUEST_TIMEOUT, "Session expired")
}

/// How often an offer is made that collides each time.
const MAX_TRIES: u8 = 10;
/// The longest wait that a refusal may ask for before we take it as one.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(10);

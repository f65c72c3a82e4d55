//! The other side's offers within a call: in re-INVITE (RFC 3261 §14), UPDATE (RFC 3311) and PRACK (RFC 3262).

use std::time::{Duration, Instant};

use super::accepted::Accepted;
use super::capabilities::{SDP, announce, description};
use super::session_timer::{MIN_SE, SessionTimer, is_too_brief};
use super::{Leg, LegEvent, Offered, Purpose, State};
use crate::flow::Flow;
use crate::message::{HeaderName, Method, NameAddr, Request, Response, StatusCode};
use crate::sdp::{Agreed, Direction, Kind, LocalAudio, Media, NegotiationError, SessionDescription};
use crate::transaction::ServerKey;

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
    Success,
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
        let audio = offer.media.iter().find(|media| media.is_open() && media.kind == Kind::Audio);
        Self {
            direction: audio.map_or(Direction::Inactive, Media::effective_direction),
            held: audio.is_some_and(Media::is_hold),
            formats: audio.map(|audio| audio.formats.clone()).unwrap_or_default(),
        }
    }
}

impl Leg {
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
            Some(OfferedIn::Success) => self.accept_late(said, agreed),
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
        if request.method == Method::Invite {
            // Whoever goes on has had our 2xx, even if its ACK got lost.
            self.accepted = None;
        }
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
            // The offer before is not answered yet, or not for certain.
            if self.usage_mut(tag).is_some_and(|usage| !usage.settled) {
                return Some(StatusCode::SERVER_INTERNAL_ERROR);
            }
        }
        let awaits_answer = self.accepted.as_ref().is_some_and(Accepted::awaits_answer);
        let offering = self.usage_mut(tag).is_some_and(|usage| usage.negotiator.is_offering());
        let inviting = is_invite
            && self.pending.iter().any(|pending| {
                pending.method == Method::Invite && matches!(pending.purpose, Purpose::Renew(_))
            });
        (offering || awaits_answer || inviting).then_some(StatusCode::REQUEST_PENDING)
    }
}

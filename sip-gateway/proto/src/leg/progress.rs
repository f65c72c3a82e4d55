//! Provisional responses: those we hear, those we send, and the reliable ones with their PRACK (RFC 3262).

use std::time::{Duration, Instant};

use super::capabilities::{description, supports};
use super::peer_offer::OfferedIn;
use super::{Ending, Leg, LegEvent, MAX_PENDING, Offered, PeerOffer, Purpose, State, T1, T2, numbered};
use crate::flow::Flow;
use crate::message::{CSeq, HeaderName, Headers, Method, RAck, Request, Response, StatusCode};
use crate::sdp::LocalAudio;
use crate::transaction::ServerKey;

/// A provisional response that is repeated until a PRACK confirms it.
pub(super) struct Reliable {
    key: ServerKey,
    response: Response,
    number: u32,
    has_description: bool,
    again_at: Instant,
    interval: Duration,
    until: Instant,
    /// What is to be said next, once this one is confirmed.
    next: Option<(StatusCode, Option<LocalAudio>)>,
}

impl Reliable {
    pub(super) fn due(&self) -> Instant {
        self.again_at.min(self.until)
    }

    /// Whether the final response must wait for the PRACK (§3).
    pub(super) fn holds_answer(&self) -> bool {
        self.has_description
    }

    pub(super) fn then(&mut self, status: StatusCode, early: Option<LocalAudio>) {
        self.next = Some((status, early));
    }
}

impl Leg {
    /// A provisional response to one of our requests.
    pub(super) fn handle_progress(&mut self, now: Instant, flow: Flow, at: usize, response: &Response) {
        let Some(pending) = self.pending.get(at) else { return };
        let (cseq, tag) = (pending.cseq, pending.tag.clone());
        match &pending.purpose {
            Purpose::Invite if response.status != StatusCode::TRYING => {
                self.handle_early(flow, cseq, response);
            }
            Purpose::Renew(wanted) => {
                let asked = wanted.is_asked();
                if self.confirm_reliable(&tag, cseq, response) == Some(true)
                    && let Ok(Some(answer)) = description(&response.headers, &response.body)
                {
                    self.take_renewed(&tag, &answer, asked);
                }
            }
            _ => {}
        }
        self.pursue(now);
    }

    fn handle_early(&mut self, flow: Flow, cseq: u32, response: &Response) {
        let exchange = self.exchange.clone();
        let status = response.status;
        let mut early_media = None;
        if let Some(usage) = self.early_usage(flow, response) {
            usage.learn(&response.headers);
            let tag = usage.tag().to_owned();
            let confirmed = self.confirm_reliable(&tag, cseq, response);
            let answer = description(&response.headers, &response.body).unwrap_or_default();
            let usage = self.usage_mut(&tag);
            if let (Some(usage), Some(answer), true) = (usage, answer, confirmed != Some(false))
                && !usage.settled
            {
                // What may have got lost may be said anew, and differently: announcements before the callee.
                usage.negotiator = exchange;
                if let Ok(agreed) = usage.negotiator.handle_answer(&answer) {
                    usage.settled = confirmed == Some(true);
                    let is_news = usage.agreed.as_ref() != Some(&agreed);
                    usage.agreed = Some(agreed.clone());
                    early_media = is_news.then_some(agreed);
                }
            }
        }
        if self.state != State::Calling {
            return;
        }
        if self.rang != Some(status) {
            self.rang = Some(status);
            self.tell(LegEvent::Ringing { status });
        }
        if let Some(agreed) = early_media {
            self.tell(LegEvent::EarlyMedia(agreed));
        }
    }

    /// Confirms a reliable provisional response: `None` if it is none, `Some(false)` if it came out of order or again,
    /// and counts for nothing (§4).
    fn confirm_reliable(&mut self, tag: &str, cseq: u32, response: &Response) -> Option<bool> {
        if !response.headers.has_token(&HeaderName::Require, "100rel") {
            return None;
        }
        let number = response.headers.rseq()?;
        if self.pending.len() >= MAX_PENDING {
            return Some(false);
        }
        let usage = self.usage.iter_mut().chain(&mut self.early).find(|usage| usage.tag() == tag)?;
        let in_order = match usage.confirmed {
            Some((known, newest)) if known == cseq => newest.checked_add(1) == Some(number),
            _ => true,
        };
        if !in_order {
            return Some(false);
        }
        usage.confirmed = Some((cseq, number));
        let mut prack = numbered(&mut usage.dialog, &mut self.cseq, Method::Prack);
        let rack = RAck { response: number, cseq: CSeq { number: cseq, method: Method::Invite } };
        prack.headers.push(HeaderName::RAck, rack);
        let flow = usage.dialog.flow();
        self.send(flow, prack, tag.to_owned(), Purpose::Other);
        Some(true)
    }

    /// Sends a provisional response, reliably if the caller demands it, or if it matters and the caller can.
    pub(super) fn send_progress(&mut self, now: Instant, key: ServerKey, mut response: Response) {
        let headers = &self.invite.headers;
        let has_description = !response.body.is_empty();
        let demanded = headers.has_token(&HeaderName::Require, "100rel");
        if demanded || has_description && supports(headers, "100rel") {
            let number = match self.invited.as_mut() {
                Some(invited) => invited.next_number(),
                None => return,
            };
            response.headers.push(HeaderName::Require, "100rel");
            response.headers.push(HeaderName::RSeq, number);
            self.last_reliable = Some(number);
            self.reliable = Some(Reliable {
                key,
                response: response.clone(),
                number,
                has_description,
                again_at: now + T1,
                interval: T1,
                until: now + 64 * T1,
                next: None,
            });
        }
        self.respond(key, response);
    }

    pub(super) fn repeat_reliable(&mut self, now: Instant) {
        let Some(reliable) = &mut self.reliable else { return };
        if reliable.until <= now {
            // The caller does not hear us (§3).
            self.finish_invite(StatusCode::SERVER_TIMEOUT, Headers::new());
            return self.end(now, Some(Ending::Lost));
        }
        if reliable.again_at <= now {
            reliable.interval = (reliable.interval * 2).min(T2);
            reliable.again_at = now + reliable.interval;
            let (key, response) = (reliable.key, reliable.response.clone());
            self.respond(key, response);
        }
    }

    /// The caller has heard a reliable provisional response of ours.
    pub(super) fn handle_prack(&mut self, now: Instant, key: ServerKey, request: Request) {
        let invite = self.invite.headers.cseq().ok();
        let confirms = |reliable: &Reliable| {
            request
                .headers
                .rack()
                .is_ok_and(|rack| rack.response == reliable.number && Some(&rack.cseq) == invite.as_ref())
        };
        if !self.reliable.as_ref().is_some_and(confirms) {
            // After the final response nothing depends on it any more, but it is answered (§3).
            let is_late = request.headers.rack().is_ok_and(|rack| {
                Some(rack.response) == self.last_reliable && Some(&rack.cseq) == invite.as_ref()
            });
            let status =
                if is_late { StatusCode::OK } else { StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST };
            return self.respond_status(key, &request, status);
        }
        let theirs = match description(&request.headers, &request.body) {
            Ok(theirs) => theirs,
            Err(status) => return self.respond_status(key, &request, status),
        };
        let Some(reliable) = self.reliable.take() else { return };
        let Some(usage) = &mut self.usage else { return };
        let tag = usage.tag().to_owned();
        match theirs {
            Some(answer) if usage.negotiator.is_offering() => {
                self.respond_status(key, &request, StatusCode::OK);
                self.take_early_answer(&answer);
            }
            Some(offer) => {
                usage.settled |= reliable.has_description;
                self.tell(LegEvent::Offered(Offered::of(&offer)));
                let place = OfferedIn::Request { key, request: Box::new(request) };
                self.peer_offer = Some(PeerOffer { tag, place, offer: Some(offer) });
            }
            None => {
                usage.settled |= reliable.has_description && !usage.negotiator.is_offering();
                if usage.negotiator.is_offering() {
                    // The answer is owed still; it will be asked for again in the final response.
                    usage.negotiator.withdraw();
                    if let Some(invited) = &mut self.invited {
                        invited.forget_offer();
                    }
                }
                self.respond_status(key, &request, StatusCode::OK);
            }
        }
        if let Some((status, early)) = reliable.next {
            // It was checked when it was asked for; only its sound can be left out now.
            let _ = self.ring(now, status, early.as_ref());
        }
        self.answer_if_waiting(now);
    }

    fn take_early_answer(&mut self, answer: &crate::sdp::SessionDescription) {
        let Some(usage) = &mut self.usage else { return };
        if let Ok(agreed) = usage.negotiator.handle_answer(answer) {
            usage.settled = true;
            usage.agreed = Some(agreed.clone());
            self.tell(LegEvent::EarlyMedia(agreed));
        }
    }
}

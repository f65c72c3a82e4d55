//! The caller's side of the INVITE that makes the leg (RFC 3261 §13.2).

use std::time::Instant;

use super::capabilities::{SDP, announce, description};
use super::peer_offer::OfferedIn;
use super::renew::has_no_call;
use super::session_timer::Wish;
use super::{
    Acked, Ending, Invitation, Leg, LegEvent, MAX_ACKS, MAX_CHALLENGES, MAX_EARLY, Offered, Output,
    PeerOffer, Pending, Purpose, Reason, SessionTimer, State, Tokens, Usage, numbered,
};
use crate::dialog::{Dialog, MAX_FORWARDS};
use crate::flow::Flow;
use crate::message::{CSeq, Contacts, HeaderName, Headers, Method, NameAddr, Request, Response, StatusCode};
use crate::sdp::{Agreed, Negotiator, SessionDescription};
use crate::transaction::FailureCause;

impl Leg {
    /// Calls somebody.
    #[must_use]
    pub fn invite(_now: Instant, invitation: Invitation, tokens: Tokens) -> Self {
        let Invitation { flow, uri, from, to, call_id, route, contact, headers, local } = invitation;
        let mut exchange = Negotiator::new(tokens.sdp_session);
        let offer = local
            .clone()
            .map(|local| exchange.offer(local).expect("a fresh exchange has no offer under way"));
        let mut to = to;
        to.params.remove("tag");

        let mut request = Request::new(Method::Invite, uri).with(HeaderName::MaxForwards, MAX_FORWARDS);
        for hop in route {
            request.headers.push(HeaderName::Route, hop);
        }
        request = request
            .with(HeaderName::From, from.with_tag(&tokens.tag))
            .with(HeaderName::To, to)
            .with(HeaderName::CallId, call_id)
            .with(HeaderName::CSeq, CSeq { number: FIRST, method: Method::Invite })
            .with(HeaderName::Contact, NameAddr::new(contact));
        announce(&mut request.headers);
        let wish = Wish::new();
        wish.write(&mut request.headers, None);
        for (name, value) in headers.iter() {
            match name {
                // A call that is passed on has fewer hops left than one that begins here.
                HeaderName::MaxForwards => request.headers.set(name.clone(), value),
                _ => request.headers.push(name.clone(), value),
            }
        }
        match offer {
            Some(offer) => request = request.with_body(SDP, offer.to_string()),
            // An offer in a provisional response would have to be answered in a PRACK. We want it in the 2xx.
            None => request.headers.set(HeaderName::Supported, "timer, replaces, norefersub"),
        }

        let mut leg = Self::begin(State::Calling, tokens, request.clone(), flow, exchange);
        leg.local = local;
        leg.cseq = FIRST;
        leg.wish = wish;
        leg.send(flow, request, String::new(), Purpose::Invite);
        leg
    }

    /// Sends what was challenged once more, with the answer to the challenge in the field it belongs into.
    pub fn retry(&mut self, now: Instant, name: HeaderName, credentials: &str) {
        if let Some((mut pending, _)) = self.challenged.take() {
            pending.request.headers.set(name, credentials);
            self.send_anew(pending);
        }
        self.pursue(now);
    }

    /// Nobody knows the answer to a challenge, which is then a refusal like any other.
    pub fn surrender(&mut self, now: Instant) {
        if let Some((pending, response)) = self.challenged.take() {
            self.handle_final(now, pending.flow, pending, response);
        }
        self.pursue(now);
    }

    /// Takes a response to one of our requests.
    pub fn handle_response(&mut self, now: Instant, flow: Flow, response: Response) {
        let Ok(cseq) = response.headers.cseq() else { return };
        let known = |pending: &Pending| pending.cseq == cseq.number && pending.method == cseq.method;
        let Some(at) = self.pending.iter().position(known) else {
            if cseq.method == Method::Invite && response.status.is_success() {
                self.handle_further_success(flow, &response, cseq.number);
            }
            return;
        };
        if response.status.is_provisional() {
            self.handle_progress(now, flow, at, &response);
            return;
        }
        let pending = self.pending.swap_remove(at);
        match response.status.code() {
            401 | 407 => self.handle_challenge(now, pending, response),
            422 => self.handle_brief_session(now, pending, response),
            _ => self.handle_final(now, flow, pending, response),
        }
        self.pursue(now);
    }

    /// A client transaction of ours ended without a final response.
    pub fn handle_failure(&mut self, now: Instant, cseq: &CSeq, cause: FailureCause) {
        let known = |pending: &Pending| pending.cseq == cseq.number && pending.method == cseq.method;
        let Some(at) = self.pending.iter().position(known) else { return };
        let pending = self.pending.swap_remove(at);
        let status = match cause {
            FailureCause::Timeout => StatusCode::REQUEST_TIMEOUT,
            FailureCause::Transport => StatusCode::SERVICE_UNAVAILABLE,
        };
        match pending.purpose {
            Purpose::Invite => self.end(now, Some(Ending::Refused { status, headers: Headers::new() })),
            Purpose::Renew(wanted) => {
                if let Some(usage) = self.usage_mut(&pending.tag) {
                    usage.negotiator.withdraw();
                }
                if !wanted.is_for_show() {
                    self.lose(now);
                }
            }
            Purpose::Probe => self.lose(now),
            Purpose::Notify => self.subscription = None,
            Purpose::Bye | Purpose::Other => {}
        }
        self.pursue(now);
    }

    fn handle_final(&mut self, now: Instant, flow: Flow, pending: Pending, response: Response) {
        match pending.purpose {
            Purpose::Invite if response.status.is_success() => {
                self.handle_success(now, flow, &pending, &response);
            }
            Purpose::Invite => self.handle_refusal(now, response),
            Purpose::Renew(_) => self.handle_renewed(now, flow, pending, &response),
            Purpose::Notify if !response.status.is_success() => self.subscription = None,
            Purpose::Probe if has_no_call(response.status) => self.lose(now),
            Purpose::Notify | Purpose::Probe | Purpose::Bye | Purpose::Other => {}
        }
    }

    /// The call above knows the account, or nobody does.
    fn handle_challenge(&mut self, now: Instant, pending: Pending, response: Response) {
        self.challenges += 1;
        let last_words = matches!(pending.purpose, Purpose::Bye);
        let is_hopeless = self.challenges > MAX_CHALLENGES || self.challenged.is_some();
        if is_hopeless || self.state == State::Over && !last_words {
            return self.handle_final(now, pending.flow, pending, response);
        }
        self.challenged = Some((pending, response.clone()));
        self.tell(LegEvent::Challenged(response));
    }

    /// Somebody on the way wants longer intervals between signs of life.
    fn handle_brief_session(&mut self, now: Instant, mut pending: Pending, response: Response) {
        let repeats = self.state != State::Over && self.wish.raise(&response.headers);
        self.challenges += 1;
        if !repeats || self.challenges > MAX_CHALLENGES {
            return self.handle_final(now, pending.flow, pending, response);
        }
        self.wish.write(&mut pending.request.headers, self.timer.as_ref());
        self.send_anew(pending);
    }

    fn send_anew(&mut self, mut pending: Pending) {
        self.cseq += 1;
        let number = CSeq { number: self.cseq, method: pending.method };
        pending.request.headers.set(HeaderName::CSeq, number);
        if matches!(pending.purpose, Purpose::Invite) {
            self.invite = pending.request.clone();
            self.early.clear();
        }
        self.send(pending.flow, pending.request, pending.tag, pending.purpose);
    }

    /// The call is answered. Devices that ring elsewhere are the next hop's to cancel.
    fn handle_success(&mut self, now: Instant, flow: Flow, pending: &Pending, response: &Response) {
        let Some(mut usage) = self.confirmed_usage(flow, response) else {
            return self.end(now, Some(Ending::Failed("the answer makes no dialog")));
        };
        usage.learn(&response.headers);
        if self.state == State::Over {
            self.acknowledge(&usage, &pending.request.headers, None);
            self.usage = Some(usage);
            return self.bye(None);
        }
        self.early.clear();
        self.challenges = 0;
        self.timer = SessionTimer::of_response(now, &response.headers);
        let theirs = description(&response.headers, &response.body).unwrap_or_default();

        if self.local.is_none() {
            return self.handle_late_offer(now, usage, theirs);
        }
        let agreed = self.agree(&mut usage, theirs);
        self.acknowledge(&usage, &pending.request.headers, None);
        usage.agreed.clone_from(&agreed);
        usage.settled = true;
        self.usage = Some(usage);
        self.state = State::Confirmed;
        match agreed {
            Some(agreed) => self.tell(LegEvent::Answered(agreed)),
            None => self.part(now, None, Some(Ending::Failed("the answer has no usable sound"))),
        }
    }

    /// What the final response settles. An answer that was confirmed before counts; one that may have got lost is
    /// overruled by what the final response says.
    fn agree(&self, usage: &mut Usage, theirs: Option<SessionDescription>) -> Option<Agreed> {
        match theirs {
            Some(answer) if !usage.settled => {
                usage.negotiator = self.exchange.clone();
                usage.negotiator.handle_answer(&answer).ok()
            }
            _ => usage.agreed.clone(),
        }
    }

    fn handle_late_offer(&mut self, now: Instant, usage: Usage, offer: Option<SessionDescription>) {
        let tag = usage.tag().to_owned();
        self.usage = Some(usage);
        self.state = State::Accepting;
        let told = offer.as_ref().map(Offered::of);
        self.peer_offer = Some(PeerOffer { tag, place: OfferedIn::Success, offer });
        match told {
            Some(offered) => self.tell(LegEvent::Offered(offered)),
            None => {
                self.acknowledge_late(None);
                self.part(now, None, Some(Ending::Failed("the answer has no offer")));
            }
        }
    }

    /// The ACK that a 2xx with an offer has been waiting for.
    pub(super) fn acknowledge_late(&mut self, answer: Option<SessionDescription>) {
        self.peer_offer = None;
        if let Some(usage) = self.usage.take() {
            let invite = self.invite.headers.clone();
            self.acknowledge(&usage, &invite, answer);
            self.usage = Some(usage);
        }
    }

    /// The dialog of a 2xx, which may have begun with a provisional response.
    fn confirmed_usage(&mut self, flow: Flow, response: &Response) -> Option<Usage> {
        let tag = response.headers.to().ok()?.tag().unwrap_or_default().to_owned();
        if let Some(at) = self.early.iter().position(|usage| usage.tag() == tag) {
            let mut usage = self.early.swap_remove(at);
            usage.dialog.confirm(flow, response).ok()?;
            return Some(usage);
        }
        let dialog = Dialog::from_response(flow, &self.invite, response).ok()?;
        Some(Usage::new(dialog, self.exchange.clone()))
    }

    /// A 2xx to an INVITE that has had one: the same again, whose ACK got lost, or another device's, which is thanked
    /// and hung up on (§13.2.2.4).
    fn handle_further_success(&mut self, flow: Flow, response: &Response, number: u32) {
        let Ok(to) = response.headers.to() else { return };
        let tag = to.tag().unwrap_or_default();
        if let Some(acked) = self.acks.iter().find(|acked| acked.cseq == number && acked.tag == tag) {
            let (flow, request) = (acked.flow, acked.request.clone());
            return self.outputs.push_back(Output::Ack { flow, request });
        }
        let is_ours = self.usage.as_ref().is_some_and(|usage| usage.tag() == tag);
        let is_first = self.invite.headers.cseq().is_ok_and(|cseq| cseq.number == number);
        if is_ours || !is_first || !self.calling || self.acks.len() >= MAX_ACKS {
            return;
        }
        let Some(mut other) = self.confirmed_usage(flow, response) else { return };
        let invite = self.invite.headers.clone();
        self.acknowledge(&other, &invite, None);
        let mut bye = numbered(&mut other.dialog, &mut self.cseq, Method::Bye);
        bye.headers.push(HeaderName::Reason, Reason::completed_elsewhere());
        let (tag, flow) = (other.tag().to_owned(), other.dialog.flow());
        self.send(flow, bye, tag, Purpose::Bye);
    }

    /// Sends the ACK to a 2xx to our INVITE with these fields, and keeps it for when that comes again.
    pub(super) fn acknowledge(
        &mut self,
        usage: &Usage,
        invite: &Headers,
        answer: Option<SessionDescription>,
    ) {
        let number = invite.cseq().map_or(0, |cseq| cseq.number);
        let mut request = usage.dialog.ack(number);
        // The ACK passes the same gates as the INVITE (§22.1).
        for name in [HeaderName::Authorization, HeaderName::ProxyAuthorization] {
            request.headers.copy_from(invite, &name);
        }
        if let Some(answer) = answer {
            request = request.with_body(SDP, answer.to_string());
        }
        if self.acks.len() == MAX_ACKS {
            self.acks.pop_front();
        }
        let (flow, tag) = (usage.dialog.flow(), usage.tag().to_owned());
        self.acks.push_back(Acked { cseq: number, tag, flow, request: request.clone() });
        self.outputs.push_back(Output::Ack { flow, request });
    }

    fn handle_refusal(&mut self, now: Instant, response: Response) {
        self.early.clear();
        let (status, headers) = (response.status, response.headers);
        let ending = match headers.contacts() {
            Ok(Contacts::List(mut contacts)) if status.is_redirection() && !contacts.is_empty() => {
                contacts.sort_by_key(|contact| std::cmp::Reverse(contact.q().unwrap_or(1000)));
                Ending::Redirected(contacts)
            }
            _ => Ending::Refused { status, headers },
        };
        self.end(now, Some(ending));
    }

    /// The early dialog of a provisional response with a tag; `None` beyond what we keep apart.
    pub(super) fn early_usage(&mut self, flow: Flow, response: &Response) -> Option<&mut Usage> {
        let tag = response.headers.to().ok()?.tag()?.to_owned();
        if let Some(at) = self.early.iter().position(|usage| usage.tag() == tag) {
            return self.early.get_mut(at);
        }
        if self.early.len() == MAX_EARLY {
            return None;
        }
        let dialog = Dialog::from_response(flow, &self.invite, response).ok()?;
        self.early.push(Usage::new(dialog, self.exchange.clone()));
        self.early.last_mut()
    }
}

/// The number of the first INVITE.
const FIRST: u32 = 1;

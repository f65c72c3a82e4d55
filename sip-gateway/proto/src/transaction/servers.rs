//! All server transactions, found by what a retransmission repeats and by the next deadline (RFC 3261 §8.2.2.2, §9.2,
//! §17.2).

use std::collections::VecDeque;
use std::time::Instant;

use super::event::{Event, ServerKey, Step};
use super::identity::{Fingerprint, Secret, Table, reply_flow};
use super::invite_server::{AckFor, InviteServer};
use super::limits::{MAX_SERVER_TRANSACTIONS, RETRY_AFTER};
use super::non_invite_server::NonInviteServer;
use super::wakes::Wakes;
use crate::flow::Flow;
use crate::message::{HeaderName, Method, ParseError, Request, Response, StatusCode, Via};

#[derive(Debug)]
pub(super) struct Servers {
    table: Table<ServerKey, Entry>,
    by_request: Table<Fingerprint, ServerKey>,
    /// Requests outside dialogs, by what they have in common whichever way they come.
    by_call: Table<Fingerprint, ServerKey>,
    /// Those outside dialogs that are answered and are kept for repetitions only, the oldest first; some may be over.
    answered: VecDeque<ServerKey>,
    wakes: Wakes<ServerKey>,
    counter: u64,
    pub(super) limit: usize,
}

#[derive(Debug)]
struct Entry {
    machine: Machine,
    request: Fingerprint,
    call: Option<Fingerprint>,
    wake: Option<Instant>,
}

#[derive(Debug)]
enum Machine {
    Invite(InviteServer),
    Other(NonInviteServer),
}

impl Machine {
    fn next_alarm(&self) -> Option<Instant> {
        match self {
            Self::Invite(invite) => invite.next_alarm(),
            Self::Other(other) => other.next_alarm(),
        }
    }

    fn is_terminated(&self) -> bool {
        match self {
            Self::Invite(invite) => invite.is_terminated(),
            Self::Other(other) => other.is_terminated(),
        }
    }

    fn is_answered_for_good(&self) -> bool {
        matches!(self, Self::Other(other) if other.is_completed())
    }
}

impl Servers {
    pub(super) fn new() -> Self {
        Self {
            table: Table::default(),
            by_request: Table::default(),
            by_call: Table::default(),
            answered: VecDeque::new(),
            wakes: Wakes::new(),
            counter: 0,
            limit: MAX_SERVER_TRANSACTIONS,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    pub(super) fn handle_request(
        &mut self,
        step: &mut Step<'_>,
        secret: &Secret,
        flow: Flow,
        mut request: Request,
    ) {
        // A message without a readable Via is not parsed in the first place.
        let Ok(mut via) = request.headers.via() else { return };
        via.stamp(flow.remote);
        request.headers.replace_value(&HeaderName::Via, &via);
        match request.method {
            Method::Ack => self.handle_ack(step, secret, flow, &via, request),
            Method::Cancel => self.handle_cancel(step, secret, flow, &via, request),
            _ => self.handle_other(step, secret, flow, &via, request),
        }
    }

    fn handle_ack(&mut self, step: &mut Step<'_>, secret: &Secret, flow: Flow, via: &Via, request: Request) {
        let fingerprint = secret.request(&flow, via, &Method::Invite, &request);
        if let Some((key, invite)) = self.invite(fingerprint) {
            let whose = invite.handle_ack(step);
            self.settle(key);
            if whose == AckFor::Transaction {
                return;
            }
        } else if request.headers.to().is_ok_and(|to| to.tag() == Some(&secret.tag(fingerprint))) {
            // It acknowledges a refusal that we have not kept.
            return;
        }
        step.tell(Event::Ack { flow, request });
    }

    /// Answers a CANCEL. Nothing of it is kept: its retransmission finds the INVITE as it did, and gets the same answer.
    fn handle_cancel(
        &mut self,
        step: &mut Step<'_>,
        secret: &Secret,
        flow: Flow,
        via: &Via,
        request: Request,
    ) {
        let fingerprint = secret.request(&flow, via, &Method::Invite, &request);
        let Some((key, invite)) = self.invite(fingerprint) else {
            let status = StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST;
            let response = request.reply(status, Some(&secret.tag(fingerprint)));
            return step.transmit(reply_flow(&flow, via), response.to_bytes());
        };
        let ours = secret.tag(fingerprint);
        let response = request.reply(StatusCode::OK, Some(invite.to_tag().unwrap_or(&ours)));
        let is_news = invite.handle_cancel();
        step.transmit(reply_flow(&flow, via), response.to_bytes());
        if is_news {
            step.tell(Event::Cancel { key, request });
        }
    }

    fn handle_other(
        &mut self,
        step: &mut Step<'_>,
        secret: &Secret,
        flow: Flow,
        via: &Via,
        request: Request,
    ) {
        let fingerprint = secret.request(&flow, via, &request.method, &request);
        if let Some(key) = self.by_request.get(&fingerprint).copied() {
            return self.handle_retransmission(step, key);
        }
        let Ok(call) = secret.merged(&request) else { return };
        let reply_flow = reply_flow(&flow, via);
        if call.is_some_and(|call| self.by_call.contains_key(&call)) {
            let response = request.reply(StatusCode::LOOP_DETECTED, Some(&secret.tag(fingerprint)));
            return step.transmit(reply_flow, response.to_bytes());
        }
        if self.table.len() >= self.limit && !self.make_room() {
            let response = request.reply(StatusCode::SERVICE_UNAVAILABLE, Some(&secret.tag(fingerprint)));
            let response = response.with(HeaderName::RetryAfter, RETRY_AFTER.as_secs());
            return step.transmit(reply_flow, response.to_bytes());
        }

        self.counter += 1;
        let key = ServerKey(self.counter);
        let machine = match request.method {
            Method::Invite => Machine::Invite(InviteServer::begin(step, reply_flow, &request)),
            _ => Machine::Other(NonInviteServer::begin(step, reply_flow)),
        };
        self.table.insert(key, Entry { machine, request: fingerprint, call, wake: None });
        self.by_request.insert(fingerprint, key);
        if let Some(call) = call {
            self.by_call.insert(call, key);
        }
        self.settle(key);
        step.tell(Event::Request { key, flow, request });
    }

    fn handle_retransmission(&mut self, step: &mut Step<'_>, key: ServerKey) {
        let entry = self.table.get_mut(&key).expect("whoever is indexed is in the table");
        match &mut entry.machine {
            Machine::Invite(invite) => invite.handle_retransmission(step),
            Machine::Other(other) => other.handle_retransmission(step),
        }
        self.settle(key);
    }

    fn invite(&mut self, fingerprint: Fingerprint) -> Option<(ServerKey, &mut InviteServer)> {
        let key = *self.by_request.get(&fingerprint)?;
        match &mut self.table.get_mut(&key)?.machine {
            Machine::Invite(invite) => Some((key, invite)),
            Machine::Other(_) => None,
        }
    }

    pub(super) fn respond(&mut self, step: &mut Step<'_>, key: ServerKey, response: &Response) {
        let Some(entry) = self.table.get_mut(&key) else { return };
        let is_new = !entry.machine.is_answered_for_good();
        match &mut entry.machine {
            Machine::Invite(invite) => invite.respond(step, response),
            Machine::Other(other) => other.respond(step, response),
        }
        let may_be_forgotten = is_new && entry.call.is_some() && entry.machine.is_answered_for_good();
        self.settle(key);
        // Over a reliable transport it is over at once.
        if may_be_forgotten && self.table.contains_key(&key) {
            self.answered.push_back(key);
        }
    }

    /// Forgets the request outside dialogs that was answered the longest ago, before its timer J; whether there was one.
    /// Should it come again all the same, it is a new request, whose password counts no more: it is challenged, and a
    /// phone answers that. Within dialogs and for INVITEs nothing is forgotten, where that would undo what was agreed.
    fn make_room(&mut self) -> bool {
        while let Some(key) = self.answered.pop_front() {
            if self.table.contains_key(&key) {
                self.remove(key);
                return true;
            }
        }
        false
    }

    /// Sends a response and forgets the request.
    pub(super) fn respond_stateless(
        &mut self,
        outbox: &mut VecDeque<super::Output>,
        secret: &Secret,
        flow: Flow,
        request: &Request,
        mut response: Response,
    ) {
        let Ok(via) = request.headers.via() else { return };
        let fingerprint = secret.request(&flow, &via, &request.method, request);
        if let Some(key) = self.by_request.get(&fingerprint).copied() {
            self.remove(key);
        }
        if response.status != StatusCode::TRYING
            && let Ok(to) = response.headers.to()
            && to.tag().is_none()
        {
            response.headers.set(HeaderName::To, to.with_tag(&secret.tag(fingerprint)));
        }
        let flow = reply_flow(&flow, &via);
        outbox.push_back(super::Output::Transmit { flow, bytes: response.to_bytes() });
    }

    pub(super) fn handle_timeout(&mut self, step: &mut Step<'_>) {
        while let Some(key) = self.wakes.due(step.now) {
            let entry = self.table.get_mut(&key).expect("who is to be woken is in the table");
            match &mut entry.machine {
                Machine::Invite(invite) => invite.handle_timeout(step, key),
                Machine::Other(other) => other.handle_timeout(step),
            }
            self.settle(key);
        }
    }

    /// Whether nothing is left of requests that were answered.
    #[cfg(test)]
    pub(super) fn remembers_no_answers(&self) -> bool {
        self.answered.is_empty()
    }

    pub(super) fn next_wake(&self) -> Option<Instant> {
        self.wakes.first()
    }

    /// After a change: sets the alarm anew, and forgets what has ended.
    fn settle(&mut self, key: ServerKey) {
        let Some(entry) = self.table.get_mut(&key) else { return };
        if entry.machine.is_terminated() {
            return self.remove(key);
        }
        let next = entry.machine.next_alarm();
        self.wakes.set(key, &mut entry.wake, next);
    }

    fn remove(&mut self, key: ServerKey) {
        let Some(mut entry) = self.table.remove(&key) else { return };
        self.wakes.set(key, &mut entry.wake, None);
        self.by_request.remove(&entry.request);
        if let Some(call) = entry.call {
            self.by_call.remove(&call);
        }
        while self.answered.front().is_some_and(|oldest| !self.table.contains_key(oldest)) {
            self.answered.pop_front();
        }
    }
}

/// The refusal of what could not be read, addressed as far as it could be.
pub(super) fn refusal(flow: &Flow, error: &ParseError, tag: &str) -> Option<(Flow, Vec<u8>)> {
    let mut response = error.response(tag)?;
    let mut via = response.headers.via().ok()?;
    via.stamp(flow.remote);
    response.headers.replace_value(&HeaderName::Via, &via);
    Some((reply_flow(flow, &via), response.to_bytes()))
}

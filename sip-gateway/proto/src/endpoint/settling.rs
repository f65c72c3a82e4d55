//! What the parts of an endpoint want of each other: requests and their owners, responses and events.

use std::time::{Duration, Instant};

use super::{Endpoint, Output, Owner, Surroundings};
use crate::call;
use crate::flow::Flow;
use crate::message::{Method, Request, Response};
use crate::transaction::{self, ClientKey, FailureCause};

impl Endpoint {
    /// Does what the parts want of each other, until they want nothing any more.
    pub(super) fn settle(&mut self, with: &mut Surroundings<'_>) {
        loop {
            if let Some(output) = self.transactions.poll_output() {
                match output {
                    transaction::Output::Transmit { flow, bytes } => {
                        self.outputs.push_back(Output::Transmit { flow, bytes });
                    }
                    transaction::Output::Event(event) => self.handle_event(with, event),
                }
            } else if let Some(output) = self.calls.poll_output() {
                self.perform(with, output);
            } else if let Some(output) = self.trunks.poll_output() {
                let owner = Owner::Trunk { trunk: output.trunk, request: Box::new(output.request.clone()) };
                self.send(with, output.flow, output.request, owner);
            } else if let Some(output) = self.watchers.poll_output() {
                self.perform_for_watcher(with, output);
            } else if !self.publish_changes(with.now) {
                return;
            }
        }
    }

    /// Does what calls want.
    fn perform(&mut self, with: &mut Surroundings<'_>, output: call::Output) {
        match output {
            call::Output::Request { leg, flow, request } => {
                let Ok(cseq) = request.headers.cseq() else { return };
                self.send(with, flow, request, Owner::Leg { leg, cseq });
            }
            call::Output::Ack { flow, request } => self.transactions.send_ack(with.now, flow, request),
            call::Output::Cancel { leg, cseq, headers } => {
                if let Some(key) = self.inviting.get(&(leg, cseq)) {
                    self.detours.end(*key);
                    self.transactions.cancel(with.now, *key, headers);
                }
            }
            call::Output::Respond { key, response } => self.transactions.respond(with.now, key, response),
            call::Output::Record(record) => self.outputs.push_back(Output::Record(record)),
            call::Output::Setting { extension, setting } => {
                self.outputs.push_back(Output::Setting { extension, setting });
            }
            call::Output::Seat(command) => self.outputs.push_back(Output::Seat(command)),
            call::Output::Door(command) => self.outputs.push_back(Output::Door(command)),
            call::Output::Mailbox(command) => self.outputs.push_back(Output::Mailbox(command)),
            call::Output::Screen(news) => self.outputs.push_back(Output::Screen(news)),
        }
    }

    pub(super) fn send(&mut self, with: &mut Surroundings<'_>, flow: Flow, request: Request, owner: Owner) {
        let is_trunk = self.trunks.recognize(flow.remote.ip()).is_some();
        let around = self.detours.around(with.now, &flow, &request, is_trunk);
        self.send_over(with, flow, around, request, owner);
    }

    /// Sends a request over its flow, or around it.
    fn send_over(
        &mut self,
        with: &mut Surroundings<'_>,
        flow: Flow,
        around: Option<Flow>,
        request: Request,
        owner: Owner,
    ) {
        let kept = around.map(|_| request.clone());
        match self.transactions.request(with.now, around.unwrap_or(flow), request) {
            Ok(key) => {
                if let Some(request) = kept {
                    self.detours.begin(key, flow, request);
                }
                if let Owner::Leg { leg, cseq } = &owner {
                    self.inviting.insert((*leg, cseq.number), key);
                }
                self.owners.insert(key, owner);
            }
            // As if the network had lost it at once: its owner knows what to do then.
            Err(_) => self.fail(with, owner, FailureCause::Transport),
        }
    }

    fn fail(&mut self, with: &mut Surroundings<'_>, owner: Owner, cause: FailureCause) {
        match owner {
            Owner::Leg { leg, cseq } => {
                self.inviting.remove(&(leg, cseq.number));
                self.with_calls(with, |calls, around| calls.handle_failure(around, leg, &cseq, cause));
            }
            Owner::Subscription { id, cseq } => self.watchers.handle_failure(id, &cseq, cause),
            Owner::Trunk { trunk, request } => self.trunks.handle_failure(with.now, trunk, &request),
        }
    }

    fn handle_event(&mut self, with: &mut Surroundings<'_>, event: transaction::Event) {
        match event {
            transaction::Event::Request { key, flow, request } => {
                self.handle_request(with, key, flow, request);
            }
            transaction::Event::Ack { request, .. } => {
                self.with_calls(with, |calls, around| calls.handle_ack(around, request));
            }
            transaction::Event::Cancel { key, request } => {
                self.with_calls(with, |calls, around| calls.handle_cancel(around, key, &request));
            }
            // The leg that refused is over for us already.
            transaction::Event::Unacknowledged { .. } => {}
            transaction::Event::Response { key, flow, response } => {
                self.handle_response(with, key, flow, response);
            }
            transaction::Event::Failed { key, cause } => {
                let detour = self.detours.fail(with.now, key, cause);
                match (self.owners.remove(&key), detour) {
                    (Some(owner), Some(detour)) => {
                        self.send_over(with, detour.flow, None, detour.request, owner);
                    }
                    (Some(owner), None) => self.fail(with, owner, cause),
                    (None, _) => {}
                }
            }
        }
    }

    fn handle_response(
        &mut self,
        with: &mut Surroundings<'_>,
        key: ClientKey,
        flow: Flow,
        response: Response,
    ) {
        self.forget_accepted(with.now);
        let last = response.status.is_final();
        let flow = self.detours.flow_of(key).unwrap_or(flow);
        if last && self.owners.get(&key).is_some_and(|owner| !owner.is_invite()) {
            self.detours.end(key);
        }
        match self.owners.get(&key) {
            Some(Owner::Leg { leg, cseq }) => {
                let leg = *leg;
                if last && cseq.method == Method::Invite && response.status.is_success() {
                    // It may come again, from this device or another.
                    self.accepted.push_back((with.now + ACCEPTED, key));
                } else if last {
                    self.forget_request(key);
                }
                self.with_calls(with, |calls, around| calls.handle_response(around, leg, flow, response));
            }
            Some(Owner::Subscription { id, .. }) if last => {
                self.watchers.handle_response(with.now, *id, &response);
                self.owners.remove(&key);
            }
            Some(Owner::Trunk { .. }) if last => {
                if let Some(Owner::Trunk { trunk, request }) = self.owners.remove(&key) {
                    self.trunks.handle_response(with.now, trunk, &request, &response);
                }
            }
            Some(Owner::Subscription { .. } | Owner::Trunk { .. }) | None => {}
        }
    }

    pub(super) fn forget_accepted(&mut self, now: Instant) {
        while let Some((at, key)) = self.accepted.front().copied()
            && at <= now
        {
            self.accepted.pop_front();
            self.forget_request(key);
        }
    }

    fn forget_request(&mut self, key: ClientKey) {
        self.detours.end(key);
        if let Some(Owner::Leg { leg, cseq }) = self.owners.remove(&key) {
            self.inviting.remove(&(leg, cseq.number));
        }
    }
}

/// How long the 2xx to an INVITE may come again (timer M, RFC 6026 §7.2), and a little.
const ACCEPTED: Duration = Duration::from_secs(33);

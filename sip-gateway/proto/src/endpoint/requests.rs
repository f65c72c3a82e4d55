//! What becomes of each request.

use super::authenticate::Entry;
use super::subscriptions::EVENTS;
use super::{Endpoint, Output, Surroundings};
use crate::call::Origin;
use crate::flow::Flow;
use crate::message::{HeaderName, Method, Request, Response, StatusCode, Understood, refuse};
use crate::transaction::ServerKey;
use crate::ua::registrar::Change;
use std::borrow::Cow;

impl Endpoint {
    pub(super) fn handle_request(
        &mut self,
        with: &mut Surroundings<'_>,
        key: ServerKey,
        flow: Flow,
        request: Request,
    ) {
        let within_dialog = request.headers.to().is_ok_and(|to| to.tag().is_some());
        if within_dialog && request.method == Method::Subscribe && self.is_of_watcher(&request) {
            return self.handle_renewal(with, key, flow, &request);
        }
        if within_dialog && request.method != Method::Register {
            let given_back =
                self.with_calls(with, |calls, around| calls.handle_request(around, key, flow, request));
            if let Err(request) = given_back {
                self.turn_away(flow, &request, StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST);
            }
            return;
        }
        if let Some(refusal) = refuse(&request, &UNDERSTOOD) {
            let mut response = request.reply(refusal.status, None);
            for (name, value) in &refusal.hints {
                response.headers.push(name.clone(), value);
            }
            return self.transactions.respond_stateless(flow, &request, response);
        }
        match request.method {
            Method::Register => self.handle_register(with, key, flow, &request),
            Method::Invite => self.handle_invite(with, key, flow, request),
            Method::Subscribe => self.handle_subscribe(with, key, flow, &request),
            Method::Options => {
                let response = self.capabilities(&request);
                self.transactions.respond_stateless(flow, &request, response);
            }
            // They make sense within a dialog only, and there is none.
            _ => self.turn_away(flow, &request, StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST),
        }
    }

    fn handle_register(
        &mut self,
        with: &mut Surroundings<'_>,
        key: ServerKey,
        flow: Flow,
        request: &Request,
    ) {
        let name =
            request.headers.to().ok().and_then(|to| to.uri.user().map(Cow::into_owned)).unwrap_or_default();
        let aor = self.plan.number_of(&name).to_owned();
        match self.authenticate(with.now, &flow, request, &name) {
            Entry::Device { extension, device } if extension == aor => {
                let plan = std::sync::Arc::clone(&self.plan);
                let (response, changes) =
                    self.registrar.register(with.now, &plan, &aor, &device, flow, request);
                for change in &changes {
                    if let Change::Bound(binding) = change {
                        self.calls.handle_binding(binding);
                        self.watchers.handle_binding(&binding.aor, &binding.key, binding.flow);
                    }
                }
                self.outputs.extend(changes.into_iter().map(Output::Binding));
                self.transactions.respond(with.now, key, response);
            }
            // Somebody's password for somebody else's number.
            Entry::Device { .. } => self.reply(key, with, request, StatusCode::FORBIDDEN),
            Entry::Challenge(response) => self.transactions.respond_stateless(flow, request, response),
        }
    }

    fn handle_invite(&mut self, with: &mut Surroundings<'_>, key: ServerKey, flow: Flow, request: Request) {
        let origin = match self.trunks.recognize(flow.remote.ip()) {
            // A trunk in the same house as a phone: whoever shows a password is a phone.
            Some(trunk)
                if !request.headers.contains(&HeaderName::Authorization) && !self.is_extension(&request) =>
            {
                Origin::Trunk(trunk)
            }
            _ => {
                let name = request.headers.from().ok().and_then(|from| from.uri.user().map(Cow::into_owned));
                match self.authenticate(with.now, &flow, &request, &name.unwrap_or_default()) {
                    Entry::Device { extension, .. } => Origin::Device { extension },
                    Entry::Challenge(response) => {
                        return self.transactions.respond_stateless(flow, &request, response);
                    }
                }
            }
        };
        if request.headers.max_forwards() == Some(0) {
            return self.reply(key, with, &request, StatusCode::TOO_MANY_HOPS);
        }
        self.with_calls(with, |calls, around| calls.handle_invite(around, key, flow, request, origin));
    }

    /// Whether a request says that an extension of ours sends it.
    fn is_extension(&self, request: &Request) -> bool {
        let Ok(from) = request.headers.from() else { return false };
        from.uri.user().is_some_and(|user| self.plan.extension(self.plan.number_of(&user)).is_some())
    }

    /// What we can do (RFC 3261 §11.2).
    fn capabilities(&mut self, request: &Request) -> Response {
        let tag = self.tag();
        let methods = UNDERSTOOD.methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
        request
            .reply(StatusCode::OK, Some(&tag))
            .with(HeaderName::Allow, methods)
            .with(HeaderName::Accept, UNDERSTOOD.bodies.join(", "))
            .with(HeaderName::Supported, UNDERSTOOD.extensions.join(", "))
            .with(HeaderName::AllowEvents, EVENTS)
    }

    /// Answers who has shown no password, and remembers nothing of it.
    pub(super) fn turn_away(&mut self, flow: Flow, request: &Request, status: StatusCode) {
        self.transactions.respond_stateless(flow, request, request.reply(status, None));
    }

    pub(super) fn reply(
        &mut self,
        key: ServerKey,
        with: &Surroundings<'_>,
        request: &Request,
        status: StatusCode,
    ) {
        let tag = self.tag();
        self.transactions.respond(with.now, key, request.reply(status, Some(&tag)));
    }
}

/// What the endpoint understands outside dialogs. What is understood within them, the legs know.
const UNDERSTOOD: Understood<'static> = Understood {
    methods: &[
        Method::Register,
        Method::Invite,
        Method::Ack,
        Method::Cancel,
        Method::Bye,
        Method::Options,
        Method::Info,
        Method::Prack,
        Method::Update,
        Method::Refer,
        Method::Notify,
        Method::Subscribe,
    ],
    extensions: &["100rel", "timer", "replaces", "norefersub", "path", "outbound"],
    bodies: &["application/sdp", "application/dtmf-relay", "application/dtmf", "message/sipfrag"],
    forwards: true,
};

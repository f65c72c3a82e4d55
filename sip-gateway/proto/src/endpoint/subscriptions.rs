//! Lamps and waiting messages: who subscribes to what, and when it is told (RFC 6665, RFC 4235, RFC 3842).

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use super::authenticate::Entry;
use super::{Endpoint, Owner, Surroundings};
use crate::call::{may_see_caller, may_watch};
use crate::flow::Flow;
use crate::message::{HeaderName, Request, StatusCode, Uri};
use crate::plan::{MAILBOX, Plan};
use crate::subscription::{
    Event, EventState, MessageSummary, Renewal, Subject, Subscription, WatchedDialog, WatchedState, Watcher,
    WatchersOutput, line_state,
};
use crate::transaction::ServerKey;

impl Endpoint {
    /// Takes a SUBSCRIBE that begins a subscription.
    pub(super) fn handle_subscribe(
        &mut self,
        with: &mut Surroundings<'_>,
        key: ServerKey,
        flow: Flow,
        request: &Request,
    ) {
        let Some(watcher) = self.watcher(with, flow, request) else { return };
        let number = request.uri.user().map(Cow::into_owned).unwrap_or_default();
        let subject = match Event::of(request).map(|event| event.package).as_deref() {
            Some("dialog") => {
                Subject::Line { callers: may_see_caller(&self.plan, &watcher.extension, &number), number }
            }
            Some("message-summary") if self.plan.number_of(&number) == watcher.extension => Subject::Mailbox,
            // Somebody else's messages are nobody's business.
            Some("message-summary") => return self.reply(key, with, request, StatusCode::FORBIDDEN),
            _ => {
                let tag = self.tag();
                let response = request.reply(StatusCode::BAD_EVENT, Some(&tag));
                let response = response.with(HeaderName::AllowEvents, EVENTS);
                return self.transactions.respond(with.now, key, response);
            }
        };
        if let Err(status) = is_permitted(&self.plan, &watcher, &subject) {
            return self.reply(key, with, request, status);
        }
        if self.watchers.is_full_for(&watcher.extension, &subject) {
            let tag = self.tag();
            let response = request.reply(StatusCode::SERVICE_UNAVAILABLE, Some(&tag));
            return self.transactions.respond(with.now, key, response.with(HeaderName::RetryAfter, 60));
        }

        let told = match &subject {
            Subject::Line { number, .. } => self.dialogs_of(number),
            Subject::Mailbox => Vec::new(),
        };
        let state = self.state_of(with, &watcher, &subject);
        let tag = self.tag();
        let user = request.uri.user();
        let contact = self.with_calls(with, |calls, around| calls.contact(around, &flow, user.as_deref()));
        match Subscription::subscribed(with.now, key, flow, request, contact, &tag, state) {
            Ok(subscription) => self.watchers.insert(watcher, subject, subscription, told),
            Err(response) => self.transactions.respond(with.now, key, response),
        }
    }

    /// Whether a request belongs to a subscription.
    pub(super) fn is_of_watcher(&self, request: &Request) -> bool {
        self.watchers.of_request(request).is_some()
    }

    /// Takes a SUBSCRIBE that renews or ends a subscription: it shows the password that began it.
    pub(super) fn handle_renewal(
        &mut self,
        with: &mut Surroundings<'_>,
        key: ServerKey,
        flow: Flow,
        request: &Request,
    ) {
        let Some(watcher) = self.watcher(with, flow, request) else { return };
        let Some((id, known, subject)) = self.watchers.of_request(request) else { return };
        if known.extension != watcher.extension {
            return self.reply(key, with, request, StatusCode::FORBIDDEN);
        }
        let subject = subject.clone();
        let state = self.state_of(with, &watcher, &subject);
        let renewal = Renewal { key, flow, request, state, binding: watcher.binding };
        self.watchers.handle_renewal(with.now, id, renewal);
    }

    /// Who subscribes; who has not shown a password is answered here.
    fn watcher(&mut self, with: &Surroundings<'_>, flow: Flow, request: &Request) -> Option<Watcher> {
        let name = request.headers.from().ok().and_then(|from| from.uri.user().map(Cow::into_owned));
        match self.authenticate(with.now, &flow, request, &name.unwrap_or_default()) {
            Entry::Device { extension, device } => {
                let bindings = self.registrar.lookup(with.now, &extension).into_iter();
                let mut over_flow =
                    bindings.filter(|binding| binding.device == device && binding.flow == flow);
                let binding = over_flow.next().map(|binding| binding.key.clone());
                Some(Watcher { extension, device, binding })
            }
            Entry::Challenge(response) => {
                self.transactions.respond_stateless(flow, request, response);
                None
            }
        }
    }

    pub(super) fn perform_for_watcher(&mut self, with: &mut Surroundings<'_>, output: WatchersOutput) {
        match output {
            WatchersOutput::Request { id, flow, request } => {
                let Ok(cseq) = request.headers.cseq() else { return };
                self.send(with, flow, request, Owner::Subscription { id, cseq });
            }
            WatchersOutput::Respond { key, response } => self.transactions.respond(with.now, key, response),
        }
    }

    /// Tells the watchers of lines whose calls have changed; whether there were any.
    pub(super) fn publish_changes(&mut self, now: Instant) -> bool {
        let changed = self.calls.take_changed();
        for number in &changed {
            self.publish(now, number);
        }
        !changed.is_empty()
    }

    /// What may be watched, and what lamps show, may have become something else.
    pub(super) fn plan_changed_for_watchers(&mut self, now: Instant) {
        let plan = Arc::clone(&self.plan);
        self.watchers.retain(now, |watcher, subject| {
            let is_device =
                plan.device(&watcher.device).is_some_and(|(of, _)| of.number == watcher.extension);
            let same_view = match subject {
                Subject::Line { number, callers } => {
                    *callers == may_see_caller(&plan, &watcher.extension, number)
                }
                Subject::Mailbox => true,
            };
            match is_permitted(&plan, watcher, subject) {
                Err(StatusCode::NOT_FOUND) => Err("noresource"),
                Err(_) => Err("rejected"),
                Ok(()) if !is_device => Err("rejected"),
                // It may see more or less than before: let it ask anew.
                Ok(()) if !same_view => Err("deactivated"),
                Ok(()) => Ok(()),
            }
        });
        let lines: Vec<String> = self.watchers.lines().map(str::to_owned).collect();
        for number in lines {
            self.publish(now, &number);
        }
    }

    fn publish(&mut self, now: Instant, number: &str) {
        if self.watchers.watches(number) {
            let (entity, dialogs) = (entity(&self.plan, number), self.dialogs_of(number));
            self.watchers.publish(now, number, &entity, &dialogs);
        }
    }

    /// Tells the phones of an extension what waits in its mailbox.
    pub(super) fn publish_messages(&mut self, with: &Surroundings<'_>, extension: &str) {
        let state = self.messages_of(with, extension);
        self.watchers.publish_messages(with.now, extension, &state);
    }

    fn messages_of(&self, with: &Surroundings<'_>, extension: &str) -> Arc<dyn EventState> {
        // What the key of the phone dials that is lit.
        let account = entity(&self.plan, MAILBOX);
        Arc::new(MessageSummary { account, voice: (with.mailbox)(extension) })
    }

    /// What the lamp of an extension is to show.
    fn dialogs_of(&self, number: &str) -> Vec<WatchedDialog> {
        let mut dialogs = self.calls.dialogs_of(&self.plan, number);
        let undisturbed = self.plan.extension(number).is_some_and(|extension| extension.do_not_disturb);
        if dialogs.is_empty() && undisturbed {
            // The package has no word for it, and who calls is told that it is busy.
            dialogs.push(WatchedDialog {
                id: "do-not-disturb".to_owned(),
                dialog: None,
                outgoing: true,
                state: WatchedState::Confirmed,
                remote: None,
            });
        }
        dialogs
    }

    fn state_of(&self, with: &Surroundings<'_>, watcher: &Watcher, subject: &Subject) -> Arc<dyn EventState> {
        match subject {
            Subject::Line { number, callers } => {
                line_state(&entity(&self.plan, number), &self.dialogs_of(number), *callers)
            }
            Subject::Mailbox => self.messages_of(with, &watcher.extension),
        }
    }
}

/// Whether somebody may watch something; 404 if there is no such line.
fn is_permitted(plan: &Plan, watcher: &Watcher, subject: &Subject) -> Result<(), StatusCode> {
    match subject {
        Subject::Line { number, .. } if plan.extension(number).is_none() => Err(StatusCode::NOT_FOUND),
        Subject::Line { number, .. } if !may_watch(plan, &watcher.extension, number) => {
            Err(StatusCode::FORBIDDEN)
        }
        Subject::Line { .. } | Subject::Mailbox => Ok(()),
    }
}

/// The address of an extension.
fn entity(plan: &Plan, number: &str) -> Uri {
    Uri::sip(Some(number), &plan.realm, None).unwrap_or_else(|_| crate::call::unknown())
}

/// What can be subscribed to.
pub(super) const EVENTS: &str = "dialog, message-summary";

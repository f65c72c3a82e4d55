//! Subscriptions to events of ours: lamps for busy lines, waiting messages (RFC 6665, the notifier's side).
//!
//! The call layer knows the states; a subscription knows the protocol: it tells each state in full, one NOTIFY after the
//! other, and the newest only if several came meanwhile.

mod dialog_info;
mod event;
mod message_summary;
#[cfg(test)]
mod tests;
mod watchers;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use dialog_info::{DialogInfo, MAX_DIALOGS, WatchedDialog, WatchedState};
pub use event::Event;
pub use message_summary::{MessageCount, MessageSummary};
pub(crate) use watchers::line_state;
pub use watchers::{Renewal, Subject, SubscriptionId, Watcher, Watchers, WatchersOutput};

use crate::dialog::{Dialog, DialogId};
use crate::flow::Flow;
use crate::message::{
    CSeq, HeaderName, Method, NameAddr, Refusal, Request, Response, StatusCode, Understood, Uri, refuse,
};
use crate::transaction::{FailureCause, ServerKey};

/// A state that can be told to subscribers: an event package's document (RFC 6665 §5.4).
pub trait EventState: fmt::Debug + Send + Sync {
    /// The name of the package, in the Event field.
    fn package(&self) -> &'static str;

    /// The type of the document.
    fn content_type(&self) -> &'static str;

    /// The document; `version` counts the documents of one subscription from zero.
    fn document(&self, version: u32) -> String;
}

/// One subscriber.
#[derive(Debug)]
pub struct Subscription {
    dialog: Dialog,
    event: Event,
    state: Arc<dyn EventState>,
    /// How many documents were sent.
    version: u32,
    expires_at: Instant,
    /// The NOTIFY that has no final response yet.
    in_flight: Option<u32>,
    /// Whether there is something to tell.
    stale: bool,
    phase: Phase,
    outputs: VecDeque<Output>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Active,
    /// The last NOTIFY is to be sent, and gives this reason.
    Ending(&'static str),
    Over,
}

/// What is to be done for a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Begin a client transaction. The request has no Via yet.
    Request {
        /// Where to.
        flow: Flow,
        /// What.
        request: Request,
    },
    /// Answer within a server transaction.
    Respond {
        /// Which.
        key: ServerKey,
        /// With what.
        response: Response,
    },
    /// The subscription has ended, by no command of ours.
    Ended,
}

impl Subscription {
    /// Takes the SUBSCRIBE that begins a subscription to a state, which is told at once; `Err` is its refusal.
    ///
    /// Who may watch what is decided before, from [`Event::of`] and the Request-URI.
    pub fn subscribed(
        now: Instant,
        key: ServerKey,
        flow: Flow,
        request: &Request,
        contact: Uri,
        tag: &str,
        state: Arc<dyn EventState>,
    ) -> Result<Self, Response> {
        let plain = |status| request.reply(status, Some(tag));
        if let Some(refusal) = refusal(request) {
            return Err(refusal.response(request, tag));
        }
        let Some(event) = Event::of(request).filter(|event| event.package == state.package()) else {
            return Err(plain(StatusCode::BAD_EVENT).with(HeaderName::AllowEvents, state.package()));
        };
        if request.headers.to().is_ok_and(|to| to.tag().is_some()) {
            return Err(plain(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST));
        }
        if !takes(request, state.content_type()) {
            return Err(plain(StatusCode::NOT_ACCEPTABLE).with(HeaderName::Accept, state.content_type()));
        }
        let lasts = lasts(request).map_err(|too_brief| too_brief.response(request, tag))?;
        let mut dialog =
            Dialog::from_request(flow, request, tag, contact).map_err(|_| plain(StatusCode::BAD_REQUEST))?;
        dialog.confirm_as_callee();

        let mut subscription = Self {
            dialog,
            event,
            state,
            version: 0,
            expires_at: now,
            in_flight: None,
            stale: false,
            phase: Phase::Active,
            outputs: VecDeque::new(),
        };
        subscription.accept(now, key, request, lasts);
        Ok(subscription)
    }

    /// The dialog: an incoming SUBSCRIBE with its id is this subscription's.
    #[must_use]
    pub fn dialog(&self) -> &Dialog {
        &self.dialog
    }

    /// The subscriber is reached over another flow from now on.
    pub fn follow(&mut self, flow: Flow) {
        self.dialog.follow(flow);
    }

    /// Sets the state that the next NOTIFY tells, without sending one for it.
    pub fn set_state(&mut self, state: Arc<dyn EventState>) {
        self.state = state;
    }

    /// What is subscribed to.
    #[must_use]
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// Whether nothing is left to say or hear: the subscription may be dropped.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over && self.outputs.is_empty()
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        (self.phase == Phase::Active).then_some(self.expires_at)
    }

    /// Ends the subscription if it was not renewed.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.phase == Phase::Active && self.expires_at <= now {
            self.outputs.push_back(Output::Ended);
            self.finish(now, "timeout");
        }
    }

    /// Tells another state. Between two NOTIFYs only the newest counts.
    pub fn publish(&mut self, now: Instant, state: Arc<dyn EventState>) {
        if self.phase == Phase::Active {
            self.state = state;
            self.stale = true;
            self.notify(now);
        }
    }

    /// Tells another state, unless it reads like the one that was told, or will be, last.
    pub fn publish_change(&mut self, now: Instant, state: &Arc<dyn EventState>) {
        if self.state.document(self.version) != state.document(self.version) {
            self.publish(now, Arc::clone(state));
        }
    }

    /// Ends the subscription: `deactivated` lets the phone subscribe anew at once, `rejected` and `noresource` do not
    /// (RFC 6665 §4.1.3).
    pub fn terminate(&mut self, now: Instant, reason: &'static str) {
        if self.phase == Phase::Active {
            self.finish(now, reason);
        }
    }

    /// Takes a request within the dialog: a renewal, or the end.
    pub fn handle_request(&mut self, now: Instant, key: ServerKey, flow: Flow, request: &Request) {
        let tag = self.dialog.id().local_tag().to_owned();
        let plain = |status| request.reply(status, Some(&tag));
        let is_ours = DialogId::of_request(request).is_ok_and(|id| id == *self.dialog.id());
        let response = if !is_ours || self.phase != Phase::Active {
            plain(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST)
        } else if self.dialog.check_order(request).is_err() {
            plain(StatusCode::SERVER_INTERNAL_ERROR)
        } else if let Some(refusal) = refusal(request) {
            refusal.response(request, &tag)
        } else if Event::of(request).as_ref() != Some(&self.event) {
            plain(StatusCode::BAD_EVENT)
        } else {
            match lasts(request) {
                Err(too_brief) => too_brief.response(request, &tag),
                Ok(lasts) => {
                    self.dialog.refresh_target(flow, &request.headers);
                    return self.accept(now, key, request, lasts);
                }
            }
        };
        self.outputs.push_back(Output::Respond { key, response });
    }

    /// Takes the response to a NOTIFY. A subscriber that does not take it is none any more (§4.2.2).
    pub fn handle_response(&mut self, now: Instant, response: &Response) {
        let number = response.headers.cseq().ok().map(|cseq| cseq.number);
        if number.is_none() || number != self.in_flight || response.status.is_provisional() {
            return;
        }
        self.in_flight = None;
        match response.status.is_success() {
            true => self.notify(now),
            false => self.lose(),
        }
    }

    /// A NOTIFY ended without a final response.
    pub fn handle_failure(&mut self, cseq: &CSeq, _cause: FailureCause) {
        if self.in_flight == Some(cseq.number) {
            self.in_flight = None;
            self.lose();
        }
    }

    fn lose(&mut self) {
        if self.phase == Phase::Active {
            self.outputs.push_back(Output::Ended);
        }
        self.phase = Phase::Over;
    }

    /// The subscription lasts from now on for so long; the state is told in any case (§4.2.1.2).
    fn accept(&mut self, now: Instant, key: ServerKey, request: &Request, lasts: Duration) {
        self.expires_at = now + lasts;
        let mut response = request.reply(StatusCode::OK, Some(self.dialog.id().local_tag()));
        response.headers.copy_from(&request.headers, &HeaderName::RecordRoute);
        response.headers.push(HeaderName::Contact, NameAddr::new(self.dialog.contact().clone()));
        response.headers.push(HeaderName::Expires, lasts.as_secs());
        self.outputs.push_back(Output::Respond { key, response });
        if lasts.is_zero() {
            // Either a look at the state, once, or the end.
            self.outputs.push_back(Output::Ended);
            return self.finish(now, "timeout");
        }
        self.stale = true;
        self.notify(now);
    }

    fn finish(&mut self, now: Instant, reason: &'static str) {
        self.phase = Phase::Ending(reason);
        self.stale = true;
        self.notify(now);
    }

    /// Sends what is to be told, unless the NOTIFY before is still on its way.
    fn notify(&mut self, now: Instant) {
        if self.in_flight.is_some() {
            return;
        }
        let state = match self.phase {
            _ if !self.stale => {
                if let Phase::Ending(_) = self.phase {
                    self.phase = Phase::Over;
                }
                return;
            }
            Phase::Active => {
                let remaining = self.expires_at.saturating_duration_since(now).as_secs();
                format!("active;expires={remaining}")
            }
            Phase::Ending(reason) => format!("terminated;reason={reason}"),
            Phase::Over => return,
        };
        self.stale = false;
        let request = self
            .dialog
            .request(Method::Notify)
            .with(HeaderName::Event, &self.event)
            .with(HeaderName::SubscriptionState, state)
            .with_body(self.state.content_type(), self.state.document(self.version));
        self.version = self.version.wrapping_add(1);
        self.in_flight = Some(self.dialog.local_cseq());
        self.outputs.push_back(Output::Request { flow: self.dialog.flow(), request });
    }
}

fn refusal(request: &Request) -> Option<Refusal> {
    refuse(
        request,
        &Understood { methods: &[Method::Subscribe], extensions: &[], bodies: &[], forwards: false },
    )
}

/// How long a subscription is to last; too brief a time is refused, saying how long it must be.
fn lasts(request: &Request) -> Result<Duration, Refusal> {
    let asked = request.headers.expires().unwrap_or(LONGEST).min(LONGEST);
    if asked < SHORTEST && !asked.is_zero() {
        let hints = vec![(HeaderName::MinExpires, SHORTEST.as_secs().to_string())];
        return Err(Refusal { status: StatusCode::INTERVAL_TOO_BRIEF, hints });
    }
    Ok(asked)
}

/// Whether the subscriber can read a document of that type. Without Accept it takes the package's own (§4.1.2.1).
fn takes(request: &Request, content_type: &str) -> bool {
    let mut ranges = request.headers.tokens(&HeaderName::Accept).peekable();
    let matches = |range: &str| {
        let range = range.split(';').next().unwrap_or_default().trim();
        let all_of_kind = content_type.split('/').next().map(|kind| format!("{kind}/*"));
        range == "*/*"
            || range.eq_ignore_ascii_case(content_type)
            || all_of_kind.is_some_and(|all| range.eq_ignore_ascii_case(&all))
    };
    ranges.peek().is_none() || ranges.any(matches)
}

/// The longest a subscription lasts without renewal, and what it lasts if nothing is asked for. Subscriptions do not
/// outlive the program: for so long a lamp may be wrong after it has crashed.
pub const LONGEST: Duration = Duration::from_secs(600);
/// The shortest a subscription may be asked for.
pub const SHORTEST: Duration = Duration::from_secs(60);

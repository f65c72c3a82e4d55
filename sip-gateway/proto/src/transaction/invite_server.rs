//! INVITE server transactions (RFC 3261 §17.2.1, RFC 6026 §7.1).
//!
//! ```text
//!  Proceeding ──300-699──▶ Completed ──ACK──▶ Confirmed ──timer I──▶ Terminated
//!      │                       └──timer H──▶ Terminated
//!      └──2xx──▶ Accepted ──timer L──▶ Terminated
//! ```

use super::event::{Event, ServerKey, Step};
use super::timers::{Alarms, TRYING_DELAY};
use crate::flow::Flow;
use crate::message::{Request, Response, StatusCode};

#[derive(Debug)]
pub(super) struct InviteServer {
    flow: Flow,
    state: State,
    /// The response sent last; before there is one, the 100 that will be.
    last: Vec<u8>,
    answered: bool,
    /// The To tag of our responses, for that of the response to a CANCEL.
    to_tag: Option<Box<str>>,
    cancelled: bool,
    alarms: Alarms,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Proceeding,
    Completed,
    Confirmed,
    Accepted,
    Terminated,
}

/// Whose an ACK is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AckFor {
    /// The transaction's own.
    Transaction,
    /// The transaction user's: it acknowledges a 2xx.
    User,
}

impl InviteServer {
    pub(super) fn begin(step: &Step<'_>, flow: Flow, invite: &Request) -> Self {
        let mut alarms = Alarms::default();
        alarms.send_after(step.now, TRYING_DELAY);
        let last = invite.reply(StatusCode::TRYING, None).to_bytes();
        Self { flow, state: State::Proceeding, last, answered: false, to_tag: None, cancelled: false, alarms }
    }

    pub(super) fn handle_retransmission(&mut self, step: &mut Step<'_>) {
        match self.state {
            State::Proceeding => self.repeat_or_try(step),
            State::Completed => step.transmit(self.flow, self.last.clone()),
            // The user sends its 2xx again by itself.
            State::Accepted | State::Confirmed | State::Terminated => {}
        }
    }

    fn repeat_or_try(&mut self, step: &mut Step<'_>) {
        self.answered = true;
        self.alarms.resend = None;
        step.transmit(self.flow, self.last.clone());
    }

    pub(super) fn handle_ack(&mut self, step: &Step<'_>) -> AckFor {
        if self.state == State::Accepted {
            return AckFor::User;
        }
        if self.state == State::Completed {
            self.last = Vec::new();
            self.alarms = Alarms { resend: None, end: Some(step.now + step.timers.t4) };
            let reliable = self.flow.carrier.is_reliable();
            self.state = if reliable { State::Terminated } else { State::Confirmed };
        }
        AckFor::Transaction
    }

    /// Whether the user is to be told: the first time, unless it has given a final response.
    pub(super) fn handle_cancel(&mut self) -> bool {
        self.state == State::Proceeding && !std::mem::replace(&mut self.cancelled, true)
    }

    pub(super) fn respond(&mut self, step: &mut Step<'_>, response: &Response) {
        let status = response.status;
        match self.state {
            State::Proceeding => {}
            // A 2xx is sent again by the user until it is acknowledged.
            State::Accepted if status.is_success() => return step.transmit(self.flow, response.to_bytes()),
            State::Accepted | State::Completed | State::Confirmed | State::Terminated => return,
        }
        self.to_tag = response.headers.to().ok().and_then(|to| to.tag().map(Into::into));
        self.answered = true;
        self.alarms.resend = None;
        let bytes = response.to_bytes();
        if status.is_success() {
            self.last = Vec::new();
            self.alarms.end = Some(step.now + step.timers.timeout());
            self.state = State::Accepted;
        } else {
            self.last.clone_from(&bytes);
        }
        if status.is_final() && !status.is_success() {
            self.alarms.resend_after(step.now, step.timers.t1, &self.flow);
            self.alarms.end = Some(step.now + step.timers.timeout());
            self.state = State::Completed;
        }
        step.transmit(self.flow, bytes);
    }

    pub(super) fn handle_timeout(&mut self, step: &mut Step<'_>, key: ServerKey) {
        if self.alarms.end_is_due(step.now) {
            if self.state == State::Completed {
                step.tell(Event::Unacknowledged { key });
            }
            self.state = State::Terminated;
            return;
        }
        let t2 = step.timers.t2;
        if !self.alarms.resend_is_due(step.now, |pause| t2.min(pause * 2)) {
            return;
        }
        match self.state {
            State::Proceeding => self.repeat_or_try(step),
            State::Completed => step.transmit(self.flow, self.last.clone()),
            State::Accepted | State::Confirmed | State::Terminated => {}
        }
    }

    pub(super) fn to_tag(&self) -> Option<&str> {
        self.to_tag.as_deref()
    }

    pub(super) fn next_alarm(&self) -> Option<std::time::Instant> {
        self.alarms.next()
    }

    pub(super) fn is_terminated(&self) -> bool {
        self.state == State::Terminated
    }
}

//! Client transactions of all methods but INVITE (RFC 3261 §17.1.2).
//!
//! ```text
//!  Trying ──1xx──▶ Proceeding
//!     ├──200-699────────┴────▶ Completed ──timer K──▶ Terminated
//!     └──timer F, transport error──▶ Terminated
//! ```

use super::event::{ClientKey, Event, FailureCause, Step};
use super::timers::Alarms;
use crate::flow::Flow;
use crate::message::{Method, Request, Response};

#[derive(Debug)]
pub(super) struct NonInviteClient {
    flow: Flow,
    method: Method,
    state: State,
    /// The request, as long as it may be sent again.
    bytes: Vec<u8>,
    alarms: Alarms,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Trying,
    Proceeding,
    Completed,
    Terminated,
}

impl NonInviteClient {
    /// Sends a request that has its Via.
    pub(super) fn begin(step: &mut Step<'_>, flow: Flow, request: &Request) -> Self {
        let bytes = request.to_bytes();
        let mut alarms = Alarms { resend: None, end: Some(step.now + step.timers.timeout()) };
        alarms.resend_after(step.now, step.timers.t1, &flow);
        let kept = if flow.carrier.is_reliable() { Vec::new() } else { bytes.clone() };
        step.transmit(flow, bytes);
        Self { flow, method: request.method.clone(), state: State::Trying, bytes: kept, alarms }
    }

    /// Takes a response to a request of that method. `key` is `None` for a CANCEL, of which nobody is told.
    pub(super) fn handle_response(
        &mut self,
        step: &mut Step<'_>,
        key: Option<ClientKey>,
        flow: Flow,
        response: Response,
        method: &Method,
    ) {
        if *method != self.method || !matches!(self.state, State::Trying | State::Proceeding) {
            return;
        }
        if response.status.is_provisional() {
            self.state = State::Proceeding;
        } else {
            self.bytes = Vec::new();
            self.alarms = Alarms { resend: None, end: Some(step.now + step.timers.t4) };
            let reliable = self.flow.carrier.is_reliable();
            self.state = if reliable { State::Terminated } else { State::Completed };
        }
        if let Some(key) = key {
            step.tell(Event::Response { key, flow, response });
        }
    }

    pub(super) fn handle_flow_failure(&mut self, step: &mut Step<'_>, key: Option<ClientKey>) {
        if matches!(self.state, State::Trying | State::Proceeding) {
            self.fail(step, key, FailureCause::Transport);
        }
    }

    pub(super) fn handle_timeout(&mut self, step: &mut Step<'_>, key: Option<ClientKey>) {
        if self.alarms.end_is_due(step.now) {
            match self.state {
                State::Trying | State::Proceeding => self.fail(step, key, FailureCause::Timeout),
                State::Completed | State::Terminated => self.state = State::Terminated,
            }
            return;
        }
        let (t2, proceeding) = (step.timers.t2, self.state == State::Proceeding);
        if self.alarms.resend_is_due(step.now, |pause| if proceeding { t2 } else { t2.min(pause * 2) }) {
            step.transmit(self.flow, self.bytes.clone());
        }
    }

    fn fail(&mut self, step: &mut Step<'_>, key: Option<ClientKey>, cause: FailureCause) {
        self.state = State::Terminated;
        if let Some(key) = key {
            step.tell(Event::Failed { key, cause });
        }
    }

    pub(super) fn flow(&self) -> Flow {
        self.flow
    }

    pub(super) fn next_alarm(&self) -> Option<std::time::Instant> {
        self.alarms.next()
    }

    pub(super) fn is_terminated(&self) -> bool {
        self.state == State::Terminated
    }
}

//! Server transactions of all methods but INVITE (RFC 3261 §17.2.2).
//!
//! ```text
//!  Trying ──1xx──▶ Proceeding
//!     └──200-699────────┴────▶ Completed ──timer J──▶ Terminated
//! ```

use super::event::Step;
use super::timers::Alarms;
use crate::flow::Flow;
use crate::message::Response;

#[derive(Debug)]
pub(super) struct NonInviteServer {
    flow: Flow,
    state: State,
    /// The response sent last; nothing while Trying.
    last: Box<[u8]>,
    alarms: Alarms,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Trying,
    Proceeding,
    Completed,
    Terminated,
}

impl NonInviteServer {
    /// If the user never responds, the transaction ends when the other side has stopped waiting (its timer F).
    pub(super) fn begin(step: &Step<'_>, flow: Flow) -> Self {
        let alarms = Alarms { resend: None, end: Some(step.now + step.timers.timeout()) };
        Self { flow, state: State::Trying, last: Box::default(), alarms }
    }

    pub(super) fn handle_retransmission(&mut self, step: &mut Step<'_>) {
        match self.state {
            State::Proceeding | State::Completed => step.transmit(self.flow, self.last.to_vec()),
            State::Trying | State::Terminated => {}
        }
    }

    pub(super) fn respond(&mut self, step: &mut Step<'_>, response: &Response) {
        if !matches!(self.state, State::Trying | State::Proceeding) {
            return;
        }
        let bytes = response.to_bytes();
        if response.status.is_provisional() {
            self.last = bytes.as_slice().into();
            self.state = State::Proceeding;
        } else if self.flow.carrier.is_reliable() {
            self.state = State::Terminated;
        } else {
            self.last = bytes.as_slice().into();
            self.alarms.end = Some(step.now + step.timers.timeout());
            self.state = State::Completed;
        }
        step.transmit(self.flow, bytes);
    }

    pub(super) fn handle_timeout(&mut self, step: &Step<'_>) {
        if self.alarms.end_is_due(step.now) {
            self.state = State::Terminated;
        }
    }

    pub(super) fn next_alarm(&self) -> Option<std::time::Instant> {
        self.alarms.next()
    }

    pub(super) fn is_completed(&self) -> bool {
        self.state == State::Completed
    }

    pub(super) fn is_terminated(&self) -> bool {
        self.state == State::Terminated
    }
}

//! INVITE client transactions (RFC 3261 §17.1.1, §9.1, RFC 6026 §7.2).
//!
//! ```text
//!  Calling ──1xx──▶ Proceeding
//!     │                 │
//!     ├──300-699────────┼────▶ Completed (ACK) ──timer D──▶ Terminated
//!     ├──2xx────────────┴────▶ Accepted ────────timer M──▶ Terminated
//!     └──timer B, transport error──▶ Terminated
//! ```

use super::event::{ClientKey, Event, FailureCause, Step};
use super::timers::Alarms;
use crate::flow::Flow;
use crate::message::{CSeq, HeaderName, Headers, Method, Request, Response};

#[derive(Debug)]
pub(super) struct InviteClient {
    flow: Flow,
    state: State,
    /// The INVITE without its body: what ACK and CANCEL are made from.
    head: Box<Request>,
    /// What is sent again: the INVITE while Calling, the ACK when Completed.
    bytes: Vec<u8>,
    alarms: Alarms,
    cancel: Cancel,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Calling,
    Proceeding,
    Completed,
    Accepted,
    Terminated,
}

#[derive(Debug)]
enum Cancel {
    No,
    /// With these fields, as soon as a provisional response has come.
    Wanted(Headers),
    Sent,
}

impl InviteClient {
    /// Sends an INVITE that has its Via.
    pub(super) fn begin(step: &mut Step<'_>, flow: Flow, mut invite: Request) -> Self {
        let bytes = invite.to_bytes();
        invite.body = Vec::new();
        let mut alarms = Alarms { resend: None, end: Some(step.now + step.timers.timeout()) };
        alarms.resend_after(step.now, step.timers.t1, &flow);
        let kept = if flow.carrier.is_reliable() { Vec::new() } else { bytes.clone() };
        step.transmit(flow, bytes);
        Self { flow, state: State::Calling, head: Box::new(invite), bytes: kept, alarms, cancel: Cancel::No }
    }

    pub(super) fn handle_response(
        &mut self,
        step: &mut Step<'_>,
        key: ClientKey,
        flow: Flow,
        response: Response,
    ) {
        let status = response.status;
        match self.state {
            State::Calling | State::Proceeding if status.is_provisional() => self.proceed(),
            State::Calling | State::Proceeding if status.is_success() => {
                self.alarms = Alarms { resend: None, end: Some(step.now + step.timers.timeout()) };
                self.bytes = Vec::new();
                self.state = State::Accepted;
            }
            State::Calling | State::Proceeding => self.complete(step, &response),
            State::Accepted if status.is_success() => {}
            State::Completed if status.is_final() && !status.is_success() => {
                step.transmit(self.flow, self.bytes.clone());
                return;
            }
            State::Completed | State::Accepted | State::Terminated => return,
        }
        step.tell(Event::Response { key, flow, response });
    }

    fn proceed(&mut self) {
        if self.state == State::Calling {
            self.alarms = Alarms::default();
            self.bytes = Vec::new();
            self.state = State::Proceeding;
        }
    }

    fn complete(&mut self, step: &mut Step<'_>, response: &Response) {
        let ack = self.follow_up(Method::Ack, response.headers.get(&HeaderName::To)).to_bytes();
        if self.flow.carrier.is_reliable() {
            self.state = State::Terminated;
        } else {
            self.alarms = Alarms { resend: None, end: Some(step.now + step.timers.timeout()) };
            self.bytes = ack.clone();
            self.state = State::Completed;
        }
        step.transmit(self.flow, ack);
    }

    /// Gives up, as soon as that may be said (§9.1); after a final response it is too late.
    pub(super) fn cancel(&mut self, extra: Headers) {
        if matches!(self.state, State::Calling | State::Proceeding) && matches!(self.cancel, Cancel::No) {
            self.cancel = Cancel::Wanted(extra);
        }
    }

    /// The CANCEL that is to be sent now. If no final response follows, the INVITE fails after 64·T1.
    pub(super) fn take_cancel(&mut self, step: &Step<'_>) -> Option<Request> {
        if self.state != State::Proceeding || !matches!(self.cancel, Cancel::Wanted(_)) {
            return None;
        }
        let Cancel::Wanted(extra) = std::mem::replace(&mut self.cancel, Cancel::Sent) else { return None };
        self.alarms.end = Some(step.now + step.timers.timeout());
        let mut cancel = self.follow_up(Method::Cancel, self.head.headers.get(&HeaderName::To));
        for (name, value) in extra.iter() {
            cancel.headers.push(name.clone(), value);
        }
        Some(cancel)
    }

    /// An ACK (§17.1.1.3) or CANCEL: as the INVITE was, with that To.
    fn follow_up(&self, method: Method, to: Option<&str>) -> Request {
        let invite = &self.head.headers;
        let mut request = Request::new(method.clone(), self.head.uri.clone());
        let headers = &mut request.headers;
        // Only the hop that we have added, which is the first.
        if let Some(via) = invite.get(&HeaderName::Via) {
            headers.push(HeaderName::Via, via);
        }
        headers.push(HeaderName::MaxForwards, 70);
        headers.copy_from(invite, &HeaderName::Route);
        headers.copy_from(invite, &HeaderName::From);
        if let Some(to) = to {
            headers.push(HeaderName::To, to);
        }
        headers.copy_from(invite, &HeaderName::CallId);
        let number = invite.cseq().map_or(1, |cseq| cseq.number);
        headers.push(HeaderName::CSeq, CSeq { number, method });
        request
    }

    pub(super) fn handle_flow_failure(&mut self, step: &mut Step<'_>, key: ClientKey) {
        if matches!(self.state, State::Calling | State::Proceeding) {
            self.fail(step, key, FailureCause::Transport);
        }
    }

    pub(super) fn handle_timeout(&mut self, step: &mut Step<'_>, key: ClientKey) {
        if self.alarms.end_is_due(step.now) {
            match self.state {
                State::Calling | State::Proceeding => self.fail(step, key, FailureCause::Timeout),
                State::Completed | State::Accepted | State::Terminated => self.state = State::Terminated,
            }
        } else if self.alarms.resend_is_due(step.now, |pause| pause * 2) {
            step.transmit(self.flow, self.bytes.clone());
        }
    }

    fn fail(&mut self, step: &mut Step<'_>, key: ClientKey, cause: FailureCause) {
        self.state = State::Terminated;
        step.tell(Event::Failed { key, cause });
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

//! A 2xx to an INVITE, which its sender repeats until the ACK comes (RFC 3261 §13.3.1.4).

use std::time::{Duration, Instant};

use super::capabilities::description;
use super::{Ending, Leg, LegEvent, State, T1, T2};
use crate::message::{Request, Response};
use crate::transaction::ServerKey;

/// The 2xx that waits for its ACK.
pub(super) struct Accepted {
    key: ServerKey,
    cseq: u32,
    response: Response,
    /// Whether the ACK is to answer an offer of ours.
    awaits_answer: bool,
    initial: bool,
    again_at: Instant,
    interval: Duration,
    until: Instant,
}

impl Accepted {
    pub(super) fn initial(
        now: Instant,
        key: ServerKey,
        cseq: u32,
        response: Response,
        awaits_answer: bool,
    ) -> Self {
        let (again_at, until) = (now + T1, now + 64 * T1);
        Self { key, cseq, response, awaits_answer, initial: true, again_at, interval: T1, until }
    }

    /// The same for an INVITE within the call.
    pub(super) fn renewal(self) -> Self {
        Self { initial: false, ..self }
    }

    pub(super) fn due(&self) -> Instant {
        self.again_at.min(self.until)
    }

    pub(super) fn is_initial(&self) -> bool {
        self.initial
    }

    pub(super) fn awaits_answer(&self) -> bool {
        self.awaits_answer
    }
}

impl Leg {
    /// Takes the ACK to a 2xx of ours.
    pub fn handle_ack(&mut self, now: Instant, request: Request) {
        let Ok(cseq) = request.headers.cseq() else { return };
        let is_ours = self.dialog().is_some_and(|dialog| dialog.has_request(&request));
        let Some(accepted) = self.accepted.take_if(|accepted| is_ours && accepted.cseq == cseq.number) else {
            return;
        };
        if let Some(reason) = self.parting.take() {
            return self.bye(reason.as_ref());
        }
        if accepted.awaits_answer {
            self.take_answer_in_ack(now, &request, accepted.initial);
        }
        self.pursue(now);
    }

    fn take_answer_in_ack(&mut self, now: Instant, request: &Request, initial: bool) {
        let answer = description(&request.headers, &request.body).ok().flatten();
        let Some(usage) = &mut self.usage else { return };
        let agreed = answer.and_then(|answer| usage.negotiator.handle_answer(&answer).ok());
        usage.negotiator.withdraw();
        match agreed {
            Some(agreed) => {
                usage.agreed = Some(agreed.clone());
                usage.settled = true;
                self.tell(if initial { LegEvent::Answered(agreed) } else { LegEvent::Renegotiated(agreed) });
            }
            None => self.part(now, None, Some(Ending::Failed("the ACK has no usable answer"))),
        }
    }

    pub(super) fn repeat_accepted(&mut self, now: Instant) {
        let Some(accepted) = &mut self.accepted else { return };
        if accepted.until <= now {
            return self.lose_unacknowledged(now);
        }
        if accepted.again_at <= now {
            accepted.interval = (accepted.interval * 2).min(T2);
            accepted.again_at = now + accepted.interval;
            let (key, response) = (accepted.key, accepted.response.clone());
            self.respond(key, response);
        }
    }

    fn lose_unacknowledged(&mut self, now: Instant) {
        self.accepted = None;
        match self.parting.take() {
            Some(reason) => self.bye(reason.as_ref()),
            None if self.state == State::Confirmed => self.part(now, None, Some(Ending::Lost)),
            None => {}
        }
    }
}

//! How a leg ends: CANCEL, BYE or a refusal, whatever its state demands (RFC 3261 §9, §13.3, §15).

use std::time::Instant;

use super::accepted::Accepted;
use super::{Ending, Leg, LegEvent, Output, Purpose, Reason, State, T1, numbered};
use crate::message::{HeaderName, Headers, Method, StatusCode};

impl Leg {
    /// Ends the leg as its state demands: with a CANCEL, a BYE or a refusal. No event says so.
    pub fn hang_up(&mut self, now: Instant, reason: Option<Reason>) {
        match self.state {
            State::Calling => {
                let inviting = self.pending.iter().find(|pending| matches!(pending.purpose, Purpose::Invite));
                if let Some(cseq) = inviting.map(|pending| pending.cseq) {
                    self.outputs.push_back(Output::Cancel { cseq, headers: explained(reason) });
                }
                self.end(now, None);
            }
            State::Invited => {
                let status = reason.as_ref().and_then(Reason::status);
                let status = status.unwrap_or(StatusCode::TEMPORARILY_UNAVAILABLE);
                self.refuse(now, status, explained(reason));
            }
            State::Accepting => {
                self.acknowledge_late(None);
                self.part(now, reason, None);
            }
            State::Confirmed => self.part(now, reason, None),
            State::Over => {}
        }
    }

    /// Ends a call that stands, or waits with it for the ACK: without it the caller knows no dialog (§15).
    pub(super) fn part(&mut self, now: Instant, reason: Option<Reason>, ending: Option<Ending>) {
        self.drop_peer_offer(StatusCode::REQUEST_TERMINATED);
        match self.accepted.as_ref().is_some_and(Accepted::is_initial) {
            true => self.parting = Some(reason),
            false => self.bye(reason.as_ref()),
        }
        self.end(now, ending);
    }

    /// The last request of the call.
    pub(super) fn bye(&mut self, reason: Option<&Reason>) {
        self.accepted = None;
        let Some(usage) = &mut self.usage else { return };
        let mut request = numbered(&mut usage.dialog, &mut self.cseq, Method::Bye);
        if let Some(reason) = reason {
            request.headers.push(HeaderName::Reason, reason);
        }
        let (tag, flow) = (usage.tag().to_owned(), usage.dialog.flow());
        self.send(flow, request, tag, Purpose::Bye);
    }

    /// The leg is over; what is on its way may still arrive for a while.
    pub(super) fn end(&mut self, now: Instant, ending: Option<Ending>) {
        if self.state == State::Over {
            return;
        }
        self.state = State::Over;
        self.drop_peer_offer(StatusCode::REQUEST_TERMINATED);
        self.peer_offer = None;
        self.gone_at = Some(now + 64 * T1);
        self.invited = None;
        self.reliable = None;
        self.wanted = None;
        self.again_at = None;
        self.timer = None;
        self.challenged = None;
        self.refuse_refer(now, StatusCode::TEMPORARILY_UNAVAILABLE);
        if let Some(ending) = ending {
            self.tell(LegEvent::Ended(ending));
        }
    }

    /// The other side does not know the call any more, or cannot be reached: it is told so all the same.
    pub(super) fn lose(&mut self, now: Instant) {
        if self.state == State::Confirmed {
            self.part(now, None, Some(Ending::Lost));
        }
    }
}

/// The fields that say why.
fn explained(reason: Option<Reason>) -> Headers {
    let mut headers = Headers::new();
    if let Some(reason) = reason {
        headers.push(HeaderName::Reason, reason);
    }
    headers
}

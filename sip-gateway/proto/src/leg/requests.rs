//! The other side's requests within the leg's dialogs (RFC 3261 §12.2.2).

use std::time::Instant;

use super::capabilities::{SDP, announce, refusal};
use super::{Ending, Leg, LegEvent, Reason, State, keys};
use crate::dialog::DialogId;
use crate::flow::Flow;
use crate::message::{HeaderName, Headers, Method, Request, StatusCode};
use crate::transaction::ServerKey;

impl Leg {
    /// Takes a request with the leg's Call-ID and tag. ACK and CANCEL have entries of their own.
    pub fn handle_request(&mut self, now: Instant, key: ServerKey, flow: Flow, request: Request) {
        let Ok(id) = DialogId::of_request(&request) else {
            return self.respond_status(key, &request, StatusCode::BAD_REQUEST);
        };
        let tag = id.remote_tag().to_owned();
        let Some(usage) = self.usage_mut(&tag).filter(|usage| *usage.dialog.id() == id) else {
            return self.respond_status(key, &request, StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST);
        };
        if usage.dialog.check_order(&request).is_err() {
            return self.respond_status(key, &request, StatusCode::SERVER_INTERNAL_ERROR);
        }
        if let Some(refusal) = refusal(&request) {
            let response = refusal.response(&request, &self.tag);
            return self.respond(key, response);
        }
        match request.method {
            Method::Bye => self.handle_bye(now, key, &tag, &request),
            _ if self.state == State::Over => {
                self.respond_status(key, &request, StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST);
            }
            Method::Invite | Method::Update => self.handle_renewal(now, key, flow, &tag, request),
            Method::Prack => self.handle_prack(now, key, request),
            Method::Info => self.handle_info(key, &request),
            Method::Refer => self.handle_refer(now, key, &tag, request),
            Method::Options => {
                let mut response = request.reply(StatusCode::OK, Some(&self.tag));
                announce(&mut response.headers);
                response.headers.push(HeaderName::Accept, SDP);
                self.respond(key, response);
            }
            _ => self.respond_status(key, &request, StatusCode::BAD_REQUEST),
        }
        self.pursue(now);
    }

    /// The other side hangs up, also across our own BYE or before our answer.
    fn handle_bye(&mut self, now: Instant, key: ServerKey, tag: &str, request: &Request) {
        self.respond_status(key, request, StatusCode::OK);
        if self.usage.as_ref().is_none_or(|usage| usage.tag() != tag) {
            // One of the devices that ring; the others go on.
            return self.early.retain(|usage| usage.tag() != tag);
        }
        self.finish_invite(StatusCode::REQUEST_TERMINATED, Headers::new());
        self.drop_peer_offer(StatusCode::REQUEST_TERMINATED);
        self.accepted = None;
        self.parting = None;
        self.end(now, Some(Ending::HungUp(Reason::of(&request.headers))));
    }

    /// Keys as some phones send them; an empty INFO only asks whether we are there.
    fn handle_info(&mut self, key: ServerKey, request: &Request) {
        let pressed = keys::read(&request.headers, &request.body);
        let understood = request.body.is_empty() || pressed.is_some();
        let status = if understood { StatusCode::OK } else { StatusCode::BAD_REQUEST };
        self.respond_status(key, request, status);
        if let Some((Some(digit), duration)) = pressed {
            self.tell(LegEvent::Key { digit, duration });
        }
    }
}

//! Transactions: a request, its retransmissions and its responses (RFC 3261 §9, §17, RFC 3581, RFC 6026).
//!
//! Messages go in with the time and the flow they came over; messages to send and events for the transaction user come
//! out. What is answered here, without the user: retransmissions, ACKs to other responses than 2xx, CANCEL itself, the
//! second copy of a request that has come by two ways (482), requests over the limit (503) if none of those answered before
//! can be forgotten for them, and what could not be read.
//! What is well-formed but not to be taken ([`refuse`](crate::message::refuse)) is for the user, who knows what it
//! understands.

mod clients;
mod event;
mod identity;
mod invite_client;
mod invite_server;
mod limits;
mod non_invite_client;
mod non_invite_server;
mod servers;
#[cfg(test)]
mod tests;
mod timers;
mod wakes;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Instant;

pub use event::{ClientKey, Event, FailureCause, Output, RequestError, ServerKey};
pub use limits::*;
pub use timers::{TRYING_DELAY, Timers};

use clients::Clients;
use event::Step;
use identity::Secret;
use servers::Servers;

use crate::flow::{Carrier, Flow};
use crate::message::{Headers, Message, ParseError, Request, Response};

/// The transaction layer of an endpoint.
#[derive(Debug)]
pub struct Transactions {
    timers: Timers,
    secret: Secret,
    clients: Clients,
    servers: Servers,
    outbox: VecDeque<Output>,
}

impl Transactions {
    /// A layer without transactions. From the seed come branches and tags; it must be unpredictable, and another each
    /// time the program runs.
    pub fn new(seed: [u8; 32], timers: Timers) -> Self {
        Self {
            timers,
            secret: Secret::new(&seed),
            clients: Clients::new(),
            servers: Servers::new(),
            outbox: VecDeque::new(),
        }
    }

    /// Sets what the Via of our requests says from a listening socket: a host, an IPv6 address in brackets, and a port.
    /// Without it the Via has `flow.local`, which will not do if that is an unspecified address.
    pub fn set_sent_by(&mut self, carrier: Carrier, local: SocketAddr, host: &str, port: Option<u16>) {
        self.clients.set_sent_by(carrier, local, host, port);
    }

    /// Takes a message that has come.
    pub fn handle_message(&mut self, now: Instant, flow: Flow, message: Message) {
        let mut step = Step { now, timers: self.timers, outbox: &mut self.outbox };
        match message {
            Message::Request(request) => {
                self.servers.handle_request(&mut step, &self.secret, flow, request);
            }
            Message::Response(response) => self.clients.handle_response(&mut step, flow, response),
        }
    }

    /// Takes what has come and could not be read: a request is refused, if it says to whom.
    pub fn handle_malformed(&mut self, flow: Flow, error: &ParseError) {
        let tag = self.tag();
        if let Some((flow, bytes)) = servers::refusal(&flow, error, &tag) {
            self.outbox.push_back(Output::Transmit { flow, bytes });
        }
    }

    /// A word nobody can guess, for the To of a response outside dialogs.
    pub fn tag(&mut self) -> String {
        format!("{:016x}", self.secret.fresh() >> 64)
    }

    /// Takes the news that a flow carries nothing any more: its connection has closed, or could not be opened, or the
    /// network says that nobody is there. Requests of ours that wait on it fail.
    pub fn handle_flow_failure(&mut self, now: Instant, flow: Flow) {
        let mut step = Step { now, timers: self.timers, outbox: &mut self.outbox };
        self.clients.handle_flow_failure(&mut step, flow);
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        let mut step = Step { now, timers: self.timers, outbox: &mut self.outbox };
        self.clients.handle_timeout(&mut step);
        self.servers.handle_timeout(&mut step);
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.clients.next_wake().into_iter().chain(self.servers.next_wake()).min()
    }

    /// Gives what is to be done, one by one; to be drained after each change.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outbox.pop_front()
    }

    /// Sends a request, with our Via added, and Max-Forwards if it has none. It has From, To, Call-ID and CSeq. What
    /// follows is told as [`Event::Response`] until a final one, or as [`Event::Failed`].
    ///
    /// # Errors
    /// When there are too many, or the request is an ACK or CANCEL, or its CSeq is not right.
    pub fn request(&mut self, now: Instant, flow: Flow, request: Request) -> Result<ClientKey, RequestError> {
        let mut step = Step { now, timers: self.timers, outbox: &mut self.outbox };
        self.clients.begin(&mut step, &mut self.secret, flow, request)
    }

    /// Sends an ACK to a 2xx, with our Via added. To be called again whenever the 2xx comes again. ACKs to other
    /// responses are sent by the transaction.
    pub fn send_ack(&mut self, _now: Instant, flow: Flow, mut ack: Request) {
        self.clients.add_via(&mut self.secret, &flow, &mut ack);
        self.outbox.push_back(Output::Transmit { flow, bytes: ack.to_bytes() });
    }

    /// Gives up an INVITE of ours: a CANCEL with these fields beside its own (Reason, RFC 3326) is sent as soon as a
    /// provisional response has come (RFC 3261 §9.1), none if the final one is there. The final response still comes,
    /// usually 487, or a 2xx that crossed the CANCEL and wants ACK and BYE; or the INVITE fails by timeout.
    pub fn cancel(&mut self, now: Instant, key: ClientKey, extra: Headers) {
        let mut step = Step { now, timers: self.timers, outbox: &mut self.outbox };
        self.clients.cancel(&mut step, key, extra);
    }

    /// Sends a response. The first final one counts; after a 2xx to an INVITE, only that again, which the user repeats
    /// until its ACK comes. A transaction that has ended sends nothing.
    pub fn respond(&mut self, now: Instant, key: ServerKey, response: Response) {
        let mut step = Step { now, timers: self.timers, outbox: &mut self.outbox };
        self.servers.respond(&mut step, key, &response);
    }

    /// Sends a final response to a request that came over this flow and forgets its transaction: for challenges and
    /// floods. A retransmission is a new request; an ACK is absorbed if the response had no To tag of the user's own.
    pub fn respond_stateless(&mut self, flow: Flow, request: &Request, response: Response) {
        self.servers.respond_stateless(&mut self.outbox, &self.secret, flow, request, response);
    }

    /// Keeps fewer requests of others than usual.
    #[cfg(test)]
    pub(crate) fn limit_servers(&mut self, limit: usize) {
        self.servers.limit = limit;
    }

    /// How many requests of ours have transactions.
    pub fn client_transactions(&self) -> usize {
        self.clients.len()
    }

    /// How many requests of others have transactions.
    pub fn server_transactions(&self) -> usize {
        self.servers.len()
    }
}

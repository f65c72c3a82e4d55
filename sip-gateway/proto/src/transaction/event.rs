//! What comes out of the transaction layer.

use std::collections::VecDeque;
use std::time::Instant;

use super::timers::Timers;
use crate::flow::Flow;
use crate::message::{ParseErrorKind, Request, Response};

/// Names a transaction that we have begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientKey(pub(super) u128);

/// Names a transaction that the other side has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServerKey(pub(super) u64);

/// What the driver has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Send a message.
    Transmit {
        /// Over which flow.
        flow: Flow,
        /// The message.
        bytes: Vec<u8>,
    },
    /// Tell the transaction user.
    Event(Event),
}

/// What the transaction user is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A new request; it wants one final response.
    Request {
        /// What [`respond`](super::Transactions::respond) takes.
        key: ServerKey,
        /// Where it came from.
        flow: Flow,
        /// The request, its first Via completed with where it came from.
        request: Request,
    },
    /// An ACK to a 2xx, which is a transaction by itself. It may belong to no dialog of ours.
    Ack {
        /// Where it came from.
        flow: Flow,
        /// The ACK.
        request: Request,
    },
    /// The other side gives up an INVITE that we have not finally answered. The CANCEL has been answered; the INVITE
    /// still wants its final response, usually 487. Told once.
    Cancel {
        /// The INVITE's transaction.
        key: ServerKey,
        /// The CANCEL.
        request: Request,
    },
    /// A response to a request of ours. After a 2xx to an INVITE more of them may come: the same again, or that of
    /// another branch of a forked request.
    Response {
        /// Which request it answers.
        key: ClientKey,
        /// Where it came from.
        flow: Flow,
        /// The response.
        response: Response,
    },
    /// No final response to a request of ours will come any more.
    Failed {
        /// Which request.
        key: ClientKey,
        /// Why.
        cause: FailureCause,
    },
    /// Our final response to an INVITE, other than 2xx, was never acknowledged (timer H).
    Unacknowledged {
        /// The INVITE's transaction.
        key: ServerKey,
    },
}

/// Why a request of ours failed without a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureCause {
    /// Nobody answered in time (timers B and F): as good as a 408.
    Timeout,
    /// Its flow failed: as good as a 503.
    Transport,
}

/// Why a request of ours was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// As many transactions as we keep are under way.
    #[error("{0} client transactions are under way")]
    TooMany(usize),
    /// ACK and CANCEL have their own ways out: `send_ack` and `cancel`.
    #[error("an ACK or CANCEL is no request of its own")]
    NotOfItsOwn,
    /// A field that the transaction needs is not there or malformed.
    #[error(transparent)]
    Malformed(#[from] ParseErrorKind),
}

/// One change: when it happens and where its outcome goes.
pub(super) struct Step<'a> {
    pub(super) now: Instant,
    pub(super) timers: Timers,
    pub(super) outbox: &'a mut VecDeque<Output>,
}

impl Step<'_> {
    pub(super) fn transmit(&mut self, flow: Flow, bytes: Vec<u8>) {
        self.outbox.push_back(Output::Transmit { flow, bytes });
    }

    pub(super) fn tell(&mut self, event: Event) {
        self.outbox.push_back(Output::Event(event));
    }
}

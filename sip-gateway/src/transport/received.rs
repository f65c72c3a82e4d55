//! What the transports tell.

use std::io;

use sip_gateway_proto::flow::Flow;
use sip_gateway_proto::message::{Message, ParseError};
use tokio::sync::mpsc;

/// Something that came over a flow, or became of it.
#[derive(Debug)]
pub struct Received {
    /// Which flow.
    pub flow: Flow,
    /// What came.
    pub what: Incoming,
}

/// What came.
#[derive(Debug)]
pub enum Incoming {
    /// A message.
    Message(Box<Message>),
    /// What looked like a message and is none that we take; a request may be refused. A connection that it came over
    /// closes soon.
    Malformed(ParseError),
    /// A keepalive over a connection (RFC 5626 §3.5.1), which has been answered.
    Keepalive,
    /// The flow carries nothing any more. If a connection served flows that name none, it is told of both.
    Failed(FlowFailure),
}

/// Why a flow carries nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FlowFailure {
    /// The far side has closed it, or it was closed before.
    #[error("the connection is closed")]
    Closed,
    /// The system says that it does not work.
    #[error("the network failed: {0}")]
    Network(io::ErrorKind),
    /// TLS was not agreed on, or the far side is not whom we meant.
    #[error("the TLS handshake failed")]
    Handshake,
    /// Opening it, or writing to it, took too long.
    #[error("the far side takes too long")]
    TooSlow,
    /// More waits to be written than we keep.
    #[error("too much waits to be written")]
    Overflow,
    /// Nothing has come for too long, or a message has begun and does not end.
    #[error("nothing has come for too long")]
    Idle,
    /// What came cannot be read any further.
    #[error("what came is not SIP")]
    Garbage,
    /// There are as many connections as we keep.
    #[error("there are too many connections")]
    TooMany,
    /// There is no socket of ours from which that carrier can be used.
    #[error("no socket of ours leads there")]
    NoSocket,
}

impl From<io::Error> for FlowFailure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
                Self::Closed
            }
            io::ErrorKind::InvalidData => Self::Handshake,
            kind => Self::Network(kind),
        }
    }
}

/// Tells of a failure without waiting; if nobody listens fast enough, the news waits in a task of its own.
pub(super) fn report(to: &mpsc::Sender<Received>, flow: Flow, failure: FlowFailure) {
    let news = Received { flow, what: Incoming::Failed(failure) };
    if let Err(mpsc::error::TrySendError::Full(news)) = to.try_send(news)
        && let Ok(runtime) = tokio::runtime::Handle::try_current()
    {
        let to = to.clone();
        runtime.spawn(async move { to.send(news).await });
    }
}

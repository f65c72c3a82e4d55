//! How much strangers may make us keep, and for how long. All in one place.

use std::time::Duration;

/// The most connections at a time, whoever opened them.
pub const MAX_CONNECTIONS: usize = 20_000;
/// The most connections at a time from one source: an IPv4 address, or the first 64 bits of an IPv6 address. A post's
/// phones may all stand behind one address.
pub const MAX_CONNECTIONS_PER_SOURCE: usize = 1_000;
/// How long TLS and WebSocket handshakes may take together.
pub const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// How long it may take to open a connection, TLS included: well below the time a request waits.
pub const CONNECT_TIME: Duration = Duration::from_secs(8);
/// How long it may take where no TLS follows: a long request to a phone tries it before it goes as a datagram.
pub const PLAIN_CONNECT_TIME: Duration = Duration::from_secs(4);
/// How long a connection may say nothing, not even a keepalive, unless [`keep`](super::Transports::keep) allows more.
pub const IDLE_TIME: Duration = Duration::from_secs(300);
/// How long a message may take from its first byte to its last.
pub const MESSAGE_TIME: Duration = Duration::from_secs(20);
/// How long the far side may leave a message of ours unread.
pub const WRITE_TIME: Duration = Duration::from_secs(20);
/// How long a connection that has sent garbage is kept for the answer to it.
pub const LINGER_TIME: Duration = Duration::from_secs(2);
/// The most messages that wait to be written to one connection.
pub const MAX_QUEUED_MESSAGES: usize = 256;
/// The most bytes that wait to be written to one connection.
pub const MAX_QUEUED_BYTES: usize = 256 * 1024;
/// The most that is read from a connection at a time. It is read onto the stack: an idle connection has no buffer.
pub const READ_CHUNK: usize = 16 * 1024;
/// How much has been received that nobody has taken yet: beyond it connections are not read, and datagrams are lost.
pub const MAX_RECEIVED: usize = 1_024;
/// How many datagrams are taken before others get their turn.
pub const DATAGRAM_BATCH: usize = 64;
/// How many connections may wait to be accepted: after a power cut all phones come at once.
pub const BACKLOG: u32 = 1_024;

/// The limits that an operator, or a test, may want otherwise.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// See [`MAX_CONNECTIONS`].
    pub connections: usize,
    /// See [`MAX_CONNECTIONS_PER_SOURCE`].
    pub connections_per_source: usize,
    /// See [`HANDSHAKE_TIME`].
    pub handshake: Duration,
    /// See [`CONNECT_TIME`].
    pub connect: Duration,
    /// See [`IDLE_TIME`].
    pub idle: Duration,
    /// See [`MESSAGE_TIME`].
    pub message: Duration,
    /// See [`WRITE_TIME`].
    pub write: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: MAX_CONNECTIONS,
            connections_per_source: MAX_CONNECTIONS_PER_SOURCE,
            handshake: HANDSHAKE_TIME,
            connect: CONNECT_TIME,
            idle: IDLE_TIME,
            message: MESSAGE_TIME,
            write: WRITE_TIME,
        }
    }
}

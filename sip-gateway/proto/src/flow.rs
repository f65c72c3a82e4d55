//! Where messages come in and go out: the flows of RFC 5626.

use std::net::SocketAddr;

use crate::message::Transport;

/// A path between one of our sockets and a peer. What comes over a flow is answered over it, and a phone is called over
/// the flow it registered with: nobody can be reached by an address behind NAT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Flow {
    /// How messages are carried.
    pub carrier: Carrier,
    /// Our end: the address of the listening socket, also for connections accepted there.
    pub local: SocketAddr,
    /// The peer's end.
    pub remote: SocketAddr,
    /// Tells one connection between the same addresses from the next; [`Connection::NONE`] for datagrams, and for a
    /// connection that is to be opened, or reused if there is one.
    pub connection: Connection,
}

/// The number of a connection, never used twice while the program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Connection(pub u64);

impl Connection {
    /// No connection in particular.
    pub const NONE: Self = Self(0);
}

/// The transports that we speak ourselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Carrier {
    /// Datagrams.
    Udp,
    /// A stream.
    Tcp,
    /// A stream under TLS.
    Tls,
    /// WebSocket (RFC 7118).
    Ws,
    /// WebSocket under TLS.
    Wss,
}

impl Carrier {
    /// Whether it neither loses nor reorders, so that nothing is sent twice.
    #[must_use]
    pub fn is_reliable(self) -> bool {
        self != Self::Udp
    }

    /// Whether nobody on the way can read what it carries.
    #[must_use]
    pub fn is_secure(self) -> bool {
        matches!(self, Self::Tls | Self::Wss)
    }

    /// Its value in a `transport` parameter of a URI (RFC 3261 §19.1.1, RFC 7118 §5.2.4).
    #[must_use]
    pub fn parameter(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Ws => "ws",
            Self::Wss => "wss",
        }
    }
}

impl From<Carrier> for Transport {
    fn from(carrier: Carrier) -> Self {
        match carrier {
            Carrier::Udp => Self::Udp,
            Carrier::Tcp => Self::Tcp,
            Carrier::Tls => Self::Tls,
            Carrier::Ws => Self::Ws,
            Carrier::Wss => Self::Wss,
        }
    }
}

//! Where messages come in and go out: the flows of RFC 5626.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

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

    /// All of them.
    pub const ALL: [Self; 5] = [Self::Udp, Self::Tcp, Self::Tls, Self::Ws, Self::Wss];

    /// Its value in a `transport` parameter of a URI, where `ws` stands for WebSocket with and without TLS (RFC 3261
    /// §19.1.1, RFC 7118 §5.2.4).
    #[must_use]
    pub fn uri_parameter(self) -> &'static str {
        if self == Self::Wss { "ws" } else { self.parameter() }
    }

    /// Its name, as flows are stored.
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

/// As it is stored: `tls 192.0.2.7:49152 198.51.100.1:5061 17`, carrier, remote, local, connection.
impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { carrier, local, remote, connection } = self;
        write!(f, "{} {remote} {local} {}", carrier.parameter(), connection.0)
    }
}

/// A text that does not name a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a flow: {0} is missing or malformed")]
pub struct FlowError(&'static str);

impl FromStr for Flow {
    type Err = FlowError;

    fn from_str(text: &str) -> Result<Self, FlowError> {
        let mut words = text.split(' ');
        let carrier =
            words.next().and_then(|word| Carrier::ALL.into_iter().find(|known| known.parameter() == word));
        let mut address = |part| words.next().and_then(|word| word.parse().ok()).ok_or(FlowError(part));
        let (remote, local) = (address("the remote address")?, address("the local address")?);
        let connection = words.next().and_then(|word| word.parse().ok()).map(Connection);
        if words.next().is_some() {
            return Err(FlowError("the end"));
        }
        Ok(Self {
            carrier: carrier.ok_or(FlowError("the carrier"))?,
            local,
            remote,
            connection: connection.ok_or(FlowError("the connection"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flow_reads_back() {
        for carrier in Carrier::ALL {
            for (remote, local) in [
                ("192.0.2.7:5060", "127.0.0.1:5060"),
                ("[2001:db8::9]:1", "[::]:65535"),
                ("[fe80::1%3]:5060", "0.0.0.0:0"),
            ] {
                for connection in [0, 1, u64::MAX] {
                    let (remote, local) = (remote.parse().expect("one"), local.parse().expect("one"));
                    let flow = Flow { carrier, local, remote, connection: Connection(connection) };
                    assert_eq!(flow.to_string().parse(), Ok(flow));
                }
            }
        }
    }

    #[test]
    fn a_flow_is_written_as_the_directory_says() {
        let flow: Flow = "udp 192.0.2.7:5060 127.0.0.1:5060 0".parse().expect("a flow");

        assert_eq!(
            (flow.carrier, flow.remote.port(), flow.connection),
            (Carrier::Udp, 5060, Connection::NONE)
        );
        assert_eq!(flow.to_string(), "udp 192.0.2.7:5060 127.0.0.1:5060 0");
    }

    #[test]
    fn other_texts_are_no_flows() {
        for text in [
            "",
            "udp",
            "sctp 192.0.2.7:5060 127.0.0.1:5060 0",
            "udp 192.0.2.7 127.0.0.1:5060 0",
            "udp 192.0.2.7:5060 127.0.0.1:5060",
            "udp 192.0.2.7:5060 127.0.0.1:5060 -1",
            "udp 192.0.2.7:5060 127.0.0.1:5060 0 0",
        ] {
            assert!(text.parse::<Flow>().is_err(), "{text}");
        }
    }
}

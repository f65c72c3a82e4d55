//! The path of a message (RFC 3261 §20.42, RFC 3581).

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use super::error::SyntaxError;
use super::host::{ip_of, split_host_port};
use super::params::Params;
use super::scan::{is_token, number, trim};
use super::token::Token;

/// What carries a message between two hops.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Transport {
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
    /// Another, as it is written.
    Other(Token),
}

impl Transport {
    /// Reads a transport, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        let known = [
            ("UDP", Self::Udp),
            ("TCP", Self::Tcp),
            ("TLS", Self::Tls),
            ("WS", Self::Ws),
            ("WSS", Self::Wss),
        ];
        match known.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
            Some((_, transport)) => Some(transport),
            None => Token::new(text).map(Self::Other),
        }
    }

    /// The transport as text.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Ws => "WS",
            Self::Wss => "WSS",
            Self::Other(token) => token.as_str(),
        }
    }

    /// Whether it neither loses nor reorders, so that nothing is sent twice.
    pub fn is_reliable(&self) -> bool {
        *self != Self::Udp
    }

    /// The port that is meant when none is written.
    pub fn default_port(&self) -> u16 {
        match self {
            Self::Tls => 5061,
            Self::Ws => 80,
            Self::Wss => 443,
            Self::Udp | Self::Tcp | Self::Other(_) => 5060,
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One hop that a request has passed, which its response will pass again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Via {
    /// What carried the request.
    pub transport: Transport,
    /// Who sent it, an IPv6 address in brackets.
    pub host: String,
    /// The sender's port, if it is written.
    pub port: Option<u16>,
    /// The rest.
    pub params: Params,
}

impl Via {
    /// What begins the branches of RFC 3261, which identify transactions.
    pub const MAGIC_COOKIE: &'static str = "z9hG4bK";

    /// A hop of ours; it asks for the port to be seen (RFC 3581).
    pub fn new(transport: Transport, host: &str, port: Option<u16>, branch: &str) -> Self {
        let params = Params::default().with("rport", None).with("branch", Some(branch));
        Self { transport, host: host.to_owned(), port, params }
    }

    /// Reads one hop that fills the whole text. The version is not ours to judge: a request of another one must find
    /// its way back too.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let wrong = |reason| SyntaxError::new("Via", reason);
        let (protocol, rest) = text.split_once('/').ok_or(wrong("it names no protocol"))?;
        let (version, rest) = rest.split_once('/').ok_or(wrong("it names no transport"))?;
        if !trim(protocol).eq_ignore_ascii_case("SIP") || !is_token(trim(version)) {
            return Err(wrong("its protocol is not SIP"));
        }
        let rest = trim(rest);
        let (transport, rest) = rest.split_once([' ', '\t']).ok_or(wrong("it names no sender"))?;
        let transport = Transport::parse(transport).ok_or(wrong("its transport is not a token"))?;
        let params_at = rest.find(';').unwrap_or(rest.len());
        let (host, port) = split_host_port(trim(&rest[..params_at]))?;
        Ok(Self { transport, host: host.to_owned(), port, params: Params::parse(&rest[params_at..])? })
    }

    /// What identifies the transaction.
    pub fn branch(&self) -> Option<&str> {
        self.params.get("branch")
    }

    /// The branch, if the sender follows RFC 3261 and it alone identifies the transaction (§17.2.3).
    pub fn unique_branch(&self) -> Option<&str> {
        let branch = self.branch()?;
        let cookie = branch.get(..Self::MAGIC_COOKIE.len())?;
        // Compared as most do, in any case; with nothing behind the cookie it identifies nothing.
        (cookie.eq_ignore_ascii_case(Self::MAGIC_COOKIE) && branch.len() > cookie.len()).then_some(branch)
    }

    /// The address that the next hop saw the request come from.
    pub fn received(&self) -> Option<IpAddr> {
        let text = self.params.get("received")?;
        // Some write IPv6 without brackets, as the original grammar had it.
        ip_of(text).or_else(|| text.parse().ok())
    }

    /// Whether the sender asks for its port to be seen, or it has been.
    pub fn wants_rport(&self) -> bool {
        self.params.contains("rport")
    }

    /// The port that the next hop saw the request come from.
    pub fn rport(&self) -> Option<u16> {
        number(self.params.get("rport")?)
    }

    /// Whom to send a response to instead.
    pub fn maddr(&self) -> Option<&str> {
        self.params.get("maddr")
    }

    /// Notes where the request came from (RFC 3261 §18.2.1, RFC 3581 §4).
    pub fn stamp(&mut self, source: SocketAddr) {
        let ip = source.ip().to_canonical();
        if self.wants_rport() {
            self.params.set("rport", Some(&source.port().to_string()));
        }
        if self.wants_rport() || ip_of(&self.host) != Some(ip) {
            self.params.set("received", Some(&ip.to_string()));
        }
    }

    /// The host and port as written, in lower case: the sender as RFC 3261 §17.2.3 compares it.
    pub fn sent_by(&self) -> String {
        let host = self.host.to_ascii_lowercase();
        match self.port {
            Some(port) => format!("{host}:{port}"),
            None => host,
        }
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIP/2.0/{} {}", self.transport, self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        write!(f, "{}", self.params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Via {
        Via::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn blanks_around_every_separator_are_taken() {
        let via = read(
            "SIP  / 2.0 / TCP     spindle.example.com : 5070  ; branch  =   z9hG4bK9ikj8 , x"
                .trim_end_matches(" , x"),
        );

        assert_eq!(via.to_string(), "SIP/2.0/TCP spindle.example.com:5070;branch=z9hG4bK9ikj8");
    }

    #[test]
    fn only_a_branch_with_something_behind_the_cookie_is_unique() {
        assert_eq!(read("SIP/2.0/UDP a;branch=z9hG4bK").unique_branch(), None);
        assert_eq!(read("SIP/2.0/UDP a;branch=1").unique_branch(), None);
        assert_eq!(read("SIP/2.0/UDP a;branch=z9hG4bK1").unique_branch(), Some("z9hG4bK1"));
    }

    #[test]
    fn the_source_is_noted_as_the_sender_asks() {
        let source: SocketAddr = "192.0.2.9:3456".parse().unwrap();
        for (before, after) in [
            ("SIP/2.0/UDP 192.0.2.9", "SIP/2.0/UDP 192.0.2.9"),
            ("SIP/2.0/UDP phone.example", "SIP/2.0/UDP phone.example;received=192.0.2.9"),
            (
                "SIP/2.0/UDP 192.0.2.9;rport;branch=x",
                "SIP/2.0/UDP 192.0.2.9;rport=3456;branch=x;received=192.0.2.9",
            ),
        ] {
            let mut via = read(before);
            via.stamp(source);
            assert_eq!(via.to_string(), after);
        }
        let mut via = read("SIP/2.0/UDP a;rport");
        via.stamp("[2001:db8::1]:5060".parse().unwrap());
        assert_eq!(via.received(), Some("2001:db8::1".parse().unwrap()));
        assert_eq!(via.rport(), Some(5060));
        assert_eq!(read(&via.to_string()), via);
    }

    #[test]
    fn what_is_no_hop_is_refused() {
        for text in [
            "",
            "SIP/2.0/UDP",
            "SIP/2.0 a",
            "HTTP/2.0/UDP a",
            "SIP/2 0/UDP a",
            "SIP/2.0/UDP a;;",
            "SIP/2.0/U@P a",
            "SIP/2.0/UDP a b",
        ] {
            assert!(Via::parse(text).is_err(), "{text}");
        }
    }
}

//! To whom a relay may send. A relay is a hole into the house (RFC 8656 §21.1): ours leads to the media engine and
//! nowhere else.

use std::net::{IpAddr, SocketAddr};

use super::address;

/// An address of the media engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnAddress {
    /// As clients are told it.
    pub advertised: SocketAddr,
    /// As it is reached from this machine: behind a NAT that is another one.
    pub local: SocketAddr,
}

/// What else than the media engine may be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Beyond {
    /// Nothing.
    #[default]
    Nobody,
    /// The open network; never an address that is set apart for a purpose, however it is spelled.
    Public,
}

/// Decides which peers there are.
#[derive(Debug, Clone, Default)]
pub struct PeerPolicy {
    own: Vec<OwnAddress>,
    beyond: Beyond,
}

impl PeerPolicy {
    /// The media engine's addresses, and perhaps more.
    #[must_use]
    pub fn new(own: Vec<OwnAddress>, beyond: Beyond) -> Self {
        Self { own, beyond }
    }

    /// Whether anybody lives at this address, so that a permission for it makes sense.
    #[must_use]
    pub fn admits(&self, ip: IpAddr) -> bool {
        let ours = self.own.iter().any(|own| own.advertised.ip() == ip);
        ours || self.admits_beyond(address::reduce(ip))
    }

    /// Where packets to a peer really go; `None` when they go nowhere.
    #[must_use]
    pub fn destination(&self, peer: SocketAddr) -> Option<SocketAddr> {
        if let Some(own) = self.own.iter().find(|own| own.advertised == peer) {
            return Some(own.local);
        }
        // Sent to as it was judged, and not as it was spelled.
        let reduced = SocketAddr::new(address::reduce(peer.ip()), peer.port());
        (self.admits_beyond(reduced.ip()) && peer.port() != 0).then_some(reduced)
    }

    /// The names under which clients know who sent from an address.
    pub(super) fn known_as(&self, local: SocketAddr) -> impl Iterator<Item = SocketAddr> {
        let ours = self.own.iter().filter(move |own| own.local == local).map(|own| own.advertised);
        let other = Some(local).filter(|local| self.admits_beyond(local.ip()));
        ours.chain(other)
    }

    /// Whether there is anybody at all to be reached over a family.
    pub(super) fn serves(&self, v6: bool) -> bool {
        self.beyond == Beyond::Public || self.own.iter().any(|own| own.advertised.is_ipv6() == v6)
    }

    fn admits_beyond(&self, ip: IpAddr) -> bool {
        self.beyond == Beyond::Public && address::is_public(ip)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::super::address::tests::spellings;
    use super::*;

    #[test]
    fn only_the_media_engine_is_reached_and_at_its_ports_only() {
        let policy = PeerPolicy::new(vec![own("203.0.113.7:7882", "10.0.0.5:7882")], Beyond::Nobody);

        assert_eq!(policy.destination(at("203.0.113.7:7882")), Some(at("10.0.0.5:7882")));
        assert!(policy.admits(at("203.0.113.7:1").ip()));
        for other in ["203.0.113.7:22", "10.0.0.5:7882", "8.8.8.8:53", "127.0.0.1:7882", "[2a00::1]:7882"] {
            assert_eq!(policy.destination(at(other)), None, "{other}");
        }
        assert!(!policy.admits(at("10.0.0.5:7882").ip()), "what is behind the NAT has no name outside");
    }

    #[test]
    fn no_other_spelling_leads_to_the_media_engine() {
        let ours: Ipv4Addr = "10.0.0.5".parse().expect("an address");
        let policy = PeerPolicy::new(vec![own("10.0.0.5:7882", "10.0.0.5:7882")], Beyond::Nobody);

        assert!(policy.admits(IpAddr::V4(ours)));
        for spelling in spellings(ours) {
            assert!(!policy.admits(spelling), "{spelling}");
            assert_eq!(policy.destination(SocketAddr::new(spelling, 7882)), None, "{spelling}");
        }
    }

    #[test]
    fn a_policy_for_the_open_network_stops_at_every_spelling_of_what_is_set_apart() {
        let policy = PeerPolicy::new(vec![own("127.0.0.1:7882", "127.0.0.1:7882")], Beyond::Public);

        assert_eq!(policy.destination(at("8.8.8.8:53")), Some(at("8.8.8.8:53")));
        assert_eq!(policy.destination(at("[64:ff9b::808:808]:53")), Some(at("8.8.8.8:53")), "sent as judged");
        assert_eq!(policy.destination(at("8.8.8.8:0")), None);
        // Our own media address stays reachable, but neither its neighbours nor its other ports.
        assert_eq!(policy.destination(at("127.0.0.1:7882")), Some(at("127.0.0.1:7882")));
        assert_eq!(policy.destination(at("127.0.0.1:22")), None);
        for v4 in ["127.0.0.1", "127.0.0.2", "10.0.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1"] {
            for spelling in spellings(v4.parse().expect("an address")) {
                assert_eq!(policy.destination(SocketAddr::new(spelling, 7882)), None, "{spelling}");
                assert!(!policy.admits(spelling), "{spelling}");
            }
        }
        for v6 in ["[::]:1", "[::1]:7882", "[fe80::1]:1", "[fd00::1]:1", "[fec0::1]:1", "[ff02::1]:1"] {
            assert_eq!(policy.destination(at(v6)), None, "{v6}");
        }
    }

    fn own(advertised: &str, local: &str) -> OwnAddress {
        OwnAddress { advertised: at(advertised), local: at(local) }
    }

    fn at(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }
}

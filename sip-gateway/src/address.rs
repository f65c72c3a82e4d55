//! Which address of ours a peer can reach.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr, UdpSocket};

use sip_gateway_proto::flow::Flow;

/// Finds the address of ours to tell a peer: where we listen if that is one address, else that by which packets leave
/// towards the peer; for peers in the public network the advertised one, if we are behind a NAT.
#[derive(Debug, Default)]
pub(crate) struct Addresses {
    advertised: Vec<IpAddr>,
    /// By which address packets leave towards a peer; the routing table is not asked for every message.
    towards: RefCell<HashMap<IpAddr, IpAddr>>,
}

impl Addresses {
    pub(crate) fn new(advertised: Vec<IpAddr>) -> Self {
        Self { advertised, towards: RefCell::default() }
    }

    /// The address for a flow.
    pub(crate) fn of(&self, flow: &Flow) -> SocketAddr {
        let remote = flow.remote.ip().to_canonical();
        let ip = self.advertised_to(remote).unwrap_or_else(|| self.leaving(flow.local.ip(), remote));
        SocketAddr::new(ip, flow.local.port())
    }

    fn advertised_to(&self, remote: IpAddr) -> Option<IpAddr> {
        if is_nearby(remote) {
            return None;
        }
        self.advertised.iter().copied().find(|ip| ip.is_ipv4() == remote.is_ipv4())
    }

    fn leaving(&self, local: IpAddr, remote: IpAddr) -> IpAddr {
        if !local.is_unspecified() {
            return local;
        }
        let mut towards = self.towards.borrow_mut();
        if towards.len() >= MAX_PEERS {
            // Interfaces come and go as well: now and then all is asked anew.
            towards.clear();
        }
        *towards.entry(remote).or_insert_with(|| leaving_by(remote).unwrap_or(local))
    }
}

/// The source address the routing table chooses. Nothing is sent.
fn leaving_by(remote: IpAddr) -> Option<IpAddr> {
    let any: SocketAddr = if remote.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0u16; 8], 0).into() };
    let socket = UdpSocket::bind(any).ok()?;
    socket.connect((remote, 9)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

/// Whether an address is of this machine or this house, so that no NAT lies between.
fn is_nearby(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_loopback() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_loopback() || ip.is_unicast_link_local(),
    }
}

/// For how many peers the way is remembered.
const MAX_PEERS: usize = 10_000;

#[cfg(test)]
mod tests {
    use sip_gateway_proto::flow::{Carrier, Connection};

    use super::*;

    fn flow(local: &str, remote: &str) -> Flow {
        let address = |text: &str| text.parse().expect("an address");
        Flow {
            carrier: Carrier::Udp,
            local: address(local),
            remote: address(remote),
            connection: Connection::NONE,
        }
    }

    #[test]
    fn a_socket_with_an_address_is_told_as_it_is() {
        let addresses = Addresses::new(Vec::new());
        let told = addresses.of(&flow("192.0.2.1:5060", "198.51.100.7:5060"));
        assert_eq!(told, "192.0.2.1:5060".parse::<SocketAddr>().expect("an address"));
    }

    #[test]
    fn a_socket_on_every_address_tells_the_one_that_leads_to_the_peer() {
        let addresses = Addresses::new(Vec::new());
        let told = addresses.of(&flow("0.0.0.0:5060", "127.0.0.1:5062"));
        assert_eq!(told, "127.0.0.1:5060".parse::<SocketAddr>().expect("an address"));
    }

    #[test]
    fn behind_a_nat_strangers_are_told_the_public_address_and_the_house_is_not() {
        let addresses = Addresses::new(vec!["203.0.113.5".parse().expect("an address")]);
        let told = |remote| addresses.of(&flow("10.0.0.1:5060", remote)).ip().to_string();
        assert_eq!(told("198.51.100.7:5060"), "203.0.113.5");
        assert_eq!(told("10.0.0.9:5060"), "10.0.0.1");
    }
}

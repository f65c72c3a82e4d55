//! Ports for legs: an even one for RTP and the odd one above it for RTCP (RFC 3550 §11), bound at once.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::ops::RangeInclusive;

use socket2::{Domain, Protocol, Socket, Type};

use super::sys;
use super::wire::Port;

/// The ports we may use.
#[derive(Debug)]
pub(super) struct Ports {
    first: u16,
    /// Which pairs legs of ours hold; others of this machine may hold more.
    taken: Vec<bool>,
    free: usize,
    /// How many pairs only emergency calls get.
    kept: usize,
}

/// The sockets of one leg.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) rtp: UdpSocket,
    pub(super) rtcp: UdpSocket,
}

impl Pair {
    pub(super) fn of(&self, port: Port) -> &UdpSocket {
        match port {
            Port::Rtp => &self.rtp,
            Port::Rtcp => &self.rtcp,
        }
    }
}

impl Ports {
    pub(super) fn new(range: &RangeInclusive<u16>) -> Self {
        let first = range.start().div_ceil(2).saturating_mul(2);
        let last = usize::from(*range.end());
        let pairs = (last + 1).saturating_sub(usize::from(first)) / 2;
        Self { first, taken: vec![false; pairs], free: pairs, kept: (pairs / 16).min(MOST_KEPT) }
    }

    /// Binds the next free pair from a random start, so that ports are not guessed from those of other calls. The last
    /// pairs are for emergency calls.
    pub(super) fn bind(&mut self, ip: IpAddr, random: u32, emergency: bool) -> Option<(u16, Pair)> {
        if !emergency && self.free <= self.kept {
            return None;
        }
        let pairs = self.taken.len();
        let start = random as usize % pairs.max(1);
        let at = (0..pairs).map(|step| (start + step) % pairs).find_map(|at| {
            let pair = (!self.taken[at]).then(|| bind_pair(ip, self.port(at))).flatten()?;
            Some((at, pair))
        });
        let (at, pair) = at?;
        self.taken[at] = true;
        self.free -= 1;
        Some((self.port(at), pair))
    }

    /// Takes a pair back.
    pub(super) fn release(&mut self, port: u16) {
        let at = usize::from(port.saturating_sub(self.first)) / 2;
        if let Some(taken) = self.taken.get_mut(at).filter(|taken| **taken) {
            *taken = false;
            self.free += 1;
        }
    }

    fn port(&self, at: usize) -> u16 {
        self.first + 2 * at as u16
    }
}

fn bind_pair(ip: IpAddr, port: u16) -> Option<Pair> {
    let bind = |port| {
        let address = SocketAddr::new(ip, port);
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP)).ok()?;
        // Else IPv4 phones of the same port could come this way as well.
        if ip.is_ipv6() {
            socket.set_only_v6(true).ok()?;
        }
        socket.set_nonblocking(true).ok()?;
        socket.bind(&address.into()).ok()?;
        let socket = UdpSocket::from(socket);
        // Without the mark speech still flows.
        let _ = sys::mark_as_speech(&socket, ip.is_ipv6());
        Some(socket)
    };
    Some(Pair { rtp: bind(port)?, rtcp: bind(port.checked_add(1)?)? })
}

/// The most pairs that are kept for emergency calls, of which each takes two.
const MOST_KEPT: usize = 16;

#[cfg(test)]
mod tests {
    use socket2::SockRef;

    use super::*;

    const LOOPBACK: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn a_pair_is_an_even_port_and_the_next() {
        let mut ports = Ports::new(&(20_001..=20_006));

        let (port, pair) = ports.bind(LOOPBACK, 7, false).expect("one of two pairs");

        assert!(port == 20_002 || port == 20_004);
        assert_eq!(pair.rtp.local_addr().expect("bound").port(), port);
        assert_eq!(pair.rtcp.local_addr().expect("bound").port(), port + 1);
    }

    #[test]
    fn when_all_are_taken_there_is_none_until_one_comes_back() {
        let mut ports = Ports::new(&(20_010..=20_013));
        let (one, kept) = ports.bind(LOOPBACK, 0, false).expect("free");
        let (other, _pair) = ports.bind(LOOPBACK, 0, false).expect("free");
        assert_ne!(one, other);
        assert!(ports.bind(LOOPBACK, 1, false).is_none());

        drop(kept);
        ports.release(one);

        assert_eq!(ports.bind(LOOPBACK, 1, false).map(|(port, _)| port), Some(one));
    }

    #[test]
    fn a_port_that_others_hold_is_passed_over() {
        let _others = UdpSocket::bind((LOOPBACK, 20_021)).expect("free");

        let mut ports = Ports::new(&(20_020..=20_023));

        assert_eq!(ports.bind(LOOPBACK, 0, false).map(|(port, _)| port), Some(20_022));
    }

    #[test]
    fn the_last_pairs_are_for_those_who_call_for_help() {
        let mut ports = Ports::new(&(20_040..=20_103));
        let mut held: Vec<_> = (0..30).map(|_| ports.bind(LOOPBACK, 0, false).expect("free")).collect();
        assert!(ports.bind(LOOPBACK, 0, false).is_none());

        held.extend((0..2).map(|_| ports.bind(LOOPBACK, 0, true).expect("kept")));
        assert!(ports.bind(LOOPBACK, 0, true).is_none());

        for (port, pair) in held.drain(..2) {
            drop(pair);
            ports.release(port);
            ports.release(port);
        }
        assert!(ports.bind(LOOPBACK, 0, false).is_none(), "those are kept again");
        assert!(ports.bind(LOOPBACK, 0, true).is_some());
    }

    #[test]
    fn an_empty_range_gives_nothing() {
        assert!(Ports::new(&(20_031..=20_031)).bind(LOOPBACK, 3, false).is_none());
        assert!(Ports::new(&(u16::MAX..=u16::MAX)).bind(LOOPBACK, 3, false).is_none());
    }

    #[test]
    fn speech_is_marked_for_expedited_forwarding_in_both_families() {
        let mut ports = Ports::new(&(20_050..=20_053));

        let (_, v4) = ports.bind(LOOPBACK, 0, false).expect("free");
        let (_, v6) = ports.bind(std::net::Ipv6Addr::LOCALHOST.into(), 0, false).expect("free");

        assert_eq!(SockRef::from(&v4.rtp).tos_v4().expect("it is told"), 46 << 2);
        assert_eq!(SockRef::from(&v6.rtp).tclass_v6().expect("it is told"), 46 << 2);
    }
}

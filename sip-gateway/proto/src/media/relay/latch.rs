//! Symmetric RTP (RFC 4961): answer to where packets come from, learnt once.
//!
//! A phone behind a NAT writes an address into its description that nobody can reach. Its packets show the right one;
//! but whoever could move it at will could listen in, so it is learnt from the first packet that proves itself and
//! then stays until the dialog says otherwise.

use std::net::{IpAddr, SocketAddr};

/// The address of one leg's media.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latch {
    signalled: Option<SocketAddr>,
    /// Where its signalling comes from: behind a NAT its media comes from there too.
    signalling: IpAddr,
    /// Whether packets prove themselves by SRTP.
    protected: bool,
    learnt: Option<SocketAddr>,
}

impl Latch {
    /// Nothing learnt yet.
    #[must_use]
    pub fn new(signalled: Option<SocketAddr>, signalling: IpAddr, protected: bool) -> Self {
        let signalling = signalling.to_canonical();
        Self { signalled: signalled.map(canonical), signalling, protected, learnt: None }
    }

    /// Whether a packet from an address is worth decrypting, or for a leg in the clear, whether it is believed.
    #[must_use]
    pub fn admits(&self, from: SocketAddr) -> bool {
        let from = canonical(from);
        match self.learnt {
            Some(learnt) => from == learnt,
            None if self.protected => true,
            None => {
                from.ip() == self.signalling
                    || self.signalled.is_some_and(|signalled| from.ip() == signalled.ip())
            }
        }
    }

    /// Learns from a packet that was admitted and, on a protected leg, has been authenticated; the first one settles it.
    pub fn learn(&mut self, from: SocketAddr) {
        if self.learnt.is_none() && self.admits(from) {
            self.learnt = Some(canonical(from));
        }
    }

    /// Where to send: what was learnt, else what was signalled. Early media has to go before anything comes.
    #[must_use]
    pub fn destination(&self) -> Option<SocketAddr> {
        self.learnt.or(self.signalled)
    }

    /// Whether an address has been learnt.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.learnt.is_some()
    }

    /// Takes a new description from the dialog. The lock opens only if that moved the media.
    pub fn resignal(&mut self, signalled: Option<SocketAddr>, signalling: IpAddr, protected: bool) {
        let next = Self::new(signalled, signalling, protected);
        // On hold there is no address; the phone has not moved.
        let moved = next.signalled.is_some() && next.signalled != self.signalled;
        let unchanged = !moved && next.signalling == self.signalling && next.protected == self.protected;
        if unchanged {
            self.signalled = self.signalled.or(next.signalled);
        } else {
            *self = Self { signalled: next.signalled.or(self.signalled), ..next };
        }
    }
}

/// An IPv4 address the same whatever socket it came through.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_behind_a_nat_is_found_by_its_signalling_address_and_any_port() {
        let mut latch = Latch::new(Some(at("10.0.0.5:4000")), ip("203.0.113.9"), false);
        assert_eq!(latch.destination(), Some(at("10.0.0.5:4000")));

        latch.learn(at("[::ffff:203.0.113.9]:61000"));

        assert_eq!(latch.destination(), Some(at("203.0.113.9:61000")));
    }

    #[test]
    fn a_stranger_is_neither_heard_nor_learnt_in_the_clear() {
        let mut latch = Latch::new(Some(at("198.51.100.2:4000")), ip("203.0.113.9"), false);

        assert!(!latch.admits(at("192.0.2.66:4000")));
        latch.learn(at("192.0.2.66:4000"));
        assert_eq!(latch.destination(), Some(at("198.51.100.2:4000")));
    }

    #[test]
    fn what_was_learnt_stays_whoever_comes_later() {
        let mut latch = Latch::new(Some(at("198.51.100.2:4000")), ip("198.51.100.2"), false);
        latch.learn(at("198.51.100.2:4000"));
        latch.learn(at("198.51.100.2:5000"));

        assert!(latch.is_settled() && !latch.admits(at("198.51.100.2:5000")));
        assert_eq!(latch.destination(), Some(at("198.51.100.2:4000")));
    }

    #[test]
    fn a_protected_leg_may_come_from_anywhere_once() {
        let mut latch = Latch::new(Some(at("10.0.0.5:4000")), ip("203.0.113.9"), true);
        assert!(latch.admits(at("192.0.2.7:9")));

        latch.learn(at("192.0.2.7:9"));

        assert_eq!(latch.destination(), Some(at("192.0.2.7:9")));
        assert!(!latch.admits(at("203.0.113.9:4000")));
    }

    #[test]
    fn only_a_description_that_moves_the_media_opens_the_lock() {
        let mut latch = Latch::new(Some(at("10.0.0.5:4000")), ip("203.0.113.9"), false);
        latch.learn(at("203.0.113.9:61000"));

        latch.resignal(Some(at("10.0.0.5:4000")), ip("203.0.113.9"), false);
        assert!(latch.is_settled());
        latch.resignal(None, ip("203.0.113.9"), false);
        assert!(latch.is_settled());
        latch.resignal(Some(at("10.0.0.5:4002")), ip("203.0.113.9"), false);
        assert!(!latch.is_settled());
        assert_eq!(latch.destination(), Some(at("10.0.0.5:4002")));
    }

    fn at(address: &str) -> SocketAddr {
        address.parse().unwrap()
    }

    fn ip(address: &str) -> IpAddr {
        address.parse().unwrap()
    }
}

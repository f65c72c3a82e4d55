//! The datagrams of one leg: who may send them, what they are (RFC 7983), and where ours go.
//!
//! ```text
//! socket ─ STUN ─▶ ice ── opens an address, selects where to send
//!        ─ DTLS ─▶ the port's handshake ─ keys ─▶ the port's guard
//!        ─ RTP, RTCP ─▶ latch or ice (who may speak) ─▶ guard (decrypt) ─▶ the leg
//! ```

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::Instant;

use sip_gateway_proto::media::relay::Latch;
use sip_gateway_proto::media::rtp;
use sip_gateway_proto::sdp::{Agreed, Ice, Protection};

use super::dtls::{Handshake, Identity, Outcome};
use super::guard::Guard;
use super::ice::IceEnds;
use super::ports::Pair;
use super::sys::Burst;

/// One leg's sockets and what guards them.
#[derive(Debug)]
pub(super) struct Wire {
    sockets: Pair,
    /// Where its signalling comes from.
    signalling: IpAddr,
    /// Of each port. With DTLS RTCP has keys of its own unless it shares the RTP port (RFC 5764 §4.1); else it is
    /// protected as RTP is, by the first.
    guards: [Guard; 2],
    latches: [Latch; 2],
    /// Whether RTCP shares the RTP port.
    shared: bool,
    ice: Option<Box<IceEnds>>,
    identity: Arc<Identity>,
    handshakes: [Option<Box<Handshake>>; 2],
}

/// One of a leg's two ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Port {
    Rtp,
    Rtcp,
}

/// What a datagram was that may be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// An RTP packet of so many bytes.
    Rtp(usize),
    /// An RTCP compound of so many bytes.
    Rtcp(usize),
    /// The end of a handshake that failed.
    Insecure,
}

impl Wire {
    pub(super) fn new(sockets: Pair, signalling: IpAddr, identity: Arc<Identity>, ice: Option<&Ice>) -> Self {
        let latch = Latch::new(None, signalling, false);
        Self {
            sockets,
            signalling,
            guards: [Guard::new(), Guard::new()],
            latches: [latch.clone(), latch],
            shared: false,
            ice: ice.map(|described| Box::new(IceEnds::new(described))),
            identity,
            handshakes: [None, None],
        }
    }

    pub(super) fn fds(&self) -> [BorrowedFd<'_>; 2] {
        [self.sockets.rtp.as_fd(), self.sockets.rtcp.as_fd()]
    }

    /// Takes what was agreed on, for the first time or anew.
    pub(super) fn agree(&mut self, now: Instant, agreed: &Agreed) {
        if let Some(ice) = &mut self.ice {
            ice.agree(agreed.ice.as_ref());
        }
        self.shared = agreed.rtcp_mux;
        match &agreed.protection {
            Protection::Dtls { fingerprints, client } => {
                let proved = agreed.ice.is_some() && self.ice.is_some();
                for (at, (handshake, guard)) in self.handshakes.iter_mut().zip(&mut self.guards).enumerate() {
                    if at == Port::Rtcp as usize && self.shared {
                        *handshake = None;
                        continue;
                    }
                    // The association outlives every new agreement with the same certificate (RFC 8842 §4).
                    let goes_on = handshake.as_ref().is_some_and(|shaking| shaking.is_with(fingerprints));
                    if !goes_on {
                        guard.agree(&agreed.protection);
                        let shaking = Handshake::new(now, &self.identity, fingerprints, *client, proved);
                        *handshake = Some(Box::new(shaking));
                    }
                }
            }
            protection => {
                self.handshakes = [None, None];
                self.guards[0].agree(protection);
            }
        }
        let protected = self.guards[0].authenticates();
        for (latch, signalled) in self.latches.iter_mut().zip([agreed.remote, agreed.remote_rtcp]) {
            latch.resignal(signalled, self.signalling, protected);
        }
    }

    /// Throws away what came before the agreement: it is out of time.
    pub(super) fn drain(&self, burst: &mut Burst) {
        for port in PORTS {
            for _ in 0..MAX_DRAINED {
                if self.receive(port, burst) == 0 {
                    break;
                }
            }
        }
    }

    /// Takes what came to a port.
    pub(super) fn receive(&self, port: Port, burst: &mut Burst) -> usize {
        burst.receive(self.sockets.of(port))
    }

    /// Opens a datagram where it stands. Whoever may not speak leaves no trace.
    pub(super) fn open(
        &mut self,
        now: Instant,
        port: Port,
        from: SocketAddr,
        datagram: &mut [u8],
    ) -> Option<Content> {
        match *datagram.first()? {
            0..=3 => {
                let socket = self.sockets.of(port);
                let ice = self.ice.as_mut().filter(|ice| ice.is_agreed())?;
                ice.answer(now, port, from, datagram, |answer| give(socket, answer, from));
                None
            }
            20..=63 => self.shake(now, port, from, datagram),
            128..=191 if self.admits(port, from) => match rtp::is_rtcp(datagram) {
                true => self.guard(port).open_rtcp(datagram).map(Content::Rtcp),
                false if port == Port::Rtp => self.guards[0].open_rtp(datagram).map(Content::Rtp),
                false => None,
            },
            _ => None,
        }
    }

    fn admits(&self, port: Port, from: SocketAddr) -> bool {
        match self.ice.as_ref().filter(|ice| ice.is_agreed()) {
            Some(ice) => ice.is_open(port, from),
            None => self.latches[port as usize].admits(from),
        }
    }

    /// What protects the packets of a port.
    fn guard(&mut self, port: Port) -> &mut Guard {
        let own = self.handshakes[port as usize].is_some();
        &mut self.guards[if own { port as usize } else { 0 }]
    }

    fn shake(&mut self, now: Instant, port: Port, from: SocketAddr, datagram: &[u8]) -> Option<Content> {
        // A latch admits everybody before the first packet that proved itself. A handshake costs more than that, so it
        // is only for those whom the signalling named.
        let named = match self.ice.as_ref().filter(|ice| ice.is_agreed()) {
            Some(_) => self.admits(port, from),
            None => {
                let latch = &self.latches[port as usize];
                let signalled = latch.destination().map(|to| to.ip());
                latch.admits(from)
                    && [Some(self.signalling), signalled].contains(&Some(from.ip().to_canonical()))
            }
        };
        let shaking = self.handshakes[port as usize].as_mut().filter(|_| named)?;
        let socket = self.sockets.of(port);
        let outcome = shaking.handle_datagram(now, from, datagram, |to, packet| give(socket, packet, to));
        self.conclude(port, outcome)
    }

    fn conclude(&mut self, port: Port, outcome: Outcome) -> Option<Content> {
        match outcome {
            Outcome::Going => None,
            Outcome::Keys(sender, receiver) => {
                self.guards[port as usize].give_keys(*sender, *receiver);
                None
            }
            // Many phones shake hands for RTP only; then there are no reports.
            Outcome::Failed => (port == Port::Rtp).then_some(Content::Insecure),
        }
    }

    /// When a handshake has to be looked after.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let of =
            |port: Port| self.handshakes[port as usize].as_ref()?.deadline(self.destination(port).is_some());
        PORTS.into_iter().filter_map(of).min()
    }

    /// Looks after the handshakes.
    pub(super) fn handle_timeout(&mut self, now: Instant) -> Option<Content> {
        let mut content = None;
        for port in PORTS {
            let to = self.destination(port);
            let socket = self.sockets.of(port);
            let Some(shaking) = self.handshakes[port as usize].as_mut() else { continue };
            let outcome = shaking.handle_timeout(now, to, |to, packet| give(socket, packet, to));
            content = self.conclude(port, outcome).or(content);
        }
        content
    }

    /// Learns where a packet came from that proved to be one of the other side.
    pub(super) fn learn(&mut self, port: Port, from: SocketAddr) {
        self.latches[port as usize].learn(from);
    }

    /// Whether RTP can be sent at present.
    pub(super) fn leads_anywhere(&self) -> bool {
        self.destination(Port::Rtp).is_some()
    }

    /// Sends an RTP packet; false if it did not leave.
    pub(super) fn send_rtp(&mut self, packet: &[u8], scratch: &mut [u8]) -> bool {
        let Some(to) = self.destination(Port::Rtp) else { return false };
        let Some(sealed) = self.guards[0].seal_rtp(packet, scratch) else { return false };
        // A full queue or an unreachable address lose a packet, as the network may.
        self.sockets.rtp.send_to(sealed, to).is_ok()
    }

    /// Sends an RTCP compound.
    pub(super) fn send_rtcp(&mut self, compound: &[u8], scratch: &mut [u8]) {
        let port = if self.shared { Port::Rtp } else { Port::Rtcp };
        let Some(to) = self.destination(port) else { return };
        let Some(sealed) = self.guard(port).seal_rtcp(compound, scratch) else { return };
        give(self.sockets.of(port), sealed, to);
    }

    fn destination(&self, port: Port) -> Option<SocketAddr> {
        if let Some(ice) = self.ice.as_ref().filter(|ice| ice.is_agreed()) {
            return ice.selected(port);
        }
        let [rtp, rtcp] = &self.latches;
        if port == Port::Rtp {
            return rtp.destination();
        }
        let signalled = rtcp.destination()?;
        // Behind a NAT the signalled address leads nowhere; most keep the two ports side by side.
        match rtp.destination().filter(|_| rtp.is_settled() && !rtcp.is_settled()) {
            Some(learnt) if learnt.ip() != signalled.ip().to_canonical() => {
                Some(SocketAddr::new(learnt.ip(), learnt.port().checked_add(1)?))
            }
            _ => Some(signalled),
        }
    }
}

/// What cannot be sent is lost; what matters is said again.
fn give(socket: &UdpSocket, datagram: &[u8], to: SocketAddr) {
    let _ = socket.send_to(datagram, to);
}

const PORTS: [Port; 2] = [Port::Rtp, Port::Rtcp];
/// Bursts thrown away before the agreement; a stranger who sends on and on is not waited for.
const MAX_DRAINED: usize = 64;

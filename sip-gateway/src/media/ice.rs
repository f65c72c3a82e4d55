//! ICE on a leg (RFC 8445 §2.5, RFC 8839): we are lite, so we only answer checks and send where the peer says.

use std::net::SocketAddr;
use std::time::Instant;

use is::stun::StunMessage;
use sfu_proto::io::IceCredentials;
use sfu_proto::path::Path;
use sfu_proto::transport::ice::{CheckOutcome, IceLite, MAX_ANSWER};
use sip_gateway_proto::sdp::Ice;

use super::wire::Port;

/// Our end of a leg's ICE: one agent for each port.
#[derive(Debug)]
pub(super) struct IceEnds {
    agents: [IceLite; 2],
    /// Whether the other side does ICE as well; then nothing is learnt from packets.
    agreed: bool,
}

impl IceEnds {
    pub(super) fn new(described: &Ice) -> Self {
        let local = IceCredentials { ufrag: described.ufrag.clone(), pwd: described.pwd.clone() };
        let agent = || IceLite::new(&local, None);
        Self { agents: [agent(), agent()], agreed: false }
    }

    /// Takes the other side's description, if both do ICE.
    pub(super) fn agree(&mut self, remote: Option<&Ice>) {
        self.agreed = remote.is_some();
        for agent in &mut self.agents {
            agent.set_remote_ufrag(remote.map(|remote| remote.ufrag.as_str()));
        }
    }

    pub(super) fn is_agreed(&self) -> bool {
        self.agreed
    }

    /// Answers a check; nothing that is not one of the other side's.
    pub(super) fn answer(
        &mut self,
        now: Instant,
        port: Port,
        from: SocketAddr,
        datagram: &[u8],
        send: impl FnOnce(&[u8]),
    ) {
        let Ok(message) = StunMessage::parse(datagram) else { return };
        let mut answer = [0; MAX_ANSWER];
        let agent = &mut self.agents[port as usize];
        match agent.handle_message(now, path(from), &message, &mut answer) {
            CheckOutcome::Ignored => {}
            CheckOutcome::Answered { len, .. } | CheckOutcome::Contradicted { len } => send(&answer[..len]),
        }
    }

    /// Whether a check has succeeded from there.
    pub(super) fn is_open(&self, port: Port, from: SocketAddr) -> bool {
        self.agents[port as usize].paths().any(|open| open == path(from))
    }

    /// Where the other side wants to be sent to.
    pub(super) fn selected(&self, port: Port) -> Option<SocketAddr> {
        self.agents[port as usize].selected()?.remote()
    }
}

/// What our description says: credentials out of random bytes, and one candidate for each port.
pub(super) fn describe(address: SocketAddr, random: &[u8; RANDOM]) -> Ice {
    let characters = |bytes: &[u8]| {
        bytes.iter().map(|byte| char::from(CHARACTERS[usize::from(*byte) % 64])).collect::<String>()
    };
    let (ufrag, pwd) = random.split_at(8);
    let candidate = |component: u16| {
        // RFC 8445 §5.1.2.1: the only host candidate there is.
        let priority = (126u32 << 24) + (65_535 << 8) + (256 - u32::from(component));
        let port = address.port() + component - 1;
        format!("1 {component} UDP {priority} {} {port} typ host", address.ip())
    };
    Ice { ufrag: characters(ufrag), pwd: characters(pwd), candidates: vec![candidate(1), candidate(2)] }
}

fn path(from: SocketAddr) -> Path {
    Path::Udp { remote: SocketAddr::new(from.ip().to_canonical(), from.port()), local: None }
}

/// Bytes for a user fragment of 8 characters and a password of 24.
pub(super) const RANDOM: usize = 32;
/// RFC 8839 §5.4; there are 64, so that none is more likely.
const CHARACTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_description_has_a_candidate_for_each_port() {
        let random = std::array::from_fn(|at| at as u8);
        let ice = describe("192.0.2.7:20000".parse().expect("an address"), &random);

        assert_eq!((ice.ufrag.as_str(), ice.pwd.len()), ("ABCDEFGH", 24));
        assert_eq!(
            ice.candidates,
            ["1 1 UDP 2130706431 192.0.2.7 20000 typ host", "1 2 UDP 2130706430 192.0.2.7 20001 typ host"]
        );
    }

    #[test]
    fn who_knows_no_password_gets_no_answer() {
        let described = describe("192.0.2.7:20000".parse().expect("an address"), &[7; RANDOM]);
        let mut ends = IceEnds::new(&described);
        let from: SocketAddr = "192.0.2.9:4000".parse().expect("an address");
        let check = [0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

        ends.answer(Instant::now(), Port::Rtp, from, &check, |_| panic!("answered a stranger"));

        assert!(!ends.is_open(Port::Rtp, from));
        assert_eq!(ends.selected(Port::Rtp), None);
    }
}

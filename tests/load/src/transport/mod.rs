//! One peer connection without sockets: ICE, DTLS, SRTP and data channels over one address of ours.

mod dtls;
mod sctp;

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use is::stun::{StunMessage, StunPacket};
use is::{Candidate, IceAgent, IceAgentEvent, IceCreds, Protocol};
use sfu_proto::demux::{self, Kind};
use sfu_proto::srtp::{SrtpProfile, SrtpReceiver, SrtpSender};

pub use dtls::Identity;
use dtls::{Dtls, DtlsOutput};
use sctp::Sctp;

use crate::sdp::{RemoteTransport, Setup};

/// Our end of a peer connection.
pub struct Transport {
    local: SocketAddr,
    ice: IceAgent,
    remote: Option<SocketAddr>,
    dtls: Dtls,
    begun: bool,
    fingerprint: Option<[u8; 32]>,
    srtp: Option<Srtp>,
    sctp: Sctp,
    datagrams: VecDeque<(SocketAddr, Vec<u8>)>,
    failure: Option<String>,
    scratch: Vec<u8>,
}

/// The keys of both directions.
pub struct Srtp {
    /// Encrypts what we send.
    pub sender: SrtpSender,
    /// Decrypts what we receive.
    pub receiver: SrtpReceiver,
}

/// What a received datagram is to the layers above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// An encrypted RTP packet.
    Rtp,
    /// An encrypted RTCP packet.
    Rtcp,
    /// It was dealt with here, or is of no use.
    Nothing,
}

impl Transport {
    /// A connection whose datagrams come to `local`. Whoever offers first controls ICE and opens data channels.
    #[must_use]
    pub fn new(now: Instant, identity: &Identity, local: SocketAddr, offering: bool) -> Self {
        let mut ice = IceAgent::new(IceCreds::new());
        ice.set_controlling(offering);
        // A check may be there before the description that makes it believed; clients ask again soon.
        ice.set_initial_stun_rto(Duration::from_millis(100));
        if let Ok(candidate) = Candidate::host(local, "udp") {
            ice.add_local_candidate(candidate);
        }
        Self {
            local,
            ice,
            remote: None,
            dtls: Dtls::new(now, identity),
            begun: false,
            fingerprint: None,
            srtp: None,
            sctp: Sctp::new(offering),
            datagrams: VecDeque::new(),
            failure: None,
            scratch: vec![0; RECORD],
        }
    }

    /// What descriptions of ours say of it.
    #[must_use]
    pub fn credentials(&self) -> &IceCreds {
        self.ice.local_credentials()
    }

    /// Where it may be reached, as candidate lines. The socket takes what comes to any address of this machine.
    #[must_use]
    pub fn candidates(&self, also: Option<IpAddr>) -> Vec<String> {
        let also = also.filter(|&ip| ip != self.local.ip() && ip.is_ipv4() == self.local.is_ipv4());
        let also = also.and_then(|ip| Candidate::host(SocketAddr::new(ip, self.local.port()), "udp").ok());
        self.ice.local_candidates().take(1).chain(also).map(|candidate| candidate.to_sdp_string()).collect()
    }

    /// Learns who the other side is and begins, or learns more candidates of it.
    pub fn connect(&mut self, now: Instant, remote: &RemoteTransport) {
        if !self.begun {
            self.begun = true;
            self.fingerprint = Some(remote.fingerprint);
            if remote.ice_lite {
                self.ice.set_controlling(true);
            }
            // Whoever is passive waits for our first flight, whoever is active sends it.
            let active = remote.setup != Setup::Active;
            self.dtls.set_active(active);
        }
        let credentials = IceCreds { ufrag: remote.ufrag.clone(), pass: remote.pwd.clone() };
        if self.ice.remote_credentials() != Some(&credentials) {
            self.ice.set_remote_credentials(credentials);
        }
        for candidate in &remote.candidates {
            self.add_candidate(candidate);
        }
        self.handle_timeout(now);
    }

    /// Takes a candidate of the other side. What is not UDP, or of the other family, is of no use.
    pub fn add_candidate(&mut self, line: &str) {
        let Ok(candidate) = Candidate::from_sdp_string(line.trim_start_matches("a=")) else { return };
        let usable = candidate.proto() == Protocol::Udp
            && candidate.addr().is_ipv4() == self.local.is_ipv4()
            && self.ice.remote_candidates().count() < MAX_CANDIDATES;
        if usable {
            self.ice.add_remote_candidate(candidate);
        }
    }

    /// Whether media can flow.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.srtp.is_some() && self.remote.is_some()
    }

    /// Why it is of no use any more, if so.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// The keys, once there are any.
    pub fn srtp(&mut self) -> Option<&mut Srtp> {
        self.srtp.as_mut()
    }

    /// What protects media, once that is settled.
    #[must_use]
    pub fn profile(&self) -> Option<SrtpProfile> {
        self.srtp.as_ref().map(|srtp| srtp.sender.profile())
    }

    /// Takes a datagram; says what is left to do with it.
    pub fn handle_datagram(&mut self, now: Instant, from: SocketAddr, datagram: &[u8]) -> Received {
        match demux::classify(datagram) {
            Some(Kind::Rtp) => Received::Rtp,
            Some(Kind::Rtcp) => Received::Rtcp,
            Some(Kind::Stun) => {
                if let Ok(message) = StunMessage::parse(datagram) {
                    let packet =
                        StunPacket { proto: Protocol::Udp, source: from, destination: self.local, message };
                    self.ice.handle_packet(now, packet);
                    self.drain_ice(now);
                }
                Received::Nothing
            }
            Some(Kind::Dtls) => {
                if self.begun {
                    let result = self.dtls.handle_datagram(now, datagram);
                    self.note(result);
                    self.drain_dtls(now);
                }
                Received::Nothing
            }
            None => Received::Nothing,
        }
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.ice.handle_timeout(now);
        self.drain_ice(now);
        if self.begun && self.remote.is_some() && self.failure.is_none() {
            let result = self.dtls.handle_timeout(now);
            self.note(result);
            self.sctp.handle_timeout(now);
            self.drain_dtls(now);
        }
    }

    /// When something is next due.
    pub fn poll_timeout(&mut self) -> Option<Instant> {
        let ice = self.ice.poll_timeout();
        if self.remote.is_none() || self.failure.is_some() {
            return ice;
        }
        [ice, self.dtls.poll_timeout(), self.sctp.poll_timeout()].into_iter().flatten().min()
    }

    /// The next datagram to send.
    pub fn poll_datagram(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        self.datagrams.pop_front()
    }

    /// Encrypts an RTP packet and queues it.
    pub fn send_rtp(&mut self, header: &[u8], payload: &[u8]) {
        let (Some(srtp), Some(remote)) = (&mut self.srtp, self.remote) else { return };
        let mut out = vec![0; header.len() + payload.len() + srtp.sender.profile().rtp_overhead()];
        if let Ok(len) = srtp.sender.protect_rtp(header, &[], payload, &mut out) {
            out.truncate(len);
            self.datagrams.push_back((remote, out));
        }
    }

    /// Encrypts an RTCP compound and queues it.
    pub fn send_rtcp(&mut self, compound: &[u8]) {
        let (Some(srtp), Some(remote)) = (&mut self.srtp, self.remote) else { return };
        if compound.is_empty() {
            return;
        }
        let mut out = vec![0; compound.len() + srtp.sender.profile().rtcp_overhead()];
        if let Ok(len) = srtp.sender.protect_rtcp(compound, &mut out) {
            out.truncate(len);
            self.datagrams.push_back((remote, out));
        }
    }

    fn drain_ice(&mut self, now: Instant) {
        while let Some(transmit) = self.ice.poll_transmit() {
            self.datagrams.push_back((transmit.destination, transmit.contents.into()));
        }
        while let Some(event) = self.ice.poll_event() {
            if let IceAgentEvent::NominatedSend { destination, .. } = event {
                let first = self.remote.replace(destination).is_none();
                if first && self.begun {
                    let result = self.dtls.handle_timeout(now);
                    self.note(result);
                    self.drain_dtls(now);
                }
            }
        }
    }

    fn drain_dtls(&mut self, now: Instant) {
        let mut scratch = std::mem::take(&mut self.scratch);
        while self.failure.is_none() {
            match self.dtls.poll_output(&mut scratch) {
                Ok(Some(output)) => self.handle_dtls(now, output),
                Ok(None) if self.exchange_data(now) => {}
                Ok(None) => break,
                Err(error) => self.failure = Some(error),
            }
        }
        self.scratch = scratch;
    }

    fn handle_dtls(&mut self, now: Instant, output: DtlsOutput<'_>) {
        match output {
            DtlsOutput::Packet(packet) => {
                if let Some(remote) = self.remote {
                    self.datagrams.push_back((remote, packet.to_vec()));
                }
            }
            DtlsOutput::PeerCertificate(fingerprint) => {
                if self.fingerprint != Some(fingerprint) {
                    self.failure = Some("the server shows another certificate than it announced".to_owned());
                }
            }
            DtlsOutput::Keys { ours, theirs } => {
                let (sender, receiver) = (SrtpSender::new(&ours), SrtpReceiver::new(&theirs));
                self.srtp = Some(Srtp { sender, receiver });
                self.sctp.begin();
            }
            DtlsOutput::Nothing => {}
            DtlsOutput::Data(data) => self.sctp.handle_packet(now, data),
            DtlsOutput::Closed => {
                self.failure = Some("the server has closed the media connection".to_owned());
            }
        }
    }

    /// Hands what SCTP wants to send to DTLS; whether there was something.
    fn exchange_data(&mut self, now: Instant) -> bool {
        let Some(packets) = self.sctp.poll_transmit(now) else { return false };
        for packet in packets {
            let result = self.dtls.send(&packet);
            self.note(result);
        }
        true
    }

    fn note(&mut self, result: Result<(), String>) {
        if let Err(error) = result {
            self.failure.get_or_insert(error);
        }
    }
}

/// Room for a record of the largest size.
const RECORD: usize = (1 << 14) + 256;
/// So many candidates of the other side are tried.
const MAX_CANDIDATES: usize = 32;

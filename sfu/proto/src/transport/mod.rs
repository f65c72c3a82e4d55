//! One peer's transport: ICE, then DTLS, then SRTP and data channels over it.
//!
//! ```text
//! datagram ─ STUN ─▶ ice ── opens a path, selects where to send
//!          ─ DTLS ─▶ dtls ─ keys ─▶ srtp        } only from a path that an ICE check has opened
//!                        └─ data ─▶ sctp        }
//!          ─ RTP, RTCP ─▶ srtp ─▶ (the conference)
//! ```
//!
//! Nothing flows in either direction before the certificate has been compared with the session description's.

mod dcep;
mod dtls;
pub mod ice;
mod sctp;

use std::sync::Arc;
use std::time::{Duration, Instant};

use is::stun::StunMessage;

pub(crate) use dtls::RECORD_BUFFER;
pub use dtls::{DtlsIdentity, IdentityError};
pub use sctp::MAX_MESSAGE;
pub(crate) use sctp::SendOutcome;

use crate::io::{
    DataChannel, DataChannels, Fingerprint, IceCredentials, PeerCloseReason, PeerParams, RemoteTransport,
};
use crate::path::Path;
use crate::srtp::{KeyingMaterial, SrtpReceiver, SrtpSender};
use crate::transmit::Transmits;
use dtls::{DtlsError, DtlsOutput, DtlsServer};
use ice::{CheckOutcome, IceLite};
use sctp::{Sctp, SctpOutput};

/// One peer's ICE, DTLS and SCTP. SRTP is handed over to the packet path when the handshake is done.
#[derive(Debug)]
pub(crate) struct Transport {
    ice: IceLite,
    remote: Option<Fingerprint>,
    data_channels: DataChannels,
    dtls: Option<Box<DtlsServer>>, // from the first ClientHello on
    sctp: Option<Box<Sctp>>,       // from the first packet on
    handshake: Handshake,
    created_at: Instant,
}

/// What the handshake has brought so far; complete when nothing is missing.
#[derive(Debug, Default)]
struct Handshake {
    certificate: Option<Fingerprint>,
    keys: Option<Box<KeyingMaterial>>,
    connected: bool,
    done: bool,
}

/// What a transport tells its peer's owner.
#[derive(Debug)]
pub(crate) enum TransportEvent {
    /// Packets from this path are this peer's from now on.
    PathOpened(Path),
    /// … and from this one no longer.
    PathClosed(Path),
    /// Media and data can flow.
    Connected {
        sender: Box<SrtpSender>,
        receiver: Box<SrtpReceiver>,
    },
    /// Nothing was heard of the peer for a while, and now it is there again.
    Back,
    ChannelOpen(DataChannel),
    Data(DataChannel, Vec<u8>),
    /// The transport is of no use any more.
    Closed(PeerCloseReason),
}

/// Where a transport puts what it has to say while it is worked on.
pub(crate) struct Output<'a> {
    pub(crate) transmits: &'a mut Transmits,
    pub(crate) events: &'a mut Vec<TransportEvent>,
    /// For one DTLS record.
    pub(crate) record: &'a mut [u8],
}

impl Transport {
    pub(crate) fn new(now: Instant, params: &PeerParams) -> Self {
        let remote_ufrag = params.remote.as_ref().map(|remote| remote.ice.ufrag.as_str());
        Self {
            ice: IceLite::new(&params.local_ice, remote_ufrag),
            remote: params.remote.as_ref().map(|remote| remote.fingerprint),
            data_channels: params.data_channels,
            dtls: None,
            sctp: None,
            handshake: Handshake::default(),
            created_at: now,
        }
    }

    /// Where to send.
    pub(crate) fn selected(&self) -> Option<Path> {
        self.ice.selected()
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = Path> {
        self.ice.paths()
    }

    pub(crate) fn local_ufrags(&self) -> impl Iterator<Item = &str> {
        self.ice.local_ufrags()
    }

    /// Takes the answer to an offer of ours.
    pub(crate) fn set_remote(&mut self, remote: &RemoteTransport, output: &mut Output<'_>) {
        self.ice.set_remote_ufrag(Some(&remote.ice.ufrag));
        // The certificate is that of the association; an ICE restart cannot change it.
        self.remote.get_or_insert(remote.fingerprint);
        self.finish_handshake(output);
    }

    pub(crate) fn restart_ice(&mut self, local: &IceCredentials, remote: Option<&IceCredentials>) {
        self.ice.restart(local, remote.map(|remote| remote.ufrag.as_str()));
    }

    /// Takes a STUN message that names one of our ufrags.
    pub(crate) fn handle_stun(
        &mut self,
        now: Instant,
        path: Path,
        message: &StunMessage<'_>,
        output: &mut Output<'_>,
    ) -> bool {
        let mut answer = [0; ice::MAX_ANSWER];
        let away = self.ice.last_check().is_some_and(|last| now.saturating_duration_since(last) > AWAY);
        match self.ice.handle_message(now, path, message, &mut answer) {
            CheckOutcome::Ignored => false,
            CheckOutcome::Contradicted { len } => {
                output.transmits.push(path, &answer[..len]);
                true
            }
            CheckOutcome::Answered { len, opened, closed } => {
                output.transmits.push(path, &answer[..len]);
                output.events.extend(closed.map(TransportEvent::PathClosed));
                output.events.extend(opened.map(TransportEvent::PathOpened));
                output.events.extend((away && self.handshake.done).then_some(TransportEvent::Back));
                true
            }
        }
    }

    /// A TCP connection has ended.
    pub(crate) fn path_closed(&mut self, path: Path) {
        self.ice.path_closed(path);
    }

    /// Takes a DTLS datagram from an opened path.
    pub(crate) fn handle_dtls(
        &mut self,
        now: Instant,
        identity: &DtlsIdentity,
        datagram: &[u8],
        output: &mut Output<'_>,
    ) {
        let dtls = self.dtls.get_or_insert_with(|| Box::new(DtlsServer::new(now, identity)));
        let result = dtls.handle_datagram(now, datagram);
        self.pump(now, result, output);
    }

    /// Sends a data message.
    pub(crate) fn send_data(
        &mut self,
        now: Instant,
        channel: DataChannel,
        payload: &Arc<[u8]>,
        output: &mut Output<'_>,
    ) -> SendOutcome {
        if self.data_channels == DataChannels::None {
            return SendOutcome::Dropped;
        }
        let mode = self.data_channels;
        let sctp = self.sctp.get_or_insert_with(|| Box::new(Sctp::new(mode)));
        let outcome = sctp.send(channel, payload);
        self.pump(now, Ok(()), output);
        outcome
    }

    /// Stops or resumes taking reliable data from the peer.
    pub(crate) fn pause_data(&mut self, now: Instant, paused: bool, output: &mut Output<'_>) {
        if let Some(sctp) = &mut self.sctp {
            sctp.pause_reading(paused);
            self.pump(now, Ok(()), output);
        }
    }

    /// Tells the peer that we close.
    pub(crate) fn close(&mut self, now: Instant, output: &mut Output<'_>) {
        if let Some(dtls) = &mut self.dtls {
            let result = dtls.close();
            self.pump(now, result, output);
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let dtls = self.dtls.as_ref().and_then(|dtls| dtls.poll_timeout());
        let sctp = self.sctp.as_ref().and_then(|sctp| sctp.poll_timeout());
        [Some(self.expires_at()), dtls, sctp].into_iter().flatten().min()
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant, output: &mut Output<'_>) {
        if now >= self.expires_at() {
            let reason = match (self.ice.last_check(), self.handshake.done) {
                (Some(_), false) => PeerCloseReason::DtlsFailed,
                _ => PeerCloseReason::IceTimeout,
            };
            output.events.push(TransportEvent::Closed(reason));
            return;
        }
        let result = match &mut self.dtls {
            Some(dtls) if dtls.poll_timeout().is_some_and(|at| at <= now) => dtls.handle_timeout(now),
            _ => Ok(()),
        };
        if let Some(sctp) = &mut self.sctp
            && sctp.poll_timeout().is_some_and(|at| at <= now)
        {
            sctp.handle_timeout(now);
        }
        self.pump(now, result, output);
    }

    /// When the peer is given up unless something happens.
    fn expires_at(&self) -> Instant {
        match self.ice.last_check() {
            Some(last) if self.handshake.done => last + CONSENT,
            Some(last) => (last + CONSENT).min(self.created_at + CONNECT),
            None => self.created_at + CONNECT,
        }
    }

    /// Drains DTLS into SCTP and SCTP into DTLS until both are quiet.
    fn pump(&mut self, now: Instant, result: Result<(), DtlsError>, output: &mut Output<'_>) {
        let result = result.and_then(|()| self.drain(now, output));
        if let Err(error) = result {
            tracing::debug!(%error, "DTLS ended");
            let reason = match self.handshake.done {
                true => PeerCloseReason::ClosedByPeer,
                false => PeerCloseReason::DtlsFailed,
            };
            output.events.push(TransportEvent::Closed(reason));
        }
    }

    fn drain(&mut self, now: Instant, output: &mut Output<'_>) -> Result<(), DtlsError> {
        self.drain_dtls(now, output)?;
        self.drain_sctp(now, output)
    }

    fn drain_dtls(&mut self, now: Instant, output: &mut Output<'_>) -> Result<(), DtlsError> {
        let Some(dtls) = &mut self.dtls else {
            return Ok(());
        };
        while let Some(next) = dtls.poll_output(output.record)? {
            match next {
                DtlsOutput::Packet(packet) => {
                    if let Some(path) = self.ice.selected() {
                        output.transmits.push(path, packet);
                    }
                }
                DtlsOutput::PeerCertificate(certificate) => {
                    self.handshake.certificate = Some(certificate);
                }
                DtlsOutput::Keys(keys) => self.handshake.keys = Some(keys),
                DtlsOutput::Connected => self.handshake.connected = true,
                DtlsOutput::Data(packet) => {
                    let allowed = self.handshake.done && self.data_channels != DataChannels::None;
                    if allowed {
                        let mode = self.data_channels;
                        self.sctp.get_or_insert_with(|| Box::new(Sctp::new(mode))).handle_packet(now, packet);
                    }
                }
                DtlsOutput::Closed => {
                    let reason = PeerCloseReason::ClosedByPeer;
                    output.events.push(TransportEvent::Closed(reason));
                }
            }
            self.handshake.finish(self.remote, output.events);
            if matches!(output.events.last(), Some(TransportEvent::Closed(_))) {
                // Not one record more, above all not our Finished to a stranger.
                return Ok(());
            }
        }
        Ok(())
    }

    fn drain_sctp(&mut self, now: Instant, output: &mut Output<'_>) -> Result<(), DtlsError> {
        let (Some(sctp), Some(dtls)) = (&mut self.sctp, &mut self.dtls) else {
            return Ok(());
        };
        loop {
            match sctp.poll_output() {
                Ok(Some(SctpOutput::Open(channel))) => {
                    output.events.push(TransportEvent::ChannelOpen(channel));
                }
                Ok(Some(SctpOutput::Message(channel, payload))) => {
                    output.events.push(TransportEvent::Data(channel, payload));
                }
                Ok(None) => break,
                Err(error) => {
                    // Media lives on without data channels.
                    tracing::debug!(%error, "data channels ended");
                    self.data_channels = DataChannels::None;
                    self.sctp = None;
                    return Ok(());
                }
            }
        }
        while let Some(packets) = sctp.poll_transmit(now) {
            for packet in packets {
                dtls.send(&packet)?;
                while let Some(next) = dtls.poll_output(output.record)? {
                    if let (DtlsOutput::Packet(packet), Some(path)) = (next, self.ice.selected()) {
                        output.transmits.push(path, packet);
                    }
                }
            }
        }
        Ok(())
    }

    fn finish_handshake(&mut self, output: &mut Output<'_>) {
        self.handshake.finish(self.remote, output.events);
    }
}

impl Handshake {
    /// Tells that the handshake is complete, once it is, or that the certificate is not the announced one.
    fn finish(&mut self, announced: Option<Fingerprint>, events: &mut Vec<TransportEvent>) {
        let (Some(announced), Some(presented), false) = (announced, self.certificate, self.done) else {
            return;
        };
        if announced != presented {
            self.keys = None;
            let reason = PeerCloseReason::FingerprintMismatch;
            events.push(TransportEvent::Closed(reason));
            return;
        }
        let Some(keys) = self.keys.take_if(|_| self.connected) else {
            return;
        };
        self.done = true;
        events.push(TransportEvent::Connected {
            sender: Box::new(SrtpSender::new(&keys.server)),
            receiver: Box::new(SrtpReceiver::new(&keys.client)),
        });
    }
}

/// A peer that has not connected after this long is given up.
const CONNECT: Duration = Duration::from_secs(60);

/// Clients check the path they use every 2.5 to 6 seconds. Who did not for so long has had no path.
const AWAY: Duration = Duration::from_secs(8);

/// A peer of which no check was believed for this long is given up (RFC 7675 §5.1). A link that is cut for
/// less goes on where it was.
const CONSENT: Duration = Duration::from_secs(30);

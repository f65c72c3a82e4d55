//! One peer connection with what is sent and received over it.

mod outgoing;
mod receiver;
mod sender;
mod source;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime};

use sfu_proto::id::Ssrc;
use sfu_proto::participant::arrivals::Arrivals;
use sfu_proto::rtcp::report::{MAX_BLOCKS, write_receiver_report};
use sfu_proto::rtcp::{self, Packet};
use sfu_proto::track::moment::Moment;

pub use receiver::{Look, Received, Receiver};
pub use sender::{EncodingSource, ExtensionIds, Published, Sender};
pub use source::Source;

use crate::media::rtp::Header;
use crate::transport::{Received as Kind, Transport};

/// A peer connection.
pub struct Connection {
    /// What it runs over.
    pub transport: Transport,
    senders: Vec<Sender>,
    receivers: Vec<Receiver>,
    by_ssrc: HashMap<u32, Place>,
    own: Ssrc,
    begun: Instant,
    arrivals: Arrivals,
    transport_cc: Option<u8>,
    numbers: u16,
    feedback_due: Option<Instant>,
    report_due: Instant,
    silent: bool,
    window: Option<Instant>,
    /// What is known of both directions.
    pub tally: Tally,
}

/// A source's track, and whether it carries repairs.
#[derive(Debug, Clone, Copy)]
struct Place {
    receiver: usize,
    repairs: bool,
}

/// Counters that belong to no single track.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Tally {
    /// Packets of a source that the server has not announced.
    pub unknown: u64,
    /// RTCP packets that were not authentic.
    pub unauthentic_rtcp: u64,
    /// Feedback on arrivals that came from the server.
    pub feedback: u64,
    /// Packets that the server reported as lost on their way to it.
    pub lost_upstream: u64,
    /// Key frames that the server asked for.
    pub key_requests: u64,
}

impl Connection {
    /// A connection over which nothing is sent or received yet.
    #[must_use]
    pub fn new(now: Instant, transport: Transport) -> Self {
        Self {
            transport,
            senders: Vec::new(),
            receivers: Vec::new(),
            by_ssrc: HashMap::new(),
            own: Ssrc(rand::random()),
            begun: now,
            arrivals: Arrivals::default(),
            transport_cc: None,
            numbers: rand::random(),
            feedback_due: None,
            report_due: now + REPORT_INTERVAL,
            silent: false,
            window: None,
            tally: Tally::default(),
        }
    }

    /// Begins to send a track.
    pub fn add_sender(&mut self, sender: Sender) {
        self.senders.push(sender);
    }

    /// Publishes no more; what is asked for is still sent again.
    pub fn stop_sending(&mut self) {
        self.silent = true;
    }

    /// Whether a section sends.
    #[must_use]
    pub fn sends(&self, mid: &str) -> bool {
        self.senders.iter().any(|sender| sender.mid() == mid)
    }

    /// Awaits a track from its sources; one that is already awaited may have changed them.
    pub fn expect(&mut self, mut receiver: Receiver, rtx_ssrc: Option<u32>) {
        let known = self.receivers.iter().position(|known| known.ssrc() == receiver.ssrc());
        let ssrc = receiver.ssrc();
        let at = known.unwrap_or_else(|| {
            if let Some(since) = self.window {
                receiver.begin_window(since);
            }
            self.receivers.push(receiver);
            self.receivers.len() - 1
        });
        self.by_ssrc.insert(ssrc.0, Place { receiver: at, repairs: false });
        if let Some(rtx) = rtx_ssrc {
            self.by_ssrc.insert(rtx, Place { receiver: at, repairs: true });
        }
    }

    /// Under which id packets are numbered for the whole transport.
    pub fn set_transport_cc(&mut self, id: Option<u8>) {
        self.transport_cc = id.or(self.transport_cc);
    }

    /// What is received.
    #[must_use]
    pub fn receivers(&self) -> &[Receiver] {
        &self.receivers
    }

    /// What was sent.
    #[must_use]
    pub fn published(&self) -> Published {
        let mut sum = Published { key_requests: self.tally.key_requests, ..Published::default() };
        for published in self.senders.iter().map(Sender::published) {
            sum.packets += published.packets;
            sum.octets += published.octets;
            sum.repairs += published.repairs;
        }
        sum
    }

    /// Measures from now on.
    pub fn begin_window(&mut self, now: Instant) {
        self.window = Some(now);
        self.receivers.iter_mut().for_each(|receiver| receiver.begin_window(now));
    }

    /// Takes a datagram.
    pub fn handle_datagram(
        &mut self,
        now: Instant,
        arrived: SystemTime,
        from: SocketAddr,
        datagram: &mut [u8],
    ) {
        match self.transport.handle_datagram(now, from, datagram) {
            Kind::Rtp => self.handle_rtp(now, arrived, datagram),
            Kind::Rtcp => self.handle_rtcp(now, datagram),
            Kind::Nothing => {}
        }
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.transport.poll_timeout().is_none_or(|due| due <= now) {
            self.transport.handle_timeout(now);
        }
        if !self.transport.is_connected() {
            return;
        }
        let wall = SystemTime::now();
        for sender in self.senders.iter_mut().filter(|_| !self.silent) {
            sender.advance(now, wall, &mut self.transport, &mut self.numbers);
        }
        let mut compound = Vec::new();
        if now >= self.report_due {
            self.report_due = now + REPORT_INTERVAL;
            self.write_report(now, &mut compound);
        }
        if self.feedback_due.is_some_and(|due| now >= due) {
            self.feedback_due = None;
            let media = self.receivers.first().map_or(self.own, Receiver::ssrc);
            self.arrivals.write_feedback(&mut compound, self.own, media);
        }
        for receiver in &mut self.receivers {
            receiver.write_requests(now, self.own, &mut compound);
        }
        self.transport.send_rtcp(&compound);
    }

    /// When something is next due.
    pub fn poll_timeout(&mut self, now: Instant) -> Option<Instant> {
        let transport = self.transport.poll_timeout();
        if !self.transport.is_connected() {
            return transport;
        }
        let senders = self.senders.iter().filter(|_| !self.silent).map(Sender::next);
        let requests = self.receivers.iter().filter_map(|receiver| receiver.next_request(now));
        let rest = [transport, self.feedback_due, Some(self.report_due)].into_iter().flatten();
        senders.chain(requests).chain(rest).min()
    }

    fn handle_rtp(&mut self, now: Instant, arrived: SystemTime, packet: &mut [u8]) {
        let copy: [u8; HEADER] = {
            let mut copy = [0; HEADER];
            let len = packet.len().min(HEADER);
            copy[..len].copy_from_slice(&packet[..len]);
            copy
        };
        // The header stays as it is when the payload is decrypted where it lies.
        let Some(header) = Header::read(&copy[..packet.len().min(HEADER)]) else { return };
        if let Some(number) = self.transport_cc.and_then(|id| header.extension(id))
            && let Ok(number) = number.try_into()
        {
            self.arrivals.note(Moment::new(now, self.begun), u16::from_be_bytes(number));
            self.feedback_due.get_or_insert(now + FEEDBACK_INTERVAL);
        }
        let Some(&place) = self.by_ssrc.get(&header.ssrc.0) else {
            self.tally.unknown += 1;
            return;
        };
        let Some(srtp) = self.transport.srtp() else { return };
        let receiver = &mut self.receivers[place.receiver];
        if place.repairs {
            receiver.handle_repair(now, arrived, packet, &mut srtp.receiver);
        } else {
            receiver.handle_media(now, arrived, &header, packet, &mut srtp.receiver);
        }
    }

    fn handle_rtcp(&mut self, now: Instant, packet: &mut [u8]) {
        let Some(srtp) = self.transport.srtp() else { return };
        let Ok(len) = srtp.receiver.unprotect_rtcp(packet) else {
            self.tally.unauthentic_rtcp += 1;
            return;
        };
        for packet in rtcp::parse(&packet[..len]) {
            match packet {
                Packet::SenderReport(report) => {
                    if let Some(place) = self.by_ssrc.get(&report.ssrc.0) {
                        self.receivers[place.receiver].handle_sender_report(now, report.info);
                    }
                    self.note_blocks(report.blocks);
                }
                Packet::ReceiverReport(report) => self.note_blocks(report.blocks),
                Packet::Nack(nack) => {
                    let (transport, numbers) = (&mut self.transport, &mut self.numbers);
                    for sender in &mut self.senders {
                        if sender.repair(nack.media, nack.sequences().take(MAX_REPAIRS), transport, numbers) {
                            break;
                        }
                    }
                }
                Packet::Pli(pli) => self.request_key_frame(pli.media),
                Packet::Fir(fir) => fir.media().for_each(|ssrc| self.request_key_frame(ssrc)),
                Packet::TransportFeedback(_) => self.tally.feedback += 1,
                Packet::Remb(_) | Packet::Bye(_) => {}
            }
        }
    }

    fn note_blocks(&mut self, blocks: rtcp::report::ReportBlocks<'_>) {
        let lost: i64 = blocks.iter().map(|block| i64::from(block.cumulative_lost)).sum();
        self.tally.lost_upstream = self.tally.lost_upstream.max(lost.max(0) as u64);
    }

    fn request_key_frame(&mut self, ssrc: Ssrc) {
        if self.senders.iter_mut().any(|sender| sender.request_key_frame(ssrc)) {
            self.tally.key_requests += 1;
        }
    }

    fn write_report(&mut self, now: Instant, out: &mut Vec<u8>) {
        let blocks: Vec<_> = self.receivers.iter_mut().filter_map(|receiver| receiver.report(now)).collect();
        for blocks in blocks.chunks(MAX_BLOCKS) {
            write_receiver_report(out, self.own, blocks);
        }
    }
}

/// Longer than any header that a server writes in practice: fixed part, extension block.
const HEADER: usize = 128;
const REPORT_INTERVAL: Duration = Duration::from_secs(1);
const FEEDBACK_INTERVAL: Duration = Duration::from_millis(50);
/// So many packets are sent again for one request.
const MAX_REPAIRS: usize = 128;

//! Data channels of one peer: SCTP over DTLS (RFC 8261, RFC 8831). The peer begins the association.
//!
//! Two channels are known by their labels; others that a peer opens are accepted, and what it says there is ignored.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use bytes::Bytes;
use sctp_proto::{
    Association, AssociationHandle, DatagramEvent, Endpoint, EndpointConfig, Event, Payload,
    PayloadProtocolIdentifier, ReliabilityType, ServerConfig, StreamEvent, TransportConfig,
};

use super::dcep::{self, Reliability};
use crate::io::{DataChannel, DataChannels};

/// One peer's association, from the first packet on.
#[derive(Debug)]
pub(crate) struct Sctp {
    mode: DataChannels,
    endpoint: Endpoint,
    association: Option<(AssociationHandle, Association)>,
    streams: Vec<Stream>,
    waiting: VecDeque<Arc<[u8]>>, // reliable messages for a channel that is not open yet
    waiting_bytes: usize,
    opened: VecDeque<DataChannel>,
    reading_paused: bool,
}

#[derive(Debug)]
struct Stream {
    id: u16,
    channel: Option<DataChannel>, // None: not opened yet, or a label that means nothing to us
    readable: bool,
}

/// What comes out of an association, besides packets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SctpOutput {
    Open(DataChannel),
    Message(DataChannel, Vec<u8>),
}

/// What became of a message to the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SendOutcome {
    /// It is on its way, or waits for its channel to open.
    Queued,
    /// It was lossy, and there was no room or no channel.
    Dropped,
    /// It was reliable, and there was no room: the peer cannot be kept.
    Overflow,
}

/// The association has failed; the peer's media is not touched by that.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SctpError {
    #[error("the association ended: {0}")]
    Lost(String),
    #[error("the peer opened more than {MAX_STREAMS} streams")]
    TooManyStreams,
}

impl Sctp {
    pub(crate) fn new(mode: DataChannels) -> Self {
        Self {
            mode,
            endpoint: Endpoint::new(Arc::clone(&ENDPOINT_CONFIG), Some(Arc::clone(&SERVER_CONFIG))),
            association: None,
            streams: Vec::new(),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            opened: VecDeque::new(),
            reading_paused: false,
        }
    }

    /// Takes one packet as it came out of DTLS.
    pub(crate) fn handle_packet(&mut self, now: Instant, packet: &[u8]) {
        let packet = Bytes::copy_from_slice(packet);
        match self.endpoint.handle(now, PEER, None, None, packet) {
            Some((handle, DatagramEvent::NewAssociation(association))) => {
                self.association = Some((handle, association));
                // One peer, one association: further INITs find no server.
                self.endpoint.reject_new_associations();
            }
            Some((handle, DatagramEvent::AssociationEvent(event))) => {
                if let Some((ours, association)) = &mut self.association
                    && *ours == handle
                {
                    association.handle_event(event);
                }
            }
            None => {}
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.association.as_ref().and_then(|(_, association)| association.poll_timeout())
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if let Some((_, association)) = &mut self.association {
            association.handle_timeout(now);
        }
    }

    /// The next packets for DTLS, each to be sent on its own.
    pub(crate) fn poll_transmit(&mut self, now: Instant) -> Option<Vec<Bytes>> {
        if let Some(transmit) = self.endpoint.poll_transmit() {
            return Some(raw(transmit.payload));
        }
        let (_, association) = self.association.as_mut()?;
        Some(raw(association.poll_transmit(now)?.payload))
    }

    /// Stops or resumes reading messages. While stopped, the peer's receive window closes and it has to wait.
    pub(crate) fn pause_reading(&mut self, paused: bool) {
        self.reading_paused = paused;
    }

    /// The next thing to tell. Poll until `None`, then [`Self::poll_transmit`].
    pub(crate) fn poll_output(&mut self) -> Result<Option<SctpOutput>, SctpError> {
        while let Some(event) = self.next_event() {
            match event {
                Event::Connected => self.established()?,
                Event::HandshakeFailed { reason } | Event::AssociationLost { reason } => {
                    return Err(SctpError::Lost(reason.to_string()));
                }
                Event::Stream(StreamEvent::Opened { id }) => {
                    self.note_stream(id)?;
                    self.note_readable(id);
                }
                Event::Stream(StreamEvent::Readable { id }) => self.note_readable(id),
                Event::Stream(StreamEvent::Finished { id }) => self.stream_finished(id),
                _ => {}
            }
        }
        loop {
            if let Some(channel) = self.opened.pop_front() {
                return Ok(Some(SctpOutput::Open(channel)));
            }
            match self.read() {
                Some(Read::Message(channel, payload)) => {
                    return Ok(Some(SctpOutput::Message(channel, payload)));
                }
                Some(Read::Control(id, message)) => self.handle_dcep(id, &message),
                Some(Read::Ignored) => {}
                None => return Ok(None),
            }
        }
    }

    /// Sends one message to the peer.
    pub(crate) fn send(&mut self, channel: DataChannel, payload: &Arc<[u8]>) -> SendOutcome {
        match channel {
            DataChannel::Lossy if self.buffered() > LOSSY_QUEUE => SendOutcome::Dropped,
            DataChannel::Lossy => match self.write(channel, payload) {
                true => SendOutcome::Queued,
                false => SendOutcome::Dropped,
            },
            DataChannel::Reliable => {
                if self.buffered() + self.waiting_bytes + payload.len() > RELIABLE_QUEUE {
                    return SendOutcome::Overflow;
                }
                if !self.write(channel, payload) {
                    self.waiting_bytes += payload.len();
                    self.waiting.push_back(Arc::clone(payload));
                }
                SendOutcome::Queued
            }
        }
    }

    fn next_event(&mut self) -> Option<Event> {
        let (handle, association) = self.association.as_mut()?;
        while let Some(event) = association.poll_endpoint_event() {
            self.endpoint.handle_event(*handle, event);
        }
        association.poll()
    }

    /// The association stands: open the channels that are ours to open.
    fn established(&mut self) -> Result<(), SctpError> {
        match self.mode {
            DataChannels::None | DataChannels::OpenedByPeer => {}
            DataChannels::Negotiated => {
                for (id, channel) in
                    [(NEGOTIATED_RELIABLE, DataChannel::Reliable), (NEGOTIATED_LOSSY, DataChannel::Lossy)]
                {
                    self.open_stream(id)?;
                    self.set_reliability(id, channel == DataChannel::Lossy, reliability_of(channel));
                    self.channel_open(id, channel);
                }
            }
            DataChannels::OpenedByUs => {
                for (id, channel) in [(OUR_RELIABLE, DataChannel::Reliable), (OUR_LOSSY, DataChannel::Lossy)]
                {
                    let unordered = channel == DataChannel::Lossy;
                    let reliability = reliability_of(channel);
                    let open = dcep::Open { unordered, reliability, label: channel.label() };
                    self.open_stream(id)?;
                    self.set_reliability(id, unordered, reliability);
                    self.write_to(id, &open.to_bytes(), PayloadProtocolIdentifier::Dcep);
                }
            }
        }
        Ok(())
    }

    fn open_stream(&mut self, id: u16) -> Result<(), SctpError> {
        if let Some((_, association)) = &mut self.association {
            // Refused only when the peer has spoken there first; then the stream exists, which is what we want.
            let _ = association.open_stream(id, PayloadProtocolIdentifier::Binary);
        }
        self.note_stream(id)
    }

    fn note_stream(&mut self, id: u16) -> Result<(), SctpError> {
        if self.streams.iter().any(|stream| stream.id == id) {
            return Ok(());
        }
        if self.streams.len() >= MAX_STREAMS {
            return Err(SctpError::TooManyStreams);
        }
        self.streams.push(Stream { id, channel: None, readable: false });
        Ok(())
    }

    fn note_readable(&mut self, id: u16) {
        if let Some(stream) = self.streams.iter_mut().find(|stream| stream.id == id) {
            stream.readable = true;
        }
    }

    /// The peer has closed a channel; our direction of it ends too (RFC 8831 §6.7).
    fn stream_finished(&mut self, id: u16) {
        self.streams.retain(|stream| stream.id != id);
        if let Some((_, association)) = &mut self.association
            && let Ok(mut stream) = association.stream(id)
        {
            // It may be closed already.
            let _ = stream.close();
        }
    }

    fn handle_dcep(&mut self, id: u16, message: &[u8]) {
        if message == dcep::ACK {
            let channel = match id {
                OUR_RELIABLE => DataChannel::Reliable,
                OUR_LOSSY => DataChannel::Lossy,
                _ => return,
            };
            if self.mode == DataChannels::OpenedByUs {
                self.channel_open(id, channel);
            }
            return;
        }
        let Some(open) = dcep::Open::parse(message) else {
            return;
        };
        let channel = [DataChannel::Reliable, DataChannel::Lossy]
            .into_iter()
            .find(|channel| channel.label() == open.label);
        self.set_reliability(id, open.unordered, open.reliability);
        self.write_to(id, &dcep::ACK, PayloadProtocolIdentifier::Dcep);
        if let Some(channel) = channel {
            self.channel_open(id, channel);
        }
    }

    /// The stream carries this channel from now on; what has waited for it goes out.
    fn channel_open(&mut self, id: u16, channel: DataChannel) {
        for stream in &mut self.streams {
            match stream.id == id {
                true => stream.channel = Some(channel),
                // A label that is opened twice means the newer stream.
                false if stream.channel == Some(channel) => stream.channel = None,
                false => {}
            }
        }
        self.opened.push_back(channel);
        if channel == DataChannel::Reliable {
            self.waiting_bytes = 0;
            for payload in std::mem::take(&mut self.waiting) {
                self.write(channel, &payload);
            }
        }
    }

    fn set_reliability(&mut self, id: u16, unordered: bool, reliability: Reliability) {
        let (kind, value) = match reliability {
            Reliability::Full => (ReliabilityType::Reliable, 0),
            Reliability::Retransmits(count) => (ReliabilityType::Rexmit, count),
            Reliability::Milliseconds(time) => (ReliabilityType::Timed, time),
        };
        if let Some((_, association)) = &mut self.association
            && let Ok(mut stream) = association.stream(id)
        {
            // Fails only for a closed stream, to which nothing will be written.
            let _ = stream.set_reliability_params(unordered, kind, value);
        }
    }

    /// Whether the message was taken.
    fn write(&mut self, channel: DataChannel, payload: &[u8]) -> bool {
        let open = self.streams.iter().find(|stream| stream.channel == Some(channel));
        let Some(id) = open.map(|stream| stream.id) else {
            return false;
        };
        match payload {
            // SCTP has no empty messages (RFC 8831 §6.6).
            [] => self.write_to(id, &[0], PayloadProtocolIdentifier::BinaryEmpty),
            _ => self.write_to(id, payload, PayloadProtocolIdentifier::Binary),
        }
    }

    fn write_to(&mut self, id: u16, message: &[u8], kind: PayloadProtocolIdentifier) -> bool {
        let Some((_, association)) = &mut self.association else {
            return false;
        };
        association.stream(id).and_then(|mut stream| stream.write_with_ppi(message, kind)).is_ok()
    }

    /// Bytes that the peer has not acknowledged yet.
    fn buffered(&mut self) -> usize {
        let Some((_, association)) = &mut self.association else {
            return 0;
        };
        let amount = |stream: &Stream| {
            let stream = association.stream(stream.id).ok()?;
            stream.buffered_amount().ok()
        };
        self.streams.iter().filter_map(amount).sum()
    }

    /// The next message of any stream. Lossy ones are taken even while reading is paused: they may be dropped.
    fn read(&mut self) -> Option<Read> {
        let (_, association) = self.association.as_mut()?;
        for stream in self.streams.iter_mut().filter(|stream| stream.readable) {
            if self.reading_paused && stream.channel == Some(DataChannel::Reliable) {
                continue;
            }
            let message = association.stream(stream.id).and_then(|mut stream| stream.read_sctp());
            let Ok(Some(chunks)) = message else {
                stream.readable = false;
                continue;
            };
            let mut payload = vec![0; chunks.len()];
            // The buffer is as long as the message, so this cannot fail.
            let _ = chunks.read(&mut payload);
            return Some(match (chunks.ppi, stream.channel) {
                (PayloadProtocolIdentifier::Dcep, _) => Read::Control(stream.id, payload),
                (
                    PayloadProtocolIdentifier::BinaryEmpty | PayloadProtocolIdentifier::StringEmpty,
                    Some(channel),
                ) => Read::Message(channel, Vec::new()),
                (_, Some(channel)) => Read::Message(channel, payload),
                (_, None) => Read::Ignored,
            });
        }
        None
    }
}

/// One message as it was read.
enum Read {
    Message(DataChannel, Vec<u8>),
    Control(u16, Vec<u8>),
    Ignored,
}

fn reliability_of(channel: DataChannel) -> Reliability {
    match channel {
        DataChannel::Reliable => Reliability::Full,
        DataChannel::Lossy => Reliability::Retransmits(0),
    }
}

fn raw(payload: Payload) -> Vec<Bytes> {
    match payload {
        Payload::RawEncode(packets) => packets,
        Payload::PartialDecode(_) => Vec::new(),
    }
}

/// The largest message that we take and that is announced in session descriptions.
pub const MAX_MESSAGE: u32 = 65_535;

/// Unacknowledged bytes beyond which lossy messages are dropped.
const LOSSY_QUEUE: usize = 64 * 1024;

/// Unacknowledged bytes beyond which a peer counts as too slow for reliable messages.
const RELIABLE_QUEUE: usize = 4 * 1024 * 1024;

/// Bytes that a peer may have under way to us: four of the largest messages.
const RECEIVE_BUFFER: u32 = 4 * (MAX_MESSAGE + 1);

/// Streams of one peer, whatever their labels. Clients open three.
const MAX_STREAMS: usize = 32;

const NEGOTIATED_RELIABLE: u16 = 100;
const NEGOTIATED_LOSSY: u16 = 101;

// The DTLS server takes odd numbers (RFC 8832 §6).
const OUR_RELIABLE: u16 = 1;
const OUR_LOSSY: u16 = 3;

/// SCTP packets fit into DTLS records that fit into our datagrams.
const MAX_PAYLOAD: u32 = 1100;

/// There is one peer on the other end of DTLS, and it has no address.
const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 5000);

static ENDPOINT_CONFIG: LazyLock<Arc<EndpointConfig>> = LazyLock::new(|| {
    let mut config = EndpointConfig::new();
    config.max_payload_size(MAX_PAYLOAD);
    Arc::new(config)
});

static SERVER_CONFIG: LazyLock<Arc<ServerConfig>> = LazyLock::new(|| {
    let mut config = ServerConfig::new();
    config.transport = Arc::new(
        TransportConfig::default()
            .with_max_receive_message_size(MAX_MESSAGE)
            .with_max_send_message_size(MAX_MESSAGE)
            .with_max_receive_buffer_size(RECEIVE_BUFFER)
            // ICE decides when a path is dead.
            .with_max_init_retransmits(None)
            .with_max_data_retransmits(None)
            .with_rto_initial_ms(1000)
            .with_rto_min_ms(400)
            .with_rto_max_ms(10_000),
    );
    Arc::new(config)
});

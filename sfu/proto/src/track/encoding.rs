//! One encoding of a published source as it arrives: which packets, how many, how fast, what is missing.

use std::time::{Duration, Instant};

use super::keyframe_request::KeyframeRequest;
use super::layer_meter::LayerMeter;
use super::nack_list::NackList;
use super::packet_store::PacketStore;
use super::payload::PayloadInfo;
use super::rate_meter::RateMeter;
use super::reception::{Reception, SenderClock};
use super::scalability::Scalability;
use super::temporal::LayerRates;
use super::{MediaPacket, SourceKey, WIRE_OVERHEAD};
use crate::bandwidth::Bitrate;
use crate::id::Ssrc;
use crate::io::{Codec, EncodingParams, MediaKind};
use crate::rtp::{self, ExtensionValues, Unwrapper};

/// The receiving side of one encoding.
#[derive(Debug)]
pub struct Encoding {
    /// What was announced of it.
    pub params: EncodingParams,
    /// The stream that carries it, once known.
    pub ssrc: Option<Ssrc>,
    /// The packets that can be sent again.
    pub store: PacketStore,
    /// Who wants a keyframe.
    pub keyframe: KeyframeRequest,
    /// What is missing.
    pub nacks: NackList,
    /// For reports to the sender.
    pub reception: Reception,
    /// Frame rates of its temporal layers.
    pub layers: LayerRates,
    /// Bitrates of its layers, if it tells them.
    pub meter: LayerMeter,
    scalability: Scalability,
    kind: MediaKind,
    clock_rate: u32,
    index: u8,
    run: u8,
    sequences: Unwrapper<16>,
    jump: Option<u16>,
    rate: RateMeter,
    last_packet: Option<Instant>,
    orientation: Option<u8>,
    playout_delay: Option<[u8; 3]>,
}

/// What became of a packet.
#[derive(Debug)]
pub enum Arrival<'a> {
    /// It is to be forwarded.
    Media(MediaPacket<'a>),
    /// It was padding: its number is left out of every copy of the stream.
    Padding(SourceKey, u64),
    /// It was known already, or too old.
    Useless,
}

impl Encoding {
    /// Nothing received yet.
    #[must_use]
    pub fn new(kind: MediaKind, index: u8, params: EncodingParams, clock_rate: u32) -> Self {
        Self {
            params,
            ssrc: None,
            store: PacketStore::new(kind),
            keyframe: KeyframeRequest::new(index == 0),
            nacks: NackList::default(),
            reception: Reception::new(clock_rate),
            layers: LayerRates::default(),
            meter: LayerMeter::default(),
            scalability: Scalability::default(),
            kind,
            clock_rate,
            index,
            run: 0,
            sequences: Unwrapper::default(),
            jump: None,
            rate: RateMeter::default(),
            last_packet: None,
            orientation: None,
            playout_delay: None,
        }
    }

    /// The present run.
    #[must_use]
    pub fn source(&self) -> SourceKey {
        SourceKey { encoding: self.index, run: self.run }
    }

    /// The furthest sequence number received.
    #[must_use]
    pub fn newest(&self) -> Option<u64> {
        self.sequences.newest()
    }

    /// The clocks of its sender, if told.
    #[must_use]
    pub fn sender_clock(&self) -> Option<SenderClock> {
        self.reception.sender_clock()
    }

    /// When its last packet came.
    #[must_use]
    pub fn last_packet(&self) -> Option<Instant> {
        self.last_packet
    }

    /// Whether packets came within a time.
    #[must_use]
    pub fn is_live(&self, now: Instant, within: Duration) -> bool {
        let last = self.last_packet;
        last.is_some_and(|last| now.saturating_duration_since(last) <= within)
    }

    /// A packet that was received, as it is to be sent.
    #[must_use]
    pub fn stored(&self, source: SourceKey, sequence: u64, codecs: &[Codec]) -> Option<MediaPacket<'_>> {
        let mime = |codec| codecs.get(usize::from(codec)).map(|codec: &Codec| codec.mime);
        let mut packet = self.store.packet(source, sequence, mime)?;
        packet.extensions.orientation = self.orientation;
        packet.extensions.playout_delay = self.playout_delay;
        Some(packet)
    }

    /// What it takes to forward it, headers included, measured or, until then, guessed from the picture's size.
    #[must_use]
    pub fn bitrate(&self) -> Bitrate {
        self.rate.rate().unwrap_or_else(|| nominal_bitrate(self.kind, self.params))
    }

    /// Lets another stream carry it. All that was known of the old one is void.
    pub fn bind(&mut self, ssrc: Ssrc) {
        if self.ssrc == Some(ssrc) {
            return;
        }
        if self.ssrc.is_some() {
            self.begin_run();
        }
        self.ssrc = Some(ssrc);
    }

    /// Takes a packet of the present stream; `repaired` if it came by retransmission.
    pub fn receive<'a>(
        &mut self,
        now: Instant,
        packet: &rtp::Packet<'a>,
        (codec_index, codec): (u8, &Codec),
        mut extensions: ExtensionValues<'a>,
        repaired: bool,
    ) -> Arrival<'a> {
        let Some(sequence) = self.place(packet.sequence, repaired) else {
            return Arrival::Useless;
        };
        let newest = self.sequences.newest();
        if newest.is_some_and(|newest| newest >= sequence + self.store.reach())
            || self.store.contains(sequence)
        {
            return Arrival::Useless;
        }

        self.sequences.extend(packet.sequence);
        let asked_for = self.note_gap(now, newest, sequence, codec.nack);
        self.reception.count(now, sequence, packet.timestamp, repaired || asked_for);
        if packet.payload.is_empty() {
            self.store.insert_empty(sequence);
            return Arrival::Padding(self.source(), sequence);
        }

        let mut info = PayloadInfo::read(codec.mime, packet.payload);
        let descriptor = extensions.dependency_descriptor;
        info.layers = self.scalability.read(codec.mime, packet.timestamp, packet.payload, descriptor);
        if let Some(frame) = &info.layers {
            info.keyframe = frame.key && frame.begins;
        }
        if info.keyframe {
            self.keyframe.satisfy();
            self.nacks.forget_before(sequence);
        }
        self.last_packet = Some(now);
        self.rate.count(now, packet.payload.len() + WIRE_OVERHEAD);
        if let Some(descriptor) = info.vp8 {
            self.layers.count(now, packet.timestamp, descriptor.temporal);
        }
        if let Some(frame) = &info.layers {
            self.meter.count(now, frame, packet.payload.len());
            if frame.layers.spatial == 0 {
                self.layers.count(now, packet.timestamp, frame.layers.temporal);
            }
        }
        // These hold until they change, but senders stop repeating them.
        self.orientation = extensions.orientation.or(self.orientation);
        self.playout_delay = extensions.playout_delay.or(self.playout_delay);
        extensions.orientation = self.orientation;
        extensions.playout_delay = self.playout_delay;

        let packet = MediaPacket {
            source: self.source(),
            sequence,
            timestamp: packet.timestamp,
            marker: packet.marker,
            codec: codec_index,
            info,
            extensions,
            payload: packet.payload,
        };
        self.store.insert(now, &packet);
        Arrival::Media(packet)
    }

    /// Extends a sequence number. Two in a row from far away mean that the sender has started over (RFC 3550
    /// appendix A.1); a single one is a stray.
    fn place(&mut self, number: u16, repaired: bool) -> Option<u64> {
        let sequence = self.sequences.peek(number);
        let Some(newest) = self.sequences.newest() else {
            return Some(sequence);
        };
        let ahead = sequence.saturating_sub(newest) > MAX_LEAP;
        let behind = newest.saturating_sub(sequence) > MAX_LEAP;
        if !ahead && !behind {
            self.jump = None;
            return Some(sequence);
        }
        if repaired {
            return None;
        }

        let confirmed = self.jump == Some(number);
        self.jump = Some(number.wrapping_add(1));
        if !confirmed {
            return None;
        }
        self.begin_run();
        Some(self.sequences.peek(number))
    }

    /// Notes what is missing before a packet, or that it is missing no more; whether it had been asked for: sound is
    /// repeated in its own stream.
    fn note_gap(&mut self, now: Instant, newest: Option<u64>, sequence: u64, nack: bool) -> bool {
        let Some(newest) = newest else { return false };
        if sequence < newest {
            return self.nacks.note_arrival(sequence);
        }
        if nack && !self.nacks.note_gap(now, newest + 1..sequence) && self.kind == MediaKind::Video {
            self.keyframe.want();
        }
        false
    }

    fn begin_run(&mut self) {
        self.run = self.run.wrapping_add(1);
        if self.kind == MediaKind::Video {
            self.keyframe.want();
        }
        self.sequences = Unwrapper::default();
        self.jump = None;
        self.store.clear();
        self.nacks.clear();
        self.reception = Reception::new(self.clock_rate);
        self.layers = LayerRates::default();
        self.meter = LayerMeter::default();
        self.scalability = Scalability::default();
    }
}

/// What an encoder of a browser takes for a picture of that size, roughly; used until it is measured.
fn nominal_bitrate(kind: MediaKind, params: EncodingParams) -> Bitrate {
    let pixels = u64::from(params.width) * u64::from(params.height);
    match kind {
        MediaKind::Audio => Bitrate::kbps(32),
        MediaKind::Video if pixels == 0 => Bitrate::kbps(500),
        MediaKind::Video => Bitrate((2 * pixels).clamp(100_000, 3_000_000)),
    }
}

/// A leap in sequence numbers that no loss explains.
const MAX_LEAP: u64 = 3_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::PayloadType;
    use crate::io::Mime;

    #[test]
    fn a_duplicate_is_useless() {
        let mut encoding = encoding();

        assert!(matches!(receive(&mut encoding, 5), Arrival::Media(_)));
        assert!(matches!(receive(&mut encoding, 5), Arrival::Useless));
    }

    #[test]
    fn a_straggler_keeps_its_place_across_the_wrap() {
        let mut encoding = encoding();
        let Arrival::Media(first) = receive(&mut encoding, 65_534) else {
            panic!("media");
        };
        receive(&mut encoding, 0);

        let Arrival::Media(late) = receive(&mut encoding, 65_535) else {
            panic!("media");
        };

        assert_eq!(late.sequence, first.sequence + 1);
    }

    #[test]
    fn a_sender_that_starts_over_begins_a_new_run() {
        let mut encoding = encoding();
        receive(&mut encoding, 100);

        assert!(matches!(receive(&mut encoding, 30_000), Arrival::Useless), "perhaps a stray");
        let Arrival::Media(packet) = receive(&mut encoding, 30_001) else {
            panic!("media");
        };

        assert_eq!(packet.source.run, 1);
    }

    #[test]
    fn padding_is_told_apart_from_media() {
        let mut encoding = encoding();
        receive(&mut encoding, 1);
        let bytes = [0xa0, 96, 0, 2, 0, 0, 0, 0, 0, 0, 0, 9, 1];
        let packet = rtp::Packet::parse(&bytes).expect("well-formed");

        let arrival =
            encoding.receive(Instant::now(), &packet, (0, &codec()), ExtensionValues::default(), false);

        assert!(matches!(arrival, Arrival::Padding(_, _)));
    }

    #[test]
    fn another_stream_for_the_same_encoding_begins_a_new_run() {
        let mut encoding = encoding();
        encoding.bind(Ssrc(1));
        receive(&mut encoding, 100);

        encoding.bind(Ssrc(2));

        let Arrival::Media(packet) = receive(&mut encoding, 99) else {
            panic!("media");
        };
        assert_eq!(packet.source.run, 1);
    }

    fn encoding() -> Encoding {
        let params = EncodingParams { rid: None, ssrc: None, rtx_ssrc: None, width: 0, height: 0 };
        Encoding::new(MediaKind::Video, 0, params, 90_000)
    }

    fn codec() -> Codec {
        Codec { payload_type: PayloadType(96), rtx: None, mime: Mime::Vp8, clock_rate: 90_000, nack: true }
    }

    fn receive(encoding: &mut Encoding, sequence: u16) -> Arrival<'static> {
        let mut bytes = vec![0x80, 96];
        bytes.extend(sequence.to_be_bytes());
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 9, 0x10, 1]);
        let packet = rtp::Packet::parse(bytes.leak()).expect("well-formed");
        encoding.receive(Instant::now(), &packet, (0, &codec()), ExtensionValues::default(), false)
    }
}

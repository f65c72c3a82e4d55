//! A conference with a clock that only the test moves, and what comes out of it.

use std::time::{Duration, Instant};

use crate::bandwidth::Bitrate;
use crate::bandwidth::downlink::Downlink;
use crate::conference::{Conference, PeerKey, RtpOut, Sink};
use crate::id::{ConferenceId, DownTrackId, Mid, PayloadType, PeerId, Rid, Ssrc, UpTrackId};
use crate::io::{
    Codec, DownTrackParams, EncodingParams, Event, Extension, ExtensionMap, LayerWish, MediaKind, Mime,
    UpTrackParams,
};
use crate::participant::Nature;
use crate::rtcp;
use crate::rtp::{ExtensionBlock, ExtensionValues, Header, MAX_HEADER_LEN, Packet, Stamp};

/// A conference under test.
pub(in crate::conference) struct Rig {
    pub(in crate::conference) conference: Conference,
    pub(in crate::conference) now: Instant,
    pub(in crate::conference) out: Output,
}

/// What came out, by peer key.
#[derive(Default)]
pub(in crate::conference) struct Output {
    pub(in crate::conference) rtp: Vec<(u32, Vec<u8>)>,
    pub(in crate::conference) rtcp: Vec<(u32, Vec<u8>)>,
    pub(in crate::conference) events: Vec<Event>,
}

impl Sink for Output {
    fn send_rtp(&mut self, peer: PeerKey, packet: RtpOut<'_>) {
        let bytes = [packet.header, packet.payload_head, packet.payload].concat();
        self.rtp.push((peer.0, bytes));
    }

    fn send_rtcp(&mut self, peer: PeerKey, compound: &[u8]) {
        self.rtcp.push((peer.0, compound.to_vec()));
    }

    fn event(&mut self, event: Event) {
        self.events.push(event);
    }
}

/// A packet as a publisher sends it.
#[derive(Clone, Copy)]
pub(in crate::conference) struct Media<'a> {
    pub(in crate::conference) ssrc: u32,
    pub(in crate::conference) payload_type: u8,
    pub(in crate::conference) sequence: u16,
    pub(in crate::conference) timestamp: u32,
    pub(in crate::conference) marker: bool,
    pub(in crate::conference) values: ExtensionValues<'a>,
    pub(in crate::conference) payload: &'a [u8],
}

impl Default for Media<'_> {
    fn default() -> Self {
        Self {
            ssrc: 1,
            payload_type: OPUS.0,
            sequence: 1,
            timestamp: 0,
            marker: false,
            values: ExtensionValues::default(),
            payload: &[0xaa],
        }
    }
}

/// A packet as a subscriber gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::conference) struct Received {
    pub(in crate::conference) ssrc: u32,
    pub(in crate::conference) payload_type: u8,
    pub(in crate::conference) sequence: u16,
    pub(in crate::conference) timestamp: u32,
    pub(in crate::conference) marker: bool,
    pub(in crate::conference) transport_cc: Option<u16>,
    pub(in crate::conference) audio_level: Option<u8>,
    pub(in crate::conference) mid: Option<String>,
    pub(in crate::conference) dependency_descriptor: Option<Vec<u8>>,
    pub(in crate::conference) orientation: Option<u8>,
    pub(in crate::conference) playout_delay: Option<[u8; 3]>,
    pub(in crate::conference) payload: Vec<u8>,
}

impl Rig {
    /// A conference of connected peers with keys and ids 1, 2, …
    pub(in crate::conference) fn with_peers(count: u32) -> Self {
        let mut rig = Self {
            conference: Conference::new(ConferenceId(1), 7),
            now: Instant::now(),
            out: Output::default(),
        };
        for peer in 1..=count {
            rig.conference.join(rig.now, PeerId(peer.into()), PeerKey(peer), Nature::Remote);
            rig.conference.connected(rig.now, PeerId(peer.into()), &mut rig.out);
        }
        rig.assume(Bitrate::kbps(5_000));
        rig
    }

    /// Lets the conference believe that all paths carry so much.
    pub(in crate::conference) fn assume(&mut self, bitrate: Bitrate) {
        for (_, peer) in self.conference.peers.iter_mut() {
            peer.downlink = Downlink::assuming(bitrate);
        }
    }

    /// Lets the conference know nothing of any path.
    pub(in crate::conference) fn assume_nothing(&mut self) {
        for (_, peer) in self.conference.peers.iter_mut() {
            peer.downlink = Downlink::new(false);
        }
    }

    pub(in crate::conference) fn publish(&mut self, peer: u64, track: UpTrackParams) {
        self.conference.publish(self.now, PeerId(peer), track, &mut self.out);
    }

    pub(in crate::conference) fn subscribe(&mut self, peer: u64, track: DownTrackParams) {
        self.conference.subscribe(self.now, PeerId(peer), track, &mut self.out);
    }

    pub(in crate::conference) fn wish(&mut self, track: u64, wish: LayerWish) {
        self.conference.wish(self.now, DownTrackId(track), wish, &mut self.out);
    }

    pub(in crate::conference) fn back(&mut self, peer: u64) {
        self.conference.back(self.now, PeerId(peer), &mut self.out);
    }

    /// Lets time pass, doing what becomes due on the way.
    pub(in crate::conference) fn advance(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(due) = self.conference.poll_timeout().filter(|&due| due <= end) {
            self.now = self.now.max(due);
            self.conference.handle_timeout(self.now, &mut self.out);
        }
        self.now = end;
    }

    pub(in crate::conference) fn send(&mut self, peer: u32, media: Media<'_>) {
        let mid = media.values.mid.and_then(Mid::from_bytes);
        self.conference.handle_rtp(self.now, PeerKey(peer), &encode(media, mid), &mut self.out);
    }

    /// Forwards what was collected.
    pub(in crate::conference) fn forward_batch(&mut self) {
        while self.conference.forward_batch(self.now, &mut self.out) {}
    }

    pub(in crate::conference) fn send_rtcp(&mut self, peer: u32, write: impl FnOnce(&mut Vec<u8>)) {
        let mut compound = Vec::new();
        write(&mut compound);
        self.conference.handle_rtcp(self.now, PeerKey(peer), &compound, &mut self.out);
    }

    /// Takes the RTP packets that a peer got.
    pub(in crate::conference) fn received(&mut self, peer: u32) -> Vec<Received> {
        let (mine, others) = std::mem::take(&mut self.out.rtp).into_iter().partition(|&(to, _)| to == peer);
        self.out.rtp = others;
        let mine: Vec<(u32, Vec<u8>)> = mine;
        mine.iter().map(|(_, bytes)| decode(bytes)).collect()
    }

    /// Takes the RTCP packets that a peer got, each as something that the closure makes of it.
    pub(in crate::conference) fn received_rtcp<T>(
        &mut self,
        peer: u32,
        pick: impl Fn(rtcp::Packet<'_>) -> Option<T>,
    ) -> Vec<T> {
        let (mine, others) = std::mem::take(&mut self.out.rtcp).into_iter().partition(|&(to, _)| to == peer);
        self.out.rtcp = others;
        let mine: Vec<(u32, Vec<u8>)> = mine;
        mine.iter().flat_map(|(_, bytes)| rtcp::parse(bytes).filter_map(&pick).collect::<Vec<_>>()).collect()
    }

    /// Takes the streams of which a peer was asked for keyframes.
    pub(in crate::conference) fn keyframes_asked(&mut self, peer: u32) -> Vec<u32> {
        self.received_rtcp(peer, |packet| match packet {
            rtcp::Packet::Pli(pli) => Some(pli.media.0),
            _ => None,
        })
    }
}

fn encode(media: Media<'_>, mid: Option<Mid>) -> Vec<u8> {
    let mut ids = extensions();
    if mid.is_none() {
        ids = without_mid(ids);
    }
    let block = ExtensionBlock::new(mid.unwrap_or(Mid::new("x").expect("valid")), &ids);
    let header = Header {
        marker: media.marker,
        payload_type: PayloadType(media.payload_type),
        sequence: media.sequence,
        timestamp: media.timestamp,
        ssrc: Ssrc(media.ssrc),
    };
    let stamp = Stamp { transport_cc: media.values.transport_cc, abs_send_time: 0 };
    let mut bytes = [0; MAX_HEADER_LEN];
    let len = block.write(header, &media.values, stamp, &mut bytes);
    let mut bytes = bytes[..len].to_vec();
    add_rid(&mut bytes, Extension::Rid, media.values.rid);
    add_rid(&mut bytes, Extension::RepairedRid, media.values.repaired_rid);
    bytes.extend(media.payload);
    bytes
}

/// We never write rids; browsers do.
fn add_rid(bytes: &mut Vec<u8>, extension: Extension, rid: Option<&[u8]>) {
    let Some(rid) = rid else { return };
    let id = extensions().id(extension).expect("negotiated");
    match bytes[12..14] {
        // The two-byte form (RFC 8285 §4.3).
        [0x10, 0] => bytes.extend([id, rid.len() as u8]),
        _ => bytes.push(id << 4 | (rid.len() as u8 - 1)),
    }
    bytes.extend(rid);
    while !bytes.len().is_multiple_of(4) {
        bytes.push(0);
    }
    bytes[15] = ((bytes.len() - 16) / 4) as u8;
}

fn without_mid(ids: ExtensionMap) -> ExtensionMap {
    let mut others = ExtensionMap::default();
    for extension in Extension::ALL.into_iter().filter(|&extension| extension != Extension::Mid) {
        others.insert(extension, ids.id(extension).expect("negotiated"));
    }
    others
}

pub(in crate::conference) fn decode(bytes: &[u8]) -> Received {
    let packet = Packet::parse(bytes).expect("we send well-formed packets");
    let values = ExtensionValues::read(packet.extensions, &extensions());
    Received {
        ssrc: packet.ssrc.0,
        payload_type: packet.payload_type.0,
        sequence: packet.sequence,
        timestamp: packet.timestamp,
        marker: packet.marker,
        transport_cc: values.transport_cc,
        audio_level: values.audio_level,
        mid: values.mid.map(|mid| String::from_utf8_lossy(mid).into_owned()),
        dependency_descriptor: values.dependency_descriptor.map(<[u8]>::to_vec),
        orientation: values.orientation,
        playout_delay: values.playout_delay,
        payload: packet.payload.to_vec(),
    }
}

pub(in crate::conference) const OPUS: PayloadType = PayloadType(111);
pub(in crate::conference) const RED: PayloadType = PayloadType(63);
pub(in crate::conference) const VP8: PayloadType = PayloadType(96);
pub(in crate::conference) const VP8_RTX: PayloadType = PayloadType(97);

/// Every extension, under ids 1 to 9.
pub(in crate::conference) fn extensions() -> ExtensionMap {
    let mut ids = ExtensionMap::default();
    for (index, extension) in Extension::ALL.into_iter().enumerate() {
        ids.insert(extension, index as u8 + 1);
    }
    ids
}

pub(in crate::conference) fn opus() -> Codec {
    Codec { payload_type: OPUS, rtx: None, mime: Mime::Opus, clock_rate: 48_000, nack: true }
}

pub(in crate::conference) fn red() -> Codec {
    Codec { payload_type: RED, mime: Mime::Red, ..opus() }
}

pub(in crate::conference) fn vp8() -> Codec {
    Codec { payload_type: VP8, rtx: Some(VP8_RTX), mime: Mime::Vp8, clock_rate: 90_000, nack: true }
}

/// A microphone that sends stream 1.
pub(in crate::conference) fn microphone(id: u64, codecs: Vec<Codec>) -> UpTrackParams {
    UpTrackParams {
        id: UpTrackId(id),
        kind: MediaKind::Audio,
        mid: Mid::new("a").expect("valid"),
        codecs,
        extensions: extensions(),
        encodings: vec![encoding(None, Some(1))],
        screen: false,
        always_heard: false,
    }
}

/// A camera that sends stream 11.
pub(in crate::conference) fn camera(id: u64) -> UpTrackParams {
    UpTrackParams {
        id: UpTrackId(id),
        kind: MediaKind::Video,
        mid: Mid::new("v").expect("valid"),
        codecs: vec![vp8()],
        extensions: extensions(),
        encodings: vec![encoding(None, Some(11))],
        screen: false,
        always_heard: false,
    }
}

/// A camera whose three streams are told by rid only.
pub(in crate::conference) fn simulcast_camera(id: u64) -> UpTrackParams {
    UpTrackParams { encodings: ["q", "h", "f"].map(|rid| encoding(Some(rid), None)).to_vec(), ..camera(id) }
}

fn encoding(rid: Option<&str>, ssrc: Option<u32>) -> EncodingParams {
    EncodingParams { rid: rid.and_then(Rid::new), ssrc: ssrc.map(Ssrc), rtx_ssrc: None, width: 0, height: 0 }
}

/// A subscription by stream 1000 + id, repaired by stream 2000 + id.
pub(in crate::conference) fn down(id: u64, source: u64, codecs: Vec<Codec>) -> DownTrackParams {
    DownTrackParams {
        id: DownTrackId(id),
        source: UpTrackId(source),
        mid: Mid::new("d").expect("valid"),
        codecs,
        extensions: extensions(),
        ssrc: Ssrc(1_000 + id as u32),
        rtx_ssrc: Ssrc(2_000 + id as u32),
        wish: LayerWish::default(),
    }
}

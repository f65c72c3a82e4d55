//! A published source: what was negotiated for it, and its encodings.

use std::time::{Duration, Instant};

use super::SourceKey;
use super::encoding::{Arrival, Encoding};
use super::moment::media_ticks;
use super::tap::Tap;
use crate::id::{Mid, PayloadType, Ssrc, UpTrackId};
use crate::io::{Codec, ExtensionMap, MediaKind, UpTrackParams};
use crate::rtp::{self, ExtensionValues};
use crate::speaker::Loudness;

/// A published source.
#[derive(Debug)]
pub struct UpTrack {
    /// Its name.
    pub id: UpTrackId,
    /// The slot of the peer that sends it.
    pub owner: u32,
    /// Audio or video.
    pub kind: MediaKind,
    /// The media section that carries it.
    pub mid: Mid,
    /// What it may send.
    pub codecs: Vec<Codec>,
    /// Extension ids of that section.
    pub extensions: ExtensionMap,
    /// Its encodings, lowest quality first.
    pub encodings: Vec<Encoding>,
    /// Whether it is a screen.
    pub screen: bool,
    /// Whether all its packets are dropped.
    pub muted: bool,
    /// Whether a packet has come.
    pub started: bool,
    /// The slots of its down tracks.
    pub subscribers: Vec<u32>,
    /// Where it goes on to as it came.
    pub taps: Vec<Tap>,
    /// Whether it comes from another shard, which tells the rooms of it.
    pub bridged: bool,
    /// How loud it is.
    pub loudness: Loudness,
}

impl UpTrack {
    /// A source of which nothing has come yet.
    #[must_use]
    pub fn new(owner: u32, params: UpTrackParams) -> Self {
        let mut track = Self {
            id: params.id,
            owner,
            kind: params.kind,
            mid: params.mid,
            codecs: Vec::new(),
            extensions: params.extensions,
            encodings: Vec::new(),
            screen: params.screen,
            muted: false,
            started: false,
            subscribers: Vec::new(),
            taps: Vec::new(),
            bridged: false,
            loudness: Loudness::default(),
        };
        track.redeclare(params);
        track
    }

    /// Takes over a new declaration. Encodings that are still in it go on; tells whether others took a place.
    pub fn redeclare(&mut self, mut params: UpTrackParams) -> bool {
        params.codecs.truncate(MAX_CODECS);
        params.encodings.truncate(MAX_ENCODINGS);
        self.mid = params.mid;
        // Each keeps its place: packets that are stored refer to it by that.
        let place =
            |codec: &Codec| self.codecs.iter().position(|known| known.payload_type == codec.payload_type);
        params.codecs.sort_by_key(|codec| place(codec).unwrap_or(usize::MAX));
        self.codecs = params.codecs;
        self.extensions = params.extensions;
        self.screen = params.screen;

        let clock_rate = self.codecs.first().map_or(90_000, |codec| codec.clock_rate.max(1));
        let mut replaced = self.encodings.len() > params.encodings.len();
        self.encodings.truncate(params.encodings.len());
        for (index, declared) in params.encodings.into_iter().enumerate() {
            match self.encodings.get_mut(index) {
                Some(encoding) if encoding.params.rid == declared.rid => encoding.params = declared,
                Some(encoding) => {
                    *encoding = Encoding::new(self.kind, index as u8, declared, clock_rate);
                    replaced = true;
                }
                None => self.encodings.push(Encoding::new(self.kind, index as u8, declared, clock_rate)),
            }
        }
        replaced
    }

    /// The codec behind a payload type, and whether the payload type is that of its retransmissions.
    #[must_use]
    pub fn codec(&self, payload_type: PayloadType) -> Option<(u8, bool)> {
        let matching = |codec: &Codec| {
            let media = codec.payload_type == payload_type;
            (media || codec.rtx == Some(payload_type)).then_some(!media)
        };
        let mut codecs = self.codecs.iter().enumerate();
        codecs.find_map(|(index, codec)| Some((index as u8, matching(codec)?)))
    }

    /// Takes a packet of one of its encodings, unwrapping retransmissions.
    pub fn receive<'a>(
        &mut self,
        now: Instant,
        encoding: u8,
        packet: &rtp::Packet<'a>,
        extensions: ExtensionValues<'a>,
    ) -> Arrival<'a> {
        let found = self.codec(packet.payload_type);
        let (Some((index, is_rtx)), Some(encoding)) = (found, self.encodings.get_mut(usize::from(encoding)))
        else {
            return Arrival::Useless;
        };
        let codec = &self.codecs[usize::from(index)];
        if !is_rtx {
            return encoding.receive(now, packet, (index, codec), extensions, false);
        }
        match original(packet, codec.payload_type, encoding.ssrc) {
            Some(packet) => encoding.receive(now, &packet, (index, codec), extensions, true),
            None => Arrival::Useless,
        }
    }

    /// The timestamp of a packet of one source on the clock of another, if the sender has told how its clocks relate.
    #[must_use]
    pub fn align(&self, from: SourceKey, to: SourceKey, timestamp: u32) -> Option<u32> {
        if from == to {
            return Some(timestamp);
        }
        let reference = self.encoding(to)?.sender_clock()?;
        let clock = self.encoding(from)?.sender_clock()?;
        let rate = i64::from(self.codecs.first()?.clock_rate);

        let apart = reference.ntp.wrapping_sub(clock.ntp) as i64;
        let ticks = (i128::from(apart) * i128::from(rate)) >> 32;
        let since = timestamp.wrapping_sub(clock.rtp);
        Some(reference.rtp.wrapping_add(since).wrapping_sub(ticks as u32))
    }

    /// The sender's wall clock and the media clock of a source at this moment.
    #[must_use]
    pub fn clocks(&self, source: SourceKey, now: Instant) -> Option<(u64, u32)> {
        let clock = self.encoding(source)?.sender_clock()?;
        let elapsed = now.saturating_duration_since(clock.at);
        let ntp = ((elapsed.as_nanos() << 32) / 1_000_000_000) as u64;
        let ticks = media_ticks(elapsed, self.codecs.first()?.clock_rate);
        Some((clock.ntp.wrapping_add(ntp), clock.rtp.wrapping_add(ticks)))
    }

    /// An encoding, unless it has started over since.
    #[must_use]
    pub fn encoding(&self, source: SourceKey) -> Option<&Encoding> {
        let encoding = self.encodings.get(usize::from(source.encoding))?;
        (encoding.source() == source).then_some(encoding)
    }

    /// Whether it sent once and has not for long, although nobody muted it here.
    #[must_use]
    pub fn has_gone_quiet(&self, now: Instant) -> bool {
        let recent = self.encodings.iter().any(|encoding| encoding.is_live(now, QUIET));
        self.started && !self.muted && !recent
    }

    /// Whether an encoding sends at present. Screens may rest for seconds.
    #[must_use]
    pub fn is_live(&self, encoding: u8, now: Instant) -> bool {
        let encoding = self.encodings.get(usize::from(encoding));
        encoding.is_some_and(|encoding| encoding.is_live(now, self.live_within()))
    }

    /// What has been silent for longer is not sent at present.
    #[must_use]
    pub fn live_within(&self) -> Duration {
        if self.screen { 3 * LIVE } else { LIVE }
    }
}

/// The packet inside a retransmission (RFC 4588 §4): its sequence number stands before its payload.
fn original<'a>(
    packet: &rtp::Packet<'a>,
    payload_type: PayloadType,
    ssrc: Option<Ssrc>,
) -> Option<rtp::Packet<'a>> {
    let (sequence, payload) = packet.payload.split_first_chunk::<2>()?;
    // Empty ones are padding that probes the path.
    (!payload.is_empty()).then_some(rtp::Packet {
        payload_type,
        sequence: u16::from_be_bytes(*sequence),
        ssrc: ssrc?,
        payload,
        ..*packet
    })
}

/// An encoding that has been silent for so long is not sent at present.
const LIVE: Duration = Duration::from_millis(1_200);

/// A source that has been silent for so long shows nothing that is worth looking at.
const QUIET: Duration = Duration::from_secs(5);

/// More codecs than any browser offers in a section.
pub const MAX_CODECS: usize = 32;
const MAX_ENCODINGS: usize = 4;

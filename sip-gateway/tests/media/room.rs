//! A room of the real SFU, with browsers that are lines of our own process: a tone, an ear.

use std::collections::HashMap;

use sfu::direct::Direct;
use sfu::id::{Mid, PayloadType, PeerId, Ssrc, UpTrackId};
use sfu::io::{
    Codec, Command, DownTrackParams, EncodingParams, Event, Extension, ExtensionMap, LayerWish, MediaKind,
    Mime, UpTrackParams,
};
use sfu::{Conference, Sfu, SfuConfig};
use sip_gateway::media::{EarTrack, MediaEngine, SeatMedia, TableId};
use sip_gateway_proto::call::{LegId, MediaPlane};
use sip_gateway_proto::media::level::AudioLevel;
use sip_gateway_proto::media::rtp::{Header, extension, header_with_extension};
use tokio::sync::mpsc;

use crate::phone::{Phone, tone};

/// A room and its table.
pub(crate) struct Room {
    _sfu: Sfu,
    conference: Conference,
    _events: mpsc::Receiver<Event>,
    pub(crate) table: TableId,
    next: u32,
    ears: Option<PeerId>,
    tracks: Vec<EarTrack>,
    seats: HashMap<LegId, UpTrackId>,
}

/// A browser: what it says, and what it hears of each track.
pub(crate) struct Browser {
    direct: Direct,
    encoder: opus::Encoder,
    header: Header,
    /// By the SSRC under which it hears them.
    hears: HashMap<u32, Stream>,
}

/// What came of one track.
pub(crate) struct Stream {
    decoder: opus::Decoder,
    pub(crate) sound: Vec<i16>,
    pub(crate) levels: Vec<u8>,
    pub(crate) headers: Vec<Header>,
}

impl Room {
    pub(crate) fn new(table: u64) -> Self {
        let sfu = Sfu::start(&SfuConfig::default()).expect("an SFU");
        let (conference, events) = sfu.open_conference().expect("a conference");
        Self {
            _sfu: sfu,
            conference,
            _events: events,
            table: TableId(table),
            next: 100,
            ears: None,
            tracks: Vec::new(),
            seats: HashMap::new(),
        }
    }

    /// Lets the phone of a leg sit down, at a seat whose leg is named.
    pub(crate) fn seat(&mut self, engine: &mut MediaEngine, phone: &Phone, seat: u64) {
        let leg = LegId(seat);
        engine.seat(leg);
        engine.bridge(phone.leg, leg);
        self.let_in(engine, leg);
    }

    /// The room lets a seat in.
    pub(crate) fn let_in(&mut self, engine: &mut MediaEngine, leg: LegId) {
        let (direct, ssrc) = self.publisher();
        self.seats.insert(leg, UpTrackId(u64::from(ssrc)));
        let voice = SeatMedia { direct, ssrc, payload_type: OPUS, audio_level_extension: Some(LEVEL) };
        engine.take_seat(leg, self.table, voice);
    }

    /// A browser that publishes a microphone, which the table's ears hear.
    pub(crate) fn browser(&mut self, engine: &mut MediaEngine) -> Browser {
        let (direct, ssrc) = self.publisher();
        let ears = match self.ears {
            Some(ears) => ears,
            None => {
                let ears = self.conference.join_direct(self.conference.new_peer_id()).expect("ears");
                let peer = ears.peer();
                engine.open_table(self.table, ears);
                *self.ears.insert(peer)
            }
        };
        let heard_as = self.subscribe(ears, UpTrackId(u64::from(ssrc)));
        self.tracks.push(EarTrack {
            ssrc: heard_as,
            payload_type: OPUS,
            redundant: None,
            audio_level_extension: Some(LEVEL),
        });
        engine.table_tracks(self.table, self.tracks.clone());
        let encoder =
            opus::Encoder::new(48_000, opus::Channels::Mono, opus::Application::Voip).expect("Opus");
        let header = Header { marker: false, payload_type: OPUS, sequence: 9, timestamp: 5_000, ssrc };
        Browser { direct, encoder, header, hears: HashMap::new() }
    }

    /// Lets a browser hear a seat.
    pub(crate) fn hear_seat(&mut self, browser: &mut Browser, seat: u64) -> u32 {
        let ssrc = self.subscribe(browser.direct.peer(), self.seats[&LegId(seat)]);
        let decoder = opus::Decoder::new(48_000, opus::Channels::Mono).expect("Opus");
        let stream = Stream { decoder, sound: Vec::new(), levels: Vec::new(), headers: Vec::new() };
        browser.hears.insert(ssrc, stream);
        ssrc
    }

    fn publisher(&mut self) -> (Direct, u32) {
        let direct = self.conference.join_direct(self.conference.new_peer_id()).expect("a peer");
        let ssrc = self.number();
        let encoding =
            EncodingParams { rid: None, ssrc: Some(Ssrc(ssrc)), rtx_ssrc: None, width: 0, height: 0 };
        let track = UpTrackParams {
            id: UpTrackId(u64::from(ssrc)),
            kind: MediaKind::Audio,
            mid: mid(),
            codecs: vec![codec()],
            extensions: extensions(),
            encodings: vec![encoding],
            screen: false,
            always_heard: false,
        };
        let publish = Command::Publish { peer: direct.peer(), track: Box::new(track) };
        self.conference.command(publish).expect("taken");
        (direct, ssrc)
    }

    fn subscribe(&mut self, peer: PeerId, source: UpTrackId) -> u32 {
        let (ssrc, rtx_ssrc) = (self.number(), self.number());
        let track = DownTrackParams {
            id: self.conference.new_down_track_id(),
            source,
            mid: mid(),
            codecs: vec![codec()],
            extensions: extensions(),
            ssrc: Ssrc(ssrc),
            rtx_ssrc: Ssrc(rtx_ssrc),
            wish: LayerWish::default(),
        };
        self.conference.command(Command::Subscribe { peer, track: Box::new(track) }).expect("taken");
        ssrc
    }

    fn number(&mut self) -> u32 {
        self.next += 1;
        self.next
    }
}

impl Browser {
    /// Says 20 ms.
    pub(crate) fn say(&mut self, frame: &[i16]) {
        let mut payload = [0; 1_000];
        let len = self.encoder.encode(frame, &mut payload).expect("encodes");
        let level = AudioLevel::of(frame).to_extension(true);
        let header = header_with_extension(self.header, LEVEL, level);
        self.direct.send(&[&header[..], &payload[..len]].concat()).expect("taken");
        self.header.sequence += 1;
        self.header.timestamp += 960;
    }

    /// Says the beat of a tone.
    pub(crate) fn say_tone(&mut self, frequency: f64, level: f64, beat: usize) {
        let sound = tone(48_000, frequency, level, 4_800 + 960);
        // All tones of tests repeat within a tenth of a second.
        let start = beat * 960 % 4_800;
        self.say(&sound[start..start + 960]);
    }

    /// Hears what has come.
    pub(crate) fn hear(&mut self) {
        while let Some(packet) = self.direct.try_recv() {
            let Some((header, payload)) = Header::parse(&packet) else { continue };
            let Some(stream) = self.hears.get_mut(&header.ssrc) else { continue };
            let mut samples = [0; 5_760];
            let len = stream.decoder.decode(&packet[payload], &mut samples, false).expect("Opus");
            stream.sound.extend_from_slice(&samples[..len]);
            stream.levels.extend(extension(&packet, LEVEL).map(|value| value[0] & 0x7F));
            stream.headers.push(header);
        }
    }

    pub(crate) fn stream(&self, ssrc: u32) -> &Stream {
        &self.hears[&ssrc]
    }
}

fn mid() -> Mid {
    Mid::new("0").expect("short")
}

fn codec() -> Codec {
    Codec { payload_type: PayloadType(OPUS), rtx: None, mime: Mime::Opus, clock_rate: 48_000, nack: false }
}

fn extensions() -> ExtensionMap {
    let mut extensions = ExtensionMap::default();
    extensions.insert(Extension::AudioLevel, LEVEL);
    extensions
}

const OPUS: u8 = 111;
const LEVEL: u8 = 4;

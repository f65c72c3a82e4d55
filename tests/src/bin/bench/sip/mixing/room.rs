//! The room of a meeting, in an SFU of our own process, with one browser in it.

use anyhow::{Context, Result};
use sfu::direct::Direct;
use sfu::id::{Mid, PayloadType, Ssrc, UpTrackId};
use sfu::io::{
    Codec, Command, DownTrackParams, EncodingParams, Event, Extension, ExtensionMap, LayerWish, MediaKind,
    Mime, UpTrackParams,
};
use sfu::{Conference, Sfu, SfuConfig};
use sip_gateway::media::{EarTrack, MediaEngine, SeatMedia, TableId};
use sip_gateway_proto::call::{LegId, MediaPlane};
use sip_gateway_proto::media::rtp::{Header, header_with_extension};
use tokio::sync::mpsc;

const TABLE: TableId = TableId(1);
const OPUS: u8 = 111;
const LEVEL: u8 = 1;
/// The legs of seats are beyond those of phones.
const SEATS: u64 = 1_000_000;

/// A room.
pub(super) struct Room {
    _sfu: Sfu,
    conference: Conference,
    _events: mpsc::Receiver<Event>,
    browser: Direct,
    header: Header,
    /// What the browser says.
    payload: Vec<u8>,
    next: u32,
}

impl Room {
    /// A room with a browser that speaks, and a table that hears it.
    pub(super) fn new(engine: &mut MediaEngine) -> Result<Self> {
        let sfu = Sfu::start(&SfuConfig::default())?;
        let (conference, events) = sfu.open_conference()?;
        let ears = conference.join_direct(conference.new_peer_id())?;
        let (browser, ssrc) = publisher(&conference, 1)?;
        let heard_as = 2;
        let track = DownTrackParams {
            id: conference.new_down_track_id(),
            source: UpTrackId(u64::from(ssrc)),
            mid: mid()?,
            codecs: vec![codec()],
            extensions: extensions(),
            ssrc: Ssrc(heard_as),
            rtx_ssrc: Ssrc(3),
            wish: LayerWish::default(),
        };
        conference.command(Command::Subscribe { peer: ears.peer(), track: Box::new(track) })?;
        engine.open_table(TABLE, ears);
        let track = EarTrack {
            ssrc: heard_as,
            payload_type: OPUS,
            redundant: None,
            audio_level_extension: Some(LEVEL),
        };
        engine.table_tracks(TABLE, vec![track]);

        let mut encoder = opus::Encoder::new(48_000, opus::Channels::Mono, opus::Application::Voip)?;
        let sound: Vec<i16> = (0..960).map(|at: i16| (at % 160 - 80) * 60).collect();
        let payload = encoder.encode_vec(&sound, 400)?;
        let header = Header { payload_type: OPUS, ssrc, ..Header::default() };
        Ok(Self { _sfu: sfu, conference, _events: events, browser, header, payload, next: 10 })
    }

    /// Lets a phone sit down.
    pub(super) fn seat(&mut self, engine: &mut MediaEngine, phone: LegId) -> Result<()> {
        let seat = LegId(SEATS + phone.0);
        engine.seat(seat);
        engine.bridge(phone, seat);
        self.next += 1;
        let (direct, ssrc) = publisher(&self.conference, self.next)?;
        let voice = SeatMedia { direct, ssrc, payload_type: OPUS, audio_level_extension: Some(LEVEL) };
        engine.take_seat(seat, TABLE, voice);
        Ok(())
    }

    /// Lets the browser say 20 ms.
    pub(super) fn say(&mut self) -> Result<()> {
        let header = header_with_extension(self.header, LEVEL, BROWSER_LEVEL);
        self.browser.send(&[&header[..], &self.payload].concat())?;
        self.header.sequence = self.header.sequence.wrapping_add(1);
        self.header.timestamp = self.header.timestamp.wrapping_add(960);
        Ok(())
    }
}

fn publisher(conference: &Conference, ssrc: u32) -> Result<(Direct, u32)> {
    let direct = conference.join_direct(conference.new_peer_id())?;
    let encoding = EncodingParams { rid: None, ssrc: Some(Ssrc(ssrc)), rtx_ssrc: None, width: 0, height: 0 };
    let track = UpTrackParams {
        id: UpTrackId(u64::from(ssrc)),
        kind: MediaKind::Audio,
        mid: mid()?,
        codecs: vec![codec()],
        extensions: extensions(),
        encodings: vec![encoding],
        screen: false,
        always_heard: false,
    };
    conference.command(Command::Publish { peer: direct.peer(), track: Box::new(track) })?;
    Ok((direct, ssrc))
}

fn mid() -> Result<Mid> {
    Mid::new("0").context("a short name")
}

fn codec() -> Codec {
    Codec { payload_type: PayloadType(OPUS), rtx: None, mime: Mime::Opus, clock_rate: 48_000, nack: false }
}

fn extensions() -> ExtensionMap {
    let mut extensions = ExtensionMap::default();
    extensions.insert(Extension::AudioLevel, LEVEL);
    extensions
}

/// Voice, 25 dB below overload.
const BROWSER_LEVEL: u8 = 0x80 | 25;

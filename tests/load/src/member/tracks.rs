//! What a participant publishes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result};
use livekit_protocol as proto;
use signaling_proto::sdp::{Extension, Mime, Section};

use super::Shared;
use super::peer::Peer;
use crate::case::{Case, Encoding, Part, VideoCodec};
use crate::connection::{EncodingSource, ExtensionIds, Sender, Source};
use crate::media::clip::Clip;
use crate::sdp::SentMedia;

/// The pictures of a run, made once for all cameras.
pub struct Clips(HashMap<(VideoCodec, &'static str), Arc<Clip>>);

impl Clips {
    /// Makes what the cameras of a case show.
    #[must_use]
    pub fn new(case: &Case) -> Self {
        let codecs = (0..case.video_publishers.min(2)).map(|publisher| case.codec(publisher));
        let clips = codecs.flat_map(|codec| {
            case.encodings().iter().map(move |&Encoding { rid, width, height, bitrate }| {
                ((codec, rid), Arc::new(Clip::new(codec, width, height, bitrate)))
            })
        });
        Self(clips.collect())
    }
}

/// A participant's own tracks.
pub(super) struct Tracks {
    list: Vec<Track>,
    encodings: &'static [Encoding],
    part: Part,
}

#[derive(Debug, Clone, Copy)]
struct Track {
    cid: &'static str,
    video: Option<VideoCodec>,
    published: bool,
}

impl Tracks {
    pub(super) fn new(case: &Case, part: Part) -> Self {
        let mut list = Vec::new();
        if let Part::Publisher { number, audio, video } = part {
            let microphone = Track { cid: MICROPHONE, video: None, published: false };
            let camera = Track { cid: CAMERA, video: Some(case.codec(number)), published: false };
            list.extend(audio.then_some(microphone));
            list.extend(video.then_some(camera));
        }
        Self { list, encodings: case.encodings(), part }
    }

    /// How they are announced.
    pub(super) fn requests(&self, shared: &Shared) -> Vec<proto::AddTrackRequest> {
        self.list.iter().map(|track| self.request(track, &shared.case)).collect()
    }

    /// The server knows a track; whether it knows all of them now.
    pub(super) fn note_published(&mut self, cid: &str) -> bool {
        let Some(track) = self.list.iter_mut().find(|track| track.cid == cid && !track.published) else {
            return false;
        };
        track.published = true;
        self.list.iter().all(|track| track.published)
    }

    /// Gives each a section.
    pub(super) fn add_to(&self, peer: &mut Peer) {
        for track in &self.list {
            let count = if track.video.is_some() { self.encodings.len() } else { 1 };
            let encodings = self.encodings[..count]
                .iter()
                .map(|encoding| (encoding.rid, rand::random::<u32>().max(1), rand::random::<u32>().max(1)));
            let media = SentMedia { cid: "", video: track.video, encodings: encodings.collect() };
            peer.add_sent(track.cid, media);
        }
    }

    /// Begins to send one as its section was answered.
    pub(super) fn sender(
        &self,
        now: Instant,
        cid: &str,
        media: &SentMedia<'_>,
        section: &Section,
        shared: &Shared,
    ) -> Result<Sender> {
        let wanted = match media.video {
            None => Mime::Opus,
            Some(VideoCodec::Vp8) => Mime::Vp8,
            Some(VideoCodec::H264) => Mime::H264,
        };
        let codec = section.codecs.iter().find(|codec| codec.mime == wanted);
        let codec = codec.with_context(|| format!("the server does not take {wanted:?}"))?;
        let id = |extension| section.extensions.get(&extension).copied();
        let ids = ExtensionIds {
            mid: id(Extension::Mid),
            rid: id(Extension::Rid),
            repaired_rid: id(Extension::RepairedRid),
            transport_cc: id(Extension::TransportCc),
            abs_send_time: id(Extension::AbsSendTime),
            audio_level: id(Extension::AudioLevel),
        };
        let simulcast = media.encodings.len() > 1;
        let encodings = media.encodings.iter().map(|&(rid, ssrc, rtx_ssrc)| EncodingSource {
            rid: simulcast.then_some(rid),
            ssrc,
            rtx_ssrc,
            clip: media.video.and_then(|codec| shared.clips.0.get(&(codec, rid)).cloned()),
        });
        let source = if cid == CAMERA { Source::Camera } else { self.microphone(shared) };
        let types = (codec.payload_type, codec.rtx);
        Ok(Sender::new(now, source, &section.mid, types, ids, encodings.collect()))
    }

    fn microphone(&self, shared: &Shared) -> Source {
        let case = &shared.case;
        let turn = match self.part {
            Part::Publisher { number, .. } if case.simulate_speakers => Some((number, case.audio_publishers)),
            _ => None,
        };
        Source::Microphone { turn, since: shared.begun }
    }

    fn request(&self, track: &Track, case: &Case) -> proto::AddTrackRequest {
        let Some(codec) = track.video else {
            return proto::AddTrackRequest {
                cid: track.cid.to_owned(),
                name: "audio".to_owned(),
                r#type: proto::TrackType::Audio.into(),
                source: proto::TrackSource::Microphone.into(),
                disable_red: true,
                ..Default::default()
            };
        };
        let largest = self.encodings.last();
        let single = self.encodings.len() == 1;
        let layers: Vec<_> = self.encodings.iter().map(|encoding| layer(encoding, single)).collect();
        let mime = if codec == VideoCodec::Vp8 { "vp8" } else { "h264" };
        proto::AddTrackRequest {
            cid: track.cid.to_owned(),
            name: if case.simulcast { "video-simulcast" } else { "video" }.to_owned(),
            r#type: proto::TrackType::Video.into(),
            source: proto::TrackSource::Camera.into(),
            width: largest.map_or(0, |encoding| encoding.width.into()),
            height: largest.map_or(0, |encoding| encoding.height.into()),
            simulcast_codecs: vec![proto::SimulcastCodec {
                codec: mime.to_owned(),
                cid: track.cid.to_owned(),
                layers: layers.clone(),
                ..Default::default()
            }],
            layers,
            ..Default::default()
        }
    }
}

fn layer(encoding: &Encoding, single: bool) -> proto::VideoLayer {
    let quality = match encoding.rid {
        _ if single => proto::VideoQuality::High,
        "q" => proto::VideoQuality::Low,
        "h" => proto::VideoQuality::Medium,
        _ => proto::VideoQuality::High,
    };
    proto::VideoLayer {
        quality: quality.into(),
        width: encoding.width.into(),
        height: encoding.height.into(),
        bitrate: encoding.bitrate,
        rid: if single { String::new() } else { encoding.rid.to_owned() },
        ..Default::default()
    }
}

const MICROPHONE: &str = "load-microphone";
const CAMERA: &str = "load-camera";

//! A published source, from the wish to publish it until its end.

use livekit_protocol::{self as proto, TrackType, VideoLayer, VideoQuality};

use super::Backup;
use crate::{
    dynacast::Dynacast,
    room::UpKey,
    sdp::{MediaKind, Mime, UpMedia, UpOptions},
};

#[derive(Debug)]
pub(crate) struct Track {
    pub(crate) info: proto::TrackInfo,
    /// The client's name of it, by which it is found in an offer.
    pub(crate) cid: String,
    /// Its name in offers, where that is another: Firefox makes one up.
    pub(crate) sdp_cid: Option<String>,
    pub(crate) options: UpOptions,
    pub(crate) stage: Stage,
    pub(crate) dynacast: Dynacast,
    /// The same picture in a second codec, if its publisher has announced one.
    pub(crate) backup: Option<Box<Backup>>,
    /// Whether its publisher knows that somebody receives it.
    pub(crate) subscriber_told: bool,
}

/// How far a track has come.
#[derive(Debug)]
pub(crate) enum Stage {
    /// Asked for; no offer has it yet.
    Pending,
    /// The media engine waits for its first packet.
    Negotiated { up: UpKey, media: Box<UpMedia> },
    /// Others know of it.
    Live { up: UpKey, media: Box<UpMedia> },
}

impl Track {
    /// A track as its publisher asked for it.
    pub(crate) fn new(
        sid: String,
        request: &proto::AddTrackRequest,
        options: UpOptions,
        version: proto::TimedVersion,
    ) -> Self {
        let mut layers = request.layers.clone();
        name_layers(&mut layers);
        let kind =
            if request.r#type == TrackType::Video as i32 { MediaKind::Video } else { MediaKind::Audio };

        let codecs = request
            .simulcast_codecs
            .iter()
            .map(|codec| proto::SimulcastCodecInfo {
                mime_type: mime_type(kind, &codec.codec),
                cid: codec.cid.clone(),
                layers: if codec.layers.is_empty() {
                    layers.clone()
                } else {
                    let mut layers = codec.layers.clone();
                    name_layers(&mut layers);
                    layers
                },
                video_layer_mode: codec.video_layer_mode,
                ..Default::default()
            })
            .collect::<Vec<_>>();

        let encrypted = request.encryption != proto::encryption::Type::None as i32;
        let first = codecs.first().and_then(|codec| mime_of(&codec.mime_type));
        let second = codecs.get(1).filter(|_| kind == MediaKind::Video && !encrypted);
        let backup = second.and_then(|codec| {
            let mime = mime_of(&codec.mime_type).filter(|&mime| Some(mime) != first)?;
            Some(Box::new(Backup::declared(mime, codec.cid.clone())))
        });

        #[allow(deprecated)] // old clients read them
        let info = proto::TrackInfo {
            sid,
            r#type: request.r#type,
            name: request.name.clone(),
            muted: request.muted,
            width: request.width,
            height: request.height,
            simulcast: layers.len() > 1,
            disable_dtx: request.disable_dtx,
            source: request.source,
            mime_type: codecs.first().map(|codec| codec.mime_type.clone()).unwrap_or_default(),
            layers,
            codecs,
            stereo: request.stereo,
            disable_red: request.disable_red,
            encryption: request.encryption,
            stream: request.stream.clone(),
            version: Some(version),
            audio_features: request.audio_features.clone(),
            backup_codec_policy: request.backup_codec_policy,
            packet_trailer_features: Vec::new(),
            ..Default::default()
        };

        Self {
            info,
            cid: request.cid.clone(),
            sdp_cid: None,
            options,
            stage: Stage::Pending,
            dynacast: Dynacast::default(),
            backup,
            subscriber_told: false,
        }
    }

    pub(crate) fn is_live(&self) -> bool {
        matches!(self.stage, Stage::Live { .. })
    }

    pub(crate) fn is_pending(&self) -> bool {
        matches!(self.stage, Stage::Pending)
    }

    pub(crate) fn kind(&self) -> MediaKind {
        if self.info.r#type == TrackType::Video as i32 { MediaKind::Video } else { MediaKind::Audio }
    }

    pub(crate) fn up(&self) -> Option<UpKey> {
        self.stage.up()
    }

    /// Whether packets of an up track are in its second codec.
    pub(crate) fn is_backup(&self, up: UpKey) -> bool {
        self.backup.as_ref().is_some_and(|backup| backup.stage.up() == Some(up))
    }

    /// What the media engine knows of it, in all its codecs.
    pub(crate) fn ups(&self) -> impl Iterator<Item = UpKey> {
        self.up().into_iter().chain(self.backup.as_ref().and_then(|backup| backup.stage.up()))
    }

    pub(crate) fn media(&self) -> Option<&UpMedia> {
        self.stage.media()
    }

    /// The section of its second codec.
    pub(crate) fn backup_mid(&self) -> Option<&str> {
        self.backup.as_ref()?.stage.media().map(|media| media.mid.as_str())
    }

    pub(crate) fn mid(&self) -> Option<&str> {
        self.media().map(|media| media.mid.as_str())
    }

    /// Whether an offer's track is this one.
    pub(crate) fn answers_to(&self, cid: &str) -> bool {
        self.cid == cid
            || self.sdp_cid.as_deref() == Some(cid)
            || self.info.codecs.first().is_some_and(|codec| codec.cid == cid)
    }

    /// Lets others know of it from now on.
    pub(crate) fn go_live(&mut self) {
        self.stage.go_live();
    }

    /// Remembers the codec that its packets carry.
    pub(crate) fn set_mime(&mut self, mime: Mime) {
        let name = mime_name(mime);
        self.info.mime_type = name.to_owned();
        let mid = self.info.mid.clone();
        match self.info.codecs.first_mut() {
            Some(codec) => {
                codec.mime_type = name.to_owned();
                codec.mid = mid;
            }
            None => self.info.codecs.push(proto::SimulcastCodecInfo {
                mime_type: name.to_owned(),
                mid,
                cid: self.cid.clone(),
                #[allow(deprecated)] // the one list that older clients fill
                layers: self.info.layers.clone(),
                ..Default::default()
            }),
        }
    }

    /// Announced layers, lowest quality first.
    pub(crate) fn layers(&self) -> Vec<&VideoLayer> {
        #[allow(deprecated)]
        let mut layers: Vec<_> = self.info.layers.iter().collect();
        layers.sort_by_key(|layer| (layer.quality, layer.width));
        layers
    }

    /// Width and height of each encoding of its media, zero where unknown.
    pub(crate) fn encoding_sizes(&self, media: &UpMedia) -> Vec<(u32, u32)> {
        let layers = self.layers();
        let by_rid = |rid: &str| layers.iter().find(|layer| layer.rid == rid).copied();

        media
            .encodings
            .iter()
            .enumerate()
            .map(|(index, encoding)| {
                let named = encoding.rid.as_deref().and_then(by_rid);
                let positioned = layers.get(index).copied();
                let only = (media.encodings.len() == 1).then(|| layers.last().copied()).flatten();
                named
                    .or(only)
                    .or(positioned)
                    .map_or((self.info.width, self.info.height), |layer| (layer.width, layer.height))
            })
            .collect()
    }

    /// Lower-case name of the codec as subscribers' qualities name it.
    pub(crate) fn codec_name(&self) -> String {
        codec_name(&self.info.mime_type)
    }
}

impl Stage {
    pub(crate) fn up(&self) -> Option<UpKey> {
        match self {
            Self::Pending => None,
            Self::Negotiated { up, .. } | Self::Live { up, .. } => Some(*up),
        }
    }

    pub(crate) fn media(&self) -> Option<&UpMedia> {
        match self {
            Self::Pending => None,
            Self::Negotiated { media, .. } | Self::Live { media, .. } => Some(media),
        }
    }

    /// Its first packet has come.
    pub(crate) fn go_live(&mut self) {
        *self = match std::mem::replace(self, Self::Pending) {
            Self::Negotiated { up, media } | Self::Live { up, media } => Self::Live { up, media },
            Self::Pending => Self::Pending,
        };
    }
}

/// The lower-case name that qualities have for the codec of a media type.
pub(crate) fn codec_name(mime_type: &str) -> String {
    mime_type.split_once('/').map_or(mime_type, |(_, codec)| codec).to_ascii_lowercase()
}

/// The name of a codec as track descriptions carry it.
pub(crate) fn mime_name(mime: Mime) -> &'static str {
    match mime {
        Mime::Opus => "audio/opus",
        Mime::Red => "audio/red",
        Mime::Vp8 => "video/VP8",
        Mime::Vp9 => "video/VP9",
        Mime::H264 => "video/H264",
        Mime::H265 => "video/H265",
        Mime::Av1 => "video/AV1",
    }
}

/// The codec behind a name such as `vp8`.
pub(crate) fn mime_of(codec: &str) -> Option<Mime> {
    let name = codec.rsplit('/').next().unwrap_or(codec);
    match name.to_ascii_lowercase().as_str() {
        "opus" => Some(Mime::Opus),
        "red" => Some(Mime::Red),
        "vp8" => Some(Mime::Vp8),
        "vp9" => Some(Mime::Vp9),
        "h264" => Some(Mime::H264),
        "h265" => Some(Mime::H265),
        "av1" => Some(Mime::Av1),
        _ => None,
    }
}

fn mime_type(kind: MediaKind, codec: &str) -> String {
    match mime_of(codec) {
        Some(mime) => mime_name(mime).to_owned(),
        None if codec.is_empty() => String::new(),
        None if kind == MediaKind::Video => format!("video/{codec}"),
        None => format!("audio/{codec}"),
    }
}

/// Gives layers the RIDs that clients use, where they named none.
fn name_layers(layers: &mut [VideoLayer]) {
    for layer in layers {
        if layer.rid.is_empty() {
            layer.rid = match layer.quality() {
                VideoQuality::Low => "q",
                VideoQuality::Medium => "h",
                VideoQuality::High => "f",
                VideoQuality::Off => "",
            }
            .to_owned();
        }
    }
}

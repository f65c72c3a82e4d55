//! What one participant receives of another's track: may it, does it want to, and in which size.

use livekit_protocol::{self as proto, VideoQuality};

use crate::{
    participant::Track,
    room::{DownKey, LayerWish},
    sdp::{MediaKind, UpMedia},
};

/// One participant's subscription to one track.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub(crate) down: DownKey,
    pub(crate) ssrc: u32,
    pub(crate) rtx_ssrc: u32,
    pub(crate) slot: Slot,
    pub(crate) wish: LayerWish,
    /// Whether it is served by the track's second codec.
    pub(crate) backup: bool,
    /// Whether congestion withholds it.
    pub(crate) paused: bool,
}

/// Where a subscription's media goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Slot {
    /// No media section yet.
    Waiting,
    /// A section was chosen; the next description will say so.
    Chosen { mid: String },
    /// The media engine forwards.
    Flowing { mid: String },
    /// The subscriber decodes none of the publisher's codecs.
    Refused,
}

impl Slot {
    pub(crate) fn mid(&self) -> Option<&str> {
        match self {
            Self::Chosen { mid } | Self::Flowing { mid } => Some(mid),
            Self::Waiting | Self::Refused => None,
        }
    }

    pub(crate) fn is_flowing(&self) -> bool {
        matches!(self, Self::Flowing { .. })
    }
}

/// What a subscriber said about how it shows a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct TrackSettings {
    pub(crate) disabled: bool,
    pub(crate) quality: i32,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) fps: u32,
    pub(crate) priority: u32,
}

impl From<&proto::UpdateTrackSettings> for TrackSettings {
    fn from(update: &proto::UpdateTrackSettings) -> Self {
        Self {
            disabled: update.disabled,
            quality: update.quality,
            width: update.width,
            height: update.height,
            fps: update.fps,
            priority: update.priority,
        }
    }
}

/// The quality that a subscriber needs of a track; `None` is no picture at all.
///
/// Before the first word about its size, a client that will speak of sizes gets the lowest: not none, since a publisher
/// that sends only what is wanted and a subscriber that waits for a picture would wait for each other.
pub(crate) fn wanted_quality(
    track: &Track,
    settings: Option<TrackSettings>,
    adaptive_stream: bool,
) -> Option<VideoQuality> {
    let Some(settings) = settings else {
        return Some(match adaptive_stream {
            true => VideoQuality::Low,
            false => VideoQuality::High,
        });
    };
    if settings.disabled {
        return None;
    }
    if settings.width == 0 || settings.height == 0 {
        return match VideoQuality::try_from(settings.quality) {
            Ok(VideoQuality::Off) => None,
            Ok(quality) => Some(quality),
            Err(_) => Some(VideoQuality::High),
        };
    }

    let fits = |layer: &&&proto::VideoLayer| layer.width >= settings.width && layer.height >= settings.height;
    let layers = track.layers();
    let smallest = layers.iter().find(fits).or(layers.last());
    Some(smallest.map_or(VideoQuality::High, |layer| layer.quality()))
}

/// The wish that the media engine is told, of a track's first or second codec.
pub(crate) fn layer_wish(
    track: &Track,
    backup: bool,
    settings: Option<TrackSettings>,
    adaptive_stream: bool,
) -> LayerWish {
    let enabled = LayerWish {
        enabled: true,
        encoding: u8::MAX,
        fps: settings.map_or(0, |settings| u8::try_from(settings.fps).unwrap_or(u8::MAX)),
        priority: settings.map_or(0, |settings| u8::try_from(settings.priority).unwrap_or(u8::MAX)),
    };
    if track.kind() == MediaKind::Audio {
        return LayerWish { enabled: !settings.is_some_and(|settings| settings.disabled), ..enabled };
    }

    match wanted_quality(track, settings, adaptive_stream) {
        None => LayerWish { enabled: false, ..enabled },
        Some(quality) => {
            let second = track.backup.as_ref().and_then(|second| second.stage.media());
            let media = if backup { second } else { track.media() };
            LayerWish { encoding: encoding_of(track, media, quality), ..enabled }
        }
    }
}

/// The encoding that carries a quality, or the spatial layer if all are in one: they are listed lowest first.
fn encoding_of(track: &Track, media: Option<&UpMedia>, quality: VideoQuality) -> u8 {
    let encodings = media.map_or(1, |media| media.encodings.len());
    let layers = track.layers();
    let index = layers
        .iter()
        .rposition(|layer| layer.quality <= quality as i32)
        .unwrap_or(if layers.is_empty() { quality as usize } else { 0 });

    let index = if encodings > 1 { index.min(encodings - 1) } else { index };
    u8::try_from(index).unwrap_or(u8::MAX)
}

/// Who may subscribe to a publisher's tracks, as the publisher itself decides.
#[derive(Debug, Clone)]
pub(crate) struct SubscriptionRules {
    all_participants: bool,
    rules: Vec<proto::TrackPermission>,
}

impl Default for SubscriptionRules {
    fn default() -> Self {
        Self { all_participants: true, rules: Vec::new() }
    }
}

impl SubscriptionRules {
    pub(crate) fn new(permission: proto::SubscriptionPermission) -> Self {
        Self { all_participants: permission.all_participants, rules: permission.track_permissions }
    }

    /// Whether a participant may receive a track.
    pub(crate) fn allow(&self, sid: &str, identity: &str, track: &str) -> bool {
        if self.all_participants {
            return true;
        }

        self.rules
            .iter()
            .filter(|rule| {
                // The identity outlives a reconnection, so it decides where both are given.
                match rule.participant_identity.is_empty() {
                    true => !sid.is_empty() && rule.participant_sid == sid,
                    false => rule.participant_identity == identity,
                }
            })
            .any(|rule| rule.all_tracks || rule.track_sids.iter().any(|allowed| allowed == track))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_tells_sizes_begins_with_the_lowest_layer_and_others_with_the_highest() {
        let camera = camera();

        assert_eq!(wanted_quality(&camera, None, true), Some(VideoQuality::Low));
        assert_eq!(wanted_quality(&camera, None, false), Some(VideoQuality::High));
    }

    #[test]
    fn the_smallest_layer_that_fills_the_tile_is_chosen() {
        let tile = |width, height| {
            wanted_quality(&camera(), Some(TrackSettings { width, height, ..Default::default() }), true)
        };

        assert_eq!(tile(300, 170), Some(VideoQuality::Low));
        assert_eq!(tile(321, 170), Some(VideoQuality::Medium));
        assert_eq!(tile(4000, 3000), Some(VideoQuality::High));
    }

    #[test]
    fn a_hidden_tile_wants_no_picture() {
        let hidden = TrackSettings { disabled: true, ..Default::default() };

        assert_eq!(wanted_quality(&camera(), Some(hidden), true), None);
        assert!(!layer_wish(&camera(), false, Some(hidden), true).enabled);
    }

    #[test]
    fn rules_name_participants_by_identity_before_sid() {
        let rules = SubscriptionRules::new(proto::SubscriptionPermission {
            all_participants: false,
            track_permissions: vec![
                proto::TrackPermission {
                    participant_identity: "ada".into(),
                    all_tracks: true,
                    ..Default::default()
                },
                proto::TrackPermission {
                    participant_sid: "PA_bob".into(),
                    track_sids: vec!["TR_1".into()],
                    ..Default::default()
                },
            ],
        });

        assert!(rules.allow("PA_new", "ada", "TR_2"));
        assert!(rules.allow("PA_bob", "bob", "TR_1"));
        assert!(!rules.allow("PA_bob", "bob", "TR_2"));
        assert!(!rules.allow("PA_eve", "eve", "TR_1"));
    }

    fn camera() -> Track {
        let layer = |quality: VideoQuality, width, height| proto::VideoLayer {
            quality: quality as i32,
            width,
            height,
            ..Default::default()
        };
        Track::new(
            "TR_camera".into(),
            &proto::AddTrackRequest {
                r#type: proto::TrackType::Video as i32,
                layers: vec![
                    layer(VideoQuality::High, 1280, 720),
                    layer(VideoQuality::Low, 320, 180),
                    layer(VideoQuality::Medium, 640, 360),
                ],
                ..Default::default()
            },
            Default::default(),
            proto::TimedVersion::default(),
        )
    }
}

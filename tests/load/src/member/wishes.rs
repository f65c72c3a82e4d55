//! Which tracks a subscriber wants, and how large.

use std::collections::HashSet;

use livekit_protocol as proto;
use proto::signal_request;

use crate::case::{Case, Layout, Part};

/// What a subscriber has asked for so far.
pub(super) struct Wishes {
    subscribes: bool,
    layout: Layout,
    prefix: String,
    known: HashSet<String>,
    videos: usize,
}

impl Wishes {
    pub(super) fn new(case: &Case, part: Part) -> Self {
        Self {
            subscribes: matches!(part, Part::Subscriber { .. }),
            layout: case.layout,
            prefix: case.identity_prefix.clone(),
            known: HashSet::new(),
            videos: 0,
        }
    }

    /// Asks for what participants of this run publish, as far as it has room in the layout.
    pub(super) fn note_participants(
        &mut self,
        participants: &[proto::ParticipantInfo],
    ) -> Vec<signal_request::Message> {
        let mut requests = Vec::new();
        let ours = participants.iter().filter(|participant| participant.identity.starts_with(&self.prefix));
        for participant in ours.filter(|_| self.subscribes) {
            for track in &participant.tracks {
                if self.known.len() < MAX_TRACKS && self.known.insert(track.sid.clone()) {
                    let video = track.r#type() == proto::TrackType::Video;
                    if video && self.videos == self.layout.videos() {
                        continue;
                    }
                    requests.push(subscription(&participant.sid, &track.sid));
                    if video {
                        requests.push(setting(&track.sid, self.layout.size(self.videos)));
                        self.videos += 1;
                    }
                }
            }
        }
        requests
    }
}

fn subscription(participant: &str, track: &str) -> signal_request::Message {
    signal_request::Message::Subscription(proto::UpdateSubscription {
        track_sids: vec![track.to_owned()],
        subscribe: true,
        participant_tracks: vec![proto::ParticipantTracks {
            participant_sid: participant.to_owned(),
            track_sids: vec![track.to_owned()],
        }],
    })
}

fn setting(track: &str, (width, height): (u32, u32)) -> signal_request::Message {
    let quality = match width {
        0..=320 => proto::VideoQuality::Low,
        321..=640 => proto::VideoQuality::Medium,
        _ => proto::VideoQuality::High,
    };
    signal_request::Message::TrackSetting(proto::UpdateTrackSettings {
        track_sids: vec![track.to_owned()],
        quality: quality.into(),
        width,
        height,
        ..Default::default()
    })
}

/// More tracks than any run publishes.
const MAX_TRACKS: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::tests::case;

    #[test]
    fn a_subscriber_asks_for_as_many_videos_as_its_layout_holds_and_for_all_sound() {
        let mut wishes = Wishes::new(&case(), Part::Subscriber { number: 0 });
        let publishers: Vec<_> = (0..8).map(|number| publisher("load", number)).collect();

        let requests = wishes.note_participants(&publishers);

        let subscribed =
            requests.iter().filter(|request| matches!(request, signal_request::Message::Subscription(_)));
        assert_eq!(subscribed.count(), 8 + 6);
        let widths: Vec<u32> = requests
            .iter()
            .filter_map(|request| match request {
                signal_request::Message::TrackSetting(setting) => Some(setting.width),
                _ => None,
            })
            .collect();
        assert_eq!(widths, [1280, 320, 320, 320, 320, 320]);
        assert_eq!(wishes.note_participants(&publishers), [], "each is asked for once");
    }

    #[test]
    fn strangers_in_the_room_and_publishers_are_left_alone() {
        let mut subscriber = Wishes::new(&case(), Part::Subscriber { number: 0 });
        let part = Part::Publisher { number: 0, audio: true, video: true };
        let mut other = Wishes::new(&case(), part);

        assert_eq!(subscriber.note_participants(&[publisher("somebody", 1)]), []);
        assert_eq!(other.note_participants(&[publisher("load", 1)]), []);
    }

    fn publisher(prefix: &str, number: usize) -> proto::ParticipantInfo {
        let track = |kind: proto::TrackType| proto::TrackInfo {
            sid: format!("TR_{prefix}{number}{}", kind.as_str_name()),
            r#type: kind.into(),
            ..Default::default()
        };
        proto::ParticipantInfo {
            identity: format!("{prefix}_pub_{number}"),
            tracks: vec![track(proto::TrackType::Audio), track(proto::TrackType::Video)],
            ..Default::default()
        }
    }
}

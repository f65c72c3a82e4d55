//! What a run is: how many of whom, with which media, under the names that `lk load-test` gives these things.

use std::time::Duration;

use serde::Serialize;

/// The parameters of one run.
#[derive(Debug, Clone, Serialize)]
pub struct Case {
    /// The room that everybody goes into.
    pub room: String,
    /// What identities begin with.
    pub identity_prefix: String,
    /// Publishers of video.
    pub video_publishers: usize,
    /// Publishers of audio; the first of them are those of video.
    pub audio_publishers: usize,
    /// Subscribers.
    pub subscribers: usize,
    /// The largest encoding of a video.
    pub video_resolution: Resolution,
    /// The codec of videos; publishers take one and the other in turn if it is not said.
    pub video_codec: Option<VideoCodec>,
    /// Whether smaller encodings are sent as well.
    pub simulcast: bool,
    /// Which videos a subscriber sees, and how large.
    pub layout: Layout,
    /// Whether publishers of audio are loud in turn.
    pub simulate_speakers: bool,
    /// How long is measured.
    #[serde(serialize_with = "seconds")]
    pub duration: Duration,
    /// How many participants come in a second.
    pub num_per_second: f64,
    /// How the server is spoken to.
    pub protocol: Protocol,
    /// Every so many packets of a stream one is decrypted, authenticated and looked into.
    pub decrypt_every: u32,
    /// Whether subscribers ask for missing packets.
    pub nack: bool,
}

/// Which signalling: over one peer connection or over two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// `/rtc`: the server offers what is received, the client what is sent.
    V0,
    /// `/rtc/v1`: one connection, for which the client offers.
    V1,
}

/// The largest encoding of a video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Resolution {
    /// 320 × 180.
    Low,
    /// 640 × 360.
    Medium,
    /// 1280 × 720.
    High,
}

/// How videos are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum VideoCodec {
    /// VP8.
    Vp8,
    /// H.264, constrained baseline.
    H264,
}

/// Which videos a subscriber sees, and how large.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Layout {
    /// One large and five small.
    #[serde(rename = "speaker")]
    Speaker,
    /// Nine of medium size.
    #[serde(rename = "3x3")]
    Grid3x3,
    /// Sixteen small ones.
    #[serde(rename = "4x4")]
    Grid4x4,
    /// Twenty-five small ones.
    #[serde(rename = "5x5")]
    Grid5x5,
}

/// One encoding of a video.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding {
    /// Its name in simulcast.
    pub rid: &'static str,
    /// How wide it is.
    pub width: u16,
    /// How high it is.
    pub height: u16,
    /// Bits a second.
    pub bitrate: u32,
}

/// What one participant does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Sends.
    Publisher {
        /// Which of the publishers it is.
        number: usize,
        /// Whether it has a microphone.
        audio: bool,
        /// Whether it has a camera.
        video: bool,
    },
    /// Receives.
    Subscriber {
        /// Which of the subscribers it is.
        number: usize,
    },
}

impl Case {
    /// The same with the numbers of one of the canned cases: so many publishers of sound or of video, so many subscribers.
    #[must_use]
    pub fn canned(&self, (publishers, subscribers, video): (usize, usize, bool)) -> Self {
        Self {
            video_publishers: if video { publishers } else { 0 },
            audio_publishers: if video { 0 } else { publishers },
            subscribers,
            simulcast: true,
            ..self.clone()
        }
    }

    /// Everybody, in the order in which they come: publishers first.
    pub fn parts(&self) -> impl Iterator<Item = Part> {
        let (audios, videos) = (self.audio_publishers, self.video_publishers);
        let publishers = (0..self.publishers()).map(move |number| Part::Publisher {
            number,
            audio: number < audios,
            video: number < videos,
        });
        publishers.chain((0..self.subscribers).map(|number| Part::Subscriber { number }))
    }

    /// How many publish.
    #[must_use]
    pub fn publishers(&self) -> usize {
        self.video_publishers.max(self.audio_publishers)
    }

    /// How many tracks a subscriber is to receive.
    #[must_use]
    pub fn tracks_per_subscriber(&self) -> usize {
        self.audio_publishers + self.video_publishers.min(self.layout.videos())
    }

    /// The encodings of a video, the smallest first.
    #[must_use]
    pub fn encodings(&self) -> &'static [Encoding] {
        let count = match self.video_resolution {
            Resolution::Low => 1,
            Resolution::Medium => 2,
            Resolution::High => 3,
        };
        if self.simulcast { &ENCODINGS[..count] } else { &ENCODINGS[count - 1..count] }
    }

    /// The codec of a publisher's video.
    #[must_use]
    pub fn codec(&self, publisher: usize) -> VideoCodec {
        let turn = if publisher.is_multiple_of(2) { VideoCodec::Vp8 } else { VideoCodec::H264 };
        self.video_codec.unwrap_or(turn)
    }
}

impl Layout {
    /// How many videos there are in it.
    #[must_use]
    pub fn videos(self) -> usize {
        match self {
            Self::Speaker => 6,
            Self::Grid3x3 => 9,
            Self::Grid4x4 => 16,
            Self::Grid5x5 => 25,
        }
    }

    /// How large its videos are, the first is 0.
    #[must_use]
    pub fn size(self, video: usize) -> (u32, u32) {
        let encoding = match (self, video) {
            (Self::Speaker, 0) => ENCODINGS[2],
            (Self::Grid3x3, _) => ENCODINGS[1],
            _ => ENCODINGS[0],
        };
        (encoding.width.into(), encoding.height.into())
    }
}

/// The canned cases: publishers, subscribers, and whether they publish video rather than sound.
pub const CANNED: [(usize, usize, bool); 11] = [
    (10, 10, false),
    (10, 100, false),
    (10, 500, false),
    (10, 1_000, false),
    (50, 50, false),
    (100, 50, false),
    (10, 10, true),
    (10, 100, true),
    (10, 500, true),
    (1, 100, true),
    (1, 1_000, true),
];

fn seconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

const ENCODINGS: [Encoding; 3] = [
    Encoding { rid: "q", width: 320, height: 180, bitrate: 150_000 },
    Encoding { rid: "h", width: 640, height: 360, bitrate: 400_000 },
    Encoding { rid: "f", width: 1280, height: 720, bitrate: 2_000_000 },
];

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    #[test]
    fn the_first_publishers_have_both_microphone_and_camera() {
        let case = Case { video_publishers: 1, audio_publishers: 2, subscribers: 1, ..case() };

        let parts: Vec<Part> = case.parts().collect();

        assert_eq!(
            parts,
            [
                Part::Publisher { number: 0, audio: true, video: true },
                Part::Publisher { number: 1, audio: true, video: false },
                Part::Subscriber { number: 0 },
            ]
        );
        assert_eq!(case.tracks_per_subscriber(), 3);
    }

    #[test]
    fn a_layout_holds_only_so_many_videos() {
        let case = Case { video_publishers: 30, audio_publishers: 0, ..case() };

        for (layout, videos) in
            [(Layout::Speaker, 6), (Layout::Grid3x3, 9), (Layout::Grid4x4, 16), (Layout::Grid5x5, 25)]
        {
            assert_eq!(Case { layout, ..case.clone() }.tracks_per_subscriber(), videos);
        }
        assert_eq!((Layout::Speaker.size(0), Layout::Speaker.size(1)), ((1280, 720), (320, 180)));
    }

    #[test]
    fn without_simulcast_there_is_the_largest_encoding_alone() {
        let case = Case { simulcast: false, video_resolution: Resolution::Medium, ..case() };

        assert_eq!(case.encodings(), [Encoding { rid: "h", width: 640, height: 360, bitrate: 400_000 }]);
    }

    pub(crate) fn case() -> Case {
        Case {
            room: "room".to_owned(),
            identity_prefix: "load".to_owned(),
            video_publishers: 1,
            audio_publishers: 1,
            subscribers: 1,
            video_resolution: Resolution::High,
            video_codec: None,
            simulcast: true,
            layout: Layout::Speaker,
            simulate_speakers: false,
            duration: Duration::from_secs(10),
            num_per_second: 5.0,
            protocol: Protocol::V1,
            decrypt_every: 1,
            nack: true,
        }
    }
}

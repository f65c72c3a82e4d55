//! The command line, with the names that `lk load-test` uses.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::{Parser, ValueEnum};
use palabre_load::case::{Case, Layout, Protocol, Resolution, VideoCodec};
use palabre_load::signal::Server;

/// Puts publishers and subscribers into a room of any server that speaks the LiveKit client protocol, and says what
/// became of their media.
///
/// Subscribers count every packet, check that none is missing and none comes twice, decrypt and authenticate all of them
/// or one in --decrypt-every, and measure the delay from publisher to subscriber by a stamp in the payload: both are in
/// this process and read one clock. Without any number of publishers or subscribers there is one video publisher and one
/// subscriber.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Options {
    /// Where the server is, as ws://, wss://, http:// or https://.
    #[arg(long, env = "LIVEKIT_URL", default_value = "ws://localhost:7880")]
    url: String,
    /// The API key.
    #[arg(long, env = "LIVEKIT_API_KEY")]
    api_key: String,
    /// Its secret.
    #[arg(long, env = "LIVEKIT_API_SECRET", hide_env_values = true)]
    api_secret: String,
    /// Takes any certificate under wss://, as of a server that has made its own.
    #[arg(long)]
    insecure: bool,
    /// The room; a new one if it is not said.
    #[arg(long)]
    room: Option<String>,
    /// What identities begin with.
    #[arg(long)]
    identity_prefix: Option<String>,
    /// Publishers of video.
    #[arg(long, visible_alias = "publishers", default_value_t = 0)]
    video_publishers: usize,
    /// Publishers of audio; the first of them are those of video.
    #[arg(long, default_value_t = 0)]
    audio_publishers: usize,
    /// Subscribers.
    #[arg(long, default_value_t = 0)]
    subscribers: usize,
    /// The largest encoding of videos: 320 × 180 at 150 kbit/s, 640 × 360 at 400, 1280 × 720 at 2,000.
    #[arg(long, value_enum, default_value = "high")]
    video_resolution: ResolutionOption,
    /// The codec of videos; publishers take one and the other in turn if it is not said.
    #[arg(long, value_enum)]
    video_codec: Option<CodecOption>,
    /// Sends the largest encoding alone.
    #[arg(long)]
    no_simulcast: bool,
    /// What subscribers show: one large video and five small ones, or 9, 16 or 25 in a grid.
    #[arg(long, value_enum, default_value = "speaker")]
    layout: LayoutOption,
    /// Publishers of audio are loud in turn, three seconds each.
    #[arg(long)]
    simulate_speakers: bool,
    /// How long is measured once everybody is in: 30s, 5m, 1h.
    #[arg(long, default_value = "30s", value_parser = duration)]
    duration: Duration,
    /// How many participants come in a second.
    #[arg(long, default_value_t = 5.0)]
    num_per_second: f64,
    /// The signalling: v1 over one peer connection, v0 over two.
    #[arg(long, value_enum, default_value = "v1")]
    protocol: ProtocolOption,
    /// Decrypts and looks into one packet of so many of each track; all are counted anyway.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    decrypt_every: u32,
    /// Subscribers do not ask for missing packets.
    #[arg(long)]
    no_nack: bool,
    /// Runs eleven canned cases one after the other, from 10 publishers of sound and 10 subscribers to 1,000 subscribers of
    /// one video, and leaves numbers of publishers and subscribers aside.
    #[arg(long)]
    pub(crate) run_all: bool,
    /// Ends with 2 if a track is missing, a packet was lost or not authentic, or a participant failed.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Writes all figures to a file.
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ResolutionOption {
    Low,
    Medium,
    High,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum CodecOption {
    Vp8,
    H264,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LayoutOption {
    Speaker,
    #[value(name = "3x3")]
    Grid3x3,
    #[value(name = "4x4")]
    Grid4x4,
    #[value(name = "5x5")]
    Grid5x5,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ProtocolOption {
    V1,
    V0,
}

impl Options {
    /// The server that it speaks of.
    pub(crate) fn server(&self) -> Server {
        Server {
            url: self.url.clone(),
            api_key: self.api_key.clone(),
            api_secret: self.api_secret.clone(),
            insecure: self.insecure,
        }
    }

    /// The case that it speaks of.
    pub(crate) fn case(&self) -> Result<Case> {
        ensure!(
            self.num_per_second > 0.0 && self.num_per_second <= MAX_PER_SECOND,
            "--num-per-second must be more than 0 and at most {MAX_PER_SECOND}"
        );
        let publishers = self.video_publishers.max(self.audio_publishers);
        ensure!(
            publishers + self.subscribers <= MAX_PARTICIPANTS,
            "one process takes {MAX_PARTICIPANTS} participants at most"
        );
        let nobody = publishers + self.subscribers == 0;
        let random: u32 = rand::random();
        Ok(Case {
            room: self.room.clone().unwrap_or_else(|| format!("load-{random:08x}")),
            identity_prefix: self.identity_prefix.clone().unwrap_or_else(|| format!("load-{random:08x}")),
            video_publishers: if nobody { 1 } else { self.video_publishers },
            audio_publishers: self.audio_publishers,
            subscribers: if nobody { 1 } else { self.subscribers },
            video_resolution: match self.video_resolution {
                ResolutionOption::Low => Resolution::Low,
                ResolutionOption::Medium => Resolution::Medium,
                ResolutionOption::High => Resolution::High,
            },
            video_codec: self.video_codec.map(|codec| match codec {
                CodecOption::Vp8 => VideoCodec::Vp8,
                CodecOption::H264 => VideoCodec::H264,
            }),
            simulcast: !self.no_simulcast,
            layout: match self.layout {
                LayoutOption::Speaker => Layout::Speaker,
                LayoutOption::Grid3x3 => Layout::Grid3x3,
                LayoutOption::Grid4x4 => Layout::Grid4x4,
                LayoutOption::Grid5x5 => Layout::Grid5x5,
            },
            simulate_speakers: self.simulate_speakers,
            duration: self.duration,
            num_per_second: self.num_per_second,
            protocol: match self.protocol {
                ProtocolOption::V1 => Protocol::V1,
                ProtocolOption::V0 => Protocol::V0,
            },
            decrypt_every: self.decrypt_every,
            nack: !self.no_nack,
        })
    }
}

/// What a run is about to do.
pub(crate) fn sentence(case: &Case) -> String {
    let mut parts = Vec::new();
    for (count, who) in [
        (case.video_publishers, "video publishers"),
        (case.audio_publishers, "audio publishers"),
        (case.subscribers, "subscribers"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {who}"));
        }
    }
    let protocol = if case.protocol == Protocol::V1 { "v1" } else { "v0" };
    format!("Starting load test with {}, room: {}, protocol {protocol}", parts.join(", "), case.room)
}

/// A number with `s`, `m` or `h`, or several of those: `1m30s`.
fn duration(text: &str) -> Result<Duration, String> {
    let refused = || format!("{text:?} is no duration: 30s, 5m or 1h is");
    let (mut seconds, mut digits) = (0.0, String::new());
    for letter in text.chars() {
        if letter.is_ascii_digit() || letter == '.' {
            digits.push(letter);
            continue;
        }
        let number: f64 = std::mem::take(&mut digits).parse().map_err(|_| refused())?;
        seconds += number
            * match letter {
                's' => 1.0,
                'm' => 60.0,
                'h' => 3600.0,
                _ => return Err(refused()),
            };
    }
    if !digits.is_empty() {
        seconds += digits.parse::<f64>().map_err(|_| refused())?;
    }
    if seconds <= 0.0 || seconds > MAX_SECONDS {
        return Err(refused());
    }
    Ok(Duration::from_secs_f64(seconds))
}

const MAX_PER_SECOND: f64 = 1_000.0;
/// A process has some ten thousand ports and descriptors.
const MAX_PARTICIPANTS: usize = 10_000;
/// Tokens last no longer.
const MAX_SECONDS: f64 = 23.0 * 3_600.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_elsewhere() {
        for (text, seconds) in [("30s", 30.0), ("1m30s", 90.0), ("1h", 3600.0), ("12", 12.0), ("0.5s", 0.5)] {
            assert_eq!(duration(text).map(|duration| duration.as_secs_f64()), Ok(seconds), "{text}");
        }
        for text in ["", "s", "-3s", "3d", "1e9h", "0s", "99h", "1.2.3s"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn without_any_number_there_is_one_of_each() {
        let options = Options::parse_from(["palabre-load", "--api-key", "k", "--api-secret", "s"]);

        let case = options.case().expect("a case");

        assert_eq!((case.video_publishers, case.audio_publishers, case.subscribers), (1, 0, 1));
    }

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory as _;
        Options::command().debug_assert();
    }
}

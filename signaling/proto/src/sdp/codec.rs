//! Codecs: read from `rtpmap`, `fmtp` and `rtcp-fb`, and chosen, one or two for each section.
//!
//! Few codecs keep descriptions small: a section with all of a browser's codecs takes 4 KiB, with one it takes 400 bytes.

use std::str::SplitAsciiWhitespace;

use super::{AudioOrder, Codec, DownMedia, Extension, Feedback, MediaKind, Mime, Section, UpOptions};
use crate::audio::Ptime;

impl Mime {
    /// The codec that signalling calls `vp8` or `video/VP8`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.rsplit('/').next()?;
        Self::ALL.into_iter().find(|mime| mime.encoding_name().eq_ignore_ascii_case(name))
    }

    /// Its media type, such as `video/VP8`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Opus => "audio/opus",
            Self::Red => "audio/red",
            Self::Vp8 => "video/VP8",
            Self::Vp9 => "video/VP9",
            Self::H264 => "video/H264",
            Self::H265 => "video/H265",
            Self::Av1 => "video/AV1",
        }
    }

    /// Audio or video.
    #[must_use]
    pub fn kind(self) -> MediaKind {
        match self {
            Self::Opus | Self::Red => MediaKind::Audio,
            Self::Vp8 | Self::Vp9 | Self::H264 | Self::H265 | Self::Av1 => MediaKind::Video,
        }
    }

    /// RTP clock in hertz.
    #[must_use]
    pub fn clock_rate(self) -> u32 {
        match self.kind() {
            MediaKind::Audio => 48_000,
            MediaKind::Video => 90_000,
        }
    }

    pub(super) fn encoding_name(self) -> &'static str {
        self.name().rsplit('/').next().unwrap_or_default()
    }

    const ALL: [Self; 7] = [Self::Opus, Self::Red, Self::Vp8, Self::Vp9, Self::H264, Self::H265, Self::Av1];
}

impl Codec {
    /// Opus as a direct participant (a phone, a recorder) sends it.
    #[must_use]
    pub fn opus() -> Self {
        Self {
            payload_type: 111,
            rtx: None,
            mime: Mime::Opus,
            clock_rate: Mime::Opus.clock_rate(),
            fmtp: "minptime=10;useinbandfec=1".to_owned(),
            feedback: Feedback::default(),
        }
    }

    /// A codec as browsers usually send it, for a section in which nobody has said yet how.
    #[must_use]
    pub(crate) fn usual(mime: Mime) -> Self {
        let fmtp = match mime {
            Mime::H264 => "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
            _ => "",
        };
        let clock_rate = mime.clock_rate();
        Self {
            payload_type: 0,
            rtx: None,
            mime,
            clock_rate,
            fmtp: fmtp.to_owned(),
            feedback: Feedback::default(),
        }
    }

    /// How well we like this among the payload types of one codec, 0 the most; `None` if we cannot use it.
    fn rank(&self) -> Option<u32> {
        match self.mime {
            Mime::H264 => Some(self.h264().rank()),
            // Other profiles mean more than 8 bits or other than 4:2:0, which few decode.
            Mime::Vp9 => matches!(parameter(&self.fmtp, "profile-id"), None | Some("0")).then_some(0),
            Mime::Av1 => matches!(parameter(&self.fmtp, "profile"), None | Some("0")).then_some(0),
            // Main pictures before those of more bits, which fewer decode.
            Mime::H265 => Some(self.h265().profile.abs_diff(1)),
            Mime::Opus | Mime::Red | Mime::Vp8 => Some(0),
        }
    }

    pub(super) fn h264(&self) -> H264 {
        H264::from_fmtp(&self.fmtp)
    }

    pub(super) fn h265(&self) -> H265 {
        H265::from_fmtp(&self.fmtp)
    }
}

/// What matters in H.264 format parameters (RFC 6184 §8.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct H264 {
    pub(super) profile: H264Profile,
    pub(super) non_interleaved: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum H264Profile {
    ConstrainedBaseline,
    Baseline,
    Main,
    High,
    Other,
}

impl H264 {
    fn from_fmtp(fmtp: &str) -> Self {
        let id = parameter(fmtp, "profile-level-id").unwrap_or("42001f");
        let byte = |at: usize| id.get(at..at + 2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let profile = match (byte(0), byte(2)) {
            (Some(0x42), Some(constraints)) if constraints & 0x40 != 0 => H264Profile::ConstrainedBaseline,
            (Some(0x42), _) => H264Profile::Baseline,
            (Some(0x4d), _) => H264Profile::Main,
            (Some(0x64), _) => H264Profile::High,
            _ => H264Profile::Other,
        };
        Self { profile, non_interleaved: parameter(fmtp, "packetization-mode") == Some("1") }
    }

    fn rank(self) -> u32 {
        self.profile as u32 + if self.non_interleaved { 0 } else { 10 }
    }
}

/// What must agree in H.265 format parameters (RFC 7798 §7.1); levels may differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct H265 {
    profile: u32,
    tier: u32,
    /// Whether all is in one stream, as with browsers it always is.
    single: bool,
}

impl H265 {
    fn from_fmtp(fmtp: &str) -> Self {
        let number =
            |name, usual| parameter(fmtp, name).map_or(usual, |text| text.parse().unwrap_or(u32::MAX));
        Self {
            profile: number("profile-id", 1),
            tier: number("tier-flag", 0),
            single: parameter(fmtp, "tx-mode").is_none_or(|mode| mode.eq_ignore_ascii_case("SRST")),
        }
    }
}

fn parameter<'a>(fmtp: &'a str, name: &str) -> Option<&'a str> {
    fmtp.split(';').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

/// The codecs that a client may send in a section, preferred first, as we answer them.
pub(super) fn up_codecs(
    section: &Section,
    kind: MediaKind,
    options: &UpOptions,
    order: AudioOrder,
) -> Vec<Codec> {
    match kind {
        MediaKind::Audio => {
            let allowed = options.red && order.may_repeat();
            let red = allowed.then(|| best(&section.codecs, Mime::Red)).flatten();
            let opus = best(&section.codecs, Mime::Opus);
            let Some(mut opus) = opus.cloned() else { return Vec::new() };
            let repeats = red.is_some() && order.repeats();
            opus.fmtp = opus_to_receive(options, order);
            opus.feedback = audio_feedback(opus.feedback, repeats);
            let red = red.cloned().map(|mut red| {
                red.feedback = audio_feedback(red.feedback, true);
                red
            });
            // Clients send the first; the other is there for when the order changes.
            match repeats {
                true => red.into_iter().chain([opus]).collect(),
                false => [opus].into_iter().chain(red).collect(),
            }
        }
        MediaKind::Video => {
            let wanted = options.codec.and_then(|mime| best(&section.codecs, mime));
            let first = || section.codecs.iter().find(|codec| codec.rank().is_some());
            let Some(wanted) = wanted.or_else(|| best(&section.codecs, first()?.mime)) else {
                return Vec::new();
            };
            // Something to fall back to should the encoder fail: everybody decodes VP8.
            let fallback = best(&section.codecs, Mime::Vp8).filter(|codec| codec.mime != wanted.mime);
            [Some(wanted), fallback].into_iter().flatten().map(answer_video).collect()
        }
    }
}

/// The codecs in which a section can carry a track of ours, preferred first; empty if there is none.
pub(super) fn down_codecs(section: &Section, media: &DownMedia) -> Vec<Codec> {
    let mut chosen: Vec<Codec> = Vec::new();
    for sent in &media.codecs {
        if chosen.len() == 2 || chosen.iter().any(|codec| codec.mime == sent.mime) {
            continue;
        }
        let Some(codec) = receivable(&section.codecs, sent) else { continue };
        chosen.push(match codec.mime {
            Mime::Opus => {
                let mut opus = codec.clone();
                opus.fmtp = opus_to_send(media.stereo);
                opus.feedback = audio_feedback(opus.feedback, !chosen.is_empty());
                opus
            }
            Mime::Red => {
                let mut red = codec.clone();
                red.feedback = audio_feedback(red.feedback, true);
                red
            }
            Mime::Vp8 | Mime::Vp9 | Mime::H264 | Mime::H265 | Mime::Av1 => answer_video(codec),
        });
    }
    // RED carries Opus inside: without Opus itself in the section there is nothing to fall back to.
    if chosen.iter().all(|codec| codec.mime == Mime::Red) {
        return Vec::new();
    }
    chosen
}

/// One codec for a section in which nothing flows yet: an answer must name one.
pub(super) fn idle_codecs(section: &Section, kind: MediaKind) -> Vec<Codec> {
    let mut codecs = up_codecs(section, kind, &UpOptions::default(), AudioOrder::default());
    codecs.truncate(1);
    codecs
}

/// The extensions of a section that we accept: those offered, with its ids.
pub(super) fn accepted_extensions(
    section: &Section,
    kind: MediaKind,
    codecs: &[Codec],
) -> std::collections::BTreeMap<Extension, u8> {
    let transport_cc = section.extensions.contains_key(&Extension::TransportCc);
    let scalable = codecs.first().is_some_and(|codec| matches!(codec.mime, Mime::Av1 | Mime::Vp9));
    let video = kind == MediaKind::Video;
    let mut extensions = section.extensions.clone();
    extensions.retain(|extension, _| match extension {
        Extension::Mid | Extension::TransportCc => true,
        // On every video section, even an idle one: libwebrtc refuses its own later simulcast offer otherwise.
        Extension::Rid | Extension::RepairedRid => video,
        Extension::AudioLevel => !video,
        // Either tells the sender's estimator enough.
        Extension::AbsSendTime => !transport_cc,
        Extension::VideoOrientation | Extension::PlayoutDelay => video,
        // Of other codecs nobody needs it. Where the client only receives we do not know yet what will come: libwebrtc
        // never offers again what was once refused, and decodes no AV1 without it.
        Extension::DependencyDescriptor => video && (scalable || !section.sends),
    });
    extensions
}

fn best(codecs: &[Codec], mime: Mime) -> Option<&Codec> {
    let usable = codecs.iter().filter(|codec| codec.mime == mime && codec.rank().is_some());
    usable.min_by_key(|codec| codec.rank())
}

/// The payload type under which a receiver takes what a publisher sends.
fn receivable<'a>(offered: &'a [Codec], sent: &Codec) -> Option<&'a Codec> {
    let mut same = offered.iter().filter(|codec| codec.mime == sent.mime);
    match sent.mime {
        Mime::H264 => same.find(|codec| codec.h264() == sent.h264()).or_else(|| best(offered, sent.mime)),
        // A decoder of another profile would show nothing.
        Mime::H265 => same.find(|codec| codec.h265() == sent.h265()),
        _ => best(offered, sent.mime),
    }
}

fn answer_video(codec: &Codec) -> Codec {
    let mut codec = codec.clone();
    codec.feedback.remb &= !codec.feedback.transport_cc;
    codec
}

/// Redundancy replaces retransmission; both would repair the same loss.
fn audio_feedback(offered: Feedback, redundant: bool) -> Feedback {
    Feedback { nack: offered.nack && !redundant, transport_cc: offered.transport_cc, ..Feedback::default() }
}

fn opus_to_receive(options: &UpOptions, order: AudioOrder) -> String {
    let policy = order.policy;
    let least = match policy.ptime {
        Ptime::Ms20 => 10,
        long => long.millis(),
    };
    let mut fmtp = format!("minptime={least};useinbandfec={}", u8::from(policy.fec));
    if options.dtx && policy.dtx {
        fmtp.push_str(";usedtx=1");
    }
    let stereo = order.is_stereo(options);
    if stereo {
        fmtp.push_str(";stereo=1");
    }
    let bitrate = order.bitrate(options).or(stereo.then_some(MOST_OPUS));
    if let Some(bitrate) = bitrate {
        fmtp.push_str(&format!(";maxaveragebitrate={bitrate}"));
    }
    fmtp
}

impl AudioOrder {
    /// Whether a client may send the second channel that it has.
    fn is_stereo(self, options: &UpOptions) -> bool {
        options.stereo && self.policy.stereo
    }

    /// Bits a second at most, of all channels.
    pub(super) fn bitrate(self, options: &UpOptions) -> Option<u32> {
        let channels = if self.is_stereo(options) { 2 } else { 1 };
        Some((self.policy.bitrate? * channels).min(MOST_OPUS))
    }
}

/// Opus has no higher bitrate (RFC 7587 §6.1).
const MOST_OPUS: u32 = 510_000;

pub(super) fn opus_to_send(stereo: bool) -> String {
    let mut fmtp = "minptime=10;useinbandfec=1".to_owned();
    if stereo {
        fmtp.push_str(";sprop-stereo=1");
    }
    fmtp
}

/// The payload types of one section while it is read.
#[derive(Debug)]
pub(super) struct PayloadTypes<'a> {
    entries: [Entry<'a>; 128],
    every: Feedback,
}

#[derive(Debug, Clone, Copy, Default)]
struct Entry<'a> {
    listed: bool,
    encoding: Option<&'a str>,
    fmtp: &'a str,
    feedback: Feedback,
}

impl Default for PayloadTypes<'_> {
    fn default() -> Self {
        Self { entries: [Entry::default(); 128], every: Feedback::default() }
    }
}

impl<'a> PayloadTypes<'a> {
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes a format of the `m=` line; `None` if it is no payload type.
    pub(super) fn list(&mut self, format: &str) -> Option<()> {
        self.entry(format)?.listed = true;
        Some(())
    }

    /// `<pt> <encoding>/<clock rate>[/<channels>]`
    pub(super) fn rtpmap(&mut self, value: &'a str) -> Option<()> {
        let (payload_type, encoding) = value.split_once(' ')?;
        self.entry(payload_type)?.encoding = Some(encoding.trim());
        Some(())
    }

    /// `<pt> <parameters>`
    pub(super) fn fmtp(&mut self, value: &'a str) -> Option<()> {
        let (payload_type, parameters) = value.split_once(' ')?;
        self.entry(payload_type)?.fmtp = parameters.trim();
        Some(())
    }

    /// `<pt or *> <feedback>`
    pub(super) fn feedback(&mut self, value: &str) -> Option<()> {
        let (payload_type, feedback) = value.split_once(' ')?;
        let agreed = match payload_type {
            "*" => &mut self.every,
            _ => &mut self.entry(payload_type)?.feedback,
        };
        match feedback.trim() {
            "nack" => agreed.nack = true,
            "nack pli" => agreed.pli = true,
            "ccm fir" => agreed.fir = true,
            "transport-cc" => agreed.transport_cc = true,
            "goog-remb" => agreed.remb = true,
            _ => {}
        }
        Some(())
    }

    /// The codecs we know, in the order of the `m=` line.
    pub(super) fn codecs(&self, kind: MediaKind, formats: SplitAsciiWhitespace<'_>) -> Vec<Codec> {
        let mut rtx = [None; 128];
        for (payload_type, entry) in (0..).zip(&self.entries) {
            let retransmits = entry.encoding.is_some_and(|name| name.eq_ignore_ascii_case("rtx/90000"));
            if !entry.listed || !retransmits || is_rtcp(payload_type) {
                continue;
            }
            let of = parameter(entry.fmtp, "apt").and_then(|apt| apt.parse::<usize>().ok());
            if let Some(of) = of.and_then(|of| rtx.get_mut(of)) {
                *of = Some(payload_type);
            }
        }

        let mut taken = [false; 128];
        let mut codecs = Vec::new();
        for payload_type in formats.filter_map(|format| format.parse::<u8>().ok()) {
            let at = usize::from(payload_type);
            let Some(entry) = self.entries.get(at) else { continue };
            let mime = entry.encoding.and_then(|name| known(name, kind));
            let Some(mime) = mime.filter(|_| !taken[at] && !is_rtcp(payload_type)) else { continue };
            taken[at] = true;
            codecs.push(Codec {
                payload_type,
                rtx: rtx[at],
                mime,
                clock_rate: mime.clock_rate(),
                fmtp: entry.fmtp.to_owned(),
                feedback: entry.feedback.or(self.every),
            });
        }
        codecs
    }

    fn entry(&mut self, payload_type: &str) -> Option<&mut Entry<'a>> {
        self.entries.get_mut(payload_type.parse::<usize>().ok()?)
    }
}

/// With RTP and RTCP on one port these would be taken for RTCP (RFC 5761 §4).
fn is_rtcp(payload_type: u8) -> bool {
    (64..=95).contains(&payload_type)
}

fn known(encoding: &str, kind: MediaKind) -> Option<Mime> {
    let mut parts = encoding.split('/');
    let mime = Mime::from_name(parts.next()?).filter(|mime| mime.kind() == kind)?;
    let clock_rate: u32 = parts.next()?.parse().ok()?;
    let channels = parts.next().unwrap_or("1");
    let fits = match kind {
        MediaKind::Audio => channels == "2",
        MediaKind::Video => true,
    };
    (fits && clock_rate == mime.clock_rate()).then_some(mime)
}

impl Feedback {
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            nack: self.nack && other.nack,
            pli: self.pli && other.pli,
            fir: self.fir && other.fir,
            transport_cc: self.transport_cc && other.transport_cc,
            remb: self.remb && other.remb,
        }
    }

    fn or(self, other: Self) -> Self {
        Self {
            nack: self.nack || other.nack,
            pli: self.pli || other.pli,
            fir: self.fir || other.fir,
            transport_cc: self.transport_cc || other.transport_cc,
            remb: self.remb || other.remb,
        }
    }
}

//! Writes our offers and answers: one bundle, candidates by trickle.

use std::fmt::Write as _;

use sfu_proto::io::Extension;
use signaling_proto::sdp::{self, Codec, MediaKind, Mime, Section, SectionKind};

use super::payload_types;
use crate::case::VideoCodec;

/// What a description says of our end.
#[derive(Debug, Clone)]
pub struct Local<'a> {
    /// ICE user name fragment.
    pub ufrag: &'a str,
    /// ICE password.
    pub pwd: &'a str,
    /// The SHA-256 of our certificate.
    pub fingerprint: &'a str,
    /// `actpass` in offers, `active` in answers.
    pub setup: &'static str,
}

/// What we send in a section.
#[derive(Debug, Clone)]
pub struct SentMedia<'a> {
    /// By which name signalling knows it.
    pub cid: &'a str,
    /// Its codec, if it is a video.
    pub video: Option<VideoCodec>,
    /// Its encodings: their names in simulcast, their sources and those of retransmissions.
    pub encodings: Vec<(&'static str, u32, u32)>,
}

/// What a section that we offer may receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceivedKind {
    /// Sound.
    Audio,
    /// Pictures.
    Video,
}

/// A description being written, section by section.
pub struct Description<'a> {
    local: Local<'a>,
    version: u64,
    bundle: String,
    sections: String,
}

impl<'a> Description<'a> {
    /// Begins one; its version rises from one to the next.
    #[must_use]
    pub fn new(local: Local<'a>, version: u64) -> Self {
        Self { local, version, bundle: String::new(), sections: String::new() }
    }

    /// Data channels.
    pub fn data(&mut self, mid: &str) {
        self.begin("application 9 UDP/DTLS/SCTP webrtc-datachannel", mid);
        self.line("a=sctp-port:5000");
        self.line("a=max-message-size:65535");
    }

    /// What we send.
    pub fn send(&mut self, mid: &str, media: &SentMedia<'_>) {
        match media.video {
            None => self.begin(&format!("audio 9 UDP/TLS/RTP/SAVPF {}", payload_types::OPUS), mid),
            Some(codec) => {
                let (pt, rtx) = payload_types::of(codec);
                self.begin(&format!("video 9 UDP/TLS/RTP/SAVPF {pt} {rtx}"), mid);
            }
        }
        self.line("a=sendonly");
        self.line(&format!("a=msid:{STREAM} {}", media.cid));
        self.line("a=rtcp-mux");
        self.line("a=rtcp-rsize");
        match media.video {
            None => self.opus(),
            Some(codec) => self.video(codec),
        }
        self.offered_extensions(media.video.is_some());
        if media.encodings.len() > 1 {
            for (rid, _, _) in &media.encodings {
                self.line(&format!("a=rid:{rid} send"));
            }
            let rids: Vec<&str> = media.encodings.iter().map(|(rid, _, _)| *rid).collect();
            self.line(&format!("a=simulcast:send {}", rids.join(";")));
            return;
        }
        let Some(&(_, ssrc, rtx)) = media.encodings.first() else { return };
        let mut sources = vec![ssrc];
        if media.video.is_some() {
            self.line(&format!("a=ssrc-group:FID {ssrc} {rtx}"));
            sources.push(rtx);
        }
        for source in sources {
            self.line(&format!("a=ssrc:{source} cname:{STREAM}"));
            self.line(&format!("a=ssrc:{source} msid:{STREAM} {}", media.cid));
        }
    }

    /// A free place for something that we may receive.
    pub fn receive(&mut self, mid: &str, kind: ReceivedKind) {
        match kind {
            ReceivedKind::Audio => {
                self.begin(&format!("audio 9 UDP/TLS/RTP/SAVPF {}", payload_types::OPUS), mid);
            }
            ReceivedKind::Video => self.begin("video 9 UDP/TLS/RTP/SAVPF 96 97 102 103", mid),
        }
        self.line("a=recvonly");
        self.line("a=rtcp-mux");
        self.line("a=rtcp-rsize");
        match kind {
            ReceivedKind::Audio => self.opus(),
            ReceivedKind::Video => {
                self.video(VideoCodec::Vp8);
                self.video(VideoCodec::H264);
            }
        }
        self.offered_extensions(kind == ReceivedKind::Video);
    }

    /// The answer to an offered section: we take what we know of it, and send nothing.
    pub fn answer(&mut self, offered: &Section) {
        let codecs: Vec<&Codec> = offered
            .codecs
            .iter()
            .filter(|codec| matches!(codec.mime, Mime::Opus | Mime::Vp8 | Mime::H264))
            .collect();
        match offered.kind {
            SectionKind::Data if !offered.rejected => self.data(&offered.mid),
            SectionKind::Media(kind) if !offered.rejected && !codecs.is_empty() => {
                self.answer_media(offered, kind, &codecs);
            }
            SectionKind::Media(kind) => {
                let media = if kind == MediaKind::Audio { "audio" } else { "video" };
                let _ = write!(self.sections, "m={media} 0 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 0.0.0.0\r\n");
                self.line(&format!("a=mid:{}", offered.mid));
                self.line("a=inactive");
            }
            SectionKind::Data | SectionKind::Other => {
                self.sections
                    .push_str("m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n");
                self.line(&format!("a=mid:{}", offered.mid));
            }
        }
    }

    fn answer_media(&mut self, offered: &Section, kind: MediaKind, codecs: &[&Codec]) {
        let media = if kind == MediaKind::Audio { "audio" } else { "video" };
        let mut types = Vec::new();
        for codec in codecs {
            types.push(codec.payload_type.to_string());
            types.extend(codec.rtx.map(|rtx| rtx.to_string()));
        }
        self.begin(&format!("{media} 9 UDP/TLS/RTP/SAVPF {}", types.join(" ")), &offered.mid);
        self.line(if offered.sends { "a=recvonly" } else { "a=inactive" });
        self.line("a=rtcp-mux");
        self.line("a=rtcp-rsize");
        for (extension, id) in &offered.extensions {
            if let Some(uri) = received_extension(*extension) {
                self.line(&format!("a=extmap:{id} {}", uri.uri()));
            }
        }
        for codec in codecs {
            self.answer_codec(codec);
        }
    }

    fn answer_codec(&mut self, codec: &Codec) {
        let pt = codec.payload_type;
        let name = match codec.mime {
            Mime::Opus => "opus/48000/2",
            Mime::H264 => "H264/90000",
            _ => "VP8/90000",
        };
        self.line(&format!("a=rtpmap:{pt} {name}"));
        if !codec.fmtp.is_empty() {
            self.line(&format!("a=fmtp:{pt} {}", codec.fmtp));
        }
        let feedback = codec.feedback;
        for (offered, name) in [
            (feedback.transport_cc, "transport-cc"),
            (feedback.fir, "ccm fir"),
            (feedback.nack, "nack"),
            (feedback.pli, "nack pli"),
        ] {
            if offered {
                self.line(&format!("a=rtcp-fb:{pt} {name}"));
            }
        }
        if let Some(rtx) = codec.rtx {
            self.line(&format!("a=rtpmap:{rtx} rtx/90000"));
            self.line(&format!("a=fmtp:{rtx} apt={pt}"));
        }
    }

    /// The whole description.
    #[must_use]
    pub fn finish(self) -> String {
        format!(
            "v=0\r\no=- 4711 {} IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE{}\r\n\
             a=extmap-allow-mixed\r\na=msid-semantic: WMS *\r\n{}",
            self.version, self.bundle, self.sections
        )
    }

    fn begin(&mut self, media: &str, mid: &str) {
        let Local { ufrag, pwd, fingerprint, setup } = self.local;
        let _ = write!(self.bundle, " {mid}");
        let _ = write!(
            self.sections,
            "m={media}\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:{ufrag}\r\na=ice-pwd:{pwd}\r\na=ice-options:trickle\r\n\
             a=fingerprint:sha-256 {fingerprint}\r\na=setup:{setup}\r\na=mid:{mid}\r\n"
        );
    }

    fn line(&mut self, line: &str) {
        self.sections.push_str(line);
        self.sections.push_str("\r\n");
    }

    fn opus(&mut self) {
        let pt = payload_types::OPUS;
        self.line(&format!("a=rtpmap:{pt} opus/48000/2"));
        self.line(&format!("a=fmtp:{pt} minptime=10;useinbandfec=1"));
        self.line(&format!("a=rtcp-fb:{pt} transport-cc"));
        self.line(&format!("a=rtcp-fb:{pt} nack"));
    }

    fn video(&mut self, codec: VideoCodec) {
        let (pt, rtx) = payload_types::of(codec);
        match codec {
            VideoCodec::Vp8 => self.line(&format!("a=rtpmap:{pt} VP8/90000")),
            VideoCodec::H264 => {
                self.line(&format!("a=rtpmap:{pt} H264/90000"));
                self.line(&format!(
                    "a=fmtp:{pt} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
                ));
            }
        }
        for feedback in ["transport-cc", "ccm fir", "nack", "nack pli"] {
            self.line(&format!("a=rtcp-fb:{pt} {feedback}"));
        }
        self.line(&format!("a=rtpmap:{rtx} rtx/90000"));
        self.line(&format!("a=fmtp:{rtx} apt={pt}"));
    }

    fn offered_extensions(&mut self, video: bool) {
        let of_kind: &[(u8, Extension)] = if video {
            &[(10, Extension::Rid), (11, Extension::RepairedRid)]
        } else {
            &[(1, Extension::AudioLevel)]
        };
        let common = [(2, Extension::AbsSendTime), (3, Extension::TransportCc), (4, Extension::Mid)];
        for (id, extension) in of_kind.iter().copied().chain(common) {
            self.line(&format!("a=extmap:{id} {}", extension.uri()));
        }
    }
}

/// Those that mean something to whoever only receives.
fn received_extension(extension: sdp::Extension) -> Option<Extension> {
    match extension {
        sdp::Extension::Mid => Some(Extension::Mid),
        sdp::Extension::AudioLevel => Some(Extension::AudioLevel),
        sdp::Extension::TransportCc => Some(Extension::TransportCc),
        sdp::Extension::AbsSendTime => Some(Extension::AbsSendTime),
        _ => None,
    }
}

/// The stream that all tracks of a participant belong to.
const STREAM: &str = "palabre-load";

#[cfg(test)]
mod tests {
    use signaling_proto::sdp::{Limits, Offer};

    use super::*;

    #[test]
    fn a_simulcast_offer_is_understood_with_its_encodings() {
        let offer = offer(&[("q", 1, 2), ("h", 3, 4), ("f", 5, 6)]);

        let camera = &offer.sections[1];
        assert_eq!(camera.cid(), "camera");
        assert!(camera.sends && !camera.receives && !camera.rejected);
        let rids: Vec<_> = camera.encodings.iter().filter_map(|encoding| encoding.rid.as_deref()).collect();
        assert_eq!(rids, ["q", "h", "f"]);
        assert_eq!((camera.codecs[0].mime, camera.codecs[0].rtx), (Mime::Vp8, Some(97)));
        assert!(offer.sections[2].receives && !offer.sections[2].sends);
        assert_eq!(offer.sections[0].kind, SectionKind::Data);
    }

    #[test]
    fn a_single_encoding_is_known_by_its_source() {
        let offer = offer(&[("f", 5, 6)]);

        let camera = &offer.sections[1];
        assert_eq!((camera.encodings[0].ssrc, camera.encodings[0].rtx_ssrc), (Some(5), Some(6)));
    }

    #[test]
    fn an_answer_has_a_section_for_each_that_was_offered() {
        let offer = offer(&[("f", 5, 6)]);
        let mut answer = Description::new(Local { setup: "active", ..local() }, 1);
        for section in &offer.sections {
            answer.answer(section);
        }

        let answer = signaling_proto::sdp::RemoteAnswer::parse(&answer.finish(), &Limits::default());

        let sections = answer.expect("an answer").sections;
        assert_eq!(sections.len(), 3);
        assert!(sections[1].receives && !sections[1].sends);
        assert_eq!(sections[1].codecs[0].payload_type, 96);
        assert!(sections[1].codecs[0].feedback.transport_cc);
    }

    fn offer(encodings: &[(&'static str, u32, u32)]) -> Offer {
        let mut description = Description::new(local(), 1);
        description.data("0");
        let video = Some(VideoCodec::Vp8);
        description.send("1", &SentMedia { cid: "camera", video, encodings: encodings.to_vec() });
        description.receive("2", ReceivedKind::Video);
        Offer::parse(&description.finish(), &Limits::default()).expect("an offer")
    }

    fn local() -> Local<'static> {
        Local {
            ufrag: "abcd",
            pwd: "0123456789012345678901",
            fingerprint: concat!(
                "AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:",
                "AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB"
            ),
            setup: "actpass",
        }
    }
}

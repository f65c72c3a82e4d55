//! What parts of our own program offer to a room, written as a client would write it.

use std::fmt::Write;

use livekit_protocol::{self as proto, signal_request};

use crate::sdp::{Codec, MediaKind};

/// Numbers the offers over one connection.
#[derive(Debug, Default)]
pub(crate) struct Offers(u32);

impl Offers {
    /// The message that makes the next offer.
    pub(crate) fn offer(&mut self, description: Description) -> signal_request::Message {
        self.0 += 1;
        signal_request::Message::Offer(proto::SessionDescription {
            r#type: "offer".to_owned(),
            sdp: description.finish(),
            id: self.0,
            ..Default::default()
        })
    }
}

/// A description being written. Credentials stand there because they must; inside the program nobody asks.
#[derive(Debug, Default)]
pub(crate) struct Description {
    sections: String,
    count: usize,
}

impl Description {
    /// A section in which something is to be received.
    pub(crate) fn receive(&mut self, kind: MediaKind) {
        match kind {
            MediaKind::Audio => self.section("audio", "111", "recvonly", OPUS),
            MediaKind::Video => self.section("video", "96 98 102 45 49", "recvonly", VIDEO),
        }
    }

    /// A section in which sound is to be received as it was sent: whoever mixes it repairs losses by its redundancy
    /// (RFC 2198).
    pub(crate) fn receive_redundant(&mut self) {
        self.section("audio", "63 111", "recvonly", &format!("{RED}{OPUS}"));
    }

    /// A section in which nothing flows: a description without any lets no media in.
    pub(crate) fn idle(&mut self) {
        self.section("audio", "111", "inactive", OPUS);
    }

    /// A section in which a track is sent under a synchronization source, or no track any more.
    pub(crate) fn send(&mut self, kind: MediaKind, codecs: &[Codec], track: Option<(&str, u32)>) {
        let (media, channels) = match kind {
            MediaKind::Audio => ("audio", "/2"),
            MediaKind::Video => ("video", ""),
        };
        let (mut formats, mut lines) = (String::new(), String::new());
        for codec in codecs {
            let (pt, clock_rate) = (codec.payload_type, codec.clock_rate);
            let encoding = codec.mime.name().rsplit('/').next().unwrap_or_default();
            let _ = write!(formats, " {pt}");
            let _ = write!(lines, "a=rtpmap:{pt} {encoding}/{clock_rate}{channels}\r\n");
            if !codec.fmtp.is_empty() {
                let _ = write!(lines, "a=fmtp:{pt} {}\r\n", codec.fmtp);
            }
            if kind == MediaKind::Video {
                let _ = write!(lines, "a=rtcp-fb:{pt} nack pli\r\na=rtcp-fb:{pt} ccm fir\r\n");
            }
        }
        if let Some((cid, ssrc)) = track {
            let _ = write!(lines, "a=msid:- {cid}\r\na=ssrc:{ssrc} cname:{cid}\r\n");
        }
        let direction = if track.is_some() { "sendonly" } else { "inactive" };
        self.section(media, formats.trim_start(), direction, &lines);
    }

    fn section(&mut self, media: &str, formats: &str, direction: &str, codecs: &str) {
        let mid = self.count;
        self.count += 1;
        let extension = match media {
            "audio" => (AUDIO_LEVEL, "urn:ietf:params:rtp-hdrext:ssrc-audio-level"),
            _ => (VIDEO_ORIENTATION, "urn:3gpp:video-orientation"),
        };
        let (id, uri) = extension;
        let _ = write!(
            self.sections,
            "m={media} 9 UDP/TLS/RTP/SAVPF {formats}\r\na=mid:{mid}\r\na=ice-ufrag:none\r\n\
             a=ice-pwd:0000000000000000000000\r\na=setup:actpass\r\na=rtcp-mux\r\na=extmap:{id} {uri}\r\n\
             a={direction}\r\n{codecs}"
        );
    }

    fn finish(self) -> String {
        let mids: String = (0..self.count).map(|mid| format!(" {mid}")).collect();
        let fingerprint = ["00"; 32].join(":");
        format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE{mids}\r\n\
             a=fingerprint:sha-256 {fingerprint}\r\n{}",
            self.sections
        )
    }
}

/// The id of the audio level (RFC 6464) in every section of sound.
pub(crate) const AUDIO_LEVEL: u8 = 1;
const VIDEO_ORIENTATION: u8 = 2;
const OPUS: &str = "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n";
const RED: &str = "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n";
/// No retransmissions: between two ends of one program nothing is lost that could be had again.
const VIDEO: &str = "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack pli\r\na=rtcp-fb:96 ccm fir\r\n\
    a=rtpmap:98 VP9/90000\r\na=fmtp:98 profile-id=0\r\na=rtcp-fb:98 nack pli\r\n\
    a=rtpmap:102 H264/90000\r\na=rtcp-fb:102 nack pli\r\n\
    a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n\
    a=rtpmap:45 AV1/90000\r\na=rtcp-fb:45 nack pli\r\na=rtpmap:49 H265/90000\r\na=rtcp-fb:49 nack pli\r\n";

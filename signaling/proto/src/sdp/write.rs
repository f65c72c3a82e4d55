//! Writes descriptions of ours: one bundle, ICE-lite, everything we say about a section and nothing more.

use std::{collections::BTreeMap, fmt::Write, net::IpAddr};

use super::{Codec, DownMedia, Encoding, Extension, LocalTransport, MediaKind};
use crate::audio::Ptime;

/// The DTLS role we announce (RFC 5763 §5).
#[derive(Debug, Clone, Copy)]
pub(super) enum Role {
    /// In offers: the answerer chooses, and clients choose to be the DTLS client.
    Either,
    /// In answers.
    Server,
}

/// One media section of ours.
#[derive(Debug)]
pub(super) struct MediaSection<'a> {
    pub(super) mid: &'a str,
    pub(super) kind: MediaKind,
    pub(super) codecs: &'a [Codec],
    pub(super) extensions: &'a BTreeMap<Extension, u8>,
    /// What we send in it.
    pub(super) sends: Option<&'a DownMedia>,
    /// What we receive in it.
    pub(super) receives: Option<&'a [Encoding]>,
    pub(super) reduced_size_rtcp: bool,
    /// How sound that we receive in it is to be sent.
    pub(super) sound: Option<Sound>,
}

/// What a section says of sound beyond its codecs' parameters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sound {
    pub(super) ptime: Ptime,
    /// Bits a second at most. Clients have settings of their own that outweigh a codec's parameter, but not this.
    pub(super) bitrate: Option<u32>,
}

/// A description being written, section by section.
pub(super) struct Description<'a> {
    local: &'a LocalTransport,
    role: Role,
    bundle: String,
    sections: String,
    candidates_written: bool,
}

impl<'a> Description<'a> {
    pub(super) fn new(local: &'a LocalTransport, role: Role) -> Self {
        Self { local, role, bundle: String::new(), sections: String::new(), candidates_written: false }
    }

    pub(super) fn media(&mut self, section: &MediaSection<'_>) {
        let kind = match section.kind {
            MediaKind::Audio => "audio",
            MediaKind::Video => "video",
        };
        self.add(format_args!("m={kind} 9 UDP/TLS/RTP/SAVPF"));
        self.sections.truncate(self.sections.len() - 2);
        for codec in section.codecs {
            self.append(format_args!(" {}", codec.payload_type));
            if let Some(rtx) = codec.rtx {
                self.append(format_args!(" {rtx}"));
            }
        }
        self.append(format_args!("\r\n"));

        self.transport(section.mid, section.sound.and_then(|sound| sound.bitrate));
        self.add(format_args!("a=rtcp-mux"));
        if section.reduced_size_rtcp {
            self.add(format_args!("a=rtcp-rsize"));
        }
        for (extension, id) in section.extensions {
            self.add(format_args!("a=extmap:{id} {}", extension.uri()));
        }
        let direction = match (section.sends.is_some(), section.receives.is_some()) {
            (true, true) => "sendrecv",
            (true, false) => "sendonly",
            (false, true) => "recvonly",
            (false, false) => "inactive",
        };
        self.add(format_args!("a={direction}"));
        for codec in section.codecs {
            self.codec(codec);
        }
        // Without a word clients send 20 ms.
        if let Some(sound) = section.sound.filter(|sound| sound.ptime > Ptime::Ms20) {
            self.add(format_args!("a=ptime:{}", sound.ptime.millis()));
            self.add(format_args!("a=maxptime:{}", sound.ptime.millis()));
        }
        if let Some(encodings) = section.receives {
            self.simulcast(encodings);
        }
        if let Some(media) = section.sends {
            let rtx = section.codecs.iter().any(|codec| codec.rtx.is_some());
            self.source(media, rtx);
        }
    }

    pub(super) fn data(&mut self, mid: &str) {
        self.add(format_args!("m=application 9 UDP/DTLS/SCTP webrtc-datachannel"));
        self.transport(mid, None);
        self.add(format_args!("a=sctp-port:5000"));
        self.add(format_args!("a=max-message-size:{MAX_MESSAGE_SIZE}"));
    }

    /// A section that is closed, in the words in which it was offered.
    pub(super) fn rejected(&mut self, [media, protocol, format]: [&str; 3], mid: &str) {
        self.add(format_args!("m={media} 0 {protocol} {format}"));
        self.add(format_args!("c=IN IP4 0.0.0.0"));
        if !mid.is_empty() {
            self.add(format_args!("a=mid:{mid}"));
        }
        self.add(format_args!("a=inactive"));
    }

    /// The whole text, with the lines that stand before the sections.
    pub(super) fn finish(self, session_id: u64, version: u64) -> String {
        let mut text = String::with_capacity(self.sections.len() + self.bundle.len() + 400);
        let mut line = |line: std::fmt::Arguments<'_>| {
            text.write_fmt(line).expect("a string takes every text");
            text.push_str("\r\n");
        };
        line(format_args!("v=0"));
        line(format_args!("o=- {session_id} {version} IN IP4 127.0.0.1"));
        line(format_args!("s=-"));
        line(format_args!("t=0 0"));
        if !self.bundle.is_empty() {
            line(format_args!("a=group:BUNDLE{}", self.bundle));
        }
        // We read both forms of header extensions in one stream (RFC 8285 §6). Browsers send dependency descriptors of key
        // pictures, which are longer than the short form allows, only to who says so.
        line(format_args!("a=extmap-allow-mixed"));
        line(format_args!("a=ice-lite"));
        line(format_args!("a=msid-semantic:WMS *"));
        line(format_args!("a=fingerprint:sha-256 {}", hex(&self.local.fingerprint.0)));
        text.push_str(&self.sections);
        text
    }

    fn transport(&mut self, mid: &str, bitrate: Option<u32>) {
        self.bundle.push(' ');
        self.bundle.push_str(mid);

        let local = self.local;
        self.add(format_args!("c=IN IP4 0.0.0.0"));
        if let Some(bitrate) = bitrate {
            self.add(format_args!("b=TIAS:{bitrate}"));
        }
        self.add(format_args!("a=mid:{mid}"));
        self.add(format_args!("a=ice-ufrag:{}", local.ice.ufrag));
        self.add(format_args!("a=ice-pwd:{}", local.ice.pwd));
        self.add(format_args!(
            "a=setup:{}",
            match self.role {
                Role::Either => "actpass",
                Role::Server => "passive",
            }
        ));
        // Only the section that leads the bundle speaks for the transport (RFC 8843 §7.1.3).
        if !std::mem::replace(&mut self.candidates_written, true) {
            for index in 0..local.candidates.len() {
                self.candidate(index);
            }
            self.add(format_args!("a=end-of-candidates"));
        }
    }

    /// RFC 8839 §5.1; TCP after RFC 6544 §4.5 with a priority below every UDP address.
    fn candidate(&mut self, index: usize) {
        let candidate = self.local.candidates[index];
        let (type_preference, protocol, suffix) = match candidate.tcp {
            false => (126, "udp", ""),
            true => (90, "tcp", " tcptype passive"),
        };
        let local_preference = 65_535 - index.min(65_535) as u32;
        let priority = (type_preference << 24) | (local_preference << 8) | 255;
        let (ip, port) = (candidate.address.ip(), candidate.address.port());
        let ip = match ip {
            IpAddr::V6(ip) => ip.to_canonical(),
            IpAddr::V4(_) => ip,
        };
        self.add(format_args!(
            "a=candidate:{} 1 {protocol} {priority} {ip} {port} typ host{suffix}",
            index + 1
        ));
    }

    fn codec(&mut self, codec: &Codec) {
        let pt = codec.payload_type;
        let channels = if codec.mime.kind() == MediaKind::Audio { "/2" } else { "" };
        self.add(format_args!("a=rtpmap:{pt} {}/{}{channels}", codec.mime.encoding_name(), codec.clock_rate));
        if !codec.fmtp.is_empty() {
            self.add(format_args!("a=fmtp:{pt} {}", codec.fmtp));
        }
        let feedback = codec.feedback;
        for (agreed, name) in [
            (feedback.remb, "goog-remb"),
            (feedback.transport_cc, "transport-cc"),
            (feedback.fir, "ccm fir"),
            (feedback.nack, "nack"),
            (feedback.pli, "nack pli"),
        ] {
            if agreed {
                self.add(format_args!("a=rtcp-fb:{pt} {name}"));
            }
        }
        if let Some(rtx) = codec.rtx {
            self.add(format_args!("a=rtpmap:{rtx} rtx/{}", codec.clock_rate));
            self.add(format_args!("a=fmtp:{rtx} apt={pt}"));
        }
    }

    fn simulcast(&mut self, encodings: &[Encoding]) {
        let rids: Vec<&str> = encodings.iter().filter_map(|encoding| encoding.rid.as_deref()).collect();
        for rid in &rids {
            self.add(format_args!("a=rid:{rid} recv"));
        }
        if !rids.is_empty() {
            self.add(format_args!("a=simulcast:recv {}", rids.join(";")));
        }
    }

    /// Clients read from the stream's name whose track it is.
    fn source(&mut self, media: &DownMedia, rtx: bool) {
        let DownMedia { participant_sid, track_sid, stream, ssrc, rtx_ssrc, .. } = media;
        self.add(format_args!("a=msid:{participant_sid}|{stream} {track_sid}"));
        if rtx {
            self.add(format_args!("a=ssrc-group:FID {ssrc} {rtx_ssrc}"));
        }
        let ssrcs = [Some(*ssrc), rtx.then_some(*rtx_ssrc)];
        for ssrc in ssrcs.into_iter().flatten() {
            self.add(format_args!("a=ssrc:{ssrc} cname:{participant_sid}"));
            self.add(format_args!("a=ssrc:{ssrc} msid:{participant_sid}|{stream} {track_sid}"));
        }
    }

    fn add(&mut self, line: std::fmt::Arguments<'_>) {
        self.append(line);
        self.sections.push_str("\r\n");
    }

    fn append(&mut self, text: std::fmt::Arguments<'_>) {
        self.sections.write_fmt(text).expect("a string takes every text");
    }
}

fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

/// What the media engine takes in one data message.
const MAX_MESSAGE_SIZE: usize = 65_535;

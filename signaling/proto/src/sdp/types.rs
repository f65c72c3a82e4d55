//! The words of a negotiation: what both sides agree on, without SDP syntax.

use std::{collections::BTreeMap, net::SocketAddr};

use crate::audio::{AudioPolicy, Redundancy};

/// What a description may cost us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one description. A browser spends 4 to 8 KiB per section.
    pub bytes: usize,
    /// Media sections of one description.
    pub sections: usize,
    /// Attribute lines of one section.
    pub attributes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 1024 * 1024, sections: 512, attributes: 512 }
    }
}

/// ICE user name fragment and password (RFC 8445 §5.3).
#[derive(Clone, PartialEq, Eq)]
pub struct IceCredentials {
    /// 4 to 256 ICE characters.
    pub ufrag: String,
    /// 22 to 256 ICE characters.
    pub pwd: String,
}

impl std::fmt::Debug for IceCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IceCredentials").field("ufrag", &self.ufrag).finish_non_exhaustive()
    }
}

/// The SHA-256 digest of a certificate (RFC 8122).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

/// The far side of a transport, as its description tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteTransport {
    /// Its ICE credentials.
    pub ice: IceCredentials,
    /// The certificate that it will present in DTLS.
    pub fingerprint: Fingerprint,
}

/// Our side of a transport. We are ICE-lite and the DTLS server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalTransport {
    /// Our ICE credentials; new ones restart ICE.
    pub ice: IceCredentials,
    /// Our certificate.
    pub fingerprint: Fingerprint,
    /// Where we listen.
    pub candidates: Vec<Candidate>,
}

/// An address of ours (a host candidate, RFC 8839 §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Where.
    pub address: SocketAddr,
    /// Over UDP, or over TCP as the passive side (RFC 6544).
    pub tcp: bool,
}

/// Audio or video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaKind {
    /// Sound.
    Audio,
    /// Pictures.
    Video,
}

/// The codecs we negotiate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Mime {
    Opus,
    /// Redundant audio (RFC 2198) around Opus.
    Red,
    Vp8,
    Vp9,
    H264,
    H265,
    Av1,
}

/// One codec with its parameters in one section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Codec {
    /// Its payload type, 0 to 127.
    pub payload_type: u8,
    /// The payload type of its retransmissions (RFC 4588).
    pub rtx: Option<u8>,
    /// What it is.
    pub mime: Mime,
    /// RTP clock in hertz.
    pub clock_rate: u32,
    /// Format parameters as they stand after `a=fmtp:<pt> `; empty if there are none.
    pub fmtp: String,
    /// Feedback agreed for it (RFC 4585).
    pub feedback: Feedback,
}

/// RTCP feedback of one codec.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Feedback {
    /// Generic NACK.
    pub nack: bool,
    /// Picture loss indication.
    pub pli: bool,
    /// Full intra request (RFC 5104).
    pub fir: bool,
    /// Transport-wide congestion control feedback.
    pub transport_cc: bool,
    /// Receiver estimated maximum bitrate.
    pub remb: bool,
}

/// The header extensions that mean something to us (RFC 8285).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Extension {
    Mid,
    Rid,
    RepairedRid,
    AudioLevel,
    TransportCc,
    AbsSendTime,
    VideoOrientation,
    PlayoutDelay,
    DependencyDescriptor,
}

/// One encoding of what a client sends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Encoding {
    /// Its RID, if it is a simulcast layer.
    pub rid: Option<String>,
    /// Its SSRC, if told.
    pub ssrc: Option<u32>,
    /// The SSRC of its retransmissions, if told.
    pub rtx_ssrc: Option<u32>,
}

/// A section in which the client sends, as we answer it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpMedia {
    /// The section.
    pub mid: String,
    /// Audio or video.
    pub kind: MediaKind,
    /// The client's name of its track: the second word of `a=msid`, empty if it gave none.
    pub cid: String,
    /// What it may send, as answered, preferred first.
    pub codecs: Vec<Codec>,
    /// Extension ids of the section.
    pub extensions: BTreeMap<Extension, u8>,
    /// Its encodings, lowest quality first; never empty.
    pub encodings: Vec<Encoding>,
}

/// What `add_track` says about a track before or after it appears in an offer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpOptions {
    /// The codec that it shall use, if the offer has it.
    pub codec: Option<Mime>,
    /// Whether Opus may stop sending in silence.
    pub dtx: bool,
    /// Whether Opus carries two channels.
    pub stereo: bool,
    /// Whether redundant audio may be used; not with end-to-end encryption.
    pub red: bool,
}

/// How a client's sound is ordered at present.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AudioOrder {
    /// How it is to send.
    pub policy: AudioPolicy,
    /// Whether so much is lost on its way that it may repeat itself.
    pub lossy: bool,
}

impl AudioOrder {
    /// Whether redundant audio is agreed on at all.
    pub(super) fn may_repeat(self) -> bool {
        self.policy.red != Redundancy::Never
    }

    /// Whether redundant audio is preferred.
    pub(super) fn repeats(self) -> bool {
        match self.policy.red {
            Redundancy::Never => false,
            Redundancy::OnLoss => self.lossy,
            Redundancy::Always => true,
        }
    }
}

/// What shall be sent to a client in one section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownMedia {
    /// Audio or video.
    pub kind: MediaKind,
    /// Whose track it is (`PA_…`).
    pub participant_sid: String,
    /// Which track it is (`TR_…`).
    pub track_sid: String,
    /// Second half of the stream id: the track sid, or a name shared by tracks to be played in sync (`camera`).
    pub stream: String,
    /// What its publisher sends, preferred first: [`UpMedia::codecs`].
    pub codecs: Vec<Codec>,
    /// Whether it is stereo sound.
    pub stereo: bool,
    /// The SSRC that we will send.
    pub ssrc: u32,
    /// The SSRC of our retransmissions.
    pub rtx_ssrc: u32,
}

/// How a section carries what we send, as negotiated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownNegotiated {
    /// The section.
    pub mid: String,
    /// The track in it.
    pub track_sid: String,
    /// What the client accepts there, preferred first.
    pub codecs: Vec<Codec>,
    /// Extension ids of the section.
    pub extensions: BTreeMap<Extension, u8>,
    /// The SSRC that we send.
    pub ssrc: u32,
    /// The SSRC of our retransmissions.
    pub rtx_ssrc: u32,
}

/// What an offer changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OfferChanges {
    /// The far side's transport; `None` while it offers no section.
    pub transport: Option<RemoteTransport>,
    /// Whether its ICE credentials differ from those of the offer before.
    pub ice_restart: bool,
    /// Whether data channels are negotiated.
    pub data: bool,
    /// Sections that the client began to send in, or in which something about that changed.
    pub published: Vec<UpMedia>,
    /// Sections in which it stopped to send.
    pub ended: Vec<EndedUp>,
    /// Tracks whose section the client no longer receives in; they have left their slot.
    pub unslotted: Vec<DownMedia>,
}

/// A section in which the client stopped to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedUp {
    /// The section.
    pub mid: String,
    /// The client's name of the track.
    pub cid: String,
}

/// A description of ours that answers the last offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The description.
    pub sdp: String,
    /// Which section carries which track (`TR_…`) to the client.
    pub mid_to_track_id: BTreeMap<String, String>,
}

/// A description of ours that awaits an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentOffer {
    /// Its number; the answer carries the same.
    pub id: u32,
    /// The description.
    pub sdp: String,
    /// Which section carries which track (`TR_…`) to the client.
    pub mid_to_track_id: BTreeMap<String, String>,
}

/// What an answer settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerChanges {
    /// The far side's transport.
    pub transport: RemoteTransport,
    /// Whether its ICE credentials differ from those of the answer before.
    pub ice_restart: bool,
    /// Tracks that can flow now and could not before.
    pub accepted: Vec<DownNegotiated>,
    /// Tracks that the client will not receive; they have left their section.
    pub refused: Vec<DownMedia>,
}

/// Why a track got no section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FillError {
    /// Ask the client for more sections.
    #[error("no free section")]
    NoFreeSlot,
    /// The client decodes none of the publisher's codecs.
    #[error("no codec in common")]
    NoCommonCodec,
    /// The description would have too many sections.
    #[error("all {0} sections are in use")]
    TooManySections(usize),
}

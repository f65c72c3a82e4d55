//! What goes into the media engine and what comes out, besides datagrams: commands from the rooms, events to them.
//!
//! The engine reads no SDP. Whoever negotiates hands over the outcome: credentials, fingerprints, payload types,
//! header extension ids, SSRCs.

use std::net::SocketAddr;

use crate::id::{ConferenceId, DownTrackId, Mid, PayloadType, PeerId, Rid, Ssrc, UpTrackId};

/// What the rooms ask of the engine. All but `Join*` name something that exists; a command about something that has
/// gone meanwhile is ignored, since ends cross on the way.
#[derive(Debug)]
pub enum Command {
    /// Lets a WebRTC peer in; it becomes audible once ICE and DTLS have succeeded.
    Join(Box<PeerParams>),
    /// Lets in a peer of our own process (a phone, a recorder): plain RTP, no ICE, no encryption.
    JoinDirect {
        /// Where it belongs.
        conference: ConferenceId,
        /// Its name from now on.
        peer: PeerId,
    },
    /// Lets in the end of a bridge: whoever stands here for somebody on another shard. It is direct, and no event tells
    /// of it.
    JoinBridge {
        /// Its name from now on: that of whom it stands for.
        peer: PeerId,
    },
    /// Sends all that comes of an up track to a bridge, each encoding under a number of its own. A second time, it
    /// replaces the first.
    Tap {
        /// The end of the bridge.
        peer: PeerId,
        /// The source.
        track: UpTrackId,
        /// One for each encoding.
        ssrcs: Vec<Ssrc>,
    },
    /// Ends that.
    Untap {
        /// The end of the bridge.
        peer: PeerId,
        /// The source.
        track: UpTrackId,
    },
    /// Tells what the other side answered, for a peer to whom we made the offer.
    SetRemote {
        /// Whose transport it is.
        peer: PeerId,
        /// The far side's credentials and certificate.
        remote: RemoteTransport,
    },
    /// Starts new ICE credentials on the same DTLS association (RFC 8445 §9).
    RestartIce {
        /// Whose transport it is.
        peer: PeerId,
        /// Ours from now on.
        local: IceCredentials,
        /// The far side's from now on; `None` until it has answered our own restart.
        remote: Option<IceCredentials>,
    },
    /// Declares or re-declares what a peer sends in one media section.
    Publish {
        /// Who sends.
        peer: PeerId,
        /// What is sent.
        track: Box<UpTrackParams>,
    },
    /// Ends an up track and all its down tracks.
    Unpublish {
        /// The track that ended.
        track: UpTrackId,
    },
    /// Drops (`true`) or passes (`false`) all media of an up track, whatever its sender does.
    MuteUpTrack {
        /// The track.
        track: UpTrackId,
        /// Whether its packets are dropped.
        muted: bool,
    },
    /// Has a sound forwarded however quiet it is beside others (`true`), or only if it is among the loudest.
    AlwaysHear {
        /// The track.
        track: UpTrackId,
        /// Whether it needs no loudness.
        always: bool,
    },
    /// Begins forwarding an up track to a peer.
    Subscribe {
        /// Who receives.
        peer: PeerId,
        /// How it is to be sent.
        track: Box<DownTrackParams>,
    },
    /// Ends one down track.
    Unsubscribe {
        /// The down track.
        track: DownTrackId,
    },
    /// Changes what a subscriber would like to see.
    Wish {
        /// The down track.
        track: DownTrackId,
        /// The new wish.
        wish: LayerWish,
    },
    /// Sends one data message to a peer. Lossy messages may be dropped when its queue is full; a peer whose
    /// reliable queue overflows is closed with [`PeerCloseReason::SlowConsumer`].
    SendData {
        /// Who receives.
        peer: PeerId,
        /// Over which channel.
        channel: DataChannel,
        /// The message, shared by all its receivers.
        payload: std::sync::Arc<[u8]>,
    },
    /// Takes a peer to another conference of the same shard, with its transport and without its tracks: they are
    /// declared anew there.
    Move {
        /// Who moves.
        peer: PeerId,
        /// Where to.
        to: ConferenceId,
    },
    /// Ends a peer, its up tracks and its down tracks.
    Leave {
        /// Who leaves.
        peer: PeerId,
    },
    /// Ends a conference and everybody in it.
    EndConference {
        /// Which one.
        conference: ConferenceId,
    },
}

/// A new WebRTC peer. We are ICE-lite and the DTLS server, always.
#[derive(Debug, Clone)]
pub struct PeerParams {
    /// Where it belongs.
    pub conference: ConferenceId,
    /// Its name from now on.
    pub peer: PeerId,
    /// Ours, as told to it. The ufrag is unique among live peers: the first STUN check is recognised by it.
    pub local_ice: IceCredentials,
    /// The far side, or `None` while our offer has no answer yet.
    pub remote: Option<RemoteTransport>,
    /// How its data channels come to be.
    pub data_channels: DataChannels,
}

/// What we know of the far side of a transport from its session description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteTransport {
    /// Its ICE credentials.
    pub ice: IceCredentials,
    /// The certificate that it must present in DTLS (RFC 8122).
    pub fingerprint: Fingerprint,
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

/// A certificate's digest: SHA-256 only (RFC 8122 §5; every WebRTC client sends it).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

/// How the data channels of a peer come to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataChannels {
    /// The section was not negotiated.
    None,
    /// The peer opens them in band (DCEP, RFC 8832), named by [`DataChannel::label`].
    OpenedByPeer,
    /// We open them in band.
    OpenedByUs,
    /// Both sides know the stream numbers beforehand: 100 reliable, 101 lossy.
    Negotiated,
}

/// The two data channels of a participant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DataChannel {
    /// Ordered, delivered whole.
    Reliable,
    /// Unordered, never retransmitted.
    Lossy,
}

impl DataChannel {
    /// The label under which clients know it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Reliable => "_reliable",
            Self::Lossy => "_lossy",
        }
    }
}

/// Audio or video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaKind {
    /// Sound.
    Audio,
    /// Pictures.
    Video,
}

/// The codecs we can forward.
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

/// One codec as negotiated in one media section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Codec {
    /// Its payload type there.
    pub payload_type: PayloadType,
    /// The payload type of its retransmissions (RFC 4588), if negotiated.
    pub rtx: Option<PayloadType>,
    /// What it is.
    pub mime: Mime,
    /// RTP clock in hertz.
    pub clock_rate: u32,
    /// Whether generic NACK was negotiated (RFC 4585).
    pub nack: bool,
}

/// Header extensions that the engine reads or writes (RFC 8285). Others do not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Extension {
    /// `urn:ietf:params:rtp-hdrext:sdes:mid` (RFC 8843).
    Mid,
    /// `urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id` (RFC 8852).
    Rid,
    /// `urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id` (RFC 8852).
    RepairedRid,
    /// `urn:ietf:params:rtp-hdrext:ssrc-audio-level` (RFC 6464).
    AudioLevel,
    /// `http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01`.
    TransportCc,
    /// `http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time`.
    AbsSendTime,
    /// `urn:3gpp:video-orientation`.
    VideoOrientation,
    /// `http://www.webrtc.org/experiments/rtp-hdrext/playout-delay`.
    PlayoutDelay,
    /// `https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension`; read, and passed through.
    DependencyDescriptor,
}

impl Extension {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Mid,
        Self::Rid,
        Self::RepairedRid,
        Self::AudioLevel,
        Self::TransportCc,
        Self::AbsSendTime,
        Self::VideoOrientation,
        Self::PlayoutDelay,
        Self::DependencyDescriptor,
    ];

    /// The URI that stands for it in an `extmap` attribute.
    #[must_use]
    pub fn uri(self) -> &'static str {
        match self {
            Self::Mid => "urn:ietf:params:rtp-hdrext:sdes:mid",
            Self::Rid => "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
            Self::RepairedRid => "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
            Self::AudioLevel => "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
            Self::TransportCc => "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
            Self::AbsSendTime => "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
            Self::VideoOrientation => "urn:3gpp:video-orientation",
            Self::PlayoutDelay => "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
            Self::DependencyDescriptor => {
                "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
            }
        }
    }
}

/// Which extension has which id (1 to 14) in one media section.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExtensionMap {
    ids: [u8; Extension::ALL.len()],
}

impl ExtensionMap {
    /// Assigns an id; ids outside 1 to 14 are not negotiable in one-byte headers and are ignored.
    pub fn insert(&mut self, extension: Extension, id: u8) {
        if (1..=14).contains(&id) {
            self.ids[extension as usize] = id;
        }
    }

    /// The id of an extension, if negotiated.
    #[must_use]
    pub fn id(&self, extension: Extension) -> Option<u8> {
        Some(self.ids[extension as usize]).filter(|&id| id != 0)
    }

    /// The extension behind an id.
    #[must_use]
    pub fn extension(&self, id: u8) -> Option<Extension> {
        Extension::ALL.into_iter().find(|&extension| id != 0 && self.ids[extension as usize] == id)
    }
}

/// What a peer sends in one media section.
#[derive(Debug, Clone)]
pub struct UpTrackParams {
    /// Its name from now on.
    pub id: UpTrackId,
    /// Audio or video.
    pub kind: MediaKind,
    /// The media section that carries it.
    pub mid: Mid,
    /// What it may send, as answered.
    pub codecs: Vec<Codec>,
    /// Extension ids of that section.
    pub extensions: ExtensionMap,
    /// Its encodings, lowest quality first; exactly one unless simulcast.
    pub encodings: Vec<EncodingParams>,
    /// Whether it is a screen: it is upgraded before cameras and shown at full frame size first.
    pub screen: bool,
    /// Whether it is a sound that is forwarded however quiet it is beside others; see [`Command::AlwaysHear`].
    pub always_heard: bool,
}

/// One encoding of a source (a simulcast layer, or the only one).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EncodingParams {
    /// The RID by which its packets are recognised, if simulcast.
    pub rid: Option<Rid>,
    /// The SSRC from `a=ssrc`, if signalled.
    pub ssrc: Option<Ssrc>,
    /// The SSRC of its retransmissions from `a=ssrc-group:FID`, if signalled.
    pub rtx_ssrc: Option<Ssrc>,
    /// Picture width as announced, 0 if unknown or audio.
    pub width: u16,
    /// Picture height as announced, 0 if unknown or audio.
    pub height: u16,
}

/// How one source is sent to one peer.
#[derive(Debug, Clone)]
pub struct DownTrackParams {
    /// Its name from now on.
    pub id: DownTrackId,
    /// What is forwarded.
    pub source: UpTrackId,
    /// The subscriber's media section.
    pub mid: Mid,
    /// What the subscriber accepts there, preferred first.
    pub codecs: Vec<Codec>,
    /// Extension ids of that section.
    pub extensions: ExtensionMap,
    /// The SSRC that we told the subscriber.
    pub ssrc: Ssrc,
    /// The SSRC of retransmissions that we told it.
    pub rtx_ssrc: Ssrc,
    /// What it wants to begin with.
    pub wish: LayerWish,
}

/// What a subscriber would like to receive of a track; congestion may give less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerWish {
    /// `false` stops all packets of the track.
    pub enabled: bool,
    /// Index of the highest wanted encoding or, of a source that sends only one, of its highest wanted spatial layer; 0 is
    /// the lowest, beyond the last means the last.
    pub encoding: u8,
    /// Highest wanted frame rate; 0 for no limit.
    pub fps: u8,
    /// Larger is served first when bandwidth is short.
    pub priority: u8,
}

impl Default for LayerWish {
    fn default() -> Self {
        Self { enabled: true, encoding: u8::MAX, fps: 0, priority: 0 }
    }
}

/// What the engine reports to the rooms.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// ICE and DTLS succeeded; media can flow.
    PeerConnected {
        /// Who.
        peer: PeerId,
    },
    /// The peer is gone from the engine.
    PeerClosed {
        /// Who.
        peer: PeerId,
        /// Why.
        reason: PeerCloseReason,
    },
    /// A data channel can be written.
    DataChannelOpen {
        /// Whose.
        peer: PeerId,
        /// Which.
        channel: DataChannel,
    },
    /// A data message arrived whole.
    Data {
        /// From whom.
        peer: PeerId,
        /// Over which channel.
        channel: DataChannel,
        /// The message.
        payload: Vec<u8>,
    },
    /// The first media packet of an up track arrived.
    UpTrackStarted {
        /// The track.
        track: UpTrackId,
        /// The codec of that packet.
        mime: Mime,
    },
    /// Who speaks: changes since the last report, at most every 400 ms.
    Speakers {
        /// Which conference.
        conference: ConferenceId,
        /// Each audio track whose level changed by at least an eighth.
        changes: Vec<SpeakerLevel>,
    },
    /// Congestion stopped or resumed a video, or the source has gone quiet.
    DownTrackPaused {
        /// Which.
        track: DownTrackId,
        /// Whether it is now paused.
        paused: bool,
    },
    /// How well a peer's transport does; every 5 s while connected.
    Quality {
        /// Whose.
        peer: PeerId,
        /// The figures.
        quality: TransportQuality,
    },
}

/// The loudness of one audio track.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpeakerLevel {
    /// Which track.
    pub track: UpTrackId,
    /// 0 (silent) to 1, in steps of an eighth.
    pub level: f32,
    /// Whether it counts as speaking.
    pub active: bool,
}

/// The state of a transport over the last report interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TransportQuality {
    /// Fraction of packets lost from the peer to us, 0 to 1.
    pub loss_up: f32,
    /// Fraction of packets of sound that did not come from the peer by themselves, 0 to 1; some were repaired.
    pub sound_loss_up: f32,
    /// Fraction of packets lost from us to the peer, 0 to 1.
    pub loss_down: f32,
    /// Round-trip time, if measured.
    pub rtt: Option<std::time::Duration>,
    /// What the path towards the peer is believed to carry, bits per second.
    pub available_down: u64,
    /// Whether congestion withholds something that the peer wants.
    pub limited: bool,
}

/// Why a peer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerCloseReason {
    /// [`Command::Leave`] or the end of the conference.
    Left,
    /// No ICE check was seen for too long.
    IceTimeout,
    /// The DTLS handshake failed or timed out.
    DtlsFailed,
    /// The certificate is not the one of the session description.
    FingerprintMismatch,
    /// The peer closed DTLS.
    ClosedByPeer,
    /// It did not take its reliable data in time.
    SlowConsumer,
    /// A fault of ours, contained to this peer.
    Internal,
}

/// An address of ours where media can be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostCandidate {
    /// Where.
    pub address: SocketAddr,
    /// Over UDP, or over TCP as the passive side (RFC 6544).
    pub tcp: bool,
}

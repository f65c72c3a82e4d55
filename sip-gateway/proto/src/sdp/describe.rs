//! What a session description says, once read.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use super::{Crypto, Format};

/// A whole description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionDescription {
    /// The `o=` line; `None` if missing or unreadable, which we forgive.
    pub origin: Option<Origin>,
    /// The sections of an `a=group:BUNDLE`, by their `mid`.
    pub bundle: Vec<String>,
    /// Whether the writer does ICE-lite.
    pub ice_lite: bool,
    /// The media sections in order.
    pub media: Vec<Media>,
}

/// The `o=` line: who made this description, and the how-manieth version it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Names the session; digits by the book, anything by some phones.
    pub session: String,
    /// Rises with every change (RFC 3264 §8).
    pub version: String,
    /// The address of its maker.
    pub address: String,
}

/// One `m=` section, with what it inherits from the session filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// What it carries.
    pub kind: Kind,
    /// Where its RTP is wanted; 0 rejects the section.
    pub port: u16,
    /// How it is carried.
    pub profile: Profile,
    /// The first word of its format list, which a refusal repeats.
    pub first_format: String,
    /// The formats we could read, in the writer's order.
    pub formats: Vec<Format>,
    /// The address of its `c=` line if that is a literal one.
    pub address: Option<IpAddr>,
    /// Who sends, as written; see [`Media::effective_direction`] for what is meant.
    pub direction: Direction,
    /// Milliseconds per packet that the writer likes to get.
    pub ptime: Option<u16>,
    /// Milliseconds per packet that it can take at most.
    pub maxptime: Option<u16>,
    /// SDES keys (RFC 4568), only those of suites we know and can honour.
    pub crypto: Vec<Crypto>,
    /// Digests of the certificate for DTLS.
    pub fingerprints: Vec<Fingerprint>,
    /// Who begins the DTLS handshake.
    pub setup: Option<Setup>,
    /// ICE credentials and candidates.
    pub ice: Option<Ice>,
    /// Whether RTCP may share the RTP port (RFC 5761).
    pub rtcp_mux: bool,
    /// Where RTCP is wanted if not one port above (RFC 3605).
    pub rtcp: Option<(u16, Option<IpAddr>)>,
    /// Its identification tag (RFC 5888).
    pub mid: Option<String>,
}

impl Media {
    /// A section that refuses what this one offers (RFC 3264 §6).
    #[must_use]
    pub fn refusal(&self) -> Self {
        Self {
            kind: self.kind.clone(),
            profile: self.profile.clone(),
            first_format: self.first_format.clone(),
            mid: self.mid.clone(),
            ..Self::default()
        }
    }

    /// Whether the section lives.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.port != 0
    }

    /// Where RTP is to be sent; `None` if the writer gave no usable address, or wants nothing.
    #[must_use]
    pub fn rtp_address(&self) -> Option<SocketAddr> {
        let address = self.address.filter(|address| !address.is_unspecified())?;
        (self.port != 0).then_some(SocketAddr::new(address, self.port))
    }

    /// Where RTCP is to be sent.
    #[must_use]
    pub fn rtcp_address(&self) -> Option<SocketAddr> {
        let rtp = self.rtp_address()?;
        if self.rtcp_mux {
            return Some(rtp);
        }
        match self.rtcp {
            Some((port, address)) => Some(SocketAddr::new(address.unwrap_or(rtp.ip()), port)),
            None => Some(SocketAddr::new(rtp.ip(), rtp.port().checked_add(1)?)),
        }
    }

    /// Who sends, with the address 0.0.0.0 read as the hold of RFC 2543: "send me nothing". With ICE that address only
    /// means that no candidate is known yet (RFC 8840 §4.1.1).
    #[must_use]
    pub fn effective_direction(&self) -> Direction {
        let wants_nothing =
            self.ice.is_none() && self.address.is_some_and(|address| address.is_unspecified());
        if wants_nothing { self.direction.and(Direction::SendOnly) } else { self.direction }
    }

    /// Whether the writer put us on hold: it will not play what we send.
    #[must_use]
    pub fn is_hold(&self) -> bool {
        !self.effective_direction().receives()
    }
}

/// A closed section.
impl Default for Media {
    fn default() -> Self {
        Self {
            kind: Kind::Audio,
            port: 0,
            profile: Profile::Avp,
            first_format: "0".into(),
            formats: Vec::new(),
            address: None,
            direction: Direction::SendRecv,
            ptime: None,
            maxptime: None,
            crypto: Vec::new(),
            fingerprints: Vec::new(),
            setup: None,
            ice: None,
            rtcp_mux: false,
            rtcp: None,
            mid: None,
        }
    }
}

/// What a section carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Sound.
    Audio,
    /// Pictures.
    Video,
    /// Fax, text, floor control… by its word.
    Other(String),
}

impl Kind {
    pub(super) fn parse(word: &str) -> Self {
        match word {
            "audio" => Self::Audio,
            "video" => Self::Video,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The word on the `m=` line.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Other(word) => word,
        }
    }
}

/// The transport profile on the `m=` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Profile {
    /// `RTP/AVP` (RFC 3551).
    Avp,
    /// `RTP/AVPF` (RFC 4585).
    Avpf,
    /// `RTP/SAVP` (RFC 3711).
    Savp,
    /// `RTP/SAVPF` (RFC 5124).
    Savpf,
    /// `UDP/TLS/RTP/SAVP` (RFC 5764).
    DtlsSavp,
    /// `UDP/TLS/RTP/SAVPF` (RFC 5764).
    DtlsSavpf,
    /// Something we do not carry.
    Other(String),
}

impl Profile {
    pub(super) fn parse(word: &str) -> Self {
        match word {
            "RTP/AVP" => Self::Avp,
            "RTP/AVPF" => Self::Avpf,
            "RTP/SAVP" => Self::Savp,
            "RTP/SAVPF" => Self::Savpf,
            "UDP/TLS/RTP/SAVP" => Self::DtlsSavp,
            "UDP/TLS/RTP/SAVPF" => Self::DtlsSavpf,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The word on the `m=` line.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Avp => "RTP/AVP",
            Self::Avpf => "RTP/AVPF",
            Self::Savp => "RTP/SAVP",
            Self::Savpf => "RTP/SAVPF",
            Self::DtlsSavp => "UDP/TLS/RTP/SAVP",
            Self::DtlsSavpf => "UDP/TLS/RTP/SAVPF",
            Self::Other(word) => word,
        }
    }

    /// Whether the profile itself demands SRTP.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        matches!(self, Self::Savp | Self::Savpf | Self::DtlsSavp | Self::DtlsSavpf)
    }
}

/// Who sends, seen from the writer of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// Both.
    #[default]
    SendRecv,
    /// The writer only.
    SendOnly,
    /// The reader only.
    RecvOnly,
    /// Nobody.
    Inactive,
}

impl Direction {
    /// From who sends and who receives.
    #[must_use]
    pub fn new(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    /// Whether the writer sends.
    #[must_use]
    pub fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Whether the writer receives.
    #[must_use]
    pub fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    /// The same seen from the other side.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self::new(self.receives(), self.sends())
    }

    /// What both allow.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::new(self.sends() && other.sends(), self.receives() && other.receives())
    }

    /// The attribute's name.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }
}

/// `a=fingerprint` (RFC 8122): the digest of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// The hash function in lower case, `sha-256` and stronger.
    pub hash: String,
    /// The digest.
    pub digest: Vec<u8>,
}

/// `a=setup` (RFC 4145): who begins the DTLS handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setup {
    /// Either.
    ActPass,
    /// The writer.
    Active,
    /// The reader.
    Passive,
    /// Nobody for now.
    HoldConn,
}

impl Setup {
    /// The attribute's value.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::ActPass => "actpass",
            Self::Active => "active",
            Self::Passive => "passive",
            Self::HoldConn => "holdconn",
        }
    }
}

/// ICE as one side describes itself (RFC 8839).
#[derive(Clone, PartialEq, Eq)]
pub struct Ice {
    /// The user name fragment.
    pub ufrag: String,
    /// The password.
    pub pwd: String,
    /// Candidates as written, without the `a=candidate:`.
    pub candidates: Vec<String>,
}

/// Passwords do not belong into logs.
impl fmt::Debug for Ice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ufrag, candidates, .. } = self;
        f.debug_struct("Ice").field("ufrag", ufrag).field("candidates", candidates).finish_non_exhaustive()
    }
}

//! Codecs of phones and their payload types (RFC 3551 §6).

/// What a payload type carries.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Codec {
    /// G.711 µ-law.
    Pcmu,
    /// G.711 A-law.
    Pcma,
    /// G.722 at 64 kbit/s: 16 kHz sound on an RTP clock that says 8000, by an old mistake (RFC 3551 §4.5.2).
    G722,
    /// Opus (RFC 7587).
    Opus,
    /// G.729, which we can only pass on.
    G729,
    /// Keys pressed on the phone (RFC 4733), on the given clock.
    TelephoneEvent(u32),
    /// Comfort noise (RFC 3389), on the given clock.
    ComfortNoise(u32),
    /// A codec we can pass on without understanding it.
    Other {
        /// Its name in lower case.
        name: String,
        /// Its clock rate.
        clock_rate: u32,
        /// Its channels.
        channels: u8,
    },
}

impl Codec {
    /// Reads the part of an `a=rtpmap` behind the payload type: `<name>/<clock rate>[/<channels>]`.
    pub(super) fn parse(encoding: &str) -> Option<Self> {
        let mut parts = encoding.split('/');
        let name = parts.next().filter(|name| is_token(name))?.to_ascii_lowercase();
        let clock_rate: u32 = parts.next()?.parse().ok().filter(|rate| (1_000..=192_000).contains(rate))?;
        let channels: u8 = match parts.next() {
            Some(channels) => channels.parse().ok().filter(|channels| (1..=8).contains(channels))?,
            None => 1,
        };

        Some(match (name.as_str(), clock_rate, channels) {
            ("pcmu", 8_000, 1) => Self::Pcmu,
            ("pcma", 8_000, 1) => Self::Pcma,
            // Some phones write the rate it has instead of the rate it must claim.
            ("g722", 8_000 | 16_000, 1) => Self::G722,
            ("opus", 48_000, _) => Self::Opus,
            ("g729" | "g729a", 8_000, 1) => Self::G729,
            ("telephone-event", rate, 1) => Self::TelephoneEvent(rate),
            ("cn", rate, 1) => Self::ComfortNoise(rate),
            _ => Self::Other { name, clock_rate, channels },
        })
    }

    /// What a static payload type means without an `a=rtpmap`.
    #[must_use]
    pub fn of_static_type(payload_type: u8) -> Option<Self> {
        let other = |name: &str| Self::Other { name: name.into(), clock_rate: 8_000, channels: 1 };
        Some(match payload_type {
            0 => Self::Pcmu,
            3 => other("gsm"),
            4 => other("g723"),
            8 => Self::Pcma,
            9 => Self::G722,
            13 => Self::ComfortNoise(8_000),
            15 => other("g728"),
            18 => Self::G729,
            _ => return None,
        })
    }

    /// The payload type that the profile reserves for it, if any.
    #[must_use]
    pub fn static_type(&self) -> Option<u8> {
        match self {
            Self::Pcmu => Some(0),
            Self::Pcma => Some(8),
            Self::G722 => Some(9),
            Self::ComfortNoise(8_000) => Some(13),
            Self::G729 => Some(18),
            Self::Opus | Self::TelephoneEvent(_) | Self::ComfortNoise(_) | Self::Other { .. } => None,
        }
    }

    /// The value of its `a=rtpmap`.
    #[must_use]
    pub fn encoding(&self) -> String {
        match self {
            Self::Pcmu => "PCMU/8000".into(),
            Self::Pcma => "PCMA/8000".into(),
            Self::G722 => "G722/8000".into(),
            Self::Opus => "opus/48000/2".into(),
            Self::G729 => "G729/8000".into(),
            Self::TelephoneEvent(rate) => format!("telephone-event/{rate}"),
            Self::ComfortNoise(rate) => format!("CN/{rate}"),
            Self::Other { name, clock_rate, channels: 1 } => format!("{name}/{clock_rate}"),
            Self::Other { name, clock_rate, channels } => format!("{name}/{clock_rate}/{channels}"),
        }
    }

    /// The rate of its RTP clock.
    #[must_use]
    pub fn clock_rate(&self) -> u32 {
        match self {
            Self::Pcmu | Self::Pcma | Self::G722 | Self::G729 => 8_000,
            Self::Opus => 48_000,
            Self::TelephoneEvent(rate) | Self::ComfortNoise(rate) => *rate,
            Self::Other { clock_rate, .. } => *clock_rate,
        }
    }

    /// Whether it carries speech, rather than keys or the absence of speech.
    #[must_use]
    pub fn is_speech(&self) -> bool {
        !matches!(self, Self::TelephoneEvent(_) | Self::ComfortNoise(_))
    }

    /// The sampling rate we decode it at; `None` if we can only pass it on.
    #[must_use]
    pub fn sample_rate(&self) -> Option<u32> {
        match self {
            Self::Pcmu | Self::Pcma => Some(8_000),
            Self::G722 => Some(16_000),
            Self::Opus => Some(48_000),
            Self::G729 | Self::TelephoneEvent(_) | Self::ComfortNoise(_) | Self::Other { .. } => None,
        }
    }
}

/// A codec under the number that a description gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    /// The number, 0 to 127.
    pub payload_type: u8,
    /// What it carries.
    pub codec: Codec,
    /// Its `a=fmtp` parameters as written; empty if there are none.
    pub parameters: String,
}

impl Format {
    /// A codec under a number, with the parameters it usually has.
    #[must_use]
    pub fn new(payload_type: u8, codec: Codec) -> Self {
        let parameters = match codec {
            Codec::TelephoneEvent(_) => "0-16",
            Codec::Opus => "useinbandfec=1",
            _ => "",
        };
        Self { payload_type, codec, parameters: parameters.into() }
    }

    /// Whether packets of one can be handed on as packets of the other.
    #[must_use]
    pub fn passes_as(&self, other: &Self) -> bool {
        if self.codec != other.codec {
            return false;
        }
        match self.codec {
            // What we cannot read could mean anything with other parameters.
            Codec::Other { .. } => self.parameters == other.parameters,
            _ => true,
        }
    }
}

/// A token of RFC 8866 §9, as far as codec names need it.
pub(super) fn is_token(word: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`{|}~".contains(&byte);
    !word.is_empty() && word.len() <= 64 && word.bytes().all(allowed)
}

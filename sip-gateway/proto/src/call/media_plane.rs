//! What calls want done with sound. The media engine implements it, tests write down what was asked for.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::ivr::Phrase;
use crate::plan::Language;
use crate::sdp::{Agreed, Crypto, Ice, LocalDtls};

/// Identifies one leg of one call, never used twice while the program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LegId(pub u64);

/// Identifies what somebody recorded, and is part of its file's name. Never used twice, and nobody guesses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordingId(pub u64);

/// The sound of all legs. Every method returns at once; what happens later comes as [`MediaEvent`].
pub trait MediaPlane {
    /// Takes a port for a leg, which receives nothing until [`connect`](Self::connect).
    fn open(&mut self, leg: LegId, wish: Wish) -> Result<LegMedia, NoPort>;

    /// Gives a leg what was agreed on, or what was agreed on anew: where to send, codecs, keys, direction. A leg that
    /// was latched to an address stays latched as long as the description names the same remote address.
    fn connect(&mut self, leg: LegId, agreed: &Agreed);

    /// Lets two legs hear each other, instead of whatever they heard before. Packets are passed as they are if both
    /// agreed on one codec, and transcoded if not.
    fn bridge(&mut self, one: LegId, other: LegId);

    /// Plays a sound to a leg, which is bridged to nobody any more.
    fn play(&mut self, leg: LegId, sound: Sound);

    /// Presses a key towards a leg, for keys that came in by signalling (INFO).
    fn press(&mut self, leg: LegId, key: char, duration: Duration);

    /// Makes a seat in a room: a leg without a port. Whoever is bridged to it is heard in the room and hears the room, once
    /// the room has let it in; until then both are silent.
    fn seat(&mut self, leg: LegId);

    /// Whether what is said at a seat is kept from the room.
    fn mute(&mut self, seat: LegId, muted: bool);

    /// Says something to a leg, over whatever it hears, which is faded down meanwhile; [`MediaEvent::Said`] when it has
    /// been said. What is being said already is said to its end first, up to 8 phrases. Said to a seat, it is heard in the
    /// room; where nobody can hear it, anything has been said at once.
    fn say(&mut self, leg: LegId, phrase: Phrase, language: Language);

    /// Says nothing more to a leg: a key was pressed. What was not said to its end is not told as said.
    fn hush(&mut self, leg: LegId);

    /// Writes down what a leg says, or, at a seat, what all others in the room say, until [`stop_recording`](Self::stop_recording), [`close`](Self::close), or the longest
    /// time; then [`MediaEvent::Recorded`].
    fn record(&mut self, leg: LegId, recording: RecordingId, longest: Duration);

    /// Ends what is recorded of a leg.
    fn stop_recording(&mut self, leg: LegId);

    /// Gives a leg's port back, and says how it went. A leg that is not open gives an empty report.
    fn close(&mut self, leg: LegId) -> MediaReport;
}

/// What a leg's port is to be like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// Where the other side's signalling comes from: our address is one it can reach, of the same family, and until
    /// packets are authenticated only this address may send.
    pub peer: IpAddr,
    /// Whether the signalling is encrypted, so that SDES keys may be offered.
    pub sdes: bool,
    /// Whether DTLS-SRTP is to be made ready.
    pub dtls: bool,
    /// Whether ICE is.
    pub ice: bool,
    /// Whether it is for an emergency call, for which some ports are kept.
    pub emergency: bool,
}

/// A leg's end at ours, as its session descriptions tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegMedia {
    /// Where it takes RTP; RTCP comes one port above unless it shares the port.
    pub address: SocketAddr,
    /// A fresh key for each suite we can do, the most wanted first; none unless wished for.
    pub sdes: Vec<Crypto>,
    /// Our side of DTLS; none unless wished for.
    pub dtls: Option<LocalDtls>,
    /// Our ICE credentials and candidates; none unless wished for.
    pub ice: Option<Ice>,
}

/// No port was free for a leg's sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no port is free for the sound of one more leg")]
pub struct NoPort;

/// What a leg can be made to hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sound {
    /// Nothing; comfort noise where agreed.
    Silence,
    /// What a caller hears while the other side rings.
    Ringback,
    /// Music while on hold.
    Music,
    /// The other side is busy.
    Busy,
    /// The number leads nowhere.
    Unobtainable,
    /// A short confirmation, after which silence.
    Confirmation,
    /// What it says itself, to try a phone out.
    Echo,
}

/// What the media engine noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaEvent {
    /// Neither RTP nor RTCP came for long, though they should.
    Silent {
        /// On which leg.
        leg: LegId,
    },
    /// The sound is lost for good, by a fault of ours.
    Broken {
        /// Of which leg.
        leg: LegId,
    },
    /// A key was pressed, in RTP (RFC 4733). Towards a bridged leg it is passed on without being asked.
    Key {
        /// On which leg.
        leg: LegId,
        /// `0`–`9`, `*`, `#`, `A`–`D`.
        key: char,
    },
    /// A phrase was said to its end.
    Said {
        /// To which leg.
        leg: LegId,
    },
    /// A recording ended, and is on the disk.
    Recorded {
        /// Of which leg.
        leg: LegId,
        /// How long it is; zero if nothing could be kept, and then there is no file.
        length: Duration,
    },
    /// The DTLS handshake failed, or the certificate was not the announced one.
    Insecure {
        /// On which leg.
        leg: LegId,
    },
}

/// How the sound of a leg went.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MediaReport {
    /// The codec agreed on last, by its SDP name.
    pub codec: Option<String>,
    /// Whether packets were encrypted.
    pub encrypted: bool,
    /// Packets received and sent.
    pub packets: (u64, u64),
    /// Octets of payload received and sent.
    pub octets: (u64, u64),
    /// Packets that should have been received and were not.
    pub lost: u64,
    /// Interarrival jitter of what was received (RFC 3550 §6.4.1), at its highest.
    pub jitter: Duration,
    /// Round trip time, if the other side's RTCP allowed to measure it.
    pub round_trip: Option<Duration>,
}

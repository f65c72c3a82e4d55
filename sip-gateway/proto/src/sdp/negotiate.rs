//! Offer and answer for one audio section (RFC 3264), whoever begins, as often as it takes.

use std::net::SocketAddr;

use super::{
    Codec, Crypto, Direction, Fingerprint, Format, Ice, Kind, Media, Origin, Profile, SessionDescription,
    Setup,
};

/// What we bring to a leg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalAudio {
    /// Where we take RTP; RTCP comes one port above unless it shares the port.
    pub address: SocketAddr,
    /// Formats we take, the most wanted first; in answers the other side's numbers are used.
    pub formats: Vec<Format>,
    /// Who may send.
    pub direction: Direction,
    /// Milliseconds per packet that we like to get.
    pub ptime: u16,
    /// How an offer of ours is protected.
    pub offering: Offering,
    /// Whether a leg without encryption will do.
    pub plain: bool,
    /// Keys for SDES, one for each suite that will do, the most wanted first; none where the signalling is not
    /// encrypted.
    pub sdes: Vec<Crypto>,
    /// Our side of DTLS, where it will do.
    pub dtls: Option<LocalDtls>,
    /// Our ICE credentials and candidates, used if the other side does ICE. We are ice-lite.
    pub ice: Option<Ice>,
}

/// Our side of DTLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalDtls {
    /// The digest of our certificate.
    pub fingerprint: Fingerprint,
}

/// How an offer of ours is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offering {
    /// Not at all.
    Plain,
    /// By SDES keys if the other side likes, on a plain profile (RFC 8643).
    Opportunistic,
    /// By SDES keys.
    Sdes,
    /// By DTLS-SRTP.
    Dtls,
}

/// How packets of a leg are protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Protection {
    /// Not at all.
    Plain,
    /// By keys from the descriptions.
    Sdes {
        /// With what we send.
        local: Crypto,
        /// With what we receive.
        remote: Crypto,
    },
    /// By keys from a handshake.
    Dtls {
        /// What the other side's certificate must match, any of these.
        fingerprints: Vec<Fingerprint>,
        /// Whether we begin the handshake.
        client: bool,
    },
}

/// What carries something other than speech: one clock, and a number for each direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Telephony {
    /// Its clock rate.
    pub clock_rate: u32,
    /// The payload type that we send.
    pub send_type: u8,
    /// The payload type that we receive.
    pub receive_type: u8,
}

/// What both sides agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed {
    /// The speech codec as we send it, with the other side's number and parameters.
    pub send: Format,
    /// The speech codec as we receive it, with our number.
    pub receive: Format,
    /// Keys, if the other side takes them as events.
    pub keys: Option<Telephony>,
    /// Comfort noise, if the other side takes it.
    pub comfort_noise: Option<Telephony>,
    /// Who sends, seen from us.
    pub direction: Direction,
    /// Whether the other side put us on hold.
    pub held: bool,
    /// Where to send RTP until something was learnt from packets.
    pub remote: Option<SocketAddr>,
    /// Where to send RTCP.
    pub remote_rtcp: Option<SocketAddr>,
    /// Whether RTCP shares the RTP port.
    pub rtcp_mux: bool,
    /// Milliseconds per packet to send.
    pub ptime: u16,
    /// How packets are protected.
    pub protection: Protection,
    /// The other side's ICE, if both do it.
    pub ice: Option<Ice>,
}

/// Why a description was not acceptable; the answer is 488 unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // The messages say it.
pub enum NegotiationError {
    #[error("no open audio section")]
    NoAudio,
    #[error("no speech codec in common")]
    NoCodec,
    #[error("no acceptable protection of the audio")]
    NoProtection,
    /// 491 (RFC 3261 §14.2).
    #[error("an offer of ours is still unanswered")]
    Glare,
    #[error("an answer without an offer")]
    Unasked,
    #[error("the answer has {answered} sections, the offer {offered}")]
    Sections { answered: usize, offered: usize },
}

/// The exchange of one dialog: keeps versions, sections and their order over all its offers and answers.
#[derive(Debug, Clone)]
pub struct Negotiator {
    session: u64,
    version: u64,
    sent: Option<SessionDescription>,
    offered: Option<(SessionDescription, LocalAudio)>,
}

impl Negotiator {
    /// Nothing said yet. The session number is random and below 2^62, so that every reader can hold it.
    #[must_use]
    pub fn new(session: u64) -> Self {
        let session = session % (1 << 62);
        Self { session, version: session, sent: None, offered: None }
    }

    /// Whether an offer of ours waits for its answer.
    #[must_use]
    pub fn is_offering(&self) -> bool {
        self.offered.is_some()
    }

    /// Offers what we bring: at the start of a call, to change it, or because the other side asked with an empty INVITE.
    pub fn offer(&mut self, local: LocalAudio) -> Result<SessionDescription, NegotiationError> {
        if self.offered.is_some() {
            return Err(NegotiationError::Glare);
        }
        // Sections never go away, they only close (RFC 3264 §8).
        let mut media: Vec<Media> = match &self.sent {
            Some(sent) => sent.media.iter().map(Media::refusal).collect(),
            None => Vec::new(),
        };
        let mut audio = offered_audio(&local);
        match self.audio_at() {
            Some(at) => {
                audio.mid.clone_from(&media[at].mid);
                media[at] = audio;
            }
            None => media.push(audio),
        }

        let offer = self.describe(media, Vec::new(), &local);
        self.offered = Some((offer.clone(), local));
        Ok(offer)
    }

    /// Takes the answer to our offer. If it is not acceptable, the offer is over all the same.
    pub fn handle_answer(&mut self, answer: &SessionDescription) -> Result<Agreed, NegotiationError> {
        let (offer, local) = self.offered.take().ok_or(NegotiationError::Unasked)?;
        // A few phones leave closed sections away; what counts is that ours is there.
        let at = offer.media.iter().position(Media::is_open).expect("an offer has an open section");
        let theirs = answer
            .media
            .get(at)
            .ok_or(NegotiationError::Sections { answered: answer.media.len(), offered: offer.media.len() })?;
        if theirs.kind != Kind::Audio || !theirs.is_open() {
            return Err(NegotiationError::NoAudio);
        }

        let ours = &offer.media[at];
        let speech = |format: &&Format| format.codec.is_speech();
        let in_ours = |theirs: &Format| ours.formats.iter().find(|format| format.passes_as_codec(theirs));
        let (send, receive) = theirs
            .formats
            .iter()
            .filter(speech)
            .find_map(|theirs| Some((theirs.clone(), in_ours(theirs)?.clone())))
            .ok_or(NegotiationError::NoCodec)?;
        let protection = answered_protection(&local, ours, theirs).ok_or(NegotiationError::NoProtection)?;
        let pair = |wanted: fn(&Codec) -> bool| {
            telephony(&theirs.formats, &ours.formats, send.codec.clock_rate(), wanted)
        };

        Ok(Agreed {
            keys: pair(is_keys),
            comfort_noise: pair(is_noise),
            send,
            receive,
            protection,
            ..agreed_on_transport(&local, theirs, ours.direction.and(theirs.effective_direction().reversed()))
        })
    }

    /// Gives up an offer of ours that was refused.
    pub fn withdraw(&mut self) {
        self.offered = None;
    }

    /// Answers an offer of the other side with what we bring.
    pub fn handle_offer(
        &mut self,
        offer: &SessionDescription,
        local: &LocalAudio,
    ) -> Result<(SessionDescription, Agreed), NegotiationError> {
        if self.offered.is_some() {
            return Err(NegotiationError::Glare);
        }
        let (at, protection) = choose_section(offer, local)?;
        let theirs = &offer.media[at];
        let format = choose_speech(&local.formats, &theirs.formats).ok_or(NegotiationError::NoCodec)?;
        let clock_rate = format.codec.clock_rate();
        let keys = telephony(&theirs.formats, &theirs.formats, clock_rate, is_keys)
            .filter(|_| local.formats.iter().any(|ours| is_keys(&ours.codec)));
        let comfort_noise = telephony(&theirs.formats, &theirs.formats, clock_rate, is_noise)
            .filter(|_| local.formats.iter().any(|ours| is_noise(&ours.codec)));

        let direction = local.direction.and(theirs.effective_direction().reversed());
        let mut agreed = Agreed {
            send: format.clone(),
            receive: format,
            keys,
            comfort_noise,
            protection,
            ..agreed_on_transport(local, theirs, direction)
        };
        let audio = answered_audio(local, theirs, &mut agreed);
        let mut media: Vec<Media> = offer.media.iter().map(Media::refusal).collect();
        media[at] = audio;
        let bundle = offer.bundle.iter().filter(|mid| Some(*mid) == theirs.mid.as_ref()).cloned().collect();

        Ok((self.describe(media, bundle, local), agreed))
    }

    /// Where our audio section stands, if there is one.
    fn audio_at(&self) -> Option<usize> {
        let media = &self.sent.as_ref()?.media;
        media
            .iter()
            .position(Media::is_open)
            .or_else(|| media.iter().position(|media| media.kind == Kind::Audio))
    }

    /// Completes a description; its version rises if anything changed.
    fn describe(&mut self, media: Vec<Media>, bundle: Vec<String>, local: &LocalAudio) -> SessionDescription {
        let ice_lite = media.iter().any(|media| media.ice.is_some());
        let mut description = SessionDescription { origin: None, bundle, ice_lite, media };
        if let Some(sent) = &self.sent {
            let before = SessionDescription { origin: None, ..sent.clone() };
            self.version += u64::from(before != description);
        }
        description.origin = Some(Origin {
            session: self.session.to_string(),
            version: self.version.to_string(),
            address: local.address.ip().to_string(),
        });
        self.sent = Some(description.clone());
        description
    }
}

impl Format {
    /// Whether an answered format means this offered one; parameters may differ there.
    fn passes_as_codec(&self, answered: &Self) -> bool {
        self.codec == answered.codec
    }
}

/// Our audio section in an offer.
fn offered_audio(local: &LocalAudio) -> Media {
    let (profile, crypto, dtls) = match local.offering {
        Offering::Plain => (Profile::Avp, Vec::new(), None),
        Offering::Opportunistic => (Profile::Avp, numbered(&local.sdes), None),
        Offering::Sdes => (Profile::Savp, numbered(&local.sdes), None),
        Offering::Dtls => (Profile::DtlsSavp, Vec::new(), local.dtls.as_ref()),
    };
    Media {
        port: local.address.port(),
        profile,
        first_format: first_number(&local.formats),
        formats: local.formats.clone(),
        address: Some(local.address.ip()),
        direction: local.direction,
        ptime: Some(local.ptime),
        crypto,
        fingerprints: dtls.map(|dtls| dtls.fingerprint.clone()).into_iter().collect(),
        setup: dtls.map(|_| Setup::ActPass),
        ice: local.ice.clone(),
        rtcp_mux: dtls.is_some(),
        ..Media::default()
    }
}

/// Our audio section in an answer. An ICE-lite or DTLS side waits to be called, so it is passive if it may be.
fn answered_audio(local: &LocalAudio, theirs: &Media, agreed: &mut Agreed) -> Media {
    let mut formats = vec![agreed.send.clone()];
    let number = |wanted: Option<Telephony>| wanted.map(|telephony| telephony.receive_type);
    for of in [number(agreed.comfort_noise), number(agreed.keys)].into_iter().flatten() {
        formats.extend(theirs.formats.iter().find(|format| format.payload_type == of).map(|format| {
            // Theirs may list events we do not know.
            Format::new(format.payload_type, format.codec.clone())
        }));
    }
    let (crypto, fingerprint, setup) = match &agreed.protection {
        Protection::Plain => (Vec::new(), None, None),
        Protection::Sdes { local, .. } => (vec![local.clone()], None, None),
        Protection::Dtls { client, .. } => {
            let setup = if *client { Setup::Active } else { Setup::Passive };
            (Vec::new(), local.dtls.as_ref().map(|dtls| dtls.fingerprint.clone()), Some(setup))
        }
    };
    // The parameters of an answer are ours.
    formats[0] = match formats[0].codec {
        Codec::Other { .. } | Codec::G729 => formats[0].clone(),
        ref codec => Format::new(formats[0].payload_type, codec.clone()),
    };
    agreed.receive = formats[0].clone();

    Media {
        port: local.address.port(),
        profile: theirs.profile.clone(),
        first_format: first_number(&formats),
        formats,
        address: Some(local.address.ip()),
        direction: agreed.direction,
        ptime: Some(local.ptime),
        crypto,
        fingerprints: fingerprint.into_iter().collect(),
        setup,
        ice: agreed.ice.as_ref().and(local.ice.clone()),
        rtcp_mux: theirs.rtcp_mux,
        mid: theirs.mid.clone(),
        ..Media::default()
    }
}

/// What address lines and timing lead to.
fn agreed_on_transport(local: &LocalAudio, theirs: &Media, direction: Direction) -> Agreed {
    let wished = theirs.ptime.unwrap_or(DEFAULT_PTIME);
    let unused = Format::new(0, Codec::Pcmu);
    Agreed {
        send: unused.clone(),
        receive: unused,
        keys: None,
        comfort_noise: None,
        direction,
        held: theirs.is_hold(),
        remote: theirs.rtp_address(),
        remote_rtcp: theirs.rtcp_address(),
        rtcp_mux: theirs.rtcp_mux,
        ptime: wished.min(theirs.maxptime.unwrap_or(wished)).clamp(10, 60) / 10 * 10,
        protection: Protection::Plain,
        ice: theirs.ice.clone().filter(|_| local.ice.is_some()),
    }
}

/// The best protected section that we can take, and how it is protected. Phones that leave the choice to us offer the
/// same sound twice, plain and encrypted.
fn choose_section(
    offer: &SessionDescription,
    local: &LocalAudio,
) -> Result<(usize, Protection), NegotiationError> {
    let audio = |media: &Media| media.kind == Kind::Audio && media.is_open();
    if !offer.media.iter().any(audio) {
        return Err(NegotiationError::NoAudio);
    }
    let common = |media: &Media| choose_speech(&local.formats, &media.formats).is_some();
    let open = || offer.media.iter().enumerate().filter(|(_, media)| audio(media));
    if !open().any(|(_, media)| common(media)) {
        return Err(NegotiationError::NoCodec);
    }

    let usable = open().filter(|(_, media)| common(media));
    let protected = usable.filter_map(|(at, media)| Some((at, offered_protection(local, media)?)));
    protected
        .min_by_key(|(_, protection)| *protection == Protection::Plain)
        .ok_or(NegotiationError::NoProtection)
}

/// How we would protect a section that was offered; `None` if policy forbids it or it makes no sense.
fn offered_protection(local: &LocalAudio, theirs: &Media) -> Option<Protection> {
    let by_sdes = || {
        let ours_and_theirs = |ours: &Crypto| {
            let remote = theirs.crypto.iter().find(|theirs| theirs.suite == ours.suite)?.clone();
            Some(Protection::Sdes { local: Crypto { tag: remote.tag, ..ours.clone() }, remote })
        };
        local.sdes.iter().find_map(ours_and_theirs)
    };
    let by_dtls = || {
        local.dtls.as_ref().filter(|_| !theirs.fingerprints.is_empty())?;
        let client = match theirs.setup.unwrap_or(Setup::ActPass) {
            Setup::ActPass | Setup::Active => false,
            Setup::Passive => true,
            Setup::HoldConn => return None,
        };
        Some(Protection::Dtls { fingerprints: theirs.fingerprints.clone(), client })
    };
    match theirs.profile {
        // Keys on a plain profile are an invitation (RFC 8643).
        Profile::Avp | Profile::Avpf => {
            by_sdes().or_else(by_dtls).or_else(|| local.plain.then_some(Protection::Plain))
        }
        Profile::Savp | Profile::Savpf => by_sdes().or_else(by_dtls),
        Profile::DtlsSavp | Profile::DtlsSavpf => by_dtls(),
        Profile::Other(_) => None,
    }
}

/// How a section of ours is protected after their answer.
fn answered_protection(local: &LocalAudio, ours: &Media, theirs: &Media) -> Option<Protection> {
    let sdes = theirs.crypto.iter().find_map(|remote| {
        let local = ours.crypto.iter().find(|ours| ours.tag == remote.tag && ours.suite == remote.suite)?;
        Some(Protection::Sdes { local: local.clone(), remote: remote.clone() })
    });
    match local.offering {
        Offering::Plain => (!theirs.profile.is_secure()).then_some(Protection::Plain),
        Offering::Opportunistic => sdes.or_else(|| local.plain.then_some(Protection::Plain)),
        Offering::Sdes => sdes,
        Offering::Dtls => {
            let fingerprints = Some(theirs.fingerprints.clone()).filter(|list| !list.is_empty())?;
            let client = match theirs.setup {
                Some(Setup::Passive) => true,
                Some(Setup::Active) | None => false,
                Some(Setup::ActPass | Setup::HoldConn) => return None,
            };
            Some(Protection::Dtls { fingerprints, client })
        }
    }
}

/// Their format of the codec that we want most. One only: then nobody changes it without asking.
fn choose_speech(ours: &[Format], theirs: &[Format]) -> Option<Format> {
    let speech = ours.iter().filter(|format| format.codec.is_speech());
    speech.filter_map(|ours| theirs.iter().find(|theirs| theirs.passes_as(ours))).next().cloned()
}

/// A format that accompanies speech, on the clock of the speech if possible.
fn telephony(
    send: &[Format],
    receive: &[Format],
    clock_rate: u32,
    wanted: fn(&Codec) -> bool,
) -> Option<Telephony> {
    let both = |codec: &Codec| {
        let number = |formats: &[Format]| {
            formats.iter().find(|format| format.codec == *codec).map(|format| format.payload_type)
        };
        let clock_rate = codec.clock_rate();
        Some(Telephony { clock_rate, send_type: number(send)?, receive_type: number(receive)? })
    };
    let common = send.iter().filter(|format| wanted(&format.codec)).filter_map(|format| both(&format.codec));
    common.min_by_key(|pair| pair.clock_rate != clock_rate)
}

fn is_keys(codec: &Codec) -> bool {
    matches!(codec, Codec::TelephoneEvent(_))
}

fn is_noise(codec: &Codec) -> bool {
    matches!(codec, Codec::ComfortNoise(8_000))
}

/// What a refusal of the same section would repeat.
fn first_number(formats: &[Format]) -> String {
    formats.first().map_or(0, |format| format.payload_type).to_string()
}

/// Our SDES keys under numbers of their own.
fn numbered(keys: &[Crypto]) -> Vec<Crypto> {
    (1..).zip(keys).map(|(tag, key)| Crypto { tag, ..key.clone() }).collect()
}

/// What RFC 3551 §4.2 takes for granted.
const DEFAULT_PTIME: u16 = 20;

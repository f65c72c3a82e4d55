//! Reads a session description written by a stranger: total, bounded, in linear time.
//!
//! Phones put lines where they do not belong and leave out those that do; what we do not need we do not judge.

use std::net::IpAddr;

use super::codec::is_token;
use super::{
    Codec, Crypto, Direction, Fingerprint, Format, Ice, Kind, Media, Origin, Profile, SessionDescription,
    Setup,
};

/// Why a body is no session description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // The messages say it.
pub enum SdpError {
    #[error("session description of {0} bytes, {MAX_BYTES} allowed")]
    TooLong(usize),
    #[error("session description does not begin with v=0")]
    Version,
    #[error("more than {MAX_SECTIONS} media sections")]
    TooManySections,
    #[error("unreadable media line in line {0}")]
    MediaLine(usize),
}

impl SessionDescription {
    /// Reads the body of a message.
    pub fn parse(body: &[u8]) -> Result<Self, SdpError> {
        if body.len() > MAX_BYTES {
            return Err(SdpError::TooLong(body.len()));
        }
        let text = String::from_utf8_lossy(body);
        let mut lines = text.lines().map(str::trim_end).enumerate().filter(|(_, line)| !line.is_empty());
        if lines.next().is_none_or(|(_, line)| line != "v=0") {
            return Err(SdpError::Version);
        }

        let mut reader = Reader::default();
        for (at, line) in lines {
            reader.read(at + 1, line)?;
        }
        Ok(reader.finish())
    }
}

/// What has been read so far.
#[derive(Default)]
struct Reader {
    origin: Option<Origin>,
    bundle: Vec<String>,
    ice_lite: bool,
    session: Attributes,
    sections: Vec<Section>,
}

/// A section before inheritance.
struct Section {
    kind: Kind,
    port: u16,
    profile: Profile,
    formats: Vec<String>,
    rtpmaps: Vec<(u8, Codec)>,
    parameters: Vec<(u8, String)>,
    own: Attributes,
}

/// What a session says for its sections, or a section for itself.
#[derive(Default)]
struct Attributes {
    address: Option<IpAddr>,
    direction: Option<Direction>,
    ptime: Option<u16>,
    maxptime: Option<u16>,
    crypto: Vec<Crypto>,
    fingerprints: Vec<Fingerprint>,
    setup: Option<Setup>,
    ufrag: Option<String>,
    pwd: Option<String>,
    candidates: Vec<String>,
    rtcp_mux: bool,
    rtcp: Option<(u16, Option<IpAddr>)>,
    mid: Option<String>,
}

impl Reader {
    fn read(&mut self, at: usize, line: &str) -> Result<(), SdpError> {
        let Some((kind, value)) = line.split_once('=') else { return Ok(()) };
        match kind {
            "m" => {
                if self.sections.len() == MAX_SECTIONS {
                    return Err(SdpError::TooManySections);
                }
                self.sections.push(Section::parse(value).ok_or(SdpError::MediaLine(at))?);
            }
            "o" if self.origin.is_none() => self.origin = parse_origin(value),
            "c" => {
                if let Some(address) = parse_connection(value) {
                    self.attributes().address = Some(address);
                }
            }
            "a" => {
                let (name, value) = value.split_once(':').unwrap_or((value, ""));
                self.attribute(name.trim(), value.trim());
            }
            _ => {}
        }
        Ok(())
    }

    fn attribute(&mut self, name: &str, value: &str) {
        match (name, self.sections.last_mut()) {
            ("ice-lite", _) => self.ice_lite = true,
            ("group", None) => {
                let mut words = value.split_ascii_whitespace();
                if words.next() == Some("BUNDLE") {
                    self.bundle =
                        words.take(MAX_SECTIONS).filter(|mid| is_token(mid)).map(str::to_owned).collect();
                }
            }
            ("rtpmap", Some(section)) => section.rtpmap(value),
            ("fmtp", Some(section)) => section.fmtp(value),
            _ => self.attributes().set(name, value),
        }
    }

    fn attributes(&mut self) -> &mut Attributes {
        match self.sections.last_mut() {
            Some(section) => &mut section.own,
            None => &mut self.session,
        }
    }

    fn finish(self) -> SessionDescription {
        let Self { origin, bundle, ice_lite, session, sections } = self;
        let media = sections.into_iter().map(|section| section.finish(&session)).collect();
        SessionDescription { origin, bundle, ice_lite, media }
    }
}

impl Section {
    /// `<media> <port>[/<count>] <profile> <format> …`
    fn parse(value: &str) -> Option<Self> {
        let mut words = value.split_ascii_whitespace();
        let kind = words.next().filter(|kind| is_token(kind)).map(Kind::parse)?;
        let port = words.next()?;
        let port = port.split_once('/').map_or(port, |(port, _)| port).parse().ok()?;
        let profile = words.next().filter(|word| word.split('/').all(is_token)).map(Profile::parse)?;
        let formats = words.filter(|word| is_token(word)).take(MAX_FORMATS).map(str::to_owned).collect();

        let (rtpmaps, parameters) = (Vec::new(), Vec::new());
        Some(Self { kind, port, profile, formats, rtpmaps, parameters, own: Attributes::default() })
    }

    fn rtpmap(&mut self, value: &str) {
        let Some((number, encoding)) = numbered(value) else { return };
        if let Some(codec) = Codec::parse(encoding)
            && self.rtpmaps.len() < MAX_FORMATS
        {
            self.rtpmaps.push((number, codec));
        }
    }

    fn fmtp(&mut self, value: &str) {
        let Some((number, parameters)) = numbered(value) else { return };
        // They may be handed on to another phone, which could take a control character for a line's end.
        let harmless = parameters.len() <= MAX_VALUE && !parameters.contains(char::is_control);
        if harmless && self.parameters.len() < MAX_FORMATS {
            self.parameters.push((number, parameters.to_owned()));
        }
    }

    fn finish(self, session: &Attributes) -> Media {
        let Self { kind, port, profile, formats, rtpmaps, parameters, own } = self;
        let mut known: Vec<Format> = Vec::new();
        for number in formats.iter().filter_map(|word| word.parse::<u8>().ok()).filter(|&number| number < 128)
        {
            let mapped = rtpmaps.iter().find(|(of, _)| *of == number).map(|(_, codec)| codec.clone());
            let Some(codec) = mapped.or_else(|| Codec::of_static_type(number)) else { continue };
            if known.iter().any(|format| format.payload_type == number) {
                continue;
            }
            let of = parameters.iter().find(|(of, _)| *of == number);
            let parameters = of.map(|(_, parameters)| parameters.clone()).unwrap_or_default();
            known.push(Format { payload_type: number, codec, parameters });
        }

        let ufrag = own.ufrag.or_else(|| session.ufrag.clone());
        let pwd = own.pwd.or_else(|| session.pwd.clone());
        let candidates = own.candidates;
        let ice = ufrag.zip(pwd).map(|(ufrag, pwd)| Ice { ufrag, pwd, candidates });
        let inherited =
            |own: Vec<Fingerprint>| if own.is_empty() { session.fingerprints.clone() } else { own };
        Media {
            kind,
            port,
            profile,
            first_format: formats.into_iter().next().unwrap_or_else(|| "0".into()),
            formats: known,
            address: own.address.or(session.address),
            direction: own.direction.or(session.direction).unwrap_or_default(),
            ptime: own.ptime.or(session.ptime),
            maxptime: own.maxptime.or(session.maxptime),
            crypto: own.crypto,
            fingerprints: inherited(own.fingerprints),
            setup: own.setup.or(session.setup),
            ice,
            rtcp_mux: own.rtcp_mux,
            rtcp: own.rtcp,
            mid: own.mid,
        }
    }
}

impl Attributes {
    fn set(&mut self, name: &str, value: &str) {
        match name {
            "sendrecv" => self.direction = Some(Direction::SendRecv),
            "sendonly" => self.direction = Some(Direction::SendOnly),
            "recvonly" => self.direction = Some(Direction::RecvOnly),
            "inactive" => self.direction = Some(Direction::Inactive),
            "ptime" => self.ptime = parse_millis(value),
            "maxptime" => self.maxptime = parse_millis(value),
            "crypto" if self.crypto.len() < MAX_LINES => self.crypto.extend(Crypto::parse(value)),
            "fingerprint" if self.fingerprints.len() < MAX_LINES => {
                self.fingerprints.extend(parse_fingerprint(value));
            }
            "setup" => self.setup = parse_setup(value),
            "ice-ufrag" if (4..=256).contains(&value.len()) && is_ice(value) => {
                self.ufrag = Some(value.into());
            }
            "ice-pwd" if (22..=256).contains(&value.len()) && is_ice(value) => self.pwd = Some(value.into()),
            "candidate" if self.candidates.len() < MAX_LINES && value.len() <= MAX_VALUE => {
                self.candidates.push(value.into());
            }
            "rtcp-mux" => self.rtcp_mux = true,
            "rtcp" => self.rtcp = parse_rtcp(value),
            "mid" if is_token(value) => self.mid = Some(value.into()),
            _ => {}
        }
    }
}

/// `<user> <session> <version> IN IP4|IP6 <address>`; the user may hold blanks by mistake, so count from the end.
fn parse_origin(value: &str) -> Option<Origin> {
    if value.len() > MAX_VALUE {
        return None;
    }
    let mut words = value.split_ascii_whitespace().rev();
    let address = words.next()?;
    let (_kind, _net) = (words.next()?, words.next()?);
    let (version, session) = (words.next()?, words.next()?);
    Some(Origin { session: session.into(), version: version.into(), address: address.into() })
}

/// `IN IP4|IP6 <address>[/<ttl>]`
fn parse_connection(value: &str) -> Option<IpAddr> {
    let mut words = value.split_ascii_whitespace();
    let (_net, _kind) = (words.next()?, words.next()?);
    words.next()?.split('/').next()?.parse().ok()
}

/// `<port>[ IN IP4|IP6 <address>]`
fn parse_rtcp(value: &str) -> Option<(u16, Option<IpAddr>)> {
    let (port, address) = value.split_once(' ').unwrap_or((value, ""));
    let port = port.parse().ok().filter(|&port| port != 0)?;
    Some((port, parse_connection(address).filter(|address| !address.is_unspecified())))
}

/// Whole or broken milliseconds: some write `20.0`.
fn parse_millis(value: &str) -> Option<u16> {
    let whole = value.split('.').next()?.trim();
    whole.parse().ok().filter(|millis| (1..=1_000).contains(millis))
}

/// `<hash> <hexadecimal>:<hexadecimal>:…`, of hashes that still count.
fn parse_fingerprint(value: &str) -> Option<Fingerprint> {
    let (hash, digest) = value.split_once(' ')?;
    let hash = hash.to_ascii_lowercase();
    let len = match hash.as_str() {
        "sha-256" => 32,
        "sha-384" => 48,
        "sha-512" => 64,
        _ => return None,
    };
    let pairs = digest.trim().split(':').take(len + 1);
    let byte = |pair: &str| (pair.len() == 2).then(|| u8::from_str_radix(pair, 16).ok()).flatten();
    let digest: Vec<u8> = pairs.map(byte).collect::<Option<_>>()?;
    (digest.len() == len).then_some(Fingerprint { hash, digest })
}

fn parse_setup(value: &str) -> Option<Setup> {
    Some(match value {
        "actpass" => Setup::ActPass,
        "active" => Setup::Active,
        "passive" => Setup::Passive,
        "holdconn" => Setup::HoldConn,
        _ => return None,
    })
}

/// `<payload type> <rest>`
fn numbered(value: &str) -> Option<(u8, &str)> {
    let (number, rest) = value.split_once(' ')?;
    Some((number.parse().ok().filter(|&number| number < 128)?, rest.trim()))
}

/// The characters of ICE credentials (RFC 8839 §5.4).
fn is_ice(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
}

/// Far more than the longest offer of a phone.
const MAX_BYTES: usize = 16 * 1024;
const MAX_SECTIONS: usize = 16;
const MAX_FORMATS: usize = 64;
const MAX_LINES: usize = 16;
const MAX_VALUE: usize = 512;

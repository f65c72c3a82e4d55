//! Reads a session description (RFC 8866) written by a stranger: total, bounded, in linear time.
//!
//! What we do not understand we skip; what we do understand must be well-formed.

use std::{
    collections::{BTreeMap, HashSet},
    str::SplitAsciiWhitespace,
};

use super::{Encoding, Extension, Fingerprint, IceCredentials, Limits, MediaKind, RemoteTransport, SdpError};
use super::{codec::PayloadTypes, types::Codec};

/// What a client offers us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its transport, taken from the section that leads the bundle; `None` without living sections.
    pub transport: Option<RemoteTransport>,
    /// Its media sections in order.
    pub sections: Vec<Section>,
}

impl Offer {
    /// Reads an offer. We are the DTLS server, so the offerer must be willing to be the client.
    pub fn parse(text: &str, limits: &Limits) -> Result<Self, SdpError> {
        let description = Description::parse(text, limits)?;
        match description.setup {
            None | Some(Setup::ActPass | Setup::Active) => {
                Ok(Self { transport: description.transport, sections: description.sections })
            }
            Some(Setup::Passive) => Err(SdpError::DtlsRole),
        }
    }
}

/// What a client answers to an offer of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteAnswer {
    /// Its transport.
    pub transport: RemoteTransport,
    /// Its media sections, one for each that we offered.
    pub sections: Vec<Section>,
}

impl RemoteAnswer {
    /// Reads an answer. The answerer must have taken the role of the DTLS client.
    pub fn parse(text: &str, limits: &Limits) -> Result<Self, SdpError> {
        let description = Description::parse(text, limits)?;
        match description.setup {
            None | Some(Setup::Active) => {}
            Some(Setup::Passive | Setup::ActPass) => return Err(SdpError::DtlsRole),
        }
        let transport = description.transport.ok_or(SdpError::NoIceCredentials)?;
        Ok(Self { transport, sections: description.sections })
    }
}

/// The sections of any description, whichever side of DTLS wrote it.
pub fn sections(text: &str, limits: &Limits) -> Result<Vec<Section>, SdpError> {
    Ok(Description::parse(text, limits)?.sections)
}

/// One `m=` section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its identification tag (RFC 5888), at most 16 characters; empty only if rejected.
    pub mid: String,
    /// What it carries.
    pub kind: SectionKind,
    /// Whether it is closed: port 0, or outside the one bundle that we accept.
    pub rejected: bool,
    /// Whether the far side wants to send in it.
    pub sends: bool,
    /// Whether the far side wants to receive in it.
    pub receives: bool,
    /// Stream and track name of what it sends.
    pub msid: Option<Msid>,
    /// The codecs we know among those it lists, in its order.
    pub codecs: Vec<Codec>,
    /// Ids of the header extensions we know.
    pub extensions: BTreeMap<Extension, u8>,
    /// What it sends, lowest quality first; never empty.
    pub encodings: Vec<Encoding>,
    /// Whether it asks for reduced-size RTCP (RFC 5506).
    pub reduced_size_rtcp: bool,
    /// The words of its `m=` line that a refusal repeats: media, protocol, first format.
    pub(super) words: [String; 3],
}

impl Section {
    /// The client's name of the track that it sends; empty if it gave none.
    #[must_use]
    pub fn cid(&self) -> &str {
        self.msid.as_ref().map_or("", |msid| &msid.track)
    }
}

/// A section that does not exist yet.
impl Default for Section {
    fn default() -> Self {
        Self {
            mid: String::new(),
            kind: SectionKind::Other,
            rejected: true,
            sends: false,
            receives: false,
            msid: None,
            codecs: Vec::new(),
            extensions: BTreeMap::new(),
            encodings: vec![Encoding::default()],
            reduced_size_rtcp: false,
            words: Default::default(),
        }
    }
}

/// What a section carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SectionKind {
    /// Sound or pictures.
    Media(MediaKind),
    /// Data channels (RFC 8841).
    Data,
    /// Something we do not negotiate.
    Other,
}

/// `a=msid:<stream> <track>` (RFC 8830).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Msid {
    /// The stream's name, `-` for none.
    pub stream: String,
    /// The track's name: the cid by which signalling speaks of it. Empty if missing.
    pub track: String,
}

/// A whole description, be it offer or answer.
struct Description {
    transport: Option<RemoteTransport>,
    setup: Option<Setup>,
    sections: Vec<Section>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Setup {
    ActPass,
    Active,
    Passive,
}

/// Attributes that may stand before the first section or in one.
#[derive(Debug, Clone, Default)]
struct TransportLines<'a> {
    ufrag: Option<&'a str>,
    pwd: Option<&'a str>,
    fingerprint: Option<Fingerprint>,
    setup: Option<Setup>,
}

impl Description {
    fn parse(text: &str, limits: &Limits) -> Result<Self, SdpError> {
        let mut lines = Lines::new(text, limits)?;
        lines.expect_version()?;

        let mut session = TransportLines::default();
        let mut bundle = None;
        let mut attributes = 0;
        let mut media_line = None;
        while let Some(line) = lines.next()? {
            match line.name {
                b'm' => {
                    media_line = Some(line);
                    break;
                }
                b'a' => {
                    attributes += 1;
                    if attributes > limits.attributes {
                        return Err(SdpError::TooManyAttributes(limits.attributes));
                    }
                    let (name, value) = line.attribute();
                    match name {
                        "group" => bundle = bundle.or_else(|| value.strip_prefix("BUNDLE")),
                        _ => session.take(line, name, value)?,
                    }
                }
                _ => {}
            }
        }

        let mut sections = Vec::new();
        let mut transports = Vec::new();
        let mut payload_types = PayloadTypes::default();
        while let Some(line) = media_line {
            if sections.len() == limits.sections {
                return Err(SdpError::TooManySections(limits.sections));
            }
            let mut reader = SectionReader::new(line, session.clone(), &mut payload_types)?;
            media_line = reader.read(&mut lines, limits.attributes)?;
            let (section, transport) = reader.finish()?;
            sections.push(section);
            transports.push(transport);
        }
        close_unbundled(&mut sections, bundle)?;

        let lead = sections.iter().position(|section| !section.rejected);
        let lead = lead.map(|lead| &transports[lead]);
        Ok(Self {
            transport: lead.map(TransportLines::finish).transpose()?,
            setup: lead.and_then(|lead| lead.setup),
            sections,
        })
    }
}

/// Closes what is outside the one bundle: every section of ours shares one transport.
fn close_unbundled(sections: &mut [Section], bundle: Option<&str>) -> Result<(), SdpError> {
    let bundle: Option<HashSet<&str>> = bundle.map(|mids| mids.split_ascii_whitespace().collect());
    let mut seen = HashSet::new();
    let mut alone = true;
    for section in sections {
        if !section.mid.is_empty() && !seen.insert(section.mid.clone()) {
            return Err(SdpError::DuplicateMid(section.mid.clone()));
        }
        let bundled = match &bundle {
            Some(bundle) => bundle.contains(section.mid.as_str()),
            None => alone,
        };
        section.rejected |= !bundled;
        alone &= section.rejected;
        if !section.rejected && section.mid.is_empty() {
            return Err(SdpError::NoMid);
        }
    }
    Ok(())
}

impl<'a> TransportLines<'a> {
    fn take(&mut self, line: Line<'a>, name: &str, value: &'a str) -> Result<(), SdpError> {
        match name {
            "ice-ufrag" => self.ufrag = Some(value),
            "ice-pwd" => self.pwd = Some(value),
            "fingerprint" => {
                if let Some(fingerprint) = parse_fingerprint(value).ok_or(line.malformed())? {
                    self.fingerprint = Some(fingerprint);
                }
            }
            "setup" => {
                self.setup = match value {
                    "actpass" => Some(Setup::ActPass),
                    "active" => Some(Setup::Active),
                    "passive" => Some(Setup::Passive),
                    _ => return Err(line.malformed()),
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(&self) -> Result<RemoteTransport, SdpError> {
        let (Some(ufrag), Some(pwd)) = (self.ufrag, self.pwd) else {
            return Err(SdpError::NoIceCredentials);
        };
        let ice_text =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'));
        let fits = (4..=256).contains(&ufrag.len()) && (22..=256).contains(&pwd.len());
        if !fits || !ice_text(ufrag) || !ice_text(pwd) {
            return Err(SdpError::IceCredentials);
        }
        Ok(RemoteTransport {
            ice: IceCredentials { ufrag: ufrag.to_owned(), pwd: pwd.to_owned() },
            fingerprint: self.fingerprint.ok_or(SdpError::NoFingerprint)?,
        })
    }
}

/// `Some(None)` for a digest that is not SHA-256.
fn parse_fingerprint(value: &str) -> Option<Option<Fingerprint>> {
    let (algorithm, digits) = value.split_once(' ')?;
    if !algorithm.eq_ignore_ascii_case("sha-256") {
        return Some(None);
    }
    let mut bytes = [0; 32];
    let mut parts = digits.trim().split(':');
    for byte in &mut bytes {
        let part = parts.next().filter(|part| part.len() == 2)?;
        *byte = u8::from_str_radix(part, 16).ok()?;
    }
    parts.next().is_none().then_some(Some(Fingerprint(bytes)))
}

/// Gathers one section's lines.
struct SectionReader<'a, 'p> {
    words: [String; 3],
    kind: SectionKind,
    port: u16,
    formats: SplitAsciiWhitespace<'a>,
    payload_types: &'p mut PayloadTypes<'a>,
    transport: TransportLines<'a>,
    mid: &'a str,
    bundle_only: bool,
    reduced_size_rtcp: bool,
    sends: bool,
    receives: bool,
    msid: Option<Msid>,
    extensions: BTreeMap<Extension, u8>,
    rids: Vec<&'a str>,
    simulcast: Vec<&'a str>,
    ssrcs: Vec<u32>,
    rtx_of: Vec<(u32, u32)>,
    layers: Vec<u32>,
}

impl<'a, 'p> SectionReader<'a, 'p> {
    fn new(
        line: Line<'a>,
        transport: TransportLines<'a>,
        payload_types: &'p mut PayloadTypes<'a>,
    ) -> Result<Self, SdpError> {
        let mut words = line.value.split_ascii_whitespace();
        let mut next = || words.next().filter(|word| word.len() <= MAX_WORD).ok_or(line.malformed());
        let media = next()?;
        let port = next()?;
        let protocol = next()?;
        let formats = words;

        // `<port>/<number of ports>`: the number has no meaning with ICE.
        let port = port.split('/').next().and_then(|port| port.parse().ok());
        let first_format = formats.clone().next().filter(|format| format.len() <= MAX_WORD);
        let rtp = matches!(protocol, "UDP/TLS/RTP/SAVPF" | "TCP/TLS/RTP/SAVPF" | "RTP/SAVPF");
        let sctp = matches!(protocol, "UDP/DTLS/SCTP" | "TCP/DTLS/SCTP");
        let kind = match media {
            "audio" if rtp => SectionKind::Media(MediaKind::Audio),
            "video" if rtp => SectionKind::Media(MediaKind::Video),
            "application" if sctp && first_format == Some("webrtc-datachannel") => SectionKind::Data,
            _ => SectionKind::Other,
        };

        payload_types.clear();
        if matches!(kind, SectionKind::Media(_)) {
            for format in formats.clone() {
                payload_types.list(format).ok_or(line.malformed())?;
            }
        }
        Ok(Self {
            words: [media, protocol, first_format.unwrap_or("0")].map(str::to_owned),
            kind,
            port: port.ok_or(line.malformed())?,
            formats,
            payload_types,
            transport,
            mid: "",
            bundle_only: false,
            reduced_size_rtcp: false,
            sends: true,
            receives: true,
            msid: None,
            extensions: BTreeMap::new(),
            rids: Vec::new(),
            simulcast: Vec::new(),
            ssrcs: Vec::new(),
            rtx_of: Vec::new(),
            layers: Vec::new(),
        })
    }

    /// Reads up to the next `m=` line, which it returns.
    fn read(&mut self, lines: &mut Lines<'a>, limit: usize) -> Result<Option<Line<'a>>, SdpError> {
        let mut attributes = 0;
        while let Some(line) = lines.next()? {
            match line.name {
                b'm' => return Ok(Some(line)),
                b'a' => {
                    attributes += 1;
                    if attributes > limit {
                        return Err(SdpError::TooManyAttributes(limit));
                    }
                    self.attribute(line)?;
                }
                _ => {}
            }
        }
        Ok(None)
    }

    fn attribute(&mut self, line: Line<'a>) -> Result<(), SdpError> {
        let (name, value) = line.attribute();
        let understood = match name {
            "mid" => self.mid(value),
            "sendrecv" | "sendonly" | "recvonly" | "inactive" => {
                self.sends = matches!(name, "sendrecv" | "sendonly");
                self.receives = matches!(name, "sendrecv" | "recvonly");
                Some(())
            }
            "bundle-only" => {
                self.bundle_only = true;
                Some(())
            }
            "rtcp-rsize" => {
                self.reduced_size_rtcp = true;
                Some(())
            }
            "msid" => {
                self.msid(value);
                Some(())
            }
            "rtpmap" => self.payload_types.rtpmap(value),
            "fmtp" => self.payload_types.fmtp(value),
            "rtcp-fb" => self.payload_types.feedback(value),
            "extmap" => self.extmap(value),
            "rid" => self.rid(value),
            "simulcast" => self.simulcast(value),
            "ssrc" => self.ssrc(value),
            "ssrc-group" => self.ssrc_group(value),
            _ => return self.transport.take(line, name, value),
        };
        understood.ok_or(line.malformed())
    }

    fn mid(&mut self, value: &'a str) -> Option<()> {
        let valid = (1..=16).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_graphic());
        self.mid = valid.then_some(value)?;
        Some(())
    }

    fn msid(&mut self, value: &str) {
        // A track in several streams has one line for each; the first is as good as any.
        if self.msid.is_none() {
            let (stream, track) = value.split_once(' ').unwrap_or((value, ""));
            self.msid = Some(Msid { stream: stream.to_owned(), track: track.trim().to_owned() });
        }
    }

    /// `<id>[/<direction>] <uri> [<parameters>]` (RFC 8285 §8).
    fn extmap(&mut self, value: &str) -> Option<()> {
        let mut words = value.split_ascii_whitespace();
        let (id, uri) = (words.next()?, words.next()?);
        let (id, direction) = id.split_once('/').unwrap_or((id, ""));
        let id: u16 = id.parse().ok()?;
        let Some(extension) = Extension::from_uri(uri) else { return Some(()) };

        // Ids above 14 need two-byte headers, which we do not accept; 0 and 15 mean nothing.
        let usable = (1..=14).contains(&id) && direction != "inactive";
        let id = id as u8;
        if usable && !self.extensions.values().any(|&taken| taken == id) {
            self.extensions.entry(extension).or_insert(id);
        }
        Some(())
    }

    /// `<rid> <direction> [<restrictions>]` (RFC 8851).
    fn rid(&mut self, value: &'a str) -> Option<()> {
        let mut words = value.split_ascii_whitespace();
        let (rid, direction) = (words.next()?, words.next()?);
        if direction == "send" {
            add_layer(&mut self.rids, rid)?;
        }
        Some(())
    }

    /// `send <rid>[,<alternative>];… recv …` (RFC 8853 §5.1); `~` marks a layer that starts paused.
    fn simulcast(&mut self, value: &'a str) -> Option<()> {
        let mut words = value.split_ascii_whitespace();
        while let Some(direction) = words.next() {
            let list = words.next()?;
            if direction != "send" {
                continue;
            }
            for layer in list.split(';') {
                let rid = layer.split(',').next()?.trim_start_matches('~');
                add_layer(&mut self.simulcast, rid)?;
            }
        }
        Some(())
    }

    /// `<ssrc> <attribute>[:<value>]` (RFC 5576 §4.1).
    fn ssrc(&mut self, value: &str) -> Option<()> {
        let (ssrc, attribute) = value.split_once(' ').unwrap_or((value, ""));
        let ssrc = ssrc.parse().ok()?;
        if self.ssrcs.len() < MAX_SSRCS && !self.ssrcs.contains(&ssrc) {
            self.ssrcs.push(ssrc);
        }
        if let Some(msid) = attribute.strip_prefix("msid:") {
            self.msid(msid);
        }
        Some(())
    }

    /// `<semantics> <ssrc>…` (RFC 5576 §4.2): FID pairs a stream with its retransmissions, SIM lists layers.
    fn ssrc_group(&mut self, value: &str) -> Option<()> {
        let mut words = value.split_ascii_whitespace();
        let semantics = words.next()?;
        let mut ssrcs = Vec::new();
        for word in words.take(MAX_LAYERS) {
            ssrcs.push(word.parse().ok()?);
        }
        match (semantics, ssrcs.as_slice()) {
            ("FID", &[media, rtx, ..]) if self.rtx_of.len() < MAX_SSRCS => self.rtx_of.push((media, rtx)),
            ("SIM", _) if self.layers.is_empty() => self.layers = ssrcs,
            // The repairing stream of forward error correction is none of ours.
            ("FEC-FR", &[_, repair, ..]) => self.ssrcs.retain(|&ssrc| ssrc != repair),
            _ => {}
        }
        Some(())
    }

    fn finish(self) -> Result<(Section, TransportLines<'a>), SdpError> {
        let encodings = self.encodings();
        let codecs = match self.kind {
            SectionKind::Media(kind) => self.payload_types.codecs(kind, self.formats),
            SectionKind::Data | SectionKind::Other => Vec::new(),
        };
        let section = Section {
            mid: self.mid.to_owned(),
            kind: self.kind,
            rejected: self.port == 0 && !self.bundle_only,
            sends: self.sends,
            receives: self.receives,
            msid: self.msid,
            codecs,
            extensions: self.extensions,
            encodings,
            reduced_size_rtcp: self.reduced_size_rtcp,
            words: self.words,
        };
        Ok((section, self.transport))
    }

    fn encodings(&self) -> Vec<Encoding> {
        let rtx = |ssrc: u32| self.rtx_of.iter().find(|pair| pair.0 == ssrc).map(|pair| pair.1);
        let plain = |ssrc: u32| Encoding { rid: None, ssrc: Some(ssrc), rtx_ssrc: rtx(ssrc) };

        let rids = if self.simulcast.is_empty() { &self.rids } else { &self.simulcast };
        if !rids.is_empty() {
            // Packets of layers are recognised by their RID; listed SSRCs are not bound to one.
            let layer = |rid: &&str| Encoding { rid: Some((*rid).to_owned()), ..Encoding::default() };
            let mut layers: Vec<Encoding> = rids.iter().map(layer).collect();
            sort_lowest_first(&mut layers);
            return layers;
        }
        if !self.layers.is_empty() {
            return self.layers.iter().copied().map(plain).collect();
        }
        let is_rtx = |ssrc: u32| self.rtx_of.iter().any(|pair| pair.1 == ssrc);
        let first = self.ssrcs.iter().copied().find(|&ssrc| !is_rtx(ssrc));
        vec![first.map_or_else(Encoding::default, plain)]
    }
}

/// Adds a layer once; `None` if its name cannot be a RID or there are too many.
fn add_layer<'a>(layers: &mut Vec<&'a str>, rid: &'a str) -> Option<()> {
    let valid = (1..=16).contains(&rid.len())
        && rid.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if !valid {
        return None;
    }
    if !layers.contains(&rid) {
        (layers.len() < MAX_LAYERS).then(|| layers.push(rid))?;
    }
    Some(())
}

/// Clients write `q;h;f`, scalable ones of old `f;h;q`. Other names stay in their order.
fn sort_lowest_first(layers: &mut [Encoding]) {
    let rank = |layer: &Encoding| ["q", "h", "f"].iter().position(|&name| layer.rid.as_deref() == Some(name));
    if layers.iter().all(|layer| rank(layer).is_some()) {
        layers.sort_by_key(rank);
    }
}

/// One line, with its number for error messages.
#[derive(Debug, Clone, Copy)]
struct Line<'a> {
    number: usize,
    name: u8,
    value: &'a str,
}

impl<'a> Line<'a> {
    fn attribute(self) -> (&'a str, &'a str) {
        let (name, value) = self.value.split_once(':').unwrap_or((self.value, ""));
        (name, value.trim())
    }

    fn malformed(self) -> SdpError {
        SdpError::Malformed(self.number)
    }
}

/// The lines of a description, each checked for length and control characters.
struct Lines<'a> {
    lines: std::str::Split<'a, char>,
    number: usize,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str, limits: &Limits) -> Result<Self, SdpError> {
        if text.len() > limits.bytes {
            return Err(SdpError::TooLong { bytes: text.len(), limit: limits.bytes });
        }
        Ok(Self { lines: text.split('\n'), number: 0 })
    }

    fn expect_version(&mut self) -> Result<(), SdpError> {
        match self.next()? {
            Some(Line { name: b'v', value: "0", .. }) => Ok(()),
            _ => Err(SdpError::NotSdp),
        }
    }

    fn next(&mut self) -> Result<Option<Line<'a>>, SdpError> {
        loop {
            let Some(text) = self.lines.next() else { return Ok(None) };
            self.number += 1;
            let text = text.strip_suffix('\r').unwrap_or(text);
            if text.is_empty() {
                continue;
            }
            let malformed = SdpError::Malformed(self.number);
            if text.len() > MAX_LINE {
                return Err(SdpError::LineTooLong { line: self.number, limit: MAX_LINE });
            }
            if text.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t') {
                return Err(malformed);
            }
            let (name, value) = text.split_once('=').ok_or(SdpError::Malformed(self.number))?;
            let &[name] = name.as_bytes() else { return Err(malformed) };
            return Ok(Some(Line { number: self.number, name, value }));
        }
    }
}

const MAX_LINE: usize = 4096;
const MAX_WORD: usize = 64;
const MAX_LAYERS: usize = 8;
const MAX_SSRCS: usize = 16;

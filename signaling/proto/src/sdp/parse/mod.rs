//! Reads a session description (RFC 8866) written by a stranger: total, bounded, in linear time.
//!
//! What we do not understand we skip; what we do understand must be well-formed.

mod line;
mod section;
mod transport;

use std::collections::{BTreeMap, HashSet};

use line::Lines;
use section::SectionReader;
use transport::{Setup, TransportLines};

use super::{Encoding, Extension, Limits, MediaKind, RemoteTransport, SdpError};
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
    pub(in crate::sdp) words: [String; 3],
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

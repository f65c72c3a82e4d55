//! Reads one media section, with its simulcast (RFC 8853) and its sources (RFC 5576).

use std::{collections::BTreeMap, str::SplitAsciiWhitespace};

use super::{
    Msid, Section, SectionKind,
    line::{Line, Lines},
    transport::TransportLines,
};
use crate::sdp::{Encoding, Extension, MediaKind, SdpError, codec::PayloadTypes};

/// Gathers one section's lines.
pub(super) struct SectionReader<'a, 'p> {
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
    pub(super) fn new(
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
    pub(super) fn read(&mut self, lines: &mut Lines<'a>, limit: usize) -> Result<Option<Line<'a>>, SdpError> {
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

    pub(super) fn finish(self) -> Result<(Section, TransportLines<'a>), SdpError> {
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

const MAX_WORD: usize = 64;
const MAX_LAYERS: usize = 8;
const MAX_SSRCS: usize = 16;

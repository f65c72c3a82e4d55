//! One peer connection and its negotiation: its sections, and the offer that awaits an answer.

use std::net::SocketAddr;
use std::time::Instant;

use anyhow::{Context, Result};
use livekit_protocol as proto;
use sfu_proto::id::Ssrc;
use signaling_proto::sdp::{Extension, MediaKind, Section, SectionKind};

use super::Shared;
use super::tracks::Tracks;
use crate::connection::{Connection, Receiver};
use crate::sdp::{self, Description, Local, ReceivedKind};
use crate::transport::{Identity, Transport};

/// A peer connection being negotiated.
pub(super) struct Peer {
    pub(super) connection: Connection,
    fingerprint: String,
    sections: Vec<Content>,
    offers: u32,
    awaiting: bool,
    stale: bool,
    told: bool,
    described: Vec<(String, sdp::SentMedia<'static>)>,
}

/// What a section of ours is for; its place is its mid.
#[derive(Debug, Clone)]
enum Content {
    Data,
    /// The index of what is described.
    Send(usize),
    Receive(ReceivedKind),
}

impl Peer {
    pub(super) fn new(now: Instant, identity: &Identity, local: SocketAddr, offering: bool) -> Self {
        let transport = Transport::new(now, identity, local, offering);
        Self {
            connection: Connection::new(now, transport),
            fingerprint: identity.fingerprint(),
            sections: Vec::new(),
            offers: 0,
            awaiting: false,
            stale: false,
            told: false,
            described: Vec::new(),
        }
    }

    pub(super) fn add_data(&mut self) {
        self.sections.push(Content::Data);
    }

    /// Free places for what may be received.
    pub(super) fn add_places(&mut self, audios: usize, videos: usize) {
        let places = std::iter::repeat_n(ReceivedKind::Audio, audios)
            .chain(std::iter::repeat_n(ReceivedKind::Video, videos));
        self.sections.extend(places.map(Content::Receive));
    }

    /// A place for something that is sent.
    pub(super) fn add_sent(&mut self, cid: &str, media: sdp::SentMedia<'static>) {
        self.sections.push(Content::Send(self.described.len()));
        self.described.push((cid.to_owned(), media));
    }

    /// An offer, unless the last one has not been answered; then one follows the answer.
    pub(super) fn next_offer(&mut self) -> Option<proto::SessionDescription> {
        if self.awaiting {
            self.stale = true;
            return None;
        }
        Some(self.offer())
    }

    /// An offer of all sections.
    pub(super) fn offer(&mut self) -> proto::SessionDescription {
        self.awaiting = true;
        self.offers += 1;
        let mut description = self.description("actpass");
        for (mid, content) in self.sections.iter().enumerate() {
            let mid = mid.to_string();
            match content {
                Content::Data => description.data(&mid),
                Content::Receive(kind) => description.receive(&mid, *kind),
                Content::Send(at) => {
                    let (cid, media) = &self.described[*at];
                    description.send(&mid, &sdp::SentMedia { cid, ..media.clone() });
                }
            }
        }
        self.describe("offer", description.finish(), self.offers)
    }

    /// Takes an answer; whether another offer is due.
    pub(super) fn handle_answer(
        &mut self,
        now: Instant,
        answer: &proto::SessionDescription,
        tracks: &Tracks,
        shared: &Shared,
    ) -> Result<bool> {
        if !self.awaiting || (answer.id != 0 && answer.id != self.offers) {
            return Ok(false);
        }
        self.awaiting = false;
        let remote = sdp::read(&answer.sdp).context("unusable answer")?;
        self.connection.transport.connect(now, &remote.transport);
        for section in remote.sections.iter().filter(|section| !section.rejected) {
            let ours = section.mid.parse().ok().and_then(|at: usize| self.sections.get(at));
            match ours {
                Some(Content::Send(at)) if section.receives => {
                    let (cid, media) = &self.described[*at];
                    if !self.connection.sends(&section.mid) {
                        let sender = tracks.sender(now, cid, media, section, shared);
                        self.connection.add_sender(sender.with_context(|| format!("publish {cid}"))?);
                    }
                }
                Some(Content::Receive(_)) if section.sends => self.expect(section, answer, shared),
                _ => {}
            }
        }
        Ok(std::mem::take(&mut self.stale))
    }

    /// Takes an offer and answers it.
    pub(super) fn handle_offer(
        &mut self,
        now: Instant,
        offer: &proto::SessionDescription,
        shared: &Shared,
    ) -> Result<proto::SessionDescription> {
        let remote = sdp::read(&offer.sdp).context("unusable offer")?;
        let mut description = self.description("active");
        for section in &remote.sections {
            description.answer(section);
        }
        let sdp = description.finish();
        for section in remote.sections.iter().filter(|section| !section.rejected && section.sends) {
            self.expect(section, offer, shared);
        }
        self.connection.transport.connect(now, &remote.transport);
        self.offers += 1;
        Ok(self.describe("answer", sdp, offer.id))
    }

    /// Where it is reached, the first time that this is asked.
    pub(super) fn candidates_to_tell(&mut self, shared: &Shared) -> Vec<String> {
        if std::mem::replace(&mut self.told, true) {
            return Vec::new();
        }
        let candidates = self.connection.transport.candidates(shared.also);
        let init =
            |candidate| serde_json::json!({ "candidate": candidate, "sdpMid": "0", "sdpMLineIndex": 0 });
        candidates.into_iter().map(|candidate| init(candidate).to_string()).collect()
    }

    /// Awaits what the server sends in a section.
    fn expect(&mut self, section: &Section, description: &proto::SessionDescription, shared: &Shared) {
        let SectionKind::Media(kind) = section.kind else { return };
        let (Some(encoding), Some(sid)) = (section.encodings.first(), track_in(section, description)) else {
            return;
        };
        let Some(ssrc) = encoding.ssrc else { return };
        self.connection.set_transport_cc(section.extensions.get(&Extension::TransportCc).copied());
        let case = &shared.case;
        let video = kind == MediaKind::Video;
        let receiver = Receiver::new(sid, video, Ssrc(ssrc), case.decrypt_every, case.nack);
        self.connection.expect(receiver, encoding.rtx_ssrc);
    }

    fn description(&self, setup: &'static str) -> Description<'_> {
        let credentials = self.connection.transport.credentials();
        let local = Local {
            ufrag: &credentials.ufrag,
            pwd: &credentials.pass,
            fingerprint: &self.fingerprint,
            setup,
        };
        Description::new(local, self.offers.into())
    }

    fn describe(&self, kind: &str, sdp: String, id: u32) -> proto::SessionDescription {
        proto::SessionDescription { r#type: kind.to_owned(), sdp, id, ..Default::default() }
    }
}

/// Which track a section carries: as signalling says, or else by its name in the description.
fn track_in<'a>(section: &'a Section, description: &'a proto::SessionDescription) -> Option<&'a str> {
    let said = description.mid_to_track_id.get(&section.mid).map(String::as_str);
    said.or_else(|| section.msid.as_ref().map(|msid| msid.track.as_str()))
        .filter(|sid| sid.starts_with("TR_"))
}

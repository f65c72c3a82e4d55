//! Where the packets of a shard's conferences go: encrypted for their peer, straight into the batch to be sent.

use std::collections::VecDeque;

use crate::conference::{Depth, PeerKey, RtpOut, Sink};
use crate::id::ConferenceId;
use crate::io::Event;
use crate::near;
use crate::path::Path;
use crate::srtp::SrtpSender;
use crate::stats::SfuStats;
use crate::transmit::{QueueHint, Transmits};

/// The sending half of a shard, by peer.
#[derive(Debug)]
pub(crate) struct Outlets {
    links: Vec<Link>,
    pub(crate) transmits: Transmits,
    pub(crate) events: VecDeque<(ConferenceId, Event)>,
    pub(crate) stats: SfuStats,
    pub(crate) conference: ConferenceId, // the one that is being worked on
}

/// What sending to one peer takes.
#[derive(Default)]
pub(crate) struct Link {
    pub(crate) to: Option<Path>,
    pub(crate) srtp: Option<Box<SrtpSender>>,
    pub(crate) plain: bool, // a direct peer
    hint: QueueHint,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("to", &self.to).field("plain", &self.plain).finish_non_exhaustive()
    }
}

impl Outlets {
    pub(crate) fn new() -> Self {
        Self {
            links: Vec::new(),
            transmits: Transmits::default(),
            events: VecDeque::new(),
            stats: SfuStats::default(),
            conference: ConferenceId(0),
        }
    }

    /// The link of a peer.
    pub(crate) fn link(&mut self, key: PeerKey) -> &mut Link {
        let index = key.0 as usize;
        if self.links.len() <= index {
            self.links.resize_with(index + 1, Link::default);
        }
        &mut self.links[index]
    }

    /// Nothing is sent to whoever has this place until it is set up anew.
    pub(crate) fn reset(&mut self, key: PeerKey) {
        *self.link(key) = Link::default();
    }

    fn send(&mut self, peer: PeerKey, len: usize, write: impl FnOnce(&mut Link, &mut [u8]) -> usize) {
        let Some(link) = self.links.get_mut(peer.0 as usize) else {
            return;
        };
        // Before the handshake, or without a path, a packet is lost as on any network.
        let Some(to) = link.to else { return };
        if link.srtp.is_none() && !link.plain {
            return;
        }
        let mut hint = link.hint;
        let mut written = 0;
        self.transmits.push_with(to, &mut hint, len + MAX_OVERHEAD, |out| {
            written = write(link, out);
            written
        });
        link.hint = hint;
        if written == 0 {
            self.stats.dropped_protect += 1;
        } else {
            self.stats.packets_out += 1;
            self.stats.bytes_out += written as u64;
        }
    }
}

impl Sink for Outlets {
    fn send_rtp(&mut self, peer: PeerKey, packet: RtpOut<'_>) {
        let RtpOut { header, payload_head, payload } = packet;
        let len = header.len() + payload_head.len() + payload.len();
        self.send(peer, len, |link, out| match &mut link.srtp {
            Some(srtp) => srtp.protect_rtp(header, payload_head, payload, out).unwrap_or(0),
            None => concatenate(&[header, payload_head, payload], out),
        });
    }

    fn send_rtcp(&mut self, peer: PeerKey, compound: &[u8]) {
        self.send(peer, compound.len(), |link, out| match &mut link.srtp {
            Some(srtp) => srtp.protect_rtcp(compound, out).unwrap_or(0),
            None => concatenate(&[compound], out),
        });
    }

    #[inline]
    fn bring_near(&self, peer: PeerKey, depth: Depth) {
        let Some(link) = self.links.get(peer.0 as usize) else { return };
        if depth == Depth::Link {
            return near::fetch(link);
        }
        match (depth, link.srtp.as_deref()) {
            (Depth::State, Some(srtp)) => near::fetch(srtp),
            (Depth::Keys, Some(srtp)) => srtp.bring_near(),
            _ => {}
        }
    }

    fn event(&mut self, event: Event) {
        self.events.push_back((self.conference, event));
    }
}

fn concatenate(parts: &[&[u8]], out: &mut [u8]) -> usize {
    let mut len = 0;
    for part in parts {
        out[len..len + part.len()].copy_from_slice(part);
        len += part.len();
    }
    len
}

/// What SRTCP adds at most: a tag of 16 bytes and an index.
const MAX_OVERHEAD: usize = 20;

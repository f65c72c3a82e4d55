//! A subscription: one source on its way to one peer.

use std::time::{Duration, Instant};

use super::form::{Change, Form, MAX_CHANGED, forms};
use super::layer_selector::{LayerSelector, Verdict};
use super::moment::Moment;
use super::payload::vp8;
use super::reception::middle;
use super::rtp_rewriter::{Position, RtpRewriter};
use super::rtx_history::{RtxHistory, Sent};
use super::up_track::UpTrack;
use super::{MediaPacket, SourceKey};
use crate::conference::{PeerKey, RtpOut, Sink};
use crate::id::{DownTrackId, Ssrc};
use crate::io::{Codec, DownTrackParams, LayerWish, MediaKind};
use crate::participant::Participant;
use crate::rtcp::report::{ReportBlock, SenderInfo};
use crate::rtp::{ExtensionBlock, Header, MAX_HEADER_LEN, Stamp};

/// A subscription.
#[derive(Debug)]
pub struct DownTrack {
    /// Its name.
    pub id: DownTrackId,
    /// The slot of the up track.
    pub source: u32,
    /// The slot of the peer that receives.
    pub peer: u32,
    /// The stream that we told the peer.
    pub ssrc: Ssrc,
    /// What the peer would like.
    pub wish: LayerWish,
    /// What it gets.
    pub selector: LayerSelector,
    /// Whether the rooms were told that it is paused.
    pub paused: bool,
    key: PeerKey,
    rtx_ssrc: Ssrc,
    rtx_sequence: u16,
    accepted: Vec<Codec>,
    /// How each codec of the source is sent, by its index there.
    forms: Vec<Option<Form>>,
    block: ExtensionBlock,
    rewriter: RtpRewriter,
    vp8: vp8::Renumberer,
    history: RtxHistory,
    last_source: Option<SourceKey>,
    packets: u32,
    octets: u32,
    /// The last sender reports: by what receivers will refer to them, and when they left.
    reports: [Option<(u32, Instant)>; 2],
}

/// A packet with all that was decided about it.
#[derive(Clone, Copy)]
struct Parcel<'a> {
    packet: &'a MediaPacket<'a>,
    header: Header,
    change: Change,
    numbers: vp8::Numbers,
    /// The number under which it was sent before, if this is its retransmission.
    repaired: Option<u16>,
}

/// Buffers that every packet on its way out uses anew.
#[derive(Debug)]
pub struct Scratch {
    header: [u8; MAX_HEADER_LEN],
    head: [u8; HEAD_LEN],
}

impl Default for Scratch {
    fn default() -> Self {
        Self { header: [0; MAX_HEADER_LEN], head: [0; HEAD_LEN] }
    }
}

/// The way out for packets at one moment.
#[derive(Debug)]
pub struct Outlet<'a, S: ?Sized> {
    /// When.
    pub moment: Moment,
    /// Where to.
    pub sink: &'a mut S,
    /// Buffers.
    pub scratch: &'a mut Scratch,
}

impl DownTrack {
    /// A subscription by the peer at a slot to an up track at a slot. The seed makes its numbers unpredictable.
    #[must_use]
    pub fn new(params: DownTrackParams, source: (u32, &UpTrack), peer: (u32, PeerKey), seed: u64) -> Self {
        let (source, up) = source;
        let clock_rate = up.codecs.first().map_or(90_000, |codec| codec.clock_rate.max(1));
        let remembered = match up.kind {
            MediaKind::Audio => AUDIO_HISTORY,
            MediaKind::Video => VIDEO_HISTORY,
        };
        let mut track = Self {
            id: params.id,
            source,
            peer: peer.0,
            ssrc: params.ssrc,
            wish: params.wish,
            selector: LayerSelector::new(up.kind),
            paused: false,
            key: peer.1,
            rtx_ssrc: params.rtx_ssrc,
            rtx_sequence: (seed >> 48) as u16,
            accepted: params.codecs,
            forms: Vec::new(),
            block: ExtensionBlock::new(params.mid, &params.extensions),
            // Half the range of sequence numbers is left before the first wrap, which some receivers misjudge.
            rewriter: RtpRewriter::new(clock_rate, (seed >> 33) as u16 & 0x7fff, seed as u32),
            vp8: vp8::Renumberer::new((seed >> 20) as u16),
            history: RtxHistory::new(remembered),
            last_source: None,
            packets: 0,
            octets: 0,
            reports: [None; 2],
        };
        track.match_codecs(up);
        track
    }

    /// Works out anew how each codec of the source is sent.
    pub fn match_codecs(&mut self, up: &UpTrack) {
        self.forms = forms(&up.codecs, &self.accepted);
    }

    /// Whether a stream of ours is this one, or its retransmissions.
    #[must_use]
    pub fn is_sent_as(&self, ssrc: Ssrc) -> bool {
        ssrc == self.ssrc || ssrc == self.rtx_ssrc
    }

    /// Passes a packet of the source on, if it is wanted.
    #[inline]
    pub fn forward<S: Sink + ?Sized>(
        &mut self,
        packet: &MediaPacket<'_>,
        up: &UpTrack,
        peer: &mut Participant,
        out: &mut Outlet<'_, S>,
    ) {
        let Some(form) = self.form(packet.codec) else { return };
        match self.selector.judge(packet) {
            Verdict::Ignore => {}
            Verdict::Omit => self.omit(packet),
            Verdict::Pass => self.send(packet, form, peer, out),
            Verdict::Switch => {
                self.switch(packet, up, out.moment);
                self.send(packet, form, peer, out);
                self.catch_up(packet, up, peer, out);
            }
        }
    }

    /// Closes the gap that a packet without content would leave.
    pub fn omit_padding(&mut self, source: SourceKey, sequence: u64) {
        if self.selector.current() == Some(source) {
            self.rewriter.omit(sequence);
        }
    }

    /// Sends a packet again. `rest` is how soon a repeated request is believed.
    pub fn resend<S: Sink + ?Sized>(
        &mut self,
        sequence: u16,
        rest: Duration,
        up: &UpTrack,
        peer: &mut Participant,
        out: &mut Outlet<'_, S>,
    ) {
        let Some(sent) = self.history.take(out.moment, sequence, rest) else { return };
        let Some(encoding) = up.encoding(sent.source) else { return };
        let Some(position) = encoding.newest().and_then(|newest| widen(sent.source_sequence, newest)) else {
            return;
        };
        let mime = |codec| up.codecs.get(usize::from(codec)).map(|codec: &Codec| codec.mime);
        let Some(packet) = encoding.store.packet(sent.source, position, mime) else { return };
        let Some(form) = self.form(packet.codec) else { return };

        let mut header = Header {
            marker: packet.marker,
            payload_type: form.payload_type,
            sequence,
            timestamp: sent.timestamp,
            ssrc: self.ssrc,
        };
        if let Some(rtx) = form.rtx {
            header.payload_type = rtx;
            header.sequence = self.rtx_sequence;
            header.ssrc = self.rtx_ssrc;
            self.rtx_sequence = self.rtx_sequence.wrapping_add(1);
        }
        let repaired = form.rtx.map(|_| sequence);
        let parcel = Parcel { packet: &packet, header, change: form.change, numbers: sent.vp8, repaired };
        self.transmit(parcel, peer, out);
    }

    /// What we report of the stream now: the sender's clocks, on our time line.
    pub fn report(&mut self, up: &UpTrack, now: Instant) -> Option<SenderInfo> {
        let (ntp, rtp) = up.clocks(self.selector.current()?, now)?;
        self.reports = [Some((middle(ntp), now)), self.reports[0]];
        Some(SenderInfo {
            ntp,
            rtp: self.rewriter.timestamp(rtp),
            packets: self.packets,
            octets: self.octets,
        })
    }

    /// The round trip, from what the receiver reports (RFC 3550 §6.4.1).
    #[must_use]
    pub fn round_trip(&self, now: Instant, block: &ReportBlock) -> Option<Duration> {
        let (_, left) = self.reports.iter().flatten().find(|(middle, _)| *middle == block.last_report)?;
        let held = Duration::from_micros(u64::from(block.since_last_report) * 1_000_000 / 65_536);
        now.saturating_duration_since(*left).checked_sub(held)
    }

    fn form(&self, codec: u8) -> Option<Form> {
        *self.forms.get(usize::from(codec))?
    }

    fn switch(&mut self, packet: &MediaPacket<'_>, up: &UpTrack, moment: Moment) {
        let first = Position { sequence: packet.sequence, timestamp: packet.timestamp };
        let last = self.last_source.replace(packet.source);
        let aligned = last.and_then(|last| up.align(packet.source, last, packet.timestamp));
        self.rewriter.switch_source(moment.now, first, aligned);
        if let Some(descriptor) = &packet.info.vp8 {
            self.vp8.switch_source(descriptor);
        }
    }

    /// Sends what overtook the packet that made the source start.
    fn catch_up<S: Sink + ?Sized>(
        &mut self,
        first: &MediaPacket<'_>,
        up: &UpTrack,
        peer: &mut Participant,
        out: &mut Outlet<'_, S>,
    ) {
        let Some(encoding) = up.encoding(first.source) else { return };
        let newest = encoding.newest().unwrap_or(first.sequence);
        let mime = |codec| up.codecs.get(usize::from(codec)).map(|codec: &Codec| codec.mime);
        for sequence in first.sequence + 1..=newest {
            let Some(packet) = encoding.store.packet(first.source, sequence, mime) else { continue };
            if let Some(form) = self.form(packet.codec) {
                self.send(&packet, form, peer, out);
            }
        }
    }

    fn omit(&mut self, packet: &MediaPacket<'_>) {
        self.rewriter.omit(packet.sequence);
        if let Some(descriptor) = &packet.info.vp8 {
            self.vp8.omit(descriptor);
        }
    }

    fn send<S: Sink + ?Sized>(
        &mut self,
        packet: &MediaPacket<'_>,
        form: Form,
        peer: &mut Participant,
        out: &mut Outlet<'_, S>,
    ) {
        let numbers = match &packet.info.vp8 {
            Some(descriptor) => self.vp8.pass(descriptor),
            None => Some(vp8::Numbers::default()),
        };
        let position = Position { sequence: packet.sequence, timestamp: packet.timestamp };
        let placed = self.rewriter.rewrite(out.moment.now, position);
        let (Some(numbers), Some((sequence, timestamp))) = (numbers, placed) else {
            return;
        };

        if form.nack {
            let sent = Sent {
                source: packet.source,
                source_sequence: packet.sequence as u32,
                timestamp,
                vp8: numbers,
            };
            self.history.note(out.moment, sequence, sent);
        }
        let header = Header {
            marker: packet.marker,
            payload_type: form.payload_type,
            sequence,
            timestamp,
            ssrc: self.ssrc,
        };
        let parcel = Parcel { packet, header, change: form.change, numbers, repaired: None };
        let octets = self.transmit(parcel, peer, out);
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(octets as u32);
    }

    /// Writes and sends a packet; returns the size of its payload.
    #[inline]
    fn transmit<S: Sink + ?Sized>(
        &self,
        parcel: Parcel<'_>,
        peer: &mut Participant,
        out: &mut Outlet<'_, S>,
    ) -> usize {
        let Parcel { packet, header, change, numbers, repaired } = parcel;
        let Scratch { header: header_bytes, head } = &mut *out.scratch;
        let mut head_len = 0;
        if let Some(sequence) = repaired {
            head[..2].copy_from_slice(&sequence.to_be_bytes());
            head_len = 2;
        }
        let Some((changed, payload)) = change.apply(packet, numbers, &mut head[head_len..]) else {
            return 0;
        };
        head_len += changed;

        let octets = head_len + payload.len();
        let stamp = Stamp {
            transport_cc: self.block.has_transport_cc().then(|| peer.departures.note(out.moment, octets)),
            abs_send_time: out.moment.abs_send_time(),
        };
        let header_len = self.block.write(header, &packet.extensions, stamp, header_bytes);
        out.sink.send_rtp(
            self.key,
            RtpOut { header: &header_bytes[..header_len], payload_head: &head[..head_len], payload },
        );
        octets
    }
}

/// The extended sequence number nearest below `newest` that ends in `low`.
fn widen(low: u32, newest: u64) -> Option<u64> {
    let back = (newest as u32).wrapping_sub(low);
    newest.checked_sub(u64::from(back))
}

/// Packets that can be sent again: about two seconds of each.
const AUDIO_HISTORY: u16 = 128;
const VIDEO_HISTORY: u16 = 512;

/// A retransmission's original sequence number stands before what changes.
const HEAD_LEN: usize = 2 + MAX_CHANGED;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscribed_video_takes_less_than_24_kib() {
        let history = RtxHistory::new(VIDEO_HISTORY).memory();

        assert!(size_of::<DownTrack>() + history < 20 << 10, "codec lists and tables of indexes come on top");
    }
}

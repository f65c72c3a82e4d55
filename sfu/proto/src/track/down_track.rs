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
use super::{MediaPacket, SourceKey, WIRE_OVERHEAD};
use crate::conference::{PeerKey, RtpOut, Sink};
use crate::id::{DownTrackId, Ssrc};
use crate::io::{Codec, DownTrackParams, LayerWish, MediaKind};
use crate::near;
use crate::participant::{Held, Participant};
use crate::rtcp::report::{ReportBlock, SenderInfo};
use crate::rtp::{ExtensionBlock, ExtensionValues, Header, MAX_HEADER_LEN, Stamp};

/// A subscription.
#[derive(Debug)]
pub struct DownTrack {
    /// Its name.
    pub id: DownTrackId,
    /// Its own slot.
    pub slot: u32,
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
    /// What is added to frame numbers of dependency descriptors, and the furthest that was sent: a receiver takes a
    /// source whose numbers lie behind those of the one before for old.
    frame_shift: u16,
    newest_frame: Option<u16>,
    history: RtxHistory,
    last_source: Option<SourceKey>,
    /// Whether its packets wait for their time where the path is thin.
    paced: bool,
    /// How many packets were sent again to fill a probe.
    padded: u16,
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
    frame_shift: u16,
    /// The number under which it was sent before, if this is its retransmission.
    repaired: Option<u16>,
}

/// Buffers that every packet on its way out uses anew.
#[derive(Debug)]
pub struct Scratch {
    /// A whole header.
    pub header: [u8; MAX_HEADER_LEN],
    head: [u8; HEAD_LEN],
    descriptor: [u8; MAX_DESCRIPTOR_LEN],
}

impl Default for Scratch {
    fn default() -> Self {
        Self { header: [0; MAX_HEADER_LEN], head: [0; HEAD_LEN], descriptor: [0; MAX_DESCRIPTOR_LEN] }
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
            slot: u32::MAX,
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
            frame_shift: 0,
            newest_frame: None,
            history: RtxHistory::new(remembered),
            last_source: None,
            paced: up.kind == MediaKind::Video,
            padded: 0,
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

    /// Passes a packet of the source on, if it is wanted. If that starts a source, all that is there of it follows;
    /// then tells up to which sequence number.
    #[inline]
    pub fn forward<S: Sink + ?Sized>(
        &mut self,
        packet: &MediaPacket<'_>,
        up: &UpTrack,
        peer: &mut Participant,
        out: &mut Outlet<'_, S>,
    ) -> Option<u64> {
        let form = self.form(packet.codec)?;
        match self.selector.judge(packet) {
            Verdict::Ignore => {}
            Verdict::Omit => self.omit(packet, form, peer, out),
            Verdict::Pass { last } => self.send(packet, last, form, peer, out),
            Verdict::Switch { last } => {
                self.switch(packet, up, out.moment);
                self.send(packet, last, form, peer, out);
                return self.catch_up(packet, up, peer, out);
            }
        }
        None
    }

    /// The transport of the peer that receives.
    #[must_use]
    pub fn key(&self) -> PeerKey {
        self.key
    }

    /// Asks for what it points to, before it is needed.
    #[inline]
    pub(crate) fn bring_rest_near(&self) {
        let next = self.rewriter.newest_sequence().unwrap_or_default().wrapping_add(1);
        self.history.bring_near(next);
        if let Some(form) = self.forms.first() {
            near::fetch(form);
        }
    }

    /// Closes the gap that a packet without content would leave.
    pub fn omit_padding(&mut self, source: SourceKey, sequence: u64) {
        if self.selector.current() == Some(source) {
            self.rewriter.omit(sequence);
        }
    }

    /// Sends a packet again, if the path has room for it. `rest` is how soon a repeated request is believed.
    pub fn resend<S: Sink + ?Sized>(
        &mut self,
        sequence: u16,
        rest: Duration,
        up: &UpTrack,
        peer: &mut Participant,
        out: &mut Outlet<'_, S>,
    ) {
        // Nobody waits for a picture that is paused, and sound comes first.
        if self.paced && (self.selector.current().is_none() || !peer.pacer.admits_repair(out.moment.micros)) {
            return;
        }
        let Some(sent) = self.history.take(out.moment, sequence, rest) else { return };
        self.repair(sequence, sent, up, peer, out);
    }

    /// Sends a packet whose time has come, unless its track was paused meanwhile.
    pub fn release<S: Sink + ?Sized>(
        &mut self,
        sequence: u16,
        up: &UpTrack,
        peer: &mut Participant,
        out: &mut Outlet<'_, S>,
    ) {
        let Some(sent) = self.history.find(sequence).filter(|_| self.selector.current().is_some()) else {
            return;
        };
        let Some(packet) = stored(up, sent) else { return };
        let Some(form) = self.form(packet.codec) else { return };
        self.transmit_first(&packet, form, sequence, sent, peer, out);
    }

    /// Whether the peer tells how each packet of it arrives.
    #[must_use]
    pub fn tells_arrivals(&self) -> bool {
        self.block.has_transport_cc()
    }

    /// Whether [`Self::pad`] has something to send, and would be told how it arrives.
    #[must_use]
    pub fn can_pad(&self) -> bool {
        self.tells_arrivals() && self.forms.iter().flatten().any(|form| form.rtx.is_some())
    }

    /// Sends something of about a size that is of no use but to see how it arrives: a packet that was sent before, or
    /// nothing but padding. Tells whether it could.
    pub fn pad<S: Sink + ?Sized>(
        &mut self,
        size: usize,
        up: &UpTrack,
        peer: &mut Participant,
        out: &mut Outlet<'_, S>,
    ) -> bool {
        let Some(rtx) = self.forms.iter().flatten().find_map(|form| form.rtx) else { return false };
        let newest = self.rewriter.newest_sequence();
        let whole = newest.filter(|_| size > 2 * PADDING.len());
        let sequence = whole.map(|newest| newest.wrapping_sub(self.padded % PADDING_TURNS));
        self.padded = self.padded.wrapping_add(1);
        let sent = sequence.and_then(|sequence| Some((sequence, self.history.find(sequence)?)));
        if let Some((sequence, sent)) = sent
            && self.repair(sequence, sent, up, peer, out)
        {
            return true;
        }

        let header = Header {
            marker: false,
            payload_type: rtx,
            sequence: self.rtx_sequence,
            timestamp: 0,
            ssrc: self.rtx_ssrc,
        };
        self.rtx_sequence = self.rtx_sequence.wrapping_add(1);
        self.send_padding(header, &PADDING, peer, out);
        true
    }

    /// Sends a packet again, as its retransmission if the peer knows such a thing.
    fn repair<S: Sink + ?Sized>(
        &mut self,
        sequence: u16,
        sent: Sent,
        up: &UpTrack,
        peer: &mut Participant,
        out: &mut Outlet<'_, S>,
    ) -> bool {
        let Some(packet) = stored(up, sent) else { return false };
        let Some(form) = self.form(packet.codec) else { return false };

        let mut header = Header {
            marker: sent.marker,
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
        let parcel = Parcel {
            packet: &packet,
            header,
            change: form.change,
            numbers: sent.vp8,
            frame_shift: sent.frame_shift,
            repaired,
        };
        self.transmit(parcel, peer, out) > 0
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

    /// Counts a packet of so many bytes of payload that leaves now, and gives what is written into it.
    #[inline]
    fn stamp(&self, octets: usize, peer: &mut Participant, moment: Moment) -> Stamp {
        let size = octets + WIRE_OVERHEAD;
        let probe = peer.pacer.spend(size);
        let transport_cc = self.tells_arrivals().then(|| {
            peer.downlink.handle_sent(moment.micros, size);
            peer.departures.note(moment, size, probe)
        });
        Stamp { transport_cc, abs_send_time: moment.abs_send_time() }
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
        if let Some((newest, first)) = self.newest_frame.zip(frame_number(packet)) {
            self.frame_shift = newest.wrapping_add(1).wrapping_sub(first);
        }
    }

    /// Sends what overtook the packet that made the source start.
    fn catch_up<S: Sink + ?Sized>(
        &mut self,
        first: &MediaPacket<'_>,
        up: &UpTrack,
        peer: &mut Participant,
        out: &mut Outlet<'_, S>,
    ) -> Option<u64> {
        let encoding = up.encoding(first.source)?;
        let newest = encoding.newest().unwrap_or(first.sequence);
        for sequence in first.sequence + 1..=newest {
            let Some(packet) = encoding.stored(first.source, sequence, &up.codecs) else { continue };
            let Some(form) = self.form(packet.codec) else { continue };
            match self.selector.judge(&packet) {
                Verdict::Pass { last } => self.send(&packet, last, form, peer, out),
                Verdict::Omit => self.omit(&packet, form, peer, out),
                Verdict::Switch { .. } | Verdict::Ignore => {}
            }
        }
        Some(newest)
    }

    /// Leaves a packet out. One that was lost on its way here, and comes now, has left a gap: an empty packet closes it,
    /// so that the peer does not ask for it in vain.
    fn omit<S: Sink + ?Sized>(
        &mut self,
        packet: &MediaPacket<'_>,
        form: Form,
        peer: &mut Participant,
        out: &mut Outlet<'_, S>,
    ) {
        if let Some(descriptor) = &packet.info.vp8 {
            self.vp8.omit(descriptor);
        }
        let Some(sequence) = self.rewriter.omit(packet.sequence) else { return };
        let header = Header {
            marker: false,
            payload_type: form.payload_type,
            sequence,
            timestamp: self.rewriter.timestamp(packet.timestamp),
            ssrc: self.ssrc,
        };
        self.send_padding(header, &EMPTY, peer, out);
    }

    /// Sends a packet that has nothing in it but padding.
    fn send_padding<S: Sink + ?Sized>(
        &self,
        header: Header,
        padding: &[u8],
        peer: &mut Participant,
        out: &mut Outlet<'_, S>,
    ) {
        let stamp = self.stamp(padding.len(), peer, out.moment);
        let bytes = &mut out.scratch.header;
        let header_len = self.block.write(header, &ExtensionValues::default(), stamp, bytes);
        bytes[0] |= PADDED;
        out.sink
            .send_rtp(self.key, RtpOut { header: &bytes[..header_len], payload_head: &[], payload: padding });
    }

    /// Sends a packet, as the last of its picture if it is that for this viewer.
    fn send<S: Sink + ?Sized>(
        &mut self,
        packet: &MediaPacket<'_>,
        last: bool,
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

        let sent = Sent {
            source: packet.source,
            source_sequence: packet.sequence as u32,
            timestamp,
            marker: packet.marker || last,
            frame_shift: self.frame_shift,
            vp8: numbers,
        };
        if let Some(frame) = frame_number(packet) {
            let frame = frame.wrapping_add(self.frame_shift);
            let further = self.newest_frame.is_none_or(|newest| frame.wrapping_sub(newest) as i16 > 0);
            self.newest_frame = if further { Some(frame) } else { self.newest_frame };
        }
        if form.nack || self.paced {
            self.history.note(out.moment, sequence, sent);
        }
        if self.paced && !peer.pacer.admits(out.moment.micros) {
            let held = Held { down: self.slot, sequence };
            peer.pacer.hold(held, packet.payload.len() + WIRE_OVERHEAD);
            return;
        }
        self.transmit_first(packet, form, sequence, sent, peer, out);
    }

    /// Sends a packet for the first time.
    #[inline]
    fn transmit_first<S: Sink + ?Sized>(
        &mut self,
        packet: &MediaPacket<'_>,
        form: Form,
        sequence: u16,
        sent: Sent,
        peer: &mut Participant,
        out: &mut Outlet<'_, S>,
    ) {
        let header = Header {
            marker: sent.marker,
            payload_type: form.payload_type,
            sequence,
            timestamp: sent.timestamp,
            ssrc: self.ssrc,
        };
        let parcel = Parcel {
            packet,
            header,
            change: form.change,
            numbers: sent.vp8,
            frame_shift: sent.frame_shift,
            repaired: None,
        };
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
        let Parcel { packet, header, change, numbers, frame_shift, repaired } = parcel;
        let head = &mut out.scratch.head;
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
        let stamp = self.stamp(octets, peer, out.moment);
        let Scratch { header: header_bytes, head, descriptor } = &mut *out.scratch;
        let mut extensions = packet.extensions;
        if frame_shift != 0 {
            extensions.dependency_descriptor =
                extensions.dependency_descriptor.and_then(|given| renumbered(given, frame_shift, descriptor));
        }
        let header_len = self.block.write(header, &extensions, stamp, header_bytes);
        out.sink.send_rtp(
            self.key,
            RtpOut { header: &header_bytes[..header_len], payload_head: &head[..head_len], payload },
        );
        octets
    }
}

/// The packet that was sent as this.
fn stored(up: &UpTrack, sent: Sent) -> Option<MediaPacket<'_>> {
    let encoding = up.encoding(sent.source)?;
    let position = widen(sent.source_sequence, encoding.newest()?)?;
    encoding.stored(sent.source, position, &up.codecs)
}

/// The frame number in a packet's dependency descriptor: whole bytes, behind the flags and the template.
fn frame_number(packet: &MediaPacket<'_>) -> Option<u16> {
    match packet.extensions.dependency_descriptor? {
        [_, high, low, ..] => Some(u16::from_be_bytes([*high, *low])),
        _ => None,
    }
}

/// A dependency descriptor with another frame number; all else in it is told relative to that.
fn renumbered<'a>(given: &[u8], shift: u16, out: &'a mut [u8; MAX_DESCRIPTOR_LEN]) -> Option<&'a [u8]> {
    let out = out.get_mut(..given.len())?;
    out.copy_from_slice(given);
    let number = out.get_mut(1..3)?;
    let frame = u16::from_be_bytes([number[0], number[1]]).wrapping_add(shift);
    number.copy_from_slice(&frame.to_be_bytes());
    Some(out)
}

/// The extended sequence number nearest below `newest` that ends in `low`.
fn widen(low: u32, newest: u64) -> Option<u64> {
    let back = (newest as u32).wrapping_sub(low);
    newest.checked_sub(u64::from(back))
}

/// Packets that can be sent again: about two seconds of each.
const AUDIO_HISTORY: u16 = 128;
const VIDEO_HISTORY: u16 = 512;

/// So many packets are sent again in turn where padding is wanted.
const PADDING_TURNS: u16 = 8;
/// The bit of a header that tells of padding, and a payload of nothing else: its last byte says how much it is.
const PADDED: u8 = 0x20;
const EMPTY: [u8; 1] = [1];
const PADDING: [u8; 224] = {
    let mut padding = [0; 224];
    padding[223] = 224;
    padding
};

/// A retransmission's original sequence number stands before what changes.
const HEAD_LEN: usize = 2 + MAX_CHANGED;
/// More than fits into a header extension.
const MAX_DESCRIPTOR_LEN: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscribed_video_takes_less_than_24_kib() {
        let history = RtxHistory::new(VIDEO_HISTORY).memory();

        assert!(size_of::<DownTrack>() + history < 20 << 10, "codec lists and tables of indexes come on top");
    }
}

//! What peers report: on what they send, and on what we send to them.

use std::time::{Duration, Instant};

use super::{Conference, Outlet, PeerKey, Sink};
use crate::bandwidth::Bitrate;
use crate::bandwidth::estimator::Fate;
use crate::id::Ssrc;
use crate::rtcp::report::{ReportBlock, SenderReport};
use crate::rtcp::{self, Packet, nack::Nack, twcc::TransportFeedback};

impl Conference {
    pub(super) fn receive_rtcp<S: Sink + ?Sized>(
        &mut self,
        now: Instant,
        from: PeerKey,
        bytes: &[u8],
        sink: &mut S,
    ) {
        let Some(slot) = self.slot(from) else { return };
        for packet in rtcp::parse(bytes) {
            match packet {
                Packet::SenderReport(report) => {
                    self.handle_sender_report(now, slot, &report, sink);
                    report.blocks.iter().for_each(|block| self.handle_report(now, slot, block));
                }
                Packet::ReceiverReport(report) => {
                    report.blocks.iter().for_each(|block| self.handle_report(now, slot, block));
                }
                Packet::Nack(nack) => self.handle_nack(now, slot, nack, sink),
                Packet::Pli(pli) => self.handle_picture_loss(now, slot, pli.media, sink),
                Packet::Fir(fir) => {
                    for media in fir.media() {
                        self.handle_picture_loss(now, slot, media, sink);
                    }
                }
                Packet::TransportFeedback(feedback) => {
                    self.handle_transport_feedback(now, slot, feedback, sink);
                }
                Packet::Remb(remb) => {
                    if let Some(peer) = self.peers.get_mut(slot) {
                        peer.downlink.handle_remb(Bitrate(remb.bitrate));
                    }
                }
                // A track ends by command. Its stream may come back, and then would not tell its rid any more.
                Packet::Bye(_) => {}
            }
        }
    }

    fn handle_sender_report<S: Sink + ?Sized>(
        &mut self,
        now: Instant,
        slot: u32,
        report: &SenderReport<'_>,
        sink: &mut S,
    ) {
        let Some(peer) = self.peers.get(slot) else { return };
        let source = peer.sources.find(report.ssrc);
        let Some(source) = source.filter(|source| !source.repair) else { return };
        let Some(up) = self.up_tracks.get_mut(source.track) else { return };
        if let Some(encoding) = up.encodings.get_mut(usize::from(source.encoding)) {
            encoding.reception.handle_sender_report(now, report.info);
        }
        up.tap_report(source.encoding, report.info, &peer.cname, &mut self.rtcp, sink);
    }

    fn handle_report(&mut self, now: Instant, slot: u32, block: ReportBlock) {
        let Some(down) = self.down_track_sent_as(slot, block.ssrc) else { return };
        let Some(down) = self.down_tracks.get(down) else { return };
        let Some(peer) = self.peers.get_mut(slot) else { return };
        let rtt = down.round_trip(now, &block);
        peer.downlink.handle_report(now, f32::from(block.fraction_lost) / 256.0, rtt);
    }

    fn handle_transport_feedback<S: Sink + ?Sized>(
        &mut self,
        now: Instant,
        slot: u32,
        feedback: TransportFeedback<'_>,
        sink: &mut S,
    ) {
        let moment = self.moment(now);
        let Some(peer) = self.peers.get_mut(slot) else { return };
        self.fates.clear();
        for (number, arrival) in feedback.arrivals().take(4 * peer.departures.reach()) {
            let Some(departure) = peer.departures.take(moment, number) else { continue };
            self.fates.push(Fate {
                departure: departure.micros,
                arrival: arrival.map(|ticks| ticks * MICROS_PER_TICK),
                size: departure.size,
                probe: departure.probe,
            });
        }
        let congested = peer.downlink.handle_feedback(now, &self.fates);
        peer.pacer.set_rate(peer.downlink.pace());
        if congested {
            self.allocate(now, slot, sink);
        }
    }

    fn handle_nack<S: Sink + ?Sized>(&mut self, now: Instant, slot: u32, nack: Nack<'_>, sink: &mut S) {
        let moment = self.moment(now);
        let Some(down) = self.down_track_sent_as(slot, nack.media) else {
            return self.resend_to_tap(slot, nack, sink);
        };
        let Some(down) = self.down_tracks.get_mut(down) else { return };
        let Some(up) = self.up_tracks.get(down.source).filter(|up| !up.muted) else { return };
        let Some(peer) = self.peers.get_mut(slot) else { return };

        let rest = peer.rtt_or_usual().clamp(MIN_REST, MAX_REST);
        let mut out = Outlet { moment, sink, scratch: &mut self.scratch };
        for sequence in nack.sequences().take(MAX_NACKED) {
            down.resend(sequence, rest, up, peer, &mut out);
        }
    }

    fn handle_picture_loss<S: Sink + ?Sized>(&mut self, now: Instant, slot: u32, media: Ssrc, sink: &mut S) {
        let Some(down) = self.down_track_sent_as(slot, media) else {
            if let Some((source, encoding)) = self.tapped_as(slot, media) {
                self.want_keyframe(now, source, encoding, sink);
            }
            return;
        };
        let Some(down) = self.down_tracks.get(down) else { return };
        let source = down.source;
        let encoding = down
            .selector
            .current()
            .map(|current| current.encoding)
            .or(down.selector.target().map(|aim| aim.encoding));
        if let Some(encoding) = encoding {
            self.want_keyframe(now, source, encoding, sink);
        }
    }

    fn down_track_sent_as(&self, slot: u32, ssrc: Ssrc) -> Option<u32> {
        let mut tracks = self.peers.get(slot)?.down_tracks.iter().copied();
        tracks.find(|&down| self.down_tracks.get(down).is_some_and(|down| down.is_sent_as(ssrc)))
    }
}

/// How soon a packet asked for again is sent again: a copy may be on the way.
const MIN_REST: Duration = Duration::from_millis(10);
const MAX_REST: Duration = Duration::from_millis(500);
const MICROS_PER_TICK: i64 = 250;
/// As many as a history holds.
pub(super) const MAX_NACKED: usize = 512;

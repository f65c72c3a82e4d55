//! What happens by itself: requests for missing packets, feedback, reports, retries, speakers.

use std::time::{Duration, Instant};

use super::{Conference, Sink};
use crate::io::{Event, MediaKind, TransportQuality};
use crate::participant::{Nature, Participant};
use crate::rtcp::report::{self, MAX_BLOCKS, ReportBlock};
use crate::rtcp::{nack, sdes};
use crate::track::reception::Counts;

/// When what is due.
#[derive(Debug, Default)]
pub(super) struct Timers {
    tick: Option<Instant>,
    nacks: Option<Instant>,
    releases: Option<Instant>,
    /// Counts ticks; everything slower happens at multiples, staggered by slot.
    count: u32,
}

impl Timers {
    pub(super) fn start(&mut self, now: Instant) {
        self.tick.get_or_insert(now + TICK);
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.tick.into_iter().chain(self.nacks).chain(self.releases).min()
    }

    /// Packets wait for their time.
    pub(super) fn want_release(&mut self, at: Instant) {
        self.releases = Some(self.releases.map_or(at, |before| before.min(at)));
    }

    /// Packets are missing; they may still come by themselves.
    pub(super) fn want_nacks(&mut self, now: Instant) {
        self.nacks.get_or_insert(now + NACK_DELAY);
    }
}

impl Conference {
    pub(super) fn run_timers<S: Sink + ?Sized>(&mut self, now: Instant, sink: &mut S) {
        if self.timers.releases.is_some_and(|due| due <= now) {
            self.timers.releases = None;
            self.release_due(now, sink);
        }
        if self.timers.nacks.is_some_and(|due| due <= now) {
            self.send_nacks(now, sink);
        }
        if self.timers.tick.is_some_and(|due| due <= now) {
            self.timers.tick = Some(now + TICK);
            self.timers.count = self.timers.count.wrapping_add(1);
            self.tick(now, sink);
        }
    }

    fn tick<S: Sink + ?Sized>(&mut self, now: Instant, sink: &mut S) {
        let count = self.timers.count;
        for slot in 0..self.up_tracks.bound() {
            self.request_keyframes(now, slot, sink);
        }
        for slot in 0..self.peers.bound() {
            let turn = count.wrapping_add(slot);
            self.send_transport_feedback(slot, sink);
            self.probe(now, slot, sink);
            if turn.is_multiple_of(ALLOCATION) {
                self.allocate(now, slot, sink);
            }
            if turn.is_multiple_of(REPORTS) {
                self.send_reports(now, slot, sink);
            }
            if turn.is_multiple_of(QUALITY) {
                self.tell_quality(slot, sink);
            }
        }
        if count.is_multiple_of(SPEAKERS) {
            self.report_speakers(sink);
        }
    }

    fn tell_quality<S: Sink + ?Sized>(&mut self, slot: u32, sink: &mut S) {
        let told = |peer: &&mut Participant| peer.connected && peer.nature != Nature::Bridge;
        let Some(peer) = self.peers.get_mut(slot).filter(told) else { return };
        let (mut all, mut sound) = (Counts::default(), Counts::default());
        for up in peer.up_tracks.iter().filter_map(|&up| self.up_tracks.get(up)) {
            for counts in up.encodings.iter().map(|encoding| encoding.reception.counts()) {
                all.add(counts);
                if up.kind == MediaKind::Audio {
                    sound.add(counts);
                }
            }
        }
        let (told, told_sound) = std::mem::replace(&mut peer.told, (all, sound));
        let (recent, recent_sound) = (all.since(told), sound.since(told_sound));

        let quality = TransportQuality {
            loss_up: recent.lost() as f32 / recent.expected.max(1) as f32,
            sound_loss_up: recent_sound.lost_on_the_way(),
            loss_down: peer.downlink.take_loss(),
            rtt: peer.downlink.rtt(),
            available_down: peer.downlink.available().0,
            limited: peer.downlink.limited,
        };
        sink.event(Event::Quality { peer: peer.id, quality });
    }

    fn send_nacks<S: Sink + ?Sized>(&mut self, now: Instant, sink: &mut S) {
        let mut due = Vec::new();
        let mut next: Option<Instant> = None;
        for (_, up) in self.up_tracks.iter_mut() {
            let Some(owner) = self.peers.get(up.owner).filter(|owner| owner.connected) else { continue };
            self.rtcp.clear();
            for encoding in &mut up.encodings {
                let Some(media) = encoding.ssrc else { continue };
                due.clear();
                encoding.nacks.take_due(now, owner.rtt_or_usual(), &mut due);
                if !due.is_empty() {
                    nack::write(&mut self.rtcp, self.ssrc, media, &due);
                }
                next = next.into_iter().chain(encoding.nacks.next_due()).min();
            }
            if !self.rtcp.is_empty() {
                sink.send_rtcp(owner.key, &self.rtcp);
            }
        }
        self.timers.nacks = next;
    }

    fn send_transport_feedback<S: Sink + ?Sized>(&mut self, slot: u32, sink: &mut S) {
        let Some(peer) = self.peers.get_mut(slot).filter(|peer| peer.connected) else { return };
        self.rtcp.clear();
        let media = peer.sources.any().unwrap_or(self.ssrc);
        peer.arrivals.write_feedback(&mut self.rtcp, self.ssrc, media);
        if !self.rtcp.is_empty() {
            sink.send_rtcp(peer.key, &self.rtcp);
        }
    }

    /// Reports to a peer what arrives of its streams, and describes ours.
    fn send_reports<S: Sink + ?Sized>(&mut self, now: Instant, slot: u32, sink: &mut S) {
        let Some(peer) = self.peers.get(slot).filter(|peer| peer.connected) else { return };

        let mut blocks = [ReportBlock::default(); MAX_BLOCKS];
        let mut count = 0;
        for &up in &peer.up_tracks {
            let Some(up) = self.up_tracks.get_mut(up) else { continue };
            for encoding in &mut up.encodings {
                let report = encoding.ssrc.and_then(|ssrc| encoding.reception.report(now, ssrc));
                if let Some((report, place)) = report.zip(blocks.get_mut(count)) {
                    *place = report;
                    count += 1;
                }
            }
        }
        self.rtcp.clear();
        if count > 0 {
            report::write_receiver_report(&mut self.rtcp, self.ssrc, &blocks[..count]);
            sdes::write(&mut self.rtcp, &[self.ssrc], "palabre");
        }

        for &down in &peer.down_tracks {
            let Some(down) = self.down_tracks.get_mut(down) else { continue };
            let Some(up) = self.up_tracks.get(down.source).filter(|up| !up.muted) else { continue };
            let Some(info) = down.report(up, now) else { continue };
            let cname = self.peers.get(up.owner).map_or("", |owner| owner.cname.as_str());
            report::write_sender_report(&mut self.rtcp, down.ssrc, info);
            sdes::write(&mut self.rtcp, &[down.ssrc], cname);
            if self.rtcp.len() > MAX_COMPOUND {
                sink.send_rtcp(peer.key, &self.rtcp);
                self.rtcp.clear();
            }
        }
        if !self.rtcp.is_empty() {
            sink.send_rtcp(peer.key, &self.rtcp);
        }
    }
}

/// How often everything is looked after; also how often transport feedback is sent.
const TICK: Duration = Duration::from_millis(50);
const NACK_DELAY: Duration = Duration::from_millis(5);
/// In ticks.
const ALLOCATION: u32 = 4;
const SPEAKERS: u32 = 8;
const REPORTS: u32 = 20;
const QUALITY: u32 = 100;
/// A sender report and a description more still fit a datagram.
const MAX_COMPOUND: usize = 1_000;

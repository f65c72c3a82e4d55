//! One published track: packets at the right times, reports, and answers to those who miss something.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use rand::Rng as _;
use sfu_proto::id::Ssrc;
use sfu_proto::rtcp::report::{SenderInfo, write_sender_report};

use super::outgoing::{History, Numbering, Sent};
use super::source::Source;
use crate::case::VideoCodec;
use crate::media::clip::{Clip, KEY_INTERVAL, PICTURES_PER_SECOND};
use crate::media::opus;
use crate::media::rtp::Writer;
use crate::media::stamp::{Stamp, micros};
use crate::transport::Transport;

/// A track that we publish.
pub struct Sender {
    source: Source,
    mid: String,
    payload_type: u8,
    rtx_type: Option<u8>,
    ids: ExtensionIds,
    encodings: Vec<Encoding>,
    next: Instant,
    interval: Duration,
    tick: u32,
    reported: Option<Instant>,
}

/// Under which ids header extensions were negotiated.
#[derive(Debug, Clone, Copy, Default)]
pub struct ExtensionIds {
    /// The section.
    pub mid: Option<u8>,
    /// The encoding.
    pub rid: Option<u8>,
    /// The encoding that is repaired.
    pub repaired_rid: Option<u8>,
    /// The number on the whole transport.
    pub transport_cc: Option<u8>,
    /// When it was sent.
    pub abs_send_time: Option<u8>,
    /// How loud it is.
    pub audio_level: Option<u8>,
}

/// One encoding, as it is offered.
#[derive(Debug, Clone)]
pub struct EncodingSource {
    /// Its name in simulcast.
    pub rid: Option<&'static str>,
    /// Its source.
    pub ssrc: u32,
    /// The source of its retransmissions.
    pub rtx_ssrc: u32,
    /// Its pictures; sound has none.
    pub clip: Option<Arc<Clip>>,
}

struct Encoding {
    source: EncodingSource,
    media: Numbering,
    repairs: Numbering,
    offset: u32,
    number: u32,
    since_key: u32,
    key_due: bool,
    picture_id: u16,
    tl0: u8,
    history: History,
}

/// What happened to a published track.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Published {
    /// Packets sent, without repairs.
    pub packets: u64,
    /// Their payloads, in bytes.
    pub octets: u64,
    /// Packets sent again.
    pub repairs: u64,
    /// Key frames that were asked for.
    pub key_requests: u64,
}

impl Sender {
    /// Begins to send as negotiated.
    #[must_use]
    pub fn new(
        now: Instant,
        source: Source,
        mid: &str,
        (payload_type, rtx_type): (u8, Option<u8>),
        ids: ExtensionIds,
        encodings: Vec<EncodingSource>,
    ) -> Self {
        let mut random = rand::rng();
        let interval = match source {
            Source::Microphone { .. } => opus::INTERVAL,
            Source::Camera => Duration::from_secs(1) / PICTURES_PER_SECOND,
        };
        // Not everybody at the same moment.
        let next = now + interval.mul_f64(random.random());
        let encodings = encodings.into_iter().map(|source| Encoding {
            source,
            media: Numbering::new(random.random()),
            repairs: Numbering::new(random.random()),
            offset: random.random(),
            number: 0,
            since_key: 0,
            key_due: true,
            picture_id: random.random::<u16>() & 0x7fff,
            tl0: random.random(),
            history: History::default(),
        });
        Self {
            encodings: encodings.collect(),
            mid: mid.to_owned(),
            source,
            payload_type,
            rtx_type,
            ids,
            next,
            interval,
            tick: 0,
            reported: None,
        }
    }

    /// When the next packet is due.
    #[must_use]
    pub fn next(&self) -> Instant {
        self.next
    }

    /// The section that it is sent in.
    #[must_use]
    pub fn mid(&self) -> &str {
        &self.mid
    }

    /// What it has sent.
    #[must_use]
    pub fn published(&self) -> Published {
        let mut sum = Published::default();
        for encoding in &self.encodings {
            sum.packets += encoding.media.packets;
            sum.octets += encoding.media.octets;
            sum.repairs += encoding.repairs.packets;
        }
        sum
    }

    /// Sends what is due.
    pub fn advance(&mut self, now: Instant, wall: SystemTime, transport: &mut Transport, numbers: &mut u16) {
        if self.reported.is_none() {
            // Nothing is made up for that was due before there was a connection.
            self.next = self.next.max(now);
        }
        while self.next <= now {
            self.next += self.interval;
            self.tick = self.tick.wrapping_add(1);
            match self.source {
                Source::Microphone { .. } => {
                    let loud = self.source.is_loud(now);
                    self.send_sound(wall, loud, transport, numbers);
                }
                Source::Camera => self.send_picture(wall, transport, numbers),
            }
        }
        if self.reported.is_none_or(|reported| now >= reported + REPORT_INTERVAL) {
            self.reported = Some(now);
            self.report(wall, transport);
        }
    }

    /// A key frame of one source is wanted; whether it is one of ours.
    pub fn request_key_frame(&mut self, ssrc: Ssrc) -> bool {
        let found = self.encodings.iter_mut().find(|encoding| encoding.source.ssrc == ssrc.0);
        let Some(encoding) = found else { return false };
        encoding.key_due = true;
        true
    }

    /// Sends again what is missing of one source; whether it is one of ours.
    pub fn repair(
        &mut self,
        ssrc: Ssrc,
        sequences: impl Iterator<Item = u16>,
        transport: &mut Transport,
        numbers: &mut u16,
    ) -> bool {
        let Some(at) = self.encodings.iter().position(|encoding| encoding.source.ssrc == ssrc.0) else {
            return false;
        };
        let wall = SystemTime::now();
        for sequence in sequences {
            let Some(sent) = self.encodings[at].history.find(sequence).cloned() else { continue };
            self.send_again(at, wall, sequence, &sent, transport, numbers);
        }
        true
    }

    fn send_sound(&mut self, wall: SystemTime, loud: bool, transport: &mut Transport, numbers: &mut u16) {
        let first = self.tick == 1;
        let timestamp = self.tick.wrapping_mul(opus::TICKS);
        // Voice activity, and how many decibels below the loudest (RFC 6464).
        let level = if loud { 0x80 | 20 } else { 127 };
        let mut payload = opus::packet();
        self.encodings[0].stamp(0, wall, &mut payload);
        self.send(0, wall, Sent { marker: first, timestamp, payload }, Some(level), transport, numbers);
    }

    fn send_picture(&mut self, wall: SystemTime, transport: &mut Transport, numbers: &mut u16) {
        let timestamp = self.tick.wrapping_mul(90_000 / PICTURES_PER_SECOND);
        for at in 0..self.encodings.len() {
            for (payload, marker) in self.encodings[at].next_picture(at as u8, wall) {
                self.send(at, wall, Sent { marker, timestamp, payload }, None, transport, numbers);
            }
        }
    }

    fn send(
        &mut self,
        at: usize,
        wall: SystemTime,
        mut sent: Sent,
        level: Option<u8>,
        transport: &mut Transport,
        numbers: &mut u16,
    ) {
        let encoding = &mut self.encodings[at];
        sent.timestamp = sent.timestamp.wrapping_add(encoding.offset);
        let sequence = encoding.media.next(sent.payload.len());
        let EncodingSource { ssrc, rid, .. } = encoding.source;
        let mut header = Writer::new(self.payload_type, sent.marker, sequence, sent.timestamp, ssrc);
        header.element(self.ids.mid, self.mid.as_bytes());
        if let Some(rid) = rid {
            header.element(self.ids.rid, rid.as_bytes());
        }
        if let Some(level) = level {
            header.element(self.ids.audio_level, &[level]);
        }
        common_elements(&mut header, &self.ids, wall, numbers);
        transport.send_rtp(&header.finish(), &sent.payload);
        if self.rtx_type.is_some() || matches!(self.source, Source::Microphone { .. }) {
            encoding.history.keep(sequence, sent);
        }
    }

    /// As a retransmission (RFC 4588 §4), or as it was where none was negotiated.
    fn send_again(
        &mut self,
        at: usize,
        wall: SystemTime,
        sequence: u16,
        sent: &Sent,
        transport: &mut Transport,
        numbers: &mut u16,
    ) {
        let encoding = &mut self.encodings[at];
        let EncodingSource { ssrc, rtx_ssrc, rid, .. } = encoding.source;
        let own = encoding.repairs.next(sent.payload.len());
        let (payload_type, number, ssrc) = match self.rtx_type {
            Some(rtx) => (rtx, own, rtx_ssrc),
            None => (self.payload_type, sequence, ssrc),
        };
        let mut header = Writer::new(payload_type, sent.marker, number, sent.timestamp, ssrc);
        header.element(self.ids.mid, self.mid.as_bytes());
        if let Some(rid) = rid {
            header.element(self.ids.repaired_rid, rid.as_bytes());
        }
        common_elements(&mut header, &self.ids, wall, numbers);
        let payload = match self.rtx_type {
            Some(_) => [&sequence.to_be_bytes(), &sent.payload[..]].concat(),
            None => sent.payload.clone(),
        };
        transport.send_rtp(&header.finish(), &payload);
    }

    fn report(&mut self, wall: SystemTime, transport: &mut Transport) {
        let ticks = match self.source {
            Source::Microphone { .. } => opus::TICKS,
            Source::Camera => 90_000 / PICTURES_PER_SECOND,
        };
        for encoding in self.encodings.iter().filter(|encoding| encoding.media.packets > 0) {
            let info = SenderInfo {
                ntp: ntp(wall),
                rtp: self.tick.wrapping_mul(ticks).wrapping_add(encoding.offset),
                packets: encoding.media.packets as u32,
                octets: encoding.media.octets as u32,
            };
            let mut compound = Vec::new();
            write_sender_report(&mut compound, Ssrc(encoding.source.ssrc), info);
            sfu_proto::rtcp::sdes::write(&mut compound, &[Ssrc(encoding.source.ssrc)], "palabre-load");
            transport.send_rtcp(&compound);
        }
    }
}

impl Encoding {
    /// The payloads of the next picture with their descriptors, and which of them ends it.
    fn next_picture(&mut self, encoding: u8, wall: SystemTime) -> Vec<(Vec<u8>, bool)> {
        let Some(clip) = self.source.clip.clone() else { return Vec::new() };
        if std::mem::take(&mut self.key_due) || self.since_key >= KEY_INTERVAL {
            self.since_key = 0;
        }
        self.picture_id = self.picture_id.wrapping_add(1) & 0x7fff;
        self.tl0 = self.tl0.wrapping_add(1);
        let mut payloads = Vec::new();
        clip.picture(self.since_key, |part| {
            let mut payload = match clip.codec() {
                VideoCodec::Vp8 => self.vp8_descriptor(payloads.is_empty()).to_vec(),
                VideoCodec::H264 => Vec::new(),
            };
            payload.extend(&part.bytes);
            if part.stamped {
                self.stamp(encoding, wall, &mut payload);
            } else {
                self.number = (self.number + 1) % Stamp::NUMBERS;
            }
            payloads.push((payload, false));
        });
        self.since_key += 1;
        if let Some((_, marker)) = payloads.last_mut() {
            *marker = true;
        }
        payloads
    }

    /// RFC 7741 §4.2: one temporal layer, whose index and picture are numbered.
    fn vp8_descriptor(&self, start: bool) -> [u8; 6] {
        let [p0, p1] = (0x8000 | self.picture_id).to_be_bytes();
        [0x80 | u8::from(start) << 4, 0xe0, p0, p1, self.tl0, 0]
    }

    fn stamp(&mut self, encoding: u8, wall: SystemTime, payload: &mut [u8]) {
        Stamp { sent: micros(wall), number: self.number, encoding }.write(payload);
        self.number = (self.number + 1) % Stamp::NUMBERS;
    }
}

fn common_elements(header: &mut Writer, ids: &ExtensionIds, wall: SystemTime, numbers: &mut u16) {
    if ids.transport_cc.is_some() {
        header.element(ids.transport_cc, &numbers.to_be_bytes());
        *numbers = numbers.wrapping_add(1);
    }
    // Seconds in 6.18 fixed point.
    let [_, abs @ ..] = ((ntp(wall) >> 14) as u32).to_be_bytes();
    header.element(ids.abs_send_time, &abs);
}

/// Seconds since 1900 in 32.32 fixed point (RFC 5905 §6).
fn ntp(wall: SystemTime) -> u64 {
    let since = wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let fraction = (u64::from(since.subsec_nanos()) << 32) / 1_000_000_000;
    (since.as_secs() + 2_208_988_800) << 32 | fraction
}

const REPORT_INTERVAL: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wall_clock_is_told_in_seconds_since_1900() {
        let wall = SystemTime::UNIX_EPOCH + Duration::from_millis(1_500);

        assert_eq!(ntp(wall), 2_208_988_801 << 32 | 1 << 31);
    }
}

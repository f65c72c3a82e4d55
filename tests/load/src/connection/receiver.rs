//! One subscribed track: counts what arrives, opens some of it, asks for what is missing.

use std::time::{Duration, Instant, SystemTime};

use sfu_proto::id::Ssrc;
use sfu_proto::rtcp::report::{ReportBlock, SenderInfo};
use sfu_proto::rtcp::{nack, pli};
use sfu_proto::rtp::Packet;
use sfu_proto::srtp::SrtpReceiver;
use sfu_proto::track::nack_list::NackList;
use sfu_proto::track::reception::Reception;

use crate::media::continuity::{Arrival, Continuity, Sums};
use crate::media::delays::Delays;
use crate::media::rtp::Header;
use crate::media::stamp::Stamp;

/// A track that we receive.
pub struct Receiver {
    /// Its name on the server.
    pub sid: String,
    /// Whether it is a video.
    pub video: bool,
    ssrc: Ssrc,
    continuity: Continuity,
    reception: Reception,
    missing: NackList,
    nack: bool,
    decrypt_every: u32,
    until_look: u32,
    look: Look,
    octets: u64,
    packets: u64,
    first: Option<Instant>,
    key_frame_due: bool,
    window: Option<Window>,
}

/// What looking into packets has shown.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// Packets looked into.
    pub packets: u64,
    /// Those that were not made with the server's key, or were changed on their way.
    pub unauthentic: u64,
    /// Those that carry a stamp.
    pub stamped: u64,
    /// Packets that the server left out between two that it passed on one after the other.
    pub left_out: u64,
    /// How long they were under way, since the measurement began.
    pub delays: Delays,
    last: Option<(Stamp, u64)>,
}

/// What had been counted when the measurement began.
#[derive(Debug, Clone, Copy)]
struct Window {
    since: Instant,
    sums: Sums,
    packets: u64,
    octets: u64,
}

/// What became of a track, since the measurement began.
#[derive(Debug, Clone)]
pub struct Received {
    /// Its name on the server.
    pub sid: String,
    /// Whether it is a video.
    pub video: bool,
    /// Packets of any kind that came.
    pub packets: u64,
    /// Their payloads, in bytes.
    pub octets: u64,
    /// How long was measured.
    pub time: Duration,
    /// Whether all of them came.
    pub sums: Sums,
    /// What looking into packets has shown.
    pub look: Look,
}

impl Receiver {
    /// Waits for a track; looks into one packet of so many.
    #[must_use]
    pub fn new(sid: &str, video: bool, ssrc: Ssrc, decrypt_every: u32, nack: bool) -> Self {
        Self {
            sid: sid.to_owned(),
            video,
            ssrc,
            continuity: Continuity::default(),
            reception: Reception::new(if video { 90_000 } else { 48_000 }),
            missing: NackList::default(),
            nack,
            decrypt_every: decrypt_every.max(1),
            until_look: 0,
            look: Look::default(),
            octets: 0,
            packets: 0,
            first: None,
            key_frame_due: false,
            window: None,
        }
    }

    /// The source that it comes from.
    #[must_use]
    pub fn ssrc(&self) -> Ssrc {
        self.ssrc
    }

    /// Whether anything has come.
    #[must_use]
    pub fn has_media(&self) -> bool {
        self.first.is_some()
    }

    /// How many bytes have come in all.
    #[must_use]
    pub fn octets(&self) -> u64 {
        self.octets
    }

    /// Takes a packet of the track itself.
    pub fn handle_media(
        &mut self,
        now: Instant,
        arrived: SystemTime,
        header: &Header<'_>,
        packet: &mut [u8],
        srtp: &mut SrtpReceiver,
    ) {
        let (sequence, timestamp) = (header.sequence, header.timestamp);
        let overhead = header.len + srtp.profile().rtp_overhead();
        self.count(now, packet.len().saturating_sub(overhead));
        let arrival = self.continuity.note(sequence, false);
        let Some(number) = self.note(now, &arrival) else { return };
        self.reception.count(now, reported(number), timestamp, false);

        if self.until_look > 0 {
            self.until_look -= 1;
            return;
        }
        self.until_look = self.decrypt_every - 1;
        self.look.packets += 1;
        match srtp.unprotect_rtp(packet) {
            Ok(len) => {
                if let Some(packet) = Packet::parse(&packet[..len]) {
                    self.look_into(number, arrived, packet.payload);
                }
            }
            Err(_) => self.look.unauthentic += 1,
        }
    }

    /// Takes a retransmission (RFC 4588 §4). It can be told what it repairs only once it is open.
    pub fn handle_repair(
        &mut self,
        now: Instant,
        arrived: SystemTime,
        packet: &mut [u8],
        srtp: &mut SrtpReceiver,
    ) {
        self.look.packets += 1;
        let Ok(opened) = srtp.unprotect_rtp(packet) else {
            self.look.unauthentic += 1;
            return;
        };
        let Some(packet) = Packet::parse(&packet[..opened]) else { return };
        // Without a payload it only probes the path.
        let Some((original, payload)) = packet.payload.split_first_chunk::<2>() else { return };
        self.count(now, payload.len());
        let arrival = self.continuity.note(u16::from_be_bytes(*original), true);
        let Some(number) = self.note(now, &arrival) else { return };
        self.reception.count(now, reported(number), packet.timestamp, true);
        self.look_into(number, arrived, payload);
    }

    /// Learns the sender's clocks.
    pub fn handle_sender_report(&mut self, now: Instant, info: SenderInfo) {
        self.reception.handle_sender_report(now, info);
    }

    /// Its block of a receiver report.
    pub fn report(&mut self, now: Instant) -> Option<ReportBlock> {
        self.reception.report(now, self.ssrc)
    }

    /// Appends what is to be asked for now.
    pub fn write_requests(&mut self, now: Instant, own: Ssrc, out: &mut Vec<u8>) {
        let mut due = Vec::new();
        if self.nack && self.missing.next_due().is_some_and(|next| next <= now) {
            self.missing.take_due(now, ROUND_TRIP, &mut due);
        }
        if !due.is_empty() {
            nack::write(out, own, self.ssrc, &due);
        }
        if std::mem::take(&mut self.key_frame_due) {
            pli::write(out, own, self.ssrc);
        }
    }

    /// When it next has something to ask for.
    #[must_use]
    pub fn next_request(&self, now: Instant) -> Option<Instant> {
        let key_frame = self.key_frame_due.then_some(now);
        let missing = self.nack.then(|| self.missing.next_due()).flatten();
        [key_frame, missing].into_iter().flatten().min()
    }

    /// Measures from now on.
    pub fn begin_window(&mut self, now: Instant) {
        let (sums, packets, octets) = (self.continuity.sums(), self.packets, self.octets);
        self.window = Some(Window { since: now, sums, packets, octets });
        self.look = Look { last: self.look.last, ..Look::default() };
    }

    /// What has been measured.
    #[must_use]
    pub fn received(&self, now: Instant) -> Received {
        let begin = self.first.unwrap_or(now);
        let whole = Window { since: begin, sums: Sums::default(), packets: 0, octets: 0 };
        let window = self.window.unwrap_or(whole);
        // One that began later counts from its beginning.
        let since = window.since.max(begin);
        Received {
            sid: self.sid.clone(),
            video: self.video,
            packets: self.packets - window.packets,
            octets: self.octets - window.octets,
            time: now.saturating_duration_since(since),
            sums: self.continuity.sums().since(window.sums),
            look: self.look.clone(),
        }
    }

    fn count(&mut self, now: Instant, octets: usize) {
        self.packets += 1;
        self.octets += octets as u64;
        if self.first.is_none() {
            self.first = Some(now);
            self.key_frame_due = self.video;
        }
    }

    /// The number of a packet that is of use; asks for those that it shows to be missing.
    fn note(&mut self, now: Instant, arrival: &Arrival) -> Option<u64> {
        match arrival {
            Arrival::Newest { number, gap } => {
                if !gap.is_empty() && !self.missing.note_gap(now, gap.clone()) {
                    self.key_frame_due = self.video;
                }
                Some(*number)
            }
            Arrival::Missed { number } => {
                self.missing.note_arrival(*number);
                Some(*number)
            }
            Arrival::Duplicate | Arrival::TooOld => None,
        }
    }

    fn look_into(&mut self, number: u64, arrived: SystemTime, payload: &[u8]) {
        let Some(stamp) = Stamp::read(payload) else { return };
        self.look.stamped += 1;
        if self.window.is_some()
            && let Some(delay) = stamp.delay(arrived)
        {
            self.look.delays.note(delay);
        }
        self.look.note_left_out(stamp, number);
    }
}

impl Look {
    /// The sender numbers packets as it sends them, the server as it passes them on: where the former has moved further
    /// than the latter, some were left out. Another encoding has other numbers.
    fn note_left_out(&mut self, stamp: Stamp, number: u64) {
        if let Some((before, at)) = self.last {
            if number < at {
                return;
            }
            if before.encoding == stamp.encoding {
                let sent = u64::from(stamp.number.wrapping_sub(before.number) % Stamp::NUMBERS);
                let passed = number - at;
                // More than this is no gap but another beginning.
                if sent < u64::from(Stamp::NUMBERS / 2) {
                    self.left_out += sent.saturating_sub(passed);
                }
            }
        }
        self.last = Some((stamp, number));
    }
}

/// The number as reports have it: ours begins one wrap later, to have room for stragglers, and servers take a report that
/// does so for nonsense.
fn reported(number: u64) -> u64 {
    number.saturating_sub(1 << 16)
}

/// Until something is asked for again.
const ROUND_TRIP: Duration = Duration::from_millis(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_leaves_out_is_seen_although_it_numbers_anew() {
        let mut look = Look::default();
        for (sent, passed) in [(10, 100), (11, 101), (14, 102), (15, 103)] {
            look.note_left_out(stamp(sent, 0), passed);
        }

        assert_eq!(look.left_out, 2);
    }

    #[test]
    fn losses_on_the_way_and_other_encodings_are_not_left_out() {
        let mut look = Look::default();
        for (sent, encoding, passed) in [(10, 0, 100), (15, 0, 105), (900, 1, 106), (901, 1, 107)] {
            look.note_left_out(stamp(sent, encoding), passed);
        }

        assert_eq!(look.left_out, 0);
    }

    #[test]
    fn a_report_counts_wraps_from_the_first_packet_on() {
        let mut receiver = Receiver::new("TR_x", false, Ssrc(1), 1_000, true);
        let (now, wall) = (Instant::now(), SystemTime::now());
        receiver.until_look = u32::MAX;
        for sequence in [65_534, 65_535, 0_u16] {
            let mut packet = crate::media::rtp::Writer::new(111, false, sequence, 0, 1).finish();
            let copy = packet.clone();
            let header = Header::read(&copy).expect("a header");
            receiver.handle_media(now, wall, &header, &mut packet, &mut nobodys_keys());
        }

        assert_eq!(receiver.report(now).expect("something came").highest_sequence, 1 << 16);
    }

    fn nobodys_keys() -> SrtpReceiver {
        let profile = sfu_proto::srtp::SrtpProfile::AeadAes128Gcm;
        let keys = sfu_proto::srtp::KeyingMaterial::split(profile, &vec![0; profile.keying_len()]);
        SrtpReceiver::new(&keys.expect("as many bytes as it needs").client)
    }

    fn stamp(number: u32, encoding: u8) -> Stamp {
        Stamp { sent: 0, number, encoding }
    }
}

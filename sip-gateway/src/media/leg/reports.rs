//! The RTCP of one leg (RFC 3550 §6): our reports, and what those of the other side tell.

use std::time::{Duration, Instant};

use sfu_proto::id::Ssrc;
use sfu_proto::rtcp::report::{self, ReportBlock, SenderInfo};
use sfu_proto::rtcp::{self, Packet, bye, sdes};
use sip_gateway_proto::media::relay::Reception;

/// What is reported about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Streams {
    /// The stream we send.
    pub(super) outgoing: u32,
    /// Its media clock at this moment, once something was sent.
    pub(super) clock: Option<u32>,
    /// Packets and octets sent.
    pub(super) sent: (u64, u64),
    /// The stream we receive.
    pub(super) source: Option<u32>,
}

/// The reports of one leg.
#[derive(Debug)]
pub(super) struct Reports {
    /// Names our end; random, so that it tells nothing and links no two calls (RFC 7022 §4.2).
    cname: String,
    reported: u64,
    /// The middle of the other side's last NTP time, and when that came.
    last: Option<(u32, Instant)>,
    round_trip: Option<Duration>,
}

impl Reports {
    pub(super) fn new(seed: u64) -> Self {
        Self { cname: format!("{seed:016x}"), reported: 0, last: None, round_trip: None }
    }

    /// The last round trip that could be measured.
    pub(super) fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    /// Appends a compound: a sender report if something was sent since the last, else a receiver report; our name; and
    /// the goodbye, if it is one.
    pub(super) fn write(
        &mut self,
        now: Instant,
        ntp: u64,
        streams: &Streams,
        reception: &mut Reception,
        goodbye: bool,
        out: &mut Vec<u8>,
    ) {
        let ours = Ssrc(streams.outgoing);
        let block = streams.source.zip(reception.report()).map(|(source, report)| {
            let (last_report, since_last_report) = self
                .last
                .map_or((0, 0), |(last, came)| (last, to_ntp_short(now.saturating_duration_since(came))));
            ReportBlock {
                ssrc: Ssrc(source),
                fraction_lost: report.fraction_lost,
                cumulative_lost: report.cumulative_lost,
                highest_sequence: report.highest_sequence,
                jitter: report.jitter,
                last_report,
                since_last_report,
            }
        });
        let (packets, octets) = streams.sent;
        if let Some(clock) = streams.clock.filter(|_| packets > self.reported) {
            let info = SenderInfo { ntp, rtp: clock, packets: packets as u32, octets: octets as u32 };
            report::write_sender_report(out, ours, info);
        }
        if out.is_empty() || block.is_some() {
            report::write_receiver_report(out, ours, block.as_slice());
        }
        self.reported = packets;
        sdes::write(out, &[ours], &self.cname);
        if goodbye {
            bye::write(out, ours);
        }
    }

    /// Reads a compound of the other side; false if it is none.
    pub(super) fn handle(&mut self, now: Instant, ntp: u64, compound: &[u8], ours: u32) -> bool {
        let mut any = false;
        for packet in rtcp::parse(compound) {
            any = true;
            let blocks = match packet {
                Packet::SenderReport(report) => {
                    self.last = Some((middle(report.info.ntp), now));
                    report.blocks
                }
                Packet::ReceiverReport(report) => report.blocks,
                // A goodbye ends a stream, not the call: that is for the signalling to do.
                _ => continue,
            };
            for block in blocks.iter().filter(|block| block.ssrc.0 == ours && block.last_report != 0) {
                self.measure(ntp, &block);
            }
        }
        any
    }

    /// RFC 3550 §6.4.1: now, less when our report left, less how long it lay at the other side.
    fn measure(&mut self, ntp: u64, block: &ReportBlock) {
        let passed = middle(ntp).wrapping_sub(block.last_report);
        // Many count how long it lay in whole milliseconds, and on a short path that is longer than all that passed.
        let short = block.since_last_report.wrapping_sub(passed);
        let travelled = if short <= ROUNDING { 0 } else { passed.wrapping_sub(block.since_last_report) };
        // Clocks that were set, or a number that is a lie.
        if travelled < MAX_ROUND_TRIP {
            self.round_trip = Some(Duration::from_secs_f64(f64::from(travelled) / 65_536.0));
        }
    }
}

/// The middle half of an NTP time: 16.16 fixed point seconds.
fn middle(ntp: u64) -> u32 {
    (ntp >> 16) as u32
}

fn to_ntp_short(span: Duration) -> u32 {
    (span.as_micros().min(65_535_000_000) * 65_536 / 1_000_000) as u32
}

/// In 65,536ths of a second: one minute.
const MAX_ROUND_TRIP: u32 = 60 << 16;
/// In 65,536ths of a second: the tick of a coarse clock, ten milliseconds.
const ROUNDING: u32 = 656;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_round_trip_is_what_is_left_of_the_time_between() {
        let start = Instant::now();
        let (mut ours, mut theirs) = (Reports::new(1), Reports::new(2));
        let at = |millis: u64| (start + Duration::from_millis(millis), ntp(millis));

        let (now, time) = at(0);
        let report = compound(&mut ours, now, time, 1, None);
        let (now, time) = at(300);
        assert!(theirs.handle(now, time, &report, 2));
        let (now, time) = at(2_300);
        let answer = compound(&mut theirs, now, time, 2, Some(1));
        let (now, time) = at(2_600);
        assert!(ours.handle(now, time, &answer, 1));

        let round_trip = ours.round_trip().expect("measured").as_millis();
        assert!((599..=601).contains(&round_trip), "{round_trip} ms");
    }

    #[test]
    fn a_short_path_is_measured_though_the_other_side_counts_in_whole_milliseconds() {
        let mut ours = Reports::new(1);
        let lay = |micros: u64| to_ntp_short(Duration::from_micros(micros));
        // It left at 1 s, came back 4,999.3 ms later, and is said to have lain there for 5,000 ms.
        let back = ntp(1_000) + u64::from(lay(4_999_300)) * 65_536;
        let answer = |lay: u32| {
            let mut out = Vec::new();
            let (last_report, ssrc) = (middle(ntp(1_000)), Ssrc(1));
            let block = ReportBlock { ssrc, last_report, since_last_report: lay, ..ReportBlock::default() };
            report::write_receiver_report(&mut out, Ssrc(2), &[block]);
            out
        };

        assert!(ours.handle(Instant::now(), back, &answer(lay(5_100_000)), 1));
        assert_eq!(ours.round_trip(), None, "a tenth of a second is no rounding");

        assert!(ours.handle(Instant::now(), back, &answer(lay(5_000_000)), 1));
        assert_eq!(ours.round_trip(), Some(Duration::ZERO));
    }

    #[test]
    fn a_report_that_lies_measures_nothing() {
        let start = Instant::now();
        let mut ours = Reports::new(1);
        let mut out = Vec::new();
        let block = ReportBlock { ssrc: Ssrc(1), last_report: 77, ..ReportBlock::default() };
        report::write_receiver_report(&mut out, Ssrc(2), &[block]);

        assert!(ours.handle(start, ntp(5), &out, 1));

        assert_eq!(ours.round_trip(), None);
        assert!(!ours.handle(start, ntp(5), b"\x80\xC9no report", 1));
    }

    #[test]
    fn a_goodbye_comes_last_and_who_was_silent_sends_no_sender_report() {
        let mut ours = Reports::new(1);
        let mut out = Vec::new();
        let streams = Streams { outgoing: 1, clock: Some(5), sent: (3, 480), source: None };
        let now = Instant::now();
        ours.write(now, 0, &streams, &mut Reception::new(8_000), false, &mut out);
        assert!(
            matches!(rtcp::parse(&out).next(), Some(Packet::SenderReport(report)) if report.info.octets == 480)
        );

        out.clear();
        ours.write(now, 0, &streams, &mut Reception::new(8_000), true, &mut out);
        let kinds: Vec<_> = rtcp::parse(&out).collect();
        assert!(matches!(kinds[..], [Packet::ReceiverReport(_), Packet::Bye(_)]), "{kinds:?}");
    }

    fn compound(of: &mut Reports, now: Instant, ntp: u64, ours: u32, source: Option<u32>) -> Vec<u8> {
        let mut reception = Reception::new(8_000);
        reception.count(70_000);
        let streams = Streams { outgoing: ours, clock: Some(0), sent: (1, 160), source };
        let mut out = Vec::new();
        of.write(now, ntp, &streams, &mut reception, false, &mut out);
        out
    }

    /// Some time in the year 2026.
    fn ntp(millis: u64) -> u64 {
        (3_990_000_000 << 32) + (millis << 32) / 1_000
    }
}

//! Sender and receiver reports (RFC 3550 §6.4).

use super::{RECEIVER_REPORT, SENDER_REPORT, append, ssrc_at};
use crate::id::Ssrc;

/// What a sender tells of a source of its own, and of what it receives.
#[derive(Debug, Clone)]
pub struct SenderReport<'a> {
    /// The source.
    pub ssrc: Ssrc,
    /// Its clocks and counters.
    pub info: SenderInfo,
    /// What it receives.
    pub blocks: ReportBlocks<'a>,
}

/// One instant on two clocks, and what was sent until then.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SenderInfo {
    /// The instant on the sender's wall clock, 32.32 fixed point seconds.
    pub ntp: u64,
    /// The same instant on the media clock.
    pub rtp: u32,
    /// Packets sent.
    pub packets: u32,
    /// Payload bytes sent.
    pub octets: u32,
}

/// What a receiver tells.
#[derive(Debug, Clone)]
pub struct ReceiverReport<'a> {
    /// Who tells it.
    pub ssrc: Ssrc,
    /// What it receives.
    pub blocks: ReportBlocks<'a>,
}

/// The blocks of a report, still as bytes.
#[derive(Debug, Clone, Copy)]
pub struct ReportBlocks<'a>(&'a [u8]);

/// How one source is received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportBlock {
    /// The source.
    pub ssrc: Ssrc,
    /// Packets lost since the last report, in 256ths of those expected.
    pub fraction_lost: u8,
    /// Packets lost in all; negative when duplicates outnumber losses. 24 bits on the wire.
    pub cumulative_lost: i32,
    /// The furthest sequence number, extended by its wraps.
    pub highest_sequence: u32,
    /// Variation of transit times, in units of the media clock.
    pub jitter: u32,
    /// The middle 32 bits of the source's last sender report, 0 if there was none.
    pub last_report: u32,
    /// How long ago that was, in 65,536ths of a second.
    pub since_last_report: u32,
}

impl Default for ReportBlock {
    fn default() -> Self {
        Self {
            ssrc: Ssrc(0),
            fraction_lost: 0,
            cumulative_lost: 0,
            highest_sequence: 0,
            jitter: 0,
            last_report: 0,
            since_last_report: 0,
        }
    }
}

impl<'a> SenderReport<'a> {
    pub(super) fn parse(count: u8, body: &'a [u8]) -> Option<Self> {
        let (fixed, rest) = body.split_first_chunk::<24>()?;
        Some(Self {
            ssrc: ssrc_at(fixed, 0)?,
            info: SenderInfo {
                ntp: u64::from(word(fixed, 4)) << 32 | u64::from(word(fixed, 8)),
                rtp: word(fixed, 12),
                packets: word(fixed, 16),
                octets: word(fixed, 20),
            },
            blocks: ReportBlocks::new(count, rest)?,
        })
    }
}

impl<'a> ReceiverReport<'a> {
    pub(super) fn parse(count: u8, body: &'a [u8]) -> Option<Self> {
        let (ssrc, rest) = body.split_first_chunk::<4>()?;
        Some(Self { ssrc: Ssrc(u32::from_be_bytes(*ssrc)), blocks: ReportBlocks::new(count, rest)? })
    }
}

impl<'a> ReportBlocks<'a> {
    fn new(count: u8, bytes: &'a [u8]) -> Option<Self> {
        bytes.get(..usize::from(count) * BLOCK_LEN).map(Self)
    }

    /// Reads them one by one.
    pub fn iter(self) -> impl Iterator<Item = ReportBlock> + 'a {
        self.0.chunks_exact(BLOCK_LEN).map(|block| {
            let lost = word(block, 4);
            ReportBlock {
                ssrc: Ssrc(word(block, 0)),
                fraction_lost: (lost >> 24) as u8,
                // Shifted up and down again, to extend the sign.
                cumulative_lost: (lost << 8) as i32 >> 8,
                highest_sequence: word(block, 8),
                jitter: word(block, 12),
                last_report: word(block, 16),
                since_last_report: word(block, 20),
            }
        })
    }
}

/// Appends a sender report without blocks.
pub fn write_sender_report(out: &mut Vec<u8>, ssrc: Ssrc, info: SenderInfo) {
    append(out, SENDER_REPORT, 0, |out| {
        out.extend(ssrc.0.to_be_bytes());
        out.extend(info.ntp.to_be_bytes());
        out.extend(info.rtp.to_be_bytes());
        out.extend(info.packets.to_be_bytes());
        out.extend(info.octets.to_be_bytes());
    });
}

/// Appends a receiver report; blocks beyond the 31 that one can hold are left out.
pub fn write_receiver_report(out: &mut Vec<u8>, sender: Ssrc, blocks: &[ReportBlock]) {
    let blocks = &blocks[..blocks.len().min(MAX_BLOCKS)];
    append(out, RECEIVER_REPORT, blocks.len() as u8, |out| {
        out.extend(sender.0.to_be_bytes());
        for block in blocks {
            let lost = block.cumulative_lost.clamp(-0x80_0000, 0x7f_ffff) as u32 & 0xff_ffff;
            out.extend(block.ssrc.0.to_be_bytes());
            out.extend((u32::from(block.fraction_lost) << 24 | lost).to_be_bytes());
            out.extend(block.highest_sequence.to_be_bytes());
            out.extend(block.jitter.to_be_bytes());
            out.extend(block.last_report.to_be_bytes());
            out.extend(block.since_last_report.to_be_bytes());
        }
    });
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

const BLOCK_LEN: usize = 24;

/// How many blocks one report holds: the count has five bits.
pub const MAX_BLOCKS: usize = 31;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtcp::{Packet, parse};

    #[test]
    fn a_sender_report_reads_back() {
        let info = SenderInfo { ntp: 0x1234_5678_9abc_def0, rtp: 90_000, packets: 7, octets: 700 };
        let mut out = Vec::new();

        write_sender_report(&mut out, Ssrc(5), info);

        let Some(Packet::SenderReport(report)) = parse(&out).next() else {
            panic!("a sender report");
        };
        assert_eq!((report.ssrc, report.info), (Ssrc(5), info));
        assert_eq!(report.blocks.iter().count(), 0);
    }

    #[test]
    fn report_blocks_keep_the_sign_of_their_losses() {
        let block = ReportBlock {
            ssrc: Ssrc(9),
            fraction_lost: 25,
            cumulative_lost: -3,
            highest_sequence: 65_537,
            jitter: 4,
            last_report: 5,
            since_last_report: 6,
        };
        let mut out = Vec::new();

        write_receiver_report(&mut out, Ssrc(1), &[block, ReportBlock::default()]);

        let Some(Packet::ReceiverReport(report)) = parse(&out).next() else {
            panic!("a receiver report");
        };
        assert_eq!(report.blocks.iter().collect::<Vec<_>>(), [block, ReportBlock::default()]);
    }

    #[test]
    fn a_report_that_promises_more_blocks_than_it_has_is_refused() {
        let mut out = Vec::new();
        write_receiver_report(&mut out, Ssrc(1), &[ReportBlock::default()]);
        out[0] += 1;

        assert!(parse(&out).next().is_none());
    }
}

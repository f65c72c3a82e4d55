//! RTCP on the wire (RFC 3550 §6, RFC 4585, RFC 5104): reads compound packets in place, appends packets to a buffer.

pub mod bye;
pub mod fir;
pub mod nack;
pub mod pli;
pub mod remb;
pub mod report;
pub mod sdes;
pub mod twcc;

use crate::id::Ssrc;

/// One packet out of a compound.
#[derive(Debug, Clone)]
pub enum Packet<'a> {
    /// What a sender has sent, and what it has received (RFC 3550 §6.4.1).
    SenderReport(report::SenderReport<'a>),
    /// What a receiver has received (RFC 3550 §6.4.2).
    ReceiverReport(report::ReceiverReport<'a>),
    /// Which packets are missing (RFC 4585 §6.2.1).
    Nack(nack::Nack<'a>),
    /// The picture cannot be decoded any more (RFC 4585 §6.3.1).
    Pli(pli::Pli),
    /// A keyframe is wanted (RFC 5104 §4.3.1).
    Fir(fir::Fir<'a>),
    /// When the packets of the whole transport arrived.
    TransportFeedback(twcc::TransportFeedback<'a>),
    /// The receiver's estimate of what the path carries.
    Remb(remb::Remb),
    /// Sources that end (RFC 3550 §6.6).
    Bye(bye::Bye<'a>),
}

/// The packets of a compound. Unknown or malformed ones are left out; a wrong length ends the list.
pub fn parse(compound: &[u8]) -> impl Iterator<Item = Packet<'_>> {
    let mut rest = compound;
    std::iter::from_fn(move || {
        loop {
            let (chunk, tail) = Chunk::split_off(rest)?;
            rest = tail;
            if let Some(packet) = chunk.parse() {
                return Some(packet);
            }
        }
    })
}

/// A packet's common header and what follows it, without padding.
///
/// ```text
/// |V=2|P|  count  |      type     |  length in words, minus one   |
/// ```
struct Chunk<'a> {
    count: u8,
    packet_type: u8,
    body: &'a [u8],
}

impl<'a> Chunk<'a> {
    fn split_off(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (head, _) = bytes.split_first_chunk::<4>()?;
        let len = 4 * (1 + usize::from(u16::from_be_bytes([head[2], head[3]])));
        if head[0] >> 6 != 2 || bytes.len() < len {
            return None;
        }

        let (mut body, tail) = (&bytes[4..len], &bytes[len..]);
        if head[0] & 0x20 != 0 {
            let padding = usize::from(*body.last()?);
            body = body.get(..body.len().checked_sub(padding)?)?;
        }
        let chunk = Self { count: head[0] & 0x1f, packet_type: head[1], body };
        Some((chunk, tail))
    }

    fn parse(&self) -> Option<Packet<'a>> {
        match (self.packet_type, self.count) {
            (SENDER_REPORT, count) => report::SenderReport::parse(count, self.body).map(Packet::SenderReport),
            (RECEIVER_REPORT, count) => {
                report::ReceiverReport::parse(count, self.body).map(Packet::ReceiverReport)
            }
            (BYE, count) => bye::Bye::parse(count, self.body).map(Packet::Bye),
            (TRANSPORT_FEEDBACK, nack::FORMAT) => nack::Nack::parse(self.body).map(Packet::Nack),
            (TRANSPORT_FEEDBACK, twcc::FORMAT) => {
                twcc::TransportFeedback::parse(self.body).map(Packet::TransportFeedback)
            }
            (PAYLOAD_FEEDBACK, pli::FORMAT) => pli::Pli::parse(self.body).map(Packet::Pli),
            (PAYLOAD_FEEDBACK, fir::FORMAT) => fir::Fir::parse(self.body).map(Packet::Fir),
            (PAYLOAD_FEEDBACK, remb::FORMAT) => remb::Remb::parse(self.body).map(Packet::Remb),
            _ => None,
        }
    }
}

/// Appends a packet whose body the closure writes, and sets its length. The body comes in whole words.
fn append(out: &mut Vec<u8>, packet_type: u8, count: u8, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend([0x80 | count & 0x1f, packet_type, 0, 0]);
    body(out);

    debug_assert!((out.len() - start).is_multiple_of(4), "RTCP comes in words");
    let words = (out.len() - start) / 4 - 1;
    out[start + 2..start + 4].copy_from_slice(&(words as u16).to_be_bytes());
}

fn ssrc_at(bytes: &[u8], at: usize) -> Option<Ssrc> {
    let word = bytes.get(at..)?.first_chunk()?;
    Some(Ssrc(u32::from_be_bytes(*word)))
}

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const SOURCE_DESCRIPTION: u8 = 202;
const BYE: u8 = 203;
const TRANSPORT_FEEDBACK: u8 = 205;
const PAYLOAD_FEEDBACK: u8 = 206;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compound_yields_its_packets_in_order() {
        let mut compound = Vec::new();
        report::write_receiver_report(&mut compound, Ssrc(1), &[]);
        sdes::write(&mut compound, &[Ssrc(1)], "someone");
        pli::write(&mut compound, Ssrc(1), Ssrc(2));

        let packets: Vec<_> = parse(&compound).collect();

        assert!(matches!(packets[..], [Packet::ReceiverReport(_), Packet::Pli(pli::Pli { media: Ssrc(2) })]));
    }

    #[test]
    fn padding_is_taken_off_and_bad_padding_ends_the_list() {
        let mut compound = Vec::new();
        pli::write(&mut compound, Ssrc(1), Ssrc(2));
        compound[0] |= 0x20;
        compound[3] += 1;
        compound.extend([0, 0, 0, 4]);
        assert_eq!(parse(&compound).count(), 1);

        *compound.last_mut().expect("not empty") = 200;
        assert_eq!(parse(&compound).count(), 0);
    }

    #[test]
    fn no_truncation_of_a_compound_panics() {
        let mut compound = Vec::new();
        let block = report::ReportBlock::default();
        report::write_receiver_report(&mut compound, Ssrc(1), &[block, block]);
        nack::write(&mut compound, Ssrc(1), Ssrc(2), &[1, 2, 40]);
        twcc::write(&mut compound, twcc::FeedbackHeader::default(), 9, &[Some(3), None, Some(90_000)]);
        remb::write(&mut compound, Ssrc(1), 1_000_000, &[Ssrc(2)]);

        for len in 0..compound.len() {
            for packet in parse(&compound[..len]) {
                if let Packet::TransportFeedback(feedback) = packet {
                    feedback.arrivals().for_each(drop);
                }
            }
        }
    }
}

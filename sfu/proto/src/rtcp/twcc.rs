//! Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1): when each packet arrived.
//!
//! Times are in ticks of 250 µs on the reporting side's clock.

use super::{TRANSPORT_FEEDBACK, append};
use crate::id::Ssrc;

/// A feedback packet, still as bytes.
///
/// ```text
/// |          sender SSRC          |          media SSRC           |
/// |     base sequence number      |         status count          |
/// |        reference time in 64 ms units          | feedback count|
/// |      status chunks, 16 bits each, then receive deltas …
/// ```
#[derive(Debug, Clone, Copy)]
pub struct TransportFeedback<'a> {
    /// Sequence number of the first status.
    pub base: u16,
    /// How many statuses there are.
    pub count: u16,
    /// Counts feedback packets.
    pub feedback_count: u8,
    reference: u32,
    chunks: &'a [u8],
    deltas: &'a [u8],
}

impl<'a> TransportFeedback<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        let (fixed, rest) = body.split_first_chunk::<16>()?;
        let count = u16::from_be_bytes([fixed[10], fixed[11]]);
        let chunks = rest.get(..chunks_len(rest, count)?)?;
        Some(Self {
            base: u16::from_be_bytes([fixed[8], fixed[9]]),
            count,
            feedback_count: fixed[15],
            reference: u32::from_be_bytes([0, fixed[12], fixed[13], fixed[14]]),
            chunks,
            deltas: &rest[chunks.len()..],
        })
    }

    /// Each sequence number with its time of arrival, `None` if it has not arrived. Ends early where deltas are cut.
    pub fn arrivals(self) -> impl Iterator<Item = (u16, Option<i64>)> + 'a {
        let mut deltas = self.deltas;
        let mut time = i64::from(self.reference) * TICKS_PER_REFERENCE;
        let symbols = self.chunks.chunks_exact(2).flat_map(|chunk| symbols([chunk[0], chunk[1]]));

        symbols.take(usize::from(self.count)).enumerate().map_while(move |(index, symbol)| {
            let delta = match symbol {
                SMALL => i64::from(take::<1>(&mut deltas)?[0]),
                LARGE => i64::from(i16::from_be_bytes(take(&mut deltas)?)),
                _ => return Some((self.base.wrapping_add(index as u16), None)),
            };
            time += delta;
            Some((self.base.wrapping_add(index as u16), Some(time)))
        })
    }
}

/// How many bytes of chunks it takes to give `count` statuses.
fn chunks_len(bytes: &[u8], count: u16) -> Option<usize> {
    let (mut covered, mut len) = (0, 0);
    while covered < usize::from(count) {
        let chunk = bytes.get(len..len + 2)?;
        covered += symbols([chunk[0], chunk[1]]).len();
        len += 2;
    }
    Some(len)
}

/// The statuses of one chunk: a run, fourteen of one bit, or seven of two.
///
/// ```text
/// |0| S |      run length 13      |   |1|0|  14 × 1 bit  |   |1|1|  7 × 2 bits  |
/// ```
fn symbols(chunk: [u8; 2]) -> impl ExactSizeIterator<Item = u8> {
    let chunk = u16::from_be_bytes(chunk);
    let (len, bits) = match chunk >> 14 {
        0b10 => (14, 1),
        0b11 => (7, 2),
        _ => (usize::from(chunk & 0x1fff), 0),
    };
    let run = (chunk >> 13 & 3) as u8;
    (0..len).map(move |index| match bits {
        0 => run,
        1 => (chunk >> (13 - index) & 1) as u8,
        _ => (chunk >> (12 - 2 * index) & 3) as u8,
    })
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = bytes.split_first_chunk::<N>()?;
    *bytes = tail;
    Some(*head)
}

/// What stands before the statuses of a feedback packet.
#[derive(Debug, Clone, Copy)]
pub struct FeedbackHeader {
    /// Who reports.
    pub sender: Ssrc,
    /// Any stream of the transport.
    pub media: Ssrc,
    /// Counts feedback packets.
    pub feedback_count: u8,
}

impl Default for FeedbackHeader {
    fn default() -> Self {
        Self { sender: Ssrc(0), media: Ssrc(0), feedback_count: 0 }
    }
}

/// Appends feedback for the packets from `base` on and returns how many statuses it took; a packet that arrived too
/// long after its predecessor for a delta begins the next feedback. Nothing is written if nothing has arrived.
pub fn write(out: &mut Vec<u8>, header: FeedbackHeader, base: u16, arrivals: &[Option<u64>]) -> usize {
    let Some(first) = arrivals.iter().flatten().next() else {
        return arrivals.len();
    };
    let reference = first / TICKS_PER_REFERENCE as u64;
    let taken = expressible(reference, arrivals);
    let arrivals = &arrivals[..taken];

    append(out, TRANSPORT_FEEDBACK, FORMAT, |out| {
        out.extend(header.sender.0.to_be_bytes());
        out.extend(header.media.0.to_be_bytes());
        out.extend(base.to_be_bytes());
        out.extend((taken as u16).to_be_bytes());
        out.extend(&(reference as u32).to_be_bytes()[1..]);
        out.push(header.feedback_count);

        write_chunks(out, reference, arrivals);
        for (_, delta) in statuses(reference, arrivals).filter(|&(symbol, _)| symbol != MISSING) {
            match u8::try_from(delta) {
                Ok(small) => out.push(small),
                Err(_) => out.extend((delta as i16).to_be_bytes()),
            }
        }
        out.resize(out.len().next_multiple_of(4), 0);
    });
    taken
}

fn write_chunks(out: &mut Vec<u8>, reference: u64, arrivals: &[Option<u64>]) {
    let mut rest = statuses(reference, arrivals).map(|(symbol, _)| symbol);
    let mut window = [MISSING; 14];
    let mut held = 0;
    loop {
        while held < window.len() {
            let Some(symbol) = rest.next() else { break };
            window[held] = symbol;
            held += 1;
        }
        if held == 0 {
            return;
        }

        let first = window[0];
        let same = window[..held].iter().take_while(|&&symbol| symbol == first).count();
        let (chunk, used) = if same == held {
            let mut run = held;
            // A run goes on behind the window, up to what 13 bits count.
            let mut tail = rest.clone();
            while run < 0x1fff && tail.next() == Some(first) {
                run += 1;
                rest.next();
            }
            (u16::from(first) << 13 | run as u16, held)
        } else if window[..held].contains(&LARGE) {
            let used = held.min(7);
            let pairs = window[..used].iter().enumerate();
            (pairs.fold(0b11 << 14, |chunk, (at, &symbol)| chunk | u16::from(symbol) << (12 - 2 * at)), used)
        } else {
            let bits = window[..held].iter().enumerate();
            (bits.fold(0b10 << 14, |chunk, (at, &symbol)| chunk | u16::from(symbol) << (13 - at)), held)
        };

        out.extend(chunk.to_be_bytes());
        window.copy_within(used..held, 0);
        held -= used;
    }
}

/// How many statuses fit before the first whose delta takes more than 16 bits.
fn expressible(reference: u64, arrivals: &[Option<u64>]) -> usize {
    let limit = arrivals.len().min(usize::from(u16::MAX));
    let wide = |&(_, delta): &(u8, i64)| i16::try_from(delta).is_err();
    statuses(reference, arrivals).position(|status| wide(&status)).unwrap_or(limit).min(limit)
}

/// Symbol and delta of each packet.
fn statuses(reference: u64, arrivals: &[Option<u64>]) -> impl Iterator<Item = (u8, i64)> + Clone {
    let mut time = reference as i64 * TICKS_PER_REFERENCE;
    arrivals.iter().map(move |arrival| {
        let Some(arrival) = arrival else {
            return (MISSING, 0);
        };
        let delta = *arrival as i64 - time;
        time = *arrival as i64;
        (if u8::try_from(delta).is_ok() { SMALL } else { LARGE }, delta)
    })
}

pub(super) const FORMAT: u8 = 15;
const MISSING: u8 = 0;
const SMALL: u8 = 1;
const LARGE: u8 = 2;

/// Reference times count 64 ms.
const TICKS_PER_REFERENCE: i64 = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtcp::{Packet, parse};

    #[test]
    fn every_kind_of_chunk_reads_back() {
        let mut arrivals = vec![Some(1_000); 40];
        arrivals.extend([None, Some(1_004), None, Some(1_005), None]);
        arrivals.extend([Some(2_000), Some(1_990), None, Some(9_000)]);
        arrivals.extend([None; 30]);
        arrivals.push(Some(9_001));

        assert_eq!(round_trip(65_530, &arrivals), arrivals);
    }

    #[test]
    fn a_gap_too_long_for_a_delta_begins_the_next_feedback() {
        let arrivals = [Some(5), None, Some(40_000)];
        let mut out = Vec::new();

        assert_eq!(write(&mut out, FeedbackHeader::default(), 1, &arrivals), 2);
    }

    #[test]
    fn nothing_is_written_when_nothing_arrived() {
        let mut out = Vec::new();

        assert_eq!(write(&mut out, FeedbackHeader::default(), 1, &[None; 3]), 3);
        assert_eq!(out, []);
    }

    #[test]
    fn a_feedback_of_another_implementation_is_understood() {
        // draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1: a run of two small, then a two-bit vector with a
        // large negative delta and one lost.
        let body = [
            0x8f, 205, 0, 6, 0, 0, 0, 1, 0, 0, 0, 2, 0, 10, 0, 4, 0, 0, 1, 7, 0x20, 2, 0xe0, 0, 4, 8, 0xff,
            0xf6,
        ];

        let Some(Packet::TransportFeedback(feedback)) = parse(&body).next() else {
            panic!("a feedback");
        };

        assert_eq!(feedback.feedback_count, 7);
        assert_eq!(
            feedback.arrivals().collect::<Vec<_>>(),
            [(10, Some(260)), (11, Some(268)), (12, Some(258)), (13, None)]
        );
    }

    #[test]
    fn a_feedback_whose_deltas_are_cut_gives_what_it_has() {
        let body = [0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 10, 0, 9, 0, 0, 1, 7, 0x20, 9, 4, 8];

        let Some(Packet::TransportFeedback(feedback)) = parse(&body).next() else {
            panic!("a feedback");
        };

        assert_eq!(feedback.arrivals().count(), 2);
    }

    fn round_trip(base: u16, arrivals: &[Option<u64>]) -> Vec<Option<u64>> {
        let mut out = Vec::new();
        assert_eq!(write(&mut out, FeedbackHeader::default(), base, arrivals), arrivals.len());
        let Some(Packet::TransportFeedback(feedback)) = parse(&out).next() else {
            panic!("a feedback");
        };
        assert_eq!(feedback.base, base);
        feedback.arrivals().map(|(_, arrival)| arrival.map(|ticks| ticks as u64)).collect()
    }
}

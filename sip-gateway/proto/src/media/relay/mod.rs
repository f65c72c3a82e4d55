//! One direction of a relayed call: packets of one leg become packets of the other without being decoded.
//!
//! ```text
//! socket → latch (who may speak) → decrypt → Relay::forward (numbers, kind, duplicates) → encrypt → latch (where to)
//! ```

mod latch;
mod liveness;
mod payload_map;
mod reception;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::time::{Duration, Instant};

pub use latch::Latch;
pub use liveness::{Life, Liveness};
pub use payload_map::{PayloadKind, PayloadMap};
pub use reception::{Reception, ReceptionReport, Totals};

use super::rtp::{HEADER_LEN, Header, Unwrapper};

/// Carries one leg's packets to the other, as one stream that never breaks.
#[derive(Debug, Clone)]
pub struct Relay {
    map: PayloadMap,
    clock_rate: u32,
    /// The stream we send.
    ssrc: u32,
    /// The furthest position sent, and when.
    sent: Option<(Instant, Position)>,
    source: Option<Source>,
    /// A source that was replaced, whose stragglers are not to take over again.
    replaced: Option<(u32, Instant)>,
    reception: Reception,
}

/// A place in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Position {
    sequence: u16,
    timestamp: u32,
}

/// The stream that we receive at present.
#[derive(Debug, Clone)]
struct Source {
    ssrc: u32,
    unwrapper: Unwrapper,
    /// Of its first packet; what is before that has no place in our stream.
    first: u64,
    newest: u64,
    /// Which of the packets up to `newest` have come, one bit each.
    seen: u128,
    /// What we add to its positions.
    shift: Position,
    /// The number after a far jump; if it comes, the source has begun anew (RFC 3550 appendix A.1).
    jumped: Option<u16>,
}

/// A packet ready for the other leg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forwarded {
    /// Where it now stands in the buffer it came in.
    pub packet: Range<usize>,
    /// What it carries.
    pub kind: PayloadKind,
}

/// Why a packet is not handed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // The messages say it.
pub enum NotForwarded {
    #[error("no RTP packet")]
    Malformed,
    #[error("payload type {0} was not negotiated")]
    PayloadType(u8),
    #[error("a packet we had already, or that is too old to tell")]
    Duplicate,
    #[error("a straggler of a stream that was replaced")]
    Replaced,
}

impl Relay {
    /// Nothing carried yet. The stream number and the first position are random.
    #[must_use]
    pub fn new(map: PayloadMap, clock_rate: u32, ssrc: u32) -> Self {
        Self {
            map,
            clock_rate,
            ssrc,
            sent: None,
            source: None,
            replaced: None,
            reception: Reception::new(clock_rate),
        }
    }

    /// Takes a new agreement of either leg; the stream goes on. A new clock rate begins at the place of the old.
    pub fn renegotiate(&mut self, map: PayloadMap, clock_rate: u32) {
        self.map = map;
        if self.clock_rate != clock_rate {
            self.clock_rate = clock_rate;
            self.reception.change_clock(clock_rate);
        }
    }

    /// Turns a packet into one of ours where it stands. Its sources and extension stay behind: their meaning was agreed
    /// with the other leg only.
    pub fn forward(&mut self, now: Instant, packet: &mut [u8]) -> Result<Forwarded, NotForwarded> {
        let (header, payload) = Header::parse(packet).ok_or(NotForwarded::Malformed)?;
        let (payload_type, kind) =
            self.map.translate(header.payload_type).ok_or(NotForwarded::PayloadType(header.payload_type))?;
        let (position, begins) = self.place(now, &header)?;

        if kind == PayloadKind::Speech || self.reception.totals().received == 0 {
            self.reception.note_transit(now, header.timestamp);
        }
        let outgoing = Header {
            marker: header.marker || begins,
            payload_type,
            sequence: position.sequence,
            timestamp: position.timestamp,
            ssrc: self.ssrc,
        };
        // The fixed header moves up to the payload.
        let start = payload.start - HEADER_LEN;
        packet[start..payload.start].copy_from_slice(&outgoing.to_bytes());
        Ok(Forwarded { packet: start..payload.end, kind })
    }

    /// What comes next is another source, whatever number it has, and nothing of it is a straggler.
    pub fn change_source(&mut self) {
        if self.source.take().is_some() {
            self.reception.restart();
        }
        self.replaced = None;
    }

    /// Where the media clock of our stream stands; `None` if nothing was sent yet.
    #[must_use]
    pub fn clock(&self, now: Instant) -> Option<u32> {
        let (when, newest) = self.sent?;
        let ticks = media_ticks(now.saturating_duration_since(when), self.clock_rate);
        Some(newest.timestamp.wrapping_add(ticks))
    }

    /// What was received, for reports and the call record.
    #[must_use]
    pub fn reception(&self) -> &Reception {
        &self.reception
    }

    /// The same, to make a report of it.
    pub fn reception_mut(&mut self) -> &mut Reception {
        &mut self.reception
    }

    /// The stream that is received at present, which reports speak of.
    #[must_use]
    pub fn source(&self) -> Option<u32> {
        self.source.as_ref().map(|source| source.ssrc)
    }

    /// The stream that is sent.
    #[must_use]
    pub fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// Finds the place of a packet in our stream; tells as well whether another source begins with it.
    fn place(&mut self, now: Instant, header: &Header) -> Result<(Position, bool), NotForwarded> {
        let known = self.source.as_mut().filter(|source| source.ssrc == header.ssrc);
        let Some(source) = known else {
            let lately = |(ssrc, when): (u32, Instant)| {
                ssrc == header.ssrc && now.saturating_duration_since(when) < STRAGGLING
            };
            if self.replaced.is_some_and(lately) {
                return Err(NotForwarded::Replaced);
            }
            self.begin(now, header);
            return Ok((self.send(now, header), true));
        };

        match source.admit(header.sequence) {
            Admission::New => {
                let extended = source.newest_extended(header.sequence);
                self.reception.count(extended);
                Ok((self.send(now, header), false))
            }
            Admission::Old => Err(NotForwarded::Duplicate),
            Admission::Restart => {
                self.begin(now, header);
                Ok((self.send(now, header), true))
            }
        }
    }

    /// Continues our stream with another source, of which this is the first packet.
    fn begin(&mut self, now: Instant, header: &Header) {
        let next = match self.sent {
            None => Position { sequence: header.sequence, timestamp: header.timestamp },
            Some((when, newest)) => {
                let ticks = media_ticks(now.saturating_duration_since(when), self.clock_rate).max(1);
                Position {
                    sequence: newest.sequence.wrapping_add(1),
                    timestamp: newest.timestamp.wrapping_add(ticks),
                }
            }
        };
        let shift = Position {
            sequence: next.sequence.wrapping_sub(header.sequence),
            timestamp: next.timestamp.wrapping_sub(header.timestamp),
        };
        let mut unwrapper = Unwrapper::default();
        let first = unwrapper.extend(header.sequence);

        if let Some(before) = self.source.take().filter(|before| before.ssrc != header.ssrc) {
            self.replaced = Some((before.ssrc, now));
        }
        self.source =
            Some(Source { ssrc: header.ssrc, unwrapper, first, newest: first, seen: 1, shift, jumped: None });
        self.reception.restart();
        self.reception.count(first);
    }

    fn send(&mut self, now: Instant, header: &Header) -> Position {
        let shift = self.source.as_ref().expect("a source has begun").shift;
        let position = Position {
            sequence: header.sequence.wrapping_add(shift.sequence),
            timestamp: header.timestamp.wrapping_add(shift.timestamp),
        };
        match self.sent {
            Some((_, newest)) if (position.sequence.wrapping_sub(newest.sequence) as i16) <= 0 => {}
            // The packets of one key have one timestamp, that of its beginning.
            Some((when, newest)) if newest.timestamp == position.timestamp => {
                self.sent = Some((when, position));
            }
            _ => self.sent = Some((now, position)),
        }
        position
    }
}

/// What a sequence number is to its source.
enum Admission {
    New,
    Old,
    Restart,
}

impl Source {
    /// Whether a packet may pass. Each number passes once: encrypting two different packets under one number would give
    /// both away (RFC 3711 §9.1).
    fn admit(&mut self, sequence: u16) -> Admission {
        let distance = i64::from(sequence.wrapping_sub(self.newest as u16) as i16);
        if !(-MAX_MISORDER..=MAX_DROPOUT).contains(&distance) {
            if self.jumped.replace(sequence.wrapping_add(1)) == Some(sequence) {
                return Admission::Restart;
            }
            return Admission::Old;
        }
        self.jumped = None;

        let extended = self.unwrapper.extend(sequence);
        if extended > self.newest {
            let ahead = extended - self.newest;
            self.seen = if ahead < WINDOW { self.seen << ahead | 1 } else { 1 };
            self.newest = extended;
            return Admission::New;
        }
        let bit = 1u128 << (self.newest - extended);
        if extended < self.first || self.seen & bit != 0 {
            return Admission::Old;
        }
        self.seen |= bit;
        Admission::New
    }

    /// The extended number of a packet that was just admitted.
    fn newest_extended(&self, sequence: u16) -> u64 {
        self.newest.saturating_add_signed(i64::from(sequence.wrapping_sub(self.newest as u16) as i16))
    }
}

/// Ticks of a media clock in a span of time.
fn media_ticks(span: Duration, clock_rate: u32) -> u32 {
    (span.as_micros() * u128::from(clock_rate) / 1_000_000) as u32
}

/// How many packets back duplicates are known.
const WINDOW: u64 = 128;
const MAX_MISORDER: i64 = WINDOW as i64 - 1;
/// A minute of packets; a longer gap is a jump.
const MAX_DROPOUT: i64 = 3_000;
/// For how long packets of a replaced source may still be under way.
const STRAGGLING: Duration = Duration::from_secs(2);

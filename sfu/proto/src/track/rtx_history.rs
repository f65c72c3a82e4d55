//! Remembers under which numbers packets went to one subscriber, so that they can be sent again (RFC 4588). The
//! packets themselves lie once in the up track's store.

use std::time::Duration;

use super::SourceKey;
use super::moment::Moment;
use super::payload::vp8;
use crate::near;

/// One packet as it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// Where its payload comes from.
    pub source: SourceKey,
    /// The low half of its extended sequence number there; the rest follows from the newest.
    pub source_sequence: u32,
    /// Its outgoing timestamp.
    pub timestamp: u32,
    /// Last packet of a picture for this viewer, first of a talk spurt.
    pub marker: bool,
    /// What was added to the frame number in its dependency descriptor.
    pub frame_shift: u16,
    /// The numbers in its VP8 descriptor.
    pub vp8: vp8::Numbers,
}

/// The last packets sent in one stream, by outgoing sequence number. Takes no memory until used.
#[derive(Debug)]
pub struct RtxHistory {
    capacity: u16,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    sent: Sent,
    sequence: u16,
    resends: u8,
    used: bool,
    last_millis: u32,
}

impl RtxHistory {
    /// Remembers up to `capacity` packets, a power of two.
    #[must_use]
    pub fn new(capacity: u16) -> Self {
        debug_assert!(capacity.is_power_of_two(), "sequence numbers wrap at a multiple of it");
        Self { capacity, entries: Vec::new() }
    }

    /// How many bytes it takes when in use.
    #[must_use]
    pub fn memory(&self) -> usize {
        usize::from(self.capacity) * size_of::<Entry>()
    }

    /// Asks for the places of this number and the next ones, before they are needed.
    #[inline]
    pub(crate) fn bring_near(&self, sequence: u16) {
        let place = usize::from(sequence % self.capacity);
        if let Some(next) = self.entries.get(place..self.entries.len().min(place + AHEAD)) {
            near::fetch(next);
        }
    }

    /// Notes a packet that goes out.
    pub fn note(&mut self, moment: Moment, sequence: u16, sent: Sent) {
        if self.entries.is_empty() {
            let nothing = Entry { sent, sequence: 0, resends: 0, used: false, last_millis: 0 };
            self.entries = vec![nothing; usize::from(self.capacity)];
        }
        self.entries[usize::from(sequence % self.capacity)] =
            Entry { sent, sequence, resends: 0, used: true, last_millis: moment.millis() };
    }

    /// A packet as it was noted, whether or not it was sent yet.
    #[must_use]
    pub fn find(&self, sequence: u16) -> Option<Sent> {
        let entry = self.entries.get(usize::from(sequence % self.capacity))?;
        (entry.used && entry.sequence == sequence).then_some(entry.sent)
    }

    /// A packet to be sent again, unless it is forgotten, was sent a moment ago (its copy may be on the way), or was
    /// sent often enough.
    pub fn take(&mut self, moment: Moment, sequence: u16, rest: Duration) -> Option<Sent> {
        let entry = self.entries.get_mut(usize::from(sequence % self.capacity))?;
        let since = moment.millis().wrapping_sub(entry.last_millis);
        let rested = entry.resends == 0 || since >= rest.as_millis() as u32;
        if !entry.used || entry.sequence != sequence || entry.resends >= MAX_RESENDS || !rested {
            return None;
        }

        entry.resends += 1;
        entry.last_millis = moment.millis();
        Some(entry.sent)
    }
}

const MAX_RESENDS: u8 = 5;

/// Packets of a picture, about.
const AHEAD: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn a_packet_is_found_by_its_outgoing_number() {
        let start = Instant::now();
        let mut history = RtxHistory::new(512);
        assert_eq!(history.take(at(start, 0), 7, REST), None);

        history.note(at(start, 0), 7, sent(1));

        assert_eq!(history.take(at(start, 0), 7, REST), Some(sent(1)));
        assert_eq!(history.take(at(start, 0), 519, REST), None);
    }

    #[test]
    fn a_request_repeated_too_soon_is_ignored() {
        let start = Instant::now();
        let mut history = RtxHistory::new(512);
        history.note(at(start, 0), 7, sent(1));
        history.take(at(start, 10), 7, REST);

        assert_eq!(history.take(at(start, 59), 7, REST), None);
        assert_eq!(history.take(at(start, 60), 7, REST), Some(sent(1)));
    }

    #[test]
    fn nobody_gets_a_packet_more_than_five_times_again() {
        let start = Instant::now();
        let mut history = RtxHistory::new(512);
        history.note(at(start, 0), 7, sent(1));

        let resent = (1..100).filter(|turn| history.take(at(start, 100 * turn), 7, REST).is_some());

        assert_eq!(resent.count(), 5);
    }

    #[test]
    fn an_entry_stays_small() {
        assert!(size_of::<Entry>() <= 28, "512 of them within the budget of a subscribed video");
    }

    const REST: Duration = Duration::from_millis(50);

    fn at(start: Instant, millis: u64) -> Moment {
        Moment::new(start + Duration::from_millis(millis), start)
    }

    fn sent(source_sequence: u32) -> Sent {
        Sent {
            source: SourceKey { encoding: 0, run: 0 },
            source_sequence,
            timestamp: 0,
            marker: false,
            frame_shift: 0,
            vp8: vp8::Numbers::default(),
        }
    }
}

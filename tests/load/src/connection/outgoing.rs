//! The numbers of an outgoing stream, and what it has sent lately.

/// Numbers packets and counts them.
#[derive(Debug)]
pub(super) struct Numbering {
    sequence: u16,
    pub(super) packets: u64,
    pub(super) octets: u64,
}

impl Numbering {
    /// Begins in the lower half, so that nobody takes the first wrap for the beginning (RFC 3711 §3.3.1).
    pub(super) fn new(first: u16) -> Self {
        Self { sequence: first & 0x7fff, packets: 0, octets: 0 }
    }

    pub(super) fn next(&mut self, octets: usize) -> u16 {
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        self.packets += 1;
        self.octets += octets as u64;
        sequence
    }
}

/// One packet without its header.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) marker: bool,
    pub(super) timestamp: u32,
    pub(super) payload: Vec<u8>,
}

/// The last packets by their sequence numbers.
#[derive(Debug, Default)]
pub(super) struct History {
    ring: Vec<Option<(u16, Sent)>>,
}

impl History {
    pub(super) fn keep(&mut self, sequence: u16, sent: Sent) {
        if self.ring.is_empty() {
            self.ring.resize_with(KEPT, || None);
        }
        self.ring[usize::from(sequence) % KEPT] = Some((sequence, sent));
    }

    pub(super) fn find(&self, sequence: u16) -> Option<&Sent> {
        let kept = self.ring.get(usize::from(sequence) % KEPT)?.as_ref();
        kept.filter(|(found, _)| *found == sequence).map(|(_, sent)| sent)
    }
}

/// Two seconds of a large picture.
const KEPT: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_lately_is_found_and_what_was_long_ago_is_not() {
        let mut history = History::default();
        for sequence in 0..1_000_u16 {
            history.keep(sequence, Sent { marker: false, timestamp: sequence.into(), payload: Vec::new() });
        }

        assert_eq!(history.find(999).map(|sent| sent.timestamp), Some(999));
        assert_eq!(history.find(488).map(|sent| sent.timestamp), Some(488));
        assert!(history.find(487).is_none());
        assert!(history.find(1_000).is_none());
    }
}

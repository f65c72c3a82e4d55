//! Packets on their way out, collected while a batch of input is worked off and sent together.
//!
//! Packets lie one after the other in one buffer as they were made; for each destination they form a list, so that a
//! sender finds what belongs together (UDP segmentation offload wants runs of one size to one destination) although
//! a conference hands out each packet to all its receivers before it comes to the next packet.

use crate::path::Path;

/// The packets of one batch.
#[derive(Debug, Default)]
pub struct Transmits {
    bytes: Vec<u8>, // `used` of them are packets, the rest is room that need not be cleared again
    used: usize,
    packets: Vec<Packet>,
    queues: Vec<Queue>,
    batch: u32,
}

/// The packets of one batch for one destination, oldest first.
#[derive(Debug, Clone, Copy)]
pub struct Queue {
    /// Where to.
    pub to: Path,
    first: u32,
    last: u32,
}

#[derive(Debug, Clone, Copy)]
struct Packet {
    start: u32,
    len: u32,
    next: u32,
}

/// Remembers a destination's queue within a batch, so that nothing is looked up per packet.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct QueueHint {
    batch: u32,
    queue: u32,
}

const NONE: u32 = u32::MAX;

impl Transmits {
    /// Whether there is nothing to send.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queues.is_empty()
    }

    /// How many bytes are waiting: a driver sends before this grows beyond its cache.
    #[must_use]
    pub fn size(&self) -> usize {
        self.used
    }

    /// How many packets are waiting.
    #[must_use]
    pub fn packet_count(&self) -> usize {
        self.packets.len()
    }

    /// The destinations, in the order in which they were first written to.
    pub fn queues(&self) -> impl Iterator<Item = Queue> + '_ {
        self.queues.iter().copied()
    }

    /// The packets of a destination.
    pub fn packets(&self, queue: Queue) -> impl Iterator<Item = &[u8]> + '_ {
        let mut next = queue.first;
        std::iter::from_fn(move || {
            let packet = *self.packets.get(next as usize)?;
            next = packet.next;
            Some(&self.bytes[packet.start as usize..][..packet.len as usize])
        })
    }

    /// Forgets everything after it has been sent.
    pub fn clear(&mut self) {
        self.used = 0;
        self.packets.clear();
        self.queues.clear();
        self.batch = self.batch.wrapping_add(1);
    }

    /// Writes one packet of at most `room` bytes at the end of a destination's queue. `write` says how long it has
    /// become; nothing is sent when that is 0.
    pub(crate) fn push_with(
        &mut self,
        to: Path,
        hint: &mut QueueHint,
        room: usize,
        write: impl FnOnce(&mut [u8]) -> usize,
    ) {
        let start = self.used;
        if self.bytes.len() < start + room {
            self.bytes.resize((start + room).next_power_of_two(), 0);
        }
        let len = write(&mut self.bytes[start..start + room]);
        if len == 0 {
            return;
        }
        self.used += len;

        let index = self.packets.len() as u32;
        self.packets.push(Packet { start: start as u32, len: len as u32, next: NONE });

        let known = self
            .queues
            .get_mut(hint.queue as usize)
            .filter(|queue| hint.batch == self.batch && queue.to == to);
        if let Some(queue) = known {
            self.packets[queue.last as usize].next = index;
            queue.last = index;
            return;
        }
        *hint = QueueHint { batch: self.batch, queue: self.queues.len() as u32 };
        self.queues.push(Queue { to, first: index, last: index });
    }

    /// Writes one packet to a destination that is seldom written to.
    pub fn push(&mut self, to: Path, packet: &[u8]) {
        let mut hint = QueueHint { batch: self.batch, queue: (self.queues.len() as u32).wrapping_sub(1) };
        self.push_with(to, &mut hint, packet.len(), |out| {
            out.copy_from_slice(packet);
            packet.len()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::PeerId;

    #[test]
    fn packets_handed_out_alternately_come_out_by_destination_and_in_order() {
        let (a, b) = (Path::Direct(PeerId(1)), Path::Direct(PeerId(2)));
        let (mut hint_a, mut hint_b) = (QueueHint::default(), QueueHint::default());
        let mut transmits = Transmits::default();

        for round in 0..2_u8 {
            for number in 0..3_u8 {
                transmits.push_with(a, &mut hint_a, 9, |out| {
                    out[..2].copy_from_slice(&[round, number]);
                    2
                });
                transmits.push_with(b, &mut hint_b, 3, |out| {
                    out.copy_from_slice(&[round, number, 9]);
                    3
                });
            }
            let queues: Vec<_> = transmits.queues().collect();
            assert_eq!(queues.iter().map(|queue| queue.to).collect::<Vec<_>>(), [a, b]);
            let to_a: Vec<_> = transmits.packets(queues[0]).collect();
            assert_eq!(to_a, [[round, 0], [round, 1], [round, 2]]);
            assert_eq!(transmits.packets(queues[1]).count(), 3);
            transmits.clear();
            assert!(transmits.is_empty());
        }
    }

    #[test]
    fn a_writer_that_gives_up_sends_nothing() {
        let mut transmits = Transmits::default();
        transmits.push(Path::Direct(PeerId(1)), &[]);
        assert!(transmits.is_empty());
    }
}

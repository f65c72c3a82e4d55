//! The last packets of one encoding, stored once for all its viewers: retransmissions are answered from here, and
//! duplicates are recognised.

use std::time::{Duration, Instant};

use super::layer_frame::LayerFrame;
use super::payload::PayloadInfo;
use super::{MediaPacket, SourceKey};
use crate::io::{MediaKind, Mime};
use crate::rtp::ExtensionValues;

/// A ring of packets by sequence number over a ring of bytes.
#[derive(Debug)]
pub struct PacketStore {
    entries: Box<[Entry]>,
    /// Of which layers they are; empty for streams that do not tell.
    frames: Vec<Option<LayerFrame>>,
    bytes: Vec<u8>,
    /// Bytes ever written, gaps at the ring's end included; the ring's content is what lies less than its size behind.
    written: u64,
    lap: Option<Instant>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    /// Zero for an empty place; extended sequence numbers begin above.
    sequence: u64,
    start: u64,
    timestamp: u32,
    len: u16,
    descriptor_len: u8,
    codec: u8,
    marker: bool,
    audio_level: Option<u8>,
}

impl PacketStore {
    /// An empty store; sized for the packet rate of the kind of media.
    #[must_use]
    pub fn new(kind: MediaKind) -> Self {
        let (packets, bytes) = match kind {
            MediaKind::Audio => (128, 8 << 10),
            MediaKind::Video => (512, 128 << 10),
        };
        Self {
            entries: vec![Entry::default(); packets].into(),
            frames: Vec::new(),
            bytes: vec![0; bytes],
            written: 0,
            lap: None,
        }
    }

    /// Whether a packet was put in, as far as one can still know.
    #[must_use]
    pub fn contains(&self, sequence: u64) -> bool {
        self.entries[self.index(sequence)].sequence == sequence
    }

    /// How many packets back it remembers.
    #[must_use]
    pub fn reach(&self) -> u64 {
        self.entries.len() as u64
    }

    /// Puts a packet in, over the oldest.
    pub fn insert(&mut self, now: Instant, packet: &MediaPacket<'_>) {
        let descriptor = packet.extensions.dependency_descriptor.unwrap_or_default();
        let len = descriptor.len() + packet.payload.len();
        let (Ok(payload_len), Ok(descriptor_len)) =
            (u16::try_from(packet.payload.len()), u8::try_from(descriptor.len()))
        else {
            return;
        };
        let Some(start) = self.reserve(now, len) else { return };

        let at = (start % self.bytes.len() as u64) as usize;
        self.bytes[at..][..descriptor.len()].copy_from_slice(descriptor);
        self.bytes[at + descriptor.len()..][..packet.payload.len()].copy_from_slice(packet.payload);
        let index = self.index(packet.sequence);
        self.entries[index] = Entry {
            sequence: packet.sequence,
            start,
            timestamp: packet.timestamp,
            len: payload_len,
            descriptor_len,
            codec: packet.codec,
            marker: packet.marker,
            audio_level: packet.extensions.audio_level,
        };
        if packet.info.layers.is_some() && self.frames.is_empty() {
            self.frames = vec![None; self.entries.len()];
        }
        if let Some(frame) = self.frames.get_mut(index) {
            *frame = packet.info.layers;
        }
    }

    /// Notes that a packet came that had nothing in it.
    pub fn insert_empty(&mut self, sequence: u64) {
        let index = self.index(sequence);
        self.entries[index] = Entry { sequence, ..Entry::default() };
    }

    /// A packet as it was put in, if its bytes are still there.
    pub fn packet(
        &self,
        source: SourceKey,
        sequence: u64,
        mime: impl Fn(u8) -> Option<Mime>,
    ) -> Option<MediaPacket<'_>> {
        let entry = &self.entries[self.index(sequence)];
        let overwritten = self.written - entry.start > self.bytes.len() as u64;
        if entry.sequence != sequence || entry.len == 0 || overwritten {
            return None;
        }

        let at = (entry.start % self.bytes.len() as u64) as usize;
        let (descriptor, rest) = self.bytes[at..].split_at(usize::from(entry.descriptor_len));
        let payload = &rest[..usize::from(entry.len)];
        let mut info = PayloadInfo::read(mime(entry.codec)?, payload);
        info.layers = self.frames.get(self.index(sequence)).copied().flatten();
        if let Some(frame) = &info.layers {
            info.keyframe = frame.key && frame.begins;
        }
        Some(MediaPacket {
            source,
            sequence,
            timestamp: entry.timestamp,
            marker: entry.marker,
            codec: entry.codec,
            info,
            extensions: ExtensionValues {
                dependency_descriptor: Some(descriptor).filter(|descriptor| !descriptor.is_empty()),
                audio_level: entry.audio_level,
                ..ExtensionValues::default()
            },
            payload,
        })
    }

    /// Forgets all packets.
    pub fn clear(&mut self) {
        self.entries.fill(Entry::default());
    }

    /// Finds room in one piece and returns where it starts.
    fn reserve(&mut self, now: Instant, len: usize) -> Option<u64> {
        if len > self.bytes.len() {
            return None;
        }
        let size = self.bytes.len() as u64;
        let left = size - self.written % size;
        if self.lap.is_none() || left < len as u64 {
            self.begin_lap(now);
        }

        let start = self.written;
        self.written += len as u64;
        Some(start)
    }

    /// Starts over at the ring's beginning. A ring that came round too soon to answer late requests grows.
    fn begin_lap(&mut self, now: Instant) {
        let hurried = self.lap.is_some_and(|lap| now.saturating_duration_since(lap) < WANTED_SPAN);
        self.lap = Some(now);
        if hurried && self.bytes.len() < MAX_BYTES {
            let size = self.bytes.len() as u64;
            let lap_start = (self.written - 1) / size * size;
            self.bytes.extend_from_within(..);
            self.rebase(lap_start, size);
        } else {
            self.written = self.written.next_multiple_of(self.bytes.len() as u64);
        }
    }

    /// Renames positions in a ring of `size` that became two of them: the lap that began at `lap_start` is the upper
    /// half, and what was left of the lap before it lies where it was, in the lower half.
    fn rebase(&mut self, lap_start: u64, size: u64) {
        for entry in &mut self.entries {
            if entry.start >= lap_start {
                entry.start = entry.start - lap_start + size;
            } else if self.written - entry.start <= size {
                entry.start %= size;
            } else {
                (entry.start, entry.len) = (0, 0);
            }
        }
        self.written = 2 * size;
    }

    fn index(&self, sequence: u64) -> usize {
        (sequence % self.entries.len() as u64) as usize
    }
}

/// How long back retransmissions are answered if memory allows: a satellite's round trip, twice.
const WANTED_SPAN: Duration = Duration::from_millis(1_500);

const MAX_BYTES: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_comes_out_as_it_went_in() {
        let now = Instant::now();
        let mut store = PacketStore::new(MediaKind::Video);

        store.insert(now, &packet(70_000, &[1, 2, 3], Some(&[9; 4])));

        let stored = read(&store, 70_000).expect("just stored");
        assert_eq!(stored.payload, [1, 2, 3]);
        assert_eq!(stored.extensions.dependency_descriptor, Some(&[9; 4][..]));
        assert_eq!((stored.timestamp, stored.marker), (140_000, true));
        assert!(store.contains(70_000) && !store.contains(69_999));
    }

    #[test]
    fn overwritten_bytes_are_never_given_out() {
        let mut now = Instant::now();
        let mut store = PacketStore::new(MediaKind::Audio);

        for sequence in 1_000..3_000_u64 {
            now += Duration::from_millis(20);
            let payload = vec![sequence as u8; 200 + sequence as usize % 100];
            store.insert(now, &packet(sequence, &payload, None));

            for past in sequence - 200..=sequence {
                if let Some(stored) = read(&store, past) {
                    assert!(stored.payload.iter().all(|&byte| byte == past as u8), "packet {past}");
                    assert_eq!(stored.payload.len(), 200 + past as usize % 100);
                }
            }
            assert!(read(&store, sequence.saturating_sub(10).max(1_000)).is_some());
        }
    }

    #[test]
    fn a_fast_stream_makes_the_ring_grow_until_it_spans_enough() {
        let mut now = Instant::now();
        let mut store = PacketStore::new(MediaKind::Video);

        for sequence in 1_000..5_000 {
            now += Duration::from_millis(4);
            store.insert(now, &packet(sequence, &[sequence as u8; 1_200], None));
        }

        assert!(store.bytes.len() > 300 << 10 && store.bytes.len() <= MAX_BYTES);
        let oldest = read(&store, 5_000 - 300).expect("1.2 s ago");
        assert_eq!(oldest.payload, [(5_000 - 300) as u8; 1_200]);
    }

    #[test]
    fn an_empty_packet_is_known_but_has_nothing_to_give() {
        let mut store = PacketStore::new(MediaKind::Audio);

        store.insert_empty(70_000);

        assert!(store.contains(70_000));
        assert!(read(&store, 70_000).is_none());
    }

    #[test]
    fn a_packet_larger_than_the_ring_is_left_out() {
        let mut store = PacketStore::new(MediaKind::Audio);

        store.insert(Instant::now(), &packet(70_000, &[0; 60_000], None));

        assert!(read(&store, 70_000).is_none());
    }

    fn packet<'a>(sequence: u64, payload: &'a [u8], descriptor: Option<&'a [u8]>) -> MediaPacket<'a> {
        MediaPacket {
            source: SourceKey { encoding: 0, run: 0 },
            sequence,
            timestamp: 2 * sequence as u32,
            marker: true,
            codec: 0,
            info: PayloadInfo::default(),
            extensions: ExtensionValues { dependency_descriptor: descriptor, ..ExtensionValues::default() },
            payload,
        }
    }

    fn read(store: &PacketStore, sequence: u64) -> Option<MediaPacket<'_>> {
        store.packet(SourceKey { encoding: 0, run: 0 }, sequence, |_| Some(Mime::Opus))
    }
}

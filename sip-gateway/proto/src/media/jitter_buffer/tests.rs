//! The jitter buffer over paths of every kind, in virtual time.

use super::*;
use crate::media::testing::Random;

#[test]
fn an_even_path_is_played_in_order_with_the_least_delay() {
    let played = Run::new().play((0..200).map(|n| (20 * n + 300, n)));

    assert!(played.frames().is_sorted());
    assert_eq!((played.frames().len(), played.concealed()), (200, 0));
    assert!(played.first_millis() <= 300 + 40);
}

#[test]
fn reordered_and_doubled_packets_are_put_right() {
    let mut packets: Vec<(u64, u64)> = (0..200).map(|n| (20 * n, n)).collect();
    for pair in packets.chunks_exact_mut(5) {
        let (one, other) = (pair[2].1, pair[3].1);
        (pair[2].1, pair[3].1) = (other, one);
    }
    let doubled = packets.iter().flat_map(|packet| [*packet, *packet]);
    let played = Run::new().play(doubled);

    assert!(played.frames().is_sorted());
    assert!(played.frames().len() >= 195, "{}", played.frames().len());
    assert_eq!(played.counts.duplicate, 200);
}

#[test]
fn a_lost_packet_is_concealed_once() {
    let played = Run::new().play((0..200).filter(|n| n % 20 != 19).map(|n| (20 * n, n)));

    assert_eq!(played.frames().len(), 190);
    assert!((9..=12).contains(&played.concealed()), "{}", played.concealed());
}

#[test]
fn behind_a_lost_packet_stands_the_one_that_may_repair_it() {
    let start = Instant::now();
    let mut buffer = JitterBuffer::new(8_000, DelayLimits::default());
    for n in [0u16, 1, 2, 5, 6] {
        let now = start + Duration::from_millis(20 * u64::from(n));
        buffer.insert(now, n, 160 * u32::from(n), n);
    }
    let now = start + Duration::from_millis(150);
    for n in 0..3 {
        assert_eq!(buffer.pop(now), Playout::Frame(n));
        assert_eq!(buffer.following(), None);
    }
    assert_eq!((buffer.pop(now), buffer.following()), (Playout::Conceal, None));
    assert_eq!((buffer.pop(now), buffer.following()), (Playout::Conceal, Some(&5)));
    assert_eq!(buffer.pop(now), Playout::Frame(5));
}

#[test]
fn an_uneven_path_raises_the_delay_until_little_is_late() {
    let mut random = Random(8);
    let mut packets: Vec<(u64, u64)> = (0..2_000).map(|n| (20 * n + 600 + random.next() % 150, n)).collect();
    packets.sort_unstable();
    let played = Run::new().play(packets);

    let late_part = played.counts.late as f64 / 2_000.0;
    assert!(late_part < 0.03, "{late_part} late");
    let settled = &played.log[500..1_900];
    let concealed = settled.iter().filter(|(_, what)| *what == Playout::Conceal).count();
    assert!(concealed < 60, "{concealed} concealed of 1400");
    assert!(played.target >= Duration::from_millis(100) && played.target <= Duration::from_millis(260));
}

#[test]
fn when_the_path_calms_down_the_delay_shrinks_again() {
    let mut random = Random(9);
    let mut packets: Vec<(u64, u64)> =
        (0..3_000).map(|n| (20 * n + if n < 1_000 { random.next() % 200 } else { 0 }, n)).collect();
    packets.sort_unstable();
    let played = Run::new().play(packets);

    assert!(played.counts.merged > 3, "{:?}", played.counts);
    let last = *played.frames().last().unwrap();
    let (at, _) = played.log.iter().rev().find(|(_, what)| *what == Playout::Frame(last)).unwrap();
    assert!(*at <= 20 * last + 110, "played {} ms late", at - 20 * last);
}

#[test]
fn a_pause_of_the_speaker_is_silence_and_not_loss() {
    let packets =
        (0..50).map(|n| (20 * n, n, 160 * n)).chain((50..100).map(|n| (20 * n + 5_000, n, 160 * n + 40_000)));
    let played = Run::new().play_stamped(packets);

    assert_eq!(played.frames().len(), 100);
    assert!(played.concealed() <= 8, "{}", played.concealed());
    let silent = played.log.iter().filter(|(_, what)| *what == Playout::Silence).count();
    assert!(silent > 230, "{silent}");
}

#[test]
fn a_clock_that_jumps_begins_a_new_time_line() {
    let packets =
        (0..50).map(|n| (20 * n, n, 160 * n)).chain((50..100).map(|n| (20 * n, n, 4_000_000_000 + 160 * n)));
    let played = Run::new().play_stamped(packets);

    assert!(played.frames().len() >= 96, "{}", played.frames().len());
}

#[test]
fn a_hold_during_which_the_clock_stands_still_is_survived() {
    let packets =
        (0..50).map(|n| (20 * n, n, 160 * n)).chain((50..100).map(|n| (20 * n + 60_000, n, 160 * n)));
    let played = Run::new().play_stamped(packets);

    assert_eq!(played.frames().len(), 100);
}

#[test]
fn a_stalled_link_that_delivers_all_at_once_is_caught_up_with() {
    let packets = (0..1_000).map(|n| (if (200..240).contains(&n) { 20 * 240 } else { 20 * n }, n));
    let played = Run::new().play(packets);

    assert!(played.frames().len() > 950, "{}", played.frames().len());
    let last = *played.frames().last().unwrap();
    let (at, _) = played.log.iter().rev().find(|(_, what)| *what == Playout::Frame(last)).unwrap();
    assert!(*at < 20 * last + 1_000, "{} ms late", at - 20 * last);
}

#[test]
fn nobody_makes_it_grow_and_any_numbers_are_taken() {
    let start = Instant::now();
    let mut random = Random(10);
    let mut buffer = JitterBuffer::new(8_000, DelayLimits::default());
    for n in 0..50_000u64 {
        let now = start + Duration::from_millis(n / 10);
        let (sequence, timestamp) = match random.next() % 3 {
            0 => (random.next() as u16, random.next() as u32),
            _ => (n as u16, 160 * n as u32),
        };
        buffer.insert(now, sequence, timestamp, n);
        assert!(buffer.len() <= CAPACITY);
        if random.next().is_multiple_of(7) {
            buffer.pop(now);
        }
    }
}

/// A buffer driven by a virtual clock, one frame each 20 ms.
struct Run {
    buffer: JitterBuffer<u64>,
}

struct Played {
    log: Vec<(u64, Playout<u64>)>,
    counts: Counts,
    target: Duration,
}

impl Run {
    fn new() -> Self {
        Self { buffer: JitterBuffer::new(8_000, DelayLimits::default()) }
    }

    /// Packets by arrival in milliseconds and number.
    fn play(self, packets: impl IntoIterator<Item = (u64, u64)>) -> Played {
        self.play_stamped(packets.into_iter().map(|(at, n)| (at, n, 160 * n)))
    }

    fn play_stamped(mut self, packets: impl IntoIterator<Item = (u64, u64, u64)>) -> Played {
        let start = Instant::now();
        let mut packets = packets.into_iter().peekable();
        let (mut log, mut millis, mut after_last) = (Vec::new(), 0, 0);
        while after_last < 60 {
            while let Some((at, n, timestamp)) = packets.next_if(|(at, ..)| *at <= millis) {
                let now = start + Duration::from_millis(at);
                self.buffer.insert(now, 65_500u16.wrapping_add(n as u16), timestamp as u32, n);
            }
            if packets.peek().is_none() {
                after_last += 1;
            }
            loop {
                let what = self.buffer.pop(start + Duration::from_millis(millis));
                log.push((millis, what));
                if !matches!(what, Playout::Hurry(_)) {
                    break;
                }
            }
            millis += 20;
        }
        Played { log, counts: self.buffer.counts(), target: self.buffer.target_delay() }
    }
}

impl Played {
    fn frames(&self) -> Vec<u64> {
        let frame = |(_, what): &(u64, Playout<u64>)| match what {
            Playout::Frame(n) | Playout::Hurry(n) => Some(*n),
            Playout::Conceal | Playout::Silence => None,
        };
        self.log.iter().filter_map(frame).collect()
    }

    /// Concealed frames until the last one that was played.
    fn concealed(&self) -> usize {
        let last = self.log.iter().rposition(|(_, what)| matches!(what, Playout::Frame(_))).unwrap();
        self.log[..last].iter().filter(|(_, what)| *what == Playout::Conceal).count()
    }

    fn first_millis(&self) -> u64 {
        self.log.iter().find(|(_, what)| matches!(what, Playout::Frame(_))).unwrap().0
    }
}

//! Keys as RTP events (RFC 4733): `event(8) E(1) R(1) volume(6) duration(16)`, repeated while the key is held.

use std::collections::VecDeque;

/// A key of a telephone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key(u8);

impl Key {
    /// A short interruption of the line, which old switchboards take for a wish.
    pub const FLASH: Self = Self(16);

    /// The key with a sign on it: digits, `*`, `#`, `A` to `D`.
    #[must_use]
    pub fn of(sign: char) -> Option<Self> {
        let at = SIGNS.find(sign.to_ascii_uppercase())?;
        Some(Self(at as u8))
    }

    /// The key of an event number, if it is one.
    #[must_use]
    pub fn of_event(event: u8) -> Option<Self> {
        (event <= 16).then_some(Self(event))
    }

    /// Its event number.
    #[must_use]
    pub fn event(self) -> u8 {
        self.0
    }

    /// The sign on it; `!` for the flash.
    #[must_use]
    pub fn sign(self) -> char {
        SIGNS[usize::from(self.0)..].chars().next().expect("every key has a sign")
    }
}

/// A packet to send in place of speech.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventPacket {
    /// The payload.
    pub payload: [u8; 4],
    /// When the key went down: the same for all packets of one press.
    pub timestamp: u32,
    /// Set on the first packet of a press.
    pub marker: bool,
}

/// Presses keys.
#[derive(Debug, Clone)]
pub struct Sender {
    clock_rate: u32,
    waiting: VecDeque<(Key, u32)>,
    current: Option<Press>,
    /// No new key before this time, so that two presses of one key are two.
    free_at: Option<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Press {
    key: Key,
    /// Of this segment.
    began: u32,
    /// What remains from the beginning of this segment, in ticks.
    length: u32,
    first: bool,
    /// End packets sent.
    ends: u8,
}

impl Sender {
    /// No key is down. The clock is that of the negotiated event format.
    #[must_use]
    pub fn new(clock_rate: u32) -> Self {
        Self { clock_rate, waiting: VecDeque::with_capacity(MAX_WAITING), current: None, free_at: None }
    }

    /// Presses a key for some milliseconds, after those that wait already; tells whether there was room.
    pub fn press(&mut self, key: Key, millis: u32) -> bool {
        if self.waiting.len() == MAX_WAITING {
            return false;
        }
        let millis = millis.clamp(SHORTEST, LONGEST);
        self.waiting.push_back((key, self.ticks(millis)));
        true
    }

    /// Whether a key is down or waits.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.current.is_some() || !self.waiting.is_empty()
    }

    /// The packet for this moment of the media clock, asked once per packet time. While there is one, no speech is sent.
    pub fn poll(&mut self, timestamp: u32) -> Option<EventPacket> {
        let mut press = match self.current {
            Some(press) => press,
            None => self.begin(timestamp)?,
        };

        let mut elapsed = timestamp.wrapping_sub(press.began);
        // A long press goes on in a segment of its own (RFC 4733 §2.5.1.3).
        if elapsed > MAX_DURATION && press.length > MAX_DURATION {
            press.began = press.began.wrapping_add(MAX_DURATION);
            press.length -= MAX_DURATION;
            elapsed -= MAX_DURATION;
        }
        let over = elapsed >= press.length;
        let duration = elapsed.min(press.length).min(MAX_DURATION) as u16;
        let marker = std::mem::take(&mut press.first);
        press.ends += u8::from(over);

        let [high, low] = duration.to_be_bytes();
        let payload = [press.key.event(), u8::from(over) << 7 | VOLUME, high, low];
        let packet = EventPacket { payload, timestamp: press.began, marker };
        self.current = (press.ends < ENDS).then_some(press);
        if self.current.is_none() {
            self.free_at = Some(timestamp.wrapping_add(self.ticks(PAUSE)));
        }
        Some(packet)
    }

    fn begin(&mut self, timestamp: u32) -> Option<Press> {
        if self.free_at.is_some_and(|free_at| (timestamp.wrapping_sub(free_at) as i32) < 0) {
            return None;
        }
        self.free_at = None;
        let (key, length) = self.waiting.pop_front()?;
        Some(Press { key, began: timestamp, length, first: true, ends: 0 })
    }

    fn ticks(&self, millis: u32) -> u32 {
        millis * (self.clock_rate / 1_000)
    }
}

/// What a key did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyEvent {
    /// It went down.
    Pressed(Key),
    /// It came up after some milliseconds.
    Released {
        /// Which one.
        key: Key,
        /// For how long it was down.
        millis: u32,
    },
}

/// Hears keys, each press once however often its packets come.
#[derive(Debug, Clone)]
pub struct Receiver {
    clock_rate: u32,
    current: Option<Held>,
    /// When the last press ended went down: its repeated ends still come.
    ended: Option<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    key: Key,
    began: u32,
    /// Of segments that are over.
    before: u32,
    duration: u32,
}

impl Receiver {
    /// No key is down.
    #[must_use]
    pub fn new(clock_rate: u32) -> Self {
        Self { clock_rate, current: None, ended: None }
    }

    /// Hears a packet. If the end of the last press was lost, the next one ends it, so there can be two events.
    pub fn handle_packet(&mut self, timestamp: u32, payload: &[u8]) -> [Option<KeyEvent>; 2] {
        let Some((&[event, flags, high, low], _)) = payload.split_first_chunk::<4>() else {
            return [None; 2];
        };
        let Some(key) = Key::of_event(event) else { return [None; 2] };
        let (end, duration) = (flags & 0x80 != 0, u32::from(u16::from_be_bytes([high, low])));

        let known = self.current.map(|held| held.began).or(self.ended);
        let straggling = self.straggling();
        let age = known.map(|known| timestamp.wrapping_sub(known) as i32);
        match (self.current.as_mut(), age) {
            // A repetition, or a straggler.
            (None, Some(0)) => [None; 2],
            (_, Some(age)) if age < 0 && age > -straggling => [None; 2],
            (Some(held), Some(0)) => {
                held.duration = held.duration.max(duration);
                [end.then(|| self.release()).flatten(), None]
            }
            // The next segment of a long press.
            (Some(held), Some(age)) if held.key == key && age.unsigned_abs() == MAX_DURATION => {
                *held = Held { key, began: timestamp, before: held.before + MAX_DURATION, duration };
                [end.then(|| self.release()).flatten(), None]
            }
            _ => {
                let lost_end = self.release();
                self.current = Some(Held { key, began: timestamp, before: 0, duration });
                let pressed = Some(KeyEvent::Pressed(key));
                match (lost_end, end) {
                    (Some(lost_end), _) => [Some(lost_end), pressed],
                    (None, true) => [pressed, self.release()],
                    (None, false) => [pressed, None],
                }
            }
        }
    }

    /// Ends a press of which nothing was heard for a while, or whose source has changed.
    pub fn release(&mut self) -> Option<KeyEvent> {
        let held = self.current.take()?;
        self.ended = Some(held.began);
        let ticks = held.before + held.duration;
        let millis = (u64::from(ticks) * 1_000 / u64::from(self.clock_rate.max(1))) as u32;
        Some(KeyEvent::Released { key: held.key, millis })
    }

    /// Whether a key is down.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.current.is_some()
    }

    /// How far back a packet is late rather than from a clock that was set anew.
    fn straggling(&self) -> i32 {
        (self.clock_rate * 10) as i32
    }
}

/// By event number.
const SIGNS: &str = "0123456789*#ABCD!";
/// How often the end of a press is told (RFC 4733 §2.5.1.4).
const ENDS: u8 = 3;
/// 10 dB below the reference level, as everybody sends.
const VOLUME: u8 = 10;
const MAX_DURATION: u32 = 0xFFFF;
/// In milliseconds: shorter ones are missed by some, longer ones are stuck keys.
const SHORTEST: u32 = 60;
const LONGEST: u32 = 6_000;
const PAUSE: u32 = 60;
/// Enough for any number with its PIN.
const MAX_WAITING: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_press_lasts_as_long_as_asked_and_ends_three_times() {
        for clock in [8_000, 16_000, 48_000] {
            let mut sender = Sender::new(clock);
            sender.press(Key::of('5').unwrap(), 100);
            let packets = play(&mut sender, clock, 1_000, 20);

            let ends: Vec<_> = packets.iter().filter(|packet| packet.payload[1] & 0x80 != 0).collect();
            assert_eq!(ends.len(), 3, "at {clock} Hz");
            assert!(ends.iter().all(|end| end.payload == ends[0].payload));
            assert_eq!(u32::from(u16::from_be_bytes([ends[0].payload[2], ends[0].payload[3]])), clock / 10);
            assert!(packets.iter().all(|packet| packet.timestamp == 1_000 && packet.payload[0] == 5));
            assert_eq!(packets.iter().filter(|packet| packet.marker).count(), 1);
            assert!(packets[0].marker && !sender.is_busy());
        }
    }

    #[test]
    fn what_one_side_presses_the_other_hears_once_each_on_any_clock() {
        for clock in [8_000, 16_000, 48_000] {
            let mut sender = Sender::new(clock);
            for sign in "1998#".chars() {
                assert!(sender.press(Key::of(sign).unwrap(), 80));
            }
            let packets = play(&mut sender, clock, u32::MAX - 2_000, 100);

            assert_eq!(heard(clock, &packets), "1998#", "at {clock} Hz");
        }
    }

    #[test]
    fn lost_repeated_and_late_packets_change_nothing() {
        let mut sender = Sender::new(8_000);
        for sign in "77*".chars() {
            sender.press(Key::of(sign).unwrap(), 80);
        }
        let packets = play(&mut sender, 8_000, 0, 60);
        // Each single loss, with everything else doubled and neighbours swapped.
        for lost in 0..packets.len() {
            let mut sent: Vec<EventPacket> = packets
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != lost)
                .flat_map(|(_, p)| [*p, *p])
                .collect();
            for pair in sent.chunks_exact_mut(4) {
                pair.swap(1, 2);
            }
            assert_eq!(heard(8_000, &sent), "77*", "without packet {lost}");
        }
    }

    #[test]
    fn when_all_ends_are_lost_the_next_key_ends_the_press() {
        let mut receiver = Receiver::new(8_000);
        let seven = Key::of('7').unwrap();
        assert_eq!(receiver.handle_packet(100, &[7, 10, 3, 32]), [Some(KeyEvent::Pressed(seven)), None]);

        let events = receiver.handle_packet(5_000, &[8, 10, 0, 160]);

        assert_eq!(events[0], Some(KeyEvent::Released { key: seven, millis: 100 }));
        assert_eq!(events[1], Some(KeyEvent::Pressed(Key::of('8').unwrap())));
        assert!(receiver.release().is_some() && !receiver.is_held());
    }

    #[test]
    fn a_long_press_is_one_press_in_several_segments() {
        let mut sender = Sender::new(48_000);
        sender.press(Key::of('0').unwrap(), 4_000);
        let packets = play(&mut sender, 48_000, 77, 250);
        assert!(packets.iter().any(|packet| packet.timestamp != 77));

        let mut receiver = Receiver::new(48_000);
        let events: Vec<KeyEvent> = packets
            .iter()
            .flat_map(|packet| receiver.handle_packet(packet.timestamp, &packet.payload))
            .flatten()
            .collect();
        let key = Key::of('0').unwrap();
        assert_eq!(events, [KeyEvent::Pressed(key), KeyEvent::Released { key, millis: 4_000 }]);
    }

    #[test]
    fn signs_and_events_are_those_of_the_rfc() {
        for (event, sign) in "0123456789*#ABCD!".chars().enumerate() {
            let key = Key::of_event(event as u8).unwrap();
            assert_eq!((key.sign(), Key::of(sign)), (sign, Some(key)));
        }
        assert_eq!(Key::of('d'), Key::of_event(15));
        assert_eq!((Key::of('x'), Key::of('é'), Key::of_event(17)), (None, None, None));
    }

    #[test]
    fn what_is_no_event_is_not_heard_and_what_waits_is_bounded() {
        let mut receiver = Receiver::new(8_000);
        assert_eq!(receiver.handle_packet(0, &[5, 0, 0]), [None; 2]);
        assert_eq!(receiver.handle_packet(0, &[66, 0, 0, 9]), [None; 2]);

        let mut sender = Sender::new(8_000);
        let accepted = (0..1_000).filter(|_| sender.press(Key::FLASH, 0)).count();
        assert_eq!(accepted, MAX_WAITING);
    }

    /// Asks every 20 ms.
    fn play(sender: &mut Sender, clock: u32, from: u32, times: u32) -> Vec<EventPacket> {
        (0..times).filter_map(|at| sender.poll(from.wrapping_add(at * (clock / 50)))).collect()
    }

    fn heard(clock: u32, packets: &[EventPacket]) -> String {
        let mut receiver = Receiver::new(clock);
        let events =
            packets.iter().flat_map(|packet| receiver.handle_packet(packet.timestamp, &packet.payload));
        let pressed = |event| match event {
            Some(KeyEvent::Pressed(key)) => Some(key.sign()),
            Some(KeyEvent::Released { .. }) | None => None,
        };
        events.filter_map(pressed).collect()
    }
}

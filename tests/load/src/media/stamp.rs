//! When a packet was sent and which one it is, in the last bytes of its payload: what every server passes on as it is,
//! whichever header extensions it knows.
//!
//! ```text
//!  … | magic 2 | microseconds since 1970, 8 × 7 bits | number, 4 × 7 bits | encoding | 0x80 |
//! ```
//!
//! Each byte has its highest bit set, so that no H.264 start code can arise in it; the last one ends such a unit.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What a packet says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// When it was sent, in microseconds since 1970 on the sender's clock.
    pub sent: u64,
    /// Counts the packets of an encoding, modulo [`Stamp::NUMBERS`].
    pub number: u32,
    /// Which encoding of the source it belongs to, the smallest 0.
    pub encoding: u8,
}

impl Stamp {
    /// How many bytes it takes.
    pub const LEN: usize = 16;
    /// How many numbers there are.
    pub const NUMBERS: u32 = 1 << 28;

    /// Writes it over the end of a payload.
    ///
    /// # Panics
    /// When the payload is shorter than a stamp.
    pub fn write(self, payload: &mut [u8]) {
        let at = payload.len().checked_sub(Self::LEN).expect("a payload has room for its stamp");
        let out = &mut payload[at..];
        out[..2].copy_from_slice(&MAGIC);
        spread(self.sent, &mut out[2..10]);
        spread(u64::from(self.number), &mut out[10..14]);
        out[14] = HIGH | self.encoding;
        out[15] = HIGH;
    }

    /// Reads it from the end of a payload that carries one.
    #[must_use]
    pub fn read(payload: &[u8]) -> Option<Self> {
        let stamp = payload.last_chunk::<{ Self::LEN }>()?;
        if stamp[..2] != MAGIC || stamp[15] != HIGH || stamp.iter().any(|byte| byte & HIGH == 0) {
            return None;
        }
        Some(Self {
            sent: gather(&stamp[2..10]),
            number: gather(&stamp[10..14]) as u32,
            encoding: stamp[14] & !HIGH,
        })
    }

    /// How long after it was sent a packet arrived; `None` if that is before.
    #[must_use]
    pub fn delay(self, arrived: SystemTime) -> Option<Duration> {
        let arrived = arrived.duration_since(UNIX_EPOCH).ok()?;
        arrived.checked_sub(Duration::from_micros(self.sent))
    }
}

/// A reading of the clock as a stamp carries it.
#[must_use]
pub fn micros(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64)
}

fn spread(value: u64, out: &mut [u8]) {
    for (place, byte) in out.iter_mut().rev().enumerate() {
        *byte = HIGH | (value >> (7 * place)) as u8;
    }
}

fn gather(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, byte| value << 7 | u64::from(byte & !HIGH))
}

const MAGIC: [u8; 2] = [0xd9, 0xb3];
const HIGH: u8 = 0x80;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stamped_is_read_again() {
        let stamp = Stamp { sent: 1_796_000_123_456_789, number: 268_000_001, encoding: 2 };
        let mut payload = [0x5a; 40];

        stamp.write(&mut payload);

        assert_eq!(Stamp::read(&payload), Some(stamp));
        assert!(payload[24..].iter().all(|byte| byte & 0x80 != 0));
    }

    #[test]
    fn other_payloads_have_no_stamp() {
        assert_eq!(Stamp::read(&[0x80; 15]), None);
        assert_eq!(Stamp::read(&[0xff; 100]), None);
        assert_eq!(Stamp::read(&[]), None);
    }

    #[test]
    fn the_delay_is_that_between_two_readings_of_one_clock() {
        let sent = SystemTime::now();
        let stamp = Stamp { sent: micros(sent), number: 0, encoding: 0 };

        let delay = stamp.delay(sent + Duration::from_millis(7)).expect("it arrived later");

        assert!(delay.abs_diff(Duration::from_millis(7)) < Duration::from_micros(2), "{delay:?}");
        assert_eq!(stamp.delay(sent - Duration::from_secs(1)), None);
    }
}

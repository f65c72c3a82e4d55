//! Which payload type of one leg is which of the other.

use crate::sdp::Agreed;

/// What a packet carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PayloadKind {
    /// Speech.
    Speech,
    /// A key that was pressed (RFC 4733).
    Keys,
    /// Comfort noise (RFC 3389).
    ComfortNoise,
}

/// Translates payload types from what one leg sends to what the other leg takes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PayloadMap {
    /// Speech, keys and noise: three are all there can be.
    entries: [Option<(u8, u8, PayloadKind)>; 3],
}

impl PayloadMap {
    /// The map for packets from one leg to another, as far as they need no transcoding.
    #[must_use]
    pub fn between(from: &Agreed, to: &Agreed) -> Self {
        let mut map = Self::default();
        let same_speech = from.receive.passes_as(&to.send);
        if same_speech {
            map.insert(from.receive.payload_type, to.send.payload_type, PayloadKind::Speech);
        }
        for (kind, from, to) in [
            (PayloadKind::Keys, from.keys, to.keys),
            (PayloadKind::ComfortNoise, from.comfort_noise, to.comfort_noise),
        ] {
            // On different clocks the timestamps would mean different times.
            if let Some((from, to)) = from.zip(to).filter(|(from, to)| from.clock_rate == to.clock_rate) {
                map.insert(from.receive_type, to.send_type, kind);
            }
        }
        map
    }

    /// Adds or replaces the translation of one kind.
    pub fn insert(&mut self, from: u8, to: u8, kind: PayloadKind) {
        self.entries[kind as usize] = Some((from, to, kind));
    }

    /// The other leg's payload type, and what it carries.
    #[must_use]
    pub fn translate(&self, payload_type: u8) -> Option<(u8, PayloadKind)> {
        let mut entries = self.entries.iter().flatten();
        entries.find(|(from, ..)| *from == payload_type).map(|&(_, to, kind)| (to, kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sdp::{Codec, Direction, Format, Protection, Telephony};

    #[test]
    fn each_leg_keeps_its_own_numbers() {
        let map = PayloadMap::between(&leg(Codec::Opus, 96, 48_000, 97), &leg(Codec::Opus, 111, 48_000, 126));

        assert_eq!(map.translate(96), Some((111, PayloadKind::Speech)));
        assert_eq!(map.translate(97), Some((126, PayloadKind::Keys)));
        assert_eq!(map.translate(111), None);
    }

    #[test]
    fn what_would_need_transcoding_is_not_mapped() {
        let map = PayloadMap::between(&leg(Codec::Pcma, 8, 8_000, 101), &leg(Codec::Opus, 111, 48_000, 126));

        assert_eq!((map.translate(8), map.translate(101)), (None, None));
    }

    fn leg(codec: Codec, number: u8, keys_clock: u32, keys: u8) -> Agreed {
        let format = Format::new(number, codec);
        Agreed {
            send: format.clone(),
            receive: format,
            keys: Some(Telephony { clock_rate: keys_clock, send_type: keys, receive_type: keys }),
            comfort_noise: None,
            direction: Direction::SendRecv,
            held: false,
            remote: None,
            remote_rtcp: None,
            rtcp_mux: false,
            ptime: 20,
            protection: Protection::Plain,
            ice: None,
        }
    }
}

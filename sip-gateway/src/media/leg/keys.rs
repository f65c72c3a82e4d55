//! Keys that we press towards a leg (RFC 4733).

use std::time::Duration;

use sip_gateway_proto::media::dtmf::{Key, Sender};
use sip_gateway_proto::media::rtp::{HEADER_LEN, Header};
use sip_gateway_proto::sdp::Telephony;

/// The keys of one leg.
#[derive(Debug)]
pub(super) struct KeyPad {
    telephony: Option<Telephony>,
    sender: Sender,
    /// The media clock of the events, which runs while there are some.
    clock: u32,
    sequence: u16,
}

impl KeyPad {
    pub(super) fn new() -> Self {
        Self { telephony: None, sender: Sender::new(8_000), clock: 0, sequence: 0 }
    }

    /// Takes the agreed numbers; keys on another clock are forgotten.
    pub(super) fn agree(&mut self, telephony: Option<Telephony>) {
        self.telephony = telephony;
        self.sender = Sender::new(telephony.map_or(8_000, |telephony| telephony.clock_rate));
    }

    /// Presses a key; false if the leg takes none, or too many wait.
    pub(super) fn press(&mut self, key: Key, millis: u32) -> bool {
        self.telephony.is_some() && self.sender.press(key, millis)
    }

    /// Whether a key is down or waits.
    pub(super) fn is_busy(&self) -> bool {
        self.sender.is_busy()
    }

    /// The packet of this moment, one packet time after the last, for a stream on the given clock.
    pub(super) fn poll(&mut self, period: Duration, stream_clock: u32) -> Option<[u8; HEADER_LEN + 4]> {
        let telephony = self.telephony?;
        let ticks = period.as_millis() as u32 * telephony.clock_rate / 1_000;
        self.clock = self.clock.wrapping_add(ticks);
        let event = self.sender.poll(self.clock)?;

        self.sequence = self.sequence.wrapping_add(1);
        let scaled = u64::from(event.timestamp) * u64::from(stream_clock) / u64::from(telephony.clock_rate);
        let header = Header {
            marker: event.marker,
            payload_type: telephony.send_type,
            sequence: self.sequence,
            timestamp: scaled as u32,
            ssrc: 0,
        };
        let mut packet = [0; HEADER_LEN + 4];
        packet[..HEADER_LEN].copy_from_slice(&header.to_bytes());
        packet[HEADER_LEN..].copy_from_slice(&event.payload);
        Some(packet)
    }
}

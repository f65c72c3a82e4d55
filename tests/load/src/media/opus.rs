//! A microphone that sends silence as large as speech: packets of Opus (RFC 6716 §3.2.5) with an empty frame and padding.

use std::time::Duration;

/// The time between two packets.
pub const INTERVAL: Duration = Duration::from_millis(20);
/// By how much the media clock of 48 kHz moves in that time.
pub const TICKS: u32 = 960;
/// 20 kbit/s.
const LEN: usize = 50;

/// One packet. Everything behind its third byte is padding, which decoders step over.
#[must_use]
pub fn packet() -> Vec<u8> {
    // SILK wideband, 20 ms, mono, an arbitrary number of frames; then one frame, padded; then how much padding.
    let head = [0x48 | 0x03, 0x40 | 1, (LEN - 3) as u8];
    let mut packet = head.to_vec();
    packet.resize(LEN, 0);
    packet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_of_speech_size_and_says_how_much_of_it_is_padding() {
        let packet = packet();

        assert_eq!(packet.len(), LEN);
        assert_eq!(usize::from(packet[2]) + 3, packet.len());
    }
}

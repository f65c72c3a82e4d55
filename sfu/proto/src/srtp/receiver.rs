//! Takes off the protection of what one peer sends. Only authentic packets leave a trace.

use super::keying::{MasterKey, SessionKeys, SrtpProfile};
use super::replay::ReplayWindow;
use super::sources::Sources;
use super::transform::{E_FLAG, RTCP_HEADER, Transform, be16, be32};

/// How many sources we remember of a peer; the one idle longest is forgotten for a new one.
const MAX_SOURCES: usize = 256;

/// Decrypts RTP and RTCP from one peer.
pub struct SrtpReceiver {
    profile: SrtpProfile,
    rtp: Transform,
    rtcp: Transform,
    rtp_sources: Sources<ReplayWindow>,
    rtcp_sources: Sources<ReplayWindow>,
}

/// Why a packet was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnprotectError {
    /// It cannot hold what every such packet holds.
    #[error("not an SRTP or SRTCP packet")]
    Malformed,
    /// It came before, or is too old to tell.
    #[error("replayed")]
    Replayed,
    /// It was not made with the peer's key, or not for this place in the sequence.
    #[error("not authentic")]
    NotAuthentic,
    /// RTCP in the clear, which WebRTC forbids (RFC 8827 §6.5).
    #[error("not encrypted")]
    NotEncrypted,
}

impl SrtpReceiver {
    /// Begins with the key of the peer's direction.
    #[must_use]
    pub fn new(key: &MasterKey) -> Self {
        Self::with_session_keys(&key.rtp(), &key.rtcp())
    }

    pub(super) fn with_session_keys(rtp: &SessionKeys, rtcp: &SessionKeys) -> Self {
        Self {
            profile: rtp.profile,
            rtp: Transform::new(rtp),
            rtcp: Transform::new(rtcp),
            rtp_sources: Sources::new(),
            rtcp_sources: Sources::new(),
        }
    }

    /// The profile in use.
    #[must_use]
    pub fn profile(&self) -> SrtpProfile {
        self.profile
    }

    /// Decrypts an SRTP packet where it is; the RTP packet is its first bytes, as many as returned.
    pub fn unprotect_rtp(&mut self, packet: &mut [u8]) -> Result<usize, UnprotectError> {
        let header_len = rtp_header_len(packet).ok_or(UnprotectError::Malformed)?;
        let (Some(seq), Some(ssrc)) = (be16(packet, 2), be32(packet, 8)) else {
            return Err(UnprotectError::Malformed);
        };
        let len = packet.len().checked_sub(self.rtp.tag_len()).ok_or(UnprotectError::Malformed)?;
        if len < header_len {
            return Err(UnprotectError::Malformed);
        }

        let index = match self.rtp_sources.peek(ssrc) {
            Some(window) => window
                .estimate(seq)
                .filter(|&index| window.is_fresh(index))
                .ok_or(UnprotectError::Replayed)?,
            None => u64::from(seq),
        };
        if !self.rtp.unprotect_rtp(ssrc, index, header_len, packet) {
            return Err(UnprotectError::NotAuthentic);
        }
        remember(&mut self.rtp_sources, ssrc, index);
        Ok(len)
    }

    /// Decrypts an SRTCP packet where it is; the RTCP compound is its first bytes, as many as returned.
    pub fn unprotect_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, UnprotectError> {
        let len = packet.len().checked_sub(self.profile.rtcp_overhead()).ok_or(UnprotectError::Malformed)?;
        if len < RTCP_HEADER || packet[0] >> 6 != 2 {
            return Err(UnprotectError::Malformed);
        }
        let ssrc = be32(packet, 4).ok_or(UnprotectError::Malformed)?;
        let word = self.rtcp.rtcp_index_word(packet);
        if word & E_FLAG == 0 {
            return Err(UnprotectError::NotEncrypted);
        }
        let index = word & !E_FLAG;

        if self.rtcp_sources.peek(ssrc).is_some_and(|window| !window.is_fresh(u64::from(index))) {
            return Err(UnprotectError::Replayed);
        }
        if !self.rtcp.unprotect_rtcp(ssrc, index, packet) {
            return Err(UnprotectError::NotAuthentic);
        }
        remember(&mut self.rtcp_sources, ssrc, u64::from(index));
        Ok(len)
    }
}

/// Notes the index of an authentic packet.
fn remember(sources: &mut Sources<ReplayWindow>, ssrc: u32, index: u64) {
    if let Some(window) = sources.touch(ssrc) {
        window.insert(index);
        return;
    }
    if sources.len() >= MAX_SOURCES {
        sources.evict_idlest();
    }
    sources.insert(ssrc, ReplayWindow::starting_at(index));
}

/// The length of the RTP header with contributing sources and extension (RFC 3550 §5.1, §5.3.1), which may be longer
/// than the packet.
fn rtp_header_len(packet: &[u8]) -> Option<usize> {
    let first = *packet.first()?;
    if first >> 6 != 2 {
        return None;
    }
    let fixed = 12 + 4 * usize::from(first & 0x0F);
    if first & 0x10 == 0 {
        return Some(fixed);
    }
    let words = be16(packet, fixed + 2)?;
    Some(fixed + 4 + 4 * usize::from(words))
}

impl std::fmt::Debug for SrtpReceiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SrtpReceiver").field("profile", &self.profile).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::SrtpSender;
    use super::super::vectors::{material, rtp_header};
    use super::*;

    const PROFILES: [SrtpProfile; 6] = [
        SrtpProfile::AeadAes128Gcm,
        SrtpProfile::AeadAes256Gcm,
        SrtpProfile::Aes128CmHmacSha1_80,
        SrtpProfile::Aes128CmHmacSha1_32,
        SrtpProfile::Aes256CmHmacSha1_80,
        SrtpProfile::Aes256CmHmacSha1_32,
    ];

    #[test]
    fn what_one_side_protects_the_other_unprotects() {
        for profile in PROFILES {
            let (mut sender, mut receiver) = pair(profile);
            let mut extended = rtp_header(7, 1).to_vec();
            extended[0] |= 0x11;
            extended.extend(b"csrc\xBE\xDE\x00\x01\x10\x05\x00\x00");

            for (seq, header) in [(1, extended), (2, rtp_header(7, 2).to_vec())] {
                for head in [&b""[..], b"head"] {
                    let header = with_seq(&header, seq * 2 + head.len() as u16);
                    let mut packet = seal(&mut sender, &header, head, b"payload");

                    let len = receiver.unprotect_rtp(&mut packet).expect("authentic");

                    assert_eq!(packet.len() - len, profile.rtp_overhead());
                    assert_eq!(packet[..len], [&header[..], head, b"payload"].concat());
                }
            }
        }
    }

    #[test]
    fn rtcp_survives_the_way_and_each_compound_counts_once() {
        for profile in PROFILES {
            let (mut sender, mut receiver) = pair(profile);
            for compound in
                [&[0x80, 201, 0, 1, 0, 0, 0, 7][..], b"\x81\xC9\0\x07\0\0\0\x07 a whole report block here."]
            {
                let mut packet = seal_rtcp(&mut sender, compound);
                let mut replay = packet.clone();

                let len = receiver.unprotect_rtcp(&mut packet).expect("authentic");

                assert_eq!(packet[..len], *compound);
                assert_eq!(receiver.unprotect_rtcp(&mut replay), Err(UnprotectError::Replayed));
            }
        }
    }

    #[test]
    fn packets_pass_once_in_any_order_around_the_rollover() {
        for profile in PROFILES {
            let (mut sender, mut receiver) = pair(profile);
            let packets: Vec<_> = (65_530..=65_535)
                .chain(0..=5)
                .map(|seq| seal(&mut sender, &rtp_header(7, seq), b"", &seq.to_be_bytes()))
                .collect();

            for at in [0, 3, 6, 5, 4, 8, 7, 2, 1, 11, 10, 9] {
                let mut packet = packets[at].clone();
                let len = receiver.unprotect_rtp(&mut packet).expect("fresh");
                assert_eq!(packet[len - 2..len], packets[at][2..4], "the payload is its sequence number");
            }
            for packet in &packets {
                assert_eq!(receiver.unprotect_rtp(&mut packet.clone()), Err(UnprotectError::Replayed));
            }
        }
    }

    #[test]
    fn several_rollovers_are_followed() {
        let (mut sender, mut receiver) = pair(SrtpProfile::AeadAes128Gcm);
        for step in 0..40_u32 {
            let seq = (step * 10_000) as u16;
            let mut packet = seal(&mut sender, &rtp_header(7, seq), b"", b"x");
            receiver.unprotect_rtp(&mut packet).expect("less than half the space ahead");
        }
    }

    #[test]
    fn any_flipped_bit_is_noticed_and_leaves_no_trace() {
        for profile in PROFILES {
            let (mut sender, mut receiver) = pair(profile);
            let packet = seal(&mut sender, &rtp_header(7, 100), b"", b"payload");
            let compound = seal_rtcp(&mut sender, &[0x80, 201, 0, 2, 0, 0, 0, 7, 1, 2, 3, 4]);

            for bit in 0..8 * packet.len() {
                assert!(receiver.unprotect_rtp(&mut flipped(&packet, bit)).is_err(), "bit {bit}");
            }
            for bit in 0..8 * compound.len() {
                assert!(receiver.unprotect_rtcp(&mut flipped(&compound, bit)).is_err(), "bit {bit}");
            }

            assert_eq!((receiver.rtp_sources.len(), receiver.rtcp_sources.len()), (0, 0));
            assert!(receiver.unprotect_rtp(&mut packet.clone()).is_ok());
            assert!(receiver.unprotect_rtcp(&mut compound.clone()).is_ok());
        }
    }

    #[test]
    fn truncated_packets_are_errors_at_every_length() {
        for profile in PROFILES {
            let (mut sender, mut receiver) = pair(profile);
            let mut header = rtp_header(7, 1).to_vec();
            header[0] |= 0x13;
            header.extend(b"csrccsrccsrc\xBE\xDE\xFF\xFF");
            let packet = seal(&mut sender, &header, b"", b"");
            let compound = seal_rtcp(&mut sender, &[0x80, 201, 0, 1, 0, 0, 0, 7]);

            for len in 0..=packet.len() {
                assert!(receiver.unprotect_rtp(&mut packet[..len].to_vec()).is_err(), "length {len}");
            }
            for len in 0..compound.len() {
                assert!(receiver.unprotect_rtcp(&mut compound[..len].to_vec()).is_err(), "length {len}");
            }
        }
    }

    #[test]
    fn forged_packets_do_not_move_the_rollover_counter() {
        let (mut sender, mut receiver) = pair(SrtpProfile::Aes128CmHmacSha1_80);
        receiver.unprotect_rtp(&mut seal(&mut sender, &rtp_header(7, 10), b"", b"x")).expect("authentic");

        for seq in (0..65_000).step_by(1_000) {
            let mut forged = [&rtp_header(7, seq)[..], &[0xA5; 40]].concat();
            assert!(receiver.unprotect_rtp(&mut forged).is_err());
        }

        receiver
            .unprotect_rtp(&mut seal(&mut sender, &rtp_header(7, 11), b"", b"x"))
            .expect("nothing has changed");
    }

    #[test]
    fn rtcp_in_the_clear_is_refused() {
        for profile in PROFILES {
            let (mut sender, mut receiver) = pair(profile);
            let mut packet = seal_rtcp(&mut sender, &[0x80, 201, 0, 1, 0, 0, 0, 7]);
            let is_gcm = matches!(profile, SrtpProfile::AeadAes128Gcm | SrtpProfile::AeadAes256Gcm);
            let flag = packet.len() - if is_gcm { 4 } else { 14 };
            packet[flag] &= 0x7F;

            assert_eq!(receiver.unprotect_rtcp(&mut packet), Err(UnprotectError::NotEncrypted));
        }
    }

    #[test]
    fn the_idlest_source_is_forgotten_when_there_are_too_many() {
        let (mut sender, mut receiver) = pair(SrtpProfile::AeadAes128Gcm);
        let mut receive =
            |ssrc, seq| receiver.unprotect_rtp(&mut seal(&mut sender, &rtp_header(ssrc, seq), b"", b"x"));
        for ssrc in 0..MAX_SOURCES as u32 {
            receive(ssrc, 1).expect("authentic");
        }
        receive(0, 2).expect("authentic");
        receive(1_000, 1).expect("authentic");

        assert_eq!(receiver.rtp_sources.len(), MAX_SOURCES);
        assert!(receiver.rtp_sources.peek(0).is_some());
        assert!(receiver.rtp_sources.peek(1).is_none());
    }

    #[test]
    fn the_key_of_the_other_direction_does_not_open_a_packet() {
        for profile in PROFILES {
            let keys = material(profile);
            let mut sender = SrtpSender::new(&keys.client);
            let mut receiver = SrtpReceiver::new(&keys.server);

            let opened = receiver.unprotect_rtp(&mut seal(&mut sender, &rtp_header(7, 1), b"", b"x"));

            assert_eq!(opened, Err(UnprotectError::NotAuthentic));
        }
    }

    fn pair(profile: SrtpProfile) -> (SrtpSender, SrtpReceiver) {
        let keys = material(profile);
        (SrtpSender::new(&keys.client), SrtpReceiver::new(&keys.client))
    }

    fn seal(sender: &mut SrtpSender, header: &[u8], head: &[u8], payload: &[u8]) -> Vec<u8> {
        let mut out = vec![0; 2_000];
        let len = sender.protect_rtp(header, head, payload, &mut out).expect("fresh");
        out.truncate(len);
        out
    }

    fn seal_rtcp(sender: &mut SrtpSender, compound: &[u8]) -> Vec<u8> {
        let mut out = vec![0; 2_000];
        let len = sender.protect_rtcp(compound, &mut out).expect("room");
        out.truncate(len);
        out
    }

    fn with_seq(header: &[u8], seq: u16) -> Vec<u8> {
        let mut header = header.to_vec();
        header[2..4].copy_from_slice(&seq.to_be_bytes());
        header
    }

    fn flipped(packet: &[u8], bit: usize) -> Vec<u8> {
        let mut packet = packet.to_vec();
        packet[bit / 8] ^= 1 << (bit % 8);
        packet
    }
}

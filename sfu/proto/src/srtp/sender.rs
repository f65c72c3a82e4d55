//! Protects what we send to one peer. An index is never used twice: with GCM that would give the key away.

use super::keying::{MasterKey, SessionKeys, SrtpProfile};
use super::replay::ReplayWindow;
use super::sources::Sources;
use super::transform::{E_FLAG, RTCP_HEADER, Transform, be16, be32};
use crate::near;

/// How many sources a sender may have in its life. None is ever forgotten, so that none can begin anew.
const MAX_SOURCES: usize = 4096;

/// Encrypts RTP and RTCP towards one peer.
pub struct SrtpSender {
    profile: SrtpProfile,
    rtp: Transform,
    rtcp: Transform,
    sources: Sources<ReplayWindow>,
    // One counter for all SSRCs: each sees it grow, which is all that RFC 3711 §3.4 needs.
    rtcp_index: u32,
}

/// Why a packet was not protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProtectError {
    /// It has no whole header.
    #[error("not an RTP or RTCP packet")]
    Malformed,
    /// The place for the result is too small.
    #[error("result needs {needed} bytes, there are {room}")]
    NoRoom {
        /// The length of the protected packet.
        needed: usize,
        /// The length of the place.
        room: usize,
    },
    /// A packet with this sequence number was sent already, or so long ago that we cannot know.
    #[error("sequence number {seq} of source {ssrc:#010x} was sent before")]
    Repeated {
        /// Its source.
        ssrc: u32,
        /// Its sequence number.
        seq: u16,
    },
    /// There were too many sources already.
    #[error("more than {MAX_SOURCES} sources")]
    TooManySources,
    /// 2^31 RTCP packets were sent under this key.
    #[error("key has been used up")]
    KeyExhausted,
}

impl SrtpSender {
    /// Begins with the key of our direction.
    #[must_use]
    pub fn new(key: &MasterKey) -> Self {
        Self::with_session_keys(&key.rtp(), &key.rtcp())
    }

    pub(super) fn with_session_keys(rtp: &SessionKeys, rtcp: &SessionKeys) -> Self {
        Self {
            profile: rtp.profile,
            rtp: Transform::new(rtp),
            rtcp: Transform::new(rtcp),
            sources: Sources::new(),
            rtcp_index: 0,
        }
    }

    /// The profile in use.
    #[must_use]
    pub fn profile(&self) -> SrtpProfile {
        self.profile
    }

    /// Asks for what protecting the next packet of the present source takes, before it is needed.
    #[inline]
    pub(crate) fn bring_near(&self) {
        if let Some(window) = self.sources.last() {
            near::fetch(window);
        }
        self.rtp.bring_near();
    }

    /// Writes one SRTP packet to the front of `out` and gives its length. `header` is the whole RTP header with its
    /// extensions; the payload may come in two pieces.
    pub fn protect_rtp(
        &mut self,
        header: &[u8],
        payload_head: &[u8],
        payload: &[u8],
        out: &mut [u8],
    ) -> Result<usize, ProtectError> {
        let (Some(seq), Some(ssrc)) = (be16(header, 2), be32(header, 8)) else {
            return Err(ProtectError::Malformed);
        };
        let needed = header.len() + payload_head.len() + payload.len() + self.rtp.tag_len();
        let room = out.len();
        let out = out.get_mut(..needed).ok_or(ProtectError::NoRoom { needed, room })?;

        let index = self.claim(ssrc, seq)?;
        self.rtp.protect_rtp(ssrc, index, header, payload_head, payload, out);
        Ok(needed)
    }

    /// Writes one SRTCP packet to the front of `out` and gives its length.
    pub fn protect_rtcp(&mut self, compound: &[u8], out: &mut [u8]) -> Result<usize, ProtectError> {
        let Some(ssrc) = compound.get(..RTCP_HEADER).and_then(|header| be32(header, 4)) else {
            return Err(ProtectError::Malformed);
        };
        let needed = compound.len() + self.profile.rtcp_overhead();
        let room = out.len();
        let out = out.get_mut(..needed).ok_or(ProtectError::NoRoom { needed, room })?;
        if self.rtcp_index == E_FLAG {
            return Err(ProtectError::KeyExhausted);
        }

        self.rtcp.protect_rtcp(ssrc, self.rtcp_index, compound, out);
        self.rtcp_index += 1;
        Ok(needed)
    }

    /// Takes an index for this packet, once and for all.
    fn claim(&mut self, ssrc: u32, seq: u16) -> Result<u64, ProtectError> {
        let repeated = ProtectError::Repeated { ssrc, seq };
        if let Some(window) = self.sources.touch(ssrc) {
            let index = window.estimate(seq).ok_or(repeated)?;
            if !window.is_fresh(index) {
                return Err(repeated);
            }
            window.insert(index);
            return Ok(index);
        }
        if self.sources.len() >= MAX_SOURCES {
            return Err(ProtectError::TooManySources);
        }
        let index = u64::from(seq);
        self.sources.insert(ssrc, ReplayWindow::starting_at(index));
        Ok(index)
    }
}

impl std::fmt::Debug for SrtpSender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SrtpSender").field("profile", &self.profile).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::vectors::{material, rtp_header};
    use super::*;

    #[test]
    fn no_index_is_used_twice_even_after_a_rollover() {
        let mut sender = sender();
        let mut out = [0; 64];
        for seq in [65_534, 65_535, 1, 0] {
            sender.protect_rtp(&rtp_header(7, seq), &[], b"x", &mut out).expect("new");
        }

        let again = sender.protect_rtp(&rtp_header(7, 65_535), &[], b"y", &mut out);

        assert_eq!(again, Err(ProtectError::Repeated { ssrc: 7, seq: 65_535 }));
    }

    #[test]
    fn a_sender_never_forgets_a_source() {
        let mut sender = sender();
        let mut out = [0; 64];
        for ssrc in 0..MAX_SOURCES as u32 {
            sender.protect_rtp(&rtp_header(ssrc, 1), &[], b"x", &mut out).expect("room for it");
        }

        let beyond = sender.protect_rtp(&rtp_header(u32::MAX, 1), &[], b"x", &mut out);
        let repeated = sender.protect_rtp(&rtp_header(0, 1), &[], b"x", &mut out);

        assert_eq!(beyond, Err(ProtectError::TooManySources));
        assert_eq!(repeated, Err(ProtectError::Repeated { ssrc: 0, seq: 1 }));
    }

    #[test]
    fn a_place_that_is_too_small_costs_no_index() {
        let mut sender = sender();

        let small = sender.protect_rtp(&rtp_header(7, 1), b"head", b"payload", &mut [0; 38]);
        let large = sender.protect_rtp(&rtp_header(7, 1), b"head", b"payload", &mut [0; 39]);

        assert_eq!(small, Err(ProtectError::NoRoom { needed: 39, room: 38 }));
        assert_eq!(large, Ok(39));
    }

    #[test]
    fn packets_without_a_whole_header_are_refused() {
        let mut sender = sender();

        assert_eq!(sender.protect_rtp(&[0x80; 11], &[], &[], &mut [0; 64]), Err(ProtectError::Malformed));
        assert_eq!(sender.protect_rtcp(&[0x80; 7], &mut [0; 64]), Err(ProtectError::Malformed));
    }

    #[test]
    fn the_last_rtcp_index_ends_the_key() {
        let mut sender = sender();
        sender.rtcp_index = E_FLAG - 1;

        assert!(sender.protect_rtcp(&[0x80; 8], &mut [0; 64]).is_ok());
        assert_eq!(sender.protect_rtcp(&[0x80; 8], &mut [0; 64]), Err(ProtectError::KeyExhausted));
    }

    fn sender() -> SrtpSender {
        SrtpSender::new(&material(SrtpProfile::AeadAes128Gcm).server)
    }
}

//! Tells by the first bytes what a datagram is: STUN, DTLS, RTP and RTCP share one port (RFC 7983, RFC 5761).

/// What a datagram claims to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A STUN message (RFC 8489).
    Stun,
    /// A DTLS record (RFC 9147).
    Dtls,
    /// An RTP packet (RFC 3550), encrypted or not.
    Rtp,
    /// An RTCP packet (RFC 3550), encrypted or not.
    Rtcp,
}

/// What the datagram claims to be; `None` for what we never speak.
#[must_use]
pub fn classify(datagram: &[u8]) -> Option<Kind> {
    match *datagram.first()? {
        0..=3 => Some(Kind::Stun),
        20..=63 => Some(Kind::Dtls),
        128..=191 if is_rtcp(datagram) => Some(Kind::Rtcp),
        128..=191 => Some(Kind::Rtp),
        _ => None,
    }
}

/// Whether an RTP or RTCP packet is RTCP: packet types 192 to 223 (RFC 5761 §4).
#[must_use]
pub fn is_rtcp(packet: &[u8]) -> bool {
    packet.get(1).is_some_and(|kind| (192..=223).contains(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_byte_tells_the_protocol() {
        assert_eq!(classify(&[0x00, 0x01]), Some(Kind::Stun));
        assert_eq!(classify(&[0x16, 0xfe]), Some(Kind::Dtls));
        // The unified header of DTLS 1.3 (RFC 9147 §4): 001xxxxx.
        assert_eq!(classify(&[0x2f, 0x00]), Some(Kind::Dtls));
        assert_eq!(classify(&[0x80, 96]), Some(Kind::Rtp));
        assert_eq!(classify(&[0x90, 0x80 | 96]), Some(Kind::Rtp));
        assert_eq!(classify(&[0x80, 200]), Some(Kind::Rtcp));
    }

    #[test]
    fn what_we_do_not_speak_has_no_kind() {
        assert_eq!(classify(&[]), None);
        for first in (4..20).chain(64..128).chain(192..=255) {
            assert_eq!(classify(&[first, 0]), None);
        }
    }
}

//! Receiver estimated maximum bitrate (draft-alvestrand-rmcat-remb): the answer of receivers without transport-wide
//! feedback.

use super::{PAYLOAD_FEEDBACK, append};
use crate::id::Ssrc;

/// What the receiver believes that the path carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remb {
    /// In bits per second.
    pub bitrate: u64,
}

impl Remb {
    /// ```text
    /// |  sender SSRC  |  0  | 'R' 'E' 'M' 'B' | count | exp 6 | mantissa 18 | SSRCs
    /// ```
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let fixed = body.first_chunk::<16>()?;
        if &fixed[8..12] != b"REMB" {
            return None;
        }

        let exponent = u32::from(fixed[13] >> 2);
        let mantissa = u64::from(u32::from_be_bytes([0, fixed[13] & 3, fixed[14], fixed[15]]));
        let bitrate =
            if exponent > mantissa.leading_zeros() { u64::MAX } else { mantissa << exponent.min(63) };
        Some(Self { bitrate })
    }
}

/// Appends an estimate for the given streams.
pub fn write(out: &mut Vec<u8>, sender: Ssrc, bitrate: u64, media: &[Ssrc]) {
    let media = &media[..media.len().min(255)];
    let exponent = (64 - bitrate.leading_zeros()).saturating_sub(18);
    let [_, high, mid, low] = ((bitrate >> exponent) as u32).to_be_bytes();

    append(out, PAYLOAD_FEEDBACK, FORMAT, |out| {
        out.extend(sender.0.to_be_bytes());
        out.extend([0; 4]);
        out.extend(b"REMB");
        out.extend([media.len() as u8, (exponent as u8) << 2 | high, mid, low]);
        for ssrc in media {
            out.extend(ssrc.0.to_be_bytes());
        }
    });
}

pub(super) const FORMAT: u8 = 15;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtcp::{Packet, parse};

    #[test]
    fn an_estimate_reads_back_to_within_its_precision() {
        for bitrate in [0, 1, 262_143, 1_500_000, 10_000_000_000] {
            let mut out = Vec::new();

            write(&mut out, Ssrc(1), bitrate, &[Ssrc(2), Ssrc(3)]);

            let Some(Packet::Remb(remb)) = parse(&out).next() else {
                panic!("an estimate");
            };
            assert!(remb.bitrate <= bitrate && bitrate - remb.bitrate <= bitrate >> 17);
        }
    }

    #[test]
    fn an_absurd_exponent_means_no_limit() {
        let mut out = Vec::new();
        write(&mut out, Ssrc(1), 3, &[]);
        out[17] |= 0xfc;

        assert!(matches!(parse(&out).next(), Some(Packet::Remb(Remb { bitrate: u64::MAX }))));
    }
}

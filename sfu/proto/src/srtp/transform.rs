//! What a profile does to one packet, given its index: shared by sender and receiver.
//!
//! ```text
//! SRTP   GCM  header | sealed payload | tag(16)          SRTP   CM  header | payload ^ stream | tag(10)
//! SRTCP  GCM  8 bytes | sealed rest | tag(16) | E index  SRTCP  CM  8 bytes | rest ^ stream | E index | tag(10)
//! ```
//!
//! The `_32` profiles have a tag of 4 bytes on RTP only (RFC 4568 §6.2.2).

use super::cipher::{AesCtr, AesGcm, GCM_TAG, HmacSha1};
use super::keying::{SessionKeys, SrtpProfile};

/// The part of a compound RTCP packet that stays in the clear: the first header and the sender's SSRC.
pub(super) const RTCP_HEADER: usize = 8;
/// The index word that SRTCP adds.
pub(super) const INDEX_LEN: usize = 4;
/// Says in the index word that the packet is encrypted.
pub(super) const E_FLAG: u32 = 1 << 31;

const SHA1_80_TAG: usize = 10;

/// The keyed ciphers of one direction, for either RTP or RTCP.
pub(super) enum Transform {
    Gcm { cipher: AesGcm, salt: [u8; 12] },
    Cm { cipher: AesCtr, hmac: HmacSha1, salt: [u8; 14], rtp_tag: usize },
}

impl Transform {
    pub(super) fn new(keys: &SessionKeys) -> Self {
        let key = &keys.key[..keys.profile.key_len()];
        match keys.profile {
            SrtpProfile::AeadAes128Gcm | SrtpProfile::AeadAes256Gcm => {
                let mut salt = [0; 12];
                salt.copy_from_slice(&keys.salt[..12]);
                Self::Gcm { cipher: AesGcm::new(key), salt }
            }
            SrtpProfile::Aes128CmHmacSha1_80
            | SrtpProfile::Aes128CmHmacSha1_32
            | SrtpProfile::Aes256CmHmacSha1_80
            | SrtpProfile::Aes256CmHmacSha1_32 => Self::Cm {
                cipher: AesCtr::new(key),
                hmac: HmacSha1::new(&keys.auth),
                salt: keys.salt,
                rtp_tag: keys.profile.rtp_overhead(),
            },
        }
    }

    /// Asks for the keys before they are needed.
    #[inline]
    pub(super) fn bring_near(&self) {
        if let Self::Gcm { cipher, .. } = self {
            cipher.bring_near();
        }
    }

    /// What is behind an RTP packet; RTCP always has the long tag.
    pub(super) fn tag_len(&self) -> usize {
        match self {
            Self::Gcm { .. } => GCM_TAG,
            Self::Cm { rtp_tag, .. } => *rtp_tag,
        }
    }

    /// Writes a whole SRTP packet into `out`, whose length is that of the pieces and the tag.
    pub(super) fn protect_rtp(
        &mut self,
        ssrc: u32,
        index: u64,
        header: &[u8],
        head: &[u8],
        rest: &[u8],
        out: &mut [u8],
    ) {
        out[..header.len()].copy_from_slice(header);
        match self {
            Self::Gcm { cipher, salt } => {
                let nonce = gcm_nonce(salt, ssrc, index);
                let body = &mut out[header.len()..];
                if head.is_empty() {
                    cipher.seal(&nonce, header, rest, body);
                } else {
                    body[..head.len()].copy_from_slice(head);
                    body[head.len()..][..rest.len()].copy_from_slice(rest);
                    cipher.seal_in_place(&nonce, header, body);
                }
            }
            Self::Cm { cipher, hmac, salt, rtp_tag } => {
                let iv = cm_iv(salt, ssrc, index);
                let end = out.len() - *rtp_tag;
                let body = &mut out[header.len()..end];
                if head.is_empty() {
                    cipher.apply(iv, rest, body);
                } else {
                    body[..head.len()].copy_from_slice(head);
                    body[head.len()..].copy_from_slice(rest);
                    cipher.apply_in_place(iv, body);
                }
                let tag = hmac.tag(&out[..end], &rollover_counter(index));
                out[end..].copy_from_slice(&tag[..*rtp_tag]);
            }
        }
    }

    /// Decrypts an SRTP packet in place if it is authentic. The packet is at least `header_len` and a tag long.
    pub(super) fn unprotect_rtp(
        &mut self,
        ssrc: u32,
        index: u64,
        header_len: usize,
        packet: &mut [u8],
    ) -> bool {
        match self {
            Self::Gcm { cipher, salt } => {
                let (header, body) = packet.split_at_mut(header_len);
                cipher.open_in_place(&gcm_nonce(salt, ssrc, index), header, body)
            }
            Self::Cm { cipher, hmac, salt, rtp_tag } => {
                let (message, tag) = packet.split_at_mut(packet.len() - *rtp_tag);
                let expected = hmac.tag(message, &rollover_counter(index));
                let authentic = same_tag(&expected[..*rtp_tag], tag);
                if authentic {
                    cipher.apply_in_place(cm_iv(salt, ssrc, index), &mut message[header_len..]);
                }
                authentic
            }
        }
    }

    /// Writes a whole SRTCP packet into `out`, whose length is that of the compound, the index and the tag.
    pub(super) fn protect_rtcp(&mut self, ssrc: u32, index: u32, compound: &[u8], out: &mut [u8]) {
        let (header, rest) = compound.split_at(RTCP_HEADER);
        let word = (index | E_FLAG).to_be_bytes();
        out[..RTCP_HEADER].copy_from_slice(header);
        match self {
            Self::Gcm { cipher, salt } => {
                let end = out.len() - INDEX_LEN;
                let nonce = gcm_nonce(salt, ssrc, u64::from(index));
                cipher.seal(&nonce, &rtcp_aad(header, word), rest, &mut out[RTCP_HEADER..end]);
                out[end..].copy_from_slice(&word);
            }
            Self::Cm { cipher, hmac, salt, .. } => {
                let iv = cm_iv(salt, ssrc, u64::from(index));
                cipher.apply(iv, rest, &mut out[RTCP_HEADER..compound.len()]);
                out[compound.len()..][..INDEX_LEN].copy_from_slice(&word);
                let end = compound.len() + INDEX_LEN;
                let tag = hmac.tag(&out[..end], &[]);
                out[end..].copy_from_slice(&tag[..SHA1_80_TAG]);
            }
        }
    }

    /// The index word of an SRTCP packet, which is at least a header, a tag and that word long.
    pub(super) fn rtcp_index_word(&self, packet: &[u8]) -> u32 {
        let end = match self {
            Self::Gcm { .. } => packet.len(),
            Self::Cm { .. } => packet.len() - SHA1_80_TAG,
        };
        let word = &packet[end - INDEX_LEN..end];
        u32::from_be_bytes([word[0], word[1], word[2], word[3]])
    }

    /// Decrypts an SRTCP packet in place if it is authentic. Same lengths as for the index word.
    pub(super) fn unprotect_rtcp(&mut self, ssrc: u32, index: u32, packet: &mut [u8]) -> bool {
        match self {
            Self::Gcm { cipher, salt } => {
                let end = packet.len() - INDEX_LEN;
                let (header, body) = packet[..end].split_at_mut(RTCP_HEADER);
                let aad = rtcp_aad(header, (index | E_FLAG).to_be_bytes());
                cipher.open_in_place(&gcm_nonce(salt, ssrc, u64::from(index)), &aad, body)
            }
            Self::Cm { cipher, hmac, salt, .. } => {
                let (message, tag) = packet.split_at_mut(packet.len() - SHA1_80_TAG);
                let authentic = same_tag(&hmac.tag(message, &[])[..SHA1_80_TAG], tag);
                if authentic {
                    let end = message.len() - INDEX_LEN;
                    cipher
                        .apply_in_place(cm_iv(salt, ssrc, u64::from(index)), &mut message[RTCP_HEADER..end]);
                }
                authentic
            }
        }
    }
}

/// RFC 7714 §8.1 and §9.1: `00 00 | SSRC | index (48 bits)`, exclusive-or the salt.
fn gcm_nonce(salt: &[u8; 12], ssrc: u32, index: u64) -> [u8; 12] {
    let mut nonce = *salt;
    xor(&mut nonce[2..6], &ssrc.to_be_bytes());
    xor(&mut nonce[6..], &index.to_be_bytes()[2..]);
    nonce
}

/// RFC 3711 §4.1.1: `salt * 2^16 ^ SSRC * 2^64 ^ index * 2^16`.
fn cm_iv(salt: &[u8; 14], ssrc: u32, index: u64) -> [u8; 16] {
    let mut iv = [0; 16];
    iv[..14].copy_from_slice(salt);
    xor(&mut iv[4..8], &ssrc.to_be_bytes());
    xor(&mut iv[8..14], &index.to_be_bytes()[2..]);
    iv
}

/// RFC 7714 §9.2: the clear header and the index word are authenticated beside the encrypted part.
fn rtcp_aad(header: &[u8], word: [u8; INDEX_LEN]) -> [u8; RTCP_HEADER + INDEX_LEN] {
    let mut aad = [0; RTCP_HEADER + INDEX_LEN];
    aad[..RTCP_HEADER].copy_from_slice(header);
    aad[RTCP_HEADER..].copy_from_slice(&word);
    aad
}

fn rollover_counter(index: u64) -> [u8; 4] {
    ((index >> 16) as u32).to_be_bytes()
}

fn xor(into: &mut [u8], with: &[u8]) {
    for (byte, other) in into.iter_mut().zip(with) {
        *byte ^= other;
    }
}

fn same_tag(expected: &[u8], tag: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(expected, tag).is_ok()
}

pub(super) fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2).map(|b| u16::from_be_bytes([b[0], b[1]]))
}

pub(super) fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]))
}

//! From the DTLS exporter, or a key in a session description, to session keys (RFC 5764 §4.2, RFC 4568, RFC 3711 §4.3,
//! RFC 7714 §11).

use super::cipher::AesCtr;

/// The protection profiles we speak, strongest habit first (RFC 5764 §4.1.2, RFC 7714 §14.2). The last three come only
/// out of session descriptions (RFC 4568 §6.2, RFC 6188): no handshake of ours offers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SrtpProfile {
    /// `SRTP_AEAD_AES_128_GCM`.
    AeadAes128Gcm,
    /// `SRTP_AEAD_AES_256_GCM`.
    AeadAes256Gcm,
    /// `SRTP_AES128_CM_HMAC_SHA1_80`.
    Aes128CmHmacSha1_80,
    /// `AES_CM_128_HMAC_SHA1_32`: a short tag on RTP, the long one on RTCP.
    Aes128CmHmacSha1_32,
    /// `AES_256_CM_HMAC_SHA1_80`.
    Aes256CmHmacSha1_80,
    /// `AES_256_CM_HMAC_SHA1_32`: a short tag on RTP, the long one on RTCP.
    Aes256CmHmacSha1_32,
}

impl SrtpProfile {
    /// What SRTP adds to an RTP packet, in bytes.
    #[must_use]
    pub fn rtp_overhead(self) -> usize {
        match self {
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => 16,
            Self::Aes128CmHmacSha1_80 | Self::Aes256CmHmacSha1_80 => 10,
            Self::Aes128CmHmacSha1_32 | Self::Aes256CmHmacSha1_32 => 4,
        }
    }

    /// What SRTCP adds to a compound RTCP packet, in bytes.
    #[must_use]
    pub fn rtcp_overhead(self) -> usize {
        4 + match self {
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => 16,
            _ => 10,
        }
    }

    /// How many bytes the DTLS exporter must give.
    #[must_use]
    pub fn keying_len(self) -> usize {
        2 * (self.key_len() + self.salt_len())
    }

    pub(super) fn key_len(self) -> usize {
        match self {
            Self::AeadAes128Gcm | Self::Aes128CmHmacSha1_80 | Self::Aes128CmHmacSha1_32 => 16,
            Self::AeadAes256Gcm | Self::Aes256CmHmacSha1_80 | Self::Aes256CmHmacSha1_32 => 32,
        }
    }

    pub(super) fn salt_len(self) -> usize {
        match self {
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => 12,
            _ => 14,
        }
    }
}

/// The keys of both directions, as a DTLS handshake yields them.
#[derive(Debug, Clone)]
pub struct KeyingMaterial {
    /// For packets that the DTLS client sends.
    pub client: MasterKey,
    /// For packets that the DTLS server sends.
    pub server: MasterKey,
}

/// Why keying material could not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{profile:?} needs {} bytes of keying material, {len} were given", profile.keying_len())]
pub struct KeyingError {
    profile: SrtpProfile,
    len: usize,
}

impl KeyingMaterial {
    /// Cuts the exporter's output: client key, server key, client salt, server salt (RFC 5764 §4.2).
    pub fn split(profile: SrtpProfile, exported: &[u8]) -> Result<Self, KeyingError> {
        if exported.len() != profile.keying_len() {
            let len = exported.len();
            return Err(KeyingError { profile, len });
        }
        let (keys, salts) = exported.split_at(2 * profile.key_len());
        let (client_key, server_key) = keys.split_at(profile.key_len());
        let (client_salt, server_salt) = salts.split_at(profile.salt_len());

        Ok(Self {
            client: MasterKey::new(profile, client_key, client_salt),
            server: MasterKey::new(profile, server_key, server_salt),
        })
    }
}

/// Why a key out of a session description could not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{profile:?} needs {needed} bytes of key and salt, {len} were given")]
pub struct MasterKeyError {
    profile: SrtpProfile,
    needed: usize,
    len: usize,
}

/// One direction's master key and salt.
#[derive(Clone)]
pub struct MasterKey {
    profile: SrtpProfile,
    key: [u8; 32],
    // The pseudo-random function wants 14 bytes; a 12-byte salt is followed by zeros (RFC 7714 §11).
    salt: [u8; 14],
}

impl MasterKey {
    /// One direction's key followed by its salt, as a session description carries them (RFC 4568 §6.1).
    pub fn of_description(profile: SrtpProfile, key_and_salt: &[u8]) -> Result<Self, MasterKeyError> {
        let (needed, len) = (profile.key_len() + profile.salt_len(), key_and_salt.len());
        if len != needed {
            return Err(MasterKeyError { profile, needed, len });
        }
        let (key, salt) = key_and_salt.split_at(profile.key_len());
        Ok(Self::new(profile, key, salt))
    }

    /// The key and the salt must have the lengths of the profile.
    fn new(profile: SrtpProfile, key: &[u8], salt: &[u8]) -> Self {
        let mut master = Self { profile, key: [0; 32], salt: [0; 14] };
        master.key[..key.len()].copy_from_slice(key);
        master.salt[..salt.len()].copy_from_slice(salt);
        master
    }

    /// The session keys for RTP.
    pub(super) fn rtp(&self) -> SessionKeys {
        self.derive([0x00, 0x01, 0x02])
    }

    /// The session keys for RTCP.
    pub(super) fn rtcp(&self) -> SessionKeys {
        self.derive([0x03, 0x04, 0x05])
    }

    /// RFC 3711 §4.3.1 with a key derivation rate of zero: labels for encryption, authentication, salt.
    fn derive(&self, labels: [u8; 3]) -> SessionKeys {
        let master = AesCtr::new(&self.key[..self.profile.key_len()]);
        let prf = |label: u8, out: &mut [u8]| {
            let mut iv = [0; 16];
            iv[..14].copy_from_slice(&self.salt);
            iv[7] ^= label;
            out.fill(0);
            master.apply_in_place(iv, out);
        };

        let mut keys = SessionKeys { profile: self.profile, key: [0; 32], auth: [0; 20], salt: [0; 14] };
        prf(labels[0], &mut keys.key[..self.profile.key_len()]);
        prf(labels[1], &mut keys.auth);
        prf(labels[2], &mut keys.salt[..self.profile.salt_len()]);
        keys
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MasterKey").field("profile", &self.profile).finish_non_exhaustive()
    }
}

/// What actually encrypts and authenticates.
pub(super) struct SessionKeys {
    pub(super) profile: SrtpProfile,
    pub(super) key: [u8; 32],
    pub(super) auth: [u8; 20],
    pub(super) salt: [u8; 14],
}

#[cfg(test)]
mod tests {
    use super::super::vectors::hex;
    use super::*;

    #[test]
    fn session_keys_are_those_of_rfc_3711_appendix_b3() {
        let master = MasterKey::new(
            SrtpProfile::Aes128CmHmacSha1_80,
            &hex("E1F97A0D3E018BE0D64FA32C06DE4139"),
            &hex("0EC675AD498AFEEBB6960B3AABE6"),
        );

        let rtp = master.rtp();

        assert_eq!(rtp.key[..16], hex("C61E7A93744F39EE10734AFE3FF7A087"));
        assert_eq!(rtp.salt[..], hex("30CBBC08863D8C85D49DB34A9AE1"));
        assert_eq!(rtp.auth[..], hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"));
    }

    #[test]
    fn exported_material_is_cut_into_keys_then_salts() {
        let exported: Vec<u8> = (0..60).collect();

        let material = KeyingMaterial::split(SrtpProfile::Aes128CmHmacSha1_80, &exported)
            .expect("60 bytes are what the profile needs");

        assert_eq!(material.client.key[..16], exported[..16]);
        assert_eq!(material.server.key[..16], exported[16..32]);
        assert_eq!(material.client.salt[..], exported[32..46]);
        assert_eq!(material.server.salt[..], exported[46..]);
    }

    #[test]
    fn a_key_of_a_description_is_key_then_salt() {
        let inline: Vec<u8> = (0..46).collect();

        let master = MasterKey::of_description(SrtpProfile::Aes256CmHmacSha1_80, &inline).expect("46 bytes");

        assert_eq!(master.key[..], inline[..32]);
        assert_eq!(master.salt[..], inline[32..]);
        let error =
            MasterKey::of_description(SrtpProfile::Aes128CmHmacSha1_32, &inline).expect_err("too long");
        assert_eq!(error.to_string(), "Aes128CmHmacSha1_32 needs 30 bytes of key and salt, 46 were given");
    }

    #[test]
    fn session_keys_of_256_bits_are_those_of_rfc_6188() {
        // RFC 6188 §7.4.
        let master = MasterKey::new(
            SrtpProfile::Aes256CmHmacSha1_80,
            &hex("F0F04914B513F2763A1B1FA130F10E2998F6F6E43E4309D1E622A0E332B9F1B6"),
            &hex("3B04803DE51EE7C96423AB5B78D2"),
        );

        let rtp = master.rtp();

        assert_eq!(rtp.key[..], hex("5BA1064E30EC51613CAD926C5A28EF731EC7FB397F70A960653CAF06554CD8C4"));
        assert_eq!(rtp.salt[..], hex("FA31791685CA444A9E07C6C64E93"));
        assert_eq!(rtp.auth[..], hex("FD9C32D39ED5FBB5A9DC96B30818454D1313DC05"));
    }

    #[test]
    fn keying_material_of_another_length_is_refused() {
        let error = KeyingMaterial::split(SrtpProfile::AeadAes256Gcm, &[0; 56]).expect_err("too short");

        assert_eq!(error.to_string(), "AeadAes256Gcm needs 88 bytes of keying material, 56 were given");
    }

    #[test]
    fn debug_output_shows_no_key() {
        let material = KeyingMaterial::split(SrtpProfile::AeadAes128Gcm, &[0xAB; 56]).expect("right length");

        assert!(!format!("{material:?}").contains("171"));
    }
}

//! From the DTLS exporter to session keys (RFC 5764 §4.2, RFC 3711 §4.3, RFC 7714 §11).

use super::cipher::AesCtr;

/// The protection profiles we speak, strongest habit first (RFC 5764 §4.1.2, RFC 7714 §14.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SrtpProfile {
    /// `SRTP_AEAD_AES_128_GCM`.
    AeadAes128Gcm,
    /// `SRTP_AEAD_AES_256_GCM`.
    AeadAes256Gcm,
    /// `SRTP_AES128_CM_HMAC_SHA1_80`.
    Aes128CmHmacSha1_80,
}

impl SrtpProfile {
    /// What SRTP adds to an RTP packet, in bytes.
    #[must_use]
    pub fn rtp_overhead(self) -> usize {
        match self {
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => 16,
            Self::Aes128CmHmacSha1_80 => 10,
        }
    }

    /// What SRTCP adds to a compound RTCP packet, in bytes.
    #[must_use]
    pub fn rtcp_overhead(self) -> usize {
        4 + self.rtp_overhead()
    }

    /// How many bytes the DTLS exporter must give.
    #[must_use]
    pub fn keying_len(self) -> usize {
        2 * (self.key_len() + self.salt_len())
    }

    pub(super) fn key_len(self) -> usize {
        match self {
            Self::AeadAes128Gcm | Self::Aes128CmHmacSha1_80 => 16,
            Self::AeadAes256Gcm => 32,
        }
    }

    pub(super) fn salt_len(self) -> usize {
        match self {
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => 12,
            Self::Aes128CmHmacSha1_80 => 14,
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

/// One direction's master key and salt.
#[derive(Clone)]
pub struct MasterKey {
    profile: SrtpProfile,
    key: [u8; 32],
    // The pseudo-random function wants 14 bytes; a 12-byte salt is followed by zeros (RFC 7714 §11).
    salt: [u8; 14],
}

impl MasterKey {
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

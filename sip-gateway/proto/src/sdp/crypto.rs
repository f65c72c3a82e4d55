//! SDES: SRTP keys inside the session description (RFC 4568, RFC 6188, RFC 7714).

use std::fmt;

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// One `a=crypto` line whose terms we can keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crypto {
    /// Tells the lines of one section apart; the answer repeats it.
    pub tag: u32,
    /// The ciphers.
    pub suite: Suite,
    /// Master key and salt.
    pub key: Key,
}

impl Crypto {
    /// A line of ours with a key from random bytes, or `None` if they are too few.
    #[must_use]
    pub fn new(tag: u32, suite: Suite, random: &[u8]) -> Option<Self> {
        Some(Self { tag, suite, key: Key(random.get(..suite.key_len())?.to_vec()) })
    }

    /// Reads `<tag> <suite> inline:<key>[|<lifetime>][|<MKI>:<length>] [<parameter>…]`. A line with terms we could not
    /// keep (unknown suite, several keys, an MKI, encryption switched off) is none for us.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let mut words = value.split_ascii_whitespace();
        let tag = words.next()?.parse().ok()?;
        let suite = Suite::parse(words.next()?)?;
        let keys = words.next()?;
        // RFC 4568 §6.3.7: a parameter that does not begin with a dash must be understood.
        let acceptable = |word: &str| {
            word.starts_with('-')
                || word.starts_with("WSH=")
                || word.starts_with("FEC_ORDER=")
                || word == "KDR=0"
        };
        if !words.all(acceptable) {
            return None;
        }

        let (method, info) = keys.split_once(':')?;
        if !method.eq_ignore_ascii_case("inline") || info.contains(';') {
            return None;
        }
        let mut fields = info.split('|');
        let key = BASE64.decode(fields.next()?).ok().filter(|key| key.len() == suite.key_len())?;
        // What remains is a lifetime, which we never live to see, or an MKI, which every packet would have to carry.
        if fields.any(|field| field.contains(':')) {
            return None;
        }
        Some(Self { tag, suite, key: Key(key) })
    }

    /// The value of the line.
    pub(super) fn value(&self) -> String {
        format!("{} {} inline:{}", self.tag, self.suite.name(), BASE64.encode(&self.key.0))
    }
}

/// A master key followed by its master salt.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(pub(super) Vec<u8>);

impl Key {
    /// The bytes, key before salt.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Keys do not belong into logs.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({} bytes)", self.0.len())
    }
}

/// A crypto suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Suite {
    /// AES-GCM with a 256-bit key.
    AeadAes256Gcm,
    /// AES-GCM with a 128-bit key.
    AeadAes128Gcm,
    /// AES-256 counter mode, 80-bit tag.
    Aes256CmHmacSha1_80,
    /// AES-256 counter mode, 32-bit tag.
    Aes256CmHmacSha1_32,
    /// AES-128 counter mode, 80-bit tag: the one every phone has.
    AesCm128HmacSha1_80,
    /// AES-128 counter mode, 32-bit tag.
    AesCm128HmacSha1_32,
}

impl Suite {
    /// All suites, strongest first.
    pub const ALL: [Self; 6] = [
        Self::AeadAes256Gcm,
        Self::AeadAes128Gcm,
        Self::Aes256CmHmacSha1_80,
        Self::Aes256CmHmacSha1_32,
        Self::AesCm128HmacSha1_80,
        Self::AesCm128HmacSha1_32,
    ];

    fn parse(name: &str) -> Option<Self> {
        Some(match name.to_ascii_uppercase().as_str() {
            "AEAD_AES_256_GCM" => Self::AeadAes256Gcm,
            "AEAD_AES_128_GCM" => Self::AeadAes128Gcm,
            // The second spelling is of a draft that phones still carry.
            "AES_256_CM_HMAC_SHA1_80" | "AES_CM_256_HMAC_SHA1_80" => Self::Aes256CmHmacSha1_80,
            "AES_256_CM_HMAC_SHA1_32" | "AES_CM_256_HMAC_SHA1_32" => Self::Aes256CmHmacSha1_32,
            "AES_CM_128_HMAC_SHA1_80" => Self::AesCm128HmacSha1_80,
            "AES_CM_128_HMAC_SHA1_32" => Self::AesCm128HmacSha1_32,
            _ => return None,
        })
    }

    /// Its registered name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AeadAes256Gcm => "AEAD_AES_256_GCM",
            Self::AeadAes128Gcm => "AEAD_AES_128_GCM",
            Self::Aes256CmHmacSha1_80 => "AES_256_CM_HMAC_SHA1_80",
            Self::Aes256CmHmacSha1_32 => "AES_256_CM_HMAC_SHA1_32",
            Self::AesCm128HmacSha1_80 => "AES_CM_128_HMAC_SHA1_80",
            Self::AesCm128HmacSha1_32 => "AES_CM_128_HMAC_SHA1_32",
        }
    }

    /// Bytes of master key and salt together.
    #[must_use]
    pub fn key_len(self) -> usize {
        match self {
            Self::AeadAes256Gcm => 32 + 12,
            Self::AeadAes128Gcm => 16 + 12,
            Self::Aes256CmHmacSha1_80 | Self::Aes256CmHmacSha1_32 => 32 + 14,
            Self::AesCm128HmacSha1_80 | Self::AesCm128HmacSha1_32 => 16 + 14,
        }
    }
}

/// Some phones leave the padding away.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";

    #[test]
    fn the_example_of_the_rfc_is_read_and_written() {
        let line = format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^20 FEC_ORDER=FEC_SRTP");
        let crypto = Crypto::parse(&line).expect("the terms are acceptable");

        assert_eq!((crypto.tag, crypto.suite), (1, Suite::AesCm128HmacSha1_80));
        assert_eq!(crypto.value(), format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}"));
    }

    #[test]
    fn terms_that_we_cannot_keep_make_the_line_void() {
        for line in [
            format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^20|1:4"),
            format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY};inline:{KEY}"),
            format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} UNENCRYPTED_SRTP"),
            format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} KDR=12"),
            format!("1 AES_256_CM_HMAC_SHA1_80 inline:{KEY}"),
            format!("1 F8_128_HMAC_SHA1_80 inline:{KEY}"),
            format!("x AES_CM_128_HMAC_SHA1_80 inline:{KEY}"),
            "1 AES_CM_128_HMAC_SHA1_80 inline:????".to_owned(),
            "1 AES_CM_128_HMAC_SHA1_80".to_owned(),
        ] {
            assert_eq!(Crypto::parse(&line), None, "{line}");
        }
    }

    #[test]
    fn every_suite_is_read_under_its_own_name_and_needs_its_own_key_length() {
        for suite in Suite::ALL {
            let ours = Crypto::new(7, suite, &[0xA5; 46]).expect("bytes enough for any suite");
            assert_eq!(Crypto::parse(&ours.value()), Some(ours.clone()));
            assert_eq!(Crypto::new(7, suite, &[0; 20]), None);
        }
    }

    #[test]
    fn keys_are_not_printed() {
        let crypto = Crypto::new(1, Suite::AeadAes128Gcm, &[42; 46]).expect("bytes enough");
        assert!(format!("{crypto:?}").contains("28 bytes"));
        assert!(!format!("{crypto:?}").contains("42"));
    }
}

//! The whole-packet examples of RFC 7714 §16 and §17, and of libsrtp for the profile that RFC 3711 gives none for.

use super::cipher::AesGcm;
use super::keying::{KeyingMaterial, SessionKeys, SrtpProfile};
use super::{SrtpReceiver, SrtpSender};

const KEY: [u8; 32] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,
    29, 30, 31,
];
const RTP: &str =
    "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573";
const RTCP: &str = "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef";

#[test]
fn rtp_is_sealed_and_opened_as_in_rfc_7714_section_16() {
    for (profile, sealed) in [
        (
            SrtpProfile::AeadAes128Gcm,
            "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152cf765ee4390cce",
        ),
        (
            SrtpProfile::AeadAes256Gcm,
            "8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13",
        ),
    ] {
        let (plain, sealed, keys) = (hex(RTP), hex(sealed), session_keys(profile));
        let mut sender = SrtpSender::with_session_keys(&keys, &keys);
        let mut receiver = SrtpReceiver::with_session_keys(&keys, &keys);
        let mut out = vec![0; sealed.len()];

        sender.protect_rtp(&plain[..12], &plain[12..20], &plain[20..], &mut out).expect("fresh");
        assert_eq!(out, sealed);
        let len = receiver.unprotect_rtp(&mut out).expect("authentic");
        assert_eq!(out[..len], plain);
    }
}

#[test]
fn rtcp_is_sealed_and_opened_as_in_rfc_7714_section_17() {
    for (profile, sealed) in [
        (
            SrtpProfile::AeadAes128Gcm,
            "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275bc84aa45896cf4d2fc5abf87245d9eade800005d4",
        ),
        (
            SrtpProfile::AeadAes256Gcm,
            "81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de0476f1b6fad1d1eb30c4446839f57ff6f6cb26ac3be800005d4",
        ),
    ] {
        let (plain, sealed, keys) = (hex(RTCP), hex(sealed), session_keys(profile));
        let mut sender = SrtpSender::with_session_keys(&keys, &keys);
        let mut receiver = SrtpReceiver::with_session_keys(&keys, &keys);
        let mut out = vec![0; sealed.len()];

        for _ in 0..=0x5d4 {
            sender.protect_rtcp(&plain, &mut out).expect("room");
        }
        assert_eq!(out, sealed);
        let len = receiver.unprotect_rtcp(&mut out).expect("authentic");
        assert_eq!(out[..len], plain);
    }
}

#[test]
fn a_packet_that_is_only_tagged_gets_the_tag_of_rfc_7714_section_17_3() {
    let packet = [hex(RTCP), hex("000005d4")].concat();
    let mut tag = [0; 16];

    AesGcm::new(&KEY[..16]).seal(
        &hex("517524055203726f207170bb").try_into().expect("a nonce"),
        &packet,
        &[],
        &mut tag,
    );

    assert_eq!(tag[..], hex("841dd9683dd78ec92ae58790125f62b3"));
}

#[test]
fn rtp_is_protected_as_libsrtp_does_under_aes_cm_128_hmac_sha1_80() {
    let master = hex("e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6");
    let exported = [&master[..16], &[0; 16], &master[16..], &[0; 14]].concat();
    let keys = KeyingMaterial::split(SrtpProfile::Aes128CmHmacSha1_80, &exported).expect("right length");
    let plain = hex("800f1234decafbadcafebabeabababababababababababababababab");
    let mut sender = SrtpSender::new(&keys.client);
    let mut receiver = SrtpReceiver::new(&keys.client);
    let mut out = vec![0; plain.len() + 10];

    sender.protect_rtp(&plain[..12], &[], &plain[12..], &mut out).expect("fresh");
    assert_eq!(out, hex("800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb"));
    let len = receiver.unprotect_rtp(&mut out).expect("authentic");
    assert_eq!(out[..len], plain);
}

fn session_keys(profile: SrtpProfile) -> SessionKeys {
    let mut salt = [0; 14];
    salt[..12].copy_from_slice(b"Quid pro quo");
    SessionKeys { profile, key: KEY, auth: [0; 20], salt }
}

/// Some keys for tests that need no particular ones.
pub(super) fn material(profile: SrtpProfile) -> KeyingMaterial {
    let exported: Vec<u8> = (0..profile.keying_len() as u8).map(|byte| byte.wrapping_mul(37)).collect();
    KeyingMaterial::split(profile, &exported).expect("right length")
}

/// A bare RTP header.
pub(super) fn rtp_header(ssrc: u32, seq: u16) -> [u8; 12] {
    let mut header = [0x80, 96, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0];
    header[2..4].copy_from_slice(&seq.to_be_bytes());
    header[8..].copy_from_slice(&ssrc.to_be_bytes());
    header
}

/// The bytes that hexadecimal digits stand for.
pub(super) fn hex(digits: &str) -> Vec<u8> {
    let nibble = |c: u8| (c as char).to_digit(16).expect("a hexadecimal digit") as u8;
    digits.as_bytes().chunks(2).map(|pair| nibble(pair[0]) << 4 | nibble(pair[1])).collect()
}

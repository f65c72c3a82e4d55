//! Descriptions that nobody means well: each is an error, none a panic, none takes long.

use super::*;

fn refusal(text: &str) -> SdpError {
    Offer::parse(text, &Limits::default()).expect_err("a refusal")
}

#[test]
fn what_is_no_description_is_refused() {
    for text in
        ["", "\r\n\r\n", "v=1\r\n", "hello", "{\"sdp\": 1}", "m=audio 9 UDP/TLS/RTP/SAVPF 0", "\u{feff}v=0"]
    {
        assert!(matches!(refusal(text), SdpError::NotSdp | SdpError::Malformed(1)), "{text:?}");
    }
}

#[test]
fn thousands_of_sections_are_refused() {
    let mut text = "v=0\r\n".to_owned();
    for mid in 0..5_000 {
        text += &format!("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:{mid}\r\n");
    }

    assert_eq!(refusal(&text), SdpError::TooManySections(512));
}

#[test]
fn thousands_of_attributes_are_refused() {
    let many = "a=ssrc:1 cname:x\r\n".repeat(513);

    assert_eq!(refusal(&format!("{CHROMIUM_JOIN}{many}")), SdpError::TooManyAttributes(512));
    assert_eq!(refusal(&format!("v=0\r\n{many}")), SdpError::TooManyAttributes(512));
}

#[test]
fn giant_attributes_are_refused() {
    let giant = format!("{CHROMIUM_JOIN}a=fmtp:96 {}\r\n", "x".repeat(100_000));
    assert!(matches!(refusal(&giant), SdpError::LineTooLong { .. }));

    let bytes = 2 * 1024 * 1024;
    assert_eq!(refusal(&"v".repeat(bytes)), SdpError::TooLong { bytes, limit: 1024 * 1024 });
}

#[test]
fn payload_types_that_do_not_exist_are_refused() {
    for (from, to) in [
        ("SAVPF 111", "SAVPF 300"),
        ("SAVPF 111", "SAVPF opus"),
        ("a=rtpmap:111", "a=rtpmap:300"),
        ("a=fmtp:111", "a=fmtp:-1"),
        ("a=rtcp-fb:111", "a=rtcp-fb:128"),
        ("a=extmap:1 ", "a=extmap:one "),
    ] {
        let text = CHROMIUM_JOIN.replacen(from, to, 1);
        assert_ne!(text, CHROMIUM_JOIN);
        assert!(matches!(refusal(&text), SdpError::Malformed(_)), "{to}");
    }
}

#[test]
fn payload_types_that_would_be_taken_for_rtcp_are_not_used() {
    let text = CHROMIUM_JOIN.replace("SAVPF 111", "SAVPF 72").replace(":111 ", ":72 ");

    let answer = session(&text).answer(&local()).sdp;

    assert_eq!(section(&answer, "0")[0], "audio 0 UDP/TLS/RTP/SAVPF 72");
}

#[test]
fn a_retransmission_of_a_payload_type_beyond_the_table_repairs_nothing() {
    let text = CHROMIUM_PUBLISH.replace("apt=96", "apt=9999999999999999999");

    assert_eq!(session(&text).up("8").unwrap().codecs[0].rtx, None);
}

#[test]
fn nuls_and_other_control_characters_are_refused() {
    assert!(matches!(refusal(&CHROMIUM_JOIN.replacen("opus", "op\0us", 1)), SdpError::Malformed(_)));
    assert!(matches!(refusal(&CHROMIUM_JOIN.replacen("opus", "op\u{1b}us", 1)), SdpError::Malformed(_)));
}

#[test]
fn mids_must_be_short_and_differ() {
    let long = CHROMIUM_JOIN.replace("a=mid:0", "a=mid:seventeen-letters");
    assert!(matches!(refusal(&long), SdpError::Malformed(_)));

    let twice = CHROMIUM_JOIN.replace("a=mid:1\r\n", "a=mid:0\r\n");
    assert_eq!(refusal(&twice), SdpError::DuplicateMid("0".to_owned()));
}

#[test]
fn a_transport_needs_credentials_and_a_fingerprint_that_we_can_check() {
    assert_eq!(refusal(&CHROMIUM_JOIN.replace("a=ice-ufrag:lQ7m\r\n", "")), SdpError::NoIceCredentials);
    assert_eq!(refusal(&CHROMIUM_JOIN.replace("lQ7m", "lQ7")), SdpError::IceCredentials);
    assert_eq!(refusal(&CHROMIUM_JOIN.replace("lQ7m", "l<7m")), SdpError::IceCredentials);
    assert_eq!(refusal(&CHROMIUM_JOIN.replace("sha-256", "sha-1")), SdpError::NoFingerprint);
    assert!(matches!(refusal(&CHROMIUM_JOIN.replace("sha-256 7B:", "sha-256 7G:")), SdpError::Malformed(_)));
    assert!(matches!(refusal(&CHROMIUM_JOIN.replace("sha-256 7B:", "sha-256 ")), SdpError::Malformed(_)));
    assert_eq!(refusal(&CHROMIUM_JOIN.replace("actpass", "passive")), SdpError::DtlsRole);
}

#[test]
fn a_flood_of_simulcast_layers_is_refused() {
    let rids: Vec<String> = (0..100).map(|rid| rid.to_string()).collect();
    let text = CHROMIUM_PUBLISH.replace("send q;h;f", &format!("send {}", rids.join(";")));
    assert!(matches!(refusal(&text), SdpError::Malformed(_)));

    let text = CHROMIUM_PUBLISH.replace("send q;h;f", "send q\u{1F4A9};h");
    assert!(matches!(refusal(&text), SdpError::Malformed(_)));
}

#[test]
fn truncated_descriptions_are_read_or_refused() {
    for text in [CHROMIUM_PUBLISH, FIREFOX_PUBLISH, SAFARI] {
        for end in (0..text.len()).step_by(61) {
            survive(&text[..end]);
        }
    }
}

#[test]
fn mutated_descriptions_are_read_or_refused() {
    let replacements = ["", "\0", "\n", "=", ":", " ", "-1", "99999999999", "é", "a=mid:", "/", ";"];
    for text in [CHROMIUM_PUBLISH, FIREFOX_PUBLISH] {
        for (number, at) in (0..text.len()).step_by(53).enumerate() {
            let mut mutated = text.to_owned();
            mutated.replace_range(at..=at, replacements[number % replacements.len()]);
            survive(&mutated);
        }
    }
}

/// Goes all the way to an answer if the text can be read.
fn survive(text: &str) {
    let Ok(offer) = Offer::parse(text, &Limits::default()) else { return };
    let mut session = AnsweringSession::new(u64::MAX);
    session.handle_offer(offer).expect("a first offer takes nothing away");
    let _ = session.fill(camera("TR_cam"));
    let _ = session.fill(microphone("TR_mic"));
    session.answer(&local());
    let _ = RemoteAnswer::parse(text, &Limits::default());
}

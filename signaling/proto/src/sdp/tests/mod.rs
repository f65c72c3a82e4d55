//! Whole descriptions of the clients there are, and what comes of them.

mod absurd;
mod answering;
mod audio;
mod offering;
mod profiles;
mod witness;

use super::*;

const CHROMIUM_JOIN: &str = include_str!("../testdata/chromium_join.sdp");
const CHROMIUM_PUBLISH: &str = include_str!("../testdata/chromium_publish.sdp");
const CHROMIUM_SCREEN: &str = include_str!("../testdata/chromium_screen.sdp");
const FIREFOX_PUBLISH: &str = include_str!("../testdata/firefox_publish.sdp");
const NATIVE_JOIN: &str = include_str!("../testdata/native_join.sdp");
const SAFARI: &str = include_str!("../testdata/safari.sdp");

const MICROPHONE: &str = "8f0f3d2b-6d4f-4a8e-bb1a-0e5b6c7d8e9f";
const CAMERA: &str = "5c2a0a52-7f5d-4b8e-8a31-77f0c1ce9d10";

fn offer(text: &str) -> Offer {
    Offer::parse(text, &Limits::default()).expect("a good offer")
}

fn session(text: &str) -> AnsweringSession {
    let mut session = AnsweringSession::new(1);
    session.handle_offer(offer(text)).expect("a first offer");
    session
}

fn local() -> LocalTransport {
    LocalTransport {
        ice: IceCredentials { ufrag: "ours".to_owned(), pwd: "0123456789abcdefghijkl".to_owned() },
        fingerprint: Fingerprint([0xAB; 32]),
        candidates: vec![
            Candidate { address: "192.0.2.1:7882".parse().unwrap(), tcp: false },
            Candidate { address: "[2001:db8::1]:7881".parse().unwrap(), tcp: true },
        ],
    }
}

fn vp8() -> Codec {
    Codec {
        payload_type: 96,
        rtx: Some(97),
        mime: Mime::Vp8,
        clock_rate: 90_000,
        fmtp: String::new(),
        feedback: Feedback { nack: true, pli: true, fir: true, transport_cc: true, remb: false },
    }
}

fn microphone(track_sid: &str) -> DownMedia {
    DownMedia {
        kind: MediaKind::Audio,
        participant_sid: "PA_alice".to_owned(),
        track_sid: track_sid.to_owned(),
        stream: "camera".to_owned(),
        codecs: vec![Codec::opus()],
        stereo: false,
        ssrc: 1001,
        rtx_ssrc: 1002,
    }
}

fn camera(track_sid: &str) -> DownMedia {
    DownMedia {
        kind: MediaKind::Video,
        codecs: vec![vp8()],
        ssrc: 2001,
        rtx_ssrc: 2002,
        ..microphone(track_sid)
    }
}

/// The lines of the section with a mid.
fn section<'a>(sdp: &'a str, mid: &str) -> Vec<&'a str> {
    let line = format!("a=mid:{mid}");
    let sections = sdp.split("\r\nm=").skip(1);
    let mut found = sections.map(|text| text.split("\r\n").collect::<Vec<_>>());
    found.find(|lines| lines.contains(&line.as_str())).expect("the section")
}

fn mimes(codecs: &[Codec]) -> Vec<(Mime, u8)> {
    codecs.iter().map(|codec| (codec.mime, codec.payload_type)).collect()
}

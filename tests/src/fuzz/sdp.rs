//! Session descriptions that clients send.

use signaling_proto::sdp::{
    AnsweringSession, Candidate, Codec, DownMedia, Fingerprint, IceCredentials, Limits, LocalTransport,
    MediaKind, Offer, OfferingSession, RemoteAnswer, SdpError,
};

/// An offer, answered with and without a track of ours, and made a second time.
pub(super) fn offer(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let limits = Limits::default();
    let mut session = AnsweringSession::new(1);
    let Ok(offer) = Offer::parse(&text, &limits) else { return };
    if session.handle_offer(offer).is_err() {
        return;
    }
    let _ = session.fill(voice());
    let answer = session.answer(&local());

    let again = Offer::parse(&text, &limits).expect("what was read once can be read again");
    assert!(session.handle_offer(again).is_ok(), "the same offer again changes nothing: {text:?}");
    let _ = session.answer(&local());
    // Ours says that we wait for DTLS; as the far side's it would have to say that it begins.
    let turned = answer.sdp.replace("a=setup:passive", "a=setup:active");
    match RemoteAnswer::parse(&turned, &limits) {
        // Nothing was offered that we could take.
        Ok(_) | Err(SdpError::NoIceCredentials) => {}
        Err(error) => panic!("we cannot read what we write: {error}: {turned:?}"),
    }
}

/// An answer to an offer of ours with one track in it.
pub(super) fn answer(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let limits = Limits::default();
    let mut session = OfferingSession::new(1, &limits);
    session.add(voice()).expect("room for the first track");
    let offer = session.offer(&local()).expect("no other offer is under way");
    let Ok(answer) = RemoteAnswer::parse(&text, &limits) else { return };

    if session.handle_answer(offer.id, answer).is_ok() {
        session.add(voice()).expect("room for a second track");
        assert!(session.offer(&local()).is_some(), "the next offer can be made");
    }
}

fn voice() -> DownMedia {
    DownMedia {
        kind: MediaKind::Audio,
        participant_sid: "PA_fuzz".into(),
        track_sid: "TR_fuzz".into(),
        stream: "camera".into(),
        codecs: vec![Codec::opus()],
        stereo: false,
        ssrc: 1001,
        rtx_ssrc: 1002,
    }
}

fn local() -> LocalTransport {
    LocalTransport {
        ice: IceCredentials { ufrag: "ours".into(), pwd: "0123456789abcdefghijkl".into() },
        fingerprint: Fingerprint([0xAB; 32]),
        candidates: vec![Candidate { address: ([192, 0, 2, 1], 7882).into(), tcp: false }],
    }
}

//! Another stack, `str0m`, reads what we write and writes what we read.

use std::time::Instant;

use str0m::{
    Rtc, RtcConfig,
    change::{SdpAnswer, SdpOffer},
    media::{Direction, MediaKind as Kind, Simulcast, SimulcastLayer},
};

use super::*;

#[test]
fn str0m_takes_our_answers_over_renegotiations() {
    let mut client = client();
    let mut session = AnsweringSession::new(7);

    let mut change = client.sdp_api();
    let layers = ["q", "h", "f"].map(SimulcastLayer::new).to_vec();
    let simulcast = Simulcast { send: layers, recv: Vec::new() };
    change.add_media(Kind::Video, Direction::SendOnly, None, Some("cam".to_owned()), Some(simulcast));
    change.add_media(Kind::Audio, Direction::SendOnly, None, Some("mic".to_owned()), None);
    change.add_media(Kind::Video, Direction::RecvOnly, None, None, None);
    change.add_media(Kind::Audio, Direction::RecvOnly, None, None, None);
    change.add_channel("_reliable".to_owned());
    let (text, pending) = change.apply().unwrap();
    let changes = session.handle_offer(offer(&text.to_sdp_string())).unwrap();
    assert!(changes.data);
    let cids: Vec<_> = changes.published.iter().map(|up| up.cid.as_str()).collect();
    assert_eq!(cids, ["cam", "mic"]);
    assert_eq!(changes.published[0].encodings.len(), 3);
    let slot = session.fill(camera("TR_cam")).unwrap();
    let answer = session.answer(&local());
    client.sdp_api().accept_answer(pending, parse(&answer.sdp)).unwrap();
    assert_eq!(client.media(slot.as_str().into()).unwrap().direction(), Direction::RecvOnly);

    session.empty(&slot);
    let mut change = client.sdp_api();
    change.add_media(Kind::Video, Direction::RecvOnly, None, None, None);
    let (text, pending) = change.apply().unwrap();
    session.handle_offer(offer(&text.to_sdp_string())).unwrap();
    let answer = session.answer(&local());
    client.sdp_api().accept_answer(pending, parse(&answer.sdp)).unwrap();
    assert_eq!(session.free_slots(MediaKind::Video), 2);
}

#[test]
fn str0m_answers_our_offers_over_renegotiations() {
    let mut client = client();
    let mut session = OfferingSession::new(7, &Limits::default());

    let mid = session.add(camera("TR_cam")).unwrap();
    session.add(microphone("TR_mic")).unwrap();
    assert_eq!(exchange(&mut session, &mut client).accepted.len(), 2);
    assert_eq!(client.media(mid.as_str().into()).unwrap().direction(), Direction::RecvOnly);

    session.remove(&mid);
    assert_eq!(exchange(&mut session, &mut client).refused, []);

    session.add(camera("TR_two")).unwrap();
    session.add(camera("TR_three")).unwrap();
    assert_eq!(exchange(&mut session, &mut client).accepted.len(), 2);
}

fn exchange(session: &mut OfferingSession, client: &mut Rtc) -> AnswerChanges {
    let offer = session.offer(&local()).unwrap();
    // Left the choice, str0m would be the DTLS server; every SDK's stack would be the client.
    let read = SdpOffer::from_sdp_string(&offer.sdp.replace("setup:actpass", "setup:passive")).unwrap();
    let answer = client.sdp_api().accept_offer(read).unwrap().to_sdp_string();
    let answer = RemoteAnswer::parse(&answer, &Limits::default()).unwrap();
    session.handle_answer(offer.id, answer).unwrap()
}

fn parse(answer: &str) -> SdpAnswer {
    SdpAnswer::from_sdp_string(answer).unwrap()
}

fn client() -> Rtc {
    RtcConfig::new().enable_h264(true).build(Instant::now())
}

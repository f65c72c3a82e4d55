//! What we offer, and what comes of the answers.

use super::*;

#[test]
fn the_first_offer_has_the_data_channels_and_the_tracks_that_are_there() {
    let mut session = OfferingSession::new(1, &Limits::default());
    let mid = session.add(camera("TR_cam")).unwrap();

    let offer = session.offer(&local()).unwrap();

    assert_eq!((offer.id, offer.mid_to_track_id[&mid].as_str()), (1, "TR_cam"));
    let data = section(&offer.sdp, "0");
    assert!(data.contains(&"a=setup:actpass") && data.contains(&"a=end-of-candidates"));
    let lines = section(&offer.sdp, &mid);
    assert_eq!(lines[0], "video 9 UDP/TLS/RTP/SAVPF 96 97");
    assert!(lines.contains(&"a=sendonly") && lines.contains(&"a=msid:PA_alice|camera TR_cam"));
}

#[test]
fn one_offer_is_under_way_at_a_time() {
    let mut session = OfferingSession::new(1, &Limits::default());
    let first = session.offer(&local()).unwrap();
    session.add(camera("TR_late")).unwrap();
    assert!(!session.needs_offer());
    assert_eq!(session.offer(&local()), None);

    let changes = session.handle_answer(first.id, answer_to(&first.sdp)).unwrap();

    assert_eq!(changes.accepted, []);
    assert!(session.needs_offer());
    assert_eq!(session.offer(&local()).unwrap().id, 2);
}

#[test]
fn an_accepted_track_can_flow() {
    let mut session = OfferingSession::new(1, &Limits::default());
    let mid = session.add(camera("TR_cam")).unwrap();
    assert_eq!(session.down(&mid), None);
    let offer = session.offer(&local()).unwrap();

    let changes = session.handle_answer(offer.id, answer_to(&offer.sdp)).unwrap();

    let [accepted] = &changes.accepted[..] else { panic!("{changes:?}") };
    assert_eq!((accepted.mid.as_str(), accepted.track_sid.as_str()), (mid.as_str(), "TR_cam"));
    assert_eq!((mimes(&accepted.codecs), accepted.codecs[0].rtx), (vec![(Mime::Vp8, 96)], Some(97)));
    assert_eq!(accepted.extensions[&Extension::TransportCc], 5);
    assert!(!accepted.extensions.contains_key(&Extension::AbsSendTime));
    assert!(!session.needs_offer());
}

#[test]
fn a_section_is_closed_and_recycled_under_another_mid() {
    let mut session = OfferingSession::new(1, &Limits::default());
    let first = session.add(camera("TR_one")).unwrap();
    exchange(&mut session);

    assert_eq!(session.remove(&first).unwrap().track_sid, "TR_one");
    assert!(session.needs_offer());
    let offer = session.offer(&local()).unwrap();
    assert_eq!(section(&offer.sdp, &first)[0], "video 0 UDP/TLS/RTP/SAVPF 0");
    session.handle_answer(offer.id, answer_to(&offer.sdp)).unwrap();

    let second = session.add(microphone("TR_two")).unwrap();
    assert_ne!(second, first);
    let offer = session.offer(&local()).unwrap();
    assert_eq!(offer.sdp.matches("\r\nm=").count(), 2, "in the place of the first");
    assert_eq!(session.handle_answer(offer.id, answer_to(&offer.sdp)).unwrap().accepted.len(), 1);
}

#[test]
fn a_section_is_not_recycled_before_the_client_knows_that_it_is_closed() {
    let mut session = OfferingSession::new(1, &Limits::default());
    let first = session.add(camera("TR_one")).unwrap();
    exchange(&mut session);
    session.remove(&first);

    session.add(camera("TR_two")).unwrap();

    assert_eq!(session.offer(&local()).unwrap().sdp.matches("\r\nm=").count(), 3);
}

#[test]
fn a_track_removed_while_its_offer_is_under_way_is_closed_by_the_next() {
    let mut session = OfferingSession::new(1, &Limits::default());
    let mid = session.add(camera("TR_cam")).unwrap();
    let offer = session.offer(&local()).unwrap();
    session.remove(&mid);

    let changes = session.handle_answer(offer.id, answer_to(&offer.sdp)).unwrap();

    assert_eq!(changes.accepted, []);
    assert!(session.needs_offer());
    let offer = session.offer(&local()).unwrap();
    assert_eq!(section(&offer.sdp, &mid)[0], "video 0 UDP/TLS/RTP/SAVPF 0");
}

#[test]
fn a_track_that_the_client_refuses_comes_back() {
    let mut session = OfferingSession::new(1, &Limits::default());
    session.add(camera("TR_cam")).unwrap();
    let offer = session.offer(&local()).unwrap();
    let answer = parse_answer(&answer_text(&offer.sdp).replace("m=video 9", "m=video 0"));

    let changes = session.handle_answer(offer.id, answer).unwrap();

    assert_eq!(changes.refused[0].track_sid, "TR_cam");
    assert!(!session.needs_offer(), "the answer closed the section");
}

#[test]
fn an_ice_restart_offers_new_credentials_for_the_same_tracks() {
    let mut session = OfferingSession::new(1, &Limits::default());
    session.add(camera("TR_cam")).unwrap();
    let lost = session.offer(&local()).unwrap();
    session.abandon_offer();
    session.force_offer();
    let mut fresh = local();
    fresh.ice.ufrag = "anew".to_owned();

    let offer = session.offer(&fresh).unwrap();

    assert!(offer.sdp.contains("a=ice-ufrag:anew") && !offer.sdp.contains("a=ice-ufrag:ours"));
    let late = session.handle_answer(lost.id, answer_to(&lost.sdp));
    assert_eq!(late, Err(SdpError::StaleAnswer { answered: 1, awaited: 2 }));
    assert_eq!(session.handle_answer(offer.id, answer_to(&offer.sdp)).unwrap().accepted.len(), 1);
}

#[test]
fn an_answer_that_fits_no_offer_is_an_error() {
    let mut session = OfferingSession::new(1, &Limits::default());
    session.add(camera("TR_cam")).unwrap();
    let offer = session.offer(&local()).unwrap();
    let good = answer_to(&offer.sdp);

    let short = RemoteAnswer { sections: good.sections[..1].to_vec(), ..good.clone() };
    assert_eq!(session.handle_answer(1, short), Err(SdpError::AnswerMismatch));
    let wrong_mid = parse_answer(
        &answer_text(&offer.sdp).replace("a=mid:1", "a=mid:x").replace("BUNDLE 0 1", "BUNDLE 0 x"),
    );
    assert_eq!(session.handle_answer(1, wrong_mid), Err(SdpError::AnswerMismatch));

    assert!(session.handle_answer(1, good.clone()).is_ok());
    assert_eq!(session.handle_answer(1, good), Err(SdpError::UnexpectedAnswer));
}

#[test]
fn an_answer_from_a_dtls_server_is_refused() {
    let mut session = OfferingSession::new(1, &Limits::default());
    let offer = session.offer(&local()).unwrap();
    let text = answer_text(&offer.sdp).replace("setup:active", "setup:passive");

    assert_eq!(RemoteAnswer::parse(&text, &Limits::default()), Err(SdpError::DtlsRole));
}

#[test]
fn sections_are_bounded() {
    let mut session = OfferingSession::new(1, &Limits { sections: 3, ..Limits::default() });
    session.add(camera("TR_1")).unwrap();
    session.add(camera("TR_2")).unwrap();

    assert_eq!(session.add(camera("TR_3")), Err(FillError::TooManySections(3)));
}

fn exchange(session: &mut OfferingSession) -> AnswerChanges {
    let offer = session.offer(&local()).unwrap();
    session.handle_answer(offer.id, answer_to(&offer.sdp)).unwrap()
}

fn answer_to(offer: &str) -> RemoteAnswer {
    parse_answer(&answer_text(offer))
}

fn parse_answer(text: &str) -> RemoteAnswer {
    RemoteAnswer::parse(text, &Limits::default()).unwrap()
}

/// What an obliging client says.
fn answer_text(offer: &str) -> String {
    offer
        .replace("a=ice-lite\r\n", "")
        .replace("setup:actpass", "setup:active")
        .replace("a=sendonly", "a=recvonly")
        .replace("a=ice-ufrag:ours", "a=ice-ufrag:mine")
        .lines()
        .filter(|line| {
            !line.starts_with("a=ssrc") && !line.starts_with("a=msid:") && !line.starts_with("a=cand")
        })
        .map(|line| format!("{line}\r\n"))
        .collect()
}

//! What we answer.

use super::*;

#[test]
fn a_browser_that_joins_brings_six_free_slots_and_data_channels() {
    let mut session = AnsweringSession::new(1);

    let changes = session.handle_offer(offer(CHROMIUM_JOIN)).unwrap();

    assert_eq!(changes.transport.unwrap().ice.ufrag, "lQ7m");
    assert!(changes.data && !changes.ice_restart);
    assert_eq!(changes.published, []);
    assert_eq!(session.free_slots(MediaKind::Audio), 3);
    assert_eq!(session.free_slots(MediaKind::Video), 3);
}

#[test]
fn the_first_answer_accepts_rids_on_idle_video_sections() {
    for text in [CHROMIUM_JOIN, NATIVE_JOIN] {
        let answer = session(text).answer(&local()).sdp;

        let video = section(&answer, "4");
        assert!(video.contains(&"a=inactive"));
        assert!(video.contains(&"a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"));
        assert!(video.contains(&"a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"));
        assert!(!answer.contains("a=msid:"), "an idle section names no stream");
    }
}

#[test]
fn an_answer_is_one_bundle_on_a_lite_and_passive_transport() {
    let answer = session(CHROMIUM_JOIN).answer(&local()).sdp;

    assert!(
        answer.starts_with(
            "v=0\r\no=- 0 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2 3 4 5 6\r\n"
        )
    );
    assert!(answer.contains("\r\na=ice-lite\r\n") && answer.contains("\r\na=extmap-allow-mixed\r\n"));
    let lead = section(&answer, "0");
    assert!(lead.contains(&"a=setup:passive") && lead.contains(&"a=ice-ufrag:ours"));
    assert!(lead.contains(&"a=candidate:1 1 udp 2130706431 192.0.2.1 7882 typ host"));
    assert!(lead.contains(&"a=candidate:2 1 tcp 1526726399 2001:db8::1 7881 typ host tcptype passive"));
    assert!(lead.contains(&"a=end-of-candidates"));
    assert_eq!(answer.matches("a=candidate").count(), 2, "only where the bundle is led");
    let data = section(&answer, "6");
    assert_eq!(data[0], "application 9 UDP/DTLS/SCTP webrtc-datachannel");
    assert!(data.contains(&"a=sctp-port:5000") && data.contains(&"a=max-message-size:65535"));
}

#[test]
fn a_simulcast_camera_and_a_microphone_are_published() {
    let mut session = session(CHROMIUM_JOIN);

    let changes = session.handle_offer(offer(CHROMIUM_PUBLISH)).unwrap();

    let [microphone, camera] = &changes.published[..] else { panic!("{:?}", changes.published) };
    assert_eq!((microphone.mid.as_str(), microphone.cid.as_str()), ("7", MICROPHONE));
    assert_eq!(mimes(&microphone.codecs), [(Mime::Opus, 111)]);
    assert_eq!(microphone.encodings, [Encoding { ssrc: Some(2_911_745_032), ..Encoding::default() }]);
    assert_eq!((camera.mid.as_str(), camera.cid.as_str()), ("8", CAMERA));
    assert_eq!(mimes(&camera.codecs), [(Mime::Vp8, 96)]);
    assert_eq!(camera.codecs[0].rtx, Some(97));
    assert_eq!(camera.extensions[&Extension::RepairedRid], 11);
    let rids: Vec<_> = camera.encodings.iter().filter_map(|encoding| encoding.rid.as_deref()).collect();
    assert_eq!(rids, ["q", "h", "f"]);

    let answer = session.answer(&local()).sdp;
    let lines = section(&answer, "8");
    assert_eq!(lines[0], "video 9 UDP/TLS/RTP/SAVPF 96 97");
    for line in ["a=recvonly", "a=rid:q recv", "a=rid:h recv", "a=rid:f recv", "a=simulcast:recv q;h;f"] {
        assert!(lines.contains(&line), "{line}");
    }
    for feedback in ["transport-cc", "ccm fir", "nack", "nack pli"] {
        assert!(lines.contains(&format!("a=rtcp-fb:96 {feedback}").as_str()), "{feedback}");
    }
    assert!(!answer.contains("goog-remb") && !answer.contains("abs-send-time"), "transport-cc does both");
    let described = |mid| section(&answer, mid).iter().any(|line| line.contains("dependency-descriptor"));
    assert!(!described("8"), "nobody needs it of VP8");
    assert!(described("3"), "AV1 may come there");
}

#[test]
fn a_screen_without_simulcast_is_known_by_its_ssrcs() {
    let mut session = session(CHROMIUM_PUBLISH);

    let changes = session.handle_offer(offer(CHROMIUM_SCREEN)).unwrap();

    let [screen] = &changes.published[..] else { panic!("{:?}", changes.published) };
    let encoding = Encoding { rid: None, ssrc: Some(1_358_024_917), rtx_ssrc: Some(3_340_121_095) };
    assert_eq!(screen.encodings, [encoding]);
}

#[test]
fn an_offer_that_changes_nothing_reports_nothing() {
    let mut session = session(CHROMIUM_PUBLISH);

    let changes = session.handle_offer(offer(CHROMIUM_PUBLISH)).unwrap();

    assert_eq!((changes.published, changes.ended, changes.ice_restart), (vec![], vec![], false));
}

#[test]
fn what_add_track_says_shows_in_the_answer_whether_it_comes_before_or_after_the_offer() {
    let options = UpOptions { codec: Some(Mime::H264), ..UpOptions::default() };
    let speech = UpOptions { dtx: true, red: true, ..UpOptions::default() };
    let music = UpOptions { stereo: true, ..UpOptions::default() };

    let mut session = session(CHROMIUM_JOIN);
    session.set_up_options(CAMERA, options);
    session.set_up_options(MICROPHONE, speech);
    session.handle_offer(offer(CHROMIUM_PUBLISH)).unwrap();
    let camera = session.up("8").unwrap();
    assert_eq!(mimes(&camera.codecs), [(Mime::H264, 109), (Mime::Vp8, 96)], "constrained baseline, mode 1");
    assert_eq!(mimes(&session.up("7").unwrap().codecs), [(Mime::Opus, 111), (Mime::Red, 63)]);
    let answer = session.answer(&local()).sdp;
    assert!(section(&answer, "7").contains(&"a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1"));
    assert!(section(&answer, "7").contains(&"a=fmtp:63 111/111"));

    session.set_up_options(MICROPHONE, music);
    let answer = session.answer(&local()).sdp;
    let lines = section(&answer, "7");
    assert_eq!(lines[0], "audio 9 UDP/TLS/RTP/SAVPF 111");
    assert!(lines.contains(&"a=fmtp:111 minptime=10;useinbandfec=1;stereo=1;maxaveragebitrate=510000"));
}

#[test]
fn scalable_codecs_get_the_dependency_descriptor() {
    let mut session = session(CHROMIUM_JOIN);
    session.set_up_options(CAMERA, UpOptions { codec: Some(Mime::Vp9), ..UpOptions::default() });
    session.handle_offer(offer(CHROMIUM_PUBLISH)).unwrap();

    let camera = session.up("8").unwrap();

    assert_eq!(mimes(&camera.codecs), [(Mime::Vp9, 98), (Mime::Vp8, 96)], "profile 0 only");
    assert_eq!(camera.extensions[&Extension::DependencyDescriptor], 12);
}

#[test]
fn a_filled_slot_is_answered_sendonly_with_the_track_in_its_msid() {
    let mut session = session(CHROMIUM_JOIN);
    let video = session.fill(camera("TR_cam")).unwrap();
    let audio = session.fill(microphone("TR_mic")).unwrap();
    assert!(session.needs_offer());
    session.handle_offer(offer(CHROMIUM_JOIN)).unwrap();

    let answer = session.answer(&local());

    assert!(!session.needs_offer());
    assert_eq!(answer.mid_to_track_id[&video], "TR_cam");
    assert_eq!(answer.mid_to_track_id[&audio], "TR_mic");
    let lines = section(&answer.sdp, &video);
    for line in [
        "video 9 UDP/TLS/RTP/SAVPF 96 97",
        "a=sendonly",
        "a=msid:PA_alice|camera TR_cam",
        "a=ssrc-group:FID 2001 2002",
        "a=ssrc:2001 cname:PA_alice",
        "a=ssrc:2001 msid:PA_alice|camera TR_cam",
        "a=ssrc:2002 msid:PA_alice|camera TR_cam",
    ] {
        assert!(lines.contains(&line), "{line}");
    }
    assert!(
        !section(&answer.sdp, &audio).iter().any(|line| line.starts_with("a=ssrc-group")),
        "no RTX for Opus"
    );

    let down = session.down(&video).unwrap();
    assert_eq!(mimes(&down.codecs), [(Mime::Vp8, 96)]);
    assert_eq!((down.ssrc, down.rtx_ssrc, down.extensions[&Extension::Mid]), (2001, 2002, 4));
}

#[test]
fn an_emptied_slot_is_seen_inactive_before_it_is_filled_again() {
    let mut session = session(CHROMIUM_JOIN);
    let mid = session.fill(camera("TR_one")).unwrap();
    session.answer(&local());
    assert_eq!(session.free_slots(MediaKind::Video), 2);

    assert_eq!(session.empty(&mid).unwrap().track_sid, "TR_one");
    assert_eq!(session.free_slots(MediaKind::Video), 2, "the client still plays the old track there");
    assert!(session.needs_offer());
    session.handle_offer(offer(CHROMIUM_JOIN)).unwrap();
    let answer = session.answer(&local());
    assert!(section(&answer.sdp, &mid).contains(&"a=inactive"));
    assert!(answer.mid_to_track_id.is_empty());

    assert_eq!(session.free_slots(MediaKind::Video), 3);
    assert_eq!(session.fill(camera("TR_two")).unwrap(), mid);
}

#[test]
fn a_track_filled_and_taken_back_before_any_answer_leaves_no_trace() {
    let mut session = session(CHROMIUM_JOIN);
    let mid = session.fill(camera("TR_one")).unwrap();
    session.empty(&mid);

    assert!(!session.needs_offer());
    assert_eq!(session.free_slots(MediaKind::Video), 3);
}

#[test]
fn filling_asks_for_more_sections_when_there_are_none() {
    let mut session = session(CHROMIUM_JOIN);
    for number in 0..3 {
        session.fill(camera(&format!("TR_{number}"))).unwrap();
    }

    assert_eq!(session.fill(camera("TR_more")), Err(FillError::NoFreeSlot));
}

#[test]
fn a_codec_that_the_subscriber_lacks_fills_no_slot() {
    let mut session = session(FIREFOX_PUBLISH);
    let h265 = Codec { mime: Mime::H265, ..vp8() };

    let refused = session.fill(DownMedia { codecs: vec![h265.clone()], ..camera("TR_h265") });
    assert_eq!(refused, Err(FillError::NoCommonCodec));

    let mid = session.fill(DownMedia { codecs: vec![h265, vp8()], ..camera("TR_both") }).unwrap();
    assert_eq!(mimes(&session.down(&mid).unwrap().codecs), [(Mime::Vp8, 120)]);
}

#[test]
fn redundant_audio_goes_only_to_who_offered_it() {
    let red = Codec { mime: Mime::Red, payload_type: 63, fmtp: "111/111".to_owned(), ..Codec::opus() };
    let media = || DownMedia { codecs: vec![red.clone(), Codec::opus()], ..microphone("TR_mic") };

    let mut chromium = session(CHROMIUM_JOIN);
    let mid = chromium.fill(media()).unwrap();
    assert_eq!(mimes(&chromium.down(&mid).unwrap().codecs), [(Mime::Red, 63), (Mime::Opus, 111)]);

    let mut firefox = session(FIREFOX_PUBLISH);
    let mid = firefox.fill(media()).unwrap();
    assert_eq!(mimes(&firefox.down(&mid).unwrap().codecs), [(Mime::Opus, 109)]);
}

#[test]
fn stereo_is_announced_to_subscribers() {
    let mut session = session(CHROMIUM_JOIN);
    let mid = session.fill(DownMedia { stereo: true, ..microphone("TR_music") }).unwrap();

    let answer = session.answer(&local()).sdp;

    assert!(section(&answer, &mid).contains(&"a=fmtp:111 minptime=10;useinbandfec=1;sprop-stereo=1"));
}

#[test]
fn an_h264_slot_has_the_profile_of_the_publisher_if_the_subscriber_knows_it() {
    let h264 = |profile: &str| Codec {
        mime: Mime::H264,
        fmtp: format!("level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={profile}"),
        ..vp8()
    };
    let mut session = session(CHROMIUM_JOIN);
    for (profile, payload_type) in [("42e01f", 109), ("4d001f", 117), ("640c1f", 109)] {
        let mid = session.fill(DownMedia { codecs: vec![h264(profile)], ..camera(profile) }).unwrap();
        assert_eq!(mimes(&session.down(&mid).unwrap().codecs), [(Mime::H264, payload_type)], "{profile}");
    }
}

#[test]
fn a_track_that_is_no_longer_sent_has_ended() {
    let mut session = session(CHROMIUM_PUBLISH);
    let stopped = CHROMIUM_PUBLISH.replace("a=sendonly", "a=inactive");

    let changes = session.handle_offer(offer(&stopped)).unwrap();

    let ended: Vec<_> = changes.ended.iter().map(|ended| ended.cid.as_str()).collect();
    assert_eq!(ended, [MICROPHONE, CAMERA]);
    assert!(section(&session.answer(&local()).sdp, "8").contains(&"a=inactive"));
}

#[test]
fn another_track_in_the_same_section_ends_the_first() {
    let mut session = session(CHROMIUM_PUBLISH);

    let changes = session.handle_offer(offer(&CHROMIUM_PUBLISH.replace(CAMERA, "another"))).unwrap();

    assert_eq!(changes.ended, [EndedUp { mid: "8".to_owned(), cid: CAMERA.to_owned() }]);
    assert_eq!(changes.published[0].cid, "another");
}

#[test]
fn a_slot_that_the_client_closes_gives_its_track_back() {
    let mut session = session(CHROMIUM_JOIN);
    session.fill(camera("TR_cam")).unwrap();
    session.answer(&local());

    let changes = session.handle_offer(offer(&CHROMIUM_JOIN.replace("a=recvonly", "a=inactive"))).unwrap();

    assert_eq!(changes.unslotted[0].track_sid, "TR_cam");
    assert!(session.answer(&local()).mid_to_track_id.is_empty());
    assert_eq!(session.free_slots(MediaKind::Video), 0);
}

#[test]
fn a_section_may_carry_one_track_up_and_another_down() {
    let mut session = session(SAFARI);
    let recvonly = session.fill(camera("TR_one")).unwrap();
    let both = session.fill(camera("TR_two")).unwrap();

    let answer = session.answer(&local()).sdp;

    assert_eq!((recvonly.as_str(), both.as_str()), ("2", "1"), "sections of their own are filled first");
    let lines = section(&answer, "1");
    assert_eq!(lines[0], "video 9 UDP/TLS/RTP/SAVPF 98 99 106 107");
    assert!(lines.contains(&"a=sendrecv") && lines.contains(&"a=simulcast:recv q;h;f"));
    assert!(lines.contains(&"a=msid:PA_alice|camera TR_two"));
    assert_eq!(mimes(&session.down("1").unwrap().codecs), [(Mime::Vp8, 106)]);
    assert_eq!(session.up("1").unwrap().codecs.len(), 2);
}

#[test]
fn firefox_writes_its_attributes_elsewhere_and_is_understood() {
    let session = session(FIREFOX_PUBLISH);

    let camera = session.up("1").unwrap();
    assert_eq!(camera.cid, "{77f0c1ce-9d10-4b8e-8a31-5c2a0a527f5d}");
    assert_eq!(mimes(&camera.codecs), [(Mime::Vp8, 120)]);
    assert_eq!(camera.codecs[0].rtx, Some(124));
    assert_eq!(camera.extensions[&Extension::Rid], 8);
    assert_eq!(camera.encodings.len(), 3);
    assert_eq!(session.free_slots(MediaKind::Audio), 1);
    assert_eq!(session.free_slots(MediaKind::Video), 1);
}

#[test]
fn new_credentials_restart_ice() {
    let mut session = session(CHROMIUM_PUBLISH);

    let changes = session.handle_offer(offer(&CHROMIUM_PUBLISH.replace("lQ7m", "n3Xt"))).unwrap();

    assert!(changes.ice_restart);
    assert_eq!(changes.published, [], "the tracks stay");
}

#[test]
fn sections_that_we_do_not_understand_are_refused_in_their_own_words() {
    let text = CHROMIUM_JOIN.replace("m=audio 9 UDP/TLS/RTP/SAVPF 111", "m=text 9 UDP/TLS/RTP/SAVPF 98");

    let answer = session(&text).answer(&local()).sdp;

    assert_eq!(section(&answer, "0")[0], "text 0 UDP/TLS/RTP/SAVPF 98");
    assert!(answer.contains("a=group:BUNDLE 3 4 5 6\r\n"));
    assert!(section(&answer, "3").contains(&"a=end-of-candidates"), "the next section leads");
}

#[test]
fn a_section_without_a_codec_of_ours_is_refused() {
    let text = CHROMIUM_JOIN.replace("VP8/90000", "theora/90000").replace("H264/", "H261/");
    let text = text.replace("VP9/", "VP7/").replace("AV1/", "AV0/");

    let answer = session(&text).answer(&local()).sdp;

    assert_eq!(section(&answer, "3")[0], "video 0 UDP/TLS/RTP/SAVPF 96");
    assert!(section(&answer, "3").contains(&"a=inactive"));
}

#[test]
fn a_closed_section_may_return_under_another_mid() {
    let mut session = session(CHROMIUM_PUBLISH);
    let head = CHROMIUM_PUBLISH.rfind("m=video 9").unwrap();
    let bundle = CHROMIUM_PUBLISH.replace(" 5 6 7 8\r\n", " 5 6 7\r\n");
    let closed = format!("{}{}", &bundle[..head - 2], bundle[head - 2..].replace("m=video 9", "m=video 0"));
    let changes = session.handle_offer(offer(&closed)).unwrap();
    assert_eq!(changes.ended[0].cid, CAMERA);
    assert_eq!(section(&session.answer(&local()).sdp, "8")[0], "video 0 UDP/TLS/RTP/SAVPF 96");

    let reopened = CHROMIUM_PUBLISH.replace("a=mid:8", "a=mid:9").replace("6 7 8\r\n", "6 7 9\r\n");
    let changes = session.handle_offer(offer(&reopened)).unwrap();

    assert_eq!(changes.published[0].mid, "9");
}

#[test]
fn an_offer_with_fewer_sections_is_an_error_that_changes_nothing() {
    let mut session = session(CHROMIUM_PUBLISH);

    let refused = session.handle_offer(offer(CHROMIUM_JOIN));

    assert_eq!(refused, Err(SdpError::SectionsVanished { before: 9, now: 7 }));
    assert_eq!(session.ups().count(), 2);
}

#[test]
fn an_offer_without_any_section_is_answered_without_any() {
    let mut session = AnsweringSession::new(1);
    let changes = session.handle_offer(offer("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n")).unwrap();
    assert_eq!(changes.transport, None);

    assert!(!session.answer(&local()).sdp.contains("\r\nm="));

    let changes = session.handle_offer(offer(CHROMIUM_JOIN)).unwrap();
    assert!(changes.transport.is_some() && !changes.ice_restart);
}

#[test]
fn a_hundred_subscriptions_fit_into_a_hundred_kilobytes() {
    let slot = CHROMIUM_JOIN.find("m=video").map(|start| &CHROMIUM_JOIN[start..]).unwrap();
    let slot = &slot[..slot[1..].find("m=video").unwrap() + 1];
    let mids: String = (0..100).map(|mid| format!(" {mid}")).collect();
    let mut text = format!("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE{mids}\r\n");
    for mid in 0..100 {
        text += &slot.replace("a=mid:3", &format!("a=mid:{mid}"));
    }
    let mut session = session(&text);
    for number in 0..100 {
        session.fill(camera(&format!("TR_{number}"))).unwrap();
    }

    let answer = session.answer(&local()).sdp;

    assert!(answer.len() < 100 * 1024 + 2048, "{} bytes", answer.len());
}

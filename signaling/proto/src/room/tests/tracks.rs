use std::time::Duration;

use livekit_protocol::{
    self as proto, TrackSource, VideoQuality, request_response::Reason, signal_request as ask,
    signal_response as told,
};

use super::house::{House, camera, microphone};
use crate::{
    PeerConnections,
    room::{LayerWish, MediaCommand, MediaEvent},
    sdp::Mime,
};

#[test]
fn a_track_is_known_after_its_first_packet_and_before_its_media() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    let mut bob = house.join("bob");
    let sid = house.announce(&mut ada, microphone());
    assert!(sid.starts_with("TR_"));
    assert_eq!(house.seen(&bob, &ada.sid), None);

    house.mail(&bob);
    let up = house.last_up();
    house.media_event(MediaEvent::UpStarted { up, mime: Mime::Opus });

    let mail = house.mail(&bob);
    assert!(matches!(&mail[0], told::Message::Update(update) if update.participants[0].tracks[0].sid == sid));
    assert!(matches!(&mail[1], told::Message::MediaSectionsRequirement(need)
        if (need.num_audios, need.num_videos) == (0, 0)));
    assert!(!house.media.iter().any(|command| matches!(command, MediaCommand::Subscribe { .. })));

    house.offer(&mut bob);
    let answer = house.last(&bob, answer).unwrap();
    assert_eq!(answer.mid_to_track_id, [("1".to_owned(), sid.clone())].into());
    assert!(answer.sdp.contains(&format!("msid:{}|camera {sid}", ada.sid)));
    assert!(matches!(house.media.last(), Some(MediaCommand::Subscribe { up: source, .. }) if *source == up));
}

#[test]
fn a_newcomer_receives_what_is_there_with_the_first_answer() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    let sid = house.publish(&mut ada, camera());
    let bob = house.join("bob");

    let answer = house.last(&bob, answer).unwrap();
    assert_eq!(answer.mid_to_track_id, [("2".to_owned(), sid)].into());
    assert!(house.media.iter().any(|command| matches!(command, MediaCommand::Subscribe { .. })));
    let count = house.count(&bob, |message| matches!(message, told::Message::MediaSectionsRequirement(_)));
    assert_eq!(count, 0);
}

#[test]
fn a_client_without_free_sections_is_asked_for_just_as_many_once() {
    let mut house = House::open();
    let mut bob = house.join("bob");
    let mut ada = house.join("ada");
    let mut eve = house.join("eve");
    house.publish(&mut ada, camera());
    house.offer(&mut bob);
    house.mail(&bob);

    house.publish(&mut eve, camera());
    house.publish(&mut eve, proto::AddTrackRequest { cid: "mic2".into(), ..microphone() });

    let needs: Vec<_> = house.mail(&bob).into_iter().filter_map(|message| requirement(&message)).collect();
    assert_eq!(needs, [(0, 1)]);

    bob.offer.0.push(("video", "recvonly", String::new()));
    house.offer(&mut bob);
    assert_eq!(house.last(&bob, answer).unwrap().mid_to_track_id.len(), 3);
}

#[test]
fn a_client_that_does_not_offer_is_asked_again() {
    let mut house = House::open();
    let bob = house.join("bob");
    let mut ada = house.join("ada");
    house.publish(&mut ada, camera());
    house.mail(&bob);

    house.pass(Duration::from_secs(10));

    assert_eq!(house.last(&bob, requirement), Some((0, 0)));
}

#[test]
fn a_muted_track_needs_no_packet_to_be_known() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    let bob = house.join("bob");

    house.announce(&mut ada, proto::AddTrackRequest { muted: true, ..microphone() });

    assert!(house.seen(&bob, &ada.sid).unwrap().tracks[0].muted);
    assert!(house.media.iter().any(|command| matches!(command, MediaCommand::Mute { muted: true, .. })));
}

#[test]
fn a_request_may_follow_its_offer() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    ada.offer.0.push(("audio", "sendonly", "mic".into()));
    house.offer(&mut ada);
    assert!(!house.media.iter().any(|command| matches!(command, MediaCommand::Publish { .. })));

    house.say(&ada, ask::Message::AddTrack(microphone()));

    assert!(matches!(house.media.last(), Some(MediaCommand::Publish { media, .. }) if media.cid == "mic"));
}

#[test]
fn firefox_names_its_tracks_anew_in_offers_and_they_are_found_by_kind_and_order() {
    let mut house = House::open();
    let mut joining = house.joining("ada");
    joining.client.browser = "Firefox".into();
    let mut ada = house.join_as(joining);
    let screen = proto::AddTrackRequest { cid: "screen".into(), ..camera() };
    for request in [microphone(), camera(), screen.clone()] {
        house.say(&ada, ask::Message::AddTrack(request));
    }
    for (kind, name) in [("video", "{1}"), ("audio", "{2}"), ("video", "{3}")] {
        ada.offer.0.push((kind, "sendonly", name.into()));
    }
    house.offer(&mut ada);
    assert_eq!(published(&house), ["{1} cam", "{2} mic", "{3} screen"]);

    // The same sections again are the same tracks.
    house.offer(&mut ada);
    assert_eq!(published(&house).len(), 3);

    // Here the offer comes first.
    ada.offer.0.push(("video", "sendonly", "{4}".into()));
    house.offer(&mut ada);
    house.say(&ada, ask::Message::AddTrack(proto::AddTrackRequest { cid: "more".into(), ..camera() }));
    assert_eq!(published(&house)[3], "{4} more");
}

#[test]
fn elsewhere_an_unknown_name_waits_for_its_own_request() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    house.say(&ada, ask::Message::AddTrack(camera()));

    ada.offer.0.push(("video", "sendonly", "screen".into()));
    house.offer(&mut ada);

    assert_eq!(published(&house), [] as [&str; 0]);
}

/// Names in offers and in requests of what the media engine was told of.
fn published(house: &House) -> Vec<String> {
    let mut names = Vec::new();
    for command in &house.media {
        let MediaCommand::Publish { up, media, .. } = command else { continue };
        let name = format!("{} {}", media.cid, house.room.name_of(*up));
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[test]
fn tracks_in_the_join_are_published_with_it() {
    let mut house = House::open();
    let mut joining = house.joining("ada");
    joining.add_tracks = vec![microphone()];
    let ada = house.join_as(joining);

    let count = house.count(&ada, |message| matches!(message, told::Message::TrackPublished(_)));
    assert_eq!(count, 1);
}

#[test]
fn publishing_needs_permission_for_the_source() {
    let mut house = House::open();
    let mut joining = house.joining("ada");
    joining.permission.can_publish_sources = vec![TrackSource::Microphone as i32];
    let mut ada = house.join_as(joining);

    house.say(&ada, ask::Message::AddTrack(camera()));
    let refused = house.last(&ada, response).unwrap();
    assert_eq!(refused.reason, Reason::NotAllowed as i32);
    assert!(matches!(refused.request, Some(proto::request_response::Request::AddTrack(request))
        if request.cid == "cam"));

    house.publish(&mut ada, microphone());
    assert_eq!(house.room.participant_info("ada").unwrap().tracks.len(), 1);
}

#[test]
fn no_more_than_twenty_tracks_wait_for_an_offer() {
    let mut house = House::open();
    let ada = house.join("ada");
    for number in 0..=20 {
        let request = proto::AddTrackRequest { cid: format!("c{number}"), ..microphone() };
        house.say(&ada, ask::Message::AddTrack(request));
    }

    assert_eq!(house.count(&ada, |message| matches!(message, told::Message::TrackPublished(_))), 20);
    assert_eq!(house.last(&ada, response).unwrap().reason, Reason::LimitExceeded as i32);
}

#[test]
fn data_tracks_and_blobs_are_refused_with_an_answer() {
    let mut house = House::open();
    let ada = house.join("ada");

    house.say(&ada, ask::Message::PublishDataTrackRequest(proto::PublishDataTrackRequest::default()));
    let refused = house.last(&ada, response).unwrap();
    assert_eq!(refused.reason, Reason::NotAllowed as i32);
    assert!(refused.request.is_some());

    house.mail(&ada);
    house.say(&ada, ask::Message::GetDataBlobRequest(proto::GetDataBlobRequest::default()));
    assert_eq!(house.last(&ada, response).unwrap().reason, Reason::NotAllowed as i32);
}

#[test]
fn a_section_that_stops_sending_ends_its_track() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    let bob = house.join("bob");
    house.publish(&mut ada, microphone());
    assert_eq!(house.seen(&bob, &ada.sid).unwrap().tracks.len(), 1);

    ada.offer.0.last_mut().unwrap().1 = "inactive";
    house.offer(&mut ada);

    assert_eq!(house.seen(&bob, &ada.sid).unwrap().tracks.len(), 0);
    assert!(house.media.iter().any(|command| matches!(command, MediaCommand::Unpublish { .. })));
}

#[test]
fn muting_shows_everywhere_and_an_operator_may_mute_but_not_unmute() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    let bob = house.join("bob");
    let sid = house.publish(&mut ada, microphone());
    let by_operator = |muted| proto::MuteRoomTrackRequest {
        identity: "ada".into(),
        track_sid: sid.clone(),
        muted,
        ..Default::default()
    };

    house.room.mute_track(house.now, &by_operator(true)).unwrap();
    house.drain();
    assert!(house.seen(&bob, &ada.sid).unwrap().tracks[0].muted);
    assert!(house.count(&ada, |message| matches!(message, told::Message::Mute(mute) if mute.muted)) == 1);
    assert!(house.room.mute_track(house.now, &by_operator(false)).is_err());

    house.say(&ada, ask::Message::Mute(proto::MuteTrackRequest { sid: sid.clone(), muted: false }));
    assert!(!house.seen(&bob, &ada.sid).unwrap().tracks[0].muted);
}

#[test]
fn losing_the_permission_to_publish_ends_the_tracks() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    let bob = house.join("bob");
    let sid = house.publish(&mut ada, camera());
    let permission = proto::ParticipantPermission { can_subscribe: true, ..Default::default() };

    let request = proto::UpdateParticipantRequest {
        identity: "ada".into(),
        permission: Some(permission),
        ..Default::default()
    };
    house.room.update_participant(house.now, request).unwrap();
    house.drain();

    let unpublished = house.last(&ada, |message| match message {
        told::Message::TrackUnpublished(unpublished) => Some(unpublished.track_sid.clone()),
        _ => None,
    });
    assert_eq!(unpublished, Some(sid));
    assert_eq!(house.seen(&bob, &ada.sid).unwrap().tracks.len(), 0);
}

#[test]
fn without_automatic_subscription_tracks_come_when_asked_for() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    let mut joining = house.joining("bob");
    joining.auto_subscribe = false;
    let mut bob = house.join_as(joining);
    let sid = house.publish(&mut ada, camera());
    house.offer(&mut bob);
    assert_eq!(house.last(&bob, answer).unwrap().mid_to_track_id.len(), 0);

    house.say(&bob, subscription(&sid, true));
    house.offer(&mut bob);
    assert_eq!(house.last(&bob, answer).unwrap().mid_to_track_id.len(), 1);

    house.say(&bob, subscription(&sid, false));
    assert!(matches!(house.media.last(), Some(MediaCommand::Unsubscribe { .. })));
    house.offer(&mut bob);
    assert_eq!(house.last(&bob, answer).unwrap().mid_to_track_id.len(), 0);
}

#[test]
fn a_wish_for_a_track_that_is_not_there_yet_is_kept() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    let mut joining = house.joining("bob");
    joining.auto_subscribe = false;
    let mut bob = house.join_as(joining);
    let sid = house.announce(&mut ada, camera());

    house.say(&bob, subscription(&sid, true));
    let up = house.last_up();
    house.media_event(MediaEvent::UpStarted { up, mime: Mime::Vp8 });
    house.offer(&mut bob);

    assert_eq!(house.last(&bob, answer).unwrap().mid_to_track_id.len(), 1);
}

#[test]
fn a_publisher_decides_who_may_subscribe() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    let mut bob = house.join("bob");
    let sid = house.publish(&mut ada, camera());
    house.offer(&mut bob);

    house.say(&ada, ask::Message::SubscriptionPermission(proto::SubscriptionPermission::default()));
    assert_eq!(house.last(&bob, permission), Some((sid.clone(), false)));
    assert!(matches!(house.media.last(), Some(MediaCommand::Unsubscribe { .. })));

    house.say(&bob, subscription(&sid, true));
    house.offer(&mut bob);
    assert_eq!(house.last(&bob, answer).unwrap().mid_to_track_id.len(), 0);

    let all = proto::SubscriptionPermission { all_participants: true, ..Default::default() };
    house.say(&ada, ask::Message::SubscriptionPermission(all));
    assert_eq!(house.last(&bob, permission), Some((sid, true)));
    house.offer(&mut bob);
    assert_eq!(house.last(&bob, answer).unwrap().mid_to_track_id.len(), 1);
}

#[test]
fn the_engine_is_told_the_layer_that_a_tile_needs() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    let mut joining = house.joining("bob");
    joining.adaptive_stream = true;
    let bob = house.join_as(joining);
    let mut bob = bob;
    let sid = house.publish(&mut ada, camera());
    house.offer(&mut bob);
    let wish = |house: &House| match house.media.last() {
        Some(MediaCommand::Subscribe { wish, .. } | MediaCommand::Wish { wish, .. }) => Some(*wish),
        _ => None,
    };
    assert_eq!(wish(&house).map(|wish| wish.enabled), Some(true));

    house.say(&bob, settings(&sid, |settings| settings.disabled = true));
    assert_eq!(wish(&house).map(|wish| wish.enabled), Some(false));
    house.say(
        &bob,
        settings(&sid, |settings| {
            (settings.width, settings.height, settings.fps, settings.priority) = (640, 360, 15, 2);
        }),
    );
    // The test client sends one encoding only, which may still carry several sizes.
    assert_eq!(wish(&house), Some(LayerWish { enabled: true, encoding: 1, fps: 15, priority: 2 }));
}

#[test]
fn a_publisher_learns_at_once_of_more_and_later_of_less() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    let mut bob = house.join("bob");
    let sid = house.publish(&mut ada, camera());
    house.offer(&mut bob);
    house.say(&bob, settings(&sid, |settings| settings.disabled = true));
    assert_eq!(house.last(&ada, enabled), None);

    house.pass(Duration::from_secs(10));
    assert_eq!(house.last(&ada, enabled), Some(vec![false, false, false]));

    house.say(&bob, settings(&sid, |settings| settings.quality = VideoQuality::Medium as i32));
    assert_eq!(house.last(&ada, enabled), Some(vec![true, true, false]));
}

#[test]
fn speakers_are_told_to_those_who_hear_them_and_to_themselves() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    let bob = house.join("bob");
    let mut joining = house.joining("eve");
    joining.auto_subscribe = false;
    let eve = house.join_as(joining);
    house.publish(&mut ada, microphone());
    let up = house.last_up();

    house.media_event(MediaEvent::Speakers { changes: vec![(up, 0.5, true)] });
    house.media_event(MediaEvent::Speakers { changes: vec![(up, 0.5, false)] });

    let speaking = |message: &told::Message| match message {
        told::Message::SpeakersChanged(changed) => {
            Some((changed.speakers[0].active, changed.speakers[0].level))
        }
        _ => None,
    };
    assert_eq!(house.last(&ada, speaking), Some((false, 0.0)));
    assert_eq!(house.last(&bob, speaking), Some((false, 0.0)));
    assert_eq!(house.count(&bob, |message| speaking(message).is_some()), 2);
    assert_eq!(house.last(&eve, speaking), None);
}

#[test]
fn a_newcomer_learns_who_is_speaking_already() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    house.publish(&mut ada, microphone());
    let up = house.last_up();
    house.media_event(MediaEvent::Speakers { changes: vec![(up, 0.5, true)] });

    let bob = house.join("bob");

    let mail = house.mail(&bob);
    assert!(matches!(mail[0], told::Message::Join(_)), "the join comes first");
    let speaking = mail.iter().find_map(|message| match message {
        told::Message::SpeakersChanged(changed) => Some(&changed.speakers[0]),
        _ => None,
    });
    assert!(speaking.is_some_and(|speaker| speaker.sid == ada.sid && speaker.active));
}

#[test]
fn a_video_that_congestion_stops_is_told_to_its_subscriber() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    let mut bob = house.join("bob");
    let sid = house.publish(&mut ada, camera());
    house.offer(&mut bob);
    let Some(MediaCommand::Subscribe { down, .. }) = house.media.last() else { panic!("no subscription") };
    let down = *down;

    house.media_event(MediaEvent::DownPaused { down, paused: true });
    house.media_event(MediaEvent::DownPaused { down, paused: true });

    let paused = |message: &told::Message| match message {
        told::Message::StreamStateUpdate(update) => Some(update.stream_states[0].track_sid.clone()),
        _ => None,
    };
    assert_eq!(house.last(&bob, paused), Some(sid));
    assert_eq!(house.count(&bob, |message| paused(message).is_some()), 1);
}

#[test]
fn with_two_connections_we_offer_at_once_and_one_offer_at_a_time() {
    let mut house = House::open();
    let mut joining = house.joining("bob");
    joining.connections = PeerConnections::Dual;
    let bob = house.try_join(joining).unwrap();

    let mail = house.mail(&bob);
    assert!(matches!(&mail[0], told::Message::Join(join) if join.subscriber_primary));
    assert!(matches!(&mail[1], told::Message::Offer(offer) if offer.id == 1));
    assert!(matches!(house.media.last(), Some(MediaCommand::Join { remote: None, we_open_data: true, .. })));

    let mut ada = house.join("ada");
    house.connect_media();
    house.publish(&mut ada, microphone());
    house.publish(&mut ada, camera());
    assert_eq!(house.count(&bob, |message| matches!(message, told::Message::Offer(_))), 0);
}

#[test]
fn the_first_subscriber_of_a_track_is_told_to_its_publisher() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    let sid = house.publish(&mut ada, microphone());
    let told =
        |message: &told::Message| matches!(message, told::Message::TrackSubscribed(t) if t.track_sid == sid);
    assert_eq!(house.count(&ada, told), 0);

    house.join("bob");
    house.join("eve");

    assert_eq!(house.count(&ada, told), 1);
}

#[test]
fn track_features_and_sizes_are_passed_on() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    let bob = house.join("bob");
    let sid = house.publish(&mut ada, camera());

    let update = proto::UpdateLocalVideoTrack { track_sid: sid, width: 100, height: 50 };
    house.say(&ada, ask::Message::UpdateVideoTrack(update));
    let seen = house.seen(&bob, &ada.sid).unwrap();
    assert_eq!((seen.tracks[0].width, seen.tracks[0].height), (100, 50));

    let update = proto::UpdateLocalAudioTrack { track_sid: "TR_none".into(), features: vec![] };
    house.say(&ada, ask::Message::UpdateAudioTrack(update));
    assert_eq!(house.last(&ada, response).unwrap().reason, Reason::NotFound as i32);
}

fn subscription(sid: &str, subscribe: bool) -> ask::Message {
    ask::Message::Subscription(proto::UpdateSubscription {
        track_sids: vec![sid.to_owned()],
        subscribe,
        ..Default::default()
    })
}

fn settings(sid: &str, change: impl Fn(&mut proto::UpdateTrackSettings)) -> ask::Message {
    let mut settings = proto::UpdateTrackSettings {
        track_sids: vec![sid.to_owned()],
        quality: VideoQuality::High as i32,
        ..Default::default()
    };
    change(&mut settings);
    ask::Message::TrackSetting(settings)
}

fn answer(message: &told::Message) -> Option<proto::SessionDescription> {
    match message {
        told::Message::Answer(answer) => Some(answer.clone()),
        _ => None,
    }
}

fn requirement(message: &told::Message) -> Option<(u32, u32)> {
    match message {
        told::Message::MediaSectionsRequirement(need) => Some((need.num_audios, need.num_videos)),
        _ => None,
    }
}

fn response(message: &told::Message) -> Option<proto::RequestResponse> {
    match message {
        told::Message::RequestResponse(response) => Some(response.clone()),
        _ => None,
    }
}

fn permission(message: &told::Message) -> Option<(String, bool)> {
    match message {
        told::Message::SubscriptionPermissionUpdate(update) => {
            Some((update.track_sid.clone(), update.allowed))
        }
        _ => None,
    }
}

fn enabled(message: &told::Message) -> Option<Vec<bool>> {
    match message {
        told::Message::SubscribedQualityUpdate(update) => {
            Some(update.subscribed_codecs[0].qualities.iter().map(|quality| quality.enabled).collect())
        }
        _ => None,
    }
}

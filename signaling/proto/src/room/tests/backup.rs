//! Videos in a codec that not everybody decodes, with a second one for the others.

use std::time::Duration;

use livekit_protocol::{
    self as proto, VideoQuality, request_response::Reason, signal_request as ask, signal_response as told,
};

use super::house::{Guest, House, camera};
use crate::{
    room::{MediaCommand, MediaEvent, UpKey},
    sdp::Mime,
};

#[test]
fn whoever_cannot_decode_the_first_codec_has_the_second_asked_for_and_gets_it() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    let mut modern = viewer(&mut house, "modern", "vp9");
    let mut old = viewer(&mut house, "old", "video");
    let (sid, first) = publish_vp9(&mut house, &mut ada, camera_in_two_codecs());
    house.offer(&mut modern);
    house.offer(&mut old);

    assert_eq!(subscribed(&house), [first], "only the modern one");
    assert_eq!(wanted(&house, &ada, &sid), [("vp9", true), ("vp8", true)]);

    let second = publish_second(&mut house, &mut ada, &sid, "cam-vp8");

    assert_eq!(subscribed(&house), [first, second]);
    let published = house.last(&ada, |message| match message {
        told::Message::TrackPublished(published) => Some(published.clone()),
        _ => None,
    });
    let published = published.expect("answered");
    assert_eq!((published.cid.as_str(), published.track.expect("told").sid), ("cam-vp8", sid.clone()));
    let tracks = house.seen(&old, &ada.sid).expect("known").tracks;
    assert_eq!(tracks.len(), 1, "it is one track for everybody");
    assert_eq!(tracks[0].mime_type, "video/VP9");
}

#[test]
fn a_second_codec_that_nobody_needs_any_more_is_let_go() {
    let (mut house, mut ada, old, sid, _) = with_an_old_viewer();
    publish_second(&mut house, &mut ada, &sid, "cam-vp8");

    house.say(
        &old,
        ask::Message::Subscription(proto::UpdateSubscription {
            track_sids: vec![sid.clone()],
            subscribe: false,
            ..Default::default()
        }),
    );
    house.pass(Duration::from_secs(15));

    assert_eq!(wanted(&house, &ada, &sid), [("vp9", false), ("vp8", false)]);
}

#[test]
fn a_second_codec_is_muted_and_ends_with_its_track() {
    let (mut house, mut ada, _, sid, first) = with_an_old_viewer();
    let second = publish_second(&mut house, &mut ada, &sid, "cam-vp8");

    house.say(&ada, ask::Message::Mute(proto::MuteTrackRequest { sid: sid.clone(), muted: true }));
    let muted = |up| {
        house
            .media
            .iter()
            .any(|command| matches!(command, MediaCommand::Mute { up: of, muted: true } if *of == up))
    };
    assert!(muted(first) && muted(second));

    let sections = ada.offer.0.len();
    ada.offer.0[sections - 2].1 = "inactive";
    house.offer(&mut ada);
    let ended = |up| {
        house.media.iter().any(|command| matches!(command, MediaCommand::Unpublish { up: of } if *of == up))
    };
    assert!(ended(first) && ended(second));
}

#[test]
fn whoever_got_the_second_codec_waits_when_it_ends_and_goes_on_when_it_is_back() {
    let (mut house, mut ada, _, sid, _) = with_an_old_viewer();
    publish_second(&mut house, &mut ada, &sid, "cam-vp8");

    ada.offer.0.last_mut().expect("the second").1 = "inactive";
    house.offer(&mut ada);
    assert!(house.media.iter().any(|command| matches!(command, MediaCommand::Unsubscribe { .. })));
    assert_eq!(wanted(&house, &ada, &sid), [("vp9", true), ("vp8", true)], "asked for anew");

    let again = publish_second(&mut house, &mut ada, &sid, "cam-vp8-again");
    assert_eq!(subscribed(&house).last(), Some(&again));
}

#[test]
fn only_the_second_codec_that_was_announced_is_taken() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    let (sid, _) = publish_vp9(&mut house, &mut ada, camera_in_two_codecs());
    let mut refused = |codec: &str, cid: &str| {
        house.say(&ada, ask::Message::AddTrack(second_request(&sid, codec, cid)));
        house.last(&ada, |message| match message {
            told::Message::RequestResponse(response) => Some(response.reason()),
            _ => None,
        })
    };

    assert_eq!(refused("h264", "cam-2"), Some(Reason::UnsupportedType));
    assert_eq!(refused("vp8", ""), Some(Reason::InvalidRequest));
    assert_eq!(refused("vp8", "cam"), Some(Reason::InvalidRequest));
    assert_eq!(refused("vp8", &"x".repeat(5_000)), Some(Reason::InvalidRequest));
}

#[test]
fn encrypted_pictures_have_no_second_codec() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    let encrypted =
        proto::AddTrackRequest { encryption: proto::encryption::Type::Gcm as i32, ..camera_in_two_codecs() };
    let (sid, _) = publish_vp9(&mut house, &mut ada, encrypted);

    house.say(&ada, ask::Message::AddTrack(second_request(&sid, "vp8", "cam-2")));

    let refusal = house.last(&ada, |message| match message {
        told::Message::RequestResponse(response) => Some(response.reason()),
        _ => None,
    });
    assert_eq!(refusal, Some(Reason::UnsupportedType));
}

#[test]
fn the_layer_of_a_stream_that_has_several_follows_the_tile() {
    let mut house = House::open();
    let mut ada = house.join("ada");
    let mut modern = viewer(&mut house, "modern", "vp9");
    let (sid, _) = publish_vp9(&mut house, &mut ada, camera_in_two_codecs());
    house.offer(&mut modern);

    house.say(
        &modern,
        ask::Message::TrackSetting(proto::UpdateTrackSettings {
            track_sids: vec![sid],
            width: 400,
            height: 200,
            ..Default::default()
        }),
    );

    let wish = house.media.iter().rev().find_map(|command| match command {
        MediaCommand::Wish { wish, .. } => Some(wish.encoding),
        _ => None,
    });
    assert_eq!(wish, Some(1), "640 by 360, the second of three");
}

fn camera_in_two_codecs() -> proto::AddTrackRequest {
    let codec = |codec: &str, cid: &str| proto::SimulcastCodec {
        codec: codec.into(),
        cid: cid.into(),
        ..Default::default()
    };
    proto::AddTrackRequest { simulcast_codecs: vec![codec("vp9", "cam"), codec("vp8", "")], ..camera() }
}

fn second_request(sid: &str, codec: &str, cid: &str) -> proto::AddTrackRequest {
    let codec = proto::SimulcastCodec { codec: codec.into(), cid: cid.into(), ..Default::default() };
    proto::AddTrackRequest { sid: sid.into(), cid: cid.into(), simulcast_codecs: vec![codec], ..camera() }
}

/// A camera in VP9, and somebody who cannot decode that.
fn with_an_old_viewer() -> (House, Guest, Guest, String, UpKey) {
    let mut house = House::open();
    let mut ada = house.join("ada");
    let mut old = viewer(&mut house, "old", "video");
    let (sid, first) = publish_vp9(&mut house, &mut ada, camera_in_two_codecs());
    house.offer(&mut old);
    (house, ada, old, sid, first)
}

/// Somebody with a section for a video, in VP8 or also in VP9.
fn viewer(house: &mut House, name: &str, kind: &'static str) -> Guest {
    let mut guest = house.join(name);
    for section in &mut guest.offer.0 {
        if section.0 == "video" {
            section.0 = kind;
        }
    }
    guest
}

/// Publishes a camera in VP9 whose packets arrive.
fn publish_vp9(house: &mut House, guest: &mut Guest, request: proto::AddTrackRequest) -> (String, UpKey) {
    house.say(guest, ask::Message::AddTrack(request));
    let sid = house.last(guest, |message| match message {
        told::Message::TrackPublished(published) => published.track.clone(),
        _ => None,
    });
    guest.offer.0.push(("vp9", "sendonly", "cam".into()));
    house.offer(guest);
    let up = house.last_up();
    house.media_event(MediaEvent::UpStarted { up, mime: Mime::Vp9 });
    (sid.expect("published").sid, up)
}

fn publish_second(house: &mut House, guest: &mut Guest, sid: &str, cid: &str) -> UpKey {
    house.say(guest, ask::Message::AddTrack(second_request(sid, "vp8", cid)));
    guest.offer.0.push(("video", "sendonly", cid.into()));
    house.offer(guest);
    let up = house.last_up();
    house.media_event(MediaEvent::UpStarted { up, mime: Mime::Vp8 });
    up
}

/// What was forwarded to anybody, in order.
fn subscribed(house: &House) -> Vec<UpKey> {
    let ups = house.media.iter().filter_map(|command| match command {
        MediaCommand::Subscribe { up, .. } => Some(*up),
        _ => None,
    });
    ups.collect()
}

/// For each codec of a track whether its publisher was last asked for any of it.
fn wanted(house: &House, publisher: &Guest, sid: &str) -> Vec<(&'static str, bool)> {
    let update = house.last(publisher, |message| match message {
        told::Message::SubscribedQualityUpdate(update) if update.track_sid == sid => Some(update.clone()),
        _ => None,
    });
    let codecs = update.expect("told").subscribed_codecs;
    let name = |codec: &str| if codec == "vp9" { "vp9" } else { "vp8" };
    let any = |codec: &proto::SubscribedCodec| {
        codec.qualities.iter().any(|quality| quality.enabled && quality.quality() != VideoQuality::Off)
    };
    codecs.iter().map(|codec| (name(&codec.codec), any(codec))).collect()
}

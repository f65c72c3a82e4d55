//! Publishing and subscribing.

use std::time::Duration;

use palabre_tests::stage::Stage;
use sfu_proto::io::{Command, Event, LayerWish, Mime, PeerCloseReason};

use crate::watch;

#[test]
fn a_voice_is_heard_by_everybody_else_without_a_gap() {
    let mut stage = Stage::open();
    let [alice, bob, carol] = [stage.join(), stage.join(), stage.join()];
    let voice = stage.publish_audio(alice);
    let listeners = [bob, carol].map(|who| (who, stage.subscribe(who, voice)));

    stage.until("both hear a second of it", |stage| {
        listeners.iter().all(|&(who, down)| watch::audio(stage, who, down).len() >= 50)
    });

    for (who, down) in listeners {
        let heard = watch::audio(&stage, who, down);
        assert!(heard.windows(2).all(|pair| pair[1] == pair[0] + 1), "no gap: {heard:?}");
        let packets: Vec<_> = stage.peer(who).received_from(down.ssrc).collect();
        for pair in packets.windows(2) {
            assert_eq!(*pair[1].seq_no, *pair[0].seq_no + 1);
            assert_eq!(pair[1].header.timestamp.wrapping_sub(pair[0].header.timestamp), 960);
            assert_eq!(*pair[1].header.payload_type, 111);
        }
        let level = packets[10].header.ext_vals.audio_level;
        assert_eq!(level, Some(-20), "the audio level is passed on");
    }
    assert!(stage.peer(alice).received.is_empty(), "nobody hears herself");
    assert!(stage.events.contains(&Event::UpTrackStarted { track: voice.id, mime: Mime::Opus }));
}

#[test]
fn a_camera_is_seen_from_a_key_frame_on_that_is_asked_for_at_once() {
    let mut stage = Stage::open();
    let [alice, bob] = [stage.join(), stage.join()];
    let camera = stage.publish_video(alice, &[4]);
    stage.until("the camera runs for a second", |stage| {
        stage.peer_mut(alice).camera().encodings[0].frames > 25
    });

    let down = stage.subscribe(bob, camera);
    stage.until("bob sees a second of it", |stage| watch::video(stage, bob, down).len() > 100);

    watch::assert_decodable(&watch::video(&stage, bob, down));
    assert!(stage.peer_mut(alice).camera().encodings[0].key_requests >= 1, "a key frame was asked for");
    assert!(stage.events.contains(&Event::UpTrackStarted { track: camera.id, mime: Mime::Vp8 }));
}

#[test]
fn key_frame_requests_of_many_viewers_reach_the_camera_merged() {
    let mut stage = Stage::open();
    let alice = stage.join();
    let viewers = [stage.join(), stage.join(), stage.join(), stage.join()];
    let camera = stage.publish_video(alice, &[2]);
    let downs = viewers.map(|who| (who, stage.subscribe(who, camera)));
    stage.until("all see the camera", |stage| {
        downs.iter().all(|&(who, down)| watch::video(stage, who, down).len() > 20)
    });
    let before = stage.peer_mut(alice).camera().encodings[0].key_requests;

    for (who, down) in downs {
        stage.peer_mut(who).request_key_frame(down.ssrc);
    }
    stage.until("a request arrives", |stage| {
        stage.peer_mut(alice).camera().encodings[0].key_requests > before
    });
    stage.go_on_for(Duration::from_millis(400));

    let requests = stage.peer_mut(alice).camera().encodings[0].key_requests - before;
    assert!(requests <= 2, "{requests} requests for one key frame");
}

#[test]
fn a_track_muted_by_the_room_is_not_forwarded_until_it_is_unmuted() {
    let mut stage = Stage::open();
    let [alice, bob] = [stage.join(), stage.join()];
    let voice = stage.publish_audio(alice);
    let down = stage.subscribe(bob, voice);
    stage.until("bob hears alice", |stage| watch::audio(stage, bob, down).len() > 20);

    stage.command(Command::MuteUpTrack { track: voice.id, muted: true });
    stage.go_on_for(Duration::from_millis(200));
    let muted = watch::audio(&stage, bob, down).len();
    stage.go_on_for(Duration::from_millis(500));
    assert_eq!(watch::audio(&stage, bob, down).len(), muted, "nothing comes through");

    stage.command(Command::MuteUpTrack { track: voice.id, muted: false });
    stage.until("bob hears alice again", |stage| watch::audio(stage, bob, down).len() > muted + 20);
    let seqs: Vec<u64> = stage.peer(bob).received_from(down.ssrc).map(|packet| *packet.seq_no).collect();
    assert!(seqs.windows(2).all(|pair| pair[1] == pair[0] + 1), "to bob it is one stream without loss");
}

#[test]
fn an_ended_subscription_brings_no_more_packets() {
    let mut stage = Stage::open();
    let [alice, bob] = [stage.join(), stage.join()];
    let voice = stage.publish_audio(alice);
    let down = stage.subscribe(bob, voice);
    stage.until("bob hears alice", |stage| watch::audio(stage, bob, down).len() > 20);

    stage.command(Command::Unsubscribe { track: down.id });
    stage.go_on_for(Duration::from_millis(200));
    let heard = watch::audio(&stage, bob, down).len();
    stage.go_on_for(Duration::from_millis(400));

    assert_eq!(watch::audio(&stage, bob, down).len(), heard);
}

#[test]
fn a_video_that_is_not_wished_for_costs_nothing_until_it_is() {
    let mut stage = Stage::open();
    let [alice, bob] = [stage.join(), stage.join()];
    let camera = stage.publish_video(alice, &[2]);
    let hidden = LayerWish { enabled: false, ..LayerWish::default() };
    let down = stage.subscribe_with(bob, camera, hidden);
    stage.until("the camera runs for a second", |stage| {
        stage.peer_mut(alice).camera().encodings[0].frames > 25
    });
    assert!(watch::video(&stage, bob, down).is_empty());

    stage.wish(down, LayerWish::default());
    stage.until("bob sees it", |stage| watch::video(stage, bob, down).len() > 50);

    watch::assert_decodable(&watch::video(&stage, bob, down));
}

#[test]
fn who_speaks_is_reported_and_who_falls_silent_too() {
    let mut stage = Stage::open();
    let [alice, bob] = [stage.join(), stage.join()];
    let loud = stage.publish_audio(alice);
    let quiet = stage.publish_audio(bob);
    stage.peer_mut(alice).microphone().level = -10;
    stage.peer_mut(bob).microphone().level = -127;
    let active = move |event: &Event, active: bool| match event {
        Event::Speakers { changes, .. } => {
            changes.iter().any(|change| change.track == loud.id && change.active == active)
        }
        _ => false,
    };

    stage.until("alice is reported to speak", |stage| stage.events.iter().any(|event| active(event, true)));
    stage.peer_mut(alice).microphone().level = -127;
    stage.until("alice is reported silent", |stage| stage.events.iter().any(|event| active(event, false)));

    let bob_spoke = stage.events.iter().any(|event| match event {
        Event::Speakers { changes, .. } => {
            changes.iter().any(|change| change.track == quiet.id && change.active)
        }
        _ => false,
    });
    assert!(!bob_spoke, "silence is not speech");
}

#[test]
fn whoever_leaves_is_reported_and_the_others_go_on() {
    let mut stage = Stage::open();
    let [alice, bob, carol] = [stage.join(), stage.join(), stage.join()];
    let [first, second] = [stage.publish_audio(alice), stage.publish_audio(bob)];
    let [from_alice, from_bob] = [stage.subscribe(carol, first), stage.subscribe(carol, second)];
    stage.until("carol hears both", |stage| {
        watch::audio(stage, carol, from_alice).len() > 10 && watch::audio(stage, carol, from_bob).len() > 10
    });

    let peer = stage.peer(alice).id;
    stage.command(Command::Leave { peer });
    stage.until("it is reported", |stage| {
        stage.events.contains(&Event::PeerClosed { peer, reason: PeerCloseReason::Left })
    });
    let heard = watch::audio(&stage, carol, from_bob).len();

    stage.until("carol still hears bob", |stage| watch::audio(stage, carol, from_bob).len() > heard + 25);
}

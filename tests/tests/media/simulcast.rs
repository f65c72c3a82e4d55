//! Several encodings of one camera: each viewer gets the one that it wishes for and its link can carry.

use std::time::Duration;

use palabre_tests::stage::Stage;
use sfu_proto::io::LayerWish;

use crate::watch;

#[test]
fn the_picture_switches_between_encodings_as_wished_and_stays_decodable() {
    let mut stage = Stage::open();
    let [alice, bob] = [stage.join(), stage.join()];
    let camera = stage.publish_video(alice, &[1, 2, 4]);
    let down = stage.subscribe_with(bob, camera, wish(0));

    for encoding in [0, 2, 1, 2, 0] {
        stage.wish(down, wish(encoding));
        stage.until("the wished encoding is shown", |stage| {
            let seen = watch::video(stage, bob, down);
            seen.len() > 20 && seen[seen.len() - 20..].iter().all(|packet| packet.vp8.encoding == encoding)
        });
    }

    watch::assert_decodable(&watch::video(&stage, bob, down));
}

#[test]
fn two_viewers_get_different_encodings_of_the_same_camera() {
    let mut stage = Stage::open();
    let [alice, bob, carol] = [stage.join(), stage.join(), stage.join()];
    let camera = stage.publish_video(alice, &[1, 2, 4]);
    let small = stage.subscribe_with(bob, camera, wish(0));
    let large = stage.subscribe_with(carol, camera, wish(2));

    stage.until("both see what they wished for", |stage| {
        watch::video(stage, bob, small).len() > 25
            && watch::video(stage, carol, large).iter().filter(|seen| seen.vp8.encoding == 2).count() > 100
    });

    let (small, large) = (watch::video(&stage, bob, small), watch::video(&stage, carol, large));
    watch::assert_decodable(&small);
    watch::assert_decodable(&large);
    assert!(small.iter().all(|seen| seen.vp8.encoding == 0), "bob never gets more than he wished for");
}

#[test]
fn the_picture_falls_to_what_is_there_when_an_encoding_stops() {
    let mut stage = Stage::open();
    let [alice, bob] = [stage.join(), stage.join()];
    let camera = stage.publish_video(alice, &[1, 2, 4]);
    let down = stage.subscribe_with(bob, camera, wish(2));
    stage.until("the largest encoding is shown", |stage| {
        watch::video(stage, bob, down).last().is_some_and(|seen| seen.vp8.encoding == 2)
    });

    stage.peer_mut(alice).camera().encodings[2].paused = true;
    stage.until("the middle one is shown", |stage| {
        watch::video(stage, bob, down).last().is_some_and(|seen| seen.vp8.encoding == 1)
    });
    stage.go_on_for(Duration::from_millis(500));

    watch::assert_decodable(&watch::video(&stage, bob, down));
}

#[test]
fn a_narrow_link_gets_a_smaller_picture_and_the_voice_is_never_hurt() {
    let mut stage = Stage::open();
    let [alice, bob] = [stage.join(), stage.join()];
    let voice = stage.publish_audio(alice);
    // 25 pictures of 1, 3 and 10 packets of 1,150 bytes: 0.23, 0.7 and 2.3 Mbit/s.
    let camera = stage.publish_video(alice, &[1, 3, 10]);
    let heard = stage.subscribe(bob, voice);
    let down = stage.subscribe(bob, camera);
    stage.until("the largest encoding is shown", |stage| {
        watch::video(stage, bob, down).last().is_some_and(|seen| seen.vp8.encoding == 2)
    });

    stage.peer_mut(bob).incoming.limit(Some(1_000_000));
    stage.until("a smaller one is shown", |stage| {
        let seen = watch::video(stage, bob, down);
        seen[seen.len().saturating_sub(30)..].iter().all(|packet| packet.vp8.encoding < 2)
    });
    // Whatever the change has cost, after it the link must do without loss for the voice.
    stage.go_on_for(Duration::from_secs(1));
    let before = watch::audio(&stage, bob, heard).len();
    stage.go_on_for(Duration::from_secs(3));

    let words = watch::audio(&stage, bob, heard);
    let lost = words.last().expect("the voice goes on") + 1 - words[before] - (words.len() - before) as u64;
    assert!(lost <= 3, "{lost} of {} packets of the voice are lost", words.len() - before);
}

fn wish(encoding: u8) -> LayerWish {
    LayerWish { encoding, ..LayerWish::default() }
}

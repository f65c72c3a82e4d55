//! Of many who speak the loudest are heard.

use std::time::Duration;

use palabre_tests::stage::Stage;
use sfu_proto::io::Command;

use crate::watch;

#[test]
fn of_six_who_speak_three_are_heard_and_a_fourth_takes_the_place_of_the_quietest() {
    let mut stage = Stage::with_voices(3);
    let speakers: [_; 6] = std::array::from_fn(|_| stage.join());
    let listener = stage.join();
    let voices = speakers.map(|speaker| stage.publish_audio(speaker));
    for (speaker, level) in speakers.into_iter().zip([-30, -40, -50, -70, -70, -70]) {
        stage.peer_mut(speaker).microphone().level = level;
    }
    let downs = voices.map(|voice| stage.subscribe(listener, voice));
    let heard = |stage: &Stage| downs.map(|down| watch::audio(stage, listener, down).len());
    stage.until("the three loudest are heard", |stage| heard(stage)[..3].iter().all(|&count| count > 50));
    let before = heard(&stage);
    stage.go_on_for(Duration::from_millis(400));
    assert_eq!(heard(&stage)[3..], before[3..], "the others are not");

    stage.peer_mut(speakers[4]).microphone().level = -20;
    stage.until("the fifth is heard", |stage| heard(stage)[4] > before[4] + 20);
    let before = heard(&stage);
    stage.go_on_for(Duration::from_millis(400));
    let after = heard(&stage);

    assert!([0, 1, 4].iter().all(|&voice| after[voice] > before[voice]), "{before:?} {after:?}");
    assert!([2, 3, 5].iter().all(|&voice| after[voice] == before[voice]), "{before:?} {after:?}");
    // Whoever was put out and comes back has lost nothing in the eyes of a receiver.
    stage.peer_mut(speakers[2]).microphone().level = -10;
    stage.until("the third is heard again", |stage| heard(stage)[2] > after[2] + 20);
    let packets: Vec<u64> =
        stage.peer(listener).received_from(downs[2].ssrc).map(|one| *one.seq_no).collect();
    assert!(packets.windows(2).all(|pair| pair[1] == pair[0] + 1), "no gap: {packets:?}");
}

#[test]
fn who_is_always_heard_needs_no_loudness() {
    let mut stage = Stage::with_voices(1);
    let [loud, quiet, listener] = [stage.join(), stage.join(), stage.join()];
    let voices = [loud, quiet].map(|speaker| stage.publish_audio(speaker));
    stage.peer_mut(quiet).microphone().level = -90;
    let [loud, quiet] = voices.map(|voice| stage.subscribe(listener, voice));
    stage.command(Command::AlwaysHear { track: voices[1].id, always: true });

    stage.until("both are heard", |stage| {
        [loud, quiet].iter().all(|&down| watch::audio(stage, listener, down).len() > 50)
    });
}

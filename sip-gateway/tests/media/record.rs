//! What a leg says, written down and played back.

use std::path::Path;
use std::time::Duration;

use sip_gateway::media::{MediaConfig, MediaEngine, recording_file};
use sip_gateway_proto::call::{LegId, MediaEvent, MediaPlane, RecordingId};
use sip_gateway_proto::ivr::{Phrase, Prompt};
use sip_gateway_proto::media::g711::Law;
use sip_gateway_proto::plan::Language;
use sip_gateway_proto::sdp::Codec;
use tokio::sync::mpsc;

use crate::phone::{Phone, alaw_tone, config, decoded, level_of};

#[test]
fn a_message_is_kept_and_played_back_to_another_leg() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut engine, mut events) = keeping(21_600..=21_619, directory.path());
    let mut caller = Phone::new(&mut engine, 1, Codec::Pcma);
    caller.connect(&mut engine);

    engine.say(caller.leg, Phrase::of(&[Prompt::Beep]), Language::French);
    while events.try_recv() != Ok(MediaEvent::Said { leg: caller.leg }) {
        caller.hear().expect("a beep");
    }
    engine.record(caller.leg, RecordingId(0xAB), Duration::from_secs(60));
    say_for(&mut caller, 600.0, 100);
    engine.stop_recording(caller.leg);
    let length = recorded(&mut events, caller.leg);

    assert!((1_800..2_600).contains(&length.as_millis()), "{length:?}");
    let file = recording_file(directory.path(), RecordingId(0xAB));
    assert!(file.ends_with("00000000000000ab.opus"));
    let size = std::fs::metadata(&file).expect("kept").len();
    assert!((1_000..20_000).contains(&size), "{size} octets");

    let mut owner = Phone::new(&mut engine, 2, Codec::Pcmu);
    owner.connect(&mut engine);
    engine.say(owner.leg, Phrase::recording(RecordingId(0xAB)), Language::French);
    let mut heard = Vec::new();
    while events.try_recv() != Ok(MediaEvent::Said { leg: owner.leg }) {
        heard.push(owner.hear().expect("the message"));
    }
    let sound = decoded(Law::Mu, &heard);
    let (middle, end) = (sound.len() / 2, sound.len() / 2 + 4_000);
    let level = level_of(&sound[middle..end], 8_000, 600.0);
    assert!((level + 20.0).abs() < 2.0, "{level} dB");
    assert!(level_of(&sound[middle..end], 8_000, 900.0) < level - 30.0);
}

#[test]
fn the_longest_time_ends_a_recording_and_so_does_hanging_up() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut engine, mut events) = keeping(21_620..=21_639, directory.path());
    let mut caller = Phone::new(&mut engine, 1, Codec::Pcma);
    caller.connect(&mut engine);

    engine.record(caller.leg, RecordingId(1), Duration::from_millis(500));
    say_for(&mut caller, 600.0, 24);
    assert_eq!(recorded(&mut events, caller.leg), Duration::from_millis(500));

    engine.record(caller.leg, RecordingId(2), Duration::from_secs(60));
    say_for(&mut caller, 600.0, 20);
    engine.close(caller.leg);
    let length = recorded(&mut events, caller.leg).as_millis();
    assert!((300..800).contains(&length), "{length} ms");
    for recording in [1, 2] {
        assert!(recording_file(directory.path(), RecordingId(recording)).exists());
    }
}

#[test]
fn another_recording_of_the_same_leg_ends_the_one_before() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut engine, mut events) = keeping(21_640..=21_659, directory.path());
    let mut caller = Phone::new(&mut engine, 1, Codec::Pcma);
    caller.connect(&mut engine);
    engine.record(caller.leg, RecordingId(1), Duration::from_secs(60));
    say_for(&mut caller, 600.0, 20);
    engine.record(caller.leg, RecordingId(2), Duration::from_secs(60));
    assert!(recorded(&mut events, caller.leg) > Duration::from_millis(300));
    say_for(&mut caller, 600.0, 40);
    engine.stop_recording(caller.leg);
    assert!(recorded(&mut events, caller.leg) > Duration::from_millis(700));
}

#[test]
fn without_a_directory_or_with_a_name_that_is_taken_nothing_is_kept_and_that_is_told() {
    let (mut engine, mut events) = MediaEngine::start(config(21_660..=21_679, 1)).expect("threads");
    let mut caller = Phone::new(&mut engine, 1, Codec::Pcma);
    caller.connect(&mut engine);
    engine.record(caller.leg, RecordingId(1), Duration::from_secs(60));
    say_for(&mut caller, 600.0, 5);
    engine.stop_recording(caller.leg);
    assert_eq!(recorded(&mut events, caller.leg), Duration::ZERO);
    // And what is not there is no word.
    engine.say(caller.leg, Phrase::recording(RecordingId(1)), Language::French);
    while events.try_recv() != Ok(MediaEvent::Said { leg: caller.leg }) {
        caller.hear().expect("silence");
    }
    drop(engine);

    let directory = tempfile::tempdir().expect("a directory");
    let (mut engine, mut events) = keeping(21_660..=21_679, directory.path());
    let mut caller = Phone::new(&mut engine, 1, Codec::Pcma);
    caller.connect(&mut engine);
    std::fs::create_dir(directory.path().join("0000000000000001.part")).expect("made");
    engine.record(caller.leg, RecordingId(1), Duration::from_secs(60));
    say_for(&mut caller, 600.0, 5);
    engine.close(caller.leg);
    assert_eq!(recorded(&mut events, caller.leg), Duration::ZERO);
}

#[test]
fn what_a_run_before_left_half_written_is_removed() {
    let directory = tempfile::tempdir().expect("a directory");
    let half = directory.path().join("0000000000000001.part");
    let whole = recording_file(directory.path(), RecordingId(2));
    for file in [&half, &whole] {
        std::fs::write(file, b"OggS").expect("written");
    }

    let _engine = keeping(21_680..=21_689, directory.path());

    assert!(!half.exists() && whole.exists());
}

fn keeping(
    ports: std::ops::RangeInclusive<u16>,
    directory: &Path,
) -> (MediaEngine, mpsc::Receiver<MediaEvent>) {
    let recordings = Some(directory.to_owned());
    MediaEngine::start(MediaConfig { recordings, ..config(ports, 1) }).expect("threads")
}

/// Says a tone for some packets, at the beat of the silence that is heard meanwhile.
fn say_for(phone: &mut Phone, frequency: f64, packets: usize) {
    let tone = alaw_tone(frequency, -20.0);
    for at in 0..packets {
        phone.hear().expect("the beat");
        phone.say(&tone[at % tone.len()], 160);
    }
}

/// Waits until a recording is on the disk, and tells how long it is.
fn recorded(events: &mut mpsc::Receiver<MediaEvent>, leg: LegId) -> Duration {
    loop {
        match events.blocking_recv().expect("an event") {
            MediaEvent::Recorded { leg: of, length } if of == leg => return length,
            _ => {}
        }
    }
}

//! What a leg says, written down and played back.

use std::path::Path;
use std::time::Duration;

use sip_gateway::media::{MediaConfig, MediaEngine, keep_recording, recording_file};
use sip_gateway_proto::call::{LegId, MediaEvent, MediaPlane, RecordingId};
use sip_gateway_proto::ivr::{Phrase, Prompt};
use sip_gateway_proto::media::g711::Law;
use sip_gateway_proto::media::wav;
use sip_gateway_proto::plan::Language;
use sip_gateway_proto::sdp::Codec;
use tokio::sync::mpsc;

use crate::phone::{Phone, alaw_tone, config, decoded, level_of, tone};
use crate::room::Room;

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

#[test]
fn at_a_seat_of_ours_the_room_is_spoken_to_and_what_it_says_is_written_down() {
    let directory = tempfile::tempdir().expect("a directory");
    let (mut engine, mut events) = keeping(21_690..=21_699, directory.path());
    let (mut room, voice) = (Room::new(60), LegId(12));
    // A phone that sits there as well gives the beat, and hears us as the browser does.
    let mut phone = Phone::new(&mut engine, 1, Codec::Pcma);
    phone.connect(&mut engine);
    room.seat(&mut engine, &phone, 11);
    engine.seat(voice);
    room.let_in(&mut engine, voice);
    let mut browser = room.browser(&mut engine);
    let seat = room.hear_seat(&mut browser, voice.0);

    engine.say(voice, Phrase::of(&[Prompt::Goodbye, Prompt::Beep]), Language::French);
    let mut heard = Vec::new();
    while events.try_recv() != Ok(MediaEvent::Said { leg: voice }) {
        heard.push(phone.hear().expect("the beat"));
        browser.hear();
    }
    for _ in 0..10 {
        heard.push(phone.hear().expect("the beat"));
        browser.hear();
    }
    let loudest = |sound: &[i16], rate: u32| {
        sound.chunks_exact(rate as usize / 10).map(|part| level_of(part, rate, 800.0)).fold(-99.0, f64::max)
    };
    for level in [loudest(&browser.stream(seat).sound, 48_000), loudest(&decoded(Law::A, &heard), 8_000)] {
        assert!((-26.0..-14.0).contains(&level), "{level} dB of the beep");
    }

    engine.record(voice, RecordingId(7), Duration::from_secs(60));
    engine.say(voice, Phrase::of(&[Prompt::Beep]), Language::French);
    for beat in 0..100 {
        phone.hear().expect("the beat");
        browser.say_tone(500.0, -20.0, beat);
    }
    engine.close(voice);
    let length = until_recorded(&mut events, voice);
    assert!((1_700..2_700).contains(&length.as_millis()), "{length:?}");

    engine.say(phone.leg, Phrase::recording(RecordingId(7)), Language::French);
    let mut heard = Vec::new();
    while events.try_recv() != Ok(MediaEvent::Said { leg: phone.leg }) {
        heard.push(phone.hear().expect("the message"));
    }
    let sound = decoded(Law::A, &heard);
    let middle = &sound[sound.len() / 2..][..4_000];
    let level = level_of(middle, 8_000, 500.0);
    assert!((-28.0..-14.0).contains(&level), "{level} dB");
    assert!(loudest(&sound, 8_000) < level - 20.0, "what we say ourselves is not written down");
}

#[test]
fn a_sound_file_is_kept_as_a_greeting_at_the_loudness_of_prompts_if_it_is_neither_too_short_nor_too_long() {
    let directory = tempfile::tempdir().expect("a directory");
    let lengths = Duration::from_secs(1)..=Duration::from_secs(60);
    let file = |rate: u32, seconds: f64, level: f64| {
        let samples = tone(rate, 600.0, level, (f64::from(rate) * seconds) as usize);
        let mut file = wav::header(rate, samples.len() as u32).to_vec();
        file.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        file
    };
    let keep =
        |id: u64, file: &[u8]| keep_recording(directory.path(), RecordingId(id), file, lengths.clone());
    for (id, rate, level) in [(1, 8_000, -40.0), (2, 16_000, -22.0), (3, 48_000, -6.0)] {
        let length = keep(id, &file(rate, 3.0, level)).expect("kept");
        assert!((2_990..3_010).contains(&length.as_millis()), "{length:?}");
    }
    for (file, why) in [
        (file(16_000, 0.5, -20.0), "it lasts 500 ms"),
        (file(16_000, 61.0, -20.0), "it is longer than 60 seconds"),
        (file(44_100, 2.0, -20.0), "44100 Hz is not 8000, 16000 or 48000 Hz"),
        (b"MP3".to_vec(), "it is no WAV file"),
    ] {
        assert_eq!(keep(9, &file).expect_err(why).to_string(), why);
    }
    let left: Vec<_> = std::fs::read_dir(directory.path()).expect("a directory").collect();
    assert_eq!(left.len(), 3, "nothing is left of what was refused: {left:?}");

    let (mut engine, mut events) = keeping(21_740..=21_749, directory.path());
    let mut phone = Phone::new(&mut engine, 1, Codec::Pcma);
    phone.connect(&mut engine);
    for id in [1, 2, 3] {
        engine.say(phone.leg, Phrase::recording(RecordingId(id)), Language::French);
        let mut heard = Vec::new();
        while events.try_recv() != Ok(MediaEvent::Said { leg: phone.leg }) {
            heard.push(phone.hear().expect("the greeting"));
        }
        let sound = decoded(Law::A, &heard);
        let level = level_of(&sound[sound.len() / 2..][..4_000], 8_000, 600.0);
        assert!((-23.0..-16.0).contains(&level), "{id}: {level} dB");
    }
}

/// How long a recording is, when it ends.
fn until_recorded(events: &mut mpsc::Receiver<MediaEvent>, leg: LegId) -> Duration {
    loop {
        match events.blocking_recv().expect("it goes on") {
            MediaEvent::Recorded { leg: of, length } if of == leg => return length,
            _ => {}
        }
    }
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

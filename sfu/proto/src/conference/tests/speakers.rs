//! Who speaks, as the rooms are told.

use std::time::Duration;

use super::rig::{Media, Rig, microphone, opus};
use crate::id::{ConferenceId, UpTrackId};
use crate::io::{Event, SpeakerLevel};
use crate::rtp::ExtensionValues;

#[test]
fn whoever_speaks_is_told_once_and_once_more_when_silent() {
    let mut rig = Rig::with_peers(1);
    rig.publish(1, microphone(1, vec![opus()]));

    talk(&mut rig, 0, 60, 30);
    let speaking = speakers(&mut rig);
    assert!((1..=3).contains(&speaking.len()), "a steady voice soon has nothing new to tell: {speaking:?}");
    assert!(speaking.iter().all(|level| level.active && level.level > 0.0));

    talk(&mut rig, 60, 60, 127);
    assert_eq!(speakers(&mut rig), [SpeakerLevel { track: UpTrackId(1), level: 0.0, active: false }]);
}

#[test]
fn a_muted_track_does_not_speak() {
    let mut rig = Rig::with_peers(1);
    rig.publish(1, microphone(1, vec![opus()]));
    rig.conference.mute_up_track(rig.now, UpTrackId(1), true, &mut rig.out);

    talk(&mut rig, 0, 60, 10);

    assert_eq!(speakers(&mut rig), []);
}

#[test]
fn a_level_comes_in_eighths() {
    let mut rig = Rig::with_peers(1);
    rig.publish(1, microphone(1, vec![opus()]));

    for burst in 0..10 {
        talk(&mut rig, 60 * burst, 60, 34 - 3 * burst as u8);
    }

    let levels = speakers(&mut rig);
    assert!(levels.len() > 3);
    assert!(levels.iter().all(|level| (level.level * 8.0).fract() == 0.0));
}

/// Packets of 20 ms at a level in −dBov.
fn talk(rig: &mut Rig, first: u16, count: u16, level: u8) {
    for sequence in first..first + count {
        let values = ExtensionValues { audio_level: Some(level), ..ExtensionValues::default() };
        rig.send(1, Media { sequence, timestamp: 960 * u32::from(sequence), values, ..Media::default() });
        rig.advance(Duration::from_millis(20));
    }
}

fn speakers(rig: &mut Rig) -> Vec<SpeakerLevel> {
    let events = std::mem::take(&mut rig.out.events).into_iter();
    let changes = events.filter_map(|event| match event {
        Event::Speakers { conference: ConferenceId(1), changes } => Some(changes),
        _ => None,
    });
    changes.flatten().collect()
}

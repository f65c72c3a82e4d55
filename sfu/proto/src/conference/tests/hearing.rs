//! Of many who speak the loudest are forwarded.

use std::time::Duration;

use super::rig::{Media, Received, Rig, down, microphone, opus};
use crate::bandwidth::Bitrate;
use crate::id::{PeerId, UpTrackId};
use crate::io::UpTrackParams;
use crate::rtp::ExtensionValues;

#[test]
fn as_many_voices_as_have_a_place_are_forwarded_whatever_they_say() {
    let mut room = Room::new(3, 3);

    room.say_for(200, &[127, 90, 30]);

    assert_eq!([1, 2, 3].map(|peer| room.heard(peer).len()), [200; 3]);
}

#[test]
fn of_six_voices_three_are_forwarded() {
    let mut room = Room::new(6, 3);
    room.say_for(100, &[90, 90, 90, 90, 90, 90]);
    room.clear();

    room.say_for(100, &[90, 30, 90, 30, 30, 90]);

    let heard = [1, 2, 3, 4, 5, 6].map(|peer| room.heard(peer).len());
    // The quietest lose their places with the second loud packet of the fourth and the fifth, of whom the packet before
    // the first of these is heard as well.
    assert_eq!(heard, [2, 100, 2, 101, 101, 0]);
}

#[test]
fn a_new_voice_is_heard_from_its_first_syllable_and_within_forty_milliseconds() {
    let mut room = Room::new(4, 3);
    room.say_for(100, &[60, 60, 60, 90]);
    assert_eq!(room.heard(4), []);

    room.say(&[60, 60, 60, 30]);
    assert_eq!(room.heard(4), []);
    room.say(&[60, 60, 60, 30]);

    let heard = room.heard(4);
    assert_eq!(heard.iter().map(|packet| packet.payload[0]).collect::<Vec<_>>(), [99, 100, 101]);
    assert_eq!(heard.iter().map(|packet| packet.audio_level).collect::<Vec<_>>(), [90, 30, 30].map(Some));
}

#[test]
fn who_is_put_out_and_comes_back_leaves_a_gap_in_time_only() {
    let mut room = Room::new(2, 1);
    room.say_for(50, &[60, 90]);
    room.say_for(50, &[60, 30]);
    room.say_for(100, &[30, 127]);

    let heard = room.heard(1);

    assert!(heard.len() > 100 && heard.len() < 160, "{}", heard.len());
    assert_is_continuous(&heard);
    let instants = |packet: &Received| u32::from(packet.payload[0]) * 960;
    for (before, after) in heard.iter().zip(&heard[1..]) {
        let truth = instants(after).wrapping_sub(instants(before));
        assert_eq!(after.timestamp.wrapping_sub(before.timestamp), truth);
    }
    assert!(heard.windows(2).any(|pair| instants(&pair[1]) - instants(&pair[0]) > 48 * 500));
}

#[test]
fn equally_loud_voices_do_not_alternate() {
    let mut room = Room::new(4, 3);
    room.say_for(10, &[30, 30, 30, 127]);
    for syllable in 0..100_u32 {
        // Each has a pause of its own, as between words.
        let level = |voice: u32| if (syllable + 2 * voice).is_multiple_of(8) { 90 } else { 30 };
        room.say_for(10, &[level(0), level(1), level(2), level(3)]);
    }

    assert_eq!([1, 2, 3, 4].map(|peer| room.heard(peer).len()), [1_010, 1_010, 1_010, 0]);
}

#[test]
fn who_is_always_heard_takes_no_place() {
    let mut room = Room::new(4, 3);
    room.rig.conference.always_hear(UpTrackId(4), true);
    room.say_for(50, &[30, 30, 30, 127]);
    assert_eq!([1, 2, 3, 4].map(|peer| room.heard(peer).len()), [50; 4]);

    room.rig.conference.always_hear(UpTrackId(4), false);
    room.say_for(50, &[30, 30, 30, 127]);
    assert_eq!(room.heard(4), []);

    room.rig.conference.always_hear(UpTrackId(4), true);
    room.say_for(50, &[30, 30, 30, 127]);
    assert_eq!(room.heard(4).len(), 50);
}

#[test]
fn a_track_that_was_declared_to_be_always_heard_is() {
    let mut room = Room::new(3, 1);
    let track = UpTrackParams { always_heard: true, ..microphone(3, vec![opus()]) };
    room.rig.publish(3, track);

    room.say_for(50, &[30, 30, 127]);

    assert_eq!([1, 2, 3].map(|peer| room.heard(peer).len()), [50, 0, 50]);
}

#[test]
fn a_voice_whose_packets_tell_no_level_is_always_heard() {
    let mut room = Room::new(3, 1);
    for _ in 0..50 {
        room.say_some(&[(1, Some(30)), (2, Some(30)), (3, None)]);
    }

    assert_eq!([1, 2, 3].map(|peer| room.heard(peer).len()), [50, 0, 50]);
}

#[test]
fn a_mute_frees_the_place_and_nothing_that_was_said_meanwhile_is_heard() {
    let mut room = Room::new(2, 1);
    room.say_for(50, &[60, 30]);
    room.mute(2, true);
    room.say_for(10, &[60, 30]);
    room.mute(1, true);
    room.say_for(10, &[60, 30]);
    room.mute(2, false);
    room.clear();

    room.say_for(10, &[60, 30]);

    let heard = room.heard(2);
    assert_eq!(
        heard.iter().map(|packet| packet.payload[0]).collect::<Vec<_>>(),
        (70..80).collect::<Vec<_>>()
    );
    assert_eq!(room.heard(1), []);
}

#[test]
fn the_place_of_who_leaves_is_free() {
    let mut room = Room::new(2, 1);
    room.say_for(10, &[60, 90]);
    room.rig.conference.unpublish(room.rig.now, UpTrackId(1), &mut room.rig.out);
    room.clear();

    room.say_for(10, &[60, 90]);

    assert_eq!(room.heard(2).len(), 10);
}

#[test]
fn only_what_is_heard_counts_as_bandwidth() {
    let wanted = |limit: usize| {
        let mut room = Room::new(6, limit);
        room.say_for(250, &[30; 6]);
        let Rig { conference, now, out } = &mut room.rig;
        let slot = conference.peer_ids[&PeerId(LISTENER.into())];
        conference.collect_demands(*now, slot, &mut Vec::new(), out)
    };

    let (three, six) = (wanted(3), wanted(6));

    assert!(three > Bitrate::default());
    assert_eq!(three.scaled(2.0), six);
}

fn assert_is_continuous(heard: &[Received]) {
    for (before, after) in heard.iter().zip(&heard[1..]) {
        assert_eq!(after.sequence, before.sequence.wrapping_add(1));
    }
}

/// Peers with microphones, each of which says something every 20 ms, and one who receives all of them.
struct Room {
    rig: Rig,
    packets: u32,
    heard: Vec<Received>,
}

impl Room {
    fn new(voices: u32, limit: usize) -> Self {
        let mut rig = Rig::with_peers(LISTENER);
        rig.conference.hear_at_most(limit);
        for voice in 1..=u64::from(voices) {
            rig.publish(voice, microphone(voice, vec![opus()]));
            rig.subscribe(LISTENER.into(), down(voice, voice, vec![opus()]));
        }
        Self { rig, packets: 0, heard: Vec::new() }
    }

    /// Lets each peer send a packet of a level in −dBov, of which the payload tells the number.
    fn say(&mut self, levels: &[u8]) {
        let said: Vec<_> = (1..).zip(levels.iter().map(|&level| Some(level))).collect();
        self.say_some(&said);
    }

    fn say_some(&mut self, said: &[(u32, Option<u8>)]) {
        for &(peer, audio_level) in said {
            let media = Media {
                sequence: self.packets as u16,
                timestamp: 960 * self.packets,
                values: ExtensionValues { audio_level, ..ExtensionValues::default() },
                payload: &[self.packets as u8],
                ..Media::default()
            };
            self.rig.send(peer, media);
        }
        self.packets += 1;
        self.rig.advance(Duration::from_millis(20));
    }

    fn say_for(&mut self, packets: u32, levels: &[u8]) {
        (0..packets).for_each(|_| self.say(levels));
    }

    fn mute(&mut self, track: u64, muted: bool) {
        self.rig.conference.mute_up_track(self.rig.now, UpTrackId(track), muted, &mut self.rig.out);
    }

    /// Takes what the listener has received of a voice.
    fn heard(&mut self, voice: u32) -> Vec<Received> {
        self.heard.extend(self.rig.received(LISTENER));
        let (of_it, others) =
            std::mem::take(&mut self.heard).into_iter().partition(|packet| packet.ssrc == 1_000 + voice);
        self.heard = others;
        of_it
    }

    fn clear(&mut self) {
        self.rig.received(LISTENER);
        self.heard.clear();
    }
}

const LISTENER: u32 = 9;

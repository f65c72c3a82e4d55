//! Paths that carry less than what is wanted.

use std::time::Duration;

use super::rig::{Media, Rig, VP8, camera, down, microphone, opus, simulcast_camera, vp8};
use crate::id::{DownTrackId, Ssrc};
use crate::io::{Event, LayerWish};
use crate::relief::Relief;
use crate::rtcp::twcc;
use crate::rtp::ExtensionValues;
use crate::track::payload::vp8::tests::descriptor;

#[test]
fn the_top_layer_is_reached_within_seconds_where_the_path_is_wide() {
    let mut studio = Studio::new(vec![down(1, 1, vec![vp8()])]);

    studio.run(Duration::from_secs(3), 50_000);

    assert_eq!(studio.layers_seen().last(), Some(&2));
}

#[test]
fn a_picture_larger_than_what_is_assumed_of_a_path_is_what_shows_that_it_carries_it() {
    let mut rig = Rig::with_peers(2);
    rig.assume_nothing();
    rig.publish(1, camera(1));
    let picture = |rig: &mut Rig, turn: u16| {
        for part in 0..4 {
            let mut payload = descriptor(turn, 0, turn.is_multiple_of(30) && part == 0).to_vec();
            payload.resize(1_100, 0);
            let marker = part == 3;
            let (sequence, timestamp) = (4 * turn + part, 3_600 * u32::from(turn));
            let media = Media {
                ssrc: 11,
                payload_type: VP8.0,
                sequence,
                timestamp,
                marker,
                payload: &payload,
                ..Media::default()
            };
            rig.send(1, media);
        }
        rig.forward_batch();
        rig.advance(Duration::from_millis(40));
    };
    (0..60).for_each(|turn| picture(&mut rig, turn));

    rig.subscribe(2, down(1, 1, vec![vp8()]));
    (60..120).for_each(|turn| picture(&mut rig, turn));

    assert!(!rig.received(2).is_empty(), "900 kbit/s, where 500 are assumed");
}

#[test]
fn a_narrow_path_gets_a_lower_layer_and_a_wide_one_the_top_again() {
    let mut studio = Studio::new(vec![down(1, 1, vec![vp8()])]);
    studio.run(Duration::from_secs(3), 50_000);
    studio.layers_seen();

    studio.run(Duration::from_secs(4), 700);
    let narrow = studio.layers_seen();
    assert_eq!(narrow.last(), Some(&1), "450 kbit/s fit into 700");

    studio.run(Duration::from_secs(40), 50_000);
    assert_eq!(studio.layers_seen().last(), Some(&2));
}

#[test]
fn a_picture_is_paused_only_when_not_even_its_lowest_layer_fits() {
    let mut studio = Studio::new(vec![down(1, 1, vec![vp8()])]);
    studio.run(Duration::from_secs(2), 50_000);
    studio.layers_seen();

    studio.run(Duration::from_secs(8), 250);
    assert_eq!(studio.layers_seen().last(), Some(&0));
    assert_eq!(studio.pauses(), []);

    studio.run(Duration::from_secs(10), 70);
    assert_eq!(studio.pauses().first(), Some(&true));

    studio.run(Duration::from_secs(30), 50_000);
    assert_eq!(studio.pauses().last(), Some(&false));
    assert_eq!(studio.layers_seen().last(), Some(&2));
}

#[test]
fn sound_goes_on_whatever_happens_to_pictures() {
    let mut studio = Studio::new(vec![down(1, 1, vec![vp8()])]);
    studio.rig.publish(1, microphone(2, vec![opus()]));
    studio.rig.subscribe(2, down(2, 2, vec![opus()]));
    studio.run(Duration::from_secs(10), 100);

    for sequence in 1..=10 {
        studio.rig.send(1, Media { sequence, ..Media::default() });
    }

    let heard = studio.rig.received(2).into_iter().filter(|packet| packet.ssrc == 1_002);
    assert_eq!(heard.count(), 10);
}

#[test]
fn a_path_that_tells_nothing_still_gets_the_layer_it_wants() {
    let mut studio = Studio::new(vec![down(1, 1, vec![vp8()])]);
    studio.silent = true;

    studio.run(Duration::from_secs(3), 50_000);

    assert_eq!(studio.layers_seen().last(), Some(&2));
}

#[test]
fn a_shard_with_too_much_to_do_sends_smaller_pictures_and_then_none() {
    let mut studio = Studio::new(vec![down(1, 1, vec![vp8()])]);
    studio.run(Duration::from_secs(3), 50_000);
    let seen = |studio: &mut Studio, relief| {
        studio.rig.conference.relieve(relief);
        studio.run(Duration::from_secs(1), 50_000);
        studio.layers_seen();
        studio.run(Duration::from_secs(1), 50_000);
        let layers = studio.layers_seen();
        layers.iter().all(|layer| Some(layer) == layers.last()).then(|| layers.last().copied())
    };

    assert_eq!(seen(&mut studio, Relief::Smaller), Some(Some(1)));
    assert_eq!(seen(&mut studio, Relief::Smallest), Some(Some(0)));
    assert_eq!(studio.pauses(), []);
    assert_eq!(seen(&mut studio, Relief::SoundOnly), Some(None));
    assert_eq!(studio.pauses(), [true]);
    assert_eq!(seen(&mut studio, Relief::None), Some(Some(2)));
    assert_eq!(studio.pauses(), [false]);
}

#[test]
fn a_hidden_picture_costs_nothing() {
    let mut studio = Studio::new(vec![down(1, 1, vec![vp8()])]);
    studio.rig.wish(1, LayerWish { enabled: false, ..LayerWish::default() });

    studio.run(Duration::from_secs(1), 50_000);

    assert_eq!(studio.layers_seen(), []);
    assert_eq!(studio.pauses(), []);
}

#[test]
fn a_source_that_has_gone_quiet_is_told_as_paused() {
    let mut rig = Rig::with_peers(2);
    rig.publish(1, camera(1));
    rig.subscribe(2, down(1, 1, vec![vp8()]));
    let picture = |rig: &mut Rig, sequence| {
        let payload = descriptor(sequence, 0, true);
        rig.send(1, Media { ssrc: 11, payload_type: VP8.0, sequence, payload: &payload, ..Media::default() });
    };
    picture(&mut rig, 1);

    rig.advance(Duration::from_secs(6));
    picture(&mut rig, 2);
    rig.advance(Duration::from_secs(1));

    let pauses: Vec<_> = rig.out.events.iter().filter_map(paused).collect();
    assert_eq!(pauses, [true, false]);
}

/// A simulcast camera of 150, 450 and 1,800 kbit/s, and a viewer behind a bottleneck who reports arrivals.
struct Studio {
    rig: Rig,
    frame: u16,
    /// When the bottleneck is done with all that is queued, in microseconds.
    idle_at: u64,
    micros: u64,
    arrivals: Vec<(u16, Option<u64>)>,
    layers: Vec<u8>,
    silent: bool,
}

impl Studio {
    fn new(tracks: Vec<crate::io::DownTrackParams>) -> Self {
        let mut rig = Rig::with_peers(2);
        rig.assume_nothing();
        rig.publish(1, simulcast_camera(1));
        tracks.into_iter().for_each(|track| rig.subscribe(2, track));
        Self { rig, frame: 0, idle_at: 0, micros: 0, arrivals: Vec::new(), layers: Vec::new(), silent: false }
    }

    /// Sends 30 pictures a second in three layers; a keyframe follows each request.
    fn run(&mut self, time: Duration, kbps: u64) {
        for _ in 0..time.as_millis() / 33 {
            let asked = self.rig.keyframes_asked(1);
            for layer in 0..3_u8 {
                let key = asked.contains(&(21 + u32::from(layer))) || self.frame == 0;
                self.send_picture(layer, key);
            }
            self.frame += 1;
            for _ in 0..33 {
                self.deliver(kbps);
                self.rig.advance(Duration::from_millis(1));
                self.micros += 1_000;
            }
            if self.frame.is_multiple_of(3) && !self.silent {
                self.report();
            }
        }
    }

    fn send_picture(&mut self, layer: u8, key: bool) {
        let (packets, size) = [(1, 620), (2, 930), (7, 1_060)][usize::from(layer)];
        for part in 0..packets {
            let mut payload = descriptor(self.frame, 0, key && part == 0).to_vec();
            payload.resize(size, layer);
            let values = ExtensionValues {
                mid: Some(b"v"),
                rid: Some([b"q", b"h", b"f"][usize::from(layer)]),
                ..ExtensionValues::default()
            };
            self.rig.send(
                1,
                Media {
                    ssrc: 21 + u32::from(layer),
                    payload_type: VP8.0,
                    sequence: (self.frame * packets).wrapping_add(part),
                    timestamp: 2_970 * u32::from(self.frame),
                    marker: part + 1 == packets,
                    values,
                    payload: &payload,
                },
            );
        }
    }

    /// What was sent passes the bottleneck, or is dropped where half a second waits already.
    fn deliver(&mut self, kbps: u64) {
        for packet in self.rig.received(2) {
            let full = self.idle_at.saturating_sub(self.micros) > 500_000;
            if !full {
                self.idle_at =
                    self.idle_at.max(self.micros) + (packet.payload.len() as u64).max(224) * 8_000 / kbps;
                // What is nothing but padding has no layer.
                self.layers.extend(packet.payload.last().filter(|_| packet.ssrc == 1_001));
            }
            let number = packet.transport_cc.expect("negotiated");
            self.arrivals.push((number, (!full).then_some(1_000_000 + self.idle_at / 250)));
        }
    }

    fn report(&mut self) {
        let Some(&(base, _)) = self.arrivals.first() else { return };
        let times: Vec<_> = self.arrivals.drain(..).map(|(_, time)| time).collect();
        let header = twcc::FeedbackHeader { sender: Ssrc(5), media: Ssrc(1_001), feedback_count: 0 };
        self.rig.send_rtcp(2, |out| {
            twcc::write(out, header, base, &times);
        });
    }

    /// Takes the layers of the packets that came through.
    fn layers_seen(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.layers)
    }

    /// Takes what was told of pauses.
    fn pauses(&mut self) -> Vec<bool> {
        let events = std::mem::take(&mut self.rig.out.events);
        events.iter().filter_map(paused).collect()
    }
}

fn paused(event: &Event) -> Option<bool> {
    match event {
        Event::DownTrackPaused { track: DownTrackId(1), paused } => Some(*paused),
        _ => None,
    }
}

//! Streams that carry several layers under one number.

use std::time::Duration;

use super::rig::{Media, Received, Rig, VP8, camera, down, vp8};
use crate::bandwidth::Bitrate;
use crate::id::Ssrc;
use crate::io::{Codec, Event, LayerWish, Mime};
use crate::rtcp::nack;
use crate::rtp::ExtensionValues;
use crate::rtp::dependency::tests::{Head, L2T2_KEY, write};

#[test]
fn viewers_of_one_stream_get_pictures_of_different_sizes() {
    let mut studio = Studio::new(Mime::Vp9, [0, 1, u8::MAX]);

    studio.run(10);

    assert_eq!(studio.seen(2), ["0!"; 10]);
    assert_eq!(studio.seen(3), ["01!"; 10]);
    assert_eq!(studio.seen(4), ["012!"; 10]);
}

#[test]
fn going_down_takes_one_picture_and_going_up_one_keyframe() {
    for mime in [Mime::Vp9, Mime::Av1] {
        let mut studio = Studio::new(mime, [u8::MAX, u8::MAX, 0]);
        studio.run(10);
        studio.rig.keyframes_asked(1);
        studio.seen(2);

        studio.wish(1, LayerWish { encoding: 0, ..LayerWish::default() });
        studio.run(10);
        assert_eq!(studio.seen(2), ["0!"; 10], "{mime:?}");
        assert_eq!(studio.keys, 0, "nobody else pays for it");

        studio.answers = false;
        studio.wish(1, LayerWish::default());
        studio.run(5);
        assert_eq!(studio.seen(2), ["0!"; 5], "{mime:?}");
        studio.answers = true;
        studio.run(30);
        assert_eq!(studio.seen(2).last().map(String::as_str), Some(studio.whole()), "{mime:?}");
        assert_eq!(studio.keys, 1, "{mime:?}");
    }
}

#[test]
fn a_lower_frame_rate_is_chosen_and_left_without_a_keyframe() {
    for mime in [Mime::Vp9, Mime::Av1] {
        let mut studio = Studio::new(mime, [u8::MAX; 3]);
        studio.run(70);
        studio.seen(2);

        studio.wish(1, LayerWish { fps: 12, ..LayerWish::default() });
        studio.run(20);
        let seen = studio.seen(2);
        assert!((10..=11).contains(&seen.len()), "every second picture: {seen:?}");

        studio.wish(1, LayerWish::default());
        studio.run(20);
        assert!((19..=20).contains(&studio.seen(2).len()), "{mime:?}");
        assert_eq!(studio.keys, 0, "{mime:?}");
    }
}

#[test]
fn a_narrow_path_gets_smaller_pictures_then_fewer_and_at_last_none() {
    let mut studio = Studio::new(Mime::Vp9, [u8::MAX; 3]);
    studio.run(90);

    for (kbps, expected) in [(900, "01!"), (300, "0!")] {
        studio.rig.assume(Bitrate::kbps(kbps));
        studio.run(15);
        studio.seen(2);
        studio.run(10);
        assert_eq!(studio.seen(2), [expected; 10], "{kbps} kbit/s");
    }

    studio.rig.assume(Bitrate::kbps(100));
    studio.run(15);
    studio.seen(2);
    studio.run(10);
    assert_eq!(studio.seen(2), ["0!"; 5], "half the pictures");
    assert_eq!(studio.keys, 0);

    studio.rig.assume(Bitrate::kbps(30));
    studio.run(15);
    studio.seen(2);
    studio.run(10);
    assert!(studio.seen(2).is_empty());
    let paused = |event: &Event| matches!(event, Event::DownTrackPaused { paused: true, .. });
    assert!(studio.rig.out.events.iter().any(paused));
}

#[test]
fn a_layer_that_begins_later_passes_at_once_where_it_needs_no_past() {
    let mut studio = Studio::new(Mime::Vp9, [u8::MAX; 3]);
    studio.highest = 0;
    studio.run(60);
    studio.seen(2);

    studio.highest = 2;
    studio.run(10);

    // libvpx lets an added layer build on the one below for one picture.
    assert_eq!(studio.seen(2), ["012!"; 10]);
    assert_eq!(studio.keys, 0);
}

#[test]
fn the_last_packet_of_a_picture_is_the_same_when_sent_again() {
    let mut studio = Studio::new(Mime::Vp9, [0; 3]);
    studio.run(2);
    let sent = studio.rig.received(2);
    assert!(sent[0].marker, "the lowest layer is one packet");

    studio.rig.send_rtcp(2, |out| nack::write(out, Ssrc(1), Ssrc(1_001), &[sent[0].sequence]));

    assert!(studio.rig.received(2)[0].marker);
}

#[test]
fn a_packet_that_was_lost_and_is_not_wanted_leaves_no_gap_when_it_comes() {
    let mut studio = Studio::new(Mime::Vp9, [0; 3]);
    studio.run(1);
    studio.rig.received(2);
    studio.lost = Some(studio.sequence.wrapping_add(1));
    studio.run(2);
    let sequences: Vec<_> = studio.rig.received(2).iter().map(|packet| packet.sequence).collect();
    assert_eq!((sequences.len(), sequences[1] - sequences[0]), (2, 2), "it may have been wanted");

    studio.send_late();

    let empty = studio.rig.received(2);
    assert_eq!((empty.len(), empty[0].sequence, empty[0].payload.len()), (1, sequences[0] + 1, 0));
}

#[test]
fn a_late_viewer_waits_for_a_key_picture_and_gets_whole_ones() {
    let mut studio = Studio::new(Mime::Av1, [u8::MAX, 0, 0]);
    studio.run(5);
    studio.rig.subscribe(3, down(9, 1, vec![codec(Mime::Av1)]));
    studio.seen(3);
    studio.run(10);

    let seen: Vec<_> = studio.seen_of(3, 1_009);

    assert_eq!(seen.last().map(String::as_str), Some(studio.whole()));
    assert_eq!(studio.keys, 1);
}

#[test]
fn a_dependency_descriptor_passes_unchanged() {
    let mut studio = Studio::new(Mime::Av1, [0; 3]);
    studio.run(3);

    let descriptors: Vec<_> =
        studio.rig.received(2).into_iter().map(|packet| packet.dependency_descriptor).collect();

    let key = Head { begins: true, ends: true, template: 0, frame: 0 };
    assert_eq!(descriptors[0], Some(write(key, Some(L2T2_KEY))));
    assert_eq!(descriptors.len(), 3);
}

/// A camera with three spatial layers (VP9) or two (AV1) and two temporal ones, 30 pictures a second, and viewers 2, 3
/// and 4 of down tracks 1, 2 and 3.
struct Studio {
    rig: Rig,
    mime: Mime,
    picture: u32,
    sequence: u16,
    /// The picture at which the last group began, and the key pictures that were asked for since the first.
    first: u32,
    keys: u32,
    /// Whether key pictures are sent when asked for.
    answers: bool,
    /// The highest spatial layer that is sent, and was.
    highest: u8,
    before: u8,
    /// A packet that does not arrive, and what it was.
    lost: Option<u16>,
    late: Vec<u8>,
}

impl Studio {
    fn new(mime: Mime, wishes: [u8; 3]) -> Self {
        let mut rig = Rig::with_peers(4);
        let mut track = camera(1);
        track.codecs = vec![codec(mime)];
        rig.publish(1, track);
        for (viewer, encoding) in (1..).zip(wishes) {
            rig.subscribe(viewer + 1, down(viewer, 1, vec![codec(mime)]));
            rig.wish(viewer, LayerWish { encoding, ..LayerWish::default() });
        }
        rig.keyframes_asked(1);
        Self {
            rig,
            mime,
            picture: 0,
            sequence: 65_500,
            first: 0,
            keys: 0,
            answers: true,
            highest: 2,
            before: 2,
            lost: None,
            late: Vec::new(),
        }
    }

    fn wish(&mut self, track: u64, wish: LayerWish) {
        self.rig.wish(track, wish);
    }

    /// What a viewer gets of a picture who gets all of it.
    fn whole(&self) -> &'static str {
        if self.mime == Mime::Vp9 { "012!" } else { "01!" }
    }

    /// Sends pictures; a key picture follows each request.
    fn run(&mut self, pictures: u32) {
        for _ in 0..pictures {
            if self.answers && !self.rig.keyframes_asked(1).is_empty() && self.picture > 0 {
                self.first = self.picture;
                self.keys += 1;
            }
            match self.mime {
                Mime::Vp9 => self.send_vp9(),
                _ => self.send_av1(),
            }
            self.picture += 1;
            self.rig.advance(Duration::from_micros(33_333));
        }
    }

    fn send_vp9(&mut self) {
        let after = self.picture - self.first;
        let temporal = (after % 2) as u8;
        let begun = std::mem::replace(&mut self.before, self.highest);
        for spatial in 0..=self.highest {
            let packets = [1, 2, 4][usize::from(spatial)];
            let added = spatial > begun;
            for packet in 0..packets {
                let mut head = 0xb0;
                head |= u8::from(after > 0 && !added) << 6;
                head |= u8::from(packet == 0) << 3 | u8::from(packet + 1 == packets) << 2;
                let [high, low] = (self.picture as u16).to_be_bytes();
                let inter_layer = u8::from(spatial > 0 && (after == 0 || added));
                let mut payload = vec![head, 0x80 | high, low, temporal << 5 | spatial << 1 | inter_layer];
                if head & 0x40 != 0 {
                    payload.push((2 - temporal) << 1);
                }
                payload.resize(600, spatial);
                let last = spatial == self.highest && packet + 1 == packets;
                self.send(&payload, None, last);
            }
        }
    }

    fn send_av1(&mut self) {
        let after = self.picture - self.first;
        for spatial in 0..2 {
            let template = 3 * spatial + if after == 0 { 0 } else { 1 + (after % 2) as u8 };
            let frame = (2 * self.picture) as u16 + u16::from(spatial);
            let descriptor = write(
                Head { begins: true, ends: true, template, frame },
                (template == 0).then_some(L2T2_KEY),
            );
            let payload = [&[if template == 0 { 0x18 } else { 0x10 }, 0x0a][..], &[spatial; 600]].concat();
            self.send(&payload, Some(&descriptor), spatial == 1);
        }
    }

    fn send(&mut self, payload: &[u8], descriptor: Option<&[u8]>, marker: bool) {
        let values = ExtensionValues { dependency_descriptor: descriptor, ..ExtensionValues::default() };
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        if self.lost == Some(sequence) {
            self.late = payload.to_vec();
            return;
        }
        let timestamp = 3_000 * self.picture;
        let media = Media { ssrc: 11, payload_type: VP8.0, sequence, timestamp, marker, values, payload };
        self.rig.send(1, media);
    }

    /// Sends the packet that was lost, of the picture before the last.
    fn send_late(&mut self) {
        let (Some(sequence), payload) = (self.lost.take(), std::mem::take(&mut self.late)) else { return };
        let timestamp = 3_000 * (self.picture - 2);
        let media = Media {
            ssrc: 11,
            payload_type: VP8.0,
            sequence,
            timestamp,
            payload: &payload,
            ..Media::default()
        };
        self.rig.send(1, media);
    }

    fn seen(&mut self, viewer: u32) -> Vec<String> {
        self.seen_of(viewer, 999 + viewer)
    }

    /// Takes the layers of each picture that a viewer got, ! for its last packet. Nothing may be missing between.
    fn seen_of(&mut self, viewer: u32, ssrc: u32) -> Vec<String> {
        let packets: Vec<Received> =
            self.rig.received(viewer).into_iter().filter(|packet| packet.ssrc == ssrc).collect();
        assert!(packets.windows(2).all(|pair| pair[1].sequence == pair[0].sequence.wrapping_add(1)));
        let pictures = packets.chunk_by(|one, other| one.timestamp == other.timestamp);
        let picture = |packets: &[Received]| {
            let mut layers: Vec<u8> =
                packets.iter().filter_map(|packet| packet.payload.last().copied()).collect();
            layers.dedup();
            let mut name: String = layers.iter().map(u8::to_string).collect();
            let markers = packets.iter().filter(|packet| packet.marker).count();
            let last = packets.last().is_some_and(|packet| packet.marker);
            name += if last && markers == 1 { "!" } else { "?" };
            name
        };
        pictures.map(picture).collect()
    }
}

fn codec(mime: Mime) -> Codec {
    Codec { mime, ..vp8() }
}

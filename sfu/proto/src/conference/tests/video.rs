//! Pictures from one to others.

use std::time::Duration;

use super::rig::{Media, Rig, VP8, VP8_RTX, camera, down, simulcast_camera, vp8};
use crate::id::{Ssrc, UpTrackId};
use crate::io::LayerWish;
use crate::rtcp::{self, nack, pli};
use crate::rtp::ExtensionValues;
use crate::track::payload::vp8::Descriptor;
use crate::track::payload::vp8::tests::descriptor;

#[test]
fn a_new_viewer_makes_the_sender_send_a_keyframe_at_once() {
    let mut rig = Rig::with_peers(2);
    rig.publish(1, camera(1));
    picture(&mut rig, 1, false);

    rig.subscribe(2, down(1, 1, vec![vp8()]));

    assert_eq!(rig.keyframes_asked(1), [11]);
}

#[test]
fn a_viewer_sees_nothing_before_a_keyframe_and_everything_after() {
    let mut rig = Rig::with_peers(2);
    rig.publish(1, camera(1));
    rig.subscribe(2, down(1, 1, vec![vp8()]));

    picture(&mut rig, 1, false);
    picture(&mut rig, 2, true);
    picture(&mut rig, 3, false);

    let seen = rig.received(2);
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[1].sequence, seen[0].sequence.wrapping_add(1));
    assert_eq!(seen[1].timestamp.wrapping_sub(seen[0].timestamp), 3_000);
    assert_eq!(picture_id(&seen[1].payload), picture_id(&seen[0].payload) + 1);
}

#[test]
fn the_sender_is_asked_again_until_the_keyframe_comes() {
    let mut rig = Rig::with_peers(2);
    rig.publish(1, camera(1));
    picture(&mut rig, 1, false);
    rig.subscribe(2, down(1, 1, vec![vp8()]));

    rig.advance(Duration::from_millis(1_600));
    assert_eq!(rig.keyframes_asked(1).len(), 4);

    picture(&mut rig, 2, true);
    rig.advance(Duration::from_millis(1_600));
    assert_eq!(rig.keyframes_asked(1), []);
}

#[test]
fn many_viewers_who_lost_the_picture_make_one_request() {
    let mut rig = Rig::with_peers(10);
    rig.publish(1, camera(1));
    picture(&mut rig, 1, true);
    for viewer in 2..=10 {
        rig.subscribe(viewer, down(viewer, 1, vec![vp8()]));
    }
    picture(&mut rig, 2, true);
    rig.advance(Duration::from_secs(1));
    rig.keyframes_asked(1);

    for viewer in 2..=10 {
        rig.send_rtcp(viewer, |out| pli::write(out, Ssrc(1), Ssrc(1_000 + viewer)));
    }

    assert_eq!(rig.keyframes_asked(1), [11]);
}

#[test]
fn a_full_intra_request_counts_like_a_lost_picture() {
    let mut rig = Rig::with_peers(3);
    rig.publish(1, camera(1));
    for viewer in 2..=3 {
        rig.subscribe(viewer, down(viewer, 1, vec![vp8()]));
    }
    picture(&mut rig, 1, true);
    rig.advance(Duration::from_secs(1));
    rig.keyframes_asked(1);

    // RFC 5104 §4.3.1.1: sender, zero, then the stream and the number of the request.
    rig.send_rtcp(2, |out| {
        out.extend([0x84, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0]);
        out.extend(1_002_u32.to_be_bytes());
        out.extend([1, 0, 0, 0]);
    });
    rig.send_rtcp(3, |out| pli::write(out, Ssrc(1), Ssrc(1_003)));

    assert_eq!(rig.keyframes_asked(1), [11], "both together make one request");
}

#[test]
fn how_a_camera_is_held_and_how_soon_it_is_shown_passes_to_every_viewer_and_lasts() {
    let mut rig = Rig::with_peers(2);
    rig.publish(1, camera(1));
    rig.subscribe(2, down(1, 1, vec![vp8()]));
    // Senders say both with some packets only, and mean the ones behind them as well.
    let told = ExtensionValues {
        orientation: Some(3),
        playout_delay: Some([0, 1, 2]),
        ..ExtensionValues::default()
    };
    for (sequence, values) in [(1, told), (2, ExtensionValues::default())] {
        let payload = &descriptor(sequence, 0, sequence == 1)[..];
        rig.send(1, Media { ssrc: 11, payload_type: VP8.0, sequence, values, payload, ..Media::default() });
    }

    let seen = rig.received(2);
    assert_eq!(seen.len(), 2);
    for packet in seen {
        assert_eq!((packet.orientation, packet.playout_delay), (Some(3), Some([0, 1, 2])));
        assert!(
            packet.transport_cc.is_some() && packet.mid.as_deref() == Some("d"),
            "its own, for this viewer"
        );
    }
}

#[test]
fn a_packet_lost_on_the_way_to_a_viewer_is_sent_again_over_rtx() {
    let mut rig = Rig::with_peers(2);
    rig.publish(1, camera(1));
    rig.subscribe(2, down(1, 1, vec![vp8()]));
    picture(&mut rig, 1, true);
    picture(&mut rig, 2, false);
    let seen = rig.received(2);

    rig.send_rtcp(2, |out| nack::write(out, Ssrc(1), Ssrc(1_001), &[seen[1].sequence]));

    let repaired = rig.received(2);
    assert_eq!(repaired.len(), 1);
    assert_eq!((repaired[0].ssrc, repaired[0].payload_type), (2_001, VP8_RTX.0));
    assert_eq!(repaired[0].timestamp, seen[1].timestamp);
    assert_eq!(repaired[0].payload[..2], seen[1].sequence.to_be_bytes());
    assert_eq!(repaired[0].payload[2..], seen[1].payload);
    assert_eq!(repaired[0].transport_cc, Some(2));
}

#[test]
fn a_viewer_without_rtx_gets_the_plain_packet_again() {
    let mut rig = Rig::with_peers(2);
    rig.publish(1, camera(1));
    let mut plain = vp8();
    plain.rtx = None;
    rig.subscribe(2, down(1, 1, vec![plain]));
    picture(&mut rig, 1, true);
    let seen = rig.received(2);

    rig.send_rtcp(2, |out| nack::write(out, Ssrc(1), Ssrc(1_001), &[seen[0].sequence]));

    let again = rig.received(2);
    assert_eq!(again[0].payload, seen[0].payload);
    assert_eq!((again[0].ssrc, again[0].sequence), (1_001, seen[0].sequence));
}

#[test]
fn a_packet_lost_on_the_way_from_the_sender_is_asked_for_and_finds_its_place() {
    let mut rig = Rig::with_peers(2);
    rig.publish(1, camera(1));
    rig.subscribe(2, down(1, 1, vec![vp8()]));
    picture(&mut rig, 1, true);
    picture(&mut rig, 3, false);

    rig.advance(Duration::from_millis(10));
    let missing = rig.received_rtcp(1, |packet| match packet {
        rtcp::Packet::Nack(nack) => Some((nack.media, nack.sequences().collect::<Vec<_>>())),
        _ => None,
    });
    assert_eq!(missing, [(Ssrc(11), vec![2])]);

    let mut repair = 2_u16.to_be_bytes().to_vec();
    repair.extend(descriptor(2, 0, false));
    rig.send(
        1,
        Media {
            ssrc: 99,
            payload_type: VP8_RTX.0,
            sequence: 500,
            timestamp: 3_000,
            values: ExtensionValues { mid: Some(b"v"), ..ExtensionValues::default() },
            payload: &repair,
            ..Media::default()
        },
    );

    let seen = rig.received(2);
    assert_eq!(seen.len(), 3);
    assert_eq!(seen[2].sequence, seen[0].sequence.wrapping_add(1));
    assert_eq!(seen[2].timestamp, seen[0].timestamp.wrapping_add(3_000));
    assert_eq!(picture_id(&seen[2].payload), picture_id(&seen[0].payload) + 1);
    rig.advance(Duration::from_secs(3));
    let asked_again = rig.received_rtcp(1, |packet| matches!(packet, rtcp::Packet::Nack(_)).then_some(()));
    assert_eq!(asked_again.len(), 0);
}

#[test]
fn padding_between_pictures_leaves_no_gap() {
    let mut rig = Rig::with_peers(2);
    rig.publish(1, camera(1));
    rig.subscribe(2, down(1, 1, vec![vp8()]));
    picture(&mut rig, 1, true);

    let padding = [0xa0, VP8.0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 11, 0, 0, 0, 4];
    rig.conference.handle_rtp(rig.now, crate::conference::PeerKey(1), &padding, &mut rig.out);
    picture(&mut rig, 3, false);

    let seen = rig.received(2);
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[1].sequence, seen[0].sequence.wrapping_add(1));
}

#[test]
fn a_viewer_moves_between_layers_at_keyframes_without_a_seam() {
    let mut rig = Rig::with_peers(2);
    rig.publish(1, simulcast_camera(1));
    rig.subscribe(2, down(1, 1, vec![vp8()]));
    rig.wish(1, wish(0));
    layers(&mut rig, 1, 5, true);
    let low = rig.received(2);
    assert_eq!(low.len(), 5);
    rig.keyframes_asked(1);

    rig.wish(1, wish(2));
    assert_eq!(rig.keyframes_asked(1), [23]);
    layers(&mut rig, 6, 2, false);
    layers(&mut rig, 8, 2, true);

    let seen = rig.received(2);
    let layer_of: Vec<u8> = seen.iter().map(|packet| *packet.payload.last().expect("marked")).collect();
    assert_eq!(layer_of, [0, 0, 0, 2, 2]);
    let all = [low, seen].concat();
    for pair in all.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1));
        assert!((1..=3_000).contains(&pair[1].timestamp.wrapping_sub(pair[0].timestamp)));
        assert_eq!(picture_id(&pair[1].payload), picture_id(&pair[0].payload) + 1);
    }
}

#[test]
fn a_late_packet_of_the_old_layer_does_not_come_after_the_switch() {
    let mut rig = Rig::with_peers(2);
    rig.publish(1, simulcast_camera(1));
    rig.subscribe(2, down(1, 1, vec![vp8()]));
    rig.wish(1, wish(0));
    layers(&mut rig, 1, 1, true);
    rig.wish(1, wish(2));
    layers(&mut rig, 3, 1, true);
    rig.received(2);

    layer(&mut rig, 0, 2, false);
    layers(&mut rig, 4, 1, false);

    let after = rig.received(2);
    assert_eq!(after.len(), 1);
    assert_eq!(after[0].payload.last(), Some(&2));
}

#[test]
fn packets_that_overtook_the_keyframe_follow_it() {
    let mut rig = Rig::with_peers(2);
    rig.publish(1, camera(1));
    rig.subscribe(2, down(1, 1, vec![vp8()]));

    picture(&mut rig, 2, false);
    picture(&mut rig, 1, true);

    let seen = rig.received(2);
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[1].sequence, seen[0].sequence.wrapping_add(1));
}

#[test]
fn a_viewer_falls_back_when_the_layer_it_sees_is_not_sent_any_more() {
    let mut rig = Rig::with_peers(2);
    rig.publish(1, simulcast_camera(1));
    rig.subscribe(2, down(1, 1, vec![vp8()]));
    layers(&mut rig, 1, 3, true);
    rig.received(2);

    for sequence in 4..60 {
        layer(&mut rig, 0, sequence, false);
        rig.advance(Duration::from_millis(33));
    }
    assert!(rig.keyframes_asked(1).contains(&21));
    layer(&mut rig, 0, 60, true);

    assert_eq!(rig.received(2).len(), 1);
}

#[test]
fn fewer_frames_a_second_close_up_without_gaps() {
    let mut rig = Rig::with_peers(2);
    rig.publish(1, camera(1));
    rig.subscribe(2, down(1, 1, vec![vp8()]));
    for sequence in 1..=80 {
        temporal(&mut rig, sequence);
    }
    rig.received(2);

    rig.wish(1, LayerWish { fps: 8, ..LayerWish::default() });
    for sequence in 81..=160 {
        temporal(&mut rig, sequence);
    }

    let seen = rig.received(2);
    assert_eq!(seen.len(), 20, "every fourth");
    for pair in seen.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1));
        assert_eq!(pair[1].timestamp.wrapping_sub(pair[0].timestamp), 4 * 3_000);
        assert_eq!(picture_id(&pair[1].payload), (picture_id(&pair[0].payload) + 1) & 0x7fff);
    }
}

#[test]
fn a_camera_that_starts_over_is_seen_from_its_next_keyframe() {
    let mut rig = Rig::with_peers(2);
    rig.publish(1, simulcast_camera(1));
    rig.subscribe(2, down(1, 1, vec![vp8()]));
    layers(&mut rig, 1, 3, true);
    let before = rig.received(2);

    let restarted = |sequence: u16, key: bool| (sequence, [&descriptor(sequence, 0, key)[..], &[2]].concat());
    for (sequence, payload) in [restarted(40_000, false), restarted(40_001, true)] {
        rig.send(
            1,
            Media {
                ssrc: 77,
                payload_type: VP8.0,
                sequence,
                values: rid_values(b"f"),
                payload: &payload,
                ..Media::default()
            },
        );
    }

    let after = rig.received(2);
    assert_eq!(after.len(), 1);
    assert_eq!(after[0].sequence, before[2].sequence.wrapping_add(1));
}

#[test]
fn a_server_side_mute_asks_for_a_keyframe_when_it_ends() {
    let mut rig = Rig::with_peers(2);
    rig.publish(1, camera(1));
    rig.subscribe(2, down(1, 1, vec![vp8()]));
    picture(&mut rig, 1, true);
    rig.conference.mute_up_track(rig.now, UpTrackId(1), true, &mut rig.out);
    picture(&mut rig, 2, false);
    rig.advance(Duration::from_secs(1));
    rig.keyframes_asked(1);
    rig.received(2);

    rig.conference.mute_up_track(rig.now, UpTrackId(1), false, &mut rig.out);

    assert_eq!(rig.keyframes_asked(1), [11]);
    picture(&mut rig, 3, false);
    picture(&mut rig, 4, true);
    assert_eq!(rig.received(2).len(), 1);
}

/// One picture in one packet of the single camera, 30 a second.
fn picture(rig: &mut Rig, sequence: u16, key: bool) {
    rig.send(
        1,
        Media {
            ssrc: 11,
            payload_type: VP8.0,
            sequence,
            timestamp: 3_000 * u32::from(sequence - 1),
            marker: true,
            payload: &descriptor(sequence, 0, key),
            ..Media::default()
        },
    );
}

/// One picture of a camera with three temporal layers.
fn temporal(rig: &mut Rig, sequence: u16) {
    let layer = [2, 0, 2, 1][usize::from(sequence % 4)];
    rig.send(
        1,
        Media {
            ssrc: 11,
            payload_type: VP8.0,
            sequence,
            timestamp: 3_000 * u32::from(sequence),
            payload: &descriptor(sequence, layer, sequence == 1),
            ..Media::default()
        },
    );
    rig.advance(Duration::from_millis(33));
}

/// Pictures of all three layers, whose clocks and counters have nothing in common.
fn layers(rig: &mut Rig, first: u16, count: u16, key: bool) {
    for sequence in first..first + count {
        for encoding in 0..3 {
            layer(rig, encoding, sequence, key && sequence == first);
        }
        rig.now += Duration::from_micros(33_333);
    }
}

fn layer(rig: &mut Rig, encoding: u8, number: u16, key: bool) {
    let offset = 10_000 * u16::from(encoding);
    let payload = [&descriptor(number + offset, 0, key)[..], &[encoding]].concat();
    rig.send(
        1,
        Media {
            ssrc: 21 + u32::from(encoding),
            payload_type: VP8.0,
            sequence: number.wrapping_sub(3).wrapping_add(offset),
            timestamp: 3_000 * u32::from(number) + 1_000_000 * u32::from(encoding),
            values: rid_values([b"q", b"h", b"f"][usize::from(encoding)]),
            payload: &payload,
            ..Media::default()
        },
    );
}

fn rid_values(rid: &[u8]) -> ExtensionValues<'_> {
    ExtensionValues { mid: Some(b"v"), rid: Some(rid), ..ExtensionValues::default() }
}

fn wish(encoding: u8) -> LayerWish {
    LayerWish { encoding, ..LayerWish::default() }
}

fn picture_id(payload: &[u8]) -> u16 {
    let descriptor = Descriptor::parse(payload).expect("a descriptor");
    descriptor.picture.expect("a picture id").number
}

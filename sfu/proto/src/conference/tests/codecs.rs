//! Codecs whose pictures are forwarded whole.

use super::rig::{Media, Received, Rig, VP8, VP8_RTX, camera, down, simulcast_camera, vp8};
use crate::id::{PayloadType, Ssrc, UpTrackId};
use crate::io::{Codec, Event, LayerWish, Mime};
use crate::rtcp::nack;
use crate::rtp::ExtensionValues;
use crate::rtp::dependency::tests::{Head, L2T2, write};

#[test]
fn an_h264_picture_starts_at_its_parameter_sets() {
    let seen =
        seen_of(Mime::H264, &[&[0x61, 1], &[0x78, 0, 2, 0x67, 1, 0, 1, 0x68], &[0x7c, 0x85, 1], &[0x61, 2]]);

    assert_eq!(seen, [&[0x78, 0, 2, 0x67, 1, 0, 1, 0x68][..], &[0x7c, 0x85, 1], &[0x61, 2]]);
}

#[test]
fn an_h264_viewer_moves_between_layers_at_keyframes() {
    let mut rig = Rig::with_peers(2);
    let mut simulcast = simulcast_camera(1);
    simulcast.codecs = vec![codec(Mime::H264)];
    rig.publish(1, simulcast);
    rig.subscribe(2, down(1, 1, vec![codec(Mime::H264)]));
    rig.wish(1, LayerWish { encoding: 0, ..LayerWish::default() });
    let send = |rig: &mut Rig, rid: &'static [u8], ssrc, sequence, unit| {
        let values = ExtensionValues { mid: Some(b"v"), rid: Some(rid), ..ExtensionValues::default() };
        let payload = [unit, ssrc as u8];
        rig.send(
            1,
            Media { ssrc, payload_type: VP8.0, sequence, values, payload: &payload, ..Media::default() },
        );
    };

    send(&mut rig, b"q", 1, 65_535, 0x67);
    send(&mut rig, b"h", 2, 7, 0x67);
    rig.wish(1, LayerWish::default());
    send(&mut rig, b"q", 1, 0, 0x61);
    send(&mut rig, b"h", 2, 8, 0x67);
    send(&mut rig, b"q", 1, 1, 0x61);
    send(&mut rig, b"h", 2, 9, 0x61);

    let seen = rig.received(2);
    let layers: Vec<u8> = seen.iter().map(|packet| packet.payload[1]).collect();
    assert_eq!(layers, [1, 1, 2, 2]);
    assert!(seen.windows(2).all(|pair| pair[1].sequence == pair[0].sequence.wrapping_add(1)));
}

#[test]
fn vp9_passes_whole_from_its_keyframe_on() {
    let seen = seen_of(Mime::Vp9, &[&[0xc8, 1, 0], &[0x88, 2, 0], &[0xc8, 3, 0]]);

    assert_eq!(seen, [&[0x88, 2, 0], &[0xc8, 3, 0]]);
}

#[test]
fn h265_passes_whole_from_its_random_access_point_on() {
    let seen = seen_of(Mime::H265, &[&[2, 1, 0], &[19 << 1, 1, 0], &[2, 1, 9]]);

    assert_eq!(seen, [&[19 << 1, 1, 0], &[2, 1, 9]]);
}

#[test]
fn av1_keeps_its_dependency_descriptor_also_when_sent_again() {
    let mut rig = Rig::with_peers(2);
    let mut track = camera(1);
    track.codecs = vec![codec(Mime::Av1)];
    rig.publish(1, track);
    rig.subscribe(2, down(1, 1, vec![codec(Mime::Av1)]));
    let descriptor = [0x5a; 40];
    let values = ExtensionValues { dependency_descriptor: Some(&descriptor), ..ExtensionValues::default() };

    rig.send(
        1,
        Media { ssrc: 11, payload_type: VP8.0, values, payload: &[0x18, 0x0a, 9], ..Media::default() },
    );
    let seen = rig.received(2);
    assert_eq!(seen[0].dependency_descriptor.as_deref(), Some(&descriptor[..]));

    rig.send_rtcp(2, |out| nack::write(out, Ssrc(1), Ssrc(1_001), &[seen[0].sequence]));
    let again = rig.received(2);
    assert_eq!(again[0].dependency_descriptor, seen[0].dependency_descriptor);
    assert_eq!(again[0].payload_type, VP8_RTX.0);
    assert_eq!(again[0].payload[2..], [0x18, 0x0a, 9]);
}

#[test]
fn frame_numbers_go_on_where_a_viewer_moves_between_av1_encodings() {
    let mut rig = Rig::with_peers(2);
    let mut simulcast = simulcast_camera(1);
    simulcast.codecs = vec![codec(Mime::Av1)];
    rig.publish(1, simulcast);
    rig.subscribe(2, down(1, 1, vec![codec(Mime::Av1)]));
    rig.wish(1, LayerWish { encoding: 0, ..LayerWish::default() });
    let send = |rig: &mut Rig, rid: &'static [u8], ssrc, sequence, frame: u16, key: bool| {
        let head = Head { begins: true, ends: true, template: u8::from(!key), frame };
        let descriptor = write(head, key.then_some(L2T2));
        let values = ExtensionValues {
            mid: Some(b"v"),
            rid: Some(rid),
            dependency_descriptor: Some(&descriptor),
            ..ExtensionValues::default()
        };
        let payload: &[u8] = if key { &[0x18, 0x0a] } else { &[0x10, 0x0a] };
        rig.send(1, Media { ssrc, payload_type: VP8.0, sequence, values, payload, ..Media::default() });
    };

    send(&mut rig, b"q", 1, 1, 500, true);
    send(&mut rig, b"q", 1, 2, 501, false);
    send(&mut rig, b"h", 2, 7, 9, true);
    rig.wish(1, LayerWish::default());
    send(&mut rig, b"h", 2, 8, 10, true);
    send(&mut rig, b"h", 2, 9, 11, false);

    let frame = |packet: &Received| {
        let descriptor = packet.dependency_descriptor.as_deref().expect("passes");
        u16::from_be_bytes([descriptor[1], descriptor[2]])
    };
    let seen = rig.received(2);
    assert_eq!(seen.iter().map(frame).collect::<Vec<_>>(), [500, 501, 502, 503]);

    rig.send_rtcp(2, |out| nack::write(out, Ssrc(1), Ssrc(1_001), &[seen[1].sequence, seen[3].sequence]));
    assert_eq!(rig.received(2).iter().map(frame).collect::<Vec<_>>(), [501, 503]);
}

#[test]
fn a_viewer_gets_each_codec_under_the_payload_type_that_it_knows() {
    let mut rig = Rig::with_peers(2);
    let mut track = camera(1);
    track.codecs.push(Codec { payload_type: PayloadType(102), rtx: None, ..codec(Mime::H264) });
    rig.publish(1, track);
    rig.subscribe(2, down(1, 1, vec![Codec { payload_type: PayloadType(39), ..codec(Mime::H264) }, vp8()]));

    rig.send(1, Media { ssrc: 11, payload_type: 102, payload: &[0x67, 1], ..Media::default() });

    assert_eq!(rig.received(2)[0].payload_type, 39);
    let started = Event::UpTrackStarted { track: UpTrackId(1), mime: Mime::H264 };
    assert_eq!(rig.out.events, [started]);
}

/// What a viewer sees of a camera's packets.
fn seen_of(mime: Mime, payloads: &[&[u8]]) -> Vec<Vec<u8>> {
    let mut rig = Rig::with_peers(2);
    let mut track = camera(1);
    track.codecs = vec![codec(mime)];
    rig.publish(1, track);
    rig.subscribe(2, down(1, 1, vec![codec(mime)]));
    for (index, payload) in payloads.iter().enumerate() {
        let sequence = index as u16;
        rig.send(1, Media { ssrc: 11, payload_type: VP8.0, sequence, payload, ..Media::default() });
    }
    rig.received(2).into_iter().map(|packet| packet.payload).collect()
}

fn codec(mime: Mime) -> Codec {
    Codec { mime, ..vp8() }
}

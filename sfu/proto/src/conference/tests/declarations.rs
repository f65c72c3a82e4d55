//! What is declared of a source, and what its packets say of themselves.

use super::rig::{Media, Rig, VP8, VP8_RTX, camera, down, simulcast_camera, vp8};
use crate::id::{PayloadType, PeerId, UpTrackId};
use crate::io::{Codec, Event, Mime};
use crate::rtp::ExtensionValues;
use crate::track::payload::vp8::tests::descriptor;

#[test]
fn a_stream_stays_known_when_it_stops_telling_its_rid() {
    let mut rig = Rig::with_peers(2);
    rig.publish(1, simulcast_camera(1));
    rig.subscribe(2, down(1, 1, vec![vp8()]));

    send(&mut rig, 33, 1, VP8.0, named(b"f"));
    send(&mut rig, 33, 2, VP8.0, ExtensionValues::default());

    assert_eq!(rig.received(2).len(), 2);
}

#[test]
fn a_stream_that_no_longer_tells_its_rid_is_known_in_the_conference_that_its_peer_moves_to() {
    let mut left = Rig::with_peers(1);
    left.publish(1, simulcast_camera(1));
    send(&mut left, 33, 1, VP8.0, named(b"f"));
    let known = left.conference.known_streams(PeerId(1));

    let mut rig = Rig::with_peers(2);
    let mut camera = simulcast_camera(1);
    known.complete(&mut camera);
    rig.publish(1, camera);
    rig.subscribe(2, down(1, 1, vec![vp8()]));
    send(&mut rig, 33, 2, VP8.0, ExtensionValues::default());

    assert_eq!(rig.received(2).len(), 1);
}

#[test]
fn packets_that_come_before_their_declaration_are_lost_and_later_ones_are_not() {
    let mut rig = Rig::with_peers(2);
    send(&mut rig, 33, 1, VP8.0, named(b"f"));

    rig.publish(1, simulcast_camera(1));
    rig.subscribe(2, down(1, 1, vec![vp8()]));
    send(&mut rig, 33, 2, VP8.0, named(b"f"));

    assert_eq!(rig.received(2).len(), 1);
}

#[test]
fn a_stream_that_says_nothing_of_itself_is_not_guessed_among_several() {
    let mut rig = Rig::with_peers(2);
    rig.publish(1, simulcast_camera(1));
    rig.subscribe(2, down(1, 1, vec![vp8()]));

    send(&mut rig, 33, 1, VP8.0, ExtensionValues::default());

    assert_eq!(rig.received(2), []);
    assert_eq!(rig.out.events, []);
}

#[test]
fn a_track_that_is_declared_again_goes_on_without_a_seam() {
    let mut rig = Rig::with_peers(2);
    rig.publish(1, camera(1));
    rig.subscribe(2, down(1, 1, vec![vp8()]));
    send(&mut rig, 11, 1, VP8.0, ExtensionValues::default());
    let before = rig.received(2);

    rig.publish(1, camera(1));
    let mut delta = descriptor(2, 0, false);
    delta[6] = 1;
    rig.send(1, Media { ssrc: 11, payload_type: VP8.0, sequence: 2, payload: &delta, ..Media::default() });

    let after = rig.received(2);
    assert_eq!(after[0].sequence, before[0].sequence.wrapping_add(1));
}

#[test]
fn a_codec_added_by_a_new_declaration_reaches_those_who_accept_it() {
    let mut rig = Rig::with_peers(2);
    let h264 = Codec { payload_type: PayloadType(102), mime: Mime::H264, rtx: None, ..vp8() };
    rig.publish(1, camera(1));
    rig.subscribe(2, down(1, 1, vec![vp8(), h264.clone()]));

    let mut more = camera(1);
    more.codecs.push(h264);
    rig.publish(1, more);
    rig.send(1, Media { ssrc: 11, payload_type: 102, payload: &[0x67, 1], ..Media::default() });

    assert_eq!(rig.received(2)[0].payload_type, 102);
}

#[test]
fn a_retransmission_before_any_media_is_not_taken_for_it() {
    let mut rig = Rig::with_peers(2);
    rig.publish(1, simulcast_camera(1));
    let values = ExtensionValues { mid: Some(b"v"), repaired_rid: Some(b"f"), ..ExtensionValues::default() };

    send(&mut rig, 44, 1, VP8_RTX.0, values);

    assert_eq!(rig.out.events, []);
    send(&mut rig, 33, 1, VP8.0, named(b"f"));
    assert_eq!(rig.out.events, [Event::UpTrackStarted { track: UpTrackId(1), mime: Mime::Vp8 }]);
}

fn send(rig: &mut Rig, ssrc: u32, sequence: u16, payload_type: u8, values: ExtensionValues<'_>) {
    let payload = descriptor(sequence, 0, true);
    rig.send(1, Media { ssrc, payload_type, sequence, values, payload: &payload, ..Media::default() });
}

fn named(rid: &[u8]) -> ExtensionValues<'_> {
    ExtensionValues { mid: Some(b"v"), rid: Some(rid), ..ExtensionValues::default() }
}

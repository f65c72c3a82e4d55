//! One conference on two shards: what is published on one is seen and heard on the other.

use std::time::Duration;

use super::rig::{Media, Received, Rig, VP8, camera, down, microphone, opus, simulcast_camera};
use crate::bandwidth::Bitrate;
use crate::conference::PeerKey;
use crate::id::{PeerId, Ssrc, UpTrackId};
use crate::io::{EncodingParams, Event, LayerWish, UpTrackParams};
use crate::participant::Nature;
use crate::rtcp::report::{self, SenderInfo};
use crate::rtcp::{self, nack, pli};
use crate::rtp::ExtensionValues;
use crate::track::payload::vp8::tests::descriptor;

/// The publisher on the near side, and whoever stands for it on the far one.
const PUBLISHER: u32 = 1;
/// The near end of its bridge, and the viewer on the far side.
const NEAR: u32 = 9;
const VIEWER: u32 = 2;

/// A publisher on one shard, a viewer on another.
struct Apart {
    near: Rig,
    far: Rig,
}

impl Apart {
    fn with(track: &UpTrackParams) -> Self {
        let mut near = Rig::with_peers(PUBLISHER);
        near.publish(1, track.clone());
        near.conference.join(near.now, PeerId(9), PeerKey(NEAR), Nature::Bridge);
        let ssrcs: Vec<Ssrc> = (0..track.encodings.len()).map(|index| Ssrc(501 + index as u32)).collect();
        near.conference.tap(PeerId(9), track.id, ssrcs.clone());

        let mut far = Rig::with_peers(0);
        far.conference.join(far.now, PeerId(1), PeerKey(PUBLISHER), Nature::Bridge);
        far.conference.join(far.now, PeerId(2), PeerKey(VIEWER), Nature::Remote);
        far.conference.connected(far.now, PeerId(2), &mut far.out);
        far.assume(Bitrate::kbps(5_000));
        let encodings = ssrcs.iter().map(|&ssrc| EncodingParams {
            rid: None,
            ssrc: Some(ssrc),
            rtx_ssrc: None,
            width: 0,
            height: 0,
        });
        far.publish(1, UpTrackParams { encodings: encodings.collect(), ..track.clone() });
        far.subscribe(2, down(1, track.id.0, track.codecs.clone()));
        Self { near, far }
    }

    /// Carries what waits over the bridge, both ways.
    fn cross(&mut self) {
        let (to_far, others) =
            std::mem::take(&mut self.near.out.rtp).into_iter().partition(|(to, _)| *to == NEAR);
        self.near.out.rtp = others;
        let to_far: Vec<(u32, Vec<u8>)> = to_far;
        for (_, packet) in to_far {
            self.far.conference.handle_rtp(self.far.now, PeerKey(PUBLISHER), &packet, &mut self.far.out);
        }
        carry_reports(&mut self.near, NEAR, &mut self.far, PUBLISHER);
        carry_reports(&mut self.far, PUBLISHER, &mut self.near, NEAR);
    }

    fn advance(&mut self, time: Duration) {
        self.near.advance(time);
        self.far.advance(time);
    }

    fn seen(&mut self) -> Vec<Received> {
        let own = |packet: &Received| packet.ssrc == 1_001;
        self.far.received(VIEWER).into_iter().filter(own).collect()
    }
}

fn carry_reports(from: &mut Rig, end: u32, to: &mut Rig, other_end: u32) {
    let (crossing, others) = std::mem::take(&mut from.out.rtcp).into_iter().partition(|(to, _)| *to == end);
    from.out.rtcp = others;
    let crossing: Vec<(u32, Vec<u8>)> = crossing;
    for (_, compound) in crossing {
        to.conference.handle_rtcp(to.now, PeerKey(other_end), &compound, &mut to.out);
    }
}

fn picture(rig: &mut Rig, sequence: u16, key: bool) {
    let values = ExtensionValues { orientation: Some(1), ..ExtensionValues::default() };
    picture_of(rig, 11, values, sequence, key);
}

fn picture_of(rig: &mut Rig, ssrc: u32, values: ExtensionValues<'_>, sequence: u16, key: bool) {
    let payload = descriptor(sequence, 0, key);
    let timestamp = u32::from(sequence) * 3_000;
    let media = Media {
        ssrc,
        payload_type: VP8.0,
        sequence,
        timestamp,
        values,
        payload: &payload,
        ..Media::default()
    };
    rig.send(PUBLISHER, media);
}

#[test]
fn a_picture_reaches_the_far_viewer_as_it_reaches_a_near_one() {
    let mut apart = Apart::with(&camera(1));
    for sequence in 1..=20 {
        picture(&mut apart.near, sequence, sequence == 1);
        apart.cross();
        apart.advance(Duration::from_millis(10));
    }

    let seen = apart.seen();

    assert_eq!(seen.len(), 20);
    assert!(seen.windows(2).all(|pair| pair[1].sequence == pair[0].sequence.wrapping_add(1)));
    assert!(seen.windows(2).all(|pair| pair[1].timestamp == pair[0].timestamp.wrapping_add(3_000)));
    assert_eq!(seen[7].orientation, Some(1));
}

#[test]
fn a_simulcast_camera_is_chosen_from_on_the_far_side() {
    let mut apart = Apart::with(&simulcast_camera(1));
    apart.far.wish(1, LayerWish { encoding: 0, ..LayerWish::default() });
    for sequence in 1..=10 {
        for (ssrc, rid) in [(21, b"q"), (22, b"h"), (23, b"f")] {
            let values =
                ExtensionValues { rid: Some(&rid[..]), mid: Some(b"v"), ..ExtensionValues::default() };
            picture_of(&mut apart.near, ssrc, values, sequence, sequence == 1);
        }
        apart.cross();
        apart.advance(Duration::from_millis(10));
    }
    assert_eq!(apart.seen().len(), 10, "one of three");

    // A higher one is awaited, and its sender is asked for what it takes.
    apart.near.keyframes_asked(PUBLISHER);
    apart.far.wish(1, LayerWish::default());
    apart.advance(Duration::from_secs(1));
    apart.cross();
    apart.advance(Duration::from_secs(1));
    assert!(apart.near.keyframes_asked(PUBLISHER).contains(&23));
}

#[test]
fn what_the_far_viewer_asks_for_reaches_the_sender() {
    let mut apart = Apart::with(&camera(1));
    picture(&mut apart.near, 1, true);
    apart.cross();
    apart.advance(Duration::from_secs(2));
    apart.near.keyframes_asked(PUBLISHER);

    apart.far.send_rtcp(VIEWER, |out| pli::write(out, Ssrc(7), Ssrc(1_001)));
    apart.cross();
    apart.advance(Duration::from_millis(200));

    assert_eq!(apart.near.keyframes_asked(PUBLISHER), [11]);
}

#[test]
fn a_packet_lost_to_the_viewer_is_sent_again_from_its_own_shard() {
    let mut apart = Apart::with(&camera(1));
    for sequence in 1..=5 {
        picture(&mut apart.near, sequence, sequence == 1);
    }
    apart.cross();
    let seen = apart.seen();
    apart.advance(Duration::from_millis(100));

    apart.far.send_rtcp(VIEWER, |out| nack::write(out, Ssrc(7), Ssrc(1_001), &[seen[2].sequence]));

    let again = apart.far.received(VIEWER);
    assert!(again.iter().any(|packet| packet.ssrc == 2_001), "{again:?}");
}

#[test]
fn a_packet_lost_between_the_shards_is_asked_for_and_comes() {
    let mut apart = Apart::with(&camera(1));
    picture(&mut apart.near, 1, true);
    apart.cross();
    picture(&mut apart.near, 2, false);
    apart.near.out.rtp.clear();
    picture(&mut apart.near, 3, false);
    apart.cross();
    apart.advance(Duration::from_millis(100));
    apart.cross();
    apart.cross();

    let mut timestamps: Vec<u32> = apart.seen().iter().map(|packet| packet.timestamp).collect();
    timestamps.sort_unstable();
    assert_eq!(timestamps.len(), 3);
}

#[test]
fn a_number_that_leads_to_nothing_leaves_no_gap() {
    let mut apart = Apart::with(&camera(1));
    picture(&mut apart.near, 1, true);
    let empty = Media { ssrc: 11, payload_type: VP8.0, sequence: 2, payload: &[], ..Media::default() };
    apart.near.send(PUBLISHER, empty);
    picture(&mut apart.near, 3, false);
    apart.cross();

    let numbers: Vec<u16> = apart.seen().iter().map(|packet| packet.sequence).collect();
    assert_eq!(numbers[1], numbers[0].wrapping_add(1));
    assert_eq!(numbers.len(), 2);
}

#[test]
fn the_senders_clocks_cross() {
    let mut apart = Apart::with(&camera(1));
    picture(&mut apart.near, 1, true);
    apart.cross();
    let info = SenderInfo { ntp: 100 << 32, rtp: 3_000, packets: 1, octets: 1 };
    apart.near.send_rtcp(PUBLISHER, |out| report::write_sender_report(out, Ssrc(11), info));
    apart.cross();
    apart.advance(Duration::from_millis(1_100));

    let infos = apart.far.received_rtcp(VIEWER, |packet| match packet {
        rtcp::Packet::SenderReport(report) => Some(report.info),
        _ => None,
    });
    assert!(infos.iter().any(|info| (100 << 32..102 << 32).contains(&info.ntp)), "{infos:?}");
}

#[test]
fn a_voice_crosses_and_the_rooms_are_told_of_it_once() {
    let mut apart = Apart::with(&microphone(1, vec![opus()]));
    for sequence in 1..=100 {
        let values = ExtensionValues { audio_level: Some(0x80 | 20), ..ExtensionValues::default() };
        let timestamp = u32::from(sequence) * 960;
        apart.near.send(PUBLISHER, Media { sequence, timestamp, values, ..Media::default() });
        apart.cross();
        apart.advance(Duration::from_millis(20));
    }
    apart.advance(Duration::from_secs(6));

    let seen = apart.seen();
    assert_eq!(seen.len(), 100);
    assert_eq!(seen[50].audio_level, Some(0x80 | 20));
    let of_the_source = |event: &&Event| {
        matches!(event, Event::UpTrackStarted { .. } | Event::Speakers { .. })
            || matches!(event, Event::Quality { peer, .. } if *peer != PeerId(2))
    };
    assert!(apart.near.out.events.iter().any(|event| matches!(event, Event::Speakers { .. })));
    assert_eq!(apart.far.out.events.iter().find(of_the_source), None);
    let quality_of_an_end =
        |event: &&Event| matches!(event, Event::Quality { peer, .. } if *peer == PeerId(9));
    assert_eq!(apart.near.out.events.iter().find(quality_of_an_end), None);
}

#[test]
fn nothing_crosses_that_is_muted_or_that_nobody_wants_any_more() {
    let mut apart = Apart::with(&camera(1));
    apart.near.conference.mute_up_track(apart.near.now, UpTrackId(1), true, &mut apart.near.out);
    picture(&mut apart.near, 1, true);
    assert_eq!(apart.near.received(NEAR), []);

    apart.near.conference.mute_up_track(apart.near.now, UpTrackId(1), false, &mut apart.near.out);
    apart.near.conference.untap(PeerId(9), UpTrackId(1));
    picture(&mut apart.near, 2, true);
    assert_eq!(apart.near.received(NEAR), []);
}

#[test]
fn a_tap_ends_with_either_side() {
    for leaves in [PeerId(1), PeerId(9)] {
        let mut apart = Apart::with(&camera(1));
        apart.near.conference.leave(apart.near.now, leaves, &mut apart.near.out);
        picture(&mut apart.near, 1, true);
        apart.near.send_rtcp(NEAR, |out| pli::write(out, Ssrc(7), Ssrc(501)));
        assert_eq!(apart.near.received(NEAR), []);
    }
}

//! Peers that send whatever they like.

use std::time::Duration;

use super::rig::{Rig, camera, down, microphone, opus, red, simulcast_camera, vp8};
use crate::conference::PeerKey;
use crate::id::{DownTrackId, PayloadType, PeerId, UpTrackId};
use crate::io::{Codec, LayerWish, Mime};

#[test]
fn well_formed_nonsense_of_every_kind_is_survived() {
    for seed in 1..=40 {
        let mut noise = Noise(seed);
        let mut rig = Rig::with_peers(3);
        publish_everything(&mut rig);

        for _ in 0..400 {
            let packet = noise.rtp();
            rig.conference.handle_rtp(rig.now, PeerKey(1), &packet, &mut rig.out);
            let compound = noise.rtcp();
            let from = PeerKey(1 + noise.below(3));
            rig.conference.handle_rtcp(rig.now, from, &compound, &mut rig.out);
            rig.advance(Duration::from_millis(noise.below(20).into()));
        }
        for peer in 1..=3 {
            rig.received(peer);
        }
    }
}

#[test]
fn commands_about_what_is_not_there_are_ignored() {
    let mut rig = Rig::with_peers(1);

    rig.publish(9, microphone(1, vec![opus()]));
    rig.subscribe(1, down(1, 1, vec![opus()]));
    rig.wish(1, LayerWish::default());
    rig.conference.unsubscribe(rig.now, DownTrackId(1), &mut rig.out);
    rig.conference.unpublish(rig.now, UpTrackId(1), &mut rig.out);
    rig.conference.mute_up_track(rig.now, UpTrackId(1), true, &mut rig.out);
    rig.conference.connected(rig.now, PeerId(9), &mut rig.out);
    rig.conference.leave(rig.now, PeerId(9), &mut rig.out);
    rig.conference.handle_rtp(rig.now, PeerKey(9), &[0x80; 20], &mut rig.out);

    assert_eq!(rig.out.rtp, []);
    assert_eq!(rig.out.events, []);
}

#[test]
fn a_peer_cannot_take_over_the_track_of_another() {
    let mut rig = Rig::with_peers(2);
    rig.publish(1, microphone(1, vec![opus()]));

    rig.publish(2, camera(1));

    rig.subscribe(2, down(1, 1, vec![vp8()]));
    assert_eq!(rig.keyframes_asked(2), []);
}

#[test]
fn tracks_without_codecs_or_encodings_do_nothing() {
    let mut rig = Rig::with_peers(2);
    let mut empty = camera(1);
    empty.codecs.clear();
    empty.encodings.clear();
    rig.publish(1, empty);
    rig.subscribe(2, down(1, 1, Vec::new()));

    rig.conference.handle_rtp(
        rig.now,
        PeerKey(1),
        &[0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 11, 1],
        &mut rig.out,
    );
    rig.advance(Duration::from_secs(6));

    assert_eq!(rig.out.rtp, []);
}

/// A microphone, and a camera for each codec, to two viewers.
fn publish_everything(rig: &mut Rig) {
    let mimes = [Mime::Vp8, Mime::Vp9, Mime::H264, Mime::H265, Mime::Av1];
    let codecs: Vec<_> = mimes
        .into_iter()
        .zip(96..)
        .map(|(mime, payload_type)| Codec {
            mime,
            payload_type: PayloadType(payload_type),
            rtx: Some(PayloadType(payload_type + 10)),
            ..vp8()
        })
        .collect();
    let mut cameras = camera(1);
    cameras.codecs = codecs.clone();
    let mut simulcast = simulcast_camera(2);
    simulcast.codecs = codecs.clone();
    rig.publish(1, cameras);
    rig.publish(1, simulcast);
    rig.publish(1, microphone(3, vec![red(), opus()]));
    for viewer in 2..=3 {
        rig.subscribe(viewer, down(viewer, 1, codecs.clone()));
        rig.subscribe(viewer, down(10 + viewer, 2, codecs.clone()));
        rig.subscribe(viewer, down(20 + viewer, 3, vec![opus()]));
    }
}

/// Numbers that are the same in every run.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: u32) -> u32 {
        (self.next() >> 32) as u32 % limit
    }

    fn bytes(&mut self, most: u32) -> Vec<u8> {
        (0..self.below(most)).map(|_| self.next() as u8).collect()
    }

    /// Known streams and payload types, anything else arbitrary.
    fn rtp(&mut self) -> Vec<u8> {
        let kinds = [96, 97, 98, 99, 100, 106, 107, 108, 109, 110, 111, 63];
        let flags = [0x80, 0x80, 0x90, 0x90, 0xa0, 0xb0][self.below(6) as usize];
        let mut packet = vec![flags, kinds[self.below(12) as usize] | (self.next() as u8 & 0x80)];
        packet.extend((self.next() as u16 % 600).wrapping_sub(300).to_be_bytes());
        packet.extend((self.next() as u32).to_be_bytes());
        packet.extend([1_u32, 11, 21, 22, 23, 1_001][self.below(6) as usize].to_be_bytes());
        if flags & 0x10 != 0 {
            let mid = if self.below(2) == 0 { b'v' } else { b'a' };
            let rid = [b'q', b'h', b'f'][self.below(3) as usize];
            packet.extend([0xbe, 0xde, 0, 2, 0x10, mid, 0x20 | (self.below(2) as u8 * 0x10), rid]);
            packet.extend([0x51, self.next() as u8, self.next() as u8, 0x40]);
        }
        packet.extend(self.bytes(80));
        packet
    }

    /// Feedback of every type about our streams and theirs.
    fn rtcp(&mut self) -> Vec<u8> {
        let (kind, count) =
            [(200, 1), (201, 2), (205, 1), (205, 15), (206, 1), (206, 4), (206, 15), (203, 3), (202, 1)]
                [self.below(9) as usize];
        let mut body = 1_u32.to_be_bytes().to_vec();
        body.extend([11_u32, 21, 1_002, 1_012, 1_022, 1][self.below(6) as usize].to_be_bytes());
        body.extend(self.bytes(120));
        body.resize(body.len().next_multiple_of(4), 0);
        let words = (body.len() / 4) as u16;
        [&[0x80 | count, kind][..], &words.to_be_bytes(), &body].concat()
    }
}

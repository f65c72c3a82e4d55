//! Sound from one to others.

use std::time::Duration;

use super::rig::{Media, OPUS, RED, Rig, down, microphone, opus, red};
use crate::id::{DownTrackId, PeerId, UpTrackId};
use crate::io::{Event, LayerWish, Mime};
use crate::participant::Nature;
use crate::rtp::ExtensionValues;

#[test]
fn a_voice_reaches_every_subscriber_in_its_own_numbering() {
    let mut rig = Rig::with_peers(3);
    rig.publish(1, microphone(1, vec![opus()]));
    rig.subscribe(2, down(1, 1, vec![opus()]));
    rig.subscribe(3, down(2, 1, vec![opus()]));

    speak(&mut rig, 65_535, 2);

    for (peer, ssrc) in [(2, 1_001), (3, 1_002)] {
        let heard = rig.received(peer);
        assert_eq!(heard.len(), 2);
        assert_eq!(heard[1].sequence, heard[0].sequence.wrapping_add(1));
        assert_eq!(heard[1].timestamp.wrapping_sub(heard[0].timestamp), 960);
        assert_eq!(heard[0].transport_cc, Some(0));
        assert_eq!(heard[1].transport_cc, Some(1));
        assert_eq!(heard[0].audio_level, Some(0x80 | 20));
        assert_eq!(heard[0].mid.as_deref(), Some("d"));
        assert_eq!((heard[0].ssrc, heard[0].payload_type), (ssrc, OPUS.0));
        assert_eq!(heard[0].payload, [0xaa]);
    }
    assert_eq!(rig.received(1), []);
}

#[test]
fn the_first_packet_of_a_track_is_an_event() {
    let mut rig = Rig::with_peers(1);
    rig.publish(1, microphone(5, vec![opus()]));

    speak(&mut rig, 1, 2);

    let started = Event::UpTrackStarted { track: UpTrackId(5), mime: Mime::Opus };
    assert_eq!(rig.out.events, [started]);
}

#[test]
fn nothing_is_sent_to_a_peer_that_is_not_connected() {
    let mut rig = Rig::with_peers(1);
    rig.conference.join(rig.now, PeerId(2), crate::conference::PeerKey(2), Nature::Remote);
    rig.publish(1, microphone(1, vec![opus()]));
    rig.subscribe(2, down(1, 1, vec![opus()]));

    speak(&mut rig, 1, 1);
    assert_eq!(rig.received(2), []);

    rig.conference.connected(rig.now, PeerId(2), &mut rig.out);
    speak(&mut rig, 2, 1);
    assert_eq!(rig.received(2).len(), 1);
}

#[test]
fn a_direct_peer_is_connected_at_once() {
    let mut rig = Rig::with_peers(1);
    rig.conference.join(rig.now, PeerId(2), crate::conference::PeerKey(2), Nature::Direct);
    rig.publish(1, microphone(1, vec![opus()]));
    rig.subscribe(2, down(1, 1, vec![opus()]));

    speak(&mut rig, 1, 1);

    assert_eq!(rig.received(2).len(), 1);
}

#[test]
fn a_mute_at_the_server_leaves_no_gap_behind() {
    let mut rig = Rig::with_peers(2);
    rig.publish(1, microphone(1, vec![opus()]));
    rig.subscribe(2, down(1, 1, vec![opus()]));
    speak(&mut rig, 1, 1);

    rig.conference.mute_up_track(rig.now, UpTrackId(1), true, &mut rig.out);
    speak(&mut rig, 2, 3);
    rig.conference.mute_up_track(rig.now, UpTrackId(1), false, &mut rig.out);
    speak(&mut rig, 5, 1);

    let heard = rig.received(2);
    assert_eq!(heard.len(), 2);
    assert_eq!(heard[1].sequence, heard[0].sequence.wrapping_add(1));
    assert_eq!(heard[1].timestamp.wrapping_sub(heard[0].timestamp), 4 * 960);
}

#[test]
fn a_pause_of_the_speaker_shows_in_the_timestamps_only() {
    let mut rig = Rig::with_peers(2);
    rig.publish(1, microphone(1, vec![opus()]));
    rig.subscribe(2, down(1, 1, vec![opus()]));
    speak(&mut rig, 1, 1);

    rig.advance(Duration::from_millis(380));
    let resumed = Media { sequence: 2, timestamp: 20 * 960, ..Media::default() };
    rig.send(1, resumed);

    let heard = rig.received(2);
    assert_eq!(heard[1].sequence, heard[0].sequence.wrapping_add(1));
    assert_eq!(heard[1].timestamp.wrapping_sub(heard[0].timestamp), 20 * 960);
}

#[test]
fn a_disabled_wish_stops_all_packets_of_a_track() {
    let mut rig = Rig::with_peers(2);
    rig.publish(1, microphone(1, vec![opus()]));
    rig.subscribe(2, down(1, 1, vec![opus()]));
    let off = LayerWish { enabled: false, ..LayerWish::default() };

    rig.wish(1, off);
    speak(&mut rig, 1, 1);
    assert_eq!(rig.received(2), []);

    rig.wish(1, LayerWish::default());
    speak(&mut rig, 2, 1);
    assert_eq!(rig.received(2).len(), 1);
}

#[test]
fn redundant_audio_passes_whole_to_those_who_know_it_and_unwrapped_to_others() {
    let mut rig = Rig::with_peers(3);
    rig.publish(1, microphone(1, vec![red(), opus()]));
    rig.subscribe(2, down(1, 1, vec![red(), opus()]));
    rig.subscribe(3, down(2, 1, vec![opus()]));
    let redundant = [0x80 | 111, 0x0f, 0x00, 2, 111, 0xaa, 0xbb, 0xcc, 0xdd];

    rig.send(1, Media { payload_type: RED.0, payload: &redundant, ..Media::default() });

    let whole = rig.received(2);
    assert_eq!((whole[0].payload_type, &whole[0].payload[..]), (RED.0, &redundant[..]));
    let unwrapped = rig.received(3);
    assert_eq!((unwrapped[0].payload_type, &unwrapped[0].payload[..]), (OPUS.0, &[0xcc, 0xdd][..]));
}

#[test]
fn a_subscriber_that_knows_no_codec_of_the_source_gets_nothing() {
    let mut rig = Rig::with_peers(2);
    rig.publish(1, microphone(1, vec![opus()]));
    rig.subscribe(2, down(1, 1, vec![red()]));

    speak(&mut rig, 1, 1);

    assert_eq!(rig.received(2), []);
}

#[test]
fn what_has_ended_is_not_forwarded_any_more() {
    let mut rig = Rig::with_peers(3);
    rig.publish(1, microphone(1, vec![opus()]));
    rig.subscribe(2, down(1, 1, vec![opus()]));
    rig.subscribe(3, down(2, 1, vec![opus()]));

    rig.conference.unsubscribe(rig.now, DownTrackId(1), &mut rig.out);
    rig.conference.leave(rig.now, PeerId(3), &mut rig.out);
    speak(&mut rig, 1, 1);
    assert_eq!(rig.out.rtp, []);

    rig.conference.unpublish(rig.now, UpTrackId(1), &mut rig.out);
    rig.conference.leave(rig.now, PeerId(1), &mut rig.out);
    rig.conference.leave(rig.now, PeerId(2), &mut rig.out);
    assert!(rig.conference.is_empty());
    assert_eq!(rig.conference.poll_timeout(), None);
}

#[test]
fn garbage_from_a_peer_does_nothing() {
    let mut rig = Rig::with_peers(2);
    rig.publish(1, microphone(1, vec![opus()]));
    rig.subscribe(2, down(1, 1, vec![opus()]));

    for len in 0..64 {
        let garbage: Vec<u8> = (0..len).map(|byte| 0x80 ^ byte as u8).collect();
        rig.conference.handle_rtp(rig.now, crate::conference::PeerKey(1), &garbage, &mut rig.out);
        rig.conference.handle_rtcp(rig.now, crate::conference::PeerKey(1), &garbage, &mut rig.out);
    }

    assert_eq!(rig.out.rtp, []);
}

/// Sends packets of 20 ms, at 20 dB below the loudest.
fn speak(rig: &mut Rig, first: u16, count: u16) {
    for index in 0..count {
        let sequence = first.wrapping_add(index);
        let values = ExtensionValues { audio_level: Some(0x80 | 20), ..ExtensionValues::default() };
        rig.send(
            1,
            Media {
                sequence,
                timestamp: 960 * u32::from(sequence.wrapping_sub(1)),
                values,
                ..Media::default()
            },
        );
        rig.advance(Duration::from_millis(20));
    }
}

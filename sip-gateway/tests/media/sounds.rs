//! What a leg hears when nobody speaks to it.

use std::time::Duration;

use sip_gateway_proto::call::{MediaPlane, Sound};
use sip_gateway_proto::media::g711::Law;
use sip_gateway_proto::media::g722;
use sip_gateway_proto::sdp::{Codec, Direction, Suite, Telephony};

use crate::phone::{Packet, Phone, assert_contiguous, decoded, engine, level_of};

#[test]
fn a_caller_hears_the_other_side_ring() {
    let (mut engine, _events) = engine(20_500..=20_519, 1);
    let mut phone = Phone::new(&mut engine, 1, Codec::Pcma);
    phone.connect(&mut engine);

    engine.play(phone.leg, Sound::Ringback);
    let heard = phone.hear_all(100);

    assert_contiguous(&heard, 160);
    let sound = decoded(Law::A, &heard);
    assert!((level_of(&sound[800..11_200], 8_000, 440.0) + 16.0).abs() < 0.5);
    assert!(level_of(&sound[12_400..], 8_000, 440.0) < -60.0, "after a second and a half it pauses");
}

#[test]
fn busy_is_heard_by_an_encrypted_wideband_phone() {
    let (mut engine, _events) = engine(20_520..=20_539, 1);
    let mut phone = Phone::with_sdes(&mut engine, 1, Codec::G722, Suite::AesCm128HmacSha1_80);
    phone.connect(&mut engine);

    engine.play(phone.leg, Sound::Busy);
    let heard = phone.hear_all(50);

    assert_contiguous(&heard, 160);
    let sound = decoded_g722(&heard);
    assert!((level_of(&sound[800..7_200], 16_000, 440.0) + 16.0).abs() < 0.5);
    assert!(level_of(&sound[8_800..], 16_000, 440.0) < -50.0);
}

#[test]
fn music_plays_while_on_hold_and_the_call_goes_on_in_the_same_stream() {
    let (mut engine, _events) = engine(20_540..=20_559, 1);
    let mut one = Phone::new(&mut engine, 1, Codec::Pcma);
    let mut other = Phone::new(&mut engine, 2, Codec::Pcma);
    one.connect(&mut engine);
    other.connect(&mut engine);
    engine.bridge(one.leg, other.leg);
    engine.settle();
    one.say(&[1; 160], 160);
    let before = other.hear().expect("speech");

    // One holds, other hears music.
    one.agreed.direction = Direction::Inactive;
    one.agreed.held = true;
    one.connect(&mut engine);
    engine.play(other.leg, Sound::Music);
    let music = other.hear_all(100);

    assert_contiguous(&music, 160);
    assert!(music[0].header.marker, "a new spurt");
    assert_eq!(music[0].header.ssrc, before.header.ssrc);
    assert_eq!(music[0].header.sequence, before.header.sequence.wrapping_add(1));
    let sound = decoded(Law::A, &music);
    let quiet = sound.chunks(4_000).filter(|part| rms_level(part) < -40.0).count();
    assert_eq!(quiet, 0, "music without a gap");

    one.agreed.direction = Direction::SendRecv;
    one.connect(&mut engine);
    engine.bridge(one.leg, other.leg);
    engine.settle();
    one.say(&[2; 160], 160);
    let after = std::iter::from_fn(|| other.hear()).find(|packet| packet.payload == [2; 160]);
    let after = after.expect("speech again");
    assert_eq!(after.header.ssrc, before.header.ssrc);
}

#[test]
fn a_confirmation_ends_in_silence() {
    let (mut engine, _events) = engine(20_560..=20_579, 1);
    let mut phone = Phone::new(&mut engine, 1, Codec::Pcmu);
    phone.connect(&mut engine);

    engine.play(phone.leg, Sound::Confirmation);
    let heard = phone.hear_all(25);

    assert!(level_of(&decoded(Law::Mu, &heard)[80..720], 8_000, 440.0) > -17.0);
    engine.play(phone.leg, Sound::Echo);
    engine.settle();
    phone.say(&[3; 160], 160);
    assert_eq!(phone.hear().expect("its echo").payload, [3; 160], "nothing else came");
}

#[test]
fn silence_is_comfort_noise_where_agreed() {
    let (mut engine, _events) = engine(20_580..=20_599, 1);
    let mut phone = Phone::new(&mut engine, 1, Codec::Pcma);
    phone.agreed.comfort_noise = Some(Telephony { clock_rate: 8_000, send_type: 13, receive_type: 13 });
    phone.connect(&mut engine);

    engine.play(phone.leg, Sound::Silence);

    let noise = phone.hear().expect("a description of noise");
    assert_eq!((noise.header.payload_type, noise.payload.len()), (13, 1));
}

#[test]
fn a_sound_goes_on_in_another_codec_when_that_is_agreed_on() {
    let (mut engine, _events) = engine(20_600..=20_619, 1);
    let mut phone = Phone::new(&mut engine, 1, Codec::Pcma);
    phone.connect(&mut engine);
    engine.play(phone.leg, Sound::Music);
    phone.hear_all(5);

    let wide = sip_gateway_proto::sdp::Format::new(9, Codec::G722);
    (phone.agreed.send, phone.agreed.receive) = (wide.clone(), wide);
    phone.connect(&mut engine);

    let heard = std::iter::from_fn(|| phone.hear()).find(|packet| packet.header.payload_type == 9);
    assert!(heard.is_some());
}

#[test]
fn keys_go_out_over_music() {
    let (mut engine, _events) = engine(20_620..=20_639, 1);
    let mut phone = Phone::new(&mut engine, 1, Codec::Pcma);
    phone.connect(&mut engine);
    engine.play(phone.leg, Sound::Music);
    let before = phone.hear_all(3);

    engine.press(phone.leg, '#', Duration::from_millis(100));
    let heard = phone.hear_all(20);

    let number = phone.agreed.keys.expect("agreed").send_type;
    let keys: Vec<&Packet> = heard.iter().filter(|packet| packet.header.payload_type == number).collect();
    assert!(keys.len() >= 7 && keys.iter().all(|packet| packet.payload[0] == 11), "{}", keys.len());
    let after = heard.iter().rfind(|packet| packet.header.payload_type == 8).expect("music again");
    assert!(after.header.timestamp.wrapping_sub(before[2].header.timestamp) >= 160 * 10);
    for pair in heard.windows(2) {
        assert_eq!(pair[1].header.sequence, pair[0].header.sequence.wrapping_add(1));
    }
}

#[test]
fn a_held_leg_is_sent_nothing() {
    let (mut engine, _events) = engine(20_640..=20_659, 1);
    let mut phone = Phone::new(&mut engine, 1, Codec::Pcma);
    phone.agreed.direction = Direction::RecvOnly;
    phone.connect(&mut engine);
    engine.play(phone.leg, Sound::Music);
    let mut other = Phone::new(&mut engine, 2, Codec::Pcma);
    other.connect(&mut engine);
    engine.play(other.leg, Sound::Music);

    // Of the same clock, so some of both would have come.
    other.hear_all(10);

    assert!(phone.hears_nothing());
}

pub(crate) fn decoded_g722(packets: &[Packet]) -> Vec<i16> {
    let mut decoder = g722::Decoder::new();
    let mut sound = Vec::new();
    for packet in packets {
        let mut samples = vec![0; 2 * packet.payload.len()];
        decoder.decode(&packet.payload, &mut samples);
        sound.extend(samples);
    }
    sound
}

fn rms_level(samples: &[i16]) -> f64 {
    let sum: f64 = samples.iter().map(|&sample| f64::from(sample).powi(2)).sum();
    20.0 * ((sum / samples.len() as f64).sqrt() / 32_767.0).max(1e-9).log10()
}

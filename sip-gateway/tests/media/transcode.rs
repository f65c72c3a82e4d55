//! Legs that speak different codecs.

use sip_gateway::media::MediaEngine;
use sip_gateway_proto::call::{MediaEvent, MediaPlane};
use sip_gateway_proto::media::g711::Law;
use sip_gateway_proto::media::g722;
use sip_gateway_proto::sdp::{Codec, Suite};

use crate::phone::{Packet, Phone, assert_contiguous, decoded, engine, level_of, tone};
use crate::sounds::decoded_g722;

#[test]
fn alaw_and_g722_hear_each_others_tones() {
    let (mut engine, _events) = engine(20_700..=20_719, 1);
    let mut narrow = Phone::new(&mut engine, 1, Codec::Pcma);
    let mut wide = Phone::with_sdes(&mut engine, 2, Codec::G722, Suite::AesCm128HmacSha1_80);
    bridge(&mut engine, &narrow, &wide);

    let said = tone(8_000, 1_000.0, -10.0, 16_000);
    let said: Vec<Vec<u8>> = said.chunks(160).map(alaw).collect();
    let heard = converse(&mut narrow, &mut wide, &said);
    assert_contiguous(&heard, 160);
    let sound = decoded_g722(&heard);
    assert_tone(&sound[16_000..], 16_000, 1_000.0, -10.0);

    let mut encoder = g722::Encoder::new();
    let said = tone(16_000, 1_500.0, -14.0, 32_000);
    let said: Vec<Vec<u8>> = said
        .chunks(320)
        .map(|samples| {
            let mut octets = vec![0; 160];
            encoder.encode(samples, &mut octets);
            octets
        })
        .collect();
    let heard = converse(&mut wide, &mut narrow, &said);
    assert_contiguous(&heard, 160);
    let sound = decoded(Law::A, &heard);
    assert_tone(&sound[8_000..], 8_000, 1_500.0, -14.0);
}

#[test]
fn a_browser_in_opus_and_a_phone_in_alaw_hear_each_other() {
    let (mut engine, _events) = engine(20_720..=20_739, 1);
    let mut browser = Phone::new(&mut engine, 1, Codec::Opus);
    let mut phone = Phone::new(&mut engine, 2, Codec::Pcma);
    bridge(&mut engine, &browser, &phone);

    let mut encoder =
        opus::Encoder::new(48_000, opus::Channels::Stereo, opus::Application::Voip).expect("Opus");
    let said = tone(48_000, 1_000.0, -10.0, 96_000);
    let said: Vec<Vec<u8>> = said
        .chunks(960)
        .map(|samples| {
            let both: Vec<i16> = samples.iter().flat_map(|&sample| [sample, sample]).collect();
            encoder.encode_vec(&both, 400).expect("encodes")
        })
        .collect();
    let heard = converse(&mut browser, &mut phone, &said);
    assert_contiguous(&heard, 160);
    assert_tone(&decoded(Law::A, &heard)[8_000..], 8_000, 1_000.0, -10.0);

    let said = tone(8_000, 700.0, -12.0, 16_000);
    let said: Vec<Vec<u8>> = said.chunks(160).map(alaw).collect();
    let heard = converse(&mut phone, &mut browser, &said);
    assert_contiguous(&heard, 960);
    let mut decoder = opus::Decoder::new(8_000, opus::Channels::Mono).expect("Opus");
    let mut sound = Vec::new();
    for packet in &heard {
        let mut samples = [0; 160];
        assert_eq!(decoder.decode(&packet.payload, &mut samples, false).ok(), Some(160));
        sound.extend(samples);
    }
    assert_tone(&sound[8_000..], 8_000, 700.0, -12.0);
}

#[test]
fn keys_are_pressed_anew_between_codecs() {
    let (mut engine, mut events) = engine(20_740..=20_759, 1);
    let mut browser = Phone::new(&mut engine, 1, Codec::Opus);
    let mut phone = Phone::new(&mut engine, 2, Codec::Pcma);
    bridge(&mut engine, &browser, &phone);

    browser.press(4);

    assert!(matches!(events.blocking_recv(), Some(MediaEvent::Key { key: '4', .. })));
    let number = phone.agreed.keys.expect("agreed").send_type;
    let key = std::iter::from_fn(|| phone.hear()).find(|packet| packet.header.payload_type == number);
    assert_eq!(key.expect("a key").payload[0], 4);
    // And back, on the other clock.
    phone.press(9);
    let number = browser.agreed.keys.expect("agreed").send_type;
    let key = std::iter::from_fn(|| browser.hear()).find(|packet| packet.header.payload_type == number);
    assert_eq!(key.expect("a key").payload[0], 9);
}

fn bridge(engine: &mut MediaEngine, one: &Phone, other: &Phone) {
    one.connect(engine);
    other.connect(engine);
    engine.bridge(one.leg, other.leg);
    engine.settle();
}

/// Says a packet each time that one is heard, so that the engine's clock gives the beat; and hears what the other does.
fn converse(from: &mut Phone, to: &mut Phone, packets: &[Vec<u8>]) -> Vec<Packet> {
    let ticks = from.agreed.send.codec.clock_rate() / 50;
    while !from.hears_nothing() {}
    while !to.hears_nothing() {}
    packets
        .iter()
        .map(|payload| {
            from.hear().expect("the beat");
            from.say(payload, ticks);
            to.hear().expect("the other hears something")
        })
        .collect()
}

fn alaw(samples: &[i16]) -> Vec<u8> {
    let mut codes = vec![0; samples.len()];
    Law::A.encode(samples, &mut codes);
    codes
}

/// The tone is there, as loud as it was. On a machine that has much else to do packets come unevenly, so that the buffer
/// may stretch or shorten a few moments; it may not do so often.
#[track_caller]
fn assert_tone(sound: &[i16], rate: u32, frequency: f64, level: f64) {
    let parts = sound.chunks_exact(rate as usize / 10);
    let levels: Vec<f64> = parts.map(|part| level_of(part, rate, frequency)).collect();
    let right = levels.iter().filter(|heard| (**heard - level).abs() < 0.5).count();
    assert!(10 * right >= 8 * levels.len(), "instead of {level} dB: {levels:.1?}");
    assert!(levels.iter().all(|heard| (*heard - level).abs() < 6.0), "instead of {level} dB: {levels:.1?}");
}

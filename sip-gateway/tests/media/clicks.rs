//! Changes of what is heard, which are not to be heard themselves.

use sip_gateway_proto::call::{MediaPlane, Sound};
use sip_gateway_proto::sdp::Codec;

use crate::phone::{Packet, Phone, engine};
use crate::room::Room;
use crate::sounds::decoded_g722;
use crate::table::{Speaker, meet, seated, sound};

#[test]
fn nothing_clicks_when_somebody_joins_or_leaves_or_begins_to_speak() {
    let (mut engine, _events) = engine(21_080..=21_099, 1);
    let mut room = Room::new(5);
    let codecs = [Codec::G722, Codec::G722];
    let mut phones = seated(&mut engine, &mut room, &codecs);
    let mut browser = room.browser(&mut engine);
    let mut heard = Vec::new();
    let mut listen = |heard_now: Vec<Vec<Packet>>| heard.extend(heard_now[0].clone());

    listen(meet(&mut phones, &mut [(&mut browser, 400.0)], 80));
    phones[1].1 = Some(Speaker::for_phone(&phones[1].0, 300.0, -20.0));
    listen(meet(&mut phones, &mut [(&mut browser, 400.0)], 40));
    // It leaves in the middle of a word.
    engine.close(phones[1].0.leg);
    let (mut left, joins) = (phones.remove(0), Phone::new(&mut engine, 3, Codec::G722));
    listen(meet(std::slice::from_mut(&mut left), &mut [(&mut browser, 400.0)], 40));
    joins.connect(&mut engine);
    room.seat(&mut engine, &joins, 103);
    let speaker = Some(Speaker::for_phone(&joins, 300.0, -20.0));
    let mut both = [left, (joins, speaker)];
    listen(meet(&mut both, &mut [(&mut browser, 400.0)], 60));

    let sound = decoded_g722(&heard);
    let sound = &sound[8_000..];
    let steepest =
        sound.windows(2).map(|pair| (i32::from(pair[0]) - i32::from(pair[1])).abs()).max().expect("some");
    // Two sines of the levelled loudness, each with its own steepest slope at 16 kHz.
    let slope = |frequency: f64| 4_500.0 * std::f64::consts::TAU * frequency / 16_000.0;
    let limit = (slope(400.0) + slope(300.0)) as i32;
    assert!(steepest < limit * 3 / 2, "a step of {steepest}, where {limit} is the steepest of the tones");
}

#[test]
fn nothing_clicks_for_a_phone_that_begins_and_ends_to_speak_or_is_held() {
    for (ports, codec) in [(21_160..=21_169, Codec::G722), (21_170..=21_179, Codec::Opus)] {
        let (mut engine, _events) = engine(ports, 1);
        let mut room = Room::new(10);
        let mut phones = seated(&mut engine, &mut room, std::slice::from_ref(&codec));
        let mut browser = room.browser(&mut engine);
        let mut heard = Vec::new();
        // What the phone says is not what it hears, so that only the change of codings can be heard.
        for speaks in [false, true, false, true, false] {
            phones[0].1 = speaks.then(|| Speaker::for_phone(&phones[0].0, 600.0, -20.0));
            let count = if speaks { 30 } else { 90 };
            heard.extend(meet(&mut phones, &mut [(&mut browser, 400.0)], count).swap_remove(0));
        }
        engine.play(phones[0].0.leg, Sound::Ringback);
        heard.extend(phones[0].0.hear_all(20));

        let (sound, rate) = sound(&codec, &heard);
        let sound = &sound[rate as usize..];
        let steps = sound.windows(2).map(|pair| (i32::from(pair[0]) - i32::from(pair[1])).abs());
        let slope = 6_500.0 * std::f64::consts::TAU * 440.0 / f64::from(rate);
        let steepest = steps.max().expect("some");
        assert!(
            f64::from(steepest) < 1.4 * slope,
            "{codec:?}: a step of {steepest}, where {slope:.0} is right"
        );
    }
}

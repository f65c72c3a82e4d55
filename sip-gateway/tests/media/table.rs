//! Phones at the table of a room: whom they hear, who hears them, and how that sounds.

use sip_gateway::media::MediaEngine;
use sip_gateway_proto::call::{LegId, MediaPlane};
use sip_gateway_proto::media::g711::Law;
use sip_gateway_proto::media::g722;
use sip_gateway_proto::sdp::Codec;

use crate::phone::{Packet, Phone, assert_contiguous, decoded, engine, level_of, tone};
use crate::room::{Browser, Room};
use crate::sounds::decoded_g722;

#[test]
fn what_a_phone_says_comes_out_of_its_seat_as_opus_with_its_level() {
    let (mut engine, _events) = engine(21_000..=21_019, 1);
    let mut room = Room::new(1);
    let mut phone = Phone::new(&mut engine, 1, Codec::Pcma);
    phone.connect(&mut engine);
    room.seat(&mut engine, &phone, 11);
    let mut browser = room.browser(&mut engine);
    let seat = room.hear_seat(&mut browser, 11);

    let mut speaker = Speaker::new(1_000.0, -14.0);
    for beat in 0..150 {
        phone.hear().expect("the beat");
        speaker.say(&mut phone, beat);
        browser.hear();
    }

    let stream = browser.stream(seat);
    assert!(stream.sound.len() > 100 * 960, "{} samples", stream.sound.len());
    let last = &stream.sound[stream.sound.len() - 48_000..];
    let level = level_of(last, 48_000, 1_000.0);
    assert!((-23.0..-12.0).contains(&level), "{level} dB");
    for other in [500.0, 1_500.0, 2_000.0] {
        assert!(level_of(last, 48_000, other) < level - 30.0, "{other} Hz");
    }
    // A sine is 3 dB below overload by itself.
    let told = f64::from(*stream.levels.last().expect("levels"));
    assert!((told + level - 3.0).abs() < 3.0, "{told} dB told of {level} dB");
    for pair in stream.headers.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1));
    }
}

#[test]
fn what_a_browser_says_is_heard_by_phones_in_every_codec() {
    let (mut engine, _events) = engine(21_020..=21_039, 1);
    let mut room = Room::new(2);
    let codecs = [Codec::Pcma, Codec::Pcmu, Codec::G722, Codec::Opus];
    let mut phones = seated(&mut engine, &mut room, &codecs);
    let mut browser = room.browser(&mut engine);

    let heard = meet(&mut phones, &mut [(&mut browser, 700.0)], 150);

    for (codec, heard) in codecs.iter().zip(&heard) {
        assert_contiguous(&heard[1..], if *codec == Codec::Opus { 960 } else { 160 });
        let (sound, rate) = sound(codec, heard);
        let last = &sound[sound.len() - rate as usize..];
        let level = level_of(last, rate, 700.0);
        assert!((-25.0..-12.0).contains(&level), "{codec:?}: {level} dB");
        assert!(level_of(last, rate, 1_400.0) < level - 30.0, "{codec:?}");
    }
}

#[test]
fn two_phones_and_a_browser_hear_each_other_and_nobody_himself() {
    let (mut engine, _events) = engine(21_040..=21_059, 2);
    let mut room = Room::new(3);
    let codecs = [Codec::Pcma, Codec::G722];
    let mut phones = seated(&mut engine, &mut room, &codecs);
    let mut browser = room.browser(&mut engine);
    let seats = [room.hear_seat(&mut browser, 101), room.hear_seat(&mut browser, 102)];
    let said = [600.0, 1_000.0];
    for (phone, frequency) in phones.iter_mut().zip(said) {
        phone.1 = Some(Speaker::for_phone(&phone.0, frequency, -20.0));
    }

    let heard = meet(&mut phones, &mut [(&mut browser, 1_600.0)], 200);

    for (at, codec) in codecs.iter().enumerate() {
        let (sound, rate) = sound(codec, &heard[at]);
        let last = &sound[sound.len() - rate as usize..];
        let level = |frequency| level_of(last, rate, frequency);
        let (own, other) = (level(said[at]), level(said[1 - at]));
        assert!(other > -30.0 && level(1_600.0) > -30.0, "{codec:?} hears the others: {other} dB");
        assert!(own < other - 35.0, "{codec:?} does not hear itself: {own} dB against {other} dB");
    }
    for (at, seat) in seats.into_iter().enumerate() {
        let sound = &browser.stream(seat).sound;
        let last = &sound[sound.len() - 48_000..];
        let level = |frequency| level_of(last, 48_000, frequency);
        assert!(level(said[at]) > -30.0);
        assert!(level(said[1 - at]) < -60.0 && level(1_600.0) < -60.0, "a seat says what its phone says");
    }
}

#[test]
fn a_muted_phone_is_heard_by_nobody_until_it_is_unmuted() {
    let (mut engine, _events) = engine(21_060..=21_079, 1);
    let mut room = Room::new(4);
    let mut phones = seated(&mut engine, &mut room, &[Codec::Pcma, Codec::Pcma]);
    let mut browser = room.browser(&mut engine);
    let seat = room.hear_seat(&mut browser, 101);
    phones[0].1 = Some(Speaker::new(600.0, -20.0));
    let last = |heard: &[Vec<Packet>]| {
        let (sound, rate) = sound(&Codec::Pcma, &heard[1]);
        level_of(&sound[sound.len() - 2_400..], rate, 600.0)
    };

    let before = meet(&mut phones, &mut [], 60);
    assert!(last(&before) > -30.0);
    engine.mute(LegId(101), true);
    let muted = meet(&mut phones, &mut [], 60);
    assert!(last(&muted) < -60.0, "{} dB", last(&muted));
    browser.hear();
    let heard = browser.stream(seat).sound.len();
    meet(&mut phones, &mut [], 30);
    browser.hear();
    assert_eq!(browser.stream(seat).sound.len(), heard, "nothing more is said");

    engine.mute(LegId(101), false);
    let after = meet(&mut phones, &mut [], 60);
    assert!(last(&after) > -30.0);
    browser.hear();
    assert!(browser.stream(seat).sound.len() > heard + 40 * 960);
}

#[test]
fn a_link_that_stalls_and_delivers_all_at_once_is_caught_up_with() {
    let (mut engine, _events) = engine(21_100..=21_119, 1);
    let mut room = Room::new(6);
    let mut phones = seated(&mut engine, &mut room, &[Codec::Pcma, Codec::Pcma]);
    let mut speaker = Speaker::new(600.0, -20.0);
    meet(&mut phones, &mut [], 1);
    let (mut heard, mut kept) = (Vec::new(), Vec::new());
    for beat in 0..250 {
        phones[0].0.hear().expect("the beat");
        heard.push(phones[1].0.hear().expect("sound"));
        if (80..110).contains(&beat) {
            kept.push(beat);
            continue;
        }
        for beat in kept.drain(..).chain([beat]) {
            speaker.say(&mut phones[0].0, beat);
        }
    }

    let sound = decoded(Law::A, &heard);
    let level =
        |beats: std::ops::Range<usize>| level_of(&sound[beats.start * 160..beats.end * 160], 8_000, 600.0);
    assert!(level(60..80) > -28.0, "{}", level(60..80));
    assert!(level(95..105) < -40.0, "a long loss fades away");
    assert!(level(200..250) > -28.0, "{}", level(200..250));
}

#[test]
fn fifty_who_listen_share_one_coding() {
    let (mut engine, _events) = engine(21_200..=21_399, 1);
    let mut room = Room::new(7);
    let codecs = [const { Codec::G722 }; 50];
    let mut phones = seated(&mut engine, &mut room, &codecs);
    let mut browser = room.browser(&mut engine);

    let heard = meet(&mut phones, &mut [(&mut browser, 700.0)], 80);
    let before = engine.table_counts(room.table).expect("a table");
    meet(&mut phones, &mut [(&mut browser, 700.0)], 20);
    let after = engine.table_counts(room.table).expect("a table");

    let beats = after.beats - before.beats;
    assert!(beats >= 10, "{beats} beats");
    assert_eq!(after.sent - before.sent, 50 * beats, "each gets a packet each beat");
    assert_eq!(after.encoded - before.encoded, beats, "which is encoded once");
    assert_eq!(after.decoded - before.decoded, beats, "and so is what the browser says");
    // Who sat down last hears each beat as the others do.
    let one = &heard[0].last().expect("some").payload;
    assert!(heard[49].iter().any(|packet| packet.payload == *one));
}

#[test]
fn of_many_microphones_only_the_loudest_are_decoded() {
    let (mut engine, _events) = engine(21_120..=21_139, 1);
    let mut room = Room::new(8);
    let mut phones = seated(&mut engine, &mut room, &[Codec::Pcma]);
    let mut browsers: Vec<Browser> = (0..10).map(|_| room.browser(&mut engine)).collect();
    meet(&mut phones, &mut [], 1);
    let mut heard = Vec::new();
    let mut counts = Vec::new();
    for beat in 0..120 {
        heard.push(phones[0].0.hear().expect("the beat"));
        counts.push(engine.table_counts(room.table).expect("a table"));
        for (at, browser) in browsers.iter_mut().enumerate() {
            let (frequency, level) =
                if at < 2 { (500.0 + 500.0 * at as f64, -20.0) } else { (2_000.0, -45.0) };
            browser.say_tone(frequency, level, beat);
        }
    }

    let sound = decoded(Law::A, &heard);
    let last = &sound[sound.len() - 8_000..];
    assert!(level_of(last, 8_000, 500.0) > -30.0 && level_of(last, 8_000, 1_000.0) > -30.0);
    let (before, after) = (counts[69], counts[119]);
    let (decoded, beats) = (after.decoded - before.decoded, after.beats - before.beats);
    assert!(
        (3 * beats..=4 * beats).contains(&decoded),
        "four of ten at a time, not {decoded} in {beats} beats"
    );
}

#[test]
fn a_seat_is_silent_until_the_room_lets_it_in_and_after_the_phone_is_held() {
    let (mut engine, _events) = engine(21_140..=21_159, 1);
    let mut room = Room::new(9);
    let mut browser = room.browser(&mut engine);
    let mut phone = Phone::new(&mut engine, 1, Codec::Pcma);
    phone.connect(&mut engine);
    engine.seat(LegId(101));
    engine.bridge(phone.leg, LegId(101));
    engine.settle();
    assert!(phone.hears_nothing());

    room.let_in(&mut engine, LegId(101));
    let seat = room.hear_seat(&mut browser, 101);
    let mut speaker = Speaker::new(600.0, -20.0);
    for beat in 0..40 {
        phone.hear().expect("the beat");
        speaker.say(&mut phone, beat);
    }
    engine.play(phone.leg, sip_gateway_proto::call::Sound::Music);
    engine.settle();
    // By the time that so much music has come, so has what was said before it.
    phone.hear_all(15);
    browser.hear();
    let said = browser.stream(seat).sound.len();
    assert!(said > 20 * 960, "{said}");
    for beat in 40..80 {
        phone.hear().expect("music");
        speaker.say(&mut phone, beat);
    }
    browser.hear();
    let after = &browser.stream(seat).sound[said..];
    assert!(after.len() < 30 * 960, "{} samples of silence", after.len());
    let words = &after[(5 * 960).min(after.len())..];
    assert!(words.iter().all(|sample| sample.abs() < 40), "who is held says nothing in the room");
}

#[test]
fn a_phone_that_agrees_on_another_codec_stays_in_the_meeting() {
    let (mut engine, _events) = engine(21_180..=21_199, 1);
    let mut room = Room::new(11);
    let mut phones = seated(&mut engine, &mut room, &[Codec::Pcma]);
    let mut browser = room.browser(&mut engine);
    let seat = room.hear_seat(&mut browser, 101);
    meet(&mut phones, &mut [(&mut browser, 700.0)], 30);

    let wide = sip_gateway_proto::sdp::Format::new(9, Codec::G722);
    let phone = &mut phones[0].0;
    (phone.agreed.send, phone.agreed.receive, phone.header.payload_type) = (wide.clone(), wide, 9);
    phone.connect(&mut engine);
    while !phone.hears_nothing() {}
    phones[0].1 = Some(Speaker::for_phone(&phones[0].0, 1_000.0, -20.0));
    let heard = meet(&mut phones, &mut [(&mut browser, 700.0)], 120);

    assert!(heard[0].iter().all(|packet| packet.header.payload_type == 9));
    let sound = decoded_g722(&heard[0]);
    let last = &sound[sound.len() - 16_000..];
    let (other, own) = (level_of(last, 16_000, 700.0), level_of(last, 16_000, 1_000.0));
    assert!(other > -30.0 && own < other - 30.0, "{other} dB, itself {own} dB");
    let said = &browser.stream(seat).sound;
    assert!(level_of(&said[said.len() - 24_000..], 48_000, 1_000.0) > -30.0);
}

/// A phone, and what it says.
pub(crate) type Sitting = (Phone, Option<Speaker>);

/// Phones that sit at the table, at seats from 101 on.
pub(crate) fn seated(engine: &mut MediaEngine, room: &mut Room, codecs: &[Codec]) -> Vec<Sitting> {
    (1..)
        .zip(codecs)
        .map(|(leg, codec)| {
            let phone = Phone::new(engine, leg, codec.clone());
            phone.connect(engine);
            room.seat(engine, &phone, 100 + leg);
            (phone, None)
        })
        .collect()
}

/// Lets all speak for some beats, which the engine gives, and tells what each phone heard.
pub(crate) fn meet(
    phones: &mut [Sitting],
    browsers: &mut [(&mut Browser, f64)],
    beats: usize,
) -> Vec<Vec<Packet>> {
    let mut heard = vec![Vec::new(); phones.len()];
    for beat in 0..beats {
        for (at, (phone, speaker)) in phones.iter_mut().enumerate() {
            let packet = phone.hear().unwrap_or_else(|| panic!("phone {at} hears nothing in beat {beat}"));
            heard[at].push(packet);
            if let Some(speaker) = speaker {
                speaker.say(phone, beat);
            }
        }
        for (browser, frequency) in browsers.iter_mut() {
            browser.say_tone(*frequency, -20.0, beat);
            browser.hear();
        }
    }
    heard
}

/// A tone in a phone's codec.
pub(crate) struct Speaker {
    packets: Vec<Vec<u8>>,
}

impl Speaker {
    /// In A-law.
    pub(crate) fn new(frequency: f64, level: f64) -> Self {
        let encode = |samples: &[i16]| {
            let mut codes = vec![0; samples.len()];
            Law::A.encode(samples, &mut codes);
            codes
        };
        // A tenth of a second, in which all tones of tests repeat.
        Self { packets: tone(8_000, frequency, level, 800).chunks(160).map(encode).collect() }
    }

    /// In the codec of a phone.
    pub(crate) fn for_phone(phone: &Phone, frequency: f64, level: f64) -> Self {
        if phone.agreed.send.codec == Codec::Opus {
            let mut encoder =
                opus::Encoder::new(48_000, opus::Channels::Mono, opus::Application::Voip).expect("Opus");
            let sound = tone(48_000, frequency, level, 48_000 * 4);
            let encode = |samples: &[i16]| encoder.encode_vec(samples, 400).expect("encodes");
            return Self { packets: sound.chunks(960).map(encode).collect() };
        }
        if phone.agreed.send.codec != Codec::G722 {
            return Self::new(frequency, level);
        }
        let mut encoder = g722::Encoder::new();
        let sound = tone(16_000, frequency, level, 16_000 * 20);
        let encode = |samples: &[i16]| {
            let mut octets = vec![0; 160];
            encoder.encode(samples, &mut octets);
            octets
        };
        Self { packets: sound.chunks(320).map(encode).collect() }
    }

    pub(crate) fn say(&mut self, phone: &mut Phone, beat: usize) {
        let payload = self.packets[beat % self.packets.len()].clone();
        let ticks = phone.agreed.send.codec.clock_rate() / 50;
        phone.say(&payload, ticks);
    }
}

/// What packets sound like, and at which rate.
pub(crate) fn sound(codec: &Codec, packets: &[Packet]) -> (Vec<i16>, u32) {
    match codec {
        Codec::Pcma => (decoded(Law::A, packets), 8_000),
        Codec::Pcmu => (decoded(Law::Mu, packets), 8_000),
        Codec::G722 => (decoded_g722(packets), 16_000),
        _ => {
            let mut decoder = opus::Decoder::new(48_000, opus::Channels::Mono).expect("Opus");
            let mut sound = Vec::new();
            for packet in packets {
                let mut samples = [0; 960];
                let len = decoder.decode(&packet.payload, &mut samples, false).expect("Opus");
                sound.extend_from_slice(&samples[..len]);
            }
            (sound, 48_000)
        }
    }
}

//! What is said to a leg: prompts, over whatever it hears.

use sip_gateway_proto::call::{LegId, MediaEvent, MediaPlane, Sound};
use sip_gateway_proto::ivr::{Phrase, Prompt};
use sip_gateway_proto::media::g711::Law;
use sip_gateway_proto::plan::Language;
use sip_gateway_proto::sdp::Codec;
use tokio::sync::mpsc;

use crate::phone::{Phone, alaw_tone, decoded, engine, level_of};
use crate::room::Room;

#[test]
fn a_prompt_is_heard_to_its_end_which_is_told() {
    let (mut engine, mut events) = engine(21_400..=21_419, 1);
    let mut phone = Phone::new(&mut engine, 1, Codec::Pcma);
    phone.connect(&mut engine);

    engine.say(phone.leg, Phrase::of(&[Prompt::Muted]), Language::French);
    let heard = until_said(&mut phone, &mut events);

    // "Votre micro est coupé."
    let seconds = heard.len() as f64 / 8_000.0;
    assert!((0.8..2.5).contains(&seconds), "{seconds} s");
    let level = rms_level(&heard);
    assert!((-29.0..-18.0).contains(&level), "{level} dB");
    engine.settle();
    let trailing = std::iter::from_fn(|| phone.hear_now()).count();
    assert!(trailing < 8, "then nothing is sent any more, instead of {trailing} packets");
}

#[test]
fn languages_differ_and_phrases_follow_each_other() {
    let (mut engine, mut events) = engine(21_420..=21_439, 1);
    let mut phone = Phone::new(&mut engine, 1, Codec::Pcma);
    phone.connect(&mut engine);
    let mut length = |phrase: Phrase, language| {
        engine.say(LegId(1), phrase, language);
        let heard = until_said(&mut phone, &mut events).len();
        // Who is slow has not heard everything when that is told.
        heard + 160 * std::iter::from_fn(|| phone.hear_now()).count()
    };

    let french = length(Phrase::of(&[Prompt::LeaveMessage]), Language::French);
    let english = length(Phrase::of(&[Prompt::LeaveMessage]), Language::English);
    assert!(french.abs_diff(english) > 1_600, "{french} {english}");
    let one = length(Phrase::number("2"), Language::French);
    let four = length(Phrase::number("2222"), Language::French);
    assert!(four.abs_diff(4 * one) < one, "{four} against four times {one}");
}

#[test]
fn music_is_faded_down_while_something_is_said() {
    let (mut engine, mut events) = engine(21_440..=21_459, 1);
    let mut phone = Phone::new(&mut engine, 1, Codec::Pcma);
    phone.connect(&mut engine);
    engine.play(phone.leg, Sound::Ringback);
    let before = decoded(Law::A, &phone.hear_all(10));

    engine.say(phone.leg, Phrase::of(&[Prompt::One]), Language::French);
    let during = until_said(&mut phone, &mut events);
    let after = decoded(Law::A, &phone.hear_all(10));

    // The tone of ringing lasts for a second and a half.
    let level = |sound: &[i16]| level_of(sound, 8_000, 440.0);
    assert!((level(&before[800..]) + 16.0).abs() < 1.0);
    assert!(level(&during[during.len() - 800..]) < -26.0, "{}", level(&during[during.len() - 800..]));
    assert!((level(&after[800..]) + 16.0).abs() < 1.0, "{}", level(&after[800..]));
}

#[test]
fn the_partner_is_not_heard_meanwhile_and_is_heard_again_in_one_stream() {
    let (mut engine, mut events) = engine(21_460..=21_479, 1);
    let mut one = Phone::new(&mut engine, 1, Codec::Pcma);
    let mut other = Phone::new(&mut engine, 2, Codec::Pcma);
    one.connect(&mut engine);
    other.connect(&mut engine);
    engine.bridge(one.leg, other.leg);
    engine.settle();
    let tone = alaw_tone(1_000.0, -20.0);
    one.say(&tone[0], 160);
    let before = other.hear().expect("the partner");

    engine.say(other.leg, Phrase::of(&[Prompt::Three]), Language::English);
    engine.settle();
    one.say(&[7; 160], 160);
    let heard = until_said(&mut other, &mut events);
    assert!(heard.len() > 1_600 && rms_level(&heard) > -32.0);
    while let Some(at) = other.hear_now() {
        assert_ne!(at.payload, [7; 160], "what the partner said meanwhile");
    }

    let after = std::iter::from_fn(|| {
        one.say(&[9; 160], 160);
        other.hear()
    })
    .find(|packet| packet.payload == [9; 160])
    .expect("the partner again");
    assert_eq!(after.header.ssrc, before.header.ssrc);
}

#[test]
fn a_key_hushes_and_nothing_is_told_of_what_was_not_said() {
    let (mut engine, mut events) = engine(21_480..=21_499, 1);
    let mut phone = Phone::new(&mut engine, 1, Codec::Pcma);
    phone.connect(&mut engine);
    engine.say(phone.leg, Phrase::of(&[Prompt::MailboxMenu]), Language::French);
    engine.say(phone.leg, Phrase::of(&[Prompt::MailboxMenu]), Language::French);
    phone.hear_all(20);

    engine.hush(phone.leg);
    engine.say(phone.leg, Phrase::of(&[Prompt::Deleted]), Language::French);
    let heard = until_said(&mut phone, &mut events);

    assert!(heard.len() < 8_000 * 3, "{} samples", heard.len());
    assert!(events.try_recv().is_err(), "one was said");
}

#[test]
fn at_a_table_the_room_is_faded_down_while_something_is_said() {
    let (mut engine, mut events) = engine(21_500..=21_519, 1);
    let mut room = Room::new(20);
    let mut phone = Phone::new(&mut engine, 1, Codec::Pcma);
    phone.connect(&mut engine);
    room.seat(&mut engine, &phone, 11);
    let mut browser = room.browser(&mut engine);
    let mut beat = 0;
    let mut hear = |phone: &mut Phone, count: usize| {
        let mut heard = Vec::new();
        for _ in 0..count {
            heard.push(phone.hear().expect("the beat"));
            browser.say_tone(500.0, -20.0, beat);
            beat += 1;
        }
        decoded(Law::A, &heard)
    };
    let before = hear(&mut phone, 100);

    engine.say(phone.leg, Phrase::of(&[Prompt::HandRaised]), Language::French);
    let mut during = Vec::new();
    while events.try_recv().is_err() {
        during.extend(hear(&mut phone, 1));
    }
    let after = hear(&mut phone, 75);

    let level = |sound: &[i16]| level_of(sound, 8_000, 500.0);
    // On a machine that has much else to do some moments are stretched or shortened, and so are not as loud.
    let loudest = |sound: &[i16]| sound.chunks_exact(800).map(level).fold(-99.0, f64::max);
    let heard = loudest(&before[before.len() - 4_000..]);
    assert!(heard > -30.0);
    assert!((0.8..3.0).contains(&(during.len() as f64 / 8_000.0)), "{} samples", during.len());
    assert!(level(&during[during.len() - 640..]) < heard - 10.0, "{}", level(&during[during.len() - 640..]));
    assert!((loudest(&after[2_400..]) - heard).abs() < 3.0, "{} after {heard}", loudest(&after[2_400..]));
    assert!(rms_level(&during[1_600..during.len() - 1_600]) > -30.0);
}

#[test]
fn at_a_seat_that_no_room_has_let_in_everything_has_been_said_at_once() {
    let (mut engine, mut events) = engine(21_520..=21_539, 1);
    engine.seat(LegId(5));
    engine.say(LegId(5), Phrase::of(&[Prompt::Welcome]), Language::French);
    assert_eq!(events.try_recv(), Ok(MediaEvent::Said { leg: LegId(5) }));
    let report = engine.close(LegId(5));
    assert_eq!(report.packets, (0, 0));
}

/// Hears until a phrase is told as said.
fn until_said(phone: &mut Phone, events: &mut mpsc::Receiver<MediaEvent>) -> Vec<i16> {
    let mut heard = Vec::new();
    while events.try_recv() != Ok(MediaEvent::Said { leg: phone.leg }) {
        heard.push(phone.hear().expect("something is said"));
    }
    decoded(Law::A, &heard)
}

fn rms_level(samples: &[i16]) -> f64 {
    let sum: f64 = samples.iter().map(|&sample| f64::from(sample).powi(2)).sum();
    20.0 * ((sum / samples.len() as f64).sqrt() / 32_767.0).max(1e-9).log10()
}

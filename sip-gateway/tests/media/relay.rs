//! Packets that pass from leg to leg without being decoded.

use std::net::UdpSocket;
use std::time::Duration;

use sip_gateway_proto::call::{LegId, MediaEvent, MediaPlane, MediaReport, NoPort, Sound, Wish};
use sip_gateway_proto::media::g711::Law;
use sip_gateway_proto::media::rtp::Header;
use sip_gateway_proto::sdp::{Codec, Direction, Suite};

use crate::phone::{LOOPBACK, Packet, Phone, alaw_tone, assert_contiguous, decoded, engine, level_of};

#[test]
fn alaw_passes_to_alaw_untouched() {
    let (mut engine, _events) = engine(20_100..=20_119, 1);
    let (mut one, mut other) = bridged(&mut engine, Codec::Pcma, Codec::Pcma);
    let tone = alaw_tone(1_000.0, -10.0);

    let heard = pass(&mut one, &mut other, &tone);

    assert_contiguous(&heard, 160);
    assert!(heard.iter().zip(&tone).all(|(packet, said)| packet.payload == *said), "not one code differs");
    assert!((level_of(&decoded(Law::A, &heard), 8_000, 1_000.0) + 10.0).abs() < 0.2);
    // And the other way.
    let heard = pass(&mut other, &mut one, &alaw_tone(440.0, -20.0));
    assert!((level_of(&decoded(Law::A, &heard), 8_000, 440.0) + 20.0).abs() < 0.2);
}

#[test]
fn between_the_laws_codes_are_converted() {
    let (mut engine, _events) = engine(20_120..=20_139, 1);
    let (mut one, mut other) = bridged(&mut engine, Codec::Pcma, Codec::Pcmu);

    let heard = pass(&mut one, &mut other, &alaw_tone(1_000.0, -10.0));

    assert_contiguous(&heard, 160);
    assert!(heard.iter().all(|packet| packet.header.payload_type == 0));
    assert!((level_of(&decoded(Law::Mu, &heard), 8_000, 1_000.0) + 10.0).abs() < 0.3);
}

#[test]
fn what_we_cannot_decode_passes_under_the_other_number() {
    let (mut engine, _events) = engine(20_140..=20_159, 1);
    let (mut one, mut other) = bridged(&mut engine, Codec::Opus, Codec::Opus);

    one.say(b"some opus", 960);
    let heard = other.hear().expect("a packet");

    assert_eq!((heard.header.payload_type, &heard.payload[..]), (98, &b"some opus"[..]));
}

#[test]
fn a_plain_leg_and_an_encrypted_one_hear_each_other_in_every_suite() {
    for (at, suite) in Suite::ALL.into_iter().enumerate() {
        let (mut engine, _events) = engine(20_160..=20_179, 1);
        let mut plain = Phone::new(&mut engine, 1 + 2 * at as u64, Codec::Pcma);
        let mut encrypted = Phone::with_sdes(&mut engine, 2 + 2 * at as u64, Codec::Pcma, suite);
        bridge(&mut engine, &mut plain, &mut encrypted);

        let tone = alaw_tone(1_000.0, -10.0);
        let heard = pass(&mut plain, &mut encrypted, &tone);
        assert!(heard.iter().zip(&tone).all(|(packet, said)| packet.payload == *said), "{suite:?}");
        let heard = pass(&mut encrypted, &mut plain, &tone);
        assert!(heard.iter().zip(&tone).all(|(packet, said)| packet.payload == *said), "{suite:?}");

        assert!(engine.close(encrypted.leg).encrypted);
        assert!(!engine.close(plain.leg).encrypted);
    }
}

#[test]
fn packets_from_another_port_are_not_heard_once_a_leg_has_spoken() {
    let (mut engine, _events) = engine(20_180..=20_199, 1);
    let (mut one, mut other) = bridged(&mut engine, Codec::Pcma, Codec::Pcma);
    one.say(&[1; 160], 160);
    other.hear().expect("the true one");

    let attacker = UdpSocket::bind((LOOPBACK, 0)).expect("a port");
    for sequence in 0..20 {
        let header = Header { sequence, payload_type: 8, ssrc: 666, ..Header::default() };
        one.say_from(&attacker, header, &[2; 160]);
    }
    one.say(&[3; 160], 160);

    assert_eq!(other.hear().expect("the true one").payload, [3; 160]);
    // Nor is anything sent to it.
    other.say(&[4; 160], 160);
    assert_eq!(one.hear().expect("the true one").payload, [4; 160]);
    attacker.set_nonblocking(true).expect("a mode");
    assert!(attacker.recv_from(&mut [0; 16]).is_err());
}

#[test]
fn an_encrypted_leg_is_found_behind_its_nat_by_the_first_true_packet_only() {
    let (mut engine, _events) = engine(20_200..=20_219, 1);
    let mut one = Phone::with_sdes(&mut engine, 1, Codec::Pcma, Suite::AesCm128HmacSha1_80);
    let mut other = Phone::new(&mut engine, 2, Codec::Pcma);
    // The address that it wrote leads nowhere.
    let real = std::mem::replace(&mut one.rtp, UdpSocket::bind((LOOPBACK, 0)).expect("a port"));
    real.set_read_timeout(Some(Duration::from_secs(5))).expect("a time");
    bridge(&mut engine, &mut one, &mut other);
    std::mem::drop(std::mem::replace(&mut one.rtp, real));

    let attacker = UdpSocket::bind((LOOPBACK, 0)).expect("a port");
    let forged = Header { payload_type: 8, ssrc: 666, ..Header::default() };
    let forged = [&forged.to_bytes()[..], &[9; 170]].concat();
    attacker.send_to(&forged, one.media.address).expect("sent");
    one.say(&[1; 160], 160);
    assert_eq!(other.hear().expect("the true one").payload, [1; 160]);
    other.say(&[2; 160], 160);

    assert_eq!(one.hear().expect("at its real address").payload, [2; 160]);
}

#[test]
fn after_hold_the_stream_goes_on_where_it_was() {
    let (mut engine, mut events) = engine(20_220..=20_239, 1);
    let (mut one, mut other) = bridged(&mut engine, Codec::Pcma, Codec::Pcma);
    let before = pass(&mut one, &mut other, &alaw_tone(1_000.0, -10.0));

    // The other side holds: it sends, we do not.
    other.agreed.direction = Direction::RecvOnly;
    other.agreed.held = true;
    other.connect(&mut engine);
    other.say(&[7; 160], 160);
    one.hear().expect("the holder may speak");
    one.say(&[5; 160], 160);
    // Heard on the same way, so what was said before it is through.
    one.press(1);
    assert!(matches!(events.blocking_recv(), Some(MediaEvent::Key { key: '1', .. })));
    other.agreed.direction = Direction::SendRecv;
    other.connect(&mut engine);
    one.say(&[6; 160], 160);

    let after = other.hear().expect("a packet");
    let last = before.last().expect("many").header;
    assert_eq!(after.payload, [6; 160], "what was said on hold is not heard");
    assert_eq!(after.header.ssrc, last.ssrc);
    assert!(after.header.sequence.wrapping_sub(last.sequence) < 5);
}

#[test]
fn keys_pass_both_ways_and_are_told_once() {
    let (mut engine, mut events) = engine(20_240..=20_259, 1);
    let (mut one, mut other) = bridged(&mut engine, Codec::Pcma, Codec::Pcma);
    one.say(&[1; 160], 160);
    other.say(&[1; 160], 160);
    let (mut last_one, mut last_other) = (other.hear().expect("speech"), one.hear().expect("speech"));

    press_and_hear(&mut one, &mut other, &mut last_one, 5);
    press_and_hear(&mut other, &mut one, &mut last_other, 11);

    let told: Vec<_> = std::iter::from_fn(|| events.blocking_recv()).take(2).collect();
    let key = |leg, key| MediaEvent::Key { leg: LegId(leg), key };
    assert_eq!(told, [key(1, '5'), key(2, '#')]);
    assert!(events.try_recv().is_err());
}

#[test]
fn a_key_of_ours_is_pressed_for_its_time_and_speech_goes_on_behind_it() {
    let (mut engine, _events) = engine(20_260..=20_279, 1);
    let (mut one, mut other) = bridged(&mut engine, Codec::Pcma, Codec::Pcma);
    one.say(&[1; 160], 160);
    let speech = other.hear().expect("speech");

    engine.press(other.leg, '7', Duration::from_millis(100));
    let mut events = Vec::new();
    while events.len() < 8 {
        let packet = other.hear().expect("an event");
        assert_eq!(packet.header.payload_type, other.agreed.keys.expect("agreed").send_type);
        events.push(packet);
    }

    assert!(events.iter().all(|packet| packet.payload[0] == 7));
    assert!(events[0].header.marker);
    let ended: Vec<_> = events.iter().filter(|packet| packet.payload[1] & 0x80 != 0).collect();
    assert_eq!(ended.len(), 3, "the end is told three times");
    assert_eq!(ended[0].payload[2..], 800u16.to_be_bytes());
    assert!(events.iter().all(|packet| packet.header.timestamp == events[0].header.timestamp));

    one.say(&[2; 160], 160);
    let after = other.hear().expect("speech");
    assert_eq!(after.header.sequence, speech.header.sequence.wrapping_add(9));
    assert!(after.header.timestamp.wrapping_sub(events[0].header.timestamp) >= 800);
}

#[test]
fn legs_of_two_threads_come_together() {
    let (mut engine, _events) = engine(20_280..=20_319, 2);
    // The least busy thread takes the next leg, so these are on both.
    let mut phones: Vec<_> = (1..=4).map(|leg| Phone::new(&mut engine, leg, Codec::Pcma)).collect();
    for phone in &phones {
        phone.connect(&mut engine);
    }

    for (one, other) in [(0, 1), (2, 3), (1, 2), (3, 0), (0, 2), (1, 3)] {
        engine.bridge(phones[one].leg, phones[other].leg);
        engine.settle();
        let mark = [one as u8 * 16 + other as u8; 160];
        phones[one].say(&mark, 160);
        assert_eq!(phones[other].hear().expect("a packet").payload, mark);
        phones[other].say(&mark, 160);
        assert_eq!(phones[one].hear().expect("a packet").payload, mark);
    }
    assert!(phones.iter_mut().all(Phone::hears_nothing));
}

#[test]
fn a_leg_that_plays_something_else_is_bridged_to_nobody() {
    let (mut engine, _events) = engine(20_320..=20_339, 1);
    let (mut one, mut other) = bridged(&mut engine, Codec::Pcma, Codec::Pcma);

    engine.play(one.leg, Sound::Echo);
    engine.settle();
    one.say(&[9; 160], 160);

    assert_eq!(one.hear().expect("its echo").payload, [9; 160]);
    other.say(&[8; 160], 160);
    one.say(&[7; 160], 160);
    assert_eq!(one.hear().expect("its echo").payload, [7; 160]);
    assert!(other.hears_nothing());
}

#[test]
fn a_closed_leg_says_goodbye_and_gives_its_numbers() {
    let (mut engine, _events) = engine(20_340..=20_359, 1);
    let (mut one, mut other) = bridged(&mut engine, Codec::Pcma, Codec::Pcma);
    // One is lost on the way.
    let mut tone = alaw_tone(1_000.0, -10.0);
    tone.truncate(10);
    pass(&mut one, &mut other, &tone);
    one.header.sequence += 1;
    pass(&mut one, &mut other, &tone);

    engine.settle();
    let report = engine.close(one.leg);
    assert_eq!(report.codec.as_deref(), Some("PCMA"));
    assert_eq!((report.packets, report.octets, report.lost), ((20, 0), (3_200, 0), 1));
    assert_eq!(engine.close(other.leg).packets, (0, 20));
    assert_eq!(engine.close(one.leg), MediaReport::default(), "closed twice");

    let mut compound = [0; 512];
    let (len, _) = one.rtcp.recv_from(&mut compound).expect("a report");
    let kinds: Vec<u8> = packet_types(&compound[..len]);
    assert_eq!(kinds, [201, 202, 203], "report, name, goodbye");
}

#[test]
fn garbage_disturbs_nobody() {
    let (mut engine, _events) = engine(20_360..=20_379, 1);
    let (mut one, mut other) = bridged(&mut engine, Codec::Pcma, Codec::Pcma);

    let address = one.media.address;
    // Fewer than a socket's queue holds, so that what comes last is not lost.
    for len in 0..60usize {
        let noise: Vec<u8> = (0..len).map(|at| (at * 131 + len * 17) as u8).collect();
        let noise = [&[0x80, [8, 200, 201, 101][len % 4]][..], &noise].concat();
        one.rtp.send_to(&noise, address).expect("sent");
        one.rtp.send_to(&noise[2..], address).expect("sent");
        let control = (address.ip(), address.port() + 1);
        one.rtcp.send_to(&noise, control).expect("sent");
    }
    one.header.ssrc = 0xABCD;
    one.say(&[1; 160], 160);

    while other.hear().expect("still there").payload != [1; 160] {}
}

#[test]
fn when_ports_are_used_up_opening_says_so_until_one_is_closed() {
    let (mut engine, _events) = engine(20_380..=20_383, 1);
    let wish = Wish { peer: LOOPBACK, sdes: false, dtls: false, ice: false, emergency: false };
    assert!(engine.open(LegId(1), wish).is_ok());
    assert!(engine.open(LegId(2), wish).is_ok());
    assert_eq!(engine.open(LegId(3), wish), Err(NoPort));
    assert_eq!(engine.open(LegId(1), wish), Err(NoPort), "a leg is opened once");
    let v6 = Wish { peer: "::1".parse().expect("an address"), ..wish };
    assert_eq!(engine.open(LegId(4), v6), Err(NoPort), "we have no such address");
    assert_eq!(engine.legs(), 2);
}

/// Presses a key for 80 ms and hears each of its packets at the other side, behind the last that was heard there.
fn press_and_hear(from: &mut Phone, to: &mut Phone, last: &mut Packet, key: u8) {
    let began = from.header.timestamp;
    for step in 1..=6u16 {
        let duration = (160 * step).min(640).to_be_bytes();
        let end = if step >= 4 { 0x8A } else { 0x0A };
        let event = [key, end, duration[0], duration[1]];
        let number = from.agreed.keys.expect("agreed").receive_type;
        let header = Header { payload_type: number, timestamp: began, marker: step == 1, ..from.header };
        from.say_from(&from.rtp.try_clone().expect("a socket"), header, &event);
        from.header.sequence += 1;

        let heard = to.hear().expect("an event");
        assert_eq!(heard.payload, event);
        assert_eq!(heard.header.payload_type, to.agreed.keys.expect("agreed").send_type);
        assert_eq!(heard.header.sequence, last.header.sequence.wrapping_add(1));
        *last = heard;
    }
}

/// Two phones that are connected and bridged.
fn bridged(engine: &mut sip_gateway::media::MediaEngine, one: Codec, other: Codec) -> (Phone, Phone) {
    let mut one = Phone::new(engine, 1, one);
    let mut other = Phone::new(engine, 2, other);
    bridge(engine, &mut one, &mut other);
    (one, other)
}

fn bridge(engine: &mut sip_gateway::media::MediaEngine, one: &mut Phone, other: &mut Phone) {
    engine.bridge(one.leg, other.leg);
    one.connect(engine);
    other.connect(engine);
}

/// Says packets to one leg and hears them from the other, one by one, so that no queue overflows.
fn pass(from: &mut Phone, to: &mut Phone, packets: &[Vec<u8>]) -> Vec<Packet> {
    packets
        .iter()
        .map(|payload| {
            from.say(payload, 160);
            to.hear().expect("the packet passes")
        })
        .collect()
}

fn packet_types(mut compound: &[u8]) -> Vec<u8> {
    let mut types = Vec::new();
    while let [_, kind, high, low, ..] = *compound {
        types.push(kind);
        let len = 4 * (1 + usize::from(u16::from_be_bytes([high, low])));
        compound = compound.get(len..).unwrap_or_default();
    }
    types
}

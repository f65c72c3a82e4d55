//! The relay, packet by packet.

use super::*;

#[test]
fn packets_keep_their_order_and_gaps_under_our_stream_number() {
    let mut relay = relay();
    let now = Instant::now();

    assert_eq!(sent(&mut relay, now, 1, 65_535, 160), Ok((65_535, 160)));
    assert_eq!(sent(&mut relay, now, 1, 1, 480), Ok((1, 480)));
    assert_eq!(sent(&mut relay, now, 1, 0, 320), Ok((0, 320)));
}

#[test]
fn the_stream_goes_on_when_its_source_changes() {
    let mut relay = relay();
    let start = Instant::now();
    sent(&mut relay, start, 1, 100, 1_000).expect("forwarded");

    let later = start + Duration::from_millis(100);
    assert_eq!(sent(&mut relay, later, 2, 7, 50), Ok((101, 1_800)));
    assert_eq!(sent(&mut relay, later, 2, 8, 210), Ok((102, 1_960)));
    // What came before the first of the new source would take numbers that were used.
    assert_eq!(sent(&mut relay, later, 2, 6, 0), Err(NotForwarded::Duplicate));
    assert_eq!(sent(&mut relay, later, 1, 101, 1_160), Err(NotForwarded::Replaced));
}

#[test]
fn a_replaced_source_may_come_back_after_a_while() {
    let mut relay = relay();
    let start = Instant::now();
    sent(&mut relay, start, 1, 100, 0).expect("forwarded");
    sent(&mut relay, start, 2, 500, 0).expect("forwarded");

    let later = start + Duration::from_secs(3);
    assert_eq!(sent(&mut relay, later, 1, 900, 70), Ok((102, 24_001)));
}

#[test]
fn a_source_that_was_changed_away_from_comes_back_at_once() {
    let mut relay = relay();
    let start = Instant::now();
    sent(&mut relay, start, 1, 100, 0).expect("forwarded");
    relay.change_source();
    sent(&mut relay, start, 2, 500, 0).expect("forwarded");
    relay.change_source();

    let later = start + Duration::from_millis(20);
    assert_eq!(sent(&mut relay, later, 1, 101, 160), Ok((102, 161)));
    assert_eq!(relay.clock(later + Duration::from_millis(10)), Some(241));
}

#[test]
fn time_goes_on_while_a_key_is_down() {
    let mut relay = relay();
    let start = Instant::now();
    for sequence in 1..=10u16 {
        let now = start + Duration::from_millis(20) * u32::from(sequence);
        sent(&mut relay, now, 1, sequence, 800).expect("forwarded");
    }
    relay.change_source();

    let later = start + Duration::from_millis(220);
    assert_eq!(sent(&mut relay, later, 2, 7, 0), Ok((11, 800 + 1_600)));
}

#[test]
fn no_number_is_sent_twice() {
    let mut relay = relay();
    let now = Instant::now();
    for sequence in [10, 12, 11] {
        sent(&mut relay, now, 1, sequence, 0).expect("forwarded");
    }

    for sequence in [10, 11, 12] {
        assert_eq!(sent(&mut relay, now, 1, sequence, 99), Err(NotForwarded::Duplicate));
    }
    assert_eq!(relay.reception().totals().received, 3);
}

#[test]
fn a_source_that_starts_over_is_followed_with_its_second_packet() {
    let mut relay = relay();
    let now = Instant::now();
    sent(&mut relay, now, 1, 30_000, 0).expect("forwarded");

    assert_eq!(sent(&mut relay, now, 1, 5, 0), Err(NotForwarded::Duplicate));
    assert_eq!(sent(&mut relay, now, 1, 6, 160), Ok((30_001, 1)));
    assert_eq!(sent(&mut relay, now, 1, 7, 320), Ok((30_002, 161)));
}

#[test]
fn payload_types_are_translated_and_unknown_ones_stop_here() {
    let mut relay = relay();
    let now = Instant::now();
    let mut packet = rtp(1, 1, 0, 96);
    let forwarded = relay.forward(now, &mut packet).expect("keys are mapped");

    let (header, _) = Header::parse(&packet[forwarded.packet]).expect("a packet");
    assert_eq!((header.payload_type, forwarded.kind), (101, PayloadKind::Keys));
    assert_eq!(relay.forward(now, &mut rtp(1, 2, 0, 97)), Err(NotForwarded::PayloadType(97)));
    assert_eq!(relay.forward(now, &mut [0; 40]), Err(NotForwarded::Malformed));
}

#[test]
fn extension_and_sources_stay_behind_and_a_new_source_is_marked() {
    let mut relay = relay();
    let mut packet = rtp(1, 1, 0, 8);
    packet[0] |= 0x11;
    packet.splice(12..12, [0, 0, 0, 5, 0xBE, 0xDE, 0, 1, 0x10, 7, 0, 0]);
    let forwarded = relay.forward(Instant::now(), &mut packet).expect("forwarded");

    let out = &packet[forwarded.packet];
    assert_eq!((out[0], out.len(), &out[12..]), (0x80, 12 + 4, b"beep".as_slice()));
    assert!(Header::parse(out).is_some_and(|(header, _)| header.marker && header.ssrc == 77));
}

#[test]
fn any_bytes_are_taken_without_harm() {
    let mut relay = relay();
    let mut random = crate::media::testing::Random(3);
    let now = Instant::now();
    for _ in 0..20_000 {
        let len = random.next() as usize % 60;
        let mut packet: Vec<u8> = (0..len).map(|_| random.next() as u8).collect();
        if let Some(first) = packet.first_mut() {
            *first = *first & 0x3F | 0x80;
        }
        if let Ok(forwarded) = relay.forward(now, &mut packet) {
            assert!(Header::parse(&packet[forwarded.packet]).is_some());
        }
    }
}

fn relay() -> Relay {
    let mut map = PayloadMap::default();
    map.insert(8, 0, PayloadKind::Speech);
    map.insert(96, 101, PayloadKind::Keys);
    Relay::new(map, 8_000, 77)
}

fn rtp(ssrc: u32, sequence: u16, timestamp: u32, payload_type: u8) -> Vec<u8> {
    let header = Header { marker: false, payload_type, sequence, timestamp, ssrc };
    [header.to_bytes().as_slice(), b"beep"].concat()
}

fn sent(
    relay: &mut Relay,
    now: Instant,
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
) -> Result<(u16, u32), NotForwarded> {
    let mut packet = rtp(ssrc, sequence, timestamp, 8);
    let forwarded = relay.forward(now, &mut packet)?;
    let (header, _) = Header::parse(&packet[forwarded.packet]).expect("a packet");
    assert_eq!((header.ssrc, header.payload_type), (77, 0));
    Ok((header.sequence, header.timestamp))
}

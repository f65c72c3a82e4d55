//! What a receiver makes of the packets of one subscription.

use palabre_tests::stage::{Down, Stage, Who};
use palabre_tests::vp8::Vp8Packet;

/// A received video packet: its extended sequence number, its RTP timestamp and its contents.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) seq: u64,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) vp8: Vp8Packet,
}

/// Everything received of a video subscription, in the order of its sequence numbers.
pub(crate) fn video(stage: &Stage, who: Who, down: Down) -> Vec<Seen> {
    let mut seen: Vec<Seen> = stage
        .peer(who)
        .received_from(down.ssrc)
        .filter(|packet| !packet.payload.is_empty())
        .map(|packet| Seen {
            seq: *packet.seq_no,
            timestamp: packet.header.timestamp,
            marker: packet.header.marker,
            vp8: Vp8Packet::read(&packet.payload).expect("the payload is VP8 as it was sent"),
        })
        .collect();
    seen.sort_by_key(|packet| packet.seq);
    seen
}

/// Checks that a decoder would take the packets: no gap, one picture after the other, a key frame before anything
/// of another encoding.
pub(crate) fn assert_decodable(seen: &[Seen]) {
    let first = seen.first().expect("something was received");
    assert!(first.vp8.start && first.vp8.key, "the first packet begins a key frame: {first:?}");
    for (before, after) in seen.iter().zip(&seen[1..]) {
        let both = format!("{before:?} then {after:?}");
        assert_eq!(after.seq, before.seq + 1, "sequence numbers have no gap: {both}");
        if after.vp8.start {
            let switched = after.vp8.key && after.vp8.encoding != before.vp8.encoding;
            assert!(
                before.marker || switched,
                "a picture is only cut short by another encoding's key frame: {both}"
            );
            assert_eq!(
                after.vp8.picture_id,
                (before.vp8.picture_id + 1) & 0x7FFF,
                "picture ids have no gap: {both}"
            );
            let ticks = after.timestamp.wrapping_sub(before.timestamp);
            assert!(
                (1..90_000 * 4).contains(&ticks),
                "time goes on, by less than seconds: {ticks} ticks between {both}"
            );
            if after.vp8.encoding != before.vp8.encoding {
                assert!(after.vp8.key, "another encoding begins with a key frame: {both}");
            }
        } else {
            assert_eq!(after.vp8.encoding, before.vp8.encoding, "a picture is of one encoding: {both}");
            assert_eq!(after.vp8.picture_id, before.vp8.picture_id, "a picture has one id: {both}");
            assert_eq!(after.vp8.frame, before.vp8.frame, "a picture is not mixed: {both}");
            assert_eq!(after.vp8.packet, before.vp8.packet + 1, "a picture is whole: {both}");
            assert_eq!(after.timestamp, before.timestamp, "a picture has one time: {both}");
        }
        if after.vp8.start && after.vp8.tid == 0 {
            assert_eq!(
                after.vp8.tl0,
                before.vp8.tl0.wrapping_add(1),
                "base layer indices have no gap: {both}"
            );
        }
    }
}

/// The numbers that the microphone gave to the packets of an audio subscription, in the order received.
pub(crate) fn audio(stage: &Stage, who: Who, down: Down) -> Vec<u64> {
    let packets = stage.peer(who).received_from(down.ssrc).filter(|packet| packet.payload.len() >= 9);
    packets.map(|packet| u64::from_be_bytes(packet.payload[1..9].try_into().expect("eight bytes"))).collect()
}

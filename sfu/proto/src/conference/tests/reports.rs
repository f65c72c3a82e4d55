//! Reports both ways: clocks, losses, round trips, arrivals.

use std::time::Duration;

use super::rig::{Media, Rig, VP8, camera, down, microphone, opus, simulcast_camera, vp8};
use crate::id::{PeerId, Ssrc};
use crate::io::{Event, LayerWish, TransportQuality};
use crate::rtcp::report::{self, ReportBlock, SenderInfo};
use crate::rtcp::{Packet, twcc};
use crate::rtp::ExtensionValues;
use crate::track::payload::vp8::tests::descriptor;
use crate::track::reception::middle;

#[test]
fn the_senders_clocks_reach_the_viewer_on_its_own_time_line() {
    let mut rig = Rig::with_peers(2);
    rig.publish(1, camera(1));
    rig.subscribe(2, down(1, 1, vec![vp8()]));
    picture(&mut rig, 11, 1, 90_000, None);
    let seen = rig.received(2);

    // The picture of timestamp 90,000 was taken at second 100 of the sender's clock.
    send_clock(&mut rig, 11, 100 << 32, 90_000);
    rig.advance(Duration::from_millis(1_100));

    let infos = sender_reports(&mut rig);
    let (ssrc, info) = infos[0];
    assert_eq!((ssrc, infos.len()), (Ssrc(1_001), 1));
    assert_eq!(info.packets, 1);
    let passed = (info.ntp - (100 << 32)) as f64 / (1_u64 << 32) as f64;
    assert!(passed > 0.0 && passed < 1.1);
    let ticks = info.rtp.wrapping_sub(seen[0].timestamp);
    assert!((f64::from(ticks) - passed * 90_000.0).abs() < 2.0, "both clocks tell the same instant");
}

#[test]
fn a_switch_of_layers_follows_the_senders_clocks_rather_than_the_time_of_arrival() {
    let mut rig = Rig::with_peers(2);
    rig.publish(1, simulcast_camera(1));
    rig.subscribe(2, down(1, 1, vec![vp8()]));
    rig.wish(1, LayerWish { encoding: 0, ..LayerWish::default() });
    picture(&mut rig, 21, 1, 1_000, Some(b"q"));
    picture(&mut rig, 23, 1, 700_000, Some(b"f"));
    send_clock(&mut rig, 21, 50 << 32, 1_000);
    send_clock(&mut rig, 23, 50 << 32, 700_000);
    rig.wish(1, LayerWish::default());

    // Taken 100 ms later, but 230 ms on its way.
    rig.now += Duration::from_millis(330);
    picture(&mut rig, 23, 2, 709_000, Some(b"f"));

    let seen = rig.received(2);
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[1].timestamp.wrapping_sub(seen[0].timestamp), 9_000);
}

#[test]
fn a_publisher_is_told_what_was_lost() {
    let mut rig = Rig::with_peers(1);
    rig.publish(1, microphone(1, vec![opus()]));
    for sequence in [1, 2, 4, 5] {
        rig.send(1, Media { sequence, ..Media::default() });
    }

    rig.advance(Duration::from_millis(1_050));

    let blocks = rig.received_rtcp(1, |packet| match packet {
        Packet::ReceiverReport(report) => report.blocks.iter().next(),
        _ => None,
    });
    assert_eq!(blocks.len(), 1);
    assert_eq!((blocks[0].ssrc, blocks[0].cumulative_lost, blocks[0].fraction_lost), (Ssrc(1), 1, 51));
}

#[test]
fn a_publisher_is_told_when_its_packets_arrived() {
    let mut rig = Rig::with_peers(1);
    rig.publish(1, microphone(1, vec![opus()]));
    for number in [7, 8, 10] {
        let values = ExtensionValues { transport_cc: Some(number), ..ExtensionValues::default() };
        rig.send(1, Media { sequence: number, values, ..Media::default() });
        rig.now += Duration::from_millis(10);
    }

    rig.advance(Duration::from_millis(100));

    let arrivals = rig.received_rtcp(1, |packet| match packet {
        Packet::TransportFeedback(feedback) => Some(feedback.arrivals().collect::<Vec<_>>()),
        _ => None,
    });
    let (numbers, ticks): (Vec<_>, Vec<_>) = arrivals.into_iter().flatten().unzip();
    assert_eq!(numbers, [7, 8, 9, 10]);
    let first = ticks[0].expect("arrived");
    let since_first: Vec<_> = ticks.iter().map(|ticks| ticks.map(|ticks| ticks - first)).collect();
    assert_eq!(since_first, [Some(0), Some(40), None, Some(80)]);
}

#[test]
fn sound_that_came_only_when_asked_for_was_lost_on_the_way() {
    let mut rig = Rig::with_peers(1);
    rig.publish(1, microphone(1, vec![opus()]));
    let say = |rig: &mut Rig, sequence| rig.send(1, Media { sequence, ..Media::default() });
    for sequence in (1..=20).filter(|&sequence| sequence != 5 && sequence != 9 && sequence != 12) {
        say(&mut rig, sequence);
        if sequence == 13 {
            // It was only overtaken.
            say(&mut rig, 12);
        }
        rig.advance(Duration::from_millis(20));
    }
    say(&mut rig, 5);
    rig.advance(Duration::from_secs(6));

    let quality = qualities(&mut rig, PeerId(1));
    assert_eq!((quality[0].loss_up, quality[0].sound_loss_up), (0.05, 0.1));
}

#[test]
fn quality_tells_losses_of_both_ways_and_the_round_trip() {
    let mut rig = Rig::with_peers(2);
    rig.publish(1, camera(1));
    rig.subscribe(2, down(1, 1, vec![vp8()]));
    picture(&mut rig, 11, 1, 0, None);
    send_clock(&mut rig, 11, 100 << 32, 0);
    rig.advance(Duration::from_millis(1_100));
    let (_, info) = sender_reports(&mut rig)[0];

    rig.advance(Duration::from_millis(100));
    let block = ReportBlock {
        ssrc: Ssrc(1_001),
        fraction_lost: 64,
        last_report: middle(info.ntp),
        since_last_report: 0,
        ..ReportBlock::default()
    };
    rig.send_rtcp(2, |out| report::write_receiver_report(out, Ssrc(9), &[block]));
    rig.advance(Duration::from_secs(6));

    let quality = qualities(&mut rig, PeerId(2));
    let rtt = quality[0].rtt.expect("measured");
    assert!((100..1_200).contains(&rtt.as_millis()), "{rtt:?}");
    assert_eq!((quality[0].loss_down, quality[0].loss_up), (0.25, 0.0));
    assert!(!quality[0].limited);
}

#[test]
fn quality_is_told_every_five_seconds() {
    let mut rig = Rig::with_peers(1);

    rig.advance(Duration::from_secs(20));

    assert_eq!(qualities(&mut rig, PeerId(1)).len(), 4);
}

#[test]
fn feedback_about_packets_that_were_never_sent_is_harmless() {
    let mut rig = Rig::with_peers(2);

    let arrivals = vec![Some(1_000); 3_000];
    rig.send_rtcp(2, |out| {
        twcc::write(out, twcc::FeedbackHeader::default(), 60_000, &arrivals);
    });

    assert_eq!(rig.out.rtp, []);
}

fn picture(rig: &mut Rig, ssrc: u32, sequence: u16, timestamp: u32, rid: Option<&'static [u8]>) {
    rig.send(
        1,
        Media {
            ssrc,
            payload_type: VP8.0,
            sequence,
            timestamp,
            values: ExtensionValues { mid: Some(b"v"), rid, ..ExtensionValues::default() },
            payload: &descriptor(sequence, 0, true),
            ..Media::default()
        },
    );
}

fn send_clock(rig: &mut Rig, ssrc: u32, ntp: u64, rtp: u32) {
    let info = SenderInfo { ntp, rtp, ..SenderInfo::default() };
    rig.send_rtcp(1, |out| report::write_sender_report(out, Ssrc(ssrc), info));
}

fn sender_reports(rig: &mut Rig) -> Vec<(Ssrc, SenderInfo)> {
    rig.received_rtcp(2, |packet| match packet {
        Packet::SenderReport(report) => Some((report.ssrc, report.info)),
        _ => None,
    })
}

fn qualities(rig: &mut Rig, of: PeerId) -> Vec<TransportQuality> {
    let events = std::mem::take(&mut rig.out.events).into_iter();
    let qualities = events.filter_map(|event| match event {
        Event::Quality { peer, quality } if peer == of => Some(quality),
        _ => None,
    });
    qualities.collect()
}

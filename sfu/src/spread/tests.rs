use std::sync::atomic::AtomicU64;

use sfu_proto::id::{ConferenceId, Mid, PayloadType};
use sfu_proto::io::{Codec, DownTrackParams, EncodingParams, ExtensionMap, LayerWish, Mime};

use super::*;

const ALICE: PeerId = PeerId(1);
const BOB: PeerId = PeerId(2);
const CAMERA: u64 = 10;
const MICROPHONE: u64 = 11;

#[test]
fn a_conference_stays_on_its_home_until_that_carries_too_much() {
    let (mut spread, loads) = spread(2);
    let placed: Vec<usize> = (1..=6).map(|peer| spread.place(PeerId(peer), |_| false)).collect();
    assert_eq!(placed, [0, 0, 0, 1, 0, 1], "two more than the idlest at most");
    assert_eq!(carried(&loads), [4, 2]);
    assert_eq!(words(&mut spread), ["1: open"]);

    drop(spread);
    assert_eq!(carried(&loads), [0, 0]);
}

#[test]
fn a_peer_keeps_its_place() {
    let (mut spread, _) = spread(0);
    assert_eq!(
        [spread.place(ALICE, |_| false), spread.place(BOB, |_| false), spread.place(ALICE, |_| false)],
        [0, 1, 0]
    );
}

#[test]
fn a_full_shard_is_passed_over_until_all_are() {
    let (mut spread, _) = spread(9);
    assert_eq!(spread.place(ALICE, |shard| shard == 0), 1);
    assert_eq!(spread.place(BOB, |_| true), 0, "at home again");
}

#[test]
fn on_one_shard_commands_are_passed_on_and_nothing_else() {
    let (mut spread, _) = spread(9);
    spread.place(ALICE, |_| false);
    spread.place(BOB, |_| false);
    spread.handle(publish(ALICE, CAMERA, MediaKind::Video));
    spread.handle(subscribe(BOB, 1, CAMERA));
    spread.handle(Command::Unsubscribe { track: DownTrackId(1) });
    spread.handle(Command::Leave { peer: ALICE });
    let expected = ["0: publish 10 of 1", "0: subscribe 1 for 2", "0: unsubscribe 1", "0: leave 1"];
    assert_eq!(words(&mut spread), expected);
}

#[test]
fn a_picture_crosses_while_somebody_on_the_other_side_wants_it() {
    let (mut spread, loads) = apart();
    spread.handle(publish(ALICE, CAMERA, MediaKind::Video));
    let near = "100";
    assert_eq!(
        words(&mut spread),
        [
            "0: publish 10 of 1".to_owned(),
            format!("0: bridge {near} to 1 on 1"),
            format!("1: bridge 1 to {near} on 0"),
            "1: publish 10 of 1 as [1, 2]".to_owned(),
        ]
    );

    spread.handle(subscribe(BOB, 1, CAMERA));
    spread.handle(subscribe(BOB, 2, CAMERA));
    let expected = [
        format!("0: tap {near} of 10 as [1, 2]"),
        "1: subscribe 1 for 2".into(),
        "1: subscribe 2 for 2".into(),
    ];
    assert_eq!(words(&mut spread), expected);
    assert_eq!(carried(&loads), [1, 3]);

    spread.handle(Command::Unsubscribe { track: DownTrackId(1) });
    spread.handle(Command::Unsubscribe { track: DownTrackId(2) });
    let expected =
        ["1: unsubscribe 1".to_owned(), format!("0: untap {near} of 10"), "1: unsubscribe 2".into()];
    assert_eq!(words(&mut spread), expected);
    assert_eq!(carried(&loads), [1, 1]);
}

#[test]
fn a_voice_crosses_at_once() {
    let (mut spread, _) = apart();
    spread.handle(publish(ALICE, MICROPHONE, MediaKind::Audio));
    assert_eq!(words(&mut spread).last().map(String::as_str), Some("0: tap 100 of 11 as [1, 2]"));
}

#[test]
fn a_shard_that_comes_late_learns_what_there_is() {
    let (mut spread, _) = spread(1);
    spread.place(ALICE, |_| false);
    spread.handle(publish(ALICE, MICROPHONE, MediaKind::Audio));
    spread.handle(Command::MuteUpTrack { track: UpTrackId(MICROPHONE), muted: true });
    spread.place(PeerId(3), |_| false);
    words(&mut spread);

    assert_eq!(spread.place(BOB, |_| false), 1);

    let expected = [
        "1: open",
        "0: bridge 100 to 1 on 1",
        "1: bridge 1 to 100 on 0",
        "1: publish 11 of 1 as [1, 2]",
        "1: mute 11 true",
        "0: tap 100 of 11 as [1, 2]",
    ];
    assert_eq!(words(&mut spread), expected);
}

#[test]
fn whoever_is_always_heard_is_so_on_every_shard_and_on_those_that_come_late() {
    let (mut spread, _) = spread(1);
    spread.place(ALICE, |_| false);
    spread.handle(publish(ALICE, MICROPHONE, MediaKind::Audio));
    words(&mut spread);
    let always = |always| Command::AlwaysHear { track: UpTrackId(MICROPHONE), always };

    spread.handle(always(true));
    assert_eq!(words(&mut spread), ["0: always hear 11 true"]);
    spread.place(PeerId(3), |_| false);
    spread.place(BOB, |_| false);
    assert!(words(&mut spread).contains(&"1: publish 11 of 1 as [1, 2], always heard".to_owned()));
    spread.handle(always(false));
    assert_eq!(words(&mut spread), ["0: always hear 11 false", "1: always hear 11 false"]);
}

#[test]
fn a_publisher_that_leaves_takes_its_bridges_along() {
    for by_itself in [false, true] {
        let (mut spread, loads) = apart();
        spread.handle(publish(ALICE, CAMERA, MediaKind::Video));
        spread.handle(subscribe(BOB, 1, CAMERA));
        words(&mut spread);

        match by_itself {
            true => assert!(spread.closed(0, ALICE), "the rooms have to know"),
            false => spread.handle(Command::Leave { peer: ALICE }),
        }

        let mut expected = vec!["1: leave 1", "0: leave 100"];
        expected.extend((!by_itself).then_some("0: leave 1"));
        assert_eq!(words(&mut spread), expected);
        assert_eq!(carried(&loads), [0, 1], "its subscribers have nothing of it any more");
    }
}

#[test]
fn an_end_of_a_bridge_that_fails_is_built_anew_and_no_room_hears_of_it() {
    for (shard, end) in [(1, ALICE), (0, PeerId(100))] {
        let (mut spread, _) = apart();
        spread.handle(publish(ALICE, CAMERA, MediaKind::Video));
        spread.handle(subscribe(BOB, 1, CAMERA));
        words(&mut spread);

        assert!(!spread.closed(shard, end));

        let expected = [
            "1: leave 1",
            "0: leave 100",
            "0: bridge 101 to 1 on 1",
            "1: bridge 1 to 101 on 0",
            "1: publish 10 of 1 as [1, 2]",
            "0: tap 101 of 10 as [1, 2]",
        ];
        assert_eq!(words(&mut spread), expected);
    }
}

#[test]
fn who_comes_from_another_conference_stays_on_its_shard() {
    let (mut spread, _) = spread(9);
    spread.settle(ALICE, 1);
    assert_eq!(words(&mut spread), ["1: open"]);
    spread.handle(publish(ALICE, CAMERA, MediaKind::Video));
    assert_eq!(words(&mut spread)[0], "1: publish 10 of 1");
}

#[test]
fn who_comes_on_another_shard_than_expected_is_counted_there() {
    let (mut spread, loads) = apart();
    spread.handle(publish(BOB, CAMERA, MediaKind::Video));
    spread.handle(subscribe(ALICE, 1, CAMERA));
    assert_eq!(carried(&loads), [2, 1]);

    spread.settle(ALICE, 1);
    assert_eq!(carried(&loads), [0, 2]);
    spread.settle(ALICE, 1);
    spread.handle(Command::JoinDirect { conference: ConferenceId(1), peer: ALICE });
    assert_eq!(carried(&loads), [0, 2]);

    spread.handle(Command::Leave { peer: ALICE });
    spread.handle(Command::Leave { peer: ALICE });
    assert_eq!(carried(&loads), [0, 1]);
    drop(spread);
    assert_eq!(carried(&loads), [0, 0]);
}

#[test]
fn a_conference_ends_everywhere() {
    let (mut spread, _) = apart();
    spread.handle(Command::EndConference { conference: ConferenceId(1) });
    assert_eq!(words(&mut spread), ["0: end", "1: end"]);
}

/// Two shards, and the conference on the first.
fn spread(slack: u64) -> (Spread, Loads) {
    let loads: Loads = [0, 0].map(AtomicU64::new).into();
    NEXT.set(100);
    let new_id = || PeerId(NEXT.replace(NEXT.get() + 1));
    (Spread::new(0, Arc::clone(&loads), slack, new_id), loads)
}

/// Alice is on the first shard, Bob on the second.
fn apart() -> (Spread, Loads) {
    let (mut spread, loads) = spread(0);
    assert_eq!([spread.place(ALICE, |_| false), spread.place(BOB, |_| false)], [0, 1]);
    assert_eq!(words(&mut spread), ["1: open"]);
    (spread, loads)
}

fn carried(loads: &Loads) -> Vec<u64> {
    loads.iter().map(|load| load.load(Ordering::Relaxed)).collect()
}

fn words(spread: &mut Spread) -> Vec<String> {
    let steps = spread.take_steps();
    steps.map(|(shard, step)| format!("{shard}: {}", describe(&step))).collect()
}

fn describe(step: &Step) -> String {
    match step {
        Step::Open => "open".to_owned(),
        Step::Bridge { peer, far_shard, far_peer } => {
            format!("bridge {} to {} on {far_shard}", peer.0, far_peer.0)
        }
        Step::Command(command) => match command {
            Command::Publish { peer, track } => {
                let ssrcs: Vec<u32> =
                    track.encodings.iter().filter_map(|encoding| Some(encoding.ssrc?.0)).collect();
                let numbers = if ssrcs.is_empty() { String::new() } else { format!(" as {ssrcs:?}") };
                let always = if track.always_heard { ", always heard" } else { "" };
                format!("publish {} of {}{numbers}{always}", track.id.0, peer.0)
            }
            Command::Tap { peer, track, ssrcs } => {
                let ssrcs: Vec<u32> = ssrcs.iter().map(|ssrc| ssrc.0).collect();
                format!("tap {} of {} as {ssrcs:?}", peer.0, track.0)
            }
            Command::Untap { peer, track } => format!("untap {} of {}", peer.0, track.0),
            Command::Subscribe { peer, track } => format!("subscribe {} for {}", track.id.0, peer.0),
            Command::Unsubscribe { track } => format!("unsubscribe {}", track.0),
            Command::MuteUpTrack { track, muted } => format!("mute {} {muted}", track.0),
            Command::AlwaysHear { track, always } => format!("always hear {} {always}", track.0),
            Command::Leave { peer } => format!("leave {}", peer.0),
            Command::EndConference { .. } => "end".to_owned(),
            other => panic!("{other:?}"),
        },
    }
}

fn publish(peer: PeerId, track: u64, kind: MediaKind) -> Command {
    let encoding = EncodingParams { rid: None, ssrc: None, rtx_ssrc: None, width: 0, height: 0 };
    Command::Publish {
        peer,
        track: Box::new(UpTrackParams {
            id: UpTrackId(track),
            kind,
            mid: Mid::new("0").expect("valid"),
            codecs: vec![codec()],
            extensions: ExtensionMap::default(),
            encodings: vec![encoding; 2],
            screen: false,
            always_heard: false,
        }),
    }
}

fn subscribe(peer: PeerId, down: u64, source: u64) -> Command {
    Command::Subscribe {
        peer,
        track: Box::new(DownTrackParams {
            id: DownTrackId(down),
            source: UpTrackId(source),
            mid: Mid::new("0").expect("valid"),
            codecs: vec![codec()],
            extensions: ExtensionMap::default(),
            ssrc: Ssrc(1),
            rtx_ssrc: Ssrc(2),
            wish: LayerWish::default(),
        }),
    }
}

fn codec() -> Codec {
    Codec { payload_type: PayloadType(96), rtx: None, mime: Mime::Vp8, clock_rate: 90_000, nack: true }
}

thread_local! {
    static NEXT: std::cell::Cell<u64> = const { std::cell::Cell::new(100) };
}

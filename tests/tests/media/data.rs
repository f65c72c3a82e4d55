//! Data channels.

use std::time::Duration;

use palabre_tests::peer::PeerOptions;
use palabre_tests::stage::{Stage, Who};
use sfu_proto::io::{DataChannel, DataChannels, Event, PeerCloseReason};

#[test]
fn messages_pass_both_ways_over_channels_that_the_peer_opens() {
    let mut stage = Stage::open();
    let alice = stage.invite(&PeerOptions::default(), DataChannels::OpenedByPeer);
    stage.peer_mut(alice).open_channel("_reliable", false);
    stage.peer_mut(alice).open_channel("_lossy", true);

    exchange(&mut stage, alice);
}

#[test]
fn messages_pass_both_ways_over_channels_that_we_open() {
    let mut stage = Stage::open();
    let alice = stage.invite(&PeerOptions::default(), DataChannels::OpenedByUs);

    exchange(&mut stage, alice);
}

#[test]
fn messages_pass_both_ways_over_channels_negotiated_beforehand() {
    let mut stage = Stage::open();
    let alice = stage.invite(&PeerOptions::default(), DataChannels::Negotiated);
    stage.peer_mut(alice).open_negotiated_channel("_reliable", false, 100);
    stage.peer_mut(alice).open_negotiated_channel("_lossy", true, 101);

    exchange(&mut stage, alice);
}

#[test]
fn reliable_messages_arrive_once_and_in_order_over_a_lossy_link() {
    let mut stage = Stage::open();
    let alice = opened(&mut stage);
    let mut at = 0_u32;
    stage.peer_mut(alice).incoming.lose(move |_| {
        at += 1;
        at.is_multiple_of(8)
    });
    let mut back = 0_u32;
    stage.peer_mut(alice).outgoing.lose(move |_| {
        back += 1;
        back.is_multiple_of(8)
    });

    let count = 100;
    for number in 0..count {
        stage.send_data(alice, DataChannel::Reliable, &numbered(number));
    }
    let mut next = 0;
    stage.until("all of alice's are taken", |stage| {
        while next < count && stage.peer_mut(alice).send_message("_reliable", &numbered(next)) {
            next += 1;
        }
        next == count
    });
    stage.until("all have arrived", |stage| {
        stage.peer(alice).messages.len() >= count as usize && received(stage, alice).len() >= count as usize
    });
    stage.go_on_for(Duration::from_millis(300));

    let expected: Vec<Vec<u8>> = (0..count).map(numbered).collect();
    let at_alice: Vec<Vec<u8>> =
        stage.peer(alice).messages.iter().map(|(_, message)| message.clone()).collect();
    assert_eq!(at_alice, expected);
    assert_eq!(received(&stage, alice), expected);
}

#[test]
fn a_message_of_several_packets_arrives_whole() {
    let mut stage = Stage::open();
    let alice = opened(&mut stage);
    let message: Vec<u8> = (0..15_000_u32).map(|at| at as u8).collect();

    stage.send_data(alice, DataChannel::Reliable, &message);
    stage.until("alice's is taken", |stage| stage.peer_mut(alice).send_message("_reliable", &message));
    stage.until("both have arrived", |stage| {
        !stage.peer(alice).messages.is_empty() && !received(stage, alice).is_empty()
    });

    assert_eq!(stage.peer(alice).messages[0].1, message);
    assert_eq!(received(&stage, alice), [message]);
}

#[test]
fn a_deaf_peer_does_not_hold_up_the_others_and_lossy_messages_are_dropped_for_it() {
    let mut stage = Stage::open();
    let [deaf, bob] = [opened(&mut stage), opened(&mut stage)];
    stage.peer_mut(deaf).incoming.lose(|_| true);

    let mut sent = 0;
    stage.until("bob has received 200 lossy messages", |stage| {
        if sent < 2_000 {
            stage.send_data(deaf, DataChannel::Lossy, &[7; 1_000]);
            stage.send_data(bob, DataChannel::Lossy, &[7; 1_000]);
            sent += 1;
        }
        stage.peer(bob).messages.len() >= 200
    });
}

#[test]
fn a_peer_that_does_not_take_its_reliable_messages_is_closed() {
    let mut stage = Stage::open();
    let [deaf, bob] = [opened(&mut stage), opened(&mut stage)];
    stage.peer_mut(deaf).incoming.lose(|_| true);
    let peer = stage.peer(deaf).id;

    let mut sent = 0;
    stage.until("it is closed", |stage| {
        // 64 MB at most: were there no bound, none of it would close the peer.
        if sent < 2_000 {
            stage.send_data(deaf, DataChannel::Reliable, &[7; 32_000]);
            sent += 1;
        }
        stage.events.contains(&Event::PeerClosed { peer, reason: PeerCloseReason::SlowConsumer })
    });

    stage.send_data(bob, DataChannel::Reliable, b"still here");
    stage.until("another peer goes on", |stage| !stage.peer(bob).messages.is_empty());
}

/// Sends one message in each direction over each channel and waits for all.
fn exchange(stage: &mut Stage, who: Who) {
    stage.until("both channels are open at both ends", |stage| is_open(stage, who));

    stage.send_data(who, DataChannel::Reliable, b"from the room");
    stage.send_data(who, DataChannel::Lossy, b"from the room, perhaps");
    for (label, message) in [("_reliable", &b"from the peer"[..]), ("_lossy", b"from the peer, perhaps")] {
        // A channel negotiated beforehand is there before the association under it is.
        stage.until("the peer's message is taken", |stage| stage.peer_mut(who).send_message(label, message));
    }
    stage.until("four messages have arrived", |stage| {
        stage.peer(who).messages.len() == 2 && received(stage, who).len() == 2
    });

    let messages = &stage.peer(who).messages;
    assert!(messages.contains(&("_reliable".into(), b"from the room".to_vec())), "{messages:?}");
    assert!(messages.contains(&("_lossy".into(), b"from the room, perhaps".to_vec())), "{messages:?}");
    let peer = stage.peer(who).id;
    for (channel, payload) in
        [(DataChannel::Reliable, &b"from the peer"[..]), (DataChannel::Lossy, b"from the peer, perhaps")]
    {
        assert!(stage.events.contains(&Event::Data { peer, channel, payload: payload.to_vec() }));
    }
}

/// A peer whose channels are open at both ends.
fn opened(stage: &mut Stage) -> Who {
    let who = stage.invite(&PeerOptions::default(), DataChannels::OpenedByPeer);
    stage.peer_mut(who).open_channel("_reliable", false);
    stage.peer_mut(who).open_channel("_lossy", true);
    stage.until("both channels are open at both ends", |stage| is_open(stage, who));
    who
}

fn is_open(stage: &Stage, who: Who) -> bool {
    let peer = stage.peer(who);
    ["_reliable", "_lossy"].iter().all(|label| peer.channels.contains_key(*label))
        && [DataChannel::Reliable, DataChannel::Lossy]
            .iter()
            .all(|&channel| stage.events.contains(&Event::DataChannelOpen { peer: peer.id, channel }))
}

/// The messages that the engine reported from a peer.
fn received(stage: &Stage, who: Who) -> Vec<Vec<u8>> {
    let from = stage.peer(who).id;
    let messages = stage.events.iter().filter_map(|event| match event {
        Event::Data { peer, payload, .. } if *peer == from => Some(payload.clone()),
        _ => None,
    });
    messages.collect()
}

fn numbered(number: u32) -> Vec<u8> {
    let mut message = number.to_be_bytes().to_vec();
    message.resize(700, 0x33);
    message
}

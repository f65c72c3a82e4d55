//! What data channels carry, and what happens when nobody takes it.

use std::sync::Arc;
use std::time::Duration;

use str0m::channel::Reliability;
use str0m::config::DtlsVersion;

use super::super::*;
use super::world::{CONFERENCE, World};
use crate::io::{DataChannel, DataChannels};

#[test]
fn the_peers_channels_carry_messages_both_ways() {
    let mut world = World::new();
    let peer = world.join(DtlsVersion::Auto, DataChannels::OpenedByPeer);
    let reliable = world.clients[0].open("_reliable", Reliability::Reliable, None);
    let lossy = world.clients[0].open("_lossy", Reliability::MaxRetransmits { retransmits: 0 }, None);
    let other = world.clients[0].open("_data_track", Reliability::Reliable, None);
    world.run(Duration::from_secs(3));

    let opened = std::mem::take(&mut world.events);
    for (channel, id) in [(DataChannel::Reliable, reliable), (DataChannel::Lossy, lossy)] {
        assert!(opened.contains(&Event::DataChannelOpen { peer, channel }));
        let long = vec![7; 60_000];
        world.events.clear();
        world.clients[0].write(id, &long);
        world.clients[0].write(other, b"nobody hears this");
        world.command(Command::SendData { peer, channel, payload: long.clone().into() });
        world.run(Duration::from_secs(3));

        let payload = long.clone();
        assert!(world.events == [Event::Data { peer, channel, payload }]);
        assert!(world.clients[0].received == [(id, long)]);
        world.clients[0].received.clear();
    }
}

#[test]
fn channels_that_we_open_reach_the_peer_by_their_labels() {
    let mut world = World::new();
    let peer = world.join(DtlsVersion::Auto, DataChannels::OpenedByUs);
    world.command(Command::SendData { peer, channel: DataChannel::Reliable, payload: (*b"early").into() });

    world.run(Duration::from_secs(3));

    let mut labels: Vec<_> = world.clients[0].opened.iter().map(|(_, label)| label.as_str()).collect();
    labels.sort_unstable();
    assert_eq!(labels, ["_lossy", "_reliable"]);
    let [(_, message)] = world.clients[0].received.as_slice() else {
        panic!("{:?}", world.clients[0].received);
    };
    assert_eq!(message, b"early", "what was sent before the channel stood has waited for it");
}

#[test]
fn channels_known_beforehand_open_without_a_word() {
    let mut world = World::new();
    let peer = world.join(DtlsVersion::Auto, DataChannels::Negotiated);
    let reliable = world.clients[0].open("_reliable", Reliability::Reliable, Some(100));
    world.run(Duration::from_secs(3));
    world.clients[0].write(reliable, b"hello");
    world.run(Duration::from_secs(1));

    let payload = b"hello".to_vec();
    let channel = DataChannel::Reliable;
    assert!(world.events.contains(&Event::Data { peer, channel, payload }));
}

#[test]
fn a_peer_that_takes_no_reliable_data_is_closed_and_lossy_data_is_dropped_first() {
    let mut world = World::new();
    let peer = world.join(DtlsVersion::Auto, DataChannels::OpenedByPeer);
    world.clients[0].open("_reliable", Reliability::Reliable, None);
    world.clients[0].open("_lossy", Reliability::MaxRetransmits { retransmits: 0 }, None);
    world.run(Duration::from_secs(3));
    world.events.clear();
    world.clients.clear();

    let payload: Arc<[u8]> = vec![1; 60_000].into();
    let mut send = |channel| {
        let payload = Arc::clone(&payload);
        world.command(Command::SendData { peer, channel, payload });
        world.events.clone()
    };
    for _ in 0..50 {
        assert_eq!(send(DataChannel::Lossy), []);
    }
    for _ in 0..60 {
        assert_eq!(send(DataChannel::Reliable), []);
    }
    for _ in 0..20 {
        send(DataChannel::Reliable);
    }

    let reason = PeerCloseReason::SlowConsumer;
    assert_eq!(world.events, [Event::PeerClosed { peer, reason }]);
    assert!(world.sfu.stats().dropped_data >= 40);
}

#[test]
fn reliable_data_waits_at_its_sender_while_nobody_takes_it() {
    let mut world = World::new();
    let peer = world.join(DtlsVersion::Auto, DataChannels::OpenedByPeer);
    let reliable = world.clients[0].open("_reliable", Reliability::Reliable, None);
    world.run(Duration::from_secs(3));
    world.events.clear();

    world.sfu.pause_data(world.now, CONFERENCE, true);
    let sent: Vec<Vec<u8>> = (0..100_u8).map(|number| vec![number; 10_000]).collect();
    let mut taken = 0;
    for message in &sent {
        taken += usize::from(world.clients[0].try_write(reliable, message));
        world.run(Duration::from_millis(50));
    }
    assert_eq!(world.events, []);
    assert!(taken < sent.len(), "the sender is held back");

    world.sfu.pause_data(world.now, CONFERENCE, false);
    world.run(Duration::from_secs(20));

    let channel = DataChannel::Reliable;
    let expected = sent[..taken].iter().cloned();
    let expected: Vec<_> = expected.map(|payload| Event::Data { peer, channel, payload }).collect();
    assert_eq!(world.events.len(), taken);
    assert!(world.events == expected, "all of it, in order");
}

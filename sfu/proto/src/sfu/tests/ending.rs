//! How peers and conferences end, move, and fail.

use std::sync::Once;
use std::time::Duration;

use str0m::channel::Reliability;
use str0m::config::DtlsVersion;

use super::super::*;
use super::world::{CONFERENCE, Client, OTHER, World, address};
use crate::io::{DataChannel, DataChannels};

#[test]
fn a_peer_that_never_comes_is_given_up_and_so_is_one_that_falls_silent() {
    let mut world = World::new();
    let silent = world.join(DtlsVersion::Auto, DataChannels::None);
    let client = Client::new(DtlsVersion::Auto, 2);
    let params = world.params(&client, DataChannels::None);
    let absent = params.peer;
    world.command(Command::Join(Box::new(params)));
    world.run(Duration::from_secs(2));
    world.events.clear();

    world.clients.clear();
    world.run(Duration::from_secs(35));
    let reason = PeerCloseReason::IceTimeout;
    assert_eq!(world.events, [Event::PeerClosed { peer: silent, reason }]);

    world.run(Duration::from_secs(30));
    assert_eq!(world.events[1..], [Event::PeerClosed { peer: absent, reason }]);
    assert_eq!(world.sfu.stats().peers, 0);
    assert_eq!(world.sfu.poll_timeout(), None, "nothing is left to wait for");
}

#[test]
fn a_peer_that_says_goodbye_is_gone_at_once() {
    let mut world = World::new();
    let peer = world.join(DtlsVersion::Auto, DataChannels::None);
    world.run(Duration::from_secs(2));
    world.events.clear();

    world.clients[0].rtc.close().expect("an orderly close");
    world.run(Duration::from_secs(1));

    let reason = PeerCloseReason::ClosedByPeer;
    assert_eq!(world.events, [Event::PeerClosed { peer, reason }]);
}

#[test]
fn a_panic_ends_the_peer_it_is_in_and_nobody_else() {
    quiet();
    let mut world = World::new();
    let unlucky = world.join(DtlsVersion::Auto, DataChannels::None);
    world.join(DtlsVersion::Auto, DataChannels::None);
    world.run(Duration::from_secs(2));
    world.events.clear();

    let key = world.sfu.by_id[&unlucky];
    world.sfu.peers[key.0 as usize].as_mut().expect("there").faulty = true;
    world.run(Duration::from_secs(30));

    let reason = PeerCloseReason::Internal;
    assert_eq!(world.events, [Event::PeerClosed { peer: unlucky, reason }]);
    let stats = world.sfu.stats();
    assert_eq!((stats.panics, stats.peers), (1, 1));
}

#[test]
fn a_panic_ends_the_conference_it_is_in_which_then_can_be_joined_again() {
    quiet();
    let mut world = World::new();
    let first = world.join(DtlsVersion::Auto, DataChannels::None);
    let second = world.join(DtlsVersion::Auto, DataChannels::None);
    world.run(Duration::from_secs(2));
    world.events.clear();

    let place = world.sfu.conferences_by_id[&CONFERENCE];
    world.sfu.conferences[place.0 as usize].as_mut().expect("there").faulty = true;
    let track = crate::id::UpTrackId(1);
    world.command(Command::MuteUpTrack { track, muted: true });

    let reason = PeerCloseReason::Internal;
    assert_eq!(world.events, [first, second].map(|peer| Event::PeerClosed { peer, reason }));

    world.clients.clear();
    world.events.clear();
    let third = world.join(DtlsVersion::Auto, DataChannels::None);
    world.run(Duration::from_secs(2));
    assert_eq!(world.events, [Event::PeerConnected { peer: third }]);
}

#[test]
fn the_end_of_a_conference_is_told_to_its_peers_and_leaves_nothing() {
    let mut world = World::new();
    let peer = world.join(DtlsVersion::Auto, DataChannels::None);
    world.run(Duration::from_secs(2));
    world.events.clear();

    world.command(Command::EndConference { conference: CONFERENCE });
    world.run(Duration::from_secs(1));

    let reason = PeerCloseReason::Left;
    assert_eq!(world.events, [Event::PeerClosed { peer, reason }]);
    assert!(!world.clients[0].rtc.is_alive(), "it was told");
    let stats = world.sfu.stats();
    assert_eq!((stats.peers, stats.conferences), (0, 0));
    let path = Path::Udp { remote: address(1), local: None };
    assert!(!world.sfu.knows(&path));
}

#[test]
fn a_peer_moves_to_another_conference_and_outlives_the_one_it_left() {
    let mut world = World::new();
    let peer = world.join(DtlsVersion::Auto, DataChannels::OpenedByPeer);
    let reliable = world.clients[0].open("_reliable", Reliability::Reliable, None);
    world.run(Duration::from_secs(2));
    world.events.clear();

    world.sfu.open(OTHER);
    world.command(Command::Move { peer, to: OTHER });
    world.command(Command::EndConference { conference: CONFERENCE });
    world.clients[0].write(reliable, b"still here");
    world.run(Duration::from_secs(1));

    let (channel, payload) = (DataChannel::Reliable, b"still here".to_vec());
    assert_eq!(world.events, [Event::Data { peer, channel, payload }]);
    let stats = world.sfu.stats();
    assert_eq!((stats.peers, stats.conferences), (1, 1));
}

#[test]
fn what_a_direct_peer_sends_is_not_taken_from_the_network() {
    let mut world = World::new();
    let peer = PeerId(77);
    world.command(Command::JoinDirect { conference: CONFERENCE, peer });
    assert_eq!(world.events, [Event::PeerConnected { peer }]);

    world.sfu.handle_direct(world.now, peer, &[0x80; 20]);
    world.sfu.handle_direct(world.now, PeerId(78), &[0x80; 20]);
    world.sfu.handle_datagram(world.now, Path::Direct(peer), &mut [0x80; 20]);

    assert_eq!(world.sfu.stats().dropped_no_path, 1);
    world.command(Command::Leave { peer });
    assert_eq!(world.sfu.poll_retired(), Some(Retired::Direct(peer)));
}

/// Panics that a test asks for need not be printed.
fn quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let message = info.payload_as_str().unwrap_or_default();
            if !message.contains("a fault was asked for") {
                print(info);
            }
        }));
    });
}

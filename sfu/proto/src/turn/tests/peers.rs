//! Permissions and channels.

use std::time::Duration;

use super::super::address::tests::spellings;
use super::super::limits::Limits;
use super::super::stun::{Class, Method, attribute};
use super::rig::*;

const ALICE: &str = "192.0.2.1:4000";

#[test]
fn only_the_media_engine_can_be_permitted() {
    let mut rig = Rig::new();
    let (alice, _) = rig.allocated("alice", ALICE);

    assert_eq!(rig.permit(&alice, &[MEDIA]).class, Class::Success);
    for peer in
        [MEDIA_LOCAL, "127.0.0.1:7882", "8.8.8.8:53", "169.254.169.254:80", "0.0.0.0:1", "255.255.255.255:1"]
    {
        assert_eq!(rig.permit(&alice, &[peer]).code, 403, "{peer}");
        assert_eq!(rig.permit(&alice, &[MEDIA, peer]).code, 403, "{peer} beside a good one");
        assert_eq!(rig.bind(&alice, 0x4000, peer).code, 403, "{peer}");
    }
    assert_eq!(rig.bind(&alice, 0x4000, "203.0.113.7:22").code, 403, "the right address, another port");
    assert_eq!(rig.turn.counters().forbidden, 19);
}

#[test]
fn another_spelling_of_an_address_is_another_family() {
    let mut rig = Rig::new();
    let (alice, _) = rig.allocated("alice", ALICE);
    for v4 in ["203.0.113.7", "127.0.0.1", "10.0.0.5"] {
        for spelling in spellings(v4.parse().expect("an address")) {
            assert_eq!(rig.permit(&alice, &[&format!("[{spelling}]:7882")]).code, 443, "{spelling}");
        }
    }
}

#[test]
fn permissions_and_channels_without_an_allocation_or_an_address_are_refused() {
    let mut rig = Rig::new();
    let alice = rig.person("alice", datagrams(ALICE));
    assert_eq!(rig.permit(&alice, &[MEDIA]).code, 437);
    assert_eq!(rig.bind(&alice, 0x4000, MEDIA).code, 437);

    assert_eq!(rig.allocate(&alice).code, 0);
    assert_eq!(rig.permit(&alice, &[]).code, 400);
    for channel in [0, 0x3fff, 0x5000, 0xffff] {
        assert_eq!(rig.bind(&alice, channel, MEDIA).code, 400, "{channel:#x}");
    }
    let without_peer = rig.ask(&alice, Method::ChannelBind, |writer| {
        writer.number(attribute::CHANNEL_NUMBER, 0x4000 << 16);
    });
    assert_eq!(without_peer.code, 400);
    let broken = rig.ask(&alice, Method::CreatePermission, |writer| {
        writer.attribute(attribute::XOR_PEER_ADDRESS, &[0, 1, 2]);
    });
    assert_eq!(broken.code, 400);
}

#[test]
fn a_number_is_one_peers_and_a_peer_has_one_number() {
    let mut rig = Rig::new();
    let (alice, _) = rig.allocated("alice", ALICE);
    assert_eq!(rig.bind(&alice, 0x4000, MEDIA).code, 0);
    assert_eq!(rig.bind(&alice, 0x4000, MEDIA).code, 0, "again is how it is kept");
    assert_eq!(rig.bind(&alice, 0x4001, MEDIA).code, 400);
    assert_eq!(rig.bind(&alice, 0x4000, "203.0.113.7:7883").code, 400);
    assert_eq!(rig.bind(&alice, 0x4001, "203.0.113.7:7883").code, 0);
}

#[test]
fn channels_of_an_allocation_are_bounded() {
    let mut rig = Rig::with(Limits { channels: 1, ..Limits::default() });
    let (alice, _) = rig.allocated("alice", ALICE);
    assert_eq!(rig.bind(&alice, 0x4000, MEDIA).code, 0);
    assert_eq!(rig.bind(&alice, 0x4001, "203.0.113.7:7883").code, 508);

    rig.wait(Duration::from_secs(300));
    assert_eq!(rig.refresh(&alice, 600).code, 0);
    rig.wait(Duration::from_secs(300));
    assert_eq!(rig.bind(&alice, 0x4001, "203.0.113.7:7883").code, 0, "the first one's time is over");
}

#[test]
fn permissions_of_an_allocation_are_bounded() {
    let mut rig = Rig::with(Limits { permissions: 2, ..Limits::default() });
    let (alice, _) = rig.allocated("alice", ALICE);
    assert_eq!(rig.permit(&alice, &[MEDIA, MEDIA]).code, 0);
    assert_eq!(rig.permit(&alice, &[MEDIA, MEDIA, MEDIA]).code, 508, "more than may be asked for at once");
    let none = Rig::with(Limits { permissions: 0, ..Limits::default() });
    let mut rig = none;
    let (bob, _) = rig.allocated("bob", ALICE);
    assert_eq!(rig.bind(&bob, 0x4000, MEDIA).code, 508);
}

//! ICE and DTLS with all that browsers offer.

use palabre_tests::peer::PeerOptions;
use palabre_tests::stage::Stage;
use sfu_proto::io::{DataChannels, Event, PeerCloseReason};
use str0m::config::DtlsVersion;
use str0m::crypto::dtls::{ProtocolVersion, SrtpProfile};

use crate::watch;

#[test]
fn a_peer_of_each_dtls_version_hears_the_others() {
    let mut stage = Stage::open();
    let peers = [DtlsVersion::Dtls12, DtlsVersion::Dtls13, DtlsVersion::Auto]
        .map(|dtls| stage.join_with(&PeerOptions { dtls, ..PeerOptions::default() }));
    let voice = stage.publish_audio(peers[0]);
    let reply = stage.publish_audio(peers[1]);
    let downs = [
        (peers[1], stage.subscribe(peers[1], voice)),
        (peers[2], stage.subscribe(peers[2], voice)),
        (peers[0], stage.subscribe(peers[0], reply)),
    ];

    stage.until("all hear somebody", |stage| {
        downs.iter().all(|&(who, down)| watch::audio(stage, who, down).len() > 25)
    });

    let version =
        |stage: &mut Stage, at: usize| stage.peer_mut(peers[at]).rtc.direct_api().dtls_protocol_version();
    assert_eq!(version(&mut stage, 0), Some(ProtocolVersion::DTLS1_2));
    assert_eq!(version(&mut stage, 1), Some(ProtocolVersion::DTLS1_3));
    assert_eq!(version(&mut stage, 2), Some(ProtocolVersion::DTLS1_3), "the newer one is chosen");
}

#[test]
fn a_peer_that_knows_only_aes_cm_and_one_that_prefers_gcm_hear_each_other() {
    let mut stage = Stage::open();
    let old = stage.join_with(&PeerOptions { aes_cm_only: true, ..PeerOptions::default() });
    let new = stage.join();
    let voice = stage.publish_audio(old);
    let reply = stage.publish_audio(new);
    let down = stage.subscribe(new, voice);
    let back = stage.subscribe(old, reply);

    stage.until("they hear each other", |stage| {
        watch::audio(stage, new, down).len() > 50 && watch::audio(stage, old, back).len() > 50
    });

    assert_eq!(stage.peer(old).srtp_profile(), Some(SrtpProfile::AES128_CM_SHA1_80));
}

#[test]
fn a_peer_behind_a_firewall_that_blocks_udp_takes_part_over_tcp() {
    let mut stage = Stage::open();
    let behind = stage.join_with(&PeerOptions { tcp: true, ..PeerOptions::default() });
    let outside = stage.join();
    let camera = stage.publish_video(behind, &[4]);
    let voice = stage.publish_audio(outside);
    let seen = stage.subscribe(outside, camera);
    let heard = stage.subscribe(behind, voice);

    stage.until("each receives the other", |stage| {
        watch::video(stage, outside, seen).len() > 200 && watch::audio(stage, behind, heard).len() > 50
    });

    watch::assert_decodable(&watch::video(&stage, outside, seen));
}

#[test]
fn an_ice_restart_from_another_network_keeps_keys_and_tracks() {
    let mut stage = Stage::open();
    let [alice, bob] = [stage.join(), stage.join()];
    let voice = stage.publish_audio(alice);
    let reply = stage.publish_audio(bob);
    let down = stage.subscribe(bob, voice);
    let back = stage.subscribe(alice, reply);
    stage.until("they hear each other", |stage| {
        watch::audio(stage, bob, down).len() > 20 && watch::audio(stage, alice, back).len() > 20
    });

    stage.peer_mut(alice).move_to_new_socket();
    stage.restart_ice(alice);
    let (to_bob, to_alice) = (watch::audio(&stage, bob, down).len(), watch::audio(&stage, alice, back).len());

    stage.until("they hear each other again", |stage| {
        watch::audio(stage, bob, down).len() > to_bob + 50
            && watch::audio(stage, alice, back).len() > to_alice + 50
    });
    assert!(!stage.is_closed(stage.peer(alice).id));
}

#[test]
fn a_peer_with_another_certificate_than_announced_is_not_let_in() {
    let mut stage = Stage::open();
    let impostor = stage.invite_impostor(&PeerOptions::default(), DataChannels::None);
    let peer = stage.peer(impostor).id;

    stage.until("it is closed", |stage| stage.is_closed(peer));

    assert!(stage.events.contains(&Event::PeerClosed { peer, reason: PeerCloseReason::FingerprintMismatch }));
    assert!(!stage.events.contains(&Event::PeerConnected { peer }));
}

#[test]
fn a_peer_that_vanishes_is_noticed() {
    let mut stage = Stage::open();
    let [alice, bob] = [stage.join(), stage.join()];
    let peer = stage.peer(alice).id;

    stage.vanish(alice);
    stage.until("its absence is noticed", |stage| stage.is_closed(peer));

    assert!(stage.events.contains(&Event::PeerClosed { peer, reason: PeerCloseReason::IceTimeout }));
    assert!(!stage.is_closed(stage.peer(bob).id));
}

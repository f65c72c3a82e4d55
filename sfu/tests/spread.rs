//! One conference on two media threads.

#![allow(clippy::unwrap_used)]

mod support;

use std::time::Instant;

use sfu::handle::{Conference, Sfu, SfuConfig};
use sfu::io::{
    Codec, Command, DownTrackParams, EncodingParams, Event, Extension, ExtensionMap, LayerWish, MediaKind,
    Mime, PeerCloseReason, UpTrackParams,
};
use sfu_proto::id::{DownTrackId, Mid, PayloadType, PeerId, Ssrc, UpTrackId};
use str0m::rtp::RtpWrite;
use support::{Client, until, until_event};

#[test]
fn a_voice_and_a_picture_reach_those_on_the_other_thread_and_the_room_hears_of_them_once() {
    let sfu = two_threads();
    let (conference, mut events) = sfu.open_conference().unwrap();
    let mut speaker = join(&sfu, &conference, "speaker");
    let mut far = join(&sfu, &conference, "far");
    let mut near = join(&sfu, &conference, "near");
    let mut connected = 0;
    until_event(&mut [&mut speaker, &mut far, &mut near], &mut events, |event| {
        connected += usize::from(matches!(event, Event::PeerConnected { .. }));
        connected == 3
    });

    for (kind, track) in [(MediaKind::Audio, 1), (MediaKind::Video, 2)] {
        publish(&conference, speaker.peer, kind, track);
        for (client, ssrc) in [(&mut far, 10), (&mut near, 20)] {
            subscribe(&conference, client.peer, kind, track, ssrc + track as u32);
            expect(client, kind, ssrc + track as u32);
        }
    }
    send_as(&mut speaker, MediaKind::Audio, 1);
    send_as(&mut speaker, MediaKind::Video, 2);

    let mut seen = Vec::new();
    let mut sequence = 0;
    until(&mut [&mut speaker, &mut far, &mut near], "sound and pictures everywhere", |clients| {
        sequence += 1;
        write(clients[0], 1, 111, sequence, b"spoken");
        // A keyframe of VP8: start of partition 0, and the inverse key frame flag clear.
        write(clients[0], 2, 96, sequence, b"\x10\x00pictured");
        seen.extend(std::iter::from_fn(|| events.try_recv().ok()));
        let has = |client: &Client, end: &[u8]| client.packets.iter().any(|packet| packet.ends_with(end));
        clients[1..].iter().all(|client| has(client, b"spoken") && has(client, b"pictured"))
    });

    let started = |event: &&Event| matches!(event, Event::UpTrackStarted { .. });
    assert_eq!(seen.iter().filter(started).count(), 2, "{seen:?}");
    assert_eq!(sfu.stats().dropped_bridged, 0);

    // What ends, ends everywhere.
    let peer = speaker.peer;
    conference.command(Command::Leave { peer }).unwrap();
    let left = Event::PeerClosed { peer, reason: PeerCloseReason::Left };
    until_event(&mut [&mut speaker, &mut far, &mut near], &mut events, |event| *event == left);
    until(&mut [&mut far, &mut near], "the bridge to go", |_| sfu.stats().sfu.peers == 2);
    drop(conference);
    until(&mut [&mut far, &mut near], "the end", |_| events.is_closed() && sfu.stats().sfu.peers == 0);
    assert_eq!(sfu.stats().sfu.conferences, 0);
}

#[test]
fn whoever_moves_to_another_conference_is_heard_there_on_either_thread() {
    let sfu = two_threads();
    let (lobby, mut lobby_events) = sfu.open_conference().unwrap();
    let (hall, mut hall_events) = sfu.open_conference().unwrap();
    assert_ne!(lobby.shard(), hall.shard());
    let mut ada = join(&sfu, &lobby, "ada");
    let mut ben = join(&sfu, &hall, "ben");
    let (a, b) = (ada.peer, ben.peer);
    let mut both = [&mut ada, &mut ben];
    until_event(&mut both, &mut lobby_events, |event| *event == Event::PeerConnected { peer: a });
    until_event(&mut both, &mut hall_events, |event| *event == Event::PeerConnected { peer: b });

    lobby.command(Command::Move { peer: a, to: hall.id() }).unwrap();
    publish(&hall, a, MediaKind::Audio, 1);
    subscribe(&hall, b, MediaKind::Audio, 1, 11);
    expect(&mut ben, MediaKind::Audio, 11);
    send_as(&mut ada, MediaKind::Audio, 1);

    let mut sequence = 0;
    until(&mut [&mut ada, &mut ben], "sound in the hall", |clients| {
        sequence += 1;
        write(clients[0], 1, 111, sequence, b"moved");
        clients[1].packets.iter().any(|packet| packet == b"moved")
    });
    drop(lobby);
    until(&mut [&mut ada, &mut ben], "the lobby's end", |_| sfu.stats().sfu.conferences == 2);
    assert!(ada.rtc.is_alive(), "its transport is the hall's now");
}

/// Two media threads of which neither carries more than the other if it can be helped.
fn two_threads() -> Sfu {
    Sfu::start(&SfuConfig { shards: 2, slack: 0, ..SfuConfig::default() }).unwrap()
}

fn join(sfu: &Sfu, conference: &Conference, ufrag: &str) -> Client {
    let peer = conference.new_peer_id();
    let candidate = conference.placement().place(peer)[0];
    Client::join_as(peer, conference, sfu.fingerprint(), candidate, ufrag)
}

fn kind_of(kind: MediaKind) -> (str0m::media::MediaKind, &'static str) {
    match kind {
        MediaKind::Audio => (str0m::media::MediaKind::Audio, "0"),
        MediaKind::Video => (str0m::media::MediaKind::Video, "1"),
    }
}

fn send_as(client: &mut Client, kind: MediaKind, ssrc: u32) {
    let (kind, mid) = kind_of(kind);
    let mut api = client.rtc.direct_api();
    api.declare_media(mid.into(), kind);
    api.declare_stream_tx(ssrc.into(), None, mid.into(), None);
}

fn expect(client: &mut Client, kind: MediaKind, ssrc: u32) {
    let (kind, mid) = kind_of(kind);
    let mut api = client.rtc.direct_api();
    api.declare_media(mid.into(), kind);
    api.expect_stream_rx(ssrc.into(), None, mid.into(), None);
}

fn write(client: &mut Client, ssrc: u32, payload_type: u8, sequence: u16, payload: &[u8]) {
    let timestamp = u32::from(sequence) * 960;
    let packet = RtpWrite::new(
        payload_type.into(),
        u64::from(sequence).into(),
        timestamp,
        Instant::now(),
        payload.to_vec(),
    );
    client.rtc.direct_api().stream_tx(&ssrc.into()).unwrap().write_rtp(packet);
}

fn publish(conference: &Conference, peer: PeerId, kind: MediaKind, track: u64) {
    let ssrc = Some(Ssrc(track as u32));
    let track = UpTrackParams {
        id: UpTrackId(track),
        kind,
        mid: Mid::new(kind_of(kind).1).unwrap(),
        codecs: vec![codec(kind)],
        extensions: extensions(),
        encodings: vec![EncodingParams { rid: None, ssrc, rtx_ssrc: None, width: 0, height: 0 }],
        screen: false,
        always_heard: false,
    };
    conference.command(Command::Publish { peer, track: Box::new(track) }).unwrap();
}

fn subscribe(conference: &Conference, peer: PeerId, kind: MediaKind, source: u64, ssrc: u32) {
    let track = DownTrackParams {
        id: DownTrackId(u64::from(ssrc)),
        source: UpTrackId(source),
        mid: Mid::new(kind_of(kind).1).unwrap(),
        codecs: vec![codec(kind)],
        extensions: extensions(),
        ssrc: Ssrc(ssrc),
        rtx_ssrc: Ssrc(ssrc + 1_000),
        wish: LayerWish::default(),
    };
    conference.command(Command::Subscribe { peer, track: Box::new(track) }).unwrap();
}

fn extensions() -> ExtensionMap {
    let mut extensions = ExtensionMap::default();
    extensions.insert(Extension::AudioLevel, 1);
    extensions
}

fn codec(kind: MediaKind) -> Codec {
    let (payload_type, mime, clock_rate) = match kind {
        MediaKind::Audio => (111, Mime::Opus, 48_000),
        MediaKind::Video => (96, Mime::Vp8, 90_000),
    };
    Codec { payload_type: PayloadType(payload_type), rtx: None, mime, clock_rate, nack: false }
}

//! The media engine over real sockets on this machine.

#![allow(clippy::unwrap_used)]

mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use sfu::handle::{Conference, Sfu, SfuConfig};
use sfu::io::{
    Codec, Command, DataChannel, DownTrackParams, EncodingParams, Event, ExtensionMap, LayerWish, MediaKind,
    Mime, PeerCloseReason, UpTrackParams,
};
use sfu_proto::framing;
use sfu_proto::id::{Mid, PayloadType, Ssrc};
use str0m::rtp::RtpWrite;
use support::{Client, until, until_event};

#[test]
fn a_client_talks_over_udp_and_over_tcp() {
    for tcp in [false, true] {
        let sfu = start("127.0.0.1:0");
        let (conference, mut events) = sfu.open_conference().unwrap();
        let candidate = candidate(&conference, tcp);
        let mut client = Client::join(&conference, sfu.fingerprint(), candidate, "u1");
        let channel = client.open("_reliable");
        let peer = client.peer;
        let ready = Event::DataChannelOpen { peer, channel: DataChannel::Reliable };
        let seen = until_event(&mut [&mut client], &mut events, |event| *event == ready);
        assert_eq!(seen, [Event::PeerConnected { peer }, ready]);

        client.rtc.channel(channel).unwrap().write(true, &[3; 50_000]).unwrap();
        let seen = until_event(&mut [&mut client], &mut events, |event| matches!(event, Event::Data { .. }));
        let [Event::Data { payload, channel: DataChannel::Reliable, .. }] = seen.as_slice() else {
            panic!("{seen:?}");
        };
        assert_eq!(payload.len(), 50_000);

        let back =
            Command::SendData { peer, channel: DataChannel::Reliable, payload: payload.as_slice().into() };
        conference.command(back).unwrap();
        until(&mut [&mut client], "the echo", |clients| !clients[0].data.is_empty());
        assert!(client.data == [(channel, vec![3; 50_000])]);
        let stats = sfu.stats();
        assert_eq!((stats.sfu.peers, stats.tcp_connections), (1, u64::from(tcp)));

        drop(conference);
        let reason = PeerCloseReason::Left;
        let seen =
            until_event(&mut [&mut client], &mut events, |event| matches!(event, Event::PeerClosed { .. }));
        assert_eq!(seen, [Event::PeerClosed { peer, reason }]);
        until(&mut [&mut client], "the end", |_| events.is_closed() && sfu.stats().tcp_connections == 0);
        assert_eq!(sfu.stats().sfu.conferences, 0);
    }
}

#[test]
fn a_server_on_all_addresses_is_reached_by_each_of_its_candidates() {
    for listen in ["0.0.0.0:0", "[::]:0"] {
        let sfu = start(listen);
        let (conference, mut events) = sfu.open_conference().unwrap();
        for (index, candidate) in conference.candidates().iter().enumerate() {
            let ufrag = format!("u{index}");
            let mut client = Client::join(&conference, sfu.fingerprint(), *candidate, &ufrag);
            let peer = client.peer;
            until_event(&mut [&mut client], &mut events, |event| *event == Event::PeerConnected { peer });
            until(&mut [&mut client], "the client's side", |clients| clients[0].connected);
        }
    }
}

#[test]
fn sound_goes_from_a_client_to_a_client_and_to_a_peer_of_our_own_process_and_back() {
    let sfu = start("127.0.0.1:0");
    let (conference, mut events) = sfu.open_conference().unwrap();
    let candidate = candidate(&conference, false);
    let mut speaker = Client::join(&conference, sfu.fingerprint(), candidate, "speaker");
    let mut listener = Client::join(&conference, sfu.fingerprint(), candidate, "listener");
    let mut phone = conference.join_direct(conference.new_peer_id()).unwrap();
    let mut connected = 0;
    until_event(&mut [&mut speaker, &mut listener], &mut events, |event| {
        connected += usize::from(matches!(event, Event::PeerConnected { .. }));
        connected == 3
    });

    let mid = Mid::new("0").unwrap();
    publish(&conference, speaker.peer, 1, mid);
    publish(&conference, phone.peer(), 2, mid);
    subscribe(&conference, listener.peer, 1, 11);
    subscribe(&conference, listener.peer, 2, 12);
    subscribe(&conference, phone.peer(), 1, 13);

    let mut api = speaker.rtc.direct_api();
    api.declare_media("0".into(), str0m::media::MediaKind::Audio);
    api.declare_stream_tx(1.into(), None, "0".into(), None);
    let mut api = listener.rtc.direct_api();
    api.declare_media("0".into(), str0m::media::MediaKind::Audio);
    for ssrc in [11, 12] {
        api.expect_stream_rx(ssrc.into(), None, "0".into(), None);
    }

    let mut sequence = 0_u16;
    let mut heard_by_phone = Vec::new();
    until(&mut [&mut speaker, &mut listener], "sound everywhere", |clients| {
        sequence += 1;
        let packet = RtpWrite::new(
            111.into(),
            u64::from(sequence).into(),
            u32::from(sequence) * 960,
            Instant::now(),
            *b"spoken",
        );
        let rtc = &mut clients[0].rtc;
        rtc.direct_api().stream_tx(&1.into()).unwrap().write_rtp(packet);
        phone.send(&rtp(sequence, 2, b"phoned")).unwrap();
        heard_by_phone.extend(std::iter::from_fn(|| phone.try_recv()).map(|packet| packet[12..].to_vec()));
        let heard = |sound: &[u8]| clients[1].packets.iter().any(|packet| packet == sound);
        heard(b"spoken")
            && heard(b"phoned")
            && heard_by_phone.iter().any(|packet| packet.ends_with(b"spoken"))
    });

    let peer = phone.peer();
    drop(phone);
    until_event(&mut [&mut speaker, &mut listener], &mut events, |event| {
        let reason = PeerCloseReason::Left;
        *event == Event::PeerClosed { peer, reason }
    });
}

#[test]
fn strangers_on_the_udp_port_get_no_answer_and_the_meeting_goes_on() {
    let sfu = start("127.0.0.1:0");
    let (conference, mut events) = sfu.open_conference().unwrap();
    let candidate = candidate(&conference, false);
    let mut client = Client::join(&conference, sfu.fingerprint(), candidate, "u1");
    let channel = client.open("_reliable");
    until_event(&mut [&mut client], &mut events, |event| matches!(event, Event::DataChannelOpen { .. }));

    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    stranger.connect(candidate.address).unwrap();
    stranger.set_nonblocking(true).unwrap();
    let before = sfu.stats().sfu;
    let mut sent = 0;
    for first in 0..=255_u8 {
        for len in [1, 20, 500, 1400, 2047] {
            sent += u64::from(stranger.send(&vec![first; len]).is_ok());
        }
    }
    until(&mut [&mut client], "the garbage to be counted", |_| {
        let now = sfu.stats().sfu;
        let dropped = |stats: sfu_proto::stats::SfuStats| {
            stats.dropped_stun + stats.dropped_unknown + stats.dropped_no_path
        };
        dropped(now) - dropped(before) == sent
    });
    let silence = stranger.recv(&mut [0; 100]).unwrap_err();
    assert_eq!(silence.kind(), std::io::ErrorKind::WouldBlock);

    client.rtc.channel(channel).unwrap().write(true, b"still here").unwrap();
    until_event(&mut [&mut client], &mut events, |event| matches!(event, Event::Data { .. }));
}

#[test]
fn strangers_on_the_tcp_port_are_closed_without_a_byte() {
    let sfu = start("127.0.0.1:0");
    let (conference, _events) = sfu.open_conference().unwrap();
    let address = candidate(&conference, true).address;
    let frame = |body: &[u8]| [&framing::header(body.len() as u16)[..], body].concat();
    for greeting in [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        b"\x16\x03\x01\x02\x00\x01\x00".to_vec(),
        framing::header(0).to_vec(),
        frame(&[0; 20]),
        frame(&[0x16; 100]),
    ] {
        let mut stranger = TcpStream::connect(address).unwrap();
        stranger.set_read_timeout(Some(Duration::from_secs(9))).unwrap();
        stranger.write_all(&greeting).unwrap();
        let answer = stranger.read(&mut [0; 10]);
        // An end, or a reset if we had left something unread.
        assert!(
            matches!(answer, Ok(0))
                || answer.is_err_and(|error| error.kind() != std::io::ErrorKind::WouldBlock)
        );
    }
    assert_eq!(sfu.stats().tcp_connections, 0);
}

#[test]
fn a_lost_tcp_connection_ends_its_path_and_the_client_may_come_back_by_another() {
    let sfu = start("127.0.0.1:0");
    let (conference, mut events) = sfu.open_conference().unwrap();
    let tcp = candidate(&conference, true);
    let mut client = Client::join(&conference, sfu.fingerprint(), tcp, "u1");
    let peer = client.peer;
    until_event(&mut [&mut client], &mut events, |event| *event == Event::PeerConnected { peer });
    assert_eq!(sfu.stats().tcp_connections, 1);

    drop(client);
    until(&mut [], "the connection to end", |_| sfu.stats().tcp_connections == 0);
    assert_eq!(sfu.stats().sfu.peers, 1, "the peer itself has its time to come back");
}

#[test]
fn reliable_data_is_neither_lost_nor_doubled_while_a_room_is_slow() {
    let sfu = start("127.0.0.1:0");
    let (conference, mut events) = sfu.open_conference().unwrap();
    let mut client = Client::join(&conference, sfu.fingerprint(), candidate(&conference, false), "u1");
    let channel = client.open("_reliable");
    until_event(&mut [&mut client], &mut events, |event| matches!(event, Event::DataChannelOpen { .. }));

    // More than the room's queue, the shard's and the client's can hold together; the room takes nothing meanwhile.
    let mut number = 0_u32;
    let mut refused = None;
    until(&mut [&mut client], "the client to be held back", |clients| {
        let mut channel = clients[0].rtc.channel(channel).unwrap();
        while channel.write(true, &[number.to_be_bytes(); 100].concat()).unwrap() {
            number += 1;
            refused = None;
        }
        refused.get_or_insert_with(Instant::now).elapsed() > Duration::from_millis(500)
    });
    assert!(number > 2000, "{number}");

    let mut expected = 0_u32;
    until_event(&mut [&mut client], &mut events, |event| {
        let Event::Data { payload, .. } = event else {
            panic!("{event:?}");
        };
        assert_eq!(payload[..4], expected.to_be_bytes());
        expected += 1;
        expected == number
    });
    assert_eq!(sfu.stats().dropped_events, 0);
}

#[test]
fn a_stopped_engine_tells_its_peers_and_takes_nothing_more() {
    let sfu = start("127.0.0.1:0");
    let (conference, mut events) = sfu.open_conference().unwrap();
    let mut client = Client::join(&conference, sfu.fingerprint(), candidate(&conference, false), "u1");
    let peer = client.peer;
    client.open("_reliable");
    until_event(&mut [&mut client], &mut events, |event| matches!(event, Event::DataChannelOpen { .. }));

    sfu.stop();

    let reason = PeerCloseReason::Left;
    assert_eq!(events.try_recv(), Ok(Event::PeerClosed { peer, reason }));
    assert!(sfu.open_conference().is_err());
    assert!(conference.command(Command::Leave { peer }).is_err());
    until(&mut [&mut client], "the goodbye", |clients| !clients[0].rtc.is_alive());
}

#[test]
fn conferences_are_spread_over_the_shards_and_each_is_told_its_own_port() {
    let sfu = Sfu::start(&SfuConfig { shards: 2, ..SfuConfig::default() }).unwrap();
    let (first, _events) = sfu.open_conference().unwrap();
    let (second, _more_events) = sfu.open_conference().unwrap();
    assert_ne!(first.candidates(), second.candidates());
    assert_eq!(sfu.stats().shards, 2);
}

#[test]
fn each_media_thread_keeps_to_a_core_of_its_own() {
    let cores = std::thread::available_parallelism().unwrap().get();
    // A machine of one core has nothing to choose from, nor have we where the first cores are not ours.
    if cores < 2 || !allowed_cores(std::path::Path::new("/proc/thread-self")).starts_with("0-") {
        return;
    }
    let _sfu = Sfu::start(&SfuConfig { shards: 2, ..SfuConfig::default() }).unwrap();

    // The threads of other tests are called the same, and do the same.
    let strays = || {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten().map(|task| task.path());
        let named = tasks.filter_map(|task| {
            let name = std::fs::read_to_string(task.join("comm")).ok()?;
            Some((name.trim().strip_prefix("media-")?.parse::<u32>().ok()?, allowed_cores(&task)))
        });
        let (pinned, strays): (Vec<_>, Vec<_>) =
            named.partition(|(core, allowed)| core.to_string() == *allowed);
        (pinned.iter().any(|(core, _)| *core == 0) && pinned.iter().any(|(core, _)| *core == 1), strays)
    };
    let deadline = Instant::now() + Duration::from_secs(5);
    while strays() != (true, Vec::new()) {
        assert!(Instant::now() < deadline, "{:?}", strays());
        std::thread::yield_now();
    }
}

/// On which cores a thread may run, as the kernel lists them; nothing if it has ended.
fn allowed_cores(task: &std::path::Path) -> String {
    let status = std::fs::read_to_string(task.join("status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    line.unwrap_or_default().trim().to_owned()
}

fn start(listen: &str) -> Sfu {
    let listen: SocketAddr = listen.parse().unwrap();
    Sfu::start(&SfuConfig { listen, tcp: Some(listen), ..SfuConfig::default() }).unwrap()
}

fn candidate(conference: &Conference, tcp: bool) -> sfu::io::HostCandidate {
    *conference.candidates().iter().find(|candidate| candidate.tcp == tcp).unwrap()
}

fn opus() -> Codec {
    Codec { payload_type: PayloadType(111), rtx: None, mime: Mime::Opus, clock_rate: 48_000, nack: false }
}

fn publish(conference: &Conference, peer: sfu::id::PeerId, ssrc: u32, mid: Mid) {
    let track = UpTrackParams {
        id: sfu::id::UpTrackId(u64::from(ssrc)),
        kind: MediaKind::Audio,
        mid,
        codecs: vec![opus()],
        extensions: ExtensionMap::default(),
        encodings: vec![EncodingParams {
            rid: None,
            ssrc: Some(Ssrc(ssrc)),
            rtx_ssrc: None,
            width: 0,
            height: 0,
        }],
        screen: false,
        always_heard: false,
    };
    let track = Box::new(track);
    conference.command(Command::Publish { peer, track }).unwrap();
}

fn subscribe(conference: &Conference, peer: sfu::id::PeerId, source: u64, ssrc: u32) {
    let track = DownTrackParams {
        id: conference.new_down_track_id(),
        source: sfu::id::UpTrackId(source),
        mid: Mid::new("0").unwrap(),
        codecs: vec![opus()],
        extensions: ExtensionMap::default(),
        ssrc: Ssrc(ssrc),
        rtx_ssrc: Ssrc(ssrc + 100),
        wish: LayerWish::default(),
    };
    let track = Box::new(track);
    conference.command(Command::Subscribe { peer, track }).unwrap();
}

fn rtp(sequence: u16, ssrc: u32, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, 111];
    packet.extend(sequence.to_be_bytes());
    packet.extend((u32::from(sequence) * 960).to_be_bytes());
    packet.extend(ssrc.to_be_bytes());
    packet.extend(payload);
    packet
}

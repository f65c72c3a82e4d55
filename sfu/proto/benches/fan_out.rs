//! What it takes to forward a packet to a thousand viewers, without encryption and sockets.

use std::hint::black_box;
use std::time::{Duration, Instant};

use sfu_proto::conference::{Conference, PeerKey, RtpOut, Sink};
use sfu_proto::id::{ConferenceId, DownTrackId, Mid, PayloadType, PeerId, Ssrc, UpTrackId};
use sfu_proto::io::{
    Codec, DownTrackParams, EncodingParams, Event, Extension, ExtensionMap, LayerWish, MediaKind, Mime,
    UpTrackParams,
};
use sfu_proto::participant::Nature;

fn main() {
    for viewers in [1, 20, 1_000] {
        let mut best = f64::MAX;
        for _ in 0..5 {
            best = best.min(nanoseconds_per_copy(viewers));
        }
        // The one place where printing is the purpose.
        #[allow(clippy::print_stdout)]
        {
            println!("fan-out to {viewers:>4} viewers: {best:>6.0} ns per forwarded packet");
        }
    }
}

/// Sends a VP8 stream in bursts of nine packets and divides the time by the copies that come out.
fn nanoseconds_per_copy(viewers: u32) -> f64 {
    let start = Instant::now();
    let mut sink = Counter::default();
    let mut conference = conference(start, viewers, &mut sink);

    let mut packet = packet();
    let packets = (400_000 / viewers).clamp(300, 100_000);
    let mut now = start;
    let began = Instant::now();
    for index in 0..packets {
        let sequence = index as u16;
        let picture = index / 9;
        packet[2..4].copy_from_slice(&sequence.to_be_bytes());
        packet[4..8].copy_from_slice(&(3_000 * picture).to_be_bytes());
        packet[14..16].copy_from_slice(&(picture as u16 | 0x8000).to_be_bytes());
        packet[18] = u8::from(index > 0);
        now += Duration::from_micros(3_700);
        conference.handle_rtp(now, PeerKey(0), black_box(&packet), &mut sink);
    }
    let elapsed = began.elapsed();

    assert_eq!(sink.packets, u64::from(packets) * u64::from(viewers), "every viewer gets every packet");
    elapsed.as_nanos() as f64 / sink.packets as f64
}

#[derive(Default)]
struct Counter {
    packets: u64,
    bytes: u64,
}

impl Sink for Counter {
    fn send_rtp(&mut self, _: PeerKey, packet: RtpOut<'_>) {
        self.packets += 1;
        self.bytes += (packet.header.len() + packet.payload_head.len() + packet.payload.len()) as u64;
        black_box(packet);
    }

    fn send_rtcp(&mut self, _: PeerKey, _: &[u8]) {}

    fn event(&mut self, _: Event) {}
}

fn conference(now: Instant, viewers: u32, sink: &mut Counter) -> Conference {
    let mut conference = Conference::new(ConferenceId(1), 1);
    for peer in 0..=viewers {
        conference.join(now, PeerId(peer.into()), PeerKey(peer), Nature::Remote);
        conference.connected(now, PeerId(peer.into()), sink);
    }
    conference.publish(now, PeerId(0), camera(), sink);
    for viewer in 1..=viewers {
        conference.subscribe(now, PeerId(viewer.into()), subscription(viewer), sink);
    }
    conference
}

fn camera() -> UpTrackParams {
    UpTrackParams {
        id: UpTrackId(1),
        kind: MediaKind::Video,
        mid: Mid::new("1").expect("valid"),
        codecs: vec![vp8()],
        extensions: extensions(),
        encodings: vec![EncodingParams {
            rid: None,
            ssrc: Some(Ssrc(9)),
            rtx_ssrc: None,
            width: 1_280,
            height: 720,
        }],
        screen: false,
        always_heard: false,
    }
}

fn subscription(viewer: u32) -> DownTrackParams {
    DownTrackParams {
        id: DownTrackId(viewer.into()),
        source: UpTrackId(1),
        mid: Mid::new("2").expect("valid"),
        codecs: vec![vp8()],
        extensions: extensions(),
        ssrc: Ssrc(10_000 + viewer),
        rtx_ssrc: Ssrc(20_000 + viewer),
        wish: LayerWish::default(),
    }
}

fn vp8() -> Codec {
    Codec {
        payload_type: PayloadType(96),
        rtx: Some(PayloadType(97)),
        mime: Mime::Vp8,
        clock_rate: 90_000,
        nack: true,
    }
}

fn extensions() -> ExtensionMap {
    let mut ids = ExtensionMap::default();
    ids.insert(Extension::AbsSendTime, 2);
    ids.insert(Extension::TransportCc, 3);
    ids.insert(Extension::Mid, 4);
    ids.insert(Extension::VideoOrientation, 13);
    ids.insert(Extension::PlayoutDelay, 5);
    ids
}

/// A packet of 1,100 bytes with a full VP8 descriptor.
fn packet() -> Vec<u8> {
    let mut packet = vec![0x80, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0x90, 0xe0, 0x80, 0, 1, 0x20, 0];
    packet.resize(1_112, 0xab);
    packet
}

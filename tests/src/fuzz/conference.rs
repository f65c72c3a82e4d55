//! What an authenticated peer can send into a conference: RTP and RTCP after decryption, with all that payloads hold.

use std::time::{Duration, Instant};

use sfu_proto::conference::{Conference, PeerKey, RtpOut, Sink};
use sfu_proto::id::{ConferenceId, DownTrackId, Mid, PayloadType, PeerId, Rid, Ssrc, UpTrackId};
use sfu_proto::io::{
    Codec, DownTrackParams, EncodingParams, Event, Extension, ExtensionMap, LayerWish, MediaKind, Mime,
    UpTrackParams,
};
use sfu_proto::participant::Nature;
use sfu_proto::rtcp;
use sfu_proto::rtp::dependency::Descriptor;
use sfu_proto::track::payload::{PayloadInfo, red, vp8};

const ALICE: PeerKey = PeerKey(0);
const BOB: PeerKey = PeerKey(1);

/// No packet that goes out is longer than a datagram, nor are there many more of them than went in.
#[derive(Default)]
struct Checked {
    packets: usize,
}

impl Sink for Checked {
    fn send_rtp(&mut self, peer: PeerKey, packet: RtpOut<'_>) {
        assert_eq!(packet.header[0] >> 6, 2, "an RTP header of version 2");
        assert!(packet.header.len() >= 12, "a whole RTP header");
        assert!(peer == ALICE || peer == BOB, "somebody who is there");
        self.packets += 1;
    }

    fn send_rtcp(&mut self, _: PeerKey, compound: &[u8]) {
        assert!(compound.len() >= 8 && compound.len().is_multiple_of(4), "a whole RTCP packet");
        assert!(
            compound.len() <= 1500,
            "an RTCP packet of {} bytes does not fit into a datagram",
            compound.len()
        );
        self.packets += 1;
    }

    fn event(&mut self, _: Event) {}
}

/// Packets of either peer, RTP or RTCP, each preceded by a byte that says who sends it and how much time has passed, and
/// two for its length. The first byte of all chooses what was negotiated.
pub(super) fn packets(data: &[u8]) {
    let Some((&choice, mut rest)) = data.split_first() else { return };
    let start = Instant::now();
    let mut sink = Checked::default();
    let mut conference = stage(start, choice, &mut sink);

    let (mut now, mut count) = (start, 0);
    while let Some((&[head, high, low], tail)) = rest.split_first_chunk::<3>() {
        let len = usize::from(u16::from_be_bytes([high, low])).min(tail.len());
        let (packet, tail) = tail.split_at(len);
        rest = tail;
        count += 1;
        now += Duration::from_millis(u64::from(head >> 1));
        let from = if head & 1 == 0 { ALICE } else { BOB };
        if packet.get(1).is_some_and(|kind| (192..=223).contains(kind)) {
            conference.handle_rtcp(now, from, packet, &mut sink);
        } else {
            conference.handle_rtp(now, from, packet, &mut sink);
        }
        settle(&mut conference, now, &mut sink);
    }
    settle(&mut conference, now + Duration::from_secs(10), &mut sink);
    conference.leave(now, PeerId(1), &mut sink);
    conference.leave(now, PeerId(2), &mut sink);

    assert!(conference.is_empty(), "all have left");
    // A negative acknowledgement of 1,500 bytes names some 6,000 packets; few of them can be sent again.
    assert!(sink.packets < 10_000 * (count + 1), "{} packets out for {count} in", sink.packets);
}

/// Compounds as they are read, apart from what they cause.
pub(super) fn rtcp(data: &[u8]) {
    for packet in rtcp::parse(data) {
        match packet {
            rtcp::Packet::Nack(nack) => assert!(nack.sequences().count() <= 17 * data.len()),
            rtcp::Packet::TransportFeedback(feedback) => {
                assert!(feedback.arrivals().count() <= usize::from(u16::MAX));
            }
            rtcp::Packet::Fir(fir) => assert!(fir.media().count() <= data.len()),
            rtcp::Packet::Bye(bye) => assert!(bye.sources().count() <= 31),
            _ => {}
        }
    }
}

/// Payloads of every codec, and what we rewrite in them.
pub(super) fn payload(data: &[u8]) {
    for mime in [Mime::Opus, Mime::Red, Mime::Vp8, Mime::Vp9, Mime::H264, Mime::H265, Mime::Av1] {
        let _ = PayloadInfo::read(mime, data);
    }
    for len in [data.len(), data.len() / 2] {
        if let Some((_, Some(structure))) = Descriptor::parse(&data[..len], None) {
            // What follows a structure is read by it.
            let _ = Descriptor::parse(&data[len..], Some(&structure));
            let _ = Descriptor::parse(data, Some(&structure));
        }
    }
    let mut out = vec![0; data.len() + 16];
    if let Some(descriptor) = vp8::Descriptor::parse(data) {
        let numbers = vp8::Numbers { picture: 0x1234, tl0: 7, key_index: 3 };
        let len = descriptor.renumber(data, numbers, &mut out);
        out.truncate(len);
        out.extend(&data[len..]);
        let again = vp8::Descriptor::parse(&out).expect("a rewritten descriptor is one");
        assert_eq!(again.len, descriptor.len, "it keeps its length");
        assert_eq!(again.keyframe, descriptor.keyframe, "it keeps its meaning");
    }
    if let Some(primary) = red::primary(data) {
        assert!(primary.len() < data.len(), "a block is a part of the payload");
    }
    let mut labels = [0; 64];
    if let Some(len) = red::relabel(data, PayloadType(63), &mut labels) {
        assert!(len <= data.len() && len <= labels.len(), "block headers are a part of the payload");
    }
}

/// Lets pass what time makes due, without letting the fuzzer spend its time there.
fn settle(conference: &mut Conference, now: Instant, sink: &mut Checked) {
    for _ in 0..64 {
        match conference.poll_timeout() {
            Some(due) if due <= now => conference.handle_timeout(now, sink),
            _ => return,
        }
    }
    panic!("a timer stays due however often it is handled");
}

/// Alice sends sound and pictures; Bob receives both.
fn stage(now: Instant, choice: u8, sink: &mut Checked) -> Conference {
    let mime = [Mime::Vp8, Mime::H264, Mime::Vp9, Mime::Av1][usize::from(choice & 3)];
    let simulcast = choice & 4 != 0;
    let red = choice & 8 != 0;

    let mut conference = Conference::new(ConferenceId(1), 7);
    conference.join(now, PeerId(1), ALICE, Nature::Remote);
    conference.join(now, PeerId(2), BOB, Nature::Remote);
    conference.connected(now, PeerId(1), sink);
    conference.connected(now, PeerId(2), sink);
    let video = codec(96, Some(97), mime);
    let opus = codec(111, None, Mime::Opus);
    let audio = if red { vec![codec(63, None, Mime::Red), opus.clone()] } else { vec![opus.clone()] };
    let one = EncodingParams {
        rid: None,
        ssrc: Some(Ssrc(0x2222)),
        rtx_ssrc: Some(Ssrc(0x2223)),
        width: 0,
        height: 0,
    };
    let by_rid = |rid: &str| EncodingParams {
        rid: Rid::new(rid),
        ssrc: None,
        rtx_ssrc: None,
        width: 320,
        height: 180,
    };
    let encodings = if simulcast { vec![by_rid("q"), by_rid("h"), by_rid("f")] } else { vec![one] };
    let voice = EncodingParams { ssrc: Some(Ssrc(0x1111)), rtx_ssrc: None, ..one };
    for (id, kind, codecs, encodings) in
        [(1, MediaKind::Audio, audio, vec![voice]), (2, MediaKind::Video, vec![video.clone()], encodings)]
    {
        let up = UpTrackParams {
            id: UpTrackId(id),
            kind,
            mid: mid(id),
            codecs,
            extensions: extensions(),
            encodings,
            screen: false,
            always_heard: false,
        };
        conference.publish(now, PeerId(1), up, sink);
    }
    for (id, codecs) in [(1, vec![opus]), (2, vec![video])] {
        let down = DownTrackParams {
            id: DownTrackId(id),
            source: UpTrackId(id),
            mid: mid(id),
            codecs,
            extensions: extensions(),
            ssrc: Ssrc(0x5550 + id as u32),
            rtx_ssrc: Ssrc(0x6660 + id as u32),
            wish: LayerWish::default(),
        };
        conference.subscribe(now, PeerId(2), down, sink);
    }
    conference
}

fn mid(number: u64) -> Mid {
    Mid::new(&number.to_string()).expect("a short name")
}

fn codec(payload_type: u8, rtx: Option<u8>, mime: Mime) -> Codec {
    let video = !matches!(mime, Mime::Opus | Mime::Red);
    Codec {
        payload_type: PayloadType(payload_type),
        rtx: rtx.map(PayloadType),
        mime,
        clock_rate: if video { 90_000 } else { 48_000 },
        nack: video,
    }
}

fn extensions() -> ExtensionMap {
    let mut map = ExtensionMap::default();
    for (id, extension) in (1..).zip(Extension::ALL) {
        map.insert(extension, id);
    }
    map
}

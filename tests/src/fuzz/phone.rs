//! What phones send besides SIP itself: session descriptions and sound.

use std::time::{Duration, Instant};

use sip_gateway_proto::media::comfort_noise::ComfortNoise;
use sip_gateway_proto::media::jitter_buffer::{DelayLimits, JitterBuffer};
use sip_gateway_proto::media::relay::{PayloadKind, PayloadMap, Relay};
use sip_gateway_proto::media::rtp::Header;
use sip_gateway_proto::media::{dtmf, g722};
use sip_gateway_proto::sdp::choose::{Bridge, onward};
use sip_gateway_proto::sdp::{
    Codec, Crypto, Direction, Fingerprint, Format, Ice, LocalAudio, LocalDtls, Negotiator, Offering,
    SessionDescription, Suite,
};

/// A description as offer, as the same offer again, as answer to each kind of offer of ours, and handed on to another
/// phone.
pub(super) fn sdp(data: &[u8]) {
    let Ok(theirs) = SessionDescription::parse(data) else { return };

    let mut negotiator = Negotiator::new(1);
    if let Ok((answer, agreed)) = negotiator.handle_offer(&theirs, &local(Offering::Plain)) {
        let written = answer.to_string();
        let read = SessionDescription::parse(written.as_bytes()).expect("we can read what we write");
        assert_eq!(read.media.len(), theirs.media.len(), "each section has its answer: {written}");
        assert_eq!(read.media.iter().filter(|media| media.is_open()).count(), 1, "one is open: {written}");
        assert!(!written.replace("\r\n", "").contains(['\r', '\n']), "lines end as lines do: {written:?}");
        assert!((10..=60).contains(&agreed.ptime));

        let (again, _) =
            negotiator.handle_offer(&theirs, &local(Offering::Plain)).expect("taken once, taken twice");
        assert_eq!(again, answer, "the same offer again changes nothing");
        let later = negotiator.offer(local(Offering::Plain)).expect("nothing is under way");
        assert_eq!(later.media.len(), answer.media.len(), "sections stay");
    }

    for offering in [Offering::Plain, Offering::Opportunistic, Offering::Sdes, Offering::Dtls] {
        let mut negotiator = Negotiator::new(2);
        negotiator.offer(local(offering)).expect("nothing is under way");
        let _ = negotiator.handle_answer(&theirs);
        assert!(!negotiator.is_offering(), "an offer is over with its answer, good or bad");
    }

    for media in &theirs.media {
        let offer = onward(&media.formats, &[Codec::Opus, Codec::G722, Codec::Pcma]);
        let mut numbers: Vec<u8> = offer.iter().map(|format| format.payload_type).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), offer.len(), "each format has a number of its own");
        let _ = Bridge::choose(&media.formats, &offer);
    }
}

/// Packets, each behind its length in one byte, through a relay, a jitter buffer and the decoders.
pub(super) fn media(data: &[u8]) {
    let mut map = PayloadMap::default();
    map.insert(9, 9, PayloadKind::Speech);
    map.insert(101, 96, PayloadKind::Keys);
    let mut relay = Relay::new(map, 8_000, 1);
    let mut buffer = JitterBuffer::new(8_000, DelayLimits::default());
    let (mut keys, mut noise) = (dtmf::Receiver::new(8_000), ComfortNoise::new(1));
    let (mut decoder, mut samples) = (g722::Decoder::new(), [0; 640]);

    let (mut now, mut rest) = (Instant::now(), data);
    while let Some((&len, behind)) = rest.split_first() {
        let (packet, behind) = behind.split_at(usize::from(len).min(behind.len()));
        rest = behind;
        now += Duration::from_millis(u64::from(len));

        if let Some((header, payload)) = Header::parse(packet) {
            let payload = &packet[payload];
            keys.handle_packet(header.timestamp, payload);
            noise.handle_payload(payload);
            noise.fill(&mut samples);
            buffer.insert(now, header.sequence, header.timestamp, payload);
        }
        if let Ok(forwarded) = relay.forward(now, &mut packet.to_vec()) {
            assert!(forwarded.packet.end <= packet.len());
        }
        if let sip_gateway_proto::media::jitter_buffer::Playout::Frame(payload) = buffer.pop(now) {
            decoder.decode(payload, &mut samples);
        }
    }
}

fn local(offering: Offering) -> LocalAudio {
    let codecs = [(96, Codec::Opus), (9, Codec::G722), (8, Codec::Pcma), (101, Codec::TelephoneEvent(8_000))];
    LocalAudio {
        address: ([192, 0, 2, 1], 20_000).into(),
        formats: codecs.into_iter().map(|(number, codec)| Format::new(number, codec)).collect(),
        direction: Direction::SendRecv,
        ptime: 20,
        offering,
        plain: true,
        sdes: Suite::ALL.into_iter().filter_map(|suite| Crypto::new(1, suite, &[7; 46])).collect(),
        dtls: Some(LocalDtls { fingerprint: Fingerprint { hash: "sha-256".into(), digest: vec![1; 32] } }),
        ice: Some(Ice { ufrag: "ours".into(), pwd: "0123456789abcdefghijkl".into(), candidates: Vec::new() }),
    }
}

//! A telephone's sound: two sockets, a tone, an ear.

use std::f64::consts::TAU;
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::ops::RangeInclusive;
use std::time::Duration;

use sfu_proto::srtp::{MasterKey, SrtpProfile, SrtpReceiver, SrtpSender};
use sip_gateway::media::{MediaAddress, MediaConfig, MediaEngine};
use sip_gateway_proto::call::{LegId, LegMedia, MediaEvent, MediaPlane, Wish};
use sip_gateway_proto::media::g711::Law;
use sip_gateway_proto::media::rtp::Header;
use sip_gateway_proto::sdp::{Agreed, Codec, Crypto, Direction, Format, Protection, Suite, Telephony};
use tokio::sync::mpsc;

pub(crate) const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// An engine of its own for each test, as they run at once.
pub(crate) fn engine(
    ports: RangeInclusive<u16>,
    workers: usize,
) -> (MediaEngine, mpsc::Receiver<MediaEvent>) {
    MediaEngine::start(config(ports, workers)).expect("threads")
}

/// What such an engine begins with.
pub(crate) fn config(ports: RangeInclusive<u16>, workers: usize) -> MediaConfig {
    let v4 = Some(MediaAddress { bind: LOOPBACK, advertised: None });
    MediaConfig {
        ports,
        v4,
        v6: None,
        workers,
        silence: MediaConfig::SILENCE,
        prompts: None,
        recordings: None,
    }
}

/// One telephone and the leg that belongs to it.
pub(crate) struct Phone {
    pub(crate) leg: LegId,
    pub(crate) media: LegMedia,
    pub(crate) rtp: UdpSocket,
    pub(crate) rtcp: UdpSocket,
    pub(crate) agreed: Agreed,
    pub(crate) header: Header,
    keys: Option<(SrtpSender, SrtpReceiver)>,
}

/// What a phone hears.
#[derive(Debug, Clone)]
pub(crate) struct Packet {
    pub(crate) header: Header,
    pub(crate) payload: Vec<u8>,
}

impl Phone {
    /// A phone that speaks one codec in the clear, whose leg is open but not connected.
    pub(crate) fn new(engine: &mut MediaEngine, leg: u64, codec: Codec) -> Self {
        Self::with(engine, leg, codec, false, false)
    }

    /// The same whose keys will come out of a handshake.
    pub(crate) fn with_dtls(engine: &mut MediaEngine, leg: u64, codec: Codec) -> Self {
        Self::with(engine, leg, codec, false, true)
    }

    /// Takes the keys of the handshake.
    pub(crate) fn take_keys(&mut self, keys: (SrtpSender, SrtpReceiver)) {
        self.keys = Some(keys);
    }

    /// The same with SDES.
    pub(crate) fn with_sdes(engine: &mut MediaEngine, leg: u64, codec: Codec, suite: Suite) -> Self {
        let mut phone = Self::with(engine, leg, codec, true, false);
        let local = phone.media.sdes.iter().find(|crypto| crypto.suite == suite).expect("offered").clone();
        let remote = Crypto::new(local.tag, suite, &[leg as u8; 46]).expect("enough bytes");
        let key = |crypto: &Crypto| {
            MasterKey::of_description(profile(suite), crypto.key.bytes()).expect("the suite's length")
        };
        phone.keys = Some((SrtpSender::new(&key(&remote)), SrtpReceiver::new(&key(&local))));
        phone.agreed.protection = Protection::Sdes { local, remote };
        phone
    }

    fn with(engine: &mut MediaEngine, leg: u64, codec: Codec, sdes: bool, dtls: bool) -> Self {
        let id = LegId(leg);
        let media = engine
            .open(id, Wish { peer: LOOPBACK, sdes, dtls, ice: dtls, emergency: false })
            .expect("a port");
        let bind = || {
            let socket = UdpSocket::bind((LOOPBACK, 0)).expect("a port");
            socket.set_read_timeout(Some(PATIENCE)).expect("a time");
            socket
        };
        let (rtp, rtcp) = (bind(), bind());
        let address = |socket: &UdpSocket| Some(socket.local_addr().expect("bound"));
        // Numbers of their own for each phone, so that they must be translated.
        let dynamic = 96 + (leg % 16) as u8;
        let format = Format::new(codec.static_type().unwrap_or(dynamic), codec);
        let clock_rate = format.codec.clock_rate();
        let keys = Telephony { clock_rate, send_type: dynamic + 8, receive_type: dynamic + 8 };
        let agreed = Agreed {
            send: format.clone(),
            receive: format.clone(),
            keys: Some(keys),
            comfort_noise: None,
            direction: Direction::SendRecv,
            held: false,
            remote: address(&rtp),
            remote_rtcp: address(&rtcp),
            rtcp_mux: false,
            ptime: 20,
            protection: Protection::Plain,
            ice: None,
        };
        let header = Header {
            marker: false,
            payload_type: format.payload_type,
            sequence: 1_000 * leg as u16,
            timestamp: 77,
            ssrc: leg as u32,
        };
        Self { leg: id, media, rtp, rtcp, agreed, header, keys: None }
    }

    /// Tells the engine what was agreed on, and waits until it has taken that.
    pub(crate) fn connect(&self, engine: &mut MediaEngine) {
        engine.connect(self.leg, &self.agreed);
        engine.settle();
    }

    /// Says one packet of speech.
    pub(crate) fn say(&mut self, payload: &[u8], ticks: u32) {
        let header = self.header;
        self.say_from(&self.rtp.try_clone().expect("a socket"), header, payload);
        self.header.sequence = self.header.sequence.wrapping_add(1);
        self.header.timestamp = self.header.timestamp.wrapping_add(ticks);
    }

    /// Presses a key for an instant.
    pub(crate) fn press(&mut self, event: u8) {
        let payload_type = self.agreed.keys.expect("agreed").receive_type;
        let header = Header { marker: true, payload_type, ..self.header };
        self.say_from(&self.rtp.try_clone().expect("a socket"), header, &[event, 0x8A, 0, 160]);
        self.header.sequence = self.header.sequence.wrapping_add(1);
    }

    /// Says a packet, wherever from.
    pub(crate) fn say_from(&mut self, socket: &UdpSocket, header: Header, payload: &[u8]) {
        let header = header.to_bytes();
        let mut sealed = [0; 2_048];
        let packet = [&header[..], payload].concat();
        let packet = match &mut self.keys {
            None => &packet[..],
            Some((sender, _)) => {
                let len = sender.protect_rtp(&header, &[], payload, &mut sealed).expect("a fresh number");
                &sealed[..len]
            }
        };
        socket.send_to(packet, self.media.address).expect("loopback takes all");
    }

    /// Hears the next packet of sound, or nothing within a while.
    pub(crate) fn hear(&mut self) -> Option<Packet> {
        let mut buffer = [0; 2_048];
        let mut len = self.rtp.recv_from(&mut buffer).ok()?.0;
        // What a handshake still acknowledges is no sound (RFC 7983).
        while (20..=63).contains(&buffer[0]) {
            len = self.rtp.recv_from(&mut buffer).ok()?.0;
        }
        let mut packet = &mut buffer[..len];
        if let Some((_, receiver)) = &mut self.keys {
            let len = receiver.unprotect_rtp(packet).expect("authentic");
            packet = &mut packet[..len];
        }
        let (header, payload) = Header::parse(packet).expect("RTP");
        Some(Packet { header, payload: packet[payload].to_vec() })
    }

    /// Hears so many packets, in their order.
    pub(crate) fn hear_all(&mut self, count: usize) -> Vec<Packet> {
        (0..count)
            .map(|at| self.hear().unwrap_or_else(|| panic!("packet {at} of {count} is missing")))
            .collect()
    }

    /// What has come already.
    pub(crate) fn hear_now(&mut self) -> Option<Packet> {
        self.rtp.set_read_timeout(Some(Duration::from_millis(1))).expect("a time");
        let heard = self.hear();
        self.rtp.set_read_timeout(Some(PATIENCE)).expect("a time");
        heard
    }

    /// Nothing comes: asked after something else has come the same way, so that it need not wait.
    pub(crate) fn hears_nothing(&mut self) -> bool {
        self.hear_now().is_none()
    }
}

/// A second of A-law in packets of 20 ms.
pub(crate) fn alaw_tone(frequency: f64, level: f64) -> Vec<Vec<u8>> {
    let samples = tone(8_000, frequency, level, 8_000);
    samples
        .chunks(160)
        .map(|samples| {
            let mut codes = vec![0; samples.len()];
            Law::A.encode(samples, &mut codes);
            codes
        })
        .collect()
}

/// A sine wave at a level relative to the loudest possible sine.
pub(crate) fn tone(rate: u32, frequency: f64, level: f64, len: usize) -> Vec<i16> {
    let amplitude = 32_767.0 * 10f64.powf(level / 20.0);
    let sample = |at: usize| amplitude * (TAU * frequency * at as f64 / f64::from(rate)).sin();
    (0..len).map(|at| sample(at).round() as i16).collect()
}

/// The level of one frequency in a sound, relative to the loudest possible sine, in dB (Goertzel).
pub(crate) fn level_of(samples: &[i16], rate: u32, frequency: f64) -> f64 {
    let coefficient = 2.0 * (TAU * frequency / f64::from(rate)).cos();
    let (mut last, mut before) = (0.0, 0.0);
    for &sample in samples {
        (last, before) = (f64::from(sample) + coefficient * last - before, last);
    }
    let power = last * last + before * before - coefficient * last * before;
    let amplitude = 2.0 * power.max(0.0).sqrt() / samples.len() as f64;
    20.0 * (amplitude / 32_767.0).max(1e-9).log10()
}

/// Decodes what was heard as G.711.
pub(crate) fn decoded(law: Law, packets: &[Packet]) -> Vec<i16> {
    let mut samples = Vec::new();
    for packet in packets {
        samples.extend(packet.payload.iter().map(|&code| law.decode_sample(code)));
    }
    samples
}

/// Whether packets follow each other without gap, as one stream.
pub(crate) fn assert_contiguous(packets: &[Packet], ticks: u32) {
    for pair in packets.windows(2) {
        let (one, next) = (pair[0].header, pair[1].header);
        assert_eq!(next.ssrc, one.ssrc, "one stream");
        assert_eq!(next.sequence, one.sequence.wrapping_add(1), "numbers follow each other");
        assert_eq!(next.timestamp, one.timestamp.wrapping_add(ticks), "so do times");
    }
}

fn profile(suite: Suite) -> SrtpProfile {
    match suite {
        Suite::AeadAes256Gcm => SrtpProfile::AeadAes256Gcm,
        Suite::AeadAes128Gcm => SrtpProfile::AeadAes128Gcm,
        Suite::Aes256CmHmacSha1_80 => SrtpProfile::Aes256CmHmacSha1_80,
        Suite::Aes256CmHmacSha1_32 => SrtpProfile::Aes256CmHmacSha1_32,
        Suite::AesCm128HmacSha1_80 => SrtpProfile::Aes128CmHmacSha1_80,
        Suite::AesCm128HmacSha1_32 => SrtpProfile::Aes128CmHmacSha1_32,
    }
}

/// Longer than anything takes on a busy machine; only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(5);

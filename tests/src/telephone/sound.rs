//! What a phone says and hears: G.711 A-law with telephone events (RFC 3551, RFC 4733).

use std::net::SocketAddr;

use sip_gateway_proto::media::dtmf::{Key, KeyEvent, Receiver, Sender};
use sip_gateway_proto::media::g711::Law;
use sip_gateway_proto::media::rtp::{HEADER_LEN, Header, is_rtcp};

/// The sound of one call.
pub(super) struct Sound {
    pub(super) remote: SocketAddr,
    sequence: u16,
    timestamp: u32,
    keys: Sender,
    heard_keys: Receiver,
}

impl Sound {
    pub(super) fn new(remote: SocketAddr) -> Self {
        Self {
            remote,
            sequence: 1,
            timestamp: 160,
            keys: Sender::new(RATE as u32),
            heard_keys: Receiver::new(RATE as u32),
        }
    }

    /// Presses a key, after those that wait.
    pub(super) fn press(&mut self, key: char) {
        self.keys.press(Key::of(key).expect("a key of a phone"), 100);
    }

    /// The packet of the next 20 ms.
    pub(super) fn speak(&mut self, hertz: Option<f32>) -> Vec<u8> {
        let begin = self.timestamp as usize;
        self.timestamp += FRAME as u32;
        if let Some(event) = self.keys.poll(self.timestamp) {
            return self.packet(EVENT, event.marker, event.timestamp, &event.payload);
        }
        let sample = |at: usize, hertz: f32| {
            (12_000.0 * (std::f32::consts::TAU * hertz * at as f32 / RATE as f32).sin()) as i16
        };
        let samples: Vec<i16> =
            (begin..begin + FRAME).map(|at| hertz.map_or(0, |hertz| sample(at, hertz))).collect();
        let mut codes = [0; FRAME];
        Law::A.encode(&samples, &mut codes);
        self.packet(PCMA, false, self.timestamp, &codes)
    }

    fn packet(&mut self, payload_type: u8, marker: bool, timestamp: u32, payload: &[u8]) -> Vec<u8> {
        self.sequence = self.sequence.wrapping_add(1);
        let header = Header { marker, payload_type, sequence: self.sequence, timestamp, ssrc: SSRC };
        let mut packet = header.to_bytes().to_vec();
        packet.extend_from_slice(payload);
        packet
    }

    /// What a packet says: samples, or a key.
    pub(super) fn hear(&mut self, packet: &[u8]) -> (Vec<f32>, Option<char>) {
        if packet.len() < HEADER_LEN || is_rtcp(packet) {
            return (Vec::new(), None);
        }
        let Some((header, payload)) = Header::parse(packet) else { return (Vec::new(), None) };
        match header.payload_type {
            PCMA => {
                let mut samples = vec![0; payload.len()];
                Law::A.decode(&packet[payload], &mut samples);
                (samples.iter().map(|sample| f32::from(*sample) / 32_768.0).collect(), None)
            }
            EVENT => {
                let events = self.heard_keys.handle_packet(header.timestamp, &packet[payload]);
                let pressed = events.into_iter().flatten().find_map(|event| match event {
                    KeyEvent::Pressed(key) => Some(key.sign()),
                    KeyEvent::Released { .. } => None,
                });
                (Vec::new(), pressed)
            }
            _ => (Vec::new(), None),
        }
    }
}

/// Where a description wants its sound.
pub(super) fn remote_of(body: &[u8]) -> Option<SocketAddr> {
    let text = std::str::from_utf8(body).ok()?;
    let value = |prefix: &str| text.lines().find_map(|line| line.strip_prefix(prefix));
    let ip = value("c=IN IP4 ")?.trim().parse().ok()?;
    let port = value("m=audio ")?.split(' ').next()?.parse().ok()?;
    Some(SocketAddr::new(ip, port))
}

pub(super) const RATE: usize = 8_000;
const FRAME: usize = RATE / 50;
const PCMA: u8 = 8;
const EVENT: u8 = 101;
const SSRC: u32 = 0x7e1e;

//! A phone that says the same second again and again.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Instant;

use anyhow::{Context, Result};
use sip_gateway::media::MediaEngine;
use sip_gateway_proto::call::{LegId, MediaPlane, Wish};
use sip_gateway_proto::media::g711::Law;
use sip_gateway_proto::media::g722;
use sip_gateway_proto::media::rtp::{HEADER_LEN, Header};
use sip_gateway_proto::sdp::{Agreed, Codec, Direction, Format, Protection};

pub(super) const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A phone, and our leg to it.
pub(super) struct Phone {
    pub(super) leg: LegId,
    socket: UdpSocket,
    to: SocketAddr,
    header: Header,
    ticks: u32,
    packets: Vec<Vec<u8>>,
    silence: Vec<u8>,
    said: usize,
}

impl Phone {
    /// A phone that is connected, and speaks with some amplitude.
    pub(super) fn new(engine: &mut MediaEngine, leg: u64, codec: &Codec, amplitude: f64) -> Result<Self> {
        let leg = LegId(leg);
        let socket = UdpSocket::bind((LOOPBACK, 0))?;
        socket.set_nonblocking(true)?;
        let wish = Wish { peer: LOOPBACK, sdes: false, dtls: false, ice: false, emergency: false };
        let to = engine.open(leg, wish)?.address;
        let payload_type = codec.static_type().unwrap_or(DYNAMIC);
        let format = Format::new(payload_type, codec.clone());
        let agreed = Agreed {
            send: format.clone(),
            receive: format,
            keys: None,
            comfort_noise: None,
            direction: Direction::SendRecv,
            held: false,
            remote: Some(socket.local_addr()?),
            remote_rtcp: None,
            rtcp_mux: true,
            ptime: 20,
            protection: Protection::Plain,
            ice: None,
        };
        engine.connect(leg, &agreed);
        let header = Header { payload_type, ssrc: leg.0 as u32, ..Header::default() };
        let packets = speech(codec, amplitude, leg.0)?;
        let silence = speech(codec, 0.0, 0)?.swap_remove(0);
        let ticks = codec.clock_rate() / 50;
        Ok(Self { leg, socket, to, header, ticks, packets, silence, said: 0 })
    }

    /// Says 20 ms.
    pub(super) fn say(&mut self) -> Result<()> {
        self.say_if(true)
    }

    /// Says 20 ms, of speech or of silence.
    pub(super) fn say_if(&mut self, speaks: bool) -> Result<()> {
        let payload = if speaks { &self.packets[self.said % self.packets.len()] } else { &self.silence };
        let packet = [&self.header.to_bytes()[..], payload].concat();
        self.socket.send_to(&packet, self.to).context("loopback takes all")?;
        self.said += 1;
        self.header.sequence = self.header.sequence.wrapping_add(1);
        self.header.timestamp = self.header.timestamp.wrapping_add(self.ticks);
        Ok(())
    }

    /// Hears what has come, with the moment at which it was seen.
    pub(super) fn listen(&mut self) -> Result<Vec<(Instant, Vec<u8>)>> {
        let mut heard = Vec::new();
        let mut packet = [0; 2_048];
        while let Ok((len, _)) = self.socket.recv_from(&mut packet) {
            // Reports come to the same port.
            if len > HEADER_LEN && (packet[1] & 0x7F) == self.header.payload_type {
                heard.push((Instant::now(), packet[HEADER_LEN..len].to_vec()));
            }
        }
        Ok(heard)
    }

    /// Whether a packet of A-law has something in it.
    pub(super) fn is_loud(payload: &[u8]) -> bool {
        payload.iter().any(|&code| Law::A.decode_sample(code).unsigned_abs() > AUDIBLE)
    }
}

/// A second of something like speech in packets of 20 ms: partials of a pitch that moves, with noise over it.
fn speech(codec: &Codec, amplitude: f64, seed: u64) -> Result<Vec<Vec<u8>>> {
    let rate = codec.sample_rate().context("a codec of ours")? as usize;
    let mut noise = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut phase = 0.0f64;
    let mut sample = |at: usize| {
        let seconds = at as f64 / rate as f64;
        let pitch = 110.0 + 7.0 * (seed % 9) as f64 + 30.0 * (std::f64::consts::TAU * 3.0 * seconds).sin();
        phase += std::f64::consts::TAU * pitch / rate as f64;
        let partials: f64 = (1..12).map(|n| (phase * f64::from(n)).sin() / f64::from(n)).sum();
        noise ^= noise << 13;
        noise ^= noise >> 7;
        noise ^= noise << 17;
        let hiss = (noise >> 40) as f64 / f64::from(1 << 24) - 0.5;
        (amplitude * (0.4 * partials + 0.2 * hiss)) as i16
    };
    let samples: Vec<i16> = (0..rate).map(&mut sample).collect();
    let mut wide = g722::Encoder::new();
    let mut full = opus::Encoder::new(48_000, opus::Channels::Mono, opus::Application::Voip)?;
    let packet = |samples: &[i16]| -> Result<Vec<u8>> {
        let mut payload = vec![0; 1_000];
        let len = match codec {
            Codec::G722 => wide.encode(samples, &mut payload[..samples.len() / 2]),
            Codec::Opus => full.encode(samples, &mut payload)?,
            _ => {
                Law::A.encode(samples, &mut payload);
                samples.len()
            }
        };
        payload.truncate(len);
        Ok(payload)
    };
    samples.chunks_exact(rate / 50).map(packet).collect()
}

const DYNAMIC: u8 = 111;
const AUDIBLE: u16 = 300;

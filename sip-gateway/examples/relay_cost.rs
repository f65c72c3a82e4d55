//! What relaying costs: many G.711 calls between a plain and an encrypted leg, on loopback.
//!
//! `cargo run --release -p sip-gateway --example relay_cost [calls] [seconds]`
//!
//! The phones are played by the main thread; what is counted is only what the one media thread computes, as the kernel
//! accounts it (`CLOCK_THREAD_CPUTIME_ID`). On loopback that includes the receiving half of the network stack for
//! every packet sent.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use sfu_proto::srtp::{MasterKey, SrtpProfile, SrtpSender};
use sip_gateway::media::{MediaAddress, MediaConfig, MediaEngine};
use sip_gateway_proto::call::{LegId, MediaPlane, Wish};
use sip_gateway_proto::media::rtp::Header;
use sip_gateway_proto::sdp::{Agreed, Codec, Crypto, Direction, Format, Protection, Suite};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PTIME: Duration = Duration::from_millis(20);

struct Phone {
    socket: UdpSocket,
    to: std::net::SocketAddr,
    sealer: Option<SrtpSender>,
    header: Header,
}

#[allow(clippy::print_stdout)]
fn main() {
    let mut arguments = std::env::args().skip(1).map(|word| word.parse().expect("a number"));
    let calls: usize = arguments.next().unwrap_or(200);
    let seconds: u64 = arguments.next().unwrap_or(10) as u64;

    let config = MediaConfig {
        ports: 20_000..=20_999,
        v4: Some(MediaAddress { bind: LOOPBACK, advertised: None }),
        v6: None,
        workers: 1,
        silence: MediaConfig::SILENCE,
        prompts: None,
        recordings: None,
    };
    let (mut engine, _events) = MediaEngine::start(config).expect("a media thread");
    let mut phones = Vec::new();
    for call in 0..calls as u64 {
        let (one, other) = (LegId(2 * call), LegId(2 * call + 1));
        phones.push(phone(&mut engine, one, false));
        phones.push(phone(&mut engine, other, true));
        engine.bridge(one, other);
    }
    engine.settle();

    let (mut sent, mut heard) = (0u64, 0u64);
    let cpu = engine.cpu_time();
    let start = Instant::now();
    let mut next = start;
    while start.elapsed() < Duration::from_secs(seconds) {
        // Spread over the packet time, as calls begin at any moment.
        let share = phones.len().div_ceil(SLICES);
        for slice in 0..SLICES {
            for phone in phones.iter_mut().skip(slice * share).take(share) {
                phone.say();
                sent += 1;
            }
            let quiet = phones.iter().skip((slice + SLICES / 2) % SLICES * share).take(share);
            heard += quiet.map(Phone::listen).sum::<u64>();
            next += PTIME / SLICES as u32;
            thread::sleep(next.saturating_duration_since(Instant::now()));
        }
    }
    let elapsed = start.elapsed();
    engine.settle();
    heard += phones.iter().map(Phone::listen).sum::<u64>();
    let cpu = engine.cpu_time() - cpu;

    let per_packet = cpu.as_secs_f64() / heard.max(1) as f64;
    println!("calls (plain A-law to SRTP A-law)  {calls}");
    println!("packets sent / heard               {sent} / {heard}");
    println!("packets per second                 {:.0}", heard as f64 / elapsed.as_secs_f64());
    println!("media thread, share of a core      {:.1} %", 100.0 * cpu.as_secs_f64() / elapsed.as_secs_f64());
    println!("media thread, per packet           {:.2} µs", per_packet * 1e6);
    println!("packets per second and core        {:.0}", 1.0 / per_packet);
    println!("calls per core                     {:.0}", 1.0 / per_packet / 100.0);
}

fn phone(engine: &mut MediaEngine, leg: LegId, encrypted: bool) -> Phone {
    let socket = UdpSocket::bind((LOOPBACK, 0)).expect("a port");
    socket.set_nonblocking(true).expect("a mode");
    let media = engine
        .open(leg, Wish { peer: LOOPBACK, sdes: encrypted, dtls: false, ice: false, emergency: false })
        .expect("a port");
    let suite = Suite::AesCm128HmacSha1_80;
    let keys = media.sdes.iter().find(|crypto| crypto.suite == suite).map(|local| {
        let remote = Crypto::new(local.tag, suite, &[leg.0 as u8; 46]).expect("enough bytes");
        (local.clone(), remote)
    });
    let sealer = keys.as_ref().map(|(_, remote)| {
        let profile = SrtpProfile::Aes128CmHmacSha1_80;
        SrtpSender::new(&MasterKey::of_description(profile, remote.key.bytes()).expect("30 bytes"))
    });
    let format = Format::new(8, Codec::Pcma);
    let agreed = Agreed {
        send: format.clone(),
        receive: format,
        keys: None,
        comfort_noise: None,
        direction: Direction::SendRecv,
        held: false,
        remote: Some(socket.local_addr().expect("bound")),
        remote_rtcp: None,
        rtcp_mux: true,
        ptime: 20,
        protection: keys.map_or(Protection::Plain, |(local, remote)| Protection::Sdes { local, remote }),
        ice: None,
    };
    engine.connect(leg, &agreed);
    let header = Header { payload_type: 8, ssrc: leg.0 as u32, ..Header::default() };
    Phone { socket, to: media.address, sealer, header }
}

impl Phone {
    fn say(&mut self) {
        let (header, payload) = (self.header.to_bytes(), [0xD5; 160]);
        let mut packet = [0; 256];
        let len = match &mut self.sealer {
            Some(sealer) => sealer.protect_rtp(&header, &[], &payload, &mut packet).expect("a fresh number"),
            None => {
                packet[..12].copy_from_slice(&header);
                packet[12..172].copy_from_slice(&payload);
                172
            }
        };
        self.socket.send_to(&packet[..len], self.to).expect("loopback takes all");
        self.header.sequence = self.header.sequence.wrapping_add(1);
        self.header.timestamp = self.header.timestamp.wrapping_add(160);
    }

    fn listen(&self) -> u64 {
        let mut packet = [0; 256];
        let mut heard = 0;
        while let Ok((len, _)) = self.socket.recv_from(&mut packet) {
            heard += u64::from(len >= 172);
        }
        heard
    }
}

const SLICES: usize = 20;

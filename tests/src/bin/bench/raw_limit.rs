//! The least that any server of SRTP over UDP must do on this machine: seal each packet with AES-128-GCM and hand
//! runs of them to the kernel. Nothing is received, parsed, rewritten or remembered.
//!
//! One thread sends to many sockets in turn, a run of packets to each, while another on the other core empties them.

use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use crate::machine::{self, LOAD_CORE, Receiver, SERVER_CORE};
use crate::report::{Report, Target};

/// As many receivers as the forwarding measurement has.
pub(crate) const DESTINATIONS: usize = 1000;
/// A video packet with its tag.
const PACKET: usize = 1200;
const HEADER: usize = 24;
const TAG: usize = 16;
/// Runs handed over in one system call.
const RUNS: usize = 64;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(700);

/// CPU time of one packet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PacketCost(pub(crate) Duration);

impl PacketCost {
    /// How many such packets fill a core.
    pub(crate) fn per_core(self) -> f64 {
        1.0 / self.0.as_secs_f64()
    }
}

/// The limit with whole pictures and with paced ones.
pub(crate) fn measure(report: &mut Report) -> Result<()> {
    for burst in [9, 2] {
        let cost = median_packet_cost(burst)?;
        report.row(
            format!("raw limit, UDP and GCM, GSO bursts of {burst}"),
            cost.per_core(),
            "packets/s/core",
            Target::None,
        );
    }
    Ok(())
}

/// Sends runs of `burst` packets; the median of several rounds.
pub(crate) fn median_packet_cost(burst: usize) -> Result<PacketCost> {
    let sockets = (0..DESTINATIONS).map(|_| machine::socket()).collect::<Result<Vec<_>>>()?;
    let addresses =
        sockets.iter().map(|socket| Ok(socket.local_addr()?)).collect::<Result<Vec<SocketAddr>>>()?;
    let done = AtomicBool::new(false);

    std::thread::scope(|scope| {
        scope.spawn(|| empty(&sockets, &done));
        let sender = scope.spawn(|| {
            machine::pin_to(SERVER_CORE);
            let mut sender = Sender::new(&addresses, burst)?;
            let mut costs = (0..ROUNDS).map(|_| sender.round()).collect::<Result<Vec<_>>>()?;
            costs.sort();
            Ok(PacketCost(costs[costs.len() / 2]))
        });
        let cost = sender.join().expect("the sending thread does not panic");
        done.store(true, Ordering::Relaxed);
        cost
    })
}

fn empty(sockets: &[UdpSocket], done: &AtomicBool) {
    machine::pin_to(LOAD_CORE);
    let mut receiver = Receiver::new();
    while !done.load(Ordering::Relaxed) {
        let taken: usize = sockets.iter().map(|socket| receiver.receive(socket, |_| ())).sum();
        if taken == 0 {
            std::thread::yield_now();
        }
    }
}

struct Sender {
    socket: UdpSocket,
    key: LessSafeKey,
    addresses: Vec<libc::sockaddr_in>,
    next: usize,
    burst: usize,
    packets: u64,
    arena: Vec<u8>,
}

impl Sender {
    fn new(addresses: &[SocketAddr], burst: usize) -> Result<Self> {
        let key = UnboundKey::new(&AES_128_GCM, &[7; 16]).ok().context("make a key")?;
        Ok(Self {
            socket: machine::socket()?,
            key: LessSafeKey::new(key),
            addresses: addresses
                .iter()
                .map(|address| match address {
                    SocketAddr::V4(address) => machine::socket_address(*address),
                    SocketAddr::V6(_) => unreachable!("the sockets are bound to 127.0.0.1"),
                })
                .collect(),
            next: 0,
            burst,
            packets: 0,
            arena: vec![0x5A; RUNS * burst * PACKET],
        })
    }

    /// Sends for a while; the CPU time of this thread per packet.
    fn round(&mut self) -> Result<Duration> {
        let (start, cpu, before) = (Instant::now(), machine::own_cpu_time(), self.packets);
        while start.elapsed() < ROUND {
            self.seal();
            self.send()?;
        }
        let packets = self.packets - before;
        Ok((machine::own_cpu_time() - cpu)
            / u32::try_from(packets).context("count the packets of a round")?)
    }

    fn seal(&mut self) {
        for (at, packet) in self.arena.chunks_exact_mut(PACKET).enumerate() {
            let mut nonce = [0; 12];
            nonce[4..].copy_from_slice(&(self.packets + at as u64).to_be_bytes());
            let (packet, tag) = packet.split_at_mut(PACKET - TAG);
            let (header, payload) = packet.split_at_mut(HEADER);
            let sealed = self
                .key
                .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(&*header), payload)
                .expect("a packet is not too long for GCM");
            tag.copy_from_slice(sealed.as_ref());
        }
    }

    fn send(&mut self) -> Result<()> {
        let run = self.burst * PACKET;
        // SAFETY: all-zero bytes are valid for these structs; every pointer in them is to memory that lives through
        // the system call; a control buffer holds one aligned message of two bytes.
        let sent = unsafe {
            let mut vectors: [libc::iovec; RUNS] = std::mem::zeroed();
            let mut headers: [libc::mmsghdr; RUNS] = std::mem::zeroed();
            let mut control = [[0_u64; 3]; RUNS];
            for at in 0..RUNS {
                let base = self.arena.as_mut_ptr().add(at * run);
                vectors[at] = libc::iovec { iov_base: base.cast(), iov_len: run };
                let name = &mut self.addresses[self.next];
                let header = &mut headers[at].msg_hdr;
                machine::prepare_run(header, name, &mut vectors[at], &mut control[at], PACKET as u16);
                self.next = (self.next + 1) % self.addresses.len();
            }
            libc::sendmmsg(self.socket.as_raw_fd(), headers.as_mut_ptr(), RUNS as u32, 0)
        };
        ensure!(sent == RUNS as i32, "sent {sent} runs of {RUNS}: {}", std::io::Error::last_os_error());
        self.packets += (RUNS * self.burst) as u64;
        Ok(())
    }
}

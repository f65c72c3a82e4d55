//! The least that any server of SRTP over UDP must do on this machine: seal each packet with AES-256-GCM, which
//! is what the peers of these measurements agree on, and hand runs of them to the kernel. Nothing is received, parsed, rewritten or remembered.
//!
//! What is to be compared is measured as a forwarder has it: a run to everybody, and a pause until the next.
//!
//! One thread sends to many sockets in turn, a run of packets to each, while another on the other core empties them.

use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

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

/// The limit flat out: nobody waits until what was sent has been taken, so that it is not in these figures what it costs
/// to have the buffers back, which whoever sends for longer pays as well.
pub(crate) fn measure(report: &mut Report) -> Result<()> {
    for burst in [9, 2] {
        let cost = median_packet_cost(burst, None)?;
        report.row(
            format!("raw limit flat out, UDP and GCM, GSO bursts of {burst}"),
            cost.per_core(),
            "packets/s/core",
            Target::None,
        );
    }
    Ok(())
}

/// Sends runs of `burst` packets; the median of several rounds. With a rate, in packets a second to each, a run goes to
/// everybody at once, and the next when it is time and all have taken the last: as a forwarder does it.
pub(crate) fn median_packet_cost(burst: usize, packets_per_second: Option<f64>) -> Result<PacketCost> {
    let sockets = (0..DESTINATIONS).map(|_| machine::socket()).collect::<Result<Vec<_>>>()?;
    let addresses =
        sockets.iter().map(|socket| Ok(socket.local_addr()?)).collect::<Result<Vec<SocketAddr>>>()?;
    let (done, taken) = (AtomicBool::new(false), AtomicU64::new(0));

    std::thread::scope(|scope| {
        scope.spawn(|| empty(&sockets, &done, &taken));
        let sender = scope.spawn(|| {
            machine::pin_to(SERVER_CORE);
            let mut sender = Sender::new(&addresses, burst)?;
            let mut costs = (0..ROUNDS)
                .map(|_| match packets_per_second {
                    None => sender.round(),
                    Some(rate) => sender.paced_round(rate, &taken),
                })
                .collect::<Result<Vec<_>>>()?;
            costs.sort();
            Ok(PacketCost(costs[costs.len() / 2]))
        });
        let cost = sender.join().expect("the sending thread does not panic");
        done.store(true, Ordering::Relaxed);
        cost
    })
}

fn empty(sockets: &[UdpSocket], done: &AtomicBool, all: &AtomicU64) {
    machine::pin_to(LOAD_CORE);
    let mut receiver = Receiver::new();
    while !done.load(Ordering::Relaxed) {
        let taken: usize = sockets.iter().map(|socket| receiver.receive(socket, |_, _| ())).sum();
        all.fetch_add(taken as u64, Ordering::Relaxed);
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
        let key = UnboundKey::new(&AES_256_GCM, &[7; 32]).ok().context("make a key")?;
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
            self.seal(RUNS);
            self.send(RUNS)?;
        }
        let packets = self.packets - before;
        Ok((machine::own_cpu_time() - cpu)
            / u32::try_from(packets).context("count the packets of a round")?)
    }

    /// Sends at that rate for about twice as long.
    fn paced_round(&mut self, packets_per_second: f64, taken: &AtomicU64) -> Result<Duration> {
        let (start, cpu, before) = (Instant::now(), machine::own_cpu_time(), self.packets);
        let mut due = start;
        while start.elapsed() < 2 * ROUND {
            let mut left = self.addresses.len();
            while left > 0 {
                let runs = left.min(RUNS);
                self.seal(runs);
                self.send(runs)?;
                left -= runs;
            }
            due += Duration::from_secs_f64(self.burst as f64 / packets_per_second);
            while Instant::now() < due || taken.load(Ordering::Relaxed) < self.packets {
                ensure!(start.elapsed() < 20 * ROUND, "the receivers do not keep up");
                std::thread::sleep(Duration::from_micros(500));
            }
        }
        let packets = self.packets - before;
        Ok((machine::own_cpu_time() - cpu)
            / u32::try_from(packets).context("count the packets of a round")?)
    }

    fn seal(&mut self, runs: usize) {
        let packets = self.arena.chunks_exact_mut(PACKET).take(runs * self.burst);
        for (at, packet) in packets.enumerate() {
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

    fn send(&mut self, runs: usize) -> Result<()> {
        let run = self.burst * PACKET;
        // SAFETY: all-zero bytes are valid for these structs; every pointer in them is to memory that lives through
        // the system call; a control buffer holds one aligned message of two bytes.
        let sent = unsafe {
            let mut vectors: [libc::iovec; RUNS] = std::mem::zeroed();
            let mut headers: [libc::mmsghdr; RUNS] = std::mem::zeroed();
            let mut control = [[0_u64; 3]; RUNS];
            for at in 0..runs {
                let base = self.arena.as_mut_ptr().add(at * run);
                vectors[at] = libc::iovec { iov_base: base.cast(), iov_len: run };
                let name = &mut self.addresses[self.next];
                let header = &mut headers[at].msg_hdr;
                machine::prepare_run(header, name, &mut vectors[at], &mut control[at], PACKET as u16);
                self.next = (self.next + 1) % self.addresses.len();
            }
            libc::sendmmsg(self.socket.as_raw_fd(), headers.as_mut_ptr(), runs as u32, 0)
        };
        ensure!(sent == runs as i32, "sent {sent} runs of {runs}: {}", std::io::Error::last_os_error());
        self.packets += (runs * self.burst) as u64;
        Ok(())
    }
}

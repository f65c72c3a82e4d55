//! The threads and sockets behind the handle: how they start, and how they end.

use std::collections::HashSet;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use sfu_proto::id::ConferenceId;
use sfu_proto::io::{Event, Fingerprint, HostCandidate};
use sfu_proto::sfu::Sfu;
use sfu_proto::transport::DtlsIdentity;
use sfu_proto::turn::peers::OwnAddress;
use tokio::sync::mpsc;

use crate::handle::{OpenError, SfuConfig, StartError};
use crate::metrics::{Published, Stats};
use crate::net::accept::{Acceptor, StopSign};
use crate::net::sys;
use crate::net::udp::MediaSocket;
use crate::parts::{House, Parts, ShardHandle};
use crate::placement;
use crate::shard::Shard;
use crate::shard::port::{Input, Port};
use crate::ufrags::Ufrags;

/// The running engine.
#[derive(Debug)]
pub(crate) struct Engine {
    fingerprint: Fingerprint,
    house: Arc<House>,
    slack: u64,
    addresses: Vec<OwnAddress>,
    acceptor: Option<Arc<StopSign>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    next_conference: AtomicU64,
}

/// What an opened conference consists of.
pub(crate) struct Opened {
    pub(crate) parts: Arc<Parts>,
    pub(crate) events: mpsc::Receiver<Event>,
}

impl Engine {
    pub(crate) fn start(config: &SfuConfig) -> Result<Self, StartError> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let count = match config.shards {
            0 => cores,
            count => count,
        };
        let identity = new_identity()?;
        let ufrags = Arc::new(Ufrags::default());
        let listener = config.tcp.map(listen).transpose()?;
        let tcp = listener.as_ref().map(|(_, address)| *address);

        // All sockets first: either everything is had, or nothing is started.
        let sockets = bind_all(config.listen, count)?;
        let (mut shards, mut starting, mut addresses) = (Vec::new(), Vec::new(), Vec::new());
        for (index, (socket, address)) in sockets.into_iter().enumerate() {
            let (port, inputs) = Port::new(index).map_err(StartError::Thread)?;
            let (port, published) = (Arc::new(port), Arc::new(Published::default()));
            let mut sfu = Sfu::new(identity.clone(), random());
            sfu.hear_at_most(config.voices);
            starting.push(
                Shard::new(
                    sfu,
                    socket,
                    Arc::clone(&port),
                    inputs,
                    Arc::clone(&ufrags),
                    Arc::clone(&published),
                    config.relief,
                )
                .map_err(StartError::Thread)?,
            );
            let candidates = candidates(&config.advertise, address, tcp);
            addresses.extend(own_addresses(&candidates, address));
            let opened = AtomicU64::new(0);
            shards.push(ShardHandle { port, published, opened, candidates: candidates.into() });
        }
        let mut engine = Self {
            fingerprint: identity.fingerprint(),
            house: Arc::new(House::new(shards, Arc::clone(&ufrags))),
            slack: config.slack,
            addresses,
            acceptor: None,
            threads: Mutex::default(),
            next_conference: AtomicU64::new(1),
        };
        for (index, shard) in starting.into_iter().enumerate() {
            let core = (cores > 1).then_some(index);
            engine.spawn(format!("media-{index}"), move || {
                if let Some(Err(error)) = core.map(sys::pin_to_core) {
                    tracing::warn!(%error, "a media thread is not pinned to its core");
                }
                if let Err(error) = sys::raise_priority() {
                    tracing::debug!(%error, "media threads have no priority over others");
                }
                shard.run();
            })?;
        }
        if let Some((listener, _)) = listener {
            let stop = Arc::new(StopSign::new().map_err(StartError::Thread)?);
            let acceptor = Acceptor::new(listener, Arc::clone(&stop), ufrags).map_err(StartError::Thread)?;
            engine.spawn("media-accept".to_owned(), move || acceptor.run())?;
            engine.acceptor = Some(stop);
        }
        Ok(engine)
    }

    pub(crate) fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The UDP addresses of all shards.
    pub(crate) fn addresses(&self) -> &[OwnAddress] {
        &self.addresses
    }

    /// Opens a conference, if possible on a given shard, else on the least loaded one that works.
    pub(crate) fn open_conference(&self, beside: Option<usize>) -> Result<Opened, OpenError> {
        let shards = &self.house.shards;
        let open: u64 = shards.iter().map(ShardHandle::conferences).sum();
        if open >= MAX_CONFERENCES {
            return Err(OpenError::TooMany { limit: MAX_CONFERENCES as usize });
        }
        let loads = shards.iter().zip(&*self.house.loads).map(|(shard, load)| placement::Load {
            carried: load.load(Ordering::Relaxed),
            conferences: shard.conferences(),
        });
        for index in beside.into_iter().chain(placement::by_preference(loads)) {
            let id = ConferenceId(self.next_conference.fetch_add(1, Ordering::Relaxed));
            let (sender, events) = mpsc::channel(EVENTS);
            // A shard that is overloaded, or whose thread has died, is passed over.
            if let Some(parts) = Parts::open(&self.house, id, index, self.slack, &sender) {
                return Ok(Opened { parts, events });
            }
        }
        Err(OpenError::Stopped)
    }

    pub(crate) fn stats(&self) -> Stats {
        let mut sum = Stats { shards: self.house.shards.len() as u64, ..Stats::default() };
        for shard in &self.house.shards {
            sum.add(&shard.published.read());
        }
        sum
    }

    pub(crate) fn is_full(&self) -> bool {
        self.house.is_full()
    }

    /// Stops and joins all threads; later calls find nothing to do.
    pub(crate) fn stop(&self) {
        for shard in &self.house.shards {
            // Refused only when the thread has ended already.
            let _ = shard.port.send(Input::Stop);
        }
        if let Some(acceptor) = &self.acceptor {
            acceptor.raise();
        }
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        for thread in threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a media thread had panicked");
            }
        }
    }

    fn spawn(&self, name: String, work: impl FnOnce() + Send + 'static) -> Result<(), StartError> {
        let thread = thread::Builder::new().name(name).spawn(work).map_err(StartError::Thread)?;
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        Ok(())
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stop();
    }
}

fn listen(address: SocketAddr) -> Result<(std::net::TcpListener, SocketAddr), StartError> {
    sys::listen_tcp(address)
        .and_then(|listener| {
            let address = listener.local_addr()?;
            Ok((listener, address))
        })
        .map_err(|source| StartError::Tcp { address, source })
}

fn bind_all(first: SocketAddr, count: usize) -> Result<Vec<(MediaSocket, SocketAddr)>, StartError> {
    (0..count)
        .map(|index| {
            let port = match first.port() {
                0 => 0,
                port => u16::try_from(usize::from(port) + index)
                    .map_err(|_| StartError::PortRange { first: port, shards: count })?,
            };
            let address = SocketAddr::new(first.ip(), port);
            MediaSocket::bind(address)
                .and_then(|socket| {
                    let address = socket.local_addr()?;
                    Ok((socket, address))
                })
                .map_err(|source| StartError::Udp { address, source })
        })
        .collect()
}

/// Where the peers of a shard reach it: over UDP first, then over TCP.
fn candidates(advertise: &[IpAddr], udp: SocketAddr, tcp: Option<SocketAddr>) -> Vec<HostCandidate> {
    let over_udp = addresses(advertise, udp).into_iter().map(|address| HostCandidate { address, tcp: false });
    let over_tcp = tcp
        .map(|tcp| addresses(advertise, tcp))
        .unwrap_or_default()
        .into_iter()
        .map(|address| HostCandidate { address, tcp: true });
    over_udp.chain(over_tcp).collect()
}

/// The announced addresses, or the bound one, or those of all interfaces if none is bound.
fn addresses(advertise: &[IpAddr], bound: SocketAddr) -> Vec<SocketAddr> {
    let mut addresses: HashSet<IpAddr> = HashSet::new();
    let found = match (advertise, bound.ip().is_unspecified()) {
        ([], false) => vec![bound.ip()],
        ([], true) => {
            let mut found = sys::interface_addresses().unwrap_or_default();
            found.retain(|address| address.is_ipv4() || bound.is_ipv6());
            if found.is_empty() {
                // A machine without a network can still be spoken to from itself.
                found.push(IpAddr::V4(Ipv4Addr::LOCALHOST));
            }
            found
        }
        (advertised, _) => advertised.to_vec(),
    };
    found
        .into_iter()
        .filter(|address| addresses.insert(*address))
        .map(|address| SocketAddr::new(address, bound.port()))
        .collect()
}

/// How a shard's UDP candidates are reached from this machine itself: as they are if they are addresses of it, else
/// (behind a NAT) where the socket is bound.
fn own_addresses(candidates: &[HostCandidate], bound: SocketAddr) -> Vec<OwnAddress> {
    let is_here = |ip: IpAddr| UdpSocket::bind((ip, 0)).is_ok();
    let over_udp = candidates.iter().filter(|candidate| !candidate.tcp).map(|candidate| candidate.address);
    over_udp
        .filter(|advertised| advertised.is_ipv4() || bound.is_ipv6())
        .map(|advertised| {
            let ip = match bound.ip() {
                ip if !ip.is_unspecified() => ip,
                _ if is_here(advertised.ip()) => advertised.ip(),
                _ if advertised.is_ipv6() => IpAddr::V6(Ipv6Addr::LOCALHOST),
                _ => IpAddr::V4(Ipv4Addr::LOCALHOST),
            };
            OwnAddress { advertised, local: SocketAddr::new(ip, bound.port()) }
        })
        .filter(|own| own.advertised.is_ipv4() == own.local.is_ipv4())
        .collect()
}

/// A certificate of this run alone: WebRTC knows certificates by their digest only, which signaling carries.
fn new_identity() -> Result<DtlsIdentity, StartError> {
    let refused = |error: rcgen::Error| StartError::Certificate(error.to_string());
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(refused)?;
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(rcgen::DnType::CommonName, "media");
    let certificate = params.self_signed(&key).map_err(refused)?;
    DtlsIdentity::new(certificate.der().to_vec(), key.serialize_der())
        .map_err(|error| StartError::Certificate(error.to_string()))
}

/// A number that nobody can foresee: the standard library seeds its hash tables from the system.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Conferences of all shards together.
const MAX_CONFERENCES: u64 = 10_000;

/// Events that a room may leave waiting.
const EVENTS: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_advertised_is_announced_with_the_real_ports() {
        let advertise = ["203.0.113.7".parse().expect("an address")];
        let udp = SocketAddr::from(([0, 0, 0, 0], 7882));
        let tcp = SocketAddr::from(([0, 0, 0, 0], 7881));

        let candidates = candidates(&advertise, udp, Some(tcp));

        let expected = [("203.0.113.7:7882", false), ("203.0.113.7:7881", true)];
        assert_eq!(
            candidates,
            expected
                .map(|(address, tcp)| HostCandidate { address: address.parse().expect("an address"), tcp })
        );
    }

    #[test]
    fn a_socket_bound_to_all_addresses_announces_some_that_can_be_reached() {
        let bound = SocketAddr::from(([0, 0, 0, 0], 7882));
        let found = addresses(&[], bound);
        assert!(!found.is_empty());
        assert!(found.iter().all(|address| !address.ip().is_unspecified() && address.port() == 7882));
    }

    #[test]
    fn behind_a_nat_the_machine_reaches_its_media_where_the_socket_is() {
        for (advertised, bound, local) in [
            ("127.0.0.1", "127.0.0.1:7882", "127.0.0.1:7882"),
            ("127.0.0.1", "0.0.0.0:7882", "127.0.0.1:7882"),
            ("203.0.113.7", "0.0.0.0:7882", "127.0.0.1:7882"),
            ("203.0.113.7", "127.0.0.3:7882", "127.0.0.3:7882"),
            ("2001:db8::7", "[::]:7882", "[::1]:7882"),
        ] {
            let bound: SocketAddr = bound.parse().expect("an address");
            let candidates = candidates(&[advertised.parse().expect("an address")], bound, Some(bound));
            let own = own_addresses(&candidates, bound);
            assert_eq!(own.len(), 1, "{advertised}");
            assert_eq!(own[0].advertised, candidates[0].address);
            assert_eq!(own[0].local, local.parse().expect("an address"), "{advertised} at {bound}");
        }
    }

    #[test]
    fn a_port_range_that_does_not_exist_is_an_error() {
        let first = SocketAddr::from(([127, 0, 0, 1], 65_535));
        assert!(matches!(bind_all(first, 2), Err(StartError::PortRange { first: 65_535, shards: 2 })));
    }
}

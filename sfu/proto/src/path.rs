//! The ways by which packets reach a peer, and a table that finds a peer by them quickly.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};
use std::net::{IpAddr, SocketAddr};

use crate::conference::PeerKey;
use crate::id::PeerId;

/// One way between a peer and us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Path {
    /// Datagrams between two addresses.
    Udp {
        /// The peer's end as we see it.
        remote: SocketAddr,
        /// Our end, where a socket has several: answers must leave from where they were asked.
        local: Option<IpAddr>,
    },
    /// Frames on one TCP connection.
    Tcp {
        /// Which connection.
        connection: TcpId,
        /// The peer's end as we see it.
        remote: SocketAddr,
    },
    /// A queue within our own process.
    Direct(PeerId),
}

impl Path {
    /// The peer's address, for STUN.
    #[must_use]
    pub fn remote(&self) -> Option<SocketAddr> {
        match self {
            Self::Udp { remote, .. } | Self::Tcp { remote, .. } => Some(*remote),
            Self::Direct(_) => None,
        }
    }
}

/// A TCP connection of the shard, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TcpId(pub u64);

/// Which peer is behind a path.
#[derive(Debug)]
pub(crate) struct PathTable {
    peers: HashMap<Path, PeerKey, Seed>,
}

impl PathTable {
    /// `seed` makes the table's order unpredictable from outside.
    pub(crate) fn new(seed: u64) -> Self {
        Self { peers: HashMap::with_hasher(Seed(seed)) }
    }

    pub(crate) fn get(&self, path: &Path) -> Option<PeerKey> {
        self.peers.get(path).copied()
    }

    pub(crate) fn insert(&mut self, path: Path, peer: PeerKey) -> Option<PeerKey> {
        self.peers.insert(path, peer)
    }

    /// Removes the path if it leads to this peer.
    pub(crate) fn remove(&mut self, path: &Path, peer: PeerKey) {
        if self.get(path) == Some(peer) {
            self.peers.remove(path);
        }
    }
}

/// Hashes paths with one multiplication per word. Only paths that have passed an ICE check are ever entered, a few per
/// peer, so that nobody can fill a bucket at will; the seed keeps even those from being planned.
#[derive(Debug, Clone, Copy)]
struct Seed(u64);

impl BuildHasher for Seed {
    type Hasher = PathHasher;

    fn build_hasher(&self) -> PathHasher {
        PathHasher(self.0)
    }
}

struct PathHasher(u64);

impl PathHasher {
    fn mix(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * u128::from(MULTIPLIER);
        self.0 = (product as u64) ^ ((product >> 64) as u64);
    }
}

impl Hasher for PathHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.mix(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, word: u8) {
        self.mix(u64::from(word));
    }

    fn write_u16(&mut self, word: u16) {
        self.mix(u64::from(word));
    }

    fn write_u32(&mut self, word: u32) {
        self.mix(u64::from(word));
    }

    fn write_u64(&mut self, word: u64) {
        self.mix(word);
    }

    fn write_usize(&mut self, word: usize) {
        self.mix(word as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// 2^64 divided by the golden ratio, made odd.
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_differ_in_one_part_are_different_paths() {
        let mut table = PathTable::new(7);
        let remote = SocketAddr::from(([192, 0, 2, 1], 1000));
        let paths = [
            Path::Udp { remote, local: None },
            Path::Udp { remote, local: Some(IpAddr::from([192, 0, 2, 9])) },
            Path::Udp { remote: SocketAddr::from(([192, 0, 2, 1], 1001)), local: None },
            Path::Tcp { connection: TcpId(1), remote },
            Path::Tcp { connection: TcpId(2), remote },
        ];
        for (index, path) in paths.iter().enumerate() {
            assert_eq!(table.insert(*path, PeerKey(index as u32)), None);
        }
        for (index, path) in paths.iter().enumerate() {
            assert_eq!(table.get(path), Some(PeerKey(index as u32)));
        }
    }

    #[test]
    fn a_path_that_went_to_another_peer_is_not_removed_by_the_first() {
        let mut table = PathTable::new(7);
        let path = Path::Direct(PeerId(1));
        table.insert(path, PeerKey(1));
        table.insert(path, PeerKey(2));

        table.remove(&path, PeerKey(1));

        assert_eq!(table.get(&path), Some(PeerKey(2)));
    }

    #[test]
    fn neighbouring_ports_spread_over_the_table() {
        let seed = Seed(99);
        let mut buckets = [0_u32; 64];
        for port in 0..6400 {
            let remote = SocketAddr::from(([10, 0, 0, 1], port));
            buckets[(seed.hash_one(Path::Udp { remote, local: None }) % 64) as usize] += 1;
        }
        assert!(buckets.iter().all(|&count| (50..150).contains(&count)), "{buckets:?}");
    }
}

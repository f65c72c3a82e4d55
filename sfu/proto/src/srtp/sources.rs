//! A bounded table of sources, found by SSRC without a keyed hash.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// State per SSRC. Entries exist only for sources of packets that were ours or authentic, so that who could choose
/// colliding SSRCs is the peer itself, and only up to the bound.
#[derive(Debug)]
pub(super) struct Sources<T> {
    entries: HashMap<u32, Entry<T>, BuildHasherDefault<SsrcHasher>>,
    uses: u64,
}

#[derive(Debug)]
struct Entry<T> {
    last_use: u64,
    state: T,
}

impl<T> Sources<T> {
    pub(super) fn new() -> Self {
        Self { entries: HashMap::default(), uses: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The state of a source, without counting as use of it.
    pub(super) fn peek(&self, ssrc: u32) -> Option<&T> {
        self.entries.get(&ssrc).map(|entry| &entry.state)
    }

    /// The state of a source that is being used.
    pub(super) fn touch(&mut self, ssrc: u32) -> Option<&mut T> {
        self.uses += 1;
        let entry = self.entries.get_mut(&ssrc)?;
        entry.last_use = self.uses;
        Some(&mut entry.state)
    }

    /// Adds a source.
    pub(super) fn insert(&mut self, ssrc: u32, state: T) {
        self.uses += 1;
        self.entries.insert(ssrc, Entry { last_use: self.uses, state });
    }

    /// Forgets the source that has been idle longest.
    pub(super) fn evict_idlest(&mut self) {
        let idlest = self.entries.iter().min_by_key(|(_, entry)| entry.last_use).map(|(&ssrc, _)| ssrc);
        if let Some(ssrc) = idlest {
            self.entries.remove(&ssrc);
        }
    }
}

/// Spreads SSRCs, which are random already, over both ends of the hash that the map looks at.
#[derive(Debug, Default)]
pub(super) struct SsrcHasher(u64);

impl Hasher for SsrcHasher {
    fn write(&mut self, _: &[u8]) {
        unreachable!("an SSRC hashes as u32");
    }

    fn write_u32(&mut self, ssrc: u32) {
        self.0 = u64::from(ssrc).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 ^= self.0 >> 32;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

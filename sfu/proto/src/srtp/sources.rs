//! A bounded table of sources, found by SSRC without a keyed hash.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// State per SSRC. Entries exist only for sources of packets that were ours or authentic, so that who could choose
/// colliding SSRCs is the peer itself, and only up to the bound.
///
/// Packets come in runs of one source: the one used last is found where it lies, without the index.
#[derive(Debug)]
pub(super) struct Sources<T> {
    entries: Vec<Entry<T>>,
    index: HashMap<u32, u32, BuildHasherDefault<SsrcHasher>>,
    last: usize,
    uses: u64,
}

#[derive(Debug)]
struct Entry<T> {
    ssrc: u32,
    last_use: u64,
    state: T,
}

impl<T> Sources<T> {
    pub(super) fn new() -> Self {
        Self { entries: Vec::new(), index: HashMap::default(), last: 0, uses: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The state of a source, without counting as use of it.
    pub(super) fn peek(&self, ssrc: u32) -> Option<&T> {
        Some(&self.entries[self.find(ssrc)?].state)
    }

    /// The state of a source that is being used.
    pub(super) fn touch(&mut self, ssrc: u32) -> Option<&mut T> {
        self.uses += 1;
        self.last = self.find(ssrc)?;
        let entry = &mut self.entries[self.last];
        entry.last_use = self.uses;
        Some(&mut entry.state)
    }

    /// The state of the source that was used last.
    pub(super) fn last(&self) -> Option<&T> {
        self.entries.get(self.last).map(|entry| &entry.state)
    }

    /// Adds a source that is not known.
    pub(super) fn insert(&mut self, ssrc: u32, state: T) {
        self.uses += 1;
        self.last = self.entries.len();
        self.index.insert(ssrc, self.last as u32);
        self.entries.push(Entry { ssrc, last_use: self.uses, state });
    }

    /// Forgets the source that has been idle longest.
    pub(super) fn evict_idlest(&mut self) {
        let idlest = self.entries.iter().enumerate().min_by_key(|(_, entry)| entry.last_use);
        let Some((place, _)) = idlest else { return };
        self.index.remove(&self.entries.swap_remove(place).ssrc);
        if let Some(moved) = self.entries.get(place) {
            self.index.insert(moved.ssrc, place as u32);
        }
    }

    fn find(&self, ssrc: u32) -> Option<usize> {
        if self.entries.get(self.last).is_some_and(|entry| entry.ssrc == ssrc) {
            return Some(self.last);
        }
        self.index.get(&ssrc).map(|&place| place as usize)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_agrees_with_a_plain_map() {
        let (mut table, mut plain) = (Sources::new(), HashMap::new());
        let mut state = 1_u64;
        for use_ in 0..20_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let ssrc = (state >> 40) as u32 % 60;
            match table.touch(ssrc) {
                Some(value) => *value = use_,
                None => {
                    if table.len() == 40 {
                        let idlest = *plain.iter().min_by_key(|(_, use_)| **use_).expect("forty").0;
                        plain.remove(&idlest);
                        table.evict_idlest();
                    }
                    table.insert(ssrc, use_);
                }
            }
            plain.insert(ssrc, use_);
            assert_eq!(table.len(), plain.len());
            assert!((0..60).all(|ssrc| table.peek(ssrc) == plain.get(&ssrc)));
        }
    }
}

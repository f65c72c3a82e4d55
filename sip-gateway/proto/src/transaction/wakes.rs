//! When which transaction wants to be woken: one entry for each, taken out as soon as it is not true any more.

use std::collections::BTreeSet;
use std::time::Instant;

#[derive(Debug)]
pub(super) struct Wakes<K>(BTreeSet<(Instant, K)>);

impl<K: Ord + Copy> Wakes<K> {
    pub(super) fn new() -> Self {
        Self(BTreeSet::new())
    }

    /// Moves the entry of `key`, which was at `known`, to `next`.
    pub(super) fn set(&mut self, key: K, known: &mut Option<Instant>, next: Option<Instant>) {
        if *known == next {
            return;
        }
        if let Some(at) = std::mem::replace(known, next) {
            self.0.remove(&(at, key));
        }
        if let Some(at) = next {
            self.0.insert((at, key));
        }
    }

    pub(super) fn first(&self) -> Option<Instant> {
        self.0.first().map(|(at, _)| *at)
    }

    /// Somebody whose time has come. Until its entry is moved, it comes again.
    pub(super) fn due(&self, now: Instant) -> Option<K> {
        self.0.first().filter(|(at, _)| *at <= now).map(|(_, key)| *key)
    }
}

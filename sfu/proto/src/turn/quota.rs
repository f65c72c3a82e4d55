//! Who has how many allocations: counted when one is made, so that nothing in between is free.

use std::collections::HashMap;
use std::hash::Hash;

use super::credentials::Participant;
use super::limits::Limits;
use super::sources::Source;

#[derive(Debug, Default)]
pub(super) struct Quotas {
    participants: HashMap<Participant, usize>,
    sources: HashMap<Source, usize>,
    total: usize,
}

/// Why there is no further allocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exhausted {
    /// Whoever asks has as many as anybody may have.
    Own,
    /// The server has as many as it may have.
    Server,
}

impl Quotas {
    /// Counts one more, if there may be one.
    pub(super) fn take(
        &mut self,
        limits: &Limits,
        participant: Participant,
        source: Source,
    ) -> Result<(), Exhausted> {
        let has = |count: Option<&usize>, most: usize| count.is_some_and(|count| *count >= most);
        if has(self.participants.get(&participant), limits.allocations_per_participant)
            || has(self.sources.get(&source), limits.allocations_per_source)
        {
            return Err(Exhausted::Own);
        }
        if self.total >= limits.allocations {
            return Err(Exhausted::Server);
        }
        *self.participants.entry(participant).or_default() += 1;
        *self.sources.entry(source).or_default() += 1;
        self.total += 1;
        Ok(())
    }

    /// Counts one less.
    pub(super) fn give_back(&mut self, participant: Participant, source: Source) {
        decrease(&mut self.participants, participant);
        decrease(&mut self.sources, source);
        self.total -= 1;
    }
}

/// Nobody who has none is remembered.
fn decrease<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: K) {
    if let Some(count) = counts.get_mut(&key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&key);
        }
    }
}

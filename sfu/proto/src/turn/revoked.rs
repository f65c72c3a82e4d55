//! Who has gone, for as long as what they were given would still be good.

use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

use super::credentials::Participant;

#[derive(Debug, Default)]
pub(super) struct Revoked {
    until: HashMap<Participant, Instant>,
    by_time: BTreeSet<(Instant, Participant)>,
}

impl Revoked {
    /// Remembers one; whoever would be forgotten the soonest makes room.
    pub(super) fn insert(&mut self, now: Instant, participant: Participant, until: Instant, most: usize) {
        if let Some(before) = self.until.insert(participant, until) {
            self.by_time.remove(&(before, participant));
        }
        self.by_time.insert((until, participant));
        while self.by_time.first().is_some_and(|(until, _)| *until <= now || self.until.len() > most) {
            if let Some((_, forgotten)) = self.by_time.pop_first() {
                self.until.remove(&forgotten);
            }
        }
    }

    pub(super) fn contains(&self, now: Instant, participant: Participant) -> bool {
        self.until.get(&participant).is_some_and(|until| *until > now)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::credentials::Authority;
    use super::*;

    #[test]
    fn those_who_went_are_remembered_until_their_time_and_no_more_than_so_many() {
        let authority = Authority::new(&[1; 32], "palabre");
        let who = |n: u64| authority.participant("room", "alice", &n.to_string());
        let start = Instant::now();
        let mut revoked = Revoked::default();
        for n in 0..100 {
            revoked.insert(start, who(n), start + Duration::from_secs(n + 1), 10);
        }
        assert_eq!((revoked.until.len(), revoked.by_time.len()), (10, 10));
        assert!(revoked.contains(start, who(99)) && !revoked.contains(start, who(89)));
        assert!(!revoked.contains(start + Duration::from_secs(100), who(99)));

        let later = start + Duration::from_secs(95);
        revoked.insert(later, who(99), later + Duration::from_secs(9), 10);
        assert!(revoked.contains(later, who(99)));
        assert_eq!((revoked.until.len(), revoked.by_time.len()), (5, 5));
    }
}

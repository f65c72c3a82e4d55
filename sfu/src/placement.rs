//! Which shard a new conference goes to.

/// What a shard carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Load {
    pub(crate) peers: u64,
    pub(crate) conferences: u64,
}

/// The index of the shard with the fewest peers, and among equals with the fewest conferences: a room opened a moment
/// ago has no peers yet, and the next one should not join it.
pub(crate) fn least_loaded(shards: impl IntoIterator<Item = Load>) -> Option<usize> {
    shards
        .into_iter()
        .enumerate()
        .min_by_key(|(_, load)| (load.peers + load.conferences, load.conferences))
        .map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shard_with_the_fewest_peers_is_taken() {
        let shards = [load(20, 1), load(3, 1), load(9, 1)];
        assert_eq!(least_loaded(shards), Some(1));
    }

    #[test]
    fn rooms_opened_at_once_are_spread_although_nobody_is_in_them_yet() {
        let shards = [load(0, 2), load(0, 1)];
        assert_eq!(least_loaded(shards), Some(1));
    }

    #[test]
    fn no_shard_no_place() {
        assert_eq!(least_loaded([]), None);
    }

    fn load(peers: u64, conferences: u64) -> Load {
        Load { peers, conferences }
    }
}

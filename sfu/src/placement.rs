//! Which shard a new conference goes to.

/// What a shard carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Load {
    /// Peers and subscriptions.
    pub(crate) carried: u64,
    pub(crate) conferences: u64,
}

/// The shards in the order in which they should be asked: those with the least to carry first, and among equals those
/// with the fewest conferences, since a room opened a moment ago has no peers yet and the next one should not join it.
pub(crate) fn by_preference(shards: impl IntoIterator<Item = Load>) -> Vec<usize> {
    let shards: Vec<Load> = shards.into_iter().collect();
    let mut order: Vec<usize> = (0..shards.len()).collect();
    order
        .sort_by_key(|&index| (shards[index].carried + shards[index].conferences, shards[index].conferences));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shard_that_carries_least_is_asked_first() {
        let shards = [load(20, 1), load(3, 1), load(9, 1)];
        assert_eq!(by_preference(shards), [1, 2, 0]);
    }

    #[test]
    fn rooms_opened_at_once_are_spread_although_nobody_is_in_them_yet() {
        let shards = [load(0, 2), load(0, 1)];
        assert_eq!(by_preference(shards), [1, 0]);
    }

    #[test]
    fn no_shard_no_place() {
        assert!(by_preference([]).is_empty());
    }

    fn load(carried: u64, conferences: u64) -> Load {
        Load { carried, conferences }
    }
}

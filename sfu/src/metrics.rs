//! Counters for operators.

use std::sync::{Mutex, PoisonError};

use sfu_proto::{relief::Relief, stats::SfuStats};

/// The counters of all shards together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Media threads.
    pub shards: u64,
    /// What the shards' machines have counted.
    pub sfu: SfuStats,
    /// What the shard that has most to do leaves out.
    pub relief: Relief,
    /// ICE-TCP connections there are.
    pub tcp_connections: u64,
    /// Datagrams of any kind that the kernel did not take from us, and frames that a connection had no room for.
    pub dropped_send: u64,
    /// Datagrams longer than any that we take.
    pub dropped_oversized: u64,
    /// Packets that a direct peer did not take in time.
    pub dropped_direct: u64,
    /// Packets for another shard that was behind.
    pub dropped_bridged: u64,
    /// Events that the rooms did not take in time and that could be spared.
    pub dropped_events: u64,
}

impl Stats {
    /// Adds the counters of another shard.
    pub(crate) fn add(&mut self, other: &Self) {
        self.sfu.add(&other.sfu);
        self.relief = self.relief.max(other.relief);
        self.tcp_connections += other.tcp_connections;
        self.dropped_send += other.dropped_send;
        self.dropped_oversized += other.dropped_oversized;
        self.dropped_direct += other.dropped_direct;
        self.dropped_bridged += other.dropped_bridged;
        self.dropped_events += other.dropped_events;
    }
}

/// Where a shard publishes its counters, once per turn of its loop.
#[derive(Debug, Default)]
pub(crate) struct Published(Mutex<Stats>);

impl Published {
    pub(crate) fn publish(&self, stats: Stats) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = stats;
    }

    pub(crate) fn read(&self) -> Stats {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

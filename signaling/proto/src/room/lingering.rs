//! Transports of those who were told to go, or said that they go. Their tracks end at once, but the transport itself
//! lingers for a moment: a client that finds its media gone before it has closed it takes that for a fault.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::{MediaCommand, PeerKey, Room};

/// Transports that nobody in the room uses any more, the one that ends next first.
#[derive(Debug, Default)]
pub(super) struct Lingering {
    queue: VecDeque<(Instant, PeerKey)>,
}

impl Lingering {
    /// Adds a transport; returns the oldest one if there are too many then.
    fn add(&mut self, now: Instant, peer: PeerKey, limit: usize) -> Option<PeerKey> {
        // One patience for all, so that the order of coming is that of ending.
        self.queue.push_back((now + PATIENCE, peer));
        match self.queue.len() > limit {
            true => self.queue.pop_front().map(|(_, peer)| peer),
            false => None,
        }
    }

    fn take_due(&mut self, now: Instant) -> Option<PeerKey> {
        self.queue.pop_front_if(|(until, _)| *until <= now).map(|(_, peer)| peer)
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.queue.front().map(|(until, _)| *until)
    }
}

impl Room {
    /// Whether transports of former participants are still to end. So it may be even when the room has ended.
    #[must_use]
    pub fn has_lingering_transports(&self) -> bool {
        self.lingering.next_deadline().is_some()
    }

    /// Leaves a transport whose tracks have ended to its client for a moment.
    pub(super) fn linger(&mut self, now: Instant, peer: PeerKey) {
        let surplus = self.lingering.add(now, peer, self.limits.lingering_transports);
        if let Some(peer) = surplus {
            self.command(MediaCommand::Leave { peer });
        }
        if let Some(until) = self.lingering.next_deadline() {
            self.arm(until);
        }
    }

    /// The media engine reports that a transport has ended by itself.
    pub(super) fn forget_lingering(&mut self, peer: PeerKey) {
        self.lingering.queue.retain(|(_, lingering)| *lingering != peer);
    }

    pub(super) fn end_lingering(&mut self, now: Instant) {
        while let Some(peer) = self.lingering.take_due(now) {
            self.command(MediaCommand::Leave { peer });
        }
    }
}

/// How long a client that goes may take to close its media itself.
const PATIENCE: Duration = Duration::from_secs(2);

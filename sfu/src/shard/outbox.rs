//! Events on their way to one conference's room, through a bounded channel.
//!
//! The rule when the channel is full: what is only of this moment is dropped (lossy data, speakers, quality). All else
//! waits here, in order, and as long as anything waits no reliable data is read from the conference's peers, so that
//! their senders are held back by SCTP instead of losing messages in silence. What can still be added meanwhile is
//! bounded by what the room itself has asked for. A room that takes nothing at all is given up.

use std::collections::VecDeque;

use sfu_proto::io::{DataChannel, Event};
use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

/// The way to one room.
#[derive(Debug)]
pub(crate) struct Outbox {
    room: Sender<Event>,
    waiting: VecDeque<Event>,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    Sent,
    Kept,
    Dropped,
}

impl Outbox {
    pub(crate) fn new(room: Sender<Event>) -> Self {
        Self { room, waiting: VecDeque::new() }
    }

    /// Sends an event, or keeps it, or drops it.
    pub(crate) fn push(&mut self, event: Event) -> Taken {
        if !self.waiting.is_empty() {
            return self.keep(event);
        }
        match self.room.try_send(event) {
            Ok(()) | Err(TrySendError::Closed(_)) => Taken::Sent,
            Err(TrySendError::Full(event)) => self.keep(event),
        }
    }

    /// Sends what waits, as far as there is room.
    pub(crate) fn retry(&mut self) {
        while let Some(event) = self.waiting.pop_front() {
            if let Err(TrySendError::Full(event)) = self.room.try_send(event) {
                self.waiting.push_front(event);
                return;
            }
        }
    }

    /// Whether the room is behind.
    pub(crate) fn is_behind(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether the room is so far behind that nobody can be there.
    pub(crate) fn is_hopeless(&self) -> bool {
        self.waiting.len() > HOPELESS
    }

    fn keep(&mut self, event: Event) -> Taken {
        match event {
            Event::Speakers { .. }
            | Event::Quality { .. }
            | Event::Data { channel: DataChannel::Lossy, .. } => Taken::Dropped,
            Event::PeerConnected { .. }
            | Event::PeerClosed { .. }
            | Event::DataChannelOpen { .. }
            | Event::Data { .. }
            | Event::UpTrackStarted { .. }
            | Event::DownTrackPaused { .. } => {
                self.waiting.push_back(event);
                Taken::Kept
            }
        }
    }
}

/// Events that wait for a room at most; each peer and each track of a large conference has had a few by then.
const HOPELESS: usize = 16_384;

#[cfg(test)]
mod tests {
    use sfu_proto::id::PeerId;
    use tokio::sync::mpsc;

    use super::*;

    #[test]
    fn what_must_arrive_waits_in_order_and_what_is_of_the_moment_is_dropped() {
        let (sender, mut room) = mpsc::channel(1);
        let mut outbox = Outbox::new(sender);

        assert_eq!(outbox.push(data(DataChannel::Reliable, 1)), Taken::Sent);
        assert_eq!(outbox.push(data(DataChannel::Reliable, 2)), Taken::Kept);
        assert_eq!(outbox.push(data(DataChannel::Lossy, 3)), Taken::Dropped);
        assert_eq!(outbox.push(data(DataChannel::Reliable, 4)), Taken::Kept);
        assert!(outbox.is_behind());

        let mut received = Vec::new();
        while let Ok(event) = room.try_recv() {
            received.push(event);
            outbox.retry();
        }
        assert_eq!(received, [1, 2, 4].map(|byte| data(DataChannel::Reliable, byte)));
        assert!(!outbox.is_behind());
    }

    #[test]
    fn a_room_that_has_gone_holds_nothing_up() {
        let (sender, room) = mpsc::channel(1);
        let mut outbox = Outbox::new(sender);
        outbox.push(data(DataChannel::Reliable, 1));
        outbox.push(data(DataChannel::Reliable, 2));
        drop(room);

        outbox.retry();

        assert!(!outbox.is_behind());
    }

    fn data(channel: DataChannel, byte: u8) -> Event {
        Event::Data { peer: PeerId(1), channel, payload: vec![byte] }
    }
}

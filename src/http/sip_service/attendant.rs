//! What is to be done for a call while it goes on, after whoever ordered it has been answered.

use std::time::Duration;

use sip_gateway::PhonesHandle;
use sip_gateway_proto::call::{LegId, ScreenEvent, ScreenNews};
use tokio::sync::broadcast;

/// Ends a call that rings or talks for too long, and presses keys once it is answered.
pub(super) struct Attendant {
    pub(super) phones: PhonesHandle,
    pub(super) leg: LegId,
    /// The news of all calls, from before this one began.
    pub(super) news: broadcast::Receiver<ScreenNews>,
    pub(super) wishes: Wishes,
}

/// What was ordered with a call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Wishes {
    /// How long it may ring; without end, unless the numbering plan has one.
    pub(super) ringing: Option<Duration>,
    /// How long it may be talked; without end otherwise.
    pub(super) talking: Option<Duration>,
    /// Keys to be pressed towards the phone once it is answered; `w` is a pause of half a second.
    pub(super) keys: String,
}

impl Wishes {
    /// Whether there is something to attend to.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Attendant {
    /// Attends to the call until nothing is left to do, or the call has ended.
    pub(super) async fn run(mut self) {
        let Wishes { ringing, talking, keys } = std::mem::take(&mut self.wishes);
        match self.within(ringing, Self::answered).await {
            Some(true) => {}
            Some(false) => return,
            None => return self.hang_up().await,
        }
        for key in keys.chars() {
            let pause = if key == 'w' { PAUSE } else { BETWEEN_KEYS };
            if key != 'w' && self.phones.press(self.leg, key).await.is_err() {
                return;
            }
            tokio::time::sleep(pause).await;
        }
        if talking.is_some() && self.within(talking, Self::ended).await.is_none() {
            self.hang_up().await;
        }
    }

    /// Whether it was answered before it ended.
    async fn answered(&mut self) -> bool {
        loop {
            match self.next().await {
                Some(ScreenEvent::Answered { .. }) => return true,
                Some(ScreenEvent::Ended { .. }) | None => return false,
                Some(_) => {}
            }
        }
    }

    async fn ended(&mut self) -> bool {
        while !matches!(self.next().await, Some(ScreenEvent::Ended { .. }) | None) {}
        true
    }

    /// The next news of the call; `None` when it is lost sight of.
    async fn next(&mut self) -> Option<ScreenEvent> {
        loop {
            match self.news.recv().await {
                Ok(ScreenNews { leg, event, .. }) if leg == self.leg => return Some(event),
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "a call is attended to no more");
                    return None;
                }
            }
        }
    }

    /// Waits for something, but not longer than that; `None` when the time is over.
    async fn within<'a, F: Future<Output = bool> + 'a>(
        &'a mut self,
        limit: Option<Duration>,
        wait: impl FnOnce(&'a mut Self) -> F,
    ) -> Option<bool> {
        let wait = wait(self);
        match limit {
            Some(limit) => tokio::time::timeout(limit, wait).await.ok(),
            None => Some(wait.await),
        }
    }

    async fn hang_up(&self) {
        // It may have ended by itself just now.
        let _ = self.phones.hang_up(self.leg).await;
    }
}

/// Keys that come faster are not told apart by every machine.
const BETWEEN_KEYS: Duration = Duration::from_millis(300);
const PAUSE: Duration = Duration::from_millis(500);

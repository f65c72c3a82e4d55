//! What is at the end of a leg: a phone or a trunk by its dialog, or a room in which browsers are.

use std::time::Instant;

use super::room_end::RoomEnd;
use crate::flow::Flow;
use crate::leg::{self, Leg, Offered, Reason};
use crate::message::{Headers, StatusCode};
use crate::sdp::{Agreed, LocalAudio, NegotiationError};

/// One end of a call.
#[derive(Debug)]
pub(super) enum Side {
    /// A phone, or somebody behind a trunk.
    Phone(Box<Leg>),
    /// A room.
    Room(Box<RoomEnd>),
}

/// What both can be asked and told. A room speaks no SIP, so that much of it means nothing there.
impl Side {
    pub(super) fn phone(&self) -> Option<&Leg> {
        match self {
            Self::Phone(leg) => Some(leg),
            Self::Room(_) => None,
        }
    }

    pub(super) fn phone_mut(&mut self) -> Option<&mut Leg> {
        match self {
            Self::Phone(leg) => Some(leg),
            Self::Room(_) => None,
        }
    }

    pub(super) fn room(&self) -> Option<&RoomEnd> {
        match self {
            Self::Phone(_) => None,
            Self::Room(room) => Some(room),
        }
    }

    pub(super) fn room_mut(&mut self) -> Option<&mut RoomEnd> {
        match self {
            Self::Phone(_) => None,
            Self::Room(room) => Some(room),
        }
    }

    /// The flow that its requests go down.
    pub(super) fn flow(&self) -> Option<Flow> {
        self.phone().map(Leg::flow)
    }

    /// Whether the call stands there.
    pub(super) fn is_confirmed(&self) -> bool {
        match self {
            Self::Phone(leg) => leg.is_confirmed(),
            Self::Room(room) => room.is_confirmed(),
        }
    }

    /// Whether nothing is left to say or hear.
    pub(super) fn is_over(&self) -> bool {
        match self {
            Self::Phone(leg) => leg.is_over(),
            Self::Room(room) => room.is_over(),
        }
    }

    /// What was agreed on last; a room agrees on nothing.
    pub(super) fn agreed(&self) -> Option<&Agreed> {
        self.phone()?.agreed()
    }

    /// What a caller's INVITE offers.
    pub(super) fn offered(&self) -> Option<Offered> {
        self.phone()?.offered()
    }

    /// Whether it keeps the other side waiting.
    pub(super) fn holds(&self) -> bool {
        match self {
            Self::Phone(leg) => leg.agreed().is_some_and(|agreed| agreed.held),
            Self::Room(room) => room.holds,
        }
    }

    pub(super) fn poll_output(&mut self) -> Option<leg::Output> {
        self.phone_mut()?.poll_output()
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        match self {
            Self::Phone(leg) => leg.poll_timeout(),
            Self::Room(room) => room.poll_timeout(),
        }
    }

    /// Accepts the call. A room that calls stands already, and one that is called is answered by who sits there.
    pub(super) fn answer(&mut self, now: Instant, local: &LocalAudio) -> Result<(), NegotiationError> {
        match self {
            Self::Phone(leg) => leg.answer(now, local),
            Self::Room(_) => Ok(()),
        }
    }

    /// Ends it as its state demands.
    pub(super) fn hang_up(&mut self, now: Instant, reason: Option<Reason>) {
        match self {
            Self::Phone(leg) => leg.hang_up(now, reason),
            Self::Room(room) => room.end(),
        }
    }

    /// Refuses a caller.
    pub(super) fn refuse(&mut self, now: Instant, status: StatusCode) {
        match self {
            Self::Phone(leg) => leg.refuse(now, status, Headers::new()),
            Self::Room(room) => room.end(),
        }
    }
}

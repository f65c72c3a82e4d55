//! Who waits at a door, and what has become of it.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::watch;

use super::super::Admission;
use super::super::schedule::Badge;
use crate::accounts::UserId;

#[derive(Debug)]
pub(super) struct Guest {
    pub(super) ticket: String,
    pub(super) identity: String,
    pub(super) name: String,
    pub(super) phone: Option<String>,
    pub(super) badge: Option<Badge>,
    pub(super) since: Timestamp,
    pub(super) knock: watch::Sender<Knock>,
    /// When to forget it, unless somebody attends.
    pub(super) absent_since: Option<Instant>,
    pub(super) attending: usize,
}

impl Guest {
    pub(super) fn waits(&self) -> bool {
        *self.knock.borrow() == Knock::Waiting
    }

    pub(super) fn seat(&self) -> Option<i64> {
        self.badge.as_ref().map(|badge| badge.seat)
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.absent_since.map(|since| since + ABSENCE)
    }
}

/// A guest who waits, as a host sees it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Waiting {
    /// By which it is admitted or refused.
    pub ticket: String,
    /// As the guest wrote it.
    pub name: String,
    /// From which number, if it is a telephone.
    pub phone: Option<String>,
    /// For which party, if the guest has a seat.
    pub party: Option<String>,
    /// The number of that party, by which all of it is admitted.
    pub party_id: Option<i64>,
    /// The party's country, ISO 3166, if it is one.
    pub country: Option<String>,
    /// As what.
    pub title: Option<String>,
    /// Since when.
    pub since: Timestamp,
}

/// What has become of a knock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knock {
    /// Nobody has decided.
    Waiting,
    /// A host lets the guest in.
    Admitted,
    /// A host does not.
    Refused,
    /// The meeting has ended.
    Ended,
}

/// What a guest who knocked holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Names the knock; only its guest and the hosts know it.
    pub ticket: String,
}

/// Who knocks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Caller {
    /// By what name.
    pub name: String,
    /// From which number, if by telephone.
    pub phone: Option<String>,
    /// The seat, if there is one for them.
    pub badge: Option<Badge>,
    /// The account, of who has one.
    pub user: Option<UserId>,
}

impl Caller {
    /// The identity inside.
    pub(super) fn identity(&self) -> String {
        match &self.user {
            Some(user) => Admission::identity_of(user),
            None => Admission::guest_identity(self.badge.as_ref()),
        }
    }
}

/// Why somebody cannot wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{limit} guests are waiting already")]
pub struct KnockError {
    /// How many may.
    pub limit: usize,
}

/// How long a ticket outlives its holder's presence.
pub(super) const ABSENCE: Duration = Duration::from_secs(20);

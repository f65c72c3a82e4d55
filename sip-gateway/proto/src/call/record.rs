//! What is remembered of calls, one record per leg.

use std::time::Instant;

use super::media_plane::{LegId, MediaReport};
use crate::plan::{PostId, TrunkId};

/// Identifies a call, which ties its legs together; never used twice while the program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(pub u64);

/// One leg of a call as it stands. It is told when the leg begins, when it is answered and when it ends, each time whole.
#[derive(Debug, Clone, PartialEq)]
pub struct LegRecord {
    /// The call.
    pub call: CallId,
    /// The leg.
    pub leg: LegId,
    /// Whether the other side called us, or we called it.
    pub inbound: bool,
    /// Who calls: an extension's number, or a public one in E.164.
    pub from: String,
    /// The caller's name, as displays show it.
    pub from_name: String,
    /// What was dialled.
    pub dialled: String,
    /// Who was reached on this leg: an extension's number, or a public one in E.164.
    pub to: String,
    /// What carries it.
    pub route: RecordedRoute,
    /// When the leg began.
    pub began: Instant,
    /// When it first rang.
    pub ringing: Option<Instant>,
    /// When it was answered.
    pub answered: Option<Instant>,
    /// When and why it ended.
    pub ended: Option<(Instant, EndCause)>,
    /// How the sound was; filled when the leg ends.
    pub media: MediaReport,
}

/// What carried a leg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordedRoute {
    /// Our own network: it cost nothing.
    OnNet {
        /// The post of the extension.
        post: PostId,
    },
    /// Browsers of an extension: it cost nothing.
    Browser {
        /// The post of the extension.
        post: PostId,
    },
    /// A meeting: it cost nothing.
    Room {
        /// The post of whoever dialled in or called out.
        post: PostId,
    },
    /// A trunk.
    Trunk {
        /// Which.
        trunk: TrunkId,
        /// Whose line it is.
        post: PostId,
    },
}

/// Why a leg ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndCause {
    /// The side of this leg hung up.
    HungUp,
    /// The other side hung up.
    OtherHungUp,
    /// It was given up before it was answered.
    Cancelled,
    /// Another device or member answered.
    AnsweredElsewhere,
    /// It was transferred away.
    Transferred,
    /// The callee refused or could not, by the status of the response.
    Refused(u16),
    /// Nobody answered in time.
    NoAnswer,
    /// The other side was not heard of any more: no sound, no session refresh, no connection.
    Lost,
    /// We could not go on, in a word.
    Failed(&'static str),
}

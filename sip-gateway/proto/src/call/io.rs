//! What calls need around them, and what they want done.

use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::door::{Entry, Visitor};
use super::media_plane::{LegId, MediaPlane, RecordingId};
use super::record::LegRecord;
use super::screen::ScreenNews;
use super::seat::{SeatOrder, SeatStatus};
use super::voicemail::MailboxCommand;
use crate::flow::Flow;
use crate::message::{HeaderName, Headers, Request, Response};
use crate::plan::{Plan, TrunkId};
use crate::subscription::MessageCount;
use crate::transaction::ServerKey;
use crate::ua::registrar::Registrar;

/// What calls look at and act upon; lent to them for one input.
pub struct Around<'a> {
    /// The time.
    pub now: Instant,
    /// The numbering plan of the moment.
    pub plan: &'a Plan,
    /// Who can be reached where.
    pub registrar: &'a Registrar,
    /// The sound.
    pub media: &'a mut dyn MediaPlane,
    /// The state of the trunks.
    pub trunks: &'a mut dyn TrunkTable,
    /// Which address of ours a peer can reach, by the flow to it.
    pub address: &'a dyn Fn(&Flow) -> SocketAddr,
    /// What waits in the mailbox of an extension, by its number.
    pub mailbox: &'a dyn Fn(&str) -> MessageCount,
    /// What callers hear there, if its owner has said something.
    pub greeting: &'a dyn Fn(&str) -> Option<RecordingId>,
}

/// The state of the trunks, as far as calls need it.
pub trait TrunkTable {
    /// Where to send calls of a trunk; `None` while it is down.
    fn flow(&self, trunk: TrunkId) -> Option<Flow>;

    /// Where to send an emergency call, even if the trunk seems to be down.
    fn flow_in_need(&self, trunk: TrunkId) -> Option<Flow>;

    /// A call was not served at these addresses of a trunk: where else to send it (RFC 3263 §4.3).
    fn another(&mut self, now: Instant, trunk: TrunkId, tried: &[Flow]) -> Option<Flow>;

    /// Answers a trunk's challenge to a request of ours: the field and its value, or `None` if we have no account there or
    /// it did not help.
    fn answer(
        &mut self,
        trunk: TrunkId,
        request: &Request,
        challenge: &Response,
    ) -> Option<(HeaderName, String)>;
}

/// Who an INVITE comes from, as its credentials or its address prove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A device of an extension.
    Device {
        /// The extension's number.
        extension: String,
    },
    /// A trunk.
    Trunk(TrunkId),
}

/// What is to be done for calls.
#[derive(Clone)]
pub enum Output {
    /// Begin a client transaction, whose responses belong to the leg.
    Request {
        /// Whose.
        leg: LegId,
        /// Where to.
        flow: Flow,
        /// What.
        request: Request,
    },
    /// Send an ACK that belongs to no transaction.
    Ack {
        /// Where to.
        flow: Flow,
        /// What.
        request: Request,
    },
    /// Give up a leg's INVITE.
    Cancel {
        /// Whose.
        leg: LegId,
        /// The number in its CSeq.
        cseq: u32,
        /// What the CANCEL says beside its own fields.
        headers: Headers,
    },
    /// Answer within a server transaction.
    Respond {
        /// Which.
        key: ServerKey,
        /// With what.
        response: Response,
    },
    /// A leg began, was answered or ended.
    Record(Box<LegRecord>),
    /// A phone changed a setting by a short code.
    Setting {
        /// Whose.
        extension: String,
        /// What.
        setting: Setting,
    },
    /// Something with a phone's seat in a room.
    Seat(SeatCommand),
    /// Something at the door of a meeting.
    Door(DoorCommand),
    /// Something with a mailbox.
    Mailbox(MailboxCommand),
    /// News for browsers.
    Screen(ScreenNews),
}

/// What is to be done with a phone's seat in a room. It is named by the leg of the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeatCommand {
    /// Take a seat; or somebody else sits on the one that was taken, in the same room and under the same identity.
    Take {
        /// Which.
        leg: LegId,
        /// Who sits where.
        order: Box<SeatOrder>,
    },
    /// The call is so far now.
    Status {
        /// Which.
        leg: LegId,
        /// How far.
        status: SeatStatus,
    },
    /// Show that what is said there is heard by nobody, or is heard again.
    Mute {
        /// Which.
        leg: LegId,
        /// Whether it is kept from the room.
        muted: bool,
    },
    /// Raise its hand, or take it down.
    Hand {
        /// Which.
        leg: LegId,
        /// Whether it is up.
        raised: bool,
    },
    /// Leave the room.
    Leave {
        /// Which.
        leg: LegId,
    },
}

/// What is to be done at the door of a meeting. The leg is the phone's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DoorCommand {
    /// Ask whether it may come in; what was asked before does not count any more.
    Ask {
        /// Whose.
        leg: LegId,
        /// Who.
        visitor: Visitor,
        /// With what.
        entry: Entry,
    },
    /// It has gone away, from the door or from the meeting.
    Leave {
        /// Who.
        leg: LegId,
    },
}

/// A setting that can be changed from the phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// Forward every call, or none.
    ForwardAlways(Option<String>),
    /// Forward calls while busy.
    ForwardBusy(Option<String>),
    /// Forward calls that nobody takes, after the given time if one is given.
    ForwardNoAnswer(Option<String>, Option<Duration>),
    /// Tell callers that it is busy.
    DoNotDisturb(bool),
}

/// Bodies hold keys, so that only first lines are shown.
impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request { leg, request, .. } => {
                write!(f, "Request({leg:?} {} {})", request.method, request.uri)
            }
            Self::Ack { request, .. } => write!(f, "Ack({})", request.uri),
            Self::Cancel { leg, cseq, .. } => write!(f, "Cancel({leg:?} {cseq})"),
            Self::Respond { key, response } => write!(f, "Respond({key:?} {})", response.status),
            Self::Record(record) => write!(f, "Record({:?})", record.leg),
            Self::Setting { extension, setting } => write!(f, "Setting({extension} {setting:?})"),
            Self::Seat(command) => command.fmt(f),
            Self::Door(command) => command.fmt(f),
            Self::Mailbox(command) => command.fmt(f),
            Self::Screen(news) => news.fmt(f),
        }
    }
}

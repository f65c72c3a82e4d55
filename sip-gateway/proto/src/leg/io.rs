//! What goes into a leg and what comes out of it.

use std::fmt;
use std::time::Duration;

use super::reason::Reason;
use super::replaces::Replaces;
use crate::flow::Flow;
use crate::message::{Headers, NameAddr, Request, Response, StatusCode, Uri};
use crate::sdp::{Agreed, Direction, Format, LocalAudio};
use crate::transaction::ServerKey;

/// Whom to call, and as whom.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Where to.
    pub flow: Flow,
    /// The Request-URI: a phone's registered contact, or a number at a trunk.
    pub uri: Uri,
    /// Who calls; a tag is added.
    pub from: NameAddr,
    /// Who is called.
    pub to: NameAddr,
    /// The call's word, random.
    pub call_id: String,
    /// Hops to take first.
    pub route: Vec<NameAddr>,
    /// Where we want to be reached.
    pub contact: Uri,
    /// More header fields: P-Asserted-Identity, Diversion, Alert-Info, …; a Max-Forwards instead of our own.
    pub headers: Headers,
    /// What we bring. With nothing the callee is to make the offer.
    pub local: Option<LocalAudio>,
}

/// The randomness of one leg, which a leg has none of its own.
#[derive(Clone)]
pub struct Tokens {
    /// Our tag.
    pub tag: String,
    /// The number of our session descriptions.
    pub sdp_session: u64,
    /// Where waiting times after a collision come from.
    pub seed: u64,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("tag", &self.tag).finish_non_exhaustive()
    }
}

/// What is to be done for a leg.
#[derive(Clone, PartialEq, Eq)]
pub enum Output {
    /// Begin a client transaction. The request has no Via yet. If that cannot be done, it is a failure like any other.
    Request {
        /// Where to.
        flow: Flow,
        /// What.
        request: Request,
    },
    /// Send the ACK to a 2xx, which is its own transaction and is never repeated by itself. It has no Via yet.
    Ack {
        /// Where to.
        flow: Flow,
        /// What.
        request: Request,
    },
    /// Give up the INVITE of that number.
    Cancel {
        /// The number in its CSeq.
        cseq: u32,
        /// What the CANCEL says beside its own fields: Reason (RFC 3326).
        headers: Headers,
    },
    /// Answer within a server transaction.
    Respond {
        /// Which.
        key: ServerKey,
        /// With what.
        response: Response,
    },
    /// Something the call should know.
    Event(LegEvent),
}

/// Bodies hold keys, so that only first lines are shown.
impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request { request, .. } => write!(f, "Request({} {})", request.method, request.uri),
            Self::Ack { request, .. } => write!(f, "Ack({})", request.uri),
            Self::Cancel { cseq, .. } => write!(f, "Cancel({cseq})"),
            Self::Respond { key, response } => write!(f, "Respond({key:?} {})", response.status),
            Self::Event(event) => write!(f, "Event({event:?})"),
        }
    }
}

/// Something the call should know of a leg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LegEvent {
    /// The callee is being alerted, or something else is going on.
    Ringing {
        /// What its provisional response says.
        status: StatusCode,
    },
    /// Sound may flow before the call is answered. Comes again if another device of the callee takes over.
    EarlyMedia(Agreed),
    /// The call stands: as soon as both sides' descriptions are known, which for a callee is with its answer.
    Answered(Agreed),
    /// The other side offers something: `accept` or `reject_offer` it.
    Offered(Offered),
    /// The other side wants an offer of ours: `accept` makes one.
    OfferWanted,
    /// The other side does not wait for an answer to its offer any more.
    OfferWithdrawn,
    /// Something else was agreed on.
    Renegotiated(Agreed),
    /// Our offer was refused, and all stays as it was.
    OfferFailed(StatusCode),
    /// The other side wants to know who we are; `retry` says it, `surrender` does not.
    Challenged(Response),
    /// The other side asks us to call somebody for it: `accept_refer` or `refuse_refer`.
    Referred(Referral),
    /// A key was pressed, in signalling.
    Key {
        /// `0`–`9`, `*`, `#`, `A`–`D`.
        digit: char,
        /// For how long.
        duration: Duration,
    },
    /// The leg is over, by no command of ours. Nothing but `Challenged` (for the BYE) follows.
    Ended(Ending),
}

/// What the other side offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// Who is to send, as the other side sees it; the old address 0.0.0.0 is read as a hold.
    pub direction: Direction,
    /// Whether it puts us on hold.
    pub held: bool,
    /// The formats of its audio, the most wanted first; none if it has no audio at all.
    pub formats: Vec<Format>,
}

/// What a REFER asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referral {
    /// Whom to call, without header fields.
    pub target: Uri,
    /// Which call of the target is to be taken over: an attended transfer.
    pub replaces: Option<Replaces>,
    /// Who asks, as the target is to be told.
    pub referred_by: Option<NameAddr>,
}

/// How a leg ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The other side hung up.
    HungUp(Option<Reason>),
    /// The caller gave up before we answered.
    Cancelled(Option<Reason>),
    /// The callee refused, or could not. Nothing heard is 408, a broken flow is 503 (RFC 3261 §8.1.3.1).
    Refused {
        /// The status.
        status: StatusCode,
        /// What was said beside it: Reason, Retry-After, Warning, …
        headers: Headers,
    },
    /// The callee is elsewhere: here, the most likely first.
    Redirected(Vec<NameAddr>),
    /// The other side was there and is not any more.
    Lost,
    /// We could not go on, in a word.
    Failed(&'static str),
}

//! One side of a call: an INVITE usage of a dialog, as caller or callee (RFC 3261 §13–§15), with reliable provisional
//! responses (RFC 3262), UPDATE (RFC 3311), session timers (RFC 4028) and REFER (RFC 3515).
//!
//! The call above decides; the leg knows the protocol. Commands that come in a state they make no sense in do nothing.
//! After every input and command the outputs are drained.

mod accepted;
mod callee;
mod caller;
mod capabilities;
mod dice;
mod hang_up;
mod io;
mod keys;
mod peer_offer;
mod progress;
mod reason;
mod refer;
mod renew;
mod replaces;
mod requests;
mod session_timer;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fmt;
use std::time::{Duration, Instant};

pub use io::{Ending, Invitation, LegEvent, Offered, Output, Referral, Tokens};
pub use reason::Reason;
pub use replaces::Replaces;

use self::accepted::Accepted;
use self::callee::Invited;
use self::dice::Dice;
use self::peer_offer::PeerOffer;
use self::progress::Reliable;
use self::refer::Subscription;
use self::renew::Wanted;
use self::session_timer::{SessionTimer, Wish};
use crate::dialog::{Dialog, DialogId};
use crate::flow::Flow;
use crate::message::{CSeq, HeaderName, Headers, Method, Request, Response, StatusCode};
use crate::sdp::{Agreed, LocalAudio, Negotiator};
use crate::transaction::ServerKey;

/// One side of a call.
pub struct Leg {
    state: State,
    /// Whether the INVITE was ours; who has the say over waiting times after a collision (§14.1).
    calling: bool,
    tag: String,
    dice: Dice,
    /// The INVITE that makes the leg: ours without Via, or theirs.
    invite: Request,
    /// Where the INVITE came from or went to.
    flow: Flow,
    /// The dialog of the call; a caller's from the first 2xx on.
    usage: Option<Usage>,
    /// The dialogs that an INVITE of ours has made so far, one per device behind the next hop.
    early: Vec<Usage>,
    /// The state after our first offer, from which each of those dialogs goes on.
    exchange: Negotiator,
    /// What we brought last.
    local: Option<LocalAudio>,
    /// The highest number of our requests in all those dialogs, so that each number means one request.
    cseq: u32,
    pending: Vec<Pending>,
    challenged: Option<(Pending, Response)>,
    challenges: u8,
    /// ACKs of ours, for 2xx that come again.
    acks: VecDeque<Acked>,
    invited: Option<Invited>,
    reliable: Option<Reliable>,
    /// The number of our last reliable provisional response, whose PRACK may come late.
    last_reliable: Option<u32>,
    accepted: Option<Accepted>,
    peer_offer: Option<PeerOffer>,
    wanted: Option<Wanted>,
    /// When an offer that collided is made again.
    again_at: Option<Instant>,
    wish: Wish,
    timer: Option<SessionTimer>,
    subscription: Option<Subscription>,
    /// The last status that was told as ringing.
    rang: Option<StatusCode>,
    /// Hung up before the ACK came, which a BYE must wait for.
    parting: Option<Option<Reason>>,
    /// When an ended leg stops waiting for the other side's last words.
    gone_at: Option<Instant>,
    outputs: VecDeque<Output>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Our INVITE has no final response.
    Calling,
    /// The 2xx to our INVITE has an offer, which the ACK is to answer.
    Accepting,
    /// Their INVITE has no final response.
    Invited,
    /// The INVITE was accepted.
    Confirmed,
    Over,
}

/// A dialog and what was agreed on in it.
struct Usage {
    dialog: Dialog,
    negotiator: Negotiator,
    agreed: Option<Agreed>,
    /// Whether the first offer and answer are done for certain, and not only in a response that may get lost.
    settled: bool,
    /// The newest reliable provisional response that we confirmed: its request and its number.
    confirmed: Option<(u32, u32)>,
    allows_update: bool,
}

/// A client transaction of ours.
struct Pending {
    cseq: u32,
    method: Method,
    /// The other side's tag; empty for the INVITE that makes the leg.
    tag: String,
    purpose: Purpose,
    request: Request,
    flow: Flow,
}

enum Purpose {
    /// The INVITE that makes the leg.
    Invite,
    /// A re-INVITE or UPDATE.
    Renew(Box<Wanted>),
    Bye,
    Notify,
    /// The question whether the other side still has the call.
    Probe,
    /// PRACK, INFO: nobody waits for the answer.
    Other,
}

/// An ACK of ours: of which INVITE, to which device.
struct Acked {
    cseq: u32,
    tag: String,
    flow: Flow,
    request: Request,
}

impl Leg {
    fn begin(state: State, tokens: Tokens, invite: Request, flow: Flow, exchange: Negotiator) -> Self {
        Self {
            state,
            calling: state == State::Calling,
            tag: tokens.tag,
            dice: Dice::new(tokens.seed),
            invite,
            flow,
            usage: None,
            early: Vec::new(),
            exchange,
            local: None,
            cseq: 0,
            pending: Vec::new(),
            challenged: None,
            challenges: 0,
            acks: VecDeque::new(),
            invited: None,
            reliable: None,
            last_reliable: None,
            accepted: None,
            peer_offer: None,
            wanted: None,
            again_at: None,
            wish: Wish::new(),
            timer: None,
            subscription: None,
            rang: None,
            parting: None,
            gone_at: None,
            outputs: VecDeque::new(),
        }
    }

    /// The call's word.
    #[must_use]
    pub fn call_id(&self) -> &str {
        self.invite.headers.call_id().unwrap_or_default()
    }

    /// Our tag: with the call's word it finds the leg of an incoming request within a dialog, whichever of its early
    /// dialogs that is.
    #[must_use]
    pub fn local_tag(&self) -> &str {
        &self.tag
    }

    /// The dialog; a caller has none before the call is answered.
    #[must_use]
    pub fn dialog(&self) -> Option<&Dialog> {
        self.usage.as_ref().map(|usage| &usage.dialog)
    }

    /// The dialog, or the first of the early ones while there is none.
    #[must_use]
    pub fn any_dialog(&self) -> Option<&Dialog> {
        self.dialog().or_else(|| self.early.first().map(|usage| &usage.dialog))
    }

    /// Whether a Replaces field names this leg (RFC 3891 §3).
    #[must_use]
    pub fn is(&self, id: &DialogId) -> bool {
        let early = self.early.iter().map(|usage| usage.dialog.id());
        self.dialog().map(Dialog::id).into_iter().chain(early).any(|known| known == id)
    }

    /// The INVITE that made the leg, with its identities and diversions.
    #[must_use]
    pub fn invitation(&self) -> &Request {
        &self.invite
    }

    /// Which call the caller's INVITE is to take over.
    #[must_use]
    pub fn replaces(&self) -> Option<Replaces> {
        if self.calling { None } else { Replaces::of(&self.invite.headers).ok().flatten() }
    }

    /// What the caller's INVITE offers; `None` if we are to make the offer.
    #[must_use]
    pub fn offered(&self) -> Option<Offered> {
        self.invited.as_ref()?.offer.as_ref().map(Offered::of)
    }

    /// What was agreed on last.
    #[must_use]
    pub fn agreed(&self) -> Option<&Agreed> {
        self.usage.as_ref()?.agreed.as_ref()
    }

    /// The request that was challenged: its method, URI and body go into the answer.
    #[must_use]
    pub fn challenged(&self) -> Option<&Request> {
        self.challenged.as_ref().map(|(pending, _)| &pending.request)
    }

    /// The flow that the leg's requests go down.
    #[must_use]
    pub fn flow(&self) -> Flow {
        self.dialog().map_or(self.flow, Dialog::flow)
    }

    /// The other side has come back over another connection: what is said to it from now on goes there.
    pub fn follow(&mut self, flow: Flow) {
        if let Some(usage) = &mut self.usage {
            usage.dialog.follow(flow);
        }
    }

    /// Whether the call stands.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.state == State::Confirmed
    }

    /// Whether nothing is left to say or hear: the leg may be dropped.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state == State::Over
            && self.outputs.is_empty()
            && (self.gone_at.is_none()
                || self.pending.is_empty()
                    && self.accepted.is_none()
                    && self.challenged.is_none()
                    && self.subscription.is_none())
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let timers = [
            self.accepted.as_ref().map(Accepted::due),
            self.reliable.as_ref().map(Reliable::due),
            self.again_at,
            self.timer.as_ref().map(SessionTimer::due),
            self.subscription.as_ref().map(Subscription::due),
            self.gone_at,
        ];
        timers.into_iter().flatten().min()
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.repeat_accepted(now);
        self.repeat_reliable(now);
        if self.again_at.is_some_and(|at| at <= now) {
            self.again_at = None;
        }
        self.keep_session(now);
        self.expire_subscription(now);
        if self.gone_at.is_some_and(|at| at <= now) {
            self.gone_at = None;
        }
        self.pursue(now);
    }

    /// A request within the dialog, for tests in which the leg plays a phone.
    #[cfg(test)]
    pub(crate) fn request(&mut self, method: Method) -> Option<Request> {
        Some(numbered(&mut self.usage.as_mut()?.dialog, &mut self.cseq, method))
    }

    fn tell(&mut self, event: LegEvent) {
        self.outputs.push_back(Output::Event(event));
    }

    fn send(&mut self, flow: Flow, request: Request, tag: String, purpose: Purpose) {
        let Ok(CSeq { number: cseq, method }) = request.headers.cseq() else { return };
        self.pending.push(Pending { cseq, method, tag, purpose, request: request.clone(), flow });
        self.outputs.push_back(Output::Request { flow, request });
    }

    fn respond(&mut self, key: ServerKey, response: Response) {
        self.outputs.push_back(Output::Respond { key, response });
    }

    /// A response without more than its status.
    fn respond_status(&mut self, key: ServerKey, request: &Request, status: StatusCode) {
        let response = request.reply(status, Some(&self.tag));
        self.respond(key, response);
    }

    /// The dialog with that tag on the other side.
    fn usage_mut(&mut self, tag: &str) -> Option<&mut Usage> {
        self.usage.iter_mut().chain(&mut self.early).find(|usage| usage.tag() == tag)
    }
}

impl Usage {
    fn new(dialog: Dialog, negotiator: Negotiator) -> Self {
        Self { dialog, negotiator, agreed: None, settled: false, confirmed: None, allows_update: false }
    }

    /// The other side's tag.
    fn tag(&self) -> &str {
        self.dialog.id().remote_tag()
    }

    /// Notes what the other side says it can do.
    fn learn(&mut self, headers: &Headers) {
        if headers.contains(&HeaderName::Allow) {
            self.allows_update = headers.has_token(&HeaderName::Allow, Method::Update.as_str());
        }
    }
}

/// Bodies hold keys, so that only the state is shown.
impl fmt::Debug for Leg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leg")
            .field("call_id", &self.call_id())
            .field("calling", &self.calling)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// Our next request in a dialog, numbered above all requests of the leg.
fn numbered(dialog: &mut Dialog, newest: &mut u32, method: Method) -> Request {
    dialog.count_from(*newest);
    let request = dialog.request(method);
    *newest = dialog.local_cseq();
    request
}

/// The estimate of a round trip (RFC 3261 §17.1.1.1).
const T1: Duration = Duration::from_millis(500);
/// The longest interval between retransmissions.
const T2: Duration = Duration::from_secs(4);
/// The most devices behind one hop whose early dialogs are kept apart.
const MAX_EARLY: usize = 8;
/// The most ACKs kept for 2xx that come again.
const MAX_ACKS: usize = 16;
/// The most client transactions at once, beyond which the leg sends nothing that can be left out.
const MAX_PENDING: usize = 16;
/// How often one request is sent anew because of a challenge or of a session interval.
const MAX_CHALLENGES: u8 = 3;

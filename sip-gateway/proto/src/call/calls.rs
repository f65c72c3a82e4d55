//! All calls: which leg belongs to which, and what is due when.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use super::call_leg::{CallLeg, Party, who};
use super::hunting::Hunting;
use super::io::{Around, Origin, Output};
use super::media_plane::{LegId, MediaEvent, MediaReport, Sound, Wish};
use super::mint::Mint;
use super::record::{CallId, EndCause, LegRecord};
use crate::dialog::DialogId;
use crate::flow::Flow;
use crate::leg::{Leg, Reason};
use crate::message::{CSeq, HeaderName, Headers, Request, Response, StatusCode, Uri};
use crate::plan::{Caller, Route, TrunkId};
use crate::sdp::Offering;
use crate::transaction::{FailureCause, ServerKey};
use crate::ua::registrar::Binding;

/// All calls.
#[derive(Debug)]
pub struct Calls {
    pub(super) calls: HashMap<CallId, Call>,
    pub(super) legs: HashMap<LegId, CallLeg>,
    /// Our side of each dialog: Call-ID and our tag.
    pub(super) dialogs: HashMap<(String, String), LegId>,
    /// The legs that INVITEs of others have made.
    pub(super) inviting: HashMap<ServerKey, LegId>,
    /// The legs of each extension.
    pub(super) of_extension: HashMap<String, HashSet<LegId>>,
    pub(super) due: BTreeSet<(Instant, LegId)>,
    pub(super) deadlines: BTreeSet<(Instant, CallId)>,
    /// Legs with outputs to look at.
    pub(super) touched: Vec<LegId>,
    pub(super) mint: Mint,
    /// How devices like their sound protected, by binding: what they accepted last.
    pub(super) protections: HashMap<String, Offering>,
    /// The extensions whose calls may have changed since somebody asked.
    pub(super) changed: HashSet<String>,
    next: u64,
    pub(super) outputs: VecDeque<Output>,
}

/// One call.
#[derive(Debug)]
pub(super) struct Call {
    /// Who called, or whoever was put in the caller's place.
    pub(super) caller: LegId,
    /// Who is called, as the caller dialled.
    pub(super) dialled: String,
    pub(super) stage: Stage,
    pub(super) deadline: Option<Instant>,
}

/// What goes on in a call.
#[derive(Debug)]
pub(super) enum Stage {
    /// Somebody is looked for.
    Hunting(Box<Hunting>),
    /// Two talk.
    Talking {
        /// The other one.
        other: LegId,
    },
    /// The caller hears a sound, until it hangs up or the deadline comes.
    Alone {
        /// Which.
        sound: Sound,
    },
}

impl Calls {
    /// No calls yet. The seed must be one nobody can guess, and a new one in each run.
    #[must_use]
    pub fn new(seed: &[u8; 32]) -> Self {
        Self {
            calls: HashMap::new(),
            legs: HashMap::new(),
            dialogs: HashMap::new(),
            inviting: HashMap::new(),
            of_extension: HashMap::new(),
            due: BTreeSet::new(),
            deadlines: BTreeSet::new(),
            touched: Vec::new(),
            mint: Mint::new(seed),
            protections: HashMap::new(),
            changed: HashSet::new(),
            next: 0,
            outputs: VecDeque::new(),
        }
    }

    /// Takes an INVITE outside a dialog, from somebody who has proved who he is.
    pub fn handle_invite(
        &mut self,
        around: &mut Around<'_>,
        key: ServerKey,
        flow: Flow,
        request: Request,
        origin: Origin,
    ) {
        let dialled = request.uri.user().map(Cow::into_owned).unwrap_or_default();
        if self.is_full_for(around, &origin, &dialled) {
            let mut response = request.reply(StatusCode::SERVICE_UNAVAILABLE, None);
            response.headers.push(HeaderName::RetryAfter, 10);
            return self.outputs.push_back(Output::Respond { key, response });
        }
        let tokens = self.mint.tokens();
        let contact = self.contact(around, &flow, request.uri.user().as_deref());
        let with_keys = contains(&request.body, b"a=fingerprint");
        let leg = match Leg::invited(around.now, key, flow, request, contact, tokens) {
            Ok(leg) => leg,
            Err(response) => return self.outputs.push_back(Output::Respond { key, response }),
        };

        let (party, presented, route) = who(around, &leg, &origin);
        let id = self.next_leg();
        self.inviting.insert(key, id);
        let call = CallId(id.0);
        let record = LegRecord {
            call,
            leg: id,
            inbound: true,
            from: presented.number.clone(),
            from_name: presented.name.clone(),
            dialled: dialled.clone(),
            to: String::new(),
            route,
            began: around.now,
            ringing: None,
            answered: None,
            ended: None,
            media: MediaReport::default(),
        };
        let mut leg = CallLeg::new(call, leg, party, record);
        leg.invite = Some(key);
        self.insert(id, leg);
        let opened = Call {
            caller: id,
            dialled: dialled.clone(),
            stage: Stage::Alone { sound: Sound::Silence },
            deadline: None,
        };
        self.calls.insert(call, opened);
        self.tell(id);

        if self.open_media(around, id, with_keys).is_err() {
            self.end_call(
                around,
                call,
                StatusCode::SERVICE_UNAVAILABLE,
                EndCause::Failed("no port for sound"),
            );
        } else {
            self.begin(around, call, &origin, presented, &dialled);
        }
        self.settle(around);
    }

    /// Takes a request within a dialog. Gives it back if the dialog is none of ours.
    pub fn handle_request(
        &mut self,
        around: &mut Around<'_>,
        key: ServerKey,
        flow: Flow,
        request: Request,
    ) -> Result<(), Box<Request>> {
        let Some(id) = self.leg_of(&request) else { return Err(Box::new(request)) };
        if let Some(leg) = self.touch(id) {
            leg.leg.handle_request(around.now, key, flow, request);
        }
        self.settle(around);
        Ok(())
    }

    /// Whether there is no room for one more call of somebody. For emergency calls there is.
    fn is_full_for(&self, around: &Around<'_>, origin: &Origin, dialled: &str) -> bool {
        let crowded = match origin {
            Origin::Device { extension } => {
                let calls = |id: &&LegId| self.legs[id].record.inbound && !self.legs[id].ended;
                let legs = self.of_extension.get(extension);
                legs.is_some_and(|legs| legs.iter().filter(calls).count() >= MAX_CALLS_OF_ONE)
            }
            Origin::Trunk(trunk) => {
                let limit = around.plan.trunk(*trunk).map_or(0, |trunk| trunk.calls);
                self.legs_on(*trunk) >= usize::from(limit)
            }
        };
        if !crowded && self.legs.len() < MAX_LEGS {
            return false;
        }
        let is_emergency = matches!(origin, Origin::Device { extension }
            if matches!(around.plan.route(Caller::Extension(extension), dialled), Route::Emergency { .. }));
        !is_emergency || self.legs.len() >= MAX_LEGS + RESERVED_LEGS
    }

    /// How many calls a trunk carries.
    pub(super) fn legs_on(&self, wanted: TrunkId) -> usize {
        let on_it = |leg: &&CallLeg| {
            !leg.ended && matches!(leg.party, Party::Outside { trunk, .. } if trunk == wanted)
        };
        self.legs.values().filter(on_it).count()
    }

    /// A phone has registered: what is said in its calls from now on goes where it is now (RFC 5626 §5.3).
    pub fn handle_binding(&mut self, bound: &Binding) {
        for id in self.of_extension.get(&bound.aor).into_iter().flatten() {
            let Some(CallLeg { leg, party: Party::Extension { binding, .. }, .. }) = self.legs.get_mut(id)
            else {
                continue;
            };
            if binding.as_ref() == Some(&bound.key) && leg.flow() != bound.flow {
                leg.follow(bound.flow);
            }
        }
    }

    /// Takes the ACK to a 2xx of ours.
    pub fn handle_ack(&mut self, around: &mut Around<'_>, request: Request) {
        let Some(id) = self.leg_of(&request) else { return };
        if let Some(leg) = self.touch(id) {
            leg.leg.handle_ack(around.now, request);
        }
        self.settle(around);
    }

    /// A caller gave up the INVITE of that server transaction, by this CANCEL.
    pub fn handle_cancel(&mut self, around: &mut Around<'_>, key: ServerKey, request: &Request) {
        let found = self.leg_of(request).or_else(|| self.inviting.get(&key).copied());
        if let Some(leg) = found.and_then(|id| self.touch(id)) {
            leg.leg.handle_cancel(around.now, request);
        }
        self.settle(around);
    }

    /// Takes a response to a request of a leg.
    pub fn handle_response(&mut self, around: &mut Around<'_>, id: LegId, flow: Flow, response: Response) {
        if let Some(leg) = self.touch(id) {
            leg.leg.handle_response(around.now, flow, response);
        }
        self.settle(around);
    }

    /// A request of a leg got no final response.
    pub fn handle_failure(&mut self, around: &mut Around<'_>, id: LegId, cseq: &CSeq, cause: FailureCause) {
        if let Some(leg) = self.touch(id) {
            leg.leg.handle_failure(around.now, cseq, cause);
        }
        self.settle(around);
    }

    /// Takes what the media engine noticed.
    pub fn handle_media(&mut self, around: &mut Around<'_>, event: MediaEvent) {
        match event {
            MediaEvent::Silent { leg } => self.lose(around, leg, EndCause::Lost),
            MediaEvent::Insecure { leg } => {
                self.lose(around, leg, EndCause::Failed("the sound could not be encrypted"));
            }
            // Bridged keys are passed on in the media plane; nobody else listens to them yet.
            MediaEvent::Key { .. } => {}
        }
        self.settle(around);
    }

    /// Ends every call of which one leg is over a lost connection and not answered yet; talks go on, since sound may flow.
    pub fn handle_flow_failure(&mut self, around: &mut Around<'_>, flow: &Flow) {
        let waiting = |leg: &&LegId| self.legs[leg].record.inbound && !self.legs[leg].leg.is_confirmed();
        let lost: Vec<LegId> = self
            .legs
            .iter()
            .filter(|(_, leg)| leg.leg.flow() == *flow)
            .map(|(id, _)| id)
            .filter(waiting)
            .copied()
            .collect();
        for id in lost {
            self.lose(around, id, EndCause::Lost);
        }
        self.settle(around);
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let leg = self.due.first().map(|(at, _)| *at);
        let call = self.deadlines.first().map(|(at, _)| *at);
        leg.into_iter().chain(call).min()
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, around: &mut Around<'_>) {
        while let Some((at, id)) = self.due.first().copied()
            && at <= around.now
        {
            self.due.pop_first();
            if let Some(leg) = self.touch(id) {
                leg.due = None;
                leg.leg.handle_timeout(around.now);
            }
            self.settle(around);
        }
        while let Some((at, id)) = self.deadlines.first().copied()
            && at <= around.now
        {
            self.deadlines.pop_first();
            if let Some(call) = self.calls.get_mut(&id) {
                call.deadline = None;
                self.handle_deadline(around, id);
            }
            self.settle(around);
        }
    }

    /// Ends everything, in order: the program stops.
    pub fn hang_up_all(&mut self, around: &mut Around<'_>) {
        let calls: Vec<CallId> = self.calls.keys().copied().collect();
        for call in calls {
            self.end_call(
                around,
                call,
                StatusCode::SERVICE_UNAVAILABLE,
                EndCause::Failed("the server stops"),
            );
        }
        self.settle(around);
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// How many calls there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// Whether nothing of any call is left, not even what waits for a last word.
    #[must_use]
    pub fn holds_nothing(&self) -> bool {
        let books = [
            self.dialogs.len(),
            self.inviting.len(),
            self.of_extension.len(),
            self.due.len(),
            self.deadlines.len(),
        ];
        self.calls.is_empty() && self.legs.is_empty() && books.iter().all(|count| *count == 0)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// The leg with that dialog of ours.
    pub(super) fn leg_with(&self, id: &DialogId) -> Option<LegId> {
        let found = *self.dialogs.get(&(id.call_id().to_owned(), id.local_tag().to_owned()))?;
        self.legs.get(&found)?.leg.is(id).then_some(found)
    }

    fn leg_of(&self, request: &Request) -> Option<LegId> {
        let to = request.headers.to().ok()?;
        let dialog = (request.headers.call_id().ok()?.to_owned(), to.tag()?.to_owned());
        self.dialogs.get(&dialog).copied()
    }

    /// A leg, to do something with it; what comes of it is looked at when all is done.
    pub(super) fn touch(&mut self, id: LegId) -> Option<&mut CallLeg> {
        let leg = self.legs.get_mut(&id)?;
        if self.touched.last() != Some(&id) {
            self.touched.push(id);
        }
        Some(leg)
    }

    /// Whom a leg talks to.
    pub(super) fn other(&self, call: CallId, id: LegId) -> Option<LegId> {
        let call = self.calls.get(&call)?;
        match &call.stage {
            Stage::Talking { other, .. } if call.caller == id => Some(*other),
            Stage::Talking { other, .. } if *other == id => Some(call.caller),
            _ => None,
        }
    }

    pub(super) fn lose(&mut self, around: &mut Around<'_>, id: LegId, cause: EndCause) {
        let Some(call) = self.legs.get(&id).filter(|leg| !leg.ended).map(|leg| leg.call) else { return };
        self.hang_up(around, id, None);
        self.close_leg(around, id, cause);
        self.handle_parted(around, call, id, StatusCode::TEMPORARILY_UNAVAILABLE);
    }

    /// Ends a call with all its legs, those that are not answered with this status.
    pub(super) fn end_call(
        &mut self,
        around: &mut Around<'_>,
        id: CallId,
        status: StatusCode,
        cause: EndCause,
    ) {
        let legs: Vec<LegId> =
            self.legs.iter().filter(|(_, leg)| leg.call == id && !leg.ended).map(|(leg, _)| *leg).collect();
        for leg in legs {
            self.refuse_or_hang_up(around, leg, status);
            self.close_leg(around, leg, cause.clone());
        }
        self.forget(id);
    }

    /// A call is over.
    pub(super) fn forget(&mut self, id: CallId) {
        if let Some(call) = self.calls.remove(&id)
            && let Some(at) = call.deadline
        {
            self.deadlines.remove(&(at, id));
        }
    }

    pub(super) fn refuse_or_hang_up(&mut self, around: &mut Around<'_>, id: LegId, status: StatusCode) {
        let Some(leg) = self.touch(id) else { return };
        if leg.record.inbound && !leg.leg.is_confirmed() {
            leg.leg.refuse(around.now, status, Headers::new());
        } else {
            leg.leg.hang_up(around.now, None);
        }
    }

    pub(super) fn hang_up(&mut self, around: &mut Around<'_>, id: LegId, reason: Option<Reason>) {
        if let Some(leg) = self.touch(id) {
            leg.leg.hang_up(around.now, reason);
        }
    }

    /// The leg is over for its call: its port is given back and its record closed.
    pub(super) fn close_leg(&mut self, around: &mut Around<'_>, id: LegId, cause: EndCause) {
        let Some(leg) = self.touch(id).filter(|leg| !leg.ended) else { return };
        leg.ended = true;
        leg.record.ended = Some((around.now, cause));
        if leg.media.take().is_some() {
            leg.record.media = around.media.close(id);
        }
        self.tell(id);
    }

    /// Tells a leg's record as it stands.
    pub(super) fn tell(&mut self, id: LegId) {
        if let Some(leg) = self.legs.get(&id) {
            self.outputs.push_back(Output::Record(Box::new(leg.record.clone())));
        }
        self.note_changed(id);
    }

    /// Sets or removes the time when a call is to be looked at.
    pub(super) fn set_deadline(&mut self, id: CallId, at: Option<Instant>) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if let Some(old) = call.deadline.take() {
            self.deadlines.remove(&(old, id));
        }
        if let Some(at) = at {
            self.deadlines.insert((at, id));
        }
        call.deadline = at;
    }

    pub(super) fn next_leg(&mut self) -> LegId {
        self.next += 1;
        LegId(self.next)
    }

    pub(super) fn insert(&mut self, id: LegId, leg: CallLeg) {
        self.dialogs.insert((leg.leg.call_id().to_owned(), leg.leg.local_tag().to_owned()), id);
        if let Some(number) = leg.extension() {
            self.of_extension.entry(number.to_owned()).or_default().insert(id);
        }
        self.legs.insert(id, leg);
        self.touched.push(id);
    }

    /// Where the other side reaches us within a leg.
    pub(crate) fn contact(&self, around: &Around<'_>, flow: &Flow, user: Option<&str>) -> Uri {
        let address = (around.address)(flow);
        let host = match address.ip() {
            std::net::IpAddr::V4(ip) => ip.to_string(),
            std::net::IpAddr::V6(ip) => format!("[{ip}]"),
        };
        let uri = Uri::sip(user, &host, Some(address.port()))
            .or_else(|_| Uri::sip(None, &host, Some(address.port())));
        let uri = uri.expect("an address and a port make a URI");
        uri.with_param("transport", Some(flow.carrier.parameter()))
    }

    /// Takes a port for an inbound leg.
    fn open_media(&mut self, around: &mut Around<'_>, id: LegId, dtls: bool) -> Result<(), super::NoPort> {
        let Some(leg) = self.legs.get_mut(&id) else { return Ok(()) };
        let flow = leg.leg.flow();
        let wish = Wish { peer: flow.remote.ip(), sdes: flow.carrier.is_secure(), dtls };
        leg.media = Some(around.media.open(id, wish)?);
        Ok(())
    }

    /// Lets a caller hear a sound for a while, and then hangs up.
    pub(super) fn announce(
        &mut self,
        around: &mut Around<'_>,
        call: CallId,
        sound: Sound,
        until: Option<Duration>,
    ) {
        let Some(found) = self.calls.get_mut(&call) else { return };
        found.stage = Stage::Alone { sound };
        let caller = found.caller;
        around.media.play(caller, sound);
        self.set_deadline(call, until.map(|until| around.now + until));
    }
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}

/// The most legs at once.
const MAX_LEGS: usize = 20_000;
/// How many more there may be for emergency calls.
const RESERVED_LEGS: usize = 1_000;
/// The most calls that one extension makes at once: a switchboard makes some, a broken phone thousands.
const MAX_CALLS_OF_ONE: usize = 32;

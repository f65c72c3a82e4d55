//! All calls: which leg belongs to which, and what is due when.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use super::call_leg::{CallLeg, Party};
use super::hunting::Hunting;
use super::io::{Around, Output};
use super::media_plane::{LegId, MediaEvent, RecordingId, Sound};
use super::mint::Mint;
use super::record::{CallId, EndCause};
use super::side::Side;
use super::voicemail::NewMessage;
use crate::dialog::DialogId;
use crate::flow::Flow;
use crate::ivr::Guide;
use crate::message::{CSeq, Request, Response, StatusCode, Uri};
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
    /// The meetings that call somebody.
    pub(super) meetings_calling: HashSet<LegId>,
    /// The messages that are being left, by the leg of who leaves them.
    pub(super) messages: HashMap<LegId, NewMessage>,
    /// The greetings that are being recorded: whose, and which.
    pub(super) greetings: HashMap<LegId, (String, RecordingId)>,
    /// The extensions that somebody has open in a browser.
    pub(super) screens: HashSet<String>,
    pub(super) due: BTreeSet<(Instant, LegId)>,
    pub(super) deadlines: BTreeSet<(Instant, CallId)>,
    /// Legs with outputs to look at.
    pub(super) touched: Vec<LegId>,
    pub(super) mint: Mint,
    /// How devices like their sound protected, by binding: what they accepted last.
    pub(super) protections: HashMap<String, Offering>,
    /// The extensions whose calls may have changed since somebody asked.
    pub(super) changed: BTreeSet<String>,
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
    /// The caller is led by voice: at the door of a meeting, to a mailbox.
    Asking(Box<Guide>),
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
            meetings_calling: HashSet::new(),
            messages: HashMap::new(),
            greetings: HashMap::new(),
            screens: HashSet::new(),
            due: BTreeSet::new(),
            deadlines: BTreeSet::new(),
            touched: Vec::new(),
            mint: Mint::new(seed),
            protections: HashMap::new(),
            changed: BTreeSet::new(),
            next: 0,
            outputs: VecDeque::new(),
        }
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
        if let Some(leg) = self.touch(id).and_then(CallLeg::phone_mut) {
            leg.handle_request(around.now, key, flow, request);
        }
        self.settle(around);
        Ok(())
    }

    /// A phone has registered: what is said in its calls from now on goes where it is now (RFC 5626 §5.3).
    pub fn handle_binding(&mut self, bound: &Binding) {
        for id in self.of_extension.get(&bound.aor).into_iter().flatten() {
            let Some(CallLeg { side: Side::Phone(leg), party: Party::Extension { binding, .. }, .. }) =
                self.legs.get_mut(id)
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
        if let Some(leg) = self.touch(id).and_then(CallLeg::phone_mut) {
            leg.handle_ack(around.now, request);
        }
        self.settle(around);
    }

    /// A caller gave up the INVITE of that server transaction, by this CANCEL.
    pub fn handle_cancel(&mut self, around: &mut Around<'_>, key: ServerKey, request: &Request) {
        let found = self.leg_of(request).or_else(|| self.inviting.get(&key).copied());
        if let Some(leg) = found.and_then(|id| self.touch(id)).and_then(CallLeg::phone_mut) {
            leg.handle_cancel(around.now, request);
        }
        self.settle(around);
    }

    /// Takes a response to a request of a leg.
    pub fn handle_response(&mut self, around: &mut Around<'_>, id: LegId, flow: Flow, response: Response) {
        if let Some(leg) = self.touch(id).and_then(CallLeg::phone_mut) {
            leg.handle_response(around.now, flow, response);
        }
        self.settle(around);
    }

    /// A request of a leg got no final response.
    pub fn handle_failure(&mut self, around: &mut Around<'_>, id: LegId, cseq: &CSeq, cause: FailureCause) {
        if let Some(leg) = self.touch(id).and_then(CallLeg::phone_mut) {
            leg.handle_failure(around.now, cseq, cause);
        }
        self.settle(around);
    }

    /// Takes what the media engine noticed.
    pub fn handle_media(&mut self, around: &mut Around<'_>, event: MediaEvent) {
        match event {
            // Phones say nothing for long while nobody speaks. Whether one is still there, it says when it is asked.
            MediaEvent::Silent { leg } => {
                if let Some(leg) = self.touch(leg).and_then(CallLeg::phone_mut) {
                    leg.probe();
                }
            }
            MediaEvent::Broken { leg } => self.lose(around, leg, EndCause::Failed("a fault in the sound")),
            MediaEvent::Insecure { leg } => {
                self.lose(around, leg, EndCause::Failed("the sound could not be encrypted"));
            }
            // Towards a phone that it is bridged to, the media plane has passed it on.
            MediaEvent::Key { leg, key } => self.handle_own_key(around, leg, key),
            MediaEvent::Said { leg } => self.handle_said(around, leg),
            MediaEvent::Recorded { leg, length } => self.handle_recorded(around, leg, length),
        }
        self.settle(around);
    }

    /// Ends every call of which one leg is over a lost connection and not answered yet; talks go on, since sound may flow.
    pub fn handle_flow_failure(&mut self, around: &mut Around<'_>, flow: &Flow) {
        let waiting = |leg: &&LegId| self.legs[leg].record.inbound && !self.legs[leg].side.is_confirmed();
        let lost: Vec<LegId> = self
            .legs
            .iter()
            .filter(|(_, leg)| leg.side.flow() == Some(*flow))
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
                match leg.phone_mut() {
                    Some(phone) => phone.handle_timeout(around.now),
                    None => {
                        self.begin_in_room(around, id);
                        self.show_speaker(around, id);
                    }
                }
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
            self.meetings_calling.len(),
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
        self.legs.get(&found)?.phone()?.is(id).then_some(found)
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
        if let Some(phone) = leg.phone() {
            self.dialogs.insert((phone.call_id().to_owned(), phone.local_tag().to_owned()), id);
        }
        if leg.record.inbound && matches!(leg.party, Party::Meeting { .. }) {
            self.meetings_calling.insert(id);
        }
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
        uri.with_param("transport", Some(flow.carrier.uri_parameter()))
    }

    /// Lets a caller hear a sound for a while, and then hangs up. A browser makes its own sounds.
    pub(super) fn announce(
        &mut self,
        around: &mut Around<'_>,
        call: CallId,
        sound: Sound,
        until: Option<Duration>,
    ) {
        let Some(caller) = self.calls.get(&call).map(|call| call.caller) else { return };
        if self.is_room(caller) {
            return self.end_call(around, call, StatusCode::TEMPORARILY_UNAVAILABLE, EndCause::OtherHungUp);
        }
        if let Some(found) = self.calls.get_mut(&call) {
            found.stage = Stage::Alone { sound };
        }
        around.media.play(caller, sound);
        self.set_deadline(call, until.map(|until| around.now + until));
    }
}

//! All subscriptions: who watches what, how many there may be, and what is due when.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use super::{DialogInfo, EventState, Output, Subscription, WatchedDialog, WatchedState};
use crate::flow::Flow;
use crate::message::{CSeq, Request, Response, Uri};
use crate::transaction::{FailureCause, ServerKey};

/// Identifies a subscription; never used twice while the program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubscriptionId(pub u64);

/// Who subscribed, as its password proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watcher {
    /// The extension's number.
    pub extension: String,
    /// The device.
    pub device: String,
    /// The key of the device's binding, if it is registered over the flow that it subscribed over.
    pub binding: Option<String>,
}

/// What is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The calls of an extension.
    Line {
        /// Its number.
        number: String,
        /// Whether the watcher may know who is at the other end.
        callers: bool,
    },
    /// The messages for an extension, which is the watcher's own.
    Mailbox,
}

/// A SUBSCRIBE within a dialog.
#[derive(Debug)]
pub struct Renewal<'a> {
    /// Its transaction.
    pub key: ServerKey,
    /// Where it came from.
    pub flow: Flow,
    /// The request.
    pub request: &'a Request,
    /// What is told with it.
    pub state: Arc<dyn EventState>,
    /// The binding of the device that sent it.
    pub binding: Option<String>,
}

/// What is to be done for subscriptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatchersOutput {
    /// Begin a client transaction, whose responses belong to the subscription.
    Request {
        /// Whose.
        id: SubscriptionId,
        /// Where to.
        flow: Flow,
        /// What.
        request: Request,
    },
    /// Answer within a server transaction.
    Respond {
        /// Which.
        key: ServerKey,
        /// With what.
        response: Response,
    },
}

/// All subscriptions.
#[derive(Debug, Default)]
pub struct Watchers {
    entries: HashMap<SubscriptionId, Entry>,
    /// By Call-ID and our tag.
    dialogs: HashMap<(String, String), SubscriptionId>,
    lines: HashMap<String, Line>,
    /// The subscriptions of each extension.
    of_watcher: HashMap<String, BTreeSet<SubscriptionId>>,
    due: BTreeSet<(Instant, SubscriptionId)>,
    outputs: VecDeque<WatchersOutput>,
    last: u64,
}

#[derive(Debug)]
struct Entry {
    subscription: Subscription,
    watcher: Watcher,
    subject: Subject,
    due: Option<Instant>,
}

/// A line that somebody watches.
#[derive(Debug, Default)]
struct Line {
    watched_by: BTreeSet<SubscriptionId>,
    /// The calls that were told last.
    told: Vec<WatchedDialog>,
}

impl Watchers {
    /// Whether there is no room for one more subscription, of that extension or to that line.
    #[must_use]
    pub fn is_full_for(&self, extension: &str, subject: &Subject) -> bool {
        let of_one = self.of_watcher.get(extension).map_or(0, BTreeSet::len);
        let of_line = match subject {
            Subject::Line { number, .. } => self.lines.get(number).map_or(0, |line| line.watched_by.len()),
            Subject::Mailbox => 0,
        };
        self.entries.len() >= MAX_SUBSCRIPTIONS || of_one >= MAX_OF_WATCHER || of_line >= MAX_OF_LINE
    }

    /// Takes a new subscription; `told` are the calls that its first NOTIFY tells.
    pub fn insert(
        &mut self,
        watcher: Watcher,
        subject: Subject,
        subscription: Subscription,
        told: Vec<WatchedDialog>,
    ) {
        self.last += 1;
        let id = SubscriptionId(self.last);
        self.dialogs.insert(name_of(&subscription), id);
        self.of_watcher.entry(watcher.extension.clone()).or_default().insert(id);
        if let Subject::Line { number, .. } = &subject {
            let line = self.lines.entry(number.clone()).or_default();
            if line.watched_by.is_empty() {
                line.told = told;
            }
            line.watched_by.insert(id);
        }
        self.entries.insert(id, Entry { subscription, watcher, subject, due: None });
        self.settle(id);
    }

    /// The subscription that a request within a dialog belongs to.
    #[must_use]
    pub fn of_request(&self, request: &Request) -> Option<(SubscriptionId, &Watcher, &Subject)> {
        let to = request.headers.to().ok()?;
        let name = (request.headers.call_id().ok()?.to_owned(), to.tag()?.to_owned());
        let id = *self.dialogs.get(&name)?;
        let entry = self.entries.get(&id)?;
        Some((id, &entry.watcher, &entry.subject))
    }

    /// Takes a SUBSCRIBE within a dialog.
    pub fn handle_renewal(&mut self, now: Instant, id: SubscriptionId, renewal: Renewal<'_>) {
        let Renewal { key, flow, request, state, binding } = renewal;
        self.with(id, |entry| {
            entry.subscription.set_state(state);
            entry.watcher.binding = binding.or(entry.watcher.binding.take());
            entry.subscription.handle_request(now, key, flow, request);
        });
    }

    /// Takes a response to a NOTIFY.
    pub fn handle_response(&mut self, now: Instant, id: SubscriptionId, response: &Response) {
        self.with(id, |entry| entry.subscription.handle_response(now, response));
    }

    /// A NOTIFY got no final response.
    pub fn handle_failure(&mut self, id: SubscriptionId, cseq: &CSeq, cause: FailureCause) {
        self.with(id, |entry| entry.subscription.handle_failure(cseq, cause));
    }

    /// A phone has registered: what it watches is told where it is now (RFC 5626 §5.3).
    pub fn handle_binding(&mut self, extension: &str, binding: &str, flow: Flow) {
        for id in self.of_watcher.get(extension).into_iter().flatten() {
            if let Some(entry) = self.entries.get_mut(id)
                && entry.watcher.binding.as_deref() == Some(binding)
            {
                entry.subscription.follow(flow);
            }
        }
    }

    /// The lines that somebody watches.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.keys().map(String::as_str)
    }

    /// Whether somebody watches that line.
    #[must_use]
    pub fn watches(&self, number: &str) -> bool {
        self.lines.contains_key(number)
    }

    /// Tells the calls of a line to whoever watches it, if they are others than before. A call that has ended is told
    /// once as such: some phones wait for the word.
    pub fn publish(&mut self, now: Instant, number: &str, entity: &Uri, dialogs: &[WatchedDialog]) {
        let Some(line) = self.lines.get_mut(number).filter(|line| line.told != dialogs) else { return };
        let before = std::mem::replace(&mut line.told, dialogs.to_vec());
        let watched_by: Vec<SubscriptionId> = line.watched_by.iter().copied().collect();
        let lamp_differs = !before.iter().map(lamp).eq(dialogs.iter().map(lamp));
        let goes_on = |gone: &WatchedDialog| dialogs.iter().any(|dialog| dialog.id == gone.id);
        let ended = before
            .into_iter()
            .filter(|dialog| !goes_on(dialog))
            .map(|dialog| WatchedDialog { state: WatchedState::Terminated, ..dialog });
        let all: Vec<WatchedDialog> = dialogs.iter().cloned().chain(ended).collect();

        let with_callers = line_state(entity, &all, true);
        let lamp_only = line_state(entity, &all, false);
        for id in watched_by {
            self.with(id, |entry| match &entry.subject {
                Subject::Line { callers: true, .. } => {
                    entry.subscription.publish(now, Arc::clone(&with_callers));
                }
                Subject::Line { callers: false, .. } if lamp_differs => {
                    entry.subscription.publish(now, Arc::clone(&lamp_only));
                }
                Subject::Line { .. } | Subject::Mailbox => {}
            });
        }
    }

    /// Tells the phones of an extension what waits in its mailbox, if it is something else than they know.
    pub fn publish_messages(&mut self, now: Instant, extension: &str, state: &Arc<dyn EventState>) {
        let of_watcher = self.of_watcher.get(extension).into_iter().flatten();
        let is_mailbox = |id: &&SubscriptionId| {
            self.entries.get(*id).is_some_and(|entry| entry.subject == Subject::Mailbox)
        };
        let watching: Vec<SubscriptionId> = of_watcher.filter(is_mailbox).copied().collect();
        for id in watching {
            self.with(id, |entry| entry.subscription.publish_change(now, state));
        }
    }

    /// Ends the subscriptions that are not to be any more, for the reason that is given for them.
    pub fn retain(&mut self, now: Instant, verdict: impl Fn(&Watcher, &Subject) -> Result<(), &'static str>) {
        let mut ended: Vec<(SubscriptionId, &'static str)> = Vec::new();
        for (id, entry) in &self.entries {
            if let Err(reason) = verdict(&entry.watcher, &entry.subject) {
                ended.push((*id, reason));
            }
        }
        ended.sort_unstable();
        for (id, reason) in ended {
            self.with(id, |entry| entry.subscription.terminate(now, reason));
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Ends what was not renewed.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some((at, id)) = self.due.first().copied()
            && at <= now
        {
            self.due.pop_first();
            self.with(id, |entry| {
                entry.due = None;
                entry.subscription.handle_timeout(now);
            });
        }
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<WatchersOutput> {
        self.outputs.pop_front()
    }

    /// How many subscriptions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing of any subscription is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
            && self.dialogs.is_empty()
            && self.lines.is_empty()
            && self.of_watcher.is_empty()
            && self.due.is_empty()
    }

    fn with(&mut self, id: SubscriptionId, act: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.entries.get_mut(&id) {
            act(entry);
        }
        self.settle(id);
    }

    /// Takes what a subscription wants done, and drops it when it is over.
    fn settle(&mut self, id: SubscriptionId) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        while let Some(output) = entry.subscription.poll_output() {
            match output {
                Output::Request { flow, request } => {
                    self.outputs.push_back(WatchersOutput::Request { id, flow, request });
                }
                Output::Respond { key, response } => {
                    self.outputs.push_back(WatchersOutput::Respond { key, response });
                }
                // It is counted until its last word is said.
                Output::Ended => {}
            }
        }
        let due = entry.subscription.poll_timeout();
        if entry.due != due {
            self.due.extend(due.map(|at| (at, id)));
            if let Some(old) = std::mem::replace(&mut entry.due, due) {
                self.due.remove(&(old, id));
            }
        }
        if entry.subscription.is_over() {
            self.remove(id);
        }
    }

    fn remove(&mut self, id: SubscriptionId) {
        let Some(Entry { subscription, watcher, subject, due }) = self.entries.remove(&id) else { return };
        self.dialogs.remove(&name_of(&subscription));
        if let Some(at) = due {
            self.due.remove(&(at, id));
        }
        if let Some(own) = self.of_watcher.get_mut(&watcher.extension) {
            own.remove(&id);
            if own.is_empty() {
                self.of_watcher.remove(&watcher.extension);
            }
        }
        if let Subject::Line { number, .. } = &subject
            && let Some(line) = self.lines.get_mut(number)
        {
            line.watched_by.remove(&id);
            if line.watched_by.is_empty() {
                self.lines.remove(number);
            }
        }
    }
}

/// What a watcher may know of a line's calls.
#[must_use]
pub(crate) fn line_state(entity: &Uri, dialogs: &[WatchedDialog], callers: bool) -> Arc<dyn EventState> {
    let shown = |dialog: &WatchedDialog| match callers {
        true => dialog.clone(),
        false => WatchedDialog { dialog: None, remote: None, ..dialog.clone() },
    };
    Arc::new(DialogInfo { entity: entity.clone(), dialogs: dialogs.iter().map(shown).collect() })
}

/// What a lamp shows of a call.
fn lamp(dialog: &WatchedDialog) -> (&str, bool, WatchedState) {
    (&dialog.id, dialog.outgoing, dialog.state)
}

fn name_of(subscription: &Subscription) -> (String, String) {
    let id = subscription.dialog().id();
    (id.call_id().to_owned(), id.local_tag().to_owned())
}

/// The most subscriptions.
const MAX_SUBSCRIPTIONS: usize = 50_000;
/// The most subscriptions of one extension: two phones with all the keys that can be screwed to them.
const MAX_OF_WATCHER: usize = 400;
/// The most subscriptions to one line.
const MAX_OF_LINE: usize = 2_000;

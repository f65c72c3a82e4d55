//! The office's side of the phones: answers who may register and call, and remembers what happened.
//!
//! The plan is read from memory and replaced whole when the tables have changed, by whichever process. Facts go into a
//! queue in which each thing stands once, as it is last, and one task writes them in batches.

pub mod blank;
mod check;
mod credentials;
mod dial_in;
mod explain;
mod fold;
mod hours;
mod house;
mod people;
mod phone_server;
mod presence;
mod queue;
mod view;
mod words;
mod zones;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use sip_gateway::{Binding, Directory, Fact};
use sip_gateway_proto::plan::{Extension, Language, Plan};
use tokio::sync::Notify;
use tokio::task::JoinSet;

pub use check::{
    PlanError, check_device, check_extension, check_forwarding, check_group, check_inbound, check_own_number,
    check_place, check_post, check_route, check_trunk, choice, dialled,
};
pub use credentials::PhonePassword;
pub use dial_in::{DialInNumber, DialInView, dial_in};
pub use explain::{ExplainView, explain, problems};
pub use fold::fold;
pub use hours::Hours;
pub use house::{Holder, House, Place};
pub use people::{EntryKind, EntryView, Posting, Reader};
pub use phone_server::{PhoneServer, PhoneTransport, phone_server};
pub use presence::{PresenceBoard, PresenceWord};
pub use view::{
    CallView, DeviceView, ExtensionView, ForwardView, GroupView, InboundView, PostView, RegistrationView,
    RouteView, TrunkView,
};
pub use words::{Choice, choices};
pub use zones::{is_zone, zone_of_country};

use crate::clock::Clock;
use crate::store::{Locked, Names, Store, StoreError};
use queue::Queue;

/// The phones' directory over the office's store. Cheap to clone.
#[derive(Clone)]
pub struct PhoneDirectory {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    clock: Clock,
    realm: String,
    run: u64,
    restored: Vec<Binding>,
    plan: RwLock<Arc<Plan>>,
    house: RwLock<Arc<House>>,
    /// What has a secret that cannot be used here.
    locked: RwLock<Vec<Locked>>,
    /// The number of the last change that `plan` contains; held while another plan is read.
    version: tokio::sync::Mutex<i64>,
    queue: Mutex<Queue>,
    /// Something waits that should not wait long.
    urgent: Notify,
    /// Held while a batch is written, so that whoever flushes waits for the one before.
    writing: tokio::sync::Mutex<()>,
    removals: tokio::sync::broadcast::Sender<(String, String)>,
    presence: Mutex<PresenceBoard>,
    /// Somebody may have another word.
    presence_changed: Notify,
    presence_news: tokio::sync::broadcast::Sender<Arc<str>>,
    /// The version of the plan that holds.
    holds: tokio::sync::watch::Sender<i64>,
    /// The extensions of which calls were written into the history.
    written: tokio::sync::broadcast::Sender<Arc<[String]>>,
}

impl PhoneDirectory {
    /// Reads the plan and the bindings, begins a run of the program, and closes what an earlier run left open.
    ///
    /// # Errors
    /// When the database fails, or its secrets cannot be opened.
    pub async fn open(store: Store, clock: Clock, realm: &str) -> Result<Self, StoreError> {
        let now = clock.now();
        let run = now.as_millisecond().cast_unsigned();
        // Two starts within one millisecond are told apart all the same.
        let run = run.max(store.newest_run().await?.map_or(0, |newest| newest + 1));
        store.begin_run(run, now).await?;
        let interrupted = store.close_interrupted_legs(run).await?;
        if interrupted > 0 {
            tracing::warn!(legs = interrupted, "calls were cut off when the server ended");
        }
        store.delete_expired_bindings(now).await?;

        let read = store.read_plan(realm).await?;
        tell_locked(&read.locked);
        let restored = store.bindings(now).await?;
        Ok(Self {
            inner: Arc::new(Inner {
                clock,
                realm: realm.to_owned(),
                run,
                queue: Mutex::new(Queue::knowing(&restored)),
                presence: Mutex::new(PresenceBoard::knowing(&restored)),
                presence_changed: Notify::new(),
                presence_news: tokio::sync::broadcast::Sender::new(MOST_PRESENCE_NEWS),
                holds: tokio::sync::watch::Sender::new(read.version),
                written: tokio::sync::broadcast::Sender::new(MOST_WRITTEN_NEWS),
                restored,
                plan: RwLock::new(Arc::new(read.plan)),
                house: RwLock::new(Arc::new(read.house)),
                locked: RwLock::new(read.locked),
                version: tokio::sync::Mutex::new(read.version),
                urgent: Notify::new(),
                writing: tokio::sync::Mutex::new(()),
                removals: tokio::sync::broadcast::Sender::new(MOST_REMOVALS),
                store,
            }),
        })
    }

    /// The number of this run of the program, for [`LegState::run`](sip_gateway::LegState::run).
    #[must_use]
    pub fn run(&self) -> u64 {
        self.inner.run
    }

    /// The realm for which passwords are made.
    #[must_use]
    pub fn realm(&self) -> &str {
        &self.inner.realm
    }

    /// Whose extensions are whose, and what time it is at the posts.
    #[must_use]
    pub fn house(&self) -> Arc<House> {
        Arc::clone(&self.inner.house.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is wrong with the plan, a sentence each.
    #[must_use]
    pub fn problems(&self, language: Language) -> Vec<String> {
        let locked = self.inner.locked.read().unwrap_or_else(PoisonError::into_inner);
        problems(&self.plan(), &locked, language)
    }

    /// Starts what writes facts and notices changes; it ends with the set.
    pub fn start(&self, tasks: &mut JoinSet<()>) {
        let directory = self.clone();
        tasks.spawn(async move { directory.keep().await });
        let directory = self.clone();
        tasks.spawn(async move { directory.tell_presence().await });
    }

    /// Takes in what has changed in the tables since the plan was read.
    ///
    /// # Errors
    /// When the database fails; the plan stays what it was.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let mut version = self.inner.version.lock().await;
        if self.inner.store.plan_version().await? == *version {
            return Ok(());
        }
        let read = self.inner.store.read_plan(&self.inner.realm).await?;
        tell_locked(&read.locked);
        let (before, after) = (self.plan(), Arc::new(read.plan));
        self.presence().plan_changed(&before, &after);
        self.inner.presence_changed.notify_one();
        *self.inner.plan.write().unwrap_or_else(PoisonError::into_inner) = after;
        *self.inner.house.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(read.house);
        *self.inner.locked.write().unwrap_or_else(PoisonError::into_inner) = read.locked;
        *version = read.version;
        self.inner.holds.send_replace(read.version);
        Ok(())
    }

    /// Writes everything that waits.
    ///
    /// # Errors
    /// When the database fails; what could not be written goes on waiting.
    pub async fn flush(&self) -> Result<(), StoreError> {
        let _writing = self.inner.writing.lock().await;
        let batch = self.queue().take();
        if batch.is_empty() {
            return Ok(());
        }
        let names = if batch.legs.is_empty() { Names::default() } else { Names::of(&self.plan()) };
        let now = self.inner.clock.now();
        // The guard gives the batch back also when this task is cancelled halfway.
        let mut unwritten = GiveBack { directory: self, batch: Some(batch) };
        let batch = unwritten.batch.as_ref().expect("it was just put there");
        self.inner.store.write_facts(batch, &names).await?;
        let changed = self.inner.store.write_settings(&batch.settings, now).await?;
        let written = batch.past_calls();
        unwritten.batch = None;
        if !written.is_empty() {
            self.tell_history(&written);
        }
        if changed {
            self.refresh().await?;
        }
        Ok(())
    }

    /// Writes everything that waits, and that the program ended well.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.flush().await?;
        self.inner.store.end_run(self.inner.run, self.inner.clock.now()).await
    }

    /// Tells whoever holds the bindings that an administrator has removed one: number and key.
    pub fn remove_binding(&self, number: String, key: String) {
        // Nobody listens while phones are switched off.
        let _ = self.inner.removals.send((number, key));
    }

    /// The bindings that administrators remove from now on.
    #[must_use]
    pub fn removals(&self) -> tokio::sync::broadcast::Receiver<(String, String)> {
        self.inner.removals.subscribe()
    }

    /// Looks something up for somebody who has this extension, or none.
    pub fn read<T>(&self, own: Option<&str>, look: impl FnOnce(&Reader<'_>) -> T) -> T {
        let (plan, house, presence) = (self.plan(), self.house(), self.presence());
        let word = |extension: &Extension| presence.of(&extension.number, extension.do_not_disturb);
        look(&Reader { plan: &plan, house: &house, presence: &word, own })
    }

    /// An extension has browsers now, or none any more.
    pub fn set_screens(&self, extension: &str, there: bool) {
        self.presence().set_screens(extension, there);
        self.inner.presence_changed.notify_one();
    }

    /// Each time that words have changed, what became of them, as browsers are told it.
    #[must_use]
    pub fn presence_news(&self) -> tokio::sync::broadcast::Receiver<Arc<str>> {
        self.inner.presence_news.subscribe()
    }

    /// Each time that another plan holds.
    #[must_use]
    pub fn plan_changes(&self) -> tokio::sync::watch::Receiver<i64> {
        self.inner.holds.subscribe()
    }

    /// The histories of some extensions have changed, or were looked at.
    pub fn tell_history(&self, extensions: &[String]) {
        // Nobody may be looking.
        let _ = self.inner.written.send(extensions.into());
    }

    /// Each time that histories have changed, whose they are.
    #[must_use]
    pub fn written_calls(&self) -> tokio::sync::broadcast::Receiver<Arc<[String]>> {
        self.inner.written.subscribe()
    }

    async fn tell_presence(&self) {
        loop {
            self.inner.presence_changed.notified().await;
            let plan = self.plan();
            let changes = self.presence().changes(&plan);
            if !changes.is_empty() {
                let news = if changes.len() > MOST_PRESENCES {
                    serde_json::json!({ "all": true })
                } else {
                    serde_json::json!({ "numbers": changes })
                };
                // Nobody may be looking.
                let _ = self.inner.presence_news.send(news.to_string().into());
                // What happens meanwhile is told together.
                tokio::time::sleep(PRESENCE_PAUSE).await;
            }
        }
    }

    fn presence(&self) -> MutexGuard<'_, PresenceBoard> {
        self.inner.presence.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn keep(&self) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut until_heartbeat = 0;
        loop {
            tokio::select! {
                () = self.inner.urgent.notified() => tokio::time::sleep(GATHERING).await,
                _ = ticks.tick() => {
                    let refreshed = self.refresh().await;
                    warn(refreshed, "the numbering plan could not be read");
                    if until_heartbeat == 0 {
                        until_heartbeat = TICKS_PER_HEARTBEAT;
                        let beat = self.inner.store.heartbeat(self.inner.run, self.inner.clock.now()).await;
                        warn(beat, "the database could not be told that the server lives");
                    }
                    until_heartbeat -= 1;
                }
            }
            let (due, dropped) = {
                let mut queue = self.queue();
                (queue.is_due(std::time::Instant::now()), queue.dropped())
            };
            if dropped > 0 {
                tracing::error!(
                    facts = dropped,
                    "call records were lost: the database has not taken them for too long"
                );
            }
            if due {
                warn(self.flush().await, "what the phones do could not be stored yet");
            }
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.inner.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Directory for PhoneDirectory {
    fn plan(&self) -> Arc<Plan> {
        Arc::clone(&self.inner.plan.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn bindings(&self) -> Vec<Binding> {
        self.inner.restored.clone()
    }

    fn record(&self, fact: Fact) {
        if self.presence().note(&fact) {
            self.inner.presence_changed.notify_one();
        }
        let urgent = self.queue().add(fact, std::time::Instant::now(), SystemTime::now());
        if urgent {
            self.inner.urgent.notify_one();
        }
    }
}

impl std::fmt::Debug for PhoneDirectory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PhoneDirectory").field("run", &self.inner.run).finish_non_exhaustive()
    }
}

/// Puts a batch back unless it was written.
struct GiveBack<'a> {
    directory: &'a PhoneDirectory,
    batch: Option<crate::store::Batch>,
}

impl Drop for GiveBack<'_> {
    fn drop(&mut self) {
        if let Some(batch) = self.batch.take() {
            self.directory.queue().put_back(batch);
        }
    }
}

fn warn(done: Result<(), StoreError>, what: &str) {
    if let Err(error) = done {
        tracing::warn!(%error, "{what}");
    }
}

fn tell_locked(locked: &[Locked]) {
    if !locked.is_empty() {
        tracing::warn!(
            count = locked.len(),
            "passwords of phones or providers are of another [sip] realm or secrets.key, and not good any more; \
             `palabre sip problems` names them"
        );
    }
}

/// How long news waits for more of it: a batch costs little more than one thing, and a leg that rings, is answered and
/// ends meanwhile is written once.
const GATHERING: Duration = Duration::from_millis(50);
/// How soon changes of another process are noticed.
const TICK: Duration = Duration::from_secs(1);
const TICKS_PER_HEARTBEAT: u32 = 10;
/// Removals that a busy listener may be behind.
const MOST_REMOVALS: usize = 256;
/// Presence that a slow browser may be behind before it is told to ask anew.
const MOST_PRESENCE_NEWS: usize = 16;
/// Words told one by one; when more change at once, asking anew is cheaper.
const MOST_PRESENCES: usize = 200;
/// Batches of call records that a slow browser may be behind.
const MOST_WRITTEN_NEWS: usize = 64;
const PRESENCE_PAUSE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;

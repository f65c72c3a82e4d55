//! A conference as its handle sees it: commands go to the shards that they concern.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use sfu_proto::id::{ConferenceId, PeerId};
use sfu_proto::io::{Command, Event, HostCandidate};
use sfu_proto::relief::Relief;
use tokio::sync::mpsc;

use crate::bridge::BridgeOutlet;
use crate::direct::Direct;
use crate::metrics::Published;
use crate::shard::port::{Input, Port, QueueFull};
use crate::spread::{Loads, Spread, Step};
use crate::ufrags::Ufrags;

/// A shard as others see it.
#[derive(Debug)]
pub(crate) struct ShardHandle {
    pub(crate) port: Arc<Port>,
    pub(crate) published: Arc<Published>,
    /// Conferences that began here, whether or not the shard has heard of them yet.
    pub(crate) opened: AtomicU64,
    pub(crate) candidates: Arc<[HostCandidate]>,
}

/// What all conferences share.
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) shards: Vec<ShardHandle>,
    pub(crate) loads: Loads,
    pub(crate) ufrags: Arc<Ufrags>,
    conferences: Mutex<HashMap<ConferenceId, Weak<Parts>>>,
}

/// A conference on its shards.
#[derive(Debug)]
pub(crate) struct Parts {
    id: ConferenceId,
    house: Arc<House>,
    /// Weak, so that the room sees it when no shard has the conference any more.
    events: mpsc::WeakSender<Event>,
    spread: Mutex<Spread>,
}

impl ShardHandle {
    pub(crate) fn conferences(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }

    /// Whether it has so much to do that nobody should come.
    fn is_full(&self) -> bool {
        self.published.read().relief >= FULL
    }
}

impl House {
    pub(crate) fn new(shards: Vec<ShardHandle>, ufrags: Arc<Ufrags>) -> Self {
        let loads = shards.iter().map(|_| AtomicU64::new(0)).collect();
        Self { shards, loads, ufrags, conferences: Mutex::default() }
    }

    /// Whether no shard should be given more.
    pub(crate) fn is_full(&self) -> bool {
        self.shards.iter().all(ShardHandle::is_full)
    }

    fn conferences(&self) -> MutexGuard<'_, HashMap<ConferenceId, Weak<Parts>>> {
        self.conferences.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Parts {
    /// A conference whose home is this shard; nothing if that takes none.
    pub(crate) fn open(
        house: &Arc<House>,
        id: ConferenceId,
        home: usize,
        slack: u64,
        events: &mpsc::Sender<Event>,
    ) -> Option<Arc<Self>> {
        let spread = Spread::new(home, Arc::clone(&house.loads), slack, crate::handle::new_peer_id);
        let parts = Arc::new(Self {
            id,
            house: Arc::clone(house),
            events: events.downgrade(),
            spread: Mutex::new(spread),
        });
        let shard = house.shards.get(home)?;
        let open = Input::Open { conference: id, events: events.clone(), parts: Arc::clone(&parts) };
        shard.port.send(open).ok()?;
        shard.opened.fetch_add(1, Ordering::Relaxed);
        house.conferences().insert(id, Arc::downgrade(&parts));
        Some(parts)
    }

    pub(crate) fn id(&self) -> ConferenceId {
        self.id
    }

    /// The shard on which it began.
    pub(crate) fn home(&self) -> usize {
        self.spread().home()
    }

    /// Where peers reach that shard.
    pub(crate) fn candidates(&self, shard: usize) -> &Arc<[HostCandidate]> {
        &self.house.shards[shard].candidates
    }

    /// Finds a shard for a peer that will join.
    pub(crate) fn place(self: &Arc<Self>, peer: PeerId) -> usize {
        let mut spread = self.spread();
        let shard = spread.place(peer, |shard| self.house.shards[shard].is_full());
        // A shard that takes nothing any more refuses the peer itself as well, which says so.
        let _ = self.carry_out(&mut spread);
        shard
    }

    /// Has a command carried out wherever it matters.
    pub(crate) fn command(self: &Arc<Self>, command: Command) -> Result<(), QueueFull> {
        if let Command::Move { peer, to } = command {
            let there = self.house.conferences().get(&to).and_then(Weak::upgrade);
            let shard = self.spread().shard_of(peer);
            let (Some(there), Some(shard)) = (there, shard) else { return Ok(()) };
            there.adopt(peer, shard)?;
        }
        let ufrag = match &command {
            Command::Join(params) => Some((params.peer, params.local_ice.ufrag.clone())),
            Command::RestartIce { peer, local, .. } => Some((*peer, local.ufrag.clone())),
            _ => None,
        };
        let mut spread = self.spread();
        spread.handle(command);
        let shard = ufrag.and_then(|(peer, ufrag)| Some((spread.shard_of(peer)?, ufrag)));
        if let Some((shard, ufrag)) = shard {
            self.house.ufrags.insert(&ufrag, &self.house.shards[shard].port);
        }
        self.carry_out(&mut spread)
    }

    /// Takes in a peer of another conference, on the shard where it is.
    fn adopt(self: &Arc<Self>, peer: PeerId, shard: usize) -> Result<(), QueueFull> {
        let mut spread = self.spread();
        spread.settle(peer, shard);
        self.carry_out(&mut spread)
    }

    /// Lets in a peer of our own process, at home unless it has a place.
    pub(crate) fn join_direct(self: &Arc<Self>, peer: PeerId) -> Result<Direct, QueueFull> {
        let mut spread = self.spread();
        let shard = spread.place_at_home(peer);
        let taken = self.carry_out(&mut spread);
        let port = &self.house.shards[shard].port;
        let (direct, outlet) = Direct::new(peer, Arc::clone(self), Arc::clone(port));
        let joined = port.send(Input::JoinDirect { conference: self.id, peer, outlet });
        // A peer that was refused leaves again when it is dropped, for which the lock must be free.
        drop(spread);
        taken.and(joined).map(|()| direct)
    }

    /// A peer has ended on a shard by itself; whether the rooms are to be told.
    pub(crate) fn closed(self: &Arc<Self>, shard: usize, peer: PeerId) -> bool {
        let mut spread = self.spread();
        let tell = spread.closed(shard, peer);
        let _ = self.carry_out(&mut spread);
        tell
    }

    /// Its handle has been dropped.
    pub(crate) fn end(self: &Arc<Self>) {
        // Refused only when the shard has stopped, and then the conference is gone already.
        let _ = self.command(Command::EndConference { conference: self.id });
        self.house.shards[self.home()].opened.fetch_sub(1, Ordering::Relaxed);
        self.house.conferences().remove(&self.id);
    }

    /// Hands what is to be done to the shards. All of it is tried; an error is the first that there was.
    fn carry_out(self: &Arc<Self>, spread: &mut Spread) -> Result<(), QueueFull> {
        let mut all = Ok(());
        for (shard, step) in spread.take_steps() {
            let port = &self.house.shards[shard].port;
            let conference = self.id;
            let done = match step {
                Step::Open => match self.events.upgrade() {
                    Some(events) => port.send(Input::Open { conference, events, parts: Arc::clone(self) }),
                    None => Err(QueueFull::Gone),
                },
                Step::Bridge { peer, far_shard, far_peer } => {
                    let far = Arc::clone(&self.house.shards[far_shard].port);
                    let outlet = BridgeOutlet { port: far, peer: far_peer };
                    port.send(Input::JoinBridge { conference, peer, outlet })
                }
                Step::Command(command) => port.send(Input::Command { conference, command }),
            };
            all = all.and(done);
        }
        all
    }

    fn spread(&self) -> MutexGuard<'_, Spread> {
        self.spread.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where even the smallest pictures are too much or nearly so, those who are there come first.
const FULL: Relief = Relief::Smallest;

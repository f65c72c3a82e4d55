//! One conference on several shards: which peer is on which, and what each shard has to know of the others.
//!
//! A conference begins on one shard, its home, and stays there while that has room. On every further shard it has a
//! part. A publisher is on one shard; on the others a bridge stands for it under its name, and publishes there what a
//! tap on its own shard passes on. So each packet is received and decrypted once, and goes once to every shard that has
//! somebody who wants it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sfu_proto::id::{DownTrackId, PeerId, Ssrc, UpTrackId};
use sfu_proto::io::{Command, MediaKind, UpTrackParams};

/// What is to be done on a shard.
#[derive(Debug)]
pub(crate) enum Step {
    /// The conference begins there.
    Open,
    /// One end of a bridge joins; what goes to it comes out at the other.
    Bridge { peer: PeerId, far_shard: usize, far_peer: PeerId },
    /// A command is carried out.
    Command(Command),
}

/// How much each shard carries: peers and subscriptions.
pub(crate) type Loads = Arc<[AtomicU64]>;

/// Where everything of a conference is.
#[derive(Debug)]
pub(crate) struct Spread {
    /// The shards on which the conference is, its home first.
    parts: Vec<usize>,
    loads: Loads,
    slack: u64,
    peers: HashMap<PeerId, Member>,
    sources: HashMap<UpTrackId, Source>,
    subscriptions: HashMap<DownTrackId, Subscription>,
    next_ssrc: u32,
    new_id: fn() -> PeerId,
    steps: Vec<(usize, Step)>,
}

#[derive(Debug)]
struct Member {
    shard: usize,
    publishes: Vec<UpTrackId>,
    receives: Vec<DownTrackId>,
    bridges: Vec<Bridge>,
}

/// Where a publisher is stood for, and the end of that bridge on its own shard.
#[derive(Debug, Clone, Copy)]
struct Bridge {
    shard: usize,
    near: PeerId,
}

#[derive(Debug)]
struct Source {
    peer: PeerId,
    params: UpTrackParams,
    muted: bool,
    /// Under which number each encoding goes to other shards.
    ssrcs: Vec<Ssrc>,
    /// Subscriptions by shard.
    viewers: HashMap<usize, usize>,
}

#[derive(Debug, Clone, Copy)]
struct Subscription {
    source: UpTrackId,
    peer: PeerId,
}

impl Spread {
    /// A conference on its home. A shard may carry `slack` more than the idlest before another one is taken.
    pub(crate) fn new(home: usize, loads: Loads, slack: u64, new_id: fn() -> PeerId) -> Self {
        Self {
            parts: vec![home],
            loads,
            slack,
            peers: HashMap::new(),
            sources: HashMap::new(),
            subscriptions: HashMap::new(),
            next_ssrc: 1,
            new_id,
            steps: Vec::new(),
        }
    }

    /// The shard on which the conference began.
    pub(crate) fn home(&self) -> usize {
        self.parts[0]
    }

    /// Where a peer is.
    pub(crate) fn shard_of(&self, peer: PeerId) -> Option<usize> {
        Some(self.peers.get(&peer)?.shard)
    }

    /// What is to be done, in order.
    pub(crate) fn take_steps(&mut self) -> std::vec::Drain<'_, (usize, Step)> {
        self.steps.drain(..)
    }

    /// Finds a shard for a peer that will join; one that is full only where all are.
    pub(crate) fn place(&mut self, peer: PeerId, is_full: impl Fn(usize) -> bool) -> usize {
        if let Some(shard) = self.shard_of(peer) {
            return shard;
        }
        let load = |shard: usize| self.loads[shard].load(Ordering::Relaxed);
        let by_load = |&shard: &usize| (is_full(shard), load(shard));
        let idlest = (0..self.loads.len()).min_by_key(by_load).unwrap_or(self.home());
        let has_room =
            |&shard: &usize| load(shard) <= load(idlest) + self.slack && is_full(shard) == is_full(idlest);
        let shard = self.parts.iter().copied().find(has_room).unwrap_or(idlest);
        self.settle(peer, shard);
        shard
    }

    /// Takes in a peer that is on that shard.
    pub(crate) fn settle(&mut self, peer: PeerId, shard: usize) {
        match self.shard_of(peer) {
            Some(known) if known == shard => return,
            // It was expected elsewhere.
            Some(_) => _ = self.forget(peer),
            None => {}
        }
        let member = Member { shard, publishes: Vec::new(), receives: Vec::new(), bridges: Vec::new() };
        self.peers.insert(peer, member);
        self.loads[shard].fetch_add(1, Ordering::Relaxed);
        if !self.parts.contains(&shard) {
            self.parts.push(shard);
            self.steps.push((shard, Step::Open));
            let mut sources: Vec<UpTrackId> = self.sources.keys().copied().collect();
            sources.sort_by_key(|source| source.0);
            sources.into_iter().for_each(|source| self.mirror(source, shard));
        }
    }

    /// Works out what a command takes: itself, on the shards that it concerns, and what others have to know of it.
    pub(crate) fn handle(&mut self, command: Command) {
        // What has gone meanwhile is nowhere; the home knows nothing of it either.
        let home = self.home();
        let shard = match &command {
            Command::Join(params) => self.place_at_home(params.peer),
            Command::JoinDirect { peer, .. } => self.place_at_home(*peer),
            Command::SetRemote { peer, .. }
            | Command::RestartIce { peer, .. }
            | Command::SendData { peer, .. } => self.shard_of(*peer).unwrap_or(home),
            Command::Publish { peer, track } => return self.publish(*peer, track),
            Command::Unpublish { track } => return self.unpublish(*track),
            Command::MuteUpTrack { track, muted } => return self.mute(*track, *muted),
            Command::AlwaysHear { track, always } => return self.always_hear(*track, *always),
            Command::Subscribe { peer, track } => {
                self.subscribe(*peer, track.id, track.source).unwrap_or(home)
            }
            Command::Unsubscribe { track } => self.unsubscribe(*track).unwrap_or(home),
            Command::Wish { track, .. } => {
                let subscription = self.subscriptions.get(track);
                subscription.and_then(|subscription| self.shard_of(subscription.peer)).unwrap_or(home)
            }
            Command::Leave { peer } | Command::Move { peer, .. } => self.forget(*peer).unwrap_or(home),
            Command::EndConference { conference } => {
                let conference = *conference;
                let end = |&shard| (shard, Step::Command(Command::EndConference { conference }));
                self.steps.extend(self.parts.iter().map(end));
                return;
            }
            // Not for rooms: these are what steps are made of.
            Command::JoinBridge { .. } | Command::Tap { .. } | Command::Untap { .. } => return,
        };
        self.steps.push((shard, Step::Command(command)));
    }
}

impl Spread {
    /// A peer that nobody has found a shard for.
    pub(crate) fn place_at_home(&mut self, peer: PeerId) -> usize {
        if let Some(shard) = self.shard_of(peer) {
            return shard;
        }
        let home = self.home();
        self.settle(peer, home);
        home
    }

    fn publish(&mut self, peer: PeerId, track: &UpTrackParams) {
        let Some(member) = self.peers.get_mut(&peer) else { return };
        let (shard, id) = (member.shard, track.id);
        if !member.publishes.contains(&id) {
            member.publishes.push(id);
        }
        let source = self.sources.entry(id).or_insert_with(|| Source {
            peer,
            params: track.clone(),
            muted: false,
            ssrcs: Vec::new(),
            viewers: HashMap::new(),
        });
        if source.peer != peer {
            return;
        }
        source.params = track.clone();
        while source.ssrcs.len() < track.encodings.len() {
            source.ssrcs.push(Ssrc(self.next_ssrc));
            self.next_ssrc += 1;
        }
        let command = Command::Publish { peer, track: Box::new(track.clone()) };
        self.steps.push((shard, Step::Command(command)));
        for shard in self.parts.clone() {
            self.mirror(id, shard);
        }
    }

    /// Has a source stood for on a shard that is not its own.
    fn mirror(&mut self, id: UpTrackId, shard: usize) {
        let Some(source) = self.sources.get(&id) else { return };
        let peer = source.peer;
        let Some(own) = self.shard_of(peer).filter(|&own| own != shard) else { return };
        self.bridge(peer, own, shard);

        let Some(source) = self.sources.get(&id) else { return };
        let mut params = source.params.clone();
        for (encoding, &ssrc) in params.encodings.iter_mut().zip(&source.ssrcs) {
            encoding.rid = None;
            encoding.ssrc = Some(ssrc);
            encoding.rtx_ssrc = None;
        }
        let publish = Command::Publish { peer, track: Box::new(params) };
        self.steps.push((shard, Step::Command(publish)));
        if source.muted {
            let mute = Command::MuteUpTrack { track: id, muted: true };
            self.steps.push((shard, Step::Command(mute)));
        }
        // Who speaks is heard everywhere; pictures go where somebody looks.
        if source.params.kind == MediaKind::Audio || source.viewers.contains_key(&shard) {
            self.tap(id, shard);
        }
    }

    /// Builds the bridge by which a publisher is on another shard, unless there is one.
    fn bridge(&mut self, peer: PeerId, own: usize, shard: usize) {
        let Some(member) = self.peers.get_mut(&peer) else { return };
        if member.bridges.iter().any(|bridge| bridge.shard == shard) {
            return;
        }
        let near = (self.new_id)();
        member.bridges.push(Bridge { shard, near });
        self.steps.push((own, Step::Bridge { peer: near, far_shard: shard, far_peer: peer }));
        self.steps.push((shard, Step::Bridge { peer, far_shard: own, far_peer: near }));
    }

    fn tap(&mut self, id: UpTrackId, shard: usize) {
        let Some((source, own, near)) = self.bridge_of(id, shard) else { return };
        let ssrcs = source.ssrcs.clone();
        let tap = Command::Tap { peer: near, track: id, ssrcs };
        self.steps.push((own, Step::Command(tap)));
    }

    /// A source, its own shard, and the near end of its bridge to another.
    fn bridge_of(&self, id: UpTrackId, shard: usize) -> Option<(&Source, usize, PeerId)> {
        let source = self.sources.get(&id)?;
        let member = self.peers.get(&source.peer)?;
        let bridge = member.bridges.iter().find(|bridge| bridge.shard == shard)?;
        Some((source, member.shard, bridge.near))
    }

    /// The shards on which a source is, its own first.
    fn shards_with(&self, id: UpTrackId) -> Vec<usize> {
        let Some(member) = self.sources.get(&id).and_then(|source| self.peers.get(&source.peer)) else {
            return Vec::new();
        };
        let bridged = member.bridges.iter().map(|bridge| bridge.shard);
        std::iter::once(member.shard).chain(bridged).collect()
    }

    fn unpublish(&mut self, id: UpTrackId) {
        for shard in self.shards_with(id) {
            self.steps.push((shard, Step::Command(Command::Unpublish { track: id })));
        }
        self.forget_source(id);
    }

    fn forget_source(&mut self, id: UpTrackId) {
        let Some(source) = self.sources.remove(&id) else { return };
        if let Some(member) = self.peers.get_mut(&source.peer) {
            member.publishes.retain(|&other| other != id);
        }
        let ended = self.subscriptions.extract_if(|_, subscription| subscription.source == id);
        for (down, subscription) in ended.collect::<Vec<_>>() {
            if let Some(member) = self.peers.get_mut(&subscription.peer) {
                member.receives.retain(|&other| other != down);
                self.loads[member.shard].fetch_sub(1, Ordering::Relaxed);
            }
        }
    }

    fn mute(&mut self, id: UpTrackId, muted: bool) {
        let shards = self.shards_with(id);
        if let Some(source) = self.sources.get_mut(&id) {
            source.muted = muted;
        }
        for shard in shards {
            self.steps.push((shard, Step::Command(Command::MuteUpTrack { track: id, muted })));
        }
    }

    fn always_hear(&mut self, id: UpTrackId, always: bool) {
        let shards = self.shards_with(id);
        if let Some(source) = self.sources.get_mut(&id) {
            source.params.always_heard = always;
        }
        for shard in shards {
            self.steps.push((shard, Step::Command(Command::AlwaysHear { track: id, always })));
        }
    }

    fn subscribe(&mut self, peer: PeerId, down: DownTrackId, id: UpTrackId) -> Option<usize> {
        self.unsubscribe(down);
        let member = self.peers.get_mut(&peer)?;
        let source = self.sources.get_mut(&id)?;
        let shard = member.shard;
        member.receives.push(down);
        self.subscriptions.insert(down, Subscription { source: id, peer });
        self.loads[shard].fetch_add(1, Ordering::Relaxed);
        let viewers = source.viewers.entry(shard).or_default();
        *viewers += 1;
        if *viewers == 1 && source.params.kind == MediaKind::Video {
            self.tap(id, shard);
        }
        Some(shard)
    }

    fn unsubscribe(&mut self, down: DownTrackId) -> Option<usize> {
        let Subscription { source: id, peer } = self.subscriptions.remove(&down)?;
        let member = self.peers.get_mut(&peer)?;
        let shard = member.shard;
        member.receives.retain(|&other| other != down);
        self.loads[shard].fetch_sub(1, Ordering::Relaxed);
        if let Some(source) = self.sources.get_mut(&id)
            && let Some(viewers) = source.viewers.get_mut(&shard)
        {
            *viewers -= 1;
            if *viewers == 0 {
                source.viewers.remove(&shard);
                self.untap(id, shard);
            }
        }
        Some(shard)
    }

    fn untap(&mut self, id: UpTrackId, shard: usize) {
        let Some((source, own, near)) = self.bridge_of(id, shard) else { return };
        if source.params.kind == MediaKind::Video {
            let untap = Command::Untap { peer: near, track: id };
            self.steps.push((own, Step::Command(untap)));
        }
    }

    /// Forgets a peer and takes down its bridges; where it was.
    fn forget(&mut self, peer: PeerId) -> Option<usize> {
        let member = self.peers.get(&peer)?;
        let (receives, publishes) = (member.receives.clone(), member.publishes.clone());
        for down in receives {
            self.unsubscribe(down);
        }
        for source in publishes {
            self.forget_source(source);
        }
        let member = self.peers.remove(&peer)?;
        self.loads[member.shard].fetch_sub(1, Ordering::Relaxed);
        for bridge in member.bridges {
            self.steps.push((bridge.shard, Step::Command(Command::Leave { peer })));
            self.steps.push((member.shard, Step::Command(Command::Leave { peer: bridge.near })));
        }
        Some(member.shard)
    }

    /// A peer has ended on a shard by itself. Whether the rooms are to be told: an end of a bridge is none of theirs, and
    /// is built anew.
    pub(crate) fn closed(&mut self, shard: usize, peer: PeerId) -> bool {
        if self.shard_of(peer) == Some(shard) {
            self.forget(peer);
            return true;
        }
        let is_end =
            |own: PeerId, bridge: &Bridge| bridge.near == peer || (own == peer && bridge.shard == shard);
        let found = self.peers.iter().find_map(|(&own, member)| {
            let bridge = member.bridges.iter().find(|bridge| is_end(own, bridge))?;
            Some((own, member.shard, *bridge))
        });
        let Some((owner, own, bridge)) = found else { return true };
        let Some(member) = self.peers.get_mut(&owner) else { return true };
        member.bridges.retain(|other| other.near != bridge.near);
        let publishes = member.publishes.clone();
        self.steps.push((bridge.shard, Step::Command(Command::Leave { peer: owner })));
        self.steps.push((own, Step::Command(Command::Leave { peer: bridge.near })));
        for source in publishes {
            self.mirror(source, bridge.shard);
        }
        false
    }
}

impl Drop for Spread {
    fn drop(&mut self) {
        for member in self.peers.values() {
            let carried = 1 + member.receives.len() as u64;
            self.loads[member.shard].fetch_sub(carried, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests;

//! Allocations and the streams they come by: how they begin, go on and end (RFC 8656 §6 to §8).

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::super::allocation::Allocation;
use super::super::integrity::Key;
use super::super::quota::Exhausted;
use super::super::sources::Source;
use super::super::stun::{Class, FAMILY_V4, FAMILY_V6, Method, TransactionId, Writer, attribute};
use super::door::{Request, code};
use super::{Client, Due, Output, RelayId, Turn};

/// The connections there are.
#[derive(Debug, Default)]
pub(super) struct Streams {
    open: HashMap<u64, Stream>,
    per_source: HashMap<Source, usize>,
}

#[derive(Debug)]
struct Stream {
    source: Source,
    deadline: Option<Instant>, // while it has no allocation
}

impl Turn {
    /// A connection was made; whether it may stay.
    pub fn handle_connected(&mut self, now: Instant, stream: u64, remote: SocketAddr) -> bool {
        let source = Source::of(remote.ip());
        let there = self.streams.per_source.get(&source).copied().unwrap_or_default();
        if there >= self.limits.streams_per_source {
            return false;
        }
        if self.streams.open.len() >= self.limits.streams && !self.make_room(now, Client::is_stream) {
            return false;
        }
        *self.streams.per_source.entry(source).or_default() += 1;
        self.streams.open.insert(stream, Stream { source, deadline: None });
        self.be_patient(now, stream);
        true
    }

    /// A connection has ended, and with it what came by it.
    pub fn handle_disconnected(&mut self, stream: u64, remote: SocketAddr) {
        if let Some(relay) = self.by_client.get(&Client::Stream { id: stream, remote }).copied() {
            self.forget(relay);
        }
        self.forget_stream(stream);
    }

    /// A socket that was asked for is there, or cannot be had.
    pub fn handle_opened(&mut self, now: Instant, relay: RelayId, relayed: Option<SocketAddr>) {
        let Some(allocation) = self.allocations.get_mut(&relay) else {
            // Its client has gone meanwhile.
            return self.outputs.push_back(Output::Close { relay });
        };
        let (client, transaction) = (allocation.client, allocation.transaction);
        let Some(key) = allocation.opening.take() else { return };
        allocation.relayed = relayed;
        if relayed.is_none() {
            self.forget(relay);
            let refuse = |writer: &mut Writer<'_>| writer.error_code(code::INSUFFICIENT_CAPACITY);
            return self.tell_outcome(client, transaction, &key, Class::Error, refuse);
        }
        self.tell_allocated(now, relay, &key);
    }

    pub(super) fn allocate(&mut self, now: Instant, request: &Request<'_>) -> Result<(), u16> {
        let (client, message) = (request.client, request.message);
        if let Some(relay) = self.by_client.get(&client).copied() {
            return self.allocate_again(now, relay, request);
        }
        let participant = request.claim.participant;
        if request.claim.expires <= self.unix(now) || self.revoked.contains(now, participant) {
            return Err(code::UNAUTHENTICATED);
        }
        match message.attribute(attribute::REQUESTED_TRANSPORT) {
            Some([UDP, ..]) => {}
            Some(_) => return Err(code::UNSUPPORTED_TRANSPORT),
            None => return Err(code::BAD_REQUEST),
        }
        // To look for an even port, or to hold a second one back, is how a pool of ports is drained.
        let reserves = [attribute::EVEN_PORT, attribute::RESERVATION_TOKEN];
        if reserves.into_iter().any(|kind| message.attribute(kind).is_some()) {
            return Err(code::INSUFFICIENT_CAPACITY);
        }
        let v6 = match message.attribute(attribute::REQUESTED_ADDRESS_FAMILY) {
            None => false,
            Some([FAMILY_V4, ..]) => false,
            Some([FAMILY_V6, ..]) => true,
            Some(_) => return Err(code::ADDRESS_FAMILY_NOT_SUPPORTED),
        };
        if !self.peers.serves(v6) {
            return Err(code::ADDRESS_FAMILY_NOT_SUPPORTED);
        }
        let mut taken = self.quotas.take(&self.limits, participant, client.source());
        if taken == Err(Exhausted::Server) && self.make_room(now, |_| true) {
            taken = self.quotas.take(&self.limits, participant, client.source());
        }
        taken.map_err(|exhausted| match exhausted {
            Exhausted::Own => code::QUOTA_REACHED,
            Exhausted::Server => code::INSUFFICIENT_CAPACITY,
        })?;

        let relay = RelayId(self.next_relay);
        self.next_relay += 1;
        let mut allocation = Allocation::new(now, &self.limits, client, participant, message.transaction, v6);
        allocation.extend(now, &self.limits, message.number(attribute::LIFETIME));
        allocation.opening = Some(request.claim.key.clone());
        self.deadlines.insert((allocation.expires, Due::Allocation(relay)));
        self.allocations.insert(relay, allocation);
        self.by_client.insert(client, relay);
        if let Client::Stream { id, .. } = client {
            self.streams.set_deadline(&mut self.deadlines, id, None);
        }
        self.outputs.push_back(Output::Open { relay, v6 });
        Ok(())
    }

    /// The same request again is answered as before, since the answer may have been lost; another one is too many.
    fn allocate_again(&mut self, now: Instant, relay: RelayId, request: &Request<'_>) -> Result<(), u16> {
        let Some(allocation) = self.allocations.get(&relay) else { return Ok(()) };
        if allocation.transaction != request.message.transaction
            || allocation.participant != request.claim.participant
        {
            return Err(code::ALLOCATION_MISMATCH);
        }
        if allocation.relayed.is_some() {
            self.tell_allocated(now, relay, &request.claim.key);
        }
        Ok(())
    }

    pub(super) fn refresh(&mut self, now: Instant, request: &Request<'_>) -> Result<(), u16> {
        let asked = request.message.number(attribute::LIFETIME);
        let relay = match self.own_allocation(request) {
            // An end that is asked for again has come already.
            Err(code::ALLOCATION_MISMATCH) if asked == Some(0) => {
                self.answer(request, Class::Success, |writer| writer.number(attribute::LIFETIME, 0));
                return Ok(());
            }
            found => found?,
        };
        let Some(allocation) = self.allocations.get_mut(&relay) else { return Ok(()) };
        let family = if allocation.v6 { FAMILY_V6 } else { FAMILY_V4 };
        let asked_family = request.message.attribute(attribute::REQUESTED_ADDRESS_FAMILY);
        if asked_family.is_some_and(|asked| asked.first() != Some(&family)) {
            return Err(code::PEER_FAMILY_MISMATCH);
        }

        let mut left = Duration::ZERO;
        if asked == Some(0) {
            self.forget(relay);
            if let Client::Stream { id, .. } = request.client {
                self.be_patient(now, id);
            }
        } else {
            self.deadlines.remove(&(allocation.expires, Due::Allocation(relay)));
            left = allocation.extend(now, &self.limits, asked);
            self.deadlines.insert((allocation.expires, Due::Allocation(relay)));
        }
        self.answer(request, Class::Success, |writer| {
            writer.number(attribute::LIFETIME, left.as_secs() as u32);
        });
        Ok(())
    }

    /// The allocation that a request is about, which must be that of whoever asks.
    pub(super) fn own_allocation(&self, request: &Request<'_>) -> Result<RelayId, u16> {
        let relay = self.by_client.get(&request.client).copied().ok_or(code::ALLOCATION_MISMATCH)?;
        let allocation = self.allocations.get(&relay).ok_or(code::ALLOCATION_MISMATCH)?;
        if allocation.participant != request.claim.participant {
            return Err(code::WRONG_CREDENTIALS);
        }
        Ok(relay)
    }

    /// Ends an allocation whose time has come, and the connection that was there for it.
    pub(super) fn end(&mut self, relay: RelayId) {
        let client = self.allocations.get(&relay).map(|allocation| allocation.client);
        self.forget(relay);
        if let Some(Client::Stream { id, .. }) = client {
            self.hang_up(id);
        }
    }

    /// Ends the allocation that has carried nothing for longest: browsers keep those that they found no use for, and
    /// must not keep out those that have no other way. Whether there was one.
    fn make_room(&mut self, now: Instant, counts: impl Fn(&Client) -> bool) -> bool {
        let idle = |allocation: &Allocation| now.saturating_duration_since(allocation.used) >= IDLE;
        let candidates =
            self.allocations.iter().filter(|(_, allocation)| counts(&allocation.client) && idle(allocation));
        let longest = candidates.min_by_key(|(_, allocation)| allocation.used).map(|(relay, _)| *relay);
        if let Some(relay) = longest {
            self.end(relay);
        }
        longest.is_some()
    }

    /// Ends a connection.
    pub(super) fn hang_up(&mut self, stream: u64) {
        if self.forget_stream(stream) {
            self.outputs.push_back(Output::HangUp { stream });
        }
    }

    fn forget(&mut self, relay: RelayId) {
        let Some(allocation) = self.allocations.remove(&relay) else { return };
        self.by_client.remove(&allocation.client);
        self.deadlines.remove(&(allocation.expires, Due::Allocation(relay)));
        self.quotas.give_back(allocation.participant, allocation.client.source());
        if allocation.relayed.is_some() {
            self.outputs.push_back(Output::Close { relay });
        }
    }

    fn forget_stream(&mut self, stream: u64) -> bool {
        self.streams.set_deadline(&mut self.deadlines, stream, None);
        self.streams.remove(stream)
    }

    fn be_patient(&mut self, now: Instant, stream: u64) {
        let until = now + self.limits.patience;
        self.streams.set_deadline(&mut self.deadlines, stream, Some(until));
    }

    fn tell_allocated(&mut self, now: Instant, relay: RelayId, key: &Key) {
        let Some(allocation) = self.allocations.get(&relay) else { return };
        let Some(relayed) = allocation.relayed else { return };
        let (client, transaction) = (allocation.client, allocation.transaction);
        let left = allocation.expires.saturating_duration_since(now).as_secs() as u32;
        self.tell_outcome(client, transaction, key, Class::Success, |writer| {
            writer.address(attribute::XOR_RELAYED_ADDRESS, relayed);
            writer.number(attribute::LIFETIME, left);
            writer.address(attribute::XOR_MAPPED_ADDRESS, client.remote());
        });
    }

    fn tell_outcome(
        &mut self,
        client: Client,
        transaction: TransactionId,
        key: &Key,
        class: Class,
        write: impl FnOnce(&mut Writer<'_>),
    ) {
        let mut message = Vec::new();
        let mut writer = Writer::begin(&mut message, class, Method::Allocate, transaction);
        write(&mut writer);
        writer.finish(Some(key));
        self.outputs.push_back(Output::Answer { client, message });
    }
}

impl Streams {
    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    fn set_deadline(
        &mut self,
        deadlines: &mut std::collections::BTreeSet<(Instant, Due)>,
        id: u64,
        deadline: Option<Instant>,
    ) {
        let Some(stream) = self.open.get_mut(&id) else { return };
        if let Some(before) = std::mem::replace(&mut stream.deadline, deadline) {
            deadlines.remove(&(before, Due::Stream(id)));
        }
        deadlines.extend(deadline.map(|at| (at, Due::Stream(id))));
    }

    fn remove(&mut self, id: u64) -> bool {
        let Some(stream) = self.open.remove(&id) else { return false };
        if let Some(count) = self.per_source.get_mut(&stream.source) {
            *count -= 1;
            if *count == 0 {
                self.per_source.remove(&stream.source);
            }
        }
        true
    }
}

/// An allocation in use carries media all the time, and checks of its path every few seconds in any case.
const IDLE: Duration = Duration::from_secs(60);

/// The only transport of relays, as IP numbers it.
const UDP: u8 = 17;

//! The registrar: which phones can be reached for an extension, and how (RFC 3261 §10.3; RFC 5626, RFC 3327).
//!
//! Two things are narrower here than in the RFCs, because every phone has a password of its own: a device changes and
//! removes only its own bindings, also with `Contact: *`; and two devices may register the same address, as phones
//! behind two routers do.

mod asked;
mod binding;
mod table;

use std::time::{Duration, Instant};

pub use binding::{Binding, SavedBinding};

use self::asked::{Asked, Wish, refusal};
use self::binding::{is_connection, key};
use self::table::{BindingId, Table};
use crate::flow::Flow;
use crate::message::{HeaderName, NameAddr, Refusal, Request, Response, StatusCode};
use crate::plan::Plan;

/// The most bindings of one AOR, and the most contacts in one request.
pub const MAX_CONTACTS: usize = 10;
/// The most AORs with bindings.
pub const MAX_AORS: usize = 100_000;
/// The most hops in a Path.
pub const MAX_PATH: usize = 8;
/// How often a phone on a connection that is ours to watch should send a keep-alive (RFC 5626 §4.4.1).
pub const FLOW_TIMER: Duration = Duration::from_secs(120);
/// The same over UDP, where routers forget sooner.
pub const UDP_FLOW_TIMER: Duration = Duration::from_secs(29);

/// How long bindings last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// Where the phone asks for no time.
    pub default: Duration,
    /// Shorter is refused.
    pub min: Duration,
    /// Longer is shortened.
    pub max: Duration,
}

impl Default for Interval {
    fn default() -> Self {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        Self { default: minutes(10), min: minutes(1), max: minutes(60) }
    }
}

/// The bindings of all AORs.
#[derive(Debug, Default)]
pub struct Registrar {
    table: Table,
    interval: Interval,
    replies: u64,
}

/// What became of a binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is new or refreshed.
    Bound(Box<Binding>),
    /// It is no more.
    Unbound {
        /// The extension's number.
        aor: String,
        /// The binding's key.
        key: String,
    },
}

impl Registrar {
    /// A registrar without bindings.
    #[must_use]
    pub fn new(interval: Interval) -> Self {
        Self { interval, ..Self::default() }
    }

    /// Takes the bindings that were good when the program ended. Those of connections are listed, but cannot be reached
    /// before the phone comes back. What cannot be used any more is told as ended.
    pub fn restore(&mut self, now: Instant, plan: &Plan, saved: Vec<SavedBinding>) -> Vec<Change> {
        let mut changes = Vec::new();
        for mut saved in saved {
            saved.remaining = saved.remaining.min(self.interval.max);
            let ended = Change::Unbound { aor: saved.aor.clone(), key: saved.key.clone() };
            let lasts = !saved.remaining.is_zero() && is_device(plan, &saved.aor, &saved.device);
            match saved.restore(now) {
                Ok(binding) if lasts && self.has_room_for(&binding.aor) => self.table.insert(binding),
                _ => changes.push(ended),
            }
        }
        changes
    }

    /// Carries out a REGISTER for an AOR that a device has authenticated for. Either all of it happens, or nothing. The
    /// changes may also name bindings that have ended meanwhile.
    pub fn register(
        &mut self,
        now: Instant,
        plan: &Plan,
        aor: &str,
        device: &str,
        flow: Flow,
        request: &Request,
    ) -> (Response, Vec<Change>) {
        let mut changes = self.handle_timeout(now);
        self.replies += 1;
        let tag = format!("r{:x}", self.replies);

        match self.update(now, plan, aor, device, flow, request) {
            Ok((asked, made)) => {
                changes.extend(made);
                (self.accept(now, aor, flow, request, &asked, &tag), changes)
            }
            Err(refusal) => (refusal.response(request, &tag), changes),
        }
    }

    /// Who can be reached for an AOR, the most wanted first, and among equals who was heard of last. Of several flows
    /// of one phone only one is given: it is not to ring twice (RFC 5626 §7).
    #[must_use]
    pub fn lookup(&self, now: Instant, aor: &str) -> Vec<&Binding> {
        let mut found: Vec<(BindingId, &Binding)> = self
            .table
            .of_aor(aor)
            .filter(|(_, binding)| binding.reachable && binding.expires > now)
            .collect();
        found.sort_by_key(|(id, binding)| std::cmp::Reverse((binding.q, binding.refreshed, *id)));
        let mut reached: Vec<&Binding> = Vec::with_capacity(found.len());
        for (_, binding) in found {
            let same_phone = |known: &&Binding| {
                known.device == binding.device
                    && binding.instance().is_some()
                    && known.instance() == binding.instance()
            };
            if !reached.iter().any(same_phone) {
                reached.push(binding);
            }
        }
        reached
    }

    /// All bindings of an AOR, also those that cannot be reached now.
    pub fn bindings_of(&self, aor: &str) -> impl Iterator<Item = &Binding> {
        self.table.of_aor(aor).map(|(_, binding)| binding)
    }

    /// All bindings.
    pub fn bindings(&self) -> impl Iterator<Item = &Binding> {
        self.table.iter().map(|(_, binding)| binding)
    }

    /// How many bindings there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A connection is gone, and with it what was bound over it. Datagrams have no connection to lose.
    pub fn flow_lost(&mut self, now: Instant, flow: &Flow) -> Vec<Change> {
        let mut changes = self.handle_timeout(now);
        if !is_connection(flow) {
            return changes;
        }
        changes.extend(self.table.of_flow(flow).into_iter().filter_map(|id| self.unbind_id(id)));
        changes
    }

    /// Whether a phone is registered that is reached over this very flow.
    #[must_use]
    pub fn is_bound_over(&self, flow: &Flow) -> bool {
        !self.table.of_flow(flow).is_empty()
    }

    /// Ends a binding because an administrator says so.
    pub fn unbind(&mut self, aor: &str, key: &str) -> Option<Change> {
        let (id, _) = self.table.of_aor(aor).find(|(_, binding)| binding.key == key)?;
        self.unbind_id(id)
    }

    /// Ends the bindings of devices that are not in the plan any more.
    pub fn plan_changed(&mut self, plan: &Plan) -> Vec<Change> {
        let foreign = |(_, binding): &(BindingId, &Binding)| !is_device(plan, &binding.aor, &binding.device);
        let ids: Vec<BindingId> = self.table.iter().filter(foreign).map(|(id, _)| id).collect();
        ids.into_iter().filter_map(|id| self.unbind_id(id)).collect()
    }

    /// When the next binding ends.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.table.first_deadline().map(|(deadline, _)| deadline)
    }

    /// Ends the bindings whose time has come.
    pub fn handle_timeout(&mut self, now: Instant) -> Vec<Change> {
        let mut changes = Vec::new();
        while let Some((deadline, id)) = self.table.first_deadline()
            && deadline <= now
        {
            changes.extend(self.unbind_id(id));
        }
        changes
    }

    /// Checks everything first, then changes everything.
    fn update(
        &mut self,
        now: Instant,
        plan: &Plan,
        aor: &str,
        device: &str,
        flow: Flow,
        request: &Request,
    ) -> Result<(Asked, Vec<Change>), Refusal> {
        if plan.extension(aor).is_none() {
            return Err(refusal(StatusCode::NOT_FOUND));
        }
        if !is_device(plan, aor, device) {
            return Err(refusal(StatusCode::FORBIDDEN));
        }
        let mut asked = Asked::read(request, &self.interval)?;
        let (gone, fresh) = match std::mem::replace(&mut asked.wish, Wish::List) {
            Wish::List => return Ok((asked, Vec::new())),
            Wish::RemoveAll => (self.all_of(aor, device, &asked)?, Vec::new()),
            Wish::Update(contacts) => self.plan_update(now, aor, device, flow, &asked, contacts)?,
        };
        let mut changes = Vec::new();
        for binding in gone.into_iter().filter_map(|id| self.table.remove(id)) {
            if !fresh.iter().any(|next| next.key == binding.key) {
                changes.push(Change::Unbound { aor: binding.aor, key: binding.key });
            }
        }
        for binding in fresh {
            changes.push(Change::Bound(Box::new(binding.clone())));
            self.table.insert(binding);
        }
        Ok((asked, changes))
    }

    fn all_of(&self, aor: &str, device: &str, asked: &Asked) -> Result<Vec<BindingId>, Refusal> {
        let own = self.table.of_aor(aor).filter(|(_, binding)| binding.device == device);
        own.map(|(id, binding)| in_order(binding, asked).map(|()| id)).collect()
    }

    /// Which bindings go, and which come.
    fn plan_update(
        &self,
        now: Instant,
        aor: &str,
        device: &str,
        flow: Flow,
        asked: &Asked,
        contacts: Vec<(NameAddr, Duration)>,
    ) -> Result<(Vec<BindingId>, Vec<Binding>), Refusal> {
        let mut gone = Vec::new();
        let mut fresh: Vec<Binding> = Vec::new();
        for (contact, lasts) in contacts {
            let old = self.table.of_aor(aor).find(|(_, binding)| binding.is_of(device, &contact));
            if let Some((id, binding)) = old {
                in_order(binding, asked)?;
                if !gone.contains(&id) {
                    gone.push(id);
                }
            }
            fresh.retain(|known| !known.is_of(device, &contact));
            if lasts.is_zero() {
                continue;
            }
            fresh.push(Binding {
                aor: aor.to_owned(),
                key: old.map_or_else(|| key(device, &contact), |(_, binding)| binding.key.clone()),
                device: device.to_owned(),
                // A phone that does not say has no other wish (RFC 3261 §20.10).
                q: contact.q().unwrap_or(1000),
                contact,
                flow,
                reachable: true,
                path: asked.path.clone(),
                call_id: asked.call_id.clone(),
                cseq: asked.cseq,
                user_agent: asked.user_agent.clone(),
                refreshed: now,
                expires: now + lasts,
            });
        }
        self.make_room(aor, device, &mut gone, fresh.len())?;
        Ok((gone, fresh))
    }

    /// A device that takes an ever new address pushes out its own oldest bindings, and never another's.
    fn make_room(
        &self,
        aor: &str,
        device: &str,
        gone: &mut Vec<BindingId>,
        fresh: usize,
    ) -> Result<(), Refusal> {
        let kept: Vec<_> = self.table.of_aor(aor).filter(|(id, _)| !gone.contains(id)).collect();
        let is_new = self.table.of_aor(aor).next().is_none();
        if is_new && fresh > 0 && self.table.aors() >= MAX_AORS {
            return Err(refusal(StatusCode::SERVICE_UNAVAILABLE));
        }
        let surplus = (kept.len() + fresh).saturating_sub(MAX_CONTACTS);
        // They stand in the order in which they were refreshed.
        let own = kept.iter().filter(|(_, binding)| binding.device == device).map(|(id, _)| *id);
        let pushed: Vec<BindingId> = own.take(surplus).collect();
        if pushed.len() < surplus {
            return Err(refusal(StatusCode::FORBIDDEN));
        }
        gone.extend(pushed);
        Ok(())
    }

    fn accept(
        &self,
        now: Instant,
        aor: &str,
        flow: Flow,
        request: &Request,
        asked: &Asked,
        tag: &str,
    ) -> Response {
        let mut response = request.reply(StatusCode::OK, Some(tag));
        let headers = &mut response.headers;
        for (_, binding) in self.table.of_aor(aor) {
            headers.push(HeaderName::Contact, binding.listed(now));
        }
        // Who does not know what a Path is would not know what to do with it (RFC 3327 §5.3).
        if request.headers.has_token(&HeaderName::Supported, "path") {
            for hop in &asked.path {
                headers.push(HeaderName::Path, hop);
            }
        }
        headers.push(HeaderName::Supported, "path, outbound");
        if asked.outbound {
            headers.push(HeaderName::Require, "outbound");
            let timer = if flow.carrier.is_reliable() { FLOW_TIMER } else { UDP_FLOW_TIMER };
            headers.push(HeaderName::FlowTimer, timer.as_secs());
        }
        response
    }

    fn has_room_for(&self, aor: &str) -> bool {
        match self.table.of_aor(aor).count() {
            0 => self.table.aors() < MAX_AORS,
            bindings => bindings < MAX_CONTACTS,
        }
    }

    fn unbind_id(&mut self, id: BindingId) -> Option<Change> {
        let binding = self.table.remove(id)?;
        Some(Change::Unbound { aor: binding.aor, key: binding.key })
    }
}

/// A REGISTER that was overtaken on its way changes nothing (RFC 3261 §10.3 steps 6 and 7).
fn in_order(binding: &Binding, asked: &Asked) -> Result<(), Refusal> {
    match binding.call_id == asked.call_id && asked.cseq <= binding.cseq {
        true => Err(refusal(StatusCode::SERVER_INTERNAL_ERROR)),
        false => Ok(()),
    }
}

fn is_device(plan: &Plan, aor: &str, device: &str) -> bool {
    plan.extension(aor)
        .is_some_and(|extension| extension.devices.iter().any(|known| known.username == device))
}

#[cfg(test)]
mod tests;

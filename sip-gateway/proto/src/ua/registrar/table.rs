//! All bindings, found by AOR, by flow and by the time they end.

use std::borrow::Borrow;
use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::time::Instant;

use super::binding::Binding;
use crate::flow::Flow;

/// Names a binding within the program. A refreshed binding is another one.
pub(super) type BindingId = u64;

#[derive(Debug, Default)]
pub(super) struct Table {
    bindings: HashMap<BindingId, Binding>,
    aors: HashMap<String, Vec<BindingId>>,
    /// Those that are reached over a flow.
    flows: HashMap<Flow, Vec<BindingId>>,
    deadlines: BTreeSet<(Instant, BindingId)>,
    next: BindingId,
}

impl Table {
    pub(super) fn insert(&mut self, binding: Binding) {
        let id = self.next;
        self.next += 1;
        self.aors.entry(binding.aor.clone()).or_default().push(id);
        if binding.reachable {
            self.flows.entry(binding.flow).or_default().push(id);
        }
        self.deadlines.insert((binding.expires, id));
        self.bindings.insert(id, binding);
    }

    pub(super) fn remove(&mut self, id: BindingId) -> Option<Binding> {
        let binding = self.bindings.remove(&id)?;
        self.deadlines.remove(&(binding.expires, id));
        take_from(&mut self.aors, &binding.aor, id);
        take_from(&mut self.flows, &binding.flow, id);
        Some(binding)
    }

    pub(super) fn of_aor(&self, aor: &str) -> impl Iterator<Item = (BindingId, &Binding)> {
        let ids = self.aors.get(aor).map_or(&[][..], Vec::as_slice);
        ids.iter().filter_map(|id| Some((*id, self.bindings.get(id)?)))
    }

    pub(super) fn of_flow(&self, flow: &Flow) -> Vec<BindingId> {
        self.flows.get(flow).cloned().unwrap_or_default()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (BindingId, &Binding)> {
        self.bindings.iter().map(|(id, binding)| (*id, binding))
    }

    pub(super) fn first_deadline(&self) -> Option<(Instant, BindingId)> {
        self.deadlines.first().copied()
    }

    /// How many AORs have bindings.
    pub(super) fn aors(&self) -> usize {
        self.aors.len()
    }

    pub(super) fn len(&self) -> usize {
        self.bindings.len()
    }
}

fn take_from<K, Q>(map: &mut HashMap<K, Vec<BindingId>>, key: &Q, id: BindingId)
where
    K: Hash + Eq + Borrow<Q>,
    Q: Hash + Eq + ?Sized,
{
    if let Some(ids) = map.get_mut(key) {
        // They rise, since each new one is the highest.
        if let Ok(at) = ids.binary_search(&id) {
            ids.remove(at);
        }
        if ids.is_empty() {
            map.remove(key);
        }
    }
}

//! Which shard takes checks for which ufrag: what the TCP port needs to know, and the only thing all shards share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::shard::port::Port;

/// Our live ufrags. Not on the packet path: touched when a peer joins, restarts or leaves, and by a first TCP frame.
#[derive(Debug, Default)]
pub(crate) struct Ufrags {
    ports: Mutex<HashMap<String, Arc<Port>>>,
}

impl Ufrags {
    pub(crate) fn insert(&self, ufrag: &str, port: &Arc<Port>) {
        self.lock().insert(ufrag.to_owned(), Arc::clone(port));
    }

    pub(crate) fn remove(&self, ufrag: &str) {
        self.lock().remove(ufrag);
    }

    pub(crate) fn find(&self, ufrag: &str) -> Option<Arc<Port>> {
        self.lock().get(ufrag).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Port>>> {
        // A map is whole after any panic of ours.
        self.ports.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Which calls an extension has, for the lamps of others (RFC 4235).

use std::collections::BTreeMap;

use super::call_leg::CallLeg;
use super::calls::Calls;
use super::identity::Presented;
use super::media_plane::LegId;
use super::pickup::may_pick_up;
use super::record::CallId;
use crate::leg::Leg;
use crate::message::Uri;
use crate::plan::Plan;
use crate::subscription::{WatchedDialog, WatchedState};

impl Calls {
    /// The calls of an extension as they stand: one for each call, however many of its devices ring.
    #[must_use]
    pub fn dialogs_of(&self, plan: &Plan, number: &str) -> Vec<WatchedDialog> {
        let mut shown: BTreeMap<_, (WatchedState, LegId)> = BTreeMap::new();
        for id in self.of_extension.get(number).into_iter().flatten() {
            let Some(leg) = self.legs.get(id).filter(|leg| !leg.is_over()) else { continue };
            let found = (state_of(leg), *id);
            let place = shown.entry((leg.call, leg.record.inbound)).or_insert(found);
            // The device that is furthest speaks for the line; among equals the first that rang.
            if found.0 > place.0 || found.0 == place.0 && found.1 < place.1 {
                *place = found;
            }
        }
        let dialog = |((call, outgoing), (state, id)): ((CallId, bool), (WatchedState, LegId))| {
            let leg = self.legs.get(&id)?;
            Some(WatchedDialog {
                id: format!("{}{}", call.0, if outgoing { "o" } else { "i" }),
                dialog: leg.phone().and_then(Leg::any_dialog).map(|dialog| dialog.id().clone()),
                outgoing,
                state,
                remote: self.remote_of(plan, id, leg),
            })
        };
        shown.into_iter().filter_map(dialog).collect()
    }

    /// The extensions whose calls may have changed since this was asked last.
    pub fn take_changed(&mut self) -> Vec<String> {
        std::mem::take(&mut self.changed).into_iter().collect()
    }

    /// Notes that an extension's calls may have changed.
    pub(super) fn note_changed(&mut self, id: LegId) {
        if let Some(number) = self.legs.get(&id).and_then(CallLeg::extension)
            && !self.changed.contains(number)
        {
            self.changed.insert(number.to_owned());
        }
    }

    /// Who is at the other end: whom it talks to, and before that who calls or what was dialled.
    fn remote_of(&self, plan: &Plan, id: LegId, leg: &CallLeg) -> Option<(Uri, Option<String>)> {
        let talks_to = self.other(leg.call, id).and_then(|other| self.legs.get(&other));
        let there = match talks_to {
            Some(other) => other.party.presented(plan),
            None if leg.record.inbound => Presented::extension(plan, &leg.record.dialled),
            None => Presented { number: leg.record.from.clone(), name: leg.record.from_name.clone() },
        };
        let address = there.address(&plan.realm);
        Some((address.uri, (!there.name.is_empty()).then_some(there.name)))
    }
}

/// Whether one extension may see the lamp of another: its colleagues of the same post may, and whoever may pick its
/// calls up.
#[must_use]
pub fn may_watch(plan: &Plan, watcher: &str, watched: &str) -> bool {
    let (Some(one), Some(other)) = (plan.extension(watcher), plan.extension(watched)) else { return false };
    one.number == other.number || one.post == other.post || may_pick_up(plan, watcher, watched)
}

/// Whether one extension may see who calls another. That is for whoever may take the call: the others see a lamp.
#[must_use]
pub fn may_see_caller(plan: &Plan, watcher: &str, watched: &str) -> bool {
    watcher == watched || may_pick_up(plan, watcher, watched)
}

fn state_of(leg: &CallLeg) -> WatchedState {
    match (leg.record.answered, leg.record.ringing) {
        (Some(_), _) => WatchedState::Confirmed,
        (None, Some(_)) => WatchedState::Early,
        (None, None) => WatchedState::Trying,
    }
}

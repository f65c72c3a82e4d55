//! Who can be called at the moment: what is known of phones, of browsers and of calls, put into one word an extension.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::Serialize;
use sip_gateway::{Binding, Fact, LegState};
use sip_gateway_proto::call::RecordedRoute;
use sip_gateway_proto::plan::Plan;

/// Whether somebody can be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PresenceWord {
    /// It would ring.
    Available,
    /// Somebody speaks there.
    InCall,
    /// Callers are told that it is busy.
    DoNotDisturb,
    /// Neither a phone nor a browser is there.
    Offline,
}

/// What is known of each extension. It holds no clock: whoever owns it says when to tell.
#[derive(Debug, Default)]
pub struct PresenceBoard {
    /// The bindings of each extension's phones.
    phones: HashMap<String, HashSet<String>>,
    /// The extension that each busy leg belongs to, by run and leg.
    legs: HashMap<(u64, u64), String>,
    /// How many busy legs each extension has.
    busy: HashMap<String, usize>,
    /// The extensions that have browsers.
    screens: HashSet<String>,
    /// Those of which another word may be true since they were told.
    changed: BTreeSet<String>,
    told: HashMap<String, PresenceWord>,
}

impl PresenceBoard {
    /// Knows the phones that were there when the program started.
    #[must_use]
    pub fn knowing(bindings: &[Binding]) -> Self {
        let mut board = Self::default();
        for binding in bindings {
            board.bound(binding);
        }
        board
    }

    /// Takes note of what phones do; says whether it may have changed a word.
    pub fn note(&mut self, fact: &Fact) -> bool {
        let before = self.changed.len();
        match fact {
            Fact::Bound(binding) => self.bound(binding),
            Fact::Unbound { aor, key } => {
                if let Some(keys) = self.phones.get_mut(aor)
                    && keys.remove(key)
                {
                    if keys.is_empty() {
                        self.phones.remove(aor);
                    }
                    self.changed.insert(aor.clone());
                }
            }
            Fact::Leg(leg) => self.leg(leg),
            // The plan says it soon; and messages are no presence.
            Fact::Setting { .. }
            | Fact::Message(_)
            | Fact::MessageHeard { .. }
            | Fact::MessageDeleted { .. }
            | Fact::Greeting { .. } => {}
        }
        self.changed.len() != before
    }

    /// An extension has browsers now, or none any more.
    pub fn set_screens(&mut self, extension: &str, there: bool) {
        let news =
            if there { self.screens.insert(extension.to_owned()) } else { self.screens.remove(extension) };
        if news {
            self.changed.insert(extension.to_owned());
        }
    }

    /// Another plan holds: its settings may say something else.
    pub fn plan_changed(&mut self, before: &Plan, after: &Plan) {
        let quiet = |plan: &Plan| -> HashSet<String> {
            let quiet = plan.extensions.iter().filter(|extension| extension.do_not_disturb);
            quiet.map(|extension| extension.number.clone()).collect()
        };
        self.changed.extend(quiet(before).symmetric_difference(&quiet(after)).cloned());
    }

    /// The word for an extension.
    #[must_use]
    pub fn of(&self, extension: &str, do_not_disturb: bool) -> PresenceWord {
        if self.busy.contains_key(extension) {
            PresenceWord::InCall
        } else if do_not_disturb {
            PresenceWord::DoNotDisturb
        } else if self.phones.contains_key(extension) || self.screens.contains(extension) {
            PresenceWord::Available
        } else {
            PresenceWord::Offline
        }
    }

    /// The extensions of which another word is true than was told last, with that word.
    pub fn changes(&mut self, plan: &Plan) -> BTreeMap<String, PresenceWord> {
        let mut changes = BTreeMap::new();
        for number in std::mem::take(&mut self.changed) {
            let Some(extension) = plan.extension(&number) else {
                self.told.remove(&number);
                continue;
            };
            let word = self.of(&number, extension.do_not_disturb);
            if self.told.insert(number.clone(), word) != Some(word) {
                changes.insert(number, word);
            }
        }
        changes
    }

    fn bound(&mut self, binding: &Binding) {
        let keys = self.phones.entry(binding.aor.clone()).or_default();
        if keys.insert(binding.key.clone()) && keys.len() == 1 {
            self.changed.insert(binding.aor.clone());
        }
    }

    fn leg(&mut self, leg: &LegState) {
        let name = (leg.run, leg.leg.0);
        let inside = matches!(leg.route, RecordedRoute::OnNet { .. } | RecordedRoute::Browser { .. });
        // Whoever calls is on the telephone at once, whoever is called when it is answered.
        let busy = inside && leg.ended.is_none() && (leg.inbound || leg.answered.is_some());
        let extension = if leg.inbound { &leg.from } else { &leg.to };
        match (busy, self.legs.contains_key(&name)) {
            (true, false) => {
                self.legs.insert(name, extension.clone());
                *self.busy.entry(extension.clone()).or_default() += 1;
                self.changed.insert(extension.clone());
            }
            (false, true) => {
                let extension = self.legs.remove(&name).expect("it was just there");
                if let Some(count) = self.busy.get_mut(&extension) {
                    *count -= 1;
                    if *count == 0 {
                        self.busy.remove(&extension);
                    }
                }
                self.changed.insert(extension);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use sip_gateway_proto::call::EndCause;

    use super::super::tests::{at, binding, leg};
    use super::*;

    #[test]
    fn a_phone_or_a_browser_makes_somebody_available() {
        let mut board = PresenceBoard::default();
        assert_eq!(board.of("201", false), PresenceWord::Offline);

        board.note(&Fact::Bound(binding("201", "a", at(60))));
        assert_eq!(board.of("201", false), PresenceWord::Available);
        board.set_screens("201", true);
        board.note(&Fact::Unbound { aor: "201".to_owned(), key: "a".to_owned() });
        assert_eq!(board.of("201", false), PresenceWord::Available, "the browser is still there");
        board.set_screens("201", false);
        assert_eq!(board.of("201", false), PresenceWord::Offline);
    }

    #[test]
    fn who_calls_is_in_a_call_at_once_and_who_is_called_when_it_is_answered() {
        let mut board = PresenceBoard::default();
        let caller = LegState { inbound: true, from: "201".to_owned(), ..leg(1, 1) };
        let mut callee = LegState { inbound: false, to: "202".to_owned(), answered: None, ..leg(1, 2) };
        board.note(&Fact::Leg(Box::new(caller)));
        board.note(&Fact::Leg(Box::new(callee.clone())));
        assert_eq!(board.of("201", true), PresenceWord::InCall, "whatever else is set");
        assert_eq!(board.of("202", false), PresenceWord::Offline);

        callee.answered = Some(SystemTime::now());
        board.note(&Fact::Leg(Box::new(callee.clone())));
        assert_eq!(board.of("202", false), PresenceWord::InCall);
        callee.ended = Some((SystemTime::now(), EndCause::HungUp));
        board.note(&Fact::Leg(Box::new(callee)));
        assert_eq!(board.of("202", false), PresenceWord::Offline);
    }

    #[test]
    fn only_what_became_different_is_told() {
        let mut plan = Plan::default();
        let extension = super::super::blank::extension("201", "Awa", sip_gateway_proto::plan::PostId(1));
        plan.extensions.push(extension);
        let mut board = PresenceBoard::default();
        board.note(&Fact::Bound(binding("201", "a", at(60))));
        board.note(&Fact::Bound(binding("999", "a", at(60))));
        assert_eq!(board.changes(&plan), BTreeMap::from([("201".to_owned(), PresenceWord::Available)]));

        board.note(&Fact::Bound(binding("201", "b", at(60))));
        board.set_screens("201", true);
        board.set_screens("201", false);
        assert!(board.changes(&plan).is_empty());

        let before = plan.clone();
        plan.extensions[0].do_not_disturb = true;
        board.plan_changed(&before, &plan);
        assert_eq!(board.changes(&plan), BTreeMap::from([("201".to_owned(), PresenceWord::DoNotDisturb)]));
    }
}

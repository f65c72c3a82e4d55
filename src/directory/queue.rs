//! Facts on their way to the store. Each binding, leg and setting stands here once, as it is last, so that a storm of
//! registrations costs one write for each phone and not one for each message.

use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime};

use sip_gateway::{Binding, Fact, Setting};

use crate::store::{Batch, Bound};

#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Batch,
    /// Whether anything in it should be written at once.
    urgent: bool,
    /// Since when the first thing waits.
    since: Option<Instant>,
    /// Bindings as they were told last, to know a mere refresh from news.
    known: HashMap<(String, String), Binding>,
    dropped: u64,
}

impl Queue {
    /// A queue that knows what is in the store already.
    pub(super) fn knowing(bindings: &[Binding]) -> Self {
        let known = bindings.iter().map(|binding| (name(binding), binding.clone())).collect();
        Self { known, ..Self::default() }
    }

    /// Adds a fact; says whether it should be written at once. Only refreshed bindings may wait: until they would look
    /// expired after a restart, there is nothing to lose.
    pub(super) fn add(&mut self, fact: Fact, now: Instant, wall: SystemTime) -> bool {
        let urgent = match fact {
            // Mailboxes keep them.
            Fact::Message(_)
            | Fact::MessageHeard { .. }
            | Fact::MessageDeleted { .. }
            | Fact::Greeting { .. } => return false,
            Fact::Bound(binding) => self.add_binding(binding, wall),
            Fact::Unbound { aor, key } => {
                self.known.remove(&(aor.clone(), key.clone()));
                self.waiting.bindings.insert((aor, key), Bound::Gone);
                true
            }
            Fact::Leg(leg) => {
                let name = (leg.run, leg.leg.0);
                if self.waiting.legs.len() >= MOST_LEGS && !self.waiting.legs.contains_key(&name) {
                    self.dropped += 1;
                    return false;
                }
                self.waiting.legs.insert(name, leg);
                true
            }
            Fact::Setting { extension, setting } => {
                let same =
                    |(of, other): &(String, Setting)| *of == extension && is_same_kind(other, &setting);
                self.waiting.settings.retain(|known| !same(known));
                if self.waiting.settings.len() >= MOST_SETTINGS {
                    self.dropped += 1;
                    return false;
                }
                self.waiting.settings.push((extension, setting));
                true
            }
        };
        self.since.get_or_insert(now);
        self.urgent |= urgent;
        urgent
    }

    fn add_binding(&mut self, binding: Binding, wall: SystemTime) -> bool {
        let name = name(&binding);
        let urgent = self.known.get(&name).is_none_or(|known| {
            let soon = known.expires.duration_since(wall).unwrap_or_default() < LAZINESS * 3;
            soon || !is_refresh(known, &binding)
        });
        // What is remembered is what the store has, or is about to have.
        if urgent && (self.known.len() < MOST_KNOWN || self.known.contains_key(&name)) {
            self.known.insert(name.clone(), binding.clone());
        }
        self.waiting.bindings.insert(name, Bound::Good(Box::new(binding)));
        urgent
    }

    /// Whether something has waited long enough.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.urgent || self.since.is_some_and(|since| now.saturating_duration_since(since) >= LAZINESS)
    }

    /// Everything that waits.
    pub(super) fn take(&mut self) -> Batch {
        self.urgent = false;
        self.since = None;
        let batch = std::mem::take(&mut self.waiting);
        for (name, bound) in &batch.bindings {
            if let Bound::Good(binding) = bound
                && let Some(known) = self.known.get_mut(name)
            {
                *known = Binding::clone(binding);
            }
        }
        batch
    }

    /// What could not be written waits again, unless it has been overtaken.
    pub(super) fn put_back(&mut self, batch: Batch) {
        for (name, bound) in batch.bindings {
            self.waiting.bindings.entry(name).or_insert(bound);
        }
        for (name, leg) in batch.legs {
            self.waiting.legs.entry(name).or_insert(leg);
        }
        let newer = std::mem::take(&mut self.waiting.settings);
        self.waiting.settings = batch.settings;
        for (extension, setting) in newer {
            let same = |(of, other): &(String, Setting)| *of == extension && is_same_kind(other, &setting);
            self.waiting.settings.retain(|known| !same(known));
            self.waiting.settings.push((extension, setting));
        }
        self.urgent = true;
        self.since.get_or_insert_with(Instant::now);
    }

    /// How many facts had no place, since this was asked last.
    pub(super) fn dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }
}

fn name(binding: &Binding) -> (String, String) {
    (binding.aor.clone(), binding.key.clone())
}

/// Whether nothing has changed but what every REGISTER changes.
fn is_refresh(before: &Binding, after: &Binding) -> bool {
    let Binding { aor, key, contact, flow, path, q, call_id, cseq: _, user_agent, device, expires: _ } =
        after;
    (aor, key, contact, flow) == (&before.aor, &before.key, &before.contact, &before.flow)
        && (path, *q, call_id) == (&before.path, before.q, &before.call_id)
        && (user_agent, device) == (&before.user_agent, &before.device)
}

fn is_same_kind(one: &Setting, other: &Setting) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other)
}

/// How long a refreshed binding may wait to be written.
const LAZINESS: Duration = Duration::from_secs(10);
/// Legs that wait while the database does not take them; a busy hour of a ministry.
const MOST_LEGS: usize = 100_000;
const MOST_SETTINGS: usize = 1_000;
const MOST_KNOWN: usize = 500_000;

#[cfg(test)]
mod tests {
    use super::super::tests::{at, binding, leg};
    use super::*;

    #[test]
    fn news_is_urgent_and_a_refresh_is_not() {
        let (now, mut queue) = (Instant::now(), Queue::default());
        let first = binding("201", "a", at(3600));
        assert!(queue.add(Fact::Bound(first.clone()), now, at(0)));
        assert!(queue.is_due(now));
        assert_eq!(queue.take().bindings.len(), 1);

        for cseq in 2..1000 {
            let refreshed = Binding { cseq, expires: at(3600 + u64::from(cseq)), ..first.clone() };
            assert!(!queue.add(Fact::Bound(refreshed), now, at(u64::from(cseq))));
        }

        assert!(!queue.is_due(now + LAZINESS / 2));
        assert!(queue.is_due(now + LAZINESS));
        let batch = queue.take();
        assert_eq!(batch.bindings.len(), 1, "a storm is one write");
        let Some(Bound::Good(last)) = batch.bindings.values().next() else { panic!("{batch:?}") };
        assert_eq!(last.cseq, 999);
        assert!(!queue.is_due(now + LAZINESS * 2), "nothing waits");
    }

    #[test]
    fn a_refresh_is_urgent_when_the_stored_binding_is_about_to_expire() {
        let (now, first) = (Instant::now(), binding("201", "a", at(60)));
        let mut queue = Queue::knowing(std::slice::from_ref(&first));

        let refreshed = Binding { cseq: 2, expires: at(110), ..first };

        assert!(!queue.add(Fact::Bound(refreshed.clone()), now, at(20)));
        assert!(queue.add(Fact::Bound(refreshed), now, at(50)));
    }

    #[test]
    fn a_phone_that_moved_is_news() {
        let (now, first) = (Instant::now(), binding("201", "a", at(3600)));
        let mut queue = Queue::knowing(std::slice::from_ref(&first));

        let moved = Binding { flow: "tcp 192.0.2.9:40000 192.0.2.1:5060 7".to_owned(), ..first };

        assert!(queue.add(Fact::Bound(moved), now, at(1)));
    }

    #[test]
    fn what_could_not_be_written_waits_again_unless_overtaken() {
        let (now, mut queue) = (Instant::now(), Queue::default());
        queue.add(Fact::Bound(binding("201", "a", at(3600))), now, at(0));
        queue.add(Fact::Leg(Box::new(leg(1, 1))), now, at(0));
        let setting = |on| Fact::Setting { extension: "201".to_owned(), setting: Setting::DoNotDisturb(on) };
        queue.add(setting(true), now, at(0));
        let batch = queue.take();
        queue.add(Fact::Unbound { aor: "201".to_owned(), key: "a".to_owned() }, now, at(0));
        queue.add(setting(false), now, at(0));

        queue.put_back(batch);

        let again = queue.take();
        assert_eq!(again.bindings.values().collect::<Vec<_>>(), [&Bound::Gone]);
        assert_eq!(again.legs.len(), 1);
        assert_eq!(again.settings, [("201".to_owned(), Setting::DoNotDisturb(false))]);
    }

    #[test]
    fn a_database_that_takes_nothing_does_not_make_us_grow_without_end() {
        let (now, mut queue) = (Instant::now(), Queue::default());
        for number in 0..=u64::try_from(MOST_LEGS).unwrap() {
            queue.add(Fact::Leg(Box::new(leg(1, number))), now, at(0));
        }

        assert_eq!((queue.dropped(), queue.dropped()), (1, 0));
        assert_eq!(queue.take().legs.len(), MOST_LEGS);
    }
}

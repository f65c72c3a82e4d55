//! Reliable data across a broken signalling connection: neither lost nor doubled.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

/// The last few seconds of a room's reliable data, for receivers that resume.
#[derive(Debug)]
pub(crate) struct ReplayCache {
    packets: VecDeque<Packet>,
    bytes: usize,
    max_bytes: usize,
    max_age: Duration,
}

#[derive(Debug)]
struct Packet {
    at: Instant,
    publisher_sid: Arc<str>,
    sequence: u32,
    destinations: Arc<[String]>,
    payload: Arc<[u8]>,
}

impl ReplayCache {
    pub(crate) fn new(max_bytes: usize, max_age: Duration) -> Self {
        Self { packets: VecDeque::new(), bytes: 0, max_bytes, max_age }
    }

    /// Remembers a packet; the oldest give way.
    pub(crate) fn push(
        &mut self,
        now: Instant,
        publisher_sid: &str,
        sequence: u32,
        destinations: Arc<[String]>,
        payload: Arc<[u8]>,
    ) {
        self.bytes += payload.len() + PACKET_COST;
        self.packets.push_back(Packet {
            at: now,
            publisher_sid: publisher_sid.into(),
            sequence,
            destinations,
            payload,
        });

        while self.bytes > self.max_bytes
            || self.packets.front().is_some_and(|packet| now.duration_since(packet.at) > self.max_age)
        {
            let Some(oldest) = self.packets.pop_front() else {
                break;
            };
            self.bytes -= oldest.payload.len() + PACKET_COST;
        }
    }

    /// What a receiver has missed, oldest first. `last_seen` says how far it came with a publisher, or `None` if
    /// nothing of that publisher is to be repeated.
    pub(crate) fn missed<'a>(
        &'a self,
        now: Instant,
        identity: &'a str,
        last_seen: impl Fn(&str) -> Option<u32> + 'a,
    ) -> impl Iterator<Item = Arc<[u8]>> + 'a {
        self.packets
            .iter()
            .filter(move |packet| now.duration_since(packet.at) <= self.max_age)
            .filter(move |packet| {
                packet.destinations.is_empty() || packet.destinations.iter().any(|to| to == identity)
            })
            .filter(move |packet| last_seen(&packet.publisher_sid).is_some_and(|last| packet.sequence > last))
            .map(|packet| Arc::clone(&packet.payload))
    }
}

/// What a cached packet costs beside its payload, roughly.
const PACKET_COST: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_gets_exactly_what_it_missed() {
        let now = Instant::now();
        let mut cache = ReplayCache::new(10_000, Duration::from_secs(3));
        for sequence in 1..=3 {
            push(&mut cache, now, sequence, &[]);
        }

        assert_eq!(missed(&cache, now, "bob", 1), [vec![2], vec![3]]);
        assert!(missed(&cache, now, "bob", 3).is_empty());
    }

    #[test]
    fn what_was_meant_for_others_is_not_replayed() {
        let now = Instant::now();
        let mut cache = ReplayCache::new(10_000, Duration::from_secs(3));
        push(&mut cache, now, 1, &["carol"]);

        assert!(missed(&cache, now, "bob", 0).is_empty());
        assert_eq!(missed(&cache, now, "carol", 0).len(), 1);
    }

    #[test]
    fn the_cache_forgets_by_age_and_by_size() {
        let start = Instant::now();
        let mut cache = ReplayCache::new(3 * (PACKET_COST + 1), Duration::from_secs(3));
        for sequence in 1..=10 {
            push(&mut cache, start, sequence, &[]);
        }

        assert_eq!(missed(&cache, start, "bob", 0).len(), 3);
        assert!(missed(&cache, start + Duration::from_secs(4), "bob", 0).is_empty());
    }

    fn push(cache: &mut ReplayCache, now: Instant, sequence: u32, to: &[&str]) {
        let destinations = to.iter().map(|&identity| identity.to_owned()).collect();
        cache.push(now, "PA_ada", sequence, destinations, Arc::from([sequence as u8]));
    }

    fn missed(cache: &ReplayCache, now: Instant, identity: &str, last: u32) -> Vec<Vec<u8>> {
        cache.missed(now, identity, |_| Some(last)).map(|payload| payload.to_vec()).collect()
    }
}

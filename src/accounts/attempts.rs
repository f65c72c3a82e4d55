//! Counts attempts per key and window, in bounded memory: wrong passwords per account, knocks per address.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Counts what keys do within a window that begins with their first attempt.
#[derive(Debug)]
pub struct Attempts<K> {
    limit: usize,
    window: Duration,
    seen: HashMap<K, Seen>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    since: Instant,
    count: usize,
}

impl<K: Hash + Eq + Clone> Attempts<K> {
    /// Allows `limit` attempts per key and `window`.
    #[must_use]
    pub fn new(limit: usize, window: Duration) -> Self {
        Self { limit, window, seen: HashMap::new() }
    }

    /// Asks for one more attempt and counts it.
    ///
    /// # Errors
    /// After how long the key may come again.
    pub fn take(&mut self, now: Instant, key: K) -> Result<(), Duration> {
        self.make_room(now);
        let window = self.window;
        let seen = self.seen.entry(key).or_insert(Seen { since: now, count: 0 });
        if now.duration_since(seen.since) >= window {
            *seen = Seen { since: now, count: 0 };
        }
        if seen.count >= self.limit {
            return Err(window - now.duration_since(seen.since));
        }
        seen.count += 1;
        Ok(())
    }

    /// Gives one attempt back: it turned out to be a good one.
    pub fn give_back(&mut self, key: &K) {
        if let Some(seen) = self.seen.get_mut(key) {
            seen.count = seen.count.saturating_sub(1);
        }
    }

    /// Forgets what a key did.
    pub fn forget(&mut self, key: &K) {
        self.seen.remove(key);
    }

    /// Keeps the table bounded: windows that have passed go first, then those that began first.
    fn make_room(&mut self, now: Instant) {
        if self.seen.len() < MOST_KEYS {
            return;
        }
        let window = self.window;
        self.seen.retain(|_, seen| now.duration_since(seen.since) < window);
        if self.seen.len() < MOST_KEYS {
            return;
        }
        let mut begun: Vec<Instant> = self.seen.values().map(|seen| seen.since).collect();
        let (_, &mut median, _) = begun.select_nth_unstable(MOST_KEYS / 2);
        self.seen.retain(|_, seen| seen.since > median);
    }
}

/// What counts as one client: an IPv4 address, or the /64 that one IPv6 client commands anyway.
#[must_use]
pub(crate) fn client_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let mut segments = v6.segments();
            segments[4..].fill(0);
            IpAddr::from(segments)
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

const MOST_KEYS: usize = 20_000;

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn after_the_limit_a_key_waits_until_its_window_has_passed() {
        let start = Instant::now();
        let mut attempts = Attempts::new(2, MINUTE);

        assert_eq!(attempts.take(start, "awa"), Ok(()));
        assert_eq!(attempts.take(start, "awa"), Ok(()));
        assert_eq!(attempts.take(start + MINUTE / 4, "awa"), Err(MINUTE / 4 * 3));
        assert_eq!(attempts.take(start, "ben"), Ok(()));
        assert_eq!(attempts.take(start + MINUTE, "awa"), Ok(()));
    }

    #[test]
    fn what_is_forgotten_or_given_back_does_not_count() {
        let start = Instant::now();
        let mut attempts = Attempts::new(1, MINUTE);

        attempts.take(start, 1).unwrap();
        attempts.give_back(&1);
        attempts.take(start, 1).unwrap();
        attempts.forget(&1);

        assert_eq!(attempts.take(start, 1), Ok(()));
        assert!(attempts.take(start, 1).is_err());
    }

    #[test]
    fn the_table_stays_bounded_however_many_come() {
        let start = Instant::now();
        let mut attempts = Attempts::new(1, MINUTE);

        for key in 0..3 * MOST_KEYS {
            let _ = attempts.take(start + Duration::from_micros(key as u64), key);
        }

        assert!(attempts.seen.len() <= MOST_KEYS);
        assert!(attempts.take(start + MINUTE / 2, 3 * MOST_KEYS - 1).is_err());
    }

    #[test]
    fn one_ipv6_network_is_one_client() {
        let of = |text: &str| client_of(text.parse().unwrap());

        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}

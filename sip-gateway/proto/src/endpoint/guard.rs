//! Who guesses passwords is not listened to for a while.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Counts refused credentials by address. A request without credentials is no failure: every phone begins so.
#[derive(Debug, Default)]
pub(super) struct Guard {
    counts: HashMap<IpAddr, Count>,
    /// When the old ones were forgotten last because there was no room.
    swept: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Count {
    refused: u32,
    since: Instant,
}

impl Guard {
    /// Notes wrong credentials.
    pub(super) fn refuse(&mut self, now: Instant, address: IpAddr) {
        let network = network(address);
        if self.counts.len() >= MAX_ADDRESSES && !self.counts.contains_key(&network) {
            self.sweep(now);
            if self.counts.len() >= MAX_ADDRESSES {
                // A flood from everywhere: whoever is known stays counted, strangers are only slowed by the arithmetic.
                return;
            }
        }
        let count = self.counts.entry(network).or_insert(Count { refused: 0, since: now });
        if now.saturating_duration_since(count.since) >= WINDOW {
            *count = Count { refused: 0, since: now };
        }
        count.refused = count.refused.saturating_add(1);
    }

    /// Forgets what is old; not for each message of a flood, since it looks at all.
    fn sweep(&mut self, now: Instant) {
        if self.swept.is_none_or(|at| now.saturating_duration_since(at) >= SWEEP_INTERVAL) {
            self.swept = Some(now);
            self.counts.retain(|_, count| now.saturating_duration_since(count.since) < WINDOW);
        }
    }

    /// Whether an address guessed too often of late. Phones that are registered from there are heard all the same: the
    /// caller asks for them first.
    pub(super) fn is_shut(&self, now: Instant, address: IpAddr) -> bool {
        self.counts.get(&network(address)).is_some_and(|count| {
            count.refused >= MAX_REFUSED && now.saturating_duration_since(count.since) < WINDOW
        })
    }
}

/// One house has one address, or 2^64 of them.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) >> 64 << 64).into()),
    }
}

/// How long failures are remembered, and an address is not heard.
const WINDOW: Duration = Duration::from_secs(60);
/// How many failures an address has in that time; a phone with an old password tries a few times.
const MAX_REFUSED: u32 = 30;
/// How often all addresses are looked at while there is no room.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);
/// The most addresses that are counted.
const MAX_ADDRESSES: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn who_guesses_is_shut_out_for_a_minute() {
        let (mut guard, now) = (Guard::default(), Instant::now());
        for _ in 0..MAX_REFUSED {
            assert!(!guard.is_shut(now, address("192.0.2.1")));
            guard.refuse(now, address("192.0.2.1"));
        }

        assert!(guard.is_shut(now, address("192.0.2.1")));
        assert!(!guard.is_shut(now, address("192.0.2.2")));
        assert!(!guard.is_shut(now + WINDOW, address("192.0.2.1")));
    }

    #[test]
    fn a_house_with_many_addresses_is_one() {
        let (mut guard, now) = (Guard::default(), Instant::now());
        for host in 0..MAX_REFUSED {
            guard.refuse(now, address(&format!("2001:db8::{host:x}")));
        }

        assert!(guard.is_shut(now, address("2001:db8::ffff")));
        assert!(!guard.is_shut(now, address("2001:db8:1::1")));
    }

    #[test]
    fn strangers_without_number_do_not_fill_the_memory() {
        let (mut guard, now) = (Guard::default(), Instant::now());
        for host in 0..200_000u32 {
            guard.refuse(now, IpAddr::V4(host.into()));
        }

        assert!(guard.counts.len() <= MAX_ADDRESSES);
    }

    #[test]
    fn a_flood_from_everywhere_helps_no_guesser() {
        let (mut guard, now) = (Guard::default(), Instant::now());
        guard.refuse(now, address("2001:db8::1"));
        for host in 0..200_000u32 {
            guard.refuse(now, IpAddr::V4(host.into()));
        }
        for _ in 1..MAX_REFUSED {
            guard.refuse(now, address("2001:db8::1"));
        }

        assert!(guard.is_shut(now, address("2001:db8::1")), "who was known before is counted on");
        guard.refuse(now + WINDOW, address("2001:db8:1::1"));
        assert_eq!(guard.counts.len(), 1, "there is room again for others");
    }
}

//! How often strangers at an address are answered: a server that asks everybody for credentials can be made to send
//! its question to somebody who never spoke to it, and to look at password after password.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Instant;

use super::bucket::{Bucket, Rate};

/// Those who share a fate: an IPv4 address, or an IPv6 network as one household has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Source(IpAddr);

impl Source {
    pub(super) fn of(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V6(v6) => Self(IpAddr::V6(Ipv6Addr::from(u128::from(v6) >> 64 << 64))),
            v4 => Self(v4),
        }
    }
}

/// The answers that strangers have had of late.
#[derive(Debug)]
pub(super) struct Strangers {
    rate: Rate,
    most: usize,
    buckets: HashMap<Source, Bucket>,
    others: Bucket, // of all who find no place in the table
}

impl Strangers {
    pub(super) fn new(now: Instant, rate: Rate, most: usize) -> Self {
        Self { rate, most, buckets: HashMap::new(), others: Bucket::full(now, rate) }
    }

    /// Whether a stranger there may be answered once more.
    pub(super) fn may_answer(&mut self, now: Instant, source: Source) -> bool {
        let rate = self.rate;
        if self.buckets.len() >= self.most && !self.buckets.contains_key(&source) {
            // Whoever has been quiet is forgotten first. A flood of new addresses shares what one address has, and the
            // table is not swept again for each of them.
            if !self.others.take(now, rate, 1) {
                return false;
            }
            self.buckets.retain(|_, bucket| !bucket.is_full(now, rate));
            if self.buckets.len() >= self.most {
                return true;
            }
        }
        self.buckets.entry(source).or_insert_with(|| Bucket::full(now, rate)).take(now, rate, 1)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const RATE: Rate = Rate { per_second: 10, burst: 5 };

    #[test]
    fn one_address_does_not_use_up_the_answers_of_another() {
        let now = Instant::now();
        let mut strangers = Strangers::new(now, RATE, 100);
        let (loud, quiet) = (source("192.0.2.1"), source("192.0.2.2"));

        assert_eq!((0..100).filter(|_| strangers.may_answer(now, loud)).count(), 5);
        assert!(strangers.may_answer(now, quiet));
        assert!(strangers.may_answer(now + Duration::from_millis(100), loud));
    }

    #[test]
    fn an_ipv6_household_is_one_source() {
        let now = Instant::now();
        let mut strangers = Strangers::new(now, RATE, 100);
        let answered =
            (0..100_u16).filter(|n| strangers.may_answer(now, source(&format!("2a00:1:2:3::{n:x}")))).count();
        assert_eq!(answered, 5);
    }

    #[test]
    fn a_flood_of_addresses_fills_neither_memory_nor_line() {
        let now = Instant::now();
        let mut strangers = Strangers::new(now, RATE, 100);
        let answered = (0..10_000_u32)
            .filter(|n| strangers.may_answer(now, Source::of(IpAddr::from(n.to_be_bytes()))))
            .count();
        assert!(strangers.buckets.len() <= 100);
        assert_eq!(answered, 100 + 5);

        // When it has passed, there is room again.
        let later = now + Duration::from_secs(60);
        assert!((0..5).all(|_| strangers.may_answer(later, source("192.0.2.1"))));
        assert_eq!(strangers.buckets.len(), 1);
    }

    fn source(text: &str) -> Source {
        Source::of(text.parse().expect("an address"))
    }
}

//! Nonces without memory: when, and a MAC over when and whom (RFC 8489 §9.2). A valid one proves that its sender
//! receives what is sent to its address.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use aws_lc_rs::{constant_time, hmac};

use super::credentials::{hex, unhex};

/// Makes nonces and knows them again.
#[derive(Debug)]
pub(super) struct Nonces {
    key: hmac::Key,
}

/// What a nonce is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Worth {
    Fresh,
    /// Once it was good, or it is somebody else's, or never was one: the answer is the same.
    Stale,
}

impl Nonces {
    pub(super) fn new(secret: &[u8; 32]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, secret) }
    }

    /// A nonce for somebody, made some time after the beginning of time.
    pub(super) fn make(&self, elapsed: Duration, remote: SocketAddr) -> String {
        let made = (elapsed.as_secs() as u32).to_be_bytes();
        let mac = self.mac(made, remote);
        hex(&made) + &hex(&mac)
    }

    pub(super) fn judge(&self, nonce: &[u8], elapsed: Duration, remote: SocketAddr) -> Worth {
        let parsed = std::str::from_utf8(nonce).ok().and_then(unhex::<12>);
        let Some((made, mac)) = parsed.as_ref().and_then(|bytes| bytes.split_first_chunk::<4>()) else {
            return Worth::Stale;
        };
        let ours = constant_time::verify_slices_are_equal(&self.mac(*made, remote), mac).is_ok();
        let age = (elapsed.as_secs() as u32).checked_sub(u32::from_be_bytes(*made));
        match age {
            Some(age) if ours && u64::from(age) < LIFETIME.as_secs() => Worth::Fresh,
            _ => Worth::Stale,
        }
    }

    fn mac(&self, made: [u8; 4], remote: SocketAddr) -> [u8; 8] {
        let ip = match remote.ip() {
            IpAddr::V4(v4) => v4.to_ipv6_mapped(),
            IpAddr::V6(v6) => v6,
        };
        let mut context = hmac::Context::with_key(&self.key);
        context.update(b"nonce");
        context.update(&made);
        context.update(&ip.octets());
        context.update(&remote.port().to_be_bytes());
        let mut mac = [0; 8];
        mac.copy_from_slice(&context.sign().as_ref()[..8]);
        mac
    }
}

/// As long as RFC 8656 §5 recommends at most.
const LIFETIME: Duration = Duration::from_secs(3600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_good_for_an_hour_and_for_one_address() {
        let nonces = Nonces::new(&[3; 32]);
        let (alice, mallory) = (address("192.0.2.1:4000"), address("192.0.2.1:4001"));
        let made = Duration::from_secs(100);
        let nonce = nonces.make(made, alice);

        assert_eq!(nonces.judge(nonce.as_bytes(), made + LIFETIME / 2, alice), Worth::Fresh);
        assert_eq!(nonces.judge(nonce.as_bytes(), made + LIFETIME, alice), Worth::Stale);
        assert_eq!(nonces.judge(nonce.as_bytes(), made, mallory), Worth::Stale);
        // From a time to come.
        assert_eq!(nonces.judge(nonce.as_bytes(), Duration::ZERO, alice), Worth::Stale);
    }

    #[test]
    fn what_was_never_a_nonce_is_stale() {
        let nonces = Nonces::new(&[3; 32]);
        let alice = address("192.0.2.1:4000");
        let nonce = nonces.make(Duration::ZERO, alice);
        for made_up in ["", "0", &nonce[1..], &nonce.to_uppercase(), &format!("{nonce}0"), &"é".repeat(12)] {
            assert_eq!(nonces.judge(made_up.as_bytes(), Duration::ZERO, alice), Worth::Stale, "{made_up}");
        }
        assert_eq!(nonces.judge(&[0xff; 24], Duration::ZERO, alice), Worth::Stale);
    }

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }
}

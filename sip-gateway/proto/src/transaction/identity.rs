//! What transactions are told apart by (RFC 3261 §8.2.2.2, §17.1.3, §17.2.3).
//!
//! Both branches that we make up and what we match requests by are MACs under a secret seed: nobody can guess a
//! branch, nor send requests whose keys collide in our tables, and a key is 16 bytes however long the fields are.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::net::{IpAddr, SocketAddr};

use aws_lc_rs::hmac;

use crate::flow::Flow;
use crate::message::{HeaderName, Method, ParseErrorKind, Request, Via, ip_of};

/// What a request has in common with its retransmissions, and an INVITE with its ACK and CANCEL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Fingerprint(u128);

/// What makes branches, tags and fingerprints.
pub(super) struct Secret {
    key: hmac::Key,
    counter: u64,
}

impl Secret {
    pub(super) fn new(seed: &[u8; 32]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, seed), counter: 0 }
    }

    /// A number that never comes again and that nobody can guess.
    pub(super) fn fresh(&mut self) -> u128 {
        self.counter += 1;
        self.mac(Purpose::Branch, &[&self.counter.to_be_bytes()])
    }

    /// What a request is matched by (§17.2.3). `method` is INVITE for whatever refers to an INVITE.
    ///
    /// The peer's IP address counts too, so that knowing a branch is not enough to cancel another's call. Its port does
    /// not: NAT may change it.
    pub(super) fn request(&self, flow: &Flow, via: &Via, method: &Method, request: &Request) -> Fingerprint {
        let sent_by = via.sent_by();
        let peer = address_bytes(flow.remote.ip());
        let common = [sent_by.as_bytes(), method.as_str().as_bytes(), &peer];
        if let Some(branch) = via.unique_branch() {
            return Fingerprint(self.mac(Purpose::Unique, &[&[branch.as_bytes()], &common[..]].concat()));
        }
        // RFC 2543: the branch need not be unique, so all that a retransmission repeats counts.
        let headers = &request.headers;
        let from = headers.from().ok();
        let cseq = headers.cseq().map_or(0, |cseq| cseq.number).to_be_bytes();
        let old = [
            via.branch().unwrap_or_default().as_bytes(),
            via.transport.as_str().as_bytes(),
            request.uri.as_str().as_bytes(),
            from.as_ref().and_then(|from| from.tag()).unwrap_or_default().as_bytes(),
            headers.call_id().unwrap_or_default().as_bytes(),
            &cseq,
        ];
        Fingerprint(self.mac(Purpose::Old, &[&old[..], &common[..]].concat()))
    }

    /// What requests have in common that are one request, come by different ways (§8.2.2.2); `None` for those within
    /// a dialog.
    pub(super) fn merged(&self, request: &Request) -> Result<Option<Fingerprint>, ParseErrorKind> {
        let headers = &request.headers;
        if headers.to()?.tag().is_some() {
            return Ok(None);
        }
        let from = headers.from()?;
        // Requests without a From tag are of RFC 2543 and cannot be told to be the same.
        let Some(tag) = from.tag() else { return Ok(None) };
        let cseq = headers.cseq()?;
        let parts = [
            tag.as_bytes(),
            headers.call_id()?.as_bytes(),
            &cseq.number.to_be_bytes(),
            cseq.method.as_str().as_bytes(),
        ];
        Ok(Some(Fingerprint(self.mac(Purpose::Merged, &parts))))
    }

    /// The To tag of a response that we give without a transaction: the same each time, so that its ACK is known.
    pub(super) fn tag(&self, fingerprint: Fingerprint) -> String {
        let mac = self.mac(Purpose::Tag, &[&fingerprint.0.to_be_bytes()]);
        format!("{:016x}", mac >> 64)
    }

    fn mac(&self, purpose: Purpose, parts: &[&[u8]]) -> u128 {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(&[purpose as u8]);
        for part in parts {
            // With their lengths, so that no part can run into the next.
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let tag = context.sign();
        let (first, _) = tag.as_ref().split_first_chunk().expect("a SHA-256 has more than 16 bytes");
        u128::from_be_bytes(*first)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").finish_non_exhaustive()
    }
}

#[derive(Clone, Copy)]
enum Purpose {
    Branch = 1,
    Unique,
    Old,
    Merged,
    Tag,
}

fn address_bytes(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => v6.octets(),
    }
}

/// The branch of a request of ours.
pub(super) fn branch_text(branch: u128) -> String {
    format!("{}{branch:032x}", Via::MAGIC_COOKIE)
}

/// Which request of ours a response answers, by its only Via: one that has passed other hops is not for us (§8.1.3.3).
pub(super) fn our_branch(headers: &crate::message::Headers) -> Option<u128> {
    let mut vias = headers.values(&HeaderName::Via);
    let via = Via::parse(vias.next()?).ok()?;
    if vias.next().is_some() {
        return None;
    }
    let digits = via.unique_branch()?.get(Via::MAGIC_COOKIE.len()..)?;
    (digits.len() == 32).then(|| u128::from_str_radix(digits, 16).ok())?
}

/// Where the responses to a request go (RFC 3261 §18.2.2, RFC 3581 §4): back over its flow. A datagram whose sender
/// did not ask for its port to be seen is answered at the port that it names, unless a NAT is in between, where nobody
/// can be reached but by the way back. `maddr` is not obeyed: it would let anybody aim our responses at anybody.
pub(super) fn reply_flow(flow: &Flow, via: &Via) -> Flow {
    let ip = flow.remote.ip();
    if flow.carrier.is_reliable() || via.wants_rport() || ip_of(&via.host) != Some(ip.to_canonical()) {
        return *flow;
    }
    let port = via.port.filter(|port| *port != 0).unwrap_or(via.transport.default_port());
    Flow { remote: SocketAddr::new(ip, port), ..*flow }
}

/// A table whose keys are MACs or counters of ours, which need no hashing against collisions.
pub(super) type Table<K, V> = HashMap<K, V, BuildHasherDefault<Spread>>;

/// Spreads what is unpredictable or consecutive already.
#[derive(Debug, Default)]
pub(super) struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_u128(&mut self, value: u128) {
        self.write_u64((value >> 64) as u64 ^ value as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_depend_on_the_seed_and_never_come_again() {
        let mut one = Secret::new(&[1; 32]);
        let mut other = Secret::new(&[2; 32]);

        let first = one.fresh();

        assert_ne!(first, one.fresh());
        assert_ne!(first, other.fresh());
        assert_eq!(first, Secret::new(&[1; 32]).fresh());
        assert_eq!(format!("{one:?}"), "Secret { .. }");
    }

    #[test]
    fn a_part_cannot_run_into_the_next() {
        let secret = Secret::new(&[1; 32]);

        assert_ne!(secret.mac(Purpose::Tag, &[b"ab", b"c"]), secret.mac(Purpose::Tag, &[b"a", b"bc"]));
    }
}

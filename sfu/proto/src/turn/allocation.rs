//! One client's relay: which peers it may reach, under which channel numbers, and how much it may carry
//! (RFC 8656 §3, §9, §12).

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use super::bucket::Bucket;
use super::credentials::Participant;
use super::integrity::Key;
use super::limits::Limits;
use super::server::Client;
use super::stun::TransactionId;

#[derive(Debug)]
pub(super) struct Allocation {
    pub(super) client: Client,
    pub(super) participant: Participant,
    pub(super) v6: bool,
    /// The request that made it: when that is repeated, so is the answer.
    pub(super) transaction: TransactionId,
    /// What the answer is signed with, until its socket is open.
    pub(super) opening: Option<Key>,
    /// Once its socket is open.
    pub(super) relayed: Option<SocketAddr>,
    pub(super) created: Instant,
    pub(super) expires: Instant,
    /// When it last carried something, or was made.
    pub(super) used: Instant,
    pub(super) up: Bucket,
    pub(super) down: Bucket,
    permissions: Vec<Permission>,
    channels: Vec<Channel>,
    /// By which of its names each peer was sent to last: what it answers comes from that one.
    called: Vec<Called>,
}

#[derive(Debug)]
struct Permission {
    ip: IpAddr,
    until: Instant,
}

#[derive(Debug)]
struct Channel {
    number: u16,
    peer: SocketAddr,
    until: Instant,
}

#[derive(Debug)]
struct Called {
    local: SocketAddr,
    peer: SocketAddr,
}

/// Why there is no further permission or channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// The number is another peer's, or the peer has another number.
    Taken,
    /// There are as many as there may be.
    Full,
}

impl Allocation {
    pub(super) fn new(
        now: Instant,
        limits: &Limits,
        client: Client,
        participant: Participant,
        transaction: TransactionId,
        v6: bool,
    ) -> Self {
        Self {
            client,
            participant,
            v6,
            transaction,
            opening: None,
            relayed: None,
            created: now,
            expires: now + DEFAULT_LIFETIME,
            used: now,
            up: Bucket::full(now, limits.rate),
            down: Bucket::full(now, limits.rate),
            permissions: Vec::new(),
            channels: Vec::new(),
            called: Vec::new(),
        }
    }

    /// Moves the end as far as is asked for and allowed; what is left from now on.
    pub(super) fn extend(&mut self, now: Instant, limits: &Limits, asked: Option<u32>) -> Duration {
        let asked = asked.map_or(DEFAULT_LIFETIME, |seconds| Duration::from_secs(seconds.into()));
        let lifetime = asked.min(limits.longest_lifetime).max(DEFAULT_LIFETIME);
        self.expires = (now + lifetime).min(self.created + limits.longest_life);
        self.expires.saturating_duration_since(now)
    }

    pub(super) fn permits(&self, now: Instant, ip: IpAddr) -> bool {
        self.permissions.iter().any(|permission| permission.ip == ip && permission.until > now)
    }

    /// Permits addresses for the next minutes: all of them or none.
    pub(super) fn permit(&mut self, now: Instant, most: usize, ips: &[IpAddr]) -> Result<(), Refused> {
        self.permissions.retain(|permission| permission.until > now);
        let known = |ip: &IpAddr| self.permissions.iter().any(|permission| permission.ip == *ip);
        let mut new: Vec<IpAddr> = ips.iter().copied().filter(|ip| !known(ip)).collect();
        new.sort_unstable();
        new.dedup();
        if self.permissions.len() + new.len() > most {
            return Err(Refused::Full);
        }

        let until = now + PERMISSION_LIFETIME;
        let renewed = self.permissions.iter_mut().filter(|permission| ips.contains(&permission.ip));
        renewed.for_each(|permission| permission.until = until);
        self.permissions.extend(new.into_iter().map(|ip| Permission { ip, until }));
        Ok(())
    }

    /// Gives a peer a number, or keeps it; that permits its address as well.
    pub(super) fn bind(
        &mut self,
        now: Instant,
        limits: &Limits,
        number: u16,
        peer: SocketAddr,
    ) -> Result<(), Refused> {
        self.channels.retain(|channel| channel.until > now);
        let until = now + CHANNEL_LIFETIME;
        let same = |channel: &Channel| channel.number == number || channel.peer == peer;
        let known = self.channels.iter().position(same);
        match known.map(|at| &self.channels[at]) {
            Some(channel) if (channel.number, channel.peer) != (number, peer) => return Err(Refused::Taken),
            None if self.channels.len() >= limits.channels => return Err(Refused::Full),
            _ => {}
        }
        self.permit(now, limits.permissions, &[peer.ip()])?;
        match known {
            Some(at) => self.channels[at].until = until,
            None => self.channels.push(Channel { number, peer, until }),
        }
        Ok(())
    }

    /// The peer behind a number.
    pub(super) fn peer_of(&self, now: Instant, number: u16) -> Option<SocketAddr> {
        let bound = |channel: &&Channel| channel.number == number && channel.until > now;
        self.channels.iter().find(bound).map(|channel| channel.peer)
    }

    /// The number of a peer.
    pub(super) fn channel_of(&self, now: Instant, peer: SocketAddr) -> Option<u16> {
        let bound = |channel: &&Channel| channel.peer == peer && channel.until > now;
        self.channels.iter().find(bound).map(|channel| channel.number)
    }

    /// Remembers the name by which a peer was sent to.
    pub(super) fn note_called(&mut self, local: SocketAddr, peer: SocketAddr) {
        match self.called.iter_mut().find(|called| called.local == local) {
            Some(called) => called.peer = peer,
            // Each of them has been permitted once: there are no more than that, and the oldest makes room.
            None => {
                if self.called.len() >= MOST_CALLED {
                    self.called.remove(0);
                }
                self.called.push(Called { local, peer });
            }
        }
    }

    /// The name by which a peer was sent to last.
    pub(super) fn called(&self, local: SocketAddr) -> Option<SocketAddr> {
        self.called.iter().find(|called| called.local == local).map(|called| called.peer)
    }
}

/// How long an allocation lives when nothing is said (RFC 8656 §3.2), and at least.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(600);
/// RFC 8656 §9.
const PERMISSION_LIFETIME: Duration = Duration::from_secs(300);
/// RFC 8656 §12.
const CHANNEL_LIFETIME: Duration = Duration::from_secs(600);
/// Media addresses of one server: its threads, times the addresses of its interfaces.
const MOST_CALLED: usize = 64;

//! The numbering plan: posts, extensions, groups and trunks as they are configured, without calls or registrations.
//!
//! A plan is a value. The office builds a new one whenever something changed; everything that runs reads the plan of the
//! moment.

mod code;
mod countries;
mod dialled;
mod explain;
mod index;
mod number;
mod problems;
mod route;
mod service;
mod words;

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

pub use code::*;
pub use dialled::dialled;
pub use explain::{Explanation, Step, Where};
pub use index::Index;
pub use number::{PublicNumber, calling_code, public_number};
pub use problems::Problem;
pub use route::{Caller, Outside, Refusal, Route, Way};
pub use words::Language;

use crate::flow::Carrier;

/// Everything that decides where a number leads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// The realm of digest authentication, which is also the domain in addresses we write.
    pub realm: String,
    /// The embassies, consulates and the ministry itself.
    pub posts: Vec<Post>,
    /// People's and rooms' numbers.
    pub extensions: Vec<Extension>,
    /// Numbers that ring several extensions.
    pub groups: Vec<RingGroup>,
    /// Numbers by which meetings are reached with their PIN.
    pub conference: Vec<String>,
    /// Numbers that lead to one meeting each.
    pub rooms: Vec<RoomNumber>,
    /// Ways to the public network.
    pub trunks: Vec<Trunk>,
    /// Which trunks a call to the outside takes.
    pub routes: Vec<OutboundRoute>,
    /// Public numbers that lead to us.
    pub inbound: Vec<InboundNumber>,
    /// Where things are found in it; empty in a new plan.
    pub index: Index,
}

/// A site with a country, an outside line and emergency numbers of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Its row in the office's store.
    pub id: PostId,
    /// As people call it, "Paris".
    pub name: String,
    /// ISO 3166 code of the country whose national numbers are dialled there.
    pub country: String,
    /// What is dialled before an outside number; empty if nothing is.
    pub outside_prefix: String,
    /// Numbers that always leave by a trunk of this post.
    pub emergency: Vec<String>,
}

/// Identifies a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PostId(pub i64);

/// An AOR of ours: one number on which all its devices ring together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// What is dialled.
    pub number: String,
    /// What the other side's display shows.
    pub name: String,
    /// Where it belongs: whose trunks and national numbers it uses.
    pub post: PostId,
    /// The digest algorithm all its devices use. Never two in one challenge: phones stumble over it.
    pub digest: DigestAlgorithm,
    /// The phones that may register it.
    pub devices: Vec<Device>,
    /// How far it may call.
    pub rights: Class,
    /// Calls to the outside it may have at once.
    pub outside_calls: u16,
    /// Where calls go instead.
    pub forward: Forwarding,
    /// Whether callers are told that it is busy.
    pub do_not_disturb: bool,
    /// Extensions with the same word may take each other's ringing calls.
    pub pickup_group: Option<String>,
    /// It has a mailbox: after how long of ringing a call goes there. Forwarding comes first.
    pub voicemail: Option<Duration>,
}

/// One phone's credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its user name in digest authentication.
    pub username: String,
    /// The digest of user, realm and password.
    pub ha1: Ha1,
    /// What the administrator calls it, "Yealink, office".
    pub label: String,
}

/// H(username ":" realm ":" password) in lower-case hexadecimal digits, by the extension's algorithm.
#[derive(Clone, PartialEq, Eq)]
pub struct Ha1(pub String);

/// As good as a password, so no log shows it.
impl fmt::Debug for Ha1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ha1(…)")
    }
}

/// A hash function of digest authentication (RFC 8760).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DigestAlgorithm {
    /// What every phone can do.
    #[default]
    Md5,
    /// What some can.
    Sha256,
}

/// How far a call goes, and so what it costs. A right to one class holds for those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Class {
    /// Nowhere, except to emergency numbers.
    None,
    /// Between extensions, wherever they are.
    #[default]
    Internal,
    /// Within the post's country.
    National,
    /// Everywhere.
    International,
}

/// Where calls go instead, as numbers dialled by the extension.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Forwarding {
    /// At once.
    pub always: Option<String>,
    /// When every device is busy.
    pub busy: Option<String>,
    /// When nobody answers, or no device is registered.
    pub no_answer: Option<String>,
    /// How long it rings before that.
    pub no_answer_after: Option<Duration>,
}

/// A number that rings several extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RingGroup {
    /// What is dialled.
    pub number: String,
    /// What displays show.
    pub name: String,
    /// Where it belongs.
    pub post: PostId,
    /// All at once, or one after the other.
    pub strategy: RingStrategy,
    /// The extensions' numbers, in order.
    pub members: Vec<String>,
    /// How long one member rings, or all of them together.
    pub ring: Duration,
    /// Where the call goes if nobody took it.
    pub otherwise: Option<String>,
}

/// A number that leads to one meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomNumber {
    /// What is dialled.
    pub number: String,
    /// Which meeting, in the office's words.
    pub meeting: String,
    /// What displays show.
    pub name: String,
}

/// How a group rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RingStrategy {
    /// Everybody at once.
    All,
    /// One after the other.
    InOrder,
}

/// A way to the public network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trunk {
    /// Its row in the office's store.
    pub id: TrunkId,
    /// What administrators call it.
    pub name: String,
    /// The post whose line it is.
    pub post: PostId,
    /// The provider's host name or address, which is also the domain of its addresses.
    pub host: String,
    /// The provider's port, if not the transport's own.
    pub port: Option<u16>,
    /// What carries our requests to it.
    pub carrier: Carrier,
    /// With what we identify ourselves, if the provider asks.
    pub credentials: Option<TrunkCredentials>,
    /// Whether we register there.
    pub register: bool,
    /// From which addresses its calls come, without a password; the resolved host always counts.
    pub sources: Vec<std::net::IpAddr>,
    /// Whether SRTP is offered to it.
    pub srtp: bool,
    /// The number we show when the caller's own may not be shown, in E.164.
    pub caller_id: Option<String>,
    /// How the caller is told to the provider.
    pub identity: IdentityProfile,
    /// Calls it carries at once.
    pub calls: u16,
    /// How far calls over it may go.
    pub rights: Class,
    /// Whether numbers are written without the plus.
    pub strip_plus: bool,
    /// Whether the provider is told the caller's name too, and not its number alone.
    pub show_name: bool,
}

/// Identifies a trunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrunkId(pub i64);

/// User name and password at a provider.
#[derive(Clone, PartialEq, Eq)]
pub struct TrunkCredentials {
    /// The user name.
    pub username: String,
    /// The password.
    pub password: String,
}

/// Passwords do not belong into logs.
impl fmt::Debug for TrunkCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrunkCredentials").field("username", &self.username).finish_non_exhaustive()
    }
}

/// How the caller is told to a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum IdentityProfile {
    /// In From alone.
    #[default]
    From,
    /// The account in From, the caller in P-Asserted-Identity (RFC 3325).
    Asserted,
}

/// Which trunks a call to the outside takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundRoute {
    /// Whose calls; `None` for every post's.
    pub post: Option<PostId>,
    /// How the number begins in E.164, `+33`; the longest match counts, the empty prefix matches everything.
    pub prefix: String,
    /// The trunks to try, in order.
    pub trunks: Vec<TrunkId>,
}

/// A public number that leads to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundNumber {
    /// The trunk it comes in by.
    pub trunk: TrunkId,
    /// The number in E.164; empty for all that have no entry of their own.
    pub number: String,
    /// The extension or group it rings, or the number of a meeting or of all meetings.
    pub target: String,
}

/// A trunk's addresses as the resolver found them, the best first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedTrunk {
    /// Which trunk.
    pub trunk: TrunkId,
    /// Where to send.
    pub addresses: Vec<SocketAddr>,
}

#[cfg(test)]
mod tests;

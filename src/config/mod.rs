//! What an operator can choose: a TOML file, overridden by the environment, defaults for the rest.

mod keys;
mod load;
mod value;

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use signaling_proto::audio::{Ptime, Redundancy};
use signaling_proto::token::Keys;

use crate::accounts::{Email, Role};
use crate::meetings::Markings;
use crate::savings::Goal;
use crate::tariffs::Currency;

pub use keys::{KEYS, Key, markdown_table};
pub use load::{ConfigError, load, parse};
pub(crate) use value::{is_protected, span};

/// Everything an operator can choose. Each field is described in [`KEYS`].
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Config {
    pub http: Http,
    pub https: Https,
    pub sfu: Sfu,
    pub audio: Audio,
    pub turn: Turn,
    pub sip: Sip,
    pub house: House,
    pub store: Store,
    pub accounts: Accounts,
    pub oidc: Oidc,
    pub ldap: Ldap,
    pub keys: Keys,
    pub webhook: Webhook,
    pub mail: Mail,
    pub markings: Markings,
    pub metrics: Metrics,
    pub limits: Limits,
    pub log: Log,
}

/// The plain listener, and how clients name this server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Http {
    pub listen: SocketAddr,
    pub public_url: Option<String>,
    pub trusted_proxies: Vec<IpAddr>,
}

/// The TLS listener.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Https {
    pub listen: Option<SocketAddr>,
    pub cert: Option<PathBuf>,
    pub key: Option<PathBuf>,
}

/// The media engine.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Sfu {
    pub listen: SocketAddr,
    pub tcp: Option<SocketAddr>,
    pub advertise: Vec<IpAddr>,
    pub shards: usize,
    pub slack: usize,
    pub relief: bool,
}

/// How people speak, and how many of them are heard.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Audio {
    /// Nothing is everybody.
    pub voices: usize,
    pub ptime: Ptime,
    /// In kbit/s.
    pub bitrate: u32,
    pub dtx: bool,
    pub fec: bool,
    pub red: Redundancy,
    /// Up to how many kbit/s a post's link is thin.
    pub thin_link: u32,
    pub thin_ptime: Ptime,
    /// In kbit/s.
    pub thin_bitrate: u32,
}

/// The relay for clients whose network lets little out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Turn {
    pub enabled: bool,
    pub udp: Vec<SocketAddr>,
    pub tcp: Vec<SocketAddr>,
    pub tls: bool,
    /// As clients see it; nothing is the port of HTTPS.
    pub tls_port: Option<u16>,
    pub names: Vec<String>,
    pub allocations: usize,
    pub allocations_per_participant: usize,
    pub allocations_per_address: usize,
    /// In kbit/s.
    pub rate: usize,
    pub credentials: Duration,
}

/// The phones.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Sip {
    pub listen: Vec<SocketAddr>,
    pub tls: Vec<SocketAddr>,
    pub ws: Vec<SocketAddr>,
    pub wss: Vec<SocketAddr>,
    pub realm: String,
    pub rtp_ports: RangeInclusive<u16>,
    pub prompts: Option<PathBuf>,
    pub keep_calls: Duration,
    pub nonce_lifetime: Duration,
}

impl Sip {
    /// Whether there are phones at all.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.listen.is_empty()
    }
}

/// What holds for the ministry as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct House {
    pub time_zone: String,
    pub currency: Currency,
    pub savings_goal: Goal,
}

/// Where state is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Store {
    pub dir: PathBuf,
}

/// What signing in asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Accounts {
    pub second_factor: Vec<Role>,
}

/// The ministry's own sign-in page.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Oidc {
    /// Nothing when there is none.
    pub issuer: String,
    pub client_id: String,
    pub client_secret: String,
    pub name: String,
    pub link: bool,
    pub create: bool,
    pub groups: String,
    pub roles: Vec<(String, Role)>,
}

impl Oidc {
    /// Whether there is one.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.issuer.is_empty()
    }

    /// What these groups may do; `None` where groups say nothing about that.
    #[must_use]
    pub fn role_of(&self, groups: &[String]) -> Option<Role> {
        role_of(&self.roles, groups)
    }
}

/// The ministry's directory.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Ldap {
    /// Nothing when there is none.
    pub url: String,
    pub start_tls: bool,
    pub ca: Option<PathBuf>,
    pub bind_dn: String,
    pub bind_password: String,
    pub base: String,
    pub filter: String,
    pub people: String,
    pub closed: String,
    pub roles: Vec<(String, Role)>,
    pub sync: Duration,
}

impl Ldap {
    /// Whether there is one.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.url.is_empty()
    }
}

/// Of the roles of these groups the one that may most, `user` if they have none; `None` where groups say nothing about that.
pub(crate) fn role_of(roles: &[(String, Role)], groups: &[String]) -> Option<Role> {
    if roles.is_empty() {
        return None;
    }
    let given = roles.iter().filter(|(group, _)| groups.contains(group)).map(|(_, role)| *role);
    let most = given.min_by_key(|role| Role::ALL.iter().position(|known| known == role));
    Some(most.unwrap_or(Role::User))
}

/// Who is told about what happens in rooms.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Webhook {
    pub urls: Vec<String>,
    pub key: Option<String>,
}

/// Who takes our mails.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Mail {
    pub server: Option<String>,
    pub port: u16,
    pub encryption: MailEncryption,
    pub authorities: Option<PathBuf>,
    pub user: Option<String>,
    pub password: Option<Password>,
    pub from: Option<Email>,
    pub name: String,
}

/// How the way to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailEncryption {
    /// TLS, after a word in the clear; a server that does not offer it gets no mail.
    StartTls,
    /// TLS from the first byte on.
    Tls,
    /// Not at all.
    None,
}

/// A password of the configuration, which no log shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(pub(crate) String);

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Who may read the metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Metrics {
    pub allow: Vec<IpAddr>,
}

/// Bounds on what others can make grow.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Limits {
    pub connections: usize,
    pub rooms: usize,
    pub participants: usize,
    pub users: usize,
    pub meetings_per_user: usize,
    pub seats_per_meeting: usize,
    pub knocks_per_meeting: usize,
    pub knocks_per_address: usize,
    pub sign_in_failures: usize,
    pub wrong_pins: usize,
    pub wrong_pins_per_caller: usize,
    pub session_idle: Duration,
    pub session: Duration,
    pub drain: Duration,
}

/// What is written to standard error.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Log {
    pub level: String,
}

impl Default for Config {
    /// What holds when nothing is configured.
    fn default() -> Self {
        let mut config = Self::blank();
        for key in KEYS {
            if let Some(default) = key.default {
                (key.apply)(&mut config, default).expect("every default in the table is valid");
            }
        }
        config
    }
}

impl Config {
    /// A configuration in which no key has been applied.
    fn blank() -> Self {
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            http: Http { listen: nowhere, public_url: None, trusted_proxies: Vec::new() },
            https: Https { listen: None, cert: None, key: None },
            sfu: Sfu {
                listen: nowhere,
                tcp: None,
                advertise: Vec::new(),
                shards: 0,
                slack: 0,
                relief: false,
            },
            audio: Audio {
                voices: 0,
                ptime: Ptime::Ms20,
                bitrate: 0,
                dtx: false,
                fec: false,
                red: Redundancy::Never,
                thin_link: 0,
                thin_ptime: Ptime::Ms20,
                thin_bitrate: 0,
            },
            turn: Turn {
                enabled: false,
                udp: Vec::new(),
                tcp: Vec::new(),
                tls: false,
                tls_port: None,
                names: Vec::new(),
                allocations: 0,
                allocations_per_participant: 0,
                allocations_per_address: 0,
                rate: 0,
                credentials: Duration::ZERO,
            },
            sip: Sip {
                listen: Vec::new(),
                tls: Vec::new(),
                ws: Vec::new(),
                wss: Vec::new(),
                realm: String::new(),
                rtp_ports: 0..=0,
                prompts: None,
                keep_calls: Duration::ZERO,
                nonce_lifetime: Duration::ZERO,
            },
            house: House {
                time_zone: String::new(),
                currency: Currency::XOF,
                savings_goal: Goal { from: 0, to: 0 },
            },
            store: Store { dir: PathBuf::new() },
            accounts: Accounts { second_factor: Vec::new() },
            oidc: Oidc {
                issuer: String::new(),
                client_id: String::new(),
                client_secret: String::new(),
                name: String::new(),
                link: false,
                create: false,
                groups: String::new(),
                roles: Vec::new(),
            },
            ldap: Ldap {
                url: String::new(),
                start_tls: false,
                ca: None,
                bind_dn: String::new(),
                bind_password: String::new(),
                base: String::new(),
                filter: String::new(),
                people: String::new(),
                closed: String::new(),
                roles: Vec::new(),
                sync: Duration::ZERO,
            },
            keys: Keys::default(),
            webhook: Webhook { urls: Vec::new(), key: None },
            mail: Mail {
                server: None,
                port: 0,
                encryption: MailEncryption::StartTls,
                authorities: None,
                user: None,
                password: None,
                from: None,
                name: String::new(),
            },
            markings: Markings::default(),
            metrics: Metrics { allow: Vec::new() },
            limits: Limits {
                connections: 0,
                rooms: 0,
                participants: 0,
                users: 0,
                meetings_per_user: 0,
                seats_per_meeting: 0,
                knocks_per_meeting: 0,
                knocks_per_address: 0,
                sign_in_failures: 0,
                wrong_pins: 0,
                wrong_pins_per_caller: 0,
                session_idle: Duration::ZERO,
                session: Duration::ZERO,
                drain: Duration::ZERO,
            },
            log: Log { level: String::new() },
        }
    }
}

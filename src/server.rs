//! A whole server in one value: start it, ask where it listens, stop it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use sfu::turn::{Relay, RelayError};
use sfu::{Sfu, SfuConfig};
use signaling::webhook::{WebhookConfig, WebhookError, Webhooks};
use signaling::{Drain, Rooms, RoomsConfig};
use sip_gateway::Phones;
use sip_gateway::tables::{LEG_ATTRIBUTE, MEDIA_ATTRIBUTE};
use sip_gateway_proto::flow::Carrier;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::accounts::ldap::{Directory as Ldap, LdapError};
use crate::accounts::oidc::{Issuer, OidcError};
use crate::accounts::{make_setup_link, setup_url};
use crate::app::{App, Parts};
use crate::attendance::Attendance;
use crate::calls::Switchboard;
use crate::certificates::Certificates;
use crate::clock::Clock;
use crate::config::Config;
use crate::directory::PhoneDirectory;
use crate::floor::AllProceedings;
use crate::http::tls::{self, Certificate, CertificateError};
use crate::http::{self, Listener, ServeError};
use crate::mail::{MailRoom, RelayError as MailError};
use crate::mailboxes::Mailboxes;
use crate::meetings::{
    ATTRIBUTES, Approach, Approaches, Doorkeeper, Gathering, LinkTests, Lobby, LobbyLimits, MeetingRooms,
};
use crate::relays::{Relays, relay_config};
use crate::speech::Speaking;
use crate::store::{Store, StoreError};
use crate::{jobs, keys, phones};

/// A running server. Dropping it ends it at once; [`Server::stop`] ends it well.
pub struct Server {
    /// The office's state.
    pub app: App,
    /// Where plain HTTP is answered.
    pub http: SocketAddr,
    /// Where HTTPS is answered, and the fingerprint of the certificate.
    pub https: Option<(SocketAddr, String)>,
    /// Desk phones, unless they are switched off.
    phones: Option<Phones>,
    rooms: Rooms,
    webhooks: Webhooks,
    /// A place for each connection; all are free when all connections have ended.
    places: Arc<Semaphore>,
    stop: watch::Sender<bool>,
    listeners: JoinSet<()>,
    jobs: JoinSet<()>,
}

/// Why a server could not start.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
#[non_exhaustive]
pub enum StartError {
    /// The state cannot be opened.
    Store(#[from] StoreError),
    /// No API key can be read or made.
    Keys(#[from] keys::KeysError),
    /// There is no usable certificate.
    Certificate(#[from] CertificateError),
    /// A port is not free.
    Listen(#[from] ServeError),
    /// The system does not tell a port's number.
    Address(#[from] std::io::Error),
    /// The media engine cannot start.
    Media(#[from] sfu::handle::StartError),
    /// The relay cannot start.
    Relay(#[from] RelayError),
    /// Nobody can be sent to the issuer.
    Oidc(#[from] OidcError),
    /// The directory cannot be trusted.
    Ldap(#[from] LdapError),
    /// Phones cannot be served.
    Phones(#[from] phones::PhonesError),
    /// Mail cannot be sent as configured.
    Mail(#[from] MailError),
    /// Webhooks cannot be sent.
    Webhooks(#[from] WebhookError),
}

impl Server {
    /// Starts everything. When this returns, connections are accepted.
    ///
    /// # Errors
    /// Says what is in the way; nothing is left running then.
    pub async fn start(mut config: Config) -> Result<Self, StartError> {
        let store = Store::open(&config.store.dir).await?;
        if config.keys.first().is_none() {
            config.keys = keys::generated(&config.store.dir)?;
        }

        let mail = MailRoom::open(&config.mail)?;

        // Ports first: whatever is in the way is told before anything runs.
        let plain = http::bind(config.http.listen, None)?;
        let encrypted = config.https.listen.map(|address| bind_encrypted(&config, address)).transpose()?;
        let clock = Clock::default();
        let directory = PhoneDirectory::open(store.clone(), clock.clone(), &config.sip.realm).await?;
        store.close_interrupted_proceedings(directory.run()).await?;
        let sfu = Sfu::start(&media_config(&config))?;
        let relay = relay_config(&config, sfu.addresses()).map(Relay::start).transpose()?;
        let rooms = Rooms::new(sfu.clone(), rooms_config(&config));
        if let Some(relay) = &relay {
            let https = encrypted.as_ref().map(|(listener, _)| listener.address()).transpose()?;
            rooms.set_relays(Arc::new(Relays::new(&config, relay.clone(), sfu.addresses(), https)));
        }
        let switchboard = Switchboard::new(directory.clone(), clock.clone());
        let lobby = Lobby::new(lobby_limits(&config));
        let link_tests = LinkTests::default();
        let approaches = Approaches::new(config.limits.rooms);
        let proceedings = AllProceedings::recalled(&store, clock.now(), directory.run()).await?;
        let doorkeeper = Doorkeeper {
            store: store.clone(),
            switchboard: switchboard.clone(),
            lobby: lobby.clone(),
            link_tests: link_tests.clone(),
            approaches: approaches.clone(),
            proceedings: proceedings.clone(),
            clock: clock.clone(),
            speaking: Speaking::new(config.audio.clone(), store.clone(), directory.clone()),
        };
        rooms.set_doorkeeper(Arc::new(doorkeeper));
        let recordings = config.store.dir.join(phones::RECORDINGS);
        let mailboxes = Mailboxes::open(store.clone(), recordings, mail.clone()).await?;
        let webhooks = Webhooks::start(rooms.subscribe(), webhook_config(&config), store.clone())?;

        let places = Arc::new(Semaphore::new(config.limits.connections));
        let meeting_rooms = MeetingRooms::new(rooms.clone());
        let issuer = config.oidc.is_on().then(|| Issuer::new(config.oidc.clone())).transpose()?;
        let attendance =
            Attendance::open(store.clone(), clock.clone(), meeting_rooms.clone(), directory.run()).await?;
        let ldap = config.ldap.is_on().then(|| Ldap::new(config.ldap.clone())).transpose()?;
        let parts = Parts {
            store,
            clock,
            directory,
            switchboard,
            mailboxes,
            mail,
            issuer,
            attendance,
            ldap,
            sfu,
            relay: relay.clone(),
            rooms: meeting_rooms,
            lobby,
            link_tests,
            approaches,
            proceedings,
        };
        let app = App::new(config, parts);
        let phones = phones::start(&app, &rooms)?;
        let router = http::router(app.clone(), signaling::router(rooms.clone()));
        let stop = watch::Sender::new(false);
        let mut listeners = JoinSet::new();
        let mut listen = |listener| {
            listeners.spawn(http::serve(listener, router.clone(), Arc::clone(&places), stop.subscribe()));
        };
        let http = plain.address()?;
        listen(plain);
        let (mut https, mut shown) = (None, None);
        if let Some((listener, certificate)) = encrypted {
            https = Some((listener.address()?, certificate.fingerprint));
            shown = Some(certificate.shown);
            listen(listener.with_relay(relay.filter(|_| app.config.turn.tls)));
        }

        let mut jobs = JoinSet::new();
        jobs::start(&app, &mut jobs);
        if let Some(certificates) = Certificates::of(&app.config, shown, phones.as_ref().map(Phones::handle))
        {
            jobs.spawn(certificates.follow());
        }
        if let Some(phones) = &phones {
            jobs.spawn(phones::obey_removals(phones.handle(), app.directory.removals()));
        }
        Ok(Self { app, http, https, phones, rooms, webhooks, places, stop, listeners, jobs })
    }

    /// Where phones are answered over UDP, unless they are switched off.
    #[must_use]
    pub fn sip(&self) -> Option<SocketAddr> {
        let listeners = self.phones.as_ref()?.listeners();
        Some(listeners.iter().find(|listener| listener.carrier == Carrier::Udp)?.address)
    }

    /// A fresh administrator link, while there is no administrator.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn administrator_link(&self) -> Result<Option<String>, StoreError> {
        let App { store, clock, .. } = &self.app;
        if !store.has_no_administrator().await? {
            return Ok(None);
        }
        let secret = make_setup_link(store, clock.now()).await?;
        let base = local_url(&self.app.config, self.http);
        Ok(Some(setup_url(&base, &secret)))
    }

    /// Stops well: newcomers are refused, those who are inside are told and leave, and what is under way ends; at most
    /// for the time in `[limits] drain`, and a moment for the last webhooks.
    pub async fn stop(self) {
        let Self { app, phones, rooms, mut webhooks, places, stop, mut listeners, mut jobs, .. } = self;
        let store = app.store.clone();
        let limits = &app.config.limits;
        let everybody = u32::try_from(limits.connections).unwrap_or(u32::MAX);

        app.drain();
        let drained = async {
            let hung_up = async {
                if let Some(phones) = phones {
                    phones.stop().await;
                }
            };
            tokio::join!(rooms.drain(Drain::Reconnect), hung_up);
            stop.send_replace(true);
            while listeners.join_next().await.is_some() {}
            // WebSockets are no longer the listeners' but still hold their places.
            let _ = places.acquire_many(everybody).await;
        };
        if tokio::time::timeout(limits.drain, drained).await.is_err() {
            tracing::warn!("not every connection ended in time");
        }
        stop.send_replace(true);
        listeners.shutdown().await;
        jobs.shutdown().await;
        if let Err(error) = app.mailboxes.flush().await {
            tracing::error!(%error, "the last messages could not be stored");
        }
        if let Err(error) = app.attendance.close().await {
            tracing::error!(%error, "who was in meetings last could not be stored");
        }
        if let Err(error) = app.directory.close().await {
            tracing::error!(%error, "the last calls could not be stored");
        }

        // With the last handle to the rooms, the last event has been told.
        let (sfu, relay) = (app.sfu.clone(), app.relay.clone());
        drop((app, rooms));
        if tokio::time::timeout(LAST_WEBHOOKS, webhooks.collected()).await.is_err() {
            tracing::debug!("the rooms have not told everything in time");
        }
        if let Some(relay) = relay {
            relay.stop();
        }
        sfu.stop();
        store.close().await;
    }
}

fn bind_encrypted(config: &Config, address: SocketAddr) -> Result<(Listener, Certificate), StartError> {
    let certificate = tls::certificate(config)?;
    let listener = http::bind(address, Some(certificate.acceptor.clone()))?;
    Ok((listener, certificate))
}

fn media_config(config: &Config) -> SfuConfig {
    let sfu = &config.sfu;
    SfuConfig {
        listen: sfu.listen,
        shards: sfu.shards,
        tcp: sfu.tcp,
        advertise: sfu.advertise.clone(),
        slack: sfu.slack as u64,
        relief: sfu.relief,
        voices: if config.audio.voices == 0 { usize::MAX } else { config.audio.voices },
    }
}

fn rooms_config(config: &Config) -> RoomsConfig {
    let mut limits = signaling_proto::Limits::default();
    limits.rooms = config.limits.rooms;
    limits.participants_per_room = config.limits.participants;
    // Nobody makes oneself a host in the eyes of the others, or the telephone of somebody.
    limits.reserved_attributes =
        ["palabre.extension", "palabre.post", LEG_ATTRIBUTE, MEDIA_ATTRIBUTE, "sip."]
            .map(str::to_owned)
            .to_vec();
    limits.reserved_attributes.extend(ATTRIBUTES.map(str::to_owned));
    RoomsConfig {
        keys: config.keys.clone(),
        limits,
        auto_create: true,
        product: concat!("Palabre ", env!("CARGO_PKG_VERSION")).to_owned(),
    }
}

fn lobby_limits(config: &Config) -> LobbyLimits {
    LobbyLimits { per_meeting: config.limits.knocks_per_meeting, total: config.limits.connections }
}

fn webhook_config(config: &Config) -> WebhookConfig {
    let key = config.webhook.key.as_deref().or(config.keys.first()).unwrap_or_default();
    WebhookConfig {
        // Where a party waits or a visitor prepares is no meeting, and nobody else's business; where a link is tried nobody
        // meets.
        untold: |room| Gathering::is_one(room) || Approach::is_one(room) || LinkTests::is_one(room),
        ..WebhookConfig::new(config.webhook.urls.clone(), config.keys.clone(), key.to_owned())
    }
}

/// The address that works on the machine itself, or the public one.
#[must_use]
pub fn local_url(config: &Config, http: SocketAddr) -> String {
    if let Some(public) = &config.http.public_url {
        return public.clone();
    }
    let (ip, port) = (http.ip(), http.port());
    if ip.is_loopback() || ip.is_unspecified() {
        format!("http://localhost:{port}")
    } else {
        format!("http://{http}")
    }
}

const LAST_WEBHOOKS: Duration = Duration::from_secs(1);

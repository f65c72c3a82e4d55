//! A whole server in one value: start it, ask where it listens, stop it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::accounts::{make_setup_link, setup_url};
use crate::app::App;
use crate::config::Config;
use crate::http::tls::{self, CertificateError};
use crate::http::{self, ServeError};
use crate::meetings::MeetingRooms;
use crate::store::{Store, StoreError};
use crate::{jobs, keys};

/// A running server. Dropping it ends it at once; [`Server::stop`] ends it well.
pub struct Server {
    /// The office's state.
    pub app: App,
    /// Where plain HTTP is answered.
    pub http: SocketAddr,
    /// Where HTTPS is answered, and the fingerprint of the certificate.
    pub https: Option<(SocketAddr, String)>,
    stop: watch::Sender<bool>,
    listeners: JoinSet<()>,
    _jobs: JoinSet<()>,
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

        let plain = http::bind(config.http.listen, None)?;
        let tls = config
            .https
            .listen
            .map(|address| -> Result<_, StartError> {
                let certificate = tls::certificate(&config)?;
                let listener = http::bind(address, Some(certificate.acceptor))?;
                Ok((listener, certificate.fingerprint))
            })
            .transpose()?;

        let rooms = MeetingRooms::default();
        let places = Arc::new(Semaphore::new(config.limits.connections));
        let app = App::new(config, store, rooms);
        let router = http::router(app.clone(), axum::Router::new());
        let stop = watch::Sender::new(false);

        let mut listeners = JoinSet::new();
        let http = plain.address()?;
        let (places_, stop_) = (Arc::clone(&places), stop.subscribe());
        listeners.spawn(http::serve(plain, router.clone(), places_, stop_));
        let mut https = None;
        if let Some((listener, fingerprint)) = tls {
            https = Some((listener.address()?, fingerprint));
            listeners.spawn(http::serve(listener, router, places, stop.subscribe()));
        }

        let mut jobs = JoinSet::new();
        jobs::start(&app, &mut jobs);
        Ok(Self { app, http, https, stop, listeners, _jobs: jobs })
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

    /// Stops well: newcomers are refused, those who are inside are told, and running requests end; at most for the
    /// time in `[limits] drain`, and a moment for the last answers.
    pub async fn stop(mut self) {
        self.app.drain();
        let patience = self.app.config.limits.drain;
        if tokio::time::timeout(patience, self.app.rooms.emptied()).await.is_err() {
            tracing::warn!("not everybody left in time");
        }

        self.stop.send_replace(true);
        let ended = async { while self.listeners.join_next().await.is_some() {} };
        if tokio::time::timeout(LAST_ANSWERS, ended).await.is_err() {
            tracing::warn!("not every connection ended in time");
        }
        self.listeners.shutdown().await;
        self.app.store.close().await;
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

const LAST_ANSWERS: Duration = Duration::from_secs(3);

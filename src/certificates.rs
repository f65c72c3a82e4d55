//! Another certificate without a restart: the files are looked at now and then, and at once on SIGHUP.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sip_gateway::PhonesHandle;
use sip_gateway::transport::Identity;
use tokio::signal::unix::{SignalKind, signal};

use crate::config::Config;
use crate::http::tls::{self, Shown};

/// Who shows the certificate, and the files that it comes from.
pub struct Certificates {
    cert: PathBuf,
    key: PathBuf,
    browsers: Option<Arc<Shown>>,
    phones: Option<PhonesHandle>,
    /// The files as they were when they were read last.
    read: Stamp,
}

/// What tells one version of the two files from another.
type Stamp = [Option<(u64, i64, i64, u64)>; 2];

impl Certificates {
    /// Begins with the certificate that is shown now; `None` if nobody shows one.
    #[must_use]
    pub fn of(config: &Config, browsers: Option<Arc<Shown>>, phones: Option<PhonesHandle>) -> Option<Self> {
        let phones = phones.filter(|_| !config.sip.tls.is_empty() || !config.sip.wss.is_empty());
        if browsers.is_none() && phones.is_none() {
            return None;
        }
        let (cert, key) = tls::files(config).ok()?;
        let read = stamp(&cert, &key);
        Some(Self { cert, key, browsers, phones, read })
    }

    /// Follows the files until it is dropped.
    pub async fn follow(mut self) {
        let mut ticks = tokio::time::interval(INTERVAL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut hangups = signal(SignalKind::hangup()).ok();
        let mut before = self.read;
        loop {
            let asked = tokio::select! {
                _ = ticks.tick() => false,
                () = hung_up(hangups.as_mut()) => true,
            };
            let now = stamp(&self.cert, &self.key);
            // Certificate and key are replaced one after the other: only when both have been still are they read.
            if asked || now != self.read && now == before {
                self.read = now;
                self.show();
            }
            before = now;
        }
    }

    fn show(&self) {
        match self.load() {
            Ok(fingerprint) => tracing::info!(fingerprint, "a new certificate is shown from now on"),
            Err(error) => tracing::warn!(%error, "the new certificate is not shown, the old one goes on"),
        }
    }

    fn load(&self) -> anyhow::Result<String> {
        // Both, or neither: browsers and phones are to see the same one.
        let (certificate, fingerprint) = tls::read(&self.cert, &self.key)?;
        let identity = Identity::load(&self.cert, &self.key)?;
        if let Some(browsers) = &self.browsers {
            browsers.replace(certificate);
        }
        if let Some(phones) = &self.phones {
            phones.set_identity(identity);
        }
        Ok(fingerprint)
    }
}

async fn hung_up(signal: Option<&mut tokio::signal::unix::Signal>) {
    match signal {
        Some(signal) => match signal.recv().await {
            Some(()) => {}
            None => std::future::pending().await,
        },
        None => std::future::pending().await,
    }
}

fn stamp(cert: &Path, key: &Path) -> Stamp {
    [cert, key].map(|path| {
        let about = std::fs::metadata(path).ok()?;
        Some((about.ino(), about.mtime(), about.mtime_nsec(), about.len()))
    })
}

/// How often the files are looked at.
const INTERVAL: Duration = Duration::from_secs(2);

//! Desk phones as the configuration wants them: opens the gateway and ties it to the directory.

mod desk;
mod door;
mod mailbox;

use std::net::{Ipv6Addr, UdpSocket};
use std::path::Path;
use std::sync::Arc;

use signaling::Rooms;
use sip_gateway::transport::{Identity, IdentityError, Listener, trust};
use sip_gateway::{Directory, Phones, PhonesConfig, PhonesHandle, StartError, udp_and_tcp};
use sip_gateway_proto::flow::Carrier;
use tokio::sync::broadcast;

use crate::app::App;
use crate::http::tls::{self, CertificateError};

/// Why phones cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PhonesError {
    /// There is no usable certificate.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The certificate cannot be shown to phones.
    #[error("the certificate cannot be used for phones: {0}")]
    Identity(#[from] IdentityError),
    /// A port is not free, most of the time.
    #[error(
        "{0}; `[sip]` in the configuration chooses other ports, or `listen = \"none\"` switches phones off"
    )]
    Start(#[from] StartError),
}

/// The office as phones see it.
#[must_use]
pub fn desk(app: App) -> Arc<dyn Directory> {
    Arc::new(desk::Desk(app))
}

/// Opens what the configuration wants; `None` if phones are switched off. To be called within a runtime.
///
/// # Errors
/// Says what is in the way.
pub fn start(app: &App, rooms: &Rooms) -> Result<Option<Phones>, PhonesError> {
    let config = &*app.config;
    let sip = &config.sip;
    if !sip.is_on() {
        return Ok(None);
    }
    let mut listeners: Vec<Listener> = sip.listen.iter().copied().flat_map(udp_and_tcp).collect();
    listeners.extend(sip.tls.iter().map(|address| Listener { carrier: Carrier::Tls, address: *address }));
    listeners.extend(sip.ws.iter().map(|address| Listener { carrier: Carrier::Ws, address: *address }));
    listeners.extend(sip.wss.iter().map(|address| Listener { carrier: Carrier::Wss, address: *address }));
    // Every IPv6 address is none on a machine without.
    let has_v6 = UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).is_ok();
    listeners.retain(|listener| has_v6 || listener.address.ip() != Ipv6Addr::UNSPECIFIED);
    let identity = if sip.tls.is_empty() && sip.wss.is_empty() {
        None
    } else {
        let (cert, key) = tls::files(config)?;
        Some(Identity::load(&cert, &key)?)
    };
    let phones = Phones::start(
        PhonesConfig {
            listeners,
            identity,
            // Without the system's list of authorities no trunk over TLS is believed, but phones work.
            trust: trust(Path::new(AUTHORITIES)).ok(),
            rtp_ports: sip.rtp_ports.clone(),
            nonce_lifetime: sip.nonce_lifetime,
            advertise: config.sfu.advertise.clone(),
            media_workers: MEDIA_WORKERS,
            prompts: sip.prompts.clone(),
            recordings: Some(config.store.dir.join(RECORDINGS)),
            run: app.directory.run(),
        },
        desk(app.clone()),
        rooms.clone(),
    )?;
    app.switchboard.connect(phones.handle());
    Ok(Some(phones))
}

/// Ends the registrations that administrators remove, until the program stops.
pub async fn obey_removals(phones: PhonesHandle, mut removals: broadcast::Receiver<(String, String)>) {
    loop {
        match removals.recv().await {
            Ok((number, key)) => phones.unbind(number, key).await,
            Err(broadcast::error::RecvError::Lagged(lost)) => {
                tracing::warn!(lost, "removals of registrations were not carried out");
            }
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}

/// The certificates that Debian trusts.
pub(crate) const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";
/// In the store.
pub(crate) const RECORDINGS: &str = "recordings";
/// Media threads: one carries the phones of a post several times over.
const MEDIA_WORKERS: usize = 1;

//! What a phone that is registered over TLS and says nothing costs in memory.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use rustls::pki_types::CertificateDer;

use super::account::Account;
use super::child::Server;
use super::dialogue::register;
use super::kamailio::Kamailio;
use super::palabre::{Palabre, users};
use super::tls::{Tls, trusting};
use crate::report::{Report, Target};

/// Phones that come before the counting begins, so that what grows once has grown.
const WARM: usize = 100;
/// Phones that are counted.
const PHONES: usize = 600;

/// The growth of a server's resident memory, divided by the phones that it grew for: ours, and Kamailio's beside it.
pub(crate) fn measure(report: &mut Report) -> Result<()> {
    let palabre = Palabre::start(WARM + PHONES)?;
    let stored = |phones| wait_until_stored(&palabre, phones);
    let ours = each(&palabre.server, palabre.tls, &palabre.certificate, stored)?;
    report.row("memory of a phone registered over TLS", ours / 1000.0, "kB", Target::AtMost(25.0));
    drop(palabre);

    let Some(kamailio) = Kamailio::start()? else { return Ok(()) };
    let theirs = each(&kamailio.server, kamailio.tls, &kamailio.certificate, |_| Ok(()))?;
    report.row("memory of a phone registered over TLS, Kamailio", theirs / 1000.0, "kB", Target::None);
    report.row("memory of a phone over TLS, part of Kamailio's", ours / theirs, "", Target::AtMost(1.0));
    Ok(())
}

/// Lets phones register and stay; the bytes that one of them costs once `settled` says that all are taken in.
fn each(
    server: &Server,
    tls: SocketAddr,
    certificate: &CertificateDer<'static>,
    settled: impl Fn(usize) -> Result<()>,
) -> Result<f64> {
    let trust = trusting(certificate)?;
    let mut phones = Vec::new();
    let mut before = 0.0;
    for (at, user) in users(WARM + PHONES).enumerate() {
        if at == WARM {
            settled(WARM)?;
            before = server.resident()?;
        }
        let mut phone = Tls::connect(tls, &trust)?;
        register(&mut phone, &mut Account::new(user))?;
        phones.push(phone);
    }
    settled(WARM + PHONES)?;
    Ok((server.resident()? - before) / PHONES as f64)
}

fn wait_until_stored(palabre: &Palabre, phones: usize) -> Result<()> {
    let start = Instant::now();
    while palabre.stored_registrations()? < phones {
        ensure!(start.elapsed() < PATIENCE, "the registrations are not stored");
    }
    Ok(())
}

const PATIENCE: Duration = Duration::from_secs(20);

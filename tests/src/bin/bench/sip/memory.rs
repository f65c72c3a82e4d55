//! What a phone that is registered over TLS and says nothing costs in memory.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::account::Account;
use super::dialogue::register;
use super::palabre::{Palabre, users};
use super::tls::{Tls, trusting};
use crate::report::{Report, Target};

/// Phones that come before the counting begins, so that what grows once has grown.
const WARM: usize = 100;
/// Phones that are counted.
const PHONES: usize = 600;

/// The growth of the program's resident memory, divided by the phones that it grew for.
pub(crate) fn measure(report: &mut Report) -> Result<()> {
    let palabre = Palabre::start(WARM + PHONES)?;
    let trust = trusting(&palabre.certificate)?;
    let mut phones = Vec::new();
    let mut before = 0.0;
    for (at, user) in users(WARM + PHONES).enumerate() {
        if at == WARM {
            wait_until_stored(&palabre, WARM)?;
            before = palabre.server.resident()?;
        }
        let mut phone = Tls::connect(palabre.tls, &trust)?;
        register(&mut phone, &mut Account::new(user))?;
        phones.push(phone);
    }
    wait_until_stored(&palabre, WARM + PHONES)?;
    let each = (palabre.server.resident()? - before) / PHONES as f64;
    report.row("memory of a phone registered over TLS", each / 1000.0, "kB", Target::AtMost(25.0));
    Ok(())
}

fn wait_until_stored(palabre: &Palabre, phones: usize) -> Result<()> {
    let start = Instant::now();
    while palabre.stored_registrations()? < phones {
        ensure!(start.elapsed() < PATIENCE, "the registrations are not stored");
    }
    Ok(())
}

const PATIENCE: Duration = Duration::from_secs(20);

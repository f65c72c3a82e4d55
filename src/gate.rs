//! How often a client may try what could be guessed or flooded.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::accounts::{Attempts, client_of};
use crate::config::Limits;

/// Counts attempts; all clocks start at the first one.
#[derive(Debug)]
pub struct Gate {
    sign_ins_by_account: Mutex<Attempts<String>>,
    sign_ins_by_client: Mutex<Attempts<IpAddr>>,
    setups_by_client: Mutex<Attempts<IpAddr>>,
    knocks_by_client: Mutex<Attempts<IpAddr>>,
}

impl Gate {
    /// A gate with the operator's limits.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let failures = limits.sign_in_failures;
        Self {
            sign_ins_by_account: Mutex::new(Attempts::new(failures, SIGN_IN_WINDOW)),
            sign_ins_by_client: Mutex::new(Attempts::new(failures * 3, SIGN_IN_WINDOW)),
            setups_by_client: Mutex::new(Attempts::new(60, MINUTE)),
            knocks_by_client: Mutex::new(Attempts::new(limits.knocks_per_address, MINUTE)),
        }
    }

    /// Somebody wants to sign in; counted as a failure until it has succeeded.
    ///
    /// # Errors
    /// After how long to come again; the same for known and unknown accounts.
    pub fn attempt_sign_in(&self, address: IpAddr, email: &str) -> Result<(), Duration> {
        let (now, client) = (Instant::now(), client_of(address));
        take(&self.sign_ins_by_client, now, client)?;
        take(&self.sign_ins_by_account, now, account(email))
            .inspect_err(|_| lock(&self.sign_ins_by_client).give_back(&client))
    }

    /// The sign-in was good.
    pub fn sign_in_succeeded(&self, address: IpAddr, email: &str) {
        lock(&self.sign_ins_by_client).give_back(&client_of(address));
        lock(&self.sign_ins_by_account).forget(&account(email));
    }

    /// Somebody shows a setup link.
    ///
    /// # Errors
    /// After how long to come again.
    pub fn attempt_setup(&self, address: IpAddr) -> Result<(), Duration> {
        take(&self.setups_by_client, Instant::now(), client_of(address))
    }

    /// A guest asks to join.
    ///
    /// # Errors
    /// After how long to come again.
    pub fn attempt_knock(&self, address: IpAddr) -> Result<(), Duration> {
        take(&self.knocks_by_client, Instant::now(), client_of(address))
    }
}

fn account(email: &str) -> String {
    email.trim().to_lowercase().chars().take(254).collect()
}

fn take<K: std::hash::Hash + Eq + Clone>(
    attempts: &Mutex<Attempts<K>>,
    now: Instant,
    key: K,
) -> Result<(), Duration> {
    lock(attempts).take(now, key)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Counting cannot panic half-way; a poisoned table is still a table.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const MINUTE: Duration = Duration::from_secs(60);
const SIGN_IN_WINDOW: Duration = Duration::from_secs(15 * 60);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn gate(failures: usize) -> Gate {
        let mut limits = Config::default().limits;
        limits.sign_in_failures = failures;
        Gate::new(&limits)
    }

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn an_account_is_closed_after_some_failures_from_wherever_they_come() {
        let gate = gate(2);
        for last in [1, 2] {
            let address = IpAddr::from([192, 0, 2, last]);
            assert_eq!(gate.attempt_sign_in(address, "awa@example.org"), Ok(()));
        }

        assert!(gate.attempt_sign_in(HERE, " AWA@example.org").is_err());
        assert_eq!(gate.attempt_sign_in(HERE, "ben@example.org"), Ok(()));
    }

    #[test]
    fn a_success_wipes_the_slate() {
        let gate = gate(1);
        for _ in 0..10 {
            assert_eq!(gate.attempt_sign_in(HERE, "awa@example.org"), Ok(()));
            gate.sign_in_succeeded(HERE, "awa@example.org");
        }
    }

    #[test]
    fn a_client_that_tries_many_accounts_is_closed_too() {
        let gate = gate(1);
        for account in 0..3 {
            let email = format!("{account}@example.org");
            assert_eq!(gate.attempt_sign_in(HERE, &email), Ok(()));
        }

        assert!(gate.attempt_sign_in(HERE, "another@example.org").is_err());
    }
}

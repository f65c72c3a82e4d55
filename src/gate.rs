//! How often a client may try what could be guessed or flooded.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::accounts::{Attempts, UserId, client_of};
use crate::config::Limits;

/// Counts attempts; all clocks start at the first one.
#[derive(Debug)]
pub struct Gate {
    sign_ins_by_account: Mutex<Attempts<String>>,
    sign_ins_by_client: Mutex<Attempts<IpAddr>>,
    setups_by_client: Mutex<Attempts<IpAddr>>,
    knocks_by_client: Mutex<Attempts<IpAddr>>,
    tests_by_client: Mutex<Attempts<IpAddr>>,
    approaches_by_client: Mutex<Attempts<IpAddr>>,
    pins_by_caller: Mutex<Attempts<String>>,
    pins_of_strangers: Mutex<Attempts<()>>,
    calls_by_user: Mutex<Attempts<UserId>>,
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
            tests_by_client: Mutex::new(Attempts::new(TESTS_PER_MINUTE, MINUTE)),
            approaches_by_client: Mutex::new(Attempts::new(limits.knocks_per_address, MINUTE)),
            pins_by_caller: Mutex::new(Attempts::new(limits.wrong_pins_per_caller, HOUR)),
            pins_of_strangers: Mutex::new(Attempts::new(limits.wrong_pins, HOUR)),
            calls_by_user: Mutex::new(Attempts::new(CALLS_PER_MINUTE, MINUTE)),
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

    /// Somebody tries the link.
    ///
    /// # Errors
    /// After how long to come again.
    pub fn attempt_test(&self, address: IpAddr) -> Result<(), Duration> {
        take(&self.tests_by_client, Instant::now(), client_of(address))
    }

    /// A guest's page connects before the guest asks to join; as often as one may ask.
    ///
    /// # Errors
    /// After how long to come again.
    pub fn attempt_approach(&self, address: IpAddr) -> Result<(), Duration> {
        take(&self.approaches_by_client, Instant::now(), client_of(address))
    }

    /// A telephone has typed a PIN; counted as wrong until it was right. Strangers are counted together too, since whoever
    /// guesses may call from many numbers; the phones of the house are not, so that no stranger shuts them out.
    ///
    /// # Errors
    /// After how long to come again.
    pub fn attempt_pin(&self, caller: &str, stranger: bool) -> Result<(), Duration> {
        let now = Instant::now();
        take(&self.pins_by_caller, now, caller.to_owned())?;
        if stranger {
            take(&self.pins_of_strangers, now, ())
                .inspect_err(|_| lock(&self.pins_by_caller).give_back(&caller.to_owned()))?;
        }
        Ok(())
    }

    /// The PIN was right. What was wrong before still counts: knowing one PIN buys no guesses at others.
    pub fn pin_was_right(&self, caller: &str, stranger: bool) {
        lock(&self.pins_by_caller).give_back(&caller.to_owned());
        if stranger {
            lock(&self.pins_of_strangers).give_back(&());
        }
    }

    /// A browser places a call.
    ///
    /// # Errors
    /// After how long to come again.
    pub fn attempt_call(&self, user: &UserId) -> Result<(), Duration> {
        take(&self.calls_by_user, Instant::now(), user.clone())
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
const HOUR: Duration = Duration::from_secs(3600);
/// A test takes half a minute and is done by few of a post at once.
const TESTS_PER_MINUTE: usize = 10;
/// Nobody dials faster.
const CALLS_PER_MINUTE: usize = 30;
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
    fn pins_are_guessed_by_nobody_for_long() {
        let mut limits = Config::default().limits;
        (limits.wrong_pins_per_caller, limits.wrong_pins) = (2, 3);
        let gate = Gate::new(&limits);

        for caller in ["a", "a", "b"] {
            assert_eq!(gate.attempt_pin(caller, true), Ok(()));
        }
        assert!(gate.attempt_pin("a", true).is_err(), "this caller has guessed too often");
        assert!(gate.attempt_pin("c", true).is_err(), "all strangers together have");
        assert_eq!(gate.attempt_pin("201", false), Ok(()), "a phone of the house is not shut out by them");

        gate.pin_was_right("b", true);
        assert_eq!(gate.attempt_pin("b", true), Ok(()));
        assert!(gate.attempt_pin("b", true).is_err(), "a right one gives no more than itself back");
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

//! Passwords: argon2id with 64 MiB and three passes, a few at a time, on threads of their own.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use tokio::sync::Semaphore;

use super::random_letters;

/// Hashes and verifies passwords without letting a flood of them take the machine's memory.
#[derive(Debug, Clone)]
pub struct Passwords {
    /// Hashes computed at the same time.
    working: Arc<Semaphore>,
    /// Requests that work or wait for their turn.
    present: Arc<Semaphore>,
    /// The hash of nobody's password: verified for unknown users, so that they take as long as known ones.
    decoy: Arc<str>,
}

/// Why a password was neither hashed nor verified.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// Too many at once; the caller may come again in some seconds.
    #[error("too many passwords are being checked at the moment")]
    Busy,
    /// A stored hash that is not one, or no memory.
    #[error("the password could not be processed: {0}")]
    Failed(String),
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            working: Arc::new(Semaphore::new(AT_ONCE)),
            present: Arc::new(Semaphore::new(PRESENT)),
            decoy: DECOY.into(),
        }
    }
}

impl Passwords {
    /// The hash to be stored for a password.
    ///
    /// # Errors
    /// [`PasswordError::Busy`] when too many wait already.
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        self.work(move || {
            hasher()
                .hash_password(password.as_bytes())
                .map(|hash: PasswordHash| hash.to_string())
                .map_err(failed)
        })
        .await
    }

    /// A password made for somebody, who must change it first of all, with its hash. It has a hundred random bits, so that
    /// a hash that costs nothing is as good, and thousands of people can be given one at once.
    ///
    /// # Errors
    /// [`PasswordError::Busy`] when too many wait already.
    pub async fn initial(&self) -> Result<(String, String), PasswordError> {
        self.work(Self::initial_now).await
    }

    /// The same at once, for many.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn initial_now() -> Result<(String, String), PasswordError> {
        let letters = random_letters(20);
        let groups: Vec<&str> = (0..4).map(|at| &letters[at * 5..at * 5 + 5]).collect();
        let password = groups.join("-");
        let hash: PasswordHash = cheap_hasher().hash_password(password.as_bytes()).map_err(failed)?;
        Ok((password, hash.to_string()))
    }

    /// Whether a password is the one of a stored hash. For `None`, an unknown user, it takes as long and says no.
    ///
    /// # Errors
    /// [`PasswordError::Busy`] when too many wait already.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<bool, PasswordError> {
        // Accounts whose password is kept elsewhere have none here.
        let stored = stored.filter(|hash| !hash.is_empty());
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.decoy.to_string());
        self.work(move || {
            let stored = PasswordHash::new(&stored).map_err(failed)?;
            let same = hasher().verify_password(password.as_bytes(), &stored).is_ok();
            // A hash that costs nothing must not be told from others by its time.
            if costs_little(&stored) {
                let decoy = PasswordHash::new(DECOY).map_err(failed)?;
                let _ = hasher().verify_password(password.as_bytes(), &decoy);
            }
            Ok(same && known)
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let present = Arc::clone(&self.present).try_acquire_owned().map_err(|_| PasswordError::Busy)?;
        let turn = Arc::clone(&self.working).acquire_owned().await.expect("the semaphore is never closed");
        // The permits go with the job: a caller that hangs up does not free the memory its hash still uses.
        let done = tokio::task::spawn_blocking(move || {
            let _held = (present, turn);
            job()
        });
        done.await.map_err(|error| PasswordError::Failed(error.to_string()))?
    }
}

fn costs_little(stored: &PasswordHash) -> bool {
    Params::try_from(stored).is_ok_and(|params| params.m_cost() < MEMORY_KIB)
}

fn cheap_hasher() -> Argon2<'static> {
    let params = Params::new(Params::MIN_M_COST, 1, 1, None).expect("the parameters are within bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hasher() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).expect("the parameters are within bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[allow(clippy::needless_pass_by_value)] // as `map_err` wants it
fn failed(error: impl ToString) -> PasswordError {
    PasswordError::Failed(error.to_string())
}

const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const AT_ONCE: usize = 2;
const PRESENT: usize = 64;
/// Of the same parameters as all others; that it is public does no harm, since it opens nothing.
const DECOY: &str =
    "$argon2id$v=19$m=65536,t=3,p=1$cGFsYWJyZS1uby1vbmUtMQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[cfg(test)]
mod tests {
    use super::super::{Role, check_password};
    use super::*;

    #[tokio::test]
    async fn a_password_verifies_against_its_own_hash_only() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse battery".to_owned()).await.unwrap();

        assert!(hash.starts_with("$argon2id$v=19$m=65536,t=3,p=1$"), "{hash}");
        let verify = async |password: &str, hash| passwords.verify(password.to_owned(), hash).await.unwrap();
        assert!(verify("correct horse battery", Some(hash.clone())).await);
        assert!(!verify("incorrect horse battery", Some(hash)).await);
        assert!(!verify("correct horse battery", None).await);
    }

    #[tokio::test]
    async fn a_password_that_was_made_verifies_and_is_known_as_cheap() {
        let passwords = Passwords::default();
        let (password, hash) = passwords.initial().await.unwrap();

        assert_eq!(password.len(), 23);
        assert!(check_password(&password, Role::Administrator, &[]).is_ok());
        assert!(passwords.verify(password, Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("no".to_owned(), Some(hash.clone())).await.unwrap());
        assert!(costs_little(&PasswordHash::new(&hash).unwrap()), "and is made dearer by the decoy");
        assert!(!costs_little(&PasswordHash::new(DECOY).unwrap()));
        assert!(!passwords.verify(String::new(), Some(String::new())).await.unwrap());
    }

    #[test]
    fn the_decoy_costs_what_a_real_hash_costs() {
        let decoy = PasswordHash::new(DECOY).unwrap();
        let params = Params::try_from(&decoy).unwrap();

        assert_eq!((params.m_cost(), params.t_cost(), params.p_cost()), (MEMORY_KIB, PASSES, 1));
        assert_eq!(decoy.hash.unwrap().as_bytes().len(), 32);
    }

    #[tokio::test]
    async fn more_than_the_bound_are_turned_away_at_once() {
        let passwords = Passwords { present: Arc::new(Semaphore::new(0)), ..Passwords::default() };

        let refused = passwords.verify(String::new(), None).await;

        assert!(matches!(refused, Err(PasswordError::Busy)));
    }
}

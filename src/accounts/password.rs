//! Passwords: argon2id with 64 MiB and three passes, a few at a time, on threads of their own.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use tokio::sync::Semaphore;

use super::{InvalidText, Role};

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

/// Checks a new password against the rules of a role. Length is what counts; no characters are prescribed.
///
/// # Errors
/// Says what length is needed.
pub fn check_password(password: &str, role: Role) -> Result<(), InvalidText> {
    let length = password.chars().count();
    if length > MOST {
        return Err(InvalidText("a password has at most 256 characters"));
    }
    match role {
        Role::Administrator if length < 15 => {
            Err(InvalidText("an administrator's password needs at least 15 characters"))
        }
        Role::User if length < 12 => Err(InvalidText("a password needs at least 12 characters")),
        _ => Ok(()),
    }
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

    /// Whether a password is the one of a stored hash. For `None`, an unknown user, it takes as long and says no.
    ///
    /// # Errors
    /// [`PasswordError::Busy`] when too many wait already.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<bool, PasswordError> {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.decoy.to_string());
        self.work(move || {
            let stored = PasswordHash::new(&stored).map_err(failed)?;
            let same = hasher().verify_password(password.as_bytes(), &stored).is_ok();
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

fn hasher() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).expect("the parameters are within bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[allow(clippy::needless_pass_by_value)] // as `map_err` wants it
fn failed(error: impl ToString) -> PasswordError {
    PasswordError::Failed(error.to_string())
}

/// More than anybody types, little enough to hash.
const MOST: usize = 256;
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const AT_ONCE: usize = 2;
const PRESENT: usize = 64;
/// Of the same parameters as all others; that it is public does no harm, since it opens nothing.
const DECOY: &str =
    "$argon2id$v=19$m=65536,t=3,p=1$cGFsYWJyZS1uby1vbmUtMQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[cfg(test)]
mod tests {
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

    #[test]
    fn administrators_need_longer_passwords_than_users() {
        assert!(check_password(&"é".repeat(12), Role::User).is_ok());
        assert!(check_password(&"x".repeat(11), Role::User).is_err());
        assert!(check_password(&"x".repeat(14), Role::Administrator).is_err());
        assert!(check_password(&"x".repeat(15), Role::Administrator).is_ok());
        assert!(check_password(&"x".repeat(257), Role::User).is_err());
    }
}
